"""The examination of an office: what is well, what is planted and found, and what to do about it in both languages."""

import json
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest

from tests.unit.cli.running import FACTS

FAR = "2099-01-01 00:00:00"
LONG_AGO = "2026-01-01 00:00:00"
JOB = """INSERT INTO web_job (kind, space_id, state, progress, message_en, message_zh, cancel_asked, attempt, asked_at,
    checkpoint, started_at, lease_until, ended_at)
    SELECT ?, id, ?, 0.0, '', '', 0, 1, ?, '{}', ?, ?, ? FROM web_space"""


@pytest.fixture
def office(made, run, tmp_path):
    folder = shutil.copytree(made, tmp_path / "office")
    (tmp_path / "few.csv").write_text("learner,item,score,max_score\nL1,exam/a,7,10\n", encoding="utf-8")
    assert run("import", tmp_path / "few.csv", "--workspace", folder, *FACTS).returncode == 0
    done = run("backup", "--workspace", folder, "--to", tmp_path / "b.tar.gz")
    assert done.returncode == 0, done.stderr
    return folder


def found(told):
    """What was found, by code and state."""
    assert told.returncode in (0, 65), told.stderr
    said = json.loads(told.stdout)["findings"]
    for one in said:
        assert one["says"]["en"]
        assert one["says"]["zh"]
        assert bool(one["do"]["en"]) == bool(one["do"]["zh"]) == (one["state"] != "well"), one
        assert "{" not in str(one["says"]["en"]) + one["do"]["zh"]
    return {(one["code"], one["state"]) for one in said}


def test_an_office_that_is_well_has_nothing_to_mend(office, run):
    told = run("doctor", "--workspace", office, "--json")
    assert told.returncode == 0
    assert {code for code, state in found(told) if state == "well"} - {"time-zone"} == {
        "database", "records", "steps", "clock", "jobs", "lake", "disk", "folder-private", "secret-key",
        "backup", "parts", "hosts", "deploy",
    }  # fmt: skip
    spoken = run("doctor", "--workspace", office)
    assert "· The office is not being served now.\n  → Start it: yucai serve" in spoken.stdout
    assert ", 0 to mend." in spoken.stdout


def test_everything_that_is_planted_is_found(office, run):
    (part,) = (office / "lake").rglob("*.parquet")
    part.write_bytes(part.read_bytes()[:-1])
    office.chmod(0o755)
    (office / "secret.key").chmod(0o644)
    (office / "logs" / "backups.jsonl").write_text('{"at": "2026-01-01T00:00:00+00:00"}\n{"at": "20')
    left = office / ".backup-abc"
    left.mkdir()
    os.utime(left, (0, 0))
    (office.parent / "office.before-20260101-000000").mkdir()
    with closing(sqlite3.connect(office / "records.sqlite3")) as database:
        for kind, state, asked, started, lease, ended in (
            ("a", "running", LONG_AGO, LONG_AGO, LONG_AGO, None), ("b", "queued", LONG_AGO, None, None, None),
            ("c", "running", LONG_AGO, LONG_AGO, FAR, None), ("d", "failed", LONG_AGO, LONG_AGO, None, FAR),
        ):  # fmt: skip
            database.execute(JOB, (kind, state, asked, started, lease, ended))
        database.execute("UPDATE web_import SET at = ?", (FAR,))
        database.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('web', '9999_later', ?)", (FAR,))
        database.commit()
    told = run("doctor", "--workspace", office, "--json", YUCAI_HOSTS="*")
    assert told.returncode == 65
    assert {
        ("lake", "fault"), ("folder-private", "fault"), ("secret-key", "fault"), ("backup", "fault"),
        ("left-over", "fault"), ("left-over", "note"), ("jobs", "fault"), ("jobs", "note"), ("clock", "fault"),
        ("steps", "fault"), ("hosts", "fault"), ("worker", "note"),
    } <= found(told)  # fmt: skip
    assert sum(code == "jobs" for code in told.stdout.split('"')) == 4


def test_a_served_office_whose_worker_is_gone_is_found(office, begin, run, awaited):
    worker = begin("work", "--workspace", office)
    beat = office / "logs" / "worker.beat"
    assert awaited(beat.is_file)
    assert awaited(lambda: ("worker", "well") in found(run("doctor", "--workspace", office, "--json")))
    os.kill(worker.pid, 19)  # stopped: it is there, and does nothing
    os.utime(beat, (0, 0))
    assert ("worker", "fault") in found(run("doctor", "--workspace", office, "--json"))


def test_records_that_cannot_be_read_are_one_fault_and_the_rest_is_looked_at_still(office, run):
    for more in ("-wal", "-shm"):
        (office / f"records.sqlite3{more}").unlink(missing_ok=True)
    (office / "records.sqlite3").write_bytes(b"no database" * 1000)
    told = run("doctor", "--workspace", office, "--json")
    assert told.returncode == 65
    assert {("database", "fault"), ("backup", "well"), ("disk", "well")} <= found(told)


def test_names_beyond_this_machine_ask_for_https_and_with_it_nothing_is_to_change(office, run):
    plain = run("doctor", "--workspace", office, "--json", YUCAI_HOSTS="yucai.school.example")
    assert ("https", "fault") in found(plain)
    behind = run("doctor", "--workspace", office, "--json", YUCAI_HOSTS="yucai.school.example", YUCAI_HTTPS="1")
    assert {("hosts", "well"), ("deploy", "well")} <= found(behind)
    assert behind.returncode == 0


def test_a_demonstration_that_others_can_reach_is_a_fault(office, run):
    settings = office / "yucai.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("demo = false", "demo = true"), encoding="utf-8")
    told = run("doctor", "--workspace", office, "--json", YUCAI_HOSTS="yucai.school.example", YUCAI_HTTPS="1")
    assert ("demo", "fault") in found(told)


def test_a_database_that_is_away_is_said(office, run):
    address = "postgresql://ana:very-secret@127.0.0.1:1/office"
    told = run("doctor", "--workspace", office, "--json", YUCAI_DATABASE=address)
    assert ("database", "fault") in found(told)
    assert "very-secret" not in told.stdout + told.stderr


def test_the_zone_is_that_of_the_machine_and_not_of_the_pages(tmp_path):
    """Django sets the zone of its process to that of the pages, so the process cannot be asked."""
    from yucai.web.operation.examining import machine_zone

    moment = datetime(2026, 11, 27, tzinfo=UTC)
    with resources.files("tzdata.zoneinfo.Europe").joinpath("Berlin").open("rb") as zone:
        (tmp_path / "localtime").write_bytes(zone.read())
    assert moment.astimezone(machine_zone(tmp_path / "localtime")).utcoffset() == timedelta(hours=1)
    assert machine_zone(tmp_path / "none") is UTC
