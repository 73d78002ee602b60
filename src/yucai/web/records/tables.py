"""The few statements of SQL that every stored statement goes through, for both databases."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any, Final

from django.db import connection

from yucai.evidence import AttachmentNeed, AttachmentPart
from yucai.web.records.transactions import Sql

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
INSERT_ROW: Final = f"{_INSERT} VALUES ({', '.join(['%s'] * len(COLUMNS))})"
INSERT_CONTENT: Final = (
    "INSERT INTO web_attachmentcontent (store_id, sha2, content_type, size_bytes, content)"
    " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
)


def last_seq(sql: Sql) -> int | None:
    """Return the greatest number given so far; SQLite only."""
    found: int | None = sql.ask("SELECT max(seq) FROM web_statementrow")[0][0]
    return found


def insert_statements(sql: Sql, rows: Sequence[tuple[Any, ...]]) -> set[str]:
    """Insert rows in the order of ``COLUMNS`` and return the ids of those that are new."""
    if not rows:
        return set()
    if connection.vendor == "postgresql":
        in_order = sorted(rows, key=lambda row: str(row[2]))  # alike in every writer, so that none waits in a circle
        return {str(row[0]) for row in sql.ask(INSERT_ARRAYS, [list(column) for column in zip(*in_order, strict=True)])}
    sql.run_each(INSERT_ROW, map(_for_sqlite, rows))
    return {row[2] for row in rows}


def _for_sqlite(row: tuple[Any, ...]) -> list[Any]:
    """Write ids without dashes and times without an offset, as Django does in SQLite."""
    adapted = list(row)
    for place in _UUIDS:
        if row[place] is not None:
            adapted[place] = row[place].replace("-", "")
    adapted[_TIMESTAMP] = row[_TIMESTAMP].astimezone(UTC).isoformat(" ")[:-6]
    return adapted


def insert_related(sql: Sql, activities: Sequence[tuple[int, int]], agents: Sequence[tuple[int, int, bool]]) -> None:
    """Insert which activities and agents statements name."""
    _insert_all(sql, "web_statementactivity", ("activity", "seq"), ("bigint", "bigint"), activities)
    _insert_all(sql, "web_statementagent", ("agent", "seq", "direct"), ("bigint", "bigint", "boolean"), agents)


def _insert_all(
    sql: Sql, table: str, names: Sequence[str], types: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    if not rows:
        return
    begin = f"INSERT INTO {table} ({', '.join(names)})"
    if connection.vendor == "postgresql":
        source = f"SELECT * FROM unnest({_unnest(types)})"  # noqa: S608
        columns = [list(column) for column in zip(*rows, strict=True)]
        sql.run(f"{begin} {source} ON CONFLICT DO NOTHING", columns)
    else:
        sql.run_each(f"{begin} VALUES ({', '.join(['%s'] * len(names))}) ON CONFLICT DO NOTHING", rows)


def insert_attachments(
    sql: Sql,
    store: int,
    needs: Iterable[tuple[int, Sequence[AttachmentNeed]]],
    parts: Mapping[str, AttachmentPart],
) -> None:
    """Insert which attachments statements speak of, and the bytes of those that came along."""
    rows = sorted({(seq, need.sha2) for seq, found in needs for need in found})
    if not rows:
        return
    _insert_all(sql, "web_statementattachment", ("seq", "sha2"), ("bigint", "text"), rows)
    for sha2 in sorted({sha2 for _, sha2 in rows} & parts.keys()):
        content, kind = parts[sha2].content, parts[sha2].content_type[:255]
        if not sql.ask("SELECT 1 FROM web_attachmentcontent WHERE store_id = %s AND sha2 = %s", [store, sha2]):
            sql.run(INSERT_CONTENT, [store, sha2, kind, len(content), content])


def _ask(sql: Sql, question: str, store: int, ids: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Ask something about ids; ``{ids}`` stands in the question for the condition on them."""
    if connection.vendor == "postgresql":
        yield from sql.ask(question.format(ids="= ANY(%s::uuid[])"), [store, list(ids)])
        return
    for begin in range(0, len(ids), MOST_ASKED):
        part = [own.replace("-", "") for own in ids[begin : begin + MOST_ASKED]]
        yield from sql.ask(question.format(ids=f"IN ({', '.join(['%s'] * len(part))})"), [store, *part])


def find_bodies(sql: Sql, store: int, ids: Sequence[str]) -> dict[str, tuple[bytes, bytes]]:
    """Return digest and body of the statements of these ids that are here."""
    question = "SELECT id, digest, body FROM web_statementrow WHERE store_id = %s AND id {ids}"
    return {_dashed(own): (bytes(seen), bytes(body)) for own, seen, body in _ask(sql, question, store, ids)}


def seqs_of(sql: Sql, store: int, ids: Sequence[str]) -> dict[str, int]:
    """Return the numbers of the statements of these ids that are here."""
    question = "SELECT id, seq FROM web_statementrow WHERE store_id = %s AND id {ids}"
    return {_dashed(own): seq for own, seq in _ask(sql, question, store, ids)}


def referring_to(sql: Sql, store: int, ids: Sequence[str]) -> list[tuple[int, str, bool]]:
    """Return number, target and whether it voids of every statement whose object is one of these."""
    question = (
        "SELECT seq, target, voiding FROM web_statementrow WHERE store_id = %s AND target IS NOT NULL AND target {ids}"
    )
    return [(seq, _dashed(target), bool(voiding)) for seq, target, voiding in _ask(sql, question, store, ids)]


def mark_voided(sql: Sql, seqs: Sequence[int]) -> None:
    """Mark statements as voided, but for those that void others."""
    command = "UPDATE web_statementrow SET voided = %s WHERE seq = %s AND NOT voiding AND NOT voided"
    sql.run_each(command, [(True, seq) for seq in seqs])


def _dashed(own: object) -> str:
    """Return an id as statements write it; SQLite keeps it without its dashes."""
    return str(own if isinstance(own, uuid.UUID) else uuid.UUID(str(own)))
