"""Several threads that store at once share one transaction of SQLite; what one does wrong is its own."""

import sqlite3
import threading
import time

import pytest
from django.db import IntegrityError, OperationalError
from django.db.backends.sqlite3.base import DatabaseWrapper

from yucai.web.records.transactions import _Writer
from yucai.web.together import MOST_TOGETHER

SETTINGS = {
    "ENGINE": "django.db.backends.sqlite3", "OPTIONS": {"timeout": 0.1}, "AUTOCOMMIT": True, "ATOMIC_REQUESTS": False,
    "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False, "TIME_ZONE": None, "TEST": {"NAME": None},
}  # fmt: skip


class Store:
    """A file of numbers, one writer, and threads that each bring a job."""

    def __init__(self, file):
        self.file, self.writer, self.said, self.told = file, _Writer(), [], {}
        with sqlite3.connect(file) as made:
            made.execute("PRAGMA journal_mode = WAL")
            made.execute("CREATE TABLE number (n INTEGER PRIMARY KEY)")
        self.own = DatabaseWrapper({**SETTINGS, "NAME": str(file)})
        self.writer.connected(self.own).set_trace_callback(self.said.append)

    def add(self, n):
        """Store a number and note what the thread is told."""

        def work(sql):
            sql.run("INSERT INTO number VALUES (%s)", [n])
            return n

        try:
            self.told.setdefault(n, []).append(self.writer.done(self.own, work))
        except Exception as problem:
            self.told.setdefault(n, []).append(type(problem))

    def together(self, numbers):
        """Bring numbers while another job is done, so that all of them wait."""
        begun, go_on = threading.Event(), threading.Event()

        def slow(sql):
            begun.set()
            go_on.wait(20)

        first = threading.Thread(target=self.writer.done, args=(self.own, slow))
        first.start()
        begun.wait(20)
        threads = [threading.Thread(target=self.add, args=(n,)) for n in numbers]
        for thread in threads:
            thread.start()
        while len(self.writer.together.waiting) < len(numbers):
            time.sleep(0.001)
        go_on.set()
        for thread in (first, *threads):
            thread.join(20)
            assert not thread.is_alive()

    def kept(self):
        with sqlite3.connect(self.file) as reading:
            return [n for (n,) in reading.execute("SELECT n FROM number ORDER BY n")]

    def n_commits(self):
        return self.said.count("COMMIT")


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "numbers.sqlite3")
    yield made
    made.writer.held[1].close()


def test_what_waits_is_stored_in_one_transaction(store):
    store.together(range(20))
    assert store.kept() == list(range(20))
    assert store.told == {n: [n] for n in range(20)}
    assert store.n_commits() == 2  # the first, and all who waited for it


def test_no_transaction_grows_without_bound(store):
    n = 2 * MOST_TOGETHER + 3
    store.together(range(n))
    assert (store.kept(), store.n_commits()) == (list(range(n)), 4)


def test_what_one_does_wrong_keeps_nothing_of_its_own_and_nobody_else_out(store):
    store.add(7)
    store.together([1, 2, 7, 3])
    assert store.kept() == [1, 2, 3, 7]
    assert store.told == {1: [1], 2: [2], 3: [3], 7: [7, IntegrityError]}


def test_the_threads_that_wait_are_told_that_another_program_holds_the_file(store):
    with sqlite3.connect(store.file, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        store.add(1)
        assert store.told == {1: [OperationalError]}
        other.execute("ROLLBACK")
    store.add(1)
    assert (store.kept(), store.told) == ([1], {1: [OperationalError, 1]})


def test_a_commit_that_fails_is_told_to_each(store, monkeypatch):
    raw = store.writer.connected(store.own)
    with sqlite3.connect(store.file) as more:
        more.execute("CREATE TABLE child (n INTEGER REFERENCES number (n) DEFERRABLE INITIALLY DEFERRED)")

    def orphan(sql):
        sql.run("INSERT INTO child VALUES (99)")

    with pytest.raises(IntegrityError):
        store.writer.done(store.own, orphan)
    assert not raw.in_transaction
    store.add(1)
    assert store.kept() == [1]
