"""The Open University 2013-14: real, anonymised learners, as evidence (OULAD, CC BY 4.0)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from importlib.resources import as_file, files
from typing import Final

import polars as pl

from yucai.demo.spaces import SpaceFacts
from yucai.evidence import RESPONSES, Responses
from yucai.texts import Text

__all__ = ["START_MONTHS", "University", "open_university", "read_university_table"]

KEY: Final = ["code_module", "code_presentation"]
PROTECTED: Final = ("gender", "region", "imd_band", "age_band", "highest_education", "disability")
START_MONTHS: Final = {"B": 2, "J": 10}
START_DAYS: Final = {
    f"{year}{letter}": date(year, month, 1) for year in (2013, 2014) for letter, month in START_MONTHS.items()
}
FILE: Final = "OULAD student_assessment"

SPACE: Final = SpaceFacts(
    code="open-university",
    name=Text("Open University 2013-14 (real learners)", "英国开放大学 2013-14（真实学习者）"),
    simulated=False,
    attribution=Text(
        "Open University Learning Analytics Dataset: Kuzilek, Hlosta, Zdrahal (2017), Scientific Data 4:170171. "
        "CC BY 4.0; converted to Parquet, values unchanged, six of seven tables.",
        "数据来源：Open University Learning Analytics Dataset，Kuzilek、Hlosta、Zdrahal（2017），"
        "Scientific Data 4:170171。CC BY 4.0；已转换为 Parquet，数值未改，收录七张表中的六张。",
    ),
    licence="CC BY 4.0",
    evidence_map="evidence-oulad",
    period="occasion",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class University:
    """The Open University's 22 presentations as tables.

    ``people`` (learner), ``presentations`` (occasion, module, starts, length in days), ``enrolments`` (learner,
    occasion, final_result, registered and unregistered day), ``assessments`` (item, occasion, type, due_day, weight
    in per cent), ``responses``, and ``protected`` apart from all others (learner, occasion, trait, value).
    """

    space: SpaceFacts
    people: pl.DataFrame
    presentations: pl.DataFrame
    enrolments: pl.DataFrame
    assessments: pl.DataFrame
    responses: Responses
    protected: pl.DataFrame
    n_results: int  # assessment results in the source
    n_without_score: int  # of these, results without a score, which are left out
    notes: tuple[Text, ...]


def open_university() -> University:
    """Return the Open University's evidence as shipped with Yucai."""
    student, registration = read_university_table("student"), read_university_table("student_registration")
    handed_in = _results(read_university_table("student_assessment"), read_university_table("assessment"))
    results = handed_in.with_columns(_handed_in_at())
    enrolments = student.join(registration, on=[*KEY, "id_student"]).select(
        _learner(),
        _occasion(),
        "final_result",
        registered_day="date_registration",
        unregistered_day="date_unregistration",
    )
    scored = results.filter(pl.col("score").is_not_null())
    n_without = results.height - scored.height
    return University(
        space=SPACE,
        people=enrolments.select("learner").unique(maintain_order=True),
        presentations=_presentations(read_university_table("course")),
        enrolments=enrolments,
        assessments=_assessments(read_university_table("assessment")),
        responses=_responses(scored),
        protected=_protected(student),
        n_results=results.height,
        n_without_score=n_without,
        notes=(
            Text(
                f"{n_without} of {results.height:,} results have no score in the source; they were left out.",
                f"来源中 {results.height:,} 条成绩里有 {n_without} 条没有分数；已略去，未按零分处理。",
            ),
            Text(
                "Results carried over from an earlier presentation say nothing of handing in on time; not used so.",
                "从以往期次结转的成绩不反映是否按时提交，未作此用途。",
            ),
            Text("The table of daily clicks is not included.", "未收录每日点击数据表。"),
        ),
    )


def read_university_table(name: str) -> pl.DataFrame:
    """Return one of the six shipped tables as it is."""
    with as_file(files("yucai.demo").joinpath(f"oulad/{name}.parquet")) as path:
        return pl.read_parquet(path)


def _learner() -> pl.Expr:
    return ("ou-" + pl.col("id_student").cast(pl.String)).alias("learner")


def _occasion() -> pl.Expr:
    return (pl.col("code_module") + "-" + pl.col("code_presentation")).alias("occasion")


def _presentations(course: pl.DataFrame) -> pl.DataFrame:
    starts = [date(int(code[:4]), START_MONTHS[code[4]], 1) for code in course["code_presentation"]]
    return course.select(
        _occasion(), module="code_module", starts=pl.Series(starts), length_days="module_presentation_length"
    )


def _item() -> pl.Expr:
    return (pl.col("occasion") + "/" + pl.col("assessment_type") + "-" + pl.col("id_assessment").cast(pl.String)).alias(
        "item"
    )


def _assessments(assessment: pl.DataFrame) -> pl.DataFrame:
    named = assessment.with_columns(_occasion()).with_columns(_item())
    return named.select("item", "occasion", type="assessment_type", due_day="date", weight="weight")


def _results(results: pl.DataFrame, assessment: pl.DataFrame) -> pl.DataFrame:
    joined = results.with_row_index("row", offset=1).join(assessment, on="id_assessment", maintain_order="left")
    return joined.with_columns(_learner(), _occasion()).with_columns(_item())


def _handed_in_at() -> pl.Expr:
    """The day on which work was handed in; none where a result was carried over from an earlier presentation."""
    starts = pl.col("occasion").str.slice(-5).replace_strict(START_DAYS, return_dtype=pl.Date)
    noon = starts.cast(pl.Datetime("us", "UTC")) + pl.duration(days=pl.col("date_submitted"), hours=12)
    return pl.when(~pl.col("is_banked")).then(noon).alias("at")


def _responses(scored: pl.DataFrame) -> Responses:
    """Marks out of 100, and whether work was handed in by its due day."""
    marks = scored.select(
        "learner", "item", "occasion", "row", "at", score=pl.col("score").cast(pl.Float64), max_score=100.0
    )
    dated = scored.filter(~pl.col("is_banked") & pl.col("date").is_not_null() & (pl.col("assessment_type") != "Exam"))
    on_time = dated.select(
        "learner",
        "occasion",
        "row",
        "at",
        item=pl.col("occasion") + "/on-time-" + pl.col("id_assessment").cast(pl.String),
        score=(pl.col("date_submitted") <= pl.col("date")).cast(pl.Float64),
        max_score=pl.lit(1.0),
    )
    both = pl.concat([marks, on_time.select(marks.columns)])
    placed = both.rename({"row": "source_row"}).with_columns(
        pl.col("source_row").cast(pl.Int64), source_file=pl.lit(FILE)
    )
    return Responses.from_table(RESPONSES.check(placed))


def _protected(student: pl.DataFrame) -> pl.DataFrame:
    held = student.with_columns(_learner(), _occasion()).with_columns(pl.col("disability").cast(pl.String))
    long = held.unpivot(on=list(PROTECTED), index=["learner", "occasion"], variable_name="trait", value_name="value")
    return long.drop_nulls("value")
