"""From a file of any kind to plain rows of cells: what kind it really is, and what stands where."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from yucai.errors import YucaiError
from yucai.evidence.refusals import (
    EmptyFileError,
    FileMissingError,
    FileTooLargeError,
    FileUnreadableError,
    ProtectedFileError,
    UndecodableFileError,
    WrongKindError,
)
from yucai.texts import Text

__all__ = ["MOST_BYTES", "Grid", "plain", "read_grids"]

MOST_BYTES: Final = 1_000_000_000
MOST_CELLS: Final = 100_000_000  # of the rectangle that a sheet spans, filled or not
HEADER_WITHIN: Final = 30
CELL_PLACE: Final = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
CHUNK: Final = 1 << 20
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
KINDS: Final = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".xlsx": "xlsx", ".parquet": "parquet"}
FOUND: Final = {
    "html": Text("a web page (HTML)", "网页（HTML）"),
    "xml": Text("XML", "XML"),
    "csv": Text("plain text", "纯文本"),
    "xlsx": Text("an Excel workbook", "Excel 工作簿"),
    "parquet": Text("a Parquet file", "Parquet 文件"),
    "zip": Text("a zip archive that is no workbook", "并非工作簿的 zip 压缩包"),
    "binary": Text("binary data", "二进制数据"),
}
DAMAGED: Final = Text("its content is damaged", "内容已损坏")
QUOTES: Final = Text("its quotation marks do not match", "引号不配对")
NOT_OPENED: Final = {
    errno.EACCES: Text("no permission", "没有读取权限"),
    errno.EPERM: Text("no permission", "没有读取权限"),
    errno.EISDIR: Text("it is a folder", "这是文件夹"),
    errno.ENAMETOOLONG: Text("its name is too long", "文件名过长"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One sheet: its header and the rows below as columns of equal length; ``first_row`` is the row of the first."""

    sheet: str
    header: tuple[str, ...]
    columns: pl.DataFrame
    first_row: int
    kind: str
    encoding: str


def read_grids(path: Path, *, known: frozenset[str], limit: int = MOST_BYTES) -> tuple[str, tuple[Grid, ...]]:
    """Return a file's SHA-256 and its visible sheets, by content and not by suffix.

    ``known`` are header words, made ``plain``, by which the header row is found. Raises one of ``refusals``.
    """
    content = _content(path, limit)
    if not content.strip():
        raise EmptyFileError(file=path.name)
    kind = _kind(content)
    suffix = path.suffix.lower()
    if kind == "ole":
        raise ProtectedFileError(file=path.name)
    if kind not in ("csv", "xlsx", "parquet") or KINDS.get(suffix, kind) != kind:
        raise WrongKindError(file=path.name, suffix=suffix or "-", found=FOUND[kind])
    grids = {"csv": _text, "xlsx": _workbook, "parquet": _parquet}[kind](path.name, content, known, limit)
    filled = tuple(grid for grid in grids if grid.columns.height)
    if not filled:
        raise EmptyFileError(file=path.name)
    return hashlib.sha256(content).hexdigest(), filled


def plain(word: object) -> str:
    """Return a header word as it is compared: case, width and outer spaces do not matter."""
    return unicodedata.normalize("NFKC", str(word)).strip().lower()


def _content(path: Path, limit: int) -> bytes:
    try:
        size = path.stat().st_size
        if size > limit:
            raise FileTooLargeError(file=path.name, megabytes=size // 1_000_000, limit=limit // 1_000_000)
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, ValueError) as problem:  # ValueError: a name no file can have
        raise FileMissingError(file=path.name) from problem
    except OSError as problem:
        reason = NOT_OPENED.get(problem.errno or 0, problem.strerror or problem)
        raise FileUnreadableError(file=path.name, reason=reason) from problem


@contextmanager
def _decoding(name: str) -> Iterator[None]:
    """Whatever a decoder throws at damaged content, panics of native code included, becomes one plain sentence."""
    try:
        yield
    except (YucaiError, MemoryError):
        raise
    except Exception as problem:
        raise FileUnreadableError(file=name, reason=DAMAGED) from problem
    except BaseException as problem:
        if type(problem).__name__ != "PanicException":
            raise
        raise FileUnreadableError(file=name, reason=DAMAGED) from problem


def _kind(content: bytes) -> str:
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if content.startswith(OLE):
        return "ole"
    if content.startswith(b"PK\x03\x04"):
        return "xlsx" if b"xl/" in content and b"[Content_Types].xml" in content else "zip"
    if content.startswith(b"PAR1"):
        return "parquet"
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head")):
        return "html"
    if start.startswith(b"<?xml"):
        return "xml"
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    return "binary" if b"\x00" in content[:65536] and not wide else "csv"


def _text(name: str, content: bytes, known: frozenset[str], limit: int) -> Iterator[Grid]:
    said, encoding = _decoded(name, content)
    sample = "\n".join(said.splitlines()[:HEADER_WITHIN])
    delimiter = max(",\t;|", key=lambda mark: sample.count(mark))
    try:
        # strict: a quotation mark never closed would swallow the rows below it without a word
        rows = list(csv.reader(io.StringIO(said, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as problem:
        raise FileUnreadableError(file=name, reason=QUOTES) from problem
    yield _grid("", rows, known, kind="csv", encoding=encoding)


def _decoded(name: str, content: bytes) -> tuple[str, str]:
    """A byte-order mark, else strict UTF-8, else GB18030: in this order a third of all UTF-8 is not taken for GBK."""
    marks = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    marked = [encoding for mark, encoding in marks.items() if content.startswith(mark)]
    for encoding in marked or ["utf-8", "gb18030"]:
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise UndecodableFileError(file=name)


def _workbook(name: str, content: bytes, known: frozenset[str], limit: int) -> Iterator[Grid]:
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    with _decoding(name):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > 4 * limit:
                raise FileTooLargeError(file=name, megabytes=unpacked // 1_000_000, limit=4 * limit // 1_000_000)
            _refuse_far_cells(name, archive)
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for about in book.sheets_metadata:
            if about.typ is SheetTypeEnum.WorkSheet and about.visible is SheetVisibleEnum.Visible:
                rows = book.get_sheet_by_name(about.name).to_python(skip_empty_area=False)
                yield _grid(about.name, rows, known, kind="xlsx", encoding="")


def _refuse_far_cells(name: str, archive: zipfile.ZipFile) -> None:
    """One stray cell at the far corner would make the reader fill a rectangle that no memory holds."""
    for entry in archive.infolist():
        if "worksheets/" not in entry.filename or not entry.filename.endswith(".xml"):
            continue
        columns = rows = 0
        with archive.open(entry) as sheet:
            rest = b""
            while chunk := sheet.read(CHUNK):
                for column, row in set(CELL_PLACE.findall(rest + chunk)):
                    columns, rows = max(columns, _column_number(column)), max(rows, int(row))
                rest = chunk[-16:]
        if columns * rows > MOST_CELLS:
            span = Text(
                f"a cell far off stretches a sheet to {rows:,} rows and {columns:,} columns; delete it",
                f"有单元格远离数据，使工作表达 {rows:,} 行、{columns:,} 列，请删除",
            )
            raise FileUnreadableError(file=name, reason=span)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _parquet(name: str, content: bytes, known: frozenset[str], limit: int) -> Iterator[Grid]:
    """Read by PyArrow: on damaged files it raises, where the reader of Polars may end the process."""
    import pyarrow.parquet as pq

    with _decoding(name):
        read = pq.read_table(io.BytesIO(content), page_checksum_verification=True)
        read.validate(full=True)
        table = pl.DataFrame(pl.from_arrow(read))
    yield Grid(sheet="", header=tuple(table.columns), columns=table, first_row=1, kind="parquet", encoding="")


def _grid(sheet: str, rows: list[list[Any]], known: frozenset[str], *, kind: str, encoding: str) -> Grid:
    """The header is the row, of the first thirty, with most words that are known; rows above it are titles."""
    hits: list[int] = [sum(plain(cell) in known for cell in row) for row in rows[:HEADER_WITHIN]]
    filled = next((place for place, row in enumerate(rows) if any(_shown(cell) for cell in row)), 0)
    at = hits.index(max(hits)) if any(hits) else filled
    header = tuple(_shown(cell) for cell in rows[at]) if rows else ()
    body = rows[at + 1 :]
    width = len(header)
    cells = {
        f"{i}": pl.Series([_shown(row[i]) if i < len(row) else "" for row in body], dtype=pl.String)
        for i in range(width)
    }
    return Grid(sheet=sheet, header=header, columns=pl.DataFrame(cells), first_row=at + 2, kind=kind, encoding=encoding)


def _shown(cell: object) -> str:
    """Return a cell as it reads: whole numbers without a point, dates as ISO."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    return str(cell).strip()
