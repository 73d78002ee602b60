"""What a store indexes of a statement, and when two statements are one."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.evidence.statements.making import (
    ACCOUNT,
    AGENT,
    ANSWERED,
    ATTACHMENT,
    GONE,
    MINIMAL,
    NAMELESS,
    PLANNED,
    QUESTION,
    REF,
    SHA2,
    TEAM,
    UUID,
    V1,
    V2,
    at,
    statements,
)
from yucai.evidence import ObjectKind, StatementRole, actor_key, digest, equivalent, facts_of

LIN = "mbox:mailto:lin@example.edu"
BY_ACCOUNT = 'account:["https://lms.example.edu","2025000012"]'
CLASS = "openid:https://id.example.edu/class/3"
OTHER = {"mbox": "mailto:other@example.edu"}


def agents_of(statement):
    return [(one.key, one.role) for one in facts_of(statement, version=V2).agents]


def activities_of(statement):
    return [(one.id, one.role) for one in facts_of(statement, version=V2).activities]


def test_the_facts_of_an_answer():
    facts = facts_of(at(ANSWERED, "id", ANSWERED["id"].upper()), version=V2)
    assert (facts.id, facts.actor, facts.verb) == (ANSWERED["id"], LIN, "http://adlnet.gov/expapi/verbs/answered")
    assert (facts.object, facts.object_kind) == ("https://lms.example.edu/quiz/7/question/3", ObjectKind.ACTIVITY)
    assert facts.registration == "ec531277-b57b-4c15-8d91-d292c5b2b8f7"
    assert facts.timestamp == datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
    assert (facts.target, facts.context_statement, facts.voids) == (None, UUID, None)
    (need,) = facts.attachments
    assert (need.sha2, need.length, need.file_url) == (SHA2, 27, ATTACHMENT["fileUrl"])
    assert activities_of(ANSWERED) == [
        ("https://lms.example.edu/quiz/7/question/3", StatementRole.OBJECT),
        ("https://lms.example.edu/quiz/7", StatementRole.PARENT),
        ("https://lms.example.edu/course/3", StatementRole.GROUPING),
    ]
    assert agents_of(ANSWERED) == [
        (LIN, StatementRole.ACTOR),
        (LIN, StatementRole.AUTHORITY),
        (BY_ACCOUNT, StatementRole.INSTRUCTOR),
        (CLASS, StatementRole.TEAM),
        (LIN, StatementRole.TEAM),
    ]


def test_little_said_is_little_known():
    facts = facts_of(MINIMAL, version=V1)
    assert {facts.id, facts.registration, facts.timestamp, facts.target, facts.context_statement, facts.voids} == {None}
    assert facts.attachments == ()


def test_what_a_substatement_names_is_related_and_not_direct():
    facts = facts_of(PLANNED, version=V2)
    assert (facts.object_kind, facts.object, facts.context_statement) == (
        ObjectKind.SUB_STATEMENT,
        QUESTION["id"],
        None,
    )
    assert {role for _, role in activities_of(PLANNED)} == {StatementRole.SUB_OBJECT, StatementRole.SUB_CONTEXT}
    assert [pair for pair in agents_of(PLANNED) if not pair[1].direct] == [
        (LIN, StatementRole.SUB_ACTOR),
        (BY_ACCOUNT, StatementRole.SUB_CONTEXT),
        (CLASS, StatementRole.SUB_CONTEXT),
        (LIN, StatementRole.SUB_CONTEXT),
    ]


def test_members_of_a_group_are_found_directly_where_the_group_is():
    told = agents_of({**MINIMAL, "actor": NAMELESS, "object": TEAM})
    assert (BY_ACCOUNT, StatementRole.ACTOR_MEMBER) in told
    assert (LIN, StatementRole.OBJECT_MEMBER) in told
    assert all(role.direct for _, role in told)


def test_agents_and_groups_of_version_two_are_related():
    context = {
        "contextAgents": [{"objectType": "contextAgent", "agent": OTHER}],
        "contextGroups": [{"objectType": "contextGroup", "group": TEAM}],
    }
    told = agents_of({**MINIMAL, "context": context})
    assert told[1:] == [
        ("mbox:mailto:other@example.edu", StatementRole.CONTEXT_AGENT),
        (CLASS, StatementRole.CONTEXT_GROUP),
        (LIN, StatementRole.CONTEXT_GROUP),
    ]


def test_a_voiding_statement_names_its_target():
    voiding = {
        **MINIMAL,
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": at(REF, "id", UUID.upper()),
    }
    facts = facts_of(voiding, version=V2)
    assert (facts.voids, facts.target, facts.object) == (UUID, UUID, UUID)
    assert facts_of({**MINIMAL, "object": REF}, version=V2).voids is None


def account(page, name):
    return {"account": {"homePage": page, "name": name}}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (AGENT, {"mbox": AGENT["mbox"]}, True),
        ({"mbox": "mailto:a@EXAMPLE.edu"}, {"mbox": "mailto:a@example.EDU"}, True),
        ({"mbox": "mailto:A@example.edu"}, {"mbox": "mailto:a@example.edu"}, False),
        ({"mbox_sha1sum": "A" * 40}, {"mbox_sha1sum": "a" * 40}, True),
        ({"openid": "http://a.example/X"}, {"openid": "http://a.example/x"}, False),
        (account("http://a", 'b","c'), account('http://a","b', "c"), False),
        (account("http://a", "\x00"), account("http://a", ""), False),
        ({"account": {"name": "b", "homePage": "http://a"}}, {"account": {"homePage": "http://a", "name": "b"}}, True),
        ({"member": [AGENT, ACCOUNT]}, {"member": [ACCOUNT, AGENT]}, True),
        ({"member": [AGENT]}, {"member": [ACCOUNT]}, False),
        ({"member": [AGENT]}, AGENT, False),
    ],
)
def test_who_is_who(one, other, same):
    assert (actor_key(one) == actor_key(other)) is same
    assert actor_key(one).isprintable()


SAME = [
    ("id", GONE),
    ("id", UUID),
    ("stored", "2026-01-01T00:00:00Z"),
    ("version", "1.0.3"),
    ("authority", OTHER),
    ("authority", GONE),
    ("verb.display", {"de": "beantwortet"}),
    ("verb.display", GONE),
    ("object.definition", GONE),
    ("object.definition.name", {"fr": "x"}),
    ("object.objectType", GONE),
    ("timestamp", "2026-11-26T17:30:00+08:00"),
    ("timestamp", "2026-11-26T09:30:00Z"),
    ("context.registration", ANSWERED["context"]["registration"].upper()),
    ("context.contextActivities.grouping", [{"id": "https://lms.example.edu/course/3"}]),
    ("context.contextActivities.parent[0].definition", {"name": {"en": "Quiz"}}),
    ("context.statement.id", UUID.upper()),
    ("attachments[0].fileUrl", GONE),
    ("attachments[0].sha2", SHA2.upper()),
    ("actor.mbox", "mailto:lin@EXAMPLE.edu"),
    ("actor.objectType", GONE),
    ("result.score.raw", 1.0),
    ("result.duration", "PT12.50S"),
    ("result.duration", "PT12.5099S"),
    ("result.duration", "PT12,5S"),
]
OTHERS = [
    ("actor.mbox", "mailto:Lin@example.edu"),
    ("actor.name", "Ling"),
    ("actor.name", GONE),
    ("verb.id", "http://example.org/other"),
    ("object.id", "http://example.org/other"),
    ("object", TEAM),
    ("object", REF),
    ("result", GONE),
    ("result.score.raw", 1.1),
    ("result.success", 1),
    ("result.duration", "PT12.51S"),
    ("result.duration", "PT12S"),
    ("result.duration", "PT12.5M"),
    ("result.extensions", {"http://example.org/tries": {"n": [None, 1]}}),
    ("context.registration", UUID),
    ("context.language", "zh-cn"),
    ("context.platform", GONE),
    ("context.team.member", [AGENT, ACCOUNT]),
    ("context.contextActivities.parent", []),
    ("context.statement", GONE),
    ("timestamp", "2026-11-26T09:30:00.001Z"),
    ("attachments", GONE),
    ("attachments[0].length", 28),
    ("attachments[0].display", {"en-US": "x"}),
]


@pytest.mark.parametrize(("path", "value"), SAME, ids=str)
def test_what_a_store_may_change_is_no_difference(path, value):
    base = at(ANSWERED, "stored", "2026-11-26T10:00:00Z")
    changed = at(base, path, value)
    assert digest(changed) == digest(base)
    assert equivalent(changed, base)


@pytest.mark.parametrize(("path", "value"), OTHERS, ids=str)
def test_what_a_store_may_not_change_is_a_difference(path, value):
    changed = at(ANSWERED, path, value)
    assert digest(changed) != digest(ANSWERED)
    assert not equivalent(changed, ANSWERED)
    assert not equivalent(ANSWERED, changed)


def test_a_timestamp_on_one_side_alone_may_be_the_stores():
    without = at(ANSWERED, "timestamp", GONE)
    assert digest(without) != digest(ANSWERED)
    assert equivalent(without, ANSWERED)
    assert equivalent(ANSWERED, without)
    assert not equivalent(at(PLANNED, "object.timestamp", GONE), PLANNED)  # a store sets none inside


@pytest.mark.parametrize("where", ["", "object."])
def test_a_duration_is_compared_to_the_hundredth_of_a_second(where):
    base = PLANNED if where else MINIMAL
    fine, cut, rounded = (
        at(base, f"{where}result", {"duration": f"P1DT12H36M0{rest}S"}) for rest in (".12967", ".12", ".13")
    )
    whole, zeros = (at(base, f"{where}result", {"duration": f"PT1{rest}S"}) for rest in ("", ".00999"))
    assert digest(fine) == digest(cut) != digest(rounded)
    assert equivalent(fine, cut)
    assert not equivalent(fine, rounded)
    assert digest(whole) == digest(zeros)


def test_numbers_beyond_every_machine_are_compared_too():
    huge = [at(MINIMAL, "context", {"extensions": {"urn:x": value}}) for value in (10**40, 10**40 + 1, 2**64, -(2**64))]
    assert len({digest(one) for one in huge}) == 4


def shuffled(value, chance):
    """The same JSON with its keys, and the members of groups, in another order."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        held = {key: shuffled(value[key], chance) for key in keys}
        if value.get("objectType") == "Group" and "member" in held:
            chance.shuffle(held["member"])
        return held
    return [shuffled(one, chance) for one in value] if isinstance(value, list) else value


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(statement=st.sampled_from([V1, V2]).flatmap(statements), chance=st.randoms())
def test_order_of_keys_and_members_is_no_difference(statement, chance):
    other = shuffled(json.loads(json.dumps(statement)), chance)
    assert digest(other) == digest(statement)
    assert equivalent(other, statement)
    assert len(digest(statement)) == 16


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(statements(V2), statements(V2))
def test_equal_digests_and_equivalence_agree(one, other):
    assert digest(one) != digest(other) or equivalent(one, other)
    assert equivalent(one, one)
