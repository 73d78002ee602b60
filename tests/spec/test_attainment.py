"""Attainment of course objectives and graduation requirements 达成度.

A course says what its students should be able to do (objectives), by which parts of its assessment that is seen, and
which indicator points of the graduation requirements it supports. From the scores of a class follows how far the
objectives are attained. Below is what is computed, what is refused, and what is said beside each figure.
"""

import tracemalloc
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from yucai.errors import FaultyInputError
from yucai.governance import (
    AssessmentPart,
    Change,
    Combination,
    Convention,
    CourseMap,
    CourseSupport,
    Improvement,
    IndicatorPoint,
    IndicatorSupport,
    Interval,
    Level,
    Objective,
    PartWeight,
    ProgrammeMap,
    StudentScores,
    Survey,
    attain_course,
    attain_requirements,
    attain_students,
    attainment_from_json,
    attainment_to_json,
    check_course_map,
    check_improvement,
    check_programme_map,
    check_scores,
    check_survey,
    compare_years,
    difference,
    follow_up,
    map_from_json,
    map_to_json,
    mean_interval,
    pool_classes,
    programme_from_json,
    share_interval,
    weights_range,
)

COURSE = CourseMap(
    course="CS201",
    name="数据结构",
    objectives=(Objective(code="目标1", says="掌握线性表", expected=0.65), Objective(code="目标2", expected=0.7)),
    parts=(
        AssessmentPart(code="作业", full_marks=100),
        AssessmentPart(code="期末/目标1", full_marks=40),
        AssessmentPart(code="期末/目标2", full_marks=60),
    ),
    weights=(
        PartWeight(objective="目标1", part="作业", weight=0.3),
        PartWeight(objective="目标1", part="期末/目标1", weight=0.7),
        PartWeight(objective="目标2", part="期末/目标2", weight=1.0),
    ),
    supports=(
        IndicatorSupport(objective="目标1", indicator="1.2", strength="H"),
        IndicatorSupport(objective="目标2", indicator="1.2", strength="M"),
        IndicatorSupport(objective="目标2", indicator="3.1", strength="L"),
    ),
)
CLASS = [
    StudentScores(student="s1", scores={"作业": 80, "期末/目标1": 30, "期末/目标2": 30}),
    StudentScores(student="s2", scores={"作业": 90, "期末/目标1": 20, "期末/目标2": 48}),
    StudentScores(student="s3", scores={"作业": 70, "期末/目标1": 40, "期末/目标2": 42}),
    StudentScores(student="s4", scores={"作业": 60, "期末/目标1": 10, "期末/目标2": 36}),
    StudentScores(student="s5", scores={"作业": 100, "期末/目标1": 36, "期末/目标2": 54}),
]


def rng():
    return np.random.default_rng(7)


def faults(found):
    return [fault.code for fault in found]


# ---- the figure, by hand


def test_an_objective_is_the_weighted_mean_of_scores_over_full_marks():
    """The formula in general use for accreditation (Fan Yu, Research in Higher Education of Engineering 2023, no. 2).

    Homework: mean 80 of 100. Final exam, 40 marks for objective 1: mean 27.2. Objective 1: 0.3 · 80/100 +
    0.7 · 27.2/40 = 0.24 + 0.476 = 0.716. Objective 2: mean 42 of 60 = 0.7.
    """
    found = attain_course(COURSE, CLASS, rng=rng())
    assert found.objective("目标1").value == pytest.approx(0.716, abs=1e-12)
    assert found.objective("目标2").value == pytest.approx(0.7, abs=1e-12)
    homework, final = found.objective("目标1").parts
    assert (homework.mean, homework.ratio, final.mean) == pytest.approx((80, 0.8, 27.2))


def test_each_student_has_a_figure_of_the_same_formula_and_their_mean_is_the_class():
    students = attain_students(COURSE, CLASS)
    assert students[0].values == pytest.approx({"目标1": 0.3 * 0.8 + 0.7 * 0.75, "目标2": 0.5})
    values = [one.values["目标1"] for one in students]
    assert np.mean(values) == pytest.approx(attain_course(COURSE, CLASS, rng=rng()).objective("目标1").value)


def test_the_mean_never_stands_alone():
    """How many reach the expected value, the spread and the interval stand beside it."""
    one = attain_course(COURSE, CLASS, rng=rng()).objective("目标1")
    values = [0.765, 0.62, 0.91, 0.355, 0.93]
    assert (one.n, one.n_reached) == (5, 3)
    assert one.share.low == pytest.approx(stats.binomtest(3, 5).proportion_ci(0.95, method="exact").low)
    assert one.quartiles == pytest.approx((0.62, 0.765, 0.91))
    assert one.bins == (0, 0, 0, 1, 0, 0, 1, 1, 0, 2)
    assert one.interval.low < np.mean(values) < one.interval.high
    assert one.level is Level.UNSURE  # five students tell little: the interval has 0.65 inside
    assert not one.asks_action  # the estimate lies above


# ---- states are not zeros


def test_who_was_absent_is_left_out_and_said_and_never_zero():
    absent = StudentScores(student="s6", scores={"作业": 50}, states={"期末/目标1": "absent", "期末/目标2": "absent"})
    gone = StudentScores(student="s7", scores={})
    found = attain_course(COURSE, [*CLASS, absent, gone], rng=rng())
    one = found.objective("目标1")
    assert (one.value, one.n, found.students) == (pytest.approx(0.716), 5, 7)
    assert [(left.state, left.n) for left in one.left_out] == [("absent", 1), ("none", 1)]
    assert attain_students(COURSE, [absent])[0].values == {"目标1": None, "目标2": None}
    assert attain_students(COURSE, [absent])[0].states == {"期末/目标1": "absent", "期末/目标2": "absent"}


def test_what_leaving_out_could_change_is_said():
    """One of six was absent from the final exam: with nothing or everything there, it would lie here."""
    absent = StudentScores(student="s6", scores={"作业": 50}, states={"期末/目标1": "absent", "期末/目标2": "absent"})
    told = attain_course(COURSE, [*CLASS, absent], rng=rng()).objective("目标1").sensitivity
    assert told.worst == pytest.approx((5 * 0.716 + 0.3 * 0.5) / 6)
    assert told.best == pytest.approx((5 * 0.716 + 0.3 * 0.5 + 0.7) / 6)
    assert told.every_score == pytest.approx(0.3 * (450 / 6 / 100) + 0.7 * 27.2 / 40)


def test_nobody_with_a_score_is_no_figure():
    one = attain_course(COURSE, [StudentScores(student="s1", scores={})], rng=rng()).objective("目标1")
    assert (one.value, one.interval, one.share, one.quartiles, one.sensitivity) == (None,) * 5
    assert one.level is Level.UNKNOWN


# ---- what the weights decide


def test_the_figure_under_other_weights_stands_beside_it():
    """Ratios are 0.8 (homework) and 0.68 (exam). Alike: 0.74. By marks, 100 and 40: (80 + 27.2) / 140."""
    told = attain_course(COURSE, CLASS, rng=rng()).objective("目标1").sensitivity
    assert (told.equal, told.by_marks) == pytest.approx((0.74, (80 + 27.2) / 140))
    # A fifth less of the one and a fifth more of the other: 0.24 and 0.84; 0.36 and 0.56.
    assert told.low == pytest.approx((0.24 * 0.8 + 0.84 * 0.68) / 1.08)
    assert told.high == pytest.approx((0.36 * 0.8 + 0.56 * 0.68) / 0.92)


def test_an_objective_that_hangs_on_the_weights_says_so():
    near = CourseMap(**{name: getattr(COURSE, name) for name in ("course", "name", "parts", "weights")},
                     objectives=(Objective(code="目标1", expected=0.73), COURSE.objectives[1]))  # fmt: skip
    found = attain_course(near, CLASS, rng=rng())
    assert found.objective("目标1").depends_on_weights
    assert not found.objective("目标2").depends_on_weights  # 0.7 against 0.7, whatever the last bits say


# ---- intervals


def test_fewer_than_five_students_give_no_interval():
    assert mean_interval(np.array([0.2, 0.4, 0.6, 0.8]), rng=rng()) is None
    one = attain_course(COURSE, CLASS[:4], rng=rng()).objective("目标1")
    assert (one.interval, one.level) == (None, Level.UNKNOWN)


def test_the_interval_is_as_long_as_that_of_students_t_where_values_are_even():
    values = np.linspace(0.4, 0.8, 30)
    found = mean_interval(values, rng=rng())
    exact = stats.t.interval(0.95, 29, values.mean(), stats.sem(values))
    assert (found.low, found.high) == pytest.approx(exact, abs=0.006)


def test_a_very_large_group_is_drawn_piece_by_piece_with_the_same_draws():
    """All draws of 10,000 answers at once would take hundreds of megabytes at each look at the page."""
    values = np.random.default_rng(8).beta(4, 2, 1_600)
    at_once = values[rng().integers(0, 1_600, size=(2_000, 1_600))].mean(axis=1)
    found = mean_interval(values, rng=rng())
    assert found.low == pytest.approx(np.quantile(at_once, 0.025), abs=3e-5)
    tracemalloc.start()
    mean_interval(np.resize(values, 10_000), rng=rng())
    assert tracemalloc.get_traced_memory()[1] < 60e6
    tracemalloc.stop()


def test_the_interval_of_a_small_class_covers_what_it_says():
    """Of 300 simulated classes of twelve, some 95 % of intervals hold the true mean."""
    chance = np.random.default_rng(11)
    found = [mean_interval(chance.beta(4, 2, 12), rng=chance) for _ in range(300)]
    assert 0.91 <= np.mean([one.low <= 2 / 3 <= one.high for one in found]) <= 0.985


def test_a_share_has_the_exact_interval():
    assert share_interval(0, 0) is None
    found = share_interval(0, 10)
    assert (found.low, found.high) == pytest.approx((0, 0.3085), abs=5e-5)  # Clopper and Pearson's own table


def test_the_difference_of_two_years_is_newcombes():
    """Newcombe 1998, table II, example (a): 56/70 against 48/80 by method 10 is 0.0524 to 0.3339."""
    first, second = (stats.binomtest(k, n).proportion_ci(0.95, method="wilson") for k, n in ((48, 80), (56, 70)))
    found = difference(
        Interval(value=0.6, low=first.low, high=first.high), Interval(value=0.8, low=second.low, high=second.high)
    )
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


# ---- direct and indirect evidence


def test_what_students_say_is_kept_apart():
    survey = Survey(asked=40, answers={"目标1": (0, 2, 4, 8, 6)})
    one = attain_course(COURSE, CLASS, rng=rng(), survey=survey).objective("目标1")
    assert (one.survey.n, one.survey.asked) == (20, 40)
    assert one.survey.value == pytest.approx((2 * 2 + 4 * 3 + 8 * 4 + 6 * 5) / 100)  # 0.78
    assert (one.value, one.combined) == (pytest.approx(0.716), None)


def test_they_are_combined_only_under_a_name():
    survey = Survey(asked=40, answers={"目标1": (0, 2, 4, 8, 6)})
    named = Combination(name="教务处 2024 办法：直接 0.7，间接 0.3", direct=0.7, indirect=0.3)
    found = attain_course(COURSE, CLASS, rng=rng(), survey=survey, combination=named)
    assert found.objective("目标1").combined.value == pytest.approx(0.7 * 0.716 + 0.3 * 0.78)
    assert found.combination.startswith("教务处")
    assert found.objective("目标2").combined is None  # nobody was asked about it
    assert found.values == pytest.approx({"目标1": 0.7 * 0.716 + 0.3 * 0.78, "目标2": 0.7})


def test_answers_that_cannot_be_are_refused():
    wrong = Survey(asked=3, answers={"目标1": (0, 0, 0, 2, 2), "目标2": (1, 2), "目标9": (0, 0, 0, 0, 1)})
    assert faults(check_survey(COURSE, wrong)) == ["more", "levels", "levels"]
    with pytest.raises(FaultyInputError, match="only 3 were asked"):
        attain_course(COURSE, CLASS, rng=rng(), survey=wrong)


# ---- faults, all at once


def test_a_map_that_is_sound_has_no_faults():
    assert check_course_map(COURSE) == ()


def test_everything_wrong_with_a_map_is_said_at_once():
    wrong = CourseMap(
        course="X",
        name="",
        objectives=(
            Objective(code="1", expected=1.2),
            Objective(code="2", expected=0.6),
            Objective(code="2", expected=0.6),
        ),
        parts=(AssessmentPart(code="a", full_marks=0), AssessmentPart(code="b", full_marks=10)),
        weights=(
            PartWeight(objective="1", part="a", weight=0.4),
            PartWeight(objective="1", part="c", weight=0.4),
            PartWeight(objective="9", part="a", weight=-1),
        ),
        supports=(IndicatorSupport(objective="1", indicator="3.1", strength="X"),),
    )
    found = check_course_map(wrong)
    assert sorted(set(faults(found))) == [
        "expected", "idle", "no-marks", "strength", "twice", "unassessed", "unknown", "unsummed",
    ]  # fmt: skip
    said = " ".join(one.in_language("en") for one in found)
    assert "sum to 0.8, not to 1: a 0.4, c 0.4" in said
    assert "Nobody assesses objective “2”" in said
    assert "没有任何考核环节" in " ".join(one.in_language("zh") for one in found)


def test_weights_as_printed_may_miss_one_by_a_rounding():
    thirds = tuple(PartWeight(objective="o", part=part, weight=0.333) for part in "abc")
    course = CourseMap(course="X", name="X", objectives=(Objective(code="o", expected=0.6),), weights=thirds,
                       parts=tuple(AssessmentPart(code=part, full_marks=1) for part in "abc"))  # fmt: skip
    assert check_course_map(course) == ()


def test_scores_above_the_full_marks_are_refused():
    wrong = [StudentScores(student="s1", scores={"作业": 101, "期末/目标1": -1, "实验": 3}), CLASS[1], CLASS[1]]
    assert faults(check_scores(COURSE, wrong)) == ["above", "above", "unknown-part", "twice"]
    with pytest.raises(FaultyInputError, match="101 in “作业” lies outside 0 to 100"):
        attain_course(COURSE, wrong, rng=rng())


def test_a_programme_says_what_no_course_supports_and_which_course_has_no_map():
    programme = ProgrammeMap(
        programme="CS",
        indicators=tuple(IndicatorPoint(code=code) for code in ("1.2", "3.1", "4.1", "5.1")),
        supports=(
            CourseSupport(course="CS201", indicator="1.2", strength="H"),
            CourseSupport(course="CS201", indicator="3.1", weight=0.5),
            CourseSupport(course="CS301", indicator="3.1", weight=0.4),
            CourseSupport(course="CS201", indicator="4.1", weight=0.5),
            CourseSupport(course="CS301", indicator="4.1", strength="M"),
            CourseSupport(course="CS301", indicator="9.9", strength="M"),
        ),
        names={"CS201": "数据结构"},
    )
    found = check_programme_map(programme, mapped={"CS201"})
    assert faults(found) == ["unknown", "unsummed", "mixed", "unsupported", "without-map"]
    assert "CS301" in found[-1].in_language("zh")


# ---- graduation requirements


def programme(**facts):
    return ProgrammeMap(
        programme="CS",
        indicators=(IndicatorPoint(code="1.2"), IndicatorPoint(code="3.1")),
        supports=(
            CourseSupport(course="CS201", indicator="1.2", strength="H"),
            CourseSupport(course="CS301", indicator="1.2", strength="L"),
            CourseSupport(course="CS201", indicator="3.1", strength="M"),
        ),
        names={"CS201": "数据结构", "CS301": "操作系统"},
        **facts,
    )


OTHER = CourseMap(
    course="CS301", name="操作系统", objectives=(Objective(code="目标1", expected=0.6),),
    parts=(AssessmentPart(code="期末", full_marks=100),),
    weights=(PartWeight(objective="目标1", part="期末", weight=1),),
)  # fmt: skip


def test_an_indicator_point_is_the_weighted_mean_of_its_courses_or_the_lowest_and_says_which():
    """CS201 on 1.2: objective 1 (H = 3) 0.716, objective 2 (M = 2) 0.7: (3 · 0.716 + 2 · 0.7) / 5 = 0.7096.

    With CS301 at 0.5: H against L is 3 to 1: (3 · 0.7096 + 0.5) / 4 = 0.6572; the lowest is 0.5.
    """
    half = [StudentScores(student=f"s{n}", scores={"期末": 50}) for n in range(6)]
    results = {"CS201": attain_course(COURSE, CLASS, rng=rng()), "CS301": attain_course(OTHER, half, rng=rng())}
    first, third = attain_requirements(programme(), results, {"CS201": COURSE, "CS301": OTHER})
    point = first.indicators[0]
    assert point.values == pytest.approx({Convention.WEIGHTED: 0.6572, Convention.MINIMUM: 0.5})
    assert point.complete
    assert (first.requirement, third.requirement) == ("1", "3")
    assert third.values[Convention.WEIGHTED] == pytest.approx(0.7)  # objective 2 alone supports 3.1
    assert point.interval.low < 0.6572 < point.interval.high


def test_the_figure_under_other_numbers_for_h_m_l_stands_beside_it():
    half = [StudentScores(student=f"s{n}", scores={"期末": 50}) for n in range(6)]
    results = {"CS201": attain_course(COURSE, CLASS, rng=rng()), "CS301": attain_course(OTHER, half, rng=rng())}
    point = attain_requirements(programme(), results, {"CS201": COURSE, "CS301": OTHER})[0].indicators[0]
    assert point.under == pytest.approx({"3-2-1": 0.6572, "5-3-1": (5 * 0.7096 + 0.5) / 6, "equal": (0.7096 + 0.5) / 2})


def test_a_course_without_a_result_is_named_and_not_counted():
    results = {"CS201": attain_course(COURSE, CLASS, rng=rng())}
    point = attain_requirements(programme(), results, {"CS201": COURSE})[0].indicators[0]
    assert (point.missing, point.complete) == (("CS301",), False)
    assert point.values[Convention.WEIGHTED] == pytest.approx(0.7096)
    assert attain_requirements(programme(), {}, {})[0].values == {}


# ---- the loop of improvement


def year(shift, n=60):
    scores = [
        StudentScores(student=f"s{k}", scores={"期末": float(np.clip(55 + shift + 20 * np.sin(k), 0, 100))})
        for k in range(n)
    ]
    return attain_course(OTHER, scores, rng=rng())


@pytest.mark.parametrize(("shift", "says"), [(15, Change.BETTER), (-15, Change.WORSE), (2, Change.UNSURE)])
def test_the_year_after_says_what_came_of_it_and_cannot_tell_is_an_answer(shift, says):
    action = Improvement(objective="目标1", what="增加上机实验", who="王老师", by=date(2026, 6, 30))
    (found,) = follow_up([action], year(0), year(shift))
    assert found.change is says
    assert found.difference.value == pytest.approx(shift / 100, abs=1e-9)


def test_what_cannot_be_compared_is_not():
    assert compare_years(year(0), year(0, n=3))["目标1"] == (None, Change.UNKNOWN)
    action = Improvement(objective="目标7", what="x", who="y", by=date(2026, 6, 30))
    assert follow_up([action], year(0), year(5))[0].change is Change.UNKNOWN


def test_several_classes_of_a_course_are_one_figure_in_which_each_student_counts_alike():
    """60 students at about 0.55 and 20 at about 0.75."""
    first, second = year(0), year(20, n=20)
    both = pool_classes([first, second]).objective("目标1")
    one, two = first.objective("目标1"), second.objective("目标1")
    assert both.value == pytest.approx((60 * one.value + 20 * two.value) / 80)
    assert (both.n, both.n_reached) == (80, one.n_reached + two.n_reached)
    assert both.interval.low < both.value < both.interval.high
    assert both.interval.high - both.interval.low < two.interval.high - two.interval.low
    assert pool_classes([first]) is first
    with pytest.raises(ValueError, match="one map"):
        pool_classes([first, attain_course(COURSE, CLASS, rng=rng())])


def test_an_action_names_what_who_and_when():
    action = Improvement(objective="目标1", what=" ", who="", by=date(2026, 1, 1))
    assert faults(check_improvement(action, today=date(2026, 1, 1))) == ["empty", "empty", "past"]


# ---- what holds for any class


def test_maps_and_results_come_back_from_their_text_as_they_were():
    result = attain_course(COURSE, CLASS, rng=rng())
    assert attainment_from_json(attainment_to_json(result)) == result
    assert map_from_json(map_to_json(COURSE)) == COURSE
    assert programme_from_json(map_to_json(programme())) == programme()
    assert result.map == COURSE.digest != OTHER.digest


ratios = st.lists(st.floats(0, 1), min_size=1, max_size=6)


@given(ratios, st.data())
@settings(max_examples=40)
def test_no_weights_within_a_fifth_leave_the_range(values, data):
    weights = np.array(data.draw(st.lists(st.floats(0.05, 1), min_size=len(values), max_size=len(values))))
    sway = np.array(data.draw(st.lists(st.floats(0.8, 1.2), min_size=len(values), max_size=len(values))))
    low, high = weights_range(np.array(values), weights)
    inside = float(np.dot(values, weights * sway) / (weights * sway).sum())
    assert low - 1e-9 <= inside <= high + 1e-9


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 40), st.floats(0, 60)), min_size=1, max_size=12))
@settings(max_examples=30, deadline=None)
def test_a_figure_lies_between_the_students_and_within_its_own_bounds(marks):
    scores = [
        StudentScores(student=f"s{n}", scores={"作业": a, "期末/目标1": b, "期末/目标2": c})
        for n, (a, b, c) in enumerate(marks)
    ]
    one = attain_course(COURSE, scores, rng=rng()).objective("目标1")
    each = [student.values["目标1"] for student in attain_students(COURSE, scores)]
    assert min(each) - 1e-9 <= one.value <= max(each) + 1e-9
    assert sum(one.bins) == one.n == len(marks)
    told = one.sensitivity
    assert told.low - 1e-9 <= one.value <= told.high + 1e-9
    assert told.worst == pytest.approx(told.best) == pytest.approx(one.value)  # nobody was left out
    assert one.interval is None or 0 <= one.interval.low <= one.value <= one.interval.high <= 1
