"""Looks at a workbook before it is opened: sizes, far cells, formulas never calculated, colours, hidden rows.

The readers of cells (calamine) do not tell these things. No part of the file is held whole: each is looked at in
pieces, and what a piece says of its size is checked against what really comes out of it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from yucai.errors import Fault
from yucai.evidence.refusals import FileTooLargeError, FileUnreadableError, megabytes_up
from yucai.texts import Text

__all__ = ["MOST_CELLS", "check_workbook", "refuse_wide"]

MOST_CELLS: Final = 30_000_000  # of the rectangle that a sheet spans, filled or not
MOST_ENTRIES: Final = 5_000
PIECE: Final = 1 << 20
OVERLAP: Final = 1 << 14  # more than the longest formula (8,192 characters), so none is cut in two
UNBOUNDED: Final = 1 << 62
USUAL_PLACE: Final = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"')
USUAL_ROW: Final = re.compile(rb'<row r="([0-9]{1,7})"')
PLACE: Final = re.compile(rb"""<(?:\w+:)?c\b[^<>]*?\br\s*=\s*["']([A-Za-z]{1,3})([0-9]{1,7})["']""")
ROW: Final = re.compile(rb"<(?:\w+:)?row\b")
ROW_PLACE: Final = re.compile(rb"""<(?:\w+:)?row\b[^<>]*?\br\s*=\s*["']([0-9]{1,7})["']""")
CELL: Final = re.compile(rb"<(?:\w+:)?c[\s/>]")
EMPTY_FORMULA: Final = re.compile(
    rb'<c\b[^<>]*?\br="([A-Z]{1,3}[0-9]{1,7})"[^<>]*>\s*<f\b[^<>]*?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>'
)
ERROR_CELL: Final = re.compile(rb'<c\b[^<>]*?\br="([A-Z]{1,3}[0-9]{1,7})"[^<>]*?\bt="e"')
STYLED: Final = re.compile(rb'<c\b[^<>]*?\br="([A-Z]{1,3}[0-9]{1,7})"[^<>]*?\bs="([0-9]{1,6})"')
HIDDEN_ROW: Final = re.compile(rb"<row\b[^<>]*?\bhidden=\"(?:1|true)\"")
ONE_STYLE: Final = re.compile(rb"<xf\b([^<>]*)")
RED: Final = re.compile(rb'<color\b[^<>]*rgb="[0-9A-F]{2}(?!000000)', re.I)
SPANS: Final = Text(
    "a cell far off stretches a sheet to {rows:,} rows and {columns:,} columns; delete it",
    "有单元格远离数据，使工作表达 {rows:,} 行、{columns:,} 列，请删除",
)
MANY_PARTS: Final = Text("it is made of {n:,} parts, far more than any workbook", "由 {n:,} 个部分组成，远超正常工作簿")
NO_VALUE: Final = Text(
    "{n} formulas hold no calculated value (first: {cell}); these cells read as empty. "
    "Open the file in Excel or WPS, save it, and import it again.",
    "有 {n} 个公式没有保存计算结果（首见 {cell}），这些单元格按空值读取。请用 Excel 或 WPS 打开并保存后再导入。",
)
ERRORS: Final = Text(
    "{n} cells hold an error such as #N/A (first: {cell}); they read as empty.",
    "有 {n} 个单元格是 #N/A 之类的错误值（首见 {cell}），按空值读取。",
)
COLOURED: Final = Text(
    "{n} cells are coloured (first: {cell}). Colour is not read: if it means something, add a column that says so.",
    "有 {n} 个单元格标了颜色（首见 {cell}）。颜色不会被读取：如有含义，请另加一列写明。",
)
HIDDEN_ROWS: Final = Text(
    "{n} rows are hidden or filtered out; they were read like the others.",
    "有 {n} 行被隐藏或筛选掉，已与其他行一样读取。",
)


@dataclass(slots=True)
class _Seen:
    """What the pieces of one sheet showed."""

    rows: int = 0
    columns: int = 0
    counted_rows: int = 0
    cells_in_row: int = 0  # of the last row so far, which may go on in the next piece
    first: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def note(self, what: str, cell: bytes) -> None:
        self.counts[what] += 1
        self.first.setdefault(what, cell.decode())


def check_workbook(name: str, content: bytes, *, most: int) -> tuple[Fault, ...]:
    """Return what readers of a workbook should know; refuse one that unpacks to more than ``most`` bytes.

    Every part is unpacked piece by piece, because the sizes that the file itself gives may be wrong, and looked
    through, because any part may be a sheet. Raises FileTooLargeError or FileUnreadableError; BadZipFile where a part
    is not what its entry says.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        if len(entries) > MOST_ENTRIES:
            raise FileUnreadableError(file=name, reason=_spoken(MANY_PARTS, n=len(entries)))
        _refuse_large(name, sum(entry.file_size for entry in entries), most)
        coloured = _coloured_styles(archive)
        notices: list[Fault] = []
        left = most
        for entry in entries:
            entry.file_size = UNBOUNDED  # read to the end of what is packed, not to where the file says that it ends
            seen, size = _look_through(archive, entry, coloured, left)
            left -= size
            if left < 0:
                _refuse_large(name, most - left, most)
            if seen.rows * seen.columns > MOST_CELLS:
                refuse_wide(name, rows=seen.rows, columns=seen.columns)
            notices += _told(seen)
    return tuple(notices)


def _refuse_large(name: str, size: int, most: int) -> None:
    if size > most:
        raise FileTooLargeError(file=name, megabytes=megabytes_up(size), limit=most // 1_000_000)


def refuse_wide(name: str, *, rows: int, columns: int) -> None:
    """Refuse a sheet whose rectangle no memory should hold."""
    raise FileUnreadableError(file=name, reason=_spoken(SPANS, rows=rows, columns=columns))


def _spoken(said: Text, **facts: object) -> Text:
    return Text(said.in_language("en", **facts), said.in_language("zh", **facts))


def _look_through(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, coloured: frozenset[bytes], most: int
) -> tuple[_Seen, int]:
    """Unpack one part piece by piece, to at most a little over ``most`` bytes; return what it showed and its size."""
    seen, size = _Seen(), 0
    with archive.open(entry) as part:
        rest = b""
        while size <= most and (piece := part.read(PIECE)):
            size += len(piece)
            whole = rest + piece
            last = whole.rfind(b"<")  # what may go on in the next piece is looked at there
            cell = max(whole.rfind(b"<c "), whole.rfind(b"<c>"))
            end = cell if cell > 0 and len(whole) - cell < OVERLAP else last if last > 0 else len(whole)
            _look_at(whole[:end], coloured, seen)
            rest = whole[end:]
            if len(rest) > OVERLAP:
                rest = rest[:256] + rest[-OVERLAP:]
        _look_at(rest, coloured, seen)
    return seen, size


def _look_at(piece: bytes, coloured: frozenset[bytes], seen: _Seen) -> None:
    places, rows = USUAL_PLACE.findall(piece), USUAL_ROW.findall(piece)
    usual = len(places) == piece.count(b"<c") and len(rows) == piece.count(b"<row")
    if not usual or b":c" in piece or b":row" in piece:
        places, rows = PLACE.findall(piece), ROW_PLACE.findall(piece)
        _count_unplaced(piece, seen)
    elif rows:
        seen.counted_rows += len(rows)
        seen.cells_in_row = 0
    letters, numbers = {letter for letter, _ in places}, {number for _, number in places}
    seen.columns = max([seen.columns, *map(_column_number, letters)])
    seen.rows = max([seen.rows, seen.counted_rows, *map(int, numbers), *map(int, rows)])
    if b"<f" in piece:
        for cell in EMPTY_FORMULA.findall(piece):
            seen.note("no-value", cell)
    if b't="e"' in piece:
        for cell in ERROR_CELL.findall(piece):
            seen.note("errors", cell)
    if coloured:
        for cell, style in STYLED.findall(piece):
            if style in coloured:
                seen.note("coloured", cell)
    seen.counts["hidden-rows"] += len(HIDDEN_ROW.findall(piece))


def _count_unplaced(piece: bytes, seen: _Seen) -> None:
    """Rows and cells without a place of their own stand after the one before, and are counted."""
    first, *others = ROW.split(piece)
    seen.cells_in_row += len(CELL.findall(first))
    seen.columns = max(seen.columns, seen.cells_in_row)
    for row in others:
        seen.cells_in_row = len(CELL.findall(row))
        seen.columns = max(seen.columns, seen.cells_in_row)
    seen.counted_rows += len(others)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number


def _told(seen: _Seen) -> list[Fault]:
    says = {"no-value": NO_VALUE, "errors": ERRORS, "coloured": COLOURED}
    told = [
        Fault(code=code, says=text, facts={"n": seen.counts[code], "cell": seen.first[code]})
        for code, text in says.items()
        if seen.counts[code] and not (code == "coloured" and _everywhere(seen))
    ]
    if hidden := seen.counts["hidden-rows"]:
        told.append(Fault(code="hidden-rows", says=HIDDEN_ROWS, facts={"n": hidden}))
    return told


def _everywhere(seen: _Seen) -> bool:
    """Where more than half of a sheet is coloured, or one row of it (a header), colour is decoration."""
    return seen.counts["coloured"] * 2 > seen.rows * seen.columns


def _coloured_styles(archive: zipfile.ZipFile) -> frozenset[bytes]:
    """Return the numbers of the cell styles with a fill of their own or a font in colour."""
    if "xl/styles.xml" not in archive.namelist():
        return frozenset()
    with archive.open("xl/styles.xml") as part:
        styles = part.read(PIECE * 8)
    painted = {n for n, fill in enumerate(_entries(styles, b"fills", b"fill")) if b'patternType="solid"' in fill}
    red = {n for n, font in enumerate(_entries(styles, b"fonts", b"font")) if RED.search(font)}
    found = set()
    for n, style in enumerate(ONE_STYLE.findall(_block(styles, b"cellXfs"))):
        fill, font = (re.search(rb'\b%sId="(\d{1,6})"' % what, style) for what in (b"fill", b"font"))
        if (fill and int(fill[1]) in painted) or (font and int(font[1]) in red):
            found.add(b"%d" % n)
    return frozenset(found)


def _block(styles: bytes, group: bytes) -> bytes:
    start = styles.find(b"<" + group)
    end = styles.find(b"</" + group + b">", start)
    return styles[start:end] if start >= 0 and end >= 0 else b""


def _entries(styles: bytes, group: bytes, one: bytes) -> list[bytes]:
    """Return what stands between one entry's beginning and the next: no search goes over the same bytes twice."""
    return re.split(rb"<%s\b" % one, _block(styles, group))[1:]
