"""A balanced panel of units, years and indicators; whatever is wrong with a table is said at once, by unit and year."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Final

import numpy as np
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.governance.coordination.conventions import Floats
from yucai.governance.panels import UnitYears, by_name, unit_years
from yucai.texts import Text

__all__ = ["LEAST_UNITS", "VINTAGE_BREAKS", "IndexPanel", "index_panel", "vintage_differences"]

LEAST_UNITS: Final = 5
VINTAGE_BREAKS: Final[Mapping[str, int]] = {"rd_intensity": 2019, "gdp_implied": 2019}
"""Published series that change their basis, and the first year on the new one: the fourth economic census of China
revised GDP in 2019; ratios published until 2018 were never revised."""

MOST_TOLD: Final = 12
PANEL: Final = Text("the panel", "面板数据")
COLUMN: Final = Text(
    "the column is missing. Add it, or name the one that holds it.", "缺少该列。请补上，或指明哪一列是它。"
)
TWICE: Final = Text("the unit and year occur {n} times. Keep one row.", "该地区该年出现 {n} 次。请只保留一行。")
ABSENT: Final = Text(
    "no row for {years}: the panel is unbalanced. Add the rows, or leave the unit or the years out.",
    "缺少 {years} 年的数据：面板不平衡。请补齐，或剔除该地区或这些年份。",
)
EMPTY: Final = Text(
    "{indicator} is empty or no number. Nothing is filled in: find the value, or leave the unit or the year out.",
    "{indicator} 为空或不是数值。这里不作填补：请查实数值，或剔除该地区或该年份。",
)
CONSTANT: Final = Text(
    "every value is {value}: it tells nothing apart and cannot be scaled. Leave it out.",
    "所有取值均为 {value}：无法区分，也无法归一化。请剔除该指标。",
)
NOT_POSITIVE: Final = Text(
    "{indicator} is {value}; its logarithm is needed, so it must be above 0.",
    "{indicator} 为 {value}；需取对数，必须大于 0。",
)
VINTAGE: Final = Text(
    "the values up to {before} and from {since} rest on different vintages ({vintages}). Work the ratio out from "
    "revised figures for all years, or stay on one side.",
    "{before} 年及以前与 {since} 年及以后的口径不同（{vintages}）。请用修订后的数据重新计算各年比值，或只用一侧的年"
    "份。",
)
CENSUS: Final = Text("GDP before and after the fourth economic census", "第四次经济普查前后的 GDP")
RENAMED: Final = Text(
    "has {n} names: {names}. Use one name for all years.", "有 {n} 个名称：{names}。各年请统一使用一个名称。"
)
RECODED: Final = Text(
    "stands under {n} codes: {codes}. Is it one unit? Then use one code.",
    "对应 {n} 个代码：{codes}。若为同一地区，请统一代码。",
)
FEW: Final = Text(
    "there are {n} units; fewer than {least} tell nothing of how regions stand to each other.",
    "只有 {n} 个地区；少于 {least} 个时无法说明地区之间的关系。",
)
NOTHING: Final = Text("there is no row.", "没有任何数据行。")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IndexPanel:
    """Indicators of units over years, every cell a finite number. Rows are unit by unit, each with all its years."""

    units: tuple[str, ...]
    years: tuple[int, ...]
    indicators: tuple[str, ...]
    values: Floats
    names: Mapping[str, Text] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> tuple[tuple[str, int], ...]:
        """The unit and year of every row."""
        return tuple((unit, year) for unit in self.units for year in self.years)

    def places(self, indicators: Sequence[str]) -> list[int]:
        """Return where indicators stand."""
        return [self.indicators.index(one) for one in indicators]

    def of(self, year: int) -> Floats:
        """Return the rows of a year, one a unit."""
        return self.values[self.years.index(year) :: len(self.years)]

    def rows_of(self, values: Floats, year: int) -> Floats:
        """Return what belongs to a year of something that has one entry a row."""
        return values[self.years.index(year) :: len(self.years)]


def index_panel(
    table: pl.DataFrame,
    indicators: Sequence[str],
    *,
    unit: str = "unit",
    year: str = "year",
    name: str | None = None,
    group: str | None = None,
    vintage: str | None = None,
    logs: Collection[str] = (),
    least_units: int = LEAST_UNITS,
) -> IndexPanel:
    """Return a table as a panel; ``logs`` are indicators whose logarithm is needed.

    ``vintage`` names a column that says on which revision the figures of a row rest. Raises FaultyInputError with every
    fault: columns and rows that are missing or twice there, cells without a number, indicators that do not vary, values
    without a logarithm, figures of different vintages, units under several names, too few units. Nothing is filled in.
    """
    asked = [unit, year, *indicators, *(one for one in (name, group, vintage) if one)]
    missing = [Fault(code="missing-column", says=COLUMN, where=one) for one in asked if one not in table.columns]
    if missing or table.is_empty():
        raise FaultyInputError(PANEL, missing or [Fault(code="empty", says=NOTHING)])
    plain = table.with_columns(pl.col(unit).cast(pl.String), pl.col(year).cast(pl.Int64, strict=False))
    plain = plain.with_columns(pl.col(one).cast(pl.Float64, strict=False) for one in indicators)
    dated = plain.drop_nulls(year)
    cells = {one: dated[one].to_list() for one in indicators}
    order = plain[unit].unique(maintain_order=True).to_list()
    panel = unit_years(dated[unit].to_list(), dated[year].to_list(), cells, order=order)
    faults = [
        *_row_faults(panel, plain.filter(pl.col(year).is_null())[unit].unique().to_list(), year=year),
        *_cell_faults(plain, indicators, unit=unit, year=year, logs=logs),
        *_vintage_faults(plain, indicators, panel.years, year=year, vintage=vintage),
        *(_name_faults(plain, unit=unit, name=name, year=year) if name else ()),
    ]
    if len(panel.units) < least_units:
        faults.append(Fault(code="too-few", says=FEW, facts={"n": len(panel.units), "least": least_units}))
    if faults:
        raise FaultyInputError(PANEL, faults)
    dated = dated.sort(year)
    return IndexPanel(
        units=panel.units,
        years=panel.years,
        indicators=tuple(indicators),
        values=np.array(panel.values.reshape(-1, len(panel.columns)), order="F"),
        names=_texts(dated, unit, name) if name else {},
        groups=dict(zip(dated[unit], dated[group].cast(pl.String), strict=True)) if group else {},
    )


def vintage_differences(
    published: IndexPanel, revised: IndexPanel, *, tolerance: float
) -> list[tuple[str, int, str, float]]:
    """Return unit, year, indicator and relative difference wherever two vintages of a panel differ by more.

    Both need the same units, years and indicators in the same order.
    """
    same = (published.units, published.years, published.indicators) == (
        revised.units,
        revised.years,
        revised.indicators,
    )
    if not same:
        raise ValueError("two vintages of a panel have the same units, years and indicators")
    apart = published.values / revised.values - 1
    found = np.argwhere(np.abs(apart) > tolerance)
    rows = published.rows
    return [(*rows[row], published.indicators[k], float(apart[row, k])) for row, k in found]


def _texts(table: pl.DataFrame, unit: str, name: str) -> dict[str, Text]:
    return {code: Text(str(said), str(said)) for code, said in zip(table[unit], table[name], strict=True)}


def _row_faults(panel: UnitYears, undated: Sequence[str], *, year: str) -> Iterator[Fault]:
    """Yield what is wrong with which rows there are."""
    for code, when, n in panel.twice():
        yield Fault(code="twice", says=TWICE, where=f"{code}, {when}", facts={"n": n})
    for code in undated:
        yield Fault(code="no-number", says=EMPTY, where=str(code), facts={"indicator": year})
    for code, lacking in groupby(panel.absent(), key=lambda place: place[0]):
        yield Fault(code="unbalanced", says=ABSENT, where=code, facts={"years": spans([when for _, when in lacking])})


def _cell_faults(
    table: pl.DataFrame, indicators: Sequence[str], *, unit: str, year: str, logs: Collection[str]
) -> Iterator[Fault]:
    """Yield what is wrong with the numbers."""
    places = list(zip(table[unit], table[year], strict=True))
    for one in indicators:
        values = table[one].to_numpy().astype(np.float64)
        known = np.isfinite(values)
        for row in np.flatnonzero(~known):
            yield Fault(code="no-number", says=EMPTY, where=_where(places[row]), facts={"indicator": one})
        if known.any() and np.ptp(values[known]) == 0:
            yield Fault(code="constant", says=CONSTANT, where=one, facts={"value": f"{values[known][0]:g}"})
        if one in logs:
            for row in np.flatnonzero(known & (values <= 0)):
                facts = {"indicator": one, "value": f"{values[row]:g}"}
                yield Fault(code="no-logarithm", says=NOT_POSITIVE, where=_where(places[row]), facts=facts)


def _vintage_faults(
    table: pl.DataFrame, indicators: Sequence[str], years: Sequence[int], *, year: str, vintage: str | None
) -> Iterator[Fault]:
    """Yield where figures of one series rest on different revisions."""
    for one in indicators:
        since = VINTAGE_BREAKS.get(one)
        if since and years and years[0] < since <= years[-1]:
            facts = {"before": since - 1, "since": since, "vintages": CENSUS}
            yield Fault(code="vintage", says=VINTAGE, where=one, facts=facts)
    if vintage is None:
        return
    said = table.select(year, pl.col(vintage).cast(pl.String)).drop_nulls().unique().sort(year, vintage).rows()
    for (before, old), (since, new) in pairwise(said):
        if old != new:
            facts = {"before": before, "since": since, "vintages": f"{old} / {new}"}
            yield Fault(code="vintage", says=VINTAGE, where=vintage, facts=facts)


def _name_faults(table: pl.DataFrame, *, unit: str, name: str, year: str) -> Iterator[Fault]:
    called = table[name].cast(pl.String).fill_null("").to_list()
    names, codes = by_name(table[unit].to_list(), called, table[year].cast(pl.String).fill_null("").to_list())
    for code, said in sorted(names.items()):
        yield Fault(code="renamed", says=RENAMED, where=code, facts={"n": len(said), "names": "/".join(sorted(said))})
    for said_name, under in sorted(codes.items()):
        facts = {"n": len(under), "codes": "/".join(sorted(under))}
        yield Fault(code="recoded", says=RECODED, where=said_name or name, facts=facts)


def _where(place: tuple[str, int | None]) -> str:
    return f"{place[0]}, {place[1]}"


def spans(years: Sequence[int]) -> str:
    """Return years in few words.

    >>> spans([2015, 2016, 2017, 2019])
    '2015-2017, 2019'
    """
    runs = [[when for _, when in run] for _, run in groupby(enumerate(years), key=lambda pair: pair[1] - pair[0])]
    said = [f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs]
    return ", ".join(said if len(said) <= MOST_TOLD else [*said[:MOST_TOLD], "…"])
