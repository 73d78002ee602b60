"""What a class map rests on, asked of the database once: scores, places and tasks of the people of a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl
from django.db.models import OuterRef, Q, Subquery

from yucai.evidence import RESPONSES
from yucai.framework import EvidenceKind, EvidenceMap, EvidenceRule, load_evidence_map
from yucai.measurement import Calibration
from yucai.texts import Text
from yucai.web.accounts.models import Group, Membership, Person
from yucai.web.bulk import among
from yucai.web.evidence.consented import usable_of_few
from yucai.web.evidence.models import Item
from yucai.web.evidence.question_models import Question
from yucai.web.matching.priority_counting import Task as Counted
from yucai.web.matching.priority_counting import is_work
from yucai.web.matching.priority_doors import LISTED
from yucai.web.matching.priority_running import TERMS
from yucai.web.matching.quiet_counting import WorkRow
from yucai.web.measurement.calibrations import calibration_in, current_run, file_of
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.measurement.periods import period, period_of

__all__ = ["ClassEvidence", "Task", "evidence_of"]

WORK: Final = (EvidenceKind.EXAM, EvidenceKind.ASSIGNMENT, EvidenceKind.RATING, EvidenceKind.TEST)
COLUMNS: Final = ("person__code", "item__code", "score", "max_score", "rater", "occasion")
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
class Asked:
    """Whose work is asked by which group, and what came: ``members`` are the memberships by which work is asked of the
    people, ``homes`` all memberships of these groups; ``last_due`` and ``last_term`` say when the last work is due.
    """

    members: tuple[Membership, ...]
    homes: tuple[Membership, ...]
    rows: tuple[WorkRow, ...]
    tasks: Mapping[int, tuple[Counted, EvidenceRule]]
    last_due: int | None
    last_term: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassEvidence:
    """The people of a group by number, the tasks by code, and two tables over them: scores and places.

    ``records`` has the columns of ``RESPONSES``, a period for the occasion; ``rules`` say what a task is evidence of.
    """

    group: Group
    people: Mapping[str, Person]
    asked: Asked
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
    homes = _homes(group)
    belong = [one for one in homes if one.group_id == group.pk]
    records = usable_of_few(space, at=at).filter(among("person", [one.person_id for one in homes]))
    if group.occasion:
        records = records.filter(occasion=group.occasion)
    named = ("item", "item__name_en", "item__name_zh", "item__occasion", "item__due_day")
    listed = list(records.order_by().values_list(*COLUMNS, "person", "at", *named))
    mine = {one.person_id for one in belong}
    table = _records([row[: len(COLUMNS)] for row in listed if row[len(COLUMNS)] in mine], evidence_map)
    table = table.with_columns(occasion=period(space).replace("", None))
    known = {row[1]: Task(pk=row[8], code=row[1], name=Text(row[9], row[10])) for row in listed}
    items = {code: known[code] for code in table["item"].unique().sort().to_list()}
    rows = _own_rows(group, [one.person_id for one in belong])
    run = rows[0].run if rows else current_run(space)
    asked = Question.objects.current(space).select_related("item")
    return ClassEvidence(
        group=group,
        people={one.person.code: one.person for one in belong},
        asked=_asked(group, homes, listed, evidence_map),
        items=items,
        rules={code: rule for code in items if (rule := evidence_map.rule_for(code)) is not None},
        records=table.sort("learner", "item", "rater", "occasion"),
        places=_places(rows, {one.person_id: one.person.code for one in belong}),
        questions=tuple(one for one in asked if one.item.code in items),
        run=run,
        calibration=calibration_in(file_of(run)) if run is not None else None,
    )


def _homes(group: Group) -> list[Membership]:
    """Return all memberships of a group and, where it gives no work of its own, of the classes of its people, each with
    its group and person, and with the last due day and the last term that its institution has work of.
    """
    listed = Q(group=group)
    if group.kind not in LISTED:
        mine = Membership.objects.filter(group=group).values("person")
        classes = Group.objects.filter(space=group.space_id, kind=Group.Kind.CLASS, memberships__person__in=mine)
        listed |= Q(group__in=classes.values("pk"))
    items = Item.objects.filter(space=OuterRef("group__space"))
    due = items.filter(occasion=OuterRef("group__occasion"), due_day__isnull=False).order_by("-due_day")
    terms = items.filter(occasion__regex=TERMS).order_by("-occasion")
    found = Membership.objects.filter(listed).select_related("person", "group")
    dated = found.annotate(
        last_due=Subquery(due.values("due_day")[:1]), last_term=Subquery(terms.values("occasion")[:1])
    )
    return list(dated.order_by("person__code"))


def _asked(group: Group, homes: Sequence[Any], listed: Sequence[tuple[Any, ...]], evidence_map: EvidenceMap) -> Asked:
    """Return whose work is asked by which group, and what came, of memberships and records that were read."""
    giving = [
        one for one in homes if one.group.kind in LISTED and (one.group_id == group.pk or group.kind not in LISTED)
    ]
    mine = {one.person_id for one in homes if one.group_id == group.pk}
    items = {row[8]: Counted(row[1], Text(row[9], row[10]), row[11], row[12]) for row in listed}
    rules = {pk: evidence_map.rule_for(task.code) for pk, task in items.items()}
    return Asked(
        members=tuple(one for one in giving if one.person_id in mine),
        homes=tuple(giving),
        rows=tuple(WorkRow(row[6], row[8], row[5], row[2] / row[3] if row[3] else 0.0, row[7]) for row in listed),
        tasks={
            pk: (items[pk], rule) for pk, rule in rules.items() if rule is not None and is_work(items[pk].code, rule)
        },
        last_due=homes[0].last_due if homes else None,
        last_term=homes[0].last_term if homes else None,
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
