"""Removing statements with all that hangs on them, and nothing that another statement still needs.

A batch is one transaction that excludes every other writer of the store: whoever comes next finds the store whole. What
one statement named is read from its own body, so that no table is looked through from end to end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final

import msgspec
from django.db import connection, transaction

from yucai.evidence import StatementFacts, StatementRole, Version, actor_key, facts_of
from yucai.web.records import emptying
from yucai.web.records.catalogue import named_agents
from yucai.web.records.counting import uncount
from yucai.web.records.erasure_models import StatementMark
from yucai.web.records.holds import require_not_held
from yucai.web.records.keys import key_of, long_key_of
from yucai.web.records.lake import forget_in_lake
from yucai.web.records.models import AgentName, RecordStore, StatementRow
from yucai.web.records.tombstones import note_forgotten
from yucai.web.records.transactions import reading
from yucai.web.records.unjoining import unjoin
from yucai.web.records.watermark import lock_for_writing

__all__ = ["BATCH", "Removed", "places_of", "remove_batch", "remove_statements"]

MOST_AT_ONCE: Final = 100_000  # whose numbers are in memory, and after which the files of the lake are written anew
BATCH: Final = 500  # statements in one transaction: a writer waits for no more
MOST_REMEMBERED: Final = 50_000
UNREADABLE: Final = (
    msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError, ValueError, AttributeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What went."""

    statements: int = 0
    attachments: int = 0
    attachment_bytes: int = 0
    names: int = 0
    definitions: int = 0

    def __add__(self, other: Removed) -> Removed:
        return Removed(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)})


@dataclass(slots=True)
class _Gone:
    """What the statements of a batch named."""

    seqs: list[int] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    activities: set[tuple[int, int]] = field(default_factory=set)
    agents: set[tuple[int, int]] = field(default_factory=set)
    named: set[tuple[int, str]] = field(default_factory=set)
    defined: set[int] = field(default_factory=set)
    voids: set[str] = field(default_factory=set)


def remove_statements(store: RecordStore, seqs: Iterable[int], *, at: datetime) -> Removed:
    """Remove the statements of these numbers, batch by batch, each batch whole or not at all; the lake follows.

    Numbers that are not in the store are passed over, so that a removal that was broken off is done again from its
    beginning: the lake then forgets them too. Raises StoreHeldError.
    """
    total, telling = Removed(), Telling()
    for some in emptying.in_parts(seqs, MOST_AT_ONCE):
        for part in emptying.in_parts(some, BATCH):
            with transaction.atomic():
                total += remove_batch(store, part, at=at, telling=telling)
        forget_in_lake(store, some)
    return total


def remove_batch(store: RecordStore, seqs: Sequence[int], *, at: datetime, telling: Telling | None = None) -> Removed:
    """Remove a few statements inside a transaction; the lake is left to the caller. Raises StoreHeldError."""
    with reading() as sql:
        lock_for_writing(sql, store.pk, alone=True)
    require_not_held(store)
    gone = _read(store.pk, seqs)
    if not gone.seqs:
        return Removed()
    emptying.delete_pairs("web_statementactivity", "activity", gone.activities)
    emptying.delete_pairs("web_statementagent", "agent", gone.agents)
    if gone.unreadable:  # nobody can say what they named
        emptying.delete_by("web_statementactivity", "seq", gone.unreadable)
        emptying.delete_by("web_statementagent", "seq", gone.unreadable)
    attachments, size = emptying.delete_attachments(store.pk, gone.seqs)
    emptying.delete_by("web_statementmark", "seq", gone.seqs)
    emptying.delete_by("web_undeliverable", "seq", gone.seqs)
    uncount(store.pk, gone.seqs)
    emptying.delete_by("web_statementrow", "seq", gone.seqs)
    unjoin(gone.seqs)
    _keep_voided(store.pk, gone.voids, at)
    names = (telling or Telling()).forget(store.pk, gone.named, gone.seqs)
    definitions = emptying.delete_definitions(store.pk, gone.defined)
    if names or definitions:
        note_forgotten(store.pk)
    return Removed(
        statements=len(gone.seqs), attachments=attachments, attachment_bytes=size, names=names, definitions=definitions
    )


def _read(store: int, seqs: Sequence[int]) -> _Gone:
    gone = _Gone()
    rows = StatementRow.objects.filter(store=store, seq__in=seqs).order_by("seq").values_list("seq", "body")
    for seq, body in rows.iterator(chunk_size=50):
        gone.seqs.append(seq)
        try:
            value: dict[str, Any] = msgspec.json.decode(bytes(body))
            facts = facts_of(value, version=Version.V2 if value["version"].startswith("2") else Version.V1)
        except UNREADABLE:
            gone.unreadable.append(seq)
            continue
        activities, agents = places_of(store, facts)
        gone.activities |= {(key, seq) for key in activities}
        gone.agents |= {(key, seq) for key in agents}
        gone.named |= {(key_of(store, "agent", actor_key(one)), one["name"]) for one in named_agents(value)}
        gone.defined |= {key_of(store, "activity", one.id) for one in facts.activities}
        if facts.voids is not None:
            gone.voids.add(facts.voids)
    return gone


def places_of(store: int, facts: StatementFacts) -> tuple[set[int], dict[int, bool]]:
    """Return the keys under which a statement is found beside its own row: of activities, and of agents.

    An agent is told with whether the narrow filter sees it.
    """
    activities = {key_of(store, "activity", one.id) for one in facts.activities if one.role is not StatementRole.OBJECT}
    agents: dict[int, bool] = {}
    for one in facts.agents:
        if one.role not in (StatementRole.ACTOR, StatementRole.AUTHORITY):
            key = key_of(store, "agent", one.key)
            agents[key] = agents.get(key, False) or one.role.direct
    return activities, agents


def _keep_voided(store: int, ids: set[str], at: datetime) -> None:
    """Note of what was voided by statements that go now that it stays voided."""
    if not ids:
        return
    left = StatementRow.objects.filter(store=store, id__in=ids, voided=True).values_list("seq", flat=True)
    marks = [StatementMark(seq=seq, kind=StatementMark.Kind.VOIDER_GONE, at=at) for seq in left]
    StatementMark.objects.bulk_create(marks, ignore_conflicts=True)


class Telling:
    """Which statement still tells a name; found once, it is not looked for again until it goes itself."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, str], int] = {}

    def forget(self, store: int, named: Iterable[tuple[int, str]], gone: Sequence[int]) -> int:
        """Delete those of these names of agents that no statement tells any more; return how many."""
        lost, went = [], set(gone)
        for agent, name in sorted(named):
            own = (agent, long_key_of(name))
            if self.known.get(own, -1) in went:
                del self.known[own]
            if own in self.known or not AgentName.objects.filter(store=store, agent=agent, name_key=own[1]).exists():
                continue
            seq = next(_telling(store, agent, name), None)
            if seq is None:
                lost.append(own)
            elif len(self.known) < MOST_REMEMBERED:
                self.known[own] = seq
        for agent, name_key in lost:
            AgentName.objects.filter(store=store, agent=agent, name_key=name_key).delete()
        return len(lost)


WAYS: Final = (
    "SELECT s.seq, s.body FROM web_statementrow s WHERE s.actor = %s AND s.seq < %s ORDER BY s.seq DESC LIMIT %s",
    "SELECT s.seq, s.body FROM web_statementagent a JOIN web_statementrow s ON s.seq = a.seq"
    " WHERE a.agent = %s AND a.seq < %s ORDER BY a.seq DESC LIMIT %s",
)


def _telling(store: int, agent: int, name: str) -> Iterator[int]:
    """Yield the statements that call an agent by a name, the latest first."""
    quoted = msgspec.json.encode(name)
    for way in WAYS:
        before, most = 2**63 - 1, 10
        while True:
            with connection.cursor() as cursor:
                cursor.execute(way, [agent, before, most])
                rows = [(seq, bytes(body)) for seq, body in cursor.fetchall()]
            for seq, body in rows:
                if (quoted in body or b"\\" in body) and _tells(store, body, agent, name):
                    yield seq
            if len(rows) < most:
                break
            before, most = rows[-1][0], 200


def _tells(store: int, body: bytes, agent: int, name: str) -> bool:
    found = (one for one in named_agents(msgspec.json.decode(body)) if one["name"] == name)
    return any(key_of(store, "agent", actor_key(one)) == agent for one in found)
