"""Storing statements: the whole request or nothing, each id once, references and voiding kept in either order."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

import msgspec
from django.db import DatabaseError, IntegrityError

from yucai.evidence import (
    ObjectKind,
    SentStatement,
    StatementFacts,
    StatementRequest,
    StatementRole,
    Version,
    digest,
    equivalent,
    stamped,
)
from yucai.web.records import partitions, tables
from yucai.web.records.catalogue import note
from yucai.web.records.credentials import Caller
from yucai.web.records.keys import SEQUENCE, key_of, microsecond_of, seq_at, stored_of
from yucai.web.records.references import connect
from yucai.web.records.refusals import StatementConflictError
from yucai.web.records.tombstones import without_erased
from yucai.web.records.transactions import Sql, in_one_transaction, on_postgresql
from yucai.web.records.watermark import lock_for_writing

__all__ = ["NewStatement", "Stored", "object_key", "store_statements"]

MOST_TRIES: Final = 5


class NewStatement(msgspec.Struct, frozen=True, kw_only=True):
    """A good statement on its way into the tables."""

    seq: int
    id: str
    sent: SentStatement
    facts: StatementFacts


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of a request, and the last number that was given to one of its statements."""

    ids: list[str]
    last: int | None


class _TakenError(Exception):
    """Another process took the same number in the same microsecond."""


def store_statements(
    request: StatementRequest, *, caller: Caller, version: Version, put_id: str | None = None
) -> Stored:
    """Store the statements of a request and return their ids, in order; those that are here already stay as they are.

    All or nothing, and when this returns they are on disk. Raises StatementConflictError, ErasedPersonError.
    """
    ids = [put_id or facts.id or str(uuid.uuid4()) for facts in request.facts]
    if not ids:
        return Stored(ids=[], last=None)
    last, kept = _store(request, ids, caller, version)
    if caller.may("define"):
        note(caller.store, (sent.value for sent in kept.batch.statements))
    return Stored(ids=ids, last=last)


def _store(
    request: StatementRequest, ids: list[str], caller: Caller, version: Version
) -> tuple[int | None, StatementRequest]:
    for n_tries in range(MOST_TRIES):
        asking = n_tries > 0 and not on_postgresql()
        try:
            return in_one_transaction(
                partial(_looked_and_inserted, request=request, ids=ids, caller=caller, version=version, asking=asking)
            )
        except (_TakenError, IntegrityError):
            if partitions.is_partitioned():
                partitions.make_months(at=_now())  # the month of this request may be one that nobody foresaw
    raise DatabaseError("no number was free")


def _looked_and_inserted(
    sql: Sql, *, request: StatementRequest, ids: list[str], caller: Caller, version: Version, asking: bool
) -> tuple[int | None, StatementRequest]:
    """Insert what was not erased. SQLite tells of an id only that it is taken, so the next try is ``asking`` before."""
    refers = any(facts.target is not None for facts in request.facts)
    alone = refers or (partitions.is_partitioned() and partitions.alone_at(_now()))
    lock_for_writing(sql, caller.store, alone=alone)
    kept, left = without_erased(caller.store, request, ids)
    if not left:
        return None, kept
    known = _known(sql, caller.store, kept, left) if asking else set()
    return _insert(sql, kept, left, caller, version, known=known), kept


def _insert(
    sql: Sql, request: StatementRequest, ids: list[str], caller: Caller, version: Version, *, known: set[str]
) -> int | None:
    store = caller.store
    last = tables.last_seq(sql) if not on_postgresql() else None
    seqs = SEQUENCE.take(len(ids), after=0 if last is None else microsecond_of(stored_of(last)))
    if partitions.is_partitioned():
        known |= _older(sql, store, request, ids, before=seqs[0])
    wanted = [
        NewStatement(seq=seq, id=own, sent=sent, facts=facts)
        for seq, own, sent, facts in zip(seqs, ids, request.batch.statements, request.facts, strict=True)
        if own not in known
    ]
    inserted = tables.insert_statements(sql, [_row(new, caller, version) for new in wanted], *_related(store, wanted))
    fresh = inserted.fresh
    if len(fresh) < len(wanted):  # another writer was faster, or took the same number
        missed = [new for new in wanted if new.id not in fresh]
        found = tables.find_bodies(sql, store, [new.id for new in missed])
        if len(found) < len(missed):
            raise _TakenError
        for new in missed:
            _check_same(new.id, new.sent.value, found[new.id])
        wanted = [new for new in wanted if new.id in fresh]
    tables.insert_attachments(sql, store, [(new.seq, new.facts.attachments) for new in wanted], request.parts)
    connect(sql, store, [(new.seq, new.id, new.facts) for new in wanted], inserted.referring)
    return wanted[-1].seq if wanted else None


def _known(sql: Sql, store: int, request: StatementRequest, ids: list[str]) -> set[str]:
    """Return which ids are here already. Raises StatementConflictError where one is that of another statement."""
    found = tables.find_bodies(sql, store, ids)
    for own, sent in zip(ids, request.batch.statements, strict=True):
        if own in found:
            _check_same(own, sent.value, found[own])
    return set(found)


def _older(sql: Sql, store: int, request: StatementRequest, ids: list[str], *, before: int) -> set[str]:
    """Return which ids stand in an earlier month, of which the present one's index knows nothing."""
    found = tables.find_bodies(sql, store, partitions.in_older_parts(store, ids, before=before))
    for own, sent in zip(ids, request.batch.statements, strict=True):
        if own in found:
            _check_same(own, sent.value, found[own])
    return set(found)


def _now() -> datetime:
    return stored_of(seq_at(SEQUENCE.now()))


def _check_same(own: str, sent: dict[str, Any], kept: tuple[bytes, bytes]) -> None:
    """Refuse a statement under an id that another statement has."""
    kept_digest, body = kept
    if digest(sent) != kept_digest and not equivalent(sent, msgspec.json.decode(body)):
        raise StatementConflictError(id=own)


def _row(new: NewStatement, caller: Caller, version: Version) -> tuple[object, ...]:
    """Return a row in the order of ``tables.COLUMNS``."""
    facts, store = new.facts, caller.store
    stored = stored_of(new.seq)
    at: datetime = facts.timestamp or stored
    kind = "activity" if facts.object_kind is ObjectKind.ACTIVITY else "agent"
    body = stamped(
        new.sent.raw, id=new.id, stored=stored, authority=caller.authority, version=version, value=new.sent.value
    )
    return (
        new.seq,
        store,
        new.id,
        digest(new.sent.value),
        key_of(store, "agent", facts.actor),
        key_of(store, "verb", facts.verb),
        object_key(store, facts, kind),
        caller.key_of_authority(new.sent.value),
        facts.registration,
        facts.target,
        facts.voids is not None,
        False,
        at,
        body,
    )


def object_key(store: int, facts: StatementFacts, kind: str) -> int:
    """An activity, agent or group by the key that filters ask for; anything else by one that none asks for."""
    if facts.object_kind in (ObjectKind.ACTIVITY, ObjectKind.AGENT, ObjectKind.GROUP):
        return key_of(store, kind, facts.object)
    return key_of(store, facts.object_kind.value, facts.object)


def _related(store: int, news: Sequence[NewStatement]) -> tuple[list[tuple[int, int]], list[tuple[int, int, bool]]]:
    """Return what statements name elsewhere than as actor, authority or object: activities, and agents."""
    activities: set[tuple[int, int]] = set()
    agents: dict[tuple[int, int], bool] = {}
    for new in news:
        for activity in new.facts.activities:
            if activity.role is not StatementRole.OBJECT:
                activities.add((key_of(store, "activity", activity.id), new.seq))
        for agent in new.facts.agents:
            if agent.role not in (StatementRole.ACTOR, StatementRole.AUTHORITY):
                place = (key_of(store, "agent", agent.key), new.seq)
                agents[place] = agents.get(place, False) or agent.role.direct
    return list(activities), [(key, seq, direct) for (key, seq), direct in agents.items()]
