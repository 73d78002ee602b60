"""What becomes of scores, successes, times, actors and attempts by the profile of ADL's verbs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.unit.evidence.statement_mapping.telling import (
    LEARNERS,
    PAGE,
    QUIZ,
    REGISTRATION,
    mapped,
    points,
    reasons,
    scores,
    told,
    uuid,
)
from yucai.evidence import Attempt, LearnerNumbers, load_statement_profile


@pytest.mark.parametrize(
    ("verb", "result", "expected"),
    [
        ("answered", {"score": {"raw": 3, "min": 0, "max": 4}}, ("quiz/7", 3, 4)),
        ("answered", {"score": {"raw": 3, "max": 4, "scaled": 0.5}}, ("quiz/7", 3, 4)),
        ("answered", {"score": {"raw": -1, "min": -2, "max": 2}}, ("quiz/7", 1, 4)),
        ("scored", {"score": {"scaled": 0.25}}, ("quiz/7", 0.25, 1)),
        ("scored", {"score": {"scaled": 0.25, "raw": 5}}, ("quiz/7", 0.25, 1)),
        ("completed", {"score": {"raw": 9, "max": 10}, "success": False}, ("quiz/7", 9, 10)),
        ("answered", {"success": True}, ("quiz/7/success", 1, 1)),
        ("answered", {"success": False, "score": {}}, ("quiz/7/success", 0, 1)),
        ("passed", None, ("quiz/7/success", 1, 1)),
        ("failed", {"success": False}, ("quiz/7/success", 0, 1)),
        ("passed", {"score": {"raw": 4, "max": 5}, "success": True}, ("quiz/7", 4, 5)),
    ],
)
def test_a_result_is_points_of_its_highest_else_a_share_else_a_success(verb, result, expected):
    found = mapped([told(verb, result=result)])
    assert scores(found) == [("2025001", *expected)]
    assert found.notices == ()


@pytest.mark.parametrize(
    ("verb", "result", "reason"),
    [
        ("answered", None, "no-score"),
        ("answered", {"response": "b"}, "no-score"),
        ("answered", {"score": {"raw": 3}}, "no-highest"),
        ("scored", {"score": {"scaled": -0.5}}, "outside"),
        ("scored", {"score": {"raw": -3, "max": 4}}, "outside"),
        ("scored", {"score": {"raw": -3, "max": -1}}, "outside"),
        ("scored", {"score": {"raw": 10**400, "max": 10**401}}, "outside"),
        ("passed", {"success": False}, "contradiction"),
        ("failed", {"success": True, "score": {"scaled": 1}}, "contradiction"),
        ("http://example.org/did", {"score": {"scaled": 1}}, "score-unread"),
        ("http://example.org/did", None, "no-rule"),
        ("initialized", None, "ignored"),
    ],
)
def test_what_cannot_be_read_as_a_score_is_left_out_with_its_reason(verb, result, reason):
    found = mapped([told(verb, result=result)])
    assert len(found.responses) == len(found.events) == 0
    assert reasons(found) == {reason: 1}


def test_a_highest_score_can_be_stated_by_item_or_for_all():
    raw = {"score": {"raw": 3}}
    statements = [told("scored", result=raw), told("scored", item=f"{PAGE}/other", result=raw)]
    assert scores(mapped(statements, highest={QUIZ: 5, "*": 10})) == [
        ("2025001", "other", 3, 10),
        ("2025001", "quiz/7", 3, 5),
    ]


def test_a_response_says_when_and_where_it_comes_from():
    row = mapped([told("scored", result=points(3, 4), id=uuid(77).upper())]).responses.table.row(0, named=True)
    assert row["at"] == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert (row["occasion"], row["source_file"], row["source_sheet"]) == ("2025-2026-2", "xAPI", uuid(77))
    assert (row["rater"], row["source_row"], row["record"]) == (None, None, None)


def test_seen_and_opened_are_weak_events_and_never_scores():
    found = mapped([told("experienced", result=points(9, 10)), told("completed")])
    assert len(found.responses) == 0
    table = found.events.table.select("learner", "verb", "item", "times", "strength", "occasion")
    verbs = [row[1].rpartition("/")[2] for row in table.iter_rows()]
    assert sorted(verbs) == ["completed", "experienced"]
    assert {(row[0], row[2], *row[3:]) for row in table.iter_rows()} == {("2025001", QUIZ, 1, "weak", "2025-2026-2")}


# Whose it is


def test_an_actor_is_a_learner_by_account_by_mail_domain_or_by_name_in_the_crosswalk():
    numbers = LearnerNumbers(
        home_pages=frozenset({PAGE}),
        mail_domains=frozenset({"stu.example.edu"}),
        crosswalk={"openid:https://id.example.edu/lin": "2025009", "mbox:mailto:2025003@stu.example.edu": "2025004"},
    )
    actors = [
        {"account": {"homePage": PAGE, "name": "2025001"}},
        {"mbox": "mailto:2025002@STU.example.edu"},
        {"mbox": "mailto:2025003@stu.example.edu"},
        {"openid": "https://id.example.edu/lin"},
    ]
    found = mapped([told("scored", who=who, result=points(1, 1)) for who in actors], learners=numbers)
    assert [row[0] for row in scores(found)] == ["2025001", "2025002", "2025004", "2025009"]


@pytest.mark.parametrize(
    "who",
    [
        {"name": "2025001", "account": {"homePage": "https://elsewhere.example", "name": "2025001"}},
        {"name": "Lin", "mbox": "mailto:2025001@stu.example.edu"},
        {"account": {"homePage": PAGE, "name": " "}},
        {"mbox_sha1sum": "0" * 40},
    ],
)
def test_an_actor_who_is_not_declared_is_kept_apart_and_told_without_its_name(who):
    found = mapped([told("scored", who=who, result=points(1, 1)), told("experienced", who=who)])
    assert len(found.responses) == len(found.events) == 0
    assert [actor.n_statements for actor in found.unknown_actors] == [2]
    assert reasons(found) == {"unknown-actor": 2}
    assert found.notices[0].facts["n_actors"] == 1
    assert not any(word in found.notices[0].in_language("en") for word in ("2025001", "Lin"))


def test_a_number_that_no_learner_has_is_nobodys():
    some = replace(LEARNERS, known=frozenset({"2025002"}))
    found = mapped([told("scored", who=who, result=points(1, 1)) for who in ("2025001", "2025002")], learners=some)
    assert [row[0] for row in scores(found)] == ["2025002"]
    assert [actor.key for actor in found.unknown_actors] == [f'account:["{PAGE}","2025001"]']


def test_groups_and_what_is_done_to_persons_are_no_evidence_of_one_learner():
    group = {"objectType": "Group", "account": {"homePage": PAGE, "name": "class-3"}}
    someone = {"objectType": "Agent", "mbox": "mailto:lin@example.edu"}
    found = mapped([told("scored", who=group, result=points(1, 1)), told("scored", item=someone)])
    assert reasons(found) == {"group": 1, "not-an-activity": 1}


# When


@pytest.mark.parametrize(("zone", "term"), [(UTC, "2025-2026-1"), (timezone(timedelta(hours=8)), "2025-2026-2")])
def test_a_term_begins_by_the_clock_of_the_school(zone, term):
    found = mapped([told("scored", at="2026-01-31T20:00:00Z", result=points(1, 1))], zone=zone)
    assert found.responses.table["occasion"].to_list() == [term]


def test_where_no_time_was_sent_that_of_the_store_counts_and_without_any_the_term_is_not_known():
    stored = told("scored", at=None, result=points(1, 1), stored="2026-03-02T08:00:00+08:00")
    found = mapped([stored, told("scored", at=None, result=points(1, 1))])
    assert found.responses.table["at"].to_list() == [datetime(2026, 3, 2, tzinfo=UTC)]
    assert reasons(found) == {"no-time": 1}


def test_a_registration_can_be_named_and_is_then_the_occasion():
    context = {"registration": REGISTRATION.upper()}
    found = mapped([told("scored", context=context, result=points(1, 1))], occasions={REGISTRATION: "Autumn course"})
    assert found.responses.table["occasion"].to_list() == ["Autumn course"]


# Again, taken back, several times


def test_a_voided_statement_does_not_count_whoever_says_so():
    one, other, third = (told("scored", who=f"202500{n}", result=points(1, 1)) for n in range(3))
    voids = told("voided", item={"objectType": "StatementRef", "id": other["id"].upper()})
    found = mapped([voids, one, other, third], voided=[one["id"].upper()])
    assert [row[0] for row in scores(found)] == ["2025002"]
    assert reasons(found) == {"voided": 2, "voids": 1}


def test_a_statement_that_came_again_counts_once_also_as_an_event():
    seen, scored = told("experienced"), told("scored", result=points(1, 1))
    found = mapped([seen, scored, seen, scored, seen])
    assert (len(found.events), len(found.responses)) == (1, 1)
    assert reasons(found) == {"repeated": 3}


def test_two_statements_that_differ_under_one_id_always_come_to_the_same():
    id = uuid(5)
    one, other = told("scored", id=id, result=points(1, 4)), told("scored", id=id, result=points(3, 4))
    assert scores(mapped([one, other])) == scores(mapped([other, one]))
    assert len(mapped([one, other]).responses) == 1


@pytest.mark.parametrize(("attempt", "score"), [(Attempt.FIRST, 2), (Attempt.LAST, 1), (Attempt.BEST, 4)])
def test_of_several_attempts_in_a_term_the_declared_one_counts(attempt, score):
    tries = [told("scored", at=f"2026-03-0{day}T08:00:00Z", result=points(n, 4)) for day, n in ((3, 4), (2, 2), (5, 1))]
    later = told("scored", at="2026-10-01T08:00:00Z", result=points(0, 4))
    found = mapped([*tries, later], replace(load_statement_profile("generic"), attempt=attempt))
    assert found.responses.table.select("occasion", "score").rows() == [("2025-2026-2", score), ("2026-2027-1", 0)]
    assert reasons(found) == {"attempt": 2}
    assert {"first": "首次", "last": "末次", "best": "最好的一次"}[attempt] in found.notices[0].in_language("zh")


def test_best_is_the_best_share_where_the_highest_score_has_changed():
    tries = [told("scored", result=points(5, 10)), told("scored", result=points(4, 5))]
    found = mapped(tries, replace(load_statement_profile("generic"), attempt=Attempt.BEST))
    assert scores(found) == [("2025001", "quiz/7", 4, 5)]


def test_clicks_alone_leave_scores_aside_and_say_so():
    found = mapped([told("experienced"), told("scored", result=points(1, 1))], "clicks")
    assert (len(found.events), len(found.responses)) == (1, 0)
    assert reasons(found) == {"score-unread": 1}
    assert "Clicks only" in found.notices[0].in_language("en")


def test_nothing_gives_nothing():
    found = mapped([])
    assert (len(found.responses), len(found.events), found.n_statements, found.notices) == (0, 0, 0, ())
