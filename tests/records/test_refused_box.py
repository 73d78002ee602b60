"""What a tool was refused is counted, kept within bounds, put in again under its own key, or dismissed."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from tests.records.records_client import Tool, new_id, statement
from yucai.evidence import traces_of
from yucai.web.records import refused_box
from yucai.web.records.actions import change_store, close_store, open_store, revoke, settings_of
from yucai.web.records.door import forget_stores
from yucai.web.records.models import RecordCredential, StatementRow
from yucai.web.records.operating_models import RecordEvent, RefusedCount, RefusedRequest
from yucai.web.records.refusals import StatementConflictError, StoreClosedError
from yucai.web.records.refused_box import (
    REFUSED_DELIVERIES,
    CannotPutAgainError,
    dismiss,
    put_again,
    refused_today,
    throw_out_old,
)

NOW = datetime.now(tz=UTC)


@pytest.fixture(autouse=True)
def pace(monkeypatch):
    """Every test begins with a credential that was not refused lately."""
    monkeypatch.setattr(refused_box, "_PACE", refused_box._Pace())


def faulty(**more):
    return statement(actor={"mbox": "lin@example.edu"}, **more)


def waiting():
    return list(RefusedRequest.objects.select_related("store", "credential").order_by("pk"))


def test_a_refused_statement_is_kept_as_it_was_sent_and_the_reason_is_told_in_both_languages(tool, store):
    sent = [faulty(), statement()]
    assert tool.post(sent).status == 400
    (row,) = waiting()
    assert (row.status, row.statements, row.method, row.resource) == (400, 2, "POST", "statements")
    assert "mailto:" in row.reason_en
    assert "邮箱地址" in row.reason_zh
    (today,) = refused_today(store, at=NOW)
    assert (today.requests, today.statements) == (1, 2)


def test_the_same_again_is_kept_once_and_counted_each_time(tool, store):
    for _ in range(3):
        tool.post(faulty(id="11111111-1111-4111-8111-111111111111"))
    (row,) = waiting()
    assert row.times == 3
    (today,) = refused_today(store, at=NOW)
    assert (today.requests, today.statements) == (3, 3)


def test_nothing_is_kept_of_who_has_no_credential_or_is_no_delivery_of_statements(tool, store):
    assert Tool(store="s", key="nobody", secret="x").post(faulty()).status == 401
    assert tool.speaking("9.9").post(faulty()).status == 400
    assert tool.get(nothing="1").status == 400
    assert tool.call("PUT", "activities/state", {"stateId": "1"}, data={}).status == 400
    assert waiting() == []
    assert not RefusedCount.objects.exists()


def test_after_the_cause_is_mended_the_same_goes_in_under_the_same_credential(tool, store, credential):
    change_store(store=store, wanted=settings_with(store, most_statements=1), by=None, at=NOW)
    forget_stores()
    ids = [new_id(), new_id()]
    assert tool.post([statement(id=own) for own in ids]).status == 413
    (row,) = waiting()
    change_store(store=store, wanted=settings_with(store, most_statements=10), by=None, at=NOW)
    put_again(row=waiting()[0], by=None, at=NOW)
    assert sorted(str(one.id) for one in StatementRow.objects.all()) == sorted(ids)
    own = tool.get(statementId=ids[0]).json["authority"]
    assert own["account"]["name"] == "moodle"
    row.refresh_from_db()
    assert (row.state, bytes(row.body)) == ("done", b"")
    assert RecordEvent.objects.filter(store=store, kind="put-again").count() == 1
    with pytest.raises(CannotPutAgainError, match="settled before"):
        put_again(row=row, by=None, at=NOW)


def settings_with(store, **more):
    from dataclasses import replace

    store.refresh_from_db()
    return replace(settings_of(store), **more)


def test_what_is_refused_again_waits_with_the_new_reason(tool, store):
    own = new_id()
    tool.post(statement(id=own))
    assert tool.post(statement(id=own, result={"success": True})).status == 409
    (row,) = waiting()
    sent = row.last_at
    with pytest.raises(StatementConflictError):
        put_again(row=row, by=None, at=sent + timedelta(hours=1))
    row.refresh_from_db()
    assert (row.state, row.claimed_at, row.status) == ("waiting", None, 409)
    assert row.last_at == sent  # the office tried it; the tool sent nothing


def test_what_somebody_puts_in_just_now_is_nobody_elses(tool):
    tool.post(faulty())
    (row,) = waiting()
    RefusedRequest.objects.update(claimed_at=NOW - timedelta(seconds=30))
    with pytest.raises(CannotPutAgainError, match="just now"):
        put_again(row=row, by=None, at=NOW)


def test_a_put_and_attachments_go_in_again_too(credential, store):
    sender = credential("statements/write", version="1.0.3")
    own = new_id()
    close_store(store=store, by=None, at=NOW)
    forget_stores()
    assert sender.call("PUT", "statements", {"statementId": own}, data=statement()).status == 403
    content = b"hello"
    import hashlib
    import json

    sha2 = hashlib.sha256(content).hexdigest()
    part = {"usageType": "http://x/y", "display": {"en": "x"}, "contentType": "text/plain", "length": 5, "sha2": sha2}
    body = (
        b"--b\r\nContent-Type: application/json\r\n\r\n"
        + json.dumps(statement(attachments=[part])).encode()
        + b"\r\n--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: "
        + sha2.encode()
        + b"\r\n\r\nhello\r\n--b--\r\n"
    )
    kind = {"Content-Type": "multipart/mixed; boundary=b"}
    assert sender.call("POST", "statements", data=body, headers=kind).status == 403
    rows = waiting()
    assert [row.statements for row in rows] == [1, 1]
    with pytest.raises(StoreClosedError):
        put_again(row=rows[0], by=None, at=NOW)
    open_store(store=store, by=None, at=NOW)
    for row in waiting():
        put_again(row=row, by=None, at=NOW)
    assert StatementRow.objects.count() == 2
    assert StatementRow.objects.filter(id=own).exists()


def test_a_revoked_credential_puts_nothing_in(tool):
    tool.post(faulty())
    revoke(key=tool.key, by=None, at=NOW)
    with pytest.raises(CannotPutAgainError, match="revoked"):
        put_again(row=waiting()[0], by=None, at=NOW)


def test_what_is_dismissed_is_deleted_and_stays_noted(tool, store):
    tool.post(faulty())
    dismiss(row=waiting()[0], by=None, at=NOW)
    (row,) = waiting()
    assert (row.state, bytes(row.body)) == ("dismissed", b"")
    assert RecordEvent.objects.filter(kind="dismissed").exists()


def test_a_tool_that_is_refused_all_the_time_fills_its_own_share_only(credential, monkeypatch):
    monkeypatch.setattr(refused_box, "MOST_ROWS", 5)
    monkeypatch.setattr(refused_box, "MOST_BYTES", 3_000)
    monkeypatch.setattr(refused_box, "MOST_IN_TIME", 8)
    quiet, loud = credential("all", name="quiet"), credential("all", name="loud")
    quiet.post(faulty())
    for n in range(20):
        loud.post(faulty(result={"response": f"{n}" + "x" * 400}))
    kept = RefusedRequest.objects.filter(credential__key=loud.key).order_by("pk")
    assert 1 <= kept.count() <= 5
    assert sum(len(bytes(row.body)) for row in kept) <= 3_000
    assert RefusedRequest.objects.filter(credential__key=quiet.key).count() == 1
    monkeypatch.setattr(refused_box._PACE, "lately", {})
    loud.post(faulty())
    assert RefusedCount.objects.get(credential__key=loud.key).requests == 21  # what came too fast is counted too


def test_a_body_that_is_too_long_is_counted_and_told_but_not_kept(tool, store, monkeypatch):
    monkeypatch.setattr(refused_box, "MOST_BODY", 1_000)
    tool.post(faulty(result={"response": "x" * 2_000}))
    (row,) = waiting()
    assert (bytes(row.body), row.size_bytes > 2_000) == (b"", True)
    with pytest.raises(CannotPutAgainError, match="too large"):
        put_again(row=row, by=None, at=NOW)


def test_what_is_old_goes(tool):
    tool.post(faulty())
    RefusedRequest.objects.update(last_at=NOW - timedelta(days=15))
    assert throw_out_old(at=NOW) == 1
    assert waiting() == []


def test_when_the_database_does_not_answer_the_delivery_waits_too(tool, monkeypatch):
    from django.db import OperationalError

    from yucai.web.records import views

    real = views.store_statements

    def broken(*args, **more):
        raise OperationalError("gone")

    monkeypatch.setattr(views, "store_statements", broken)
    assert tool.post(statement()).status == 503
    monkeypatch.setattr(views, "store_statements", real)
    (row,) = waiting()
    assert row.status == 503
    put_again(row=row, by=None, at=NOW)
    assert StatementRow.objects.count() == 1


def test_a_person_who_is_erased_is_in_no_delivery_and_comes_into_none(tool, store):
    from yucai.web.records.erasing import erase_actor

    lin = {"mbox": "mailto:lin@example.edu"}
    tool.post(statement(result={"score": {"scaled": 7}}))
    tool.post(statement(actor={"mbox": "mailto:mei@example.edu"}, result={"score": {"scaled": 7}}))
    traces = traces_of([lin])
    assert REFUSED_DELIVERIES.count(store.space, traces) == 1
    erase_actor(
        space=store.space, traces=traces, reason="letter", by=None, clock=lambda: NOW, places=(REFUSED_DELIVERIES,),
        patience=0,
    )  # fmt: skip
    assert len(waiting()) == 1
    assert tool.post(statement()).status == 403
    assert tool.post(statement(result={"score": {"scaled": 8}})).status == 400
    assert tool.call("POST", "statements", data=b'{"actor": "lin@example.edu').status == 400
    assert len(waiting()) == 1
    assert RefusedCount.objects.count() >= 3


def test_a_credential_says_when_it_was_used_without_a_write_for_each_request(tool, django_assert_num_queries):
    from yucai.web.records import watching

    watching._USED.clear()
    assert tool.get().status == 200
    first = RecordCredential.objects.get().last_used_at
    assert abs(first - datetime.now(tz=UTC)) < timedelta(seconds=30)
    tool.get()
    assert RecordCredential.objects.get().last_used_at == first
    watching._USED[tool.key] -= 61
    tool.get()
    assert RecordCredential.objects.get().last_used_at > first


def test_a_closed_store_is_read_and_takes_nothing(tool, store):
    own = tool.post(statement()).json[0]
    close_store(store=store, by=None, at=NOW)
    forget_stores()
    assert tool.get(statementId=own).status == 200
    told = tool.post(statement())
    assert (told.status, "closed" in told.json["error"]) == (403, True)
    assert tool.call("DELETE", "activities/state", {}).status == 403
    open_store(store=store, by=None, at=NOW)
    forget_stores()
    assert tool.post(statement()).status == 200
    assert [event.kind for event in store.events.order_by("pk")][-2:] == ["closed", "opened"]


def test_the_secret_of_a_tool_stands_in_no_kept_delivery(tool):
    tool.post(faulty())
    (row,) = waiting()
    told = repr([getattr(row, field.attname) for field in RefusedRequest._meta.concrete_fields])
    assert tool.secret not in told
    assert base64.b64encode(tool.secret.encode()).decode() not in told
