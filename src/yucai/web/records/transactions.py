"""The transaction in which statements are stored, and the SQL in it, for both databases.

SQLite has one writer at a time, whoever it is. So this process keeps one connection that writes: its pages stay warm,
while with one for each thread whatever one of them writes makes the pages of all others void.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache, lru_cache
from typing import Any, Final, Protocol, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from yucai.web.together import Together, Wish

__all__ = ["Sql", "in_one_transaction", "on_postgresql", "reading"]

T = TypeVar("T")


@cache
def on_postgresql() -> bool:
    """Return whether this process keeps its records in PostgreSQL; it never changes."""
    return connection.vendor == "postgresql"


class Sql(Protocol):
    """Runs SQL of ours with ``%s`` for each value, past Django's cursors: it is asked for every statement."""

    def ask(self, question: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows that a question finds."""

    def run(self, command: str, values: Sequence[Any] = ()) -> None:
        """Run a command once."""

    def run_each(self, command: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a command once for each row of values."""

    def with_begin(self) -> AbstractContextManager[object]:
        """Send what is run inside together with the beginning of the transaction."""


class _Sqlite:
    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw

    def ask(self, question: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self.raw.execute(_marked(question), values).fetchall()

    def run(self, command: str, values: Sequence[Any] = ()) -> None:
        self.raw.execute(_marked(command), values)

    def run_each(self, command: str, rows: Iterable[Sequence[Any]]) -> None:
        self.raw.executemany(_marked(command), rows)

    def with_begin(self) -> AbstractContextManager[object]:
        return nullcontext()


class _Postgresql:
    """PostgreSQL's driver itself: it sends values beside the statement and prepares what comes again."""

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor

    def ask(self, question: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self.cursor.execute(question, values, prepare=True).fetchall()
        return found

    def run(self, command: str, values: Sequence[Any] = ()) -> None:
        self.cursor.execute(command, values)

    def run_each(self, command: str, rows: Iterable[Sequence[Any]]) -> None:
        self.cursor.executemany(command, rows)

    def with_begin(self) -> AbstractContextManager[object]:
        pipeline: AbstractContextManager[object] = self.cursor.connection.pipeline()
        return pipeline


@lru_cache(maxsize=1_024)
def _marked(sql: str) -> str:
    return sql.replace("%s", "?")


@contextmanager
def reading() -> Iterator[Sql]:
    """Give the SQL of the present thread's connection, inside a transaction or not."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        if on_postgresql():
            import psycopg

            with psycopg.Cursor(connection.connection) as cursor:
                yield _Postgresql(cursor)
        else:
            yield _Sqlite(connection.connection)


def in_one_transaction(work: Callable[[Sql], T]) -> T:
    """Do work with the SQL of a transaction: what it did is on disk when this returns, undone when it raises.

    SQLite is locked from the beginning. Within a transaction of the caller it is a part of that one. The work may be
    done again, or by another thread of this process: what several threads store at once shares one transaction.
    """
    own = _own()
    if on_postgresql() or own.in_atomic_block:
        with transaction.atomic(), reading() as sql:
            return work(sql)
    done: T = _WRITER.done(own, work)
    return done


def _own() -> Any:
    """Return Django's connection of the present thread; each look at Django's own place for it takes microseconds."""
    try:
        return _OF_THREAD.connection
    except AttributeError:
        _OF_THREAD.connection = connections[DEFAULT_DB_ALIAS]
        return _OF_THREAD.connection


_OF_THREAD: Final = threading.local()


Work = tuple[Any, Callable[[Sql], Any]]  # Django's connection of the thread, and what is to be done


class _Writer:
    """The one connection of this process that writes statements to SQLite, for whoever stores something."""

    def __init__(self) -> None:
        self.together: Together[Work, Any] = Together(self.do)
        self.held: tuple[object, sqlite3.Connection] | None = None

    def done(self, own: Any, work: Callable[[Sql], Any]) -> Any:
        """Do some work, or have it done by another thread, and return what came of it."""
        return self.together.done((own, work))

    def do(self, group: Sequence[Wish[Work, Any]]) -> None:
        """Do all in one transaction; where one of several fails, each in a transaction of its own."""
        began, own = False, group[0].wanted[0]
        try:
            with own.wrap_database_errors:
                raw = self.connected(own)
                raw.execute("BEGIN IMMEDIATE")
                began = True
                try:
                    sql = _Sqlite(raw)
                    for wish in group:
                        wish.done(wish.wanted[1](sql))
                    raw.execute("COMMIT")
                except BaseException:
                    if raw.in_transaction:
                        raw.execute("ROLLBACK")
                    raise
        except BaseException as problem:  # each thread is told by its own wish
            if began and len(group) > 1:
                for wish in group:
                    self.do([wish])
                return
            for wish in group:
                wish.problem = problem

    def connected(self, like: Any) -> sqlite3.Connection:
        """Return the connection; a process that was forked, or another database, gets one of its own."""
        place = (like.settings_dict["NAME"], os.getpid())
        if self.held is None or self.held[0] != place:
            raw = like.get_new_connection(like.get_connection_params())
            raw.isolation_level = None  # transactions begin and end where it is said
            self.held = (place, raw)
        return self.held[1]


_WRITER: Final = _Writer()
