"""L19: a person erased everywhere with proof, by two people, under no hold; and nothing brings them back."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.utils import translation

from tests.trust.planting import NAME, NUMBER, WORDS, plant
from tests.web.desk import taken, written
from yucai.errors import FaultyInputError
from yucai.web.accounts.audit import verify_trail
from yucai.web.accounts.audit_models import AuditEntry, AuditPerson
from yucai.web.accounts.holding_back import HeldError, hold_person, hold_source, lift_legal_hold
from yucai.web.accounts.models import Account, Person
from yucai.web.accounts.release_models import ReleasedPerson
from yucai.web.erasure.actions import (
    ErasureDecidedError,
    SamePersonError,
    ask_erasure,
    confirm_erasure,
    let_in_again,
    withdraw_erasure,
)
from yucai.web.erasure.carrying import CarryingOut, carry_out
from yucai.web.erasure.cleaning import look_everywhere
from yucai.web.erasure.foreseeing import foresee
from yucai.web.erasure.holdings import HOLDINGS, WITHOUT_PEOPLE
from yucai.web.erasure.models import PersonErasure
from yucai.web.erasure.retention import ask_retention, carry_out_retention, due_in
from yucai.web.erasure.sealing import check_certificates
from yucai.web.erasure.subjects import traces_in
from yucai.web.evidence.actions import check_lake
from yucai.web.evidence.maker_models import ImportedWork
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, OwnWork, TableFile
from yucai.web.evidence.taking import undo_import
from yucai.web.measurement.freshness import what_changed_since
from yucai.web.measurement.models import CalibrationRun, ProfileRow

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
UNTIL = date(2027, 2, 28)


@pytest.fixture
def office(settings, tmp_path):
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    return tmp_path / "office"


@pytest.fixture
def planted(db, office, tmp_path):
    return plant("school-erasure", tmp_path)


def ticking():
    times = iter(range(10_000))
    return lambda: AT + timedelta(seconds=next(times))


def how(**more):
    return CarryingOut(clock=ticking(), patience=0, clean=lambda traces: {}, **more)


def asked(planted):
    return ask_erasure(person=planted.person, reason="asked by letter of today", by=planted.director, at=AT)


def confirmed(planted):
    erasure = asked(planted)
    confirm_erasure(erasure=erasure, backups_until=UNTIL, by=planted.officer, at=AT)
    erasure.refresh_from_db()
    return erasure


def erased(planted, run):
    """Erase, with what waits for the commit done."""
    erasure = confirmed(planted)
    with run(execute=True):
        return carry_out(erasure, how())


def values_with(words):
    """Return every table with a value that holds one of the words."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        names = [field.attname for field in model._meta.concrete_fields]
        for row in model._default_manager.values_list(*names):
            told = " ".join(map(plain, row)).casefold()
            hits = {word for word in words if word.casefold() in told}
            if hits:
                found.setdefault(model.__name__, set()).update(hits)
    return found


def plain(value):
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def files_with(folder, words):
    """Return every file with one of the words, as bytes in two encodings or as values of Parquet."""
    found = {}
    for file in folder.rglob("*"):
        if file.is_file():
            raw = file.read_bytes()
            told = pl.read_parquet(file, hive_partitioning=False).write_json() if file.suffix == ".parquet" else ""
            hits = {word for word in words if word.encode() in raw or word.encode("gb18030") in raw or word in told}
            if hits:
                found[file.relative_to(folder).as_posix()] = hits
    return found


def test_every_table_is_in_the_list_of_holdings_or_says_why_it_holds_nobody():
    listed = {name for holding in HOLDINGS for name in holding.models}
    known = listed | set(WITHOUT_PEOPLE)
    models = {
        f"auth.{model.__name__}" if model._meta.app_label == "auth" and model.__name__ == "Group" else model.__name__
        for model in apps.get_models(include_auto_created=True)
    }
    assert models - known == set()
    assert known - models == set()  # a line about a table that is gone helps nobody
    assert listed & set(WITHOUT_PEOPLE) == set()


def test_no_table_that_points_to_a_person_is_said_to_hold_nobody():
    pointing = {
        model.__name__
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.fields
        if field.related_model is Person
    }
    assert pointing & set(WITHOUT_PEOPLE) == set()
    assert len(pointing) >= 12


def test_the_plant_stands_everywhere(planted, office):
    tables = values_with(WORDS)
    assert {word for hits in tables.values() for word in hits} | {
        word for hits in files_with(office, WORDS).values() for word in hits
    } == set(WORDS)
    foreseen = foresee(planted.person)
    counted = {line.holding.code for line in foreseen.goes}
    assert counted == {holding.code for holding in HOLDINGS} - {"trail", "exports", "holds"}


def test_l19_erase_then_search_finds_nothing(planted, office, django_capture_on_commit_callbacks):
    erasure = erased(planted, django_capture_on_commit_callbacks)
    assert values_with(WORDS) == {}
    assert files_with(office, WORDS) == {}
    told = json.loads(erasure.told)
    assert told["looked"]["tables"] == []
    assert told["looked"]["packed"] == []
    left = {line["holding"]: line["left"] for line in told["holdings"] if not line["stays"] and line["left"]}
    assert left.keys() <= {"scores"}  # old files of the lake go with the commit, which here comes at the end
    assert all(line["found"] for line in told["holdings"] if line["holding"] not in ("exports", "holds", "trail"))


def others(planted):
    space = planted.space
    tables = {
        entry.came_with.profile: pl.read_parquet(planting_file(entry)).filter(pl.col("learner") != NUMBER).rows()
        for entry in TableFile.objects.filter(came_with__source__space=space).exclude(came_with__profile="projects")
    }
    gone = planted.person.pk
    inside = Person.objects.filter(space=space).exclude(pk=gone)
    accounts = Account.objects.filter(spaces=space).exclude(person=gone)
    return {
        "scores": list(EvidenceRecord.objects.filter(person__in=inside).order_by("pk").values_list()),
        "works": list(OwnWork.objects.filter(person__in=inside).order_by("pk").values_list("title", "state")),
        "profiles": list(ProfileRow.objects.filter(person__in=inside).order_by("pk").values_list()),
        "people": list(inside.order_by("pk").values_list()),
        "accounts": list(accounts.order_by("pk").values_list("pk", "username", "password")),
        "tables": tables,
    }


def planting_file(entry):
    from django.conf import settings

    return settings.WORKSPACE.folder / entry.path


def test_the_data_of_others_are_not_touched(planted, django_capture_on_commit_callbacks):
    before = others(planted)
    assert all(before.values())
    erased(planted, django_capture_on_commit_callbacks)
    assert others(planted) == before
    assert check_lake(planted.space) == ()


def test_a_shared_word_of_another_keeps_all_but_the_name(planted, django_capture_on_commit_callbacks):
    erased(planted, django_capture_on_commit_callbacks)
    assert OwnWork.objects.get(title="of another").reason == "As careful as … (…)."


def test_works_made_with_others_lose_the_name_and_keep_how_many_made_them(planted, django_capture_on_commit_callbacks):
    erased(planted, django_capture_on_commit_callbacks)
    works = ImportedWork.objects.filter(came_with__source__space=planted.space).order_by("pk")
    assert [(work.title, work.size, work.makers.count()) for work in works] == [
        ("水质检测仪", 3, 2),
        ("折叠机翼", 2, 1),
    ]
    kept = TableFile.objects.get(came_with__source__space=planted.space, came_with__profile="projects")
    rows = pl.read_parquet(planting_file(kept)).select("leader", "leader_number", "members").rows(named=True)
    assert [[one["name"] for one in (*row["leader"], *row["members"])] for row in rows] == [
        ["张三", "…", "李四"], ["…", "张三"],
    ]  # fmt: skip
    assert [row["leader_number"] for row in rows] == ["2025770002", "…"]
    other = OwnWork.objects.get(title="of another", person__space=planted.space)
    assert (other.team_size, other.makers.count()) == (2, 0)


def test_the_trail_still_holds_and_knows_the_person_by_a_number_that_leads_nowhere(
    planted, django_capture_on_commit_callbacks
):
    number = planted.person.pk
    erasure = erased(planted, django_capture_on_commit_callbacks)
    assert verify_trail().fault is None
    acts = AuditEntry.objects.filter(people__person=number, target=f"erasure:{erasure.pk}").order_by("position")
    assert list(acts.values_list("act", flat=True)) == ["erasure.asked", "erasure.confirmed", "erasure.done"]
    assert not Person.objects.filter(pk=number).exists()
    assert AuditPerson.objects.filter(person=number).count() >= 3


def test_the_certificate_names_nobody_and_is_sealed(planted, django_capture_on_commit_callbacks):
    erasure = erased(planted, django_capture_on_commit_callbacks)
    assert [word for word in WORDS if word in erasure.told] == []
    told = json.loads(erasure.told)
    assert told["asked"]["account"] == planted.director.pk
    assert told["confirmed"]["account"] == planted.officer.pk
    assert told["backups until"] == "2027-02-28"
    assert list(check_certificates(planted.space)) == []
    PersonErasure.objects.filter(pk=erasure.pk).update(told=erasure.told.replace("2027-02-28", "2026-12-01"))
    assert [fault.code for fault in check_certificates(planted.space)] == ["certificate-changed"]


def test_a_calibration_that_holds_the_person_is_marked_to_be_run_again(planted, django_capture_on_commit_callbacks):
    erased(planted, django_capture_on_commit_callbacks)
    run = CalibrationRun.objects.get(space=planted.space, current=True)
    assert run.erased_people == 1
    with translation.override("en"):
        assert "one person was erased" in what_changed_since(run)


def test_released_numbers_keep_somebody_unknown(planted, django_capture_on_commit_callbacks):
    erased(planted, django_capture_on_commit_callbacks)
    assert ReleasedPerson.objects.get(table__space=planted.space).person is None


@pytest.mark.parametrize("fall", ["tables", "scores", "statements", "person"])
def test_a_fall_in_the_middle_is_taken_up_again(planted, office, fall, monkeypatch, django_capture_on_commit_callbacks):
    """The first worker falls as it comes to a holding; the second one ends what the first began."""
    erasure = confirmed(planted)

    class PowerGone(BaseException):
        pass

    def falls(done, text):
        if text.en == next(holding.says.en for holding in HOLDINGS if holding.code == fall):
            raise PowerGone

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(PowerGone):
        carry_out(erasure, how(report=falls))
    erasure.refresh_from_db()
    assert erasure.state == "running"
    with django_capture_on_commit_callbacks(execute=True):
        carry_out(PersonErasure.objects.get(pk=erasure.pk), how())
    assert values_with(WORDS) == {}
    assert files_with(office, WORDS) == {}


def test_a_fall_between_a_file_and_its_line_leaves_no_old_file(planted, office, django_capture_on_commit_callbacks):
    left = office / "tables" / planted.space.code / "class-list-1.e0.parquet"
    pl.DataFrame({"learner": [NUMBER]}).write_parquet(left)  # written, and then the power went
    aside = office / "lake" / planted.space.code / "period=2026-10" / "part-9-9.parquet"
    aside.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame({"learner": [NUMBER]}).write_parquet(aside)
    erased(planted, django_capture_on_commit_callbacks)
    assert not left.exists()
    assert not aside.exists()


def test_two_people_one_asks_and_another_confirms(planted):
    erasure = asked(planted)
    with pytest.raises(SamePersonError):
        confirm_erasure(erasure=erasure, backups_until=UNTIL, by=planted.director, at=AT)
    teacher = Account.objects.get(username="school-erasure-teacher")
    with pytest.raises(PermissionDenied):
        confirm_erasure(erasure=erasure, backups_until=UNTIL, by=teacher, at=AT)
    with pytest.raises(PermissionDenied):
        ask_erasure(person=planted.person, reason="x", by=teacher, at=AT)
    withdraw_erasure(erasure=erasure, by=planted.officer, at=AT)
    with pytest.raises(ErasureDecidedError):
        confirm_erasure(erasure=erasure, backups_until=UNTIL, by=planted.officer, at=AT)
    assert Person.objects.filter(pk=planted.person.pk).exists()


def test_a_reason_that_names_the_person_is_refused_for_the_certificate_keeps_it(planted):
    with pytest.raises(FaultyInputError, match="Leave name and number out"):
        ask_erasure(person=planted.person, reason=f"{NAME} wrote a letter", by=planted.director, at=AT)
    with pytest.raises(FaultyInputError, match="Say who asked"):
        ask_erasure(person=planted.person, reason=" ", by=planted.director, at=AT)


def test_backups_of_before_are_said_until_when(planted):
    with pytest.raises(FaultyInputError, match="Backups are kept until 2026-11-01, which is over"):
        confirm_erasure(erasure=asked(planted), backups_until=date(2026, 11, 1), by=planted.officer, at=AT)


def held(planted, what):
    source = DataSource.objects.get(space=planted.space, code="grades") if what == "source" else None
    common = {"reason": "appeal 7/2026", "review_on": date(2027, 1, 31), "by": planted.officer, "at": AT}
    return hold_person(person=planted.person, **common) if source is None else hold_source(source=source, **common)


@pytest.mark.parametrize("what", ["person", "source"])
def test_nothing_under_a_legal_hold_is_erased_and_it_is_said_in_words(planted, what):
    erasure = asked(planted)
    hold = held(planted, what)
    with pytest.raises(HeldError, match="appeal 7/2026") as refused:
        confirm_erasure(erasure=erasure, backups_until=UNTIL, by=planted.officer, at=AT)
    assert "2027-01-31" in refused.value.in_language("zh")
    assert foresee(planted.person).forbidden is not None
    assert foresee(planted.person).goes == ()
    entry = Import.objects.filter(source__space=planted.space, source__code="grades").get()
    with pytest.raises(HeldError):
        undo_import(entry=entry, by="lin", at=AT)
    lift_legal_hold(hold=hold, by=planted.director, at=AT)
    assert foresee(planted.person).forbidden is None


def test_a_hold_that_comes_between_stops_the_worker_before_anything_goes(planted):
    erasure = confirmed(planted)
    held(planted, "person")
    with pytest.raises(HeldError):
        carry_out(erasure, how())
    assert EvidenceRecord.objects.filter(person=planted.person).exists()
    assert Account.objects.get(person=planted.person).is_active


def test_a_lifted_hold_stays_noted_without_the_person(planted, django_capture_on_commit_callbacks):
    hold = held(planted, "person")
    lift_legal_hold(hold=hold, by=planted.officer, at=AT)
    erased(planted, django_capture_on_commit_callbacks)
    hold.refresh_from_db()
    assert (hold.person, hold.reason) == (None, "appeal 7/2026")


def test_the_same_file_does_not_bring_the_person_back(planted, tmp_path, django_capture_on_commit_callbacks):
    erasure = erased(planted, django_capture_on_commit_callbacks)
    again = written(tmp_path, "again.csv", [*planted.roster, "2025770008,赵八,一班,物理,2025"])
    entry = taken(again, planted.space, at=AT)
    assert not Person.objects.filter(space=planted.space, code=NUMBER).exists()
    assert Person.objects.filter(space=planted.space, code="2025770008").exists()
    assert NUMBER not in pl.read_parquet(planting_file(entry.table)).write_json()
    let_in_again(erasure=erasure, by=planted.officer, at=AT)
    taken(written(tmp_path, "back.csv", [*planted.roster, "2025770010,周十,一班,物理,2025"]), planted.space, at=AT)
    assert Person.objects.filter(space=planted.space, code=NUMBER).exists()


def test_the_refusal_is_a_sentence_that_names_nobody(planted, tmp_path, django_capture_on_commit_callbacks):
    from yucai.evidence import read_table
    from yucai.web.evidence.foreseeing import Wish
    from yucai.web.evidence.foreseeing import foresee as foresee_table

    erased(planted, django_capture_on_commit_callbacks)
    reading = read_table(written(tmp_path, "again.csv", planted.roster), None, at=AT)
    seen = foresee_table(reading, Wish(source="class-list"), space=planted.space)
    said = [notice.in_language(tongue) for notice in seen.notices for tongue in ("en", "zh") if notice.code == "erased"]
    assert said == [
        "1 row is left out: the records of this person were erased here, and no file brings them back. Where somebody "
        "has returned, the data protection officer lets their number in again.",
        "有 1 行不予入库：此人（这些人）的记录已在此删除，任何文件都不会使其恢复。"
        "如确已返校，请由个人信息保护负责人准许该学号重新入库。",
    ]


def test_who_got_something_is_told_by_number_and_page(planted):
    from yucai.web.accounts.audit import note

    note("read", by=planted.director, at=AT, target="portrait-pdf", purpose="guidance", people=[planted.person.pk])
    told = foresee(planted.person).to_tell
    assert {"what": "file", "page": "portrait-pdf", "account": planted.director.pk, "at": AT.isoformat()} in told


def test_names_that_others_bear_too_are_not_searched_and_that_is_told(planted):
    Person.objects.create(space=planted.space, code="2025770077", name_en="x", name_zh=f"{NAME}子")
    foreseen = foresee(planted.person)
    assert foreseen.names_left == (NAME,)
    assert NAME not in traces_in(foreseen.subject).texts
    assert look_everywhere(traces_in(foreseen.subject))["tables"]


def test_l19_retention_clocks_say_what_is_past_its_time(planted):
    source = DataSource.objects.get(space=planted.space, code="grades")
    assert due_in(planted.space, at=AT) == ()
    late = AT + timedelta(days=31 * source.retention_months)
    due = {one.source.code: one for one in due_in(planted.space, at=late)}
    assert {"class-list", "grades"} <= due.keys()
    assert (due["grades"].imports, due["grades"].scores, due["grades"].people) == (1, 3, 3)
    held(planted, "source")
    assert {one.source.code: one.hold is not None for one in due_in(planted.space, at=late)}["grades"]


def test_a_confirmed_run_clears_what_is_past_its_time_and_nothing_else(
    planted, office, django_capture_on_commit_callbacks
):
    source = DataSource.objects.get(space=planted.space, code="grades")
    others_before = EvidenceRecord.objects.filter(person__space=planted.space).exclude(came_with__source=source).count()
    late = AT + timedelta(days=31 * source.retention_months)
    with pytest.raises(FaultyInputError, match=r"Nothing of “.*” is past its 84 months"):
        ask_retention(source=source, reason="", by=planted.director, at=AT)
    erasure = ask_retention(source=source, reason="", by=planted.director, at=late)
    with pytest.raises(SamePersonError):
        confirm_erasure(erasure=erasure, backups_until=late.date(), by=planted.director, at=late)
    confirm_erasure(erasure=erasure, backups_until=late.date(), by=planted.officer, at=late)
    erasure.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        done = carry_out_retention(erasure, how())
    assert not EvidenceRecord.objects.filter(came_with__source=source).exists()
    assert EvidenceRecord.objects.filter(person__space=planted.space).count() == others_before
    assert not list((office / "tables" / planted.space.code).glob("grades-*"))
    assert check_lake(planted.space) == ()
    assert Import.objects.get(source=source).kept == 3  # that it came, when and how much, stays
    assert json.loads(done.told)["left"] == 0
    assert Person.objects.filter(pk=planted.person.pk).exists()
    assert "grades" not in {one.source.code for one in due_in(planted.space, at=late)}
    assert list(check_certificates(planted.space)) == []


def test_the_pages_lead_two_people_from_the_number_to_the_certificate(
    client, planted, django_capture_on_commit_callbacks
):
    space = planted.space.code
    client.cookies["django_language"] = "en"
    client.force_login(planted.director)
    page = client.get(f"/spaces/{space}/erasures/add", {"number": NUMBER}).content.decode()
    assert "rows of imported tables" in page
    asked_on_page = client.post(f"/spaces/{space}/erasures/add", {"number": NUMBER, "reason": "letter", "texts": ""})
    address = asked_on_page["Location"]
    assert "You asked for this" in client.get(address).content.decode()
    refused = client.post(f"{address}confirm", {"backups_until": "2099-01-31"}).content.decode()
    assert "cannot confirm it" in refused
    client.force_login(planted.officer)
    assert client.post(f"{address}confirm", {"backups_until": "2099-01-31"}).status_code == 302
    with django_capture_on_commit_callbacks(execute=True):
        carry_out(PersonErasure.objects.get(), how())
    done = client.get(address).content.decode()
    assert "Certificate of erasure" in done
    assert [word for word in WORDS if word in done] == []
    assert client.get(f"{address}certificate.pdf").content.startswith(b"%PDF")
    assert json.loads(client.get(f"{address}certificate.json").content)["certificate"]["kind"] == "person"


def test_a_hold_is_placed_and_lifted_on_pages(client, planted):
    client.cookies["django_language"] = "en"
    client.force_login(planted.officer)
    place = f"/spaces/{planted.space.code}/holds/add"
    both = {"learner": NUMBER, "source": DataSource.objects.filter(space=planted.space).first().pk}
    said = {"reason": "court 12/2026", "review_on": "2099-01-01"}
    assert "Name either a learner or a data set" in client.post(place, both | said).content.decode()
    assert client.post(place, {"learner": NUMBER} | said).status_code == 302
    page = client.get(f"/spaces/{planted.space.code}/erasures/").content.decode()
    assert "court 12/2026" in page
    shown = client.get(f"/spaces/{planted.space.code}/erasures/add", {"number": NUMBER}).content.decode()
    assert "Nothing was erased: a legal hold is in force on this person" in shown
    hold = planted.person.legal_holds.get()
    client.post(f"/holds/{hold.pk}/lift")
    assert "court 12/2026" not in client.get(f"/spaces/{planted.space.code}/erasures/").content.decode()
