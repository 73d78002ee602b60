"""How much a store holds is told by days, whatever comes, goes, or comes in the middle of counting."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.records.records_client import new_id, statement
from yucai.web.records.counting import count_new, day_of, held_in, number_of, per_day, stored_by
from yucai.web.records.credentials import caller_of
from yucai.web.records.keys import microsecond_of, seq_at
from yucai.web.records.models import RecordCredential, StatementRow
from yucai.web.records.operating_models import RecordDay
from yucai.web.records.removing import remove_statements

NOW = datetime.now(tz=UTC)
FIRST = datetime(2020, 1, 2)  # noqa: DTZ001  (hypothesis adds the zone)
LAST = datetime(2090, 1, 1)  # noqa: DTZ001


def test_what_comes_is_added_up_once_by_credential(credential, store):
    one, other = credential("all", name="one"), credential("all", name="other")
    one.post([statement(), statement()])
    other.post(statement())
    assert count_new(store, most=2) == 2
    assert count_new(store) == 1
    assert count_new(store) == 0
    size = sum(len(bytes(body)) for body in StatementRow.objects.values_list("body", flat=True))
    assert (held_in(store).statements, held_in(store).bytes) == (3, size)
    keys = [caller_of(row).authority_key for row in RecordCredential.objects.order_by("pk")]
    assert [stored_by(store)[key] for key in keys] == [2, 1]
    days = per_day(store, days=3, at=NOW)
    assert (len(days), days[-1][1] + days[-2][1]) == (3, 3)  # midnight may fall into the test


def test_what_is_removed_is_taken_off_also_what_was_not_counted_yet(tool, store):
    ids = [new_id() for _ in range(4)]
    for own in ids:
        tool.post(statement(id=own))
    count_new(store, most=2)
    seqs = list(StatementRow.objects.order_by("seq").values_list("seq", flat=True))
    remove_statements(store, [seqs[0], seqs[3]], at=NOW)
    count_new(store)
    assert held_in(store).statements == 2
    remove_statements(store, seqs, at=NOW)
    assert not RecordDay.objects.exists()


@settings(max_examples=50)
@given(st.datetimes(min_value=FIRST, max_value=LAST, timezones=st.just(UTC)))
def test_a_day_is_the_day_of_the_offices_calendar(at):
    from zoneinfo import ZoneInfo

    local = at.astimezone(ZoneInfo("Asia/Shanghai")).date()
    assert day_of(seq_at(microsecond_of(at))) == number_of(local)


def test_what_an_erasure_rewrites_is_counted_as_it_is_then(tool, store):
    from yucai.evidence import traces_of
    from yucai.web.records.erasing import erase_actor

    lin = {"mbox": "mailto:lin@example.edu", "name": "Lin"}
    tool.post([statement(), statement(actor={"mbox": "mailto:mei@example.edu"}, context={"instructor": lin})])
    count_new(store)
    erase_actor(
        space=store.space, traces=traces_of([lin]), reason="letter", by=None, clock=lambda: NOW, patience=0
    )  # fmt: skip
    (body,) = StatementRow.objects.values_list("body", flat=True)
    assert (held_in(store).statements, held_in(store).bytes) == (1, len(bytes(body)))


def test_days_before_a_day_are_summed(tool, store):
    tool.post(statement())
    count_new(store)
    day = RecordDay.objects.get().day
    assert held_in(store, before=day).statements == 0
    assert held_in(store, before=day + 1).statements == 1
