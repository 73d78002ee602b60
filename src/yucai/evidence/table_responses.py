"""From tables to responses: grades, gradebooks, ratings and surveys on their way to measurement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from yucai.errors import Fault, YucaiError
from yucai.evidence.calendar_words import school_term
from yucai.evidence.profiles import ResponseRule
from yucai.evidence.quality import QualityReport
from yucai.evidence.refusing import Place, refuse_rows
from yucai.evidence.responses import RESPONSES, Responses
from yucai.evidence.sniffing import MOST_TABLE_BYTES
from yucai.evidence.tables import TableReading, read_table
from yucai.evidence.vocabulary import GradeKind, is_missing, plain, read_grade, read_number
from yucai.framework import EvidenceMap
from yucai.texts import Text

__all__ = [
    "NoResponsesError",
    "Reading",
    "TableResponses",
    "check_items",
    "item_names",
    "items_without_highest",
    "read_responses",
    "refuse_unfit_scores",
    "responses_from",
]

NO_HIGHEST: Final = Text(
    "nothing says the highest score of {n} item{n:|s} (first: {item}); {n:it was|they were} left out. State it to "
    "use {n:it|them}.",
    "有 {n} 个题目没有满分（首个：{item}），未采用。请注明满分。",
)
NO_SCORE: Final = Text(
    "{n} cell{n:|s} {n:is no score|are no scores} and {n:was|were} left out (first: “{value}” in {item}).",
    "有 {n} 个单元格不是得分，未采用（首见 {item} 中的“{value}”）。",
)
OUTSIDE: Final = Text(
    "{n} score{n:|s} {n:lies|lie} outside 0 to the highest score and {n:was|were} left out (first: row {row}, "
    "{item}; in rows {rows}).",
    "有 {n} 个得分不在 0 到满分之间，未采用（首见第 {row} 行，{item}；所在行：{rows}）。",
)
OUTSIDE_ROW: Final = Text(
    "the score {score} lies outside 0 to {highest}. Correct it.", "得分 {score} 不在 0 到 {highest} 之间。请改正。"
)
TWICE_ROW: Final = Text(
    "row {row} has a score of the same student, course and term already. Keep the right one.",
    "第 {row} 行已有同一学生、课程、学期的得分。请保留正确的一行。",
)
LATER: Final = Text(
    "{n} row{n:|s} {n:is a resit or a repeated course|are resits or repeated courses}; only first attempts were used.",
    "有 {n} 行是补考或重修，只采用首次考试。",
)
TWICE: Final = Text(
    "{n} score{n:|s} {n:stands|stand} twice for one learner, item, rater and term; the first was used.",
    "有 {n} 个得分重复（同一学生、题目、评分人、学期），采用首个。",
)
NO_RULE: Final = Text(
    "no rule of “{map}” covers the item “{item}”: it is kept but not measured. Add a rule to measure it.",
    "“{map}”中没有规则涵盖题目“{item}”：已保留，但不参与测量。如需测量，请补充规则。",
)
MOST_ROWS: Final = 10
KEY: Final = ("learner", "item", "rater", "occasion")


class NoResponsesError(YucaiError):
    """Tables of this kind hold no scores."""

    says = Text(
        "A table of the kind “{profile}” holds no scores to measure. Use grades, a gradebook, ratings or a survey.",
        "“{profile}”类表格中没有可用于测量的得分。请使用成绩、成绩册、评分表或问卷。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class TableResponses:
    """The responses in a table, and what was left out of them and why."""

    responses: Responses
    notices: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a file gave: its scores as responses, and the report on all rows."""

    responses: Responses
    report: QualityReport


def read_responses(
    path: Path,
    kind: str = "responses",
    *,
    columns: Mapping[str, str] | None = None,
    highest: Mapping[str, float] | None = None,
    limit: int = MOST_TABLE_BYTES,
) -> Reading:
    """Return the responses in a file of any kind that ``read_table`` reads, with its report.

    ``kind`` is a table with one score a row, unless said otherwise; gradebooks and surveys have one column an item.
    ``columns`` names the file's title for a column of ours (``{"score": "Mark"}``), ``highest`` the highest score by
    item (``"*"``: of all others) where the file does not. Rows at fault are refused with all that is wrong with them;
    cells such as 缺考 are states, counted and never zero. Raises as ``read_table``, and NoResponsesError.
    """
    reading = read_table(path, kind, chosen=columns, limit=limit)
    found = responses_from(reading, highest=highest)
    report = replace(reading.report, notices=(*reading.report.notices, *found.notices))
    return Reading(responses=found.responses, report=report)


def check_items(responses: Responses, evidence_map: EvidenceMap) -> tuple[Fault, ...]:
    """Return, for each item that no rule of the map covers, a fault that says so."""
    items = responses.table["item"].unique().sort()
    return tuple(
        Fault(code="no-rule", says=NO_RULE, facts={"map": evidence_map.code, "item": item})
        for item in items
        if evidence_map.rule_for(item) is None
    )


def responses_from(reading: TableReading, *, highest: Mapping[str, float] | None = None) -> TableResponses:
    """Return the scores of a table as responses.

    A grade keeps its own scale: points of 100, steps of five levels, of letters, of pass and fail, each as an item of
    its own; states are no scores. In kinds of tables without a term a score has that of its day. ``highest``
    states the highest score by item, ``"*"`` for all others.
    """
    rule = reading.profile.responses
    if rule is None:
        raise NoResponsesError(profile=reading.profile.name)
    notices: list[Fault] = []
    table, later = _first_attempts(reading.table, rule)
    if later:
        notices.append(Fault(code="later-attempts", says=LATER, facts={"n": later}))
    long = _long(table, rule) if rule.score else _wide(reading, table, rule, notices)
    long = long if rule.occasion else _with_terms(long)
    stated = highest or {}
    given = pl.col("item").replace_strict(dict(stated), default=stated.get("*"), return_dtype=pl.Float64)
    long = long.with_columns(max_score=pl.coalesce("max_score", given))
    return TableResponses(responses=_sound(long, notices), notices=tuple(notices))


def refuse_unfit_scores(reading: TableReading) -> TableReading:
    """Return a reading whose rows with one score outside its scale, or one that stands twice, are refused.

    Tables with one column an item keep their rows: one answer that is none of the scale spoils no other.
    """
    rule = reading.profile.responses
    if rule is None or not rule.score:
        return reading
    long = _long(_first_attempts(reading.table, rule)[0], rule)
    long = (long if rule.occasion else _with_terms(long)).drop_nulls(["score", "learner", "item", "max_score"])
    off = (pl.col("score") < 0) | (pl.col("score") > pl.col("max_score"))
    wrong: dict[Place, list[Fault]] = {}
    for row in long.filter(off).iter_rows(named=True):
        facts = {"score": f"{row['score']:g}", "highest": f"{row['max_score']:g}"}
        told = Fault(code="outside", says=OUTSIDE_ROW, facts=facts)
        wrong[row["source_sheet"] or "", row["source_row"]] = [told]
    first = pl.col("source_row").first().over(KEY)
    twice = long.filter(~off).with_columns(first=first).filter(~pl.struct(KEY).is_first_distinct())
    for row in twice.iter_rows(named=True):
        told = Fault(code="twice", says=TWICE_ROW, facts={"row": row["first"]})
        wrong[row["source_sheet"] or "", row["source_row"]] = [told]
    return refuse_rows(reading, wrong)


def items_without_highest(reading: TableReading) -> tuple[str, ...]:
    """Return the titles of the item columns whose highest score the file does not say: to use them, state it."""
    if reading.profile.responses is None:
        return ()
    return tuple(title for title in reading.item_columns if reading.highest.get(title) is None)


def item_names(reading: TableReading) -> dict[str, str]:
    """Return what the file calls its items: item -> the title of its column, or the course's name and number."""
    rule = reading.profile.responses
    if rule is None:
        return {}
    if not rule.score:
        return {f"{rule.item_prefix}{item}": title for title, item in reading.item_columns.items()}
    names: dict[str, str] = {}
    for parts in reading.table.select(rule.item).unique(maintain_order=True).iter_rows():
        said = [part for part in parts if part]
        if len(said) > 1:
            code, name = f"{rule.item_prefix}{said[0]}", f"{said[-1]}（{said[0]}）"
            names |= {code: name, **{f"{code}/{kind}": name for kind in GradeKind}}
    return names


def _first_attempts(table: pl.DataFrame, rule: ResponseRule) -> tuple[pl.DataFrame, int]:
    if not rule.first_column:
        return table, 0
    words = [plain(word or "") for word in table[rule.first_column].to_list()]
    first = table.filter(pl.Series([word in rule.first_words for word in words], dtype=pl.Boolean))
    return first, table.height - first.height


def _base(table: pl.DataFrame, rule: ResponseRule) -> list[pl.Expr]:
    """Return whose, when and by whom, and where it stands in the file."""
    no_text = pl.lit(None, pl.String)
    whose = pl.col(rule.learner) if rule.learner in table.columns else no_text
    other = pl.col(rule.else_learner) if rule.else_learner else no_text
    moment = pl.col(rule.at).cast(pl.Datetime("us")) if rule.at else pl.lit(None, pl.Datetime("us"))
    return [
        pl.coalesce(whose, other).alias("learner"),
        (pl.col(rule.rater) if rule.rater else no_text).alias("rater"),
        (pl.col(rule.occasion) if rule.occasion else no_text).alias("occasion"),
        moment.dt.replace_time_zone("UTC").alias("at"),
        pl.col("source_file"), pl.col("source_sheet"), pl.col("source_row"),
    ]  # fmt: skip


def _long(table: pl.DataFrame, rule: ResponseRule) -> pl.DataFrame:
    """One row, one score."""
    item = pl.lit(rule.item_prefix) + pl.coalesce(*(pl.col(name) for name in rule.item))
    if f"{rule.score}_kind" not in table.columns:
        most = pl.col(rule.max_score) if rule.max_score else pl.lit(rule.highest, pl.Float64)
        return table.select(*_base(table, rule), item=item, score=pl.col(rule.score), max_score=most)
    kind, steps = pl.col(f"{rule.score}_kind"), pl.col(f"{rule.score}_steps")
    is_number = kind == "number"
    return table.filter(pl.col(f"{rule.score}_value").is_not_null()).select(
        *_base(table, rule),
        item=pl.when(is_number).then(item).otherwise(item + "/" + kind),
        score=pl.col(f"{rule.score}_value"),
        max_score=pl.when(is_number).then(pl.lit(rule.highest, pl.Float64)).otherwise(steps.cast(pl.Float64) - 1),
    )


def _wide(reading: TableReading, table: pl.DataFrame, rule: ResponseRule, notices: list[Fault]) -> pl.DataFrame:
    """One column, one item."""
    parts = []
    strange: list[tuple[str, str]] = []
    for title, item in reading.item_columns.items():
        values = []
        for text in table[title].to_list():
            number = read_number(text) if text else None
            values.append(None if number is None else number.value * (100 if number.unit == "%" else 1))
            if number is None and text and not is_missing(text) and not _is_state(text):
                strange.append((text, item))
        parts.append(
            table.select(
                *_base(table, rule),
                item=pl.lit(f"{rule.item_prefix}{item}"),
                score=pl.Series(values, dtype=pl.Float64),
                max_score=pl.lit(reading.highest.get(title), pl.Float64),
            ).filter(pl.col("score").is_not_null())
        )
    if strange:
        facts = {"n": len(strange), "value": strange[0][0], "item": strange[0][1]}
        notices.append(Fault(code="no-score", says=NO_SCORE, facts=facts))
    return pl.concat(parts) if parts else RESPONSES.empty()


def _with_terms(long: pl.DataFrame) -> pl.DataFrame:
    """Return the scores with the school term of their day."""
    day = pl.col("at").dt.date()
    days = long.filter(pl.col("occasion").is_null()).select(day).to_series().drop_nulls().unique()
    terms = {one: school_term(one) for one in days}
    told = day.replace_strict(terms, default=None, return_dtype=pl.String)
    return long.with_columns(occasion=pl.coalesce("occasion", told))


def _is_state(text: str) -> bool:
    grade = read_grade(text)
    return grade is not None and grade.state is not None


def _sound(long: pl.DataFrame, notices: list[Fault]) -> Responses:
    """Return the scores that keep the contract, and say of the others why they do not."""
    long = long.filter(pl.col("score").is_not_null() & pl.col("learner").is_not_null() & pl.col("item").is_not_null())
    unstated = long.filter(pl.col("max_score").is_null())["item"].unique(maintain_order=True)
    if len(unstated):
        notices.append(Fault(code="no-highest", says=NO_HIGHEST, facts={"n": len(unstated), "item": unstated[0]}))
    long = long.filter(pl.col("max_score").is_not_null())
    outside = (pl.col("score") < 0) | (pl.col("score") > pl.col("max_score")) | (pl.col("max_score") <= 0)
    notices += _told(long.filter(outside), "outside", OUTSIDE)
    long = long.filter(~outside)
    again = ~pl.struct(KEY).is_first_distinct()
    notices += _told(long.filter(again), "twice", TWICE)
    return Responses.from_table(RESPONSES.check(long.filter(~again)))


def _told(rows: pl.DataFrame, code: str, says: Text) -> Iterator[Fault]:
    if rows.height:
        places = rows["source_row"].drop_nulls().unique(maintain_order=True).to_list()
        listed = ", ".join(map(str, places[:MOST_ROWS])) + (" ..." if len(places) > MOST_ROWS else "")
        facts = {"n": rows.height, "row": rows["source_row"][0], "item": rows["item"][0], "rows": listed}
        yield Fault(code=code, says=says, facts=facts)
