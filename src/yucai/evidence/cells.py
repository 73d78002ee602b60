"""Cells of a workbook: each with its type, and no text that anything computes."""

from __future__ import annotations

import re
from datetime import date, datetime
from math import isfinite
from typing import Any, Final

from yucai.evidence.vocabulary import harmless

__all__ = ["MOST_CHARACTERS", "cell_text", "typed_cell"]

NOT_IN_XLSX: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
LOOKS_ESCAPED: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
MOST_CHARACTERS: Final = 32_767  # of one cell
FIRST_YEAR: Final = 1901  # the calendar of spreadsheets errs before March 1900
MOST_DIGITS: Final = 10**15  # a spreadsheet keeps fifteen digits of a number


def cell_text(text: str) -> str:
    """Return a text as a cell may hold it: without characters that no workbook can hold, and not too long for one."""
    kept = NOT_IN_XLSX.sub("", text)
    return kept if len(kept) <= MOST_CHARACTERS else f"{kept[: MOST_CHARACTERS - 1]}…"


def typed_cell(page: Any, value: Any, *, style: Any = None) -> Any:
    """Return a value as a cell of a sheet that is written row by row: numbers and days typed, text as text.

    Text is marked, so that editing it does not change that. What a sheet cannot hold as a number or a day stands as
    text. ``style`` is the format of a number or a day.
    """
    from openpyxl.cell import WriteOnlyCell

    plain = _held(value)
    if not isinstance(plain, str):
        if style is None or plain is None:
            return plain
        cell = WriteOnlyCell(page, value=plain)
        cell.number_format = style
        return cell
    text = cell_text(plain)
    cell = WriteOnlyCell(page, value="")
    cell.value = LOOKS_ESCAPED.sub("_x005F_", text).replace("\r", "_x000D_")
    cell.data_type = "s"
    if harmless(text) != text:
        cell.quotePrefix = True
    return cell


def _held(value: Any) -> Any:
    """Return a value as a sheet holds it: a moment by the clock it is given in, what it cannot hold as text."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, datetime):
        return value.replace(tzinfo=None) if value.year >= FIRST_YEAR else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value if value.year >= FIRST_YEAR else value.isoformat()
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    if isinstance(value, int) and abs(value) >= MOST_DIGITS:
        return str(value)
    return value
