"""Until when everything that was stored can be read: honest also while others are writing.

On PostgreSQL every writer holds a lock of its store from before it takes a time until it has committed; the oldest
such transaction bounds what is certain. SQLite has one writer at a time: while nobody holds its lock all is committed.
"""

from __future__ import annotations

import sqlite3
import time
from datetime import datetime
from typing import Final

from django.db import connection

from yucai.web.records.keys import LOW_BITS, SEQUENCE, microsecond_of, seq_at, stored_of
from yucai.web.records.transactions import Sql, on_postgresql

__all__ = ["LOCK_CLASS", "bound_of", "lock_for_writing", "watermark", "watermark_after_writing"]

LOCK_CLASS: Final = 0x59554341  # tells our advisory locks from anybody else's
IN_FLIGHT: Final = (
    "SELECT min(a.xact_start) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.locktype = 'advisory' AND l.classid = %s AND l.objid = %s AND l.granted"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND l.pid <> pg_backend_pid()"
)


def lock_for_writing(sql: Sql, store: int, *, alone: bool) -> None:
    """Say inside a transaction that statements will be stored.

    ``alone`` waits for all other writers of the store, so that two statements that refer to each other cannot pass
    each other unseen. SQLite has locked already.
    """
    if on_postgresql():
        name = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        with sql.with_begin():
            sql.run(f"SELECT {name}(%s, %s)", [LOCK_CLASS, store])


def watermark(store: int) -> int:
    """Return the microsecond up to which every statement that was or will be stored can be read from now on."""
    now = SEQUENCE.now()
    if on_postgresql():
        with connection.cursor() as cursor:
            cursor.execute(IN_FLIGHT, [LOCK_CLASS, store])
            oldest: datetime | None = cursor.fetchone()[0]
        return now if oldest is None else min(now, microsecond_of(oldest) - 1)
    if connection.in_atomic_block or not _somebody_writes():
        return now
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(seq) FROM web_statementrow")
        last: int | None = cursor.fetchone()[0]
    return 0 if last is None else microsecond_of(stored_of(last))


def watermark_after_writing(store: int, last: int | None) -> int:
    """Return a microsecond that is certain after one's own commit, without asking more than is needed.

    On SQLite all that came before the own last number is committed. On PostgreSQL what was certain a moment ago is.
    """
    if not on_postgresql():
        return SEQUENCE.now() if last is None else last >> LOW_BITS
    known = _LATELY.get(store)
    if known is None or known[0] < time.monotonic():
        known = (time.monotonic() + LATELY_SECONDS, watermark(store))
        _LATELY[store] = known
    return known[1]


LATELY_SECONDS: Final = 0.25
_LATELY: dict[int, tuple[float, int]] = {}


def _somebody_writes() -> bool:
    """Try to become the writer of SQLite, without waiting."""
    connection.ensure_connection()
    raw = connection.connection
    (patience,) = raw.execute("PRAGMA busy_timeout").fetchone()
    raw.execute("PRAGMA busy_timeout = 0")
    try:
        raw.execute("BEGIN IMMEDIATE")
        raw.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return True
    finally:
        raw.execute(f"PRAGMA busy_timeout = {int(patience)}")
    return False


def bound_of(microsecond: int) -> int:
    """Return the first number that is not certain yet."""
    return seq_at(microsecond + 1)
