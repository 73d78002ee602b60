"""What a class goes over next, and who of it has gone quiet: few, sure, counted, and with words for it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yucai.framework import load_practices
from yucai.matching import (
    MOST_IDEAS,
    QUIET_RULE,
    SupportDataError,
    SupportSigns,
    Work,
    find_quiet,
    lesson_plan,
    quiet_since,
    support_list,
)
from yucai.measurement import ClassIdea, ClassIdeas, IdeaKind, ThinIdea
from yucai.texts import Text

PACK = load_practices("practices-nine-qualities")
NINE = ("innovation", "practical-literacy", "scientific-spirit", "frontier-knowledge")


def idea(code, gap, error=0.1, *, quality=None, kind=IdeaKind.QUALITY, rate=0.01, p=0.001):
    expected = 0.0 if kind is IdeaKind.QUALITY else 0.7
    return ClassIdea(
        kind=kind, code=code, quality=quality or code, n_people=30, n_answers=60, seen=expected + gap,
        expected=expected, std_error=error, p_value=p, false_discovery_rate=rate,
    )  # fmt: skip


IDEAS = st.lists(
    st.builds(
        lambda code, gap, rate, quality: idea(code, gap, rate=rate, quality=quality, kind=IdeaKind.TASK),
        st.sampled_from("abcdef"), st.floats(-1, 1), st.floats(0, 1), st.sampled_from(NINE),
    ),
    max_size=8,
)  # fmt: skip


@given(IDEAS)
def test_at_most_three_each_surely_behind_no_quality_twice_and_fewer_is_said(ideas):
    plan = lesson_plan(ClassIdeas(ideas=tuple(ideas), thin=()), PACK, names={})
    assert len(plan.points) <= MOST_IDEAS
    assert all(point.idea.behind for point in plan.points)
    assert len({point.idea.quality for point in plan.points}) == len(plan.points)
    assert (plan.fewer is None) == (len(plan.points) == MOST_IDEAS)


def test_each_idea_has_its_evidence_how_sure_it_is_and_one_suggestion():
    found = ClassIdeas(
        ideas=(idea("innovation", -0.5), idea("exam/x", -0.12, 0.03, quality="frontier-knowledge", kind=IdeaKind.TASK)),
        thin=(),
    )
    plan = lesson_plan(found, PACK, names={"exam/x": Text("Optics", "光学")})
    first, second = plan.points
    assert first.evidence.en.startswith("The class stands at −0.5 [−0.7, −0.3]; 0 is the average of all profiles")
    assert first.do == PACK.practice("innovation", PACK.next_level(-0.5)).says
    assert second.name == Text("Optics", "光学")
    assert second.evidence.en == (
        "The class came 58 % of the way to the highest level; others who stand where it stands come 70 % of it "
        "(difference −12 points, between −17 and −7). 30 people, 60 answers."
    )
    assert "99 in 100" in first.sure.en
    assert plan.fewer.en == "Nothing in the evidence says that the class is behind on a third idea."
    assert plan.how.en.startswith("2 ideas were looked at.")


def test_an_idea_of_which_the_pack_knows_nothing_is_gone_over_once_more():
    plan = lesson_plan(ClassIdeas(ideas=(idea("ai-awareness", -0.5),), thin=()), PACK, names={})
    assert plan.points[0].do.en.startswith("Go over “ai-awareness” once more")
    assert "pack of practices has nothing on it" in plan.points[0].rule.en


def test_what_lies_inside_the_noise_or_fails_over_all_ideas_is_not_named():
    noisy = ClassIdeas(ideas=(idea("innovation", -0.1), idea("practical-literacy", -0.5, rate=0.2)), thin=())
    assert lesson_plan(noisy, PACK, names={}).points == ()


def test_where_nothing_is_known_that_is_said():
    grey = ThinIdea(kind=IdeaKind.QUALITY, code="innovation", quality="innovation", why=Text("few", "少"))
    plan = lesson_plan(ClassIdeas(ideas=(), thin=(grey,)), PACK, names={})
    assert plan.fewer.en == "Too little is known of the class to name any idea. That is grey, and not low."
    assert plan.thin == (grey,)


DAY = date(2026, 9, 28)


def signs_of(*days_and_came, learner="L", joined=None):
    """Signs of one learner: for each piece of work its due day in September, and whether it came on that day."""
    works = tuple(
        Work(reference=f"w{n}", due=date(2026, 9, due), handed_in=date(2026, 9, due) if came else None)
        for n, (due, came) in enumerate(days_and_came)
    )
    return SupportSigns(learner=learner, as_of=DAY, works=works, joined=joined)


PIECES = st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=6, unique_by=lambda piece: piece[0])


@given(st.lists(PIECES, max_size=8))
def test_the_class_and_the_list_name_the_same_people_with_the_same_sentence_and_days(all_pieces):
    everybody = [signs_of(*pieces, learner=f"L{n}") for n, pieces in enumerate(all_pieces)]
    listed = support_list(everybody, as_of=DAY)
    reasons = {
        entry.learner: (reason.says, reason.numbers[0].value)
        for entry in listed.entries
        for reason in entry.reasons
        if reason.rule.code == "quiet"
    }
    found = find_quiet(everybody, as_of=DAY)
    assert {one.learner: (one.says, one.days) for one in found.learners} == reasons
    assert found.n_unknown >= 0


@given(PIECES)
def test_who_is_quiet_has_waited_for_at_least_the_days_of_the_rule_and_nothing_came_since(pieces):
    quiet = quiet_since(signs_of(*pieces))
    came = [due for due, there in pieces if there and due <= DAY.day]
    missed = [due for due, there in pieces if not there and due < DAY.day - 3 and due > max(came, default=-1)]
    assert (quiet is not None) == bool(missed and DAY.day - min(missed) >= QUIET_RULE.threshold)
    if quiet is not None:
        assert quiet.days == DAY.day - min(missed)
        assert len(quiet.waiting) == len(missed)


def test_work_that_comes_ends_the_silence_whatever_was_missed_before():
    assert quiet_since(signs_of((2, False), (7, False))).days == 26
    assert quiet_since(signs_of((2, False), (7, False), (27, True))) is None


def test_the_sentence_holds_the_day_and_can_be_said_aloud():
    quiet = quiet_since(signs_of((1, True), (8, False)))
    assert quiet.says.en == (
        "On 8 September, 20 days ago, w1 was due, and no own work of yours has come since; your last came on "
        "1 September."
    )
    assert "至今 20 天" in quiet.says.zh


def test_of_whom_nothing_was_due_nothing_is_said_and_they_are_counted():
    found = find_quiet([signs_of(learner="new"), signs_of((2, True), learner="there")], as_of=DAY)
    assert (found.learners, found.n_people, found.n_unknown) == ((), 2, 1)
    assert "14 days" in found.rule.en


def test_a_class_counted_up_to_two_days_is_refused():
    with pytest.raises(SupportDataError, match="count everybody up to the same day"):
        find_quiet([signs_of((2, False))], as_of=date(2026, 9, 27))
