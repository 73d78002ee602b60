"""Blind until handed in: what a rater sees, and when."""

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.evidence.rating_making import CODES, a_plan, ratings
from yucai.errors import FaultyInputError
from yucai.evidence import (
    HandedInAlreadyError,
    Responses,
    UnknownRaterError,
    hand_in,
    open_round,
    visible_ratings,
)

AT = datetime(2026, 6, 1, 8, 30, tzinfo=UTC)


def all_of(plan, rater, level=3):
    return ratings(plan, rater, {(work.code, code): level for work in plan.works_of(rater) for code in CODES[:2]})


def test_nobody_sees_anything_before_the_own_hand_in():
    plan = a_plan(6)
    round_ = hand_in(open_round(plan), all_of(plan, "An"), rater="An", at=AT)
    assert len(visible_ratings(round_, "Bai")) == 0
    assert round_.outstanding == ("Bai", "Chen")
    assert len(visible_ratings(round_, "An")) == len(all_of(plan, "An"))


def test_after_it_the_others_on_the_same_works_are_seen_and_no_further_ones():
    plan = a_plan(6)
    round_ = open_round(plan)
    for rater in ("An", "Bai"):
        round_ = hand_in(round_, all_of(plan, rater), rater=rater, at=AT)
    seen = visible_ratings(round_, "An").table
    shared = {w.learners[0] for w in plan.works_of("An")} & {w.learners[0] for w in plan.works_of("Bai")}
    assert set(seen.filter(pl.col("rater") == "Bai")["learner"]) == shared
    assert shared < {w.learners[0] for w in plan.works_of("Bai")}


def test_a_work_left_open_stays_closed():
    plan = a_plan(6, each=3)
    round_ = hand_in(open_round(plan), all_of(plan, "An"), rater="An", at=AT)
    round_ = hand_in(round_, ratings(plan, "Bai", {("W02", CODES[0]): 1}), rater="Bai", at=AT)
    assert set(visible_ratings(round_, "Bai").table["learner"]) == {"L02"}
    empty = hand_in(round_, ratings(plan, "Chen", {}), rater="Chen", at=AT)
    assert empty.outstanding == ()
    assert len(visible_ratings(empty, "Chen")) == 0


@settings(max_examples=60)
@given(order=st.permutations(["An", "Bai", "Chen", "Deng"]), n=st.integers(0, 4), seed=st.integers(0, 99))
def test_whatever_the_order_nobody_sees_a_work_that_they_have_not_rated(order, n, seed):
    plan = a_plan(7, sorted(order), seed=seed)
    round_ = open_round(plan)
    for rater in order[:n]:
        round_ = hand_in(round_, all_of(plan, rater), rater=rater, at=AT)
    for rater in order:
        rated = {work.learners[0] for work in plan.works_of(rater)} if rater in order[:n] else set()
        assert set(visible_ratings(round_, rater).table["learner"]) == rated


def test_the_round_before_is_left_as_it_was():
    plan = a_plan(6)
    before = open_round(plan)
    hand_in(before, all_of(plan, "An"), rater="An", at=AT)
    assert (before.plan, before.hand_ins, len(before.ratings)) == (plan, (), 0)


def test_nobody_hands_in_twice():
    plan = a_plan(6)
    round_ = hand_in(open_round(plan), all_of(plan, "An"), rater="An", at=AT)
    with pytest.raises(HandedInAlreadyError) as told:
        hand_in(round_, all_of(plan, "An", 5), rater="An", at=AT)
    assert told.value.in_language("zh").startswith("An 已于 2026-06-01T08:30+00:00 交表。")
    assert "Having seen how others rated, nobody changes their ratings" in str(told.value)


def test_ratings_of_others_of_other_terms_and_of_other_works_are_refused_at_once():
    plan = a_plan(6)
    foreign = all_of(plan, "Bai").table
    closed = next(w for w in plan.works if w not in plan.works_of("An"))
    strange = foreign.head(3).with_columns(
        rater=pl.Series(["Bai", "An", "An"]),
        occasion=pl.Series([plan.occasion, None, plan.occasion]),
        learner=pl.Series([plan.works_of("An")[0].learners[0]] * 2 + [closed.learners[0]]),
    )
    with pytest.raises(FaultyInputError) as told:
        hand_in(open_round(plan), Responses.from_table(strange), rater="An", at=AT)
    english = [fault.in_language("en") for fault in told.value.faults]
    assert [fault.code for fault in told.value.faults] == ["not-own"] * 3
    assert english[0] == "1 rating is by somebody else than An (first: Bai). Hand in only your own."
    assert english[1] == "1 rating is of another term than “2026-1” (first: -). Leave them out."
    assert english[2].startswith("1 rating concerns learners whose work was not given to An (first: L0")


def test_a_stranger_neither_hands_in_nor_sees():
    plan = a_plan(6)
    with pytest.raises(UnknownRaterError):
        hand_in(open_round(plan), all_of(plan, "An"), rater="Zhu", at=AT)
    with pytest.raises(UnknownRaterError, match="“Zhu” is no rater"):
        visible_ratings(open_round(plan), "Zhu")
