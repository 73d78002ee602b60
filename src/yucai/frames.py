"""Column contracts of the tables that pass from room to room, checked at every door."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Column", "Contract", "column", "to_polars"]

MISSING_COLUMN = Text(
    "the column “{column}” ({meaning}) is missing. Add it, or name the column that holds it.",
    "缺少“{column}”列（{meaning}）。请补上该列，或指明哪一列是它。",
)
WRONG_TYPE = Text(
    "the column “{column}” should hold {wanted}, but it holds {found}. Convert it first.",
    "“{column}”列应为{wanted}，实际为{found}。请先转换。",
)
EMPTY_VALUES = Text(
    "the column “{column}” is empty in {n} row{n:|s} (first: row {row}). Every row needs a value.",
    "“{column}”列有 {n} 行为空（首见第 {row} 行）。每一行都须有值。",
)
COLUMN_TWICE = Text(
    "the column “{column}” stands there more than once. Keep one of them.",
    "“{column}”列出现不止一次。请只保留一列。",
)
LARGEST_WHOLE = 2**63 - 1
TOO_LARGE = Text(f"numbers beyond {LARGEST_WHOLE:,}", f"超过 {LARGEST_WHOLE:,} 的数")
OF_SEVERAL_KINDS = Text("values of several kinds", "多种类型的取值")
KIND_NAMES = {
    "text": Text("text", "文字"),
    "whole": Text("whole numbers", "整数"),
    "number": Text("numbers", "数值"),
    "time": Text("times with time zone", "带时区的时间"),
    "flag": Text("true/false", "是否"),
    "texts": Text("lists of text", "文字列表"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its name, kind (a key of ``KIND_NAMES``), meaning and unit."""

    name: str
    kind: str
    meaning: Text
    unit: str = ""
    required: bool = True  # the column must be there; if not, it is added, all empty
    nullable: bool = False  # single values may be empty

    @property
    def dtype(self) -> Any:
        """The Polars type that holds this kind."""
        import polars as pl

        return {
            "text": pl.String,
            "whole": pl.Int64,
            "number": pl.Float64,
            "time": pl.Datetime("us", "UTC"),
            "flag": pl.Boolean,
            "texts": pl.List(pl.String),
        }[self.kind]


def column(name: str, kind: str, en: str, zh: str, *, nullable: bool = False) -> Column:
    """Return a column that must be there, with its meaning in both languages."""
    return Column(name=name, kind=kind, meaning=Text(en, zh), nullable=nullable)


@dataclass(frozen=True, slots=True)
class Contract:
    """What a table promises: its columns, in order. Further columns are dropped at the door."""

    name: str
    columns: tuple[Column, ...]

    def check(self, table: Any) -> pl.DataFrame:
        """Return the table as a Polars frame in the contract's columns, order and types; rows keep their order.

        Takes any data frame that narwhals knows (Polars, pandas, PyArrow, DuckDB, Ibis results).
        Raises FaultyInputError naming every missing column, wrong type and empty value at once; blank text is empty.
        """
        try:
            frame = to_polars(table, [column.name for column in self.columns])
        except FaultyInputError as error:
            raise FaultyInputError(self.name, error.faults) from None
        faults = [fault for column in self.columns for fault in _faults(frame, column)]
        if faults:
            raise FaultyInputError(self.name, faults)
        return _arranged(frame, self.columns)

    @property
    def schema(self) -> dict[str, Any]:
        """The Polars type of each column, in order."""
        return {column.name: column.dtype for column in self.columns}

    def of_rows(self, rows: Sequence[tuple[Any, ...]]) -> pl.DataFrame:
        """Return rows in the order of the columns as a table that keeps the contract. Raises FaultyInputError."""
        import polars as pl

        return self.check(pl.DataFrame(rows, schema=self.schema, orient="row"))

    def empty(self) -> pl.DataFrame:
        """Return a table of no rows that keeps the contract."""
        import polars as pl

        return pl.DataFrame(schema=self.schema)


def to_polars(table: Any, names: Sequence[str] | None = None) -> pl.DataFrame:
    """Return any data frame that narwhals knows as a Polars frame; the table given is left as it was.

    With ``names``, only those of its columns, as far as it has them. A column whose values are of several kinds, which
    pandas allows, becomes one of the type ``Object``. Raises FaultyInputError naming every column that stands twice.
    """
    import narwhals as nw

    try:
        native = nw.from_native(table)
        eager = native.collect() if isinstance(native, nw.LazyFrame) else native
        wanted = [name for name in eager.columns if names is None or name in names]
        frame = eager[:, wanted]  # not ``select``, which takes the title “*” for all columns
    except nw.exceptions.DuplicateError as problem:
        raise FaultyInputError(type(table).__name__, _columns_twice(table)) from problem
    try:
        return frame.to_polars()
    except (TypeError, ValueError):  # PyArrow's errors are of these kinds too
        return _column_by_column(frame)


def _columns_twice(table: Any) -> Iterator[Fault]:
    names = [str(name) for name in (getattr(table, "column_names", None) or table.columns)]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield Fault(code="column-twice", says=COLUMN_TWICE, facts={"column": name})


def _column_by_column(frame: Any) -> pl.DataFrame:
    import polars as pl

    columns = []
    for name in frame.columns:
        try:
            columns.append(frame[:, [name]].to_polars().to_series())
        except (TypeError, ValueError):  # PyArrow's errors are of these kinds too
            columns.append(pl.Series(name, frame.get_column(name).to_list(), dtype=pl.Object))
    return pl.DataFrame(columns)


def _arranged(frame: pl.DataFrame, columns: tuple[Column, ...]) -> pl.DataFrame:
    import polars as pl

    held = {series.name for series in frame if series.null_count() < series.len()}  # a column of nothing has no type
    arranged = frame.with_columns(
        (pl.col(column.name) if column.name in held else pl.lit(None)).cast(column.dtype).alias(column.name)
        for column in columns
    )
    return arranged.select(column.name for column in columns)


def _faults(frame: pl.DataFrame, column: Column) -> Iterator[Fault]:
    if column.name not in frame.columns:
        if column.required:
            facts = {"column": column.name, "meaning": column.meaning}
            yield Fault(code="missing-column", says=MISSING_COLUMN, facts=facts)
        return
    series = frame.get_column(column.name)
    if not _fits(series, column):
        facts = {"column": column.name, "wanted": KIND_NAMES[column.kind], "found": _found(series, column)}
        yield Fault(code="wrong-type", says=WRONG_TYPE, facts=facts)
    elif not column.nullable and (empty := _empty(series, column)).any():
        facts = {"column": column.name, "n": empty.sum(), "row": int(empty.arg_max() or 0) + 1}
        yield Fault(code="empty-value", says=EMPTY_VALUES, facts=facts)


def _found(series: pl.Series, column: Column) -> str | Text:
    if column.kind == "whole" and series.dtype.is_integer():
        return TOO_LARGE
    return OF_SEVERAL_KINDS if series.dtype.is_object() else str(series.dtype)


def _empty(series: pl.Series, column: Column) -> pl.Series:
    import polars as pl

    if column.kind != "text" or series.null_count() == series.len():
        return series.is_null()
    return series.cast(pl.String).str.strip_chars().fill_null("") == ""


def _whole_fits(series: pl.Series) -> bool:
    largest = series.max()
    return not isinstance(largest, int) or largest <= LARGEST_WHOLE


def _fits(series: pl.Series, column: Column) -> bool:
    import polars as pl

    kind = series.dtype
    if series.null_count() == series.len():  # pandas keeps a column of nothing as numbers
        return True
    return {
        "text": kind in (pl.String, pl.Categorical) or isinstance(kind, pl.Enum),
        "whole": kind.is_integer() and _whole_fits(series),
        "number": kind.is_numeric(),
        "time": kind == pl.Datetime and getattr(kind, "time_zone", None) is not None,
        "flag": kind == pl.Boolean,
        "texts": kind in (pl.List(pl.String), pl.List(pl.Null)),
    }[column.kind]
