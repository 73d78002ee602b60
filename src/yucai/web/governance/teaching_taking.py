"""Taking a table of course evaluations in: whole or not at all, and without the numbers of the raters."""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from django.db import transaction
from numpy.random import Generator

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import SourceFacts, check_source, load_source_templates, read_table
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.release_rules import policy_of
from yucai.web.bulk import insert_rows
from yucai.web.evidence.models import DataSource
from yucai.web.governance.teaching_doors import require_keeper
from yucai.web.governance.teaching_groups import groups_found
from yucai.web.governance.teaching_models import TaughtCourse, TaughtLecturer, TeachingRating, TeachingSurvey
from yucai.web.registers.algorithms import TEACHING
from yucai.web.registers.switches import state_of

__all__ = ["PROFILE", "SurveyWanted", "keep_survey", "read_evaluations", "remove_survey"]

PROFILE: Final = "course-evaluation"
MOST_TOLD: Final = 20
LEAST: Final = 10  # ratings; with fewer nothing can be said of anybody
NAME: Final = Text("Course evaluations", "课程评价")
THING: Final = Text("The table of course evaluations", "课程评价表")
NO_NAME: Final = Text("Give the survey a name, such as its term.", "请为这次评教命名，例如学期。")
NO_SCALE: Final = Text("The low end of the scale must lie below its high end.", "量表下端必须小于上端。")
TAKEN: Final = Text("This file was taken in before, as “{name}”.", "该文件此前已导入，名为“{name}”。")
OFF_SCALE: Final = Text(
    "row {row}: the rating {value} lies outside the scale {low} to {high}. Correct it, or the scale.",
    "第 {row} 行：评分 {value} 超出量表 {low} 至 {high}。请更正评分或量表。",
)
TWICE: Final = Text(
    "row {row}: this rater rated this course of this lecturer before. Keep one of the rows.",
    "第 {row} 行：同一评价人已评过该教师的这门课程。请只保留一行。",
)
REFUSED: Final = Text("row {row}: {why}", "第 {row} 行：{why}")
MORE: Final = Text("{n} more rows are wrong.", "另有 {n} 行有误。")
TOO_FEW: Final = Text(
    "there {n:is|are} {n} rating{n:|s}; at least {least} of two lecturers by two raters are needed.",
    "只有 {n} 条评分；至少需要 {least} 条，且涉及两位教师、两名评价人。",
)
MORE_THAN_ASKED: Final = Text(
    "course {course}: {answered} rated it, but {invited} were asked. Correct the number of students asked.",
    "课程 {course}：有 {answered} 人评分，但应评人数为 {invited}。请更正应评人数。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyWanted:
    """What is said of a table of course evaluations: its name, its scale, and who answers for the data."""

    name: str
    low: float
    high: float
    owner: str
    file_name: str


def read_evaluations(content: bytes, wanted: SurveyWanted, *, at: datetime) -> pl.DataFrame:
    """Return the rows of a file: rater, lecturer with name, course with name, score, number asked.

    Raises FaultyInputError with every fault, and what evidence's reader raises for a file that is no table.
    """
    with tempfile.TemporaryDirectory() as aside:
        place = Path(aside) / (Path(wanted.file_name).name or "evaluations")
        place.write_bytes(content)
        reading = read_table(place, PROFILE, at=at)
    rows = reading.table.with_columns(
        pl.col("course_name").fill_null(pl.col("course")), pl.col("lecturer_name").fill_null(pl.col("lecturer"))
    )
    wrong = [
        Fault(code="refused", says=REFUSED, facts={"row": row.row, "why": fault.says.filled(**fault.facts)})
        for row in reading.report.refused
        for fault in row.faults
    ]
    wrong += [Fault(code="twice", says=TWICE, facts={"row": row}) for _sheet, row in reading.report.doubled]
    wrong += [*_wrong_rows(rows, wanted)]
    faults = wrong[:MOST_TOLD]
    if len(wrong) > MOST_TOLD:
        faults.append(Fault(code="more", says=MORE, facts={"n": len(wrong) - MOST_TOLD}))
    faults += [*_wrong_whole(rows, wanted)]
    if faults:
        raise FaultyInputError(THING, faults)
    return rows


@transaction.atomic
def keep_survey(
    *, space: Space, content: bytes, wanted: SurveyWanted, by: Account | None, at: datetime, rng: Generator
) -> TeachingSurvey:
    """Keep a table of course evaluations. ``rng`` draws the numbers of the raters; theirs are not kept.

    Where the table names groups of raters and of lecturers, how they rate each other is worked out now, for whose
    group is which is not kept either.

    ``by`` is None for the demonstration. Raises PermissionDenied; FaultyInputError with every fault.
    """
    if by is not None:
        require_keeper(by, space)
    digest = hashlib.sha256(content).hexdigest()
    before = TeachingSurvey.objects.filter(space=space, digest=digest).first()
    if before is not None:
        raise FaultyInputError(THING, [Fault(code="taken", says=TAKEN, facts={"name": before.name}, where="file")])
    facts = _facts(wanted)
    rows = read_evaluations(content, wanted, at=at)
    source = _source(space, facts)
    running, least = state_of(space, TEACHING.code, at=at).running, policy_of(space, day=at.date()).min_cell
    groups = groups_found(rows, least=least, running=running)
    numbers = rows["rater"].rank("dense").cast(pl.Int64).to_numpy() - 1
    drawn = rng.permutation(int(numbers.max()) + 1) + 1
    survey = TeachingSurvey.objects.create(
        space=space, source=source, name=wanted.name.strip(), low=wanted.low, high=wanted.high,
        file_name=wanted.file_name[:300], digest=digest, at=at, by=by, raters=len(drawn), groups=groups,
    )  # fmt: skip
    _keep_rows(survey, rows.with_columns(rater_number=pl.Series(np.asarray(drawn[numbers], dtype=np.int64))))
    note("teaching.taken", by=by, at=at, space=space, target=f"teaching:{survey.pk}",
         detail={"ratings": rows.height, "raters": len(drawn)})  # fmt: skip
    return survey


@transaction.atomic
def remove_survey(*, survey: TeachingSurvey, by: Account, at: datetime) -> None:
    """Delete a survey with all that was worked out of it; that it was there stays in the trail."""
    require_keeper(by, survey.space)
    note("teaching.removed", by=by, at=at, space=survey.space, target=f"teaching:{survey.pk}", detail={})
    survey.delete()


def _facts(wanted: SurveyWanted) -> SourceFacts:
    """Return what the law asks to know of the data. Raises FaultyInputError where nobody answers for them."""
    template = load_source_templates()[PROFILE]
    return check_source(NAME.zh, SourceFacts(
        purpose=f"{template.purpose.zh} / {template.purpose.en}", legal_basis=template.legal_basis, owner=wanted.owner,
        grade=template.grade, retention_months=template.retention_months,
    ))  # fmt: skip


def _source(space: Space, facts: SourceFacts) -> DataSource:
    found, _new = DataSource.objects.get_or_create(
        space=space, code=PROFILE,
        defaults={"name_en": NAME.en, "name_zh": NAME.zh, "purpose": facts.purpose, "legal_basis": facts.legal_basis,
                  "owner": facts.owner, "grade": facts.grade, "retention_months": facts.retention_months,
                  "read_for": "quality,teaching"},
    )  # fmt: skip
    return found


def _keep_rows(survey: TeachingSurvey, rows: pl.DataFrame) -> None:
    names = rows.group_by("lecturer", maintain_order=True).agg(
        pl.col("lecturer_name").first(), pl.col("rater").n_unique().alias("raters")
    )
    codes = names["lecturer"].to_list()
    known = Account.objects.filter(spaces=survey.space, role=Account.Role.TEACHER, username__in=codes)
    accounts = {account.username: account for account in known}
    lecturers = {
        code: TaughtLecturer(survey=survey, code=code[:100], name=name[:200], raters=raters, account=accounts.get(code))
        for code, name, raters in names.iter_rows()
    }
    TaughtLecturer.objects.bulk_create(lecturers.values())
    taught = rows.group_by("lecturer", "course", maintain_order=True).agg(
        pl.col("course_name").first(), pl.col("invited").max()
    )
    courses = {
        (lecturer, code): TaughtCourse(
            lecturer=lecturers[lecturer], code=code[:100], name=name[:200],
            invited=None if invited is None else int(invited),
        )
        for lecturer, code, name, invited in taught.iter_rows()
    }  # fmt: skip
    TaughtCourse.objects.bulk_create(courses.values())
    insert_rows(
        TeachingRating,
        ("course", "rater", "score"),
        (
            (courses[lecturer, course].pk, rater, score)
            for lecturer, course, rater, score in rows.select(
                "lecturer", "course", "rater_number", "score"
            ).sort("rater_number").iter_rows()
        ),
    )  # fmt: skip


def _wrong_rows(rows: pl.DataFrame, wanted: SurveyWanted) -> Iterator[Fault]:
    ends = {"low": f"{wanted.low:g}", "high": f"{wanted.high:g}"}
    seen: Counter[tuple[str, ...]] = Counter()
    for row, rater, lecturer, course, score in rows.select(
        "source_row", "rater", "lecturer", "course", "score"
    ).iter_rows():
        if wanted.low < wanted.high and not wanted.low <= score <= wanted.high:
            yield Fault(code="off-scale", says=OFF_SCALE, facts={"row": row, "value": f"{score:g}", **ends})
        seen[rater, lecturer, course] += 1
        if seen[rater, lecturer, course] == 2:
            yield Fault(code="twice", says=TWICE, facts={"row": row})


def _wrong_whole(rows: pl.DataFrame, wanted: SurveyWanted) -> Iterator[Fault]:
    if not wanted.name.strip():
        yield Fault(code="no-name", says=NO_NAME, where="name")
    if not wanted.low < wanted.high:
        yield Fault(code="no-scale", says=NO_SCALE, where="high")
    if rows.height < LEAST or rows["lecturer"].n_unique() < 2 or rows["rater"].n_unique() < 2:
        yield Fault(code="few", says=TOO_FEW, facts={"n": rows.height, "least": LEAST}, where="file")
    asked = rows.group_by("lecturer", "course", maintain_order=True).agg(
        pl.col("rater").n_unique().alias("answered"), pl.col("invited").max()
    )
    for _lecturer, course, answered, invited in asked.filter(pl.col("answered") > pl.col("invited")).iter_rows():
        facts = {"course": course, "answered": answered, "invited": f"{invited:g}"}
        yield Fault(code="more-than-asked", says=MORE_THAN_ASKED, facts=facts, where="file")
