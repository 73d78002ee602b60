"""Agents and groups, by the same table at every place where a statement can have one."""

import pytest

from tests.unit.evidence.statements.making import (
    ACCOUNT,
    AGENT,
    ANSWERED,
    BOTH,
    MINIMAL,
    NAMELESS,
    PLANNED,
    SUB,
    TEAM,
    V2,
    at,
)
from yucai.evidence import statement_faults

SHA1 = "cd9b00a5611f94eaa7b1661edab976068e364975"
OPENID = "https://id.example.edu/lin"

# Where an agent may stand, and what it stands in.
AGENT_PLACES = [
    (ANSWERED, "actor"),
    (ANSWERED, "authority"),
    (ANSWERED, "context.instructor"),
    (at(ANSWERED, "actor", TEAM), "actor.member[0]"),
    (at(ANSWERED, "actor", NAMELESS), "actor.member[1]"),
    (ANSWERED, "context.team.member[0]"),
    (PLANNED, "object.actor"),
    (PLANNED, "object.context.instructor"),
    (PLANNED, "object.context.team.member[0]"),
]
GOOD_AGENTS = [
    AGENT,
    ACCOUNT,
    {"mbox": "mailto:a@b"},
    {"mbox": "mailto:first.last+tag@mail.example.co.uk"},
    {"mbox": "mailto:学生@例子.中国"},
    {"mbox_sha1sum": SHA1},
    {"mbox_sha1sum": SHA1.upper()},
    {"openid": OPENID},
    {"objectType": "Agent", "openid": OPENID, "name": ""},
    {"account": {"homePage": "http://example.org", "name": ""}},
]
BAD_AGENTS = [
    ({}, "", "no-identifier"),
    ({"name": "Lin"}, "", "no-identifier"),
    ({**AGENT, "openid": OPENID}, "", "many-identifiers"),
    ({**AGENT, **ACCOUNT}, "", "many-identifiers"),
    ({**AGENT, "mbox_sha1sum": SHA1}, "", "many-identifiers"),
    ({**AGENT, "name": 5}, ".name", "not-a-string"),
    ({**AGENT, "name": None}, ".name", "not-a-string"),
    ({**AGENT, "name": {"en": "Lin"}}, ".name", "not-a-string"),
    ({**AGENT, "objectType": "agent"}, ".objectType", "not-one-of"),
    ({**AGENT, "objectType": "Person"}, ".objectType", "not-one-of"),
    ({**AGENT, "objectType": None}, ".objectType", "not-one-of"),
    ({**AGENT, "objectType": 1}, ".objectType", "not-one-of"),
    ({**AGENT, "objectType": {"a": 1}}, ".objectType", "not-one-of"),
    ({**AGENT, "member": [AGENT]}, "", "unknown"),
    ({**AGENT, "Name": "Lin"}, "", "unknown"),
    ({**AGENT, "email": "lin@example.edu"}, "", "unknown"),
    ({"mbox": "lin@example.edu"}, ".mbox", "not-a-mailbox"),
    ({"mbox": "mailto:should.fail.example"}, ".mbox", "not-a-mailbox"),
    ({"mbox": "http://example.org"}, ".mbox", "not-a-mailbox"),
    ({"mbox": "mailto:a@b@c"}, ".mbox", "not-a-mailbox"),
    ({"mbox": "mailto:a b@example.edu"}, ".mbox", "not-a-mailbox"),
    ({"mbox": "mailto:a@example.edu?subject=x"}, ".mbox", "not-a-mailbox"),
    ({"mbox": "MAILTO:a@example.edu"}, ".mbox", "not-a-mailbox"),
    ({"mbox": ""}, ".mbox", "not-a-mailbox"),
    ({"mbox": None}, ".mbox", "not-a-string"),
    ({"mbox": ["mailto:a@b"]}, ".mbox", "not-a-string"),
    ({"mbox_sha1sum": SHA1[:-1]}, ".mbox_sha1sum", "not-a-sha1"),
    ({"mbox_sha1sum": SHA1 + "0"}, ".mbox_sha1sum", "not-a-sha1"),
    ({"mbox_sha1sum": "g" + SHA1[1:]}, ".mbox_sha1sum", "not-a-sha1"),
    ({"mbox_sha1sum": 5}, ".mbox_sha1sum", "not-a-string"),
    ({"openid": "id.example.edu/lin"}, ".openid", "not-an-iri"),
    ({"openid": "ab=c://should.fail"}, ".openid", "not-an-iri"),
    ({"openid": True}, ".openid", "not-a-string"),
    ({"account": "lin"}, ".account", "not-an-object"),
    ({"account": {}}, ".account", "missing"),
    ({"account": {"homePage": "http://example.org"}}, ".account", "missing"),
    ({"account": {"name": "lin"}}, ".account", "missing"),
    ({"account": {"homePage": "example.org/x", "name": "lin"}}, ".account.homePage", "not-an-iri"),
    ({"account": {"homePage": 5, "name": "lin"}}, ".account.homePage", "not-a-string"),
    ({"account": {"homePage": "http://example.org", "name": 5}}, ".account.name", "not-a-string"),
    ({"account": {"homePage": "http://example.org", "name": "lin", "id": 1}}, ".account", "unknown"),
    ("lin", "", "not-an-object"),
    (None, "", "not-an-object"),
    ([AGENT], "", "not-an-object"),
]


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(("base", "place"), AGENT_PLACES)
@pytest.mark.parametrize("agent", GOOD_AGENTS, ids=str)
def test_a_good_agent_is_good_everywhere(agent, base, place, version):
    assert statement_faults(at(base, place, agent), version=version) == ()


@pytest.mark.parametrize(("base", "place"), AGENT_PLACES)
@pytest.mark.parametrize(("agent", "where", "code"), BAD_AGENTS, ids=str)
def test_a_bad_agent_is_found_everywhere_at_its_path(agent, where, code, base, place):
    faults = statement_faults(at(base, place, agent), version=V2)
    assert (f"{place}{where}", code) in [(fault.where, fault.code) for fault in faults]


GROUP_PLACES = [
    (ANSWERED, "actor"),
    (ANSWERED, "context.team"),
    (ANSWERED, "context.instructor"),
    (MINIMAL, "object"),
    (PLANNED, "object.actor"),
    (PLANNED, "object.context.team"),
]
GOOD_GROUPS = [
    TEAM,
    NAMELESS,
    {"objectType": "Group", "member": [AGENT]},
    {"objectType": "Group", **ACCOUNT},
    {"objectType": "Group", **ACCOUNT, "member": []},
    {"objectType": "Group", "mbox_sha1sum": SHA1, "name": "x"},
]
BAD_GROUPS = [
    ({"objectType": "Group"}, "", "no-members"),
    ({"objectType": "Group", "name": "x"}, "", "no-members"),
    ({"objectType": "Group", "member": []}, "", "no-members"),
    ({"objectType": "Group", "member": AGENT}, ".member", "not-a-list"),
    ({"objectType": "Group", "member": None}, ".member", "not-a-list"),
    ({"objectType": "Group", "member": [AGENT, TEAM]}, ".member[1]", "group-in-group"),
    ({"objectType": "Group", "member": [AGENT, NAMELESS]}, ".member[1]", "group-in-group"),
    ({"objectType": "Group", "member": ["lin"]}, ".member[0]", "not-an-object"),
    ({"objectType": "Group", "member": [None]}, ".member[0]", "not-an-object"),
    ({**TEAM, "mbox": "mailto:a@b"}, "", "many-identifiers"),
    ({**TEAM, "members": []}, "", "unknown"),
    ({**TEAM, "name": []}, ".name", "not-a-string"),
    ({**TEAM, "openid": "x"}, ".openid", "not-an-iri"),
]


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(("base", "place"), GROUP_PLACES)
@pytest.mark.parametrize("group", GOOD_GROUPS, ids=str)
def test_a_good_group_is_good_everywhere(group, base, place, version):
    assert statement_faults(at(base, place, group), version=version) == ()


@pytest.mark.parametrize(("base", "place"), GROUP_PLACES)
@pytest.mark.parametrize(("group", "where", "code"), BAD_GROUPS, ids=str)
def test_a_bad_group_is_found_everywhere_at_its_path(group, where, code, base, place):
    faults = statement_faults(at(base, place, group), version=V2)
    assert (f"{place}{where}", code) in [(fault.where, fault.code) for fault in faults]


@pytest.mark.parametrize("wrong", [AGENT, ACCOUNT, {**AGENT, "objectType": "group"}, {"name": "x"}])
def test_a_team_must_be_a_group(wrong):
    (fault,) = statement_faults(at(ANSWERED, "context.team", wrong), version=V2)
    assert (fault.where, fault.code) == ("context.team", "not-a-group")


@pytest.mark.parametrize(
    ("authority", "codes"),
    [
        (AGENT, []),
        ({"objectType": "Group", "member": [AGENT, ACCOUNT]}, []),
        ({"objectType": "Group", "member": [AGENT]}, ["not-two-members"]),
        ({"objectType": "Group", "member": [AGENT, ACCOUNT, AGENT]}, ["not-two-members"]),
        ({"objectType": "Group", "member": [AGENT, ACCOUNT], "mbox": "mailto:a@b"}, ["identified-authority"]),
        ({"objectType": "Group", "member": [AGENT, ACCOUNT], "openid": OPENID}, ["identified-authority"]),
        ({"objectType": "Group", "openid": OPENID}, ["identified-authority"]),
        ({"objectType": "Group"}, ["no-members"]),
        ({"objectType": "Group", "member": []}, ["no-members", "not-two-members"]),
    ],
)
def test_an_authority_is_an_agent_or_a_nameless_pair(authority, codes):
    faults = statement_faults(at(ANSWERED, "authority", authority), version=V2)
    assert [fault.code for fault in faults] == codes


@pytest.mark.parametrize("person", [AGENT, ACCOUNT, {"member": [AGENT]}])
def test_an_agent_or_group_as_object_must_say_so(person):
    bare = {name: value for name, value in person.items() if name != "objectType"}
    for base, place in ((MINIMAL, "object"), (at(PLANNED, "object", SUB), "object.object")):
        assert "missing" in [fault.code for fault in statement_faults(at(base, place, bare), version=V2)]
