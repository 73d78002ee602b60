"""The page of teaching quality, taking a survey in, working it out anew, removing it, and the same on paper."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Final

import numpy as np
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import FaultyInputError, YucaiError
from yucai.evidence import MOST_BYTES
from yucai.governance import NEVER_ALONE
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables, table_asked
from yucai.web.evidence.uploads import capped_upload, was_cut
from yucai.web.governance.teaching_charts import chart_of, courses_table, how_to_turn, lecturers_table
from yucai.web.governance.teaching_doors import keeping_spaces, require_keeper, seen_surveys, sees_all
from yucai.web.governance.teaching_forms import SurveyForm
from yucai.web.governance.teaching_groups import groups_tables, groups_view
from yucai.web.governance.teaching_models import TeachingSurvey
from yucai.web.governance.teaching_paper import survey_sheet
from yucai.web.governance.teaching_showing import SurveyView, others_placed, survey_view
from yucai.web.governance.teaching_taking import SurveyWanted, keep_survey, remove_survey
from yucai.web.governance.teaching_words import called, explained_survey, findings_of
from yucai.web.governance.teaching_working import work_survey_out
from yucai.web.listing import Table
from yucai.web.paper import sheet_pdf
from yucai.web.registers.algorithms import TEACHING
from yucai.web.registers.switches import MethodOffError, state_of

__all__ = ["teaching_add", "teaching_paper", "teaching_quality", "teaching_remove", "teaching_work_out"]

WIDE, NARROW = 760, 340
MEGABYTE: Final = 1_000_000
MOST_LISTED: Final = 50


@require_safe
def teaching_quality(request: HttpRequest) -> HttpResponse:
    """A survey of courses: intervals, response and bounds; a teacher sees the own figures and how others are spread."""
    account, at = asking(request), timezone.now()
    seen, asked = seen_surveys(account), request.GET.get("survey", "")
    if not asked and request.GET.get("space"):
        seen = seen.filter(space__code=request.GET["space"])
    surveys = list(seen[:MOST_LISTED])
    survey = next((one for one in surveys if str(one.pk) == asked), surveys[0] if surveys else None)
    if asked and (survey is None or str(survey.pk) != asked):
        raise PermissionDenied
    facts: dict[str, Any] = {"surveys": surveys, "survey": survey, "all": sees_all(account), "caution": NEVER_ALONE}
    if survey is None:
        return render(request, "teaching_quality.html", facts)
    facts["state"] = state_of(survey.space, TEACHING.code, at=at)
    if not facts["state"].running or survey.worked_at is None:
        return render(request, "teaching_quality.html", facts)
    view = survey_view(survey, at=at, only=None if sees_all(account) else account)
    _note_look(account, survey, at=at, taken=bool(table_asked(request)))
    facts |= _shown(view)
    if not sees_all(account):
        facts["others"] = others_placed(survey, at=at)
    tables: tuple[Table, ...] = (lecturers_table(view), courses_table(view))
    if sees_all(account):
        facts["groups"] = groups_view(survey)
        tables += groups_tables(facts["groups"])
    return answer_tables(
        request, "teaching_quality.html", facts, tables, at=at, spaces=[survey.space], noted=True
    )  # fmt: skip


def _shown(view: SurveyView) -> dict[str, Any]:
    shares = [
        {"name": called(factor), "share": round(100 * share), "sd": sd}
        for factor, sd, share, _n in view.survey.result["components"]
    ]
    return {
        "view": view,
        "shares": shares,
        "rate": None if view.rate is None else round(100 * view.rate),
        "findings": tuple(findings_of(view)),
        "explained": explained_survey(view),
        "turn": how_to_turn(),
        "chart_wide": chart_of(view, width=WIDE),
        "chart_narrow": chart_of(view, width=NARROW),
    }


@capped_upload
@require_http_methods(["GET", "HEAD", "POST"])
def teaching_add(request: HttpRequest) -> HttpResponse:
    """Take a table of course evaluations in, and work it out where the method is on."""
    account, at = asking(request), timezone.now()
    spaces = list(keeping_spaces(account))
    if not spaces:
        raise PermissionDenied
    form = SurveyForm(request.POST or None, request.FILES or None, spaces=spaces)
    if request.method == "POST" and was_cut(request):
        said = _("The file is larger than %(limit)d MB. Split it by term.")
        form.add_error(None, said % {"limit": MOST_BYTES // MEGABYTE})
    elif request.method == "POST" and form.is_valid():
        space = next(one for one in spaces if one.code == form.cleaned_data["space"])
        made = _taken(request, form, space, at=at)
        if made is not None:
            return redirect(f"{reverse('teaching_quality')}?survey={made.pk}")
    return render(request, "teaching_add.html", {"form": form})


def _taken(request: HttpRequest, form: SurveyForm, space: Space, *, at: datetime) -> TeachingSurvey | None:
    """Return the survey that a form brought; None where it cannot be taken in, which the form then says."""
    account, said, sent = asking(request), form.cleaned_data, form.cleaned_data["file"]
    wanted = SurveyWanted(
        name=said["name"], low=said["low"], high=said["high"], owner=said["owner"], file_name=sent.name or ""
    )
    try:
        survey = keep_survey(
            space=space, content=sent.read(), wanted=wanted, by=account, at=at, rng=np.random.default_rng()
        )
    except FaultyInputError as refused:
        form.add_faults(refused.faults)
        return None
    except YucaiError as refused:
        form.add_error("file", refused.in_language(translation.get_language() or "en"))
        return None
    _work_out(request, survey, at=at)
    return survey


def _work_out(request: HttpRequest, survey: TeachingSurvey, *, at: datetime) -> None:
    """Work a survey out and say how it went. Its draws hang on the file alone, so that it can be run again."""
    seed = int(hashlib.sha256(survey.digest.encode()).hexdigest()[:16], 16)
    try:
        work_survey_out(survey=survey, by=asking(request), at=at, rng=np.random.default_rng(seed))
    except (MethodOffError, FaultyInputError) as refused:
        messages.error(request, refused.in_language(translation.get_language() or "en"))
    else:
        messages.success(request, _("Worked out. It stands until it is worked out anew."))


@require_POST
def teaching_work_out(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Work a survey out anew."""
    survey = _kept(asking(request), pk)
    _work_out(request, survey, at=timezone.now())
    return redirect(f"{reverse('teaching_quality')}?survey={survey.pk}")


@require_POST
def teaching_remove(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Delete a survey with all that was worked out of it."""
    survey = _kept(asking(request), pk)
    remove_survey(survey=survey, by=asking(request), at=timezone.now())
    messages.success(request, _("The survey is deleted, with everything worked out of it."))
    return redirect("teaching_quality")


@require_safe
def teaching_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The same as a PDF, for who sees all of it."""
    account, at = asking(request), timezone.now()
    survey = _kept(account, pk)
    if survey.worked_at is None or not state_of(survey.space, TEACHING.code, at=at).running:
        return redirect(f"{reverse('teaching_quality')}?survey={survey.pk}")
    _note_look(account, survey, at=at, taken=True)
    answer = HttpResponse(sheet_pdf(survey_sheet(survey_view(survey, at=at)), at=at), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="yucai-teaching-{survey.pk}.pdf"'
    return answer


def _kept(account: Account, pk: int) -> TeachingSurvey:
    """Return a survey that an account keeps. Raises PermissionDenied, also for a number that names none."""
    survey = TeachingSurvey.objects.select_related("space", "source").filter(pk=pk).first()
    if survey is None:
        raise PermissionDenied
    require_keeper(account, survey.space)
    return survey


def _note_look(account: Account, survey: TeachingSurvey, *, at: datetime, taken: bool) -> None:
    note("teaching.read", by=account, at=at, space=survey.space, target=f"teaching:{survey.pk}",
         detail={"as": "file"} if taken else {})  # fmt: skip
