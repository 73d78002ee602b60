"""The audit trail in the database: written with the act, refused to be touched, and found out when it was."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from yucai.governance import ChainBreak
from yucai.web.accounts.audit import anchor_head, head_of, note, verify_trail
from yucai.web.accounts.audit_models import AuditEntry, AuditPerson, AuditStump
from yucai.web.accounts.models import Account, Person

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def trail(space):
    """Ten events about two people; give where they begin."""
    reader = Account.objects.create_user("reader", role="director")
    people = [Person.objects.create(space=space, code=code, name_en=code, name_zh=code) for code in ("a", "b")]
    first = head_of().position + 1
    for n in range(10):
        about = [one.pk for one in people[: 1 + n % 2]]
        note("read", by=reader, at=NOON, space=space, target="portrait", purpose="guidance", people=about)
    return first


def sql(*commands):
    with connection.cursor() as cursor:
        for command in commands:
            cursor.execute(command)


class Unguarded:
    """A database whose guards somebody took away, as its owner can."""

    def __enter__(self):
        self.kept = []
        if connection.vendor == "postgresql":
            for table in ("web_auditentry", "web_auditperson", "web_auditstump"):
                sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'web_audit%'")
            self.kept = cursor.fetchall()
        assert len(self.kept) == 9
        sql(*(f"DROP TRIGGER {name}" for name, _ in self.kept))

    def __exit__(self, *problem):
        if connection.vendor == "postgresql":
            for table in ("web_auditentry", "web_auditperson", "web_auditstump"):
                sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        sql(*(made for _, made in self.kept))


def fault():
    found = verify_trail().fault
    return found and (found.how, found.position, found.last)


def test_the_trail_holds_as_it_was_written(trail):
    verdict = verify_trail()
    assert verdict.fault is None
    assert verdict.head.position == trail + 9


@pytest.mark.parametrize(
    "command",
    [
        "UPDATE web_auditentry SET account_id = 1 WHERE position = {0}",
        "DELETE FROM web_auditentry WHERE position = {0}",
        "DELETE FROM web_auditentry",
        "UPDATE web_auditperson SET person_id = 1 WHERE entry_id = {0}",
        "DELETE FROM web_auditperson WHERE entry_id = {0}",
        "INSERT INTO web_auditperson (entry_id, person_id) VALUES ({0}, 424242)",
        "INSERT INTO web_auditentry (position, at, written_at, act, target, purpose, reason, refused, detail, link)"
        " SELECT position + 100, at, written_at, act, target, purpose, reason, refused, detail, link"
        " FROM web_auditentry WHERE position = {0}",
        "INSERT INTO web_auditstump (position, at, link, seal) SELECT position + 1000, at, link, link"
        " FROM web_auditentry WHERE position = {0}",
    ],
)
def test_the_database_refuses(trail, command):
    with pytest.raises(DatabaseError, match="kept as it was written"), transaction.atomic():
        sql(command.format(trail))
    assert fault() is None


def test_a_replacement_is_refused_too(trail):
    if connection.vendor == "postgresql":
        command, said = "TRUNCATE web_auditentry CASCADE", "kept as it was written"
    else:
        command, said = f"REPLACE INTO web_auditentry SELECT * FROM web_auditentry WHERE position = {trail}", "kept as"
    with pytest.raises(DatabaseError, match=said), transaction.atomic():
        sql(command)


def test_no_row_is_changed_through_the_models(trail):
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.filter(position=trail).update(refused=True)
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.filter(position=trail).delete()


@pytest.mark.parametrize(
    "change",
    [
        "account_id = NULL", "act = 'write'", "purpose = 'teaching'", "refused = NOT refused", "target = ''",
        "at = '2026-01-01 00:00:00+00:00'", "detail = '{\"n\":1}'", "detail = 'x'", "reason = 'x'",
    ],
)  # fmt: skip
def test_a_changed_row_is_named(trail, change):
    with Unguarded():
        sql(f"UPDATE web_auditentry SET {change} WHERE position = {trail + 4}")
    assert fault() == (ChainBreak.CHANGED, trail + 4, trail + 4)


def test_a_row_that_cannot_be_read_is_named(trail):
    time = "'infinity'" if connection.vendor == "postgresql" else "'yesterday'"
    with Unguarded():
        sql(f"UPDATE web_auditentry SET at = {time} WHERE position = {trail + 4}")
    assert fault() == (ChainBreak.CHANGED, trail + 4, trail + 4)


def test_a_look_hidden_from_a_person_is_named(trail):
    with Unguarded():
        AuditPerson.objects.filter(entry_id=trail + 3).order_by("person_id").first().delete()
    assert fault() == (ChainBreak.CHANGED, trail + 3, trail + 3)


def test_removed_rows_are_missing(trail):
    with Unguarded():
        sql(f"DELETE FROM web_auditentry WHERE position IN ({trail + 3}, {trail + 4})")
    assert fault() == (ChainBreak.MISSING, trail + 3, trail + 4)


def test_a_forged_row_at_the_end_does_not_hold(trail):
    forged = AuditEntry.objects.get(position=trail + 9)
    forged.position += 1
    forged.save(force_insert=True)
    assert fault() == (ChainBreak.CHANGED, trail + 10, trail + 10)


def test_exchanged_rows_are_named(trail):
    with Unguarded():
        for table, column in (("web_auditentry", "position"), ("web_auditperson", "entry_id")):
            for of, to in ((trail + 2, -1), (trail + 5, trail + 2), (-1, trail + 5)):
                sql(f"UPDATE {table} SET {column} = {to} WHERE {column} = {of}")
    assert fault() == (ChainBreak.SWAPPED, trail + 2, trail + 5)


def test_a_cut_end_shows_by_an_anchor(trail):
    anchor = anchor_head(at=NOON)
    with Unguarded():
        sql(f"DELETE FROM web_auditperson WHERE entry_id > {trail + 6}")
        sql(f"DELETE FROM web_auditentry WHERE position > {trail + 6}")
    assert fault() is None
    found = verify_trail(anchors=[anchor]).fault
    assert (found.how, found.position, found.last) == (ChainBreak.CUT, trail + 7, trail + 9)


def test_a_stump_forged_to_hide_what_was_removed_does_not_hold(trail):
    entry = AuditEntry.objects.get(position=trail + 5)
    AuditStump.objects.create(position=entry.position, at=NOON, link=entry.link, seal=bytes(32))
    sql(f"DELETE FROM web_auditentry WHERE position <= {trail + 5}")
    assert fault() == (ChainBreak.FALSE_SEAL, trail + 5, trail + 5)


def test_an_act_undone_leaves_no_event_and_no_gap(trail, space):
    class UndoneError(Exception):
        pass

    def act():
        with transaction.atomic():
            note("changed", by=None, at=NOON, space=space)
            raise UndoneError

    with pytest.raises(UndoneError):
        act()
    note("changed", by=None, at=NOON, space=space)
    assert head_of().position == trail + 10
    assert fault() is None


def test_a_clock_set_back_is_told_and_nothing_breaks(trail):
    note("changed", by=None, at=NOON, clock=lambda: NOON - timedelta(days=400))
    note("changed", by=None, at=NOON)
    verdict = verify_trail()
    assert verdict.fault is None
    assert verdict.clock_steps == (trail + 10,)


def test_the_guards_stand_after_all_migrations(db):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE 'web_audit%'")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'web_audit%'")
        names = {name for (name,) in cursor.fetchall()}
    tables = ("web_auditentry", "web_auditperson", "web_auditstump")
    wanted = {f"{table}_{what}" for table in tables for what in ("update", "delete", "insert")}
    assert wanted <= names
