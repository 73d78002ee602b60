"""The value of an indicator, from figures that are there; where one is not, the cell says why it is empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from yucai.governance.indicators.definitions import Indicator
from yucai.texts import Text

__all__ = ["EMPTY_SAYS", "ConversionLine", "IndicatorValue", "Vintage", "WhyEmpty", "compute_indicator", "vintages_of"]

CLOSE: Final = 1e-9


class WhyEmpty(StrEnum):
    """Why a cell holds no number. An empty cell without one of these is not made."""

    NOT_RECORDED = "not-recorded"
    NOT_SIGNED = "not-signed"
    SMALL = "small"
    DOES_NOT_APPLY = "does-not-apply"
    ZERO = "zero-denominator"


EMPTY_SAYS: Final[Mapping[WhyEmpty, Text]] = {
    WhyEmpty.NOT_RECORDED: Text("not recorded", "未填报"),
    WhyEmpty.NOT_SIGNED: Text("not yet signed by a second person", "尚未经第二人审核"),
    WhyEmpty.SMALL: Text("hidden: it would tell of too few people", "不公开：会透露过少人员的情况"),
    WhyEmpty.DOES_NOT_APPLY: Text("does not apply here", "本单位不适用"),
    WhyEmpty.ZERO: Text("the denominator is zero", "分母为零"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionLine:
    """How one figure enters: its count, its weight, and what comes of it."""

    figure: str
    count: float
    weight: float

    @property
    def counts_as(self) -> float:
        """The count times its weight."""
        return self.count * self.weight


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorValue:
    """One value as of a moment, with its parts; ``why`` and ``missing`` say why there is none."""

    indicator: str
    version: str
    at: datetime
    value: float | None
    numerator: float | None
    denominator: float | None
    top: tuple[ConversionLine, ...]
    bottom: tuple[ConversionLine, ...]
    why: WhyEmpty | None = None
    missing: tuple[str, ...] = ()


def compute_indicator(
    indicator: Indicator, counts: Mapping[str, float | WhyEmpty | None], at: datetime
) -> IndicatorValue:
    """Return the value of a definition over these counts, with the conversion of each figure.

    A count may be missing, None, or the reason why there is none. Nothing is put in the place of what is missing: zero
    pupils and no report of pupils are two things. A reason given goes before "not recorded".

    >>> from datetime import UTC
    >>> from yucai.governance.indicators.packs import load_indicators
    >>> ratio = load_indicators("china-undergraduate").indicator("cn-08")
    >>> given = dict.fromkeys(ratio.figures, 0) | {"students.undergraduate": 900, "students.master": 100}
    >>> given |= {"teachers.full-time": 50, "teachers.outside": 10}
    >>> found = compute_indicator(ratio, given, datetime(2026, 9, 30, tzinfo=UTC))
    >>> found.numerator, found.denominator, round(found.value, 2)
    (1050.0, 55.0, 19.09)
    """
    asked = {code: counts.get(code) for code in indicator.figures}
    missing = tuple(code for code, count in asked.items() if count is None or isinstance(count, WhyEmpty))
    if missing:
        given = [asked[code] for code in missing]
        why = next((one for one in given if isinstance(one, WhyEmpty)), WhyEmpty.NOT_RECORDED)
        return _empty(indicator, at, why=why, missing=missing)
    numbers = {code: float(count) for code, count in asked.items() if count is not None}
    top, bottom = _lines(indicator.top, numbers), _lines(indicator.bottom, numbers)
    numerator = sum(line.counts_as for line in top)
    denominator = sum(line.counts_as for line in bottom) if bottom else None
    if denominator is not None and abs(denominator) < CLOSE:
        return _empty(indicator, at, why=WhyEmpty.ZERO, top=top, bottom=bottom)
    return IndicatorValue(
        indicator=indicator.code,
        version=indicator.version,
        at=at,
        value=indicator.per * (numerator if denominator is None else numerator / denominator),
        numerator=numerator,
        denominator=denominator,
        top=top,
        bottom=bottom,
    )


def _lines(weights: Mapping[str, float], numbers: Mapping[str, float]) -> tuple[ConversionLine, ...]:
    return tuple(ConversionLine(figure=code, count=numbers[code], weight=w) for code, w in weights.items())


def _empty(
    indicator: Indicator,
    at: datetime,
    *,
    why: WhyEmpty,
    missing: tuple[str, ...] = (),
    top: tuple[ConversionLine, ...] = (),
    bottom: tuple[ConversionLine, ...] = (),
) -> IndicatorValue:
    return IndicatorValue(
        indicator=indicator.code, version=indicator.version, at=at, value=None, numerator=None, denominator=None,
        top=top, bottom=bottom, why=why, missing=missing,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Vintage:
    """A value as it was worked out at a moment, and by how much it differs from the one before it."""

    value: IndicatorValue
    difference: float | None


def vintages_of(earlier: Sequence[IndicatorValue], now: IndicatorValue) -> tuple[Vintage, ...]:
    """Return all vintages of one value, oldest first, the new one last where it differs; none is ever overwritten.

    Values that are both empty for the same reason, or equal, are one vintage.
    """
    kept = [*earlier]
    if not kept or not _alike(kept[-1], now):
        kept.append(now)
    return tuple(
        Vintage(value=one, difference=_difference(kept[place - 1] if place else None, one))
        for place, one in enumerate(kept)
    )


def _alike(one: IndicatorValue, other: IndicatorValue) -> bool:
    if one.value is None or other.value is None:
        return one.value is other.value and one.why is other.why
    return abs(one.value - other.value) < CLOSE and (one.top, one.bottom) == (other.top, other.bottom)


def _difference(before: IndicatorValue | None, after: IndicatorValue) -> float | None:
    if before is None or before.value is None or after.value is None:
        return None
    return after.value - before.value
