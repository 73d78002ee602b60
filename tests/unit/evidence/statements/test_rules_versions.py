"""Where the two versions differ: what may be stated, who stands in a context, how times are written."""

import pytest

from tests.unit.evidence.statements.making import AGENT, ANSWERED, BOTH, GONE, PLANNED, TEAM, V1, V2, at
from yucai.evidence import statement_faults

IRI = "http://example.org/x"


@pytest.mark.parametrize(
    ("stated", "versions"),
    [
        ("2.0", [V2]),
        ("2.0.0", [V2]),
        ("1.0", [V1, V2]),
        ("1.0.3", [V1, V2]),
        *[
            (wrong, [])
            for wrong in (
                "should fail",
                "0.9.9",
                "1.1.0",
                "1",
                "1.0.",
                "1.0.x",
                "1.0.03",
                "3.0.0",
                "2.1",
                1.0,
                None,
                "",
            )
        ],
    ],
)
def test_the_version_of_a_statement_is_one_that_its_request_may_bring(stated, versions):
    good = [version for version in BOTH if not statement_faults(at(ANSWERED, "version", stated), version=version)]
    assert good == versions


RELATED_AGENT = {"objectType": "contextAgent", "agent": AGENT, "relevantTypes": [IRI]}
RELATED_GROUP = {"objectType": "contextGroup", "group": TEAM, "relevantTypes": [IRI]}
IN_CONTEXT = [
    ("contextAgents", [RELATED_AGENT], None, None),
    ("contextAgents", [at(RELATED_AGENT, "relevantTypes", GONE)], None, None),
    ("contextAgents", [], None, None),
    ("contextGroups", [RELATED_GROUP], None, None),
    ("contextAgents", RELATED_AGENT, "", "not-a-list"),
    ("contextAgents", [AGENT], "[0]", "unknown"),
    ("contextAgents", ["x"], "[0]", "not-an-object"),
    ("contextAgents", [at(RELATED_AGENT, "objectType", GONE)], "[0]", "missing"),
    ("contextAgents", [at(RELATED_AGENT, "objectType", "contextagent")], "[0].objectType", "not-one-of"),
    ("contextAgents", [at(RELATED_AGENT, "agent", GONE)], "[0]", "missing"),
    ("contextAgents", [at(RELATED_AGENT, "agent", {"key": 1})], "[0].agent", "no-identifier"),
    ("contextAgents", [at(RELATED_AGENT, "agent", TEAM)], "[0].agent", "not-one-of"),
    ("contextAgents", [at(RELATED_AGENT, "relevantTypes", [])], "[0].relevantTypes", "empty-list"),
    ("contextAgents", [at(RELATED_AGENT, "relevantTypes", IRI)], "[0].relevantTypes", "not-a-list"),
    ("contextAgents", [at(RELATED_AGENT, "relevantTypes", ["abc"])], "[0].relevantTypes[0]", "not-an-iri"),
    ("contextGroups", [at(RELATED_GROUP, "objectType", "Group")], "[0].objectType", "not-one-of"),
    ("contextGroups", [at(RELATED_GROUP, "group", AGENT)], "[0].group", "not-a-group"),
    ("contextGroups", [at(RELATED_GROUP, "group", {"key": 1})], "[0].group", "not-a-group"),
    ("contextGroups", [{**RELATED_GROUP, "member": [AGENT]}], "[0]", "unknown"),
    ("contextGroups", [at(RELATED_GROUP, "relevantTypes", [])], "[0].relevantTypes", "empty-list"),
]


@pytest.mark.parametrize(("base", "before"), [(ANSWERED, ""), (PLANNED, "object.")])
@pytest.mark.parametrize(("name", "value", "where", "code"), IN_CONTEXT, ids=str)
def test_version_two_knows_further_agents_and_groups(name, value, where, code, base, before):
    statement = at(base, f"{before}context.{name}", value)
    found = [(fault.where, fault.code) for fault in statement_faults(statement, version=V2)]
    assert (f"{before}context.{name}{where}", code) in found if code else found == []
    (first, *_) = statement_faults(statement, version=V1)
    assert (first.where, first.code) == (f"{before}context", "unknown")


@pytest.mark.parametrize(
    "moment", ["2008-09-15T15:53:00", "2008-09-15T15:53-05:00", "2008-09-15 15:53:00+08", "2008-09-15T15:53:00,5+0800"]
)
def test_a_timestamp_that_is_not_in_utc_is_no_fault(moment):
    for version in (V1, V2):
        assert statement_faults(at(ANSWERED, "timestamp", moment), version=version) == ()


@pytest.mark.parametrize("moment", ["20080915T155300Z", "20080915T1553", "20080915T155300,5+0800"])
def test_only_version_one_takes_basic_timestamps(moment):
    assert statement_faults(at(ANSWERED, "timestamp", moment), version=V1) == ()
    (fault,) = statement_faults(at(ANSWERED, "timestamp", moment), version=V2)
    assert fault.code == "not-a-timestamp"
