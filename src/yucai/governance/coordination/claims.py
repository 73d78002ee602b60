"""Reading somebody's table for a method audit: which column is which, by titles a person can write."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import TitledSheet, read_titled
from yucai.governance.coordination.auditing import AuditClaim
from yucai.governance.coordination.conventions import Floats
from yucai.texts import Text

__all__ = ["CLAIM_TITLES", "MOST_CLAIM_ROWS", "read_claim", "read_claim_file"]

UNITS: Final = frozenset({"unit", "province", "region", "地区", "省份", "省", "单位", "城市", "city"})
YEARS: Final = frozenset({"year", "年份", "年"})
RESULTS: Final[Mapping[str, frozenset[str]]] = {
    "c": frozenset({"c", "耦合度", "coupling"}),
    "t": frozenset({"t", "综合发展指数", "综合评价指数", "协调指数", "development"}),
    "d": frozenset({"d", "耦合协调度", "协调度", "coordination"}),
}
CLAIM_TITLES: Final = frozenset().union(UNITS, YEARS, *RESULTS.values())
"""Plain titles by which a sheet of this kind is known."""
MOST_CLAIM_ROWS: Final = 6_000
MOST_INDICATORS: Final = 80
MOST_FIGURES: Final = 150_000  # what is audited while somebody waits, without a display of progress
NAME: Final = Text("the table for the audit", "待核查的表格")
SCORE: Final = re.compile(r"^(?:u|得分|score)\s*[:：]\s*(.+)$", re.IGNORECASE)
INDICATOR: Final = re.compile(r"^([^/]+?)\s*[/／]\s*(.+?)\s*(\(-\)|（-）|\(−\)|（−）)?$")
TITLE: Final = Text(
    "the column “{title}” is missing: one that names {what}. Write the title as in the example table.",
    "缺少{what}列（如“{title}”）。请按示例表书写列名。",
)
SCORED: Final = Text(
    "“{system}” has no column of scores, other subsystems have. Give all or none.",
    "“{system}”缺少得分列，而其他子系统有。请全部给出或全部不给。",
)
LACKS: Final = Text(
    "“{system}” has no indicators, other subsystems have. Give all or none.",
    "“{system}”缺少指标，而其他子系统有。请全部给出或全部不给。",
)
NUMBER: Final = Text("“{title}” is “{value}”; it must be a number.", "“{title}”为“{value}”；须为数值。")
TWICE: Final = Text("the unit and year occur {n} times. Keep one row.", "该地区该年出现 {n} 次。请只保留一行。")
TOO_LARGE: Final = Text(
    "it has {rows} rows and {columns} indicators; an audit takes up to 6,000 rows, 80 indicators and 150,000 figures "
    "of indicators in all. Leave years or indicators out.",
    "共有 {rows} 行、{columns} 个指标；核查最多 6,000 行、80 个指标，指标数据合计不超过 150,000 个。请减少年份或指标。",
)
MOST_PLACES: Final = 9
MOST_BYTES: Final = 4_000_000
MOST_FAULTS: Final = 50


def read_claim_file(path: Path, *, limit: int = MOST_BYTES) -> AuditClaim:
    """Return the first sheet of a file that is a table for an audit.

    Raises the refusals of files, and where no sheet is such a table FaultyInputError with what is wrong with the first.
    """
    _digest, sheets = read_titled(path, known=CLAIM_TITLES, limit=limit)
    return _first_claim(sheets)


def _first_claim(sheets: Sequence[TitledSheet]) -> AuditClaim:
    refused: FaultyInputError | None = None
    for sheet in sheets:
        rows = [[str(cell or "") for cell in row] for row in sheet.columns.iter_rows()]
        try:
            return read_claim([str(title or "") for title in sheet.header], [row for row in rows if any(row)])
        except FaultyInputError as fault:
            refused = refused or fault
    assert refused is not None  # a file without any sheet is refused when it is read
    raise refused


def read_claim(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> AuditClaim:
    """Return a table of text as a claim.

    Titles: a unit, a year (may be missing), indicators as ``system/indicator`` with ``(-)`` behind those of which less
    is better, scores as ``U:system``, and ``C``, ``T``, ``D``; other columns are passed over. Raises FaultyInputError
    with every fault.
    """
    kinds = [_kind(title) for title in titles]
    unit = next((place for place, kind in enumerate(kinds) if kind == ("unit",)), None)
    year = next((place for place, kind in enumerate(kinds) if kind == ("year",)), None)
    indicators = [(place, kind) for place, kind in enumerate(kinds) if kind[0] == "indicator"]
    scores = {kind[1]: place for place, kind in enumerate(kinds) if kind[0] == "score"}
    results = {kind[1]: place for place, kind in enumerate(kinds) if kind[0] == "result"}
    systems = tuple(dict.fromkeys([*(kind[1] for _, kind in indicators), *scores]))
    faults = _title_faults(systems, {kind[1] for _, kind in indicators}, set(scores), unit=unit)
    if len(rows) > MOST_CLAIM_ROWS or len(indicators) > MOST_INDICATORS or len(rows) * len(indicators) > MOST_FIGURES:
        facts = {"rows": len(rows), "columns": len(indicators)}
        faults.append(Fault(code="too-large", says=TOO_LARGE, facts=facts))
    if faults or unit is None:
        raise FaultyInputError(NAME, faults)
    wanted = [place for place, _ in indicators] + [*scores.values(), *results.values()]
    numbers, faults = _numbers(titles, rows, wanted, unit=unit, year=year)
    if faults:
        raise FaultyInputError(NAME, faults[:MOST_FAULTS])
    every = {system: [(place, kind) for place, kind in indicators if kind[1] == system] for system in systems}
    held = [scores[one] for one in systems] if scores else []
    places = {name: _places(rows, [place]) for name, place in results.items()} | {"scores": _places(rows, held)}
    return AuditClaim(
        units=tuple(row[unit].strip() for row in rows),
        years=tuple(int(float(row[year])) if year is not None else 0 for row in rows),
        systems=systems,
        indicators={one: np.column_stack([numbers[place] for place, _ in few]) for one, few in every.items() if few},
        negative={one: tuple(kind[2] == "-" for _, kind in few) for one, few in every.items() if few},
        scores=np.column_stack([numbers[place] for place in held]) if held else None,
        places=places,
        **{name: numbers[place] for name, place in results.items()},
    )


def _kind(title: str) -> tuple[str, ...]:
    """Return what a title says its column is."""
    plain = title.strip()
    low = plain.casefold()
    if low in UNITS:
        return ("unit",)
    if low in YEARS:
        return ("year",)
    for name, known in RESULTS.items():
        if low in known:
            return ("result", name)
    if found := SCORE.match(plain):
        return ("score", found[1].strip())
    if found := INDICATOR.match(plain):
        return ("indicator", found[1], "-" if found[3] else "+")
    return ("other",)


def _title_faults(
    systems: Sequence[str], with_indicators: set[str], with_scores: set[str], *, unit: int | None
) -> list[Fault]:
    faults = []
    if unit is None:
        facts = {"title": "地区", "what": Text("the unit", "地区")}
        faults.append(Fault(code="missing-column", says=TITLE, facts=facts))
    if len(systems) < 2:
        facts = {
            "title": "U:…",
            "what": Text("scores or indicators of at least two subsystems", "至少两个子系统的得分或指标"),
        }
        faults.append(Fault(code="missing-column", says=TITLE, facts=facts))
    for says, having in ((SCORED, with_scores), (LACKS, with_indicators)):
        lacking = [one for one in systems if having and one not in having]
        faults += [Fault(code="missing-column", says=says, facts={"system": one}) for one in lacking]
    return faults


def _numbers(
    titles: Sequence[str], rows: Sequence[Sequence[str]], wanted: Sequence[int], *, unit: int, year: int | None
) -> tuple[dict[int, Floats], list[Fault]]:
    """Return the columns of numbers, and what is wrong with cells and rows, by unit and year."""
    faults, seen = [], dict[tuple[str, str], int]()
    columns = {place: np.full(len(rows), np.nan) for place in wanted}
    for n, row in enumerate(rows):
        key = (row[unit].strip(), row[year].strip() if year is not None else "")
        where = ", ".join(part for part in key if part) or f"row {n + 1}"
        seen[key] = seen.get(key, 0) + 1
        checked = [*wanted, year] if year is not None else wanted
        for place in checked:
            try:
                number = float(row[place])
            except ValueError:
                number = np.nan
            if not np.isfinite(number):
                facts = {"title": titles[place], "value": row[place]}
                faults.append(Fault(code="no-number", says=NUMBER, where=where, facts=facts))
            elif place in columns:
                columns[place][n] = number
    faults += [
        Fault(code="twice", says=TWICE, where=", ".join(part for part in key if part), facts={"n": times})
        for key, times in seen.items()
        if times > 1
    ]
    return columns, faults


def _places(rows: Sequence[Sequence[str]], columns: Sequence[int]) -> int:
    """Return how many decimals are printed at most."""
    longest = (len(row[place].partition(".")[2].rstrip()) for row in rows for place in columns if "e" not in row[place])
    return min(max(longest, default=0), MOST_PLACES) or MOST_PLACES
