"""The one place where events enter the audit trail, and where it is looked through.

An act notes its event last, in its own transaction: from the note to the commit nobody else can note, so that the
numbers have no gap and the chain no fork, and a long act keeps nobody waiting (decision 0030).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import msgspec
from django.conf import settings
from django.db import DataError, connection, transaction
from django.utils import timezone

from yucai.governance import (
    CHAIN_START,
    AuditEvent,
    ChainAnchor,
    ChainedEvent,
    ChainPlace,
    ChainVerdict,
    link_of,
    seal_place,
    verify_chain,
)
from yucai.web.accounts.audit_models import AuditEntry, AuditPerson, AuditStump
from yucai.web.accounts.models import Account, Space
from yucai.web.bulk import insert_rows
from yucai.web.together import Together, Wish

__all__ = [
    "anchor_head", "chained_events", "head_of", "key_of_trail", "last_stump", "note", "noted_with", "verify_trail",
]  # fmt: skip

LOCK: Final = 0x59_55_43_41_49_01  # any number that nothing else in this database takes
LABEL: Final = b"yucai audit trail 1"
CHUNK: Final = 5_000
UNREADABLE: Final = (ValueError, TypeError, msgspec.MsgspecError, DataError)
ADD: Final = f"SELECT web_trail_add({', '.join(['%s'] * 12)}, %s::bigint[])"
NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
FIELDS: Final = (
    "position", "at", "written_at", "act", "account", "space", "target", "purpose", "reason", "refused", "detail",
    "link",
)  # fmt: skip
COLUMNS: Final = (
    "position", "at", "written_at", "act", "account_id", "space_id", "target", "purpose", "reason", "refused",
    "detail", "link",
)  # fmt: skip


def key_of_trail() -> bytes:
    """Return the key of the trail: made from the office's secret, which lies outside the database."""
    return _derived(settings.WORKSPACE.secret_key)


@lru_cache(maxsize=4)
def _derived(secret: str) -> bytes:
    return hmac.digest(secret.encode(), LABEL, "sha256")


_WITH: Final[ContextVar[Mapping[str, str | int]]] = ContextVar("noted_with", default=MappingProxyType({}))


@contextmanager
def noted_with(facts: Mapping[str, str | int]) -> Iterator[None]:
    """Have every event that is noted inside say these facts besides its own: by which door somebody came.

    It holds for looks that were refused and for whatever is done inside, so that no door can forget it in one place.
    """
    before = _WITH.set(MappingProxyType({**_WITH.get(), **facts}))
    try:
        yield
    finally:
        _WITH.reset(before)


def note(
    act: str,
    *,
    by: Account | None,
    at: datetime,
    space: Space | int | None = None,
    target: str = "",
    purpose: str = "",
    reason: str = "",
    refused: bool = False,
    people: Iterable[int] = (),
    detail: Mapping[str, str | int] | None = None,
    clock: Callable[[], datetime] = timezone.now,
) -> AuditEvent:
    """Write an event into the trail, in the caller's transaction or one of its own, and return it.

    ``people`` are numbers of rows; ``detail`` holds no personal value. Without ``by`` it was a command, or the machine
    by itself. ``clock`` tells when the event is chained, which may be long after ``at``. What several threads note
    at the same time, each in no transaction, is written in one.
    """
    event = AuditEvent(
        position=0,
        at=at,
        written_at=at,
        act=act,
        account=by.pk if by is not None else None,
        space=space.pk if isinstance(space, Space) else space,
        target=target,
        purpose=str(purpose),
        reason=str(reason),
        refused=refused,
        people=tuple(sorted(set(people))),
        detail={**_WITH.get(), **(detail or {})},
    )
    if connection.in_atomic_block:
        return _chain([(event, clock)])[0]
    return _NOTES.done((event, clock))


Noted = tuple[AuditEvent, Callable[[], datetime]]


def _chain(noted: Sequence[Noted]) -> list[AuditEvent]:
    """Put events behind the end of the trail, in one transaction, and return them with their places."""
    with transaction.atomic():
        head, key = _held_head(), key_of_trail()
        link, chained = head.link, []
        for position, (event, clock) in enumerate(noted, head.position + 1):
            placed = replace(event, position=position, written_at=clock())
            link = link_of(placed, after=link, key=key)
            _write(placed, link)
            chained.append(placed)
    return chained


def _chain_wishes(group: Sequence[Wish[Noted, AuditEvent]]) -> None:
    """Chain what several threads noted; where that fails, each for itself, so that none suffers for another."""
    try:
        for wish, event in zip(group, _chain([wish.wanted for wish in group]), strict=True):
            wish.done(event)
    except BaseException as problem:  # each thread is told by its own wish
        if len(group) > 1:
            for wish in group:
                _chain_wishes([wish])
            return
        group[0].problem = problem


_NOTES: Final[Together[Noted, AuditEvent]] = Together(_chain_wishes)


def _held_head() -> ChainPlace:
    """Let nobody else note until this transaction ends, and return where the trail ends now.

    SQLite has one writer anyway, from the beginning of each transaction.
    """
    if connection.vendor != "postgresql":
        return head_of()
    with connection.cursor() as cursor:
        cursor.execute("SELECT place, chained FROM web_trail_end(%s)", [LOCK])
        return _head(cursor.fetchone())


def _write(event: AuditEvent, link: bytes) -> None:
    """Insert an event. Every page does this: it goes past the models, which would take longer than the database."""
    detail = msgspec.json.encode(event.detail, order="sorted").decode() if event.detail else "{}"
    row = (
        event.position, event.at, event.written_at, event.act, event.account, event.space, event.target, event.purpose,
        event.reason, event.refused, detail, link,
    )  # fmt: skip
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(ADD, [*row, list(event.people)])
        return
    insert_rows(AuditEntry, FIELDS, [row])
    if event.people:
        insert_rows(AuditPerson, ("entry", "person"), [(event.position, person) for person in event.people])


def head_of() -> ChainPlace:
    """Return where the trail ends now: its last event, else the stump, else its start."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT position, link FROM web_auditentry ORDER BY position DESC LIMIT 1")
        return _head(cursor.fetchone())


def _head(last: tuple[int, bytes] | None) -> ChainPlace:
    if last is not None:
        return ChainPlace(position=last[0], link=bytes(last[1]))
    stump = last_stump()
    return stump.place if stump is not None else CHAIN_START


def last_stump() -> ChainAnchor | None:
    """Return the sealed end of what was let go of the trail, or None when all of it is kept."""
    stump = AuditStump.objects.order_by("-position").first()
    if stump is None:
        return None
    link, seal = bytes(stump.link), bytes(stump.seal)
    return ChainAnchor(kind="stump", position=stump.position, at=stump.at, link=link, seal=seal)


def anchor_head(*, at: datetime) -> ChainAnchor:
    """Return the end of the trail as an anchor, to be kept where whoever can write to the database cannot."""
    return seal_place(head_of(), kind="anchor", at=at, key=key_of_trail())


def verify_trail(*, anchors: Sequence[ChainAnchor] = ()) -> ChainVerdict:
    """Look through the whole trail and say where it first does not hold. Writers go on meanwhile."""
    while True:
        stump, head = last_stump(), head_of()
        # Closed at the first fault: a cursor that is left to the collector would be closed in another transaction.
        with closing(chained_events(after=stump.position if stump is not None else 0, up_to=head.position)) as events:
            verdict = verify_chain(events, key=key_of_trail(), stump=stump, anchors=anchors)
        if last_stump() == stump:  # else a part was let go meanwhile
            return verdict


def chained_events(*, after: int, up_to: int) -> Generator[ChainedEvent]:
    """Yield the events behind a number up to another, in order, each with its link.

    A row that cannot be read as it stands is given as an event that does not hold; what comes after it is not read.
    """
    done = after
    try:
        with closing(_streamed(after, up_to)) as events:
            for one in events:
                yield one
                done = one.event.position
    except UNREADABLE:
        yield from _one_by_one(done, up_to)


def _one_by_one(after: int, up_to: int) -> Iterator[ChainedEvent]:
    """Yield events up to the first that cannot be read, and one that does not hold in its place."""
    for position in range(after + 1, up_to + 1):
        try:
            found = list(_streamed(position - 1, position))
        except UNREADABLE:
            event = AuditEvent(position=position, at=NEVER, written_at=NEVER, act="")
            found = [ChainedEvent(event=event, link=b"")]
        yield from found


def _streamed(after: int, up_to: int) -> Generator[ChainedEvent]:
    entries = AuditEntry.objects.filter(position__gt=after, position__lte=up_to).order_by("position")
    pairs = AuditPerson.objects.filter(entry_id__gt=after, entry_id__lte=up_to).order_by("entry_id", "person_id")
    told: Any = pairs.values_list("entry_id", "person_id").iterator(chunk_size=CHUNK)
    rows: Any = entries.values_list(*COLUMNS).iterator(chunk_size=CHUNK)
    with closing(told), closing(rows):
        people = _People(told)
        for row in rows:
            yield _chained(row, people.of(row[0]))


class _People:
    """People by event, from a stream in the order of events."""

    def __init__(self, pairs: Iterator[tuple[int, int]]) -> None:
        self.pairs = pairs
        self.held = next(pairs, None)

    def of(self, position: int) -> tuple[int, ...]:
        """Return the people of an event. Those of an event that is not there any more belong to the next one: it does
        not hold then.
        """
        found = []
        while self.held is not None and self.held[0] <= position:
            found.append(self.held[1])
            self.held = next(self.pairs, None)
        return tuple(found)


def _chained(row: tuple[Any, ...], people: tuple[int, ...]) -> ChainedEvent:
    """Return an event of its row. Raises one of ``UNREADABLE`` for a row that was never written so."""
    position, at, written_at, act, account, space, target, purpose, reason, refused, detail, link = row
    if not (isinstance(at, datetime) and isinstance(written_at, datetime)):
        raise TypeError("times")
    event = AuditEvent(
        position=position,
        at=at,
        written_at=written_at,
        act=act,
        account=account,
        space=space,
        target=target,
        purpose=purpose,
        reason=reason,
        refused=refused,
        people=people,
        detail={} if detail == "{}" else msgspec.json.decode(detail, type=dict[str, str | int]),
    )
    return ChainedEvent(event=event, link=bytes(link))
