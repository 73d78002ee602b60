"""The lake: all evidence as Parquet files that any engine can read.

A part is written under a temporary name, flushed to disk and renamed, and only then listed in a manifest that the
caller keeps. Readers take the listed files, never whatever lies in the folder: a file half written, or replaced, is
never seen. DuckDB reads here; Spark, pandas or anything else reads the same list.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.evidence.responses import RESPONSES, Responses
from yucai.texts import Text

if TYPE_CHECKING:
    from ibis import Table

__all__ = ["SCHEMA_VERSION", "LakePart", "open_lake", "read_lake", "verify_parts", "write_part"]

SCHEMA_VERSION: Final = 1
PERIOD: Final = re.compile(r"[\w-]+")
PATTERN_MARK: Final = re.compile(r"[*?\[]")  # DuckDB would take a path that holds one for a pattern of many files

PART_MISSING = Text(
    "the lake file {file} is missing ({rows} rows). Restore it from a backup, or import its evidence anew.",
    "数据湖文件 {file} 缺失（{rows} 行）。请从备份恢复，或重新导入相应证据。",
)
PART_CHANGED = Text(
    "the lake file {file} is not as it was written. Restore it from a backup.",
    "数据湖文件 {file} 与写入时不一致。请从备份恢复。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LakePart:
    """One line of the manifest: a file, relative to the lake's folder, and what it holds."""

    path: str
    rows: int
    first_record: int
    last_record: int
    sha256: str
    bytes: int
    schema_version: int = SCHEMA_VERSION


def write_part(table: pl.DataFrame, folder: Path, *, period: str) -> LakePart:
    """Write responses, each with its ``record`` number, as one Parquet file and return its line for the manifest.

    The file is named by period and record numbers; one of that name that no manifest lists is written over. When
    writing fails, nothing half written stays behind and a file of that name is as it was.
    """
    if not PERIOD.fullmatch(period):
        raise ValueError(f"a period is made of letters, digits, - and _; not so: {period!r}")
    checked = RESPONSES.check(table)
    records = checked["record"]
    if not checked.height or records.null_count():
        raise ValueError("a part of the lake needs rows, and every row its record number")
    first, last = int(records.min()), int(records.max())  # type: ignore[arg-type]
    name = f"period={period}/part-{first}-{last}.parquet"
    wanted = folder / name
    wanted.parent.mkdir(parents=True, exist_ok=True)
    unfinished = wanted.with_name(f".{wanted.name}.part")
    try:
        checked.write_parquet(unfinished, compression="zstd")
        digest, size = _digest(unfinished), unfinished.stat().st_size
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.replace(wanted)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _flush_folder(wanted.parent)
    return LakePart(path=name, rows=checked.height, first_record=first, last_record=last, sha256=digest, bytes=size)


def verify_parts(folder: Path, parts: Sequence[LakePart]) -> tuple[Fault, ...]:
    """Return what is wrong with the listed files: missing, or changed since they were written."""
    faults = []
    for part in parts:
        facts = {"file": part.path, "rows": part.rows}
        if not (folder / part.path).is_file():
            faults.append(Fault(code="lake-file-missing", says=PART_MISSING, facts=facts))
        elif _digest(folder / part.path) != part.sha256:
            faults.append(Fault(code="lake-file-changed", says=PART_CHANGED, facts=facts))
    return tuple(faults)


def open_lake(folder: Path, parts: Sequence[LakePart]) -> Table:
    """Return the listed files as one Ibis table over DuckDB, unread until asked; the columns are those of RESPONSES.

    Raises FaultyInputError naming every file that is missing or damaged, as far as opening shows it.
    """
    import ibis

    connection = ibis.duckdb.connect()
    if not parts:
        return connection.create_table("responses", schema=ibis.schema(RESPONSES.empty().to_arrow().schema))
    files = [PATTERN_MARK.sub(r"[\g<0>]", str(folder / part.path)) for part in parts]
    with _naming_faults(folder, parts):  # the period in a file's path is no column
        return connection.read_parquet(files, table_name="responses", hive_partitioning=False)


def read_lake(folder: Path, parts: Sequence[LakePart]) -> Responses:
    """Return all responses of the listed files, in the order of their records.

    Raises FaultyInputError naming every file that is missing, or is not as it was written.
    """
    if not parts:
        return Responses(RESPONSES.empty())
    if faults := verify_parts(folder, parts):
        raise FaultyInputError(folder.name, faults)
    with _naming_faults(folder, parts):
        table = open_lake(folder, parts).order_by("record").to_polars()
    return Responses(RESPONSES.check(table))


@contextmanager
def _naming_faults(folder: Path, parts: Sequence[LakePart]) -> Iterator[None]:
    """What the engine cannot read is said in our words, file by file."""
    import duckdb

    try:
        yield
    except duckdb.Error as problem:
        faults = verify_parts(folder, parts)
        if not faults:
            raise
        raise FaultyInputError(folder.name, faults) from problem


def _flush_folder(folder: Path) -> None:
    """After a loss of power the new name must still be there, not only the content."""
    if os.name != "posix":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
