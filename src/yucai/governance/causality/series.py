"""Two series over the same units and periods, read from a table or refused with every fault named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import TitledSheet, plain, read_titled
from yucai.governance.panels import UnitYears, unit_years
from yucai.texts import Text

__all__ = ["TwoSeries", "fewest_periods", "read_two_series", "read_two_series_file"]

FEWEST_UNITS: Final = 10
TABLE: Final = Text("the panel", "面板数据")
NO_COLUMN: Final = Text(
    "There is no column “{column}”; there are {known}. Name the columns as they stand.",
    "没有“{column}”这一列；现有：{known}。请按表中的列名填写。",
)
TWICE: Final = Text(
    "{unit} has {n} rows for {period}; one is right. Keep one.",
    "{unit}在 {period} 年有 {n} 行；应只有一行。请保留一行。",
)
MISSING: Final = Text(
    "{unit} has no value of “{column}” for {period}. Add it, or leave the unit or the period out; nothing is guessed.",
    "{unit}缺 {period} 年的“{column}”。请补上，或去掉该单位或该年；不作估算。",
)
NUMBER: Final = Text(
    "“{column}” is “{value}”; it must be {what}. Correct the cell.", "“{column}”为“{value}”；须为{what}。请更正。"
)
A_NUMBER: Final = Text("a number", "数值")
WHOLE_NUMBER: Final = Text("a year or another whole number", "年份或其他整数")
GAP: Final = Text(
    "No unit has a row for {period}, between {before} and {after}. Lags need periods without a gap.",
    "{before} 与 {after} 之间的 {period} 年没有任何数据。滞后项要求各期连续。",
)
STILL: Final = Text(
    "“{column}” of {unit} is {value} in every period; without change nothing can be told. Leave the unit out.",
    "{unit}的“{column}”各期均为 {value}；没有变化就无从判断。请去掉该单位。",
)
FEW_UNITS: Final = Text(
    "There are {n} units; at least {least} are needed for a test over units.",
    "只有 {n} 个单位；跨单位检验至少需要 {least} 个。",
)
FEW_PERIODS: Final = Text(
    "There are {n} periods; with {lags} lag{lags:|s} at least {least} are needed.",
    "只有 {n} 期；滞后 {lags} 期时至少需要 {least} 期。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoSeries:
    """Two series, units by periods, without a gap.

    ``values`` has the shape (2, units, periods): the first series, then the second.
    """

    names: tuple[Text, Text]
    units: tuple[str, ...]
    periods: tuple[int, ...]
    values: NDArray[np.float64]


def read_two_series(
    table: pl.DataFrame, *, unit: str, period: str, first: str, second: str, lags: int = 1
) -> TwoSeries:
    """Return the two columns of a long table as a balanced panel, sorted by unit and period.

    Raises FaultyInputError with every fault: missing columns, rows twice, values that are missing or no numbers, gaps
    between periods, series that never change, too few units or periods for so many lags.
    """
    faults = _without_columns(table.columns, (unit, period, first, second))
    if faults:
        raise FaultyInputError(TABLE, faults)
    rows = table.select(
        pl.col(unit).cast(pl.String),
        pl.col(period).cast(pl.Int64),
        *(pl.col(c).cast(pl.Float64) for c in (first, second)),
    ).rename({unit: "unit", period: "period", first: "first", second: "second"})
    cells = {first: rows["first"].to_list(), second: rows["second"].to_list()}
    panel = unit_years(rows["unit"].to_list(), rows["period"].to_list(), cells)
    faults = [*_of_rows(panel), *_too_few(len(panel.units), len(panel.years), lags)] or list(_still(panel))
    if faults:
        raise FaultyInputError(TABLE, faults)
    values = np.ascontiguousarray(np.moveaxis(panel.values, 2, 0))
    names = (Text(first, first), Text(second, second))
    return TwoSeries(names=names, units=panel.units, periods=panel.years, values=values)


def read_two_series_file(path: Path, *, unit: str, period: str, first: str, second: str, lags: int = 1) -> TwoSeries:
    """Return two columns of a file as ``read_two_series`` does, from the first sheet that has all four columns.

    Raises the refusals of files, FaultyInputError with every fault.
    """
    wanted = (unit, period, first, second)
    _digest, sheets = read_titled(path, known=frozenset(plain(one) for one in wanted))
    sheet = next((one for one in sheets if {*wanted} <= set(_titles(one))), sheets[0])
    return read_two_series(_typed(sheet, wanted), unit=unit, period=period, first=first, second=second, lags=lags)


def _titles(sheet: TitledSheet) -> list[str]:
    return [str(title or "").strip() for title in sheet.header]


def _typed(sheet: TitledSheet, wanted: tuple[str, str, str, str]) -> pl.DataFrame:
    """Return the four columns of a sheet of text with numbers as numbers. Raises FaultyInputError."""
    unit, period, *series = wanted
    titles = _titles(sheet)
    faults = _without_columns(titles, wanted)
    if faults:
        raise FaultyInputError(TABLE, faults)
    rows = [row for row in sheet.columns.iter_rows() if any(row)]
    words = {one: [str(row[titles.index(one)] or "").strip() for row in rows] for one in wanted}
    held: dict[str, list[float | None]] = {}
    for column in (period, *series):
        whole = column == period
        held[column] = [_number(word.removesuffix("年") if whole else word) for word in words[column]]
        for place, (word, number) in enumerate(zip(words[column], held[column], strict=True)):
            # An empty cell of a series is named below, with its unit and period; without a period there is neither.
            if (number is None and (word or whole)) or (number is not None and whole and not number.is_integer()):
                facts = {"column": column, "value": word, "what": WHOLE_NUMBER if whole else A_NUMBER}
                where = f"{words[unit][place]}, {words[period][place]}"
                faults.append(Fault(code="no-number", says=NUMBER, where=where, facts=facts))
    if faults:
        raise FaultyInputError(TABLE, faults)
    return pl.DataFrame({unit: words[unit], **held}, schema_overrides=dict.fromkeys((period, *series), pl.Float64))


def _number(word: str) -> float | None:
    try:
        found = float(word)
    except ValueError:
        return None
    return found if isfinite(found) else None


def fewest_periods(lags: int) -> int:
    """Return how many periods Z-tilde needs: more than 5 + 3 K (Dumitrescu and Hurlin 2012)."""
    return 6 + 3 * lags


def _without_columns(columns: Sequence[str], wanted: Sequence[str]) -> list[Fault]:
    known = ", ".join(one for one in columns if one)
    return [
        Fault(code="missing-column", says=NO_COLUMN, facts={"column": column, "known": known})
        for column in wanted
        if column not in columns
    ]


def _of_rows(panel: UnitYears) -> Iterator[Fault]:
    """Yield what is wrong with the rows and cells that there are and are not."""
    for unit, period, n in panel.twice():
        yield Fault(code="twice", says=TWICE, facts={"unit": unit, "period": period, "n": n})
    for unit, period, column in panel.missing():
        yield Fault(code="missing-value", says=MISSING, facts={"unit": unit, "period": period, "column": column})
    for period, before, after in panel.gaps():
        yield Fault(code="gap", says=GAP, facts={"period": period, "before": before, "after": after})


def _still(panel: UnitYears) -> Iterator[Fault]:
    for column, unit, value in panel.still():
        yield Fault(code="still", says=STILL, facts={"column": column, "unit": unit, "value": f"{value:g}"})


def _too_few(units: int, periods: int, lags: int) -> list[Fault]:
    faults = []
    if units < FEWEST_UNITS:
        faults.append(Fault(code="few-units", says=FEW_UNITS, facts={"n": units, "least": FEWEST_UNITS}))
    if periods < fewest_periods(lags):
        facts = {"n": periods, "lags": lags, "least": fewest_periods(lags)}
        faults.append(Fault(code="few-periods", says=FEW_PERIODS, facts=facts))
    return faults
