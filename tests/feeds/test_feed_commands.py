"""Feeds by command: declared, looked at and taken in; what is wrong is said in one sentence each."""

import json
import subprocess
import sys

import pytest

from tests.feeds.lessons import HOME, PROFILE, answered
from tests.records.served import CLI, Office

FACTS = ("--template", "responses", "--owner", "教务处")


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    folder = tmp_path_factory.mktemp("feeds")
    made = Office(folder / "office")
    (folder / "list.csv").write_text("学号,姓名,班级\n01,张三,一班\n", encoding="utf-8")
    (folder / "quizzes.toml").write_text(PROFILE, encoding="utf-8")
    (folder / "wrong.toml").write_text("code = 1\nattempt = 'worst'\n", encoding="utf-8")
    made.yucai("import", str(folder / "list.csv"), "--template", "class-list", "--owner", "教务处")
    made.files = folder
    yield made
    made.close()


def refused(office, *arguments):
    """Run a command that is refused; give its exit code and what it said."""
    command = [sys.executable, "-c", CLI, "records", *arguments, "--workspace", str(office.folder), "--lang", "en"]
    done = subprocess.run(command, env=office.env, capture_output=True, text=True)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("add-feed", "nowhere", "--home", HOME, *FACTS), 64, "There is no record store “nowhere”"),
        (("add-feed", "s", *FACTS), 65, "nothing says whose the statements are"),
        (("add-feed", "s", "--home", HOME), 65, "no owner is named"),
        (("add-feed", "s", "--home", HOME, "--profile", "none", *FACTS), 64, "no profile of statements called “none”"),
        (("add-feed", "s", "--home", HOME, "--profile", "none.toml", *FACTS), 66, "There is no file"),
        (("feed", "xapi-none"), 64, "There is no feed “xapi-none” in this space."),
    ],
)
def test_what_is_wrong_is_said(office, arguments, code, said):
    found, told = refused(office, *arguments)
    assert found == code
    assert said in told
    assert "Traceback" not in told


def test_all_that_is_wrong_with_a_profile_is_said_at_once(office):
    code, told = refused(office, "add-feed", "s", "--home", HOME, "--profile", str(office.files / "wrong.toml"), *FACTS)
    assert code == 65
    for said in ("“verbs” is missing", "“version” is missing", "this must be one of"):
        assert said in told


def test_a_feed_is_declared_tried_and_taken_in(office):
    server, profile = office.serve(), str(office.files / "quizzes.toml")
    assert server.ask("POST", "statements", [answered("01", "1", 7), answered("77", "1", 7)])[0] == 200
    declare = ("records", "add-feed", "s", "--tool", "Moodle", "--home", HOME, "--profile", profile, *FACTS)
    tried = json.loads(office.yucai(*declare, "--dry-run", "--json"))
    assert (tried["feed"], tried["dry_run"]) == ("xapi-s", True)
    assert "yucai records feed xapi-s" in office.yucai(*declare, "--lang", "en")
    looked = office.yucai("records", "feed", "xapi-s", "--dry-run", "--lang", "zh")
    assert "2 条陈述：将新增得分 1 个" in looked
    assert "未声明对应学习者的主体" in looked
    taken = office.yucai("records", "feed", "xapi-s", "--lang", "en")
    assert "2 statements: 1 score new" in taken
    assert json.loads(office.yucai("measure", "--dry-run", "--json"))["responses"] == 1
