"""What a class map rests on, asked of the database once: scores, places and tasks of the people of a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from yucai.evidence import RESPONSES
from yucai.framework import EvidenceKind, EvidenceMap, EvidenceRule, load_evidence_map
from yucai.measurement import Calibration
from yucai.texts import Text
from yucai.web.accounts.models import Group, Membership, Person
from yucai.web.bulk import among
from yucai.web.evidence.consented import usable_of_few
from yucai.web.evidence.question_models import Question
from yucai.web.measurement.calibrations import calibration_in, current_run, file_of
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.measurement.periods import period, period_of

__all__ = ["ClassEvidence", "Task", "evidence_of"]

WORK: Final = (EvidenceKind.EXAM, EvidenceKind.ASSIGNMENT, EvidenceKind.RATING, EvidenceKind.TEST)
PLACES: Final = {
    "learner": pl.String, "occasion": pl.String, "quality": pl.String, "mean": pl.Float64, "std_error": pl.Float64,
    "enough": pl.Boolean,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task or question by its number and code, with what it is called."""

    pk: int
    code: str
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassEvidence:
    """The people of a group by number, the tasks by code, and two tables over them: scores and places.

    ``records`` has the columns of ``RESPONSES``, a period for the occasion; ``rules`` say what a task is evidence of.
    """

    group: Group
    people: Mapping[str, Person]
    ended: frozenset[str]  # of whom the group knows a final result
    items: Mapping[str, Task]
    rules: Mapping[str, EvidenceRule]
    records: pl.DataFrame
    places: pl.DataFrame
    questions: tuple[Question, ...]  # of the bank, among the tasks
    run: CalibrationRun | None
    calibration: Calibration | None

    def of_period(self, when: str) -> pl.DataFrame:
        """Return the scores of one period."""
        return self.records.filter(pl.col("occasion").eq_missing(when or None))

    def places_in(self, when: str) -> pl.DataFrame:
        """Return the places of one period."""
        return self.places.filter(pl.col("occasion").eq_missing(when or None))

    @property
    def latest(self) -> str:
        """The period that is spoken of: the group's own, or the latest with places or, before any, with scores."""
        if self.group.occasion:
            return period_of(self.group.space, self.group.occasion)
        for table in (self.places, self.records):
            found = table["occasion"].drop_nulls()
            if len(found):
                return str(found.max())
        return ""


def evidence_of(group: Group, *, at: datetime) -> ClassEvidence:
    """Return what is on record of the people of a group that may be used now; of a course, what belongs to it.

    However many people there are, the database is asked four times.
    """
    space = group.space
    evidence_map = load_evidence_map(space.evidence_map)
    members = Membership.objects.filter(group=group)
    belong = list(members.select_related("person").order_by("person__code"))
    records = usable_of_few(space, at=at).filter(person__in=members.values("person"))
    if group.occasion:
        records = records.filter(occasion=group.occasion)
    columns = ("person__code", "item__code", "score", "max_score", "rater", "occasion")
    named = ("item", "item__name_en", "item__name_zh")
    listed = list(records.order_by().values_list(*columns, *named))
    table = _records([row[: len(columns)] for row in listed], evidence_map)
    table = table.with_columns(occasion=period(space).replace("", None))
    known = {code: Task(pk=pk, code=code, name=Text(en, zh)) for _, code, *_, pk, en, zh in listed}
    items = {code: known[code] for code in table["item"].unique().sort().to_list()}
    rows = _own_rows(group, [one.person_id for one in belong])
    run = rows[0].run if rows else current_run(space)
    asked = Question.objects.current(space).select_related("item")
    return ClassEvidence(
        group=group,
        people={one.person.code: one.person for one in belong},
        ended=frozenset(one.person.code for one in belong if one.outcome),
        items=items,
        rules={code: rule for code in items if (rule := evidence_map.rule_for(code)) is not None},
        records=table.sort("learner", "item", "rater", "occasion"),
        places=_places(rows, {one.person_id: one.person.code for one in belong}),
        questions=tuple(one for one in asked if one.item.code in items),
        run=run,
        calibration=calibration_in(file_of(run)) if run is not None else None,
    )


def _records(listed: Sequence[tuple[object, ...]], evidence_map: EvidenceMap) -> pl.DataFrame:
    """Return the scores of work of others' setting: of exams, tests, tasks and ratings; no survey, no own work."""
    names = ("learner", "item", "score", "max_score", "rater", "occasion")
    table = pl.DataFrame(listed, schema={name: RESPONSES.schema[name] for name in names}, orient="row")
    counts = [
        code
        for code in table["item"].unique().to_list()
        if not code.startswith("own/") and (rule := evidence_map.rule_for(code)) is not None and rule.kind in WORK
    ]
    kept = table.filter(pl.col("item").is_in(counts)).with_columns(pl.col("rater").replace("", None))
    return pl.concat([RESPONSES.empty(), kept], how="diagonal")


def _own_rows(group: Group, people: Sequence[int]) -> list[ProfileRow]:
    """Return the numbers of the people of a group, each with the calibration they are of: one question for both.

    They are named one by one: asked by their group, SQLite goes through the numbers of everybody.
    """
    rows = ProfileRow.objects.filter(among("person", people), run__space=group.space_id, run__current=True)
    return list(rows.filter(n_evidence__gt=0).select_related("run").defer("run__notices"))


def _places(rows: Sequence[ProfileRow], codes: Mapping[int, str]) -> pl.DataFrame:
    listed = [(codes[row.person_id], row.occasion, row.quality, row.mean, row.std_error, row.enough) for row in rows]
    table = pl.DataFrame(listed, schema=PLACES, orient="row")
    return table.with_columns(pl.col("occasion").replace("", None)).sort("learner", "occasion", "quality")
