"""A report of fairness of a list: who is listed, rightly, wrongly, and who is missed, by group, with intervals.

Groups come in here and nowhere else: they are never an input of a rule or a model. These are plain counts; whoever
gives them out of the office passes them through the gate of releases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from yucai.matching.support_tested import Figure
from yucai.measurement import wilson_interval
from yucai.texts import Text

__all__ = [
    "LEAST_SHOWN",
    "FairnessCase",
    "GroupCounts",
    "GroupFairness",
    "GroupRate",
    "SupportFairness",
    "difference_in_words",
    "rates_of_counts",
    "support_fairness",
    "what_differs",
]

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
    "Group “{group}”: {what} {here} in 100, all others {others}; {sure}.",
    "“{group}”组：{what}每百人 {here}，其他组 {others}；{sure}。",
)
NOT_APART: Final = Text(
    "No group that is shown differs surely from all others in being listed, missed or wrongly listed.",
    "所显示的各组在被列出、被遗漏、被误列方面，与其他组均无明确差异。",
)
NOT_LOOKED: Final = Text(
    "No difference could be looked at: no group that is shown has enough learners beside enough others.",
    "没有可比较的差异：所显示的各组或其他组人数不足。",
)
BY_CHANCE: Final = Text(
    "{n} differences were looked at; about {chance} of them would stand out by chance alone.",
    "共比较 {n} 项差异；仅因偶然，其中约 {chance} 项也会显得不同。",
)
MORE: Final = Text(
    "surely more: {value} in 100 more than of all others (between {low} and {high} more)",
    "明确更多：每百人比其他组多 {value} 人（多 {low} 至 {high} 人）",
)
FEWER: Final = Text(
    "surely fewer: {value} in 100 fewer than of all others (between {low} and {high} fewer)",
    "明确更少：每百人比其他组少 {value} 人（少 {low} 至 {high} 人）",
)
UNSURE: Final = Text(
    "no sure difference: anything from {low} in 100 fewer than of all others to {high} more would fit",
    "无明确差异：与其他组相比，每百人少 {low} 人至多 {high} 人都说得通",
)
NOT_COMPARED: Final = Text("not compared: too few others", "未作比较：其他人数太少")
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
class GroupCounts:
    """The counts of one group; None is not known, or may not be told.

    ``listed`` of ``n``; to ``came`` it happened, ``came_listed`` of them were listed; to ``stayed`` it did not,
    ``stayed_listed`` of them were listed.
    """

    group: str
    n: int | None
    listed: int | None
    came: int | None
    came_listed: int | None
    stayed: int | None
    stayed_listed: int | None


Counted = Callable[[GroupCounts], int | None]


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
            *what_differs(shown, level=level),
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
    mine = counted_of(group, [case for case in cases if case.group == group])
    return rates_of_counts(mine, counted_of("", cases), least=least, level=level)


def counted_of(group: str, cases: Sequence[FairnessCase]) -> GroupCounts:
    """Count the learners of one group."""
    told = [case for case in cases if case.happened is not None]
    came = [case for case in told if case.happened]
    return GroupCounts(
        group=group,
        n=len(cases),
        listed=sum(case.listed for case in cases),
        came=len(came),
        came_listed=sum(case.listed for case in came),
        stayed=len(told) - len(came),
        stayed_listed=sum(case.listed for case in told if not case.happened),
    )


def rates_of_counts(
    mine: GroupCounts, whole: GroupCounts, *, least: int = LEAST_SHOWN, level: float = 0.95
) -> GroupFairness:
    """Return the rates of a group from its counts and those of everybody, as far as they are known.

    For whoever has passed the counts through the gate of releases: what is None there makes a rate None here.

    >>> mine = GroupCounts(group="A", n=40, listed=10, came=None, came_listed=None, stayed=None, stayed_listed=None)
    >>> whole = GroupCounts(group="", n=100, listed=16, came=None, came_listed=None, stayed=None, stayed_listed=None)
    >>> found = rates_of_counts(mine, whole)
    >>> found.listed.rate.value, round(found.listed.difference.value, 2), found.missed
    (0.25, 0.15, None)
    """

    def rate(hits: Counted, of: Counted) -> GroupRate | None:
        return _rate(hits(mine), of(mine), hits(whole), of(whole), least=least, level=level)

    return GroupFairness(
        group=mine.group,
        n=mine.n or 0,
        listed=rate(lambda one: one.listed, lambda one: one.n),
        right=rate(lambda one: one.came_listed, lambda one: _sum(one.came_listed, one.stayed_listed)),
        missed=rate(lambda one: _less(one.came, one.came_listed), lambda one: one.came),
        wrong=rate(lambda one: one.stayed_listed, lambda one: one.stayed),
    )


def difference_in_words(rate: GroupRate) -> Text:
    """Return in plain words whether a rate of a group differs from that of all others, and between which bounds."""
    if rate.difference is None:
        return NOT_COMPARED
    value, low, high = (100 * end for end in (rate.difference.value, rate.difference.low, rate.difference.high))
    if not rate.apart:
        return UNSURE.filled(low=f"{max(0.0, -low):.0f}", high=f"{max(0.0, high):.0f}")
    if value > 0:
        return MORE.filled(value=f"{value:.0f}", low=f"{low:.0f}", high=f"{high:.0f}")
    return FEWER.filled(value=f"{-value:.0f}", low=f"{-high:.0f}", high=f"{-low:.0f}")


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _less(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one - other


def _rate(
    hits: int | None, n: int | None, all_hits: int | None, all_n: int | None, *, least: int, level: float
) -> GroupRate | None:  # fmt: skip
    if hits is None or n is None or n < least:
        return None
    own = _figure(hits, n, level)
    if all_hits is None or all_n is None or all_n - n < least:
        return GroupRate(hits=hits, cases=n, rate=own, difference=None)
    rest = _figure(all_hits - hits, all_n - n, level)
    return GroupRate(hits=hits, cases=n, rate=own, difference=_difference(own, rest))


def _figure(hits: int, n: int, level: float) -> Figure:
    low, high = wilson_interval(np.array([float(hits)]), np.array([float(n)]), level=level)
    return Figure(value=hits / n, low=float(low[0]), high=float(high[0]))


def _difference(one: Figure, other: Figure) -> Figure:
    """Newcombe's interval of a difference, from the intervals of both rates."""
    value = one.value - other.value
    below = ((one.value - one.low) ** 2 + (other.high - other.value) ** 2) ** 0.5
    above = ((one.high - one.value) ** 2 + (other.value - other.low) ** 2) ** 0.5
    return Figure(value=value, low=value - below, high=value + above)


def what_differs(groups: Sequence[GroupFairness], *, level: float = 0.95) -> list[Text]:
    """Return in sentences which groups surely differ from all others, and how many would by chance; or that none does.

    What is not known, because it is hidden or too few, is not looked at.
    """
    said, tried = list[Text](), 0
    for one in groups:
        for what, rate in ((LISTED, one.listed), (MISSED, one.missed), (WRONG, one.wrong)):
            tried += rate is not None and rate.difference is not None
            if rate is not None and rate.apart and rate.difference is not None:
                value, rest = rate.rate.value, rate.rate.value - rate.difference.value
                told = {"here": f"{100 * value:.1f}", "others": f"{100 * rest:.1f}"}
                said.append(APART.filled(group=one.group, what=what, sure=difference_in_words(rate), **told))
    if not tried:
        return [NOT_LOOKED]
    return [*said, BY_CHANCE.filled(n=tried, chance=f"{(1.0 - level) * tried:.1f}")] if said else [NOT_APART]


def _said(words: Text, n: int, least: int) -> list[Text]:
    return [words.filled(n=n, least=least)] if n else []
