"""Pages of observations: plans, progress, figures, exports, deletion and closing for those who run them."""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256
from math import isnan
from typing import Final

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import FaultyInputError, YucaiError
from yucai.evidence import Measure
from yucai.measurement import Agreement
from yucai.web.accounts.access import (
    may_observe_at_all,
    may_plan_observations,
    may_see_observations,
    visible_spaces,
)
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.requests import asking
from yucai.web.evidence.observation_forms import PlanForm
from yucai.web.evidence.observation_models import ObservationEvent, ObservationPlan, ObservationTurn
from yucai.web.evidence.observation_plans import (
    NotDueError,
    PlanClosedError,
    Planned,
    close_plan,
    delete_due_records,
    due_for_deletion,
    note_export,
    open_plan,
    planned,
    scheme_of,
    withdraw_consent,
)
from yucai.web.evidence.observation_results import boris_file, boris_notices, results_of, table_file
from yucai.web.evidence.observation_showing import preview_of, progress_of

__all__ = ["add", "boris", "close", "delete", "index", "plan", "results", "table", "withdraw"]

KINDS: Final = {
    "tsv": "text/tab-separated-values; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
KEPT_FOR: Final = timedelta(days=365)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The way to my turns, and for who sees whole spaces the plans there are."""
    account, at = asking(request), timezone.now()
    spaces = [space for space in visible_spaces(account) if may_see_observations(account, space)]
    if not may_observe_at_all(account):
        raise PermissionDenied
    turns = ObservationTurn.objects.filter(
        observer=account, plan__closed_at__isnull=True, plan__space__in=account.spaces.all()
    )
    today = localdate(at)
    waiting = turns.filter(sessions__isnull=True)
    plans = ObservationPlan.objects.filter(space__in=spaces).select_related("space").order_by("-opened_at")
    facts = {
        "turns": turns.count(),
        "today": waiting.filter(starts__date=today).count(),
        "plans": plans,
        "sees": bool(spaces),
        "planning": [space for space in spaces if may_plan_observations(account, space)],
        "simulated": visible_spaces(account).filter(simulated=True).exists(),
    }
    return render(request, "observations.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Plan an observation: drawn and shown first, then opened as it was shown."""
    account, at = asking(request), timezone.now()
    space = _space(request, account)
    today = localdate(at)
    initial = {"seed": secrets.randbelow(2**31), "first_day": today, "last_day": today + timedelta(days=27),
               "delete_on": today + KEPT_FOR}  # fmt: skip
    form, preview, checked = PlanForm(initial=initial, space=space), None, ""
    if request.method == "POST":
        form = PlanForm(request.POST, space=space)
        if form.is_valid():
            wanted = form.wanted()
            try:
                drawn = planned(wanted)
                checked, preview = _digest(drawn, form), preview_of(wanted, drawn)
                if "open" in request.POST and request.POST.get("checked") == checked:
                    opened = open_plan(wanted=wanted, by=account, at=at)
                    return redirect("observation_plan", pk=opened.pk)
            except FaultyInputError as refused:
                preview = None
                form.add_faults(refused.faults)
    changed = "open" in request.POST and preview is not None
    facts = {"form": form, "space": space, "preview": preview, "checked": checked, "changed": changed}
    return render(request, "observation_add.html", facts)


@require_safe
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a plan is."""
    return _page(request, _plan(request, pk), note="")


@require_safe
def results(request: HttpRequest, pk: int) -> HttpResponse:
    """What the records say: agreement, figures of one behaviour, and the answer in plain sentences."""
    found = _plan(request, pk)
    scheme, chosen = scheme_of(found), request.GET.get("behaviour", "")
    if chosen not in scheme.codes_of("behaviours"):
        chosen = scheme.behaviours[0].code
    refused = None
    try:
        said = results_of(found, chosen)
    except YucaiError as error:
        said, refused = None, error.in_language(_language())
    facts = {
        "plan": found,
        "space": found.space,
        "scheme": scheme,
        "chosen": chosen,
        "chosen_name": scheme.code_of(chosen).name,
        "chosen_definition": scheme.code_of(chosen).definition,
        "results": said,
        "refused": refused,
        "agreements": [_agreement(one) for one in said.agreements] if said else [],
        "measures": [_measure(one) for one in said.measures] if said else [],
    }
    return render(request, "observation_results.html", facts)


@require_safe
def boris(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The records as BORIS's tabular events; that they left is written down."""
    found = _plan(request, pk)
    content = boris_file(found, kind=kind)
    return _file(request, found, content, name=f"boris-{found.pk}.{kind}", kind=kind)


@require_safe
def table(request: HttpRequest, pk: int) -> HttpResponse:
    """The records in the columns of the library, with all sessions; that they left is written down."""
    found = _plan(request, pk)
    return _file(request, found, table_file(found), name=f"observations-{found.pk}.xlsx", kind="xlsx")


@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a plan."""
    found = _plan(request, pk)
    try:
        close_plan(plan=found, by=asking(request), at=timezone.now())
    except PlanClosedError as refused:
        return _page(request, found, note=refused.in_language(_language()))
    return redirect("observation_plan", pk=found.pk)


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete the records of a plan whose day has come."""
    found = _plan(request, pk)
    try:
        delete_due_records(plan=found, by=asking(request), at=timezone.now())
    except NotDueError as refused:
        return _page(request, found, note=refused.in_language(_language()))
    return redirect("observation_plan", pk=found.pk)


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """End the consent for one child: its records go at once."""
    found = _plan(request, pk)
    child = found.children.filter(pseudonym=request.POST.get("child", "")).first()
    if child is not None:
        withdraw_consent(child=child, by=asking(request), at=timezone.now())
    elif not may_plan_observations(asking(request), found.space):
        raise PermissionDenied
    return redirect("observation_plan", pk=found.pk)


def _language() -> str:
    return translation.get_language() or "en"


def _space(request: HttpRequest, account: Account) -> Space:
    """Return the space a plan is made for. Raises PermissionDenied for whom plans nothing there."""
    space = Space.objects.filter(code=request.GET.get("space", "")).first()
    if space is None or not may_plan_observations(account, space):
        raise PermissionDenied
    return space


def _plan(request: HttpRequest, pk: int) -> ObservationPlan:
    """Return a plan that an account may see; a number that names none is refused alike."""
    found = ObservationPlan.objects.select_related("space", "opened_by", "closed_by").filter(pk=pk).first()
    if found is None or not may_see_observations(asking(request), found.space):
        raise PermissionDenied
    return found


def _digest(drawn: Planned, form: PlanForm) -> str:
    """Return what tells whether a plan is still the one that was looked at."""
    kept = ("name", "scheme", "mode", "interval_s", "children", "delete_on", "second_share")
    said = [str(form.cleaned_data[name]) for name in kept]
    return sha256(repr((drawn.turns, said)).encode()).hexdigest()


def _page(request: HttpRequest, found: ObservationPlan, *, note: str) -> HttpResponse:
    account, at = asking(request), timezone.now()
    found = get_object_or_404(ObservationPlan.objects.select_related("space", "opened_by", "closed_by"), pk=found.pk)
    scheme = scheme_of(found)
    progress = progress_of(found, scheme, at=at)
    directs = may_plan_observations(account, found.space)
    events = found.events.select_related("by").order_by("-pk")
    facts = {
        "plan": found,
        "space": found.space,
        "scheme": scheme,
        "progress": progress,
        "children": found.children.count(),
        "consenting": found.children.filter(withdrawn_at__isnull=True).order_by("pseudonym"),
        "withdrawn": found.children.filter(withdrawn_at__isnull=False).order_by("pseudonym"),
        "directs": directs,
        "due": due_for_deletion(found, at=at),
        "notices": boris_notices(found) if progress.silent else (),
        "events": events.exclude(kind=ObservationEvent.Kind.HANDED_IN)[:20],
        "handed_in": events.filter(kind=ObservationEvent.Kind.HANDED_IN).count(),
        "note": note,
    }
    return render(request, "observation_plan.html", facts)


def _file(request: HttpRequest, found: ObservationPlan, content: bytes, *, name: str, kind: str) -> HttpResponse:
    note_export(plan=found, by=asking(request), at=timezone.now())
    answer = HttpResponse(content, content_type=KINDS[kind])
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _agreement(found: Agreement) -> dict[str, object]:
    """Return one figure of agreement as it is written on the page."""
    low, high = found.interval95
    interval = "" if isnan(low) else f"{low:.2f} … {high:.2f}"
    value = f"{found.value:.2f}" if found.defined else "–"
    return {"found": found, "value": value, "interval": interval, "observed": f"{found.observed:.1%}"}


def _measure(found: Measure) -> dict[str, object]:
    """Return one figure as it is written on the page."""
    low, high = (_written(found.code, end) for end in found.interval95)
    return {"found": found, "value": _written(found.code, found.value), "low": low, "high": high}


def _written(code: str, value: float) -> str:
    if isnan(value):
        return "–"
    return f"{value:.2%}" if code.endswith("_share") else f"{value:.2f}"
