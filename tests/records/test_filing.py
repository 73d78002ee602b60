"""Files of statements into a store and out of it: the rules of the door, nothing twice, round again the same."""

import gzip
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.records.records_client import new_id, reference, statement, voiding
from tests.records.test_attachments_door import MIXED, TEXT, mixed, sha2_of, with_attachment
from tests.unit.evidence.statements.making import V1, V2, statements
from yucai.evidence import Version, traces_of
from yucai.web.records.actions import add_store
from yucai.web.records.checking import check_store
from yucai.web.records.erasing import erase_actor
from yucai.web.records.file_export import export_statements
from yucai.web.records.filing import RefusedListExistsError, take_statement_file
from yucai.web.records.filing_models import StatementFile
from yucai.web.records.models import (
    AttachmentContent,
    RecordCredential,
    RecordStore,
    StatementAttachment,
    StatementRefRow,
    StatementRow,
)

AT = datetime(2026, 11, 27, 8, tzinfo=UTC)
AUTHORITY = {"objectType": "Agent", "account": {"homePage": "https://old.example.edu", "name": "old store"}}


def quiet(done, text):
    pass


def taken(store, path, **more):
    given = {
        "credential": None, "attachments": path.with_name("attachments"), "refused": path.with_name("refused.jsonl"),
        "report": quiet, "clock": lambda: AT,
    }  # fmt: skip
    return take_statement_file(store=store, path=path, **{**given, **more})


def exported(store, path):
    return export_statements(store=store, to=path, attachments=path.with_name("attachments"), report=quiet)


def lines(path, *statements):
    path.write_text("".join(json.dumps(one) + "\n" for one in statements))
    return path


def kept(store, *, but=("stored",)):
    """Everything a store holds, but for when it was stored."""
    found = []
    for row in StatementRow.objects.filter(store=store).order_by("seq"):
        body = {name: value for name, value in json.loads(bytes(row.body)).items() if name not in but}
        parts = set(StatementAttachment.objects.filter(seq=row.seq).values_list("sha2", flat=True))
        found.append((str(row.id), body, row.voided, row.voiding, parts))
    places = dict(StatementRow.objects.filter(store=store).values_list("seq", "id"))
    edges = {
        (places[one.source], places[one.target]) for one in StatementRefRow.objects.filter(source__in=list(places))
    }
    contents = {
        (one.sha2, bytes(one.content), one.content_type) for one in AttachmentContent.objects.filter(store=store)
    }
    return found, edges, contents


def another(store):
    code = f"t{RecordStore.objects.count()}"
    return add_store(space=store.space, code=code, version=Version.V2, by=None, at=AT)


@pytest.fixture
def filled(tool):
    """One of everything, in both versions, referring and voiding in either order, with attachments and line breaks."""
    gone, target, late = new_id(), new_id(), new_id()
    tool.post([statement(id=gone), voiding(gone), statement(id=target)])
    tool.post([reference(target), reference(late), statement(id=late)])
    tool.speaking("1.0.3").post(statement(context={"contextActivities": {"parent": {"id": "https://x.y/p"}}}))
    tool.post(mixed(with_attachment(), TEXT), headers=MIXED)
    empty = with_attachment(b"")
    tool.post(mixed(empty, b""), headers=MIXED)
    tool.post(json.dumps(statement(result={"response": "two\nlines"}), indent=2).encode())


@pytest.mark.parametrize("name", ["all.jsonl", "all.jsonl.gz"])
def test_an_export_taken_in_again_is_the_same_store(filled, store, tmp_path, name):
    told = exported(store, tmp_path / name)
    assert (told.statements, told.attachments) == (10, 2)
    fresh = another(store)
    came = taken(fresh, tmp_path / name)
    assert (came.new, came.known, came.refused, came.refused_list) == (10, 0, 0, None)
    assert kept(fresh) == kept(store)
    assert check_store(fresh).faults == ()
    exported(fresh, tmp_path / f"again-{name}")
    again = [json.loads(line) for line in _open(tmp_path / f"again-{name}")]
    first = [json.loads(line) for line in _open(tmp_path / name)]
    assert [one | {"stored": ""} for one in again] == [one | {"stored": ""} for one in first]


def _open(path):
    with (gzip.open if path.name.endswith(".gz") else open)(path, "rt", encoding="utf-8") as stream:
        return stream.read().splitlines()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_a_store_holds_comes_back_from_its_export(store, tmp_path, data):
    n = RecordStore.objects.count()
    drawn = data.draw(st.lists(statements(V1) | statements(V2), min_size=1, max_size=8))
    seen, ours = set(), []
    for one in drawn:
        if one.get("id", "").lower() not in seen or "id" not in one:
            seen.add(one.get("id", "").lower())
            attached = [{**part, "fileUrl": "https://x.example/f"} for part in one.get("attachments", [])]
            ours.append({**one, "authority": AUTHORITY} | ({"attachments": attached} if attached else {}))
    folder = tmp_path / str(n)
    folder.mkdir()
    one, two = another(store), another(store)
    taken(one, lines(folder / "made.jsonl", *ours))
    exported(one, folder / "all.jsonl")
    came = taken(two, folder / "all.jsonl", refused=folder / "refused-2.jsonl")
    assert came.refused == 0
    assert kept(two) == kept(one)


def test_each_keeps_the_authority_it_names_or_gets_that_of_a_credential(store, tool, tmp_path):
    path = lines(tmp_path / "a.jsonl", statement(id=new_id(), authority=AUTHORITY), statement(id=new_id()))
    came = taken(store, path)
    assert (came.new, came.refused) == (1, 1)
    (refused,) = [json.loads(line) for line in came.refused_list.read_text().splitlines()]
    assert (refused["line"], refused["status"]) == (2, 400)
    assert "names no authority" in refused["en"]
    assert "授权方" in refused["zh"]
    (row,) = StatementRow.objects.filter(store=store)
    assert json.loads(bytes(row.body))["authority"] == AUTHORITY
    fresh = another(store)
    credential = RecordCredential.objects.get(key=tool.key)
    assert taken(fresh, path, credential=credential, refused=tmp_path / "r2").new == 2
    for row in StatementRow.objects.filter(store=fresh):
        assert json.loads(bytes(row.body))["authority"]["account"]["name"] == "moodle"
    assert check_store(store).faults == check_store(fresh).faults == ()


def test_what_is_kept_as_authority_is_found_by_its_reader(store, tool, credential, tmp_path):
    """Whoever may read only its own statements does not read those that keep another authority."""
    reader = credential("statements/read/mine", "statements/write")
    mine = {"objectType": "Agent", "account": {"homePage": "https://lms.example.edu", "name": "moodle"}}
    ids = [new_id(), new_id()]
    made = [statement(id=ids[0], authority=AUTHORITY), statement(id=ids[1], authority=mine)]
    taken(store, lines(tmp_path / "a.jsonl", *made))
    assert reader.ids() == [ids[1]]


def test_refused_lines_are_listed_and_the_rest_is_taken_in(store, tmp_path):
    taken_id = new_id()
    taken(store, lines(tmp_path / "first.jsonl", statement(id=taken_id, authority=AUTHORITY)))
    path = tmp_path / "a.jsonl"
    good = [statement(id=new_id(), authority=AUTHORITY) for _ in range(3)]
    other = statement(id=taken_id, authority=AUTHORITY, verb={"id": "http://example.edu/other"})
    rows = [good[0], {"actor": {}}, good[1], other, good[2], with_attachment() | {"authority": AUTHORITY}]
    path.write_text("".join(json.dumps(one) + "\n" for one in rows) + "{not json\n")
    came = taken(store, path)
    assert (came.new, came.known, came.refused) == (3, 0, 4)
    told = {one["line"]: one for one in map(json.loads, came.refused_list.read_text().splitlines())}
    assert sorted(told) == [2, 4, 6, 7]
    assert told[4]["status"] == 409
    assert sha2_of(TEXT)[:12] in told[6]["en"]
    assert StatementRow.objects.filter(store=store).count() == 4


def test_the_same_file_again_adds_nothing_also_where_statements_have_no_ids(store, tmp_path):
    path = lines(tmp_path / "a.jsonl", *[statement(authority=AUTHORITY) for _ in range(3)])
    assert taken(store, path).new == 3
    came = taken(store, path)
    assert (came.new, came.known) == (0, 3)


def test_one_id_twice_in_a_file_is_one_statement_if_it_is_the_same(store, tmp_path):
    one = statement(id=new_id(), authority=AUTHORITY)
    path = lines(tmp_path / "a.jsonl", one, one, {**one, "verb": {"id": "http://example.edu/other"}})
    came = taken(store, path)
    assert (came.new, came.known, came.refused) == (1, 1, 1)


def test_many_conflicts_cost_no_more_than_one(store, tmp_path, monkeypatch):
    from yucai.web.records import filing

    ids = [new_id() for _ in range(60)]
    taken(store, lines(tmp_path / "a.jsonl", *[statement(id=own, authority=AUTHORITY) for own in ids]))
    tries, real = [], filing.store_statements
    monkeypatch.setattr(filing, "store_statements", lambda *a, **k: (tries.append(1), real(*a, **k))[1])
    other = {"id": "http://example.edu/other"}
    path = lines(tmp_path / "b.jsonl", *[statement(id=own, authority=AUTHORITY, verb=other) for own in ids])
    came = taken(store, path)
    assert (came.new, came.known, came.refused) == (0, 0, 60)
    assert len(tries) == 1


@pytest.mark.parametrize("after", [1, 2, 3])
def test_what_broke_off_goes_on_where_it_stood(store, tmp_path, monkeypatch, after):
    from yucai.web.records import filing

    monkeypatch.setattr(filing, "BATCH", 10)
    rows = [statement(id=new_id(), authority=AUTHORITY) if n % 7 else {"actor": {}} for n in range(45)]
    path = lines(tmp_path / "a.jsonl", *rows)

    class FallenError(Exception):
        pass

    real, done = StatementFile.save, []

    def falls(row, *args, **kwargs):
        done.append(1)
        if len(done) == after + 1:
            raise FallenError
        return real(row, *args, **kwargs)

    monkeypatch.setattr(StatementFile, "save", falls)
    with pytest.raises(FallenError):
        taken(store, path)
    monkeypatch.setattr(StatementFile, "save", real)
    came = taken(store, path, refused=tmp_path / "elsewhere.jsonl")
    assert came.new + came.known == 38
    assert came.refused == 7
    assert came.refused_list == tmp_path / "refused.jsonl"
    told = [json.loads(line)["line"] for line in came.refused_list.read_text().splitlines()]
    assert told == [n + 1 for n in range(45) if n % 7 == 0]
    assert [str(row.id) for row in StatementRow.objects.filter(store=store).order_by("seq")] == [
        one["id"] for one in rows if "id" in one
    ]


def test_a_list_of_refused_lines_goes_over_nothing(store, tmp_path):
    (tmp_path / "refused.jsonl").write_text("mine")
    with pytest.raises(RefusedListExistsError) as told:
        taken(store, lines(tmp_path / "a.jsonl", statement(authority=AUTHORITY)))
    assert "refused.jsonl" in str(told.value)
    assert (tmp_path / "refused.jsonl").read_text() == "mine"


def test_an_attachment_with_other_bytes_than_its_hash_is_refused(store, tmp_path):
    folder = tmp_path / "attachments"
    folder.mkdir()
    (folder / hashlib.sha256(TEXT).hexdigest()).write_bytes(b"other bytes")
    path = lines(tmp_path / "a.jsonl", with_attachment() | {"authority": AUTHORITY})
    assert taken(store, path).refused == 1
    assert not AttachmentContent.objects.exists()


def test_an_export_that_breaks_off_leaves_nothing(filled, store, tmp_path, monkeypatch):
    from yucai.web.records import file_export

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file_export, "_write_attachments", full)
    with pytest.raises(OSError, match="No space"):
        exported(store, tmp_path / "all.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_who_was_erased_does_not_come_back_by_a_file(store, tool, tmp_path, settings):
    """Neither the statement that was erased nor another of that person; both are told of with their lines."""
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    mei = {"account": {"homePage": "https://lms.example.edu", "name": "2025001"}}
    gone, fresh, other = new_id(), new_id(), new_id()
    assert tool.post(statement(id=gone, actor=mei)).status == 200
    erase_actor(
        space=store.space, traces=traces_of([mei], texts=()), reason="asked by letter", by=None, clock=lambda: AT,
        patience=0,
    )  # fmt: skip
    made = [statement(id=gone, actor=mei), statement(id=fresh, actor=mei), statement(id=other)]
    came = taken(store, lines(tmp_path / "a.jsonl", *({**one, "authority": AUTHORITY} for one in made)))
    assert (came.new, came.known, came.refused) == (1, 0, 2)
    assert [json.loads(line)["line"] for line in came.refused_list.read_text().splitlines()] == [1, 2]
    assert [str(row.id) for row in StatementRow.objects.filter(store=store)] == [other]
