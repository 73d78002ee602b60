"""Working value added out: the model of scores over a range of reliabilities, kept until it is worked out anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import numpy as np
from django.db import transaction

from yucai.errors import Fault, FaultyInputError
from yucai.governance import GroupsAdded, groups_added, value_added
from yucai.texts import Text
from yucai.web.accounts.access import require_readable
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.release_rules import policy_of
from yucai.web.evidence.models import Item
from yucai.web.governance.added_models import AddedGroup, AddedRun
from yucai.web.governance.added_scores import PAGE, Scored, ScoresTaken, scored_of, sources_of, take_scores
from yucai.web.governance.teaching_doors import require_keeper
from yucai.web.registers.algorithms import VALUE_ADDED
from yucai.web.registers.switches import require_running

__all__ = ["AddedWanted", "keep_added", "remove_added", "work_added_again", "work_added_out"]

STEPS: Final = 5  # reliabilities of the range that are worked out
LEAST_GROUPS: Final = 5
NAME: Final = Text("Value added", "增值评价")
SAME: Final = Text("An earlier score is needed that is not the score now.", "先前成绩不能与现在的成绩相同。")
TWICE: Final = Text("The two earlier scores are the same. Leave one out.", "两项先前成绩相同。请去掉一项。")
NO_RANGE: Final = Text(
    "The reliabilities run from {lowest} to {highest}; they must lie above 0 and at most at 1, the lower one first.",
    "信度范围为 {lowest} 至 {highest}；应大于 0、不超过 1，且先低后高。",
)
GONE: Final = Text(
    "“{name}” is not on record: it was removed, or was simulated for a demonstration. Work another one out.",
    "已有记录中没有“{name}”：可能已被删除，或仅为演示而模拟。请新建计算。",
)
FEW_GROUPS: Final = Text(
    "Only {n} group{n:|s} of at least {least} people with all scores {n:is|are} there; {needed} are needed to compare. "
    "Choose another kind of group, or other scores.",
    "成绩齐全且不少于 {least} 人的组只有 {n} 个；至少需要 {needed} 个才能比较。请换一种分组或换用其他成绩。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedWanted:
    """What is set against what, for which kind of group, and over which range of reliabilities."""

    kind: str
    now: Scored
    prior: tuple[Scored, ...]
    lowest: float
    highest: float

    @property
    def reliabilities(self) -> list[float]:
        """The range in steps, the highest first."""
        return sorted({round(float(one), 3) for one in np.linspace(self.lowest, self.highest, STEPS)}, reverse=True)


def work_added_out(*, space: Space, wanted: AddedWanted, by: Account | None, at: datetime) -> AddedRun:
    """Fit value added and keep what it says of each group.

    ``by`` is None for the demonstration. Raises PermissionDenied, MethodOffError; FaultyInputError with what is wrong
    with the choice, or for scores from which nothing can be learnt.
    """
    _require(space, wanted, by=by, at=at)
    return keep_added(space=space, wanted=wanted, taken=_taken(space, wanted, by=by, at=at), by=by, at=at)


def keep_added(*, space: Space, wanted: AddedWanted, taken: ScoresTaken, by: Account | None, at: datetime) -> AddedRun:
    """Fit scores that were taken and keep what they say of each group. Raises MethodOffError, FaultyInputError."""
    require_running(space, VALUE_ADDED.code, at=at)
    found = _found(taken, wanted)
    with transaction.atomic():
        run = AddedRun.objects.create(
            space=space, kind=wanted.kind, now=wanted.now.kept(), prior=[one.kept() for one in wanted.prior],
            lowest=wanted.lowest, highest=wanted.highest, at=at, by=by, result=_result(taken, found),
        )  # fmt: skip
        _keep_groups(run, taken, found)
        _note(run, "value-added.worked-out", by=by, at=at)
    return run


def work_added_again(*, run: AddedRun, by: Account, at: datetime) -> AddedRun:
    """Work a run out anew from what is on record now; what was there goes. Raises as ``work_added_out``."""
    wanted = AddedWanted(
        kind=run.kind, now=scored_of(run.now), prior=tuple(map(scored_of, run.prior)), lowest=run.lowest,
        highest=run.highest,
    )  # fmt: skip
    _require(run.space, wanted, by=by, at=at)
    there = set(
        Item.objects.filter(pk__in=[one.item for one in (wanted.now, *wanted.prior)]).values_list("pk", flat=True)
    )
    gone = [one for one in (wanted.now, *wanted.prior) if one.item not in there]
    if gone:
        raise FaultyInputError(NAME, [Fault(code="gone", says=GONE, facts={"name": one.name}) for one in gone])
    taken = _taken(run.space, wanted, by=by, at=at)
    found = _found(taken, wanted)
    with transaction.atomic():
        run.at, run.by, run.result = at, by, _result(taken, found)
        run.save(update_fields=["at", "by", "result"])
        run.groups.all().delete()
        _keep_groups(run, taken, found)
        _note(run, "value-added.worked-out", by=by, at=at)
    return run


@transaction.atomic
def remove_added(*, run: AddedRun, by: Account, at: datetime) -> None:
    """Delete a run with all figures of its groups; that it was there stays in the trail."""
    require_keeper(by, run.space)
    _note(run, "value-added.removed", by=by, at=at)
    run.delete()


def _require(space: Space, wanted: AddedWanted, *, by: Account | None, at: datetime) -> None:
    if by is not None:
        require_keeper(by, space)
        require_readable(by, sources_of((wanted.now, *wanted.prior)), page=PAGE, space=space, at=at)
    require_running(space, VALUE_ADDED.code, at=at)
    keys = [one.key for one in wanted.prior]
    faults = []
    if not keys or wanted.now.key in keys:
        faults.append(Fault(code="same", says=SAME, where="prior"))
    if len(set(keys)) < len(keys):
        faults.append(Fault(code="twice", says=TWICE, where="second"))
    if not 0 < wanted.lowest <= wanted.highest <= 1:
        facts = {"lowest": f"{wanted.lowest:g}", "highest": f"{wanted.highest:g}"}
        faults.append(Fault(code="no-range", says=NO_RANGE, where="lowest", facts=facts))
    if faults:
        raise FaultyInputError(NAME, faults)


def _taken(space: Space, wanted: AddedWanted, *, by: Account | None, at: datetime) -> ScoresTaken:
    least = policy_of(space, day=at.date()).min_cell
    taken = take_scores(space, wanted.kind, now=wanted.now, prior=wanted.prior, least=least, by=by, at=at)
    n = taken.table["group"].n_unique()
    if n < LEAST_GROUPS:
        facts = {"n": n, "least": least, "needed": LEAST_GROUPS}
        raise FaultyInputError(NAME, [Fault(code="few-groups", says=FEW_GROUPS, where="kind", facts=facts)])
    return taken


def _found(taken: ScoresTaken, wanted: AddedWanted) -> GroupsAdded:
    prior = [f"score {n}" for n in range(1, len(wanted.prior) + 1)]
    asked = [dict.fromkeys(prior, one) for one in wanted.reliabilities]
    try:
        found = value_added(taken.table, score="score 0", prior=prior, school="group", reliabilities=asked)
    except FaultyInputError as refused:
        raise FaultyInputError(NAME, _first_of_each(refused.faults)) from refused
    return groups_added(found)


def _first_of_each(faults: Sequence[Fault]) -> list[Fault]:
    """Return faults without those that say the same of the next reliability of the range."""
    first = {fault.code: fault for fault in reversed(faults)}
    return [replace(one, where="lowest" if one.code == "too-noisy" else "") for one in reversed(first.values())]


def _result(taken: ScoresTaken, found: GroupsAdded) -> dict[str, Any]:
    table = taken.table
    return {
        "people": table.height, "left_out": dict(taken.left_out), "mean": float(np.mean(table["score 0"].to_numpy())),
        "level": found.level, "pairs_apart": found.pairs_apart, "version": VALUE_ADDED.version,
        "at": [[min(one.reliability.values()), list(one.slopes), one.sd, one.n_above, one.n_below] for one in found.at],
    }  # fmt: skip


def _keep_groups(run: AddedRun, taken: ScoresTaken, found: GroupsAdded) -> None:
    AddedGroup.objects.bulk_create(
        AddedGroup(
            run=run, group_id=taken.rows.get(one.name), code=one.name[:200], name_en=taken.names[one.name].en[:200],
            name_zh=taken.names[one.name].zh[:200], people=one.n,
            figure={"effect": one.effect, "lowest": one.lowest, "highest": one.highest, "low": one.low,
                    "high": one.high, "raw": one.raw_mean, "reliability": one.reliability, "place": one.place.value},
        )
        for one in found
    )  # fmt: skip


def _note(run: AddedRun, act: str, *, by: Account | None, at: datetime) -> None:
    scored: Sequence[Any] = [run.now, *run.prior]
    note(act, by=by, at=at, space=run.space, target=f"value-added:{run.pk}",
         detail={"people": run.result["people"], "scores": len(scored)})  # fmt: skip
