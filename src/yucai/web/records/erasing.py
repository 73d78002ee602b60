"""The right to be forgotten: one person gone from every store of a space, and a record of it that proves it.

First come the tombstones, so that nothing new is taken; then batch after batch, each whole; then, when every other
process knows of the tombstones and every writer that did not is done, a second look; then the seal. What was broken off
is taken up where it stood when the same person is erased again.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec
from django.db import connection, transaction

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.evidence import PersonFate, PersonTraces, actor_key, etag, without_person
from yucai.texts import Text
from yucai.web.accounts.models import Account, Space
from yucai.web.records import tracing
from yucai.web.records.credentials import forget_credentials
from yucai.web.records.erasure_models import RecordErasure, RecordTombstone, StatementMark
from yucai.web.records.following import place_of
from yucai.web.records.holds import require_not_held
from yucai.web.records.lake import FOLLOWER, forget_in_lake, renew_in_lake
from yucai.web.records.models import ActivityDefinition, AgentName, RecordCredential, RecordStore
from yucai.web.records.operating_models import RecordEvent
from yucai.web.records.removing import Telling, remove_batch
from yucai.web.records.rewriting import rewrite_statement
from yucai.web.records.sealing import seal_erasure
from yucai.web.records.tombstones import KNOWN_SECONDS, note_forgotten, tombstone_of
from yucai.web.records.transactions import reading
from yucai.web.records.watermark import lock_for_writing

__all__ = [
    "CredentialInForceError",
    "Erased",
    "ErasedHere",
    "OtherPlace",
    "begin_erasure",
    "carry_out",
    "erase_actor",
    "foresee_erasure",
    "lift_erasure",
]

PATIENCE: Final = KNOWN_SECONDS + 1.0
MOST_REASON: Final = 2_000
NO_REASON: Final = Text("Say why: who asked, and by which right.", "请写明原因：由谁提出、依据何种权利。")
LONG_REASON: Final = Text(
    "The reason has {n} character{n:|s}; keep to {most}.", "原因共 {n} 个字符，请不超过 {most} 个。"
)
NOBODY: Final = Text("Name at least one identifier of the person.", "请至少写明此人的一个标识。")
NO_STORE: Final = Text("The space has no record store.", "该空间没有记录库。")
THING: Final = Text("The erasure", "删除请求")


class CredentialInForceError(YucaiError):
    """The person is the authority of a credential that still stores."""

    says = Text(
        "The credential {key} of “{store}” stores in the name of this person. Revoke it first: "
        "yucai records revoke {key}",
        "“{store}”的凭据 {key} 以此人的名义存储。请先吊销：yucai records revoke {key}",
    )
    exit_code = 77


class NoErasureError(YucaiError):
    """No erasure of that code is in force."""

    says = Text("No erasure in force has the code “{code}”.", "没有生效中的删除记录使用编号“{code}”。")
    exit_code = 64


class OtherPlace(Protocol):
    """A part of the office that made something of its own out of statements: it forgets by its own rules.

    ``name`` is what the proof calls it. ``further_keys`` gives identifiers that it knows to be of the same person.
    """

    name: str

    def further_keys(self, space: Space, keys: frozenset[str]) -> frozenset[str]:
        """Return keys of ``actor_key`` of the same person, beside those known."""

    def count(self, space: Space, traces: PersonTraces) -> int:
        """Return how many things would go."""

    def forget(self, space: Space, traces: PersonTraces, *, at: datetime) -> int:
        """Let them go, inside a transaction, and return how many went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedHere:
    """What went from one store, or would go. The last two name what was found and left, for somebody to look at."""

    store: str
    removed: int = 0
    rewritten: int = 0
    attachments: int = 0
    names: int = 0
    definitions: int = 0
    documents: int = 0
    lake: int = 0
    called: tuple[str, ...] = ()  # ids of statements of others whose words hold a name of the person
    left: tuple[str, ...] = ()  # attachments and documents of others that hold a text of the person

    def plus(self, **more: Any) -> ErasedHere:
        """Return the sum with further counts."""
        return replace(self, **{name: getattr(self, name) + value for name, value in more.items()})

    def __add__(self, other: ErasedHere) -> ErasedHere:
        summed = self.plus(**{one.name: getattr(other, one.name) for one in fields(other) if one.name != "store"})
        return replace(
            summed, called=tuple(dict.fromkeys(summed.called)), left=tuple(dict.fromkeys(summed.left))
        )  # found by both looks is found once


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure did, or would do."""

    code: str
    stores: tuple[ErasedHere, ...]
    places: tuple[tuple[str, int], ...]


def foresee_erasure(*, space: Space, traces: PersonTraces, reason: str, places: Iterable[OtherPlace] = ()) -> Erased:
    """Return what ``erase_actor`` would do; nothing is written. Raises as it does."""
    traces = _widened(space, traces, places)
    stores = _checked(space, traces, reason)
    return Erased(
        code="",
        stores=tuple(_foreseen(store, traces) for store in stores),
        places=tuple((place.name, place.count(space, traces)) for place in places),
    )


def erase_actor(
    *,
    space: Space,
    traces: PersonTraces,
    reason: str,
    by: Account | None,
    clock: Callable[[], datetime],
    places: Iterable[OtherPlace] = (),
    patience: float = PATIENCE,
    clean: Callable[[PersonTraces], dict[str, Any]] | None = None,
) -> Erased:
    """Erase a person from every store of a space and seal the record of it.

    ``patience`` is how long other processes may need to learn of it. ``clean`` clears what the database leaves on its
    disk and tells where it looked; it runs outside of every transaction. Raises FaultyInputError, StoreHeldError,
    CredentialInForceError.
    """
    places = tuple(places)
    traces = _widened(space, traces, places)
    erasure = begin_erasure(space=space, traces=traces, reason=reason, by=by, at=clock())
    done = carry_out(erasure, traces, places=places, clock=clock)
    time.sleep(patience)
    again = carry_out(erasure, traces, places=places, clock=clock)
    stores = tuple(one + other for one, other in zip(done.stores, again.stores, strict=True))
    counts = tuple((name, n + m) for (name, n), (_, m) in zip(done.places, again.places, strict=True))
    erased = Erased(code=erasure.code, stores=stores, places=counts)
    searched = clean(traces) if clean is not None else {}
    seal_erasure(erasure, _told(erased, traces, erasure, searched), at=clock())
    return erased


@transaction.atomic
def begin_erasure(
    *, space: Space, traces: PersonTraces, reason: str, by: Account | None, at: datetime
) -> RecordErasure:
    """Note that a person is being erased; from now on nothing new about them is taken. One broken off is taken up."""
    stores = _checked(space, traces, reason)
    seals = [(store, tombstone_of(store.pk, "agent", key)) for store in stores for key in sorted(traces.keys)]
    broken = RecordErasure.objects.filter(
        space=space, done_at__isnull=True, tombstones__seal__in=[seal for _, seal in seals]
    ).first()
    before = {store.pk: tracing.state_of(store.pk) for store in stores} if broken is None else {}
    erasure = broken or RecordErasure.objects.create(
        space=space,
        code=secrets.token_hex(8),
        reason=reason.strip(),
        by=by,
        begun_at=at,
        told=msgspec.json.encode({str(pk): state for pk, state in before.items()}).decode(),
    )
    RecordTombstone.objects.bulk_create(
        [RecordTombstone(erasure=erasure, store=store, kind="agent", seal=seal) for store, seal in seals],
        ignore_conflicts=True,
    )
    for store in stores:
        note_forgotten(store.pk)
    return erasure


def carry_out(
    erasure: RecordErasure,
    traces: PersonTraces,
    *,
    places: Iterable[OtherPlace] = (),
    clock: Callable[[], datetime],
) -> Erased:
    """Let everything go that is there now; to be done again, it finds what came meanwhile."""
    space, counts = erasure.space, []
    stores = tuple(_empty(store, erasure, traces, clock) for store in _stores(space))
    for place in places:
        with transaction.atomic():
            counts.append((place.name, place.forget(space, traces, at=clock())))
    return Erased(code=erasure.code, stores=stores, places=tuple(counts))


@transaction.atomic
def lift_erasure(*, code: str, by: Account | None, at: datetime) -> RecordErasure:
    """Let new statements about an erased person in again; what was erased stays away. Raises NoErasureError."""
    found = RecordErasure.objects.select_for_update(of=("self",)).filter(code=code, lifted_at__isnull=True).first()
    if found is None:
        raise NoErasureError(code=code[:40])
    found.lifted_at, found.lifted_by = at, by
    found.save(update_fields=["lifted_at", "lifted_by"])
    for store in _stores(found.space):
        note_forgotten(store.pk)
    return found


def _stores(space: Space) -> list[RecordStore]:
    return list(RecordStore.objects.filter(space=space).order_by("code"))


def _widened(space: Space, traces: PersonTraces, places: Iterable[OtherPlace]) -> PersonTraces:
    """Return the person with every identifier that is declared to be theirs."""
    keys = traces.keys
    for place in places:
        keys |= place.further_keys(space, keys)
    return PersonTraces(keys=keys, texts=traces.texts)


def _checked(space: Space, traces: PersonTraces, reason: str) -> list[RecordStore]:
    stores = _stores(space)
    faults = []
    if not traces.keys:
        faults.append(Fault(code="nobody", says=NOBODY))
    if not reason.strip():
        faults.append(Fault(code="no-reason", says=NO_REASON))
    if len(reason) > MOST_REASON:
        faults.append(Fault(code="long-reason", says=LONG_REASON, facts={"n": len(reason), "most": MOST_REASON}))
    if not stores:
        faults.append(Fault(code="no-store", says=NO_STORE))
    if faults:
        raise FaultyInputError(THING, faults)
    for store in stores:
        require_not_held(store)
        for credential in RecordCredential.objects.filter(store=store, revoked_at__isnull=True):
            if actor_key(msgspec.json.decode(credential.authority)) in traces.keys:
                raise CredentialInForceError(key=credential.key, store=store.code)
    return stores


def _foreseen(store: RecordStore, traces: PersonTraces) -> ErasedHere:
    seen: set[int] = set()
    told = ErasedHere(store=store.code)
    bodies: list[bytes] = []
    gathered = place_of(store, FOLLOWER)
    for part in (*tracing.naming(store.pk, traces), *tracing.telling(store.pk, traces)):
        for one in tracing.fates(store.pk, [seq for seq in part if seq not in seen], traces):
            seen.add(one.seq)
            removed = one.fate is PersonFate.REMOVED
            told = told.plus(removed=removed, rewritten=not removed, lake=removed and one.seq <= gathered)
            bodies = [*bodies[-50:], one.body]
    documents = {one.pk for one in tracing.documents_with(store.pk, traces)}
    documents |= set(tracing.documents_of_person(store.pk, traces).values_list("pk", flat=True))
    names = tracing.names_known(store.pk, traces, bodies)
    called = _called(store, names, but=seen)
    return told.plus(documents=len(documents), names=len(names), called=called)


def _called(store: RecordStore, names: set[str], *, but: set[int]) -> tuple[str, ...]:
    """Return the ids of statements that are about others and hold a name of the person: somebody has to look."""
    found: list[str] = []
    only = PersonTraces(keys=frozenset(), texts=frozenset(name for name in names if len(name.strip()) > 1))
    for part in tracing.telling(store.pk, only):
        found += [one.id for one in tracing.fates(store.pk, [seq for seq in part if seq not in but], only)]
    return tuple(found)


def _empty(
    store: RecordStore, erasure: RecordErasure, traces: PersonTraces, clock: Callable[[], datetime]
) -> ErasedHere:
    with transaction.atomic(), reading() as sql:
        lock_for_writing(sql, store.pk, alone=True)  # whoever did not know of the tombstones is done when this is ours
    told, names, memory = ErasedHere(store=store.code), tracing.names_known(store.pk, traces, []), Telling()
    for ways in (tracing.naming, tracing.telling):
        for part in ways(store.pk, traces):
            told += _do_batch(store, erasure, traces, part, clock(), names, memory)
    told += _beside(store, traces, clock())
    called = _called(store, names, but=set())
    left = tuple(f"sha2 {sha2[:12]}" for sha2 in tracing.attachments_with(store.pk, traces))
    left += tuple(f"document {one.pk}" for one in tracing.documents_with(store.pk, traces))
    return told.plus(called=called, left=left, lake=_follow_in_lake(store, erasure))


def _do_batch(
    store: RecordStore,
    erasure: RecordErasure,
    traces: PersonTraces,
    seqs: list[int],
    at: datetime,
    names: set[str],
    memory: Telling,
) -> ErasedHere:
    """Remove and rewrite some statements in one transaction, and set their tombstones."""
    told, gone, ids = ErasedHere(store=store.code), [], {}
    with transaction.atomic():
        with reading() as sql:
            lock_for_writing(sql, store.pk, alone=True)
        require_not_held(store)
        for one in tracing.fates(store.pk, seqs, traces):
            names |= tracing.names_known(store.pk, traces, [one.body])
            ids[one.seq] = one.id
            done = None
            if one.fate is PersonFate.REWRITTEN:
                done = rewrite_statement(store, one.seq, one.body, traces, erasure=erasure, at=at)
            if done is None:
                gone.append(one.seq)
            else:
                told = told.plus(rewritten=1, attachments=done[0])
        removed = remove_batch(store, gone, at=at, telling=memory)
        RecordTombstone.objects.bulk_create(
            [
                RecordTombstone(
                    erasure=erasure,
                    store=store,
                    kind="statement",
                    seal=tombstone_of(store.pk, "statement", own),
                    seq=seq,
                )
                for seq, own in ids.items()
            ],
            ignore_conflicts=True,
        )
        if ids:
            note_forgotten(store.pk)
    return told.plus(
        removed=removed.statements,
        attachments=removed.attachments,
        names=removed.names,
        definitions=removed.definitions,
    )


@transaction.atomic
def _beside(store: RecordStore, traces: PersonTraces, at: datetime) -> ErasedHere:
    """Let documents, names, definitions and former credentials forget the person."""
    told = ErasedHere(store=store.code)
    own = tracing.agent_keys(store.pk, traces)
    documents = tracing.documents_of_person(store.pk, traces).delete()[0]
    documents += sum(_rewrite_document(one, traces, at) for one in tracing.documents_with(store.pk, traces))
    names = AgentName.objects.filter(store=store, agent__in=own).delete()[0]
    definitions = list(tracing.definitions_with(store.pk, traces))
    ActivityDefinition.objects.filter(pk__in=[one.pk for one in definitions]).delete()
    for credential in RecordCredential.objects.filter(store=store):
        raw = credential.authority.encode()
        if actor_key(msgspec.json.decode(raw)) in traces.keys or traces.are_in(raw):
            wrapped = b'{"authority":' + raw + b"}"
            new = msgspec.json.decode(without_person(wrapped, traces, pseudonym=secrets.token_hex(16)))["authority"]
            credential.authority = msgspec.json.encode(new).decode()
            credential.save(update_fields=["authority"])
            transaction.on_commit(forget_credentials)
    _rewrite_events(store, traces)
    if names or definitions:
        note_forgotten(store.pk)
    return told.plus(documents=documents, names=names, definitions=len(definitions))


def _rewrite_events(store: RecordStore, traces: PersonTraces) -> None:
    """Take the person out of what is told of the store itself: a credential may have had their name."""
    for event in RecordEvent.objects.filter(store=store):
        told = f"{event.detail_en}\n{event.detail_zh}"
        if traces.are_in(told.encode()):
            event.detail_en, event.detail_zh = (
                traces.pattern.sub("…", said) for said in (event.detail_en, event.detail_zh)
            )
            event.save(update_fields=["detail_en", "detail_zh"])


def _rewrite_document(document: Any, traces: PersonTraces, at: datetime) -> int:
    """Replace the person in a document of JSON that is somebody else's; any other kind is left and told."""
    raw = bytes(document.content)
    try:
        if not isinstance(msgspec.json.decode(raw), dict) or not traces.are_in(raw):
            return 0
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return 0
    document.content = without_person(raw, traces, pseudonym=secrets.token_hex(16))
    document.etag, document.updated = etag(document.content), at
    document.save(update_fields=["content", "etag", "updated"])
    return 1


def _follow_in_lake(store: RecordStore, erasure: RecordErasure) -> int:
    """Let the lake follow, by the tombstones: also after something was broken off. Returns how many rows changed."""
    touched = RecordTombstone.objects.filter(erasure=erasure, store=store, seq__isnull=False)
    seqs = {seq for seq in touched.values_list("seq", flat=True) if seq is not None}
    marks = StatementMark.objects.filter(erasure=erasure, kind=StatementMark.Kind.REWRITTEN)
    kept = seqs & set(marks.values_list("seq", flat=True))
    gone = forget_in_lake(store, seqs - kept)
    renew_in_lake(store, kept)
    return gone


def _told(erased: Erased, traces: PersonTraces, erasure: RecordErasure, searched: dict[str, Any]) -> dict[str, Any]:
    """Return what the proof says: no identifier, no name, and of statements of others only that there were some."""
    begun = msgspec.json.decode(erasure.told or "{}")
    stores = []
    for one, store in zip(erased.stores, _stores(erasure.space), strict=True):
        before = begun.get(str(store.pk))
        after = tracing.state_of(store.pk, up_to=before["up_to"] if before else None)
        counts = {each.name: getattr(one, each.name) for each in fields(one) if each.name not in ("called", "left")}
        stores.append(
            {
                **counts,
                "called": len(one.called),
                "left": list(one.left),
                "before": before,
                "after": msgspec.to_builtins(after),
                "identifiers": sorted(tombstone_of(store.pk, "agent", key).hex() for key in traces.keys),
            }
        )
    return {"stores": stores, "places": dict(erased.places), "searched": searched, "database": connection.vendor}
