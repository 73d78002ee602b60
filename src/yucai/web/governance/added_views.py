"""The page of value added, having it worked out, anew too, removing it, and the same on paper."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import FaultyInputError
from yucai.governance import NOT_CAUSED
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables, table_asked
from yucai.web.governance.added_charts import added_chart, groups_table, reliabilities_table
from yucai.web.governance.added_doors import seen_runs
from yucai.web.governance.added_forms import AddedForm
from yucai.web.governance.added_models import AddedRun
from yucai.web.governance.added_paper import added_sheet
from yucai.web.governance.added_scores import Scored, scores_there
from yucai.web.governance.added_showing import AddedView, added_view
from yucai.web.governance.added_words import called_run, explained_added, findings_of_added, named, range_said
from yucai.web.governance.added_working import AddedWanted, remove_added, work_added_again, work_added_out
from yucai.web.governance.teaching_doors import keeping_spaces, require_keeper, sees_all
from yucai.web.paper import sheet_pdf
from yucai.web.registers.algorithms import VALUE_ADDED
from yucai.web.registers.switches import MethodOffError, state_of

__all__ = ["value_added", "value_added_add", "value_added_again", "value_added_paper", "value_added_remove"]

WIDE, NARROW = 760, 340
MOST_LISTED: Final = 50


@require_safe
def value_added(request: HttpRequest) -> HttpResponse:
    """Groups and what earlier scores let one expect: intervals over a range; a teacher sees the own groups."""
    account, at = asking(request), timezone.now()
    seen, asked = seen_runs(account), request.GET.get("run", "")
    if not asked and request.GET.get("space"):
        seen = seen.filter(space__code=request.GET["space"])
    runs = list(seen[:MOST_LISTED])
    run = next((one for one in runs if str(one.pk) == asked), runs[0] if runs else None)
    if asked and (run is None or str(run.pk) != asked):
        raise PermissionDenied
    facts: dict[str, Any] = {
        "choices": [(one.pk, called_run(one)) for one in runs],
        "run": run,
        "all": sees_all(account),
        "caution": NOT_CAUSED,
    }
    if run is None:
        return render(request, "value_added.html", facts)
    facts["state"] = state_of(run.space, VALUE_ADDED.code, at=at)
    if not facts["state"].running:
        return render(request, "value_added.html", facts)
    view = added_view(run, to=account, at=at)
    _note_look(account, run, at=at, taken=bool(table_asked(request)))
    facts |= _shown(view)
    tables = (groups_table(view), reliabilities_table(view))
    return answer_tables(request, "value_added.html", facts, tables, at=at, spaces=[run.space], noted=True)


def _shown(view: AddedView) -> dict[str, Any]:
    return {
        "view": view,
        "now": named(view.now),
        "prior": [named(one) for one in view.prior],
        "over": range_said(view),
        "findings": tuple(findings_of_added(view)) if view.everything else (),
        "explained": explained_added(view),
        "chart_wide": added_chart(view, width=WIDE),
        "chart_narrow": added_chart(view, width=NARROW),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def value_added_add(request: HttpRequest) -> HttpResponse:
    """Choose what is set against what, and have it worked out."""
    account, at = asking(request), timezone.now()
    spaces = list(keeping_spaces(account))
    if not spaces:
        raise PermissionDenied
    asked = request.POST.get("space") or request.GET.get("space", "")
    space = next((one for one in spaces if one.code == asked), spaces[0])
    there = scores_there(space, at=at)
    form = AddedForm(request.POST or None, there=there)
    if request.method == "POST" and form.is_valid():
        made = _worked_out(form, space, there, by=account, at=at)
        if made is not None:
            messages.success(request, _("Worked out. It stands until it is worked out anew."))
            return redirect(f"{reverse('value_added')}?run={made.pk}")
    facts = {"form": form, "spaces": spaces, "space": space, "enough": len(there) > 1}
    return render(request, "value_added_add.html", facts)


def _worked_out(form: AddedForm, space: Space, there: list[Scored], *, by: Account, at: datetime) -> AddedRun | None:
    """Return the run that a form asks for; None where it cannot be worked out, which the form then says."""
    said, by_key = form.cleaned_data, {one.key: one for one in there}
    prior = tuple(by_key[key] for key in (said["prior"], said["second"]) if key)
    wanted = AddedWanted(kind=said["kind"], now=by_key[said["now"]], prior=prior, lowest=said["lowest"],
                         highest=said["highest"])  # fmt: skip
    try:
        return work_added_out(space=space, wanted=wanted, by=by, at=at)
    except FaultyInputError as refused:
        form.add_faults(refused.faults)
    except MethodOffError as refused:
        form.add_error(None, refused.in_language(translation.get_language() or "en"))
    return None


@require_POST
def value_added_again(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Work a run out anew from what is on record now."""
    account = asking(request)
    run = _kept(account, pk)
    try:
        work_added_again(run=run, by=account, at=timezone.now())
    except (MethodOffError, FaultyInputError) as refused:
        messages.error(request, refused.in_language(translation.get_language() or "en"))
    else:
        messages.success(request, _("Worked out. It stands until it is worked out anew."))
    return redirect(f"{reverse('value_added')}?run={run.pk}")


@require_POST
def value_added_remove(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Delete a run with all figures of its groups."""
    account = asking(request)
    remove_added(run=_kept(account, pk), by=account, at=timezone.now())
    messages.success(request, _("The run is deleted, with all figures of its groups."))
    return redirect("value_added")


@require_safe
def value_added_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The same as a PDF, for who sees all of it."""
    account, at = asking(request), timezone.now()
    run = _kept(account, pk)
    if not state_of(run.space, VALUE_ADDED.code, at=at).running:
        return redirect(f"{reverse('value_added')}?run={run.pk}")
    _note_look(account, run, at=at, taken=True)
    sheet = added_sheet(added_view(run, to=account, at=at))
    answer = HttpResponse(sheet_pdf(sheet, at=at), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="yucai-value-added-{run.pk}.pdf"'
    return answer


def _kept(account: Account, pk: int) -> AddedRun:
    """Return a run that an account keeps. Raises PermissionDenied, also for a number that names none."""
    run = AddedRun.objects.select_related("space").filter(pk=pk).first()
    if run is None:
        raise PermissionDenied
    require_keeper(account, run.space)
    return run


def _note_look(account: Account, run: AddedRun, *, at: datetime, taken: bool) -> None:
    note("value-added.read", by=account, at=at, space=run.space, target=f"value-added:{run.pk}",
         detail={"as": "file"} if taken else {})  # fmt: skip
