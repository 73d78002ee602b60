"""A workbook before it is opened: what it unpacks to, and the rectangle that its sheets would fill in memory."""

from __future__ import annotations

import io
import re
import zipfile
from typing import IO, Final

from yucai.evidence.refusals import FileTooLargeError, FileUnreadableError, megabytes_up
from yucai.texts import Text

__all__ = ["MOST_CELLS", "refuse_oversized"]

MOST_CELLS: Final = 100_000_000  # of the rectangle that a sheet spans, filled or not
CHUNK: Final = 1 << 20
OVERLAP: Final = 64  # longer than any mark looked for, so that none is lost between two chunks
UNBOUNDED: Final = 1 << 62
PLACE: Final = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,3})([0-9]{1,7})["']""")
ROW: Final = re.compile(rb"<(?:\w+:)?row\b")
CELL: Final = re.compile(rb"<(?:\w+:)?c[\s/>]")


def refuse_oversized(name: str, content: bytes, limit: int) -> None:
    """Raise FileTooLargeError or FileUnreadableError for a workbook that no memory would hold once it is opened.

    Every part is unpacked, piece by piece and kept nowhere, because the sizes that the file itself gives may be wrong;
    and every part is looked through, because any part may be a sheet.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        _refuse_large(name, sum(entry.file_size for entry in entries), limit)
        unpacked = 0
        for entry in entries:
            entry.file_size = UNBOUNDED  # read to the end of what is packed, not to where the file says that it ends
            with archive.open(entry) as part:
                unpacked += _refuse_far_cells(name, part, limit - unpacked)
        _refuse_large(name, unpacked, limit)


def _refuse_large(name: str, size: int, limit: int) -> None:
    if size > limit:
        raise FileTooLargeError(file=name, megabytes=megabytes_up(size), limit=limit // 1_000_000)


def _refuse_far_cells(name: str, part: IO[bytes], most: int) -> int:
    """Return the size of a part. One stray cell at the far corner would make the reader fill a huge rectangle."""
    size = columns = rows = counted = width = 0
    rest = b""
    while size <= most and (chunk := part.read(CHUNK)):
        size += len(chunk)
        seen = rest + chunk
        for letters, row in set(PLACE.findall(seen)):
            columns, rows = max(columns, _column_number(letters)), max(rows, int(row))
        first, *others = ROW.split(seen)  # rows and cells without a place of their own stand after the one before
        width, counted = width + len(CELL.findall(first)), counted + len(others)
        for row_of_cells in others:
            columns, width = max(columns, width), len(CELL.findall(row_of_cells))
        columns, rows = max(columns, width), max(rows, counted)
        rest = chunk[-OVERLAP:]
    if columns * rows > MOST_CELLS:
        span = Text(
            f"a cell far off stretches a sheet to {rows:,} rows and {columns:,} columns; delete it",
            f"有单元格远离数据，使工作表达 {rows:,} 行、{columns:,} 列，请删除",
        )
        raise FileUnreadableError(file=name, reason=span)
    return size


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number
