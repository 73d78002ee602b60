"""One person's adaptive test: begun once, answered question by question, each answer evidence as it comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

import numpy as np
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import localtime

from yucai.errors import YucaiError
from yucai.measurement import AdaptiveSession, AdaptiveSessionError, Standing
from yucai.texts import Text
from yucai.web.accounts.access import may_answer_test
from yucai.web.accounts.models import Account
from yucai.web.evidence.actions import held
from yucai.web.evidence.answers import record_answer
from yucai.web.evidence.question_models import Question
from yucai.web.measurement.adaptive_models import AdaptiveAnswer, AdaptiveEvent, AdaptiveSitting, AdaptiveTestRecord
from yucai.web.measurement.adaptive_planning import answered_before
from yucai.web.measurement.adaptive_tests import closed_error, ready_test
from yucai.web.registers.algorithms import ADAPTIVE
from yucai.web.registers.switches import require_running

__all__ = [
    "AnsweredAlreadyError",
    "NotAskedError",
    "answer_question",
    "begin_sitting",
    "question_asked",
    "replayed",
    "sittings",
    "standing_of",
]

LARGE: Final = ("test", "questions")  # of a whole bank: a step does not read them


class AnsweredAlreadyError(YucaiError):
    """A page sent another answer to a question that was answered."""

    says = Text(
        "Question {number} was answered at {at} already, with {option}. The first answer counts; go on with the "
        "question below.",
        "第 {number} 题已于 {at} 作答（选 {option}），以首次作答为准。请继续回答下面的题目。",
    )
    exit_code = 65


class NotAskedError(YucaiError):
    """A page sent what was not asked."""

    says = Text(
        "That was no answer to a question that is asked now. Choose one of the options of the question below.",
        "提交的内容不是当前题目的选项。请从下面题目的选项中选择。",
    )
    exit_code = 65


def sittings() -> QuerySet[AdaptiveSitting]:
    """Return all sittings, ready for a step: with test and person, without the bank."""
    found = AdaptiveSitting.objects.select_related(
        "test__space", "test__group", "test__opened_by", "test__closed_by", "test__came_with", "person"
    )
    return found.defer(*(f"test__{name}" for name in LARGE))


@transaction.atomic
def begin_sitting(*, sitting: AdaptiveSitting, by: Account, at: datetime) -> None:
    """Begin a test and ask its first question; a second time changes nothing.

    Raises PermissionDenied for everybody but the person, MethodOffError, TestClosedError.
    """
    mine = _held(sitting, by, at=at)
    if mine.began_at is not None:
        return
    items = {one.item for one in ready_test(mine.test).test.bank.items}
    mine.kept_away = answered_before(mine.person, items, occasion=None if mine.test.fresh_only else mine.test.occasion)
    mine.began_at = at
    _noted(mine, AdaptiveEvent.Kind.BEGUN, by=by, at=at)
    _asked_next(mine, _opened(mine), by=by, at=at)


@transaction.atomic
def answer_question(*, sitting: AdaptiveSitting, number: int, option: str, by: Account, at: datetime) -> None:
    """Take the answer to the question of a number, record it as evidence, and ask the next.

    The same answer sent twice counts once. Raises PermissionDenied for everybody but the person, MethodOffError,
    AnsweredAlreadyError, NotAskedError, TestClosedError, AnswersTakenBackError.
    """
    mine = _held(sitting, by, at=at)
    if 0 < number <= mine.n_answers:
        before = mine.answers.get(number=number)
        if before.option != option:
            raise AnsweredAlreadyError(number=number, at=f"{localtime(before.at):%H:%M}", option=before.option)
        return
    question = question_asked(mine)
    if question is None or number != mine.n_answers + 1 or option not in {one[0] for one in question.options}:
        raise NotAskedError
    session = _session(mine)  # before the answer is recorded, for it may be made from those that are
    record = record_answer(
        entry=mine.test.came_with, person=mine.person, question=question, number=number, option=option,
        occasion=mine.test.occasion, at=at,
    )  # fmt: skip
    level = int(option == question.key)
    AdaptiveAnswer.objects.create(
        sitting=mine, number=number, question=question, option=option, level=level, at=at, record=record
    )
    mine.n_answers = number
    _noted(mine, AdaptiveEvent.Kind.ANSWERED, by=by, at=at)
    _asked_next(mine, session.answered(mine.asked, level), by=by, at=at)


def question_asked(sitting: AdaptiveSitting) -> Question | None:
    """Return the version of the question that waits for an answer, or None when none does."""
    if not sitting.asked:
        return None
    return Question.objects.select_related("item").get(pk=ready_test(sitting.test).questions[sitting.asked])


def standing_of(sitting: AdaptiveSitting) -> Standing:
    """Return where a person stands after the answers of this test alone."""
    return _session(sitting).standing()


def replayed(sitting: AdaptiveSitting) -> AdaptiveSession:
    """Return the session played again from the stored answers and the seed: what is kept must equal it."""
    session = _opened(sitting).next_item(rng=_chance(sitting, 0))
    for number, level in sitting.answers.order_by("number").values_list("number", "level"):
        if session.asked is None:
            break
        session = session.answered(session.asked, level).next_item(rng=_chance(sitting, number))
    return session


def _held(sitting: AdaptiveSitting, by: Account, *, at: datetime) -> AdaptiveSitting:
    """Return a sitting as it is recorded, held until the transaction ends, space first as everywhere.

    Raises PermissionDenied, MethodOffError, TestClosedError.
    """
    if not may_answer_test(by, person_pk=sitting.person_id, space=sitting.test.space):
        raise PermissionDenied
    require_running(sitting.test.space, ADAPTIVE.code, at=at)
    held(sitting.test.space)
    if AdaptiveTestRecord.objects.filter(pk=sitting.test_id, closed_at__isnull=False).exists():
        raise closed_error(AdaptiveTestRecord.objects.select_related("closed_by").defer(*LARGE).get(pk=sitting.test_id))
    mine = AdaptiveSitting.objects.select_for_update(no_key=True).get(pk=sitting.pk)
    mine.test, mine.person = sitting.test, sitting.person  # read a moment ago; of these nothing else is ever changed
    return mine


def _asked_next(mine: AdaptiveSitting, session: AdaptiveSession, *, by: Account, at: datetime) -> None:
    """Choose the next question, or end; keep either."""
    session = session.next_item(rng=_chance(mine, mine.n_answers))
    mine.kept, mine.asked, mine.last_at = session.to_json(), session.asked or "", at
    if session.ended is not None:
        mine.ended_at, mine.why_ended = at, session.ended
        _noted(mine, AdaptiveEvent.Kind.ENDED, by=by, at=at)
    mine.save(update_fields=["kept", "kept_away", "asked", "n_answers", "began_at", "last_at", "ended_at", "why_ended"])


def _opened(sitting: AdaptiveSitting) -> AdaptiveSession:
    return AdaptiveSession.begin(
        ready_test(sitting.test).test, learner=sitting.person.code, without=set(sitting.kept_away)
    )


def _session(sitting: AdaptiveSitting) -> AdaptiveSession:
    """Return the session as it is kept; where another version of the program kept it, it is made of the answers.

    Made so, it goes on from the very question that waits, whatever this version would have asked.
    """
    if not sitting.kept:
        return _opened(sitting)
    try:
        return AdaptiveSession.from_json(sitting.kept, test=ready_test(sitting.test).test)
    except AdaptiveSessionError:
        opened = _opened(sitting)
        given = sitting.answers.order_by("number").values_list("question__item__code", "level")
        answers = tuple((code, opened.test.item(code).category_of(level)) for code, level in given)
        return replace(opened, answers=answers, asked=sitting.asked or None)


def _chance(sitting: AdaptiveSitting, number: int) -> np.random.Generator:
    """Return the chance of a step: of the test, of the sitting, of the number of answers, and of nothing else."""
    return np.random.default_rng([sitting.test.seed, sitting.pk, number])


def _noted(sitting: AdaptiveSitting, kind: AdaptiveEvent.Kind, *, by: Account, at: datetime) -> None:
    AdaptiveEvent.objects.create(test_id=sitting.test_id, sitting=sitting, kind=kind, by=by, at=at)
