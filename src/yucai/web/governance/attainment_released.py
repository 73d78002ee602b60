"""What may be told of a class to who may not see its students: a mean by the rules of release, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from yucai.governance import Axis, AxisKind, Measure, Released, Statistic
from yucai.texts import Text
from yucai.web.accounts.models import Account
from yucai.web.governance.attainment_counting import students_of
from yucai.web.governance.attainment_models import AttainmentRun
from yucai.web.governance.releases import released

__all__ = ["ReleasedClass", "class_before", "class_of"]

TOOK = Text("has scores", "有成绩")
MARK = Text("attainment of {objective}, %", "{objective}达成度（%）")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedClass:
    """Of how many something is told, and the mean of each objective in per cent; None is hidden, for ``reasons``."""

    n: int | None
    means: Mapping[str, float | None]
    reasons: tuple[Text, ...]


def class_before(run: AttainmentRun, *, to: Account, at: datetime) -> ReleasedClass | None:
    """Return what a teacher may be told of a class of an earlier year; None where there are no scores."""
    told = _told(run)
    if told is None:
        return None
    return _shown(told, released("attainment-before", told.people, told.values, code=told.code, axes=[told.axis],
                                 measures=told.measures, space=run.space, to=to, at=at))  # fmt: skip


def class_of(run: AttainmentRun, *, to: Account, at: datetime) -> ReleasedClass | None:
    """Return what a student may be told of the own class; None where there are no scores."""
    told = _told(run)
    if told is None:
        return None
    return _shown(told, released("attainment-class", told.people, told.values, code=told.code, axes=[told.axis],
                                 measures=told.measures, space=run.space, to=to, at=at))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A class as a table that may leave: who has scores, and what each of them reached."""

    code: str
    people: list[int]
    axis: Axis
    measures: list[Measure]

    @property
    def values(self) -> dict[str, list[str]]:
        return {self.axis.code: ["yes"] * len(self.people)}


def _told(run: AttainmentRun) -> _Told | None:
    told = students_of(run)
    if not told:
        return None
    measures = [
        Measure(
            code=f"objective:{objective.code}", name=MARK.filled(objective=objective.code),
            values={person.pk: 100 * value for person, one in told
                    if (value := one.values[objective.code]) is not None},
            statistics=(Statistic.MEAN,), low=0, high=100, decimals=0,
        )
        for objective in run.map.map.objectives
    ]  # fmt: skip
    axis = Axis(code=f"attained:{run.pk}", name=TOOK, leaves=("yes",), kind=AxisKind.COUNTED, has_total=False)
    return _Told(code=f"attainment:{run.pk}", people=[person.pk for person, _ in told], axis=axis, measures=measures)


def _shown(told: _Told, shown: Released) -> ReleasedClass:
    cell = shown.cells[0]
    means = {one.code.partition(":")[2]: cell.figures[one.code, Statistic.MEAN] for one in told.measures}
    return ReleasedClass(n=cell.count, means=means, reasons=shown.reasons)
