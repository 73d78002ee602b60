"""The one table in which all evidence reaches measurement: who did what, seen by whom, when, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from yucai.errors import Fault, FaultyInputError
from yucai.frames import Column, Contract
from yucai.texts import Text

if TYPE_CHECKING:
    import polars as pl

__all__ = ["RESPONSES", "Responses"]

RESPONSES = Contract(
    "responses",
    (
        Column(name="learner", kind="text", meaning=Text("whose work it is", "学习者")),
        Column(name="item", kind="text", meaning=Text("what was done: task, question, criterion", "题目、任务或评分项")),
        Column(name="score", kind="number", meaning=Text("points reached", "得分"), unit="points"),
        Column(name="max_score", kind="number", meaning=Text("highest points", "满分"), unit="points"),
        Column(
            name="rater", kind="text", meaning=Text("who rated it", "评分人"), required=False, nullable=True
        ),
        Column(
            name="occasion", kind="text", meaning=Text("term or presentation", "学期或期次"), required=False, nullable=True
        ),
        Column(name="at", kind="time", meaning=Text("when it was done", "时间"), required=False, nullable=True),
        Column(name="source_file", kind="text", meaning=Text("file it came from", "来源文件"), required=False, nullable=True),
        Column(name="source_sheet", kind="text", meaning=Text("sheet", "工作表"), required=False, nullable=True),
        Column(name="source_row", kind="whole", meaning=Text("row in the sheet", "行号"), required=False, nullable=True),
        Column(
            name="record", kind="whole", meaning=Text("number of the record in the office", "记录编号"),
            required=False, nullable=True,
        ),
    ),
)  # fmt: skip

OUTSIDE_SCALE = Text(
    "{n} scores lie outside 0 to the highest score (first: {learner} on {item}, {score} of {max_score}). Correct them.",
    "有 {n} 个得分不在 0 到满分之间（首见：{learner} 的 {item}，{score}/{max_score}）。请改正。",
)
TWICE = Text(
    "{n} scores stand twice for the same learner, item, rater and occasion (first: {learner} on {item}). Keep one.",
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
        checked = RESPONSES.check(table)
        faults = list(_faults(checked))
        if faults:
            raise FaultyInputError(RESPONSES.name, faults)
        return cls(checked)

    def __len__(self) -> int:
        """The number of responses."""
        return self.table.height


def _faults(table: pl.DataFrame) -> Iterator[Fault]:
    import polars as pl

    score, highest = pl.col("score"), pl.col("max_score")
    outside = table.filter(~score.is_finite() | ~highest.is_finite() | (highest <= 0) | (score < 0) | (score > highest))
    if outside.height:
        first = outside.row(0, named=True)
        yield Fault(code="score-outside-scale", says=OUTSIDE_SCALE, facts={"n": outside.height, **_facts(first)})
    twice = table.filter(~pl.struct(ONE_RESPONSE).is_first_distinct())
    if twice.height:
        yield Fault(code="duplicate", says=TWICE, facts={"n": twice.height, **_facts(twice.row(0, named=True))})


def _facts(row: dict[str, Any]) -> dict[str, object]:
    return {name: row[name] for name in ("learner", "item", "score", "max_score")}
