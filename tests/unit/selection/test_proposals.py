"""Selection: what must hold for any people and any rule, a case worked by hand, and input that means harm."""

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from math import ceil, floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yucai.errors import FaultyInputError, YucaiError
from yucai.evidence import AwardLevel
from yucai.selection import (
    RULE_TEMPLATES,
    Candidate,
    CourseMark,
    Direction,
    Outcome,
    Rounding,
    RuleSet,
    SelectionRecords,
    ShownEvidence,
    Spared,
    Within,
    borderline_of,
    compare_with,
    people_of_share,
    propose,
    read_rule,
    sentences_of,
    template_text,
    write_rule,
)
from yucai.texts import Text

DAY = date(2026, 8, 4)
TERM = "2025-2026-1"
FEW = settings(max_examples=25, deadline=None)
scores = st.one_of(st.none(), st.integers(40, 100).map(float))


def person(number, values, *, award=None, flagged=False, group="2024"):
    marks = tuple(
        CourseMark(course=f"c{n}", name=Text(f"Course {n}", f"课程{n}"), term=TERM, mark=value, credits=2.0)
        for n, value in enumerate(values) if value is not None
    )  # fmt: skip
    shown = () if award is None else (
        ShownEvidence(title=Text("A", "A"), kind=Text("award", "获奖"), term=TERM, verified=award,
                      level=AwardLevel.NATIONAL),
    )  # fmt: skip
    return Candidate(learner=number, cohort=group, classroom="1", marks=marks, evidence=shown, flagged=flagged)


@st.composite
def classes(draw):
    n = draw(st.integers(1, 14))
    awards = st.sampled_from([None, None, True, False])
    return tuple(
        person(f"p{i:02d}", draw(st.tuples(scores, scores, scores)), award=draw(awards),
               flagged=draw(st.booleans()) and draw(st.booleans()), group=draw(st.sampled_from(["2023", "2024"])))
        for i in range(n)
    )  # fmt: skip


@st.composite
def rules(draw):
    leave = draw(st.booleans())
    share = draw(st.one_of(st.none(), st.integers(0, 100)))
    spare = (
        draw(st.sampled_from([Spared.NOBODY, Spared.ALL, Spared.EACH]))
        if leave and share is not None
        else Spared.NOBODY
    )
    return RuleSet(
        code="any", title=Text("any", "任意"), source="x",
        direction=Direction.LEAVE if leave else Direction.ENTER,
        within=draw(st.sampled_from([Within.ALL, Within.COHORT])),
        share=None if share is None else Decimal(share),
        rounding=draw(st.sampled_from(list(Rounding))),
        spare=spare, spare_at=None if spare is Spared.NOBODY else float(draw(st.integers(50, 90))),
        least_measure=draw(st.one_of(st.none(), st.just(60.0))),
        most_failed=0 if share is None else draw(st.one_of(st.none(), st.just(1))),
        most=draw(st.integers(0, 6)) if not leave and draw(st.booleans()) else None,
        exempt=AwardLevel.PROVINCIAL if leave and share is not None and draw(st.booleans()) else None,
        pass_on=share is not None and draw(st.booleans()),
        flag=Text("a flag", "处分") if draw(st.booleans()) else None,
        tie_breaks=draw(st.sampled_from([(), ("mean-mark",), ("failed", "course:c1")])),
    )  # fmt: skip


def run(rule, people):
    return propose(rule, SelectionRecords(as_of=DAY, people=tuple(people)))


@FEW
@given(rules(), classes(), st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter(rule, people, seed):
    mixed = list(people)
    random.Random(seed).shuffle(mixed)
    assert run(rule, mixed) == run(rule, people)


@FEW
@given(rules(), classes())
def test_everybody_has_a_reason_in_both_languages_and_what_would_change_it(rule, people):
    for entry in run(rule, people).entries:
        assert entry.reasons
        assert entry.change
        for text in (*entry.reasons, *entry.change, *entry.notes):
            assert text.en.strip()
            assert text.zh.strip()
            assert "{" not in text.en + text.zh


@FEW
@given(rules(), classes())
def test_a_rule_read_again_is_the_same_and_its_sentences_are_whole(rule, people):
    again = read_rule(write_rule(rule))
    assert (again, again.digest) == (rule, rule.digest)
    assert all("{" not in text.en + text.zh for text in sentences_of(rule))


@FEW
@given(rules(), classes())
def test_nobody_who_is_exempt_is_proposed_by_place_alone(rule, people):
    alone = replace(rule, least_measure=None, most_failed=None, flag=None)
    if not alone.leaves or alone.exempt is None:
        return
    free = {one.learner for one in people if any(piece.verified for piece in one.evidence)}
    assert not free & set(run(alone, people).of(Outcome.PROPOSED))


@FEW
@given(classes(), st.integers(0, 100), st.sampled_from(list(Rounding)))
def test_no_more_are_proposed_than_the_share_allows_within_its_rounding(people, share, rounding):
    rule = RuleSet(code="x", title=Text("x", "x"), source="x", direction=Direction.LEAVE, within=Within.COHORT,
                   share=Decimal(share), rounding=rounding)  # fmt: skip
    proposal = run(rule, people)
    for line in proposal.lines:
        mine = [entry for entry in proposal.entries if entry.group == line.group]
        proposed = sum(entry.outcome is Outcome.PROPOSED for entry in mine)
        open_ = sum(entry.outcome in (Outcome.EDGE, Outcome.UNKNOWN) for entry in mine)
        assert floor(line.n * share / 100 + 1e-9) <= line.k <= ceil(line.n * share / 100 - 1e-9)
        assert proposed <= line.k <= proposed + open_


@FEW
@given(classes())
def test_nobody_below_a_person_who_is_to_leave_stays_without_a_reason(people):
    rule = replace(read_rule(template_text("last-share")), share=Decimal(40), tie_breaks=())
    proposal = run(rule, people)
    leaving = [entry for entry in proposal.entries if entry.outcome is Outcome.PROPOSED and entry.measure is not None]
    for entry in proposal.entries:
        below = [one for one in leaving if one.group == entry.group and entry.measure is not None and
                 entry.measure < one.measure]  # fmt: skip
        if below and entry.outcome is not Outcome.PROPOSED:
            assert entry.outcome in (Outcome.EXEMPT, Outcome.EDGE)


BETTER = {Outcome.PROPOSED: 0, Outcome.UNKNOWN: 1, Outcome.EDGE: 1, Outcome.EXEMPT: 2, Outcome.NOT_PROPOSED: 3}


@FEW
@given(rules(), classes(), st.data())
def test_more_marks_everywhere_never_make_it_worse(rule, people, data):
    chosen = data.draw(st.sampled_from(people))
    more = tuple(replace(mark, mark=min(100.0, mark.mark + data.draw(st.integers(0, 30)))) for mark in chosen.marks)
    raised = [replace(one, marks=more) if one.learner == chosen.learner else one for one in people]
    before = run(rule, people).by_learner[chosen.learner].outcome
    after = run(rule, raised).by_learner[chosen.learner].outcome
    order = BETTER if rule.leaves else {outcome: -place for outcome, place in BETTER.items()}
    assert order[after] >= order[before]


@FEW
@given(rules(), classes(), st.sets(st.sampled_from([f"p{i:02d}" for i in range(16)])))
def test_every_difference_from_a_real_list_has_a_reason(rule, people, real):
    records = SelectionRecords(as_of=DAY, people=people)
    proposal = propose(rule, records)
    found = compare_with(
        proposal, real, near={one.learner: one.says for one in borderline_of(proposal, records, draws=3)}
    )
    known = {one.learner for one in people}
    proposed = set(proposal.of(Outcome.PROPOSED))
    assert {one.learner for one in found.differences} == (real & known) ^ proposed
    assert set(found.strangers) == real - known
    assert all(one.says.zh and "{" not in one.says.zh + one.says.en for one in found.differences)


def test_a_case_worked_by_hand():
    """Three courses of 4, 2 and 2 credits; means by hand: A (4·60+2·70+2·80)/8 = 67.5, B 68.75, C 75, D 57.5."""
    rows = {"A": (60, 70, 80), "B": (65, 70, 75), "C": (80, 70, 70), "D": (50, 60, 70)}
    people = [
        Candidate(learner=name, cohort="2024", classroom="1", marks=tuple(
            CourseMark(course=f"c{n}", name=Text("c", "课"), term=TERM, mark=float(mark), credits=float(credit))
            for n, (mark, credit) in enumerate(zip(marks, (4, 2, 2), strict=True))))
        for name, marks in rows.items()
    ]  # fmt: skip
    rule = replace(read_rule(template_text("last-share")), share=Decimal(50))
    proposal = run(rule, people)
    assert {entry.learner: entry.measure for entry in proposal.entries} == {"A": 67.5, "B": 68.75, "C": 75.0, "D": 57.5}
    assert {entry.learner: entry.place for entry in proposal.entries} == {"A": 3, "B": 2, "C": 1, "D": 4}
    assert proposal.of(Outcome.PROPOSED) == ("A", "D")
    # Without c0 (4 credits) the means are A 75, B 72.5, C 70, D 65: C and D would leave, so A and C are borderline.
    near = {one.learner: one for one in borderline_of(proposal, SelectionRecords(as_of=DAY, people=tuple(people)))}
    assert set(near) >= {"A", "C"}
    assert near["C"].courses


def test_a_share_is_counted_exactly():
    rule = RuleSet(code="x", title=Text("x", "x"), source="x", direction=Direction.LEAVE, within=Within.ALL,
                   share=Decimal("0.1"), rounding=Rounding.UP)  # fmt: skip
    assert people_of_share(3000, rule) == 3  # 0.1 % of 3000 is 3 exactly, and 3.0000000000000004 in floats
    assert people_of_share(0, rule) == 0


@pytest.mark.parametrize("code", RULE_TEMPLATES)
def test_templates_are_rules(code):
    assert read_rule(template_text(code)).title.zh
    with pytest.raises(FaultyInputError):
        template_text("../../errors")


@FEW
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_in_both_languages(text):
    with pytest.raises(YucaiError) as refused:
        read_rule(text)
    assert refused.value.in_language("zh")


HOSTILE = {
    "deep": "a = " + "[" * 5000,
    "huge": "x" * 200_000,
    "nan": template_text("last-share").replace("spare_at = 85", "spare_at = nan"),
    "infinite share": template_text("last-share").replace("share = 15", 'share = "Infinity"'),
    "nan share": template_text("last-share").replace("share = 15", 'share = "NaN"'),
    "true share": template_text("last-share").replace("share = 15", "share = true"),
    "words": template_text("last-share").replace("share = 15", 'share = "a few"'),
    "list": template_text("last-share").replace("[line]", "[[line]]"),
    "levels": template_text("last-share").replace("[line]", 'levels = ["a", 1, 2, 3, 4]\n[line]'),
    "gender set": template_text("last-share").replace(
        "[line]", '[[measure.sets]]\nname = { zh = "性别" }\ncourses = ["x"]\n[line]'
    ),
    "home key": template_text("last-share").replace("[line]", '[[measure.sets]]\nhome_place = "x"\n[line]'),
    "no title": template_text("last-share")
    .replace('zh = "末位 15% 退出，获奖可免"', "")
    .replace('en = "The last 15 % leave, an award exempts"', ""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_rules_are_refused_with_a_sentence(name):
    with pytest.raises(FaultyInputError) as refused:
        read_rule(HOSTILE[name])
    assert refused.value.faults
    assert all(fault.in_language("zh") and fault.in_language("en") for fault in refused.value.faults)


def test_marks_outside_their_scale_and_people_named_twice_are_refused_together():
    people = (person("p", [101.0]), person("p", [50.0]), replace(person("q", [1.0]), marks=(
        replace(person("q", [1.0]).marks[0], mark=float("nan"), credits=float("inf")),)))  # fmt: skip
    with pytest.raises(FaultyInputError) as refused:
        SelectionRecords(as_of=DAY, people=people)
    assert [fault.code for fault in refused.value.faults] == ["mark", "twice", "mark", "credits"]


def test_nobody_at_all_is_said():
    proposal = run(read_rule(template_text("last-share")), [])
    assert (proposal.entries, proposal.notes[0].en) == ((), "Nobody is on record in this group on that day.")
