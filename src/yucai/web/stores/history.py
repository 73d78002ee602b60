"""What was done to a store, by pages and by commands, in one list: the latest first, who did it beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.web.accounts.models import Account
from yucai.web.records.actions import tool_of
from yucai.web.records.erasure_models import RecordErasure, RecordExport, RecordHold
from yucai.web.records.models import RecordStore
from yucai.web.stores.showing import language

__all__ = ["Done", "history_of"]

MOST: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One thing that was done. Without ``by`` it came from the command line, or by itself."""

    at: datetime
    what: str
    details: tuple[str, ...]
    by: Account | None


def history_of(store: RecordStore) -> list[Done]:
    """Return what was done to a store last; of an erasure its code and how much went, never who."""
    done = [*_events(store), *_holds(store), *_erasures(store), *_exports(store)]
    return sorted(done, key=lambda one: one.at, reverse=True)[:MOST]


def _events(store: RecordStore) -> Iterator[Done]:
    for event in store.events.select_related("by", "credential").order_by("-at", "-pk")[:MOST]:
        tool = tool_of(event.credential) if event.credential else ""
        detail = event.detail.in_language(language()) if event.detail_en else ""
        told = tuple(filter(None, (tool, detail)))
        yield Done(at=event.at, what=str(event.get_kind_display()), details=told, by=event.by)


def _holds(store: RecordStore) -> Iterator[Done]:
    for hold in RecordHold.objects.filter(store=store).select_related("placed_by", "lifted_by").order_by("-pk")[:MOST]:
        yield Done(at=hold.placed_at, what=_("held: nothing may be removed"), details=(hold.reason,), by=hold.placed_by)
        if hold.lifted_at is not None:
            yield Done(at=hold.lifted_at, what=_("hold lifted"), details=(hold.reason,), by=hold.lifted_by)


def _erasures(store: RecordStore) -> Iterator[Done]:
    touched = Q(tombstones__store=store) & (Q(done_at__isnull=False) | Q(lifted_at__isnull=False))
    found = RecordErasure.objects.filter(touched).distinct().select_related("by", "lifted_by").order_by("-pk")
    for erasure in found[:MOST]:
        code = _("number %(code)s") % {"code": erasure.code}
        if erasure.done_at is not None:
            yield Done(
                at=erasure.done_at, what=_("a person erased"), details=(code, _went(erasure, store)), by=erasure.by
            )
        if erasure.lifted_at is not None:
            yield Done(at=erasure.lifted_at, what=_("erasure lifted"), details=(code,), by=erasure.lifted_by)


def _went(erasure: RecordErasure, store: RecordStore) -> str:
    stores: list[dict[str, Any]] = json.loads(erasure.told)["stores"]
    n = sum(int(one["removed"]) + int(one["rewritten"]) for one in stores if one["store"] == store.code)
    return ngettext("%(n)s statement removed or rewritten", "%(n)s statements removed or rewritten", n) % {
        "n": f"{n:,}"
    }


def _exports(store: RecordStore) -> Iterator[Done]:
    for one in RecordExport.objects.filter(store=store).select_related("by").order_by("-pk")[:MOST]:
        n = ngettext("%(n)s statement", "%(n)s statements", one.statements) % {"n": f"{one.statements:,}"}
        yield Done(at=one.at, what=_("statements without names given out"), details=(one.recipient, n), by=one.by)
