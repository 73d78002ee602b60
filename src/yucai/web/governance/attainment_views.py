"""Attainment of course objectives: the programme, one course, its students, one's own, and the files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yucai.evidence import CellKind, write_workbook
from yucai.governance import (
    STATE_WORDS,
    ActionOutcome,
    CourseAttainment,
    Interval,
    workbook_tables,
    write_course_report,
)
from yucai.web.accounts.access import closed_to, read_people, read_person, visible_groups
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables
from yucai.web.governance.attainment_counting import students_of
from yucai.web.governance.attainment_doors import (
    attainment_space,
    attainment_spaces,
    may_add_maps,
    may_check,
    may_fill,
    open_map,
    open_run,
)
from yucai.web.governance.attainment_forms import CheckForm
from yucai.web.governance.attainment_maps import current_maps
from yucai.web.governance.attainment_models import AttainmentRun, AttainmentScores, AttainmentVersion
from yucai.web.governance.attainment_programmes import programme_views, runs_table, runs_to_show
from yucai.web.governance.attainment_released import ReleasedClass, class_before, class_of
from yucai.web.governance.attainment_sheets import map_sheet
from yucai.web.governance.attainment_showing import (
    CourseView,
    course_view,
    earlier_versions,
    explained_course,
    improvements,
    language,
    report_of,
    said,
    shown_tables,
)
from yucai.web.listing import XLSX, Cell, Table, plain_table

__all__ = [
    "attainment",
    "attainment_course",
    "attainment_map_file",
    "attainment_report",
    "attainment_students",
    "attainment_workbook",
    "course_page",
    "my_attainment",
]

WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
State = AttainmentVersion.State


@require_safe
def attainment(request: HttpRequest) -> HttpResponse:
    """A programme: courses and classes, requirements by courses, results, and what is missing."""
    account, at = asking(request), timezone.now()
    space = attainment_space(account, request.GET.get("space", ""))
    runs = runs_to_show(account, space)
    programmes = programme_views(account, space)
    tables = [runs_table(runs)] if runs else []
    for view in programmes[:1]:
        tables += [view.matrix, view.results]
    facts = {
        "space": space, "spaces": list(attainment_spaces(account)), "runs": runs, "programmes": programmes,
        "maps": current_maps(space), "adds": may_add_maps(account),
        "waiting": sum(run.state == State.HANDED_IN for run in runs),  # type: ignore[attr-defined]  # annotated
    }  # fmt: skip
    return answer_tables(request, "attainment.html", facts, tables, at=at, spaces=[space])


@require_safe
def attainment_course(request: HttpRequest, pk: int) -> HttpResponse:
    """One course and class: objectives, evidence, intervals, improvement, versions."""
    account = asking(request)
    return course_page(request, account, open_run(account, pk), at=timezone.now())


def course_page(
    request: HttpRequest, account: Account, run: AttainmentRun, *, at: datetime, form: CheckForm | None = None
) -> HttpResponse:
    """Return the page of a course, with what is wrong with a check that was sent."""
    read_people(account, [], page="attainment", at=at, group=run.group)
    view = course_view(run)
    outcomes, before, hidden = _before(account, view, at=at)
    report = report_of(view, outcomes, at=at)
    waits = view.state == State.HANDED_IN
    checks = waits and may_check(account, run)
    own = view.version is not None and view.version.filled_by_id == account.pk
    facts: dict[str, Any] = {
        "space": run.space, "run": run, "view": view, "report": report, "fills": may_fill(account, run),
        "before": before, "hidden": hidden, "outcomes": outcomes, "explained": explained_course(),
        "form": (form or CheckForm()) if checks and not own else None, "own": checks and own,
        "from_records": any(part.source for part in view.map.parts),
        "needs": [card.one.objective for card in view.cards if card.one.asks_action and not card.actions],
    }  # fmt: skip
    tables = shown_tables(report) if report is not None else []
    return answer_tables(request, "attainment_course.html", facts, tables, at=at, spaces=[run.space])


def _before(
    account: Account, view: CourseView, *, at: datetime
) -> tuple[Sequence[ActionOutcome], CourseAttainment | None, ReleasedClass | None]:
    """Return what came of last year's actions, where the account may know how that class did.

    Whoever may not see the students of a class of last year is told of it only what may be released.
    """
    earlier = earlier_versions(view.run)
    seen = set(
        visible_groups(account).filter(pk__in=[one.run.group_id for one in earlier]).values_list("pk", flat=True)
    )
    hidden = None
    for one in earlier:
        if one.run.group_id not in seen:
            told = class_before(one.run, to=account, at=at)
            if told is None or told.n is None or None in told.means.values():
                hidden = told
                earlier = [other for other in earlier if other is not one]
    outcomes, before = improvements(earlier, view.result)
    if any(one.run.group_id not in seen for one in earlier):
        outcomes = tuple(_in_whole_percent(one) for one in outcomes)
    return outcomes, before, hidden


def _in_whole_percent(one: ActionOutcome) -> ActionOutcome:
    """Return an outcome no finer than the rules of release let a mean out."""
    of, before = one.difference, one.before
    coarse = None if of is None else Interval(value=round(of.value, 2), low=round(of.low, 2), high=round(of.high, 2))
    return replace(one, before=None if before is None else round(before, 2), difference=coarse)


@require_safe
def attainment_students(request: HttpRequest, pk: int) -> HttpResponse:
    """What each student of a class reached in each objective, for who may see them."""
    account, at = asking(request), timezone.now()
    run = open_run(account, pk)
    closed = set(closed_to(account, page="attainment-students", at=at).filter(groups=run.group_id)
                 .values_list("pk", flat=True))  # fmt: skip
    told = [(person, one) for person, one in students_of(run) if person.pk not in closed]
    read_people(account, [person for person, _one in told], page="attainment-students", at=at, group=run.group)
    facts = {"space": run.space, "run": run, "closed": len(closed), "explained": explained_course()}
    table = _students_table(run, told)
    return answer_tables(request, "attainment_students.html", facts, [table], at=at, spaces=[run.space], noted=True)


def _students_table(run: AttainmentRun, told: Sequence[tuple[Any, Any]]) -> Table:
    objectives = [one.code for one in run.map.map.objectives]
    heads = [(_("Number"), CellKind.TEXT, 0), (_("Name"), CellKind.TEXT, 0),
             *((code, CellKind.DECIMAL, 3) for code in objectives), (_("States"), CellKind.TEXT, 0)]  # fmt: skip
    rows = []
    for person, one in told:
        states = "; ".join(f"{part}: {said(STATE_WORDS[state])}" for part, state in one.states.items())
        cells = [Cell(words=_("no score")) if one.values[code] is None else one.values[code] for code in objectives]
        rows.append([person.code, person.name, *cells, states])
    return plain_table("students", _("Attainment of each student"), heads, rows)


@require_safe
def my_attainment(request: HttpRequest) -> HttpResponse:
    """What one reached in the objectives of one's courses, and how the class did where that may be told."""
    account, at = asking(request), timezone.now()
    if account.role != Account.Role.STUDENT or account.person_id is None:
        raise PermissionDenied
    person = read_person(account, account.person_id, page="my-attainment", at=at)
    rows = AttainmentScores.objects.filter(person=person).select_related("run", "run__map", "run__space", "run__group")
    runs = [row.run for row in rows.order_by("-run__term", "run__course")]
    asked = request.GET.get("course", "")
    run = next((one for one in runs if str(one.pk) == asked), runs[0] if runs else None)
    facts: dict[str, Any] = {"runs": runs, "run": run, "space": person.space}
    if run is not None:
        own = next(one for other, one in students_of(run) if other.pk == person.pk)
        shown = class_of(run, to=account, at=at)
        course = run.map.map
        facts |= {
            "lines": [
                {"objective": one, "value": own.values[one.code],
                 "mean": mean / 100 if mean is not None else None}  # let out in per cent, read beside the own value
                for one in course.objectives for mean in (shown.means[one.code] if shown is not None else None,)
            ],
            "states": [(part, said(STATE_WORDS[state])) for part, state in own.states.items()],
            "reasons": [said(one) for one in shown.reasons] if shown is not None else [],
            "explained": explained_course(),
        }  # fmt: skip
    return render(request, "my_attainment.html", facts)


@require_safe
def attainment_report(request: HttpRequest, pk: int) -> HttpResponse:
    """The report of a course as a Word file, in the language of the page."""
    run, report, at = _reported(request, pk)
    return _file(write_course_report(report, language=language(), at=at), WORD, f"attainment-{run.pk}", "docx", at=at)


@require_safe
def attainment_workbook(request: HttpRequest, pk: int) -> HttpResponse:
    """The tables of the report as a workbook."""
    run, report, at = _reported(request, pk)
    content = write_workbook(workbook_tables(report, language()), at=at)
    return _file(content, XLSX, f"attainment-{run.pk}", "xlsx", at=at)


def _reported(request: HttpRequest, pk: int) -> tuple[AttainmentRun, Any, datetime]:
    account, at = asking(request), timezone.now()
    run = open_run(account, pk)
    read_people(account, [], page="attainment", at=at, group=run.group, taken=True)
    view = course_view(run)
    outcomes, _before_result, _hidden = _before(account, view, at=at)
    report = report_of(view, outcomes, at=at)
    if report is None:
        raise Http404(_("No scores are on record yet, so there is no report."))
    return run, report, at


@require_safe
def attainment_map_file(request: HttpRequest, pk: int) -> HttpResponse:
    """A map as a workbook that can be changed and brought in again."""
    account, at = asking(request), timezone.now()
    found = open_map(account, pk)
    note("table.taken", by=account, at=at, space=found.space, target=f"attainment-map:{found.pk}")
    return _file(map_sheet(found.map), XLSX, f"course-map-{found.pk}", "xlsx", at=at)


def _file(content: bytes, kind: str, name: str, suffix: str, *, at: datetime) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="yucai-{name}-{localtime(at):%Y%m%d-%H%M}.{suffix}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
