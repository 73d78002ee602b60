"""The simulated college: who and what it holds, drawn from a seed, and one problem at a time."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.unit.demo.making import RATED, TESTED
from yucai.demo import PROBLEMS, UnknownProblemError, simulate_college
from yucai.framework import load_evidence_map, load_talent_types

TABLES = (
    "people", "raters", "fields", "counties", "mentors", "labs", "firms", "projects", "rules", "items",
)  # fmt: skip
YEARS = ("2022-2023", "2023-2024", "2024-2025", "2025-2026")


@pytest.fixture(scope="module")
def college():
    return simulate_college()


def assert_same(one, other):
    for name in TABLES:
        assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
    assert_frame_equal(one.responses.table, other.responses.table, check_exact=True)
    np.testing.assert_array_equal(one.truth.places, other.truth.places)
    assert one.truth.severities == other.truth.severities
    assert one.planted == other.planted


# What there is


def test_it_has_the_size_of_a_real_honours_college(college):
    sizes = {name: getattr(college, name).height for name in TABLES if name not in {"rules", "items"}}
    assert sizes == {
        "people": 240, "raters": 20, "fields": 6, "counties": 3, "mentors": 30, "labs": 12, "firms": 8, "projects": 60,
    }  # fmt: skip
    assert college.people["cohort"].value_counts(sort=True)["count"].to_list() == [60] * 4
    assert college.people["class"].value_counts(sort=True)["count"].to_list() == [30] * 8


def test_every_year_a_student_has_grades_ratings_surveys_and_tests(college):
    by_kind = college.responses.table.with_columns(
        year=pl.col("occasion").str.slice(0, 9), kind=pl.col("item").str.split("/").list.first()
    )
    counted = by_kind.group_by("learner", "year", "kind").len().pivot("kind", index=["learner", "year"], values="len")
    assert counted.height == 60 * (4 + 3 + 2 + 1) - 1  # all but the year of the student who has gone quiet
    assert set(counted["exam"]) == {5}
    assert set(counted["rubric"]) == {2 * 2 * 9}  # two works, two raters, nine qualities
    assert set(counted["survey"]) == {3 * 9}
    assert set(counted["test"]) == {6 * 4}
    assert set(counted["award"].drop_nulls()) == {1, 2, 3}


def test_each_work_is_rated_by_two_different_raters(college):
    rated = college.responses.table.filter(pl.col("item").str.starts_with("rubric/"))
    raters = rated.group_by("learner", "item", "occasion").agg(pl.col("rater").n_unique())
    assert set(raters["rater"]) == {2}
    assert set(rated["rater"]) == set(college.raters["rater"])


def test_all_that_is_named_exists(college):
    codes = {name: set(getattr(college, f"{name}s")[name]) for name in ("field", "lab", "firm", "mentor")}
    for table in (college.mentors, college.labs, college.firms, college.projects):
        for name in set(codes) & set(table.columns):
            assert set(table[name].drop_nulls()) <= codes[name]
    assert set(college.people["mentor"]) == codes["mentor"]
    assert set(college.people["county"]) == set(college.firms["county"]) == set(college.counties["county"])
    assert set(college.responses.table["learner"]) == set(college.people["learner"])
    assert set(college.people["talent_type"]) <= {kind.code for kind in load_talent_types("talent-types").types}


def test_every_student_works_on_one_project_with_two_mentors_of_its_field(college):
    assert sorted(college.projects["members"].explode()) == sorted(college.people["learner"])
    mentors = {row["mentor"]: row for row in college.mentors.iter_rows(named=True)}
    labs = dict(college.labs.select("lab", "field").iter_rows())
    for project in college.projects.iter_rows(named=True):
        ours, theirs = mentors[project["mentor"]], mentors[project["firm_mentor"]]
        assert (ours["home"], theirs["home"], theirs["firm"]) == ("university", "firm", project["firm"])
        assert project["field"] == ours["field"] == theirs["field"] == labs[project["lab"]]


def test_no_mentor_has_more_students_than_places(college):
    places = dict(college.mentors.select("mentor", "places").iter_rows())
    held = dict(college.people["mentor"].value_counts().iter_rows())
    assert [mentor for mentor, n in held.items() if n > places[mentor]] == []


@pytest.mark.parametrize("table", ["counties", "firms", "labs", "projects"])
def test_a_name_is_there_in_both_languages_once_and_says_that_it_is_simulated(college, table):
    names = getattr(college, table).select("name_en", "name_zh")
    assert names["name_en"].is_unique().all()
    assert names["name_zh"].is_unique().all()
    assert names["name_en"].str.ends_with(" (simulated)").all()
    assert names["name_zh"].str.contains(r"^[\u4e00-\u9fff]+（模拟）$").all()


def test_pinyin_keeps_two_characters_apart(college):
    names = dict(college.people.select("name_zh", "name_en").iter_rows())
    assert names["王雨安"] == "Wang Yu'an"
    assert names["林悦书"] == "Lin Yueshu"


def test_what_others_rely_on_stays(college):
    first = college.people.row(by_predicate=pl.col("learner") == "2023010001", named=True)
    assert (first["name_zh"], first["name_en"], first["class"]) == ("林悦书", "Lin Yueshu", "2023-1")
    assert college.mentors.row(2, named=True)["mentor"] == "M03"
    assert college.mentors.row(2, named=True)["home"] == "firm"


def test_every_item_has_a_name_in_both_languages_and_a_rule_that_measures_it(college):
    evidence_map = load_evidence_map(college.space.evidence_map)
    assert set(college.items["item"]) == set(college.responses.table["item"])
    assert [item for item in college.items["item"] if evidence_map.rule_for(item) is None] == []
    assert college.items["name_zh"].str.contains(r"[\u4e00-\u9fff]").all()
    assert not college.items["name_en"].str.contains(r"[\u4e00-\u9fff]").any()


def test_every_row_of_evidence_has_a_row_number_of_its_own(college):
    assert college.responses.table["source_row"].to_list() == list(range(2, len(college.responses) + 2))


# Drawn from a seed


@settings(max_examples=3)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_same_seed_gives_the_same_college_to_the_last_bit(seed):
    assert_same(simulate_college(seed=seed), simulate_college(seed=seed))


def test_another_seed_gives_another_college(college):
    other = simulate_college(seed=1)
    assert not college.people["name_zh"].equals(other.people["name_zh"])
    assert not college.responses.table["score"].equals(other.responses.table["score"])
    assert not college.projects["members"].equals(other.projects["members"])
    assert college.truth.severities["R01"] != other.truth.severities["R01"]


# Its truth


def test_the_truth_is_told_for_each_school_year_from_the_entry_on(college):
    truth = college.truth
    assert truth.years == YEARS
    assert truth.qualities == (*RATED, *TESTED)
    entered = np.array([YEARS.index(f"{c}-{int(c) + 1}") for c in college.people["cohort"]])
    lived = ~np.isnan(truth.places)
    np.testing.assert_array_equal(lived, np.broadcast_to((np.arange(4) >= entered[:, None])[:, :, None], lived.shape))


def test_the_truth_as_a_table_says_the_same(college):
    table, truth = college.truth.to_table(), college.truth
    assert table.height == 600 * 13
    here = table.row(by_predicate=(pl.col("learner") == "2024010018") & (pl.col("occasion") == "2025-2026")
                     & (pl.col("quality") == "innovation"), named=True)  # fmt: skip
    i, q = truth.learners.index("2024010018"), truth.qualities.index("innovation")
    assert here["place"] == truth.places[i, 3, q]


def test_every_entry_year_begins_alike(college):
    """So that an older cohort stands higher for its years of study only."""
    for late, cohort in enumerate(("2022", "2023", "2024", "2025")):
        first = college.truth.places[(college.people["cohort"] == cohort).to_numpy(), late]
        assert first.mean() == pytest.approx(-0.4, abs=0.25)  # 60 students: standard error 0.09


def test_students_grow_by_about_a_quarter_a_year_each_at_an_own_pace(college):
    steps = np.diff(college.truth.places, axis=1)
    steps = steps[~np.isnan(steps)]
    assert steps.mean() == pytest.approx(0.28, abs=0.02)
    assert 0.1 < steps.std() < 0.3


# One problem at a time


def test_a_problem_left_out_leaves_all_else_as_it_was(college):
    calm = simulate_college(without=("severe-rater",))
    assert [problem.code for problem in calm.planted] == [code for code in PROBLEMS if code != "severe-rater"]
    assert calm.truth.severities["R07"] < 0.6
    assert {**calm.truth.severities, "R07": 1.3} == college.truth.severities
    assert_frame_equal(calm.people, college.people)
    exams = pl.col("item").str.starts_with("exam/")
    assert_frame_equal(calm.responses.table.filter(exams), college.responses.table.filter(exams))


def test_only_marks_of_the_misleading_exam_change_with_it(college):
    calm = simulate_college(without=("misleading-exam",))
    other = calm.responses.table["score"] != college.responses.table["score"]
    assert set(college.responses.table.filter(other)["item"]) == {"exam/optics-2024-2025-2"}


def test_the_quiet_student_has_plenty_before_and_nothing_after(college):
    mine = college.responses.table.filter(learner="2024010018")["occasion"].str.slice(0, 9)
    assert mine.value_counts().rows() == [("2024-2025", 93)]
    calm = simulate_college(without=("gone-quiet",)).responses.table.filter(learner="2024010018")
    assert set(calm["occasion"].str.slice(0, 9)) == {"2024-2025", "2025-2026"}


def test_the_unfair_rule_is_open_to_one_county_only(college):
    unfair = college.rules.filter(pl.col("only_county") != "")
    assert unfair["rule"].to_list() == ["bonus-2025"]
    assert "Yunshan" in unfair["text_en"].item()
    assert "云杉" in unfair["text_zh"].item()
    can = college.people.filter(county=unfair["only_county"].item())
    assert 0 < can.height < college.people.height / 2
    calm = simulate_college(without=("unfair-rule",))
    assert calm.rules.filter(pl.col("only_county") != "").height == 0


def test_two_students_of_one_cohort_share_a_name_and_nobody_else_does(college):
    shared = college.people.filter(pl.col("name_zh").is_duplicated())
    assert shared.select("learner", "name_zh", "name_en", "cohort").rows() == [
        ("2023010012", "王子涵", "Wang Zihan", "2023"),
        ("2023010042", "王子涵", "Wang Zihan", "2023"),
    ]
    assert simulate_college(without=("same-name",)).people["name_zh"].is_unique().all()


def test_a_college_without_any_problem_can_be_had():
    assert simulate_college(without=PROBLEMS).planted == ()


@settings(max_examples=5)
@given(without=st.sets(st.sampled_from(PROBLEMS)))
def test_whatever_is_left_out_the_rest_is_planted_and_students_and_firms_stay(college, without):
    other = simulate_college(without=without)
    assert [problem.code for problem in other.planted] == [code for code in PROBLEMS if code not in without]
    assert other.people["learner"].equals(college.people["learner"])
    assert other.projects.equals(college.projects)
    np.testing.assert_array_equal(other.truth.places, college.truth.places)


def test_a_problem_that_is_never_planted_is_refused_with_all_that_are():
    with pytest.raises(UnknownProblemError) as refused:
        simulate_college(without=("severe-rater", "rain", "fire"))
    assert str(refused.value).startswith(
        "No such planted problem: fire, rain. There are severe-rater, misleading-exam,"
    )
    assert refused.value.in_language("zh").startswith("没有这样的预埋问题：fire, rain。")
