"""Mapped statements as a table like that of a file, so that they go in, change and go back by the same rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import polars as pl

from yucai.evidence.columns import column_types
from yucai.evidence.profiles import TableProfile, load_profile
from yucai.evidence.quality import QualityReport
from yucai.evidence.statement_mapping.profiles import StatementProfile
from yucai.evidence.statement_mapping.responses import StatementResponses
from yucai.evidence.statement_mapping.rows import SUCCESS, item_of
from yucai.evidence.tables import TableReading
from yucai.texts import Text

__all__ = ["ActivityNames", "table_of_statements"]

KIND: Final = "responses"
GIVEN: Final = ("learner", "item", "score", "max_score", "occasion", "at")
PASSED: Final = Text("{name} (passed or not)", "{name}（是否通过）")


class ActivityNames:
    """What statements call the activities they speak of, by the item that a profile makes of each."""

    def __init__(self, profile: StatementProfile) -> None:
        self._profile = profile
        self._names: dict[str, Mapping[str, str]] = {}

    def note(self, statement: Mapping[str, Any]) -> None:
        """Keep the name that a statement gives to its activity; the last one said stands."""
        thing = statement["object"]
        said = thing.get("definition", {}).get("name") if thing.get("objectType", "Activity") == "Activity" else None
        if said:
            self._names[item_of(thing, self._profile)] = said

    def name_of(self, item: str) -> Text | None:
        """Return how an item was called, in both languages as far as it was said; None where it never was."""
        said = self._names.get(item)
        if said is not None:
            return Text(_in(said, "en"), _in(said, "zh"))
        whole = self._names.get(item.removesuffix(SUCCESS)) if item.endswith(SUCCESS) else None
        if whole is None:
            return None
        return PASSED.filled(name=Text(_in(whole, "en"), _in(whole, "zh")))


def _in(said: Mapping[str, str], language: str) -> str:
    """Return a word in a language, else in any that was said, always the same one."""
    fitting = sorted(tag for tag in said if tag.lower().split("-")[0] == language)
    return said[fitting[0] if fitting else min(said)]


def table_of_statements(found: StatementResponses, *, file: str, sha256: str, at: datetime) -> TableReading:
    """Return mapped statements as a table of scores with its report, as ``read_table`` gives that of a file.

    ``file`` is what the source is called. The place of a row is the id of its statement and, where one gave several
    scores, which of them.
    """
    kind = load_profile(KIND)
    given = found.responses.table.with_columns(
        pl.col("source_sheet").fill_null(""),
        source_row=pl.int_range(1, pl.len() + 1).over("source_sheet").cast(pl.Int64),
    )
    columns = [_column(name, dtype) for column in kind.columns for name, dtype in column_types(column).items()]
    table = given.select(
        *columns, source_file=pl.lit(file), source_sheet="source_sheet", source_row="source_row",
        import_code=pl.lit(sha256[:16]), imported_at=pl.lit(at, pl.Datetime("us", "UTC")),
    )  # fmt: skip
    return TableReading(
        profile=kind,
        table=table,
        report=_report(found, table, kind, file=file, sha256=sha256),
        cells=given.select("source_sheet", "source_row", *(pl.col(name).cast(pl.String) for name in GIVEN)),
    )


def _column(name: str, dtype: Any) -> pl.Expr:
    if name == "at":  # tables hold times without a zone, in UTC
        return pl.col("at").dt.replace_time_zone(None).alias("at")
    return pl.col(name) if name in GIVEN else pl.lit(None, dtype).alias(name)


def _report(
    found: StatementResponses, table: pl.DataFrame, kind: TableProfile, *, file: str, sha256: str
) -> QualityReport:
    return QualityReport(
        file=file,
        sha256=sha256,
        kind="xapi",
        encoding="",
        profile=kind.code,
        profile_name=kind.name,
        row_means=kind.row,
        sheets=(),
        understood={name: name for name in GIVEN},
        titles={column.name: column.title for column in kind.columns},
        read_count=table.height,
        kept_count=table.height,
        missing={name: table[name].null_count() / table.height for name in GIVEN} if table.height else {},
        notices=found.notices,
    )
