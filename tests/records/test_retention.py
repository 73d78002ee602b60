"""What is older than a store keeps goes once a day, with what hangs on it; what goes is said before and after."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.records.records_client import reference, statement
from yucai.errors import FaultyInputError
from yucai.web.records import keys
from yucai.web.records.actions import change_store, settings_of
from yucai.web.records.counting import count_new, held_in
from yucai.web.records.holds import StoreHeldError, hold_store
from yucai.web.records.models import AgentName, RecordDocument, RecordStore, StatementRefRow, StatementRow
from yucai.web.records.operating_models import RecordEvent
from yucai.web.records.retention import foresee_retention, months_before, retain, retain_when_due

NOW = datetime.now(tz=UTC)


@pytest.fixture
def old(tool, store, monkeypatch):
    """Two statements of 400 days ago, one of today about the first of them; a document of each time."""
    monkeypatch.setattr(keys.SEQUENCE, "_last", 0)
    real = keys.SEQUENCE.now
    monkeypatch.setattr(keys.SEQUENCE, "now", lambda: real() - 400 * 86_400_000_000)
    ids = tool.post([statement(), statement(actor={"mbox": "mailto:old@example.edu", "name": "Old"})]).json
    keys.SEQUENCE.now = real
    keys.SEQUENCE._last = 0
    tool.post(reference(ids[0]))
    for name in ("a", "b"):
        params = {"activityId": "https://x.example/1", "agent": {"mbox": "mailto:lin@example.edu"}, "stateId": name}
        assert tool.call("PUT", "activities/state", params, data={}, headers={"If-None-Match": "*"}).status == 204
    RecordDocument.objects.filter(name="a").update(updated=NOW - timedelta(days=400))
    count_new(store)
    return ids


def keep(store, **terms):
    return change_store(store=store, wanted=replace(settings_of(store), **terms), by=None, at=NOW)


def test_by_default_everything_is_kept(old, store):
    assert retain(store, by=None, at=NOW).statements == 0
    assert StatementRow.objects.count() == 3


def test_what_is_too_old_is_foretold_then_goes_and_is_noted(old, store):
    store = keep(store, keep_months=12, keep_documents_months=6)
    told = foresee_retention(store, at=NOW)
    assert (told.statements, told.documents) == (2, 1)
    done = retain(store, by=None, at=NOW)
    assert (done.statements, done.documents) == (2, 1)
    assert StatementRow.objects.count() == 1
    assert not StatementRefRow.objects.exists()
    assert not AgentName.objects.filter(name="Old").exists()
    assert list(RecordDocument.objects.values_list("name", flat=True)) == ["b"]
    assert held_in(store).statements == 1
    event = RecordEvent.objects.get(kind="tidied")
    assert event.detail_en.startswith("2 statements")
    assert (foresee_retention(store, at=NOW).statements, foresee_retention(store, at=NOW).documents) == (0, 0)


def test_the_round_is_made_once_a_day(old, store):
    keep(store, keep_months=12)
    retain_when_due(at=NOW)
    assert StatementRow.objects.count() == 1
    RecordStore.objects.update(keep_months=1)
    StatementRow.objects.update(seq=1)
    retain_when_due(at=NOW + timedelta(seconds=1))
    assert StatementRow.objects.count() == 1
    retain_when_due(at=NOW + timedelta(days=1))
    assert StatementRow.objects.count() == 0


def test_a_hold_keeps_everything(old, store):
    store = keep(store, keep_months=12, keep_documents_months=6)
    hold_store(store=store, reason="Appeal 7", by=None, at=NOW)
    with pytest.raises(StoreHeldError):
        retain(store, by=None, at=NOW)
    retain_when_due(at=NOW)
    assert (StatementRow.objects.count(), RecordDocument.objects.count()) == (3, 2)


def test_terms_and_limits_that_cannot_be_are_all_told(store):
    with pytest.raises(FaultyInputError) as caught:
        keep(store, keep_months=0, most_bytes=0, most_on_page=10**9)
    assert {fault.where for fault in caught.value.faults} == {"keep_months", "most_bytes", "most_on_page"}


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [("2026-11-27", 12, "2025-11-27"), ("2026-03-31", 1, "2026-02-28"), ("2026-01-15", 1, "2025-12-15"),
     ("2028-02-29", 12, "2027-02-28")],
)  # fmt: skip
def test_months_are_those_of_the_calendar(day, months, before):
    from datetime import date

    assert months_before(date.fromisoformat(day), months) == date.fromisoformat(before)
