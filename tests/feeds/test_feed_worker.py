"""The worker of a workspace takes a feed in by itself, in a process of its own."""

import json
import subprocess
import sys
import time

import pytest

from tests.feeds.lessons import HOME, PROFILE, answered
from tests.records.served import CLI, Office, kill

SECONDS = 300
LATER = """
import django
django.setup()
from django.db.models import F
from yucai.web.records.models import RecordCursor, StatementRow
ago = (20 * 60 * 1_000_000) << 11
StatementRow.objects.update(seq=F("seq") - ago)
RecordCursor.objects.update(seq=F("seq") - ago)
"""


@pytest.fixture
def office(tmp_path):
    """A served store whose feed was taken in once."""
    made = Office(tmp_path / "office")
    (tmp_path / "list.csv").write_text("学号,姓名,班级\n01,张三,一班\n02,李四,一班\n", encoding="utf-8")
    (tmp_path / "quizzes.toml").write_text(PROFILE, encoding="utf-8")
    made.yucai("import", str(tmp_path / "list.csv"), "--template", "class-list", "--owner", "教务处")
    facts = ("--template", "responses", "--owner", "教务处")
    made.yucai("records", "add-feed", "s", "--home", HOME, "--profile", str(tmp_path / "quizzes.toml"), *facts)
    yield made
    made.close()


def responses(office):
    return json.loads(office.yucai("measure", "--dry-run", "--json"))["responses"]


def test_what_came_a_while_ago_is_taken_in_by_the_worker(office):
    server = office.serve()
    assert server.ask("POST", "statements", [answered("01", "1", 7)])[0] == 200
    office.yucai("records", "feed", "xapi-s")
    assert server.ask("POST", "statements", [answered("02", "1", 5)])[0] == 200
    server.kill()
    subprocess.run([sys.executable, "-c", LATER], env=office.env, check=True)  # twenty minutes go by
    assert responses(office) == 1
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-c", CLI, "work", "--workspace", str(office.folder)]
    worker = subprocess.Popen(command, env=office.env, start_new_session=True, **quiet)
    try:
        deadline = time.monotonic() + SECONDS
        while responses(office) < 2:
            assert time.monotonic() < deadline, "the worker took nothing in"
            time.sleep(1)
    finally:
        kill(worker)
    assert json.loads(office.yucai("check", "--json"))["faults"] == []
