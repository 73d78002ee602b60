"""L29: what goes to researchers names nobody, and three attacks on it fail."""

import io
import json
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import openpyxl
import polars as pl
import pytest
from django.core.exceptions import PermissionDenied

from yucai.errors import FaultyInputError
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.consent_models import Consent, ConsentText
from yucai.web.accounts.consents import ship_texts
from yucai.web.accounts.models import Account, Person, ProtectedTrait, Space
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item
from yucai.web.governance.research import ResearchWanted, end_export, export_research
from yucai.web.governance.research_files import research_archive
from yucai.web.governance.research_keys import key_file, pseudonym_in
from yucai.web.governance.research_models import ResearchExport

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 27, 4, tzinfo=UTC)
WANTED = ResearchWanted(
    recipient="Institute", purpose="growth of judgement", conditions="no handing on", reference="12/2026",
    until=date(2027, 6, 30), columns=("cohort", "programme"),
)  # fmt: skip


@pytest.fixture
def college(db, settings, tmp_path):
    """Twenty students of physics and two of music, all consenting; an exam that all took and one that two took."""
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    space = Space.objects.create(
        code="school-research", name_en="s", name_zh="s", simulated=False, evidence_map="evidence-demo-college"
    )
    ship_texts(space=space, at=AT)
    source = DataSource.objects.create(
        space=space, code="exams", name_en="e", name_zh="e", purpose="p", legal_basis="duty", owner="o"
    )
    entry = Import.objects.create(source=source, file_name="x", digest="x", at=AT, by="x", kept=30)
    for code in ("exam/all", "exam/rare"):
        Item.objects.create(space=space, code=code, name_en="x", name_zh="x", kind="exam")
    for n in range(22):
        enter(space, entry, n, "music" if n >= 20 else "physics")
    return space


def enter(space, entry, n, programme):
    person = Person.objects.create(
        space=space, code=f"20258800{n:02}", name_en=f"Secret Name {n}", name_zh=f"秘密{n}", cohort="2025",
        programme=programme,
    )  # fmt: skip
    for item in space.items.filter(code="exam/all" if n >= 2 else "exam/rare") | space.items.filter(code="exam/all"):
        EvidenceRecord.objects.create(
            came_with=entry, person=person, item=item, occasion="2025-2026-1", score=37 + n, max_score=100,
            at=AT - timedelta(days=n), source_file="name.xlsx",
        )  # fmt: skip
    ProtectedTrait.objects.create(person=person, trait="ethnicity", value="secret-trait")
    consent(person)
    return person


def consent(person, at=AT):
    text = ConsentText.objects.get(space=person.space, code="research")
    Consent.objects.create(person=person, text=text, way="form", reference="x", given_at=at)


def withdraw(person, at=AT):
    Consent.objects.filter(person=person).update(ended_at=at)


def officer(space, role="researcher"):
    made, _ = Account.objects.get_or_create(username=f"school-research-{role}", defaults={"role": role})
    made.spaces.add(space)
    return made


def exported(space, at=AT, **more):
    return export_research(space=space, wanted=replace(WANTED, **more), by=officer(space), at=at)


def persons(data):
    return set(data.table["person"])


def test_only_who_consents_now_is_in_it(college):
    gone = list(Person.objects.filter(space=college, programme="physics").order_by("pk")[:6])
    for person in gone:
        withdraw(person)
    data = exported(college, at=AT + timedelta(seconds=1))
    assert len(persons(data)) == 14
    assert not ResearchExport.objects.get().members.filter(person__in=gone).exists()


def test_a_data_set_that_rests_on_another_consent_goes_out_only_with_that_one_too(college):
    DataSource.objects.filter(space=college).update(consent_code="diary")
    with pytest.raises(FaultyInputError, match="Nobody is left to export"):
        exported(college)


def test_nothing_that_names_somebody_goes_out(college):
    data = exported(college)
    packed = zipfile.ZipFile(io.BytesIO(research_archive(data, at=AT)))
    assert sorted(packed.namelist()) == [
        "scores.csv", "scores.parquet", "scores.xlsx", "sheet-en.pdf", "sheet-zh.pdf", "sheet.json",
    ]  # fmt: skip
    csv = packed.read("scores.csv").decode("utf-8-sig")
    told = csv + packed.read("sheet.json").decode() + data.table.write_json()
    for word in ("20258800", "Secret", "秘密", "secret-trait", "name.xlsx", "ethnicity"):
        assert word not in told
    assert packed.read("sheet-zh.pdf").startswith(b"%PDF")
    rows = list(openpyxl.load_workbook(io.BytesIO(packed.read("scores.xlsx"))).active.values)
    assert rows[0] == tuple(data.table.columns)
    assert len(rows) == data.table.height + 1
    assert pl.read_parquet(io.BytesIO(packed.read("scores.parquet"))).equals(data.table)


def test_dates_are_months_and_scores_are_steps(college):
    data = exported(college)
    assert set(data.table["month"]) == {"2026-11"}
    assert all(abs(value / 0.05 - round(value / 0.05)) < 1e-9 for value in data.table["score"])


def test_attack_singling_out_nobody_is_alike_with_fewer_than_five(college):
    data = exported(college)
    crowds = Counter(data.table.unique("person").select("cohort", "programme").rows())
    assert min(crowds.values()) >= 5
    takers = data.table.group_by("item", "term").agg(pl.col("person").n_unique())["person"]
    assert min(takers) >= 5
    assert data.sheet["left out"] == {"in no crowd": 2}
    assert data.sheet["rows left out"] == 2  # of the exam that two took
    assert data.sheet["smallest crowd"] == 20


def test_attack_linking_two_exports_by_pseudonym_fails(college):
    first, second = exported(college), exported(college)
    assert persons(first) & persons(second) == set()
    assert key_file(first.export.code).read_text() != key_file(second.export.code).read_text()


def test_attack_differencing_one_newcomer_waits_until_there_are_five(college):
    entry = Import.objects.get(source__space=college)
    before = exported(college)
    for n in range(30, 35):
        enter(college, entry, n, "physics")
        data = exported(college)
        new = len(persons(data)) - len(persons(before))
        assert new == (5 if n == 34 else 0)
        if new == 0:
            assert data.sheet["left out"]["newcomers who wait"] == n - 29
            end_export(export=data.export, by=officer(college), at=AT)


def test_attack_differencing_who_leaves_never_leaves_alone(college):
    before = exported(college)
    withdraw(Person.objects.filter(space=college, programme="physics").first())
    data = exported(college, at=AT + timedelta(seconds=1))
    members = [set(one.members.values_list("person", flat=True)) for one in (before.export, data.export)]
    assert len(members[0] - members[1]) == 5
    assert data.sheet["left out"]["drawn by lot"] == 4


def test_attack_differencing_who_is_erased_never_leaves_alone(college):
    before = exported(college)
    person = Person.objects.filter(space=college, programme="physics").first()
    EvidenceRecord.objects.filter(person=person).delete()
    person.delete()
    data = exported(college, at=AT + timedelta(seconds=1))
    assert before.export.people - data.export.people == 5


def test_the_export_is_in_the_list_and_in_the_trail_of_each(college):
    data = exported(college)
    found = ResearchExport.objects.get(code=data.export.code)
    assert (found.recipient, found.reference, found.until, found.people) == (
        "Institute", "12/2026", date(2027, 6, 30), 20,
    )  # fmt: skip
    acts = AuditEntry.objects.filter(target__in=["research-export", f"research-export:{found.pk}"])
    assert set(acts.values_list("act", flat=True)) == {"read", "research.exported"}
    assert all(entry.people.count() == 20 for entry in acts)


def test_who_is_who_is_known_only_with_the_key_and_by_nobody_once_it_is_destroyed(
    college, django_capture_on_commit_callbacks
):
    data = exported(college)
    person = data.export.members.first().person_id
    assert pseudonym_in(data.export, person) in persons(data)
    assert key_file(data.export.code).stat().st_mode & 0o077 == 0
    with django_capture_on_commit_callbacks(execute=True):
        end_export(export=data.export, by=officer(college), at=AT)
    assert pseudonym_in(data.export, person) == ""


def test_everything_wrong_is_told_at_once_and_a_teacher_exports_nothing(college):
    with pytest.raises(FaultyInputError) as refused:
        exported(college, recipient=" ", reference="", until=date(2026, 11, 1))
    assert {fault.where for fault in refused.value.faults} == {"recipient", "reference", "until"}
    teacher = Account.objects.create(username="school-research-teacher", role="teacher")
    teacher.spaces.add(college)
    with pytest.raises(PermissionDenied):
        export_research(space=college, wanted=WANTED, by=teacher, at=AT)


def test_where_nobody_hides_nothing_goes_out(college):
    for person in Person.objects.filter(space=college, programme="physics").order_by("pk")[:16]:
        withdraw(person)
    with pytest.raises(FaultyInputError, match="Nobody is left to export: 6 people have consented"):
        exported(college, at=AT + timedelta(seconds=1))
    assert not ResearchExport.objects.exists()


def test_a_spreadsheet_computes_nothing_in_it(college):
    Item.objects.filter(code="exam/all").update(code="=1+1")
    packed = zipfile.ZipFile(io.BytesIO(research_archive(exported(college), at=AT)))
    assert ",'=1+1," in packed.read("scores.csv").decode()
    assert ",=1+1" not in packed.read("scores.csv").decode()
    cells = [cell for row in openpyxl.load_workbook(io.BytesIO(packed.read("scores.xlsx"))).active for cell in row]
    assert {cell.data_type for cell in cells if cell.value == "=1+1"} == {"s"}


def test_the_page_gives_the_archive_and_the_sheet(client, college):
    client.force_login(officer(college, "officer"))
    said = {"recipient": "I", "purpose": "p", "conditions": "c", "reference": "r", "until": "2099-01-01"}
    page = client.post("/spaces/school-research/research/", said | {"columns": ["cohort"]})
    sheet = json.loads(zipfile.ZipFile(io.BytesIO(page.content)).read("sheet.json"))
    assert sheet["quasi-identifiers"] == ["cohort"]
    found = ResearchExport.objects.get()
    assert client.get(f"/research/{found.pk}/sheet.pdf").content.startswith(b"%PDF")
    wrong = client.post("/spaces/school-research/research/", said | {"until": "2020-01-01"})
    assert "lies after today" in wrong.content.decode() or "应晚于今天" in wrong.content.decode()
