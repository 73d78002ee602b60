"""Documents: kept, merged and deleted under their ETags; listed by place and time."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from tests.records.records_client import new_id

AGENT = {"mbox": "mailto:lin@example.edu"}
ACTIVITY = "https://lms.example.edu/quiz/7"
PLACES = {
    "activities/state": {"activityId": ACTIVITY, "agent": AGENT, "stateId": "bookmark"},
    "activities/profile": {"activityId": ACTIVITY, "profileId": "p"},
    "agents/profile": {"agent": AGENT, "profileId": "p"},
}
OWN = {"activities/state": "stateId", "activities/profile": "profileId", "agents/profile": "profileId"}
resources = pytest.mark.parametrize("resource", PLACES)


NEW = {"If-None-Match": "*"}


def etag_of(data):
    return f'"{hashlib.sha1(json.dumps(data).encode()).hexdigest()}"'


@resources
def test_a_document_is_kept_given_back_and_deleted(either, resource):
    place = PLACES[resource]
    assert either.call("GET", resource, place).status == 404
    assert either.call("PUT", resource, place, data={"page": 1}, headers=NEW).status == 204
    told = either.call("GET", resource, place)
    assert (told.status, told.json, told.headers["etag"]) == (200, {"page": 1}, etag_of({"page": 1}))
    assert told.headers["content-type"] == "application/json"
    age = datetime.now(UTC) - parsedate_to_datetime(told.headers["last-modified"])
    assert timedelta(0) <= age < timedelta(minutes=10)
    assert either.call("HEAD", resource, place).headers["etag"] == told.headers["etag"]
    assert either.call("DELETE", resource, place).status == 204
    assert either.call("GET", resource, place).status == 404
    assert either.call("DELETE", resource, place).status == 204


@resources
def test_bytes_that_are_no_json_keep_their_type(either, resource):
    raw = bytes(range(256))
    sent = {"Content-Type": "image/png", **NEW}
    assert either.call("PUT", resource, PLACES[resource], data=raw, headers=sent).status == 204
    told = either.call("GET", resource, PLACES[resource])
    assert (told.body, told.headers["content-type"]) == (raw, "image/png")
    assert either.call("POST", resource, PLACES[resource], data={"a": 1}).status == 400
    assert either.call("GET", resource, PLACES[resource]).body == raw


@resources
def test_post_merges_the_first_level(either, resource):
    place = PLACES[resource]
    assert either.call("POST", resource, place, data={"a": 1, "b": {"x": 1}}).status == 204
    assert either.call("POST", resource, place, data={"b": {"y": 2}, "c": 3}).status == 204
    assert either.call("GET", resource, place).json == {"a": 1, "b": {"y": 2}, "c": 3}
    assert either.call("POST", resource, place, data=b"{broken").status == 400
    assert either.call("GET", resource, place).json == {"a": 1, "b": {"y": 2}, "c": 3}


@resources
def test_etags_guard_every_change(either, resource):
    place = PLACES[resource]
    either.call("PUT", resource, place, data={"n": 1}, headers=NEW)
    for method in ("PUT", "POST", "DELETE"):
        for wrong in ('"1234"', "1234"):
            told = either.call(method, resource, place, data={"n": 2}, headers={"If-Match": wrong})
            assert told.status == 412
    assert either.call("PUT", resource, place, data={"n": 2}, headers=NEW).status == 412
    assert either.call("GET", resource, place).json == {"n": 1}
    assert either.call("PUT", resource, place, data={"n": 2}, headers={"If-Match": etag_of({"n": 1})}).status == 204
    assert either.call("POST", resource, place, data={"m": 3}, headers={"If-Match": etag_of({"n": 2})}).status == 204
    tag = either.call("GET", resource, place).headers["etag"]
    assert either.call("DELETE", resource, place, headers={"If-Match": tag}).status == 204
    assert either.call("PUT", resource, place, data={"n": 1}, headers={"If-Match": tag}).status == 412
    assert either.call("PUT", resource, place, data={"n": 1}, headers=NEW).status == 204


@resources
def test_nothing_is_overwritten_unseen_but_state_in_the_first_version(either, resource):
    place = PLACES[resource]
    either.call("PUT", resource, place, data={"n": 1}, headers=NEW)
    told = either.call("PUT", resource, place, data={"n": 2})
    if resource == "activities/state" and either.version == "1.0.3":
        assert told.status == 204
        return
    assert told.status == 409
    assert "If-Match" in told.body.decode()
    assert told.headers["content-type"].startswith("text/plain")
    assert either.call("GET", resource, place).json == {"n": 1}


@resources
def test_a_profile_is_put_under_a_condition_in_the_first_version(either, resource):
    place = PLACES[resource]
    told = either.call("PUT", resource, place, data={"n": 1})
    if resource == "activities/state" or either.version == "2.0.0":
        assert told.status == 204
        return
    assert told.status == 400
    assert "If-None-Match" in told.json["error"]
    assert either.call("GET", resource, place).status == 404
    assert either.call("PUT", resource, place, data={"n": 1}, headers={"If-Match": "*"}).status == 412
    assert either.call("POST", resource, place, data={"n": 1}).status == 204
    assert either.call("PUT", resource, place, data={"n": 2}, headers={"If-Match": etag_of({"n": 1})}).status == 204


@resources
def test_ids_are_listed_since_a_time(either, resource):
    place = {name: value for name, value in PLACES[resource].items() if name != OWN[resource]}
    for name in ("one", "two"):
        either.call("PUT", resource, {**place, OWN[resource]: name}, data={}, headers=NEW)
    assert either.call("GET", resource, place).json == ["one", "two"]
    assert either.call("GET", resource, {**place, "since": "2020-01-01T00:00:00Z"}).json == ["one", "two"]
    assert either.call("GET", resource, {**place, "since": "2999-01-01T00:00:00Z"}).json == []
    either.call("POST", resource, {**place, OWN[resource]: "one"}, data={"later": True})
    assert either.call("GET", resource, {**place, OWN[resource]: "one", "since": "2999-01-01T00:00:00Z"}).status == 200


@resources
def test_each_parameter_is_asked_for(either, resource):
    for name in PLACES[resource]:
        less = {key: value for key, value in PLACES[resource].items() if key != name}
        for method in ("PUT", "POST"):
            assert either.call(method, resource, less, data={}).status == 400
        if name != OWN[resource]:
            assert either.call("GET", resource, less).status == 400
            assert either.call("DELETE", resource, less).status == 400
    assert either.call("PUT", resource, {**PLACES[resource], "x": "y"}, data={}).status == 400
    assert either.call("PUT", resource, {**PLACES[resource], OWN[resource]: "a\0b"}, data={}).status == 400
    long = {**PLACES[resource], OWN[resource]: "n" * 20_000}
    assert either.call("PUT", resource, long, data={}, headers=NEW).status == 204


def test_a_state_of_a_registration_stands_beside_that_of_none(either):
    place, registration = PLACES["activities/state"], new_id()
    either.call("PUT", "activities/state", place, data={"of": "none"})
    either.call("PUT", "activities/state", {**place, "registration": registration, "stateId": "r"}, data={"of": "one"})
    assert either.call("GET", "activities/state", place).json == {"of": "none"}
    listed = {name: value for name, value in place.items() if name != "stateId"}
    assert either.call("GET", "activities/state", listed).json == ["bookmark", "r"]
    assert either.call("GET", "activities/state", {**listed, "registration": registration}).json == ["r"]
    assert either.call("DELETE", "activities/state", {**listed, "registration": registration}).status == 204
    assert either.call("GET", "activities/state", listed).json == ["bookmark"]
    assert either.call("DELETE", "activities/state", {**listed, "since": "2020-01-01T00:00:00Z"}).status == 400
    assert either.call("DELETE", "activities/state", listed).status == 204
    assert either.call("GET", "activities/state", listed).json == []


def test_profiles_are_deleted_one_by_one(either):
    for resource in ("activities/profile", "agents/profile"):
        place = {name: value for name, value in PLACES[resource].items() if name != "profileId"}
        assert either.call("DELETE", resource, place).status == 400


def test_a_name_and_the_case_of_a_domain_do_not_make_another_agent(either):
    place = PLACES["agents/profile"]
    either.call("PUT", "agents/profile", place, data={"n": 1}, headers=NEW)
    same = {"name": "Lin", "mbox": "mailto:lin@EXAMPLE.edu", "objectType": "Agent"}
    assert either.call("GET", "agents/profile", {**place, "agent": same}).json == {"n": 1}
    other = {"mbox": "mailto:lim@example.edu"}
    assert either.call("GET", "agents/profile", {**place, "agent": other}).status == 404
