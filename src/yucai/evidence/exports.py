"""Tables out: xlsx with typed cells, CSV that Excel and WPS open as it is, Parquet; nothing in them acts as a formula.

What is written here and read again by ``read_table`` gives the same table.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final

import polars as pl

from yucai.errors import YucaiError, is_full_disk
from yucai.evidence.cells import typed_cell
from yucai.evidence.columns import column_types
from yucai.evidence.profiles import ProfileColumn, TableProfile
from yucai.evidence.quality import REFUSAL_COLUMNS, QualityReport
from yucai.evidence.vocabulary import STATES, Person, harmless, write_people, write_weeks
from yucai.evidence.workbooks import MOST_ROWS, TooManyRowsError
from yucai.texts import Text

__all__ = [
    "NoRoomError",
    "table_columns",
    "write_csv",
    "write_parquet",
    "write_refused",
    "write_sheets",
    "write_xlsx",
]

SOURCES: Final = frozenset({"source_file", "source_sheet", "source_row", "import_code", "imported_at"})
REASON_WIDTH: Final = 48  # characters
CELL_WIDTH: Final = 16
REASON_COLOUR: Final = "FDECEA"


class NoRoomError(YucaiError):
    """The disk is full."""

    says = Text(
        "“{file}” could not be written: no room is left there. Free some room or choose another place. "
        "Nothing half-written was left behind.",
        "无法写入“{file}”：该位置空间不足。请腾出空间或另选位置。没有留下写了一半的文件。",
    )
    exit_code = 73


def write_xlsx(path: Path, table: pl.DataFrame, profile: TableProfile, *, language: str = "zh") -> None:
    """Write a table of a profile as a workbook: titles in the language, numbers and days typed, text as text.

    A text that begins with = + - @ stays a text, also after it was edited in Excel. Raises NoRoomError.
    """
    if table.height > MOST_ROWS:
        raise TooManyRowsError(file=path.name, rows=table.height + 1)
    titles, columns = table_columns(table, profile, language=language)
    name = profile.name.in_language(language)[:31]
    _write_workbook(path, {name: (titles, zip(*columns, strict=True))})


def write_csv(
    path: Path, table: pl.DataFrame, profile: TableProfile, *, language: str = "zh", encoding: str = "utf-8-sig"
) -> None:
    """Write a table of a profile as CSV: UTF-8 with a byte-order mark, or ``encoding="gb18030"``.

    A text that would act as a formula gets an apostrophe in front, which ``read_table`` takes off again.
    """
    import csv

    if encoding not in {"utf-8-sig", "gb18030"}:
        raise ValueError(f"no encoding for offices: {encoding}. Choose utf-8-sig or gb18030.")
    titles, columns = table_columns(table, profile, language=language)
    with _whole_or_not(path) as unfinished, unfinished.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow([harmless(title) for title in titles])
        writer.writerows([_written(cell) for cell in row] for row in zip(*columns, strict=True))


def write_parquet(path: Path, table: pl.DataFrame) -> None:
    """Write a table as it is, types and sources included, for analysis in other programs."""
    made = io.BytesIO()
    table.write_parquet(made, compression="zstd")
    with _whole_or_not(path) as unfinished:
        unfinished.write_bytes(made.getvalue())


def write_refused(path: Path, report: QualityReport, *, language: str = "zh") -> None:
    """Write the refused rows as a workbook to correct and send back: why, their cells, and where they stood.

    The added columns are passed over when the corrected file comes in; they tell whose refused rows it brings.
    """
    titles = list(dict.fromkeys(title for row in report.refused for title in row.cells))
    why, *where = (text.in_language(language) for text in REFUSAL_COLUMNS)
    rows = (
        [row.reasons(language), *(row.cells.get(title, "") for title in titles), report.file, row.sheet, row.row]
        for row in report.refused
    )
    look = _Look(widths=(REASON_WIDTH, *(CELL_WIDTH for _ in titles), *(CELL_WIDTH for _ in where)), reason=True)
    name = report.profile_name.in_language(language)[:31]
    _write_workbook(path, {name: ([why, *titles, *where], rows)}, look=look)


def write_sheets(path: Path, sheets: Mapping[str, pl.DataFrame]) -> None:
    """Write tables as they are into the sheets of one workbook, text as text. Raises NoRoomError."""
    for table in sheets.values():
        if table.height > MOST_ROWS:
            raise TooManyRowsError(file=path.name, rows=table.height + 1)
    _write_workbook(path, {name: (table.columns, table.iter_rows()) for name, table in sheets.items()})


def table_columns(
    table: pl.DataFrame, profile: TableProfile, *, language: str
) -> tuple[list[str], list[Sequence[Any]]]:
    """Return titles and cells as a person would write them: of each column that
    holds anything, then of the columns beyond the profile.
    """
    titles, cells = [], []
    own = {name for column in profile.columns for name in column_types(column)}
    for column in profile.columns:
        if column.name in table.columns and (column.needed or table[column.name].null_count() < table.height):
            titles.append(column.title.in_language(language))
            cells.append(_cells(column, table))
    for name in table.columns:
        if name not in own and name not in SOURCES:
            titles.append(name)
            cells.append(table[name].to_list())
    return titles, cells


def _cells(column: ProfileColumn, table: pl.DataFrame) -> Sequence[Any]:
    """Return a column as a person would write it, each cell with its type."""
    values = table[column.name].to_list()
    if column.type == "grade":
        points = table[f"{column.name}_value"].to_list()
        kinds = table[f"{column.name}_kind"].to_list()
        return [p if kind == "number" else v for v, p, kind in zip(values, points, kinds, strict=True)]
    if column.type == "score":
        states = table[f"{column.name}_state"].to_list()
        return [STATES[s][0] if v is None and s in STATES else v for v, s in zip(values, states, strict=True)]
    if column.type == "weeks":
        return [value and write_weeks(tuple(value)) for value in values]
    if column.type == "people":
        others = table[f"{column.name}_others"].to_list()
        return [
            value and write_people(tuple(Person(**person) for person in value)) + ("等" if more else "")
            for value, more in zip(values, others, strict=True)
        ]
    if column.type == "percent":
        return [None if value is None else f"{value * 100!r}%" if _exact(value) else f"{value!r}" for value in values]
    if column.type == "day":
        precisions = table[f"{column.name}_precision"].to_list()
        return [v and v.strftime("%Y-%m") if p == "month" else v for v, p in zip(values, precisions, strict=True)]
    return values


def _exact(share: float) -> bool:
    """Whether a share written in per cent is read back as the very same number."""
    return float(repr(share * 100)) / 100 == share


def _written(cell: object) -> object:
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return int(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return "" if cell is None else cell.isoformat() if isinstance(cell, date) else cell


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """How wide the columns of a workbook are, and whether the first one says what is wrong."""

    widths: tuple[int, ...] = ()
    reason: bool = False


def _write_workbook(
    path: Path, sheets: Mapping[str, tuple[Sequence[str], Iterable[Sequence[Any]]]], *, look: _Look | None = None
) -> None:
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter

    look = look or _Look()
    book = Workbook(write_only=True)
    made = io.BytesIO()  # a zip that breaks off on a full disk complains once more when it is forgotten
    with _whole_or_not(path) as unfinished:
        for name, (titles, rows) in sheets.items():
            page = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", name))
            for place, width in enumerate(look.widths, start=1):
                page.column_dimensions[get_column_letter(place)].width = width
            for row in chain([titles], rows):
                page.append(_row(page, row, look))
        book.save(made)
        unfinished.write_bytes(made.getvalue())


def _row(page: Any, values: Sequence[Any], look: _Look) -> list[Any]:
    from openpyxl.styles import Alignment, PatternFill

    cells = [typed_cell(page, value) for value in values]
    if look.reason:
        cells[0].fill = PatternFill("solid", fgColor=REASON_COLOUR)
        cells[0].alignment = Alignment(wrap_text=True, vertical="top")
    return cells


@contextmanager
def _whole_or_not(path: Path) -> Iterator[Path]:
    """A file is there whole, or not at all: written beside its place, and moved there when it is done."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        yield unfinished
        unfinished.replace(path)
    except OSError as problem:
        if is_full_disk(problem):
            raise NoRoomError(file=path.name) from problem
        raise
    finally:
        unfinished.unlink(missing_ok=True)
