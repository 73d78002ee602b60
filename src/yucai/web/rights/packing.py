"""An export of a person as one ZIP: open formats, words on what is what in both languages, and a page to read."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from yucai.evidence import harmless
from yucai.texts import Text
from yucai.web.rights.formats import FORMAT, TABLES, VERSION, Cell, ExportTable, Row
from yucai.web.rights.gathering import PersonData

__all__ = ["MANIFEST", "PAPER", "STATEMENTS_FILE", "data_files", "file_place", "pack"]

MANIFEST: Final = "manifest.json"
PAPER: Final = "record.pdf"
STATEMENTS_FILE: Final = "statements.json"
MOMENT: Final = (1980, 1, 1, 0, 0, 0)  # the same data give the same bytes, whenever they are packed
BOM: Final = "\ufeff"
README: Final = Text(
    "Everything on record about {code} at {office}, as of {at} UTC.\n\n"
    "record.pdf        the same to read\n"
    "data/*.csv        tables for Excel or WPS (UTF-8; a text that would act as a formula has one ' before it)\n"
    "data/*.json       the same rows, exact; another Yucai takes them in: yucai people import FILE\n"
    "schema.json       every table and column, its type, its name in both languages\n"
    "statements.json   what learning tools told (xAPI)\n"
    "files/            files of own works, named by their SHA-256; data/works.csv says which is which\n"
    "manifest.json     the SHA-256 of every file, to see that nothing was changed\n\n"
    "An empty field means that there is nothing on record. Times are UTC. In imports, rows counts those about this\n"
    "person; in records, replaced_by is the number of the import that replaced one.\n",
    "{office} 截至 {at}（UTC）关于 {code} 的全部记录。\n\n"
    "record.pdf        便于阅读的版本\n"
    "data/*.csv        可用 Excel 或 WPS 打开的表格（UTF-8；可能被当作公式的文本前加有一个 '）\n"
    "data/*.json       同样的行，数值精确；另一处育才可导入：yucai people import 文件\n"
    "schema.json       每个表与列的类型及中英文名称\n"
    "statements.json   学习工具的陈述（xAPI）\n"
    "files/            个人成果的附件，以 SHA-256 命名；对应关系见 data/works.csv\n"
    "manifest.json     每个文件的 SHA-256，可核对是否被改动\n\n"
    "空白表示没有记录。时间为协调世界时（UTC）。imports 表的 rows 为其中关于本人的行数；\n"
    "records 表的 replaced_by 为取代该行的批次编号。\n",
)


def pack(data: PersonData, files: Mapping[str, bytes], *, paper: bytes, office: Text, at: datetime) -> bytes:
    """Return the ZIP. ``files`` are the contents of own works by SHA-256; ``at`` is noted beside the data only."""
    code = str(data.tables["person"][0]["code"])
    facts = {"code": code, "at": f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"}
    readme = "\n".join(README.in_language(each, **facts, office=office.in_language(each)) for each in ("zh", "en"))
    parts = {
        **data_files(data),
        **{file_place(sha256, kind): files[sha256] for sha256, kind in data.files if sha256 in files},
        "schema.json": _json(_schema()),
        "README.txt": (BOM + readme).encode(),
        PAPER: paper,
    }
    manifest = {
        "format": FORMAT, "version": VERSION, "made_at": at.astimezone(UTC).isoformat(), "person": code,
        "office": {"en": office.en, "zh": office.zh},
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(parts.items())},
    }  # fmt: skip
    return _zipped({MANIFEST: _json(manifest), **parts})


def data_files(data: PersonData) -> dict[str, bytes]:
    """Return the tables as CSV and as JSON, and the statements, by their place in the ZIP."""
    found: dict[str, bytes] = {}
    for name, table in TABLES.items():
        rows = data.tables[name]
        found[f"data/{name}.json"] = _lines(rows)
        found[f"data/{name}.csv"] = _csv(table, rows)
    found[STATEMENTS_FILE] = ("[" + ",\n".join(data.statements) + "]\n").encode()
    return found


def file_place(sha256: str, kind: str) -> str:
    """Return where the file of an own work lies in the ZIP."""
    return f"files/{sha256}.{kind}" if kind.isascii() and kind.isalnum() else f"files/{sha256}"


def _schema() -> dict[str, object]:
    return {
        name: {
            "title": {"en": table.title.en, "zh": table.title.zh},
            "says": {"en": table.says.en, "zh": table.says.zh},
            "columns": dict(table.columns),
            "taken_in_as": "carried on as it came" if table.carried else "rows of the office",
        }
        for name, table in TABLES.items()
    }


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def _lines(rows: Iterable[Row]) -> bytes:
    """Return rows as a JSON array with one row a line; numbers are written so that the same number is read back."""
    return b"[" + b",\n".join(msgspec.json.encode(row) for row in rows) + b"]\n"


def _csv(table: ExportTable, rows: Iterable[Row]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(table.columns)
    writer.writerows([_written(cell) for cell in row.values()] for row in rows)
    return (BOM + out.getvalue()).encode("utf-8")


def _written(cell: Cell) -> str:
    """Return a cell for a spreadsheet: text that acts as nothing, numbers to their last digit."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return harmless(cell)
    return str(cell).lower() if isinstance(cell, bool) else repr(cell)


def _zipped(parts: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, date_time=MOMENT), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
