"""The register: every sealed card with what came of it, and how many of the findings are likely to be chance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.errors import Fault, FaultyInputError
from yucai.governance.coordination import false_discovery
from yucai.texts import Text

__all__ = [
    "PolicyEntry",
    "PolicyRegister",
    "PolicyStage",
    "adjust_benjamini_hochberg",
    "adjust_benjamini_yekutieli",
    "register_policies",
]

NOT_P: Final = Text(
    "p value number {place} is {value}; it lies between 0 and 1. Correct it.",
    "第 {place} 个 p 值为 {value}，应在 0 与 1 之间。请更正。",
)
P_VALUES: Final = Text("The list of p values", "p 值列表")

Array = npt.NDArray[np.float64]


class PolicyStage(StrEnum):
    """How far a card is."""

    SEALED = "sealed"
    OPENED = "opened"
    ACCEPTED = "accepted"
    EVALUATED = "evaluated"

    @property
    def says(self) -> Text:
        """Its name in both languages."""
        return STAGES[self]


STAGES: Final = {
    PolicyStage.SEALED: Text("sealed, data not opened", "已封存，未打开数据"),
    PolicyStage.OPENED: Text("data opened, gate not accepted", "已打开数据，待确认"),
    PolicyStage.ACCEPTED: Text("accepted, no result yet", "已确认，尚无结果"),
    PolicyStage.EVALUATED: Text("result there", "已有结果"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyEntry:
    """One sealed card in the register.

    ``grade`` is the verdict's, ``p_value`` that of the estimate the verdict looks at; both None before the result, the
    latter also where nothing could be tested. ``hochberg`` and ``yekutieli`` are the adjusted values, which the
    register fills in. ``replaced`` tells that a later card took its place.
    """

    code: str
    title: Text
    mark: str
    sealed_at: datetime
    stage: PolicyStage
    simulated: bool = False
    grade: str | None = None
    estimate: float | None = None
    interval: tuple[float, float] | None = None
    p_value: float | None = None
    replaced: bool = False
    hochberg: float | None = None
    yekutieli: float | None = None

    @property
    def counts(self) -> bool:
        """Whether it is one of the looks over which false discoveries are counted.

        A result with a p value is. So is a card whose data were opened and that has no result: it counts as p = 1, so
        that leaving a result out never makes another look better. A card that was sealed and not opened counts too,
        unless another took its place before anybody looked. What could not be tested was refused before any result.
        """
        if self.stage is PolicyStage.EVALUATED:
            return self.p_value is not None
        return not (self.replaced and self.stage is PolicyStage.SEALED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRegister:
    """All entries, the latest seal first, with the adjusted values; ``family`` is how many looks were counted."""

    entries: tuple[PolicyEntry, ...]
    family: int
    open: int


def register_policies(entries: Iterable[PolicyEntry]) -> PolicyRegister:
    """Return all entries with adjusted p values beside each; simulated cards are a family of their own."""
    everything = sorted(entries, key=lambda one: (one.sealed_at, one.code, one.mark), reverse=True)
    told: dict[str, tuple[float, float]] = {}
    for simulated in (False, True):
        family = [one for one in everything if one.counts and one.simulated is simulated]
        p = [1.0 if one.p_value is None else one.p_value for one in family]
        pairs = zip(adjust_benjamini_hochberg(p), adjust_benjamini_yekutieli(p), strict=True)
        told |= {one.mark: (float(h), float(y)) for one, (h, y) in zip(family, pairs, strict=True)}
    done = tuple(
        replace(one, hochberg=told[one.mark][0], yekutieli=told[one.mark][1]) if one.p_value is not None else one
        for one in everything
    )
    real = [one for one in everything if one.counts and not one.simulated]
    return PolicyRegister(
        entries=done, family=len(real), open=sum(one.stage is not PolicyStage.EVALUATED for one in real)
    )


def adjust_benjamini_hochberg(p_values: Sequence[float]) -> Array:
    r"""Return p values adjusted so that, of the findings below a level, at most that share is expected to be chance.

    .. math:: \tilde p_{(i)} = \min_{j \ge i} \min(1, m p_{(j)} / j)        (Benjamini and Hochberg 1995)

    It holds for independent and for positively dependent looks. Raises FaultyInputError naming what is no p value.

    >>> [round(float(p), 3) for p in adjust_benjamini_hochberg([0.01, 0.04, 0.03])]
    [0.03, 0.04, 0.04]
    """
    return _stepped_up(p_values, factor=1.0)


def adjust_benjamini_yekutieli(p_values: Sequence[float]) -> Array:
    r"""Return p values adjusted as by Benjamini and Hochberg, for looks that depend on each other in any way.

    .. math:: \tilde p_{(i)} = \min_{j \ge i} \min(1, c(m)\, m p_{(j)} / j), \quad c(m) = \sum_{k=1}^m 1/k

    (Benjamini and Yekutieli 2001.)

    >>> [round(float(p), 3) for p in adjust_benjamini_yekutieli([0.01, 0.04, 0.03])]
    [0.055, 0.073, 0.073]
    """
    return _stepped_up(p_values, factor=sum(1.0 / k for k in range(1, len(p_values) + 1)))


def _stepped_up(p_values: Sequence[float], *, factor: float) -> Array:
    p = np.asarray(p_values, dtype=np.float64)
    faults = [
        Fault(code="no-p-value", says=NOT_P, facts={"place": place, "value": value})
        for place, value in enumerate(p.tolist(), start=1)
        if not 0.0 <= value <= 1.0
    ]
    if faults:
        raise FaultyInputError(P_VALUES, faults)
    return np.minimum(factor * false_discovery(p), 1.0)
