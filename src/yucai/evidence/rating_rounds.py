"""Blind until handed in: nobody sees how others rated a work before having handed in a rating of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.evidence.rating_plans import RatingPlan, UnknownRaterError
from yucai.evidence.responses import RESPONSES, Responses
from yucai.texts import Text

__all__ = ["HandIn", "HandedInAlreadyError", "RatingRound", "hand_in", "open_round", "visible_ratings"]

OTHERS = Text(
    "{n} rating{n:|s} {n:is|are} by somebody else than {rater} (first: {found}). Hand in only your own.",
    "有 {n} 次评分不是 {rater} 所评（首见：{found}）。请只交自己的评分。",
)
OTHER_OCCASION = Text(
    "{n} rating{n:|s} {n:is|are} of another term than “{occasion}” (first: {found}). Leave them out.",
    "有 {n} 次评分不属于“{occasion}”（首见：{found}）。请去掉。",
)
NOT_GIVEN = Text(
    "{n} rating{n:|s} {n:concerns|concern} learners whose work was not given to {rater} (first: {found}). Leave them "
    "out, or change the plan first.",
    "有 {n} 次评分涉及未分给 {rater} 的学习者（首见：{found}）。请去掉，或先调整方案。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandIn:
    """Who handed in, and when."""

    rater: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingRound:
    """A plan, who has handed in so far, and what they rated."""

    plan: RatingPlan
    hand_ins: tuple[HandIn, ...]
    ratings: Responses

    @property
    def outstanding(self) -> tuple[str, ...]:
        """The raters who have not handed in."""
        done = {hand_in.rater for hand_in in self.hand_ins}
        return tuple(rater for rater in self.plan.raters if rater not in done)


class HandedInAlreadyError(YucaiError):
    """A rater hands in a second time: what others gave can be seen already."""

    says = Text(
        "{rater} handed in at {at}. Having seen how others rated, nobody changes their ratings; record a correction "
        "with its reason instead.",
        "{rater} 已于 {at} 交表。看过他人评分后不得再改；如确有错误，请另行登记更正并说明理由。",
    )
    exit_code = 65


def open_round(plan: RatingPlan) -> RatingRound:
    """Return the round of a plan, before anybody has handed in."""
    return RatingRound(plan=plan, hand_ins=(), ratings=Responses(RESPONSES.empty()))


def hand_in(round_: RatingRound, ratings: Responses, *, rater: str, at: datetime) -> RatingRound:
    """Return the round with one rater's ratings added.

    What a rater left open stays open, and closed to that rater's eyes. Raises UnknownRaterError, HandedInAlreadyError,
    and FaultyInputError where ratings are not this rater's, this term's, or of works given to this rater.
    """
    works = round_.plan.works_of(rater)
    if earlier := next((h for h in round_.hand_ins if h.rater == rater), None):
        raise HandedInAlreadyError(rater=rater, at=earlier.at.isoformat(timespec="minutes"))
    table, occasion = ratings.table, round_.plan.occasion
    given = [learner for work in works for learner in work.learners]
    faults = []
    for says, kept, name, facts in (
        (OTHERS, pl.col("rater").eq_missing(rater), "rater", {"rater": rater}),
        (OTHER_OCCASION, pl.col("occasion").eq_missing(occasion), "occasion", {"occasion": occasion}),
        (NOT_GIVEN, pl.col("learner").is_in(given), "learner", {"rater": rater}),
    ):
        wrong = table.filter(~kept)
        if wrong.height:
            found = wrong.item(0, name) or "-"
            faults.append(Fault(code="not-own", says=says, facts={**facts, "n": wrong.height, "found": found}))
    if faults:
        raise FaultyInputError(round_.plan.code, faults)
    whole = Responses.from_table(pl.concat([round_.ratings.table, table]))
    return replace(round_, hand_ins=(*round_.hand_ins, HandIn(rater=rater, at=at)), ratings=whole)


def visible_ratings(round_: RatingRound, rater: str) -> Responses:
    """Return what a rater may see: the own ratings, and those of others on learners whom this rater rated too.

    Before the own hand-in that is nothing. Raises UnknownRaterError.
    """
    if rater not in round_.plan.raters:
        raise UnknownRaterError(rater=rater, plan=round_.plan.code, known=", ".join(round_.plan.raters))
    table = round_.ratings.table
    rated = table.filter(pl.col("rater") == rater)["learner"].unique()
    return Responses(table.filter(pl.col("learner").is_in(rated.implode())))
