"""The one table in which all evidence reaches measurement: who did what, seen by whom, when, and where it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from yucai.errors import Fault, FaultyInputError
from yucai.frames import Column, Contract, to_polars
from yucai.texts import Text

if TYPE_CHECKING:
    import polars as pl

__all__ = ["RESPONSES", "Responses"]


def _column(name: str, kind: str, en: str, zh: str, *, unit: str = "", needed: bool = False) -> Column:
    return Column(name=name, kind=kind, meaning=Text(en, zh), unit=unit, required=needed, nullable=not needed)


RESPONSES = Contract(
    "responses",
    (
        _column("learner", "text", "whose work it is", "学习者", needed=True),
        _column("item", "text", "what was done: task, question, criterion", "题目、任务或评分项", needed=True),
        _column("score", "number", "points reached", "得分", unit="points", needed=True),
        _column("max_score", "number", "highest points", "满分", unit="points", needed=True),
        _column("rater", "text", "who rated it", "评分人"),
        _column("occasion", "text", "term or presentation", "学期或期次"),
        _column("at", "time", "when it was done", "时间"),
        _column("source_file", "text", "file it came from", "来源文件"),
        _column("source_sheet", "text", "sheet", "工作表"),
        _column("source_row", "whole", "row in the sheet", "行号"),
        _column("record", "whole", "number of the record in the office", "记录编号"),
    ),
)

OUTSIDE_SCALE = Text(
    "{n} score{n:|s} {n:lies|lie} outside 0 to the highest score (first: {learner} on {item}, {score} of "
    "{max_score}). Correct them.",
    "有 {n} 个得分不在 0 到满分之间（首见：{learner} 的 {item}，{score}/{max_score}）。请改正。",
)
TWICE = Text(
    "{n} score{n:|s} {n:stands|stand} twice for the same learner, item, rater and occasion (first: {learner} on "
    "{item}). Keep one.",
    "有 {n} 个得分重复（同一学习者、题目、评分人、学期；首见：{learner} 的 {item}）。请只保留一个。",
)
ONE_RESPONSE = ("learner", "item", "rater", "occasion")


@dataclass(frozen=True, slots=True)
class Responses:
    """Scores of learners on items, in the columns of ``RESPONSES``; checked, never altered.

    The table may be empty. Occasion and rater may be empty; the four columns learner, item, rater and occasion
    together name one response.
    """

    table: pl.DataFrame

    @classmethod
    def from_table(cls, table: Any) -> Responses:
        """Return the responses in a data frame of any kind (Polars, pandas, PyArrow ...).

        Raises FaultyInputError that lists all faults: missing or empty columns, wrong types, scores outside the
        scale, the same response twice.
        """
        try:
            checked = RESPONSES.check(table)
        except FaultyInputError as error:
            further = _further(table, error.faults)
            raise FaultyInputError(RESPONSES.name, [*error.faults, *further]) from None
        if faults := list(_faults(checked)):
            raise FaultyInputError(RESPONSES.name, faults)
        return cls(checked)

    def __len__(self) -> int:
        """The number of responses."""
        return self.table.height


def _further(table: Any, faults: Sequence[Fault]) -> Iterator[Fault]:
    """Yield what the further checks find in the sound columns of a faulty table, leaving out rows with empty values."""
    import polars as pl

    if any(fault.code == "column-twice" for fault in faults):
        return
    broken = {fault.facts["column"] for fault in faults if fault.code != "empty-value"}
    sound = [column for column in RESPONSES.columns if column.name not in broken]
    frame = to_polars(table, [column.name for column in sound])
    there = [column for column in sound if column.name in frame.columns]
    cast = frame.select(pl.col(column.name).cast(column.dtype) for column in there)
    named = [
        pl.col(column.name).str.strip_chars() != "" for column in there if column.required and column.kind == "text"
    ]
    filled = cast.drop_nulls([column.name for column in there if column.required]).filter(*named)
    yield from _faults(pl.concat([RESPONSES.empty(), filled], how="diagonal"), broken)


def _faults(table: pl.DataFrame, broken: Collection[object] = ()) -> Iterator[Fault]:
    """Yield what is wrong with scores, as far as the columns needed to see it are not broken themselves."""
    import polars as pl

    score, highest = pl.col("score"), pl.col("max_score")
    outside = table.filter(~score.is_finite() | ~highest.is_finite() | (highest <= 0) | (score < 0) | (score > highest))
    if outside.height and not {"score", "max_score"} & set(broken):
        first = outside.row(0, named=True)
        yield Fault(code="score-outside-scale", says=OUTSIDE_SCALE, facts={"n": outside.height, **_facts(first)})
    twice = table.filter(~pl.struct(ONE_RESPONSE).is_first_distinct())
    if twice.height and not set(ONE_RESPONSE) & set(broken):
        yield Fault(code="duplicate", says=TWICE, facts={"n": twice.height, **_facts(twice.row(0, named=True))})


def _facts(row: dict[str, Any]) -> dict[str, object]:
    return {name: "?" if row[name] is None else row[name] for name in ("learner", "item", "score", "max_score")}
