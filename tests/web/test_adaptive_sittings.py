"""A sitting: each answer is evidence once, in one transaction; it goes on after anything, and only for its person."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError

from tests.web.adaptive import ME, NOON, OTHER, account, mine, opened
from yucai.measurement import AdaptiveSession
from yucai.web.evidence.answers import AnswersTakenBackError
from yucai.web.evidence.models import EvidenceRecord, Import, Item
from yucai.web.evidence.question_models import ChosenOption
from yucai.web.evidence.taking import undo_import
from yucai.web.measurement import adaptive_sittings, adaptive_tests
from yucai.web.measurement.adaptive_models import AdaptiveAnswer, AdaptiveEvent
from yucai.web.measurement.adaptive_sittings import (
    AnsweredAlreadyError,
    NotAskedError,
    answer_question,
    begin_sitting,
    question_asked,
    replayed,
    standing_of,
)
from yucai.web.measurement.adaptive_tests import TestClosedError, close_test, ready_test

pytestmark = pytest.mark.django_db


@pytest.fixture
def record(db):
    return opened()


@pytest.fixture
def sitting(record):
    found = mine(record)
    begin_sitting(sitting=found, by=account("student"), at=NOON)
    return mine(record)


def answer(sitting, option="A", *, number=None, at=NOON):
    now = mine(sitting.test)
    answer_question(sitting=now, number=number or now.n_answers + 1, option=option, by=account("student"), at=at)
    return mine(sitting.test)


def test_every_answer_is_evidence_with_its_source_option_and_event(sitting):
    question = question_asked(sitting)
    after = answer(sitting, question.key)
    given = after.answers.get()
    assert (given.number, given.question, given.option, given.level) == (1, question, question.key, 1)
    record = given.record
    assert (record.person.code, record.item, record.score, record.max_score) == (ME, question.item, 1.0, 1.0)
    assert (record.occasion, record.source_file, record.source_row) == (
        "2026-2027-1",
        after.test.came_with.file_name,
        1,
    )
    assert (record.came_with, record.at) == (after.test.came_with, NOON)
    assert record.chosen.option == question.key
    assert Import.objects.get(pk=record.came_with_id).kept == 1
    kinds = list(AdaptiveEvent.objects.filter(sitting=sitting).order_by("pk").values_list("kind", "by__username"))
    assert kinds == [("begun", "student"), ("answered", "student")]
    assert after.asked != sitting.asked


def test_a_test_ends_with_its_reason_and_asks_each_question_once(sitting):
    while sitting.asked:
        sitting = answer(sitting, "B")
    assert (sitting.why_ended, sitting.n_answers, sitting.ended_at) == ("length", 8, NOON)
    assert len(set(sitting.answers.values_list("question", flat=True))) == 8
    assert AdaptiveEvent.objects.get(sitting=sitting, kind="ended").at == NOON
    with pytest.raises(NotAskedError):
        answer(sitting, "A")


def test_the_same_answer_sent_twice_counts_once_and_another_is_told(sitting):
    first = answer(sitting, "A")
    again = answer(sitting, "A", number=1, at=NOON + timedelta(minutes=1))
    assert (again.n_answers, again.asked) == (1, first.asked)
    with pytest.raises(AnsweredAlreadyError, match=r"Question 1 was answered at .* already, with A\. The first"):
        answer(sitting, "B", number=1)
    assert EvidenceRecord.objects.filter(came_with=sitting.test.came_with).count() == 1


@pytest.mark.parametrize(("number", "option"), [(2, "A"), (1, "E"), (1, ""), (99, "A"), (-1, "A")])
def test_what_was_not_asked_is_no_answer(sitting, number, option):
    with pytest.raises(NotAskedError, match="no answer to a question that is asked now"):
        answer(sitting, option, number=number)
    assert not AdaptiveAnswer.objects.filter(sitting=sitting).exists()


def test_the_state_survives_a_restart_and_equals_the_answers_played_again(sitting):
    for option in "ABCDA":
        sitting = answer(sitting, option)
        adaptive_tests._ready.cache_clear()  # what a new process knows: nothing
        kept = AdaptiveSession.from_json(sitting.kept, test=ready_test(sitting.test).test)
        assert replayed(sitting).to_json() == kept.to_json() == sitting.kept
        assert kept.asked == sitting.asked


def test_a_state_that_another_version_kept_is_made_anew_from_the_answers(sitting):
    for option in "ABC":
        sitting = answer(sitting, option)
    asked, place = sitting.asked, standing_of(sitting).mean
    sitting.kept = '{"yucai_session": 0}'
    sitting.save(update_fields=["kept"])
    assert standing_of(mine(sitting.test)).mean == pytest.approx(place)
    assert question_asked(mine(sitting.test)).item.code == asked
    assert answer(sitting, "D").n_answers == 4


def test_begin_twice_changes_nothing(sitting):
    begin_sitting(sitting=sitting, by=account("student"), at=NOON + timedelta(hours=1))
    again = mine(sitting.test)
    assert (again.began_at, again.asked) == (NOON, sitting.asked)


@pytest.mark.parametrize("role", ["teacher", "director", "mentor", "researcher", "bureau"])
def test_nobody_answers_for_somebody_else(sitting, role):
    with pytest.raises(PermissionDenied):
        answer_question(sitting=sitting, number=1, option="A", by=account(role), at=NOON)


def test_a_student_sits_no_test_of_another(record):
    with pytest.raises(PermissionDenied):
        begin_sitting(sitting=mine(record, OTHER), by=account("student"), at=NOON)


def test_a_closed_test_takes_no_answers(sitting):
    answer(sitting, "A")
    close_test(record=sitting.test, by=account("director"), at=NOON)
    with pytest.raises(TestClosedError, match=r"Director Lin \(demo\) closed this test"):
        answer(sitting, "A")
    with pytest.raises(TestClosedError):
        close_test(record=sitting.test, by=account("director"), at=NOON)
    assert AdaptiveEvent.objects.filter(test=sitting.test, kind="closed").count() == 1


def test_answers_taken_back_on_the_desk_end_the_test(sitting):
    sitting = answer(sitting, "A")
    undone = undo_import(entry=sitting.test.came_with, by="director", at=NOON)
    assert undone.scores == 1
    assert mine(sitting.test).answers.get().record is None
    with pytest.raises(AnswersTakenBackError, match="were taken back by director"):
        answer(sitting, "A")
    assert mine(sitting.test).n_answers == 1


def test_nobody_is_asked_what_they_answered_before(record, person):
    asked = set(ready_test(record).questions)
    before = sorted(asked)[:-4]
    entry = Import.objects.filter(source__code="question-trial").get()
    for code in before:
        item = Item.objects.get(space=record.space, code=code)
        EvidenceRecord.objects.create(
            came_with=entry, person=person(ME), item=item, occasion="2025-2026-1", score=1, max_score=1
        )
    begin_sitting(sitting=mine(record), by=account("student"), at=NOON)
    sitting = mine(record)
    while sitting.asked:
        assert sitting.asked not in before
        sitting = answer(sitting, "A")
    assert (sitting.why_ended, sitting.n_answers) == ("empty", 4)


def test_a_response_on_record_from_elsewhere_is_not_recorded_twice(sitting, person):
    item = Item.objects.get(space=sitting.test.space, code=sitting.asked)
    other = Import.objects.filter(source__code="question-trial").get()
    EvidenceRecord.objects.create(
        came_with=other, person=person(ME), item=item, occasion="2026-2027-1", score=1, max_score=1
    )
    after = answer(sitting, "A")
    assert after.answers.get().record is None
    assert not ChosenOption.objects.filter(record__came_with=sitting.test.came_with).exists()


def test_where_something_fails_nothing_of_the_answer_stays(sitting, monkeypatch):
    def fail(*_args, **_more):
        raise IntegrityError("the disk is gone")

    monkeypatch.setattr(adaptive_sittings, "_asked_next", fail)
    with pytest.raises(IntegrityError):
        answer(sitting, "A")
    monkeypatch.undo()
    after = mine(sitting.test)
    assert (after.n_answers, after.asked) == (0, sitting.asked)
    assert not AdaptiveAnswer.objects.filter(sitting=sitting).exists()
    assert not EvidenceRecord.objects.filter(came_with=sitting.test.came_with).exists()
    assert not AdaptiveEvent.objects.filter(sitting=sitting, kind="answered").exists()


def test_the_place_is_that_of_the_answers_alone(sitting):
    for _n in range(8):
        sitting = answer(sitting, question_asked(sitting).key)
    able = standing_of(sitting)
    assert able.mean.min() > 0
    assert (able.lower90 < able.mean).all()
    assert (able.mean < able.upper90).all()
    session = AdaptiveSession.begin(ready_test(sitting.test).test)
    session = replace(session, answers=AdaptiveSession.from_json(sitting.kept, test=session.test).answers)
    assert able.mean == pytest.approx(session.standing().mean)
