"""A worker is killed in the middle of a calibration: another takes it up. One that is called off stops and says so."""

import shutil
import sqlite3
from contextlib import closing

import psycopg
import pytest

from tests.unit.cli.running import FACTS

JOB = "SELECT state, attempt, message_en, progress, checkpoint FROM web_job"
ASK = """INSERT INTO web_job (kind, space_id, state, progress, message_en, message_zh, cancel_asked, attempt, asked_at,
    checkpoint)
    SELECT 'measure', id, 'queued', 0.0, '', '', {no}, 0, '2026-11-27 08:00:00+00:00', '{{}}' FROM web_space"""
LEASE_OVER = "UPDATE web_job SET lease_until = '2026-11-27 08:00:00+00:00'"  # a minute is turned on, not waited for
CALL_OFF = "UPDATE web_job SET cancel_asked = {yes}"
SCORED = 0.7  # of the progress: the calibration is fitted and kept, the profiles are not in place
RUNS = "SELECT count(*) FROM web_calibrationrun"


class OnSqlite:
    yes, no = "1", "0"

    def __init__(self, office):
        self.file = office / "records.sqlite3"

    def __call__(self, statement):
        with closing(sqlite3.connect(self.file, timeout=30)) as database:
            found = database.execute(statement.format(yes=self.yes, no=self.no)).fetchone()
            database.commit()
            return found


class OnPostgresql:
    yes, no = "true", "false"

    def __init__(self, address):
        self.address = address

    def __call__(self, statement):
        with psycopg.connect(self.address) as database:
            cursor = database.execute(statement.format(yes=self.yes, no=self.no))
            return cursor.fetchone() if cursor.description else None


@pytest.fixture(scope="module")
def on_file(made, run, marks, tmp_path_factory):
    """An office with evidence whose records are a file; tests take a copy."""
    folder = shutil.copytree(made, tmp_path_factory.mktemp("on-file") / "office")
    imported(run, folder, marks)
    return folder


@pytest.fixture(scope="module")
def on_server(server, run, marks, tmp_path_factory):
    """An office with evidence whose records are in PostgreSQL; tests take a copy of folder and database."""
    folder, address = tmp_path_factory.mktemp("on-server") / "office", new_database(server, "first")
    assert run("init", "--workspace", folder, YUCAI_DATABASE=address).returncode == 0
    imported(run, folder, marks, YUCAI_DATABASE=address)
    return folder


def imported(run, folder, marks, **env):
    few = folder.parent / "marks.csv"
    few.write_text("".join(marks.read_text(encoding="utf-8").splitlines(keepends=True)[:8001]), encoding="utf-8")
    done = run("import", few, "--workspace", folder, *FACTS, **env)
    assert done.returncode == 0, done.stderr


def new_database(server, name, *, like="template1"):
    with psycopg.connect(server[0].get_uri(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "killed-{name}" TEMPLATE "{like}"')
    return server[0].get_uri(f"killed-{name}")


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request, tmp_path):
    """An office with evidence and a job that waits, and a function that asks its database."""
    if request.param == "sqlite":
        folder = shutil.copytree(request.getfixturevalue("on_file"), tmp_path / "office")
        ask = OnSqlite(folder)
    else:
        folder = shutil.copytree(request.getfixturevalue("on_server"), tmp_path / "office")
        address = new_database(request.getfixturevalue("server"), tmp_path.name[:40], like="killed-first")
        settings = folder / "yucai.toml"
        settings.write_text(settings.read_text(encoding="utf-8").replace('database = ""', f'database = "{address}"'))
        ask = OnPostgresql(address)
    ask(ASK)
    return folder, ask


def test_a_killed_calibration_is_taken_up_by_the_next_worker(office, halt, begin, awaited):
    folder, ask = office
    worker = halt(0.1, "work", "--workspace", folder)
    worker.kill()
    worker.wait()
    state, attempt, _, reached, _ = ask(JOB)
    assert (state, attempt) == ("running", 1)
    assert ask(RUNS) == (0,)
    ask(LEASE_OVER)
    begin("work", "--workspace", folder)
    assert awaited(lambda: ask(JOB)[0] == "done")
    assert ask(JOB)[:2] == ("done", 2)
    assert ask(RUNS) == (1,)
    assert list((folder / "calibrations").glob(".job-*")) == []
    assert 0.1 <= reached < 1


def test_what_was_calibrated_before_the_kill_is_not_calibrated_again(office, halt, begin, awaited):
    folder, ask = office
    worker = halt(SCORED, "work", "--workspace", folder)
    assert "calibration" in str(ask(JOB)[4])
    (kept,) = (folder / "calibrations").glob(".job-*.json")
    worker.kill()
    worker.wait()
    made = kept.read_bytes()
    ask(LEASE_OVER)
    begin("work", "--workspace", folder)
    assert awaited(lambda: ask(JOB)[0] == "done")
    (file,) = ask("SELECT file FROM web_calibrationrun")
    assert (folder / "calibrations" / file).read_bytes() == made


def test_a_calibration_that_is_called_off_stops_and_says_so(office, halt, awaited):
    folder, ask = office
    worker = halt(0.06, "work", "--workspace", folder)
    ask(CALL_OFF)
    worker.stdin.write("go on\n")
    worker.stdin.flush()
    assert awaited(lambda: ask(JOB)[0] == "cancelled")
    assert "called off; nothing was changed" in ask(JOB)[2]
    assert ask(RUNS) == (0,)
    assert list((folder / "calibrations").iterdir()) == []
