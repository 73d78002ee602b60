"""What may be told of a class to who may not see its students: a mean by the rules of release, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from yucai.governance import Axis, AxisKind, Measure, Statistic
from yucai.texts import Text
from yucai.web.accounts.models import Account
from yucai.web.governance.attainment_counting import students_of
from yucai.web.governance.attainment_models import AttainmentRun
from yucai.web.governance.releases import released

__all__ = ["ReleasedClass", "released_class"]

TOOK = Text("has scores", "有成绩")
MARK = Text("attainment of {objective}, %", "{objective}达成度（%）")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedClass:
    """Of how many something is told, and the mean of each objective in per cent; None is hidden, for ``reasons``."""

    n: int | None
    means: Mapping[str, float | None]
    reasons: tuple[Text, ...]


def released_class(place: str, run: AttainmentRun, *, to: Account, at: datetime) -> ReleasedClass | None:
    """Return what may leave of a class; None where there are no scores. ``place`` is one of the register."""
    told = students_of(run)
    if not told:
        return None
    people = [person.pk for person, _ in told]
    took = Axis(code=f"attained:{run.pk}", name=TOOK, leaves=("yes",), kind=AxisKind.COUNTED, has_total=False)
    measures = [
        Measure(
            code=f"objective:{objective.code}", name=MARK.filled(objective=objective.code),
            values={person.pk: 100 * value for person, one in told
                    if (value := one.values[objective.code]) is not None},
            statistics=(Statistic.MEAN,), low=0, high=100, decimals=0,
        )
        for objective in run.map.map.objectives
    ]  # fmt: skip
    shown = released(
        place, people, {took.code: ["yes"] * len(people)}, code=f"attainment:{run.pk}", axes=[took],
        measures=measures, space=run.space, to=to, at=at,
    )  # fmt: skip
    cell = shown.cells[0]
    means = {one.code.partition(":")[2]: cell.figures[one.code, Statistic.MEAN] for one in measures}
    return ReleasedClass(n=cell.count, means=means, reasons=shown.reasons)
