"""A person erased: nothing of them is left in any table, others' statements hold, and nothing comes back."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import polars as pl
import pytest
from django.apps import apps

from tests.records import planted
from tests.records.planted import BEN, BY_ACCOUNT, BY_HASH, BY_MAIL, MAIL, NAME, PERSON, WORDS, plant
from tests.records.records_client import new_id, statement
from yucai.errors import FaultyInputError
from yucai.evidence import ERASED_HOME, actor_key, traces_of
from yucai.web.records.actions import revoke
from yucai.web.records.catalogue import SEEN
from yucai.web.records.checking import check_store
from yucai.web.records.erasing import (
    CredentialInForceError,
    begin_erasure,
    carry_out,
    erase_actor,
    foresee_erasure,
    lift_erasure,
)
from yucai.web.records.erasure_models import RecordErasure, RecordTombstone, StatementMark
from yucai.web.records.holds import StoreHeldError, hold_store
from yucai.web.records.lake import gather, open_statements
from yucai.web.records.lake_checking import check_lake
from yucai.web.records.models import RecordCredential, RecordDocument, StatementRow
from yucai.web.records.sealing import check_erasures

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def office(settings, tmp_path):
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    return tmp_path / "office"


def ticking():
    """Give a clock that is a second later each time."""
    times = iter(range(10_000))
    return lambda: AT + timedelta(seconds=next(times))


def erase(store, *, texts=(NAME,), agents=PERSON, **more):
    traces = traces_of(agents, texts=texts)
    return erase_actor(
        space=store.space, traces=traces, reason="asked by letter", by=None, clock=ticking(), patience=0, **more
    )


def everything():
    """Return every value of every table as bytes in small letters."""
    found = []
    for model in apps.get_models():
        for row in model.objects.values_list():
            found += [value if isinstance(value, bytes) else str(value).encode() for value in map(plain, row)]
    return b"\n".join(found).lower()


def plain(value):
    return bytes(value) if isinstance(value, memoryview) else value


def words_in(raw, words=WORDS):
    """Return which of these words stand in bytes, also where JSON writes them by numbers."""
    readable = raw.replace(b"\\u0040", b"@")
    return [word for word in words if word.lower().encode() in readable]


def test_the_plant_is_in_the_tables(tool, store):
    plant(tool)
    assert words_in(everything()) == list(WORDS)


def test_nothing_of_the_person_is_left_in_any_table(tool, store):
    mine, others = plant(tool)
    erased = erase(store)
    assert words_in(everything()) == []
    assert words_in(b"".join(tool.get(statementId=own).body for own in mine)) == []
    for own in mine:
        assert tool.get(statementId=own).status == 404
        assert tool.get(voidedStatementId=own).status == 404
    for own in others:
        assert tool.get(statementId=own).status == 200
    assert check_store(store).faults == ()
    (here,) = erased.stores
    assert (here.removed, here.rewritten) == (len(mine), len(others))
    assert (here.documents, here.called, here.left) == (3, (), ())


def test_a_dry_run_says_what_would_go_and_changes_nothing(tool, store):
    mine, others = plant(tool)
    before = everything()
    (here,) = foresee_erasure(space=store.space, traces=traces_of(PERSON, texts=[NAME]), reason="r").stores
    assert (here.removed, here.rewritten, here.documents) == (len(mine), len(others), 3)
    assert everything() == before


def test_in_statements_of_others_an_account_of_nobody_takes_the_place(tool, store):
    plant(tool)
    erase(store)
    people = set()
    for row in StatementRow.objects.filter(pk__in=StatementMark.objects.values("seq")):
        value = msgspec.json.decode(bytes(row.body))
        nobody = [one for one in accounts(value) if one["homePage"] == ERASED_HOME]
        people |= {one["name"] for one in nobody}
        assert len({one["name"] for one in nobody}) <= 1
    assert len(people) >= 8  # another one in each, so that none leads to the next


def accounts(value):
    if isinstance(value, dict):
        if "homePage" in value:
            yield value
        for held in value.values():
            yield from accounts(held)
    elif isinstance(value, list):
        for held in value:
            yield from accounts(held)


def test_what_does_not_name_the_person_stays_byte_for_byte(tool, store):
    raw = b'{"actor":{"mbox":"mailto:ben@example.edu"},"verb":{"id":"https://x.y/v"},"object":{"id":"https://x.y/o"},'
    raw += (
        b'"result":{"score":{"scaled":0.10,"raw":1e0}},"context":{"instructor":{"mbox":"mailto:%s"}}}' % MAIL.encode()
    )
    (own,) = tool.post(raw).json
    erase(store)
    body = bytes(StatementRow.objects.get(id=own).body)
    assert b'"result":{"score":{"scaled":0.10,"raw":1e0}}' in body
    assert StatementMark.objects.get().kind == "rewritten"


def test_filters_find_what_was_rewritten_and_not_by_the_person(tool, store):
    _, others = plant(tool)
    erase(store)
    assert tool.ids(agent=BY_MAIL, related_agents=True) == []
    found = tool.ids(agent=BEN, related_agents=True)
    assert len(found) >= 9
    assert set(found) <= set(others)


def test_what_was_voided_by_the_person_stays_voided(tool, store):
    plant(tool)
    before = StatementRow.objects.filter(voided=True).count()
    erase(store)
    assert StatementRow.objects.filter(voided=True).count() == before - 1  # the person's own is gone


def test_an_erased_statement_that_comes_again_is_acknowledged_and_not_stored(tool, store):
    mine, others = [new_id() for _ in range(2)], [new_id()]
    sent = [statement(actor=BY_MAIL, id=own) for own in mine]
    sent.append(statement(actor=BEN, context={"instructor": BY_MAIL}, id=others[0]))
    tool.post(sent)
    erase(store)
    fresh = statement(actor=BEN, id=new_id())
    told = tool.post([*sent, fresh])
    assert (told.status, told.json) == (200, [*mine, *others, fresh["id"]])
    assert tool.call("PUT", "statements", {"statementId": mine[0]}, data=sent[0]).status == 204
    assert words_in(everything()) == []
    assert tool.ids() == [fresh["id"], others[0]]
    assert check_store(store).faults == ()


@pytest.mark.parametrize("named", [{"actor": BY_ACCOUNT}, {"actor": BY_HASH}, {"context": {"instructor": BY_MAIL}}])
def test_a_new_statement_about_the_person_is_refused_until_the_office_lifts_it(tool, store, named):
    code = erase(store).code
    told = tool.post([statement(), statement(**named)])
    assert told.status == 403
    assert "Statement 2 names a person whose records were erased here" in told.json["error"]
    assert tool.ids() == []
    lift_erasure(code=code, by=None, at=AT)
    assert tool.post([statement(), statement(**named)]).status == 200


def test_other_spellings_of_the_address_bring_nobody_back(tool, store):
    name, _, domain = MAIL.partition("@")
    erase(store, agents=({"mbox": f"mailto:{name.title()}@{domain.title()}"},), texts=())
    for spelled in (MAIL, MAIL.upper(), f"{name.title()}@{domain}", f"{name}@{domain.upper()}"):
        assert tool.post(statement(actor={"mbox": f"mailto:{spelled}"})).status == 403
    for spelled in (MAIL, f"{name.title()}@{domain}", f"{name.title()}@{domain.title()}"):
        digest = hashlib.sha1(f"mailto:{spelled}".encode()).hexdigest()
        assert tool.post(statement(actor={"mbox_sha1sum": digest})).status == 403
    assert tool.post(statement(actor={"mbox": f"mailto:x{MAIL}"})).status == 200


def test_a_document_of_the_person_is_refused_too(tool, store):
    erase(store)
    told = tool.call("PUT", "agents/profile", {"agent": str(BY_MAIL).replace("'", '"'), "profileId": "p"}, data={})
    assert told.status == 403
    assert not RecordDocument.objects.exists()


def test_what_was_erased_stays_away_also_when_the_erasure_is_lifted(tool, store):
    own = new_id()
    tool.post(statement(actor=BY_MAIL, id=own))
    lift_erasure(code=erase(store).code, by=None, at=AT)
    assert tool.post(statement(actor=BY_MAIL, id=own)).status == 200
    assert tool.ids() == []


def test_tombstones_are_no_list_of_persons(tool, store):
    plant(tool)
    erase(store)
    seals = {bytes(row.seal) for row in RecordTombstone.objects.all()}
    assert len(seals) > 15
    for word in (MAIL, f"mbox:mailto:{MAIL}", f"{store.pk}\0agent\0mbox:mailto:{MAIL}"):
        said = word.encode()
        plain = {hashlib.blake2b(said, digest_size=16).digest(), hashlib.sha256(said).digest()[:16]}
        assert not plain & seals


def test_others_are_not_touched(tool, store):
    kept = tool.post([statement(actor=BEN), statement(actor={"mbox": f"mailto:x{MAIL}"})]).json
    near = statement(actor=BEN, result={"response": f"x{MAIL} {planted.NUMBER}0 {MAIL}.cn"})
    kept += tool.post(near).json
    before = {str(row.id): bytes(row.body) for row in StatementRow.objects.all()}
    plant(tool)
    erase(store)
    assert {own: bytes(StatementRow.objects.get(id=own).body) for own in kept} == before


def test_a_name_in_the_words_of_others_is_told_and_left_to_the_office(tool, store):
    tool.post(statement(actor=BY_MAIL))
    (own,) = tool.post(statement(actor=BEN, result={"response": f"{NAME} helped me"})).json
    assert erase(store, texts=()).stores[0].called == (own,)
    assert words_in(everything(), (NAME,)) == [NAME]
    assert erase(store).stores[0].rewritten == 1
    assert words_in(everything()) == []


def test_an_attachment_of_others_that_holds_the_person_is_told(tool, store):
    content = f"seen with {MAIL}".encode()
    tool.post(planted.mixed(planted.with_attachment(content), content), headers=planted.MIXED)
    (left,) = erase(store).stores[0].left
    assert left.startswith("sha2 ")


def test_a_credential_in_the_persons_name_must_be_revoked_first(tool, store, credential):
    own = credential("all", name=planted.NUMBER)
    own.post(statement(actor=BEN))
    with pytest.raises(CredentialInForceError, match="Revoke it first"):
        erase(store)
    revoke(key=own.key, by=None, at=AT)
    erase(store)
    assert words_in(everything()) == []
    assert RecordCredential.objects.get(key=own.key).authority.count("erased.invalid") == 1
    assert check_store(store).faults == ()


def test_a_store_under_a_hold_keeps_everybody(tool, store):
    plant(tool)
    hold_store(store=store, reason="appeal", by=None, at=AT)
    before = everything()
    with pytest.raises(StoreHeldError):
        erase(store)
    assert everything() == before


def test_everything_wrong_with_an_erasure_is_told_at_once(store):
    with pytest.raises(FaultyInputError) as refused:
        erase_actor(space=store.space, traces=traces_of([]), reason=" ", by=None, clock=ticking(), patience=0)
    assert [fault.code for fault in refused.value.faults] == ["nobody", "no-reason"]


def test_an_erasure_that_was_broken_off_is_told_and_taken_up(tool, store):
    mine, _ = plant(tool)
    traces = traces_of(PERSON, texts=[NAME])
    begun = begin_erasure(space=store.space, traces=traces, reason="r", by=None, at=AT)
    assert [fault.code for fault in check_erasures(store.space)] == ["erasure-unfinished"]
    assert tool.post(statement(actor=BY_MAIL)).status == 403
    erased = erase(store)
    assert erased.code == begun.code
    assert erased.stores[0].removed == len(mine)
    assert list(check_erasures(store.space)) == []


def test_what_came_before_the_tombstone_was_known_everywhere_goes_in_the_second_look(tool, store):
    traces = traces_of(PERSON, texts=[NAME])
    erasure = begin_erasure(space=store.space, traces=traces, reason="r", by=None, at=AT)
    carry_out(erasure, traces, clock=ticking())
    kept = RecordTombstone.objects.filter(kind="agent")
    rows = list(kept)
    kept.delete()  # as a process that does not know of it yet sees it
    from yucai.web.records.tombstones import forget_tombstones

    forget_tombstones()
    tool.post(statement(actor=BY_MAIL))
    RecordTombstone.objects.bulk_create(rows)
    assert carry_out(erasure, traces, clock=ticking()).stores[0].removed == 1
    assert words_in(everything()) == []


def lake_words(folder):
    files = list(folder.rglob("*.par*"))
    assert files
    return words_in(b"".join(pl.read_parquet(file).write_ndjson().encode().lower() for file in files))


def test_the_lake_follows(tool, store, office, django_capture_on_commit_callbacks):
    mine, others = plant(tool)
    kept = tool.post(statement(actor=BEN)).json
    gather(store)
    assert MAIL in lake_words(office)
    (planned,) = foresee_erasure(space=store.space, traces=traces_of(PERSON, texts=[NAME]), reason="r").stores
    with django_capture_on_commit_callbacks(execute=True):
        erased = erase(store)
    assert planned.lake == erased.stores[0].lake == len(mine)
    assert lake_words(office) == []
    held = set(open_statements(store).to_polars()["id"])
    assert {*others, *kept} <= held
    assert not held & set(mine)
    assert check_lake(store).faults == ()


def test_the_lake_follows_also_where_an_erasure_was_broken_off_before_it(
    tool, store, office, monkeypatch, django_capture_on_commit_callbacks
):
    plant(tool)
    gather(store)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("yucai.web.records.erasing.forget_in_lake", full)
        with pytest.raises(OSError, match="No space"):
            erase(store)
    with django_capture_on_commit_callbacks(execute=True):
        erase(store)
    assert lake_words(office) == []
    assert check_lake(store).faults == ()


def test_what_is_gathered_after_an_erasure_is_without_the_person(tool, store, office):
    plant(tool)
    erase(store)
    gather(store)
    assert lake_words(office) == []


class Notes:
    """Notes that another part of the office made of statements, and who is who by its own list."""

    name = "notes"

    def __init__(self, *held):
        self.held = set(held)

    def further_keys(self, space, keys):
        return frozenset(self.held) if keys & self.held else frozenset()

    def count(self, space, traces):
        return len(self.held & traces.keys)

    def forget(self, space, traces, *, at):
        gone = self.held & traces.keys
        self.held -= gone
        return len(gone)


def test_other_parts_of_the_office_say_who_else_it_is_and_forget_too(tool, store):
    mail, account = (actor_key(one) for one in (BY_MAIL, BY_ACCOUNT))
    notes = Notes(mail, account)
    (own,) = tool.post(statement(actor=BY_ACCOUNT)).json
    planned = foresee_erasure(space=store.space, traces=traces_of([BY_MAIL]), reason="r", places=[notes])
    assert (planned.stores[0].removed, planned.places) == (1, (("notes", 2),))
    erased = erase(store, agents=[BY_MAIL], texts=(), places=[notes])
    assert (erased.stores[0].removed, erased.places, notes.held) == (1, (("notes", 2),), set())
    assert tool.get(statementId=own).status == 404
    assert msgspec.json.decode(RecordErasure.objects.get().told)["places"] == {"notes": 2}


class TestProof:
    """The sealed record."""

    def test_it_says_what_went_and_names_nobody(self, tool, store):
        mine, others = plant(tool)
        erase(store)
        kept = RecordErasure.objects.get()
        told = msgspec.json.decode(kept.told)
        (here,) = told["stores"]
        assert (here["removed"], here["rewritten"]) == (len(mine), len(others))
        assert here["before"]["n"] - here["after"]["n"] == len(mine)
        assert here["before"]["digest"] != here["after"]["digest"]
        assert (told["reason"], told["by"]) == ("asked by letter", "")
        assert words_in(kept.told.lower().encode()) == []

    @pytest.mark.parametrize(
        "damage",
        [
            {"reason": "another"},
            {"begun_at": AT - timedelta(days=1)},
            {"told": "{}"},
            {"seal": "0" * 64},
        ],
    )
    def test_a_change_is_found(self, tool, store, damage):
        erase(store)
        assert list(check_erasures(store.space)) == []
        RecordErasure.objects.update(**damage)
        assert [fault.code for fault in check_erasures(store.space)] == ["erasure-changed"]

    def test_a_missing_one_is_found(self, tool, store):
        first = erase(store).code
        erase(store, agents=[{"mbox": "mailto:b@x.y"}], texts=())
        RecordTombstone.objects.all().delete()
        RecordErasure.objects.get(code=first).delete()
        assert [fault.code for fault in check_erasures(store.space)] == ["erasure-missing"]


def test_a_name_known_in_memory_is_noted_anew_after_an_erasure_is_lifted(tool, store):
    tool.post(statement(actor=BY_MAIL))
    SEEN.add([("name", store.pk, f"mbox:mailto:{MAIL}", NAME)])
    lift_erasure(code=erase(store).code, by=None, at=AT)
    tool.post(statement(actor=BY_MAIL))
    assert tool.call("GET", "agents", {"agent": BY_MAIL}).json["name"] == [NAME]
