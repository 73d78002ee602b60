"""Statements as evidence: what learning tools tell becomes scores, weak events, or a reason why it is neither.

Read from top to bottom. Lin and Wang learn with a quiz, an H5P content and a cmi5 unit; the office declares what their
statements are worth, and every statement ends in exactly one place.
"""

import gzip
import json
from dataclasses import replace

import pytest

from yucai.demo import open_university, university_learners, university_statements
from yucai.evidence import (
    Attempt,
    LearnerNumbers,
    Version,
    actor_key,
    check_items,
    load_statement_profile,
    read_statement_file,
    read_statement_profile,
    responses_from_statements,
    statements_from_caliper,
)
from yucai.framework import load_evidence_map

PAGE = "https://lms.example.edu"
LIN, WANG = ({"account": {"homePage": PAGE, "name": number}} for number in ("2025001", "2025002"))
LEARNERS = LearnerNumbers(home_pages=frozenset({PAGE}))
CMI5 = "https://w3id.org/xapi/cmi5/context"
REGISTRATION = "ec531277-b57b-4c15-8d91-d292c5b2b8f7"


def told(n, who, verb, thing="quiz/7/q3", *, day=2, **more):
    """Statement number n: who did what to what, in March 2026."""
    return {
        "id": f"00000000-0000-4000-8000-{n:012d}",
        "actor": who,
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"},
        "object": {"id": f"{PAGE}/{thing}"},
        "timestamp": f"2026-03-{day:02d}T08:00:00Z",
        **more,
    }


def points(raw, most):
    return {"score": {"raw": raw, "min": 0, "max": most}}


def mapped(*statements, profile="generic", **how):
    chosen = load_statement_profile(profile) if isinstance(profile, str) else profile
    return responses_from_statements(statements, chosen, **{"learners": LEARNERS, **how})


def scores(found):
    return found.responses.table.select("learner", "item", "score", "max_score").rows()


def reasons(found):
    return {notice.code: notice.facts["n"] for notice in found.notices}


# 1. Scores, events, and the rest


def test_a_score_is_a_response_that_names_its_statement():
    (row,) = mapped(told(1, LIN, "answered", result=points(3, 4))).responses.table.iter_rows(named=True)
    assert (row["learner"], row["item"], row["score"], row["max_score"]) == ("2025001", f"{PAGE}/quiz/7/q3", 3, 4)
    assert row["occasion"] == "2025-2026-2"
    assert row["source_sheet"] == "00000000-0000-4000-8000-000000000001"


def test_passed_without_a_score_is_a_success_on_a_scale_of_its_own():
    assert scores(mapped(told(1, LIN, "passed"))) == [("2025001", f"{PAGE}/quiz/7/q3/success", 1, 1)]


def test_a_click_is_a_weak_event_and_never_a_score():
    found = mapped(told(1, LIN, "experienced", result=points(4, 4)))
    assert len(found.responses) == 0
    assert found.events.table["strength"].to_list() == ["weak"]


def test_what_is_neither_is_counted_with_its_reason_in_both_languages():
    found = mapped(told(1, LIN, "waved"), told(2, LIN, "scored", result={"score": {"raw": 3}}))
    assert reasons(found) == {"no-rule": 1, "no-highest": 1}
    assert "Add a rule" in found.notices[0].in_language("en")
    assert "请注明满分" in found.notices[1].in_language("zh")
    assert len(mapped(told(2, LIN, "scored", result={"score": {"raw": 3}}), highest={"*": 5}).responses) == 1


# 2. Whose it is


def test_whoever_is_not_declared_is_kept_apart_and_never_guessed():
    stranger = {"name": "Lin", "mbox": "mailto:2025001@example.edu"}
    statement = told(1, stranger, "scored", result=points(1, 1))
    assert [actor.key for actor in mapped(statement).unknown_actors] == ["mbox:mailto:2025001@example.edu"]
    by_domain = LearnerNumbers(mail_domains=frozenset({"example.edu"}))
    by_name = LearnerNumbers(crosswalk={actor_key(stranger): "2025007"})
    assert [scores(mapped(statement, learners=one))[0][0] for one in (by_domain, by_name)] == ["2025001", "2025007"]


# 3. Taken back, sent again, tried again


def test_a_voided_statement_does_not_count():
    scored = told(1, LIN, "scored", result=points(1, 1))
    voids = {**told(2, WANG, "voided"), "object": {"objectType": "StatementRef", "id": scored["id"]}}
    assert scores(mapped(scored, voids)) == []
    assert scores(mapped(scored, voided=[scored["id"]])) == []


def test_the_profile_says_which_attempt_counts():
    tries = [told(n, LIN, "scored", day=n, result=points(score, 4)) for n, score in ((1, 2), (2, 4), (3, 1))]
    generic = load_statement_profile("generic")
    found = {attempt: scores(mapped(*tries, profile=replace(generic, attempt=attempt)))[0][2] for attempt in Attempt}
    assert found == {Attempt.FIRST: 2, Attempt.LAST: 1, Attempt.BEST: 4}


# 4. H5P: a whole and its parts


def question(n, who, part, score):
    context = {"contextActivities": {"parent": [{"id": f"{PAGE}/h5p/11"}]}}
    return told(n, who, "answered", f"h5p/11?subContentId={part}", result=points(score, 1), context=context)


def test_each_question_counts_and_their_sum_only_where_no_questions_came():
    found = mapped(
        question(1, LIN, "a", 1),
        question(2, LIN, "b", 0),
        told(3, LIN, "completed", "h5p/11", result=points(1, 2)),
        told(4, WANG, "completed", "h5p/11", result=points(2, 2)),
        profile="h5p",
    )
    assert [(who, item.removeprefix(f"{PAGE}/"), score) for who, item, score, _ in scores(found)] == [
        ("2025001", "h5p/11?subContentId=a", 1),
        ("2025001", "h5p/11?subContentId=b", 0),
        ("2025002", "h5p/11", 2),
    ]
    assert reasons(found) == {"sum": 1}


# 5. cmi5: sessions


def in_session(n, verb, *, mode="Normal", categories=("cmi5", "moveon"), mastery=0.8, **more):
    extensions = {"sessionid": "s1", "launchmode": mode, "masteryscore": mastery}
    context = {
        "registration": REGISTRATION,
        "contextActivities": {"category": [{"id": f"{CMI5}/categories/{name}"} for name in categories]},
        "extensions": {f"{CMI5}/extensions/{name}": value for name, value in extensions.items()},
    }
    return told(n, LIN, verb, "unit/1", context=context, **more)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"categories": ("moveon",)}, "not-defined"),
        ({"categories": ("cmi5",)}, "no-move-on"),
        ({"mastery": 0.95}, "against-mastery"),
        ({"mode": "Browse"}, "browsed"),
    ],
)
def test_only_what_keeps_the_rules_of_its_session_counts(changes, reason):
    launched = in_session(1, "launched", **{**changes, "categories": ("cmi5",)})
    passed = in_session(2, "passed", result={"score": {"scaled": 0.9}, "success": True}, **changes)
    found = mapped(launched, passed, profile="cmi5")
    assert scores(found) == ([] if reason else [("2025001", f"{PAGE}/unit/1", 0.9, 1)])
    assert reasons(found) == {"ignored": 1, **({reason: 1} if reason else {})}


# 6. A profile of one's own


def test_a_school_declares_what_its_tools_mean():
    robots = read_statement_profile(
        """
        code = "robots"
        version = "1.0"
        source = "xAPI robots"
        attempt = "best"
        name = { en = "Robot lab", zh = "机器人实验室" }
        about = { en = "Runs of the robot lab.", zh = "机器人实验室的运行记录。" }
        item = { pattern = "https://lms.example.edu/robot/(.+)", written = "robot-\\\\1" }
        verbs = [{ ids = ["http://adlnet.gov/expapi/verbs/ran"], gives = "response" }]
        """
    )
    found = mapped(told(1, LIN, "ran", "robot/4", result=points(7, 10)), profile=robots)
    assert scores(found) == [("2025001", "robot-4", 7, 10)]


# 7. From files and from Caliper


def test_a_file_is_read_one_statement_at_a_time_and_what_is_refused_has_its_line(tmp_path):
    lines = [json.dumps(told(1, LIN, "scored", result=points(1, 1))), '{"actor": {}}', "not JSON"]
    (tmp_path / "sent.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    reading = list(read_statement_file(tmp_path / "sent.jsonl.gz", version=Version.V2))
    assert [one.line for one in reading if one.refused] == [2, 3]
    assert len(mapped(*(one.sent.value for one in reading if one.sent)).responses) == 1


def test_a_grade_of_caliper_becomes_a_score_on_the_same_way():
    graded = {
        "id": "urn:uuid:c51570e4-f8ed-4c18-bb3a-dfe51b2cc594",
        "type": "GradeEvent",
        "action": "Graded",
        "actor": {"id": f"{PAGE}/autograder", "type": "SoftwareApplication"},
        "object": {"type": "Attempt", "assignee": f"{PAGE}/2025001", "assignable": {"id": f"{PAGE}/quiz/7"}},
        "generated": {"type": "Score", "scoreGiven": 9, "maxScore": 12},
        "eventTime": "2026-03-02T08:00:00.000Z",
    }
    context = "http://purl.imsglobal.org/ctx/caliper/v1p2"
    envelope = {"sensor": PAGE, "sendTime": "2026-03-02T08:00:01Z", "dataVersion": context, "data": [graded]}
    given = statements_from_caliper(envelope, version=Version.V2)
    assert scores(mapped(*given.statements)) == [("2025001", f"{PAGE}/quiz/7", 9, 12)]


# 8. A real university


def test_a_presentation_told_as_statements_comes_back_as_the_same_evidence():
    told_by_platform = university_statements(version=Version.V2, presentations={"AAA-2014J"})
    found = responses_from_statements(told_by_platform, load_statement_profile("oulad"), learners=university_learners())
    columns = ["learner", "item", "occasion", "score", "max_score"]
    there = open_university().responses.table.select(columns).sort(columns)
    expected = [row for row in there.iter_rows() if row[2] == "AAA-2014J"]
    assert found.responses.table.select(columns).sort(columns).rows() == expected
    assert check_items(found.responses, load_evidence_map("evidence-oulad")) == ()
