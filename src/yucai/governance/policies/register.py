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
from yucai.governance.policies.cards import PolicyCard
from yucai.texts import Text

__all__ = [
    "PolicyEntry",
    "PolicyQuestion",
    "PolicyRegister",
    "PolicyStage",
    "adjust_benjamini_hochberg",
    "adjust_benjamini_yekutieli",
    "question_of",
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
class PolicyQuestion:
    """What a card asks, so that two cards that ask the same are known: the outcome by name, its column, the units."""

    outcome: frozenset[str]
    column: str
    units: frozenset[str]


def question_of(card: PolicyCard) -> PolicyQuestion:
    """Return what a card asks; letters large or small and spaces make no difference."""
    name = card.outcome.name
    return PolicyQuestion(
        outcome=frozenset((_folded(name.en), _folded(name.zh))),
        column=_folded(card.data.outcome_column),
        units=frozenset(_folded(unit.name) for unit in card.units),
    )


def _folded(said: str) -> str:
    return "".join(said.casefold().split())


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyEntry:
    """One sealed card in the register.

    ``grade`` is the verdict that stands, ``p_value`` that of the estimate it looks at; both None before the result, the
    latter also where nothing could be tested. ``weakened`` tells that later figures lowered the grade, ``estimated``
    that anything was estimated at all, ``vintages`` on how many later editions of the figures the plan was run besides.
    ``replaced`` tells that a later card took its place; ``doubt`` says why what is kept is not believed. The register
    fills in ``again``, that an earlier card looked at the same figures, and the adjusted values ``hochberg`` and
    ``yekutieli``.
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
    estimated: bool = False
    weakened: bool = False
    replaced: bool = False
    opened_at: datetime | None = None
    data: str = ""
    question: PolicyQuestion | None = None
    vintages: int = 0
    doubt: Text | None = None
    again: bool = False
    hochberg: float | None = None
    yekutieli: float | None = None

    @property
    def counts(self) -> bool:
        """Whether it is one of the looks over which false discoveries are counted.

        A result with an estimate is. So is a card whose data were opened and that has no result: it counts as p = 1, so
        that leaving a result out never makes another look better. A card that was sealed and not opened counts too,
        unless another took its place before anybody looked. What could not be tested was refused before any result.
        What is in doubt counts, whatever it says of itself.
        """
        if self.doubt is not None:
            return True
        if self.stage is PolicyStage.EVALUATED:
            return self.p_value is not None or self.estimated
        return not (self.replaced and self.stage is PolicyStage.SEALED)

    @property
    def may_be_finding(self) -> bool:
        """Whether it gets adjusted values: not what calls itself simulated, nor what is in doubt."""
        return not self.simulated and self.doubt is None

    def asks_again(self, earlier: PolicyEntry) -> bool:
        """Whether it looks at figures that an earlier card looked at: the same outcome of a unit under the policy."""
        mine, other = self.question, earlier.question
        if mine is None or other is None or not mine.units & other.units:
            return False
        same_file = bool(self.data) and self.data == earlier.data and mine.column == other.column
        return same_file or bool(mine.outcome & other.outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRegister:
    """All entries, the latest seal first, with the adjusted values, and how many looks were counted.

    ``family`` is all of them; among these are ``open`` without a result, ``simulated`` by their own word, ``again`` at
    figures that an earlier card looked at, ``doubted``, and ``vintages`` at later editions of figures.
    """

    entries: tuple[PolicyEntry, ...]
    family: int
    open: int
    simulated: int
    again: int
    doubted: int
    vintages: int


def register_policies(entries: Iterable[PolicyEntry]) -> PolicyRegister:
    """Return all entries with adjusted p values beside each, over one family: every look counts, whatever it is called.

    Cards that call themselves simulated, further looks at the same figures, later vintages and what is in doubt stand
    in the family as p = 1 for every other card. So they can make another finding weaker and never stronger: neither a
    look under another name nor a sure result taken many times helps anybody. A further look is adjusted by its own p.
    """
    everything = sorted(entries, key=lambda one: (one.sealed_at, one.code, one.mark), reverse=True)
    counted = [one for one in everything if one.counts]
    again = _further_looks(counted)
    firsts = [one for one in counted if one.may_be_finding and one.mark not in again]
    vintages = sum(one.vintages for one in everything)
    besides = len(counted) - len(firsts) + vintages
    told = _adjusted(firsts, besides=besides, which=firsts)
    for one in counted:
        if one.may_be_finding and one.mark in again:
            told |= _adjusted([*firsts, one], besides=besides - 1, which=[one])
    done = []
    for one in everything:
        found = told.get(one.mark) if one.p_value is not None else None
        hochberg, yekutieli = found or (None, None)
        done.append(replace(one, again=one.mark in again, hochberg=hochberg, yekutieli=yekutieli))
    return PolicyRegister(
        entries=tuple(done),
        family=len(counted) + vintages,
        open=sum(one.stage is not PolicyStage.EVALUATED for one in counted),
        simulated=sum(one.simulated for one in counted),
        again=len(again),
        doubted=sum(one.doubt is not None for one in counted),
        vintages=vintages,
    )


def _further_looks(counted: Sequence[PolicyEntry]) -> set[str]:
    """Return the marks of cards that look at figures which a card opened before them looked at."""
    opened = [(one.opened_at, one.sealed_at, one.mark, one) for one in counted if one.opened_at is not None]
    in_order = [row[-1] for row in sorted(opened, key=lambda row: row[:-1])]
    return {one.mark for n, one in enumerate(in_order) if any(one.asks_again(other) for other in in_order[:n])}


def _adjusted(
    family: Sequence[PolicyEntry], *, besides: int, which: Sequence[PolicyEntry]
) -> dict[str, tuple[float, float]]:
    """Return the adjusted values of some of a family in which so many more looks stand as p = 1."""
    p = [1.0 if one.p_value is None else one.p_value for one in family] + [1.0] * besides
    pairs = zip(adjust_benjamini_hochberg(p), adjust_benjamini_yekutieli(p), strict=True)
    by_mark = {one.mark: (float(h), float(y)) for one, (h, y) in zip(family, pairs, strict=False)}
    return {one.mark: by_mark[one.mark] for one in which}


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
