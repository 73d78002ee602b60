"""The transaction in which statements are stored, and the SQL in it, for both databases.

SQLite has one writer at a time, whoever it is. So this process keeps one connection that writes: its pages stay warm,
while with one for each thread whatever one of them writes makes the pages of all others void.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache, lru_cache
from typing import Any, Final, Protocol

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

__all__ = ["Sql", "on_postgresql", "reading", "storing"]


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


def storing() -> AbstractContextManager[Sql]:
    """Give the SQL of one transaction: on disk when the block ends, undone when it raises.

    SQLite is locked from its beginning. Within a transaction of the caller it is a part of that one.
    """
    own = _own()
    return _within() if on_postgresql() or own.in_atomic_block else _WritingAlone(own)


def _own() -> Any:
    """Return Django's connection of the present thread; each look at Django's own place for it takes microseconds."""
    try:
        return _OF_THREAD.connection
    except AttributeError:
        _OF_THREAD.connection = connections[DEFAULT_DB_ALIAS]
        return _OF_THREAD.connection


_OF_THREAD: Final = threading.local()


@contextmanager
def _within() -> Iterator[Sql]:
    with transaction.atomic(), reading() as sql:
        yield sql


class _WritingAlone:
    """A transaction of the one connection of this process that writes to SQLite."""

    def __init__(self, own: Any) -> None:
        self.own = own

    def __enter__(self) -> Sql:
        _WRITER.lock.acquire()
        try:
            with self.own.wrap_database_errors:
                self.raw = _WRITER.connected(self.own)
                self.raw.execute("BEGIN IMMEDIATE")
        except BaseException:
            _WRITER.lock.release()
            raise
        return _Sqlite(self.raw)

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: Any) -> None:
        try:
            if problem is not None:
                self._undo()
                self.own.wrap_database_errors.__exit__(kind, problem, trace)  # as Django's own errors
                return
            with self.own.wrap_database_errors:
                try:
                    self.raw.execute("COMMIT")
                except BaseException:
                    self._undo()
                    raise
        finally:
            _WRITER.lock.release()

    def _undo(self) -> None:
        if self.raw.in_transaction:
            self.raw.execute("ROLLBACK")


class _Writer:
    """The one connection of this process that writes statements to SQLite."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.held: tuple[object, sqlite3.Connection] | None = None

    def connected(self, like: Any) -> sqlite3.Connection:
        """Return the connection; a process that was forked, or another database, gets one of its own."""
        place = (like.settings_dict["NAME"], os.getpid())
        if self.held is None or self.held[0] != place:
            raw = like.get_new_connection(like.get_connection_params())
            raw.isolation_level = None  # transactions begin and end where it is said
            self.held = (place, raw)
        return self.held[1]


_WRITER: Final = _Writer()
