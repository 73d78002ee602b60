"""Filling in: maps and scores come in by a preview, then surveys, actions, handing in, the check, corrections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.governance import StudentScores, map_to_json
from yucai.web.accounts.access import read_people
from yucai.web.accounts.models import Account, Person
from yucai.web.accounts.requests import asking
from yucai.web.evidence.uploads import capped_upload
from yucai.web.governance.attainment_actions import (
    add_action,
    check_version,
    hand_in,
    open_course,
    open_ticket,
    put_scores,
    put_survey,
    require_open,
    take_records,
    write_analysis,
)
from yucai.web.governance.attainment_doors import (
    attainment_space,
    may_add_maps,
    may_add_programmes,
    may_check,
    may_fill,
    open_run,
    own_classes,
)
from yucai.web.governance.attainment_forms import (
    ActionForm,
    CheckForm,
    CourseForm,
    MapForm,
    ReasonForm,
    ScoresForm,
    SurveyForm,
)
from yucai.web.governance.attainment_maps import (
    current_maps,
    held,
    put_course_map,
    put_programme_map,
    read_map_file,
    read_programme_file,
    read_scores_file,
    taken_maps,
    taken_programme,
    unheld,
)
from yucai.web.governance.attainment_models import AttainmentRun, AttainmentVersion
from yucai.web.governance.attainment_sheets import scores_sheet
from yucai.web.governance.attainment_showing import language
from yucai.web.governance.attainment_views import course_page
from yucai.web.listing import XLSX

__all__ = [
    "attainment_action_add",
    "attainment_analysis",
    "attainment_check",
    "attainment_correct",
    "attainment_course_add",
    "attainment_from_records",
    "attainment_hand_in",
    "attainment_map_add",
    "attainment_score_sheet",
    "attainment_scores",
    "attainment_survey",
]

MOST_TOLD: Final = 40
POSTS: Final = ["GET", "HEAD", "POST"]


def _told(faults: Sequence[Fault]) -> list[str]:
    return [one.in_language(language()) for one in faults[:MOST_TOLD]]


def _tell(request: HttpRequest, problem: YucaiError) -> None:
    faults = problem.faults if isinstance(problem, FaultyInputError) else ()
    for sentence in _told(faults) or [problem.in_language(language())]:
        messages.error(request, sentence)


@capped_upload
@require_http_methods(POSTS)
def attainment_map_add(request: HttpRequest) -> HttpResponse:
    """Bring in maps: a file is read and shown with everything that is wrong; only a yes keeps it, all or nothing."""
    account = asking(request)
    space = attainment_space(account, request.GET.get("space", ""))
    if not may_add_maps(account):
        raise PermissionDenied
    if request.method == "POST" and "sealed" in request.POST:
        return _take_map(request, account, space)
    form = MapForm(request.POST or None, request.FILES or None, programmes=may_add_programmes(account))
    facts: dict[str, Any] = {"space": space, "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            facts |= _preview(account, form)
        except YucaiError as problem:
            form.add_error("file", problem.in_language(language()))
    return render(request, "attainment_map_add.html", facts)


def _preview(account: Account, form: MapForm) -> dict[str, Any]:
    told, file = form.cleaned_data, form.cleaned_data["file"]
    if told["kind"] == "programme":
        found = read_programme_file(file, programme=told["name"].strip())
        content: Any = ["programme", file.name, map_to_json(found.map)]
        shown: dict[str, Any] = {"programme": found.map}
        faults, notices = found.faults, found.notices
    else:
        reading = read_map_file(file, course=told["course"].strip(), name=told["name"].strip())
        content = ["course", file.name, [map_to_json(one) for one in reading.maps]]
        shown = {"maps": reading.maps}
        faults, notices = reading.faults, reading.notices
    sealed = "" if faults else held("map", account, content)
    return {"preview": shown, "faults": _told(faults), "notices": _told(notices), "sealed": sealed, "file": file.name}


def _take_map(request: HttpRequest, account: Account, space: Any) -> HttpResponse:
    at = timezone.now()
    try:
        kind, file_name, content = unheld("map", account, request.POST["sealed"])
        if kind == "programme":
            put_programme_map(space=space, programme=taken_programme(content), file_name=file_name, by=account, at=at)
        else:
            for one in taken_maps(content):
                put_course_map(space=space, course=one, file_name=file_name, by=account, at=at)
    except (signing.BadSignature, msgspec.MsgspecError):
        messages.error(request, _("The preview is too old. Choose the file again."))
    else:
        messages.success(request, _("Taken. What was worked out before keeps the version of the map that it rests on."))
    return redirect("attainment")


@require_http_methods(POSTS)
def attainment_course_add(request: HttpRequest) -> HttpResponse:
    """Open a course for a class and a term."""
    account = asking(request)
    space = attainment_space(account, request.GET.get("space", ""))
    maps, groups = current_maps(space), list(own_classes(account, space))
    form = CourseForm(request.POST or None, maps=maps, groups=groups)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        chosen = next(one for one in maps if str(one.pk) == told["map"])
        group = next(one for one in groups if str(one.pk) == told["group"])
        try:
            run = open_course(map=chosen, group=group, term=told["term"], by=account, at=timezone.now())
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        else:
            return redirect("attainment_course", pk=run.pk)
    return render(request, "attainment_course_add.html", {"space": space, "form": form, "maps": maps})


def _filled(request: HttpRequest, pk: int) -> tuple[Account, AttainmentRun]:
    """Return who asks and the course they may fill in. Raises PermissionDenied."""
    account = asking(request)
    run = open_run(account, pk)
    if not may_fill(account, run):
        raise PermissionDenied
    return account, run


@capped_upload
@require_http_methods(POSTS)
def attainment_scores(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring in the scores of a class: a file is read and shown; only a yes keeps it."""
    account, run = _filled(request, pk)
    at = timezone.now()
    try:
        require_open(run)
        if request.method == "POST" and "sealed" in request.POST:
            return _take_scores(request, account, run)
    except YucaiError as problem:
        _tell(request, problem)
        return redirect("attainment_course", pk=pk)
    form = ScoresForm(request.POST or None, request.FILES or None)
    facts: dict[str, Any] = {"space": run.space, "run": run, "form": form, "map": run.map.map}
    if request.method == "POST" and form.is_valid():
        people = list(Person.objects.filter(groups=run.group_id))
        read_people(account, people, page="attainment-students", at=at, group=run.group)
        try:
            found = read_scores_file(form.cleaned_data["file"], facts["map"], students=[one.code for one in people])
        except YucaiError as problem:
            form.add_error("file", problem.in_language(language()))
        else:
            name = form.cleaned_data["file"].name
            content = [pk, name, [[one.student, dict(one.scores), dict(one.states)] for one in found.scores]]
            n_states = sum(len(one.states) for one in found.scores)
            facts |= {"faults": _told(found.faults), "notices": _told(found.notices), "n": len(found.scores),
                      "file": name, "n_states": n_states, "previewed": True,
                      "sealed": "" if found.faults else held("scores", account, content)}  # fmt: skip
    return render(request, "attainment_scores.html", facts)


def _take_scores(request: HttpRequest, account: Account, run: AttainmentRun) -> HttpResponse:
    try:
        number, name, rows = unheld("scores", account, request.POST["sealed"])
        if number != run.pk:
            raise signing.BadSignature
    except signing.BadSignature:
        messages.error(request, _("The preview is too old. Choose the file again."))
        return redirect("attainment_scores", pk=run.pk)
    scores = [StudentScores(student=student, scores=told, states=states) for student, told, states in rows]
    n = put_scores(run=run, scores=scores, source=name, by=account, at=timezone.now())
    messages.success(request, _("Scores of %(n)d students are recorded.") % {"n": n})
    return redirect("attainment_course", pk=run.pk)


@require_safe
def attainment_score_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """An empty sheet with the students of the class, to be filled in and brought back."""
    account, run = _filled(request, pk)
    at = timezone.now()
    people = list(Person.objects.filter(groups=run.group_id).order_by("code"))
    read_people(account, people, page="attainment-students", at=at, group=run.group, taken=True)
    answer = HttpResponse(scores_sheet(run.map.map, people, language=language(), at=at), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="yucai-scores-{run.pk}-{localtime(at):%Y%m%d}.xlsx"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_POST
def attainment_from_records(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the scores that are on record already."""
    account, run = _filled(request, pk)
    try:
        n = take_records(run=run, by=account, at=timezone.now())
    except YucaiError as problem:
        _tell(request, problem)
    else:
        messages.success(request, _("Scores of %(n)d students are recorded.") % {"n": n})
    return redirect("attainment_course", pk=pk)


@require_http_methods(POSTS)
def attainment_survey(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down what students said, as counts without names, and whether it is combined with scores."""
    account, run = _filled(request, pk)
    course, kept = run.map.map, run.survey or {}
    initial: dict[str, Any] = {"asked": kept.get("asked"), **(run.combination or {})}
    for place, one in enumerate(course.objectives):
        initial[f"answers-{place}"] = "/".join(map(str, kept.get("answers", {}).get(one.code, [])))
    form = SurveyForm(request.POST or None, course=course, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            put_survey(run=run, survey=form.survey(), combination=form.combination(), by=account, at=timezone.now())
        except FaultyInputError as refused:
            names = {one.code: f"answers-{place}" for place, one in enumerate(course.objectives)}
            form.add_faults(_moved(one, names) for one in refused.faults)
        except YucaiError as problem:
            _tell(request, problem)
            return redirect("attainment_course", pk=pk)
        else:
            messages.success(request, _("The survey is recorded."))
            return redirect("attainment_course", pk=pk)
    return render(request, "attainment_survey.html", {"space": run.space, "run": run, "form": form})


def _moved(fault: Fault, names: dict[str, str]) -> Fault:
    return Fault(code=fault.code, says=fault.says, where=names.get(fault.where, fault.where), facts=fault.facts)


@require_POST
def attainment_analysis(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the analysis of the report."""
    account, run = _filled(request, pk)
    try:
        write_analysis(run=run, said=request.POST.get("analysis", "")[:5000], by=account, at=timezone.now())
    except YucaiError as problem:
        _tell(request, problem)
    else:
        messages.success(request, _("The analysis is recorded."))
    return redirect("attainment_course", pk=pk)


@require_http_methods(POSTS)
def attainment_action_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down what is done about an objective, by whom and until when."""
    account, run = _filled(request, pk)
    codes = [one.code for one in run.map.map.objectives]
    form = ActionForm(request.POST or None, objectives=codes, initial={"objective": request.GET.get("objective", "")})
    if request.method == "POST" and form.is_valid():
        try:
            add_action(run=run, action=form.action(), by=account, at=timezone.now())
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        else:
            messages.success(request, _("The action is written down. Next year's page shows what came after it."))
            return redirect("attainment_course", pk=pk)
    return render(request, "attainment_action_add.html", {"space": run.space, "run": run, "form": form})


@require_POST
def attainment_hand_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand the result in, to be checked by somebody else."""
    account, run = _filled(request, pk)
    try:
        hand_in(run=run, by=account, at=timezone.now())
    except YucaiError as problem:
        _tell(request, problem)
    else:
        messages.success(request, _("Handed in. Somebody else checks it; until then nothing can be changed."))
    return redirect("attainment_course", pk=pk)


@require_POST
def attainment_check(request: HttpRequest, pk: int) -> HttpResponse:
    """Lock a result that waits, or return it with a remark."""
    account, at = asking(request), timezone.now()
    run = open_run(account, pk)
    if not may_check(account, run):
        raise PermissionDenied
    form, lock = CheckForm(request.POST), request.POST.get("decision") == "lock"
    waiting = run.versions.filter(state=AttainmentVersion.State.HANDED_IN).order_by("-number").first()
    if waiting is None:
        messages.error(request, _("Nothing waits to be checked here."))
        return redirect("attainment_course", pk=pk)
    if form.is_valid():
        try:
            check_version(version=waiting, lock=lock, remark=form.cleaned_data["remark"], by=account, at=at)
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        except YucaiError as problem:
            _tell(request, problem)
            return redirect("attainment_course", pk=pk)
        else:
            messages.success(request, _("Checked and locked.") if lock else _("Returned to be corrected."))
            return redirect("attainment_course", pk=pk)
    return course_page(request, account, run, at=at, form=form)


@require_http_methods(POSTS)
def attainment_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the correction of a locked result; what is locked stays and the new version names it."""
    account, run = _filled(request, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            open_ticket(run=run, reason=form.cleaned_data["reason"], by=account, at=timezone.now())
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        except YucaiError as problem:
            _tell(request, problem)
            return redirect("attainment_course", pk=pk)
        else:
            messages.success(request, _("The correction is open. Hand it in again when it is done."))
            return redirect("attainment_course", pk=pk)
    return render(request, "attainment_correct.html", {"space": run.space, "run": run, "form": form})
