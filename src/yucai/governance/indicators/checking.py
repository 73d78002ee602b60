"""Checks between tables: sums agree, ratios equal their parts, one figure is the same everywhere, no year leaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from yucai.governance.indicators.computing import IndicatorValue, compute_indicator
from yucai.governance.indicators.definitions import Indicator, IndicatorPack
from yucai.texts import Text

__all__ = ["Contradiction", "ContradictionKind", "FilledItem", "check_tables"]

CLOSE: Final = 1e-6
LEAP: Final = 0.5  # half as much again, or half as much less, is asked about: it is not wrong by itself


class ContradictionKind(StrEnum):
    """What kind of contradiction it is. Only a leap may be right; it wants a word of explanation."""

    TWO_VALUES = "two-values"
    SUM = "sum"
    RATIO = "ratio"
    LEAP = "leap"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledItem:
    """What stands in the tables for one indicator: the figures as filled in, and the value that was written down."""

    indicator: Indicator
    counts: Mapping[str, float]
    value: IndicatorValue
    written: float | None = None  # a value that somebody wrote beside the parts; None: it is worked out from them
    last_year: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Two things in the tables that cannot both be right, or a leap that wants a word, and where they stand."""

    kind: ContradictionKind
    items: tuple[str, ...]
    says: Text


TWO: Final = Text(
    "“{figure}” is {one} in “{here}” but {other} in “{there}”.",
    "“{figure}”在“{here}”中为 {one}，在“{there}”中为 {other}。",
)
SUM: Final = Text("{rule} It is {whole} against {parts}.", "{rule}现分别为 {whole} 与 {parts}。")
RATIO: Final = Text(
    "{item} says {written}; from its numerator and denominator it is {right}.",
    "{item} 填报为 {written}，按分子、分母计算应为 {right}。",
)
JUMP: Final = Text(
    "{item} was {before} last year and is {now}: say why, or correct it.",
    "{item} 上年为 {before}，今年为 {now}：请说明原因或更正。",
)


def check_tables(pack: IndicatorPack, items: Sequence[FilledItem]) -> tuple[Contradiction, ...]:
    """Return what cannot be right together in one year's tables, and what leaps against the year before.

    A figure that is given in several places must be the same in each.
    """
    found = [*_same_everywhere(pack, items), *_sums(pack, items)]
    for item in items:
        found += _ratio(item)
        found += _leap(item)
    return tuple(found)


def _same_everywhere(pack: IndicatorPack, items: Sequence[FilledItem]) -> list[Contradiction]:
    found = []
    for figure in pack.figures:
        given = [(item.indicator, item.counts[figure.code]) for item in items if figure.code in item.counts]
        for indicator, count in given[1:]:
            first, right = given[0]
            if abs(count - right) > CLOSE:
                says = TWO.filled(figure=figure.name, one=said(right), here=first.name, other=said(count),
                                  there=indicator.name)  # fmt: skip
                items_told = (first.code, indicator.code)
                found.append(Contradiction(kind=ContradictionKind.TWO_VALUES, items=items_told, says=says))
    return found


def _sums(pack: IndicatorPack, items: Sequence[FilledItem]) -> list[Contradiction]:
    counts: dict[str, float] = {}
    where: dict[str, str] = {}
    for item in items:
        for code, count in item.counts.items():
            counts.setdefault(code, count)
            where.setdefault(code, item.indicator.code)
    found = []
    for check in pack.checks:
        if any(code not in counts for code in (check.whole, *check.parts)):
            continue
        whole, parts = counts[check.whole], sum(counts[code] for code in check.parts)
        if (parts > whole + CLOSE) if check.at_most else abs(parts - whole) > CLOSE:
            told = tuple(dict.fromkeys(where[code] for code in (check.whole, *check.parts)))
            says = SUM.filled(rule=check.says, whole=said(whole), parts=said(parts))
            found.append(Contradiction(kind=ContradictionKind.SUM, items=told, says=says))
    return found


def _ratio(item: FilledItem) -> list[Contradiction]:
    if item.written is None:
        return []
    right = compute_indicator(item.indicator, item.counts, item.value.at).value
    if right is None or abs(right - item.written) <= 0.5 * 10**-item.indicator.places + CLOSE:
        return []
    says = RATIO.filled(item=item.indicator.name, written=said(item.written), right=said(round(right, 4)))
    return [Contradiction(kind=ContradictionKind.RATIO, items=(item.indicator.code,), says=says)]


def _leap(item: FilledItem) -> list[Contradiction]:
    now, before = item.value.value, item.last_year
    if now is None or not before or abs(now - before) <= LEAP * abs(before):
        return []
    places = item.indicator.places
    says = JUMP.filled(item=item.indicator.name, before=said(round(before, places)), now=said(round(now, places)))
    return [Contradiction(kind=ContradictionKind.LEAP, items=(item.indicator.code,), says=says)]


def said(number: float) -> str:
    """Return a number as it is said in a sentence: without a fraction that is not there."""
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.4f}".rstrip("0")
