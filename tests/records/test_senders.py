"""Requests as Moodle's and Open edX's senders make them: headers, batches, retries, and what becomes of them here.

The statements are made by us in the shapes of those tools; see tests/unit/evidence/statement_mapping/platforms.py.
"""

import json

import pytest

from tests.records.records_client import new_id
from tests.unit.evidence.statement_mapping.platforms import (
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
from yucai.evidence import LearnerNumbers, load_statement_profile, responses_from_statements
from yucai.web.records.following import follow

VIEWED = "http://id.tincanapi.com/verb/viewed"


@pytest.fixture
def plugin(credential):
    """Moodle's plugin: it writes, names version 1.0.0, and asks for nothing else."""
    return credential("statements/write", version="1.0.0")


@pytest.fixture
def backend(credential):
    """Open edX's sender: version 1.0.3."""
    return credential("statements/write", name="openedx", version="1.0.3")


def mapped(store, profile):
    """What a store holds, through a profile."""
    statements = (json.loads(one.body) for one in follow(store, after=0, most=10_000))
    learners = LearnerNumbers(home_pages=frozenset({MOODLE, EDX}))
    found = responses_from_statements(statements, load_statement_profile(profile), learners=learners)
    return found.responses.table.select("learner", "item", "score", "max_score").rows(), len(found.events)


def lesson(n):
    """A batch of n events of one quiz: some views, questions and one whole for each learner."""
    made = []
    for i in range(n):
        who = f"2025{i // 10:03}"
        kinds = (moodle(VIEWED, "mod/quiz/view.php?id=7", who=who), moodle_quiz(7, who=who))
        made.append(kinds[i % 10 == 9] if i % 10 in (0, 9) else moodle_question(i % 10, i % 3 > 0, who=who))
    return made


@pytest.mark.parametrize("n", [1, 30, 100, 500])
def test_a_batch_of_moodle_is_taken_whole_and_mapped(plugin, store, n):
    told = plugin.post(lesson(n))
    assert told.status == 200
    assert len(set(told.json)) == n
    responses, events = mapped(store, "moodle")
    questions = sum(1 for i in range(n) if i % 10 not in (0, 9))
    assert (len(responses), events) == (questions, (n + 9) // 10)


def test_a_batch_that_moodle_sends_again_is_kept_twice_and_counts_once(plugin, store):
    """Its statements have no ids, so that a store cannot know them; the first attempt and the last grade count."""
    batch = [*lesson(30), moodle_grade(58)]
    assert plugin.post(batch).status == 200
    once, events = mapped(store, "moodle")
    assert plugin.post(batch).status == 200
    again, more_events = mapped(store, "moodle")
    assert again == once
    assert more_events == 2 * events


def test_moodle_halves_a_batch_that_is_refused_until_the_bad_one_is_alone(plugin, store):
    batch = lesson(30)
    batch[13]["actor"]["objectType"] = ["Agent"]  # as some versions write it where users are told by their mail

    def send(part):
        told = plugin.post(part)
        if told.status == 200:
            return []
        assert told.status == 400
        half = round(len(part) / 2)
        return [part[0]] if len(part) == 1 else [one for piece in (part[:half], part[half:]) for one in send(piece)]

    assert send(batch) == [batch[13]]
    assert len(list(follow(store, after=0, most=100))) == 29


def test_moodle_needs_no_more_than_the_scope_to_write(plugin):
    assert plugin.call("GET", "about").status == 200
    assert plugin.get().status == 403


def attempts(n):
    return [edx(EVALUATED, f"{PROBLEM}{i}", n=i + 1, result=edx_points(i % 3, 2)) for i in range(n)]


@pytest.mark.parametrize("n", [30, 100, 500])
def test_a_batch_of_open_edx_sent_again_after_a_timeout_changes_nothing(backend, store, n):
    batch = attempts(n)
    first = backend.post(batch)
    again = backend.post(batch)
    assert (first.status, again.status) == (200, 200)
    assert again.json == first.json == [one["id"] for one in batch]
    assert len(list(follow(store, after=0, most=1_000))) == n
    responses, _ = mapped(store, "openedx")
    assert len(responses) == n


def test_single_events_of_open_edx_come_by_put_and_may_come_again(backend, store):
    one = edx(EVALUATED, PROBLEM, result=edx_points(1, 2))
    for _ in range(2):
        told = backend.call("PUT", "statements", {"statementId": one["id"]}, data=one)
        assert told.status == 204
    assert mapped(store, "openedx")[0] == [("2025001", PROBLEM, 1.0, 2.0)]


def test_a_part_of_a_batch_that_came_before_is_no_fault(backend, store):
    batch = attempts(60)
    assert backend.post(batch[:40]).status == 200
    assert backend.post(batch[20:]).status == 200
    assert [one.id for one in follow(store, after=0, most=100)] == [one["id"] for one in batch]


def test_another_event_under_a_known_id_is_refused_and_leaves_nothing(backend, store):
    batch = attempts(30)
    backend.post(batch[:1])
    other = {**batch[0], "verb": {"id": "http://adlnet.gov/expapi/verbs/asked"}}
    assert backend.post([{**batch[1], "id": new_id()}, other]).status == 409
    assert len(list(follow(store, after=0, most=100))) == 1
