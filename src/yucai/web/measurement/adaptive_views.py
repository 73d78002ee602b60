"""Pages of adaptive tests: a student answers question by question; a teacher starts one and sees how it goes."""

from __future__ import annotations

import secrets
from datetime import datetime

import numpy as np
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import FaultyInputError, YucaiError
from yucai.evidence import school_term
from yucai.web.accounts.access import (
    may_answer_test,
    may_give_tests,
    may_give_tests_at_all,
    may_see_tests,
    open_group,
    read_group,
    read_people,
    taught_groups,
    visible_spaces,
)
from yucai.web.accounts.models import Account, Group
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables
from yucai.web.evidence.answers import AnswersTakenBackError
from yucai.web.evidence.forms import add_faults
from yucai.web.measurement.adaptive_forms import TestForm
from yucai.web.measurement.adaptive_models import AdaptiveSitting, AdaptiveTestRecord
from yucai.web.measurement.adaptive_planning import foretell, planned_test, space_bank
from yucai.web.measurement.adaptive_showing import foretold_lines, result_of, rows_of, state_words
from yucai.web.measurement.adaptive_sittings import (
    AnsweredAlreadyError,
    NotAskedError,
    answer_question,
    begin_sitting,
    question_asked,
    sittings,
)
from yucai.web.measurement.adaptive_tests import TestClosedError, close_test, open_test, ready_test
from yucai.web.measurement.explained import explained_test
from yucai.web.measurement.tables import tests_table
from yucai.web.registers.algorithms import ADAPTIVE
from yucai.web.registers.switches import MethodOffError, state_of

__all__ = ["add", "answer", "begin", "close", "index", "one_test", "sitting"]

LONGEST_NUMBER = 4


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """My tests; for who teaches, the tests of the own groups."""
    account = asking(request)
    if account.role == Account.Role.STUDENT and account.person is not None:
        mine = sittings().filter(person=account.person).order_by("-test__opened_at")
        lines = [(one, state_words(one)) for one in mine]
        own = {"lines": lines, "space": account.person.space}
        return answer_tables(request, "tests.html", own, [], at=timezone.now())
    if not may_see_tests(account):
        raise PermissionDenied
    groups = taught_groups(account).filter(kind=Group.Kind.CLASS).select_related("space").order_by("space", "code")
    records = AdaptiveTestRecord.objects.filter(group__in=taught_groups(account)).select_related("group", "space")
    records = records.defer("test", "questions").order_by("-opened_at")
    spaces, tables = list(visible_spaces(account)), [tests_table(records)]
    facts = {
        "records": records,
        "groups": groups if may_give_tests_at_all(account) else [],
        "spaces": spaces,
        "simulated": any(space.simulated for space in spaces),
    }
    return answer_tables(request, "tests.html", facts, tables, at=timezone.now(), spaces=spaces)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Plan a test for a group: what it would do is told first, then it is started."""
    account, at = asking(request), timezone.now()
    group = _group(request, account, at=at)
    held = space_bank(group.space)
    initial = {
        "occasion": school_term(localdate(at)),
        "seed": secrets.randbelow(2**31),
        "qualities": list(held.sizes()),
        "exposure": "drawn",
        "people": list(group.people.values_list("pk", flat=True)),
    }
    form = TestForm(initial=initial, group=group, held=held)
    lines: tuple[str, ...] = ()
    if request.method == "POST":
        form = TestForm(request.POST, group=group, held=held)
        if form.is_valid():
            wanted = form.wanted()
            try:
                if "start" in request.POST:
                    return redirect("adaptive_test", pk=open_test(wanted=wanted, by=account, at=at).pk)
                lines = foretold_lines(foretell(planned_test(wanted), rng=np.random.default_rng([wanted.seed, 1])))
            except FaultyInputError as refused:
                add_faults(form, refused.faults)
            except MethodOffError as off:
                form.add_error(None, _words(off))
    facts = {"form": form, "group": group, "space": group.space, "held": held, "lines": lines}
    return render(request, "test_add.html", facts)


@require_safe
def one_test(request: HttpRequest, pk: int) -> HttpResponse:
    """How a test goes, and what the answers of each person say so far."""
    return _test_page(request, _record(request, pk), note="")


@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a test for everybody."""
    record = _record(request, pk)
    try:
        close_test(record=record, by=asking(request), at=timezone.now())
    except TestClosedError as late:
        return _test_page(request, record, note=late.in_language(_language()))
    return redirect("adaptive_test", pk=pk)


@require_safe
def sitting(request: HttpRequest, pk: int) -> HttpResponse:
    """My test: what it is, the question that waits, or the result."""
    return _sitting_page(request, _mine(request, pk), note="")


@require_POST
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin my test."""
    mine = _mine(request, pk)
    try:
        begin_sitting(sitting=mine, by=asking(request), at=timezone.now())
    except (MethodOffError, TestClosedError) as late:
        return _sitting_page(request, mine, note=late.in_language(_language()))
    return redirect("sitting", pk=pk)


@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Take my answer; the page of the next question, or the result, follows."""
    mine, number = _mine(request, pk), request.POST.get("number", "")
    whole = int(number) if number.isdecimal() and len(number) <= LONGEST_NUMBER else 0
    option = request.POST.get("option", "")
    try:
        answer_question(sitting=mine, number=whole, option=option, by=asking(request), at=timezone.now())
    except (AnsweredAlreadyError, AnswersTakenBackError, MethodOffError, NotAskedError, TestClosedError) as refused:
        return _sitting_page(request, _mine(request, pk), note=_words(refused))
    return redirect("sitting", pk=pk)


def _sitting_page(request: HttpRequest, mine: AdaptiveSitting, *, note: str) -> HttpResponse:
    over = mine.ended_at is not None or mine.test.closed_at is not None
    why = state_of(mine.test.space, ADAPTIVE.code, at=timezone.now()).why
    off = why.in_language(_language()) if why is not None else ""
    facts: dict[str, object] = {"sitting": mine, "space": mine.test.space, "note": note, "off": off}
    if over and mine.n_answers and not off:
        return render(request, "test_result.html", {**facts, "result": result_of(mine)})
    question = question_asked(mine) if not over and not off else None
    plan = ready_test(mine.test).test.plan
    facts |= {"question": question.text if question is not None else None, "over": over, "plan": plan}
    facts |= {"number": mine.n_answers + 1, "percent": round(100 * mine.n_answers / plan.most_items)}
    return render(request, "test_question.html", facts)


def _test_page(request: HttpRequest, record: AdaptiveTestRecord, *, note: str) -> HttpResponse:
    account, at = asking(request), timezone.now()
    rows = rows_of(record)
    read_people(account, [row.person for row in rows], page="adaptive-test", at=at, group=record.group)
    facts = {"record": record, "space": record.space, "rows": rows, "note": note}
    facts |= {"may_close": may_give_tests(account, record.group), "plan": ready_test(record).test.plan}
    facts["explained"] = explained_test(record.fingerprint)
    facts["done"] = record.sittings.filter(ended_at__isnull=False).count()
    return render(request, "test.html", facts)


def _mine(request: HttpRequest, pk: int) -> AdaptiveSitting:
    """Return my own sitting; one of somebody else and a number that names none are refused alike."""
    found = sittings().filter(pk=pk).first()
    if found is None or not may_answer_test(asking(request), person_pk=found.person_id, space=found.test.space):
        raise PermissionDenied
    return found


def _record(request: HttpRequest, pk: int) -> AdaptiveTestRecord:
    """Return a test of a group that I teach or see; a number that names none is refused alike."""
    account = asking(request)
    records = AdaptiveTestRecord.objects.select_related("space", "group", "opened_by", "closed_by", "calibration")
    found = records.defer("test", "questions").filter(pk=pk).first()
    if found is None or not may_see_tests(account):
        raise PermissionDenied
    open_group(account, found.group_id, page="adaptive-test", at=timezone.now())
    return found


def _group(request: HttpRequest, account: Account, *, at: datetime) -> Group:
    """Return the group a test is planned for. Raises PermissionDenied for whom starts no tests there."""
    number = request.GET.get("group", "")
    if not number.isdecimal() or len(number) > 18:
        raise PermissionDenied
    group = read_group(account, int(number), page="adaptive-test-add", at=at)
    if not may_give_tests(account, group):
        raise PermissionDenied
    return group


def _language() -> str:
    return translation.get_language() or "en"


def _words(refused: YucaiError) -> str:
    return refused.in_language(_language())
