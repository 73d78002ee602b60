"""Months for large stores on PostgreSQL: what was stored before becomes the first part, each month after it one more.

Nothing is rewritten: the table as it is becomes a part of a new one of the same name. An id is unique within a part by
its index; whether an older part has it is asked before storing, and around the turn of a month writers go one by one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from yucai.errors import YucaiError
from yucai.texts import Text
from yucai.web.records.keys import EPOCH, microsecond_of, seq_at, stored_of
from yucai.web.records.transactions import on_postgresql

__all__ = [
    "THRESHOLD",
    "NotPostgresqlError",
    "Partitioned",
    "alone_at",
    "forget_parts",
    "in_older_parts",
    "is_partitioned",
    "make_months",
    "near_turn",
    "partition",
    "require_postgresql",
    "tend_months",
]

THRESHOLD: Final = 50_000_000  # statements; below it one table is as quick
MONTHS_AHEAD: Final = 3
TURN: Final = timedelta(minutes=5)  # so far the clocks of servers may differ
KNOWN_SECONDS: Final = 30.0
ID_INDEX: Final = "statement_once_in_a_store"
STATEMENTS: Final = "web_statementrow"
TABLES: Final = (STATEMENTS, "web_statementactivity", "web_statementagent", "web_statementattachment")
BEFORE: Final = "_before"


class NotPostgresqlError(YucaiError):
    """SQLite knows no parts of tables."""

    says = Text(
        "Only PostgreSQL parts the statements by months; this workspace is on SQLite. Move it to PostgreSQL first, "
        "see the guide to record stores.",
        "按月分区仅适用于 PostgreSQL；此工作区使用 SQLite。请先迁移到 PostgreSQL，参见记录库指南。",
    )
    exit_code = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Partitioned:
    """What parts the statements lie in: the name of each and the first month that it does not hold."""

    changed: bool
    months: tuple[str, ...]


_KNOWN: dict[str, tuple[float, bool]] = {}
_WRITTEN: dict[str, datetime] = {}
_TENDED: dict[str, date] = {}


def is_partitioned() -> bool:
    """Return whether the statements lie in parts; asked of the database at most every half minute."""
    if not on_postgresql():
        return False
    name = str(connection.settings_dict["NAME"])
    known = _KNOWN.get(name)
    if known is None or known[0] < time.monotonic():
        known = (time.monotonic() + KNOWN_SECONDS, _kind(STATEMENTS) == "p")
        _KNOWN[name] = known
    return known[1]


def require_postgresql() -> None:
    """Raise NotPostgresqlError on another database."""
    if not on_postgresql():
        raise NotPostgresqlError


def forget_parts() -> None:
    """Forget what is known of parts; the next request asks the database."""
    _KNOWN.clear()
    _WRITTEN.clear()
    _TENDED.clear()


def tend_months(*, at: datetime, above: int = THRESHOLD) -> bool:
    """Part the statements once there are so many that months pay, make the coming months, and return if it was done.

    How many there are is what PostgreSQL last counted for itself, so that nothing is looked through. A process does it
    once a day; on another database, or below the threshold, nothing happens.
    """
    if not on_postgresql() or not (is_partitioned() or _is_large(above)):
        return False
    name = str(connection.settings_dict["NAME"])
    if _TENDED.get(name) == at.date():
        return False
    partition(at=at)
    _TENDED[name] = at.date()
    return True


def _is_large(above: int) -> bool:
    found = _ask("SELECT reltuples FROM pg_class WHERE oid = to_regclass(%s)", STATEMENTS)
    return bool(found[0][0] > above)


def partition(*, at: datetime) -> Partitioned:
    """Part statements and what hangs on them by months, from the beginning of a later month on.

    Writers wait only while the catalogue changes, not while rows are looked through; what was stored stays where it
    is. Done already, only the coming months are made. Raises NotPostgresqlError.
    """
    require_postgresql()
    changed = _kind(STATEMENTS) != "p"
    if changed:
        last = _ask(f"SELECT max(seq) FROM {STATEMENTS}")[0][0]  # noqa: S608
        latest = at if last is None else max(at, stored_of(last))
        bound = _first_number(_month(latest + timedelta(days=1), ahead=1))
        for table in TABLES:
            _promise(table, bound)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {', '.join(TABLES)} IN ACCESS EXCLUSIVE MODE")
            for table in TABLES:
                _divide(cursor, table, bound)
        forget_parts()
    make_months(at=at)
    return Partitioned(changed=changed, months=tuple(name for name, _ in _parts(STATEMENTS)))


def make_months(*, at: datetime) -> int:
    """Make the parts of the coming months that are not there yet, and return how many."""
    made = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [PARTS_LOCK])
        for table in TABLES:
            end = _parts(table)[-1][1]
            while end < _first_number(_month(at, ahead=MONTHS_AHEAD + 1)):
                month = stored_of(end)
                until = _first_number(_month(month, ahead=1))
                _make_part(cursor, table, f"{table}_{month:%Y_%m}", end, until)
                made, end = made + 1, until
    return made


PARTS_LOCK: Final = 0x59554342


def near_turn(at: datetime) -> bool:
    """Return whether a time is so near the beginning of a month that another server may still write the one before."""
    return _month(at - TURN, ahead=0) != _month(at + TURN, ahead=0)


def alone_at(at: datetime) -> bool:
    """Return whether one has to store alone: around the turn of a month, and as this process's first in a month.

    So every transaction that began in the month before has ended, and its ids are seen, when a new part gets its own.
    """
    month = _month(at, ahead=0)
    first = _WRITTEN.get("month") != month
    _WRITTEN["month"] = month
    return first or near_turn(at)


def in_older_parts(store: int, ids: Sequence[str], *, before: int) -> list[str]:
    """Return which ids are in parts that end before a number; the part of the number itself has its own index."""
    first = _first_number(_month(stored_of(before), ahead=0))
    found = _ask(
        f"SELECT id FROM {STATEMENTS} WHERE store_id = %s AND id = ANY(%s::uuid[]) AND seq < %s",  # noqa: S608
        *(store, list(ids), first),
    )
    return [str(row[0]) for row in found]


def _month(at: datetime, *, ahead: int) -> datetime:
    """Return the beginning of a month, so many months after that of a time."""
    months = at.year * 12 + at.month - 1 + ahead
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


def _first_number(at: datetime) -> int:
    return seq_at(microsecond_of(max(at, EPOCH)))


def _ask(question: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _kind(table: str) -> str:
    return str(_ask("SELECT relkind FROM pg_class WHERE oid = to_regclass(%s)", table)[0][0])


def _parts(table: str) -> list[tuple[str, int]]:
    """Return the parts of a table and the number at which each ends, in order."""
    bounds = _ask(
        "SELECT c.relname, substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \\(''?(\\d+)''?\\)')::bigint"
        " FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass(%s) ORDER BY 2",
        table,
    )
    return [(str(name), int(end)) for name, end in bounds]


def _promise(table: str, bound: int) -> None:
    """Have the database know that all rows lie below a number, while others go on writing."""
    name = f"{table}_below"
    for step in (
        f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}",
        f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK (seq < {bound}) NOT VALID",
        f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}",
    ):
        with connection.cursor() as cursor:
            cursor.execute(step)


def _divide(cursor: Any, table: str, bound: int) -> None:
    """Put a table in its place as the first part of a new one with the same name, constraints and indexes."""
    kept, promise = table + BEFORE, f"{table}_below"
    constraints, indexes = _constraints(cursor, table), _indexes(cursor, table)
    cursor.execute(f"ALTER TABLE {table} ALTER COLUMN seq DROP IDENTITY IF EXISTS")
    # Names of indexes are taken once in a schema, and the new table shall have the old ones.
    for name, _, has_index in constraints:
        if has_index:
            cursor.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {name} TO {name}{BEFORE}")
    for name, _ in indexes:
        cursor.execute(f"ALTER INDEX {name} RENAME TO {name}{BEFORE}")
    cursor.execute(f"ALTER TABLE {table} RENAME TO {kept}")
    cursor.execute(f"CREATE TABLE {table} (LIKE {kept} INCLUDING DEFAULTS INCLUDING STORAGE) PARTITION BY RANGE (seq)")
    for name, said, _ in constraints:
        if name not in (ID_INDEX, promise):
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {said}")
    for _, said in indexes:
        cursor.execute(said)
    cursor.execute(f"ALTER TABLE {table} ATTACH PARTITION {kept} FOR VALUES FROM (MINVALUE) TO ({bound})")
    cursor.execute(f"ALTER TABLE {kept} DROP CONSTRAINT {promise}")


def _constraints(cursor: Any, table: str) -> list[tuple[str, str, bool]]:
    """Return name, definition and whether an index keeps it, of each constraint but for those of a single column."""
    cursor.execute(
        "SELECT conname, pg_get_constraintdef(oid), contype IN ('p', 'u') FROM pg_constraint"
        " WHERE conrelid = to_regclass(%s) AND contype <> 'n' ORDER BY contype DESC",
        [table],
    )
    return [(str(name), str(said), bool(has_index)) for name, said, has_index in cursor.fetchall()]


def _indexes(cursor: Any, table: str) -> list[tuple[str, str]]:
    """Return the indexes that belong to no constraint."""
    cursor.execute(
        "SELECT x.indexrelid::regclass::text, pg_get_indexdef(x.indexrelid) FROM pg_index x"
        " WHERE x.indrelid = to_regclass(%s)"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = x.indexrelid)",
        [table],
    )
    return [(str(name), str(said)) for name, said in cursor.fetchall()]


def _make_part(cursor: Any, table: str, name: str, begin: int, end: int) -> None:
    """Make an empty part beside the table, then join it: readers and writers go on."""
    cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING CONSTRAINTS)")
    if table == STATEMENTS:
        cursor.execute(f"ALTER TABLE {name} ADD CONSTRAINT {name}_id UNIQUE (store_id, id)")
    cursor.execute(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({begin}) TO ({end})")
