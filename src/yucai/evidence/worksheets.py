"""The worksheets of a workbook as calamine reads them; run as a program, those of a workbook of Excel 97-2003.

The native reader believes what such a workbook says of itself: a few changed bytes make it ask for a hundred gigabytes,
which ends the process. So it is asked in a process of its own, with bounded memory and time, whose end harms nobody.
"""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

__all__ = ["Worksheet", "old_worksheets", "worksheets"]

MOST_MEMORY: Final = 3 << 30
MOST_SECONDS: Final = 120
SECTOR: Final = 4096  # of a compound file, at most ([MS-CFB] 2.2)
LOCKED: Final = 3  # the exit code for a password


class Worksheet(NamedTuple):
    """One worksheet: its name, rows of values, merged rectangles, and the rectangle that it spans."""

    name: str
    rows: Any
    merged: Sequence[tuple[int, int, int, int]]
    hidden: bool
    height: int
    width: int


def worksheets(content: bytes) -> Iterator[Worksheet]:
    """Yield the worksheets of a workbook, hidden ones included. Raises what calamine raises."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
        for about in book.sheets_metadata:
            if about.typ is not SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_name(about.name)
            before = [""] * (sheet.start[1] if sheet.start else 0)
            rows = (before + row for row in sheet.iter_rows()) if before else sheet.iter_rows()
            merged = [(*first, *last) for first, last in sheet.merged_cell_ranges or ()]
            hidden = about.visible is not SheetVisibleEnum.Visible
            yield Worksheet(about.name, rows, merged, hidden, sheet.total_height, sheet.total_width)


def old_worksheets(content: bytes) -> list[Worksheet]:
    """Return the worksheets of a workbook of Excel 97-2003, read in a process of its own.

    Raises PasswordError of calamine, and OSError where that process fell or took too long.
    """
    from python_calamine import PasswordError

    whole = content.ljust(-(-len(content) // SECTOR) * SECTOR, b"\0")  # a last sector cut off is no reason to give up
    command = [sys.executable, "-P", str(Path(__file__))]
    try:
        ran = subprocess.run(command, input=whole, capture_output=True, timeout=MOST_SECONDS)
    except subprocess.TimeoutExpired as late:
        raise OSError("the workbook was not read within its time") from late
    if ran.returncode == LOCKED:
        raise PasswordError
    if ran.returncode:
        raise OSError("the reader of old workbooks ended")
    sheets: list[Worksheet] = [Worksheet(*fields) for fields in pickle.loads(ran.stdout)]  # noqa: S301 - our own child
    return sheets


def _main() -> int:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    except ImportError:  # no such limit on this system: the time is bounded all the same
        pass
    from python_calamine import PasswordError

    try:
        sheets = [
            (*sheet[:1], list(map(_trimmed, sheet.rows)), *sheet[2:]) for sheet in worksheets(sys.stdin.buffer.read())
        ]
    except PasswordError:
        return LOCKED
    pickle.dump(sheets, sys.stdout.buffer)
    return 0


def _trimmed(row: list[Any]) -> list[Any]:
    """Return a row without empty cells at its end: a sheet may span far more than it holds."""
    width = len(row)
    while width and row[width - 1] == "":
        width -= 1
    return row[:width]


if __name__ == "__main__":
    sys.exit(_main())
