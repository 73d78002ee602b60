"""From a file of any kind to its sheets: every cell as it reads, its kind, and what should be said of the file."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final
from xml.parsers.expat import ExpatError

import polars as pl

from yucai.errors import Fault, YucaiError
from yucai.evidence.markup import MarkupTable, html_tables, xml_tables
from yucai.evidence.refusals import (
    EmptyFileError,
    FileTooLargeError,
    FileUnreadableError,
    NoTableError,
    WrongKindError,
    megabytes_up,
)
from yucai.evidence.sniffing import MOST_TABLE_BYTES, PasswordError, Sniffed, decode, sniff
from yucai.evidence.vocabulary import plain, unharmed
from yucai.evidence.workbook_checks import MOST_CELLS, check_workbook, refuse_wide
from yucai.evidence.worksheets import old_worksheets, worksheets
from yucai.texts import Text

__all__ = ["FileContent", "Sheet", "read_sheets", "to_sheet"]

EMPTY, TEXT, NUMBER, MOMENT, FLAG = range(5)
MOST_COLUMNS: Final = 16_384
MOST_TEXT_CELLS: Final = 100_000_000  # of a text file, which is held by columns and needs less room
BATCH: Final = 200_000  # cells of a text file that are put into columns at once
HEADER_WITHIN: Final = 30
DELIMITERS: Final = ",\t;|"
BLANKS: Final = "".join(chr(n) for n in range(0x3001) if chr(n).isspace())
VALUE_BYTES: Final = 8
EXACT: Final = 1e15  # above, a spreadsheet has lost the last digits of a whole number
EXACT_BELOW: Final[dict[type[pl.DataType], float]] = {pl.Float16: 2.0**11, pl.Float32: 2.0**24, pl.Float64: EXACT}
DAMAGED: Final = Text("its content is damaged", "内容已损坏")
QUOTES: Final = Text("its quotation marks do not match", "引号不配对")
TOO_LONG: Final = Text("one of its cells is endless", "有单元格长得没有尽头")
NOT_READ: Final = {
    "zip": Text("a zip archive that is no workbook", "并非工作簿的 zip 压缩包"),
    "binary": Text("binary data (a picture, a PDF or a Word file?)", "二进制数据（图片、PDF 或 Word 文件？）"),
    "other-xml": Text("XML that is no spreadsheet", "并非电子表格的 XML"),
}
NO_TABLE: Final = {
    "pdf": Text("a PDF document", "PDF 文件"),
    "picture": Text("a picture", "图片"),
    "word": Text("a Word document", "Word 文档"),
    "slides": Text("a presentation", "演示文稿"),
}
ENCODING_UNSURE: Final = Text(
    "the text was read as {encoding}, but no column title confirms it. Look at the preview; if names look wrong, "
    "choose the encoding by hand.",
    "文字按 {encoding} 读取，但没有列名可以印证。请看预览；若姓名显示有误，请手动指定编码。",
)
HIDDEN_SHEET: Final = Text(
    "the sheet “{sheet}” is hidden and was not read. Show it, or name it, to read it.",
    "工作表“{sheet}”被隐藏，未读取。如需读取，请取消隐藏或指明该表。",
)
CALLED: Final = Text(
    "called {suffix}, but really {kind}; read as what it is.", "后缀为 {suffix}，实为 {kind}；已按实际类型读取。"
)
KIND_SUFFIXES: Final = {
    "xlsx": {".xlsx", ".xlsm"}, "xls": {".xls", ".et"}, "html": {".html", ".htm"}, "xml": {".xml"},
    "csv": {".csv", ".tsv", ".txt", ".tab"}, "csv-zip": {".zip"}, "parquet": {".parquet"},
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: cells as text and their kinds, by columns "0", "1" ...

    ``kinds`` holds 0 empty, 1 text, 2 number, 3 date or time, 4 true/false. ``merged`` are rectangles
    (first row, first column, last row, last column), counted from 0; every cell of one reads like its first.
    ``first_row`` is the number of the first row in the file: 0 where titles are no row, as in Parquet. ``unplain``
    are columns that hold lists or other things that no cell can show, with what they hold; they read as empty.
    """

    name: str
    cells: pl.DataFrame
    kinds: pl.DataFrame
    merged: tuple[tuple[int, int, int, int], ...] = ()
    hidden: bool = False
    first_row: int = 1
    unplain: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """A file as read: its sheets, hidden ones included, and what should be said of it."""

    file: str
    sha256: str
    kind: str
    encoding: str
    sheets: tuple[Sheet, ...]
    notices: tuple[Fault, ...]


def read_sheets(
    path: Path, *, known: frozenset[str], encoding: str | None = None, limit: int = MOST_TABLE_BYTES
) -> FileContent:
    """Return all sheets of a file, by what it is: xlsx, OLE xls, HTML or XML called .xls, text, zip of CSV, Parquet.

    ``known`` are title words (学号, 姓名 ...) that confirm an encoding. Raises one sentence for what cannot be read.
    """
    sniffed = sniff(path, limit=limit)
    if sniffed.kind == "broken-zip":
        raise FileUnreadableError(file=sniffed.name, reason=DAMAGED)
    if sniffed.kind in NO_TABLE:
        raise NoTableError(file=sniffed.name, found=NO_TABLE[sniffed.kind])
    if sniffed.kind in NOT_READ:
        raise WrongKindError(file=sniffed.name, suffix=sniffed.suffix or "-", found=NOT_READ[sniffed.kind])
    notices: list[Fault] = []
    if sniffed.suffix not in KIND_SUFFIXES[sniffed.kind] and sniffed.suffix:
        notices.append(Fault(code="suffix", says=CALLED, facts={"suffix": sniffed.suffix, "kind": sniffed.kind}))
    with _decoding(sniffed.name):
        sheets, used, told = _READERS[sniffed.kind](sniffed, known, encoding)
    filled = tuple(sheet for sheet in sheets if sheet.cells.width)
    if not filled:
        raise EmptyFileError(file=sniffed.name)
    hidden = [Fault(code="hidden-sheet", says=HIDDEN_SHEET, facts={"sheet": s.name}) for s in filled if s.hidden]
    return FileContent(
        file=sniffed.name,
        sha256=sniffed.sha256,
        kind=sniffed.kind,
        encoding=used,
        sheets=filled,
        notices=(*notices, *told, *hidden),
    )


def to_sheet(
    name: str,
    rows: Iterable[Sequence[Any]],
    *,
    file: str,
    merged: Iterable[tuple[int, int, int, int]] = (),
    hidden: bool = False,
) -> Sheet:
    """Return rows of Python values as a sheet; a value kept as many times as it stands is kept once."""
    texts: list[list[str]] = []
    kinds: list[bytearray] = []
    seen: dict[str, str] = {}
    height = 0
    for height, row in enumerate(rows, 1):
        width = _filled_width(row)
        if max(width, len(texts)) * height > MOST_CELLS or width > MOST_COLUMNS:
            refuse_wide(file, rows=height, columns=max(width, len(texts)))
        while len(texts) < width:
            texts.append([""] * (height - 1))
            kinds.append(bytearray(height - 1))
        for place in range(len(texts)):
            text, kind = _shown(row[place]) if place < width else ("", EMPTY)
            texts[place].append(seen.setdefault(text, text))
            kinds[place].append(kind)
    spans = tuple(merged)
    _fill_spans(texts, kinds, spans)
    return Sheet(
        name=name,
        cells=pl.DataFrame({f"{n}": pl.Series(column, dtype=pl.String) for n, column in enumerate(texts)}),
        kinds=pl.DataFrame({f"{n}": pl.Series(list(column), dtype=pl.UInt8) for n, column in enumerate(kinds)}),
        merged=spans,
        hidden=hidden,
    )


def _filled_width(row: Sequence[Any]) -> int:
    width = len(row)
    while width and row[width - 1] in ("", None):
        width -= 1
    return width


def _fill_spans(texts: list[list[str]], kinds: list[bytearray], spans: tuple[tuple[int, int, int, int], ...]) -> None:
    """Every cell of a merged rectangle reads like its first, within what the sheet spans anyway."""
    height = len(texts[0]) if texts else 0
    budget = MOST_CELLS
    for top, left, bottom, right in spans:
        if top >= height or left >= len(texts):
            continue
        text, kind = texts[left][top], kinds[left][top]
        for column in range(left, min(right + 1, len(texts))):
            for row in range(top, min(bottom + 1, height)):
                texts[column][row], kinds[column][row] = text, kind
                budget -= 1
        if budget < 0:
            return


def _shown(cell: object) -> tuple[str, int]:
    """Return a cell as it reads, and its kind: whole numbers without a point, dates as ISO."""
    if isinstance(cell, str):
        text = cell.strip()
        return (text, TEXT) if text else ("", EMPTY)
    if cell is None:
        return "", EMPTY
    if isinstance(cell, bool):
        return str(cell).lower(), FLAG
    if isinstance(cell, float):
        if cell != cell:
            return "", EMPTY
        return shown_figure(cell), NUMBER
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" "), MOMENT
    if isinstance(cell, (date, time)):
        return cell.isoformat(), MOMENT
    return str(cell).strip(), NUMBER


@contextmanager
def _decoding(name: str) -> Iterator[None]:
    """Whatever a reader throws at damaged content, panics of native code included, becomes one plain sentence."""
    from python_calamine import PasswordError as Locked

    try:
        yield
    except (YucaiError, MemoryError):
        raise
    except Locked as problem:
        raise PasswordError(file=name) from problem
    except Exception as problem:
        raise FileUnreadableError(file=name, reason=DAMAGED) from problem
    except BaseException as problem:
        if type(problem).__name__ != "PanicException":
            raise
        raise FileUnreadableError(file=name, reason=DAMAGED) from problem


Read = tuple[list[Sheet], str, list[Fault]]


def _text(sniffed: Sniffed, known: frozenset[str], encoding: str | None) -> Read:
    text, used, sure = decode(sniffed.name, sniffed.content, known=known, encoding=encoding)
    return [_text_sheet("", text, known, file=sniffed.name)], used, _unsure(used, sure)


def _text_sheet(name: str, text: str, known: frozenset[str], *, file: str) -> Sheet:
    """Strict: a quotation mark never closed would swallow the rows below it without a word."""
    first_row = 1
    if text.startswith("sep=") and text[5:6] in "\r\n":
        delimiter, text, first_row = text[4], text.split("\n", 1)[-1], 2
    else:
        delimiter = _delimiter(text, known)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        columns = _by_columns(rows, file=file)
    except csv.Error as problem:
        open_quote = "field larger" not in str(problem) or text.count('"') % 2
        raise FileUnreadableError(file=file, reason=QUOTES if open_quote else TOO_LONG) from problem
    cells = pl.DataFrame({f"{n}": _clean(column) for n, column in enumerate(columns)})
    kinds = cells.select((pl.all() != "").cast(pl.UInt8))  # EMPTY or TEXT
    return Sheet(name=name, cells=cells, kinds=kinds, first_row=first_row)


def _delimiter(text: str, known: frozenset[str]) -> str:
    """Return the mark that shows most titles that are known in one line; if none shows any, the commonest."""
    lines = text[:20_000].splitlines()[:HEADER_WITHIN]

    def found(mark: str) -> tuple[int, int]:
        hits = (sum(plain(cell.strip('"')) in known for cell in line.split(mark)) for line in lines)
        return max(hits, default=0), sum(line.count(mark) for line in lines)

    return max(DELIMITERS, key=found)


def _by_columns(rows: Iterable[list[str]], *, file: str) -> list[pl.Series]:
    """Return rows of text as columns of equal length: no cell is looked at by itself."""
    batches: list[pl.DataFrame] = []
    batch: list[list[str]] = []
    height = widest = cells = 0
    for height, row in enumerate(rows, 1):
        kept = row if row and row[-1] else row[: _filled_width(row)]
        widest = max(widest, len(kept))
        if widest > MOST_COLUMNS or max(widest, 1) * height > MOST_TEXT_CELLS:
            refuse_wide(file, rows=height, columns=widest)
        batch.append(kept)
        cells += len(kept) + 1
        if cells > BATCH:
            batches.append(_batch(batch))
            batch, cells = [], 0
    batches.append(_batch(batch))
    whole = pl.concat([one for one in batches if one.height] or batches[:1], how="diagonal")
    names = [f"{n}" for n in range(widest)]
    return whole.select(names).fill_null("").get_columns() if names else []


def _batch(rows: list[list[str]]) -> pl.DataFrame:
    columns = zip_longest(*rows, fillvalue="")
    made = pl.DataFrame([pl.Series(f"{n}", column, dtype=pl.String) for n, column in enumerate(columns)])
    return made if made.width or not rows else pl.DataFrame({"0": [""] * len(rows)})


def _clean(column: pl.Series) -> pl.Series:
    """Return cells of text without outer blanks, and without the apostrophe that kept one from acting as a formula."""
    marked = column.str.starts_with("'")
    if marked.any():
        column = pl.Series([unharmed(cell) for cell in column], dtype=pl.String)
    return column.str.strip_chars(BLANKS)


def _unsure(encoding: str, sure: bool) -> list[Fault]:
    return [] if sure else [Fault(code="encoding-unsure", says=ENCODING_UNSURE, facts={"encoding": encoding.upper()})]


def _csv_zip(sniffed: Sniffed, known: frozenset[str], encoding: str | None) -> Read:
    """A zip of CSV files (OneRoster): each is a sheet of its own name."""
    check_workbook(sniffed.name, sniffed.content, most=sniffed.most_unpacked)
    sheets, used, notices = [], "", []
    with zipfile.ZipFile(io.BytesIO(sniffed.content)) as archive:
        for entry in archive.infolist():
            if not entry.filename.lower().endswith(".csv") or not entry.file_size:
                continue
            text, used, sure = decode(sniffed.name, archive.read(entry), known=known, encoding=encoding)
            sheets.append(_text_sheet(Path(entry.filename).stem, text, known, file=sniffed.name))
            notices += _unsure(used, sure)
    return sheets, used, notices


def _workbook(sniffed: Sniffed, known: frozenset[str], encoding: str | None) -> Read:
    notices: list[Fault] = []
    if sniffed.kind == "xlsx":
        notices += check_workbook(sniffed.name, sniffed.content, most=sniffed.most_unpacked)
    sheets = []
    for sheet in worksheets(sniffed.content) if sniffed.kind == "xlsx" else old_worksheets(sniffed.content):
        if sheet.height * sheet.width > MOST_CELLS:
            refuse_wide(sniffed.name, rows=sheet.height, columns=sheet.width)
        made = to_sheet(sheet.name, sheet.rows, file=sniffed.name, merged=sheet.merged, hidden=sheet.hidden)
        sheets.append(made)
    return sheets, "", notices


def _html(sniffed: Sniffed, known: frozenset[str], encoding: str | None) -> Read:
    text, used, sure = decode(sniffed.name, sniffed.content, known=known, encoding=encoding)
    tables = html_tables(text)
    return [_from_markup(sniffed, table, len(tables)) for table in tables], used, _unsure(used, sure)


def _xml(sniffed: Sniffed, known: frozenset[str], encoding: str | None) -> Read:
    text, used, sure = decode(sniffed.name, sniffed.content, known=known, encoding=encoding)
    try:
        tables = xml_tables(text)
    except ExpatError as problem:
        raise FileUnreadableError(file=sniffed.name, reason=DAMAGED) from problem
    return [_from_markup(sniffed, table, 2) for table in tables], used, _unsure(used, sure)


def _from_markup(sniffed: Sniffed, table: MarkupTable, n_tables: int) -> Sheet:
    name = table.name or (f"table {table.number}" if n_tables > 1 else "")
    rows = (
        [_typed(cell, kinds.get(place, "String")) for place, cell in enumerate(row)]
        for row, kinds in zip(table.rows, table.kinds, strict=True)
    )
    return to_sheet(name, rows, file=sniffed.name, merged=table.merged)


def _typed(cell: str, kind: str) -> object:
    """Return a cell of XML Spreadsheet 2003 as the value that it types."""
    if kind == "Number":
        return float(cell)
    if kind == "DateTime":
        moment = datetime.fromisoformat(cell)
        return moment.date() if moment.time() == time() else moment
    return {"1": True, "0": False}.get(cell, cell) if kind == "Boolean" else cell


def _parquet(sniffed: Sniffed, known: frozenset[str], encoding: str | None) -> Read:
    """Read by PyArrow: on damaged files it raises, where the reader of Polars may end the process."""
    import pyarrow.parquet as pq

    opened = pq.ParquetFile(io.BytesIO(sniffed.content), page_checksum_verification=True)
    about = opened.metadata
    unpacked = about.num_rows * about.num_columns * VALUE_BYTES
    if unpacked > sniffed.most_unpacked:  # equal values take no room in the file, but do in memory
        limit = sniffed.most_unpacked // 1_000_000
        raise FileTooLargeError(file=sniffed.name, megabytes=megabytes_up(unpacked), limit=limit)
    read = opened.read()
    read.validate(full=True)
    table = pl.DataFrame(pl.from_arrow(read))
    texts: dict[str, pl.Series] = {}
    kinds: dict[str, pl.Series] = {}
    unplain: dict[int, str] = {}
    for place, column in enumerate(table.get_columns()):
        text = _column_text(column)
        if text is None:
            unplain[place] = str(column.dtype)
            text = pl.Series([""] * len(column), dtype=pl.String)
        kind = NUMBER if column.dtype.is_numeric() else MOMENT if column.dtype.is_temporal() else TEXT
        kind = FLAG if column.dtype == pl.Boolean else kind
        texts[f"{place}"] = pl.Series([column.name], dtype=pl.String).append(text)
        marks = pl.select(pl.when(text == "").then(EMPTY).otherwise(kind).cast(pl.UInt8).alias("kind"))["kind"]
        kinds[f"{place}"] = pl.Series("kind", [TEXT], dtype=pl.UInt8).append(marks)
    filled = texts if table.height else {}
    cells = pl.DataFrame(filled)
    return [Sheet(name="", cells=cells, kinds=pl.DataFrame(kinds), first_row=0, unplain=unplain)], "", []


def _column_text(column: pl.Series) -> pl.Series | None:
    """Return a column of values as it reads: whole numbers without a point, times as ISO; None for lists and bytes."""
    kind = column.dtype
    try:
        if kind.is_nested():
            return None
        if isinstance(kind, pl.Datetime):
            form = "%Y-%m-%d %H:%M:%S%.6f" + ("%:z" if kind.time_zone else "")
            text = column.dt.cast_time_unit("us").dt.strftime(form).str.replace(r"\.000000", "")
        elif kind.is_float():
            text = _figures_text(column, EXACT_BELOW[type(kind)])
        else:
            text = column.cast(pl.String)
    except pl.exceptions.PolarsError:
        return None
    return text.fill_null("").str.strip_chars(BLANKS)


def _figures_text(column: pl.Series, exact_below: float) -> pl.Series:
    figures = column.fill_nan(None)
    whole = (figures == figures.floor()) & figures.is_finite()
    if (whole & (figures.abs() >= exact_below)).any():
        return pl.Series([None if v is None else shown_figure(v, exact_below) for v in figures], dtype=pl.String)
    return figures.cast(pl.Int64, strict=False).cast(pl.String).zip_with(whole, figures.cast(pl.String))


def shown_figure(value: float, exact_below: float = EXACT) -> str:
    """Return a number as it reads; a whole number whose last digits may be lost with an E.

    >>> shown_figure(12.0), shown_figure(0.5), shown_figure(1.2e17)
    ('12', '0.5', '1.2e+17')
    """
    if not value.is_integer():
        return repr(value)
    if abs(value) < exact_below:
        return str(int(value))
    digits, power = f"{value:.16e}".split("e")
    return f"{digits.rstrip('0').rstrip('.')}e{power}"


_READERS: Final = {
    "csv": _text,
    "csv-zip": _csv_zip,
    "xlsx": _workbook,
    "xls": _workbook,
    "html": _html,
    "xml": _xml,
    "parquet": _parquet,
}
