"""Mapped statements as a table like that of a file: its rows, its places, its report, and the names of activities."""

from datetime import UTC, datetime

import pytest

from yucai.evidence import (
    ActivityNames,
    LearnerNumbers,
    load_statement_profile,
    load_statement_profiles,
    read_statement_profile,
    responses_from,
    responses_from_statements,
    statement_profile_text,
    table_of_statements,
)

HOME = "https://lms.example.edu"
AT = datetime(2026, 3, 10, tzinfo=UTC)
LEARNERS = LearnerNumbers(home_pages=frozenset({HOME}))


def told(n, who, verb, thing, *, result=None, name=None):
    statement = {
        "id": f"00000000-0000-4000-8000-{n:012d}",
        "actor": {"account": {"homePage": HOME, "name": who}},
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"},
        "object": {"id": f"{HOME}/{thing}"},
        "timestamp": "2026-03-02T08:00:00Z",
    }
    if name:
        statement["object"]["definition"] = {"name": name}
    return statement if result is None else {**statement, "result": result}


def tabled(statements, code="generic"):
    found = responses_from_statements(statements, load_statement_profile(code), learners=LEARNERS)
    return found, table_of_statements(found, file="Moodle", sha256="f" * 64, at=AT)


def test_the_scores_of_the_table_are_the_responses_of_the_statements():
    statements = [told(n, f"{n:02d}", "answered", "q/1", result={"score": {"raw": n, "max": 9}}) for n in range(5)]
    found, reading = tabled([*statements, told(9, "01", "liked", "q/1")])
    back = responses_from(reading).responses.table
    columns = ["learner", "item", "score", "max_score", "occasion", "at"]
    assert back.select(columns).equals(found.responses.table.select(columns))
    assert back["source_sheet"].to_list() == [one["id"] for one in statements]
    assert set(back["source_file"]) == {"Moodle"}
    assert (reading.report.read_count, reading.report.kept_count) == (5, 5)
    assert [notice.code for notice in reading.report.notices] == ["no-rule"]


OWN = r"""
code = "robots"
version = "1"
source = "robots"
attempt = "first"
name = { en = "Robots", zh = "机器人" }
about = { en = "Robots.", zh = "机器人。" }

[[verbs]]
ids = ["http://adlnet.gov/expapi/verbs/answered"]
gives = "response"

[[also]]
extension = "https://lms.example.edu/on-time"
pattern = '(.+)'
written = '\1/on-time'
"""


def test_several_scores_of_one_statement_have_places_of_their_own():
    result = {"score": {"raw": 1, "max": 2}, "extensions": {f"{HOME}/on-time": True}}
    statement = told(1, "01", "answered", "q/1", result=result)
    found = responses_from_statements([statement], read_statement_profile(OWN), learners=LEARNERS)
    reading = table_of_statements(found, file="x", sha256="0" * 64, at=AT)
    places = reading.table.select("item", "source_sheet", "source_row").rows()
    assert places == [(f"{HOME}/q/1", statement["id"], 1), (f"{HOME}/q/1/on-time", statement["id"], 2)]


def test_no_score_at_all_is_an_empty_table_with_all_columns():
    _, reading = tabled([])
    _, other = tabled([told(1, "01", "answered", "q/1", result={"score": {"raw": 1, "max": 9}})])
    assert reading.table.is_empty()
    assert reading.table.schema == other.table.schema
    assert reading.report.kept_count == 0


@pytest.mark.parametrize(
    ("name", "en", "zh"),
    [
        ({"en-US": "Optics", "zh-CN": "光学"}, "Optics", "光学"),
        ({"und": "Optik"}, "Optik", "Optik"),
        ({"zh": "光学"}, "光学", "光学"),
        ({"de": "Optik", "en-GB": "Optics", "en-US": "Optics (US)"}, "Optics", "Optik"),
    ],
)
def test_an_activity_is_called_as_it_was_said(name, en, zh):
    names = ActivityNames(load_statement_profile("generic"))
    names.note(told(1, "01", "answered", "q/1", name=name))
    found = names.name_of(f"{HOME}/q/1")
    assert (found.en, found.zh) == (en, zh)
    passed = names.name_of(f"{HOME}/q/1/success")
    assert (passed.en, passed.zh) == (f"{en} (passed or not)", f"{zh}（是否通过）")


def test_what_was_never_named_has_no_name_and_other_things_than_activities_are_passed_over():
    names = ActivityNames(load_statement_profile("generic"))
    names.note(told(1, "01", "answered", "q/1"))
    names.note({**told(2, "01", "voided", "x"), "object": {"objectType": "StatementRef", "id": "x"}})
    assert names.name_of(f"{HOME}/q/1") is None
    assert names.name_of(f"{HOME}/q/1/success") is None


def test_the_text_of_every_shipped_profile_is_that_profile():
    for code, profile in load_statement_profiles().items():
        read = read_statement_profile(statement_profile_text(code))
        assert (read.code, read.version, dict(read.verbs)) == (code, profile.version, dict(profile.verbs))
