"""Caliper 1.2 events as statements: those that map plainly; all others are told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.evidence.statements.making import json_values
from yucai.evidence import CaliperRefusedError, Version, facts_of, statement_faults, statements_from_caliper

ID = "c51570e4-f8ed-4c18-bb3a-dfe51b2cc594"
PERSON = {"id": "https://example.edu/users/554433", "type": "Person"}
QUIZ = {"id": "https://example.edu/courses/7/assess/1", "type": "Assessment", "name": "Quiz one"}
ITEM = {"id": f"{QUIZ['id']}/items/3", "type": "AssessmentItem", "isPartOf": QUIZ}
APP = {"id": "https://example.edu", "type": "SoftwareApplication"}
COURSE = {"id": "https://example.edu/courses/7", "type": "CourseSection"}


def event(kind, action, **more):
    base = {
        "@context": "http://purl.imsglobal.org/ctx/caliper/v1p2",
        "id": f"urn:uuid:{ID}",
        "type": kind,
        "profile": "GeneralProfile",
        "actor": PERSON,
        "action": action,
        "object": ITEM,
        "eventTime": "2026-11-15T10:15:00.000Z",
        "edApp": APP["id"],
        "group": COURSE,
    }
    return {**base, **more}


def graded(**more):
    attempt = {"id": "https://example.edu/attempts/1", "type": "Attempt", "assignee": PERSON["id"], "assignable": QUIZ}
    score = {"id": "https://example.edu/scores/1", "type": "Score", "scoreGiven": 9, "maxScore": 12.0}
    grader = {"id": "https://example.edu/autograder", "type": "SoftwareApplication"}
    return event("GradeEvent", "Graded", **{"actor": grader, "object": attempt, "generated": score, **more})


def envelope(*data, **more):
    base = {"sensor": "https://example.edu/sensors/1", "sendTime": "2026-11-15T11:05:01.000Z"}
    return {**base, "dataVersion": "http://purl.imsglobal.org/ctx/caliper/v1p2", "data": list(data), **more}


def read(*data, version=Version.V2):
    return statements_from_caliper(envelope(*data), version=version)


def codes(found):
    return {(fault.code, fault.facts["type"], fault.facts["action"]): fault.facts["n"] for fault in found.notices}


@pytest.mark.parametrize(
    ("kind", "action", "verb"),
    [
        ("AssessmentItemEvent", "Started", "http://adlnet.gov/expapi/verbs/attempted"),
        ("AssessmentItemEvent", "Completed", "http://adlnet.gov/expapi/verbs/answered"),
        ("AssessmentEvent", "Submitted", "http://activitystrea.ms/schema/1.0/submit"),
        ("AssignableEvent", "Submitted", "http://activitystrea.ms/schema/1.0/submit"),
        ("SessionEvent", "LoggedIn", "https://w3id.org/xapi/adl/verbs/logged-in"),
        ("NavigationEvent", "NavigatedTo", "http://adlnet.gov/expapi/verbs/experienced"),
        ("ViewEvent", "Viewed", "http://id.tincanapi.com/verb/viewed"),
        ("MediaEvent", "Started", "https://w3id.org/xapi/video/verbs/played"),
        ("MediaEvent", "Paused", "https://w3id.org/xapi/video/verbs/paused"),
        ("ToolUseEvent", "Used", "http://adlnet.gov/expapi/verbs/interacted"),
    ],
)
@pytest.mark.parametrize("version", list(Version))
def test_an_event_that_maps_plainly_is_one_good_statement(kind, action, verb, version):
    found = read(event(kind, action), version=version)
    (statement,) = found.statements
    assert statement_faults(statement, version=version) == ()
    facts = facts_of(statement, version=version)
    assert (facts.id, facts.actor, facts.verb, facts.object) == (
        ID,
        'account:["https://example.edu/users","554433"]',
        verb,
        ITEM["id"],
    )
    assert facts.timestamp.isoformat() == "2026-11-15T10:15:00+00:00"
    assert {activity.id for activity in facts.activities} == {ITEM["id"], QUIZ["id"], COURSE["id"], APP["id"]}
    assert found.notices == ()


def test_a_grade_is_a_score_of_whoever_made_the_attempt():
    (statement,) = read(graded()).statements
    assert statement["actor"]["account"] == {"homePage": "https://example.edu/users", "name": "554433"}
    assert statement["object"]["id"] == QUIZ["id"]
    assert statement["result"] == {"score": {"raw": 9, "min": 0, "max": 12.0}}
    (shared,) = read(graded(generated={"type": "Score", "normalScore": 0.75})).statements
    assert shared["result"] == {"score": {"scaled": 0.75}}


def test_the_number_of_the_schools_records_comes_first():
    number = {"type": "SystemIdentifier", "identifierType": "SisSourcedId", "identifier": "2025001", "source": APP}
    other = {"type": "SystemIdentifier", "identifierType": "EmailAddress", "identifier": "lin@example.edu"}
    (statement,) = read(event("ViewEvent", "Viewed", actor={**PERSON, "otherIdentifiers": [other, number]})).statements
    assert statement["actor"]["account"] == {"homePage": "https://example.edu", "name": "2025001"}


def test_a_person_without_an_address_has_its_id_on_the_page_of_the_platform():
    (statement,) = read(event("ViewEvent", "Viewed", actor={"id": f"urn:uuid:{ID}", "type": "Person"})).statements
    assert statement["actor"]["account"] == {"homePage": "https://example.edu", "name": f"urn:uuid:{ID}"}


def test_a_person_whose_id_is_a_mail_address_is_the_one_of_other_statements():
    sent = event("NavigationEvent", "NavigatedTo", actor={"id": "mailto:lin@example.edu", "type": "Person"})
    (statement,) = statements_from_caliper(envelope(sent), version=Version.V2).statements
    assert statement["actor"] == {"objectType": "Agent", "mbox": "mailto:lin@example.edu"}


def test_an_event_named_otherwise_gets_the_same_id_each_time():
    ids = [read(event("ViewEvent", "Viewed", id="https://example.edu/events/5")).statements[0]["id"] for _ in range(2)]
    assert ids[0] == ids[1] != ID


def test_every_other_event_is_counted_and_told_in_both_languages():
    found = read(
        event("ForumEvent", "Subscribed"),
        event("ForumEvent", "Subscribed"),
        event("AssessmentItemEvent", "Skipped"),
        PERSON,
        "https://example.edu/users/1",
        graded(generated={"type": "Score", "scoreGiven": 9}),
        event("ViewEvent", "Viewed", actor=APP),
        event("ViewEvent", "Viewed", eventTime="yesterday"),
    )
    assert found.statements == ()
    assert codes(found) == {
        ("not-mapped", "ForumEvent", "Subscribed"): 2,
        ("not-mapped", "AssessmentItemEvent", "Skipped"): 1,
        ("describes", "", ""): 2,
        ("incomplete", "GradeEvent", "Graded"): 1,
        ("incomplete", "ViewEvent", "Viewed"): 1,
        ("faulty", "ViewEvent", "Viewed"): 1,
    }
    told = next(fault for fault in found.notices if fault.code == "faulty")
    assert "timestamp" in told.in_language("en")
    assert "未采用" in told.in_language("zh")


@pytest.mark.parametrize(
    "wrong", [[], None, {}, envelope(dataVersion="http://purl.imsglobal.org/ctx/caliper/v1"), envelope() | {"data": {}}]
)
def test_what_is_no_envelope_is_refused_with_what_belongs_there(wrong):
    with pytest.raises(CaliperRefusedError) as refused:
        statements_from_caliper(wrong, version=Version.V2)
    assert refused.value.status == 400
    assert "sendTime" in refused.value.in_language("zh")


names = st.sampled_from([*event("ViewEvent", "Viewed"), "generated", "target", "otherIdentifiers"])
broken = st.dictionaries(names, json_values | st.just(PERSON) | st.just(QUIZ), max_size=4)
events = st.sampled_from([graded(), event("ViewEvent", "Viewed")])


@given(st.lists(st.builds(lambda base, more: {**base, **more}, events, broken) | json_values, max_size=5))
def test_whatever_an_envelope_holds_only_good_statements_come_of_it(data):
    found = read(*data)
    assert all(not statement_faults(one, version=Version.V2) for one in found.statements)
    assert len(found.statements) + sum(fault.facts["n"] for fault in found.notices) == len(data)
