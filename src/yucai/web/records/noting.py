"""What is done to a record store stands twice: in its own list, in words, and in the audit trail of the office."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account
from yucai.web.records.models import RecordCredential, RecordStore
from yucai.web.records.operating_models import RecordEvent

__all__ = ["record_event"]


@transaction.atomic
def record_event(
    *,
    store: RecordStore,
    kind: RecordEvent.Kind,
    by: Account | None,
    at: datetime,
    detail: Text,
    credential: RecordCredential | None = None,
) -> None:
    """Write down what was done to a store. The words may hold a name of a tool; the trail holds numbers."""
    said = {"detail_en": detail.en[:500], "detail_zh": detail.zh[:500]}
    event = RecordEvent.objects.create(store=store, kind=kind, by=by, at=at, credential=credential, **said)
    target = f"record-store:{store.pk}"
    note(f"record-store.{kind}", by=by, at=at, space=store.space_id, target=target, detail={"event": event.pk})
