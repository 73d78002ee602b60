"""How long a store keeps statements and documents: what would go, and the daily round that lets it go."""

from __future__ import annotations

import logging
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import get_default_timezone, localdate, make_aware

from yucai.texts import Text
from yucai.web.accounts.models import Account
from yucai.web.records.counting import held_in, number_of
from yucai.web.records.holds import StoreHeldError, require_not_held
from yucai.web.records.keys import microsecond_of, seq_at
from yucai.web.records.models import RecordDocument, RecordStore, StatementRow
from yucai.web.records.noting import record_event
from yucai.web.records.operating_models import RecordEvent, StatementReading
from yucai.web.records.refused_box import throw_out_old
from yucai.web.records.removing import remove_statements

__all__ = ["READINGS_KEPT", "Retained", "foresee_retention", "retain", "retain_when_due"]

LOGGER = logging.getLogger("yucai.records")
PART: Final = 20_000  # statements whose numbers are in memory at a time
DOCUMENTS: Final = 500
READINGS_KEPT: Final = timedelta(days=3 * 366)  # as long as other readings are asked for
WENT: Final = Text(
    "{statements} statement{statements:|s} stored before {before} and {documents} document{documents:|s}",
    "{before} 之前存入的 {statements} 条陈述，{documents} 份文档",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """What is, or was, too old: statements stored before a day, documents last written before a day."""

    store: str
    before: date | None
    statements: int
    documents_before: date | None
    documents: int


def foresee_retention(store: RecordStore, *, at: datetime) -> Retained:
    """Return what the next round would let go, as far as statements are counted."""
    before, documents_before = _days(store, at)
    statements = 0 if before is None else held_in(store, before=number_of(before)).statements
    return Retained(
        store=store.code,
        before=before,
        statements=statements,
        documents_before=documents_before,
        documents=0 if documents_before is None else _documents(store, documents_before).count(),
    )


def retain(store: RecordStore, *, by: Account | None, at: datetime) -> Retained:
    """Let go what is too old, and write down how much it was. Raises StoreHeldError.

    One that is broken off is taken up by the next.
    """
    before, documents_before = _days(store, at)
    statements = 0 if before is None else _remove(store, before, at)
    documents = 0 if documents_before is None else _delete_documents(store, documents_before)
    with transaction.atomic():
        RecordStore.objects.filter(pk=store.pk).update(tidied_at=at)
        if statements or documents:
            facts = {"statements": statements, "documents": documents, "before": before or documents_before}
            record_event(store=store, kind=RecordEvent.Kind.TIDIED, by=by, at=at, detail=WENT.filled(**facts))
    return Retained(
        store=store.code,
        before=before,
        statements=statements,
        documents_before=documents_before,
        documents=documents,
    )


def retain_when_due(*, at: datetime) -> None:
    """Make the round of every store once a day; what goes wrong in one store keeps no other waiting."""
    for store in RecordStore.objects.exclude(keep_months=None, keep_documents_months=None):
        if store.tidied_at is not None and localdate(store.tidied_at) >= localdate(at):
            continue
        try:
            retain(store, by=None, at=at)
        except StoreHeldError as held:
            RecordStore.objects.filter(pk=store.pk).update(tidied_at=at)
            LOGGER.warning("%s", held)
        except Exception:  # the worker must outlive it; tomorrow is another day
            RecordStore.objects.filter(pk=store.pk).update(tidied_at=at)
            LOGGER.exception("what is too old in store %s could not be removed", store.code)
    throw_out_old(at=at)
    StatementReading.objects.filter(at__lt=at - READINGS_KEPT).delete()


def _days(store: RecordStore, at: datetime) -> tuple[date | None, date | None]:
    """Return the first day that is kept, of statements and of documents."""
    today = localdate(at)
    terms = (store.keep_months, store.keep_documents_months)
    statements, documents = (None if months is None else months_before(today, months) for months in terms)
    return statements, documents


def months_before(day: date, months: int) -> date:
    """Return the same day so many months before, or the last of that month.

    >>> months_before(date(2026, 3, 31), 1)
    datetime.date(2026, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _begin(day: date) -> datetime:
    return make_aware(datetime(day.year, day.month, day.day), get_default_timezone())  # noqa: DTZ001


def _remove(store: RecordStore, before: date, at: datetime) -> int:
    bound, removed = seq_at(microsecond_of(_begin(before))), 0
    while True:
        rows = StatementRow.objects.filter(store=store, seq__lt=bound).order_by("seq")
        seqs = list(rows.values_list("seq", flat=True)[:PART])
        if not seqs:
            return removed
        removed += remove_statements(store, seqs, at=at).statements


def _documents(store: RecordStore, before: date) -> QuerySet[RecordDocument]:
    return RecordDocument.objects.filter(store=store, updated__lt=_begin(before))


def _delete_documents(store: RecordStore, before: date) -> int:
    deleted = 0
    while pks := list(_documents(store, before).order_by("pk").values_list("pk", flat=True)[:DOCUMENTS]):
        with transaction.atomic():
            require_not_held(store)
            deleted += RecordDocument.objects.filter(pk__in=pks).delete()[0]
    return deleted
