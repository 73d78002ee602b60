"""Where a person stands in a store: by key over the indexes, by text over everything that is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from django.db import connection

from yucai.evidence import PersonFate, PersonTraces, actor_key, fate_of
from yucai.web.records.catalogue import named_agents
from yucai.web.records.emptying import marks
from yucai.web.records.keys import key_of, long_key_of
from yucai.web.records.models import ActivityDefinition, AgentName, AttachmentContent, RecordDocument, StatementRow

__all__ = [
    "BATCH",
    "Concerned",
    "StoreState",
    "agent_keys",
    "attachments_with",
    "definitions_with",
    "documents_of_person",
    "documents_with",
    "fates",
    "names_known",
    "naming",
    "state_of",
    "telling",
]

BATCH: Final = 300
UNREADABLE: Final = (
    msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError, ValueError, AttributeError,
)  # fmt: skip
WAYS: Final = (
    "SELECT seq FROM web_statementrow WHERE actor IN ({marks}) AND seq > %s ORDER BY seq LIMIT %s",
    "SELECT seq FROM web_statementrow WHERE object IN ({marks}) AND seq > %s ORDER BY seq LIMIT %s",
    "SELECT seq FROM web_statementrow WHERE authority IN ({marks}) AND seq > %s ORDER BY seq LIMIT %s",
    "SELECT seq FROM web_statementagent WHERE agent IN ({marks}) AND seq > %s ORDER BY seq LIMIT %s",
)


@dataclass(frozen=True, slots=True)
class Concerned:
    """A statement that has to change, as it is now."""

    seq: int
    id: str
    body: bytes
    fate: PersonFate


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreState:
    """What a store held up to a number: how many statements, and one digest over the ids and digests of all."""

    n: int
    up_to: int
    digest: str


def agent_keys(store: int, traces: PersonTraces) -> list[int]:
    """Return the numbers under which the person is found."""
    return sorted(key_of(store, "agent", key) for key in traces.keys)


def naming(store: int, traces: PersonTraces) -> Iterator[list[int]]:
    """Yield, in order and in parts, the numbers of the statements that name the person as actor or elsewhere."""
    keys, after = agent_keys(store, traces), 0
    while True:
        found: set[int] = set()
        with connection.cursor() as cursor:
            for way in WAYS:
                cursor.execute(way.format(marks=marks(keys)), [*keys, after, BATCH])
                found |= {seq for (seq,) in cursor.fetchall()}
        part = sorted(found)[:BATCH]
        if not part:
            return
        yield part
        after = part[-1]


def telling(store: int, traces: PersonTraces) -> Iterator[list[int]]:
    """Yield, in order and in parts, the numbers of the statements whose words hold a text of the person."""
    if not traces.texts:
        return
    after = 0
    while True:
        rows = StatementRow.objects.filter(store=store, seq__gt=after).order_by("seq").values_list("seq", "body")
        part = [(seq, bytes(body)) for seq, body in rows[:BATCH]]
        if not part:
            return
        if found := [seq for seq, body in part if traces.are_in(body)]:
            yield found
        after = part[-1][0]


def fates(store: int, seqs: list[int], traces: PersonTraces) -> Iterator[Concerned]:
    """Yield those of these statements that have to change; one that nobody can read goes."""
    rows = StatementRow.objects.filter(store=store, seq__in=seqs).order_by("seq").values_list("seq", "id", "body")
    for seq, own, body in rows.iterator(chunk_size=50):
        raw = bytes(body)
        try:
            fate = fate_of(msgspec.json.decode(raw), traces, raw)
        except UNREADABLE:
            fate = PersonFate.REMOVED
        if fate is not PersonFate.STAYS:
            yield Concerned(seq, str(own), raw, fate)


def names_known(store: int, traces: PersonTraces, bodies: list[bytes]) -> set[str]:
    """Return the names by which the person is called, in the catalogue and in these statements."""
    found = set(
        AgentName.objects.filter(store=store, agent__in=agent_keys(store, traces)).values_list("name", flat=True)
    )
    for body in bodies:
        try:
            named = list(named_agents(msgspec.json.decode(body)))
        except UNREADABLE:
            continue
        found |= {one["name"] for one in named if actor_key(one) in traces.keys}
    return found


def documents_of_person(store: int, traces: PersonTraces) -> Any:
    """Return the state and profile documents of the person."""
    return RecordDocument.objects.filter(store=store, agent__in=[long_key_of(key) for key in traces.keys])


def documents_with(store: int, traces: PersonTraces) -> Iterator[RecordDocument]:
    """Yield the documents whose name or content holds a text of the person."""
    if traces.texts:
        for one in RecordDocument.objects.filter(store=store).order_by("pk").iterator(chunk_size=20):
            if traces.are_in(bytes(one.content)) or traces.pattern.search(one.name):
                yield one


def definitions_with(store: int, traces: PersonTraces) -> Iterator[ActivityDefinition]:
    """Yield what is known of activities whose address or definition holds a text of the person."""
    if traces.texts:
        for one in ActivityDefinition.objects.filter(store=store).order_by("pk").iterator(chunk_size=200):
            if traces.are_in(one.definition.encode()) or traces.pattern.search(one.iri):
                yield one


def attachments_with(store: int, traces: PersonTraces) -> Iterator[str]:
    """Yield the hash of every attachment whose bytes hold a text of the person."""
    if traces.texts:
        rows = AttachmentContent.objects.filter(store=store).order_by("pk").values_list("sha2", "content")
        for sha2, content in rows.iterator(chunk_size=1):
            if traces.are_in_content(bytes(content)):
                yield sha2


def state_of(store: int, *, up_to: int | None = None) -> StoreState:
    """Return what a store holds up to a number, or up to its last."""
    rows = StatementRow.objects.filter(store=store)
    if up_to is not None:
        rows = rows.filter(seq__lte=up_to)
    n = total = last = 0
    for seq, own, seen in rows.values_list("seq", "id", "digest").iterator(chunk_size=5_000):
        one = hashlib.blake2b(own.bytes + bytes(seen), digest_size=16).digest()
        total, n, last = (total + int.from_bytes(one, "big")) % 2**128, n + 1, max(last, seq)
    return StoreState(n=n, up_to=last if up_to is None else up_to, digest=f"{total:032x}")
