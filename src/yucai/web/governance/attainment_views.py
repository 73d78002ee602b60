"""Attainment of course objectives: the programme, one course, its students, one's own, and the files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yucai.evidence import CellKind, write_workbook
from yucai.governance import (
    STATE_WORDS,
    ActionOutcome,
    CourseReport,
    Interval,
    workbook_tables,
    write_course_report,
)
from yucai.web.accounts.access import closed_to, read_people, read_person, visible_groups
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables
from yucai.web.governance.attainment_counting import students_of
from yucai.web.governance.attainment_digests import is_unchanged
from yucai.web.governance.attainment_doors import (
    attainment_space,
    attainment_spaces,
    had_a_hand_in,
    may_add_maps,
    may_check,
    may_fill,
    open_map,
    open_run,
)
from yucai.web.governance.attainment_forms import CheckForm
from yucai.web.governance.attainment_maps import current_maps
from yucai.web.governance.attainment_models import AttainmentRun, AttainmentScores, AttainmentVersion
from yucai.web.governance.attainment_paper import course_sheet, programme_sheet
from yucai.web.governance.attainment_programmes import ProgrammeView, programme_views, runs_table, runs_to_show
from yucai.web.governance.attainment_released import class_before, class_of
from yucai.web.governance.attainment_sheets import map_sheet
from yucai.web.governance.attainment_showing import (
    CourseView,
    LastYear,
    course_view,
    earlier_versions,
    explained_course,
    improvements,
    language,
    report_of,
    said,
    shown_tables,
)
from yucai.web.governance.attainment_spans import objective_lines, spans
from yucai.web.listing import XLSX, Cell, Table, plain_table
from yucai.web.paper import sheet_pdf

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

PDF: Final = "application/pdf"
WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
State = AttainmentVersion.State


@require_safe
def attainment(request: HttpRequest) -> HttpResponse:
    """A programme: courses and classes, requirements by courses, results, and what is missing."""
    account, at = asking(request), timezone.now()
    space = attainment_space(account, request.GET.get("space", ""))
    programmes = programme_views(account, space)
    if request.GET.get("as") == "pdf":
        return _programme_paper(request, account, space, programmes, at=at)
    runs = runs_to_show(account, space)
    tables = [runs_table(runs)] if runs else []
    for view in programmes[:1]:
        tables += [view.matrix, view.results]
    facts = {
        "space": space, "spaces": list(attainment_spaces(account)), "runs": runs, "programmes": programmes,
        "maps": current_maps(space), "adds": may_add_maps(account),
        "waiting": sum(run.state == State.HANDED_IN for run in runs),  # type: ignore[attr-defined]  # annotated
    }  # fmt: skip
    return answer_tables(request, "attainment.html", facts, tables, at=at, spaces=[space])


def _programme_paper(
    request: HttpRequest, account: Account, space: Space, programmes: Sequence[ProgrammeView], *, at: datetime
) -> HttpResponse:
    """Return a programme on paper: the one that is asked for, or the first."""
    asked = request.GET.get("programme", "")
    view = next((one for one in programmes if not asked or str(one.record.pk) == asked), None)
    if view is None:
        raise Http404
    note("table.taken", by=account, at=at, space=space, target=f"attainment:programme:{view.record.pk}:pdf")
    return _file(sheet_pdf(programme_sheet(view, at=at), at=at), PDF, f"programme-{view.record.pk}", "pdf", at=at)


@require_safe
def attainment_course(request: HttpRequest, pk: int) -> HttpResponse:
    """One course and class: objectives, evidence, intervals, improvement, versions; also on paper."""
    account = asking(request)
    if request.GET.get("as") == "pdf":
        return _reported(request, pk, _paper)
    return course_page(request, account, open_run(account, pk), at=timezone.now())


def course_page(
    request: HttpRequest, account: Account, run: AttainmentRun, *, at: datetime, form: CheckForm | None = None
) -> HttpResponse:
    """Return the page of a course, with what is wrong with a check that was sent."""
    read_people(account, [], page="attainment", at=at, group=run.group)
    view = course_view(run)
    last = _last(account, view, at=at)
    report = report_of(view, last)
    waits = view.state == State.HANDED_IN
    checks = waits and may_check(account, run)
    own = view.version is not None and had_a_hand_in(view.version, account)
    lines = objective_lines(view.result.objectives) if view.result is not None else []
    facts: dict[str, Any] = {
        "wide": spans(lines, width=680), "narrow": spans(lines, width=340),
        "space": run.space, "run": run, "view": view, "report": report, "fills": may_fill(account, run),
        "last": last, "explained": explained_course(),
        "form": (form or CheckForm()) if checks and not own else None, "own": checks and own,
        "from_records": any(part.source for part in view.map.parts),
        "needs": [card.one.objective for card in view.cards if card.one.asks_action and not card.actions],
    }  # fmt: skip
    tables = shown_tables(report) if report is not None else []
    return answer_tables(request, "attainment_course.html", facts, tables, at=at, spaces=[run.space])


def _last(account: Account, view: CourseView, *, at: datetime) -> LastYear:
    """Return what came of last year's actions, where the account may know how that class did.

    Whoever may not see the students of a class of last year is told of it only what may be released. A result that is
    not what was handed in is not compared with.
    """
    found = earlier_versions(view.run)
    earlier = [one for one in found if is_unchanged(one)]
    seen = set(visible_groups(account).filter(pk__in=[one.run.group_id for one in found]).values_list("pk", flat=True))
    small = [one for one in earlier if one.run.group_id not in seen and _is_hidden(one.run, to=account, at=at)]
    earlier = [one for one in earlier if one not in small]
    outcomes, before = improvements(earlier, view.result)
    if any(one.run.group_id not in seen for one in earlier):
        outcomes = tuple(_in_whole_percent(one) for one in outcomes)
    says = ""
    if small:
        says = _("The class of last year is too small to tell you how it did.")
    elif len(earlier) < len(found):
        says = _("The result of last year is withheld: it is not what was handed in. Its page says more.")
    return LastYear(outcomes=outcomes, before=before, says=says)


def _is_hidden(run: AttainmentRun, *, to: Account, at: datetime) -> bool:
    told = class_before(run, to=to, at=at)
    return told is None or told.n is None or None in told.means.values()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reported:
    """What a file of a course is made of."""

    run: AttainmentRun
    view: CourseView
    report: CourseReport
    at: datetime


def _paper(told: _Reported) -> HttpResponse:
    content = sheet_pdf(course_sheet(told.view, told.report, at=told.at), at=told.at)
    return _file(content, PDF, f"attainment-{told.run.pk}", "pdf", at=told.at)


def _word(told: _Reported) -> HttpResponse:
    content = write_course_report(told.report, language=language(), at=told.at)
    return _file(content, WORD, f"attainment-{told.run.pk}", "docx", at=told.at)


def _workbook(told: _Reported) -> HttpResponse:
    content = write_workbook(workbook_tables(told.report, language()), at=told.at)
    return _file(content, XLSX, f"attainment-{told.run.pk}", "xlsx", at=told.at)


@require_safe
def attainment_report(request: HttpRequest, pk: int) -> HttpResponse:
    """The report of a course as a Word file, in the language of the page."""
    return _reported(request, pk, _word)


@require_safe
def attainment_workbook(request: HttpRequest, pk: int) -> HttpResponse:
    """The tables of the report as a workbook."""
    return _reported(request, pk, _workbook)


def _reported(request: HttpRequest, pk: int, made: Callable[[_Reported], HttpResponse]) -> HttpResponse:
    """Return a file of the report of a course. Where its result is withheld, the page of the course says why."""
    account, at = asking(request), timezone.now()
    run = open_run(account, pk)
    view = course_view(run)
    if view.withheld:
        return redirect("attainment_course", pk=run.pk)
    read_people(account, [], page="attainment", at=at, group=run.group, taken=True)
    report = report_of(view, _last(account, view, at=at))
    if report is None:
        raise Http404(_("No scores are on record yet, so there is no report."))
    return made(_Reported(run=run, view=view, report=report, at=at))


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
