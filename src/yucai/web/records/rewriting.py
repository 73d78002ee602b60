"""A statement of others in which a person is replaced: its row, what finds it and its attachments follow."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import msgspec

from yucai.evidence import (
    ObjectKind,
    PersonTraces,
    StatementFacts,
    Version,
    actor_key,
    digest,
    facts_of,
    statement_faults,
    without_person,
)
from yucai.web.records.counting import counted_anew
from yucai.web.records.emptying import delete_pairs, delete_unspoken
from yucai.web.records.erasure_models import RecordErasure, StatementMark
from yucai.web.records.keys import key_of
from yucai.web.records.models import RecordStore, StatementActivity, StatementAgent, StatementAttachment, StatementRow
from yucai.web.records.removing import places_of
from yucai.web.records.writing import object_key

__all__ = ["rewrite_statement", "version_of"]


def version_of(value: dict[str, Any]) -> Version:
    """Return the version that a kept statement speaks."""
    return Version.V2 if str(value["version"]).startswith("2") else Version.V1


def rewrite_statement(
    store: RecordStore, seq: int, raw: bytes, traces: PersonTraces, *, erasure: RecordErasure, at: datetime
) -> tuple[int, int] | None:
    """Replace a person in a statement, inside a transaction that holds the store alone.

    Returns how many attachments went with it, and their size; None, with nothing changed, where the words left would
    break a rule. Each statement gets a pseudonym of its own: nobody can tell that two of them were about one person.
    """
    new = without_person(raw, traces, pseudonym=str(uuid.uuid4()))
    old_value, value = msgspec.json.decode(raw), msgspec.json.decode(new)
    version = version_of(value)
    if statement_faults(value, version=version):
        return None
    before, facts = facts_of(old_value, version=version), facts_of(value, version=version)
    kind = "activity" if facts.object_kind is ObjectKind.ACTIVITY else "agent"
    with counted_anew(store.pk, [seq]):
        StatementRow.objects.filter(store=store, seq=seq).update(
            digest=digest(value),
            actor=key_of(store.pk, "agent", facts.actor),
            object=object_key(store.pk, facts, kind),
            authority=_authority(store.pk, value),
            body=new,
        )
    _file_anew(store.pk, seq, before, facts)
    StatementMark.objects.bulk_create(
        [StatementMark(seq=seq, kind=StatementMark.Kind.REWRITTEN, erasure=erasure, at=at)], ignore_conflicts=True
    )
    gone = {need.sha2 for need in before.attachments} - {need.sha2 for need in facts.attachments}
    StatementAttachment.objects.filter(seq=seq, sha2__in=gone).delete()
    return delete_unspoken(store.pk, gone)


def _authority(store: int, value: dict[str, Any]) -> int:
    return key_of(store, "agent", actor_key(value["authority"]))


def _file_anew(store: int, seq: int, before: StatementFacts, facts: StatementFacts) -> None:
    activities, agents = places_of(store, before)
    delete_pairs("web_statementactivity", "activity", {(key, seq) for key in activities})
    delete_pairs("web_statementagent", "agent", {(key, seq) for key in agents})
    activities, agents = places_of(store, facts)
    StatementActivity.objects.bulk_create(StatementActivity(activity=key, seq=seq) for key in activities)
    StatementAgent.objects.bulk_create(
        StatementAgent(agent=key, seq=seq, direct=direct) for key, direct in agents.items()
    )
