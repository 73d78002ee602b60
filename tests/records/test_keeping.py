"""Numbers and keys, the look through a store, and the commands."""

from datetime import UTC, datetime

import pytest

from tests.records.records_client import new_id, reference, statement, voiding
from tests.records.test_attachments_door import MIXED, TEXT, mixed, with_attachment
from yucai.errors import FaultyInputError
from yucai.evidence import Version
from yucai.web.records.actions import UnknownCredentialError, add_credential, add_store, revoke
from yucai.web.records.checking import check_store
from yucai.web.records.keys import Sequence, key_of, microsecond_of, seq_at, stored_of
from yucai.web.records.models import AttachmentContent, StatementAgent, StatementRefRow, StatementRow
from yucai.web.records.watermark import watermark

AT = datetime(2026, 11, 26, 9, 30, 0, 123456, tzinfo=UTC)


def test_a_number_holds_its_time():
    assert stored_of(seq_at(microsecond_of(AT))) == AT
    assert stored_of(seq_at(microsecond_of(AT) + 1) - 1) == AT


def test_numbers_rise_also_where_the_clock_goes_back(monkeypatch):
    sequence, times = Sequence(), iter([2e9, 1.9e9, 1.9e9, 2.1e9])
    monkeypatch.setattr("yucai.web.records.keys.time.time", lambda: next(times))
    taken = [number for _ in range(4) for number in sequence.take(1_000)]
    assert taken == sorted(set(taken))
    assert stored_of(taken[-1]) > stored_of(taken[0])


def test_numbers_come_after_what_another_process_gave(monkeypatch):
    later = microsecond_of(datetime(2100, 1, 1, tzinfo=UTC))
    assert stored_of(Sequence().take(1, after=later)[0]) > stored_of(seq_at(later))


def test_keys_differ_by_store_kind_and_text():
    found = {key_of(store, kind, text) for store in (1, 2) for kind in ("agent", "verb") for text in ("a", "b")}
    assert len(found) == 8
    assert all(-(2**63) <= key < 2**63 for key in found)


def test_the_watermark_is_not_behind_what_was_stored(tool, store):
    (own,) = tool.post(statement()).json
    assert watermark(store.pk) >= microsecond_of(stored_of(StatementRow.objects.get(id=own).seq))


@pytest.fixture
def filled(tool):
    """A store with one of everything, and what a look through it finds."""
    voided, target, late = new_id(), new_id(), new_id()
    tool.post([statement(id=voided), voiding(voided), statement(id=target, timestamp="2020-01-01T00:00:00+08:00")])
    tool.post([reference(target), reference(late), statement(context={"registration": new_id()})])
    tool.post(statement(id=late, actor={"objectType": "Group", "member": [{"mbox": "mailto:m@b.c"}]}))
    tool.speaking("1.0.3").post(statement(context={"contextActivities": {"parent": {"id": "https://x.y/p"}}}))
    tool.post(mixed(with_attachment(), TEXT), headers=MIXED)


def test_a_store_that_is_whole_is_called_so(filled, store):
    found = check_store(store)
    assert found.faults == ()
    assert (found.statements, found.attachments) == (9, 1)


def damage_body():
    row = StatementRow.objects.order_by("seq").first()
    StatementRow.objects.filter(pk=row.pk).update(body=bytes(row.body).replace(b"answered", b"failed..", 1))


def damage_end():
    row = StatementRow.objects.order_by("seq").first()
    StatementRow.objects.filter(pk=row.pk).update(body=bytes(row.body)[:-5])


def damage_attachment():
    AttachmentContent.objects.update(content=b"another essay")


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (damage_body, "changed"),
        (damage_end, "changed"),
        (damage_attachment, "other-bytes"),
        (lambda: StatementRow.objects.update(actor=1), "misplaced"),
        (lambda: StatementRow.objects.filter(voided=True).update(voided=False), "not-voided"),
        (lambda: StatementRow.objects.filter(voiding=False).update(voided=True), "no-voider"),
        (lambda: StatementRefRow.objects.all().delete(), "unjoined"),
        (lambda: StatementAgent.objects.create(agent=1, seq=1, direct=True), "loose"),
    ],
)
def test_each_damage_is_found(filled, store, damage, code):
    damage()
    assert code in {fault.code for fault in check_store(store).faults}


def test_a_store_is_made_once_with_a_code_that_fits_an_address(store):
    for code in ("s", "", "a b", "x" * 51, "ü", "../x"):
        with pytest.raises(FaultyInputError):
            add_store(space=store.space, code=code, version=Version.V2, by=None, at=AT)


def test_everything_wrong_with_a_credential_is_told_at_once(store):
    with pytest.raises(FaultyInputError) as refused:
        add_credential(store=store, name="", home="lms", scopes=("everything",), by=None, at=AT)
    assert [fault.code for fault in refused.value.faults] == ["bad-scope", "bad-name", "bad-home"]
    with pytest.raises(FaultyInputError, match="at least one scope"):
        add_credential(store=store, name="t", home="https://x.y", scopes=(), by=None, at=AT)


def test_keys_and_secrets_can_be_given_to_any_program(store):
    made = [
        add_credential(store=store, name="t", home="https://x.y", scopes=("all",), by=None, at=AT) for _ in range(9)
    ]
    for new in made:
        assert new.credential.key.isalnum()
        assert new.secret.isalnum()
        assert len(new.secret) * 4 == 256
    assert len({new.secret for new in made} | {new.credential.key for new in made}) == 18


def test_a_credential_is_revoked_once_and_it_is_noted_when(tool):
    revoked = revoke(key=tool.key, by=None, at=AT)
    assert revoked.revoked_at == AT
    with pytest.raises(UnknownCredentialError):
        revoke(key=tool.key, by=None, at=AT)


def test_a_number_that_is_taken_is_drawn_anew(tool, monkeypatch):
    """Another process may store in the same microsecond with the same five bits."""
    from yucai.web.records import writing

    (own,) = tool.post(statement()).json
    taken = StatementRow.objects.get(id=own).seq
    real = writing.SEQUENCE
    drawn = iter([[taken]])

    class Colliding:
        def take(self, n, *, after=0):
            return next(drawn, None) or real.take(n, after=after)

    monkeypatch.setattr(writing, "SEQUENCE", Colliding())
    assert tool.post(statement()).status == 200
    assert len(tool.ids()) == 2
