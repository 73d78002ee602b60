"""The lake of a served store: it fills by itself, and whoever gathers may be killed at any moment."""

import json
import os
import random
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from tests.records.records_client import new_id, statement, voiding
from tests.records.served import Office, kill

# Gathers a few statements at a time, merges and sweeps, again and again: there is always something to break off.
RESTLESS = """
import django; django.setup()
from datetime import timedelta
from yucai.web.records import lake, lake_files, lake_tidying
from yucai.web.records.models import RecordStore
lake.WORKER_BATCH, lake_tidying.FAN = 20, 3
store = RecordStore.objects.get()
print("begun", flush=True)
while True:
    lake.gather_waiting(store)
    lake_files.sweep(store, grace=timedelta(seconds=2))
    print("gathered", flush=True)
"""


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path / "office")
    yield made
    made.close()


@contextmanager
def running(office, *code):
    with subprocess.Popen(
        [sys.executable, "-c", *code], env=office.env, start_new_session=True, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            kill(process)


def store_some(server, n):
    ids = [new_id() for _ in range(n)]
    assert server.ask("POST", "statements", [statement(id=own) for own in ids])[0] == 200
    return ids


def ids_in_lake(office):
    listed = office.yucai("records", "files", "s").split()
    return [own for file in listed for own in pl.read_parquet(file, hive_partitioning=False)["id"]]


def files_on_disk(office):
    return {str(path) for path in (office.folder / "lake").rglob("*") if path.is_file()}


def test_gatherers_that_are_killed_lose_nothing_and_write_nothing_twice(office):
    rng = random.Random(20261126)
    server = office.serve()
    ids = []
    for _ in range(10):
        ids += store_some(server, 150)
        with running(office, RESTLESS) as one, running(office, RESTLESS) as other:
            assert (one.stdout.readline(), other.stdout.readline()) == ("begun\n", "begun\n")
            for _ in range(rng.randrange(1, 5)):
                assert one.stdout.readline() == "gathered\n"
            time.sleep(rng.uniform(0, 0.05))
            kill(one)
            time.sleep(rng.uniform(0, 0.05))
    assert 0 < len(ids_in_lake(office)) <= len(ids)
    office.yucai("records", "gather", "s")
    assert ids_in_lake(office) == ids
    assert "1500 statements in" in office.yucai("records", "verify", "s", "--lang", "en")
    for file in files_on_disk(office):
        os.utime(file, (0, 0))
    ids += store_some(server, 1)
    office.yucai("records", "gather", "s")
    office.yucai("records", "gather", "s")  # sweeps before it looks for more
    assert files_on_disk(office) == set(office.yucai("records", "files", "s").split())
    assert ids_in_lake(office) == ids


def test_the_worker_brings_statements_into_the_lake_by_itself_and_leaves_no_jobs_behind(office):
    server = office.serve()
    work = "import sys; from pathlib import Path; from yucai.web import work; work(Path(sys.argv[1]))"
    with running(office, work, str(office.folder)):
        ids = []
        for _ in range(2):
            ids += store_some(server, 30)
            ids += server.ask("POST", "statements", [voiding(ids[-1])])[2]
            deadline = time.monotonic() + 300
            while ids_in_lake(office) != ids:
                assert time.monotonic() < deadline
                time.sleep(0.5)
    count = "import django; django.setup(); from yucai.web.jobs.models import Job; print(Job.objects.count())"
    told = subprocess.run([sys.executable, "-c", count], env=office.env, capture_output=True, text=True, check=True)
    assert told.stdout == "0\n"


def test_the_commands_say_what_they_do(office):
    server = office.serve()
    store_some(server, 3)
    waits = office.yucai("records", "gather", "s", "--dry-run", "--lang", "en")
    assert waits == "Dry run, nothing was changed. 3 statements of s wait for the lake.\n"
    told = json.loads(office.yucai("records", "gather", "--json"))
    assert (told["stores"], told["statements"], told["files"], told["merged"]) == (["s"], 3, 1, 0)
    (file,) = json.loads(office.yucai("records", "files", "s", "--json"))["files"]
    assert "3 statements in 1 file, 0 still to come" in office.yucai("records", "verify", "--lang", "en")
    Path(file).unlink()
    assert "in 1 place" in office.yucai("records", "mend", "s", "--dry-run", "--lang", "en")
    assert "1 file of the lake of s was written anew" in office.yucai("records", "mend", "s", "--lang", "en")
    assert len(ids_in_lake(office)) == 3
