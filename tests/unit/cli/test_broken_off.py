"""Commands that are killed half-way: what they were to do is done whole or not at all, and can be done again."""

import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from tests.unit.cli.conftest import clean_environment
from tests.unit.cli.running import FACTS

RECORDS = "SELECT count(*) FROM web_evidencerecord"
CURRENT = "SELECT id, file FROM web_calibrationrun WHERE current"
PROFILES = "SELECT count(*), sum(mean) FROM web_profilerow"


def asked(office, question):
    with closing(sqlite3.connect(office / "records.sqlite3")) as database:
        return database.execute(question).fetchone()


@pytest.fixture
def office(made, tmp_path):
    return shutil.copytree(made, tmp_path / "office")


def test_an_import_that_is_killed_is_whole_or_not_there(office, marks, run, begin):
    """The moment of the kill grows until an import gets through; each begins where the one before left the office."""
    outcomes, delay, rows = [], 0.6, 0
    while rows == 0 and delay < 8:
        process = begin("import", marks, "--workspace", office, *FACTS)
        time.sleep(delay)
        process.kill()
        process.wait()
        rows = asked(office, RECORDS)[0]
        outcomes.append(rows)
        delay += 0.5
    assert set(outcomes) <= {0, 40_000}
    assert outcomes[0] == 0, "the first must be killed before its end, or nothing was tried"
    checked = run("check", "--workspace", office)
    assert checked.returncode == 0, checked.stdout
    again = run("import", marks, "--workspace", office, *FACTS)
    assert again.returncode == 0, again.stderr
    assert asked(office, RECORDS) == (40_000,)
    assert asked(office, "SELECT sum(rows) FROM web_lakefile") == (40_000,)
    whole = run("check", "--workspace", office)
    assert (whole.returncode, "holds" in whole.stdout) == (0, False)


def test_between_records_and_lake_a_kill_is_only_a_lake_that_is_behind(office, marks, run, begin, awaited):
    """The process is killed at the very moment at which the records are in."""
    process = begin("import", marks, "--workspace", office, *FACTS)
    assert awaited(lambda: asked(office, RECORDS)[0] > 0)
    process.kill()
    process.wait()
    assert asked(office, RECORDS) == (40_000,)
    checked = run("check", "--workspace", office)
    assert checked.returncode == 0, checked.stdout
    behind = not asked(office, "SELECT count(*) FROM web_lakefile")[0]
    assert ("The next import or calibration completes it." in checked.stdout) == behind
    again = run("import", marks, "--workspace", office, *FACTS)
    assert "This very file was imported before" in again.stdout
    assert asked(office, "SELECT sum(rows) FROM web_lakefile") == (40_000,)


@pytest.fixture
def measured(office, marks, run, tmp_path):
    """Give an office with some evidence and a current calibration."""
    few = tmp_path / "few.csv"
    few.write_text("".join(marks.read_text(encoding="utf-8").splitlines(keepends=True)[:4001]), encoding="utf-8")
    assert run("import", few, "--workspace", office, *FACTS).returncode == 0
    done = run("measure", "--workspace", office)
    assert done.returncode == 0, done.stderr
    return office


def test_a_calibration_that_is_killed_leaves_the_old_profiles(measured, run, halt):
    before = asked(measured, CURRENT), asked(measured, PROFILES)
    process = halt(0.1, "measure", "--workspace", measured)
    assert asked(measured, "SELECT count(*) FROM web_job WHERE state = 'running'") == (1,)
    process.kill()
    process.wait()
    assert (asked(measured, CURRENT), asked(measured, PROFILES)) == before
    assert run("check", "--workspace", measured).returncode == 0

    held = run("measure", "--workspace", measured)  # the one that fell still holds its lease
    assert held.returncode == 75, held.stdout
    assert "is being calibrated by another process" in held.stderr
    assert (asked(measured, CURRENT), asked(measured, PROFILES)) == before

    with closing(sqlite3.connect(measured / "records.sqlite3")) as database, database:
        database.execute("UPDATE web_job SET lease_until = '2020-01-01' WHERE state = 'running'")  # a minute goes by
    again = run("measure", "--workspace", measured)
    assert again.returncode == 0, again.stderr
    assert asked(measured, CURRENT) != before[0]
    assert asked(measured, PROFILES)[0] == before[1][0]
    assert run("check", "--workspace", measured).returncode == 0


@pytest.mark.parametrize("command", [("init",), ("demo", "--no-serve")], ids=["init", "demo"])
def test_a_workspace_that_was_killed_half_made_is_not_there_and_is_made_anew(command, tmp_path, run, begin, awaited):
    wanted, aside = tmp_path / "office", tmp_path / ".office.building"
    process = begin(*command, "--workspace", wanted)
    assert awaited(lambda: (aside / "records.sqlite3").exists())
    process.kill()
    process.wait()
    assert [path.name for path in tmp_path.iterdir()] == [".office.building"]
    (aside / "left").write_text("by the one that was killed")
    done = run("init", "--workspace", wanted)  # quicker than a demo, and made in the same way
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["office"]
    assert not (wanted / "left").exists()
    assert run("check", "--workspace", wanted).returncode == 0


@pytest.mark.parametrize("more", [0, 100_000, 500_000])
def test_an_import_on_a_disk_that_fills_is_one_sentence_and_leaves_nothing(office, marks, run, more):
    """The operating system's limit on the size of a file stands for the full disk."""
    most = (office / "records.sqlite3").stat().st_size + more
    limited = f"import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most})); "
    limited += "sys.argv[0] = 'yucai'; runpy.run_module('yucai.cli', run_name='__main__')"
    command = [sys.executable, "-c", limited, "--lang", "zh", "import", str(marks), "--workspace", str(office), *FACTS]
    full = subprocess.run(command, capture_output=True, text=True, timeout=120, env=clean_environment(PYTHONUTF8="1"))
    assert (full.returncode, full.stderr.splitlines()[-1]) == (
        74, "磁盘已满或无法写入。本次操作未记录任何内容，原有内容完好。请先腾出磁盘空间，再重做一次。",
    )  # fmt: skip
    assert asked(office, RECORDS) == (0,)
    assert run("check", "--workspace", office).returncode == 0
    again = run("import", marks, "--workspace", office, *FACTS)
    assert (again.returncode, asked(office, RECORDS)) == (0, (40_000,)), again.stderr
