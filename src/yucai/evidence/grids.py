"""From a file of any kind to plain rows of cells: what kind it really is, and what stands where."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import stat
import unicodedata
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
    megabytes_up,
)
from yucai.evidence.workbooks import refuse_oversized
from yucai.texts import Text

__all__ = ["MOST_BYTES", "Grid", "plain", "read_grids", "shown_figure"]

MOST_BYTES: Final = 1_000_000_000
UNPACKED: Final = 4  # a file may unpack to so many times the limit of its size
VALUE_BYTES: Final = 8
HEADER_WITHIN: Final = 30
SEPARATORS: Final = ",\t;|"
LARGEST_FIGURE: Final = 1e15  # above, a spreadsheet has lost the last digits of a whole number
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
NO_FILE: Final = Text("it is a device or a pipe, not a file", "这是设备或管道，不是文件")
DAMAGED: Final = Text("its content is damaged", "内容已损坏")
QUOTES: Final = Text("its quotation marks do not match", "引号不配对")
NOT_OPENED: Final = {
    errno.EACCES: Text("no permission", "没有读取权限"),
    errno.EPERM: Text("no permission", "没有读取权限"),
    errno.EISDIR: Text("it is a folder", "这是文件夹"),
    errno.ENAMETOOLONG: Text("its name is too long", "文件名过长"),
    errno.ELOOP: Text("it is a link that leads to itself", "该链接指向自身"),
    errno.EIO: Text("the disk reports a fault", "磁盘报告故障"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One sheet: its header and the rows below as columns of equal length; ``first_row`` is the row of the first.

    ``shifted`` are the rows, counted from the first, that have more cells than the header: which cell belongs under
    which title is not known.
    """

    sheet: str
    header: tuple[str, ...]
    columns: pl.DataFrame
    first_row: int
    kind: str
    encoding: str
    shifted: frozenset[int] = frozenset()


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
        about = path.stat()
        if about.st_size > limit:
            raise FileTooLargeError(file=path.name, megabytes=megabytes_up(about.st_size), limit=limit // 1_000_000)
        if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):  # it might never end
            raise FileUnreadableError(file=path.name, reason=NO_FILE)
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, ValueError) as problem:  # ValueError: a name no file can have
        raise FileMissingError(file=path.name) from problem
    except OSError as problem:
        said = problem.strerror or str(problem)
        reason = NOT_OPENED.get(problem.errno or 0, Text(f"the system says: {said}", f"系统提示：{said}"))
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
    try:
        # strict: a quotation mark never closed would swallow the rows below it without a word
        rows = list(csv.reader(io.StringIO(said, newline=""), delimiter=_separator(said, known), strict=True))
    except csv.Error as problem:
        raise FileUnreadableError(file=name, reason=QUOTES) from problem
    yield _grid("", rows, known, kind="csv", encoding=encoding)


def _separator(said: str, known: frozenset[str]) -> str:
    """Return the mark that shows most titles that are known in one line; if none shows any, the commonest."""
    lines = said.splitlines()[:HEADER_WITHIN]

    def found(mark: str) -> tuple[int, int]:
        hits = (sum(plain(cell.strip('"')) in known for cell in line.split(mark)) for line in lines)
        return max(hits, default=0), sum(line.count(mark) for line in lines)

    return max(SEPARATORS, key=found)


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
        refuse_oversized(name, content, UNPACKED * limit)
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for about in book.sheets_metadata:
            if about.typ is SheetTypeEnum.WorkSheet and about.visible is SheetVisibleEnum.Visible:
                rows = book.get_sheet_by_name(about.name).to_python(skip_empty_area=False)
                yield _grid(about.name, rows, known, kind="xlsx", encoding="")


def _parquet(name: str, content: bytes, known: frozenset[str], limit: int) -> Iterator[Grid]:
    """Read by PyArrow: on damaged files it raises, where the reader of Polars may end the process."""
    import pyarrow.parquet as pq

    with _decoding(name):
        file = pq.ParquetFile(io.BytesIO(content), page_checksum_verification=True)
        unpacked, most = file.metadata.num_rows * file.metadata.num_columns * VALUE_BYTES, UNPACKED * limit
        if unpacked > most:  # equal values take no room in the file, but do in memory
            raise FileTooLargeError(file=name, megabytes=megabytes_up(unpacked), limit=most // 1_000_000)
        read = file.read()
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
    table = pl.DataFrame(cells)
    # In a text file one separator too many moves all cells after it; in a workbook a cell stays where it is.
    shifted = frozenset(n for n, row in enumerate(body) if kind == "csv" and any(map(_shown, row[width:])))
    return Grid(
        sheet=sheet, header=header, columns=table, first_row=at + 2, kind=kind, encoding=encoding, shifted=shifted
    )


def shown_figure(value: float, limit: float = LARGEST_FIGURE) -> str:
    """Return a number as it reads; a whole number of ``limit`` or more, whose last digits may be lost, with an E."""
    if not value.is_integer():
        return repr(value)
    if abs(value) < limit:
        return str(int(value))
    digits, power = f"{value:.16e}".split("e")
    return f"{digits.rstrip('0').rstrip('.')}e{power}"


def _shown(cell: object) -> str:
    """Return a cell as it reads: whole numbers without a point, dates as ISO."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return shown_figure(cell)
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    return str(cell).strip()
