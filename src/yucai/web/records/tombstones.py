"""Who and what was erased, as keyed hashes: a statement that comes again stays away, and nothing new is taken.

Every process holds the hashes of a store in memory and looks every few seconds whether they are others now, so that
storing a statement asks no table. Whoever knows no identifier learns none from them.
"""

from __future__ import annotations

import threading
import time
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from http import HTTPStatus
from typing import Final

import msgspec
from django.db import connection, transaction

from yucai.evidence import RecordRefusedError, StatementFacts, StatementRequest, StatementRole
from yucai.texts import Text
from yucai.web.records.catalogue import SEEN
from yucai.web.records.credentials import server_key
from yucai.web.records.erasure_models import RecordForgetting, RecordTombstone

__all__ = [
    "KNOWN_SECONDS",
    "ErasedPersonError",
    "forget_tombstones",
    "names_erased",
    "note_forgotten",
    "refuse_erased",
    "tombstone_of",
    "without_erased",
]

KNOWN_SECONDS: Final = 5.0  # so long a process may not know of a new tombstone
AGENT: Final = RecordTombstone.Kind.AGENT
STATEMENT: Final = RecordTombstone.Kind.STATEMENT


class ErasedPersonError(RecordRefusedError):
    """Something names a person who was erased here."""

    says = Text(
        "Statement {n} names a person whose records were erased here. Nothing was stored; leave it out. The office can "
        "lift the erasure.",
        "第 {n} 条陈述涉及一位记录已在此删除的人员。未存入任何内容；请去掉该条。机构可解除此删除限制。",
    )
    status = HTTPStatus.FORBIDDEN


class ErasedAgentError(RecordRefusedError):
    """A document is to be kept of a person who was erased here."""

    says = Text(
        "The records of this person were erased here; nothing of them is kept. The office can lift the erasure.",
        "此人的记录已在此删除，不再保存其任何内容。机构可解除此删除限制。",
    )
    status = HTTPStatus.FORBIDDEN


@lru_cache(maxsize=65_536)
def tombstone_of(store: int, kind: str, text: str) -> bytes:
    """Return the keyed hash that stands for an identifier or a statement's id in one store."""
    said = f"{store}\0{kind}\0{text}".encode("utf-8", "surrogatepass")
    return blake2b(said, key=server_key("records-tombstone"), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class _Erased:
    """What is known of a store: hashes of agents, and the first half of those of statements, in order."""

    number: int
    until: float
    agents: frozenset[bytes]
    statements: array[int]

    def may_hold(self, seal: bytes) -> bool:
        half = int.from_bytes(seal[:8], "big")
        place = bisect_left(self.statements, half)
        return place < len(self.statements) and self.statements[place] == half


_NOTHING: Final = _Erased(-1, 0.0, frozenset(), array("Q"))
_KNOWN: dict[int, _Erased] = {}
_LOCK: Final = threading.Lock()


def forget_tombstones() -> None:
    """Forget what is known; the next statement asks the tables."""
    _KNOWN.clear()


def note_forgotten(store: int) -> None:
    """Say inside a transaction that names, definitions or tombstones of a store are others now.

    This process knows at once, every other within seconds.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO web_recordforgetting (store_id, number) VALUES (%s, 1)"
            " ON CONFLICT (store_id) DO UPDATE SET number = web_recordforgetting.number + 1",
            [store],
        )
    for forget in (SEEN.clear, forget_tombstones):
        forget()
        transaction.on_commit(forget)


def _erased(store: int) -> _Erased:
    known = _KNOWN.get(store, _NOTHING)
    if known.until > time.monotonic():
        return known
    with _LOCK:
        number = RecordForgetting.objects.filter(store=store).values_list("number", flat=True).first() or 0
        if number != known.number:
            if known is not _NOTHING:
                SEEN.clear()
            known = _load(store, number)
        known = replace(known, until=time.monotonic() + KNOWN_SECONDS)
        _KNOWN[store] = known
    return known


def _load(store: int, number: int) -> _Erased:
    rows = RecordTombstone.objects.filter(store=store)
    agents = rows.filter(kind=AGENT, erasure__lifted_at__isnull=True).values_list("seal", flat=True)
    seals = rows.filter(kind=STATEMENT).values_list("seal", flat=True)
    halves = array("Q", sorted(int.from_bytes(bytes(seal)[:8], "big") for seal in seals.iterator(chunk_size=10_000)))
    return _Erased(number, 0.0, frozenset(bytes(seal) for seal in agents), halves)


def without_erased(store: int, request: StatementRequest, ids: list[str]) -> tuple[StatementRequest, list[str]]:
    """Return what of a request is to be stored: a statement that was erased stays away, for its sender has it done.

    Called under the lock of the writer, so that an erasure that waits for writers is seen by each that comes behind.
    Raises ErasedPersonError where another statement names a person who was erased.
    """
    erased = _erased(store)
    if not erased.agents and not erased.statements:
        return request, ids
    gone = _gone(store, ids, erased) if erased.statements else set()
    for n, (own, facts) in enumerate(zip(ids, request.facts, strict=True), start=1):
        if own not in gone and _names(store, facts, erased):
            raise ErasedPersonError(n=n)
    if not gone:
        return request, ids
    kept = [n for n, own in enumerate(ids) if own not in gone]
    batch = msgspec.structs.replace(request.batch, statements=tuple(request.batch.statements[n] for n in kept))
    left = msgspec.structs.replace(request, batch=batch, facts=tuple(request.facts[n] for n in kept))
    return left, [ids[n] for n in kept]


def _gone(store: int, ids: Sequence[str], erased: _Erased) -> set[str]:
    """Return which of these ids were erased; what memory takes for possible the table decides."""
    likely = {seal: own for own in ids if erased.may_hold(seal := tombstone_of(store, STATEMENT, own))}
    if not likely:
        return set()
    found: set[str] = set()
    seals = list(likely)
    for begin in range(0, len(seals), 500):
        rows = RecordTombstone.objects.filter(store=store, seal__in=seals[begin : begin + 500])
        found |= {likely[bytes(seal)] for seal in rows.values_list("seal", flat=True)}
    return found


def _names(store: int, facts: StatementFacts, erased: _Erased) -> bool:
    return bool(erased.agents) and any(
        _is_of(store, one.key, erased) for one in facts.agents if one.role is not StatementRole.AUTHORITY
    )


def _is_of(store: int, key: str, erased: _Erased) -> bool:
    """Whether a key is that of a person who was erased; capital letters in a mail address make nobody else of them."""
    if tombstone_of(store, AGENT, key) in erased.agents:
        return True
    low = key.lower() if key.startswith("mbox:") else key
    return low != key and tombstone_of(store, AGENT, low) in erased.agents


def names_erased(store: int, facts: StatementFacts) -> bool:
    """Whether a statement names a person who was erased here."""
    return _names(store, facts, _erased(store))


def refuse_erased(store: int, keys: Iterable[str]) -> None:
    """Raise ErasedAgentError where one of these keys is of a person who was erased."""
    erased = _erased(store)
    if erased.agents and any(_is_of(store, key, erased) for key in keys):
        raise ErasedAgentError
