"""Documents: kept, merged, listed and deleted, with the guard of their ETags in one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from yucai.evidence import (
    Document,
    DocumentQuery,
    DocumentResource,
    RequestLimits,
    Version,
    check_conditional,
    check_document,
    check_guarded,
    check_precondition,
    etag,
    merge_documents,
)
from yucai.web.records.keys import long_key_of
from yucai.web.records.models import RecordDocument
from yucai.web.records.tombstones import refuse_erased

__all__ = ["KINDS", "Conditions", "delete_documents", "document_of", "documents_of", "put_document"]

KINDS: Final = {
    DocumentResource.STATE: RecordDocument.Kind.STATE,
    DocumentResource.AGENT_PROFILE: RecordDocument.Kind.AGENT_PROFILE,
    DocumentResource.ACTIVITY_PROFILE: RecordDocument.Kind.ACTIVITY_PROFILE,
}
Conditions = tuple[str | None, str | None]  # the headers If-Match and If-None-Match
MOST_TRIES: Final = 3


def documents_of(store: int, query: DocumentQuery) -> QuerySet[RecordDocument]:
    """Return the documents of a place: of a state without registration, those of every registration."""
    found = RecordDocument.objects.filter(
        store=store, kind=KINDS[query.resource], activity=long_key_of(query.activity), agent=long_key_of(query.agent)
    )
    return found if query.registration is None else found.filter(registration=query.registration)


def document_of(store: int, query: DocumentQuery) -> RecordDocument | None:
    """Return one document, that of no registration where none is named."""
    return _one(store, query).first()


def _one(store: int, query: DocumentQuery) -> QuerySet[RecordDocument]:
    return documents_of(store, query).filter(
        name_key=long_key_of(query.id or ""), registration=query.registration or ""
    )


def put_document(
    store: int,
    query: DocumentQuery,
    document: Document,
    *,
    conditions: Conditions,
    merge: bool,
    version: Version,
    limits: RequestLimits,
    at: datetime,
) -> None:
    """Keep a document, over or (``merge``) into the one that is there, if the conditions of the request hold.

    Raises PreconditionFailedError, UnguardedError, UnconditionalError, DocumentsDifferError, NotJsonError,
    ErasedAgentError.
    """
    check_document(document, limits=limits)
    if query.agent is not None:
        refuse_erased(store, [query.agent])
    guarded = not merge and (version is Version.V2 or query.resource is not DocumentResource.STATE)
    for left in reversed(range(MOST_TRIES)):
        try:
            with transaction.atomic():
                kept = _one(store, query).select_for_update().first()
                current = kept.etag if kept else None
                check_precondition(*conditions, current)
                if guarded:
                    check_guarded(*conditions, current)
                if guarded and version is Version.V1:
                    check_conditional(*conditions)
                old = Document(content=bytes(kept.content), content_type=kept.content_type) if kept else None
                new = merge_documents(old, document, limits=limits) if merge else document
                _write(kept or _new(store, query), new, at)
            return
        except IntegrityError:  # somebody else made it meanwhile: look again
            if not left:
                raise


def _new(store: int, query: DocumentQuery) -> RecordDocument:
    return RecordDocument(
        store_id=store,
        kind=KINDS[query.resource],
        activity=long_key_of(query.activity),
        agent=long_key_of(query.agent),
        registration=query.registration or "",
        name=query.id or "",
        name_key=long_key_of(query.id or ""),
    )


def _write(row: RecordDocument, document: Document, at: datetime) -> None:
    row.content, row.content_type = document.content, document.content_type[:255]
    row.etag, row.updated = etag(document.content), at
    row.save()


def delete_documents(store: int, query: DocumentQuery, *, conditions: Conditions) -> None:
    """Delete one document, or all of a place. Raises PreconditionFailedError."""
    with transaction.atomic():
        if query.id is None:
            documents_of(store, query).delete()
            return
        kept = _one(store, query).select_for_update().first()
        check_precondition(*conditions, kept.etag if kept else None)
        if kept is not None:
            kept.delete()
