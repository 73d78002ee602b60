"""Indicators of any unit on one scale: by frozen goalposts of an index, or anew within every year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from yucai.errors import Fault, FaultyInputError
from yucai.governance.coordination.conventions import Conventional, Floats, require_choice
from yucai.governance.coordination.panels import IndexPanel, spans
from yucai.texts import Text

__all__ = [
    "PLAIN",
    "SPAN",
    "Goalposts",
    "GoodDirection",
    "GoodKind",
    "Scaled",
    "freeze_goalposts",
    "min_max",
    "nearness",
    "scale_panel",
    "scale_within_years",
]

SPAN: Final = (0.002, 0.998)
PLAIN: Final = (0.0, 1.0)
GOALPOSTS: Final = Text("the goalposts", "归一化上下限")
NO_GOALPOST: Final = Text(
    "version {version} has no goalposts for it. Freeze goalposts of a new version.",
    "版本 {version} 没有该指标的上下限。请为新版本固定上下限。",
)
FLAT: Final = Text("the low goalpost {low} is not below the high one {high}.", "下限 {low} 不低于上限 {high}。请修正。")
BEYOND: Final = Text(
    "{n} value{n:|s} {n:lies|lie} beyond the goalposts {low} to {high} of version {version}. Clip them and say so "
    '(beyond="clip"), or make a new version.',
    '{n} 个值超出版本 {version} 的上下限（{low} 至 {high}）。请截断并注明（beyond="clip"），或建立新版本。',
)
FROZEN: Final = Text(
    "min-max by goalposts frozen in version {version} (from {years}), to [{low}, {high}]; {n} values beyond them "
    "clipped",
    "按版本 {version} 固定的上下限（取自 {years}）作极差归一化，范围 [{low}, {high}]；超出而截断的值 {n} 个",
)
YEARLY: Final = Text(
    "min-max anew within each year, to [{low}, {high}]: scores of different years are not comparable",
    "逐年分别作极差归一化，范围 [{low}, {high}]：不同年份的得分不可比",
)


class GoodKind(StrEnum):
    """Which values of an indicator are good."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    MIDDLE = "middle"
    INTERVAL = "interval"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodDirection:
    """Which values are good: high, low, near ``best[0]``, or from ``best[0]`` to ``best[1]``."""

    kind: GoodKind = GoodKind.POSITIVE
    best: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Goalposts:
    """Low and high ends of the indicators of one version of an index. A new year does not move them."""

    version: str
    years: tuple[int, ...]
    ends: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scaled(Conventional):
    """A panel on one scale, higher being better; ``span`` holds what the low and the high end became."""

    panel: IndexPanel
    values: Floats
    span: tuple[float, float]

    def of(self, indicators: Sequence[str]) -> Floats:
        """Return some of the indicators, in the order asked for."""
        return self.values[:, self.panel.places(indicators)]

    def plain(self) -> Floats:
        """Return the same on [0, 1], as obstacle degrees and sensitivity want them."""
        low, high = self.span
        return (self.values - low) / (high - low)


def min_max(values: Floats, low: Floats, high: Floats) -> Floats:
    """Return where values lie between a low and a high end: x' = (x - low) / (high - low).

    Source: OECD/JRC, Handbook on Constructing Composite Indicators, 2008, section 5.

    >>> min_max(np.array([2.0, 4.0]), np.array(0.0), np.array(8.0)).tolist()
    [0.25, 0.5]
    """
    return np.asarray((values - low) / (high - low), dtype=np.float64)


def nearness(values: Floats, best: tuple[float, float], *, reach: float) -> Floats:
    """Return one minus how far values lie from the nearest good one, in shares of the farthest there is.

    x' = 1 - max(best0 - x, x - best1, 0) / reach: the middle type has best0 = best1, the interval type has a range.

    >>> nearness(np.array([5.0, 6.0, 9.0]), (5.0, 7.0), reach=4.0).tolist()
    [1.0, 1.0, 0.5]
    """
    away = np.maximum(np.maximum(best[0] - values, values - best[1]), 0.0)
    return np.asarray(1 - away / reach, dtype=np.float64)


def freeze_goalposts(panel: IndexPanel, *, version: str, years: Sequence[int] | None = None) -> Goalposts:
    """Return the smallest and largest values over all units and some years, to be kept with a version of an index."""
    chosen = tuple(years) if years is not None else panel.years
    rows = np.concatenate([panel.of(year) for year in chosen])
    ends = zip(panel.indicators, rows.min(axis=0).tolist(), rows.max(axis=0).tolist(), strict=True)
    return Goalposts(version=version, years=chosen, ends={one: (low, high) for one, low, high in ends})


def scale_panel(
    panel: IndexPanel,
    *,
    goalposts: Goalposts,
    directions: Mapping[str, GoodDirection] | None = None,
    span: tuple[float, float] = SPAN,
    beyond: str = "clip",
) -> Scaled:
    """Return a panel on one scale by frozen goalposts.

    ``beyond`` says what becomes of values outside: ``"clip"`` to the goalpost (as the human development index does),
    ``"refuse"``, or ``"let"``. Raises FaultyInputError for indicators without goalposts and for values refused.
    """
    require_choice("beyond", beyond, ("clip", "refuse", "let"))
    faults, columns, clipped = [], [], 0
    for place, one in enumerate(panel.indicators):
        low, high = goalposts.ends.get(one, (0.0, 0.0))
        values = panel.values[:, place]
        outside = int(np.count_nonzero((values < low) | (values > high)))
        facts = {"version": goalposts.version, "low": f"{low:g}", "high": f"{high:g}", "n": outside}
        if one not in goalposts.ends:
            faults.append(Fault(code="no-goalpost", says=NO_GOALPOST, where=one, facts=facts))
        elif low >= high:
            faults.append(Fault(code="flat", says=FLAT, where=one, facts=facts))
        elif outside and beyond == "refuse":
            faults.append(Fault(code="beyond", says=BEYOND, where=one, facts=facts))
        else:
            clipped += outside if beyond == "clip" else 0
            held = np.clip(values, low, high) if beyond == "clip" else values
            columns.append(_toward(held, (low, high), (directions or {}).get(one, GoodDirection())))
    if faults:
        raise FaultyInputError(GOALPOSTS, faults)
    facts = {"version": goalposts.version, "years": spans(goalposts.years), "n": clipped}
    said = FROZEN.filled(**facts, low=span[0], high=span[1])
    return Scaled(panel=panel, values=_onto(np.column_stack(columns), span), span=span, conventions=(said,))


def scale_within_years(
    panel: IndexPanel, *, directions: Mapping[str, GoodDirection] | None = None, span: tuple[float, float] = SPAN
) -> Scaled:
    """Return a panel scaled anew within each year, as some papers do; scores of different years are not comparable."""
    found = np.empty_like(panel.values)
    for place, year in enumerate(panel.years):
        ends = freeze_goalposts(panel, version=f"{year}", years=(year,)).ends
        for k, one in enumerate(panel.indicators):
            values = panel.of(year)[:, k]
            if ends[one][0] == ends[one][1]:
                facts = {"low": f"{ends[one][0]:g}", "high": f"{ends[one][1]:g}"}
                raise FaultyInputError(GOALPOSTS, [Fault(code="flat", says=FLAT, where=f"{one}, {year}", facts=facts)])
            found[place :: len(panel.years), k] = _toward(
                values, ends[one], (directions or {}).get(one, GoodDirection())
            )
    said = YEARLY.filled(low=span[0], high=span[1])
    return Scaled(panel=panel, values=_onto(found, span), span=span, conventions=(said,))


def _toward(values: Floats, ends: tuple[float, float], direction: GoodDirection) -> Floats:
    """Return values on [0, 1], 1 being best."""
    low, high = ends
    if direction.kind is GoodKind.POSITIVE:
        return min_max(values, np.float64(low), np.float64(high))  # type: ignore[arg-type]
    if direction.kind is GoodKind.NEGATIVE:
        return 1 - min_max(values, np.float64(low), np.float64(high))  # type: ignore[arg-type]
    best = (direction.best[0], direction.best[-1])
    return nearness(values, best, reach=max(best[0] - low, high - best[1]))


def _onto(values: Floats, span: tuple[float, float]) -> Floats:
    return np.asarray(span[0] + values * (span[1] - span[0]), dtype=np.float64)
