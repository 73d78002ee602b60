"""The records that a rule is run on: who was there on a day, their marks and works as far as they lay before it.

Nothing of a protected trait is read here, and nothing of a data set whose consent does not hold. By ``known`` only what
the institution had on record by the day counts; else all that lay before the day, also what came in later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import polars as pl
from django.db.models import Max, Q, QuerySet
from django.utils.timezone import localdate

from yucai.evidence import AwardLevel, GradeKind, WorkKind, school_term
from yucai.framework import EvidenceKind, load_evidence_map
from yucai.selection import Candidate, CourseMark, MarkState, SelectionRecords, ShownEvidence, term_ends, term_is_over
from yucai.texts import Text
from yucai.web.accounts.ages import unconsented
from yucai.web.accounts.models import Group, Membership, Person, Space
from yucai.web.bulk import among
from yucai.web.evidence.consented import records_on, usable_works
from yucai.web.evidence.models import EvidenceRecord, Import, Item, OwnWork
from yucai.web.evidence.settling import table_of

__all__ = ["last_day_with_marks", "looked_at", "records_of"]

GRADES: Final = "grades"  # the kind of table that says credits, grade points, resits and states
PREFIXES: Final = ("course/", "exam/")
AWARD: Final = Text("award", "获奖")
TERMS: Final = r"^\d{4}-\d{4}(-[12])?$"
FIRST: Final = frozenset({"", "正常考试", "正常", "初修", "首次", "first", "初考", "否"})
LEVELS: Final = (5, 1)  # steps of a five-level grade and of pass and fail
TOP: Final = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Whose records are read, as of which day."""

    space: Space
    people: Sequence[int]
    as_of: date
    known: bool
    at: datetime


def looked_at(space: Space, group: Group | None, *, as_of: date, at: datetime) -> QuerySet[Person]:
    """Return whom a rule looks at on a day: everybody of a space, or who belonged to a group then, as far as known.

    Of who is under 14, without a guardian's consent, nothing is worked out.
    """
    found = Person.objects.filter(space=space).exclude(unconsented(localdate(at)))
    if group is None:
        return found.order_by("code")
    members = Membership.objects.filter(_there(as_of), group=group)
    return found.filter(pk__in=members.values("person")).order_by("code")


def last_day_with_marks(space: Space, *, today: date) -> date:
    """Return the day to run a rule as of where nobody chose one: today, or the end of the last term of the records."""
    terms = Item.objects.filter(space=space, occasion__regex=TERMS).aggregate(last=Max("occasion"))["last"]
    if terms is None:
        records = EvidenceRecord.objects.current().filter(person__space=space, occasion__regex=TERMS)
        terms = records.aggregate(last=Max("occasion"))["last"]
    return min(today, term_ends(terms)) if terms else today


def _there(as_of: date) -> Q:
    return (Q(joined__isnull=True) | Q(joined__lte=as_of)) & (Q(left__isnull=True) | Q(left__gt=as_of))


def records_of(
    space: Space, people: Sequence[Person], *, as_of: date, known: bool, flagged: Iterable[int], at: datetime
) -> SelectionRecords:
    """Return the records of these people for a rule. Raises FaultyInputError."""
    numbers = [person.pk for person in people]
    asked = _Asked(space=space, people=numbers, as_of=as_of, known=known, at=at)
    items = _items(space)
    marks, awards = defaultdict[int, list[CourseMark]](list), defaultdict[int, list[ShownEvidence]](list)
    told = _told_by_tables(asked, {person.code: person.pk for person in people})
    for row in _scores(asked, items):
        item = items[row.item_id]
        if item.kind is EvidenceKind.AWARD:
            if row.score > 0:
                awards[row.person_id].append(_listed_award(item, row))
        else:
            marks[row.person_id].append(_mark(item, row, told))
    for person, more in told.more.items():
        marks[person] += more
    for work in _works(asked):
        awards[work.person_id].append(_shown(work, asked))
    classes = dict(
        Membership.objects.filter(_there(as_of), among("person", numbers), group__kind=Group.Kind.CLASS)
        .order_by("group__code").values_list("person", "group__code")
    )  # fmt: skip
    marked = frozenset(flagged)
    found = (
        Candidate(
            learner=person.code, cohort=person.cohort, programme=person.programme,
            classroom=classes.get(person.pk, ""), marks=tuple(marks[person.pk]), evidence=tuple(awards[person.pk]),
            flagged=person.pk in marked,
        )
        for person in people
    )  # fmt: skip
    return SelectionRecords(as_of=as_of, people=tuple(found))


@dataclass(frozen=True, slots=True)
class _Item:
    """What is read of an item: its code without the kind and the term, its name, and what it is evidence of."""

    course: str
    scale: str
    name: Text
    kind: EvidenceKind
    occasion: str


def _items(space: Space) -> dict[int, _Item]:
    """Return the items of a space that a rule reads: courses and exams, and awards on the lists of the office."""
    evidence_map = load_evidence_map(space.evidence_map)
    found = {}
    for item in Item.objects.filter(space=space):
        rule = evidence_map.rule_for(item.code)
        kind = rule.kind if rule is not None else None
        if kind is EvidenceKind.AWARD and not item.code.startswith("own/"):
            found[item.pk] = _Item(item.code.rpartition("/")[2], "", item.name, kind, item.occasion)
        elif kind is EvidenceKind.EXAM or item.code.startswith(PREFIXES):
            found[item.pk] = _course(item)
    return found


def _course(item: Item) -> _Item:
    _kind, _slash, course = item.code.partition("/")
    course, _slash, scale = course.partition("/")
    if item.occasion:
        course = course.removesuffix(f"-{item.occasion}")
    name = item.name
    if item.occasion:
        name = Text(name.en.replace(f", {item.occasion}", ""), name.zh.replace(f"，{item.occasion}", ""))
    return _Item(course, scale, name, EvidenceKind.EXAM, item.occasion)


def _scores(asked: _Asked, items: Mapping[int, _Item]) -> Iterator[EvidenceRecord]:
    """Yield the scores that lay before the day: of terms that were over, or dated on it or before."""
    rows = records_on(asked.space, day=asked.as_of if asked.known else None, at=asked.at)
    rows = rows.filter(among("person", asked.people), among("item", items)).order_by("pk")
    for row in rows.only("person_id", "item_id", "score", "max_score", "occasion", "at", "rater"):
        term = row.occasion or items[row.item_id].occasion
        over = term_is_over(term, asked.as_of)
        dated = row.at is not None and localdate(row.at) <= asked.as_of
        if over or (over is None and dated):
            row.occasion = term if over else school_term(localdate(row.at)) if row.at is not None else term
            yield row


def _listed_award(item: _Item, row: EvidenceRecord) -> ShownEvidence:
    level = AwardLevel(item.course) if item.course in tuple(AwardLevel) else None
    return ShownEvidence(title=item.name, kind=AWARD, term=row.occasion, verified=True, level=level)


def _works(asked: _Asked) -> QuerySet[OwnWork]:
    works = OwnWork.objects.filter(
        among("person", asked.people), done_on__lte=asked.as_of, replaced_by__isnull=True,
        state__in=[OwnWork.State.VERIFIED, OwnWork.State.WAITING],
    )  # fmt: skip
    if asked.known:
        works = works.filter(added_at__date__lte=asked.as_of)
    return usable_works(works, at=asked.at).prefetch_related("taken_back").order_by("pk")


def _shown(work: OwnWork, asked: _Asked) -> ShownEvidence:
    verified = work.verified
    if asked.known and work.decided_at is not None:
        verified = verified and localdate(work.decided_at) <= asked.as_of
    return ShownEvidence(
        title=Text(work.title, work.title), kind=WorkKind(work.kind).says, term=school_term(work.done_on),
        verified=verified, level=AwardLevel(work.level) if work.level else None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Told:
    """What tables of grades say beside the scores: credits and grade points of each sitting, and further attempts."""

    beside: Mapping[tuple[int, str, str], tuple[float | None, float | None]]
    more: Mapping[int, Sequence[CourseMark]]


def _told_by_tables(asked: _Asked, numbers: Mapping[str, int]) -> _Told:
    tables = Import.objects.filter(
        source__space=asked.space, source__consent_code="", profile=GRADES, current=True, undone_at__isnull=True,
        table__isnull=False,
    )  # fmt: skip
    if asked.known:
        tables = tables.filter(at__date__lte=asked.as_of)
    beside: dict[tuple[int, str, str], tuple[float | None, float | None]] = {}
    more = defaultdict[int, list[CourseMark]](list)
    attempts = defaultdict[tuple[int, str], int](lambda: 1)
    for entry in tables.select_related("table").order_by("at", "pk"):
        frame = table_of(entry).filter(pl.col("learner").is_in(list(numbers)))
        for row in frame.sort("term", nulls_last=False).iter_rows(named=True):
            term = row.get("term") or ""
            course = row.get("course") or row.get("course_name") or ""
            if term_is_over(term, asked.as_of) is not True or not course:
                continue
            person = numbers[row["learner"]]
            first = (row.get("sitting") or "").strip().casefold() in FIRST
            if first:
                beside[person, course, term] = (row.get("credits"), row.get("grade_point"))
            if not first or row.get("grade_value") is None:
                attempts[person, course] += not first
                more[person].append(_further(row, course, term, attempts[person, course]))
    return _Told(beside, more)


def _further(row: Mapping[str, Any], course: str, term: str, attempt: int) -> CourseMark:
    """Return an attempt that is no score of the records: a resit, or a course without a grade."""
    name = row.get("course_name") or course
    value, kind = row.get("grade_value"), row.get("grade_kind")
    state = None
    if value is None:
        said = f"{row.get('grade_state') or ''}"
        state = {"absent": MarkState.ABSENT, "deferred": MarkState.DEFERRED}.get(said, MarkState.OTHER)
    return CourseMark(
        course=course, name=Text(name, name), term=term, attempt=attempt,
        mark=value if kind == GradeKind.NUMBER else None,
        level=int(value) if kind == GradeKind.FIVE_LEVEL and value is not None else None,
        passed=value > 0 if kind == GradeKind.PASS_FAIL and value is not None else None,
        credits=row.get("credits"), grade_point=row.get("grade_point"), state=state,
    )  # fmt: skip


def _mark(item: _Item, row: EvidenceRecord, told: _Told) -> CourseMark:
    credit, point = told.beside.get((row.person_id, item.course, row.occasion), (None, None))
    number = item.scale not in tuple(GradeKind)
    return CourseMark(
        course=item.course, name=item.name, term=row.occasion,
        mark=TOP * row.score / row.max_score if number and row.max_score else None,
        level=int(row.score) if item.scale == GradeKind.FIVE_LEVEL else None,
        passed=row.score > 0 if item.scale == GradeKind.PASS_FAIL else None,
        credits=credit, grade_point=point,
    )  # fmt: skip
