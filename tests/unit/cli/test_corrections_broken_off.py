"""A correction and its undo that are killed in the middle are whole or not there."""

import json
import signal
import sqlite3
import subprocess
import time

import pytest

from tests.unit.cli.conftest import clean_environment
from tests.unit.cli.running import command_of, yucai


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    folder = tmp_path_factory.mktemp("broken-off") / "office"
    assert yucai("init", "--workspace", folder, "--name", "学院").returncode == 0
    return folder


def killed_after(seconds, *arguments):
    """Start a command and kill it, as a power cut would; give whether it had ended by then."""
    started = subprocess.Popen(
        command_of(*arguments), env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        started.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        started.send_signal(signal.SIGKILL)
        started.wait()
        return False
    return True


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
        whole *= 0.5 if outcomes[-1] else 1.0  # the machine was slower when the time was taken
        assert scored(office, "desk") in (before, after)
        assert yucai("check", "--workspace", office).returncode == 0
    yucai("import", fixed, *facts, "--corrects", number)
    assert scored(office, "desk") == after
    for share in (0.4, 0.7):
        outcomes.append(killed_after(whole * share, "import", "--undo", number + 1, "--workspace", office))
        whole *= 0.5 if outcomes[-1] else 1.0
        assert scored(office, "desk") in (before, after)
        assert yucai("check", "--workspace", office).returncode == 0
    yucai("import", "--undo", number + 1, "--workspace", office)
    assert scored(office, "desk") == before
    assert not all(outcomes)  # it was really killed in the middle
    assert yucai("check", "--workspace", office).returncode == 0
