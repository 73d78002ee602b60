"""Who made a work together: named by a student or by a file, seen and answered by whoever is named."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from tests.web.desk import at_desk, made_space, take, taken, written
from yucai.errors import FaultyInputError
from yucai.evidence import AiContribution, OwnWork, Proof, WorkKind
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Account, Charge, Group, Membership, Person
from yucai.web.evidence.maker_models import ImportedWork, WorkMaker
from yucai.web.evidence.makers import answer_naming, counted_makers, namings_of, tell_fellows
from yucai.web.evidence.models import Import
from yucai.web.evidence.own_works import add_work, decide_work
from yucai.web.evidence.taking import undo_import
from yucai.web.rights.counting import counts_on_record
from yucai.web.rights.gathering import gather, row_counts

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
DAY = date(2026, 11, 24)
WORK = OwnWork(
    kind=WorkKind.PROJECT, title="水质检测仪", done_on=date(2026, 5, 1), part="All of the circuit.", team_size=3,
    quality="practical-literacy", proof=Proof.OWN_WORD, ai=AiContribution(used=False), makers=("20230002",),
)  # fmt: skip
FORM = {
    "kind": "project", "title": "桥梁模型", "done_on": "2026-03-03", "team_size": "3", "part": "负责受力计算。",
    "quality": "practical-literacy", "proof": "own-word", "link": "", "level": "", "ai_used": "no",
}  # fmt: skip
TITLES = "项目编号,项目名称,项目负责人,负责人学号,项目成员,结题时间"
LISTED = f"{TITLES}\nS1,水质检测仪,张三,20230001,李四/20230002、王五 等,2026-05-31\nS2,折叠机翼,赵六,,李四,2026-04-30"


@pytest.fixture
def space(settings, tmp_path):
    """Two who share a class, one of the same programme, one of neither, and two of one name."""
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path)
    space = made_space("making")
    rows = [("20230001", "张三", "物理"), ("20230002", "李四", ""), ("20230003", "王五", "物理"),
            ("20230004", "钱七", "数学"), ("20230005", "孙八", "物理"), ("20230006", "孙八", "物理")]  # fmt: skip
    for code, name, programme in rows:
        Person.objects.create(space=space, code=code, name_zh=name, name_en=name, programme=programme)
    group = Group.objects.create(space=space, code="c1", kind="class", name_en="c1", name_zh="c1")
    for code in ("20230001", "20230002"):
        Membership.objects.create(group=group, person=person(code))
        account = Account.objects.create_user(code, role="student", name_en=code, name_zh=code, person=person(code))
        account.spaces.add(space)
    for name, role in (("making-director", "director"), ("making-teacher", "teacher")):
        Account.objects.create_user(name, role=role, name_en=name, name_zh=name).spaces.add(space)
    return space


def person(code):
    return Person.objects.get(space__code="making", code=code)


def who(name):
    return Account.objects.get(username=name)


def put_in(**changes):
    return add_work(described=replace(WORK, **changes), attachment=None, replaces=None, by=who("20230001"), at=NOON)


def bare(page):
    return re.sub("<[^>]+>", "", page)


def names(work):
    return [one.person.code for one in work.makers.order_by("person__code")]


@pytest.mark.parametrize(("said", "told"), [
    ("李四、王五", ["20230002", "20230003"]), ("李四\n王五", ["20230002", "20230003"]),
    ("孙八/20230005", ["20230005"]), ("", []),
])  # fmt: skip
def test_a_student_names_people_of_the_same_groups_or_programme(space, said, told):
    assert [one.code for one in tell_fellows(said, person("20230001"), day=DAY).people] == told


@pytest.mark.parametrize(("said", "code"), [
    ("钱七", "nobody"), ("不存在", "nobody"), ("孙八", "several"), ("张三", "oneself"), ("20230002", "number-alone"),
])  # fmt: skip
def test_a_name_that_tells_nobody_or_two_is_said_and_not_dropped(space, said, code):
    found = tell_fellows(f"李四、{said}", person("20230001"), day=DAY)
    assert [fault.code for fault in found.faults] == [code]
    assert [one.code for one in found.people] == ["20230002"]


def test_two_of_one_name_are_told_by_the_number_after_it(space):
    for said in ("孙八/20230005", "孙八（20230005）", "孙八 20230005"):
        assert [one.code for one in tell_fellows(said, person("20230001"), day=DAY).people] == ["20230005"]
    assert tell_fellows("李四/20230005", person("20230001"), day=DAY).faults  # the number of another is not believed


def test_somebody_under_14_without_a_guardian_cannot_be_named(space):
    Person.objects.filter(code="20230003").update(born=date(2014, 1, 1))
    assert [fault.code for fault in tell_fellows("王五", person("20230001"), day=DAY).faults] == ["nobody"]
    with pytest.raises(FaultyInputError, match="no longer in your groups"):
        put_in(makers=("20230003",))


def test_no_more_are_named_than_took_part(space):
    with pytest.raises(FaultyInputError, match="You name 2 others, and say that 2 took part"):
        put_in(makers=("20230002", "20230003"), team_size=2)


def test_the_form_names_them_and_keeps_the_words_when_it_comes_back(space, client):
    client.force_login(who("20230001"))
    client.cookies["django_language"] = "en"
    again = client.post("/own-works/add", FORM | {"fellows": "李四、钱七"}).content.decode()
    assert "is nobody in your groups or your programme" in again
    assert "李四、钱七" in again
    assert client.post("/own-works/add", FORM | {"fellows": "李四、王五"}).status_code == 302
    work = person("20230001").works.get()
    assert names(work) == ["20230002", "20230003"]
    assert "李四" in client.get(f"/own-works/{work.pk}/").content.decode()


def test_who_is_named_sees_it_and_says_no(space, client):
    work = put_in()
    client.force_login(who("20230002"))
    client.cookies["django_language"] = "en"
    page = client.get("/own-works/").content.decode()
    assert "水质检测仪" in page
    assert "named by 张三" in bare(page)
    assert "All of the circuit" not in page  # what the other wrote of themself is theirs
    naming = work.makers.get()
    assert client.post(f"/own-works/made/{naming.pk}/", {"answer": "maybe"}).status_code == 302
    naming.refresh_from_db()
    assert naming.state == "named"  # neither yes nor no says nothing
    assert client.post(f"/own-works/made/{naming.pk}/", {"answer": "no"}).status_code == 302
    naming.refresh_from_db()
    assert naming.state == "declined"
    assert not counted_makers(day=DAY).filter(pk=naming.pk).exists()
    told = (
        AuditEntry.objects.filter(people__person=person("20230002").pk)
        .order_by("position")
        .values_list("act", flat=True)
    )
    assert told.first() == "own-work.named"
    assert "own-work.answered" in told
    answer_naming(maker=naming, took_part=True, by=who("20230002"), at=NOON)  # and may think better of it
    assert counted_makers(day=DAY).filter(pk=naming.pk).exists()


def test_nobody_answers_for_another(space, client):
    naming = put_in().makers.get()
    with pytest.raises(PermissionDenied):
        answer_naming(maker=naming, took_part=False, by=who("20230001"), at=NOON)
    client.force_login(who("20230001"))
    assert client.post(f"/own-works/made/{naming.pk}/", {"answer": "no"}).status_code == 403


def test_who_said_no_is_not_named_again_in_a_corrected_version(space):
    work = put_in()
    answer_naming(maker=work.makers.get(), took_part=False, by=who("20230002"), at=NOON)
    decide_work(work=work, verdict="returned", reason="who?", score=None, by=who("making-director"), at=NOON)
    with pytest.raises(FaultyInputError, match="I took no part"):
        add_work(described=WORK, attachment=None, replaces=work, by=who("20230001"), at=NOON)
    add_work(described=replace(WORK, makers=("20230003",)), attachment=None, replaces=work, by=who("20230001"), at=NOON)


def test_a_minor_counts_only_after_a_yes(space):
    naming = put_in().makers.get()
    Person.objects.filter(code="20230002").update(born=date(2010, 1, 1))
    assert not counted_makers(day=DAY).filter(pk=naming.pk).exists()
    answer_naming(maker=naming, took_part=True, by=who("20230002"), at=NOON)
    assert counted_makers(day=DAY).filter(pk=naming.pk).exists()


def test_a_teacher_reads_the_names_of_their_own_students_alone(space, client):
    work = put_in(makers=("20230002", "20230003"))
    Charge.objects.create(account=who("making-teacher"), group=Group.objects.get(code="c1", space=space))
    client.force_login(who("making-teacher"))
    client.cookies["django_language"] = "en"
    page = client.get(f"/own-works/{work.pk}/").content.decode()
    assert "李四" in page
    assert "王五" not in page
    assert "a student whom you do not read" in page


def test_the_database_keeps_makers_whole(space):
    work = put_in()
    for wrong in ({"own": work, "person": person("20230002")}, {"person": person("20230003")},
                  {"own": work, "person": person("20230003"), "state": "declined"}):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            WorkMaker.objects.create(named_at=NOON, **wrong)


def test_both_find_it_in_their_export(space):
    put_in()
    mine, named = (gather(person(code)) for code in ("20230001", "20230002"))
    (row,) = mine.tables["made_with"]
    assert (row["work"], row["who_zh"], row["names_me"]) == (1, "李四", False)
    (row,) = named.tables["made_with"]
    assert (row["work"], row["title"], row["who_zh"], row["names_me"]) == (None, "水质检测仪", "由 张三 列入", True)
    for data, code in ((mine, "20230001"), (named, "20230002")):
        assert counts_on_record(person(code))[0] == row_counts(data)


def test_a_file_asks_who_is_meant_and_links_nobody_without_a_yes(space, client):
    client.force_login(who("making-director"))
    client.cookies["django_language"] = "en"
    page = at_desk(client, space, LISTED.split("\n")).content.decode()
    assert "王五 20230003" in bare(page)
    assert "李四 20230002" in bare(page)
    assert "赵六" in page
    asks = {ask.code: ask for ask, *_rest in client.get(page_of(space)).context["asks"]}
    assert (asks["namesakes"].needed, asks["untold"].needed) == (False, True)
    take(client, space, agree=[])
    assert not Import.objects.filter(source__space=space).exists()
    take(client, space, agree=[asks["untold"].token])
    first, second = ImportedWork.objects.filter(came_with__source__space=space).order_by("pk")
    assert (names(first), first.size, first.whole) == (["20230001", "20230002"], 3, False)
    assert (names(second), second.size) == ([], 2)


def page_of(space):
    from tests.web.desk import on_desk

    return f"/spaces/{space.code}/import/{on_desk(space).pk}/changes"


def test_with_a_yes_the_names_are_linked_and_undoing_takes_it_all_back(space, tmp_path):
    entry = taken(written(tmp_path, "大创.csv", LISTED.split("\n")), space)
    first, second = ImportedWork.objects.filter(came_with=entry).order_by("pk")
    assert (names(first), names(second)) == (["20230001", "20230002", "20230003"], ["20230002"])
    undo_import(entry=entry, by="lin", at=NOON)
    assert not WorkMaker.objects.filter(imported__came_with__source__space=space).exists()


def test_a_no_to_a_row_of_a_file_holds_in_its_corrected_version(space, tmp_path):
    entry = taken(written(tmp_path, "大创.csv", LISTED.split("\n")), space)
    naming = namings_of(person("20230002")).get(imported__title="水质检测仪")
    answer_naming(maker=naming, took_part=False, by=who("20230002"), at=NOON)
    again = LISTED.replace("折叠机翼", "折叠翼")
    later = taken(written(tmp_path, "大创2.csv", again.split("\n")), space, corrects=entry)
    held = WorkMaker.objects.get(imported__came_with=later, imported__title="水质检测仪", person=person("20230002"))
    assert held.state == "declined"
    assert {one.imported.title for one in namings_of(person("20230002"))} == {
        "水质检测仪",
        "折叠翼",
    }  # the old list is past
