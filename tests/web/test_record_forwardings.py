"""Forwarding on its pages: declared, looked at, switched, and what was not taken tried again."""

import random
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from tests.records.other_store import other_store
from tests.web.stores import answered, make_store, open_tool
from yucai.web.accounts.models import Account
from yucai.web.commands.working import job_handlers
from yucai.web.jobs.actions import run_next
from yucai.web.records.delivering import deliver
from yucai.web.records.forwarding_models import Forwarding, Undeliverable
from yucai.web.records.operating_models import RecordEvent

PAGE = "/records/moodle/forwarding/"


def now():
    return datetime.now(tz=UTC)


@pytest.fixture
def tool(space):
    return open_tool(make_store(space))


@pytest.fixture
def other():
    with other_store() as one:
        yield one


@pytest.fixture
def english(director):
    director.cookies["django_language"] = "en"
    return director


def text(answer):
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def declare(client, other, **more):
    said = {"address": other.address, "key": "our-key", "secret": "our-secret", "version": "2.0.0"}
    return client.post(f"{PAGE}add", said | more)


def send():
    return deliver(Forwarding.objects.get(), clock=now, rng=random.Random(1))


def test_a_forwarding_is_declared_and_its_state_is_shown(tool, other, english):
    assert "Nothing is forwarded." in text(english.get(PAGE))
    tool.post([answered("2023001"), answered("2023002")])
    assert declare(english, other).status_code == 302
    shown = text(english.get(PAGE))
    assert other.address in shown
    assert "our-secret" not in shown
    assert send().taken == 2
    assert "Last success" in text(english.get(PAGE))
    assert [event.detail_en for event in RecordEvent.objects.filter(kind="changed")] == [
        f"forwarding {Forwarding.objects.get().pk} to {other.address}"
    ]


def test_what_is_wrong_stands_at_its_field_in_both_languages(tool, other, director, english):
    refused = text(declare(english, other, address="http://lrs.example.edu/", verb="passed", key="a:b"))
    assert "is not encrypted" in refused
    assert "no IRI" in refused
    assert "a key has no colon" in refused
    director.cookies["django_language"] = "zh-hans"
    assert "未加密" in text(declare(director, other, address="http://lrs.example.edu/"))
    assert not Forwarding.objects.exists()


def test_it_rests_and_goes_on_by_a_click(tool, other, english):
    declare(english, other)
    one = Forwarding.objects.get()
    for is_on in (False, True):
        english.post(f"{PAGE}{one.pk}/switch")
        one.refresh_from_db()
        assert one.is_on is is_on
    assert "Let it rest" in text(english.get(PAGE))


def test_a_fault_is_over_only_after_a_success(tool, other, english):
    declare(english, other)
    at = datetime(2026, 11, 26, 12, tzinfo=UTC)
    rows = Forwarding.objects.all()
    rows.update(is_on=False, n_tries=0, last_error_en="Not let in.", last_error_zh="被拒绝。", last_error_at=at)
    assert "Last fault, 2026-11-26 20:00: Not let in." in text(english.get(PAGE))
    rows.update(last_success_at=at + timedelta(minutes=1))
    assert "Last fault, over by now, 2026-11-26 20:00: Not let in." in text(english.get(PAGE))


def test_what_was_not_taken_is_shown_and_tried_again_by_the_worker(tool, other, english):
    ids = tool.post([answered("2023001"), answered("2023002")]).json
    declare(english, other)
    other.refuse = lambda statements: 400 if ids[0] in {one["id"] for one in statements} else None
    assert send().aside == 1
    shown = text(english.get(PAGE))
    assert ids[0] in shown
    assert "not this one" in shown
    other.refuse = lambda statements: None
    english.post(f"{PAGE}{Forwarding.objects.get().pk}/resend")
    outcome = run_next(job_handlers(), clock=now)
    assert outcome.problem is None
    assert not Undeliverable.objects.exists()
    assert ids[0] in other.kept


def test_a_statement_that_is_removed_is_kept_aside_no_longer(tool, other, english):
    from yucai.web.records.models import RecordStore
    from yucai.web.records.removing import remove_statements

    ids = tool.post([answered("2023001"), answered("2023002")]).json
    declare(english, other)
    other.refuse = lambda statements: 400 if ids[0] in {one["id"] for one in statements} else None
    send()
    remove_statements(RecordStore.objects.get(), [Undeliverable.objects.get().seq], at=now())
    assert not Undeliverable.objects.exists()


def test_nobody_else_sees_or_does_it(tool, other, english, client, space):
    declare(english, other)
    one = Forwarding.objects.get()
    teacher = Account.objects.create_user("wei", role="teacher", name_en="Wei", name_zh="魏")
    teacher.spaces.add(space)
    client.force_login(teacher)
    assert client.get(PAGE).status_code == 403
    assert client.post(f"{PAGE}add").status_code == 403
    for act in ("switch", "resend"):
        assert client.post(f"{PAGE}{one.pk}/{act}").status_code == 403
    assert client.get(f"{PAGE}{one.pk}/switch").status_code == 405
