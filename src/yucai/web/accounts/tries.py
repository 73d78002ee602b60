"""Failed tries to sign in make the next one wait, longer each time and never for good.

A try is counted before the password is looked at, under a lock, so that a burst of tries at once gets no further than
the same tries one after another. What is counted lies in the database and survives a restart. A browser with which the
person signed in before has a count of its own, so that strangers cannot keep its owner waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from math import ceil
from typing import Final

from django.db import transaction

from yucai.web.accounts.keys import digest_of
from yucai.web.accounts.sign_in_models import TryCount

__all__ = [
    "FREE_TRIES",
    "LONGEST_WAIT",
    "Bucket",
    "bucket_of_address",
    "buckets_of",
    "clear_tries",
    "count_try",
    "forgive_try",
    "wait_after",
]

FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=15)
FORGOTTEN_AFTER: Final = timedelta(hours=24)
FREE_TRIES: Final = 5
FREE_TRIES_OF_ADDRESS: Final = 30  # a whole school may come from one address


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What tries are counted for, as a keyed hash, and how many fail before waiting begins."""

    key: str
    free: int


def buckets_of(*, username: str, address: str, browser: str = "", what: str = "password") -> tuple[Bucket, ...]:
    """Return what a try counts for: the account name and the address; for a known browser, that browser alone.

    Names of nobody are counted like all others, so that waiting tells nothing.
    """
    if browser:
        return (Bucket(key=digest_of(f"try {what} browser", f"{username}\0{browser}"), free=FREE_TRIES),)
    named = Bucket(key=digest_of(f"try {what} account", username), free=FREE_TRIES)
    return (named, Bucket(key=digest_of("try address", _network(address)), free=FREE_TRIES_OF_ADDRESS))


def bucket_of_address(address: str, *, what: str) -> Bucket:
    """Return what something counts for that names no account."""
    return Bucket(key=digest_of(f"try {what} address", _network(address)), free=FREE_TRIES_OF_ADDRESS)


def wait_after(failures: int, *, free: int) -> timedelta:
    """Return how long to wait after so many failures: 5 s, doubled each time, at most 15 minutes.

    >>> [wait_after(n, free=5).seconds for n in (4, 5, 6, 12, 13, 10_000)]
    [0, 5, 10, 640, 900, 900]
    """
    if failures < free:
        return timedelta(0)
    doubled: int = 2 ** min(failures - free, 20)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT)


@transaction.atomic
def count_try(buckets: Sequence[Bucket], *, at: datetime) -> int:
    """Count a try and return 0; or, while somebody has to wait, count nothing and return for how many seconds."""
    rows = _locked(buckets, at=at)
    waits = [_left(row, bucket, at=at) for row, bucket in zip(rows, buckets, strict=True)]
    if max(waits) > timedelta(0):
        return ceil(max(waits).total_seconds())
    for row, bucket in zip(rows, buckets, strict=True):
        fresh = at - row.last_at >= FORGOTTEN_AFTER
        row.failures = 1 if fresh else row.failures + 1
        row.last_at, row.wait_until = at, at + wait_after(row.failures, free=bucket.free)
        row.save()
    return 0


@transaction.atomic
def forgive_try(buckets: Sequence[Bucket], *, at: datetime) -> None:
    """Take a counted try back, for it was right: the account starts anew, the address is only given this one back.

    Else whoever owns one account could try others from its address without end.
    """
    for row, bucket in zip(_locked(buckets, at=at), buckets, strict=True):
        row.failures = max(row.failures - 1, 0) if bucket.free == FREE_TRIES_OF_ADDRESS else 0
        row.wait_until = at + wait_after(row.failures, free=bucket.free)
        row.save()
    TryCount.objects.filter(last_at__lt=at - FORGOTTEN_AFTER).delete()


def clear_tries(username: str) -> None:
    """Forget the failed tries of an account name, for the office vouches for its owner."""
    for what in ("password", "factor"):
        bucket = buckets_of(username=username, address="", what=what)[0]
        TryCount.objects.filter(key=bucket.key).delete()


def _locked(buckets: Sequence[Bucket], *, at: datetime) -> list[TryCount]:
    """Return the row of each bucket, locked in the order of keys, so that two tries never wait for each other."""
    fresh = [TryCount(key=bucket.key, last_at=at, wait_until=at) for bucket in buckets]
    TryCount.objects.bulk_create(sorted(fresh, key=lambda row: row.key), ignore_conflicts=True)
    keys = [bucket.key for bucket in buckets]
    found = {row.key: row for row in TryCount.objects.select_for_update().filter(key__in=keys).order_by("key")}
    return [found[key] for key in keys]


def _left(row: TryCount, bucket: Bucket, *, at: datetime) -> timedelta:
    """Return how long is still to wait. Where the clock was set back, the whole wait counts from now."""
    if row.last_at > at:
        row.last_at, row.wait_until = at, at + wait_after(row.failures, free=bucket.free)
        row.save()
    return row.wait_until - at


def _network(address: str) -> str:
    """Return what one subscriber has: an IPv4 address, or the 64 bits of an IPv6 network."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    mapped = getattr(parsed, "ipv4_mapped", None)
    if mapped is not None or parsed.version == 4:
        return str(mapped or parsed)
    return str(ip_network((int(parsed), 64), strict=False))
