"""An office whose records are in PostgreSQL: made, filled, backed up by PostgreSQL's own tool and restored."""

import os
import subprocess
import sys
import tarfile

import psycopg

from tests.unit.cli.conftest import NEVER_SECONDS, clean_environment
from tests.unit.cli.running import FACTS


def asked(address, question):
    with psycopg.connect(address) as connection:
        return connection.execute(question).fetchone()


def with_address(office, address):
    settings = office / "yucai.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('database = ""', f'database = "{address}"'))
    return office


def test_a_backup_is_a_dump_that_postgresql_restores(server, database, run, tmp_path, marks):
    address, tools = database("office"), server[1]
    office = tmp_path / "office"
    done = run("init", "--workspace", office, YUCAI_DATABASE=address)
    assert done.returncode == 0, done.stderr
    assert not (office / "records.sqlite3").exists()
    with_address(office, address)  # from here on it is found without the environment
    done = run("import", marks, "--workspace", office, *FACTS)
    assert done.returncode == 0, done.stderr
    checked = run("check", "--workspace", office)
    assert checked.returncode == 0, checked.stdout + checked.stderr

    path = f"{tools}{os.pathsep}{os.environ['PATH']}"  # the tool of this very server, whatever the machine has
    done = run("backup", "--workspace", office, "--to", tmp_path / "b.tar.gz", PATH=path)
    assert done.returncode == 0, done.stderr
    taken = run("restore", tmp_path / "b.tar.gz", "--workspace", tmp_path / "back", PATH=path)
    assert (taken.returncode, "is not empty" in taken.stderr) == (73, True), taken.stderr
    assert not (tmp_path / "back").exists()

    restored, back = database("restored"), tmp_path / "back"
    done = run("restore", tmp_path / "b.tar.gz", "--workspace", back, "--database", restored, PATH=path)
    assert done.returncode == 0, done.stderr
    assert asked(restored, "SELECT count(*) FROM web_evidencerecord") == (40_000,)
    assert "/restored?" in (back / "yucai.toml").read_text(encoding="utf-8")
    checked = run("check", "--workspace", back)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "This very file was imported before" in run("import", marks, "--workspace", back, *FACTS).stdout


def test_a_dump_under_write_load_is_one_moment(server, database, run, tmp_path):
    """Each round of the load is one transaction: a new import, its file of the lake, and one reading."""
    path = f"{server[1]}{os.pathsep}{os.environ['PATH']}"
    address, office = database("loaded"), tmp_path / "office"
    assert run("init", "--workspace", office, YUCAI_DATABASE=address).returncode == 0
    with_address(office, address)
    command = [sys.executable, "-m", "tests.unit.cli.write_load", str(office), str(tmp_path / "load.csv")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean_environment()) as load:
        try:
            assert all(load.stdout.readline() for _ in range(3))
            for n in range(2):
                done = run("backup", "--workspace", office, "--to", tmp_path / f"{n}.tar.gz", PATH=path)
                assert (done.returncode, "not in the backup" in done.stdout) == (0, False), done.stderr
            assert load.poll() is None
        finally:
            load.kill()
    rounds = []
    for n in range(2):
        back, into = tmp_path / f"back-{n}", database(f"restored-{n}")
        done = run("restore", tmp_path / f"{n}.tar.gz", "--workspace", back, "--database", into, PATH=path)
        assert done.returncode == 0, done.stderr
        whole = run("check", "--workspace", back)
        assert (whole.returncode, "holds" in whole.stdout) == (0, False), whole.stdout
        (imports,) = asked(into, "SELECT count(*) FROM web_import")
        assert asked(into, "SELECT count(*) FROM web_auditentry WHERE act = 'read'") == (imports,)
        (files,) = asked(into, "SELECT count(*) FROM web_lakefile")
        assert len(list((back / "lake").rglob("*.parquet"))) == files
        rounds.append(imports)
    assert rounds[1] > rounds[0] >= 3


def test_the_database_of_the_environment_is_the_one_that_is_backed_up(server, database, run, tmp_path):
    """Not an empty file in its place, as a backup of the folder alone would be."""
    address = database("environment")
    assert run("init", "--workspace", tmp_path / "office", YUCAI_DATABASE=address).returncode == 0
    path = f"{server[1]}{os.pathsep}{os.environ['PATH']}"
    file = tmp_path / "b.tar.gz"
    done = run("backup", "--workspace", tmp_path / "office", "--to", file, YUCAI_DATABASE=address, PATH=path)
    assert done.returncode == 0, done.stderr
    with tarfile.open(file) as archive:
        assert "records.pgdump" in archive.getnames()


def test_without_the_tool_or_the_server_a_backup_says_so_and_leaves_nothing(database, run, tmp_path):
    address, office = database("no-tool"), tmp_path / "office"
    assert run("init", "--workspace", office, YUCAI_DATABASE=address).returncode == 0
    with_address(office, address)
    (tmp_path / "empty").mkdir()
    file = tmp_path / "b.tar.gz"
    refused = run("backup", "--workspace", office, "--to", file, PATH=str(tmp_path / "empty"))
    assert (refused.returncode, "pg_dump was not found" in refused.stderr) == (69, True)
    tool = tmp_path / "empty" / "pg_dump"
    tool.write_text("#!/bin/sh\necho no such server >&2\nexit 1\n")
    tool.chmod(0o755)
    refused = run("backup", "--workspace", office, "--to", file, PATH=f"{tool.parent}:/bin")
    assert (refused.returncode, "pg_dump could not do its work: no such server" in refused.stderr) == (69, True)
    secret = "postgresql://ana:very-secret@127.0.0.1:1/office"
    refused = run("backup", "--workspace", office, "--to", file, PATH=f"{tool.parent}:/bin", YUCAI_DATABASE=secret)
    assert (refused.returncode, "PostgreSQL could not do its work: " in refused.stderr) == (69, True)
    assert "very-secret" not in refused.stderr
    assert [*tmp_path.glob("*b.tar.gz*"), *tmp_path.glob(".*part"), *office.glob(".backup-*")] == []


def test_a_database_that_holds_an_office_is_left_as_it_is(database, run, tmp_path):
    address = database("taken")
    assert run("init", "--workspace", tmp_path / "first", "--name", "First", YUCAI_DATABASE=address).returncode == 0
    for command in (("init",), ("demo", "--no-serve")):
        refused = run(*command, "--workspace", tmp_path / "second", YUCAI_DATABASE=address)
        assert refused.returncode == 73, refused.stderr
        assert "already holds “First” and was left as it is" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["first"]
    assert asked(address, "SELECT count(*) FROM web_space") == (1,)


UNDER_WAY = """
SELECT id FROM web_space FOR NO KEY UPDATE;
INSERT INTO web_datasource (space_id, code, name_en, name_zh, purpose, legal_basis, owner, licence, grade,
    retention_months, read_for, consent_code)
  SELECT id, 'other', 'o', 'o', 'o', 'o', 'o', '', '', 0, 'quality', '' FROM web_space;
INSERT INTO web_import (source_id, file_name, digest, at, by, kept, refused, profile, version, current, made, brought,
    undone_by)
  SELECT id, 'f', 'd', now(), 'o', 1, 0, '', 1, true, '{}', '[]', '' FROM web_datasource;
INSERT INTO web_person (space_id, code, name_en, name_zh, cohort, programme, talent_type)
  SELECT id, 'early', 'e', 'e', '', '', '' FROM web_space;
INSERT INTO web_item (space_id, code, name_en, name_zh, kind, occasion)
  SELECT id, 'i', 'i', 'i', 'i', '' FROM web_space;
INSERT INTO web_evidencerecord
  (came_with_id, person_id, item_id, rater, occasion, score, max_score, source_file, source_sheet)
  SELECT a.id, p.id, i.id, '', '', 1, 2, '', '' FROM web_import a, web_person p, web_item i;
"""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'at-once' AND wait_event_type = 'Lock'"


def test_an_import_waits_for_another_so_that_the_lake_passes_nothing_over(database, run, begin, awaited, tmp_path):
    """The records of the first have lower numbers; were the second in the lake before, they would never get there."""
    address = database("at-once")
    office = tmp_path / "office"
    assert run("init", "--workspace", office, YUCAI_DATABASE=address).returncode == 0
    with_address(office, address)
    (tmp_path / "second.csv").write_text("learner,item,score,max_score\nlate,exam/a,1,2\n", encoding="utf-8")
    with psycopg.connect(address) as first:
        first.execute(UNDER_WAY)
        second = begin("import", tmp_path / "second.csv", "--workspace", office, *FACTS)
        assert awaited(lambda: second.poll() is not None or asked(address, WAITING) == (1,))
        assert asked(address, "SELECT count(*) FROM web_evidencerecord") == (0,)
    assert second.wait(timeout=NEVER_SECONDS) == 0
    assert asked(address, "SELECT sum(rows), count(*) FROM web_lakefile") == (2, 1)
    checked = run("check", "--workspace", office)
    assert (checked.returncode, "completes it" in checked.stdout) == (0, False), checked.stdout
