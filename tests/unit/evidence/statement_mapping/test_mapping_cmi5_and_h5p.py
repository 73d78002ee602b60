"""The rules of sessions (cmi5 1.0, section 9) and of contents with parts (H5P)."""

import pytest

from tests.unit.evidence.statement_mapping.telling import (
    CMI5,
    PAGE,
    REGISTRATION,
    XAPI_ADL,
    in_session,
    mapped,
    points,
    reasons,
    scores,
    told,
)

# cmi5


def test_a_session_gives_one_response_by_its_score_and_its_frame_gives_nothing():
    session = [
        in_session("launched", mode="Normal", at="2026-03-02T08:00:00Z"),
        in_session("initialized", at="2026-03-02T08:00:05Z"),
        in_session("completed", at="2026-03-02T08:30:00Z"),
        in_session("passed", result={"score": {"scaled": 0.9}}, mastery=0.8, at="2026-03-02T08:30:01Z"),
        in_session("terminated", at="2026-03-02T08:31:00Z"),
        in_session(f"{XAPI_ADL}/satisfied", at="2026-03-02T08:31:01Z"),
    ]
    found = mapped(session, "cmi5")
    assert scores(found) == [("2025001", "quiz/7", 0.9, 1)]
    assert found.events.table["verb"].to_list() == ["http://adlnet.gov/expapi/verbs/completed"]
    assert reasons(found) == {"ignored": 4}


def test_without_a_score_passed_and_failed_are_successes():
    found = mapped([in_session("passed"), in_session("failed", who="2025002")], "cmi5")
    assert scores(found) == [("2025001", "quiz/7/success", 1, 1), ("2025002", "quiz/7/success", 0, 1)]


def test_the_last_result_counts_since_passed_may_follow_failed():
    failed = in_session("failed", result={"score": {"scaled": 0.3}}, at="2026-03-02T08:00:00Z")
    passed = in_session("passed", result={"score": {"scaled": 0.8}}, session="s2", at="2026-03-03T08:00:00Z")
    found = mapped([passed, failed], "cmi5")
    assert scores(found) == [("2025001", "quiz/7", 0.8, 1)]
    assert reasons(found) == {"attempt": 1}


def test_waived_is_what_the_platform_says_and_nothing_the_learner_showed():
    result = {"success": True, "completion": True}
    waived = in_session(f"{XAPI_ADL}/waived", result=result, move_on=True)
    assert reasons(mapped([waived], "cmi5")) == {"ignored": 1}


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (in_session("passed", defined=False), "not-defined"),
        (in_session("passed", session=7), "not-defined"),
        (told("passed"), "not-defined"),
        (in_session("passed", move_on=False), "no-move-on"),
        (in_session("passed", result={"score": {"scaled": 0.7}}, mastery=0.8), "against-mastery"),
        (in_session("failed", result={"score": {"scaled": 0.8}}, mastery=0.8), "against-mastery"),
        (in_session("answered"), "no-rule"),
    ],
)
def test_what_breaks_the_rules_of_a_session_does_not_count(statement, reason):
    found = mapped([statement], "cmi5")
    assert len(found.responses) == 0
    assert reasons(found) == {reason: 1}


def test_a_statement_without_registration_is_of_no_session():
    statement = in_session("passed")
    del statement["context"]["registration"]
    assert reasons(mapped([statement], "cmi5")) == {"not-defined": 1}


@pytest.mark.parametrize("mode", ["Browse", "Review"])
def test_what_was_only_looked_through_does_not_count(mode):
    browsed = [in_session("launched", mode=mode), in_session("passed")]
    counted = [in_session("launched", mode="Normal", session="s2"), in_session("failed", session="s2")]
    found = mapped([*browsed, *counted], "cmi5")
    assert scores(found) == [("2025001", "quiz/7/success", 0, 1)]
    assert reasons(found) == {"browsed": 1, "ignored": 2}


def test_what_comes_after_a_session_was_abandoned_does_not_count_unless_that_is_voided():
    abandoned = in_session(f"{XAPI_ADL}/abandoned", at="2026-03-02T09:00:00Z")
    before = in_session("failed", at="2026-03-02T08:59:59Z")
    after = in_session("passed", at="2026-03-02T09:00:01Z")
    assert scores(mapped([after, before, abandoned], "cmi5")) == [("2025001", "quiz/7/success", 0, 1)]
    again = mapped([after, before, abandoned], "cmi5", voided=[abandoned["id"]])
    assert scores(again) == [("2025001", "quiz/7/success", 1, 1)]


def test_a_session_takes_the_mode_and_mastery_from_the_names_cmi5_gives_them():
    assert in_session("launched", mode="Review", mastery=0.5)["context"]["extensions"].keys() == {
        f"{CMI5}/extensions/sessionid",
        f"{CMI5}/extensions/launchmode",
        f"{CMI5}/extensions/masteryscore",
    }
    assert in_session("launched")["context"]["registration"] == REGISTRATION


# H5P

CONTENT = f"{PAGE}/h5p/11"
SUB = "http://h5p.org/x-api/h5p-subContentId"


def question(part, raw, *, named_in_id=True, of=CONTENT, **more):
    id = f"{CONTENT}?subContentId={part}" if named_in_id else CONTENT
    thing = {"id": id, "definition": {"extensions": {SUB: part, "http://h5p.org/x-api/h5p-local-content-id": 11}}}
    context = {"contextActivities": {"parent": [{"id": of}], "category": [{"id": "http://h5p.org/libraries/H5P.X-1"}]}}
    return told("answered", item=thing, context=context, result=points(raw, 1), **more)


def test_each_question_counts_and_their_sum_does_not():
    whole = told("completed", item=CONTENT, result=points(1, 2))
    found = mapped([whole, question("a", 1), question("b", 0)], "h5p")
    assert scores(found) == [
        ("2025001", "h5p/11?subContentId=a", 1, 1),
        ("2025001", "h5p/11?subContentId=b", 0, 1),
    ]
    assert reasons(found) == {"sum": 1}


def test_a_sum_counts_for_whom_no_questions_came_and_where_all_were_voided():
    whole = told("completed", who="2025002", item=CONTENT, result=points(1, 2))
    taken_back = question("a", 1, who="2025002")
    found = mapped([whole, taken_back, question("a", 1)], "h5p", voided=[taken_back["id"]])
    assert scores(found) == [("2025001", "h5p/11?subContentId=a", 1, 1), ("2025002", "h5p/11", 1, 2)]


def test_sums_of_sums_are_left_out_too():
    inner = f"{CONTENT}?subContentId=set"
    asked = question("q", 1, of=inner)
    of_set = told("completed", item=inner, result=points(1, 1), context=question("x", 1)["context"])
    whole = told("completed", item=CONTENT, result=points(1, 1))
    found = mapped([whole, of_set, asked], "h5p")
    assert scores(found) == [("2025001", "h5p/11?subContentId=q", 1, 1)]
    assert reasons(found) == {"sum": 2}


def test_a_part_is_told_apart_also_where_only_its_extension_names_it():
    found = mapped([question("a", 1), question("a", 0, named_in_id=False, at="2026-03-03T08:00:00Z")], "h5p")
    assert scores(found) == [("2025001", "h5p/11?subContentId=a", 1, 1)]
    assert reasons(found) == {"attempt": 1}


def test_the_first_try_counts_and_moving_about_is_a_weak_event():
    found = mapped(
        [
            question("a", 1, at="2026-03-02T09:00:00Z"),
            question("a", 0, at="2026-03-02T08:00:00Z"),
            told("interacted", item=CONTENT),
            told("progressed", item=CONTENT),
            told("attempted", item=CONTENT),
        ],
        "h5p",
    )
    assert scores(found) == [("2025001", "h5p/11?subContentId=a", 0, 1)]
    assert len(found.events) == 3
