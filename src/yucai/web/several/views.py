"""What a press on several rows did, with a button that takes it back; and the acts of the last days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_POST, require_safe

from yucai.errors import YucaiError
from yucai.texts import Text
from yucai.web.accounts.models import Account
from yucai.web.accounts.requests import asking
from yucai.web.several.actions import UNDO_HOURS, do_to_several, may_undo, rows_of, undo_several
from yucai.web.several.kinds import KINDS, Doing, kinds_of
from yucai.web.several.models import SeveralAct, SeveralMember

__all__ = ["several_act", "several_acts", "several_do", "several_undo"]

DAYS_LISTED: Final = 30
MOST_LISTED: Final = 100
LONGEST_NUMBER: Final = 18


@require_POST
def several_do(request: HttpRequest) -> HttpResponseRedirect:
    """Do one thing to the chosen rows, and say what came of it."""
    by, code = asking(request), request.POST.get("kind", "")
    if not kinds_of(by):
        raise PermissionDenied
    if code not in KINDS:
        raise Http404
    chosen = [number for number in request.POST.getlist("row") if number.isdecimal() and len(number) <= LONGEST_NUMBER]
    reason = request.POST.get("reason", "")
    try:
        act = do_to_several(code=code, numbers=[*map(int, chosen)], reason=reason, by=by, at=timezone.now())
    except YucaiError as refused:
        messages.error(request, refused.in_language(_language()))
        return redirect(KINDS[code].page)
    return redirect("several_act", pk=act.pk)


@require_safe
def several_act(request: HttpRequest, pk: int) -> HttpResponse:
    """What one act did, what it left and why, and what was taken back of it."""
    by, at, act = asking(request), timezone.now(), _act(request, pk)
    kind = KINDS[act.kind]
    members = list(act.members.order_by("pk"))
    told = [one for one in members if one.why_en]
    names = _names(told, act, by=by, at=at)
    facts = {
        "act": act,
        "kind": kind,
        "said": _counted(kind.done, sum(one.done for one in members)),
        "left": [(names.get(one.number), one.why) for one in told if not one.done],
        "undone": _counted(kind.undone, sum(one.back == SeveralMember.Back.UNDONE for one in members)),
        "kept": [(names.get(one.number), one.why) for one in told if one.done],
        "open": may_undo(act, by=by, at=at),
        "until": act.at + timedelta(hours=UNDO_HOURS),
        "back": reverse(kind.page),
    }
    return render(request, "several_act.html", facts)


def _counted(said: Text, n: int) -> Text:
    return said.filled(n=n)


def _names(told: list[SeveralMember], act: SeveralAct, *, by: Account, at: datetime) -> dict[int, Text]:
    """Return how the rows are called that there is something to say of, as far as the account may see them."""
    kind = KINDS[act.kind]
    rows: list[Any] = rows_of(kind, [one.number for one in told], by=by, at=at) if told else []
    kind.look(rows, Doing(by=by, at=at))
    return {row.pk: kind.named(row) for row in rows}


@require_safe
def several_acts(request: HttpRequest) -> HttpResponse:
    """What I did to several rows at once in the last days."""
    by, at = asking(request), timezone.now()
    if not kinds_of(by):
        raise PermissionDenied
    acts = SeveralAct.objects.filter(by=by, kind__in=KINDS, at__gte=at - timedelta(days=DAYS_LISTED))
    rows = []
    for act in acts.prefetch_related("members").order_by("-pk")[:MOST_LISTED]:
        members = list(act.members.all())
        said = _counted(KINDS[act.kind].done, sum(one.done for one in members))
        rows.append((act, said, sum(not one.done for one in members)))
    return render(request, "several_acts.html", {"rows": rows})


@require_POST
def several_undo(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Take an act back."""
    act = _act(request, pk)
    try:
        undo_several(act=act, reason=request.POST.get("reason", ""), by=asking(request), at=timezone.now())
    except YucaiError as refused:
        messages.error(request, refused.in_language(_language()))
    return redirect("several_act", pk=pk)


def _act(request: HttpRequest, pk: int) -> SeveralAct:
    """Return an act of who asks; one of somebody else and one there is not are refused alike."""
    act = SeveralAct.objects.filter(pk=pk, by=asking(request), kind__in=KINDS).first()
    if act is None:
        raise PermissionDenied
    return act


def _language() -> str:
    return translation.get_language() or "en"
