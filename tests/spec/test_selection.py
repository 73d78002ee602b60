"""Rules for entry and exit: what they say, whom they propose, and when they say nothing.

Read from top to bottom. It is August 2026, and the school year 2025-2026 is over. A class of ten took four courses of
two credits each. The rule is the template: the last 15 % leave, an award exempts. 15 % of ten is 1.5, so one.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from yucai.errors import FaultyInputError
from yucai.evidence import AwardLevel
from yucai.selection import (
    Candidate,
    CourseMark,
    CourseSet,
    Direction,
    MarkState,
    Outcome,
    Points,
    Rounding,
    SelectionRecords,
    ShownEvidence,
    Spared,
    Within,
    borderline_of,
    compare_with,
    propose,
    read_rule,
    sentences_of,
    template_text,
    write_rule,
)
from yucai.texts import Text

DAY = date(2026, 8, 4)
COURSES = ("algebra", "mechanics", "optics", "writing")


def marks(*values, term="2025-2026-1", credits=2.0):
    return tuple(
        CourseMark(course=course, name=Text(course.title(), course), term=term, mark=value, credits=credits,
                   state=None if value is not None else MarkState.DEFERRED)
        for course, value in zip(COURSES, values, strict=False)
    )  # fmt: skip


def learner(number, *values, **more):
    return Candidate(learner=number, cohort="2024", classroom="1", marks=marks(*values), **more)


def award(title="Robot contest", *, level=AwardLevel.NATIONAL, verified=True, term="2025-2026-2"):
    return ShownEvidence(
        title=Text(title, title), kind=Text("award", "获奖"), term=term, verified=verified, level=level
    )


@pytest.fixture
def rule():
    return read_rule(template_text("last-share"))


@pytest.fixture
def ten():
    """Ten learners, from a mean of 64 for ``a`` in steps of three up to 91 for ``j``."""
    return {name: learner(name, *[64.0 + 3 * place] * 4) for place, name in enumerate("abcdefghij")}


def run(rule, people, **instead):
    return propose(rule, SelectionRecords(as_of=DAY, people=tuple((people | instead).values())))


def said(entry, language="en"):
    return " ".join(text.in_language(language) for text in entry.reasons)


# What a rule says


def test_a_rule_is_said_in_plain_sentences_in_both_languages(rule):
    english = [text.en for text in sentences_of(rule)]
    assert "The last 15 % leave: 15 % of the people of the group, rounded down." in english
    assert "Nobody leaves by place where everybody of the group has a mean mark of 85 or more." in english
    assert "末 15% 退出：按本组人数的 15% 计算，向下取整。" in [text.zh for text in sentences_of(rule)]
    assert english[-1] == "The rule proposes; a named person decides."


def test_a_rule_that_is_written_and_read_again_is_the_same_rule(rule):
    assert read_rule(write_rule(rule)) == rule
    assert read_rule(write_rule(rule)).digest == rule.digest
    assert replace(rule, share=Decimal(10)).digest != rule.digest


def test_no_protected_trait_can_enter_a_rule(rule):
    text = template_text("last-share").replace('within = "cohort"', 'within = "cohort"\nethnicity = "han"')
    with pytest.raises(FaultyInputError, match="protected trait") as refused:
        read_rule(text)
    assert "受保护的特征" in refused.value.in_language("zh")
    with pytest.raises(FaultyInputError, match="protected trait"):
        read_rule(write_rule(replace(rule, flag=Text("family income", "家庭收入"))))


def test_all_faults_of_a_rule_are_told_at_once():
    text = template_text("last-share").replace("share = 15", "share = 150").replace('"first"', '"luckiest"')
    with pytest.raises(FaultyInputError) as refused:
        read_rule(text.replace('by = ["credits", "failed"]', 'by = ["shoe size"]').replace("[line]", "[line]\nodd = 1"))
    assert "“odd” is nothing" in str(refused.value) or "“line.odd” is nothing" in str(refused.value)
    with pytest.raises(FaultyInputError) as refused:
        read_rule(text.replace('"luckiest"', '"first"').replace('by = ["credits"', 'by = ["shoe size"'))
    assert {fault.where for fault in refused.value.faults} == {"line.share", "ties.by"}


# Whom it proposes


def test_the_last_of_the_group_is_proposed_with_a_reason(rule, ten):
    proposal = run(rule, ten)
    assert proposal.of(Outcome.PROPOSED) == ("a",)
    entry = proposal.by_learner["a"]
    assert said(entry) == "Mean mark 64.00: place 10 of 10 in entry year 2024. The last 1 leaves by the rule."
    assert "平均成绩 64.00，在2024级 10 人中排第 10 名；按规则末 1 名退出。" in said(entry, "zh")
    assert entry.change[0].en.startswith("With mean mark above 67.00")
    assert proposal.lines[0].says.en == "entry year 2024: 15 % of 10 are 1.5, rounded down: 1."


def test_a_verified_award_exempts_and_its_place_does_not_go_to_the_next(rule, ten):
    proposal = run(rule, ten, a=learner("a", *[64.0] * 4, evidence=(award(),)))
    assert (proposal.of(Outcome.EXEMPT), proposal.of(Outcome.PROPOSED)) == (("a",), ())
    assert "exempt by a verified award: Robot contest" in said(proposal.by_learner["a"])
    assert run(replace(rule, pass_on=True), ten, a=learner("a", *[64.0] * 4, evidence=(award(),))).of(
        Outcome.PROPOSED
    ) == ("b",)


@pytest.mark.parametrize(
    ("piece", "note"),
    [
        (award(verified=False), "not verified by the day"),
        (award(level=AwardLevel.COLLEGE), "level below the rule's"),
    ],
)
def test_an_award_that_is_unverified_or_too_low_is_said_and_not_counted(rule, ten, piece, note):
    entry = run(rule, ten, a=learner("a", *[64.0] * 4, evidence=(piece,))).by_learner["a"]
    assert entry.outcome is Outcome.PROPOSED
    assert note in entry.notes[0].en


def test_an_award_of_another_year_does_not_exempt(rule, ten):
    old = award(term="2023-2024-2")
    assert run(rule, ten, a=learner("a", *[64.0] * 4, evidence=(old,))).of(Outcome.PROPOSED) == ("a",)


def test_nobody_leaves_where_all_are_above_the_floor(rule, ten):
    proposal = run(replace(rule, spare_at=60.0), ten)
    assert proposal.of(Outcome.PROPOSED) == ()
    assert proposal.lines[0].spared
    assert "has mean mark of 60.00 or more, so nobody leaves by place" in said(proposal.by_learner["a"])
    each = run(replace(rule, spare=Spared.EACH, spare_at=65.0, count=3, share=None), ten)
    assert each.of(Outcome.PROPOSED) == ("a",)


def test_a_share_is_rounded_as_the_rule_says(rule, ten):
    for rounding, leave in ((Rounding.DOWN, "a"), (Rounding.UP, "ab"), (Rounding.NEAREST, "ab")):
        assert run(replace(rule, rounding=rounding), ten).of(Outcome.PROPOSED) == tuple(leave)


def test_only_first_attempts_count_unless_the_rule_takes_the_best(rule, ten):
    resit = CourseMark(
        course="algebra", name=Text("Algebra", "代数"), term="2025-2026-2", attempt=2, mark=100.0, credits=2
    )
    better = replace(ten["a"], marks=(*ten["a"].marks, resit))
    assert run(rule, ten, a=better).by_learner["a"].measure == 64.0
    assert run(replace(rule, attempts="best"), ten, a=better).by_learner["a"].measure == 73.0


def test_credits_weigh_and_named_sets_weigh(rule, ten):
    heavy = learner("a", 100.0, 60.0)
    heavy = replace(heavy, marks=(replace(heavy.marks[0], credits=6.0), heavy.marks[1]))
    only = {"a": heavy}
    assert run(rule, only).by_learner["a"].measure == 90.0
    sets = (
        CourseSet(name=Text("Core", "核心"), courses=("algebra",), weight=0.7),
        CourseSet(name=Text("Rest", "其他"), courses=("mech*",), weight=0.3),
    )
    assert run(replace(rule, sets=sets), only).by_learner["a"].measure == 88.0


# When it does not know


def test_whoever_might_leave_by_a_missing_mark_is_not_judged(rule, ten):
    proposal = run(rule, ten, b=learner("b", 66.0, 66.0, 66.0, None))
    assert proposal.by_learner["b"].outcome is Outcome.UNKNOWN
    assert "Writing, 2025-2026-1" in said(proposal.by_learner["b"])
    assert proposal.by_learner["a"].outcome is Outcome.EDGE  # last, unless the missing mark of b is very low
    assert run(rule, ten, j=learner("j", 91.0, 91.0, 91.0, None)).of(Outcome.PROPOSED) == ("a",)  # cannot matter


def test_whoever_has_no_mark_at_all_is_not_judged_low(rule, ten):
    entry = run(rule, ten, c=Candidate(learner="c", cohort="2024", classroom="1")).by_learner["c"]
    assert (entry.outcome, entry.measure) == (Outcome.UNKNOWN, None)


def test_a_tie_that_the_rule_does_not_break_stays_open(rule, ten):
    proposal = run(rule, ten, b=learner("b", *[64.0] * 4))
    assert proposal.of(Outcome.EDGE) == ("a", "b")
    assert "the same as 1 other exactly at the line" in said(proposal.by_learner["a"])
    broken = run(replace(rule, tie_breaks=("course:algebra",)), ten, b=learner("b", 63.0, 65.0, 64.0, 64.0))
    assert broken.of(Outcome.PROPOSED) == ("b",)


# Other rules


def test_a_grade_point_floor_and_a_flag_are_grounds_of_their_own(ten):
    rule = replace(read_rule(template_text("grade-point-floor")), terms=("2025-2026",))
    low = learner("a", *[66.0] * 4)
    flagged = replace(ten["j"], flagged=True)
    proposal = run(rule, ten, a=low, j=flagged)
    assert proposal.of(Outcome.PROPOSED) == ("a", "b", "j")
    assert said(proposal.by_learner["a"]) == "Mean grade point 1.50 is under 2.00."
    assert said(proposal.by_learner["j"]).startswith("Entered by hand: a disciplinary measure")


def test_an_award_does_not_exempt_from_a_floor(rule, ten):
    strict = replace(rule, least_measure=65.0)
    entry = run(strict, ten, a=learner("a", *[64.0] * 4, evidence=(award(),))).by_learner["a"]
    assert entry.outcome is Outcome.PROPOSED
    assert "not from this" in entry.notes[0].en


def test_entry_asks_for_place_floors_and_places_together(ten):
    rule = replace(read_rule(template_text("entry-share")), within=Within.ALL, share=Decimal(30))
    assert rule.direction is Direction.ENTER
    proposal = run(rule, ten)
    assert proposal.of(Outcome.PROPOSED) == ("h", "i", "j")
    failing = learner("j", 100.0, 100.0, 100.0, 59.0)
    assert run(rule, ten, j=failing).of(Outcome.PROPOSED) == ("h", "i")
    assert run(replace(rule, pass_on=True), ten, j=failing).of(Outcome.PROPOSED) == ("g", "h", "i")
    assert run(replace(rule, most=1), ten).of(Outcome.PROPOSED) == ("j",)


def test_marks_become_grade_points_by_the_table_of_the_rule(rule, ten):
    assert run(replace(rule, points=Points.LINEAR_5, spare_at=5.0), ten).by_learner["a"].measure == 1.4


# How sure


def test_the_borderline_names_whose_outcome_hangs_on_little(rule, ten):
    near = ten | {"b": learner("b", 66.0, 64.0, 64.0, 63.0)}
    records = SelectionRecords(as_of=DAY, people=tuple(near.values()))
    edge = borderline_of(propose(rule, records), records)
    assert {one.learner for one in edge} == {"a", "b"}
    assert edge == borderline_of(propose(rule, records), records)
    assert 0 < edge[0].share <= 1
    assert edge[0].says[0].en.startswith("one course left out: another outcome in")
    far = ten | {"a": learner("a", *[40.0] * 4)}
    records = SelectionRecords(as_of=DAY, people=tuple(far.values()))
    assert borderline_of(propose(rule, records), records) == ()


# Against the list that was really made


def test_a_list_that_equals_the_rule_is_said_to(rule, ten):
    found = compare_with(run(rule, ten), ["a"])
    assert found.equal
    assert found.says[0].zh == "名单与规则结果一致：同样的 1 人。"


def test_an_award_that_nobody_verified_explains_a_difference(rule, ten):
    proposal = run(rule, ten, a=learner("a", *[64.0] * 4, evidence=(award(verified=False),)))
    found = compare_with(proposal, ["b"])
    assert [(one.learner, one.code) for one in found.differences] == [("a", "award"), ("b", "rounding")]
    assert "Verified by the day, it exempts" in found.differences[0].says.en


def test_rounding_ties_missing_marks_and_strangers_explain_differences(rule, ten):
    assert compare_with(run(rule, ten), ["a", "b"]).differences[0].code == "rounding"
    tied = run(rule, ten, b=learner("b", *[64.0] * 4))
    assert compare_with(tied, ["a"]).differences[0].code == "tie"
    gap = run(rule, ten, b=learner("b", 66.0, 66.0, 66.0, None))
    assert [one.code for one in compare_with(gap, ["b"]).differences] == ["missing"]
    strange = compare_with(run(rule, ten), ["a", "2019"])
    assert (strange.strangers, strange.equal) == (("2019",), False)
    assert compare_with(run(rule, ten), ["a", "j"]).differences[0].code == "none"
