"""What a store adds, and the forms in which statements are given back."""

import json
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.evidence.statements.making import (
    ACCOUNT,
    AGENT,
    ANSWERED,
    MINIMAL,
    NAMELESS,
    PLANNED,
    QUESTION,
    REF,
    TEAM,
    UUID,
    V1,
    V2,
    at,
    statements,
)
from yucai.evidence import canonical, equivalent, ids_only, stamped, statement_faults

STORED = datetime(2026, 11, 26, 10, 0, 0, 123456, UTC)
STAMP = {"id": UUID, "stored": STORED, "authority": ACCOUNT, "version": V1}


def as_bytes(value):
    return json.dumps(value).encode()


def test_what_is_added_stands_behind_the_very_bytes_that_came():
    raw = b'{ "verb" :{"id":"http:\\/\\/example.org/did"},\n "actor":{"mbox":"mailto:a@b"},'
    raw += b'"object":{"id":"urn:x"},"result":{"score":{"raw":1.10}} }'
    kept = stamped(raw, **STAMP)
    assert kept.startswith(raw[:-1])
    assert kept[len(raw) - 1 :] == (
        b',"id":"8f87ccde-bb56-4c2e-ab83-44982ef22df0","version":"1.0.0","timestamp":"2026-11-26T10:00:00.123456Z",'
        b'"stored":"2026-11-26T10:00:00.123456Z",'
        b'"authority":{"account":{"homePage":"https://lms.example.edu","name":"2025000012"}}}'
    )


def test_what_the_client_said_stays_but_for_stored_and_authority():
    sent = {**ANSWERED, "stored": "2011-07-15T00:00:00Z", "version": "1.0.1"}
    kept = json.loads(stamped(as_bytes(sent), **STAMP))
    assert (kept["id"], kept["timestamp"], kept["version"]) == (sent["id"], sent["timestamp"], "1.0.1")
    assert (kept["stored"], kept["authority"]) == ("2026-11-26T10:00:00.123456Z", ACCOUNT)


def test_a_trusted_client_keeps_its_authority():
    kept = json.loads(stamped(as_bytes(ANSWERED), **{**STAMP, "authority": None}))
    assert kept["authority"] == AGENT
    assert "authority" not in json.loads(stamped(as_bytes(MINIMAL), **{**STAMP, "authority": None}))


def test_a_timestamp_may_be_given():
    kept = json.loads(stamped(as_bytes(MINIMAL), **STAMP, timestamp="2026-01-01T00:00:00Z"))
    assert kept["timestamp"] == "2026-01-01T00:00:00Z"


def test_version_two_keeps_timestamps_in_utc_and_all_other_bytes():
    local = "2026-11-26T17:30:00.5+08:00"
    planned = {**PLANNED["object"], "timestamp": local}
    raw = b'{ "timestamp":"2026-11-26T04:30-05:00", "result":{"score":{"raw":1.50}},' + as_bytes(
        {**PLANNED, "object": planned}
    ).lstrip(b"{")
    kept = stamped(raw, id=UUID, stored=STORED, authority=AGENT, version=V2)
    assert b'{"score":{"raw":1.50}}' in kept
    value = json.loads(kept)
    assert (value["timestamp"], value["object"]["timestamp"]) == ("2026-11-26T09:30:00Z", "2026-11-26T09:30:00.5Z")
    assert equivalent(value, json.loads(raw))
    older = json.loads(stamped(raw, id=UUID, stored=STORED, authority=AGENT, version=V1))
    assert (older["timestamp"], older["object"]["timestamp"]) == ("2026-11-26T04:30-05:00", local)


@pytest.mark.parametrize(("base", "before"), [(ANSWERED, ()), (PLANNED, ("object",))])
def test_a_single_context_activity_becomes_an_array_of_one(base, before):
    kept = json.loads(stamped(as_bytes(base), **STAMP))
    expected = base
    for name in before:
        kept, expected = kept[name], expected[name]
    assert kept["context"]["contextActivities"] == {
        "parent": [{"id": "https://lms.example.edu/quiz/7"}],
        "grouping": [{"id": "https://lms.example.edu/course/3"}],
    }
    assert kept["result"] == expected["result"]


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    st.sampled_from([V1, V2]).flatmap(lambda version: st.tuples(st.just(version), statements(version))), st.booleans()
)
def test_stamping_keeps_every_value_and_leaves_a_good_and_equal_statement(made, spaced):
    version, statement = made
    raw = json.dumps(statement, indent=1).encode() if spaced else msgspec.json.encode(statement)
    kept = stamped(raw, id=UUID, stored=STORED, authority=AGENT, version=version)
    value = json.loads(kept)
    assert statement_faults(value, version=version) == ()
    assert equivalent(value, statement)
    assert "timestamp" in statement or value["timestamp"] == value["stored"]
    before, after = (msgspec.json.decode(each, type=dict[str, msgspec.Raw]) for each in (raw, kept))
    for name in statement.keys() - {"stored", "authority", "context", "object", *(("timestamp",) * (version is V2))}:
        assert before[name] == after[name]
    again = stamped(kept, id="other", stored=STORED, authority=AGENT, version=version)
    assert json.loads(again) == value


# ids


def ids(statement):
    return json.loads(ids_only(as_bytes(statement)))


def test_ids_are_all_that_is_left_of_people_verbs_and_activities():
    bare = ids({**ANSWERED, "actor": NAMELESS})
    assert bare["actor"] == {
        "objectType": "Group",
        "member": [{"objectType": "Agent", "mbox": AGENT["mbox"]}, ACCOUNT],
    }
    assert bare["verb"] == {"id": ANSWERED["verb"]["id"]}
    assert bare["object"] == {"id": QUESTION["id"]}
    assert bare["context"]["team"] == {"objectType": "Group", "openid": TEAM["openid"]}
    assert bare["context"]["instructor"] == ACCOUNT
    assert bare["context"]["contextActivities"]["grouping"] == [{"id": "https://lms.example.edu/course/3"}]
    assert bare["authority"] == {"objectType": "Agent", "mbox": AGENT["mbox"]}
    for name in ("id", "result", "timestamp", "attachments"):
        assert bare[name] == ANSWERED[name]
    for name in ("registration", "language", "statement", "extensions"):
        assert bare["context"][name] == ANSWERED["context"][name]


def test_ids_reach_into_a_substatement_and_into_what_version_two_adds():
    bare = ids(PLANNED)["object"]
    assert (bare["objectType"], bare["object"], bare["verb"]) == (
        "SubStatement",
        {"id": QUESTION["id"]},
        {"id": ANSWERED["verb"]["id"]},
    )
    context = {
        "contextAgents": [{"objectType": "contextAgent", "agent": AGENT, "relevantTypes": ["urn:x"]}],
        "contextGroups": [{"objectType": "contextGroup", "group": TEAM}],
    }
    assert ids({**MINIMAL, "context": context})["context"] == {
        "contextAgents": [
            {
                "objectType": "contextAgent",
                "agent": {"objectType": "Agent", "mbox": AGENT["mbox"]},
                "relevantTypes": ["urn:x"],
            }
        ],
        "contextGroups": [{"objectType": "contextGroup", "group": {"objectType": "Group", "openid": TEAM["openid"]}}],
    }


@pytest.mark.parametrize(("thing", "bare"), [(TEAM, {"objectType": "Group", "openid": TEAM["openid"]}), (REF, REF)])
def test_ids_of_other_objects(thing, bare):
    assert ids({**MINIMAL, "object": thing})["object"] == bare


def test_decimals_survive_both_formats():
    raw = b'{"actor":{"mbox":"mailto:a@b","name":"A"},"verb":{"id":"urn:v","display":{"en":"x","de":"y"}},'
    raw += b'"object":{"id":"urn:x"},"result":{"score":{"raw":1.10}},"context":{"extensions":{"urn:e":1.230}}}'
    for kept in (ids_only(raw), canonical(raw, languages="de", definitions={})):
        assert b'"raw":1.10}' in kept
        assert b'"urn:e":1.230}' in kept


# canonical


def told(languages, statement=ANSWERED, definitions=None):
    return json.loads(canonical(as_bytes(statement), languages=languages, definitions=definitions or {}))


@pytest.mark.parametrize(
    ("languages", "tag"),
    [
        ("zh-CN", "zh-CN"),
        ("zh", "zh-CN"),
        ("ZH-cn", "zh-CN"),
        ("zh-Hans-CN", "zh-CN"),
        ("en-GB", "en-US"),
        ("en", "en-US"),
        ("fr, zh;q=0.5, en;q=0.8", "en-US"),
        ("fr;q=0.9, zh;q=0.5, en;q=0.3", "zh-CN"),
        ("en;q=0, zh;q=0.1", "zh-CN"),
        ("fr", "en-US"),
        ("*", "en-US"),
        ("zh;q=0.2, *;q=0.1", "zh-CN"),
        ("", "en-US"),
        (None, "en-US"),
        ("zh;q=2, ;;;, en;q=x, \x00", "en-US"),
        ("zh" + " " * 60_000 + "x, " + " " * 60_000, "en-US"),
    ],
)
def test_one_language_is_chosen_by_what_the_reader_wants(languages, tag):
    kept = told(languages)
    assert list(kept["verb"]["display"]) == [tag]
    assert list(kept["object"]["definition"]["name"]) == [tag]
    assert kept["actor"] == AGENT
    assert kept["attachments"] == ANSWERED["attachments"]


def test_components_of_interactions_speak_one_language_too():
    words = {"en": "One", "zh": "一"}
    statement = at(ANSWERED, "object.definition.choices[0].description", words)
    choices = told("zh", statement)["object"]["definition"]["choices"]
    assert choices == [{"id": "a", "description": {"zh": "一"}}, {"id": "b", "description": {"en-US": "Two"}}]


def test_the_definition_is_the_stores():
    known = {
        QUESTION["id"]: {"name": {"en": "The third", "zh": "第三"}, "type": "urn:t"},
        "https://lms.example.edu/quiz/7": {"name": {"en": "Quiz"}},
    }
    kept = told("zh", definitions=known)
    assert kept["object"]["definition"] == {"name": {"zh": "第三"}, "type": "urn:t"}
    assert kept["context"]["contextActivities"]["parent"][0]["definition"] == {"name": {"en": "Quiz"}}
    assert "definition" not in kept["context"]["contextActivities"]["grouping"][0]
    inner = told("zh", PLANNED, known)["object"]
    assert (inner["object"]["definition"]["name"], list(inner["verb"]["display"])) == ({"zh": "第三"}, ["zh-CN"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(statements(V2), st.sampled_from([None, "en", "zh-CN, *;q=0.1"]))
def test_both_formats_of_any_good_statement_are_good_statements(statement, languages):
    raw = msgspec.json.encode(statement)
    for kept in (ids_only(raw), canonical(raw, languages=languages, definitions={})):
        assert statement_faults(msgspec.json.decode(kept), version=V2) == ()
