"""L20: a person gets everything on record in open formats; another office takes it in, and it is the same again."""

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from pypdf import PdfReader

from tests.trust.world import furnish
from yucai.errors import FaultyInputError
from yucai.evidence import actor_key
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.evidence.models import EvidenceRecord, Import, Item, OwnWork
from yucai.web.evidence.rating_models import RatingMark, RatingSeatRecord
from yucai.web.evidence.uploads import keep, upload_file
from yucai.web.feeds.models import ActorDeclaration
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.rights.counting import counts_on_record
from yucai.web.rights.exporting import export_person
from yucai.web.rights.formats import TABLES
from yucai.web.rights.gathering import gather, row_counts
from yucai.web.rights.taking import PersonThereError, take_in_person
from yucai.web.rights.unpacking import NoPackError, unpack

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
LATER = datetime(2027, 1, 5, 8, tzinfo=UTC)
DOCUMENT = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture
def world(db, settings, tmp_path):
    """A student with evidence of two versions, a portrait, works with a file, a rating, a test, statements, traits."""
    from dataclasses import replace

    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    own, _beside = furnish("rights-near", tmp_path)
    person = Person.objects.get(pk=own.parts["person"]["pk"])
    Person.objects.filter(pk=person.pk).update(born=date(2008, 2, 29), name_zh="=HYPERLINK(1)")
    _more_evidence(person)
    key = actor_key({"account": {"homePage": "https://moodle.example.edu", "name": "a0"}})
    ActorDeclaration.objects.create(feed_id=own.parts["feed"]["pk"], key=key, person=person, at=NOON)
    run = CalibrationRun.objects.create(
        space=person.space, at=NOON, file="y.json", evidence_map="evidence-demo-college", evidence_map_version="1",
        last_record=0, responses=0, units=0, converged=True, notices=[], seconds=0, current=True,
    )  # fmt: skip
    ProfileRow.objects.create(
        run=run, person=person, occasion="2026-2027", quality="innovation", mean=-0.1, std_error=1 / 3,
        lower90=-0.1 - 1.6449 / 3, upper90=0.4482, n_evidence=5, enough=True,
    )  # fmt: skip
    work = OwnWork.objects.filter(person=person, title="verified")
    work.update(file_sha256=keep(DOCUMENT), file_name="证书.pdf", file_type="pdf", file_bytes=len(DOCUMENT))
    return own, person.__class__.objects.get(pk=person.pk)


def _more_evidence(person):
    old = EvidenceRecord.objects.filter(person=person).first()
    corrected = Import.objects.create(
        source=old.came_with.source, file_name="corrected", digest="c", at=NOON, by="-dean", kept=1, version=2,
        replaces=old.came_with,
    )  # fmt: skip
    EvidenceRecord.objects.filter(pk=old.pk).update(replaced_by=corrected)
    EvidenceRecord.objects.create(
        came_with=corrected, person=person, item=old.item, score=0.1 + 0.2, max_score=6, source_row=3, at=NOON,
        source_file="@list.xlsx",
    )  # fmt: skip


@pytest.fixture
def packed(world, tmp_path):
    _own, person = world
    file = tmp_path / "mine.zip"
    file.write_bytes(export_person(person, by=None, language="zh", at=NOON).content)
    return file


@pytest.fixture
def empty(db):
    return Space.objects.create(
        code="rights-far", name_en="Far", name_zh="远校", simulated=False, evidence_map="evidence-demo-college"
    )


def parts_of(file):
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_export_holds_everything_in_open_formats(world, packed):
    parts = parts_of(packed)
    tables = {name: json.loads(parts[f"data/{name}.json"]) for name in TABLES}
    assert [row["score"] for row in tables["records"]].count(0.1 + 0.2) == 1
    assert {row["title"] for row in tables["works"]} == {"waiting", "verified"}
    assert tables["values"][0]["std_error"] == 1 / 3
    assert tables["accounts"][0]["username"] == "rights-near-student"
    assert "mailto:a@x.example" in {row["actor"] for row in tables["actors"]}
    assert {row["way"] for row in tables["sign_ins"]} == {"password"}
    assert parts[f"files/{tables['works'][-1]['file_sha256'] or tables['works'][0]['file_sha256']}.pdf"] == DOCUMENT
    statements = json.loads(parts["statements.json"])
    assert [one["actor"]["account"]["name"] for one in statements] == ["a0"]
    schema = json.loads(parts["schema.json"])
    assert schema["records"]["title"] == {"en": "Evidence", "zh": "证据记录"}
    readme = parts["README.txt"].decode("utf-8-sig")
    assert "Everything on record about a0" in readme
    assert "关于 a0 的全部记录" in readme


def test_the_table_for_a_spreadsheet_acts_as_nothing_and_keeps_its_numbers(packed):
    parts = parts_of(packed)
    rows = list(csv.DictReader(io.StringIO(parts["data/records.csv"].decode("utf-8-sig"))))
    assert {float(row["score"]) for row in rows} == {0.0, 0.1 + 0.2}
    assert "'@list.xlsx" in {row["source_file"] for row in rows}
    (value,) = csv.DictReader(io.StringIO(parts["data/values.csv"].decode("utf-8-sig")))
    assert float(value["mean"]) == -0.1  # a number below 0 is no formula
    (person,) = csv.DictReader(io.StringIO(parts["data/person.csv"].decode("utf-8-sig")))
    assert person["name_zh"] == "'=HYPERLINK(1)"
    for name, content in parts.items():
        if name.endswith(".csv"):
            cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
            wild = [cell for cell in cells if cell[:1] in "=+-@＝＋" and cell and not _is_number(cell)]
            assert wild == [], name


def _is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_the_page_to_read_is_in_the_readers_language(world, packed):
    _own, person = world
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(parts_of(packed)["record.pdf"])).pages)
    assert "我的数据" in text
    assert "证据记录" in text
    english = zipfile.ZipFile(io.BytesIO(export_person(person, by=None, language="en", at=NOON).content))
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(english.read("record.pdf"))).pages)
    assert "My data" in text
    assert "Values of the portrait" in text


def test_reimport_equals(world, packed, empty):
    _own, person = world
    there = take_in_person(unpack(packed), space=empty, by=None, at=LATER)
    before, after = gather(person), gather(there)
    for name in set(TABLES) - {"looks"}:
        assert after.tables[name] == before.tables[name], name
    assert after.statements == before.statements
    told = after.tables["looks"]
    assert told[: len(told) - 1] == before.tables["looks"][:-1]  # all but that the export itself was given out
    assert told[-1]["what_en"] == "data of another office taken in"
    assert EvidenceRecord.objects.current().get(person=there).score == 0.1 + 0.2
    assert there.born == date(2008, 2, 29)
    sha256 = next(row["file_sha256"] for row in after.tables["works"] if row["file_sha256"])
    assert upload_file(sha256).read_bytes() == DOCUMENT


def test_what_is_counted_on_the_page_is_what_the_export_holds(world, empty, tmp_path):
    own, person = world
    seats = RatingSeatRecord.objects.filter(round=own.parts["round"]["pk"])
    seats.update(handed_in_at=NOON)
    for seat in seats:
        RatingMark.objects.create(seat=seat, criterion="x", level=2)
    file = tmp_path / "rated.zip"
    file.write_bytes(export_person(person, by=None, language="zh", at=NOON).content)
    there = take_in_person(unpack(file), space=empty, by=None, at=LATER)
    for one in (person, there):
        counts, brought = counts_on_record(one)
        assert brought is (one == there)
        assert counts == row_counts(gather(one))
        assert counts["ratings"] > 0
        assert sum(n > 0 for n in counts.values()) > 15


def test_exported_again_the_data_files_are_the_same_bytes(packed, empty):
    there = take_in_person(unpack(packed), space=empty, by=None, at=LATER)
    again = zipfile.ZipFile(io.BytesIO(export_person(there, by=None, language="en", at=LATER).content))
    first = parts_of(packed)
    data = [name for name in first if name.startswith(("data/", "files/", "statements"))]
    assert len(data) > 40
    differing = [name for name in data if again.read(name) != first[name]]
    assert differing == ["data/looks.json", "data/looks.csv"]  # that it was taken in is an event of its own
    assert again.read("data/looks.csv").startswith(first["data/looks.csv"])


def test_two_people_of_one_file_share_its_import(world, empty, tmp_path):
    _own, person = world
    for one in Person.objects.filter(space=person.space, groups__code="a").order_by("code")[:2]:
        file = tmp_path / f"{one.code}.zip"
        file.write_bytes(export_person(one, by=None, language="en", at=NOON).content)
        take_in_person(unpack(file), space=empty, by=None, at=LATER)
    assert Import.objects.get(source__space=empty, file_name="a").kept == 2
    assert Item.objects.filter(space=empty).count() == 1


def test_a_number_that_is_on_record_is_not_guessed_to_be_the_same_person(world, packed):
    _own, person = world
    with pytest.raises(PersonThereError, match="a0 is on record"):
        take_in_person(unpack(packed), space=person.space, by=None, at=LATER)
    assert Person.objects.filter(code="a0", space=person.space).count() == 1


def test_only_who_takes_files_in_takes_people_in(world, packed, empty):
    own, _person = world
    for role in ("teacher", "student", "officer", "director"):  # the director of another institution
        with pytest.raises(PermissionDenied):
            take_in_person(unpack(packed), space=empty, by=own.accounts[role], at=LATER)
    assert not Person.objects.filter(space=empty).exists()


def test_every_table_about_people_is_exported_or_says_why_not():
    """A new table that points to people and is forgotten here would be left out of what they have a right to."""
    exported = {
        "Membership", "EvidenceRecord", "OwnWork", "PersonChange", "ProfileRow", "WeakCount", "AdaptiveSitting",
        "ActorDeclaration", "ReviewCase", "GuardianConsent", "Consent", "Account", "AuditPerson", "CarriedRow",
        "ProtectedTrait", "LegalHold", "ResearchExportPerson", "StepMark", "StepsRefusal", "AnnouncedLine",
        "PriorityEntry", "SupportCase", "SelectionEntry",
        "StudentComment", "AttainmentScores", "WorkMaker", "GraduateRecord",
    }  # fmt: skip
    # Under which numbers others saw sums over people: nothing about this one that stands elsewhere not.
    excused = {"ReleasedPerson"}
    pointing = {
        model.__name__
        for model in apps.get_models()
        for field in model._meta.fields
        if field.is_relation and field.related_model is Person
    }
    assert pointing - exported == excused


# ---- what may come in


def again(file, change, tmp_path, *, seal=True):
    """The ZIP with its parts changed; with ``seal`` the manifest says the new digests."""
    import hashlib

    parts = change(parts_of(file))
    if seal:
        manifest = json.loads(parts["manifest.json"])
        manifest["files"] = {name: hashlib.sha256(content).hexdigest() for name, content in parts.items()}
        parts["manifest.json"] = json.dumps(manifest).encode()
    out = tmp_path / "changed.zip"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out


def test_what_was_changed_after_packing_is_named(packed, tmp_path):
    def change(parts):
        return {**parts, "data/records.json": parts["data/records.json"].replace(b"0.3000", b"6.0000")}

    with pytest.raises(FaultyInputError, match=r"data/records\.json is missing or not as it was packed"):
        unpack(again(packed, change, tmp_path, seal=False))


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "C:\\x", "data/../../x.json", "files/" + "a" * 64 + ".pdf/../x", "x"]
)
def test_no_name_leads_astray(packed, tmp_path, name):
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(FaultyInputError, match="does not belong in such a file"):
        unpack(again(packed, lambda parts: {**parts, name: b"x"}, tmp_path))
    assert [path for path in sorted(tmp_path.rglob("*")) if path not in before] == [tmp_path / "changed.zip"]


def test_a_bomb_is_not_unpacked(packed, tmp_path, monkeypatch):
    monkeypatch.setattr("yucai.web.rights.unpacking.MOST_BYTES", 5_000_000)
    bomb = again(packed, lambda parts: {**parts, "data/works.json": b"0" * 20_000_000}, tmp_path)
    assert bomb.stat().st_size < 1_000_000
    with pytest.raises(NoPackError, match="unpacked it is larger"):
        unpack(bomb)


def test_too_many_files_one_name_twice_and_no_zip_at_all_are_refused(packed, tmp_path):
    many = again(packed, lambda parts: {**parts, **{f"x{n}": b"" for n in range(2001)}}, tmp_path)
    with pytest.raises(NoPackError, match="more than 2000 files"):
        unpack(many)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("manifest.json", b"{}")
    with pytest.raises(NoPackError, match="one name twice"):
        unpack(packed)
    none = tmp_path / "none.zip"
    none.write_bytes(b"no zip")
    with pytest.raises(NoPackError, match="no ZIP file"):
        unpack(none)


WRONG = [
    (b'"score":0.30000000000000004', b'"score":"0.3"', "“score” is '0.3', and has to be a number"),
    (b'"score":0.30000000000000004', b'"score":true', "has to be a number"),
    (b'"at":"2026-11-27T12:00:00+00:00"', b'"at":"soon"', "has to be a time"),
    (b'"item":"exam/a"', b'"item":"exam/z"', "“exam/z”"),
    (b'"rater":"","occasion"', b'"occasion":"","rater"', "columns of “records”"),
    (b'"score":0.30000000000000004', b'"score":60.5', "contradict each other"),
    (b'"rater":""', b'"rater":"' + b"x" * 101 + b'"', "more than the 100 characters"),
    (b"[", b"[" * 5000, "“records” is missing or cannot be read"),
]


@pytest.mark.parametrize(("old", "new", "said"), WRONG, ids=[str(n) for n in range(len(WRONG))])
def test_rows_that_are_not_of_the_format_change_nothing(packed, empty, tmp_path, old, new, said):
    def change(parts):
        assert old in parts["data/records.json"]
        return {**parts, "data/records.json": parts["data/records.json"].replace(old, new)}

    with pytest.raises(FaultyInputError, match=said):
        take_in_person(unpack(again(packed, change, tmp_path)), space=empty, by=None, at=LATER)
    assert not Person.objects.filter(space=empty).exists()
    assert not Import.objects.filter(source__space=empty).exists()


def test_statements_that_hold_each_other_without_end_are_refused(packed, tmp_path):
    deep = b'[{"a":' * 300 + b"1" + b"}]" * 300
    with pytest.raises(FaultyInputError, match=r"statements\.json"):
        unpack(again(packed, lambda parts: {**parts, "statements.json": b'[{"a":' + deep + b"}]"}, tmp_path))


def test_each_export_is_an_event_about_the_person(world, packed):
    _own, person = world
    event = AuditEntry.objects.filter(act="person.exported").latest("position")
    assert [one.person_id for one in event.people.all()] == [person.pk]
    assert Account.objects.filter(person=person).exists()


def test_the_officer_finds_somebody_who_asks_by_number_and_the_student_finds_themself(world, client):
    own, person = world
    client.force_login(own.accounts["officer"])
    find = reverse("find_data", args=["rights-near"])
    assert client.get(find, {"number": " a0 "})["Location"] == reverse("my_data", args=[person.pk])
    assert client.get(find, {"number": "nobody"})["Location"] == reverse("minors", args=["rights-near"])
    given = client.get(reverse("person_export", args=[person.pk]))
    assert zipfile.ZipFile(io.BytesIO(given.content)).testzip() is None
    client.force_login(own.accounts["student"])
    page = client.get(reverse("trust")).content.decode()
    for name, parts in (("my_data", [person.pk]), ("requests", [])):
        assert f'href="{reverse(name, args=parts)}"' in page
