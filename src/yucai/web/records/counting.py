"""How much a store holds, day by day and credential by credential, without counting all of it for a page.

A follower of the store adds up what is new; whoever removes statements takes them off in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import Sum
from django.utils.timezone import get_default_timezone

from yucai.web.records.following import move_cursor, place_of
from yucai.web.records.keys import EPOCH, LOW_BITS
from yucai.web.records.models import RecordStore, StatementRow
from yucai.web.records.operating_models import RecordDay
from yucai.web.records.transactions import reading
from yucai.web.records.watermark import bound_of, lock_for_writing, watermark

__all__ = ["FOLLOWER", "Held", "count_new", "counted_anew", "day_of", "held_in", "per_day", "stored_by", "uncount"]

FOLLOWER: Final = "counts"
BATCH: Final = 20_000  # statements that are added up in one transaction
DAY_MICROSECONDS: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Held:
    """How many statements there are, and how many bytes their texts have."""

    statements: int
    bytes: int


def _offset_microseconds() -> int:
    """Return how far the office's day begins before that of UTC; taken at the epoch, so that a day never moves."""
    zone = get_default_timezone()
    return int((EPOCH.astimezone(zone).utcoffset() or timedelta()).total_seconds()) * 1_000_000


def day_of(seq: int) -> int:
    """Return the day on which the statement of a number was stored."""
    return ((seq >> LOW_BITS) + _offset_microseconds()) // DAY_MICROSECONDS


def number_of(day: date) -> int:
    """Return the number of a day of the calendar."""
    return (day - EPOCH.date()).days


_DAY: Final = f"(((seq >> {LOW_BITS}) + %s) / {DAY_MICROSECONDS})"
_SUMS: Final = (
    f"SELECT {_DAY}, authority, count(*), sum(length(body)) FROM web_statementrow"  # noqa: S608  (numbers of our own)
    " WHERE store_id = %s AND {which} GROUP BY 1, 2 ORDER BY 1, 2"
)
_ADD: Final = (
    "INSERT INTO web_recordday (store_id, day, authority, statements, bytes) VALUES (%s, %s, %s, %s, %s)"
    " ON CONFLICT (store_id, day, authority) DO UPDATE SET statements = web_recordday.statements + excluded.statements,"
    " bytes = web_recordday.bytes + excluded.bytes"
)


def count_new(store: RecordStore, *, most: int = BATCH) -> int:
    """Add up to ``most`` statements that are new to the counts, and return how many."""
    seen = place_of(store, FOLLOWER)
    with transaction.atomic():
        with reading() as sql:
            lock_for_writing(sql, store.pk, alone=False)  # nobody removes statements meanwhile
        bound = bound_of(watermark(store.pk))
        rows = StatementRow.objects.filter(store=store, seq__gt=seen, seq__lt=bound).order_by("seq")
        last = _last_of(list(rows.values_list("seq", flat=True)[:most]))
        if last is None or not move_cursor(store, FOLLOWER, seen=seen, to=last[1]):
            return 0
        with connection.cursor() as cursor:
            asked = _SUMS.format(which="seq > %s AND seq <= %s")
            cursor.execute(asked, [_offset_microseconds(), store.pk, seen, last[1]])
            found = [(store.pk, *row) for row in cursor.fetchall()]
            cursor.executemany(_ADD, found)
    return last[0]


def _last_of(seqs: Sequence[int]) -> tuple[int, int] | None:
    return (len(seqs), seqs[-1]) if seqs else None


def uncount(store: int, seqs: Iterable[int]) -> None:
    """Take statements off the counts, in the transaction that removes them and before it does."""
    _add(store, _counted(store, seqs), sign=-1)


@contextmanager
def counted_anew(store: int, seqs: Iterable[int]) -> Iterator[None]:
    """Count statements anew that are rewritten inside, all in one transaction."""
    counted = _counted(store, seqs)
    _add(store, counted, sign=-1)
    yield
    _add(store, counted, sign=1)


def _counted(store: int, seqs: Iterable[int]) -> list[int]:
    done = place_of(RecordStore.objects.get(pk=store), FOLLOWER)
    return [seq for seq in seqs if seq <= done]


def _add(store: int, seqs: list[int], *, sign: int) -> None:
    for begin in range(0, len(seqs), 500):
        part = seqs[begin : begin + 500]
        marks = ", ".join(["%s"] * len(part))
        with connection.cursor() as cursor:
            cursor.execute(_SUMS.format(which=f"seq IN ({marks})"), [_offset_microseconds(), store, *part])
            cursor.executemany(
                _ADD, [(store, day, who, sign * n, sign * n_bytes) for day, who, n, n_bytes in cursor.fetchall()]
            )
    if sign < 0:
        RecordDay.objects.filter(store=store, statements__lte=0).delete()


def held_in(store: RecordStore, *, before: int | None = None) -> Held:
    """Return what a store holds as far as it is counted; ``before`` a day, where one is given."""
    days = RecordDay.objects.filter(store=store)
    found = (days if before is None else days.filter(day__lt=before)).aggregate(n=Sum("statements"), size=Sum("bytes"))
    return Held(found["n"] or 0, found["size"] or 0)


def stored_by(store: RecordStore) -> dict[int, int]:
    """Return how many statements each authority stored that are still here."""
    rows = RecordDay.objects.filter(store=store).values_list("authority").annotate(n=Sum("statements"))
    return dict(rows)


def per_day(store: RecordStore, *, days: int, at: datetime) -> list[tuple[date, int]]:
    """Return the last days, the oldest first, and how many statements were stored on each."""
    today = at.astimezone(get_default_timezone()).date()
    first = today - timedelta(days=days - 1)
    rows = RecordDay.objects.filter(store=store, day__gte=number_of(first)).values_list("day")
    found = dict(rows.annotate(n=Sum("statements")))
    every = [first + timedelta(days=n) for n in range(days)]
    return [(day, found.get(number_of(day), 0)) for day in every]
