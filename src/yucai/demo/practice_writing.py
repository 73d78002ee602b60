"""How an office's programs write a table: a workbook, a web page called .xls, or text in an old encoding."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["Sheet", "html_bytes", "text_bytes", "xlsx_bytes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table as an office prints it: a title above, titles of columns (pairs: two rows, merged), rows, a foot."""

    title: str
    titles: tuple[Any, ...]
    rows: tuple[tuple[Any, ...], ...]
    foot: tuple[tuple[str, ...], ...]

    def lines(self) -> list[list[str]]:
        """Return all cells as text, row by row, as a web page or a text file has them."""
        headed = [[self.title]] if self.title else []
        table = [[str(cell) for cell in row] for row in (self.titles, *self.rows)]
        return [*headed, *table, *[list(row) for row in self.foot]]


def xlsx_bytes(sheet: Sheet, *, hidden: str = "") -> bytes:
    """Return a workbook; ``hidden`` names a second sheet that is hidden."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font

    book = Workbook()
    book.properties.created = book.properties.modified = datetime(2026, 9, 10, 8, 30)  # noqa: DTZ001 (as Excel has it)
    page = book.worksheets[0]
    page.title = "Sheet1"
    if sheet.title:
        page.append([sheet.title])
        page.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(sheet.titles))
        page["A1"].font, page["A1"].alignment = Font(bold=True, size=14), Alignment(horizontal="center")
    _append_titles(page, sheet.titles)
    for row in (*sheet.rows, *sheet.foot):
        page.append(list(row))
    if hidden:
        aside = book.create_sheet(hidden)
        aside.append(["合计", len(sheet.rows)])
        aside.sheet_state = "hidden"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _append_titles(page: Worksheet, titles: tuple[Any, ...]) -> None:
    if isinstance(titles[0], str):
        page.append(list(titles))
        return
    page.append([upper for upper, _lower in titles])
    page.append([lower or None for _upper, lower in titles])
    first = page.max_row - 1
    for column, (upper, lower) in enumerate(titles, start=1):
        if not lower:
            page.merge_cells(start_row=first, end_row=first + 1, start_column=column, end_column=column)
        elif column == 1 or titles[column - 2][0] != upper:
            last = column + sum(one[0] == upper == two[0] for one, two in pairwise(titles[column - 1 :]))
            page.merge_cells(start_row=first, end_row=first, start_column=column, end_column=last)


def html_bytes(sheet: Sheet) -> bytes:
    """Return the web page that many registrars' systems offer as an Excel file."""
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in sheet.lines())
    head = '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="utf-8"></head>'
    return f"{head}<body><table border=1>\n{body}</table></body></html>".encode()


def text_bytes(sheet: Sheet, *, between: str, encoding: str) -> bytes:
    """Return text with one line a row, in an encoding of Python's name."""
    written = io.StringIO()
    csv.writer(written, delimiter=between, lineterminator="\r\n").writerows(sheet.lines())
    return written.getvalue().encode(encoding)
