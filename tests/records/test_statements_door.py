"""Statements: stored once, whole or not at all; found by every filter; given back as they came."""

import json
from datetime import datetime
from email.utils import parsedate_to_datetime

import pytest

from tests.records.records_client import new_id, reference, statement, voiding

AUTHORITY = {"objectType": "Agent", "account": {"homePage": "https://lms.example.edu", "name": "moodle"}}


def test_a_statement_is_stored_and_given_back_with_what_the_store_adds(either):
    told = either.post(statement(result={"score": {"raw": 1.50}}))
    assert (told.status, len(told.json)) == (200, 1)
    back = either.call("GET", "statements", {"statementId": told.json[0]})
    assert back.status == 200
    assert back.json["authority"] == AUTHORITY
    assert back.json["version"] == ("1.0.0" if either.version == "1.0.3" else "2.0.0")
    assert back.json["timestamp"] == back.json["stored"]
    assert back.headers["x-experience-api-version"] == either.version
    modified = parsedate_to_datetime(back.headers["last-modified"])
    assert modified == datetime.fromisoformat(back.json["stored"]).replace(microsecond=0)
    assert back.headers["x-experience-api-consistent-through"] >= back.json["stored"]


def test_version_two_gives_timestamps_back_in_utc_and_finds_them_sent_again(either):
    own, local = new_id(), "2026-11-26T17:30:00.250+08:00"
    for _ in range(2):
        assert either.post(statement(id=own, timestamp=local)).status == 200
    back = either.get(statementId=own).json["timestamp"]
    assert back == (local if either.version == "1.0.3" else "2026-11-26T09:30:00.250Z")


def test_exact_bytes_come_back(tool):
    own = new_id()
    raw = b'{"id":"%s", "result":{"score":{"raw":1.50}},' % own.encode() + json.dumps(statement()).encode()[1:]
    assert tool.call("POST", "statements", data=raw).status == 200
    assert tool.get(statementId=own).body.startswith(raw[:-1])


def test_put_stores_under_its_id_and_says_nothing(either):
    own = new_id()
    told = either.call("PUT", "statements", {"statementId": own}, data=statement())
    assert (told.status, told.body) == (204, b"")
    assert "content-length" not in told.headers
    assert either.get(statementId=own).json["id"] == own


@pytest.mark.parametrize(
    "params", [{}, {"statementId": "no-uuid"}, {"StatementId": new_id()}, {"statementId": new_id(), "x": "1"}]
)
def test_put_needs_a_good_id_and_nothing_else(either, params):
    assert either.call("PUT", "statements", params, data=statement()).status == 400


def test_put_brings_one_statement_under_its_own_id(either):
    assert either.call("PUT", "statements", {"statementId": new_id()}, data=statement(id=new_id())).status == 400
    assert either.call("PUT", "statements", {"statementId": new_id()}, data=[statement()]).status == 400


def test_the_same_statement_again_is_no_fault_and_another_is_a_conflict(either):
    own = new_id()
    assert either.post(statement(id=own)).status == 200
    first = either.get(statementId=own).body
    assert either.post(statement(id=own.upper())).status == 200
    assert either.call("PUT", "statements", {"statementId": own}, data=statement()).status == 204
    refused = either.post([statement(id=new_id()), statement(id=own, verb={"id": "http://example.com/other"})])
    assert refused.status == 409
    assert own in refused.body.decode()
    assert either.get(statementId=own).body == first
    assert len(either.ids()) == 1


def test_a_batch_with_something_wrong_leaves_nothing(either):
    good, bad = new_id(), statement(id=new_id(), verb={"id": "no iri"})
    assert either.post([statement(id=good), bad]).status == 400
    missing = either.get(statementId=good)
    assert missing.status == 404
    assert "x-experience-api-consistent-through" in missing.headers
    twice = new_id()
    assert either.post([statement(id=twice), statement(id=twice)]).status == 400
    assert either.get(statementId=twice).status == 404


def test_an_empty_batch_is_stored_as_none(either):
    assert either.post([]).json == []


def test_voiding_works_in_either_order(either):
    for first_voided in (True, False):
        own = new_id()
        sent = [statement(id=own), voiding(own, id=new_id())]
        for one in sent if first_voided else reversed(sent):
            assert either.post(one).status == 200
        assert either.get(statementId=own).status == 404
        assert either.get(voidedStatementId=own).json["id"] == own
        assert own not in either.ids()
        assert sent[1]["id"] in either.ids()


def test_voiding_within_one_batch_and_of_nothing(either):
    own = new_id()
    assert either.post([voiding(own), statement(id=own)]).status == 200
    assert either.get(voidedStatementId=own).status == 200
    assert either.get(voidedStatementId=new_id()).status == 404


def test_a_voiding_statement_is_not_voided(either):
    own, voider = new_id(), new_id()
    assert either.post([statement(id=own), voiding(own, id=voider)]).status == 200
    either.post(voiding(voider))
    assert either.get(statementId=voider).status == 200
    assert either.get(statementId=own).status == 404


def test_references_are_followed_through_chains_in_any_order(either):
    first, second, third = new_id(), new_id(), new_id()
    other = {"mbox": "mailto:wang@example.edu"}
    verb = {"id": "http://example.com/verbs/original"}
    sent = [statement(id=first, verb=verb), reference(second, id=third, actor=other), reference(first, id=second)]
    for one in (sent[1], sent[0], sent[2]):
        assert either.post(one).status == 200
    assert set(either.ids(verb=verb["id"])) == {first, second, third}
    # Each condition may be met by the statement itself or by what it refers to.
    assert either.ids(verb=verb["id"], agent=other) == [third]
    assert set(either.ids(activity=statement()["object"]["id"])) == {first, second, third}
    either.post(voiding(first))
    assert set(either.ids(verb=verb["id"])) >= {second, third}
    assert first not in either.ids(verb=verb["id"])


def test_statements_that_refer_to_each_other_end(either):
    one, other = new_id(), new_id()
    assert (
        either.post([reference(other, id=one), reference(one, id=other), reference(other, id=new_id())]).status == 200
    )
    assert len(either.ids(verb=statement()["verb"]["id"])) == 3


def test_each_filter_finds_its_own(either):
    registration = new_id()
    ana, ben = {"mbox": "mailto:ana@example.edu"}, {"account": {"homePage": "https://x.edu", "name": "ben"}}
    course = "https://lms.example.edu/course/1"
    inner = {**statement(actor=ana, object={"id": course}), "objectType": "SubStatement"}
    kept = {
        "actor": statement(id=new_id(), actor=ana),
        "verb": statement(id=new_id(), verb={"id": "http://example.com/v"}),
        "object": statement(id=new_id(), object={"id": course}),
        "parent": statement(id=new_id(), context={"contextActivities": {"parent": [{"id": course}]}}),
        "registration": statement(id=new_id(), context={"registration": registration}),
        "instructor": statement(id=new_id(), context={"instructor": ana}),
        "agent object": statement(id=new_id(), object={"objectType": "Agent", **ben}),
        "member": statement(id=new_id(), actor={"objectType": "Group", "member": [ana, ben]}),
        "sub": statement(id=new_id(), object=inner),
    }
    assert either.post(list(kept.values())).status == 200

    def found(**params):
        ids = set(either.ids(**params))
        return {name for name, one in kept.items() if one["id"] in ids}

    assert found(agent=ana) == {"actor", "member"}
    assert found(agent=ana, related_agents=True) == {"actor", "member", "instructor", "sub"}
    assert found(agent=ben) == {"agent object", "member"}
    assert found(agent=AUTHORITY) == set()
    assert found(agent=AUTHORITY, related_agents=True) == set(kept)
    assert found(verb="http://example.com/v") == {"verb"}
    assert found(activity=course) == {"object"}
    assert found(activity=course, related_activities=True) == {"object", "parent", "sub"}
    assert found(registration=registration.upper()) == {"registration"}
    assert found(agent=ana, related_agents=True, activity=course, related_activities=True) == {"sub"}
    assert found(verb="http://example.com/nothing") == set()


def test_time_bounds_are_since_exclusive_and_until_inclusive(either):
    ids = [either.post(statement()).json[0] for _ in range(3)]
    middle = either.get(statementId=ids[1]).json["stored"]
    assert either.ids(since=middle) == [ids[2]]
    assert either.ids(until=middle) == [ids[1], ids[0]]
    assert either.ids(since="1999-01-01T00:00:00Z", until="1999-02-01T00:00:00Z") == []


def test_time_bounds_may_lie_before_and_behind_everything(either):
    ids = [either.post(statement()).json[0] for _ in range(2)]
    first, last = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"
    assert either.ids(since=first, until=last) == ids[::-1]
    assert either.ids(since=first, until=last, limit=1, ascending=True) == ids
    assert either.ids(until=first) == either.ids(since=last) == either.ids(since="2200-01-01T00:00:00Z") == []


def test_pages_go_on_without_gap_or_double(either):
    ids = [new_id() for _ in range(10)]
    either.post([statement(id=own) for own in ids])
    assert either.ids(limit=3) == ids[::-1]
    assert either.ids(limit=3, ascending=True) == ids
    first = either.get(limit=3)
    either.post(statement())
    second = either.call("GET", first.json["more"])
    assert [one["id"] for one in second.json["statements"]] == ids[::-1][3:6]
    assert either.get(limit=0).status == 200


def test_a_page_address_that_was_touched_is_refused(either, credential):
    either.post([statement(), statement()])
    more = either.get(limit=1).json["more"]
    assert either.call("GET", more).status == 200
    for wrong in (
        more[:-2] + ("AA" if more[-2:] != "AA" else "BB"),
        more + "x",
        "statements/more/",
        "statements/more/%",
    ):
        assert either.call("GET", wrong).status in (400, 404)
    assert either.call("GET", more, "limit=5").status == 400


@pytest.mark.parametrize(
    "params",
    [
        {"foo": "bar"},
        {"Verb": "http://x.y/z"},
        {"verb": "no iri"},
        {"agent": "no json"},
        {"agent": {"name": "nobody"}},
        {"registration": "1"},
        {"limit": "-1"},
        {"since": "yesterday"},
        {"format": "exotic"},
        {"ascending": "maybe"},
        {"statementId": new_id(), "voidedStatementId": new_id()},
        {"statementId": new_id(), "verb": "http://x.y/z"},
        "verb=http://x.y/z&verb=http://x.y/z",
        "verb=%ff",
    ],
)
def test_parameters_that_do_not_fit_are_refused_in_one_sentence(either, params):
    told = either.call("GET", "statements", params)
    assert told.status == 400
    assert told.json["error"]
    assert told.headers["content-type"] == "application/json"


def test_the_three_formats(tool):
    described = {"id": "https://lms.example.edu/a", "definition": {"name": {"en": "Quiz", "zh": "测验"}}}
    (own,) = tool.post(statement(object=described)).json
    assert tool.get(statementId=own, format="ids").json["object"] == {"id": described["id"]}
    told = tool.call("GET", "statements", {"format": "canonical"}, headers={"Accept-Language": "zh-CN, en;q=0.5"})
    (one,) = told.json["statements"]
    assert one["verb"]["display"] == {"zh": "回答"}
    assert one["object"]["definition"]["name"] == {"zh": "测验"}
    tool.post(statement(object={"id": described["id"], "definition": {"name": {"fr": "Quiz"}}}))
    told = tool.call("GET", "statements", {"format": "canonical"}, headers={"Accept-Language": "fr"})
    assert [one["object"]["definition"]["name"] for one in told.json["statements"]] == [{"fr": "Quiz"}] * 2


def test_head_is_get_without_a_body(either):
    (own,) = either.post(statement()).json
    got = either.get(statementId=own)
    head = either.call("HEAD", "statements", {"statementId": own})
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(got.body))
    assert either.call("HEAD", "statements", {"statementId": new_id()}).status == 404
