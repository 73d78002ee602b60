"""Following a store: its statements in the order of storing, none passed over, from where one stopped before.

The table of statements is the outbox: a statement's number is its time of storing, and what lies below the watermark
is whole. A statement that is voided later is told by the voiding one when that comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from yucai.web.records.keys import microsecond_of, seq_at
from yucai.web.records.models import RecordCursor, RecordStore, StatementRow
from yucai.web.records.watermark import bound_of, watermark

__all__ = ["Followed", "behind", "follow", "move_cursor", "place_of", "start_again"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A statement as it is kept."""

    seq: int
    id: str
    body: bytes
    voiding: bool
    voided: bool


def place_of(store: RecordStore, follower: str) -> int:
    """Return the number of the last statement that a follower has done; 0 before the first."""
    found = RecordCursor.objects.filter(store=store, follower=follower).values_list("seq", flat=True).first()
    return found or 0


def follow(store: RecordStore, *, after: int, most: int) -> Iterator[Followed]:
    """Yield up to ``most`` statements behind a number, in order; what a slower writer may still bring ends it."""
    bound = bound_of(watermark(store.pk))
    rows = StatementRow.objects.filter(store=store, seq__gt=after, seq__lt=bound).order_by("seq")
    names = ("seq", "id", "body", "voiding", "voided")
    for seq, own, body, voiding, voided in rows.values_list(*names)[:most].iterator(chunk_size=500):
        yield Followed(seq=seq, id=str(own), body=bytes(body), voiding=voiding, voided=voided)


def behind(store: RecordStore, follower: str) -> int:
    """Return how many statements a follower has not done yet."""
    return StatementRow.objects.filter(store=store, seq__gt=place_of(store, follower)).count()


def move_cursor(store: RecordStore, follower: str, *, seen: int, to: int) -> bool:
    """Move a follower on inside a transaction; False where it stands no longer where it was ``seen``."""
    now = datetime.now(tz=UTC)
    if seen == 0:
        RecordCursor.objects.get_or_create(store=store, follower=follower, defaults={"seq": 0})
    moved = RecordCursor.objects.filter(store=store, follower=follower, seq=seen).update(seq=to, moved_at=now)
    return moved == 1


def start_again(store: RecordStore, follower: str, *, since: datetime | None = None) -> None:
    """Put a follower back to the beginning, or before what was stored at a time."""
    seq = 0 if since is None else max(0, seq_at(microsecond_of(since)) - 1)
    with transaction.atomic():
        RecordCursor.objects.update_or_create(
            store=store, follower=follower, defaults={"seq": seq, "moved_at": datetime.now(tz=UTC)}
        )
