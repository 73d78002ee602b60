"""Finding statements: every filter over its own index, references followed, pages by a signed cursor.

A filter that several columns can meet is asked once for each of them, each time in the order of an index and no
further than one page; what comes is put together here.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import msgspec
from django.db import connection

from yucai.evidence import StatementFormat, StatementQuery
from yucai.web.records.credentials import Caller, server_key
from yucai.web.records.keys import key_of, microsecond_of, seq_at
from yucai.web.records.models import StatementRow
from yucai.web.records.refusals import BadCursorError
from yucai.web.records.watermark import bound_of

__all__ = ["Found", "Search", "cursor_of", "find", "find_one", "replace_limit", "search_of", "search_under"]

MOST_SCANNED_PAGE: Final = 1_000
_ENCODE: Final = msgspec.json.Encoder().encode


class Search(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A question for statements, in keys; what a cursor carries. It holds no text of anybody."""

    store: int
    limit: int
    agent: int | None = None
    verb: int | None = None
    activity: int | None = None
    registration: str | None = None
    related_activities: bool = False
    related_agents: bool = False
    first: int = 0  # no smaller number
    last: int | None = None  # no greater number
    ascending: bool = False
    form: str = "exact"
    attachments: bool = False
    voided: bool = False  # also those that were voided; no cursor of the door asks for them


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of statements, as number and body, and the search that goes on behind it."""

    rows: tuple[tuple[int, bytes], ...]
    more: Search | None


def search_of(query: StatementQuery, *, store: int, most: int) -> Search:
    """Return the search that a query asks for."""

    def key(kind: str, text: str | None) -> int | None:
        return None if text is None else key_of(store, kind, text)

    return Search(
        store=store,
        limit=min(query.limit or most, most),
        agent=key("agent", query.agent),
        verb=key("verb", query.verb),
        activity=key("activity", query.activity),
        registration=query.registration,
        related_activities=query.related_activities,
        related_agents=query.related_agents,
        first=max(0, seq_at(microsecond_of(query.since) + 1)) if query.since else 0,
        last=seq_at(microsecond_of(query.until) + 1) - 1 if query.until else None,
        ascending=query.ascending,
        form=query.format.value,
        attachments=query.attachments,
    )


def cursor_of(search: Search) -> str:
    """Return a search as one opaque word that only this workspace can have made."""
    said = _ENCODE(search)
    return base64.urlsafe_b64encode(_seal(said) + said).decode().rstrip("=")


def search_under(cursor: str, *, store: int) -> Search:
    """Return the search of a cursor. Raises BadCursorError for one that was not given out for this store."""
    if len(cursor) > 1_000:
        raise BadCursorError
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        seal, said = raw[:16], raw[16:]
        if not hmac.compare_digest(seal, _seal(said)):
            raise BadCursorError
        search = msgspec.json.decode(said, type=Search)
        StatementFormat(search.form)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise BadCursorError from None
    if search.store != store:
        raise BadCursorError
    return search


def _seal(said: bytes) -> bytes:
    return blake2b(said, key=server_key("records-cursor"), digest_size=16).digest()


def find(search: Search, *, caller: Caller, certain: int) -> Found:
    """Return a page. An ascending one ends at the microsecond ``certain``, so that it passes over no slower writer."""
    if search.ascending:
        bound = bound_of(certain) - 1
        search = replace_last(search, bound if search.last is None else min(search.last, bound))
    seqs = _seqs(search, caller, search.limit + 1)
    page = seqs[: search.limit]
    more = None
    if len(seqs) > search.limit:
        more = after(search, page[-1])
    return Found(rows=_bodies(page), more=more)


def replace_last(search: Search, last: int) -> Search:
    """Return a search that ends at a number."""
    return msgspec.structs.replace(search, last=last)


def replace_limit(search: Search, limit: int) -> Search:
    """Return a search with other pages."""
    return msgspec.structs.replace(search, limit=limit)


def after(search: Search, seq: int) -> Search:
    """Return what is left of a search behind the statement of this number."""
    if search.ascending:
        return msgspec.structs.replace(search, first=seq + 1, last=search.last)
    return msgspec.structs.replace(search, last=seq - 1)


def find_one(store: int, id: str, *, voided: bool, caller: Caller) -> tuple[int, bytes] | None:
    """Return number and body of one statement."""
    rows = StatementRow.objects.filter(store=store, id=id, voided=voided)
    if caller.only_mine:
        rows = rows.filter(authority=caller.authority_key)
    found = rows.values_list("seq", "body").first()
    return None if found is None else (found[0], bytes(found[1]))


@dataclass(frozen=True, slots=True)
class _Condition:
    """A condition on the statement ``{s}`` in one way of meeting it, with its values."""

    sql: str
    values: tuple[Any, ...]
    join: str = ""


def _agent_ways(search: Search) -> list[_Condition]:
    direct = "" if search.related_agents else " AND {j}.direct"
    join = f"JOIN web_statementagent {{j}} ON {{j}}.seq = {{s}}.seq AND {{j}}.agent = %s{direct}"
    ways = [_Condition("{s}.actor = %s", (search.agent,)), _Condition("", (search.agent,), join)]
    if search.related_agents:
        ways.append(_Condition("{s}.authority = %s", (search.agent,)))
    return ways


def _activity_ways(search: Search) -> list[_Condition]:
    ways = [_Condition("{s}.object = %s", (search.activity,))]
    if search.related_activities:
        join = "JOIN web_statementactivity {j} ON {j}.seq = {s}.seq AND {j}.activity = %s"
        ways.append(_Condition("", (search.activity,), join))
    return ways


def _filters(search: Search) -> list[list[_Condition]]:
    """Return each filter as the list of ways to meet it, the one that lets fewest through first."""
    filters = []
    if search.registration is not None:
        value = search.registration if connection.vendor == "postgresql" else search.registration.replace("-", "")
        filters.append([_Condition("{s}.registration = %s", (value,))])
    if search.agent is not None:
        filters.append(_agent_ways(search))
    if search.activity is not None:
        filters.append(_activity_ways(search))
    if search.verb is not None:
        filters.append([_Condition("{s}.verb = %s", (search.verb,))])
    return filters


def _seqs(search: Search, caller: Caller, n: int) -> list[int]:
    """Return the numbers of the first n statements."""
    filters = _filters(search)
    questions = [_own(ways, search, caller, n) for ways in _combined(filters)]
    if filters:
        questions.append(_referring(filters, search, caller, n))
    parts = [f"SELECT seq FROM ({question}) q{i}" for i, (question, _) in enumerate(questions)]  # noqa: S608
    sql = " UNION ALL ".join(parts)
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for _, values in questions for value in values])
        found = {row[0] for row in cursor.fetchall()}
    return sorted(found, reverse=not search.ascending)[:n]


def _combined(filters: Sequence[list[_Condition]]) -> Iterator[list[_Condition]]:
    """Yield every choice of one way for each filter."""
    if not filters:
        yield []
        return
    for rest in _combined(filters[1:]):
        for way in filters[0]:
            yield [way, *rest]


def _own(ways: Sequence[_Condition], search: Search, caller: Caller, n: int) -> tuple[str, list[Any]]:
    """Ask for the statements that meet all filters themselves."""
    joins = [(way.join.format(s="s", j=f"j{i}"), way.values) for i, way in enumerate(ways) if way.join]
    plain = [(way.sql.format(s="s"), way.values) for way in ways if not way.join]
    if caller.only_mine:
        plain.append(("s.authority = %s", (caller.authority_key,)))
    plain.append(("s.store_id = %s", (search.store,)))
    if connection.vendor == "sqlite":  # it knows nothing of how many rows a value has: lead it to the first filter
        plain = [(text if i == 0 and not joins else f"+{text}", values) for i, (text, values) in enumerate(plain)]
    # The narrowest table leads, so that its order is that of its own index.
    order = next((f"j{i}.seq" for i, way in enumerate(ways) if way.join), "s.seq")
    return _question("web_statementrow s", joins, plain, order, search, n)


def _referring(filters: Sequence[list[_Condition]], search: Search, caller: Caller, n: int) -> tuple[str, list[Any]]:
    """Ask for the statements with a reference that meet each filter themselves or through what they refer to."""
    plain: list[tuple[str, tuple[Any, ...]]] = []
    for ways in filters:
        parts: list[str] = []
        values: list[Any] = []
        for subject, begin in (("s", ""), ("t", REACHED)):
            for way in ways:
                if way.join:
                    joined, _, on = way.join.format(s=subject, j="j").partition(" ON ")
                    inner = f"EXISTS (SELECT 1 FROM {joined.removeprefix('JOIN ')} WHERE {on})"  # noqa: S608
                else:
                    inner = way.sql.format(s=subject)
                parts.append(f"{begin} {inner})" if begin else inner)
                values += way.values
        plain.append((f"({' OR '.join(parts)})", tuple(values)))
    if caller.only_mine:
        plain.append(("+s.authority = %s", (caller.authority_key,)))
    plain += [("s.store_id = %s", (search.store,)), ("s.target IS NOT NULL", ())]
    table = "web_statementrow s"
    if connection.vendor == "sqlite":
        table += " INDEXED BY statement_with_target"
    return _question(table, [], plain, "s.seq", search, n)


REACHED: Final = (
    "EXISTS (SELECT 1 FROM web_statementrefrow r JOIN web_statementrow t ON t.seq = r.target WHERE r.source = s.seq AND"
)


def _question(
    table: str,
    joins: Sequence[tuple[str, tuple[Any, ...]]],
    plain: Sequence[tuple[str, tuple[Any, ...]]],
    order: str,
    search: Search,
    n: int,
) -> tuple[str, list[Any]]:
    conditions = list(plain) if search.voided else [*plain, ("NOT s.voided", ())]
    if search.first:
        conditions.append((f"{order} >= %s", (search.first,)))
    if search.last is not None:
        conditions.append((f"{order} <= %s", (search.last,)))
    direction = "ASC" if search.ascending else "DESC"
    sql = (
        f"SELECT s.seq AS seq FROM {table} {' '.join(text for text, _ in joins)}"  # noqa: S608
        f" WHERE {' AND '.join(text for text, _ in conditions)} ORDER BY {order} {direction} LIMIT %s"
    )
    values = [value for _, found in (*joins, *conditions) for value in found]
    return sql, [*values, n]


def _bodies(seqs: Sequence[int]) -> tuple[tuple[int, bytes], ...]:
    bodies: dict[int, bytes] = {}
    for begin in range(0, len(seqs), MOST_SCANNED_PAGE):
        part = seqs[begin : begin + MOST_SCANNED_PAGE]
        marks = ", ".join(["%s"] * len(part))
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT seq, body FROM web_statementrow WHERE seq IN ({marks})", part)  # noqa: S608
            bodies |= {seq: bytes(body) for seq, body in cursor.fetchall()}
    return tuple((seq, bodies[seq]) for seq in seqs if seq in bodies)
