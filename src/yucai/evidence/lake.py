"""The lake: evidence as Parquet files that any engine can read.

A part is written under a temporary name, flushed to disk and renamed, and only then listed in a manifest that the
caller keeps. Readers take the listed files, never whatever lies in the folder: a file half written, or replaced, is
never seen. DuckDB reads here, and Spark by the same call; pandas or anything else reads the same list.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.evidence.responses import RESPONSES, Responses
from yucai.frames import Contract
from yucai.texts import Text

if TYPE_CHECKING:
    from ibis import Table

__all__ = [
    "RESPONSE_LAKE",
    "SCHEMA_VERSION",
    "Dataset",
    "LakePart",
    "PreparedPart",
    "drop_part",
    "keep_part",
    "open_lake",
    "prepare_part",
    "read_answer",
    "read_in_pieces",
    "read_lake",
    "verify_parts",
    "write_part",
]

SCHEMA_VERSION: Final = 1
PERIOD: Final = re.compile(r"[\w-]+")
PATTERN_MARK: Final = re.compile(r"[*?\[]")  # DuckDB would take a path that holds one for a pattern of many files
PATTERN_MARK_OF_SPARK: Final = re.compile(r"[*?\[\]{}\\]")
PIECE_ROWS: Final = 20_000  # rows that are in memory at a time, and in one group of rows of a file

PART_MISSING = Text(
    "the lake file {file} is missing ({rows} rows). {remedy}",
    "数据湖文件 {file} 缺失（{rows} 行）。{remedy}",
)
PART_CHANGED = Text(
    "the lake file {file} is not as it was written. {remedy}",
    "数据湖文件 {file} 与写入时不一致。{remedy}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """What the files of a lake hold: rows that keep a contract, each with a number that no other row has.

    A later form of the same rows gets a further ``schema_version``. In the columns of ``unlike`` hardly a value comes
    twice: they are kept as they are, without a list of values. What helps where a file is missing, or changed, is said.
    """

    contract: Contract
    record: str
    schema_version: int
    if_missing: Text
    if_changed: Text
    unlike: tuple[str, ...] = ()


RESPONSE_LAKE: Final = Dataset(
    contract=RESPONSES,
    record="record",
    schema_version=SCHEMA_VERSION,
    if_missing=Text("Restore it from a backup, or import its evidence anew.", "请从备份恢复，或重新导入相应证据。"),
    if_changed=Text("Restore it from a backup.", "请从备份恢复。"),
    unlike=("record", "source_row"),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPart:
    """A part that is whole on the disk under a name that nobody reads; ``part`` is what it is once it is kept."""

    part: LakePart
    folder: Path
    unfinished: Path


def write_part(table: pl.DataFrame, folder: Path, *, period: str, dataset: Dataset = RESPONSE_LAKE) -> LakePart:
    """Write rows as one Parquet file and return its line for the manifest.

    The file is named by period and record numbers; one of that name that no manifest lists is written over. When
    writing fails, nothing half written stays behind and a file of that name is as it was.
    """
    return keep_part(prepare_part([table], folder, period=period, dataset=dataset))


def prepare_part(
    tables: Iterable[pl.DataFrame], folder: Path, *, period: str, dataset: Dataset, tag: str = ""
) -> PreparedPart:
    """Write the rows of tables, one after the other, as one file that still waits to be kept, or dropped.

    ``tag`` is added to its name, so that a file can take the place of another of the same numbers.
    """
    for name in (period, tag or period):
        if not PERIOD.fullmatch(name):
            raise ValueError(f"a period is made of letters, digits, - and _; not so: {name!r}")
    pieces = (_checked(table, dataset) for table in tables)
    first = next(pieces, None)
    if first is None:
        raise ValueError("a part of the lake needs rows, and every row its record number")
    place = folder / f"period={period}"
    place.mkdir(parents=True, exist_ok=True)
    unfinished = place / f".{secrets.token_hex(8)}.part"
    try:
        rows, low, high = _write(chain([first], pieces), unfinished, dataset)
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        digest, size = _digest(unfinished), unfinished.stat().st_size
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    part = LakePart(
        path=f"{place.name}/part-{low}-{high}{tag and f'-{tag}'}.parquet",
        rows=rows,
        first_record=low,
        last_record=high,
        sha256=digest,
        bytes=size,
        schema_version=dataset.schema_version,
    )
    return PreparedPart(part=part, folder=folder, unfinished=unfinished)


def keep_part(prepared: PreparedPart) -> LakePart:
    """Give a prepared part its name and return its line for the manifest."""
    wanted = prepared.folder / prepared.part.path
    try:
        prepared.unfinished.replace(wanted)
    except BaseException:
        drop_part(prepared)
        raise
    _flush_folder(wanted.parent)
    return prepared.part


def drop_part(prepared: PreparedPart) -> None:
    """Take a prepared part off the disk again."""
    prepared.unfinished.unlink(missing_ok=True)


def read_in_pieces(folder: Path, parts: Iterable[LakePart], *, dataset: Dataset) -> Iterator[pl.DataFrame]:
    """Yield the rows of parts, part after part, some at a time, so that memory does not grow with the files."""
    import pyarrow.parquet as parquet

    for part in parts:
        with parquet.ParquetFile(folder / part.path) as file:
            for batch in file.iter_batches(batch_size=PIECE_ROWS):
                yield dataset.contract.check(pl.from_arrow(batch))


def verify_parts(folder: Path, parts: Sequence[LakePart], *, dataset: Dataset = RESPONSE_LAKE) -> tuple[Fault, ...]:
    """Return what is wrong with the listed files: missing, or changed since they were written."""
    faults = []
    for part in parts:
        facts = {"file": part.path, "rows": part.rows}
        if not (folder / part.path).is_file():
            missing = {**facts, "remedy": dataset.if_missing}
            faults.append(Fault(code="lake-file-missing", says=PART_MISSING, facts=missing))
        elif _digest(folder / part.path) != part.sha256:
            changed = {**facts, "remedy": dataset.if_changed}
            faults.append(Fault(code="lake-file-changed", says=PART_CHANGED, facts=changed))
    return tuple(faults)


def open_lake(
    folder: Path, parts: Sequence[LakePart], *, dataset: Dataset = RESPONSE_LAKE, backend: Any = None
) -> Table:
    """Return the listed files as one Ibis table, unread until asked; its columns are those of the contract.

    ``backend`` is a connection of Ibis to DuckDB or Spark; without one, a new one to DuckDB. Times are in UTC.
    Raises FaultyInputError naming every file that is missing or damaged, as far as opening shows it.
    """
    import ibis

    connection = ibis.duckdb.connect() if backend is None else backend
    if connection.name == "duckdb":
        connection.raw_sql("SET TimeZone = 'UTC'")  # as Ibis does on Spark: a day is the same day on both
    if not parts:
        return _no_rows(connection, dataset.contract)
    with _naming_faults(folder, parts, dataset):
        return _READERS[connection.name](connection, [str((folder / part.path).absolute()) for part in parts])


def _no_rows(connection: Any, contract: Contract) -> Table:
    """Return a table of typed columns without rows, which no engine has to store."""
    import ibis

    schema = ibis.schema(contract.empty().to_arrow().schema)
    first, *others = (ibis.null(kind).name(name) for name, kind in schema.items())
    nothing = first.as_table().mutate(*others).filter(ibis.literal(value=False))
    return connection.sql(connection.compile(nothing), schema=schema)


def _read_by_duckdb(connection: Any, files: list[str]) -> Table:
    literal = [PATTERN_MARK.sub(r"[\g<0>]", file) for file in files]
    return connection.read_parquet(literal, hive_partitioning=False)  # the period in a file's path is no column


def _read_by_spark(connection: Any, files: list[str]) -> Table:
    session = connection.raw_sql("SELECT 1").sparkSession
    literal = [PATTERN_MARK_OF_SPARK.sub(r"\\\g<0>", file) for file in files]
    view = f"lake_{secrets.token_hex(8)}"
    session.read.parquet(*literal).createOrReplaceTempView(view)
    return connection.table(view)


def read_answer(expression: Table) -> pl.DataFrame:
    """Return the rows of an expression over the lake, whichever engine it is on.

    Ibis itself asks Spark by way of pandas, which does not keep every type; here they come as Arrow from both.
    """
    backend = expression.get_backend()
    if backend.name != "pyspark":
        return _from_arrow(expression.to_pyarrow())
    return _from_arrow(backend.raw_sql(backend.compile(expression)).toArrow())


def _from_arrow(table: Any) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    if not isinstance(frame, pl.DataFrame):
        raise TypeError("a table was asked for")
    return frame


_READERS: Final = {"duckdb": _read_by_duckdb, "pyspark": _read_by_spark}


def read_lake(folder: Path, parts: Sequence[LakePart]) -> Responses:
    """Return all responses of the listed files, in the order of their records.

    Raises FaultyInputError naming every file that is missing, or is not as it was written.
    """
    if not parts:
        return Responses(RESPONSES.empty())
    if faults := verify_parts(folder, parts):
        raise FaultyInputError(folder.name, faults)
    with _naming_faults(folder, parts, RESPONSE_LAKE):
        table = open_lake(folder, parts).order_by("record").to_polars()
    return Responses(RESPONSES.check(table))


def _checked(table: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    checked = dataset.contract.check(table)
    if not checked.height or checked[dataset.record].null_count():
        raise ValueError("a part of the lake needs rows, and every row its record number")
    return checked


def _write(pieces: Iterable[pl.DataFrame], file: Path, dataset: Dataset) -> tuple[int, int, int]:
    """Write one group of rows after the other; return how many rows, and their lowest and highest number."""
    import pyarrow.parquet as parquet

    rows, lows, highs = 0, [], []
    schema = _arrow(dataset.contract.empty()).schema
    alike = [column.name for column in dataset.contract.columns if column.name not in dataset.unlike]
    with parquet.ParquetWriter(file, schema, compression="zstd", use_dictionary=alike) as writer:
        for piece in pieces:
            writer.write_table(_arrow(piece), row_group_size=PIECE_ROWS)
            rows += piece.height
            lows.append(int(piece[dataset.record].min()))  # type: ignore[arg-type]
            highs.append(int(piece[dataset.record].max()))  # type: ignore[arg-type]
    return rows, min(lows), max(highs)


def _arrow(table: pl.DataFrame) -> Any:
    return table.to_arrow(compat_level=pl.CompatLevel.oldest())


@contextmanager
def _naming_faults(folder: Path, parts: Sequence[LakePart], dataset: Dataset) -> Iterator[None]:
    """What the engine cannot read is said in our words, file by file."""
    try:
        yield
    except Exception as problem:  # each engine has errors of its own kind
        faults = verify_parts(folder, parts, dataset=dataset)
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
