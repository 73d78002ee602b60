"""Profiles of statements as packs: those that ship, and what is said of one that is wrong."""

import pytest

from yucai.errors import FaultyInputError
from yucai.evidence import (
    Attempt,
    UnknownStatementProfileError,
    load_statement_profile,
    load_statement_profiles,
    read_statement_profile,
)

PACK = """
code = "own"
version = "1"
source = "xAPI of our robots"
attempt = "best"
name = { en = "Robots", zh = "机器人" }
about = { en = "What robots tell.", zh = "机器人的记录。" }

[[verbs]]
ids = ["http://example.org/built"]
gives = "response"
"""


def test_the_shipped_profiles_are_these_and_say_which_attempt_counts():
    assert {code: profile.attempt for code, profile in load_statement_profiles().items()} == {
        "clicks": Attempt.FIRST,
        "cmi5": Attempt.LAST,
        "generic": Attempt.FIRST,
        "h5p": Attempt.FIRST,
        "moodle": Attempt.FIRST,
        "openedx": Attempt.FIRST,
        "oulad": Attempt.FIRST,
    }
    assert all(code == profile.code and profile.verbs for code, profile in load_statement_profiles().items())


def test_an_unknown_profile_is_refused_with_those_there_are():
    with pytest.raises(UnknownStatementProfileError) as refused:
        load_statement_profile("scorm")
    assert "“scorm”" in refused.value.in_language("en")
    assert "clicks, cmi5, generic, h5p, moodle, openedx, oulad" in refused.value.in_language("zh")


def test_a_school_writes_its_own():
    profile = read_statement_profile(PACK)
    assert (profile.code, profile.attempt, profile.name.zh) == ("own", Attempt.BEST, "机器人")
    assert list(profile.verbs) == ["http://example.org/built"]


def faults_of(text):
    with pytest.raises(FaultyInputError) as refused:
        read_statement_profile(text, name="own.toml")
    assert refused.value.in_language("zh") != refused.value.in_language("en")
    return {(fault.where, fault.code) for fault in refused.value.faults}


def test_all_that_is_wrong_with_a_pack_is_told_at_once():
    text = """
code = " "
attempt = "middle"
name = { en = "Robots" }
about = "robots"
verb = 1
leaves_out_sums = "yes"
occasion = { from = "moon", pattern = "(" , written = "x" }
item = { pattern = "a" }

[[verbs]]
ids = []
gives = "points"

[[verbs]]
ids = ["http://example.org/a", "http://example.org/a"]
gives = "event"
success = 1

[[also]]
extension = "http://example.org/e"
pattern = "(a)"
written = "\\\\2"

[session]
defined = "http://example.org/c"
"""
    found = faults_of(text)
    assert found >= {
        ("", "missing"),
        ("", "unknown"),
        ("code", "not-a-text"),
        ("attempt", "not-one-of"),
        ("name", "not-both"),
        ("about", "not-both"),
        ("leaves_out_sums", "not-a-flag"),
        ("occasion.from", "not-one-of"),
        ("occasion", "no-pattern"),
        ("item", "missing"),
        ("verbs[0].gives", "not-one-of"),
        ("verbs[0].ids", "not-a-text"),
        ("verbs[1]", "twice"),
        ("verbs[1].success", "not-a-flag"),
        ("also[0]", "no-pattern"),
        ("session", "missing"),
    }


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("code = ", ("", "not-toml")),
        (PACK + '[item]\npattern = "(?P<a>.)(.)"\nwritten = "\\\\g<b>"', ("item", "no-pattern")),
        (PACK + "verbs = 3", ("verbs[0]", "unknown")),
        (PACK.partition("[[")[0] + "verbs = [3]", ("verbs[0]", "not-a-table")),
        (PACK.partition("[[")[0] + "verbs = []\nalso = [3]", ("also[0]", "not-a-table")),
        (PACK.partition("[[")[0] + "verbs = []\nitem = 3", ("item", "not-a-table")),
    ],
)
def test_a_pack_that_is_no_pack_is_refused(text, fault):
    assert fault in faults_of(text)


def test_a_name_that_would_vanish_stays_as_it_is():
    profile = read_statement_profile(PACK + '[item]\npattern = "http://example.org/(.*)"\nwritten = "\\\\1"')
    assert profile.item_name.apply("http://example.org/robot") == "robot"
    assert profile.item_name.apply("http://example.org/") == "http://example.org/"
    assert profile.item_name.apply("http://example.com/robot") == "http://example.com/robot"
