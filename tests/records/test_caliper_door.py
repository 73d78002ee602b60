"""Envelopes of Caliper at the door: stored whole or not at all, the same again changes nothing, the rest is told."""

import base64
import http.client
import json

import pytest

from tests.records.records_client import basic
from tests.records.served import Office
from tests.unit.evidence.statement_mapping.test_caliper import ID, envelope, event, graded
from yucai.web.records.models import StatementRow

OTHER = "f3a4b3a0-5f6d-4bd2-a3a4-9b2d1c7a8e10"


def sent(tool, data, **headers):
    own = {"X-Experience-API-Version": None, "Authorization": f"Bearer {tool.key}.{tool.secret}"}
    return tool.call("POST", "caliper", data=data, headers=own | headers)


def test_what_maps_is_stored_and_the_rest_is_told(tool):
    told = sent(
        tool, envelope(graded(), event("ForumEvent", "Subscribed"), {"id": "https://x.example", "type": "Person"})
    )
    assert told.status == 200
    assert (told.json["entries"], told.json["statements"]) == (3, 1)
    assert [(one["code"], one["n"]) for one in told.json["left_out"]] == [("describes", 1), ("not-mapped", 1)]
    kept = tool.get(statementId=ID).json
    assert kept["result"]["score"] == {"raw": 9, "min": 0, "max": 12.0}
    assert kept["authority"]["account"]["name"] == "moodle"


def test_reasons_are_said_in_the_language_of_the_sensor(tool):
    told = sent(tool, envelope(event("ForumEvent", "Subscribed")), **{"Accept-Language": "zh-CN"})
    assert "没有明确对应的陈述" in told.json["left_out"][0]["says"]


def test_an_envelope_that_comes_again_changes_nothing(tool):
    nameless = {name: value for name, value in event("AssessmentItemEvent", "Completed").items() if name != "id"}
    both = envelope(graded(), nameless, nameless)
    assert [sent(tool, both).json["statements"] for _ in range(3)] == [2, 2, 2]
    assert StatementRow.objects.count() == 2


def test_another_event_under_a_known_id_refuses_the_whole_envelope(tool):
    assert sent(tool, envelope(graded())).status == 200
    other = graded(generated={"id": "https://example.edu/scores/2", "type": "Score", "scoreGiven": 1, "maxScore": 12})
    fresh = event("AssessmentItemEvent", "Completed", id=f"urn:uuid:{OTHER}")
    assert sent(tool, envelope(fresh, other)).status == 409
    assert sent(tool, envelope(fresh, {**fresh, "action": "Started"})).status == 409
    assert StatementRow.objects.count() == 1


def test_an_envelope_of_nothing_that_maps_is_no_fault(tool):
    told = sent(tool, envelope())
    assert (told.status, told.json) == (200, {"entries": 0, "statements": 0, "left_out": []})


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"data": [], "data": []}', 400),
        (b'{"sensor": "x", "dataVersion": "http://purl.imsglobal.org/ctx/caliper/v9", "data": []}', 400),
        (json.dumps(envelope(graded(eventTime="yesterday"))).encode(), 200),
        (b"[" * 200 + b"]" * 200, 400),
    ],
)
def test_what_is_no_envelope_is_refused_in_one_sentence(tool, data, status):
    told = sent(tool, data)
    assert told.status == status
    assert StatementRow.objects.count() == 0


def test_a_wrong_type_a_wrong_method_and_a_wrong_secret_are_told_apart(tool, credential):
    good = json.dumps(envelope(graded())).encode()
    assert sent(tool, good, **{"Content-Type": "text/plain"}).status == 415
    assert sent(tool, good, **{"Content-Type": "application/ld+json; charset=utf-8"}).status == 200
    assert tool.call("GET", "caliper").status == 405
    for wrong in (f"Bearer {tool.key}", f"Bearer {tool.key}.x", f"Bearer .{tool.secret}", "Bearer", tool.key):
        assert sent(tool, good, Authorization=wrong).status == 401
    assert sent(tool, good, Authorization=basic(tool.key, tool.secret)).status == 200
    assert sent(credential("statements/read"), good).status == 403
    assert tool.call("OPTIONS", "caliper", headers={"Authorization": None}).headers["allow"] == "POST, OPTIONS"


def test_a_sensor_sends_over_http(tmp_path):
    office = Office(tmp_path / "office")
    try:
        server = office.serve()
        token = base64.b64decode(office.login.removeprefix("Basic ")).decode().replace(":", ".")
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        for _ in range(2):
            connection.request("POST", "/xapi/s/caliper", json.dumps(envelope(graded())), headers)
            told = connection.getresponse()
            assert (told.status, json.loads(told.read())["statements"]) == (200, 1)
        connection.close()
        assert server.ask("GET", f"statements?statementId={ID}")[0] == 200
        assert "caliper" in (office.folder / "logs" / "records.log").read_text()
    finally:
        office.close()
