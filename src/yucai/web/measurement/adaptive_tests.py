"""Adaptive tests of a group: opened from what was asked for, and closed; both written down with who and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timezone import localtime

from yucai.errors import YucaiError
from yucai.measurement import AdaptiveTest
from yucai.texts import Text
from yucai.web.accounts.access import may_give_tests
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account
from yucai.web.evidence.answers import open_answers
from yucai.web.measurement.adaptive_models import AdaptiveEvent, AdaptiveSitting, AdaptiveTestRecord
from yucai.web.measurement.adaptive_planning import TestWanted, planned_test, space_bank
from yucai.web.measurement.calibrations import current_run
from yucai.web.registers.algorithms import ADAPTIVE
from yucai.web.registers.switches import require_running

__all__ = ["ReadyTest", "TestClosedError", "close_test", "closed_error", "open_test", "ready_test"]

KEPT_READY: Final = 8


class TestClosedError(YucaiError):
    """A test is over for everybody."""

    __test__ = False  # no test of pytest
    says = Text("{who} closed this test at {at}. Nothing was changed.", "{who} 已于 {at} 结束本次测试。未作任何改动。")
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReadyTest:
    """Bank and plan of a test, and for each item the number of the version of its question."""

    test: AdaptiveTest
    questions: Mapping[str, int]


@transaction.atomic
def open_test(*, wanted: TestWanted, by: Account, at: datetime) -> AdaptiveTestRecord:
    """Open a test with a sitting for each person chosen.

    Raises PermissionDenied, MethodOffError where adaptive tests are switched off, FaultyInputError.
    """
    if not may_give_tests(by, wanted.group):
        raise PermissionDenied
    require_running(wanted.group.space, ADAPTIVE.code, at=at)
    space, test = wanted.group.space, planned_test(wanted)
    questions, run = space_bank(space).questions, current_run(space)
    if run is None:
        raise PermissionDenied
    number = 1 + AdaptiveTestRecord.objects.filter(space=space).count()
    record = AdaptiveTestRecord.objects.create(
        space=space,
        group=wanted.group,
        name=wanted.name.strip(),
        occasion=wanted.occasion.strip(),
        calibration=run,
        test=test.to_json(),
        fingerprint=test.fingerprint,
        questions={one.item: questions[one.item] for one in test.bank.items},
        fresh_only=wanted.fresh_only,
        seed=wanted.seed,
        came_with=open_answers(space=space, name=f"adaptive-test-{number}", by=by.username, at=at),
        opened_at=at,
        opened_by=by,
    )
    AdaptiveSitting.objects.bulk_create(AdaptiveSitting(test=record, person=person) for person in wanted.people)
    AdaptiveEvent.objects.create(test=record, kind=AdaptiveEvent.Kind.OPENED, by=by, at=at)
    _tell("opened", record, people=[person.pk for person in wanted.people], by=by, at=at)
    return record


@transaction.atomic
def close_test(*, record: AdaptiveTestRecord, by: Account, at: datetime) -> None:
    """Close a test: what was answered stays, nothing more is. Raises PermissionDenied, TestClosedError."""
    if not may_give_tests(by, record.group):
        raise PermissionDenied
    there = AdaptiveTestRecord.objects.filter(pk=record.pk, closed_at__isnull=True)
    if not there.update(closed_at=at, closed_by=by):
        raise closed_error(AdaptiveTestRecord.objects.select_related("closed_by").get(pk=record.pk))
    AdaptiveEvent.objects.create(test=record, kind=AdaptiveEvent.Kind.CLOSED, by=by, at=at)
    _tell("closed", record, people=(), by=by, at=at)


def _tell(what: str, record: AdaptiveTestRecord, *, people: Iterable[int], by: Account, at: datetime) -> None:
    """Note in the audit trail what was done to a test."""
    target = f"adaptive-test:{record.pk}"
    note(f"adaptive-test.{what}", by=by, at=at, space=record.space_id, target=target, people=people)


def closed_error(record: AdaptiveTestRecord) -> TestClosedError:
    """Return the error that says who closed a test and when."""
    who = record.closed_by.name if record.closed_by else Text("somebody", "有人")
    return TestClosedError(who=who, at=f"{localtime(record.closed_at):%Y-%m-%d %H:%M}" if record.closed_at else "")


def ready_test(record: AdaptiveTestRecord) -> ReadyTest:
    """Return a test as it was opened, ready to choose from: made once in a process."""
    return _ready(record.pk, record.fingerprint)


@lru_cache(maxsize=KEPT_READY)
def _ready(pk: int, fingerprint: str) -> ReadyTest:
    kept, questions = AdaptiveTestRecord.objects.values_list("test", "questions").get(pk=pk)
    test = AdaptiveTest.from_json(kept)
    if test.fingerprint != fingerprint:
        raise ValueError(f"adaptive test {pk} is not as it was opened: {test.fingerprint}, not {fingerprint}")
    return ReadyTest(test=test, questions=questions)
