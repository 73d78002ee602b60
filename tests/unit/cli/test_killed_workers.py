"""A worker is killed in the middle of a calibration: another takes it up. One that is called off stops and says so."""

import os
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


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request, made, run, marks, tmp_path):
    """An office with evidence, and a function that asks its database."""
    folder = tmp_path / "office"
    if request.param == "sqlite":
        shutil.copytree(made, folder)
        ask = OnSqlite(folder)
    else:
        address = request.getfixturevalue("database")("killed-worker")
        assert run("init", "--workspace", folder, YUCAI_DATABASE=address).returncode == 0
        settings = folder / "yucai.toml"
        settings.write_text(settings.read_text(encoding="utf-8").replace('database = ""', f'database = "{address}"'))
        ask = OnPostgresql(address)
    done = run("import", marks, "--workspace", folder, *FACTS)
    assert done.returncode == 0, done.stderr
    ask(ASK)
    return folder, ask


def test_a_killed_calibration_is_taken_up_by_the_next_worker(office, begin, awaited):
    folder, ask = office
    worker = begin("work", "--workspace", folder)
    assert awaited(lambda: ask(JOB)[3] > 0.1)
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
    assert reached < 1


def test_what_was_calibrated_before_the_kill_is_not_calibrated_again(office, begin, awaited):
    folder, ask = office
    worker = begin("work", "--workspace", folder)
    assert awaited(lambda: "calibration" in str(ask(JOB)[4]))
    os.kill(worker.pid, 19)  # stopped, so that the kill comes before its end
    kept = list((folder / "calibrations").glob(".job-*.json"))
    worker.kill()
    worker.wait()
    if not kept:
        pytest.fail("the calibration was not kept when it was told of")
    made = kept[0].read_bytes()
    ask(LEASE_OVER)
    begin("work", "--workspace", folder)
    assert awaited(lambda: ask(JOB)[0] == "done")
    (file,) = ask("SELECT file FROM web_calibrationrun")
    assert (folder / "calibrations" / file).read_bytes() == made


def test_a_calibration_that_is_called_off_stops_and_says_so(office, begin, awaited):
    folder, ask = office
    begin("work", "--workspace", folder)
    assert awaited(lambda: ask(JOB)[3] > 0.05)
    ask(CALL_OFF)
    assert awaited(lambda: ask(JOB)[0] == "cancelled")
    assert "called off; nothing was changed" in ask(JOB)[2]
    assert ask(RUNS) == (0,)
    assert list((folder / "calibrations").iterdir()) == []
