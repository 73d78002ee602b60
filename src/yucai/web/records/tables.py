"""The few statements of SQL that every stored statement goes through, for both databases."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from django.db import connection

from yucai.evidence import AttachmentNeed, AttachmentPart
from yucai.web.records.models import AttachmentContent

__all__ = [
    "COLUMNS",
    "find_bodies",
    "insert_attachments",
    "insert_related",
    "insert_statements",
    "last_seq",
    "mark_voided",
    "referring_to",
    "seqs_of",
]

COLUMNS: Final = (
    *("seq", "store_id", "id", "digest", "actor", "verb", "object", "authority", "registration", "target"),
    *("voiding", "voided", "timestamp", "body"),
)
_TYPES: Final = (
    *("bigint", "bigint", "uuid", "bytea", "bigint", "bigint", "bigint", "bigint", "uuid", "uuid"),
    *("boolean", "boolean", "timestamptz", "bytea"),
)
_UUIDS: Final = tuple(place for place, name in enumerate(COLUMNS) if name in ("id", "registration", "target"))
_TIMESTAMP: Final = COLUMNS.index("timestamp")
MOST_ASKED: Final = 500  # parameters in one question, within what every SQLite takes


def _unnest(types: Sequence[str]) -> str:
    return ", ".join(f"%s::{name}[]" for name in types)


_INSERT: Final = f"INSERT INTO web_statementrow ({', '.join(COLUMNS)}) "
INSERT_ARRAYS: Final = f"{_INSERT} SELECT * FROM unnest({_unnest(_TYPES)}) ON CONFLICT DO NOTHING RETURNING id"  # noqa: S608
INSERT_ROW: Final = f"{_INSERT} VALUES ({', '.join(['?'] * len(COLUMNS))})"


@contextmanager
def _bound() -> Iterator[Any]:
    """Give a cursor of PostgreSQL's driver that sends values beside the statement and prepares what comes again."""
    import psycopg

    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        yield cursor


@contextmanager
def _plain() -> Iterator[sqlite3.Connection]:
    """Give SQLite's own connection: what goes through here is asked for every statement."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        yield connection.connection


def _hex(text: object) -> str | None:
    return None if text is None else str(text).replace("-", "")


def last_seq() -> int | None:
    """Return the greatest number given so far; SQLite only."""
    with _plain() as own:
        found: int | None = own.execute("SELECT max(seq) FROM web_statementrow").fetchone()[0]
    return found


def insert_statements(rows: Sequence[tuple[Any, ...]]) -> set[str]:
    """Insert rows in the order of ``COLUMNS`` and return the ids of those that are new."""
    if not rows:
        return set()
    if connection.vendor == "postgresql":
        in_order = sorted(rows, key=lambda row: str(row[2]))  # alike in every writer, so that none waits in a circle
        with _bound() as cursor:
            cursor.execute(INSERT_ARRAYS, [list(column) for column in zip(*in_order, strict=True)])
            return {str(row[0]) for row in cursor.fetchall()}
    with _plain() as own:
        own.executemany(INSERT_ROW, [_for_sqlite(row) for row in rows])
    return {str(row[2]) for row in rows}


def _for_sqlite(row: tuple[Any, ...]) -> list[Any]:
    adapted = list(row)
    for place in _UUIDS:
        adapted[place] = _hex(row[place])
    at = row[_TIMESTAMP]
    if isinstance(at, datetime):
        adapted[_TIMESTAMP] = connection.ops.adapt_datetimefield_value(at)
    return adapted


def insert_related(activities: Sequence[tuple[int, int]], agents: Sequence[tuple[int, int, bool]]) -> None:
    """Insert which activities and agents statements name."""
    _insert_all("web_statementactivity", ("activity", "seq"), ("bigint", "bigint"), activities)
    _insert_all("web_statementagent", ("agent", "seq", "direct"), ("bigint", "bigint", "boolean"), agents)


def _insert_all(table: str, names: Sequence[str], types: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    begin = f"INSERT INTO {table} ({', '.join(names)})"
    if connection.vendor == "postgresql":
        with _bound() as cursor:
            columns = [list(column) for column in zip(*rows, strict=True)]
            source = f"SELECT * FROM unnest({_unnest(types)})"  # noqa: S608
            cursor.execute(f"{begin} {source} ON CONFLICT DO NOTHING", columns)
        return
    with _plain() as own:
        marks = ", ".join(["?"] * len(names))
        own.executemany(f"{begin} VALUES ({marks}) ON CONFLICT DO NOTHING", rows)


def insert_attachments(
    store: int, needs: Iterable[tuple[int, Sequence[AttachmentNeed]]], parts: Mapping[str, AttachmentPart]
) -> None:
    """Insert which attachments statements speak of, and the bytes of those that came along."""
    rows = sorted({(seq, need.sha2) for seq, found in needs for need in found})
    if not rows:
        return
    _insert_all("web_statementattachment", ("seq", "sha2"), ("bigint", "text"), rows)
    spoken = {sha2 for _, sha2 in rows}
    known = set(AttachmentContent.objects.filter(store=store, sha2__in=spoken).values_list("sha2", flat=True))
    new = [
        AttachmentContent(
            store_id=store,
            sha2=sha2,
            content_type=part.content_type[:255],
            size_bytes=len(part.content),
            content=part.content,
        )
        for sha2, part in sorted(parts.items())
        if sha2 in spoken and sha2 not in known
    ]
    AttachmentContent.objects.bulk_create(new, ignore_conflicts=True, batch_size=10)


def _in_parts(ids: Sequence[str]) -> Iterator[list[str]]:
    for begin in range(0, len(ids), MOST_ASKED):
        yield list(ids[begin : begin + MOST_ASKED])


def _ask(question: str, store: int, ids: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Ask something about ids; ``{ids}`` stands in the question for the condition on them."""
    if connection.vendor == "postgresql":
        with _bound() as cursor:
            cursor.execute(question.format(ids="= ANY(%s::uuid[])"), [store, list(ids)])
            yield from cursor.fetchall()
        return
    with _plain() as own:
        for part in _in_parts(ids):
            marks = ", ".join(["?"] * len(part))
            asked = question.replace("%s", "?").format(ids=f"IN ({marks})")
            yield from own.execute(asked, [store, *map(_hex, part)]).fetchall()


def find_bodies(store: int, ids: Sequence[str]) -> dict[str, tuple[bytes, bytes]]:
    """Return digest and body of the statements of these ids that are here."""
    question = "SELECT id, digest, body FROM web_statementrow WHERE store_id = %s AND id {ids}"
    return {_dashed(own): (bytes(seen), bytes(body)) for own, seen, body in _ask(question, store, ids)}


def seqs_of(store: int, ids: Sequence[str]) -> dict[str, int]:
    """Return the numbers of the statements of these ids that are here."""
    question = "SELECT id, seq FROM web_statementrow WHERE store_id = %s AND id {ids}"
    return {_dashed(own): seq for own, seq in _ask(question, store, ids)}


def referring_to(store: int, ids: Sequence[str]) -> list[tuple[int, str, bool]]:
    """Return number, target and whether it voids of every statement whose object is one of these."""
    question = (
        "SELECT seq, target, voiding FROM web_statementrow WHERE store_id = %s AND target IS NOT NULL AND target {ids}"
    )
    return [(seq, _dashed(target), bool(voiding)) for seq, target, voiding in _ask(question, store, ids)]


def mark_voided(seqs: Sequence[int]) -> None:
    """Mark statements as voided, but for those that void others."""
    with connection.cursor() as cursor:
        for seq in seqs:
            cursor.execute(
                "UPDATE web_statementrow SET voided = %s WHERE seq = %s AND NOT voiding AND NOT voided", [True, seq]
            )


def _dashed(own: object) -> str:
    """Return an id as statements write it; SQLite keeps it without its dashes."""
    return str(own if isinstance(own, uuid.UUID) else uuid.UUID(str(own)))
