"""What Moodle and Open edX send of graded things, mapped by their profiles. The statements are made by us."""

import pytest

from tests.unit.evidence.statement_mapping.platforms import (
    EARNED,
    EDX,
    EVALUATED,
    MOODLE,
    PROBLEM,
    edx,
    edx_points,
    moodle,
    moodle_grade,
    moodle_question,
    moodle_quiz,
)
from tests.unit.evidence.statement_mapping.telling import mapped, reasons
from yucai.evidence import LearnerNumbers, Version, statement_faults

LEARNERS = LearnerNumbers(home_pages=frozenset({MOODLE, EDX}))
LATER = "2026-03-09T10:15:00+08:00"


def given(statements, profile):
    """Item after the host, score and highest score of each response, and the mapping."""
    for statement in statements:
        assert statement_faults(statement, version=Version.V1) == ()
    found = mapped(statements, profile, learners=LEARNERS)
    rows = found.responses.table.select("item", "score", "max_score").iter_rows()
    return [(item.removeprefix(f"{MOODLE}/"), score, most) for item, score, most in rows], found


# Moodle


def test_questions_of_a_moodle_quiz_count_and_their_sum_does_not():
    scores, found = given([moodle_quiz(5), moodle_question(41, True), moodle_question(42, False)], "moodle")
    assert scores == [
        ("question/question.php?cmid=7&id=41/success", 1, 1),
        ("question/question.php?cmid=7&id=42/success", 0, 1),
    ]
    assert reasons(found) == {"sum": 1}


def test_a_moodle_quiz_counts_by_its_points_where_its_questions_did_not_come():
    scores, found = given([moodle_quiz(5), moodle_question(41, True, who="2025002")], "moodle")
    assert ("mod/quiz/view.php?id=7", 5, 10) in scores
    assert reasons(found) == {}


def test_the_first_attempt_at_a_moodle_quiz_counts():
    scores, found = given([moodle_quiz(5), moodle_quiz(9, at=LATER)], "moodle")
    assert scores == [("mod/quiz/view.php?id=7", 5, 10)]
    assert reasons(found) == {"attempt": 1}


def test_the_last_grade_of_a_moodle_assignment_counts_for_it_corrects_the_others():
    scores, found = given([moodle_grade(80, at=LATER), moodle_grade(58)], "moodle")
    assert scores == [("mod/assign/view.php?id=9", 80, 100)]
    assert reasons(found) == {"corrected": 1}


def test_a_batch_that_moodle_sends_again_without_ids_gives_the_same_responses():
    batch = [moodle_quiz(5), moodle_grade(58), moodle_question(41, True, who="2025002")]
    once, _ = given(batch, "moodle")
    again, found = given(batch * 2, "moodle")
    assert again == once
    assert reasons(found) == {"corrected": 1, "attempt": 2}


def test_a_completed_moodle_course_is_a_weak_event_and_so_is_what_was_seen():
    viewed = "http://id.tincanapi.com/verb/viewed"
    course = moodle("completed", "course/view.php?id=4")
    scores, found = given([course, moodle(viewed, "mod/page/view.php?id=2")], "moodle")
    assert scores == []
    assert found.events.table["strength"].to_list() == ["weak", "weak"]
    assert reasons(given([moodle("https://brindlewaye.com/xAPITerms/verbs/loggedin/", "")], "moodle")[1]) == {
        "ignored": 1
    }


def test_an_essay_of_moodle_that_nobody_has_marked_gives_no_score():
    essay = moodle("answered", "question/question.php?cmid=7&id=43", result={"response": "…", "completion": True})
    assert reasons(given([essay], "moodle")[1]) == {"no-score": 1}


# Open edX


def test_a_checked_problem_of_open_edx_counts_once_by_its_first_points():
    checked = edx(EVALUATED, PROBLEM, n=1, result=edx_points(1, 2))
    graded = edx("attempted", PROBLEM, n=2, at="2026-03-02T02:15:00.223456+00:00", result=edx_points(1, 2))
    again = edx(EVALUATED, PROBLEM, n=3, at="2026-03-03T02:15:00+00:00", result=edx_points(2, 2))
    scores, found = given([again, graded, checked], "openedx")
    assert scores == [(PROBLEM, 1, 2)]
    assert reasons(found) == {"attempt": 2}


def test_a_problem_of_open_edx_is_the_same_with_and_without_the_address_of_its_block():
    scores, _ = given([edx("attempted", PROBLEM, result=edx_points(2, 4))], "openedx")
    bare, _ = given([{**edx("attempted", PROBLEM, result=edx_points(2, 4)), "object": {"id": PROBLEM}}], "openedx")
    assert scores == bare == [(PROBLEM, 2, 4)]


def test_grades_of_open_edx_that_are_sums_are_weak_events():
    course = f"{EDX}/course/course-v1:Edu+Stat+2026"
    earned = edx(EARNED, course, n=1, result=edx_points(0.8, 1.0))
    section = edx(EARNED, PROBLEM.replace("problem", "sequential"), n=2, result=edx_points(3, 4))
    scores, found = given([earned, section, edx(EVALUATED, PROBLEM, n=3, result=edx_points(1, 1))], "openedx")
    assert scores == [(PROBLEM, 1, 1)]
    assert found.events.table["verb"].to_list() == [EARNED, EARNED]


def test_that_a_course_of_open_edx_was_passed_counts_where_its_problems_did_not_come():
    course = f"{EDX}/course/course-v1:Edu+Stat+2026"
    passed = edx("passed", course, n=1, parent=False)
    scores, _ = given([passed], "openedx")
    assert scores == [(f"{course}/success", 1, 1)]
    scores, found = given([passed, edx(EVALUATED, PROBLEM, n=2, result=edx_points(1, 2))], "openedx")
    assert scores == [(PROBLEM, 1, 2)]
    assert reasons(found) == {"sum": 1}


@pytest.mark.parametrize("verb", ["answered", "progressed", "https://w3id.org/xapi/video/verbs/played"])
def test_what_open_edx_tells_without_points_is_weak(verb):
    scores, found = given([edx(verb, PROBLEM)], "openedx")
    assert (scores, len(found.events)) == ([], 1)


def test_an_anonymous_account_of_open_edx_is_nobody_until_it_is_declared():
    statement = edx(EVALUATED, PROBLEM, who="32e08e30-0000-4000-8000-000000000001", result=edx_points(1, 1))
    nobody = mapped([statement], "openedx", learners=LearnerNumbers())
    assert reasons(nobody) == {"unknown-actor": 1}
    named = LearnerNumbers(crosswalk={nobody.unknown_actors[0].key: "2025001"})
    assert mapped([statement], "openedx", learners=named).responses.table["learner"].to_list() == ["2025001"]
