"""Where a store's statements go on to: listed, declared, switched, and what the other store did not take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import FaultyInputError
from yucai.evidence import Version
from yucai.web.accounts.requests import asking
from yucai.web.jobs.actions import ask_for
from yucai.web.records.forwarding import Destination, StatementFilter, add_forwarding, switch_off, switch_on
from yucai.web.records.forwarding_models import Forwarding, Undeliverable
from yucai.web.records.models import RecordStore
from yucai.web.records.parcels import n_waiting
from yucai.web.stores.forms import ForwardingForm
from yucai.web.stores.showing import language
from yucai.web.stores.views import open_record_store

__all__ = ["forwarding_add", "forwardings", "resend", "switch"]

MOST_SHOWN: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class _Card:
    """One forwarding as the page shows it."""

    forwarding: Forwarding
    waiting: int
    error: str
    aside: int
    listed: list[Undeliverable]

    @property
    def over(self) -> bool:
        """Whether something was taken after the last fault."""
        one = self.forwarding
        return bool(one.last_success_at and one.last_error_at and one.last_success_at > one.last_error_at)


@require_safe
def forwardings(request: HttpRequest, code: str) -> HttpResponse:
    """Every forwarding of a store, how it goes, and what was not taken."""
    store = open_record_store(request, code)
    rows = Forwarding.objects.filter(store=store).select_related("store", "credential", "created_by").order_by("pk")
    facts = {"space": store.space, "store": store, "cards": [_card(row) for row in rows], "most": MOST_SHOWN}
    return render(request, "record_forwardings.html", facts)


def _card(row: Forwarding) -> _Card:
    return _Card(
        forwarding=row,
        waiting=n_waiting(row),
        error=row.last_error.in_language(language()),
        aside=row.undeliverable.count(),
        listed=list(row.undeliverable.order_by("seq")[:MOST_SHOWN]),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def forwarding_add(request: HttpRequest, code: str) -> HttpResponse:
    """Declare a forwarding."""
    store = open_record_store(request, code)
    form = ForwardingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        to = Destination(
            address=said["address"], version=Version(said["version"]), key=said["key"], secret=said["secret"]
        )
        only = StatementFilter(verb=said["verb"], activity=said["activity"])
        try:
            add_forwarding(store=store, to=to, only=only, by=asking(request), at=timezone.now())
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        else:
            messages.success(request, _("Declared. What the store holds is sent from now on."))
            return redirect("record_forwardings", code=code)
    return render(request, "record_forwarding_add.html", {"space": store.space, "store": store, "form": form})


def _one(store: RecordStore, pk: int) -> Forwarding:
    return get_object_or_404(Forwarding, store=store, pk=pk)


@require_POST
def switch(request: HttpRequest, code: str, pk: int) -> HttpResponseRedirect:
    """Let a forwarding rest, or go on."""
    found = _one(open_record_store(request, code), pk)
    act = switch_off if found.is_on else switch_on
    act(number=found.pk, by=asking(request), at=timezone.now())
    return redirect("record_forwardings", code=code)


@require_POST
def resend(request: HttpRequest, code: str, pk: int) -> HttpResponseRedirect:
    """Let the worker try again what was not taken: another store may be slow, and no page waits for it."""
    store = open_record_store(request, code)
    found = _one(store, pk)
    ask_for(f"resend:{found.pk}", space=store.space, owner=asking(request), at=timezone.now())
    messages.success(request, _("They are being tried again. Look here again in a minute."))
    return redirect("record_forwardings", code=code)
