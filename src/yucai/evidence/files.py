"""Files in: what a table means, which rows are sound, and a report of it all."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import polars as pl

from yucai.errors import Fault
from yucai.evidence.grids import MOST_BYTES, Grid, read_grids
from yucai.evidence.refusals import ColumnsMissingError, EmptyFileError
from yucai.evidence.reports import ImportReport, RefusedRow
from yucai.evidence.responses import RESPONSES, Responses
from yucai.framework import EvidenceMap
from yucai.texts import Text

__all__ = ["Reading", "check_items", "read_responses"]

REQUIRED: Final = ("learner", "item", "score", "max_score")
SAID: Final = {
    "no-learner": Text("no learner is named. Enter the number.", "没有学号。请补上。"),
    "no-item": Text("no item is named. Enter what was done.", "没有题目或任务。请补上。"),
    "long-number": Text(
        "the number {value} was stored as a figure and has lost digits. Format the column as text and enter it again.",
        "编号 {value} 被存为数值，末位已丢失。请把该列设为文本后重新录入。",
    ),
    "not-a-number": Text("the score “{value}” is not a number. Correct it.", "得分“{value}”不是数字。请改正。"),
    "outside": Text(
        "the score {value} lies outside 0 to {highest}. Correct one of them.",
        "得分 {value} 不在 0 到 {highest} 之间。请改正。",
    ),
    "no-highest": Text(
        "the highest score “{highest}” is no number above 0. Correct it.", "满分“{highest}”不是大于 0 的数字。请改正。"
    ),
    "twice": Text(
        "the same learner, item, rater and term stand in a row above. Keep one of them.",
        "与上文某行的学号、题目、评分人、学期相同。请只保留一行。",
    ),
}
NO_RULE = Text(
    "no rule of “{map}” covers the item “{item}”: it is kept but not measured. Add a rule to measure it.",
    "“{map}”中没有规则涵盖题目“{item}”：已保留，但不参与测量。如需测量，请补充规则。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a file gave: the sound rows as responses, and the report on all rows."""

    responses: Responses
    report: ImportReport


def read_responses(path: Path, *, columns: Mapping[str, str] | None = None, limit: int = MOST_BYTES) -> Reading:
    """Return the responses in a CSV, XLSX or Parquet file, told apart by content, with a report.

    ``columns`` names the file's column for one of ours (``{"score": "Mark"}``) where its header is not understood.
    Rows at fault are refused with their row and the reason; the sound rows are kept. Cells such as 缺考 are states,
    counted and never zero. Raises one of ``yucai.evidence``'s refusals when the file as a whole cannot be read.
    """
    words = _words()
    digest, grids = read_grids(path, known=frozenset(words), limit=limit)
    tables = [_table(path.name, grid, words, columns or {}) for grid in grids]
    whole = pl.concat([table for table, _ in tables])
    if not whole.height:
        raise EmptyFileError(file=path.name)
    judged = _judged(whole)
    kept = judged.filter(pl.col("fault").is_null() & pl.col("state").is_null())
    states = judged.filter(pl.col("state").is_not_null())["state"].value_counts()
    mapping, ignored = tables[0][1]
    report = ImportReport(
        file=path.name,
        sha256=digest,
        kind=grids[0].kind,
        encoding=grids[0].encoding,
        understood=mapping,
        ignored=ignored,
        read_count=judged.height,
        kept_count=kept.height,
        states=dict(states.sort("state").iter_rows()),
        refused=tuple(_refused(judged)),
    )
    table = kept.with_columns(source_file=pl.lit(path.name), at=_times(kept))
    return Reading(responses=Responses(RESPONSES.check(table)), report=report)


def check_items(responses: Responses, evidence_map: EvidenceMap) -> tuple[Fault, ...]:
    """Return, for each item that no rule of the map covers, a fault that says so."""
    items = responses.table["item"].unique().sort()
    return tuple(
        Fault(code="no-rule", says=NO_RULE, facts={"map": evidence_map.code, "item": item})
        for item in items
        if evidence_map.rule_for(item) is None
    )


@cache
def _profile() -> Mapping[str, Mapping[str, list[str]]]:
    text = files("yucai.evidence").joinpath("profiles/responses.toml").read_text(encoding="utf-8")
    profile: Mapping[str, Mapping[str, list[str]]] = tomllib.loads(text)
    return profile


def _words() -> dict[str, str]:
    return {_plain(word): ours for ours, theirs in _profile()["columns"].items() for word in theirs}


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().lower()


def _table(
    name: str, grid: Grid, words: Mapping[str, str], chosen: Mapping[str, str]
) -> tuple[pl.DataFrame, tuple[dict[str, str], tuple[str, ...]]]:
    """Return a grid in our columns as text, with sheet and row, and how its columns were understood."""
    places: dict[str, int] = {}
    for place, title in enumerate(grid.header):
        ours = next((o for o, theirs in chosen.items() if theirs == title), words.get(_plain(title)))
        if ours is not None:
            places.setdefault(ours, place)
    missing = [ours for ours in REQUIRED if ours not in places]
    if missing:
        found = ", ".join(title for title in grid.header if title) or "-"
        raise ColumnsMissingError(file=name, missing=", ".join(missing), found=found)
    names = ("learner", "item", "score", "max_score", "rater", "occasion", "at")
    held = grid.columns.columns
    cells = [
        (grid.columns.get_column(held[places[ours]]).cast(pl.String) if ours in places else pl.lit(None, pl.String))
        for ours in names
    ]
    table = pl.select(
        *(cell.alias(ours) for cell, ours in zip(cells, names, strict=True)),
        pl.lit(grid.sheet).alias("source_sheet"),
    ) if not grid.columns.height else grid.columns.select(
        *(cell.alias(ours) for cell, ours in zip(cells, names, strict=True)),
        pl.lit(grid.sheet or None, pl.String).alias("source_sheet"),
    ).with_row_index("source_row", offset=grid.first_row)  # fmt: skip
    table = table.with_columns(pl.col("source_row").cast(pl.Int64))
    blank = pl.all_horizontal(pl.col(ours).fill_null("").str.strip_chars() == "" for ours in names)
    understood = {ours: grid.header[place] for ours, place in places.items()}
    ignored = tuple(title for place, title in enumerate(grid.header) if title and place not in places.values())
    return table.filter(~blank), (understood, ignored)


def _judged(table: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with numbers as numbers, ``state`` where the score cell names one, ``fault`` where one is."""
    texts = ("learner", "item", "rater", "occasion", "score", "max_score")
    clean = table.with_columns(_cleaned(name) for name in texts)
    states = {word: state for state, words in _profile()["states"].items() for word in map(_plain, words)}
    lower = pl.col("score").fill_null("").str.to_lowercase()
    clean = clean.with_columns(
        state=lower.replace_strict(states, default=None, return_dtype=pl.String),
        raw=pl.col("score"),
        highest=pl.col("max_score"),
        score=_number("score"),
        max_score=_number("max_score"),
    )
    key = ["learner", "item", "rater", "occasion"]
    sound = pl.col("state").is_null()
    fault = (
        pl.when(pl.col("learner").is_null()).then(pl.lit("no-learner"))
        .when(pl.col("learner").str.contains(r"^\d(\.\d+)?[eE]\+?\d+$")).then(pl.lit("long-number"))
        .when(pl.col("item").is_null()).then(pl.lit("no-item"))
        .when(sound & (pl.col("max_score").is_null() | (pl.col("max_score") <= 0))).then(pl.lit("no-highest"))
        .when(sound & pl.col("score").is_null()).then(pl.lit("not-a-number"))
        .when(sound & ((pl.col("score") < 0) | (pl.col("score") > pl.col("max_score")))).then(pl.lit("outside"))
    )  # fmt: skip
    clean = clean.with_columns(fault=fault)
    first = pl.struct(key).is_first_distinct()
    counted = sound & pl.col("fault").is_null()
    twice = clean.filter(counted).filter(~first).select("source_sheet", "source_row", twice=pl.lit(True))
    clean = clean.join(twice, on=["source_sheet", "source_row"], how="left", nulls_equal=True, maintain_order="left")
    return clean.with_columns(fault=pl.when(pl.col("twice")).then(pl.lit("twice")).otherwise(pl.col("fault")))


def _cleaned(name: str) -> pl.Expr:
    """Full-width digits and blanks become plain ones; an empty cell is no value. Names stay as written."""
    text = pl.col(name).str.strip_chars()
    if name != "rater":
        text = text.str.normalize("NFKC").str.strip_chars()
    return pl.when(text == "").then(None).otherwise(text).alias(name)


def _number(name: str) -> pl.Expr:
    number = pl.col(name).str.replace_all(",", "").cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def _times(kept: pl.DataFrame) -> pl.Series:
    moment = kept["at"].str.to_datetime(strict=False, time_unit="us", time_zone="UTC")
    day = kept["at"].str.replace_all("/", "-").str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us"))
    return moment.fill_null(day.dt.replace_time_zone(UTC.tzname(None)))


def _refused(judged: pl.DataFrame) -> Iterator[RefusedRow]:
    wrong = judged.filter(pl.col("fault").is_not_null())
    for row in wrong.iter_rows(named=True):
        value = row["learner"] if row["fault"] == "long-number" else row["raw"]
        facts = {"value": value or "", "highest": row["highest"] or ""}
        fault = Fault(code=row["fault"], says=SAID[row["fault"]], facts=facts)
        yield RefusedRow(sheet=row["source_sheet"] or "", row=row["source_row"], fault=fault)
