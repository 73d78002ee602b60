"""What tools sent and were refused: told, looked at, put in again, dismissed."""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from yucai.errors import YucaiError
from yucai.evidence import RecordRefusedError, actor_key
from yucai.texts import Text
from yucai.web.accounts.requests import asking
from yucai.web.records.actions import tool_of
from yucai.web.records.models import RecordStore
from yucai.web.records.operating_models import RefusedRequest
from yucai.web.records.refused_box import KEPT_DAYS, CannotPutAgainError, actors_in, dismiss, put_again
from yucai.web.stores.browsing import known_people, note_reading
from yucai.web.stores.showing import first_reason, language, plain_reason, refused_lines, size_words, status_words
from yucai.web.stores.views import open_record_store

__all__ = ["again", "again_all", "box", "one", "throw"]

ON_A_PAGE: Final = 50
MOST_AT_ONCE: Final = 100
SHOWN_CHARACTERS: Final = 40_000


@require_safe
def box(request: HttpRequest, code: str) -> HttpResponse:
    """What waits, the latest first, and what was refused today in one sentence each."""
    store, at = open_record_store(request, code), timezone.now()
    asked = request.GET.get("page", "1")
    page = max(1, int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 1)
    waiting = _waiting(store).select_related("credential").defer("body").order_by("-last_at", "-pk")
    begin = (page - 1) * ON_A_PAGE
    rows = list(waiting[begin : begin + ON_A_PAGE + 1])
    facts = {
        "space": store.space,
        "store": store,
        "today": refused_lines(store, at=at),
        "rows": [(row, tool_of(row.credential), first_reason(row.reason)) for row in rows[:ON_A_PAGE]],
        "waiting": waiting.count(),
        "days": KEPT_DAYS,
        "before": page - 1,
        "after": page + 1 if len(rows) > ON_A_PAGE else 0,
    }
    return render(request, "record_refused.html", facts)


def _waiting(store: RecordStore) -> Any:
    return RefusedRequest.objects.filter(store=store, state=RefusedRequest.State.WAITING)


def _row(request: HttpRequest, code: str, pk: int) -> RefusedRequest:
    found = RefusedRequest.objects.select_related("store__space", "credential", "settled_by")
    return get_object_or_404(found, pk=pk, store=open_record_store(request, code))


@require_safe
def one(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """One refused delivery: why, and what was sent; who looks at whom is written down."""
    row = _row(request, code, pk)
    body = bytes(row.body)
    actors = {actor_key(actor): actor for actor in actors_in(row)}
    account = asking(request)
    people = known_people(row.store, account, actors.values())
    note_reading(row.store, actors, people, account=account, page="refused", at=timezone.now())
    text = _readable(body)
    facts = {
        "space": row.store.space,
        "store": row.store,
        "row": row,
        "tool": tool_of(row.credential),
        "means": status_words(row.status),
        "reason": plain_reason(row.reason),
        "size": size_words(row.size_bytes),
        "text": text[:SHOWN_CHARACTERS],
        "cut": len(text) > SHOWN_CHARACTERS,
        "kept": bool(body),
        "waits": row.state == RefusedRequest.State.WAITING,
    }
    return render(request, "record_refused_one.html", facts)


def _readable(body: bytes) -> str:
    try:
        return json.dumps(msgspec.json.decode(body), ensure_ascii=False, indent=2)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return body.decode("utf-8", "replace")


@require_POST
def again(request: HttpRequest, code: str, pk: int) -> HttpResponseRedirect:
    """Put one delivery in again."""
    row = _row(request, code, pk)
    try:
        put_again(row=row, by=asking(request), at=timezone.now())
    except RecordRefusedError as refused:
        why = plain_reason(Text(refused.in_language("en"), refused.in_language("zh")))
        messages.error(request, _("It was refused again: %(why)s") % {"why": why})
        return redirect("record_refused_one", code=code, pk=pk)
    except YucaiError as refused:
        messages.error(request, refused.in_language(language()))
        return redirect("record_refused_one", code=code, pk=pk)
    n = row.statements
    said = ngettext("It is in: %(n)s statement was stored.", "It is in: %(n)s statements were stored.", n) % {"n": n}
    messages.success(request, said)
    return redirect("record_refused", code=code)


@require_POST
def again_all(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Put everything that waits in again, the oldest first, up to a hundred deliveries at once."""
    store, account = open_record_store(request, code), asking(request)
    rows = _waiting(store).select_related("store", "credential").order_by("first_at", "pk")[:MOST_AT_ONCE]
    done = refused = 0
    for row in rows:
        try:
            put_again(row=row, by=account, at=timezone.now())
            done += 1
        except (RecordRefusedError, CannotPutAgainError):
            refused += 1
    level = messages.SUCCESS if not refused else messages.WARNING
    said = ngettext("%(n)s delivery is in.", "%(n)s deliveries are in.", done) % {"n": done} if done else ""
    if refused:
        words = ngettext(
            "%(n)s was refused again and still waits.", "%(n)s were refused again and still wait.", refused
        )
        said = f"{said} {words % {'n': refused}}".strip()
    messages.add_message(request, level, said or _("Nothing waits."))
    return redirect("record_refused", code=code)


@require_POST
def throw(request: HttpRequest, code: str, pk: int) -> HttpResponseRedirect:
    """Dismiss one delivery; what was sent is lost by it, so that it is asked for with a tick."""
    row = _row(request, code, pk)
    if request.POST.get("agree") != "yes":
        messages.error(request, _("Nothing was deleted. Tick that it may go, then dismiss it."))
        return redirect("record_refused_one", code=code, pk=pk)
    try:
        dismiss(row=row, by=asking(request), at=timezone.now())
        messages.success(request, _("Dismissed; what was sent is deleted."))
    except YucaiError as refused:
        messages.error(request, refused.in_language(language()))
    return redirect("record_refused", code=code)
