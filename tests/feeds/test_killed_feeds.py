"""Workers killed in the middle of taking a feed in: all of it is in, or nothing, and it goes on by itself."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid

import pytest

from tests.feeds.lessons import HOME, PROFILE, answered
from tests.records.served import Office

KILLS = 6
LIST = "学号,姓名,班级\n" + "".join(f"{n:03d},学生{n:03d},一班\n" for n in range(60))
TAKE = "import sys; from yucai.cli import main; sys.exit(main())"


@pytest.fixture
def office(tmp_path):
    """A served store of a class of sixty, and a feed of it."""
    made = Office(tmp_path / "office")
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    (tmp_path / "quizzes.toml").write_text(PROFILE, encoding="utf-8")
    made.yucai("import", str(tmp_path / "list.csv"), "--template", "class-list", "--owner", "教务处")
    facts = ("--template", "responses", "--owner", "教务处")
    made.yucai("records", "add-feed", "s", "--home", HOME, "--profile", str(tmp_path / "quizzes.toml"), *facts)
    yield made
    made.close()


def sent(server, n):
    """Every learner answers one quiz."""
    told = [answered(f"{who:03d}", f"{n}", (who + n) % 11, id=str(uuid.uuid4())) for who in range(60)]
    assert server.ask("POST", "statements", told)[0] == 200
    return len(told)


def killed(office, after):
    """Take the feed in by a process that is killed after some time; give whether it got to its end."""
    command = [sys.executable, "-c", TAKE, "records", "feed", "xapi-s", "--workspace", str(office.folder)]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=office.env, start_new_session=True, **quiet)
    try:
        return process.wait(timeout=after) == 0
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return False


def test_a_kill_leaves_all_or_nothing_and_the_next_taking_in_is_whole(office):
    server, rng = office.serve(), random.Random(20260303)
    began = time.monotonic()
    assert office.yucai("records", "feed", "xapi-s", "--dry-run")
    whole = time.monotonic() - began
    expected, ended = 0, 0
    for n in range(KILLS):
        expected += sent(server, n)
        if killed(office, whole * rng.uniform(0.3, 1.3)):
            ended, whole = ended + 1, whole * 0.7  # the machine was slower when the time was taken
        told = json.loads(office.yucai("check", "--json"))
        assert told["faults"] == []
    done = json.loads(office.yucai("records", "feed", "xapi-s", "--json"))
    assert done["said"]["en"].startswith(f"{expected} statements:")
    again = json.loads(office.yucai("records", "feed", "xapi-s", "--json"))
    assert again["number"] == 0
    assert json.loads(office.yucai("check", "--json"))["faults"] == []
    measured = json.loads(office.yucai("measure", "--dry-run", "--json"))
    assert measured["responses"] == expected
    assert ended < KILLS  # some were killed before their end
