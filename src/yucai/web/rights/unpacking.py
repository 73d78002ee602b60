"""Reading an export of a person back. What comes in may be made by anybody: sizes, names, digests, types are held."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from pathlib import Path
from typing import Any, Final

import msgspec

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.texts import Text
from yucai.web.rights.formats import FORMAT, TABLES, VERSION, ExportTable, Row
from yucai.web.rights.gathering import PersonData
from yucai.web.rights.packing import MANIFEST, PAPER, STATEMENTS_FILE

__all__ = ["NoPackError", "PersonPack", "unpack"]

MOST_BYTES: Final = 256 * 1024 * 1024  # unpacked, all together
MOST_PARTS: Final = 2_000
MOST_DEPTH: Final = 40
MOST_FAULTS: Final = 20
NAMES: Final = re.compile(
    r"manifest\.json|schema\.json|README\.txt|record\.pdf|statements\.json|data/[a-z_]{1,30}\.(?:json|csv)"
    r"|files/[0-9a-f]{64}(?:\.[A-Za-z0-9]{1,10})?"
)
READ: Final = frozenset({MANIFEST, PAPER})
TYPES: Final = {"text": (str,), "number": (int, float), "count": (int,), "flag": (bool,), "day": (str,), "time": (str,)}

WRONG_TABLE: Final = Text(
    "the columns of “{table}” are not those of the format. Export the person anew.",
    "表“{table}”的列与格式不符。请重新导出。",
)
WRONG_CELL: Final = Text(
    "“{column}” is {value}, and has to be {kind}. Export the person anew; nothing in it is to be edited.",
    "“{column}”为 {value}，应为 {kind}。请重新导出，勿改动其中内容。",
)
NO_TABLE: Final = Text("the table “{table}” is missing or cannot be read.", "表“{table}”缺失或无法读取。")
ALTERED: Final = Text(
    "{place} is missing or not as it was packed: its SHA-256 is not that of manifest.json.",
    "{place} 缺失或与打包时不同：SHA-256 与 manifest.json 不符。",
)
STRANGE: Final = Text("“{place}” does not belong in such a file.", "“{place}”不属于此类文件。")
NO_FILE: Final = Text("the file of an own work is missing: {place}.", "个人成果的附件缺失：{place}。")
WORDS: Final = {
    "text": Text("a text", "文本"),
    "number": Text("a number", "数字"),
    "count": Text("a whole number", "整数"),
    "flag": Text("true or false", "true 或 false"),
    "day": Text("a day such as 2026-09-01", "日期，如 2026-09-01"),
    "time": Text("a time with its zone", "带时区的时间"),
}


class NoPackError(YucaiError):
    """No export of a person, or one that is not safe to open."""

    says = Text(
        "“{file}” is no export of a person that can be taken in: {reason}. Take the ZIP as it was downloaded.",
        "“{file}”不是可以导入的个人数据包：{reason}。请使用下载时的原始 ZIP 文件。",
    )
    exit_code = 65


NOT_ZIP: Final = Text("it is no ZIP file, or a broken one", "不是 ZIP 文件，或已损坏")
TOO_MANY: Final = Text("it has more than {most} files in it", "其中的文件多于 {most} 个")
TOO_LARGE: Final = Text("unpacked it is larger than {most} MB", "解压后超过 {most} MB")
SEALED: Final = Text("it is encrypted", "文件已加密")
TWICE: Final = Text("it holds one name twice", "其中有重名文件")
OTHER: Final = Text(
    "its manifest is not that of a person's export, version {version}", "清单不是个人数据包第 {version} 版"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPack:
    """What came in, whole and as it was packed: the rows, the statements, the files by SHA-256."""

    office: Text
    made_at: str
    data: PersonData
    files: dict[str, bytes]


def unpack(path: Path) -> PersonPack:
    """Return what an export holds. Raises NoPackError, FaultyInputError with all faults."""
    parts = _parts(path)
    manifest = _manifest(parts, path.name)
    faults = [*_strangers(parts), *_altered(parts, manifest["files"])]
    tables: dict[str, tuple[Row, ...]] = {}
    for name, table in TABLES.items():
        rows, found = _table(table, parts.get(f"data/{name}.json"))
        tables[name], faults = rows, [*faults, *found]
    statements = _statements(parts.get(STATEMENTS_FILE))
    if statements is None:
        faults.append(Fault(code="no-table", says=NO_TABLE, facts={"table": STATEMENTS_FILE}))
    if len(tables["person"]) != 1 or not tables["person"][0].get("code"):
        faults.append(Fault(code="no-table", says=NO_TABLE, facts={"table": "person"}))
    data = PersonData(tables=tables, statements=statements or ())
    files = {name[6:70]: content for name, content in parts.items() if name.startswith("files/")}
    faults += _files_missing(data, files)
    if faults:
        raise FaultyInputError(path.name, faults[:MOST_FAULTS])
    office = Text(str(manifest["office"]["en"]), str(manifest["office"]["zh"]))
    return PersonPack(office=office, made_at=str(manifest["made_at"]), data=data, files=files)


def _parts(path: Path) -> dict[str, bytes]:
    """Return the content of every file. No name is ever used as a path, and no more is read than is allowed."""

    def refuse(reason: Text) -> NoPackError:
        return NoPackError(file=path.name, reason=reason)

    most = {"most": MOST_BYTES // 1024 // 1024}
    parts: dict[str, bytes] = {}
    left = MOST_BYTES
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_PARTS:
                raise refuse(TOO_MANY.filled(most=MOST_PARTS))
            if any(entry.flag_bits & 1 for entry in entries):
                raise refuse(SEALED)
            if len({entry.filename for entry in entries}) < len(entries):
                raise refuse(TWICE)
            for entry in entries:
                with archive.open(entry) as source:
                    content = source.read(left + 1)  # whatever the directory says of its size
                left -= len(content)
                if left < 0:
                    raise refuse(TOO_LARGE.filled(**most))
                parts[entry.filename] = content
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError, RuntimeError) as reason:
        raise refuse(NOT_ZIP) from reason
    return parts


def _manifest(parts: dict[str, bytes], name: str) -> dict[str, Any]:
    other = NoPackError(file=name, reason=OTHER.filled(version=VERSION))
    try:
        told = msgspec.json.decode(parts.get(MANIFEST, b""), type=dict[str, Any])
        whole = (told["format"], told["version"]) == (FORMAT, VERSION) and isinstance(told["files"], dict)
        office = told["office"]
        if not whole or not (office["en"] and office["zh"] and told["made_at"]):
            raise other
    except (msgspec.MsgspecError, RecursionError, KeyError, TypeError, UnicodeDecodeError):
        raise other from None
    return told


def _strangers(parts: dict[str, bytes]) -> Iterator[Fault]:
    for name in parts:
        if not NAMES.fullmatch(name):
            yield Fault(code="strange", says=STRANGE, facts={"place": name[:60]})


def _altered(parts: dict[str, bytes], digests: dict[str, Any]) -> Iterator[Fault]:
    for name in sorted({*parts, *map(str, digests)} - READ):
        content = parts.get(name)
        if content is None or hashlib.sha256(content).hexdigest() != digests.get(name):
            yield Fault(code="altered", says=ALTERED, facts={"place": name[:60]})


def _table(table: ExportTable, content: bytes | None) -> tuple[tuple[Row, ...], list[Fault]]:
    try:
        rows = msgspec.json.decode(content or b"", type=list[Row])
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return (), [Fault(code="no-table", says=NO_TABLE, facts={"table": table.name})]
    faults: list[Fault] = []
    for number, row in enumerate(rows, start=1):
        if list(row) != list(table.columns):
            return (), [Fault(code="columns", says=WRONG_TABLE, facts={"table": table.name})]
        faults += _cells(table, number, row)
    return tuple(rows), faults


def _cells(table: ExportTable, number: int, row: Row) -> Iterator[Fault]:
    for name, kind in table.columns.items():
        if not _fits(row[name], kind):
            facts = {"column": name, "value": repr(row[name])[:40], "kind": WORDS[kind]}
            yield Fault(code="cell", says=WRONG_CELL, where=f"{table.name}, {number}", facts=facts)


def _fits(cell: object, kind: str) -> bool:
    if cell is None:
        return True
    if not isinstance(cell, TYPES[kind]) or (isinstance(cell, bool) and kind != "flag"):
        return False
    if isinstance(cell, str) and "\0" in cell:
        return False
    if kind in {"number", "count"}:
        return isfinite(cell) and abs(cell) < 2**63  # type: ignore[arg-type]
    try:
        if kind == "day":
            date.fromisoformat(str(cell))
        if kind == "time":
            return datetime.fromisoformat(str(cell)).tzinfo is not None
    except ValueError:
        return False
    return True


def _statements(content: bytes | None) -> tuple[str, ...] | None:
    """Return the statements as texts; None where they cannot be read, or hold more in each other than any does."""
    try:
        raw = msgspec.json.decode(content or b"", type=list[msgspec.Raw])
        told = [msgspec.json.decode(one, type=dict[str, Any]) for one in raw]
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
    texts = tuple(bytes(one).decode() for one in raw)
    return texts if all(_depth(one) <= MOST_DEPTH for one in told) else None


def _depth(value: object) -> int:
    """Return how many lists and objects hold each other, level by level: one that is too deep must not be followed."""
    level, depth = [value], 0
    while level and depth <= MOST_DEPTH:
        level = [inner for one in level for inner in _held_in(one)]
        depth += 1
    return depth


def _held_in(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _files_missing(data: PersonData, files: dict[str, bytes]) -> Iterator[Fault]:
    for sha256, _kind in data.files:
        content = files.get(sha256)
        if content is None or hashlib.sha256(content).hexdigest() != sha256:
            yield Fault(code="no-file", says=NO_FILE, facts={"place": sha256[:16]})
