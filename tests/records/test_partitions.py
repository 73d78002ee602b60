"""Statements of a large store lie in months on PostgreSQL: the door answers as before, an id stays unique."""

import json
import os
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from tests.records.records_client import new_id, reference, statement, voiding
from tests.records.served import Office
from yucai.web.records import partitions
from yucai.web.records.checking import check_store
from yucai.web.records.keys import SEQUENCE
from yucai.web.records.models import StatementRow
from yucai.web.records.partitions import (
    NotPostgresqlError,
    is_partitioned,
    make_months,
    near_turn,
    partition,
    tend_months,
)

NOW = datetime.now(tz=UTC)
ON_POSTGRESQL = os.environ.get("YUCAI_TEST_DATABASE") == "postgresql"


def test_only_postgresql_has_parts(db):
    if connection.vendor == "postgresql":
        assert partition(at=NOW).changed
    else:
        with pytest.raises(NotPostgresqlError):
            partition(at=NOW)


def test_a_small_store_is_not_parted_by_itself(tool):
    tool.post([statement(), statement()])
    assert not tend_months(at=NOW)
    assert not is_partitioned()


@pytest.mark.parametrize(
    ("at", "near"),
    [
        (datetime(2027, 1, 1, 0, 2, tzinfo=UTC), True),
        (datetime(2026, 12, 31, 23, 57, tzinfo=UTC), True),
        (datetime(2026, 12, 31, 12, tzinfo=UTC), False),
        (datetime(2027, 1, 1, 0, 6, tzinfo=UTC), False),
    ],
)
def test_writers_go_one_by_one_around_the_turn_of_a_month(at, near):
    assert near_turn(at) is near


def test_a_process_stores_alone_once_in_a_month():
    partitions.forget_parts()
    at = datetime(2027, 1, 15, tzinfo=UTC)
    assert partitions.alone_at(at)
    assert not partitions.alone_at(at + timedelta(days=3))
    assert partitions.alone_at(at + timedelta(days=30))


if ON_POSTGRESQL:  # the whole of tests/records runs on both databases; these are about one of them

    @pytest.fixture
    def turn(monkeypatch):
        """Give a function that sets the clock so many days on."""
        now = type(SEQUENCE).now
        monkeypatch.setattr(SEQUENCE, "_last", SEQUENCE.now())

        def set_on(days):
            step = int(timedelta(days=days).total_seconds() * 1_000_000)
            monkeypatch.setattr(type(SEQUENCE), "now", lambda self: now(self) + step)

        return set_on

    def part():
        """Part the tables inside a test, whose one transaction has checks that still wait."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        return partition(at=NOW)

    def test_a_store_past_the_threshold_is_parted_by_itself_and_gets_its_coming_months(tool):
        partitions.forget_parts()
        tool.post([statement() for _ in range(20)])
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ANALYZE web_statementrow")
        assert not tend_months(at=NOW, above=20)
        assert tend_months(at=NOW, above=19)
        assert is_partitioned()
        assert not tend_months(at=NOW, above=19)  # once a day
        months = len(partition(at=NOW).months)
        assert tend_months(at=NOW + timedelta(days=40))  # parted, it goes on whatever the threshold
        assert len(partition(at=NOW).months) > months

    def test_what_was_stored_stays_and_what_comes_goes_into_its_month(tool, store, turn):
        before = tool.post([statement(), statement()]).json
        found = part()
        assert found.changed
        assert not part().changed
        assert is_partitioned()
        assert len(found.months) >= 1 + partitions.MONTHS_AHEAD - 2
        during = tool.post([statement()]).json
        turn(70)
        later = tool.post([statement(), statement(id=before[0])]).json
        assert later[1] == before[0]
        assert tool.ids(limit=2) == [later[0], *reversed(during), *reversed(before)]
        assert tool.ids(ascending="true") == [*before, *during, later[0]]
        with connection.cursor() as cursor:
            cursor.execute("SELECT tableoid::regclass::text, count(*) FROM web_statementrow GROUP BY 1 ORDER BY 1")
            parts = dict(cursor.fetchall())
        assert parts.pop("web_statementrow_before") == 3
        assert list(parts.values()) == [1]
        assert check_store(store).faults == ()

    def test_an_id_is_unique_across_months(tool, turn):
        (own,) = tool.post(statement()).json
        part()
        turn(40)
        other = statement(id=own, verb={"id": "http://example.com/verbs/other"})
        assert tool.post([statement(), other]).status == 409
        assert tool.post(statement(id=own)).status == 200
        assert StatementRow.objects.filter(id=own).count() == 1
        turn(70)
        assert tool.post([statement(id=own), statement(id=own.upper())]).status == 400
        assert tool.post(other).status == 409

    def test_voiding_and_references_cross_months_in_either_order(tool, store, turn):
        part()
        target, late = new_id(), new_id()
        tool.post([statement(id=target), voiding(late)])
        turn(40)
        (own,) = tool.post(reference(target, verb={"id": "http://example.com/verbs/saw"})).json
        tool.post([voiding(target), statement(id=late)])
        for gone in (target, late):
            assert tool.get(statementId=gone).status == 404
            assert tool.get(voidedStatementId=gone).status == 200
        assert own in tool.ids(verb="http://adlnet.gov/expapi/verbs/answered")
        assert check_store(store).faults == ()

    def test_months_that_nobody_made_are_made_when_they_are_needed(tool, turn):
        part()
        turn(400)
        (own,) = tool.post(statement()).json
        assert tool.get(statementId=own).status == 200
        assert make_months(at=NOW) == 0

    def test_a_store_is_parted_while_tools_are_sending(tmp_path):
        office = Office(tmp_path / "office")
        try:
            server, acknowledged, done = office.serve(), [], threading.Event()

            def send():
                with server.connect() as lines:
                    while not done.is_set():
                        batch = [statement(id=new_id()) for _ in range(20)]
                        assert server.ask("POST", "statements", batch, lines)[0] == 200
                        acknowledged.extend(one["id"] for one in batch)

            senders = [threading.Thread(target=send) for _ in range(3)]
            for sender in senders:
                sender.start()
            said = office.yucai("records", "partition", "--json")
            at_parting = len(acknowledged)
            while len(acknowledged) < at_parting + 200:
                assert any(sender.is_alive() for sender in senders)
            done.set()
            for sender in senders:
                sender.join()
            assert json.loads(said)["changed"]
            assert f"{len(acknowledged)} statements" in office.yucai("records", "verify", "s", "--lang", "en")
        finally:
            office.close()
