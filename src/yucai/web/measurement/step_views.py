"""What a learner does with suggested next steps, from the portrait: one click each, back to where it was."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yucai.errors import FaultyInputError
from yucai.web.accounts.models import Account, Person
from yucai.web.accounts.requests import asking
from yucai.web.measurement.portraits import portrait_of
from yucai.web.measurement.step_marking import mark_step, refuse_steps, want_steps
from yucai.web.measurement.step_showing import shown_steps

__all__ = ["step_mark", "steps_refuse", "steps_want"]


@require_POST
def step_mark(request: HttpRequest) -> HttpResponseRedirect:
    """Keep what I say of one suggestion."""
    account, person = _myself(request)
    at, said = timezone.now(), request.POST
    shown = shown_steps(person, portrait_of(person, at=at), at=at)
    try:
        mark_step(
            person=person, key=said.get("key", ""), state=said.get("state", ""), said=said.get("said", ""),
            shown=shown, by=account, at=at,
        )  # fmt: skip
    except FaultyInputError as refused:
        for fault in refused.faults:
            messages.error(request, fault.in_language(translation.get_language() or "en"))
    else:
        messages.success(request, _("Noted. You can change it at any time."))
    return _back(request, person)


@require_POST
def steps_refuse(request: HttpRequest) -> HttpResponseRedirect:
    """Refuse steps of my own."""
    account, person = _myself(request)
    refuse_steps(person=person, by=account, at=timezone.now())
    messages.success(request, _("From now on nobody sees steps of your own. Nothing else changes."))
    return _back(request, person)


@require_POST
def steps_want(request: HttpRequest) -> HttpResponseRedirect:
    """Have steps of my own again."""
    account, person = _myself(request)
    want_steps(person=person, by=account, at=timezone.now())
    messages.success(request, _("Steps of your own are shown again."))
    return _back(request, person)


def _myself(request: HttpRequest) -> tuple[Account, Person]:
    account = asking(request)
    if account.role != Account.Role.STUDENT or account.person is None:
        raise PermissionDenied
    return account, account.person


def _back(request: HttpRequest, person: Person) -> HttpResponseRedirect:
    """Go back to the page that the block stood on: one's own page, or the portrait."""
    page = reverse("my_map") if request.POST.get("back") == "my_map" else reverse("portrait", args=[person.pk])
    return redirect(f"{page}#next-steps")
