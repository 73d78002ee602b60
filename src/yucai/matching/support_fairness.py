"""A report of fairness of a list: who is listed, rightly, wrongly, and who is missed, by group, with intervals.

Groups come in here and nowhere else: they are never an input of a rule or a model. These are plain counts; whoever
gives them out of the office passes them through the gate of releases.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from yucai.matching.support_figures import wilson_interval
from yucai.matching.support_tested import Figure
from yucai.texts import Text

__all__ = ["LEAST_SHOWN", "FairnessCase", "GroupFairness", "GroupRate", "SupportFairness", "support_fairness"]

LEAST_SHOWN: Final = 10

HIDDEN: Final = Text(
    "{n} group{n:|s} with fewer than {least} learners, or needed to hide one, {n:is|are} not shown.",
    "有 {n} 个组因不足 {least} 人，或为防止相减推算，未予显示。",
)
NO_GROUP: Final = Text("Of {n} learner{n:|s} no group is on record.", "{n} 名学生没有分组记录。")
NO_OUTCOME: Final = Text(
    "Of {n} learner{n:|s} it is not known yet what came after; errors are without them.",
    "{n} 名学生的后续情况尚不清楚；错误率未计入他们。",
)
APART: Final = Text(
    "Group “{group}”: {what} {here} in 100, all others {others}; the interval of the difference, {low} to {high}, does "
    "not hold 0.",
    "“{group}”组：{what}每百人 {here}，其他组 {others}；差异区间 {low} 至 {high}，不含 0。",
)
NOT_APART: Final = Text(
    "No group that is shown differs surely from all others in being listed, missed or wrongly listed.",
    "所显示的各组在被列出、被遗漏、被误列方面，与其他组均无明确差异。",
)
BY_CHANCE: Final = Text(
    "{n} differences were looked at; about {chance} of them would stand out by chance alone.",
    "共比较 {n} 项差异；仅因偶然，其中约 {chance} 项也会显得不同。",
)
LISTED: Final = Text("listed are", "被列出")
MISSED: Final = Text("missed, of those to whom it happened, are", "已发生而被遗漏")
WRONG: Final = Text("wrongly listed, of those to whom it did not happen, are", "未发生而被误列")


@dataclass(frozen=True, slots=True, kw_only=True)
class FairnessCase:
    """One learner: the group ("" where none is on record), whether listed, and what came after (None: not known)."""

    learner: str
    group: str
    listed: bool
    happened: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRate:
    """A rate in one group, and its difference from all others; ``cases`` is what it is of."""

    hits: int
    cases: int
    rate: Figure
    difference: Figure | None

    @property
    def apart(self) -> bool:
        """Whether the interval of the difference leaves 0 out."""
        return self.difference is not None and not self.difference.low <= 0.0 <= self.difference.high


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFairness:
    """What a list did to one group; a rate of fewer than the least number of cases is None.

    ``listed`` is of all, ``right`` of the listed, ``missed`` of those to whom it happened, ``wrong`` of those to whom
    it did not.
    """

    group: str
    n: int
    listed: GroupRate | None
    right: GroupRate | None
    missed: GroupRate | None
    wrong: GroupRate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportFairness:
    """The report: groups that may be shown by name, how many are hidden, and what has to be said."""

    groups: tuple[GroupFairness, ...]
    n_hidden: int
    least: int
    says: tuple[Text, ...]


def support_fairness(
    cases: Iterable[FairnessCase], *, least: int = LEAST_SHOWN, level: float = 0.95
) -> SupportFairness:
    """Return who is listed, missed and wrongly listed, by group.

    Intervals of rates are those of Wilson (1927), of differences from all others those of Newcombe (1998, Statistics in
    Medicine 17, method 10). Groups of fewer than ``least`` learners are hidden; if that is one group alone, the next
    smallest is hidden with it, so that it cannot be found by subtraction.
    """
    given = list(cases)
    known = [case for case in given if case.group]
    sizes = {group: sum(case.group == group for case in known) for group in sorted({case.group for case in known})}
    hidden = _hidden(sizes, least)
    shown = tuple(_group(group, known, least=least, level=level) for group in sizes if group not in hidden)
    return SupportFairness(
        groups=shown,
        n_hidden=len(hidden),
        least=least,
        says=(
            *_apart(shown, level),
            *_said(HIDDEN, len(hidden), least),
            *_said(NO_GROUP, len(given) - len(known), least),
            *_said(NO_OUTCOME, sum(case.happened is None for case in known), least),
        ),
    )


def _hidden(sizes: dict[str, int], least: int) -> set[str]:
    small = {group for group, n in sizes.items() if n < least}
    if len(small) == 1 and len(sizes) > 1:
        small.add(min((group for group in sizes if group not in small), key=lambda group: (sizes[group], group)))
    return small


def _group(group: str, cases: Sequence[FairnessCase], *, least: int, level: float) -> GroupFairness:
    def rate(of: Sequence[FairnessCase], hits: Sequence[FairnessCase]) -> GroupRate | None:
        return _rate(group, of, hits, least=least, level=level)

    told = [case for case in cases if case.happened is not None]
    came, stayed = [case for case in told if case.happened], [case for case in told if not case.happened]
    return GroupFairness(
        group=group,
        n=sum(case.group == group for case in cases),
        listed=rate(cases, [case for case in cases if case.listed]),
        right=rate([case for case in told if case.listed], [case for case in came if case.listed]),
        missed=rate(came, [case for case in came if not case.listed]),
        wrong=rate(stayed, [case for case in stayed if case.listed]),
    )


def _rate(
    group: str, of: Sequence[FairnessCase], hits: Sequence[FairnessCase], *, least: int, level: float
) -> GroupRate | None:
    counts = np.array(
        [[sum((case.group == group) is own for case in part) for part in (hits, of)] for own in (True, False)]
    )
    (here, n), (elsewhere, others) = counts.tolist()
    if n < least:
        return None
    low, high = wilson_interval(counts[:, 0].astype(float), np.maximum(counts[:, 1], 1).astype(float), level=level)
    own = Figure(value=here / n, low=float(low[0]), high=float(high[0]))
    if others < least:
        return GroupRate(hits=here, cases=n, rate=own, difference=None)
    rest = Figure(value=elsewhere / others, low=float(low[1]), high=float(high[1]))
    return GroupRate(hits=here, cases=n, rate=own, difference=_difference(own, rest))


def _difference(one: Figure, other: Figure) -> Figure:
    """Newcombe's interval of a difference, from the intervals of both rates."""
    value = one.value - other.value
    below = ((one.value - one.low) ** 2 + (other.high - other.value) ** 2) ** 0.5
    above = ((one.high - one.value) ** 2 + (other.value - other.low) ** 2) ** 0.5
    return Figure(value=value, low=value - below, high=value + above)


def _apart(groups: Sequence[GroupFairness], level: float) -> list[Text]:
    said, tried = list[Text](), 0
    for one in groups:
        for what, rate in ((LISTED, one.listed), (MISSED, one.missed), (WRONG, one.wrong)):
            tried += rate is not None and rate.difference is not None
            if rate is not None and rate.apart and rate.difference is not None:
                facts = {"here": rate.rate.value, "others": rate.rate.value - rate.difference.value,
                         "low": rate.difference.low, "high": rate.difference.high}  # fmt: skip
                said.append(
                    APART.filled(
                        group=one.group, what=what, **{name: f"{100 * value:.1f}" for name, value in facts.items()}
                    )
                )
    return [*said, BY_CHANCE.filled(n=tried, chance=f"{(1.0 - level) * tried:.1f}")] if said else [NOT_APART]


def _said(words: Text, n: int, least: int) -> list[Text]:
    return [words.filled(n=n, least=least)] if n else []
