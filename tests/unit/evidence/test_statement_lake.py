"""Statements as rows: every column says what the statement says, and the statement itself stays beside."""

import datetime
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yucai.evidence import STATEMENT_LAKE, STATEMENTS, open_lake, statement_table, write_part
from yucai.evidence.statement_lake import duration_seconds

OWN = "11111111-2222-4333-8444-555555555555"


def kept(**more):
    """Return a statement as a store keeps it."""
    return {
        "id": OWN,
        "actor": {"account": {"homePage": "https://lms.example.edu", "name": "20250012"}, "name": "林"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
        "object": {"id": "https://lms.example.edu/quiz/7"},
        "timestamp": "2026-03-31T09:30:00+08:00",
        "stored": "2026-03-31T01:30:01.250000Z",
        "authority": {"mbox": "mailto:lms@Example.edu"},
        "version": "2.0.0",
        **more,
    }


def row(**more):
    return statement_table([(7, json.dumps(kept(**more), ensure_ascii=False).encode())], store="s").row(0, named=True)


def utc(*parts):
    return datetime.datetime(*parts, tzinfo=datetime.UTC)


def test_what_every_statement_has():
    found = row()
    assert {name: value for name, value in found.items() if value not in (None, [])} == {
        "store": "s",
        "seq": 7,
        "id": OWN,
        "stored": utc(2026, 3, 31, 1, 30, 1, 250_000),
        "timestamp": utc(2026, 3, 31, 1, 30),
        "actor": 'account:["https://lms.example.edu","20250012"]',
        "account_home": "https://lms.example.edu",
        "account_name": "20250012",
        "verb": "http://adlnet.gov/expapi/verbs/answered",
        "object_kind": "Activity",
        "object": "https://lms.example.edu/quiz/7",
        "voids": False,
        "authority": "mbox:mailto:lms@example.edu",
        "body": json.dumps(kept(), ensure_ascii=False),
    }


def test_context_and_result():
    found = row(
        object={"id": "https://x.y/q", "definition": {"type": "http://adlnet.gov/expapi/activities/cmi.interaction"}},
        context={
            "registration": "AAAAAAAA-2222-4333-8444-555555555555",
            "platform": "Moodle",
            "language": "zh-CN",
            "contextActivities": {
                "parent": [{"id": "https://x.y/quiz"}],
                "grouping": [{"id": "https://x.y/course"}, {"id": "https://x.y/site"}],
                "category": [{"id": "https://w3id.org/xapi/cmi5"}],
                "other": [{"id": "https://x.y/other"}],
            },
        },
        result={
            "score": {"scaled": 0.75, "raw": 3, "min": 0, "max": 4},
            "success": True,
            "completion": False,
            "response": "b[,]c",
            "duration": "PT1M30.5S",
        },
    )
    wanted = {
        "activity_type": "http://adlnet.gov/expapi/activities/cmi.interaction",
        "registration": "aaaaaaaa-2222-4333-8444-555555555555",
        "platform": "Moodle",
        "language": "zh-CN",
        "parent": ["https://x.y/quiz"],
        "grouping": ["https://x.y/course", "https://x.y/site"],
        "category": ["https://w3id.org/xapi/cmi5"],
        "other": ["https://x.y/other"],
        "score_scaled": 0.75,
        "score_raw": 3.0,
        "score_min": 0.0,
        "score_max": 4.0,
        "success": True,
        "completion": False,
        "response": "b[,]c",
        "duration": 90.5,
    }
    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("thing", "kind", "key", "target", "voids"),
    [
        ({"objectType": "StatementRef", "id": OWN.upper()}, "StatementRef", OWN, OWN, True),
        ({"objectType": "Agent", "mbox": "mailto:a@B.c"}, "Agent", "mbox:mailto:a@b.c", None, False),
        (
            {"objectType": "Group", "member": [{"openid": "https://x.y/a"}]},
            "Group",
            'group:["openid:https://x.y/a"]',
            None,
            False,
        ),
        (
            {
                "objectType": "SubStatement",
                "actor": {"mbox": "mailto:a@b.c"},
                "verb": {"id": "http://x.y/v"},
                "object": {"id": "http://x.y/o"},
            },
            "SubStatement",
            "http://x.y/o",
            None,
            False,
        ),
    ],
)
def test_what_it_is_about(thing, kind, key, target, voids):
    found = row(object=thing, verb={"id": "http://adlnet.gov/expapi/verbs/voided"})
    assert (found["object_kind"], found["object"], found["target"], found["voids"]) == (kind, key, target, voids)


def test_a_mail_address_stands_alone_too():
    found = row(actor={"mbox": "mailto:Lin@Example.edu"})
    assert (found["actor"], found["mbox"]) == ("mbox:mailto:Lin@example.edu", "Lin@Example.edu")
    assert (found["account_home"], found["account_name"]) == (None, None)


def test_what_no_engine_can_hold_stays_in_the_body():
    found = row(result={"score": {"raw": 10**400}, "duration": "P1Y"}, timestamp="9999-12-31T23:59:59-10:00")
    assert (found["score_raw"], found["duration"]) == (None, None)
    assert found["timestamp"] == found["stored"]  # as the store itself files it
    assert json.loads(found["body"])["result"]["score"]["raw"] == 10**400


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT0S", 0.0),
        ("P2W", 1_209_600.0),
        ("P1DT1H1M1S", 90_061.0),
        ("PT1,5H", 5_400.0),
        ("P1M", None),
        ("P1Y2D", None),
        ("one hour", None),
    ],
)
def test_durations(text, seconds):
    assert duration_seconds(text) == seconds


def test_every_column_has_a_meaning_in_both_languages():
    assert all(column.meaning.en and column.meaning.zh for column in STATEMENTS.columns)
    assert {column.name: column.unit for column in STATEMENTS.columns if column.unit} == {
        "score_raw": "points",
        "score_min": "points",
        "score_max": "points",
        "duration": "s",
    }


def test_a_file_gives_back_what_was_written(tmp_path):
    bodies = [json.dumps(kept(result={"response": text})).encode() for text in ("", "a\0b", "深圳", "𠮷", "\u2028")]
    table = statement_table(enumerate(bodies, start=1), store="s")
    part = write_part(table, tmp_path, period="2026-03", dataset=STATEMENT_LAKE)
    assert (part.rows, part.first_record, part.last_record, part.schema_version) == (5, 1, 5, 1)
    again = STATEMENTS.check(open_lake(tmp_path, [part], dataset=STATEMENT_LAKE).order_by("seq").to_polars())
    assert again.equals(table)
    assert again["body"].to_list() == [body.decode() for body in bodies]


def test_no_statements_are_an_empty_table(tmp_path):
    assert statement_table([], store="s").equals(STATEMENTS.empty())
    table = open_lake(tmp_path, [], dataset=STATEMENT_LAKE)
    assert STATEMENTS.check(table.to_polars()).equals(STATEMENTS.empty())


@given(st.text(max_size=20), st.floats(-1, 1))
def test_any_text_and_score_come_through(text, scaled):
    body = json.dumps(kept(result={"response": text, "score": {"scaled": scaled}}), ensure_ascii=False).encode()
    table = statement_table([(1, body)], store="s")
    assert table.select("response", "score_scaled", "body").row(0) == (text, scaled, body.decode())
