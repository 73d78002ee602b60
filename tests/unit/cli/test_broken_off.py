"""Commands that are killed in the middle leave all or nothing, and can be run again."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from tests.unit.cli.running import command_of, environment, yucai

ROWS = 10_000
MOMENTS = 4


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    folder = tmp_path_factory.mktemp("broken-off") / "office"
    assert yucai("init", "--workspace", folder, "--name", "学院").returncode == 0
    return folder


def big_file(folder, name):
    """Write 10,000 scores of 500 learners that no other file holds."""
    lines = [f"{name}-{n // 20},exam/course-{n % 20},{n % 101},100" for n in range(ROWS)]
    file = folder / f"{name}.csv"
    file.write_text("learner,item,score,max_score\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return file


def killed_after(seconds, *arguments):
    """Start a command and kill it, as a power cut would; give whether it had ended by then."""
    started = subprocess.Popen(
        command_of(*arguments), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        started.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        started.send_signal(signal.SIGKILL)
        started.wait()
        return False
    return True


def records_of(office, name):
    with sqlite3.connect(office / "records.sqlite3") as records:
        [(n,)] = records.execute(
            "SELECT count(*) FROM web_evidencerecord e JOIN web_person p ON p.id = e.person_id WHERE p.code LIKE ?",
            (f"{name}-%",),
        )
    records.close()
    return n


def profiles_of(office):
    with sqlite3.connect(office / "records.sqlite3") as records:
        found = records.execute("SELECT run_id, count(*) FROM web_profilerow GROUP BY run_id").fetchall()
    records.close()
    return found


def test_an_import_that_is_killed_leaves_all_or_nothing_and_goes_in_again(office, tmp_path):
    began = time.monotonic()
    assert yucai("import", big_file(tmp_path, "whole"), "--workspace", office).returncode == 0
    whole = time.monotonic() - began
    outcomes = []
    for moment in range(MOMENTS):
        name = f"cut{moment}"
        file = big_file(tmp_path, name)
        ended = killed_after(whole * (0.35 + 0.6 * moment / (MOMENTS - 1)), "import", file, "--workspace", office)
        there = records_of(office, name)
        assert there in (0, ROWS)
        assert yucai("check", "--workspace", office).returncode == 0
        again = yucai("import", file, "--workspace", office)
        assert again.returncode == 0, again.stderr
        assert ("无需改动" in again.stdout) == (there == ROWS)
        assert records_of(office, name) == ROWS
        outcomes.append((ended, there))
    assert any(not ended for ended, _ in outcomes)  # it was really killed in the middle
    assert yucai("check", "--workspace", office).returncode == 0


def graded(folder, name, *, bonus=0):
    """Write 4,000 grades of 200 learners as an office has them."""
    rows = [f"{name}-{n // 20},课程{n % 20},2025-2026-1,{min(100, n % 90 + bonus)}" for n in range(4_000)]
    file = folder / f"{name}-{bonus}.csv"
    file.write_text("学号,课程名,学年学期,成绩\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return file


def scored(office, name):
    """How many current scores there are, and their sum."""
    with sqlite3.connect(office / "records.sqlite3") as records:
        [found] = records.execute(
            "SELECT count(*), coalesce(sum(e.score), 0) FROM web_evidencerecord e JOIN web_person p"
            " ON p.id = e.person_id WHERE p.code LIKE ? AND e.replaced_by_id IS NULL",
            (f"{name}-%",),
        )
    records.close()
    return found


def test_a_correction_and_its_undo_that_are_killed_are_whole_or_not_there(office, tmp_path):
    facts = ("--workspace", office, "--template", "grades", "--owner", "教务处")
    began = time.monotonic()
    first = yucai("import", graded(tmp_path, "desk"), *facts, "--json")
    whole = time.monotonic() - began
    number, before = json.loads(first.stdout)["number"], scored(office, "desk")
    fixed = graded(tmp_path, "desk", bonus=1)
    after = (4_000, before[1] + 4_000)
    outcomes = []
    for share in (0.7, 0.9):
        outcomes.append(killed_after(whole * share, "import", fixed, *facts, "--corrects", number))
        assert scored(office, "desk") in (before, after)
        assert yucai("check", "--workspace", office).returncode == 0
    yucai("import", fixed, *facts, "--corrects", number)
    assert scored(office, "desk") == after
    for share in (0.4, 0.7):
        outcomes.append(killed_after(whole * share, "import", "--undo", number + 1, "--workspace", office))
        assert scored(office, "desk") in (before, after)
        assert yucai("check", "--workspace", office).returncode == 0
    yucai("import", "--undo", number + 1, "--workspace", office)
    assert scored(office, "desk") == before
    assert not all(outcomes)  # it was really killed in the middle
    assert yucai("check", "--workspace", office).returncode == 0


def test_a_calibration_that_is_killed_leaves_the_old_profiles(office):
    began = time.monotonic()
    assert yucai("measure", "--workspace", office).returncode == 0
    whole = time.monotonic() - began
    before = profiles_of(office)
    assert len(before) == 1
    assert not killed_after(whole * 0.6, "measure", "--workspace", office)
    assert profiles_of(office) == before
    assert yucai("check", "--workspace", office).returncode == 0
    waits = yucai("measure", "--workspace", office)
    assert (waits.returncode, "正由另一个进程标定" in waits.stderr) == (75, True)
    with sqlite3.connect(office / "records.sqlite3") as records:  # the minute that its worker had is over
        records.execute("UPDATE web_job SET lease_until = '2026-01-01 00:00:00' WHERE state = 'running'")
    records.close()
    assert yucai("measure", "--workspace", office).returncode == 0
    assert [n for _run, n in profiles_of(office)] == [n for _run, n in before]


def test_a_workspace_whose_making_was_killed_is_made_anew(tmp_path):
    began = time.monotonic()
    assert yucai("init", "--workspace", tmp_path / "first").returncode == 0
    whole = time.monotonic() - began
    for share in (0.5, 0.7, 0.9):
        place = tmp_path / f"office-{share}"
        if not killed_after(whole * share, "init", "--workspace", place):
            assert not place.exists()
            assert yucai("init", "--workspace", place).returncode == 0
        assert yucai("check", "--workspace", place).returncode == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def of_this_folder(folder):
    """The processes whose command or environment names the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            said = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:  # it ended meanwhile
            continue
        if os.fsencode(folder) in said and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


def test_serving_ends_with_all_its_processes(office, tmp_path):
    folder = tmp_path / "served"
    shutil.copytree(office, folder)
    serving = subprocess.Popen(
        command_of("serve", "--workspace", folder, "--port", free_port()), env=environment(),
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert "http://127.0.0.1:" in serving.stderr.readline()
        assert len(of_this_folder(folder)) >= 3  # what was started, the server, the worker
        serving.terminate()
        serving.wait(timeout=30)
    finally:
        serving.kill()
        serving.wait()
        serving.stderr.close()
    limit = time.monotonic() + 10
    while of_this_folder(folder) and time.monotonic() < limit:
        time.sleep(0.1)
    assert of_this_folder(folder) == []


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
