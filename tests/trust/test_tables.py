"""L16, L17, L18: a table given as a file shows what its page shows, to who may see it, and the trail says so."""

import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.spec.test_access_matrix import LETTERS, LINES, ROLES, address_of
from tests.trust.world import furnish
from yucai.evidence import read_table
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.looks import looks_at
from yucai.web.accounts.models import Account, Group, Membership, Person
from yucai.web.accounts.outside_models import OutsideLink
from yucai.web.accounts.saved import MOST_VIEWS
from yucai.web.accounts.saved_models import SavedView
from yucai.web.evidence.models import EvidenceRecord, Import, Item, OwnWork
from yucai.web.evidence.settling import table_of
from yucai.web.measurement.actions import measure_space
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.rights.gathering import gather
from yucai.web.several.models import SeveralAct

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Every page with tables, by the name of its address, and the tables that it has for somebody.
TABLES = {
    "accounts": ("accounts",), "outside_links": ("links",), "group": ("whole", "people", "assessments"),
    "assessment": ("scores",), "requests": ("waiting", "decided"), "who_looked": ("looks",),
    "registers": ("data-sets", "methods", "processors"), "research": ("exports",), "announcements": ("announcements",),
    "own_works_queue": ("works",), "ratings": ("rounds",), "rating_round": ("progress",), "tests": ("tests",),
    "import_desk": ("taken",), "import_rows": ("rows",), "minors": ("ages", "approvals"), "raters": ("agreement",),
    "priority_fairness": ("fairness",),
}  # fmt: skip
OF_SOME = {("requests", "decided"): "DO", ("tests", "tests"): "DRT", ("ratings", "rounds"): "DR", ("raters",
           "agreement"): "", ("group", "people"): "DRTM", ("group", "assessments"): "DRT"}  # fmt: skip


@pytest.fixture
def world(db, settings, tmp_path):
    """Two institutions with everything in them; the first class has places on a scale."""
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    own, beside = furnish("tab", tmp_path)
    far, _ = furnish("tabfar", tmp_path)
    space = Group.objects.get(pk=own.parts["group"]["pk"]).space
    EvidenceRecord.objects.filter(person__space=space).update(occasion="2026-2027")
    for n, item in enumerate(Item.objects.filter(space=space, code__startswith="exam/")):
        Item.objects.filter(pk=item.pk).update(code=f"exam/mathematics-{n}")
    measure_space(space, report=lambda done, text: None, clock=lambda: NOON)
    run = CalibrationRun.objects.get(space=space, current=True)
    run.profiles.all().delete()
    for place, person in enumerate(Person.objects.filter(space=space, code__regex=r"^[ab]\d$").order_by("code")):
        ProfileRow.objects.create(
            run=run, person=person, occasion="2026-2027", quality="innovation", mean=place / 4, std_error=0.3,
            lower90=place / 4 - 0.5, upper90=place / 4 + 0.5, n_evidence=place, enough=place > 1,
        )  # fmt: skip
    return {"own": own, "beside": beside, "elsewhere": far, "space": space}


def signed_in(world, role, language="en"):
    client = Client()
    client.force_login(Account.objects.get(pk=world["own"].accounts[role].pk))
    client.cookies["django_language"] = language
    return client


def asked(client, address, table, **more):
    return client.get(address, {"as": "xlsx", "table": table, **more})


def sheet_of(answer):
    assert (answer.status_code, answer["Content-Type"]) == (200, XLSX)
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def rows(book):
    first, *others = book.worksheets[0].iter_rows(values_only=True)
    return [dict(zip(first, row, strict=True)) for row in others]


def about(book):
    return dict(book.worksheets[1].iter_rows(min_row=2, values_only=True))


def last_event():
    return AuditEntry.objects.order_by("position").last()


def group_page(world, which="own", kind="group"):
    return reverse("group", args=[world[which].parts[kind]["pk"]])


@pytest.mark.parametrize("role", ROLES)
def test_a_file_is_refused_to_whom_its_page_is_refused(world, role):
    client, wrong = signed_in(world, role), []
    lines = [line for line in LINES if line[0] in TABLES]
    assert {line[0] for line in lines} == set(TABLES)
    for line in lines:
        for column, letters in zip(("own", "beside", "elsewhere"), line[3:], strict=True):
            for table in TABLES[line[0]] if letters != "=" else ():
                status = asked(client, address_of(line, world[column]), table).status_code
                seen = LETTERS[role] in letters
                there = LETTERS[role] in OF_SOME.get((line[0], table), "DRTMSBO")
                expected = {403} if not seen else {200} if there else {302, 404}
                if status not in expected:
                    wrong.append(f"{line[0]} {table} {column}: {status}, the table says {letters}")
    assert "\n".join(wrong) == ""


def test_a_table_that_the_page_does_not_have_is_not_there(world):
    client = signed_in(world, "director")
    assert asked(client, reverse("accounts"), "people").status_code == 404
    assert client.get(reverse("accounts"), {"as": "csv", "table": "accounts"})["Content-Type"].startswith("text/html")


def test_the_people_of_a_file_are_one_look_with_all_of_them_and_they_see_that_it_was_a_file(world):
    answer = asked(signed_in(world, "teacher"), group_page(world), "people")
    listed = rows(sheet_of(answer))
    event = last_event()
    assert (event.act, event.target, event.purpose) == ("read", "group", "teaching")
    assert json.loads(event.detail)["as"] == "xlsx"
    people = set(event.people.values_list("person__code", flat=True))
    assert people == {row["Student number"] for row in listed} == {f"a{n}" for n in range(6)}
    look = looks_at(Person.objects.get(space=world["space"], code="a0"), most=1)[0]
    assert (look.what.en, look.what.zh) == ("class or group, as an Excel file", "班级或分组（Excel 文件）")


def test_a_file_of_the_whole_looks_at_the_group_and_at_nobody_in_it(world):
    sheet_of(asked(signed_in(world, "teacher"), group_page(world), "whole"))
    event = last_event()
    assert (event.act, json.loads(event.detail)["as"], event.people.count()) == ("read", "xlsx", 0)


def test_a_table_without_people_leaves_an_event_too(world):
    sheet_of(asked(signed_in(world, "director"), reverse("accounts"), "accounts"))
    event = last_event()
    assert (event.act, event.target) == ("table.taken", "accounts:accounts")
    assert event.account_id == world["own"].accounts["director"].pk


def test_what_is_hidden_on_the_page_of_the_bureau_is_hidden_in_its_file_with_the_reason(world):
    client = signed_in(world, "bureau")
    page = client.get(group_page(world, kind="cohort"))
    book = sheet_of(asked(client, group_page(world, kind="cohort"), "whole"))
    hidden = [row for row in rows(book) if "hidden" in row.values()]
    assert page.content.decode().count('class="hidden-cell"') > 0
    assert len(hidden) == sum(
        one.with_enough is None or (not one.nobody and one.median is None) for one in page.context["qualities"]
    )
    assert set(page.context["outside"].reasons) <= {
        note for name, note in book.worksheets[1].iter_rows(values_only=True) if name == "Note"
    }
    for row, one in zip(rows(book), page.context["qualities"], strict=True):
        if one.median is not None:
            assert row["Middle of the group"] == round(one.median, 1)  # as the page says it, and no finer


def test_no_file_names_a_child(world):
    Person.objects.filter(space=world["space"], code="a0").update(born=date(2015, 1, 1))
    client = signed_in(world, "officer")
    page = reverse("minors", args=[world["space"].code])
    book = sheet_of(asked(client, page, "ages"))
    assert {row["Age"]: row["People"] for row in rows(book)}["Under 14"] == 1
    assert asked(client, page, "children").status_code == 404


def test_a_file_says_what_it_is_and_for_whom_in_the_language_of_the_page(world):
    Group.objects.filter(pk=world["own"].parts["group"]["pk"]).update(name_zh="一班")
    answer = asked(signed_in(world, "teacher", "zh-hans"), group_page(world), "people", contains="a1")
    book = sheet_of(answer)
    assert [cell.value for cell in book.worksheets[0][1]][:3] == ["姓名", "学号", "已知素养"]
    said = about(book)
    assert said["仅含符合条件的行"] == "姓名或学号包含：a1"
    assert said["行数"] == "1"
    assert said["模拟数据"] == "否"
    assert "教师" in said["给谁"]
    assert answer["Content-Disposition"].startswith('attachment; filename="yucai-people-')


def test_numbers_are_numbers_and_numbers_of_students_are_text(world):
    Person.objects.filter(space=world["space"], code="a3").update(code="0007")
    book = sheet_of(asked(signed_in(world, "director"), group_page(world), "people", sort="number"))
    row = next(row for row in rows(book) if row["Student number"] == "0007")
    assert (row["Qualities known"], row["Pieces of evidence"]) == (1, 3)


def test_people_are_found_and_sorted_over_all_pages(world):
    client, page = signed_in(world, "director"), group_page(world, kind="cohort")

    def found(**said):
        return [row["Student number"] for row in rows(sheet_of(asked(client, page, "people", **said)))]

    assert found(contains="A1") == ["a1"]
    assert found(least="1", contains="a") == ["a2", "a3", "a4", "a5"]
    assert found(most="0") == ["a0", "a1"]
    assert found(without="yes") == ["a0"]
    assert found(sort="-pieces")[:3] == ["b5", "b4", "b3"]
    assert found(sort="known")[:2] == ["a0", "a1"]
    assert found(sort="'; drop table", least="x") == [f"{letter}{n}" for letter in "ab" for n in range(6)]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_people_of_a_file_come_in_again_at_the_import_desk_as_they_went_out(world, language, tmp_path):
    Person.objects.filter(space=world["space"], code="a3").update(code="0007", name_zh="=1+1", name_en="=1+1")
    answer = asked(signed_in(world, "director", language), group_page(world), "people")
    file = tmp_path / "people.xlsx"
    file.write_bytes(answer.content)
    reading = read_table(file, at=NOON)
    assert reading.profile.code == "class-list"
    assert reading.report.refused_count == 0
    went = {(person.code, "=1+1" if person.code == "0007" else person.code) for person in
            Person.objects.filter(groups=world["own"].parts["group"]["pk"])}  # fmt: skip
    assert set(reading.table.select("learner", "name").iter_rows()) == went


def test_the_rows_of_an_import_come_in_again_as_they_came(world, tmp_path):
    address = reverse("import_rows", kwargs=world["own"].parts["import"])
    answer = asked(signed_in(world, "director", "zh-hans"), address, "rows")
    file = tmp_path / "rows.xlsx"
    file.write_bytes(answer.content)
    reading = read_table(file, at=NOON)
    first = table_of(Import.objects.get(pk=world["own"].parts["import"]["pk"]))
    own = [name for name in ("learner", "name", "class_name", "major", "entry_year") if name in first.columns]
    assert reading.profile.code == "class-list"
    assert reading.table.select(own).rows() == first.select(own).rows()


def test_the_page_of_a_group_asks_little_however_many_are_in_it_and_whatever_is_asked(
    world, django_assert_max_num_queries
):
    client, cohort = signed_in(world, "teacher"), Group.objects.get(pk=world["own"].parts["group"]["pk"])
    said = {"contains": "a", "least": "0", "most": "9", "sort": "-known"}
    with django_assert_max_num_queries(32) as few:  # of which up to 9 decide on the look and write it down
        client.get(group_page(world), said)
    people = [Person(space=world["space"], code=f"a-{n}", name_en="x", name_zh="x") for n in range(120)]
    Person.objects.bulk_create(people)
    Membership.objects.bulk_create(Membership(group=cohort, person=person) for person in people)
    with django_assert_max_num_queries(len(few)):
        page = client.get(group_page(world), {**said, "page": "2"})
    assert 'href="?contains=a&amp;least=0&amp;most=9&amp;sort=-known&amp;page=1"' in page.content.decode()


def test_a_view_is_saved_opened_renamed_and_deleted_by_its_owner_alone(world):
    client, group = signed_in(world, "teacher"), world["own"].parts["group"]["pk"]
    said = {"page": "group", "number": group, "query": "sort=-known&contains=a&page=7&next=//evil.example&x=1"}
    answer = client.post(reverse("saved_view_add"), {**said, "name": "  the  strong "})
    view = SavedView.objects.exclude(name="x").get()
    assert answer["Location"] == f"/groups/{group}/?contains=a&sort=-known" == view.address
    assert (view.name, view.account_id) == ("the strong", world["own"].accounts["teacher"].pk)
    assert "the strong" in client.get("/home/").content.decode()
    assert "the strong" in client.get(group_page(world)).content.decode()
    client.post(reverse("saved_view_rename", args=[view.pk]), {"name": "strong"})
    assert SavedView.objects.get(pk=view.pk).name == "strong"
    other = signed_in(world, "director")
    assert other.post(reverse("saved_view_delete", args=[view.pk])).status_code == 403
    assert "strong" not in other.get(reverse("saved_views")).content.decode()
    client.post(reverse("saved_view_delete", args=[view.pk]))
    assert not SavedView.objects.filter(pk=view.pk).exists()
    assert [one.act for one in AuditEntry.objects.filter(target=f"view:{view.pk}").order_by("position")] == [
        "view.saved", "view.renamed", "view.deleted",
    ]  # fmt: skip


@pytest.mark.parametrize(("page", "number"), [("home", ""), ("https://evil.example", ""), ("group", "x"), ("", "")])
def test_no_page_but_ours_is_saved(world, page, number):
    answer = signed_in(world, "teacher").post(
        reverse("saved_view_add"), {"page": page, "number": number, "name": "y"}
    )  # fmt: skip
    assert answer["Location"] == reverse("saved_views")
    assert not SavedView.objects.filter(name="y").exists()


def test_a_view_of_a_group_that_one_may_not_open_is_refused_and_names_are_checked(world):
    client, own, beside = signed_in(world, "teacher"), world["own"], world["beside"]
    address, said = reverse("saved_view_add"), {"page": "group", "number": own.parts["group"]["pk"]}
    assert client.post(address, {**said, "number": beside.parts["group"]["pk"], "name": "y"}).status_code == 403
    for name, told in (
        ("", "Give the view a name"),
        ("x", "already"),
        ("y" * 61, "61 characters"),
        ("a\u202eb", "seen"),
    ):
        client.post(address, {**said, "name": name})
        assert told in client.get(reverse("saved_views")).content.decode(), name
    account = own.accounts["teacher"]
    SavedView.objects.bulk_create(
        SavedView(account=account, page="requests", name=f"v{n}", made_at=NOON) for n in range(MOST_VIEWS)
    )
    client.post(address, {**said, "name": "one more"})
    assert "You keep 30 views already" in client.get(reverse("saved_views")).content.decode()
    assert not SavedView.objects.filter(name="one more").exists()


def test_the_views_of_a_student_are_in_what_the_student_gets(world):
    person = Person.objects.get(pk=world["own"].parts["person"]["pk"])
    SavedView.objects.create(account=person.account, page="requests", said={"sort": "due"}, name="mine", made_at=NOON)
    (row,) = gather(person).tables["saved_views"]
    assert (row["name"], row["page"], row["query"]) == ("mine", "requests", "sort=due")


def account(world, name, **more):
    found = Account.objects.create(username=f"{name}-{world['space'].code}", role="teacher", **more)
    found.spaces.add(world["space"])
    return found


def do(client, kind, chosen, **more):
    answer = client.post(reverse("several_do"), {"kind": kind, "row": [one.pk for one in chosen], **more})
    return answer, SeveralAct.objects.order_by("pk").last()


def undone(client, act, **more):
    return client.post(reverse("several_undo", args=[act.pk]), more, follow=True).content.decode()


def test_accounts_are_switched_off_together_each_with_its_note_and_on_again_by_one_press(world):
    client = signed_in(world, "director")
    one, two, off = account(world, "one"), account(world, "two"), account(world, "off", is_active=False)
    answer, act = do(client, "accounts-off", [one, two, off])
    page = client.get(answer["Location"]).content.decode()
    assert "Switched off: 2 accounts." in page
    assert "It was so already." in page
    assert [Account.objects.get(pk=each.pk).is_active for each in (one, two, off)] == [False, False, False]
    noted = AuditEntry.objects.filter(act="account-off", target__in=[f"account:{one.pk}", f"account:{two.pk}"])
    assert noted.count() == 2
    assert "Switched on again: 2 accounts." in undone(client, act)
    assert [Account.objects.get(pk=each.pk).is_active for each in (one, two, off)] == [True, True, False]
    assert "once" in undone(client, act)  # a second press takes nothing back
    assert AuditEntry.objects.filter(act="account-on", target=f"account:{one.pk}").count() == 1


def test_what_somebody_changed_since_stays(world):
    client, one, two = signed_in(world, "director"), account(world, "one"), account(world, "two")
    _answer, act = do(client, "accounts-off", [one, two])
    for step in ("account_on", "account_off"):  # it looks as before, and was decided anew
        client.post(reverse(step, args=[one.pk]))
    page = undone(client, act)
    assert "Switched on again: 1 account." in page
    assert "It was changed since" in page
    assert [Account.objects.get(pk=each.pk).is_active for each in (one, two)] == [False, True]


def test_an_act_is_undone_for_a_day_and_by_who_did_it(world):
    client, one = signed_in(world, "director"), account(world, "one")
    _answer, act = do(client, "accounts-off", [one])
    colleague = account(world, "colleague")
    Account.objects.filter(pk=colleague.pk).update(role="director")
    other = Client()
    other.force_login(Account.objects.get(pk=colleague.pk))
    assert other.post(reverse("several_undo", args=[act.pk])).status_code == 403
    SeveralAct.objects.filter(pk=act.pk).update(at=timezone.now() - timedelta(hours=25))
    assert "24 hours" in undone(client, act)
    assert not Account.objects.get(pk=one.pk).is_active


def test_nothing_chosen_changes_nothing_and_a_stranger_among_the_chosen_refuses_all(world):
    director = world["own"].accounts["director"]
    client, one = signed_in(world, "director"), account(world, "one")
    assert do(client, "accounts-off", [director])[0].status_code == 403  # oneself is none of those one runs
    assert do(client, "accounts-off", [])[0]["Location"] == reverse("accounts")
    assert "Choose at least one row" in client.get(reverse("accounts")).content.decode()
    far = world["elsewhere"].accounts["teacher"]
    assert do(client, "accounts-off", [one, far])[0].status_code == 403
    assert all(Account.objects.get(pk=each.pk).is_active for each in (one, far, director))


def test_links_are_taken_back_together_and_open_again(world):
    client = signed_in(world, "director")
    links = [OutsideLink.objects.get(pk=world[which].parts["outside link"]["pk"]) for which in ("own", "beside")]
    _answer, act = do(client, "links-back", links)
    assert all(OutsideLink.objects.get(pk=link.pk).revoked_at for link in links)
    assert "Open again: 2 links." in undone(client, act)
    assert not any(OutsideLink.objects.get(pk=link.pk).revoked_at for link in links)
    assert all(Account.objects.get(pk=link.account_id).is_active for link in links)


def test_works_are_verified_with_one_reason_and_wait_anew_when_that_is_undone(world):
    client, person = signed_in(world, "teacher"), Person.objects.get(pk=world["own"].parts["person"]["pk"])
    waiting = OwnWork.objects.filter(person=person, state="waiting")
    works = list(waiting)
    answer, _act = do(client, "works-verified", works)
    assert answer["Location"] == reverse("own_works_queue")  # without a reason nobody decides
    assert waiting.count() == len(works)
    answer, act = do(client, "works-verified", works, reason="seen in the list of the faculty")
    verified = OwnWork.objects.get(pk=works[0].pk)
    assert (verified.state, verified.reason) == ("verified", "seen in the list of the faculty")
    assert verified.decided_by_id == world["own"].accounts["teacher"].pk
    assert "Wait anew: 1 work." in undone(client, act, reason="the wrong list")
    assert list(waiting.values_list("replaces", flat=True)) == [works[0].pk]


def test_works_of_others_are_refused_and_a_student_decides_nothing(world):
    theirs = list(OwnWork.objects.filter(person=world["beside"].parts["person"]["pk"], state="waiting"))
    assert do(signed_in(world, "teacher"), "works-verified", theirs, reason="x")[0].status_code == 403
    assert do(signed_in(world, "student"), "works-verified", theirs, reason="x")[0].status_code == 403
    assert OwnWork.objects.get(pk=theirs[0].pk).state == "waiting"
