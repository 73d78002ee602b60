"""The priority list: counts that hold, reasons that work can only take away, both languages, and no places."""

import re
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yucai.matching import (
    SUPPORT_RULES,
    Abstention,
    Clicks,
    EvidenceSeen,
    ListUse,
    SupportBand,
    SupportDataError,
    SupportEntry,
    SupportList,
    SupportRule,
    SupportSigns,
    Work,
    support_entry,
    support_list,
)
from yucai.texts import Text

AS_OF = date(2026, 10, 20)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def ago(days):
    return AS_OF - timedelta(days=days)


def work(reference="w1", due=None, came=None, **more):
    """A piece of work, days counted back from the day of the list."""
    return Work(reference=reference, name=f"Homework {reference[1:]}", due=None if due is None else ago(due),
                handed_in=None if came is None else ago(came), **more)  # fmt: skip


def signs(*works, learner="wei", **more):
    return SupportSigns(learner=learner, as_of=AS_OF, works=works, **more)


def codes(found):
    return {reason.rule.code for reason in found.reasons} if isinstance(found, SupportEntry) else set()


def band_of(found):
    bands = [None, SupportBand.WATCH, SupportBand.TALK]
    return bands.index(found.band if isinstance(found, SupportEntry) else None)


DAYS = st.integers(-10, 60)


@st.composite
def some_works(draw):
    n = draw(st.integers(0, 7))
    return tuple(
        work(
            f"w{k}",
            draw(st.none() | DAYS),
            draw(st.none() | DAYS),
            excused=draw(st.booleans()) and draw(st.booleans()),
            result=draw(st.none() | st.floats(0, 1)),
            pass_mark=draw(st.none() | st.just(0.6)),
            result_on=draw(st.none() | DAYS.map(ago)),
        )
        for k in range(n)
    )


@st.composite
def some_signs(draw, learner="wei"):
    return SupportSigns(
        learner=learner,
        as_of=AS_OF,
        works=draw(some_works()),
        joined=draw(st.none() | DAYS.map(ago)),
        evidence=draw(st.just(()) | st.just((EvidenceSeen(kind=Text("projects", "项目"), pieces=2, last=ago(9)),))),
        last_contact=draw(st.none() | st.integers(0, 60).map(ago)),
        clicks=draw(
            st.none()
            | st.builds(Clicks, last_visit=st.none() | st.integers(0, 30).map(ago), days_active=st.integers(0, 14))
        ),
    )


@given(st.data(), st.integers(0, 6))
def test_the_order_of_learners_changes_nothing_and_everybody_is_there_once(data, n):
    given_signs = [data.draw(some_signs(learner=f"learner-{k}")) for k in range(n)]
    found = support_list(given_signs, as_of=AS_OF)
    assert support_list(data.draw(st.permutations(given_signs)), as_of=AS_OF) == found
    placed = [*(e.learner for e in found.entries), *(a.learner for a in found.abstained), *found.clear]
    assert sorted(placed) == sorted(one.learner for one in given_signs)
    assert found.n_learners == n


@given(some_signs(), st.data())
def test_the_order_of_works_changes_nothing(one, data):
    again = replace(one, works=tuple(data.draw(st.permutations(one.works))))
    assert support_entry(again) == support_entry(one)


@given(some_signs(), st.integers(0, 60), st.integers(0, 20))
def test_a_piece_of_work_that_came_in_time_never_adds_a_reason_nor_raises_the_band(one, came, ahead):
    added = work("more", came - ahead, came)
    before, after = support_entry(one), support_entry(replace(one, works=(*one.works, added)))
    assert codes(after) <= codes(before)
    assert band_of(after) <= band_of(before)


@given(some_signs(), st.data())
def test_handing_in_what_was_missing_never_adds_a_reason_but_lateness(one, data):
    if not one.missing:
        return
    gone = data.draw(st.sampled_from(one.missing))
    came = replace(gone, handed_in=gone.due, result=None)
    after = support_entry(replace(one, works=tuple(came if w == gone else w for w in one.works)))
    assert codes(after) <= codes(support_entry(one))


@given(some_signs())
def test_what_came_after_the_day_does_not_count(one):
    blind = tuple(
        replace(w, handed_in=w.handed_in if w.handed_in is not None and w.handed_in <= AS_OF else None)
        for w in one.works
        if w.due is None or w.due <= AS_OF or (w.handed_in is not None and w.handed_in <= AS_OF)
    )
    later = [w for w in one.works if w not in blind]
    assert support_entry(replace(one, works=blind)) == support_entry(one), later


def counted_again(one):
    """Every count of the rules, from the bare works, in plain words and without the properties of the signs."""
    first = one.joined or date.min
    came = {w.reference for w in one.works if w.handed_in is not None and w.handed_in <= AS_OF and not w.excused}
    due = sorted(
        (w.due, w.reference)
        for w in one.works
        if w.due is not None and not w.excused and first <= w.due <= AS_OF
        if (AS_OF - w.due).days > 3 or w.reference in came
    )
    by_day = sorted((w for w in one.works if w.reference in came), key=lambda w: (w.handed_in, w.reference))
    back = [w for w in by_day if w.result is not None and (w.result_on or w.handed_in) <= AS_OF]
    marked = [w for w in back if w.pass_mark is not None][-3:]
    own_days = [w.handed_in for w in by_day] + [seen.last for seen in one.evidence]
    waited = [day for day, reference in due if reference not in came and all(day > own for own in own_days)]
    counts = {
        "missing": (sum(reference not in came for _, reference in due[-4:]), len(due[-4:])),
        "quiet": ((AS_OF - waited[0]).days, len(waited)) if waited else (0, 0),
        "late": (sum(w.due is not None and first <= w.due < w.handed_in for w in by_day[-3:]), len(by_day[-3:])),
        "below-pass": (sum(w.result < w.pass_mark for w in marked), len(marked)),
        "falling": (mean_of_100(back[-2:]), mean_of_100(back[:-2])) if len(back) >= 4 else (0.0, 0.0),
    }
    if one.clicks is not None:
        seen = one.clicks.last_visit
        counts["no-visit"] = (one.clicks.window_days if seen is None else (AS_OF - seen).days,)
    return counts


def mean_of_100(works):
    return 100 * sum(w.result for w in works) / len(works)


@given(some_signs())
def test_numbers_are_those_of_a_second_count_and_a_rule_speaks_just_where_its_number_is_reached(one):
    found, counts = support_entry(one), counted_again(one)
    reached = {
        rule.code
        for rule in SUPPORT_RULES
        if rule.code in counts and rule.code not in ("falling", "no-visit") and counts[rule.code][0] >= rule.threshold
    }
    assert codes(found) - {"falling", "no-visit"} == reached
    for reason in found.reasons if isinstance(found, SupportEntry) else ():
        assert tuple(number.value for number in reason.numbers) == pytest.approx(counts[reason.rule.code])
        if reason.rule.code == "falling":
            assert counts["falling"][1] - counts["falling"][0] >= 15 - 1e-9
        for name in re.findall(r"Homework \d", reason.says.en):
            assert name in {w.name for w in one.works}


@given(some_signs())
def test_every_sentence_is_there_in_both_languages_with_its_facts(one):
    for text in sentences(support_list([one], as_of=AS_OF)):
        assert text.en
        assert CHINESE.search(text.zh), text
        assert not re.search(r"[{}]|None", text.en + text.zh), text


@given(some_signs())
def test_visits_alone_bring_nobody_onto_the_list(one):
    without = support_entry(replace(one, clicks=None))
    found = support_entry(one)
    assert band_of(found) == band_of(without)
    assert codes(found) - codes(without) <= {"no-visit"}


def sentences(value):
    """All texts that hang on something that was found."""
    if isinstance(value, Text):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from sentences(one)
    elif is_dataclass(value):
        for field in fields(value):
            yield from sentences(getattr(value, field.name))


def test_a_list_has_no_field_for_a_place_a_chance_or_a_trait():
    assert {field.name for field in fields(SupportEntry)} == {
        "learner", "band", "reasons", "contrary", "step", "last_contact",
    }  # fmt: skip
    assert {field.name for field in fields(SupportSigns)} == {
        "learner", "as_of", "works", "joined", "evidence", "last_contact", "clicks",
    }  # fmt: skip
    assert "rank" not in {field.name for field in fields(SupportList)}


def test_nothing_due_yet_is_an_abstention_and_no_bad_sign():
    for known in (signs(), signs(work(due=-5)), signs(work(due=2)), signs(work(due=9, excused=True))):
        found = support_entry(known)
        assert isinstance(found, Abstention)
        assert found.why.en.startswith("Too little is known")
    assert "all 1 piece" in support_entry(signs(work(due=9, excused=True))).why.en


def test_work_counts_as_missing_from_the_fourth_day():
    assert isinstance(support_entry(signs(work(due=3))), Abstention)
    assert codes(support_entry(signs(work(due=4)))) == {"missing"}


def test_work_due_before_somebody_joined_is_not_expected_of_them():
    found = support_list([signs(work(due=20), joined=ago(10))], as_of=AS_OF)
    assert found.n_abstained == 1
    assert "1 piece of work that fell due before the learner joined." in [text.en for text in found.not_counted]


def test_a_first_piece_that_did_not_come_is_enough_for_a_talk_and_says_how_little_it_is():
    found = support_entry(signs(work(due=9)))
    assert found.band is SupportBand.TALK
    assert found.reasons[0].says.en == ("The one piece of work that was due so far did not come from you: Homework 1.")
    assert found.contrary[0].en.startswith("Only one piece of work has been due so far")


def test_one_of_three_missing_is_to_be_kept_in_view_and_what_came_is_said_first():
    found = support_entry(signs(work("w1", 30, 31), work("w2", 20), work("w3", 10, 10)))
    assert found.band is SupportBand.WATCH
    assert [text.en for text in found.contrary] == [
        "Of all 3 pieces of work that were due so far, 2 came.",
        "The piece that was due last did come: Homework 3.",
    ]


def test_results_are_compared_with_the_own_earlier_ones_alone():
    own = [work(f"w{k}", 50 - 10 * k, 50 - 10 * k, result=r) for k, r in enumerate([0.9, 0.8, 0.6, 0.5])]
    found = support_entry(signs(*own))
    assert codes(found) == {"falling"}
    assert found.reasons[0].says.en == ("Your last two results are 55 of 100 on average; your 2 earlier ones were 85.")
    assert support_entry(signs(*own[:3])) is None


def test_a_mark_that_was_not_back_yet_does_not_count():
    back = work(due=9, came=9, result=0.2, pass_mark=0.6, result_on=ago(2))
    assert codes(support_entry(signs(back))) == {"below-pass"}
    assert support_entry(signs(replace(back, result_on=AS_OF + timedelta(days=1)))) is None


def test_a_recent_talk_changes_the_step_and_not_the_band():
    found = support_entry(signs(work(due=9), last_contact=ago(3)))
    assert found.band is SupportBand.TALK
    assert found.step.zh == "10月17日已经谈过。先看看当时商定的事情是否落实。"
    assert "There was a talk with you on 17 October." in [text.en for text in found.contrary]


def test_work_that_looks_marked_on_another_scale_is_named():
    ones = [
        signs(work(due=9, came=9, result=0.01 if n < 9 else 0.9, pass_mark=0.6), learner=f"learner-{n:02d}")
        for n in range(24)
    ]
    found = support_list(ones, as_of=AS_OF)
    assert [text.en for text in found.doubts] == [
        "Homework 1: 9 of 24 results are 6 of 100 or less. Was it marked on another scale, such as 0 and 1? Reasons "
        "that rest on it may be wrong."
    ]
    assert support_list(ones[6:], as_of=AS_OF).doubts == ()


def test_work_of_which_most_have_nothing_on_record_is_doubted_as_not_taken_in():
    ones = [signs(work(due=9, came=9 if n < 9 else None), learner=f"learner-{n:02d}") for n in range(24)]
    said = [text.en for text in support_list(ones, as_of=AS_OF).doubts]
    assert said[0] == (
        "Homework 1: it was due of 24 people, and of 15 of them nothing is on record. Has its file not been taken in "
        "yet? Reasons that rest on it may be wrong."
    )
    assert said[1].startswith("15 of 24 people stand in the band “talk within a fortnight”.")
    assert support_list(ones[:18], as_of=AS_OF).doubts == ()  # half of 18: of fewer than 20 nothing is said


def test_a_list_that_is_silent_about_a_third_says_so():
    there = [signs(work(due=9, came=9), learner=f"there-{n:02d}") for n in range(14)]
    unknown = [signs(learner=f"new-{n:02d}") for n in range(7)]
    assert [text.zh for text in support_list([*there, *unknown], as_of=AS_OF).doubts] == [
        "21 人中有 7 人所知太少，名单对他们没有判断。他们同样可能需要谈话：请不要只依靠名单。"
    ]
    assert support_list([*there, *unknown[1:]], as_of=AS_OF).doubts == ()


def test_a_school_may_move_a_number_and_an_unknown_rule_is_refused():
    later = tuple(replace(rule, threshold=2) if rule.code == "missing" else rule for rule in SUPPORT_RULES)
    one = signs(work("w1", 30, 31), work("w2", 8))
    assert support_entry(one, rules=later) is None
    unknown = replace(SUPPORT_RULES[0], code="mood")
    with pytest.raises(SupportDataError, match=r"There is no rule “mood”\. Rules that can be asked: missing, quiet"):
        support_entry(one, rules=(unknown,))


def test_every_rule_says_where_its_number_is_from_and_none_claims_a_test():
    for rule in SUPPORT_RULES:
        assert isinstance(rule, SupportRule)
        assert rule.source.en
        assert CHINESE.search(rule.source.zh)
        assert not rule.tested


def test_what_contradicts_itself_is_refused_with_what_is_right():
    with pytest.raises(SupportDataError, match="Learner wei came twice"):
        support_list([signs(), signs()], as_of=AS_OF)
    with pytest.raises(SupportDataError, match="count everybody up to the same day"):
        support_list([signs()], as_of=ago(1))
    with pytest.raises(SupportDataError, match=r"1\.2 as a share of all points; give a number from 0 to 1"):
        work(result=1.2)
    with pytest.raises(SupportDataError, match="has the work w1 twice"):
        signs(work(), work())


def test_a_list_that_nobody_acts_on_says_so():
    assert ListUse(days=28, entries=19, acted=0).says.en.startswith("19 entries in 28 days: too few to say")
    idle = ListUse(days=56, entries=40, acted=1)
    assert idle.nobody_acts
    assert "Nobody acts on this list; switch it off" in idle.says.en
    used = ListUse(days=56, entries=40, acted=12, helped=5, no_word=4)
    assert not used.nobody_acts
    assert used.says.zh == "56 天内的 40 条中，有 12 条采取了行动；其中 5 条记为有帮助，3 条无帮助，4 条尚未记录效果。"


def test_a_day_of_another_year_is_said_with_its_year():
    found = support_entry(signs(work("w1", due=400, came=400), work("w2", due=200)))
    assert isinstance(found, SupportEntry)
    said = next(reason.says for reason in found.reasons if reason.rule.code == "quiet")
    assert "2025" in said.en
    assert "2025年" in said.zh
    near = support_entry(signs(work("w1", due=60, came=60), work("w2", due=30)))
    assert isinstance(near, SupportEntry)
    assert not any("2026" in reason.says.zh for reason in near.reasons)
