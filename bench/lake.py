"""Measures how statements go into the lake and are read there, by DuckDB and by Spark.

    .venv/bin/python bench/lake.py                    SQLite, 100,000 statements
    .venv/bin/python bench/lake.py --n 1000000        the same with a million
    .venv/bin/python bench/lake.py --rounds 200       statements come in so many rounds, the lake follows each
    .venv/bin/python bench/lake.py --without-spark    DuckDB only

A fresh workspace is filled through the door with the statements of ``bench/records.py``. Then a process of its own
gathers: rows per second of processor and of the clock, and the most memory it held. Each query is asked three times of
each engine; the first time and the best are shown, and the answers must be equal.
"""

from __future__ import annotations

import argparse
import base64
import io
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from records import compact, realistic

BATCH = 500
GATHER = """
import resource, sys, time
from yucai.web.commands.starting import start
from pathlib import Path
start(Path(sys.argv[1]))
from yucai.web.records.lake import gather
from yucai.web.records.models import RecordStore
import polars, pyarrow.parquet
store = RecordStore.objects.select_related("space").get()
before, cpu, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time(), time.perf_counter()
told = gather(store)
most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(told.statements, told.files, told.merged, time.process_time() - cpu, time.perf_counter() - began, before, most)
"""


def ready(folder):
    """Make a workspace with a store and return the store, and a function that stores a batch of statements."""
    env = {**os.environ, "YUCAI_WORKSPACE": str(folder)}
    command = [sys.executable, "-c", "import sys; from yucai.cli import main; sys.exit(main())", "init"]
    subprocess.run([*command, "--workspace", str(folder)], env=env, check=True, capture_output=True)
    from yucai.web.commands.starting import space_named, start

    start(folder)
    from yucai.evidence import Version
    from yucai.web.records.actions import add_credential, add_store
    from yucai.web.records.door import answer

    at = datetime.now(tz=UTC)
    store = add_store(space=space_named(None), code="s", version=Version.V2, by=None, at=at)
    made = add_credential(store=store, name="t", home="https://lms.example.edu", scopes=("all",), by=None, at=at)
    login = base64.b64encode(f"{made.credential.key}:{made.secret}".encode()).decode()

    def send(batch):
        body = compact(batch)
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/xapi/s/statements",
            "QUERY_STRING": "",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_AUTHORIZATION": f"Basic {login}",
            "HTTP_X_EXPERIENCE_API_VERSION": "2.0.0",
            "wsgi.input": io.BytesIO(body),
        }
        told = []
        list(answer(environ, lambda status, headers: told.append(status)))
        if told[0][:3] != "200":
            raise SystemExit(f"the door answered {told[0]}")

    return store, send


def gathered(folder):
    """Gather in a process of its own and return what it says of itself."""
    done = subprocess.run([sys.executable, "-c", GATHER, str(folder)], check=True, capture_output=True, text=True)
    return [float(word) for word in done.stdout.split()]


def queries():
    from yucai.evidence import days_active, first_and_last, sessions_by_gap, valid_statements, verbs_by_month

    return {
        "valid statements, counted": lambda table: valid_statements(table).aggregate(n=lambda t: t.count()),
        "verbs by month": verbs_by_month,
        "days active": days_active,
        "sessions": lambda table: sessions_by_gap(valid_statements(table), gap=timedelta(minutes=30)),
        "first and last": first_and_last,
    }


def ask(store, backend):
    """Return seconds of each query, first and best, and its answer."""
    from yucai.evidence import read_answer
    from yucai.web.records.lake import open_statements

    found = {}
    for name, query in queries().items():
        seconds = []
        for _ in range(3):
            began = time.perf_counter()
            rows = read_answer(query(open_statements(store, backend=backend))).rows()
            seconds.append(time.perf_counter() - began)
        found[name] = seconds[0], min(seconds), sorted(map(repr, (tuple(map(plain, row)) for row in rows)))
    return found


def plain(value):
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def sizes(store):
    """Return bytes of the lake, and those of the column that holds the statements themselves."""
    import pyarrow.parquet as parquet

    from yucai.web.lake.actions import file_of
    from yucai.web.records.lake_files import listed

    whole = bodies = 0
    for file in listed(store):
        whole += file.size_bytes
        told = parquet.ParquetFile(file_of(file)).metadata
        for n in range(told.num_row_groups):
            group = told.row_group(n)
            columns = [group.column(place) for place in range(group.num_columns)]
            bodies += sum(column.total_compressed_size for column in columns if column.path_in_schema == "body")
    return whole, bodies, len(listed(store))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--without-spark", action="store_true")
    wanted = parser.parse_args()
    rng = random.Random(20261126)
    with tempfile.TemporaryDirectory(prefix="yucai-bench-") as name:
        folder = Path(name) / "office"
        store, send = ready(folder)
        rows = files = merged = cpu = clock = 0.0
        for _ in range(wanted.rounds):
            for first in range(0, wanted.n // wanted.rounds, BATCH):
                send([realistic(first + i, rng) for i in range(min(BATCH, wanted.n // wanted.rounds - first))])
            told = gathered(folder)
            rows, files, merged = rows + told[0], files + told[1], merged + told[2]
            cpu, clock = cpu + told[3], clock + told[4]
        whole, bodies, n_files = sizes(store)
        print(f"into the lake: {rows:,.0f} statements, {rows / cpu:,.0f} a cpu-second, {rows / clock:,.0f} a second")
        print(f"files: {files:,.0f} written, {merged:,.0f} of them put together, {n_files} in the end")
        print(f"memory: {told[6] / 1024:,.0f} MB at most, {told[5] / 1024:,.0f} MB before")
        database = (folder / "records.sqlite3").stat().st_size
        print(f"bytes a statement: {whole / rows:.0f} in the lake, {bodies / rows:.0f} of them body;"
              f" {database / rows:.0f} in the database")  # fmt: skip
        compare(store, without_spark=wanted.without_spark)
    print(f"memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def compare(store, *, without_spark):
    """Print the seconds of each query; end with 1 where two engines differ."""
    import ibis

    on_duckdb = ask(store, ibis.duckdb.connect())
    on_spark = {}
    if not without_spark:
        from yucai.evidence import local_spark

        began = time.perf_counter()
        with local_spark() as session:
            print(f"Spark: session after {time.perf_counter() - began:.1f} s")
            on_spark = ask(store, ibis.pyspark.connect(session))
    for name, (first, best, answer) in on_duckdb.items():
        line = f"{name}: DuckDB {first:.2f} s, best {best:.2f} s, {len(answer):,} rows"
        if name in on_spark:
            line += f"; Spark {on_spark[name][0]:.2f} s, best {on_spark[name][1]:.2f} s"
            if on_spark[name][2] != answer:
                raise SystemExit(f"{name}: the engines differ")
        print(line)


if __name__ == "__main__":
    main()
