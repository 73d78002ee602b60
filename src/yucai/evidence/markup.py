"""Tables in HTML and in XML Spreadsheet 2003, both of which offices get under the name .xls.

XML is parsed by expat, a page by libxml2 (lxml) as it comes; nothing is fetched and no tree is built. In XML a document
type with entities is refused before it can expand. Cells are counted as they come: a span or an index may claim far
more than a file holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Final
from xml.parsers import expat

from lxml import etree

__all__ = ["MarkupTable", "html_tables", "xml_tables"]

BLOCKS: Final = frozenset({"br", "p", "div", "li"})
SILENT: Final = frozenset({"script", "style", "head", "title"})
MOST_SPAN: Final = 1_000
SPAN: Final = re.compile(r"\s*(\d{1,6})")
PIECE: Final = 1 << 16  # characters given to the parser at once
NOT_IN_A_PAGE: Final = {0: " ", **dict.fromkeys(range(0xD800, 0xE000), "\ufffd")}
MOST_COLUMNS: Final = 16_384
MOST_ROWS: Final = 1_048_576
MOST_DEPTH: Final = 64
MOST_CELLS: Final = 30_000_000  # of all tables of a file together, empty ones included
NAMESPACE: Final = "urn:schemas-microsoft-com:office:spreadsheet"


class Room:
    """How many cells the tables of one file may still have."""

    def __init__(self) -> None:
        self.left = MOST_CELLS

    def take(self, cells: int) -> None:
        """Take room for so many cells; ValueError where none is left."""
        self.left -= cells
        if self.left < 0:
            raise ValueError("more cells than memory should hold")


@dataclass(slots=True)
class MarkupTable:
    """One table: its rows of text, and the rectangles (first row, column, last row, column) that were merged."""

    name: str = ""
    number: int = 1
    rows: list[list[str]] = field(default_factory=list)
    kinds: list[dict[int, str]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    room: Room = field(default_factory=Room)

    def put(self, row: int, column: int, text: str) -> None:
        """Set one cell; cells and rows before it that were not named are empty."""
        if column >= MOST_COLUMNS:
            raise ValueError("a table wider than any sheet")
        self.room.take(max(0, row + 1 - len(self.rows)))
        while len(self.rows) <= row:
            self.rows.append([])
            self.kinds.append({})
        cells = self.rows[row]
        missing = max(0, column + 1 - len(cells))
        self.room.take(missing)
        cells.extend([""] * missing)
        cells[column] = text


def html_tables(text: str) -> list[MarkupTable]:
    r"""Return the tables of a page, in the order in which they end; spans are kept as merged rectangles.

    >>> html_tables("<table><tr><th>学号<th>姓名<tr><td>01<td>张<br>三</table>")[0].rows
    [['学号', '姓名'], ['01', '张\n三']]
    """
    collector = _Collector()
    parser = etree.HTMLParser(target=collector, no_network=True, remove_comments=True, remove_pis=True)
    whole = f"<html>{_without_cdata(text).translate(NOT_IN_A_PAGE)}"
    for start in range(0, len(whole), PIECE):
        parser.feed(whole[start : start + PIECE])
    parser.close()
    if any(entry.level == etree.ErrorLevels.FATAL for entry in parser.error_log):
        raise ValueError("the page goes beyond what its parser reads")
    tables = [table for table in collector.done if table.rows]
    for number, table in enumerate(tables, 1):
        table.number = number
    return tables


def _without_cdata(text: str) -> str:
    """Return a page with its CDATA sections written as plain text: a page has none, files called pages have."""
    first, *sections = text.split("<![CDATA[")
    parts = [section.partition("]]>") for section in sections]
    return first + "".join(escape(inside, quote=False) + after for inside, _mark, after in parts)


class _Open:
    """One table that is being read: where the next cell goes, and the places that spans from above fill."""

    def __init__(self, room: Room) -> None:
        self.table = MarkupTable(room=room)
        self.row = -1
        self.column = 0
        self.taken: dict[int, int] = {}  # column -> last row that a rowspan covers
        self.parts: list[str] | None = None
        self.span = (1, 1)

    def begin_row(self) -> None:
        self.end_cell()
        self.row += 1
        self.column = 0

    def begin_cell(self, span: tuple[int, int]) -> None:
        self.end_cell()
        if self.row < 0:
            self.begin_row()
        while self.taken.get(self.column, -1) >= self.row:
            self.column += 1
        self.parts, self.span = [], span

    def end_cell(self) -> None:
        if self.parts is None:
            return
        text = "\n".join(" ".join(line.split(" ")).strip() for line in "".join(self.parts).split("\n"))
        down, across = self.span
        self.table.put(self.row, self.column, text.strip())
        if down > 1 or across > 1:
            self.table.merged.append((self.row, self.column, self.row + down - 1, self.column + across - 1))
        for column in range(self.column, self.column + across):
            self.taken[column] = self.row + down - 1
        self.column += across
        self.parts = None


class _Collector:
    """What the parser calls while it reads; text may come in pieces and counts when the next tag does."""

    def __init__(self) -> None:
        self.room = Room()
        self.open: list[_Open] = []
        self.done: list[MarkupTable] = []
        self.silent = 0
        self.pieces: list[str] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.end_text()
        if tag in SILENT:
            self.silent += 1
        elif tag == "table":
            if len(self.open) >= MOST_DEPTH:
                raise ValueError("tables nested too deeply")
            self.open.append(_Open(self.room))
        elif self.open and tag == "tr":
            self.open[-1].begin_row()
        elif self.open and tag in {"td", "th"}:
            self.open[-1].begin_cell((_span(attributes.get("rowspan")), _span(attributes.get("colspan"))))
        elif self.open and tag in BLOCKS and self.open[-1].parts:
            self.open[-1].parts.append("\n")

    def end(self, tag: str) -> None:
        self.end_text()
        if tag in SILENT:
            self.silent = max(0, self.silent - 1)
        elif self.open and tag in {"td", "th", "tr"}:
            self.open[-1].end_cell()
        elif self.open and tag == "table":
            self.end_table()

    def data(self, piece: str) -> None:
        self.pieces.append(piece)

    def close(self) -> None:
        self.end_text()
        while self.open:
            self.end_table()

    def end_text(self) -> None:
        said, self.pieces = "".join(self.pieces), []
        if said and self.open and self.open[-1].parts is not None and not self.silent:
            self.open[-1].parts.append(" ".join(said.split()) if said.strip() else " ")

    def end_table(self) -> None:
        ended = self.open.pop()
        ended.end_cell()
        self.done.append(ended.table)


def _span(said: str | None) -> int:
    found = SPAN.match(said or "")
    return min(max(int(found[1]), 1), MOST_SPAN) if found else 1


def xml_tables(text: str) -> list[MarkupTable]:
    """Return the sheets of an XML Spreadsheet 2003.

    Raises ValueError for a document type (it could hold entities that expand without end), ExpatError for damage.
    """
    builder = _SheetBuilder()
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
    parser.StartDoctypeDeclHandler = builder.refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.buffer_text = True
    body = text.encode("utf-8", "surrogatepass")
    for start in range(0, len(body), 1 << 20):
        parser.Parse(body[start : start + (1 << 20)], False)
    parser.Parse(b"", True)
    return builder.tables


class _SheetBuilder:
    def __init__(self) -> None:
        self.tables: list[MarkupTable] = []
        self.room = Room()
        self.row = self.column = self.after = -1
        self.depth = 0
        self.kind = ""
        self.parts: list[str] | None = None

    def refuse(self, *_declared: object) -> None:
        raise ValueError("a document type is not read")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise ValueError("elements nested too deeply")
        said = {name.rpartition(" ")[2]: value for name, value in attributes.items()}
        name = tag.removeprefix(f"{NAMESPACE} ")
        if name == "Worksheet":
            self.tables.append(MarkupTable(name=said.get("Name", ""), room=self.room))
            self.row = -1
        elif name == "Row" and self.tables:
            self.row = int(said["Index"]) - 1 if "Index" in said else self.row + 1
            self.column = -1
        elif name == "Cell" and self.row >= 0:
            self.column = int(said["Index"]) - 1 if "Index" in said else self.column + 1
            self._merge(int(said.get("MergeDown", 0)), int(said.get("MergeAcross", 0)))
        elif name == "Data" and self.column >= 0:
            self.kind, self.parts = said.get("Type", "String"), []

    def _merge(self, down: int, across: int) -> None:
        if down or across:
            place = (self.row, self.column, self.row + down, self.column + across)
            self.tables[-1].merged.append(place)
            self.after = place[3]
        else:
            self.after = self.column

    def end(self, tag: str) -> None:
        self.depth -= 1
        name = tag.removeprefix(f"{NAMESPACE} ")
        if name == "Data" and self.parts is not None:
            if self.row >= MOST_ROWS:
                raise ValueError("more rows than any sheet has")
            self.tables[-1].put(self.row, self.column, "".join(self.parts).strip())
            self.tables[-1].kinds[self.row][self.column] = self.kind
            self.parts = None
        elif name == "Cell" and self.row >= 0:
            self.column = self.after

    def text(self, data: str) -> None:
        if self.parts is not None:
            self.parts.append(data)
