"""A new office gets its tables in one step: the same as by the steps that an older office went, one after the other."""

import subprocess
import sys

from tests.unit.cli.conftest import clean_environment


def tables(folder, way, **environment):
    command = [sys.executable, "-m", "tests.unit.cli.tables_told", str(folder), way]
    env = {**clean_environment(), **environment}
    told = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    return sorted(told.stdout.splitlines())


def test_on_sqlite_both_ways_leave_the_same(tmp_path):
    at_once = tables(tmp_path / "new", "at-once")
    assert at_once == tables(tmp_path / "grown", "one-by-one")
    assert len(at_once) > 400
    assert [line for line in at_once if "WITHOUT ROWID" in line]
    assert [line for line in at_once if line.startswith("trigger web_auditentry")]


def test_on_postgresql_both_ways_leave_the_same(database, tmp_path):
    at_once = tables(tmp_path / "new", "at-once", YUCAI_DATABASE=database("new"))
    assert at_once == tables(tmp_path / "grown", "one-by-one", YUCAI_DATABASE=database("grown"))
    assert len(at_once) > 1_000
    assert [line for line in at_once if line.startswith("function web_trail_add")]
