"""Planning who rates what: every work by some raters, loads even, conflicts kept apart, raters linked by works."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from yucai.errors import Fault, FaultyInputError
from yucai.evidence.rating_plans import (
    NOT_NAMED,
    RATERS,
    WORKS,
    LearnersShown,
    RatedWork,
    RatingConflict,
    RatingPlan,
    RatingSeat,
    faults_of_names,
)
from yucai.evidence.rating_seating import Seating
from yucai.framework import Rubric
from yucai.texts import Text

__all__ = ["drawn_again", "plan_ratings"]

NAME: Final = "rating plan"
MOST_LISTED: Final = 5
NO_WORKS = Text("there are no works. Name at least one.", "没有作品。请至少列出一件。")
NO_RATERS = Text("there are no raters. Name at least one.", "没有评分人。请至少列出一名。")
BAD_EACH = Text(
    "each work is to have {each} raters, but there are {n}. Choose a number from 1 to {n}.",
    "每件作品应有 {each} 名评分人，而评分人共 {n} 名。请选 1 到 {n} 之间的数。",
)
BAD_COMMON = Text(
    "{common} works are to be common to all raters, but there are {n}. Choose a number from 0 to {n}.",
    "应有 {common} 件作品由全体评分人评，而作品共 {n} 件。请选 0 到 {n} 之间的数。",
)
BAD_CAPACITY = Text(
    "{rater} is said to take {most} works. Write a whole number from 0.",
    "{rater} 最多可评件数写作 {most}。请写不小于 0 的整数。",
)
TOO_CONFLICTED = Text(
    "“{work}” needs {each} raters, but only {free} have no conflict of interest ({against}). Ask further raters.",
    "“{work}”需要 {each} 名评分人，没有利益关系的只有 {free} 名（{against}）。请增加评分人。",
)
COMMON_BEYOND = Text(
    "{rater} takes at most {most} works, but {n} are common to all raters. Plant fewer, or agree on more.",
    "{rater} 最多可评 {most} 件，而由全体评分人评的有 {n} 件。请减少共同作品，或商定增加。",
)
NO_ROOM = Text(
    "Ratings that find no rater: {n}. {works} can be rated only by {raters}, who have room for {room} works in all. "
    "Agree with them on more, or ask further raters.",
    "有 {n} 次评分无人承担：{works} 只能由 {raters} 评，而他们合计最多可评 {room} 件。请与其商定增加，或增加评分人。",
)


def plan_ratings(
    works: Sequence[RatedWork],
    raters: Sequence[str],
    rubric: Rubric,
    *,
    code: str,
    occasion: str,
    rng: np.random.Generator,
    each: int = 2,
    common: int | Sequence[str] = 0,
    planted: Sequence[str] = (),
    conflicts: Iterable[RatingConflict] = (),
    capacity: int | Mapping[str, int] | None = None,
    shown: LearnersShown = LearnersShown.BLIND,
) -> RatingPlan:
    """Return a plan in which ``each`` raters judge every work, and all raters judge the ``common`` works.

    Whenever a plan exists that keeps conflicts apart and nobody beyond ``capacity``, one is found (augmenting paths).
    Loads are as even as they can be; then seats are changed so that as many pairs of raters as possible share works
    (after Eccleston and Hedayat 1974: least sum of squared concurrences), which links the raters. ``common`` is a
    number, drawn among the works with fewest conflicts, or their codes; works that are ``planted`` are common in any
    case and count towards the number. Raises FaultyInputError listing all faults.
    """
    works, raters, conflicts = tuple(works), tuple(raters), tuple(conflicts)
    most = {} if capacity is None else dict.fromkeys(raters, capacity) if isinstance(capacity, int) else dict(capacity)
    chosen = () if isinstance(common, int) else tuple(common)
    faults = [*faults_of_names(works, raters, conflicts), *_faults_of_numbers(works, raters, each, common, most)]
    faults += _faults_of_common(works, chosen, planted)
    if faults:
        raise FaultyInputError(NAME, faults)
    plan = RatingPlan(
        code=code,
        occasion=occasion,
        rubric=rubric.code,
        rubric_version=rubric.version,
        works=works,
        raters=raters,
        seats=(),
        common=_common(works, (common, {*chosen, *planted}), conflicts, rng),
        conflicts=conflicts,
        capacity=most,
        each=each,
        shown=shown,
        seed=int(rng.integers(2**63)),
    )
    return _seated(plan)


def drawn_again(plan: RatingPlan) -> RatingPlan:
    """Return the plan with its seats drawn anew from its seed: equal, unless seats were changed by hand."""
    return _seated(replace(plan, seats=()))


def _common(
    works: tuple[RatedWork, ...],
    wanted: tuple[int | Sequence[str], set[str]],
    conflicts: tuple[RatingConflict, ...],
    rng: np.random.Generator,
) -> tuple[str, ...]:
    number, chosen = wanted
    if isinstance(number, int):
        held = [len({c.rater for c in conflicts if c.learner in work.learners}) for work in works]
        order = sorted(rng.permutation(len(works)).tolist(), key=lambda place: held[place])
        further = [works[place].code for place in order if works[place].code not in chosen]
        chosen = {*chosen, *further[: max(number - len(chosen), 0)]}
    return tuple(work.code for work in works if work.code in chosen)


def _seated(plan: RatingPlan) -> RatingPlan:
    rng = np.random.default_rng(plan.seed)
    against = {(conflict.rater, conflict.learner) for conflict in plan.conflicts}
    allowed = [
        {r for r, rater in enumerate(plan.raters) if not any((rater, learner) in against for learner in work.learners)}
        for work in plan.works
    ]
    room = [plan.capacity.get(rater, len(plan.works)) for rater in plan.raters]
    planted = {w for w, work in enumerate(plan.works) if work.code in set(plan.common)}
    seating = Seating(allowed, room, rng=rng)
    if faults := [*_faults_of_room(plan, allowed, room, planted)]:
        raise FaultyInputError(NAME, faults)
    for w in sorted(planted):
        seating.seat_all(w)
    stuck: dict[frozenset[int], list[int]] = {}
    for w in rng.permutation(len(plan.works)).tolist():
        for _ in range(0 if w in planted else plan.each):
            if (full := seating.seat_one(w)) is not None:
                stuck.setdefault(full, []).append(w)
    if stuck:
        raise FaultyInputError(NAME, [_no_room(plan, room, full, found) for full, found in stuck.items()])
    seating.even_out()
    seating.mix()
    seating.link()
    seats = [
        RatingSeat(rater=plan.raters[r], work=work.code)
        for w, work in enumerate(plan.works)
        for r in sorted(seating.raters_on[w])
    ]
    return replace(plan, seats=tuple(seats))


def _faults_of_numbers(
    works: tuple[RatedWork, ...],
    raters: tuple[str, ...],
    each: int,
    common: int | Sequence[str],
    most: Mapping[str, int],
) -> Iterator[Fault]:
    if not works:
        yield Fault(code="no-works", says=NO_WORKS)
    if not raters:
        yield Fault(code="no-raters", says=NO_RATERS)
    if raters and not 1 <= each <= len(raters):
        yield Fault(code="bad-each", says=BAD_EACH, facts={"each": each, "n": len(raters)})
    if isinstance(common, int) and not 0 <= common <= len(works):
        yield Fault(code="bad-common", says=BAD_COMMON, facts={"common": common, "n": len(works)})
    for rater, n in most.items():
        if rater not in raters:
            yield Fault(code="unknown-name", says=NOT_NAMED, facts={"name": rater, "where": "capacity", "what": RATERS})
        if n < 0:
            yield Fault(code="bad-capacity", says=BAD_CAPACITY, facts={"rater": rater, "most": n})


def _faults_of_common(works: tuple[RatedWork, ...], common: Sequence[str], planted: Sequence[str]) -> Iterator[Fault]:
    for where, names in (("common", common), ("planted", planted)):
        for name in sorted(set(names) - {work.code for work in works}):
            yield Fault(code="unknown-name", says=NOT_NAMED, facts={"name": name, "where": where, "what": WORKS})


def _faults_of_room(plan: RatingPlan, allowed: list[set[int]], room: list[int], planted: set[int]) -> Iterator[Fault]:
    for w, work in enumerate(plan.works):
        if len(allowed[w]) < plan.each:
            facts = {"work": work.code, "each": plan.each, "free": len(allowed[w]), "against": _against(plan, work)}
            yield Fault(code="too-conflicted", says=TOO_CONFLICTED, facts=facts)
    for r, rater in enumerate(plan.raters):
        n = sum(r in allowed[w] for w in planted)
        if n > room[r]:
            yield Fault(code="common-beyond", says=COMMON_BEYOND, facts={"rater": rater, "most": room[r], "n": n})


def _against(plan: RatingPlan, work: RatedWork) -> Text:
    """Name who must not judge a work, and why."""
    found = [conflict for conflict in plan.conflicts if conflict.learner in work.learners]
    if not found:
        return Text("no conflict noted", "未登记利益关系")
    en = "; ".join(f"{conflict.rater} {conflict.reason.said.en}" for conflict in found)
    return Text(en, "；".join(f"{conflict.rater} {conflict.reason.said.zh}" for conflict in found))


def _no_room(plan: RatingPlan, room: list[int], full: frozenset[int], found: list[int]) -> Fault:
    works = list(dict.fromkeys(plan.works[w].code for w in found))
    raters = [plan.raters[r] for r in sorted(full)]
    facts = {
        "n": len(found),
        "works": _listed(works),
        "raters": _listed(raters),
        "room": sum(room[r] for r in full),
    }
    return Fault(code="no-room", says=NO_ROOM, facts=facts)


def _listed(names: Sequence[str]) -> Text:
    shown, further = names[:MOST_LISTED], len(names) - MOST_LISTED
    more = (f" and {further} more", f"等 {len(names)} 个") if further > 0 else ("", "")
    return Text(", ".join(shown) + more[0], "、".join(shown) + more[1])
