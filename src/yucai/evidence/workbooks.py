"""A workbook of tables that say what their columns are: typed cells, a frozen head row, widths that fit, no formula."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Final

from yucai.errors import YucaiError
from yucai.evidence.cells import typed_cell
from yucai.texts import Text

__all__ = ["CellKind", "TooManyRowsError", "WorkbookColumn", "WorkbookTable", "write_workbook"]

MOST_ROWS: Final = 1_048_575  # of one sheet, below its head
MOST_NAME: Final = 31
NARROWEST: Final = 8
WIDEST: Final = 60
MEASURED: Final = 300  # rows that the widths are taken from
HEAD_COLOUR: Final = "DCE9F1"
QUIET_COLOUR: Final = "6B7280"


class TooManyRowsError(YucaiError):
    """A sheet holds no more rows than 1,048,576."""

    says = Text(
        "“{file}” would need {rows:,} rows; a sheet holds 1,048,576. Write it as CSV or Parquet.",
        "“{file}”需要 {rows:,} 行，而工作表最多 1,048,576 行。请改存为 CSV 或 Parquet。",
    )
    exit_code = 65


class CellKind(Enum):
    """What the cells of a column are."""

    TEXT = "text"
    WHOLE = "whole"
    DECIMAL = "decimal"
    PERCENT = "percent"  # a share from 0 to 1
    DAY = "day"
    TIME = "time"

    @property
    def is_number(self) -> bool:
        """Whether the cells are numbers."""
        return self in (CellKind.WHOLE, CellKind.DECIMAL, CellKind.PERCENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbookColumn:
    """A column: its head, the kind of its cells, and how many places a number has behind the point."""

    title: str
    kind: CellKind = CellKind.TEXT
    places: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbookTable:
    """A table for a sheet. In a column of numbers or days a text says why none stands there."""

    name: str
    columns: Sequence[WorkbookColumn]
    rows: Sequence[Sequence[Any]]


def write_workbook(tables: Iterable[WorkbookTable], *, at: datetime) -> bytes:
    """Return a workbook with a sheet for each table, made at a moment. Raises TooManyRowsError."""
    from openpyxl import Workbook

    book, made, taken = Workbook(write_only=True), io.BytesIO(), set[str]()
    book.properties.creator = "Yucai"
    book.properties.created = book.properties.modified = at.replace(tzinfo=None)
    for table in tables:
        if len(table.rows) > MOST_ROWS:
            raise TooManyRowsError(file=table.name, rows=len(table.rows) + 1)
        _sheet(book.create_sheet(_sheet_name(table.name, taken)), table)
    book.save(made)
    return made.getvalue()


def _sheet_name(name: str, taken: set[str]) -> str:
    """Return a name that a sheet may bear and no other sheet bears."""
    plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", name).strip(" '") or "1"
    found, number = _shortened(plain), 1
    while found.casefold() in taken:
        number += 1
        more = f" {number}"
        found = plain[: MOST_NAME - len(more)] + more
    taken.add(found.casefold())
    return found


def _shortened(name: str) -> str:
    """Return a name that a sheet has room for: a longer one is cut after a word, and says so."""
    if len(name) <= MOST_NAME:
        return name
    room = name[: MOST_NAME - 1]
    end = room.rfind(" ")
    return (room[:end] if end > MOST_NAME // 2 else room).rstrip(" ,") + "…"


def _sheet(page: Any, table: WorkbookTable) -> None:
    from openpyxl.utils import get_column_letter

    page.freeze_panes = "B2" if len(table.columns) > 2 else "A2"
    page.print_title_rows = "1:1"
    page.page_setup.orientation, page.page_setup.fitToHeight = "landscape", 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    for place, width in enumerate(_widths(table), start=1):
        page.column_dimensions[get_column_letter(place)].width = width
    page.append([_head(page, column) for column in table.columns])
    for row in table.rows:
        page.append([_cell(page, value, column) for value, column in zip(row, table.columns, strict=True)])
    if table.columns and table.rows:
        page.auto_filter.ref = f"A1:{get_column_letter(len(table.columns))}{len(table.rows) + 1}"


def _head(page: Any, column: WorkbookColumn) -> Any:
    from openpyxl.styles import Alignment, Font, PatternFill

    cell = typed_cell(page, column.title)
    cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor=HEAD_COLOUR)
    cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="right" if column.kind.is_number else None)
    return cell


def _cell(page: Any, value: Any, column: WorkbookColumn) -> Any:
    """Return a cell as its column wants it; a text where a number or a day belongs says why there is none."""
    from openpyxl.styles import Alignment, Font

    if value is None or value == "":
        return None
    if column.kind is CellKind.TEXT:
        cell = typed_cell(page, str(value))
        cell.alignment = Alignment(vertical="top", wrap_text=_width(str(value)) > WIDEST)
        return cell
    cell = typed_cell(page, value, style=_format(column))
    if isinstance(value, str):
        cell.font = Font(italic=True, color=QUIET_COLOUR)
        cell.alignment = Alignment(horizontal="right" if column.kind.is_number else None, vertical="top")
    else:
        cell.alignment = Alignment(vertical="top")
    return cell


def _format(column: WorkbookColumn) -> str:
    point = "." + "0" * column.places if column.places else ""
    return {
        CellKind.WHOLE: "#,##0",
        CellKind.DECIMAL: f"0{point}",
        CellKind.PERCENT: f"0{point}%",
        CellKind.DAY: "yyyy-mm-dd",
        CellKind.TIME: "yyyy-mm-dd hh:mm",
    }[column.kind]


def _widths(table: WorkbookTable) -> list[float]:
    """Return how wide each column is, in characters: as its widest cell among the first rows, within limits."""
    widths = []
    for place, column in enumerate(table.columns):
        shown = [_shown(row[place], column) for row in table.rows[:MEASURED]]
        widest = max(map(_width, shown), default=0)
        head = _width(column.title)
        widths.append(float(min(WIDEST, max(NARROWEST, widest, min(head, 24)) + 3)))
    return widths


def _shown(value: Any, column: WorkbookColumn) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return "0000-00-00 00:00"
    if isinstance(value, date):
        return "0000-00-00"
    if isinstance(value, float) and column.kind is not CellKind.TEXT:
        return f"{value:.{column.places}f}"
    return str(value)


def _width(text: str) -> int:
    """Return how wide a text is, in Latin characters, by its widest line: a Chinese character takes two."""
    return max((sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line) for line in text.splitlines()),
               default=0)  # fmt: skip
