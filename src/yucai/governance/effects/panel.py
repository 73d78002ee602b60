"""Reads a table of unit-years into a panel, or refuses it with everything that is wrong with it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.governance.effects.plan import PolicyPanel, VintageBreak
from yucai.governance.panels import UnitYears, by_name, unit_years
from yucai.texts import Text

__all__ = ["MOST_FAULTS_SHOWN", "read_panel"]

MOST_FAULTS_SHOWN: Final = 200
MOST_CELLS: Final = 200_000  # units x years
LATEST_YEAR: Final = 9_999
LARGEST: Final = 1e30  # its fourth power still is a number
FEWEST_OF_COPIES: Final = 8  # units, or years, from which on a whole copy is not chance
UNLIKE: Final = 0.8  # so many of the figures must differ among themselves

NO_COLUMN: Final = Text(
    "There is no column “{column}”; the table has {columns}. Name the column that holds it.",
    "没有“{column}”列；表中有 {columns}。请指明对应的列。",
)
NO_ROWS: Final = Text(
    "The table has no rows. Give one row for each unit and year.", "表中没有数据行。请为每个单位每年提供一行。"
)
BAD_YEAR: Final = Text(
    "{unit}: the year “{value}” is not a whole number. Write it with four digits.",
    "{unit}：年份“{value}”不是整数。请写成四位数字。",
)
NO_UNIT: Final = Text(
    "A row of {year} names no unit. Write the code of the unit.", "{year} 年有一行未写单位。请填写单位代码。"
)
TWICE: Final = Text(
    "{unit} has {n} rows for {year}; one is right. Keep the right one.",
    "{unit} 在 {year} 年有 {n} 行；应只有一行。请保留正确的一行。",
)
MISSING_ROW: Final = Text(
    "{unit} has no row for {year}. Add it, or leave the unit or the year out.",
    "{unit} 缺少 {year} 年的数据行。请补充，或剔除该单位或该年。",
)
GAP: Final = Text(
    "No unit has a row for {year}, though the table goes from {first} to {last}. Add the year, or shorten the table.",
    "所有单位都没有 {year} 年的数据，而表的年份为 {first} 至 {last} 年。请补充该年，或缩短年份范围。",
)
NOT_A_NUMBER: Final = Text(
    "{unit} {year}: the outcome “{value}” is not a number. Write a figure without a unit.",
    "{unit} {year} 年：结果值“{value}”不是数字。请填写不带单位的数值。",
)
TOO_BIG: Final = Text(
    "{unit} {year}: the outcome {value} is too large to work with. Write it in a larger unit, such as millions.",
    "{unit} {year} 年：结果值 {value} 过大，无法计算。请改用更大的计量单位，例如百万。",
)
TOO_LARGE: Final = Text(
    "{units} units times {years} years are more than can be worked with ({most} in all). Keep the units and years that "
    "the question needs.",
    "{units} 个单位乘以 {years} 年，超出可处理的规模（共 {most} 格）。请只保留问题所需的单位与年份。",
)
MISSING: Final = Text(
    "{unit} {year}: the outcome is missing. Add it, or leave the unit or the year out; nothing is filled in.",
    "{unit} {year} 年：缺少结果值。请补充，或剔除该单位或该年；系统不会代为填补。",
)
STARTS_AFTER: Final = Text(
    "{unit}: the outcome starts in {start}, but the policy in {year}; without a year before it nothing can be "
    "compared. Find earlier figures, or leave the unit out.",
    "{unit}：结果数据始于 {start} 年，而政策始于 {year} 年；没有政策前的年份就无从比较。"
    "请补充更早的数据，或剔除该单位。",
)
FROM_THE_START: Final = Text(
    "{unit} is treated from {year}, but the table begins in {first}; it has no year before the policy. Add earlier "
    "years, or leave the unit out.",
    "{unit} 自 {year} 年起实施政策，而表始于 {first} 年，没有政策前的年份。请补充更早的年份，或剔除该单位。",
)
AFTER_THE_END: Final = Text(
    "{unit} is treated from {year}, but the table ends in {last}; it counts as never treated here only if you leave "
    "the year empty. Add later years, or empty it.",
    "{unit} 自 {year} 年起实施政策，而表止于 {last} 年；只有将该年份留空，才按从未实施处理。"
    "请补充更晚的年份，或将其留空。",
)
TREATED_TWICE: Final = Text(
    "{unit} is said to be treated first in {years}; there is one first year. Write the same year in all its rows.",
    "{unit} 的首次实施年份有 {years} 多种写法；首次只能有一年。请在其所有行中填写同一年份。",
)
BAD_FIRST: Final = Text(
    "{unit} {year}: the first year of the policy, “{value}”, is not a year. Write a year, or leave it empty.",
    "{unit} {year} 年：政策首年“{value}”不是年份。请填写年份，或留空。",
)
UNKNOWN_TREATED: Final = Text(
    "{unit} is said to be treated from {year}, but the table has no such unit. Write its code as in the table.",
    "指明 {unit} 自 {year} 年起实施政策，但表中没有该单位。请按表中的代码填写。",
)
BREAK: Final = Text(
    "Figures up to {before} and from {after} are not comparable: {why}. Use one vintage for the whole window, or end "
    "the window at {before}.",
    "{before} 年及以前与 {after} 年及以后的数据不可比：{why}。请全程使用同一口径，或把观察窗截至 {before} 年。",
)
RENAMED: Final = Text(
    "{unit} is called {names} (in {year}); one code has one name. Say which it is, or give two codes.",
    "{unit} 有 {names} 多个名称（{year} 年）；一个代码对应一个名称。请确认名称，或分为两个代码。",
)
ONE_NAME: Final = Text(
    "{name} has the codes {units} (in {year}); one unit has one code. Use the same code in all years.",
    "{name} 有 {units} 多个代码（{year} 年）；一个单位对应一个代码。请在各年使用同一代码。",
)
COPIED_YEAR: Final = Text(
    "The figures of {later} are those of {earlier}, for every unit. Put the true figures in, or leave the year out: a "
    "year that is counted twice makes a short past look long.",
    "{later} 年各单位的数据与 {earlier} 年完全相同。请填写真实数据，或剔除该年：重复计入的年份会使短历史显得很长。",
)
COPIED_UNIT: Final = Text(
    "{unit} has the figures of {other} in all years. Put its own figures in, or leave it out: a unit that is counted "
    "twice makes one case look like two.",
    "{unit} 各年数据与 {other} 完全相同。请填写其自身数据，或剔除：重复计入的单位会使一例看起来像两例。",
)
TOO_MANY: Final = Text("{n} more of the same kinds are not listed.", "另有 {n} 处同类问题未列出。")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    unit: str
    year: int | None
    said_year: str
    value: Any
    first: Any
    name: str


def read_panel(
    table: pl.DataFrame | Mapping[str, Sequence[Any]],
    *,
    unit: str,
    period: str,
    outcome: str,
    first_treated: str | Mapping[str, int],
    unit_name: str | None = None,
    breaks: Sequence[VintageBreak] = (),
) -> PolicyPanel:
    """Return the panel of a policy, or refuse the table with all its faults at once (``FaultyInputError``).

    ``unit``, ``period`` and ``outcome`` name columns. ``first_treated`` names a column that holds the first year of the
    policy in every row of a unit, or maps codes of treated units to that year; empty, 0 and infinity mean never.
    ``unit_name`` names a column with what the unit is called. ``breaks`` are years at which the figures were revised:
    one inside the window is a fault. Nothing is filled in, dropped or averaged.

    >>> panel = read_panel(
    ...     {"p": ["A", "A", "B", "B"], "y": [2019, 2020, 2019, 2020], "v": [1.0, 2.5, 1.0, 1.5]},
    ...     unit="p", period="y", outcome="v", first_treated={"A": 2020},
    ... )
    >>> panel.units, panel.periods, panel.first_treated
    (('A', 'B'), (2019, 2020), (2020, None))
    """
    frame = table if isinstance(table, pl.DataFrame) else pl.DataFrame(dict(table), strict=False)
    columns = [unit, period, outcome, *([first_treated] if isinstance(first_treated, str) else ())]
    columns += [unit_name] if unit_name else []
    faults = [
        Fault(code="missing-column", says=NO_COLUMN, facts={"column": name, "columns": ", ".join(frame.columns)})
        for name in columns
        if name not in frame.columns
    ]
    if not faults and frame.is_empty():
        faults = [Fault(code="no-rows", says=NO_ROWS)]
    if faults:
        raise FaultyInputError(_title(outcome), faults)
    firsts = first_treated if isinstance(first_treated, str) else None
    rows = _rows(frame, unit=unit, period=period, outcome=outcome, first=firsts, name=unit_name)
    told = dict(first_treated) if isinstance(first_treated, Mapping) else None
    return _panel_of(rows, told, breaks=breaks, outcome=outcome)


def _title(outcome: str) -> Text:
    return Text(f"panel of {outcome}", f"{outcome} 面板数据")


def _rows(
    frame: pl.DataFrame, *, unit: str, period: str, outcome: str, first: str | None, name: str | None
) -> list[_Row]:
    none = [None] * frame.height
    columns = zip(
        frame[unit], frame[period], frame[outcome], frame[first] if first else none, frame[name] if name else none,
        strict=True,
    )  # fmt: skip
    return [
        _Row(unit=_code(who), year=_year(year), said_year="" if year is None else str(year), value=value, first=began,
             name="" if called is None else str(called).strip())
        for who, year, value, began, called in columns
    ]  # fmt: skip


def _code(value: Any) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _number(value: Any) -> float | None:
    """Return a finite number, or None; text that reads as one counts."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(str(value).strip()) if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _whole(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number.is_integer() else None


def _year(value: Any) -> int | None:
    number = _whole(value)
    return number if number is not None and abs(number) <= LATEST_YEAR else None


def _absent(value: Any) -> bool:
    text = isinstance(value, str) and value.strip().lower() in {"", "na", "nan", "null", "none"}
    return value is None or text or (isinstance(value, float) and math.isnan(value))


def _never(value: Any) -> bool:
    if _absent(value):
        return True
    try:
        return float(value) in {0.0, math.inf}
    except (TypeError, ValueError):
        return False


def _panel_of(
    rows: Sequence[_Row], told: dict[str, int] | None, *, breaks: Sequence[VintageBreak], outcome: str
) -> PolicyPanel:
    faults = [*_faults_of_places(rows), *_faults_of_names(rows)]
    placed = [row for row in rows if row.unit and row.year is not None]
    years = sorted({row.year for row in placed if row.year is not None})
    units = sorted({row.unit for row in placed})
    if len(units) * len(years) > MOST_CELLS:
        sizes: dict[str, object] = {"units": len(units), "years": len(years), "most": MOST_CELLS}
        raise FaultyInputError(_title(outcome), [Fault(code="too-large", says=TOO_LARGE, facts=sizes)])
    cells = {(row.unit, row.year): row for row in placed}
    firsts, wrong = _firsts(placed, told, units)
    faults += wrong
    panel = unit_years(
        [row.unit for row in placed], [row.year for row in placed if row.year is not None],
        {outcome: [_number(row.value) for row in placed]},
    )  # fmt: skip
    faults += _faults_of_shape(panel)
    late = {u: s for u in units if (s := _late_start(u, cells, years, firsts.get(u))) is not None}
    faults += [
        Fault(code="outcome-after-policy", says=STARTS_AFTER, facts={"unit": u, "start": s, "year": firsts[u]})
        for u, s in late.items()
    ]
    faults += _faults_of_values(placed, late)
    faults += _faults_of_firsts(firsts, years, set(late))
    faults += _faults_of_breaks(breaks, years)
    if faults:
        more = len(faults) - MOST_FAULTS_SHOWN
        shown = faults[:MOST_FAULTS_SHOWN]
        raise FaultyInputError(
            _title(outcome), [*shown, Fault(code="more", says=TOO_MANY, facts={"n": more})] if more > 0 else shown
        )
    if copied := _faults_of_copies(panel.values[:, :, 0], units, years, firsts):
        raise FaultyInputError(_title(outcome), copied[:MOST_FAULTS_SHOWN])
    names = {row.unit: row.name for row in placed if row.name}
    return PolicyPanel(
        units=panel.units, names=tuple(names.get(u, u) for u in units), periods=panel.years,
        outcome=panel.values[:, :, 0], first_treated=tuple(firsts.get(u) for u in units),
        outcome_name=outcome,
    )  # fmt: skip


def _faults_of_places(rows: Sequence[_Row]) -> Iterator[Fault]:
    for row in rows:
        if row.year is None:
            yield Fault(code="bad-year", says=BAD_YEAR, facts={"unit": row.unit or "?", "value": row.said_year})
        elif not row.unit:
            yield Fault(code="no-unit", says=NO_UNIT, facts={"year": row.year})


def _faults_of_names(rows: Sequence[_Row]) -> Iterator[Fault]:
    named = [row for row in rows if row.name and row.unit]
    several_names, several_codes = by_name(
        [row.unit for row in named], [row.name for row in named], [row.said_year for row in named]
    )
    for unit, called in several_names.items():
        facts = {"unit": unit, "names": " / ".join(called), "year": list(called.values())[-1]}
        yield Fault(code="renamed", says=RENAMED, facts=facts)
    for name, units in several_codes.items():
        facts = {"name": name, "units": " / ".join(units), "year": list(units.values())[-1]}
        yield Fault(code="two-codes", says=ONE_NAME, facts=facts)


def _firsts(
    rows: Sequence[_Row], told: dict[str, int] | None, units: Sequence[str]
) -> tuple[dict[str, int], list[Fault]]:
    """Return the first treated year of each treated unit, and what was wrong with them."""
    if told is not None:
        known = set(units)
        strangers = [
            Fault(code="unknown-treated", says=UNKNOWN_TREATED, facts={"unit": unit, "year": year})
            for unit, year in told.items()
            if unit not in known
        ]
        return {unit: int(year) for unit, year in told.items() if unit in known}, strangers
    said, faults = defaultdict[str, set[int | None]](set), list[Fault]()
    for row in rows:
        year = None if _never(row.first) else _whole(row.first)
        if year is None and not _never(row.first):
            facts = {"unit": row.unit, "year": row.year, "value": row.first}
            faults.append(Fault(code="bad-first-year", says=BAD_FIRST, facts=facts))
            continue
        said[row.unit].add(year)
    for unit, years in said.items():
        if len(years) > 1:
            listed = " / ".join("—" if y is None else str(y) for y in sorted(years, key=lambda y: (y is None, y or 0)))
            faults.append(Fault(code="treated-twice", says=TREATED_TWICE, facts={"unit": unit, "years": listed}))
    return {
        unit: year for unit, years in said.items() for year in years if len(years) == 1 and year is not None
    }, faults


def _faults_of_shape(panel: UnitYears) -> Iterator[Fault]:
    for unit, year, n in panel.twice():
        yield Fault(code="duplicate", says=TWICE, facts={"unit": unit, "year": year, "n": n})
    for unit, year in panel.absent():
        yield Fault(code="missing-row", says=MISSING_ROW, facts={"unit": unit, "year": year})
    for year, _, _ in panel.gaps():
        yield Fault(code="gap", says=GAP, facts={"year": year, "first": panel.years[0], "last": panel.years[-1]})


def _late_start(
    unit: str, cells: Mapping[tuple[str, int | None], _Row], years: Sequence[int], first: int | None
) -> int | None:
    """Return the first year with an outcome when a treated unit has none before its policy, else None."""
    if first is None or not years or first <= years[0]:
        return None
    with_value = [y for y in years if (unit, y) in cells and not _absent(cells[unit, y].value)]
    return with_value[0] if with_value and with_value[0] >= first else None


def _faults_of_values(rows: Sequence[_Row], late: Mapping[str, int]) -> Iterator[Fault]:
    for row in rows:
        early = row.unit in late and row.year is not None and row.year < late[row.unit]
        if _absent(row.value) and not early:
            yield Fault(code="missing-outcome", says=MISSING, facts={"unit": row.unit, "year": row.year})
        elif not _absent(row.value) and _number(row.value) is None:
            facts = {"unit": row.unit, "year": row.year, "value": row.value}
            yield Fault(code="not-a-number", says=NOT_A_NUMBER, facts=facts)
        elif not _absent(row.value) and abs(_number(row.value) or 0.0) > LARGEST:
            facts = {"unit": row.unit, "year": row.year, "value": row.value}
            yield Fault(code="too-big", says=TOO_BIG, facts=facts)


def _faults_of_firsts(firsts: Mapping[str, int], years: Sequence[int], late: set[str]) -> Iterator[Fault]:
    for unit, year in sorted(firsts.items()):
        if years and year <= years[0] and unit not in late:
            facts: dict[str, object] = {"unit": unit, "year": year, "first": years[0]}
            yield Fault(code="treated-from-the-start", says=FROM_THE_START, facts=facts)
        elif years and year > years[-1]:
            yield Fault(code="treated-after-the-end", says=AFTER_THE_END,
                        facts={"unit": unit, "year": year, "last": years[-1]})  # fmt: skip


def _faults_of_copies(
    values: npt.NDArray[np.float64], units: Sequence[str], years: Sequence[int], firsts: Mapping[str, int]
) -> list[Fault]:
    """Return years that repeat another year for all units, and treated units that repeat another unit for all years.

    Few units, or figures of which many are alike (counts, yes and no), are left alone: a year may be as the last.
    """
    faults = list[Fault]()
    n_units, n_years = values.shape
    if n_units >= FEWEST_OF_COPIES:
        seen = dict[bytes, int]()
        for place, year in enumerate(years):
            column = values[:, place] + 0.0  # -0 is 0
            earlier = seen.setdefault(column.tobytes(), year)
            if earlier != year and len(set(column.tolist())) >= UNLIKE * n_units:
                faults.append(Fault(code="copied-year", says=COPIED_YEAR, facts={"later": year, "earlier": earlier}))
    if n_years >= FEWEST_OF_COPIES:
        first_of = dict[bytes, str]()
        for place, unit in enumerate(units):
            row = values[place] + 0.0
            other = first_of.setdefault(row.tobytes(), unit)
            if other != unit and len(set(row.tolist())) >= UNLIKE * n_years and (unit in firsts or other in firsts):
                faults.append(Fault(code="copied-unit", says=COPIED_UNIT, facts={"unit": unit, "other": other}))
    return faults


def _faults_of_breaks(breaks: Sequence[VintageBreak], years: Sequence[int]) -> Iterator[Fault]:
    for one in breaks:
        if years and years[0] <= one.before < years[-1]:
            facts = {"before": one.before, "after": one.before + 1, "why": one.why}
            yield Fault(code="vintage-break", says=BREAK, facts=facts)
