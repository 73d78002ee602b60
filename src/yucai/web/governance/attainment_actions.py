"""What people do with the attainment of a course: fill in, hand in, check, correct. Each is written into the trail.

A result is locked by two people: who handed it in, and somebody who entered nothing of it, whoever handed it in. What
is locked stays; a ticket opens the way to a new version, which names the one that it corrects.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Avg, F, FloatField, QuerySet
from django.utils.timezone import localdate

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.governance import (
    AssessmentPart,
    Combination,
    Improvement,
    StudentScores,
    Survey,
    attainment_to_json,
    check_improvement,
    check_scores,
    check_survey,
)
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Group, Person
from yucai.web.evidence.consented import usable_records
from yucai.web.evidence.models import EvidenceRecord
from yucai.web.governance.attainment_counting import work_out
from yucai.web.governance.attainment_digests import AttainmentChangedError, digest_of, is_unchanged
from yucai.web.governance.attainment_doors import had_a_hand_in, may_check, may_fill, may_see_attainment, own_classes
from yucai.web.governance.attainment_models import (
    AttainmentAction,
    AttainmentMap,
    AttainmentRun,
    AttainmentScores,
    AttainmentTicket,
    AttainmentVersion,
)

__all__ = [
    "AttainmentLockedError",
    "add_action",
    "check_version",
    "hand_in",
    "open_course",
    "open_ticket",
    "put_scores",
    "put_survey",
    "require_open",
    "take_records",
    "write_analysis",
]

State = AttainmentVersion.State
NAME: Final = Text("attainment of the course", "课程达成情况")
NO_TERM: Final = Text("Write the term as 2025-2026-1.", "学期请写成 2025-2026-1。")
THERE: Final = Text("This class has this course in this term already.", "该班本学期已有此课程。")
NOT_OWN: Final = Text("Choose a class of yours.", "请选择您任教的班级。")
NOTHING: Final = Text("There is nothing to hand in: no scores are on record.", "没有成绩，无法提交。")
NO_ACTION: Final = Text(
    "Objective “{objective}” lies below the expected value ({value} of {expected}). Say what is done about it, by whom "
    "and until when.",
    "课程目标“{objective}”低于期望值（{value} / {expected}）。请填写改进措施、责任人和完成日期。",
)
NO_REASON: Final = Text("Give the reason in words.", "请写明理由。")
UNKNOWN_OBJECTIVE: Final = Text("Choose an objective of the course.", "请选择本课程的课程目标。")
NO_SOURCE: Final = Text(
    "No part of the map names an item on record: nothing can be taken from the records. Bring the scores as a file.",
    "课程目标表未指明对应成绩项，无法从已有记录取分。请上传成绩文件。",
)
NO_RECORDS: Final = Text("The records hold no score of this class in {items}.", "已有记录中没有本班在 {items} 的得分。")
SEVERAL: Final = Text(
    "The records hold several scores in {item} for {n} student{n:|s}, of different terms, and one is needed. Nothing "
    "was changed. Bring the scores as a file.",
    "已有记录中，{n} 名学生在 {item} 有多个不同学期的得分，而这里只能取一个。未作任何改动。请上传成绩文件。",
)
NO_NAME: Final = Text("Say by which rule direct and indirect evidence are combined.", "请写明综合评价所依据的办法。")
NO_SUM: Final = Text("The two weights sum to {sum}; they must sum to 1.", "两个权重之和为 {sum}；应等于 1。")

OF_RECORDS = "成绩记录 records"  # kept with the run, in both languages


class AttainmentLockedError(YucaiError):
    """What is handed in or locked cannot be filled in."""

    says = Text(
        "This result is handed in or locked. Nothing was changed. Have it returned, or open a correction.",
        "该结果已提交或锁定，未作任何改动。请由审核人退回，或提出更正。",
    )
    exit_code = 65


def _latest(run: AttainmentRun) -> AttainmentVersion | None:
    return run.versions.order_by("-number").first()


def require_open(run: AttainmentRun) -> None:
    """Let nothing be filled in while a result waits for its check or is locked. Raises AttainmentLockedError."""
    last = _latest(run)
    waits = last is not None and last.state == State.HANDED_IN
    locked = last is not None and last.state == State.LOCKED and not run.tickets.filter(closed_at=None).exists()
    if waits or locked:
        raise AttainmentLockedError


def _held(run: AttainmentRun, by: Account | None) -> AttainmentRun:
    """Return a course held until the end of the transaction, open to be filled in by this account."""
    if by is not None and not may_fill(by, run):
        raise PermissionDenied
    found = AttainmentRun.objects.select_for_update(of=("self",), no_key=True).select_related("map").get(pk=run.pk)
    require_open(found)
    return found


def _entered(run: AttainmentRun, by: Account | None) -> AttainmentRun:
    """Note on a held course that an account entered something of its result. Who called saves it."""
    if by is not None and by.pk not in run.filled_in_by:
        run.filled_in_by = [*run.filled_in_by, by.pk]
    return run


def _about(run: AttainmentRun) -> dict[str, Any]:
    return {"space": run.space_id, "target": f"attainment:{run.pk}"}


@transaction.atomic
def open_course(
    *, map: AttainmentMap, group: Group, term: str, by: Account | None, at: datetime
) -> AttainmentRun:  # fmt: skip
    """Open the attainment of a course for one class. Raises PermissionDenied, FaultyInputError."""
    if by is not None and not may_see_attainment(by):
        raise PermissionDenied
    faults = []
    if by is not None and not own_classes(by, map.space).filter(pk=group.pk).exists():
        faults.append(Fault(code="not-own", says=NOT_OWN, where="group"))
    if not term.strip():
        faults.append(Fault(code="no-term", says=NO_TERM, where="term"))
    if AttainmentRun.objects.filter(group=group, course=map.course, term=term).exists():
        faults.append(Fault(code="there", says=THERE, where="term"))
    if faults:
        raise FaultyInputError(NAME, faults)
    run = AttainmentRun.objects.create(
        space=map.space, map=map, course=map.course, group=group, term=term, opened_by=by, opened_at=at
    )
    note("attainment.opened", by=by, at=at, **_about(run), detail={"group": group.pk, "map": map.pk})
    return run


@transaction.atomic
def put_scores(
    *, run: AttainmentRun, scores: Sequence[StudentScores], source: str, by: Account | None, at: datetime
) -> int:
    """Record the scores of a class in place of those that were there. Returns of how many students.

    Raises PermissionDenied, AttainmentLockedError, FaultyInputError.
    """
    found = _held(run, by)
    if faults := check_scores(found.map.map, scores):
        raise FaultyInputError(NAME, faults)
    people = dict(Person.objects.filter(groups=found.group_id).values_list("code", "pk"))
    rows = [one for one in scores if one.student in people]
    AttainmentScores.objects.filter(run=found).delete()
    AttainmentScores.objects.bulk_create(
        AttainmentScores(run=found, person_id=people[one.student], scores=dict(one.scores), states=dict(one.states))
        for one in rows
    )
    found.scores_from, found.scores_at = source[:255], at
    _entered(found, by).save(update_fields=["scores_from", "scores_at", "filled_in_by"])
    note("attainment.scores", by=by, at=at, **_about(run), people=[people[one.student] for one in rows],
         detail={"students": len(rows)})  # fmt: skip
    return len(rows)


@transaction.atomic
def take_records(*, run: AttainmentRun, by: Account | None, at: datetime) -> int:
    """Take the scores of the parts whose items the map names from the records; other parts stay as they are.

    ``{term}`` in the name of an item stands for the term of the course. An item that several parts name gives each of
    them its share of full marks. Raises as ``put_scores``.
    """
    found = _held(run, by)
    course = found.map.map
    items: dict[str, list[AssessmentPart]] = {}
    for part in course.parts:
        if part.source:
            items.setdefault(part.source.replace("{term}", found.term), []).append(part)
    if not items:
        raise FaultyInputError(NAME, [Fault(code="no-source", says=NO_SOURCE)])
    records = usable_records(found.space, at=at).filter(person__groups=found.group_id, item__code__in=list(items))
    told = _shares_told(records, items)
    before = {row.person.code: row for row in AttainmentScores.objects.filter(run=found).select_related("person")}
    merged = [
        StudentScores(
            student=code,
            scores={**(before[code].scores if code in before else {}), **told.get(code, {})},
            states={
                part: state
                for part, state in (before[code].states if code in before else {}).items()
                if part not in told.get(code, {})
            },
        )
        for code in sorted(set(before) | set(told))
    ]
    source = found.scores_from if found.scores_from.endswith(OF_RECORDS) else f"{found.scores_from} + {OF_RECORDS}"
    return put_scores(run=run, scores=merged, source=source.removeprefix(" + "), by=by, at=at)


def _shares_told(
    records: QuerySet[EvidenceRecord], items: Mapping[str, Sequence[AssessmentPart]]
) -> dict[str, dict[str, float]]:
    """Return what the records give each student for each part. Marks of several raters count as their mean."""
    share = Avg(F("score") / F("max_score"), output_field=FloatField())
    rows = list(records.values_list("person__code", "item__code", "occasion").annotate(share=share).order_by("person"))
    if not rows:
        facts = {"items": ", ".join(items)}
        raise FaultyInputError(NAME, [Fault(code="no-records", says=NO_RECORDS, facts=facts)])
    twice = Counter((code, item) for code, item, _occasion, _share in rows)
    several = Counter(item for (_code, item), n in twice.items() if n > 1)
    if several:
        faults = [Fault(code="several", says=SEVERAL, facts={"item": one, "n": n}) for one, n in several.items()]
        raise FaultyInputError(NAME, faults)
    told: dict[str, dict[str, float]] = {}
    for code, item, _occasion, reached in rows:
        told.setdefault(code, {}).update({part.code: reached * part.full_marks for part in items[item]})
    return told


@transaction.atomic
def put_survey(
    *, run: AttainmentRun, survey: Survey | None, combination: Combination | None, by: Account | None, at: datetime
) -> None:
    """Record what students said, as counts without names, and under which rule it is combined with scores, if at all.

    Raises PermissionDenied, AttainmentLockedError, FaultyInputError.
    """
    found = _held(run, by)
    faults = [] if survey is None else list(check_survey(found.map.map, survey))
    if combination is not None:
        total = combination.direct + combination.indirect
        if not combination.name.strip():
            faults.append(Fault(code="no-name", says=NO_NAME, where="name"))
        if abs(total - 1) > 1e-9 or min(combination.direct, combination.indirect) < 0:
            faults.append(Fault(code="no-sum", says=NO_SUM, where="direct", facts={"sum": f"{total:g}"}))
    if faults:
        raise FaultyInputError(NAME, faults)
    found.survey = None
    if survey is not None:
        found.survey = {"asked": survey.asked, "answers": {code: list(n) for code, n in survey.answers.items()}}
    found.combination = None
    if combination is not None:
        found.combination = {"name": combination.name.strip(), "direct": combination.direct,
                             "indirect": combination.indirect}  # fmt: skip
    _entered(found, by).save(update_fields=["survey", "combination", "filled_in_by"])
    note("attainment.survey", by=by, at=at, **_about(run), detail={"objectives": len(survey.answers) if survey else 0})


@transaction.atomic
def write_analysis(*, run: AttainmentRun, said: str, by: Account | None, at: datetime) -> None:
    """Write the analysis of the report. Raises PermissionDenied, AttainmentLockedError."""
    found = _held(run, by)
    found.analysis = said.strip()
    _entered(found, by).save(update_fields=["analysis", "filled_in_by"])
    note("attainment.analysis", by=by, at=at, **_about(run))


@transaction.atomic
def add_action(*, run: AttainmentRun, action: Improvement, by: Account | None, at: datetime) -> AttainmentAction:
    """Write down what is done about an objective. Raises PermissionDenied, FaultyInputError."""
    if by is not None and not may_fill(by, run):
        raise PermissionDenied
    faults = list(check_improvement(action, today=localdate(at)))
    if action.objective not in {one.code for one in run.map.map.objectives}:
        faults.append(Fault(code="unknown", says=UNKNOWN_OBJECTIVE, where="objective"))
    if faults:
        raise FaultyInputError(NAME, faults)
    made = AttainmentAction.objects.create(
        run=run, objective=action.objective, what=action.what.strip(), who=action.who.strip(), by=action.by,
        written_by=by, written_at=at,
    )  # fmt: skip
    note("attainment.action", by=by, at=at, **_about(run), detail={"action": made.pk})
    return made


@transaction.atomic
def hand_in(*, run: AttainmentRun, by: Account | None, at: datetime) -> AttainmentVersion:
    """Hand the result in as its next version, to be checked by somebody else.

    Each objective below the expected value needs an action first. Raises PermissionDenied, AttainmentLockedError,
    FaultyInputError with everything that is missing.
    """
    found = _held(run, by)
    result = work_out(found).result
    if result is None:
        raise FaultyInputError(NAME, [Fault(code="nothing", says=NOTHING)])
    planned = set(found.actions.values_list("objective", flat=True))
    faults = [
        Fault(code="no-action", says=NO_ACTION, facts={"objective": one.objective, "value": f"{one.value:.3f}",
                                                       "expected": f"{one.expected:g}"})
        for one in result.objectives
        if one.asks_action and one.objective not in planned
    ]  # fmt: skip
    if faults:
        raise FaultyInputError(NAME, faults)
    content, last = attainment_to_json(result), _latest(found)
    ticket = found.tickets.filter(closed_at=None).first()
    made = AttainmentVersion.objects.create(
        run=found, number=last.number + 1 if last else 1, content=content, analysis=found.analysis,
        digest=digest_of(content, found.analysis), filled_by=by, filled_at=at, entered_by=found.filled_in_by,
        ticket=ticket if ticket is not None and not hasattr(ticket, "version") else None,
    )  # fmt: skip
    note("attainment.handed-in", by=by, at=at, **_about(run), detail={"version": made.number, "sha256": made.digest})
    return made


@transaction.atomic
def check_version(
    *, version: AttainmentVersion, lock: bool, remark: str, by: Account | None, at: datetime
) -> AttainmentVersion:
    """Lock a result that waits, or return it with a reason. Raises PermissionDenied, FaultyInputError.

    Who handed a result in cannot check it, nor who entered any of its scores, its survey or its analysis. What was
    changed since it was handed in cannot be locked: AttainmentChangedError.
    """
    found = AttainmentVersion.objects.select_for_update(of=("self",)).select_related("run", "ticket").get(pk=version.pk)
    if by is not None and (not may_check(by, found.run) or had_a_hand_in(found, by)):
        raise PermissionDenied
    if found.state != State.HANDED_IN:
        raise AttainmentLockedError
    if lock and not is_unchanged(found):
        raise AttainmentChangedError(version=found.number)
    if not lock and not remark.strip():
        raise FaultyInputError(NAME, [Fault(code="no-reason", says=NO_REASON, where="remark")])
    found.state, found.checked_by, found.checked_at = State.LOCKED if lock else State.RETURNED, by, at
    found.remark = remark.strip()
    if not lock:
        found.ticket = None  # the ticket stays open for the next version
    found.save(update_fields=["state", "checked_by", "checked_at", "remark", "ticket"])
    if lock:
        found.run.tickets.filter(closed_at=None).update(closed_at=at)
    act = "attainment.locked" if lock else "attainment.returned"
    note(act, by=by, at=at, **_about(found.run), detail={"version": found.number, "sha256": found.digest})
    return found


@transaction.atomic
def open_ticket(*, run: AttainmentRun, reason: str, by: Account | None, at: datetime) -> AttainmentTicket:
    """Open the correction of a locked result: it may be filled in again, and becomes a version of its own.

    Raises PermissionDenied, AttainmentLockedError where nothing is locked, FaultyInputError.
    """
    if by is not None and not may_fill(by, run):
        raise PermissionDenied
    found = AttainmentRun.objects.select_for_update(of=("self",), no_key=True).get(pk=run.pk)
    last = _latest(found)
    if last is None or last.state != State.LOCKED or found.tickets.filter(closed_at=None).exists():
        raise AttainmentLockedError
    if not reason.strip():
        raise FaultyInputError(NAME, [Fault(code="no-reason", says=NO_REASON, where="reason")])
    made = AttainmentTicket.objects.create(
        run=found, corrects=last.number, reason=reason.strip(), opened_by=by, opened_at=at
    )
    note("attainment.ticket", by=by, at=at, **_about(run), detail={"corrects": last.number, "ticket": made.pk})
    return made
