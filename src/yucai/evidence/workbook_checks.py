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
from yucai.evidence.refusals import FileTooLargeError, FileUnreadableError
from yucai.texts import Text

__all__ = ["MOST_CELLS", "check_workbook", "refuse_wide"]

MOST_CELLS: Final = 30_000_000  # of the rectangle that a sheet spans, filled or not
MOST_UNPACKED: Final = 2_000_000_000
MOST_ENTRIES: Final = 5_000
PIECE: Final = 1 << 20
OVERLAP: Final = 1 << 14  # more than the longest formula (8,192 characters), so none is cut in two
PLACE: Final = re.compile(rb"<(?:\w+:)?c\b[^>]*?\br=[\"']([A-Z]{1,3})([0-9]{1,7})[\"']")
EMPTY_FORMULA: Final = re.compile(
    rb'<c\b[^>]*?\br="([A-Z]{1,3}[0-9]{1,7})"[^>]*>\s*<f\b[^>]*?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>'
)
ERROR_CELL: Final = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3}[0-9]{1,7})"[^>]*?\bt="e"')
STYLED: Final = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3}[0-9]{1,7})"[^>]*?\bs="([0-9]{1,6})"')
HIDDEN_ROW: Final = re.compile(rb"<row\b[^>]*?\bhidden=\"(?:1|true)\"")
ONE_STYLE: Final = re.compile(rb"<xf\b([^>]*)")
SPANS: Final = Text(
    "a cell far off stretches a sheet to {rows:,} rows and {columns:,} columns; delete it",
    "有单元格远离数据，使工作表达 {rows:,} 行、{columns:,} 列，请删除",
)
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
    first: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def note(self, what: str, cell: bytes) -> None:
        self.counts[what] += 1
        self.first.setdefault(what, cell.decode())


def check_workbook(name: str, content: bytes) -> tuple[Fault, ...]:
    """Return what readers of a workbook should know; refuse one that unpacks to more than memory should hold.

    Raises FileTooLargeError or FileUnreadableError; BadZipFile where a part is not what its entry says.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        unpacked = sum(entry.file_size for entry in entries)
        if unpacked > MOST_UNPACKED or len(entries) > MOST_ENTRIES:
            raise FileTooLargeError(file=name, megabytes=unpacked // 1_000_000, limit=MOST_UNPACKED // 1_000_000)
        coloured = _coloured_styles(archive)
        notices: list[Fault] = []
        for entry in entries:
            seen = _look_through(archive, entry, coloured)
            if seen.rows * seen.columns > MOST_CELLS:
                refuse_wide(name, rows=seen.rows, columns=seen.columns)
            notices += _told(seen)
    return tuple(notices)


def refuse_wide(name: str, *, rows: int, columns: int) -> None:
    """Refuse a sheet whose rectangle no memory should hold."""
    facts = {"rows": rows, "columns": columns}
    reason = Text(SPANS.in_language("en", **facts), SPANS.in_language("zh", **facts))
    raise FileUnreadableError(file=name, reason=reason)


def _look_through(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, coloured: frozenset[bytes]) -> _Seen:
    """Unpack one part piece by piece: zipfile raises when more comes out, or other, than its entry says."""
    seen = _Seen()
    is_sheet = "worksheets/" in entry.filename.lower() and entry.filename.lower().endswith(".xml")
    with archive.open(entry) as part:
        rest = b""
        while piece := part.read(PIECE):
            if is_sheet:
                whole = rest + piece
                last = whole.rfind(b"<c ")  # the last cell may go on in the next piece, and is looked at there
                end = last if last > 0 else len(whole)
                _look_at(whole[:end], coloured, seen)
                rest = whole[end:]
                if len(rest) > OVERLAP:
                    rest = rest[:256] + rest[-OVERLAP:]
        if is_sheet:
            _look_at(rest, coloured, seen)
    return seen


def _look_at(piece: bytes, coloured: frozenset[bytes], seen: _Seen) -> None:
    for letters, row in PLACE.findall(piece):
        number = int(row)
        if number > seen.rows:
            seen.rows = number
        if len(letters) > 1 or letters > b"A":
            seen.columns = max(seen.columns, _column_number(letters))
    seen.columns = max(seen.columns, 1)
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


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
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
    fills = _entries(styles, b"fills", b"fill")
    fonts = _entries(styles, b"fonts", b"font")
    painted = {n for n, fill in enumerate(fills) if b'patternType="solid"' in fill}
    red = {n for n, font in enumerate(fonts) if re.search(rb'<color\b[^>]*rgb="[0-9A-F]{2}(?!000000)', font, re.I)}
    block = re.search(rb"<cellXfs\b.*?</cellXfs>", styles, re.S)
    found = set()
    for n, style in enumerate(ONE_STYLE.findall(block[0] if block else b"")):
        fill, font = (re.search(rb'\b%sId="(\d+)"' % what, style) for what in (b"fill", b"font"))
        if (fill and int(fill[1]) in painted) or (font and int(font[1]) in red):
            found.add(b"%d" % n)
    return frozenset(found)


def _entries(styles: bytes, group: bytes, one: bytes) -> list[bytes]:
    block = re.search(rb"<%s\b.*?</%s>" % (group, group), styles, re.S)
    return re.findall(rb"<%s\b[^>]*?/>|<%s\b.*?</%s>" % (one, one, one), block[0] if block else b"", re.S)
