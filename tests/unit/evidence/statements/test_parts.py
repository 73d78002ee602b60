"""Parts that come again are read once: nothing that is said of a statement may depend on what came before it."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given

from tests.unit.evidence.statements.making import AGENT, ANSWERED, MINIMAL, V1, V2, statements
from yucai.evidence import (
    FaultyStatementsError,
    NotJsonError,
    RequestLimits,
    digest,
    facts_of,
    read_statements,
    stamped,
)
from yucai.evidence.statements.parts import LONGEST, MOST_BYTES, Part, Parts

LIMITS = RequestLimits()
STAMP = {"id": "x", "stored": datetime(2026, 11, 26, tzinfo=UTC), "authority": AGENT, "version": V2}


def read(body, version=V2, limits=LIMITS):
    return read_statements(body, version=version, limits=limits).statements


def is_remembered(value):
    return type(value) is Part


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), (" ,", " :")])
@given(value=statements(V2))
def test_what_is_worked_out_once_is_what_is_worked_out_anew(separators, value):
    raw = json.dumps(value, separators=separators).encode()
    for _ in range(2):
        (sent,) = read(raw)
        assert sent.value == value
        assert facts_of(sent.value, version=V2) == facts_of(value, version=V2)
        assert digest(sent.value) == digest(value)
        assert stamped(raw, **STAMP, value=sent.value) == stamped(raw, **STAMP)


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_a_part_that_came_before_is_the_same_object(separators):
    first, again = (read(json.dumps(ANSWERED, separators=separators).encode())[0].value for _ in range(2))
    for name in ("actor", "verb", "object"):
        assert is_remembered(first[name])
        assert again[name] is first[name]
    for name in ("contextActivities", "instructor", "team"):
        assert again["context"][name] is first["context"][name]


def test_two_statements_of_one_request_share_what_is_alike():
    one, other = read(json.dumps([MINIMAL, MINIMAL]).encode())
    assert one.value["actor"] is other.value["actor"]


def test_a_fault_is_told_every_time_and_its_statement_leaves_nothing():
    faulty = {**MINIMAL, "actor": {"mbox": "mailto:nobody@here.example", "name": 7}}
    for _ in range(3):
        with pytest.raises(FaultyStatementsError) as refused:
            read(json.dumps(faulty).encode())
        assert [(fault.where, fault.code) for fault in refused.value.faults] == [("actor.name", "not-a-string")]


def test_what_one_version_takes_is_checked_anew_for_the_other():
    """Only 2.0 knows agents of the context."""
    context = {"contextAgents": [{"objectType": "contextAgent", "agent": AGENT}]}
    inner = {**MINIMAL, "objectType": "SubStatement", "context": context}
    body = json.dumps({**MINIMAL, "object": inner}).encode()
    for _ in range(2):
        assert read(body, V2)[0].value["object"] == inner
        with pytest.raises(FaultyStatementsError):
            read(body, V1)


def test_the_same_bytes_in_another_place_are_checked_there():
    group = {"objectType": "Group", "member": [AGENT]}
    read(json.dumps({**MINIMAL, "actor": group, "context": {"team": group}}).encode())
    agent = {**MINIMAL, "actor": AGENT}
    read(json.dumps(agent).encode())
    with pytest.raises(FaultyStatementsError):
        read(json.dumps({**agent, "context": {"team": AGENT}}).encode())


def test_a_key_given_twice_is_found_at_every_level_every_time():
    plain = json.dumps(ANSWERED, separators=(",", ":"))
    read(plain.encode())
    for twice in ('"actor":{', '"verb":{', '"definition":{', '"score":{', '"contextActivities":{', '"registration":'):
        place = plain.index(twice)
        name = twice.partition(":")[0]
        for spaces in ("", " "):
            body = f"{plain[:place]}{name}:{spaces}0,{plain[place:]}".encode()
            for _ in range(2):
                with pytest.raises(NotJsonError, match="more than once"):
                    read(body)


def test_depth_counts_through_parts():
    inner = 1
    for _ in range(20):
        inner = [inner]
    deep = {**MINIMAL, "object": {"id": "urn:x", "definition": {"extensions": {"urn:y": inner}}}}
    read(json.dumps(deep).encode())
    for _ in range(2):
        with pytest.raises(NotJsonError, match="levels deep"):
            read(json.dumps(deep).encode(), limits=RequestLimits(depth=20))


def test_memory_is_bounded_and_keeps_what_is_asked_for():
    parts, kept = Parts(), Part({"id": "urn:kept"}, n_brackets=1)
    parts.keep("verb", b"kept", kept)
    parts.keep("verb", b"x" * (LONGEST + 1), kept)
    assert parts.find("verb", b"x" * (LONGEST + 1)) is None
    for n in range(3 * MOST_BYTES // 1_000):
        parts.keep("verb", b"%01000d" % n, Part({}, n_brackets=1))
        assert parts.find("verb", b"kept") is kept
    assert parts.find("verb", b"%01000d" % 0) is None
    assert sum(len(raw) for held in (parts.young, parts.old) for _, raw in held) < 2 * MOST_BYTES + 2_000
