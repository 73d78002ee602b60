"""Record stores: all of them, one of them, its settings and its credentials."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import FaultyInputError, YucaiError
from yucai.evidence import Version
from yucai.web.accounts.access import may_run_stores, visible_spaces
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.requests import asking
from yucai.web.records.actions import (
    add_credential,
    add_store,
    change_store,
    close_store,
    open_store,
    revoke,
    settings_of,
    take_again,
)
from yucai.web.records.door import forget_stores
from yucai.web.records.models import RecordCredential, RecordStore
from yucai.web.records.retention import foresee_retention
from yucai.web.stores.filters import asked_of
from yucai.web.stores.forms import CredentialForm, SettingsForm, StoreForm
from yucai.web.stores.history import history_of
from yucai.web.stores.presets import words_of
from yucai.web.stores.showing import followers_of, language, refused_lines, shown, tools_of

__all__ = [
    "add", "again", "close", "credential_add", "credential_revoke", "open_again", "open_record_store",
    "settings", "store", "stores",
]  # fmt: skip


def _spaces(account: Account) -> list[Space]:
    """Return the spaces whose stores an account runs. Raises PermissionDenied where there is none."""
    found = [space for space in visible_spaces(account) if may_run_stores(account, space)]
    if not found:
        raise PermissionDenied
    return found


def open_record_store(request: HttpRequest, code: str) -> RecordStore:
    """Return a store that the account runs; one that does not exist is refused alike."""
    found = RecordStore.objects.select_related("space", "closed_by").filter(code=code).first()
    if found is None or not may_run_stores(asking(request), found.space):
        raise PermissionDenied
    return found


def _address(request: HttpRequest, found: RecordStore) -> str:
    """Return the address to give to a tool."""
    return request.build_absolute_uri(f"/xapi/{found.code}/")


@require_safe
def stores(request: HttpRequest) -> HttpResponse:
    """Every store of the account's spaces."""
    spaces, at = _spaces(asking(request)), timezone.now()
    rows = RecordStore.objects.filter(space__in=spaces).select_related("space").order_by("closed_at", "code")
    cards = [(shown(row, at=at), _address(request, row), refused_lines(row, at=at)) for row in rows]
    facts = {"cards": cards, "several": len(spaces) > 1, "simulated": any(space.simulated for space in spaces)}
    return render(request, "record_stores.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Make a store."""
    account = asking(request)
    spaces = _spaces(account)
    form = StoreForm(request.POST or None, spaces=spaces)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        space = next(one for one in spaces if one.code == said["space"])
        try:
            made = add_store(
                space=space,
                code=said["code"],
                version=Version(said["default_version"]),
                by=account,
                at=timezone.now(),
            )
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        else:
            messages.success(request, _("The store is made. Next: open it to a tool."))
            return redirect("record_store", code=made.code)
    return render(request, "record_store_add.html", {"form": form})


@require_safe
def store(request: HttpRequest, code: str) -> HttpResponse:
    """One store: how it is, who speaks to it, who follows it, what was done to it."""
    found, at = open_record_store(request, code), timezone.now()
    facts = {
        "space": found.space,
        "store": found,
        "shown": shown(found, at=at),
        "address": _address(request, found),
        "tools": tools_of(found),
        "followers": followers_of(found),
        "refused": refused_lines(found, at=at),
        "leaving": foresee_retention(found, at=at),
        "hold": found.holds.filter(lifted_at__isnull=True).first(),
        "events": history_of(found),
    }
    return render(request, "record_store.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, code: str) -> HttpResponse:
    """Change version, limits and terms; a term that would let statements go is shown first."""
    found, at = open_record_store(request, code), timezone.now()
    form = SettingsForm(request.POST or None, initial=SettingsForm.said(settings_of(found)))
    leaving = None
    if request.method == "POST" and form.is_valid():
        wanted = form.wanted()
        leaving = _would_go(found, wanted.keep_months, wanted.keep_documents_months, at)
        if leaving is None or request.POST.get("agree") == _agreed(leaving):
            try:
                change_store(store=found, wanted=wanted, by=asking(request), at=at)
            except FaultyInputError as refused:
                form.add_faults(refused.faults)
            else:
                forget_stores()
                messages.success(request, _("Saved. Other servers of this office know of it within 10 seconds."))
                return redirect("record_store", code=code)
    facts = {"space": found.space, "store": found, "form": form, "leaving": leaving}
    return render(request, "record_store_settings.html", facts | {"agreed": _agreed(leaving) if leaving else ""})


def _would_go(found: RecordStore, months: int | None, documents: int | None, at: datetime) -> Any:
    """Return what a shorter term lets go at the next round; None where nothing would."""
    if (months, documents) == (found.keep_months, found.keep_documents_months):
        return None
    tried = RecordStore(pk=found.pk, code=found.code, keep_months=months, keep_documents_months=documents)
    leaving = foresee_retention(tried, at=at)
    return leaving if leaving.statements or leaving.documents else None


def _agreed(leaving: Any) -> str:
    return f"{leaving.before}:{leaving.documents_before}"


@require_POST
def close(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Close a store."""
    found = open_record_store(request, code)
    close_store(store=found, by=asking(request), at=timezone.now())
    forget_stores()
    messages.success(request, _("The store is closed: it takes nothing any more. What is in it stays readable."))
    return redirect("record_store", code=code)


@require_POST
def open_again(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Let a closed store take statements again."""
    found = open_record_store(request, code)
    open_store(store=found, by=asking(request), at=timezone.now())
    forget_stores()
    messages.success(request, _("The store takes statements again."))
    return redirect("record_store", code=code)


@require_http_methods(["GET", "HEAD", "POST"])
def credential_add(request: HttpRequest, code: str) -> HttpResponse:
    """Open a store to a tool; the secret is on the page that answers, and nowhere else."""
    found = open_record_store(request, code)
    form = CredentialForm(request.POST or None)
    facts: dict[str, Any] = {"space": found.space, "store": found, "form": form}
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            new = add_credential(
                store=found,
                name=said["name"],
                home=said["home"].strip(),
                scopes=form.wanted(),
                by=asking(request),
                at=timezone.now(),
            )
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        else:
            may = words_of(new.credential.scopes.split(), language())
            facts |= {"new": new, "name": said["name"], "may": may, "address": _address(request, found)}
            return render(request, "record_credential_made.html", facts)
    return render(request, "record_credential_add.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
def credential_revoke(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Ask whether a credential may go; a POST takes it back."""
    found = open_record_store(request, code)
    credential = get_object_or_404(RecordCredential, store=found, pk=pk)
    if request.method == "POST":
        try:
            revoke(key=credential.key, by=asking(request), at=timezone.now())
            messages.success(request, _("The credential is revoked. Servers refuse it within 10 seconds."))
        except YucaiError as refused:
            messages.error(request, refused.in_language(language()))
        return redirect("record_store", code=code)
    line = next(one for one in tools_of(found) if one.credential.pk == pk)
    return render(request, "record_credential_revoke.html", {"space": found.space, "store": found, "line": line})


@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest, code: str) -> HttpResponse:
    """Ask whether a follower is to take statements again; a POST puts its cursor back."""
    found = open_record_store(request, code)
    typed = request.POST if request.method == "POST" else request.GET
    followers = followers_of(found)
    chosen = next((one for one in followers if one.follower == typed.get("follower")), None)
    since = str(typed.get("since", "")).strip()
    asked = asked_of(found, {"since": since})
    if request.method == "POST" and chosen is not None and not asked.faults:
        start = _start(asked.search.first)
        take_again(store=found, follower=chosen.follower, since=start, by=asking(request), at=timezone.now())
        messages.success(request, _("“%(name)s” takes these statements again.") % {"name": chosen.name})
        return redirect("record_store", code=code)
    facts = {"space": found.space, "store": found, "followers": followers, "chosen": chosen, "since": since,
             "faults": asked.faults}  # fmt: skip
    return render(request, "record_again.html", facts)


def _start(first: int) -> datetime | None:
    from yucai.web.records.keys import stored_of

    return stored_of(first) if first else None
