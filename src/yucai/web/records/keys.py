"""Numbers that stand for texts, and the number of a statement that holds when it was stored."""

from __future__ import annotations

import secrets
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Final

__all__ = ["LOW_BITS", "SEQUENCE", "Sequence", "key_of", "long_key_of", "microsecond_of", "seq_at", "stored_of"]

EPOCH: Final = datetime(2020, 1, 1, tzinfo=UTC)
_EPOCH_SECONDS: Final = EPOCH.timestamp()
SLOT_BITS: Final = 5  # tells processes apart that store in one microsecond
COUNT_BITS: Final = 6  # statements of one request in one microsecond
LOW_BITS: Final = SLOT_BITS + COUNT_BITS
LAST_MICROSECOND: Final = (1 << (63 - LOW_BITS)) - 1  # in the year 2162: a column holds 63 bits and a sign


@lru_cache(maxsize=65_536)
def key_of(store: int, kind: str, text: str) -> int:
    """Return the number of 64 bits, with sign, by which a text of one kind is found in one store."""
    seen = blake2b(f"{store}\0{kind}\0{text}".encode("utf-8", "surrogatepass"), digest_size=8, person=b"yucai-records")
    return int.from_bytes(seen.digest(), "big", signed=True)


def long_key_of(text: str | None) -> str:
    """Return 128 bits in hexadecimal digits that stand for a text, and nothing for none."""
    return "" if text is None else blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def stored_of(seq: int) -> datetime:
    """Return when the statement of this number was stored."""
    return EPOCH + timedelta(microseconds=seq >> LOW_BITS)


def microsecond_of(at: datetime) -> int:
    """Return the microseconds from the beginning of the count to a time."""
    return (at - EPOCH) // timedelta(microseconds=1)


def seq_at(microsecond: int) -> int:
    """Return the first number of a microsecond; of one before or behind all that have numbers, that of the next."""
    return min(max(microsecond, 0), LAST_MICROSECOND) << LOW_BITS


class Sequence:
    """Gives numbers that rise with time, also where the clock goes back; one for a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slot = secrets.randbelow(1 << SLOT_BITS) << COUNT_BITS
        self._last = 0

    def now(self) -> int:
        """Return the present microsecond, never before one that was given out."""
        return max(int((time.time() - _EPOCH_SECONDS) * 1_000_000), self._last)

    def take(self, n: int, *, after: int = 0) -> list[int]:
        """Return n numbers, all later than those of any earlier call and than the microsecond ``after``."""
        step = 1 << COUNT_BITS
        with self._lock:
            first = max(self.now(), self._last + 1, after + 1)
            self._last = first + (n - 1) // step
        return [((first + i // step) << LOW_BITS) | self._slot | i % step for i in range(n)]


SEQUENCE: Final = Sequence()
