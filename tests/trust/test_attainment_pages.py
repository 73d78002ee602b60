"""The pages of attainment: previews that keep nothing, few queries, files that open, and who is told what of whom."""

import io
import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from docx import Document
from openpyxl import Workbook, load_workbook

from tests.spec.test_attainment import COURSE
from tests.trust.attaining import NOON, furnish_course, scores
from yucai.governance import Improvement, read_course_maps
from yucai.web.accounts.audit_models import AuditEntry, AuditPerson
from yucai.web.accounts.models import Account, Charge, Membership, Person
from yucai.web.governance.attainment_actions import (
    add_action,
    check_version,
    hand_in,
    open_course,
    open_ticket,
    put_scores,
)
from yucai.web.governance.attainment_models import AttainmentMap, AttainmentRun, AttainmentScores
from yucai.web.governance.attainment_sheets import map_sheet

pytestmark = pytest.mark.django_db
ROWS = [
    ["课程号", "课程名称", "课程目标", "期望值", "毕业要求指标点", "支撑强度", "考核方式", "权重", "满分"],
    ["CS777", "编译原理", "课程目标1", 0.65, "1.2", "H", "期末", 1, 100],
]


@pytest.fixture
def course(db):
    return furnish_course("pages")


def as_role(client, course, name, language="en"):
    client.force_login(course.accounts[name])
    client.cookies["django_language"] = language
    return client


def workbook(rows, name="f.xlsx"):
    book, made = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(made)
    return SimpleUploadedFile(name, made.getvalue())


def sealed(page):
    return re.search(r'name="sealed" value="([^"]+)"', page)[1]


def locked(course):
    version = hand_in(run=course.run, by=course.accounts["teacher"], at=NOON)
    return check_version(version=version, lock=True, remark="", by=course.accounts["director"], at=NOON)


def test_a_map_is_shown_first_and_kept_only_after_yes(client, course):
    address = reverse("attainment_map_add")
    page = as_role(client, course, "teacher").post(address, {"kind": "course", "file": workbook(ROWS)}).content.decode()
    assert "编译原理" in page
    assert not AttainmentMap.objects.filter(course="CS777").exists()
    told = sealed(page)
    as_role(client, course, "director").post(address, {"sealed": told})  # a preview belongs to who saw it
    assert not AttainmentMap.objects.filter(course="CS777").exists()
    assert as_role(client, course, "teacher").post(address, {"sealed": told}).status_code == 302
    assert AttainmentMap.objects.get(course="CS777").space == course.space
    assert AuditEntry.objects.order_by("-position").first().act == "attainment.map"


def test_a_file_with_faults_lists_them_and_cannot_be_taken(client, course):
    rows = [ROWS[0], [*ROWS[1][:7], 0.5, 100], ["CS777", "编译原理", "课程目标2", 0.65, "1.3", "M", None, None, None]]
    page = as_role(client, course, "teacher").post(
        reverse("attainment_map_add"), {"kind": "course", "file": workbook(rows)}
    ).content.decode()  # fmt: skip
    assert "sum to 0.5, not to 1" in page
    assert "Nobody assesses objective" in page
    assert "sealed" not in page
    said = as_role(client, course, "teacher").post(reverse("attainment_map_add"), {
        "kind": "programme", "file": workbook(ROWS), "name": "x"})  # fmt: skip
    assert "valid choice" in said.content.decode()  # a teacher brings in no programme


def test_what_goes_out_comes_back_as_it_was(tmp_path):
    (tmp_path / "map.xlsx").write_bytes(map_sheet(COURSE))
    found = read_course_maps(tmp_path / "map.xlsx")
    assert (found.maps, found.faults) == ((COURSE,), ())


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("0.716", "cannot tell yet", "Left out, and no zero:", "absent 1", "3 of 5", "Hand the result in")),
     ("zh-hans", ("0.716", "尚不能判断", "未计入（不按零分计）：", "缺考 1", "5 人中 3 人", "由他人审核并锁定"))],
)  # fmt: skip
def test_the_page_of_a_course_says_what_the_figures_rest_on(client, course, language, words):
    page = as_role(client, course, "teacher", language).get(reverse("attainment_course", args=[course.run.pk]))
    for said in words:
        assert said in page.content.decode()


@pytest.mark.parametrize("name", ["attainment", "attainment_course", "attainment_students", "my_attainment"])
def test_a_page_asks_few_questions_however_many_students_there_are(client, course, name, django_assert_max_num_queries):
    people = Person.objects.bulk_create(
        Person(space=course.space, code=f"pages-m{n:03}", name_en="m", name_zh="m") for n in range(60)
    )
    Membership.objects.bulk_create(Membership(group=course.group, person=person) for person in people)
    AttainmentScores.objects.bulk_create(
        AttainmentScores(run=course.run, person=person, scores={"作业": 80, "期末/目标1": 30, "期末/目标2": 45})
        for person in people
    )
    locked(course)
    role = "student" if name == "my_attainment" else "teacher"
    address = reverse(name, args=[course.run.pk] if name in ("attainment_course", "attainment_students") else [])
    as_role(client, course, role).get(address)
    with django_assert_max_num_queries(20):
        assert client.get(address).status_code == 200


def test_scores_come_by_the_empty_sheet_filled_in(client, course):
    teacher = as_role(client, course, "teacher")
    sheet = load_workbook(io.BytesIO(teacher.get(reverse("attainment_score_sheet", args=[course.run.pk])).content))
    page = sheet.active
    assert [cell.value for cell in page[2]][2:] == [100, 40, 60]
    for row in range(3, page.max_row + 1):
        for column, value in ((3, 90), (4, "缓考"), (5, 55)):
            page.cell(row=row, column=column, value=value)
    made = io.BytesIO()
    sheet.save(made)
    address = reverse("attainment_scores", args=[course.run.pk])
    shown = teacher.post(address, {"file": SimpleUploadedFile("s.xlsx", made.getvalue())}).content.decode()
    assert "6 students with scores" in shown
    kept = AttainmentScores.objects.filter(run=course.run)
    assert kept.first().scores["作业"] == 80  # until yes
    teacher.post(address, {"sealed": sealed(shown)})
    assert {(one.scores["作业"], one.states["期末/目标1"]) for one in kept} == {(90, "deferred")}


def test_single_students_are_shown_to_who_teaches_them_and_each_look_is_written_down(client, course):
    address = reverse("attainment_students", args=[course.run.pk])
    page = as_role(client, course, "teacher").get(address).content.decode()
    assert "pages-a3" in page
    assert "no score" in page  # of who was absent
    event = AuditEntry.objects.order_by("-position").first()
    assert (event.act, event.target) == ("read", "attainment-students")
    assert AuditPerson.objects.filter(entry=event).count() == 6
    for role in ("student", "mentor", "bureau"):
        assert as_role(client, course, role).get(address).status_code == 403


def test_a_student_sees_the_own_line_and_the_class_only_as_a_mean(client, course):
    page = as_role(client, course, "student").get(reverse("my_attainment")).content.decode()
    assert "0.77" in page or "0.76" in page  # 0.3 · 0.8 + 0.7 · 0.75
    assert not re.search(r"pages-a[1-5]", page)
    AttainmentScores.objects.filter(run=course.run).exclude(person__code__in=["pages-a0", "pages-a1"]).delete()
    AttainmentRun.objects.filter(pk=course.run.pk).update(course="CS202")  # another course: nothing left of it yet
    small = furnish_course("small")
    AttainmentScores.objects.filter(run=small.run).exclude(person__code__in=["small-a0", "small-a1"]).delete()
    assert "hidden" in as_role(client, small, "student").get(reverse("my_attainment")).content.decode()


def test_who_takes_a_course_over_is_told_of_a_small_class_before_only_that_it_is_small(client, course):
    AttainmentScores.objects.filter(run=course.run).exclude(person__code__in=["pages-a2", "pages-a4"]).delete()
    locked(course)
    director, teacher = course.accounts["director"], course.accounts["teacher"]
    after = open_course(map=course.map, group=course.other, term="2026-2027-2", by=director, at=NOON)
    put_scores(run=after, scores=scores("pages-b"), source="x", by=director, at=NOON)
    new = Account.objects.create(username="pages-new", role="teacher")
    new.spaces.add(course.space)
    Charge.objects.create(account=new, group=course.other)
    course.accounts["new"] = new
    address = reverse("attainment_course", args=[after.pk])
    assert "too small to tell" in as_role(client, course, "new").get(address).content.decode()
    assert "no action was written" in as_role(client, course, "director").get(address).content.decode()
    assert as_role(client, course, "teacher").get(address).status_code == 403
    assert teacher.pk != new.pk


def test_who_takes_a_course_over_is_told_of_the_class_before_no_finer_than_is_released(client, course):
    """The gate lets a mean out in whole per cent; page, Word file and workbook say no more."""
    director = course.accounts["director"]
    plan = Improvement(objective=COURSE.objectives[0].code, what="more exercises", who="Wang", by=date(2099, 1, 1))
    add_action(run=course.run, action=plan, by=director, at=NOON)
    locked(course)
    after = open_course(map=course.map, group=course.other, term="2026-2027-2", by=director, at=NOON)
    put_scores(run=after, scores=scores("pages-b", shift=3), source="x", by=director, at=NOON)
    new = Account.objects.create(username="pages-new", role="teacher")
    new.spaces.add(course.space)
    Charge.objects.create(account=new, group=course.other)
    course.accounts["new"] = new
    last = {}
    for role in ("new", "director"):
        asked = as_role(client, course, role).get(reverse("attainment_workbook", args=[after.pk]))
        sheets = load_workbook(io.BytesIO(asked.content)).worksheets
        rows = [row for sheet in sheets for row in sheet.iter_rows(values_only=True) if "more exercises" in row]
        last[role] = rows[0]
    assert last["director"][4] == pytest.approx(0.716)
    assert last["new"][4] == pytest.approx(0.72)
    assert last["new"][6] == pytest.approx(round(last["director"][6], 2))


def test_the_report_opens_in_word_and_its_tables_in_excel(client, course):
    teacher = as_role(client, course, "teacher", "zh-hans")
    report = Document(io.BytesIO(teacher.get(reverse("attainment_report", args=[course.run.pk])).content))
    said = "\n".join(paragraph.text for paragraph in report.paragraphs)
    assert "课程目标达成情况评价报告" in said
    assert "草稿" in said
    book = load_workbook(io.BytesIO(teacher.get(reverse("attainment_workbook", args=[course.run.pk])).content))
    assert book.worksheets[2].cell(row=2, column=3).value == pytest.approx(0.716)
    version = locked(course)
    report = Document(io.BytesIO(teacher.get(reverse("attainment_report", args=[course.run.pk])).content))
    assert version.digest in "\n".join(paragraph.text for paragraph in report.paragraphs)


def test_two_people_lock_a_result_on_the_pages(client, course):
    pk = course.run.pk
    as_role(client, course, "teacher").post(reverse("attainment_hand_in", args=[pk]))
    assert 'name="decision"' not in client.get(reverse("attainment_course", args=[pk])).content.decode()
    director = as_role(client, course, "director")
    assert 'value="lock"' in director.get(reverse("attainment_course", args=[pk])).content.decode()
    returned = director.post(reverse("attainment_check", args=[pk]), {"decision": "return", "remark": ""})
    assert "Give the reason" in returned.content.decode()
    director.post(reverse("attainment_check", args=[pk]), {"decision": "lock", "remark": ""})
    assert course.run.versions.get().state == "locked"
    teacher = as_role(client, course, "teacher")
    teacher.post(reverse("attainment_correct", args=[pk]), {"reason": "resit"})
    assert "Correction of version 1" in teacher.get(reverse("attainment_course", args=[pk])).content.decode()


def test_the_programme_shows_what_is_missing_and_a_teacher_only_own_results(client, course):
    locked(course)
    page = as_role(client, course, "director").get(reverse("attainment")).content.decode()
    assert "Add its map" in page  # 操作系统 supports requirements and has none
    assert "操作系统" in page
    assert "0.710" in page  # indicator 1.2 by CS201: (3 · 0.716 + 2 · 0.7) / 5
    Charge.objects.filter(account=course.accounts["teacher"]).delete()
    Charge.objects.create(account=course.accounts["teacher"], group=course.other)
    assert "0.710" not in as_role(client, course, "teacher").get(reverse("attainment")).content.decode()


def test_the_class_map_shows_the_attainment_of_its_courses(client, course):
    page = as_role(client, course, "teacher").get(reverse("class_map", args=[course.group.pk])).content.decode()
    assert reverse("attainment_course", args=[course.run.pk]) in page
    assert "not locked yet" in page
    other = as_role(client, course, "director").get(reverse("class_map", args=[course.other.pk])).content.decode()
    assert "No map of course objectives is on record here" in other


def test_a_ticket_alone_makes_no_figure_change(course):
    first = locked(course)
    open_ticket(run=course.run, reason="x", by=course.accounts["teacher"], at=NOON)
    again = course.run.versions.get(pk=first.pk)
    assert (again.digest, again.state) == (first.digest, "locked")
