"""The few statements of SQL that every stored statement goes through, for both databases."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from operator import itemgetter
from typing import Any, Final

import msgspec

from yucai.evidence import AttachmentNeed, AttachmentPart
from yucai.web.records.transactions import Sql, on_postgresql

__all__ = [
    "COLUMNS",
    "Inserted",
    "find_bodies",
    "insert_attachments",
    "insert_statements",
    "last_seq",
    "mark_voided",
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


_INSERT: Final = f"INSERT INTO web_statementrow ({', '.join(COLUMNS)})"
_ACTIVITIES: Final = "INSERT INTO web_statementactivity (activity, seq)"
_AGENTS: Final = "INSERT INTO web_statementagent (agent, seq, direct)"
_REFERRING: Final = "FROM web_statementrow WHERE store_id = %s AND target IS NOT NULL AND target"
# One question for PostgreSQL: the rows, what they name if they are new, and who refers to them already.
INSERT_ARRAYS: Final = (
    f"WITH new AS ({_INSERT} SELECT * FROM unnest({_unnest(_TYPES)}) ON CONFLICT DO NOTHING RETURNING id, seq),"  # noqa: S608
    f" activities AS ({_ACTIVITIES} SELECT n.activity, n.seq"
    f" FROM unnest({_unnest(('bigint', 'bigint'))}) n(activity, seq) JOIN new USING (seq)),"
    f" agents AS ({_AGENTS} SELECT n.agent, n.seq, n.direct"
    f" FROM unnest({_unnest(('bigint', 'bigint', 'boolean'))}) n(agent, seq, direct) JOIN new USING (seq))"
    " SELECT id, NULL::bigint, NULL::boolean FROM new"
    f" UNION ALL SELECT target, seq, voiding {_REFERRING} = ANY(%s::uuid[])"
)
INSERT_ROW: Final = f"{_INSERT} VALUES ({', '.join(['%s'] * len(COLUMNS))})"
INSERT_ACTIVITY: Final = f"{_ACTIVITIES} VALUES (%s, %s)"
INSERT_AGENT: Final = f"{_AGENTS} VALUES (%s, %s, %s)"
INSERT_ATTACHMENT: Final = "INSERT INTO web_statementattachment (seq, sha2) VALUES (%s, %s)"
INSERT_CONTENT: Final = (
    "INSERT INTO web_attachmentcontent (store_id, sha2, content_type, size_bytes, content)"
    " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
)


def last_seq(sql: Sql) -> int | None:
    """Return the greatest number given so far; SQLite only."""
    found: int | None = sql.ask("SELECT max(seq) FROM web_statementrow")[0][0]
    return found


class Inserted(msgspec.Struct, frozen=True, kw_only=True):
    """Which statements are new, by id, and who refers to the ids of a request: number, id, whether it voids."""

    fresh: set[str]
    referring: list[tuple[int, str, bool]]


def insert_statements(
    sql: Sql,
    rows: Sequence[tuple[Any, ...]],
    activities: Sequence[tuple[int, int]],
    agents: Sequence[tuple[int, int, bool]],
) -> Inserted:
    """Insert rows of one store in the order of ``COLUMNS``, and what activities and agents the new ones name."""
    if not rows:
        return Inserted(fresh=set(), referring=[])
    store, ids = rows[0][1], [row[2] for row in rows]
    if not on_postgresql():
        _each(sql, INSERT_ROW, [_for_sqlite(row) for row in rows])
        _each(sql, INSERT_ACTIVITY, activities)
        _each(sql, INSERT_AGENT, agents)
        return Inserted(fresh=set(ids), referring=_referring_to(sql, store, ids))
    in_order = sorted(rows, key=_id_of)  # alike in every writer, so that none waits in a circle
    arrays = (*_arrays(in_order, len(COLUMNS)), *_arrays(activities, 2), *_arrays(agents, 3))
    found = sql.ask(INSERT_ARRAYS, [*arrays, store, ids])
    return Inserted(
        fresh={str(own) for own, seq, _ in found if seq is None},
        referring=[(seq, str(target), voiding) for target, seq, voiding in found if seq is not None],
    )


def _each(sql: Sql, command: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a command for each row; most requests bring one statement, which names one thing or none."""
    if len(rows) == 1:
        sql.run(command, rows[0])
    elif rows:
        sql.run_each(command, rows)


_id_of = itemgetter(COLUMNS.index("id"))


def _arrays(rows: Sequence[tuple[Any, ...]], n_columns: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * n_columns


def _for_sqlite(row: tuple[Any, ...]) -> list[Any]:
    """Write ids without dashes and times without an offset, as Django does in SQLite."""
    adapted = list(row)
    for place in _UUIDS:
        if row[place] is not None:
            adapted[place] = row[place].replace("-", "")
    adapted[_TIMESTAMP] = row[_TIMESTAMP].astimezone(UTC).isoformat(" ")[:-6]
    return adapted


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
    sql.run_each(INSERT_ATTACHMENT, rows)
    for sha2 in sorted({sha2 for _, sha2 in rows} & parts.keys()):
        content, kind = parts[sha2].content, parts[sha2].content_type[:255]
        if not sql.ask("SELECT 1 FROM web_attachmentcontent WHERE store_id = %s AND sha2 = %s", [store, sha2]):
            sql.run(INSERT_CONTENT, [store, sha2, kind, len(content), content])


def _ask(sql: Sql, question: str, store: int, ids: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Ask something about ids; ``{ids}`` stands in the question for the condition on them."""
    if on_postgresql():
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


REFERRING_TO_ONE: Final = f"SELECT seq, target, voiding {_REFERRING} = %s"


def _referring_to(sql: Sql, store: int, ids: Sequence[str]) -> list[tuple[int, str, bool]]:
    if len(ids) == 1:
        found: Iterable[tuple[Any, ...]] = sql.ask(REFERRING_TO_ONE, (store, ids[0].replace("-", "")))
    else:
        found = _ask(sql, f"SELECT seq, target, voiding {_REFERRING} {{ids}}", store, ids)
    return [(seq, _dashed(target), bool(voiding)) for seq, target, voiding in found]


def mark_voided(sql: Sql, seqs: Sequence[int]) -> None:
    """Mark statements as voided, but for those that void others."""
    command = "UPDATE web_statementrow SET voided = %s WHERE seq = %s AND NOT voiding AND NOT voided"
    sql.run_each(command, [(True, seq) for seq in seqs])


def _dashed(own: object) -> str:
    """Return an id as statements write it; SQLite keeps it without its dashes."""
    return str(own if isinstance(own, uuid.UUID) else uuid.UUID(str(own)))
