"""The pages of rules for entry and exit: written in plain fields, run on last year, held against the list, on paper."""

import io
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime

import openpyxl
import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from docx import Document

from tests.web.desk import taken, written
from yucai.evidence import AwardLevel
from yucai.selection import read_rule, template_text
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Account, Group, Membership, Person, Space
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item, OwnWork
from yucai.web.jobs.actions import run_next
from yucai.web.registers.switches import Assessment, switch_method_off, switch_method_on
from yucai.web.rights.exporting import export_person
from yucai.web.selection import rule_actions
from yucai.web.selection.rule_actions import keep_rule, read_kept
from yucai.web.selection.rule_given import looked_at, records_of
from yucai.web.selection.rule_models import SelectionEntry, SelectionRule, SelectionRun
from yucai.web.selection.rule_running import run_selection_job

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
DAY = date(2026, 8, 4)
TERM = "2025-2026-1"
COURSES = ("algebra", "optics", "writing", "history")


class College:
    """A class of ten with four marks each, from a mean of 64 in steps of three; a second school beside."""

    def __init__(self):
        self.space = Space.objects.create(
            code="sel",
            simulated=True,
            name_en="College",
            name_zh="学院",
            framework="nine-qualities",
            evidence_map="evidence-demo-college",
        )
        self.director = self.account("sel-director", "director")
        self.teacher = self.account("sel-teacher", "teacher")
        self.source = DataSource.objects.create(space=self.space, code="g", name_en="g", name_zh="g", owner="x")
        self.came = Import.objects.create(source=self.source, file_name="g.xlsx", digest="g", at=NOON, by="x", kept=40)
        self.cohort = Group.objects.create(
            space=self.space, code="2024", kind="cohort", name_en="2024", name_zh="2024级"
        )
        self.people = [self.person(n, 64.0 + 3 * n) for n in range(10)]
        self.on()

    def account(self, name, role):
        made = Account.objects.create(username=name, role=role, name_en=name, name_zh=name)
        made.spaces.add(self.space)
        return made

    def on(self):
        wanted = Assessment(purpose="x", necessity="x", risks="x", measures="x")
        switch_method_on(
            space=self.space, method="selection-rules", wanted=wanted, owner="x", by=self.director, at=NOON
        )

    def person(self, n, mark):
        one = Person.objects.create(
            space=self.space, code=f"sel{n}", name_en=f"P{n}", name_zh=f"学生{n}", cohort="2024", born=date(2000, 1, 1)
        )
        Membership.objects.create(group=self.cohort, person=one)
        for course in COURSES:
            item, _made = Item.objects.get_or_create(
                space=self.space, code=f"exam/{course}-{TERM}",
                defaults={"name_en": f"Exam: {course}, {TERM}", "name_zh": f"考试：{course}，{TERM}", "kind": "exam",
                          "occasion": TERM},
            )  # fmt: skip
            EvidenceRecord.objects.create(
                came_with=self.came, person=one, item=item, occasion=TERM, score=mark, max_score=100
            )
        return one

    def award(self, person, *, state="waiting"):
        by = {"decided_by": self.teacher, "decided_at": NOON, "reason": "x"} if state == "verified" else {}
        return OwnWork.objects.create(
            person=person, kind="award", title="省竞赛", done_on=date(2026, 5, 1), part="x", team_size=1, quality="x",
            level=AwardLevel.PROVINCIAL, proof="outside-record", link="https://example.org", ai_used=False,
            added_at=NOON, state=state, **by,
        )  # fmt: skip


@pytest.fixture
def college(db):
    return College()


@pytest.fixture
def client(client, college):
    client.force_login(college.director)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def rule(college):
    return keep_rule(space=college.space, rules=read_rule(template_text("last-share")), by=college.director, at=NOON)


def run(client, rule, **more):
    said = {"scope": "all", "as_of": f"{DAY}", **more}
    answer = client.post(reverse("selection_rule_run", args=[rule.pk]), said)
    assert answer.status_code == 302, answer.content.decode()
    return SelectionRun.objects.latest("pk")


def page(client, name, *args, **asked):
    answer = client.get(reverse(name, args=args), asked)
    assert answer.status_code == 200
    return answer.content.decode()


def outcomes(found):
    return {one.person.code: one.outcome for one in found.entries.select_related("person")}


def form_of(client, template="last-share"):
    """What the form holds when it is opened with a template."""
    answer = client.get(reverse("selection_rule_add", args=["sel"]), {"template": template})
    return {
        name: value
        for name, value in answer.context["form"].initial.items()
        if value is not None and value is not False
    }


def sheet(*numbers):
    book = openpyxl.Workbook()
    for row in (["去年退出名单"], ["学号", "姓名"], *([number, "x"] for number in numbers)):
        book.active.append(row)
    held = io.BytesIO()
    book.save(held)
    return SimpleUploadedFile("list.xlsx", held.getvalue())


def test_a_rule_begins_with_a_template_and_is_read_back_in_sentences(client):
    front = page(client, "selection_rules", "sel")
    assert "The last 15 % leave, an award exempts" in front
    assert "decides nothing, and nobody but directors sees it" in front
    answer = client.post(reverse("selection_rule_add", args=["sel"]), form_of(client) | {"share": "20"}, follow=True)
    text = answer.content.decode()
    assert "The last 20 % leave: 20 % of the people of the group, rounded down." in text
    kept = SelectionRule.objects.get(space__code="sel")
    assert (kept.version, read_kept(kept).share) == (1, 20)
    again = client.post(reverse("selection_rule_add", args=["sel"]) + f"?rule={kept.pk}",
                        form_of(client) | {"share": "10"}, follow=True)  # fmt: skip
    assert "version 2" in again.content.decode()
    assert "There is a newer version" in page(client, "selection_rule", kept.pk)
    assert AuditEntry.objects.filter(act="selection.rule", space=kept.space_id).count() == 2


@pytest.mark.parametrize("template", ["last-share", "entry-share", "grade-point-floor"])
def test_every_template_is_the_same_rule_through_the_form(client, college, template):
    client.post(reverse("selection_rule_add", args=["sel"]), form_of(client, template))
    assert SelectionRule.objects.get(space=college.space).digest == read_rule(template_text(template)).digest


def test_what_the_form_does_not_ask_for_stays_as_it_was(client, college):
    text = template_text("last-share").replace('by = ["credits", "failed"]', 'by = ["failed", "credits"]')
    named = '[[measure.sets]]\nname = { zh = "核心", en = "Core" }\ncourses = ["algebra"]\n[line]'
    client.post(
        reverse("selection_rule_add", args=["sel"]),
        {"toml": text.replace("[line]", f"levels = [1, 2, 3, 4, 5]\n{named}")},
    )
    first = SelectionRule.objects.get(space=college.space)
    address = reverse("selection_rule_add", args=["sel"]) + f"?rule={first.pk}"
    held = client.get(address).context["form"].initial
    said = {name: value for name, value in held.items() if value is not None and value is not False}
    client.post(address, said | {"share": "16"})
    one, two = (read_kept(rule) for rule in SelectionRule.objects.filter(space=college.space).order_by("version"))
    assert replace(two, share=one.share) == one


def test_a_data_set_that_was_not_collected_for_it_is_not_read(client, college, rule):
    DataSource.objects.filter(pk=college.source.pk).update(read_for="self,guidance")
    answer = client.post(reverse("selection_rule_run", args=[rule.pk]), {"scope": "all", "as_of": f"{DAY}"})
    assert answer.status_code == 403
    assert not SelectionRun.objects.exists()


def test_what_is_wrong_with_a_rule_is_said_at_its_field_and_protected_traits_are_refused(client, college):
    wrong = form_of(client) | {"share": "150", "sets": "Core = 性别* = 1\nnonsense", "count": "3", "code": "Not A Code"}
    text = client.post(reverse("selection_rule_add", args=["sel"]), wrong).content.decode()
    assert "Write each line as" in text
    text = client.post(reverse("selection_rule_add", args=["sel"]), wrong | {"sets": "Core = 性别*"}).content.decode()
    for words in ("protected trait", "it lies from 0 to 100", "Keep one", "is no code"):
        assert words in text
    file = template_text("last-share").replace("[line]", '[line]\nhome_place = "x"')
    text = client.post(reverse("selection_rule_add", args=["sel"]), {"toml": file}).content.decode()
    assert "protected trait" in text
    assert not SelectionRule.objects.filter(space=college.space).exists()


def test_a_rule_is_run_on_last_year_with_a_reason_for_everybody(client, college, rule):
    college.award(college.people[0])
    found = run(client, rule)
    assert outcomes(found)["sel0"] == "proposed"
    assert list(outcomes(found).values()).count("not-proposed") == 9
    for language, words in (("en", "nothing is decided"), ("zh-hans", "模拟结果，不是决定")):
        client.cookies["django_language"] = language
        assert words in page(client, "selection_run", found.pk)
    client.cookies["django_language"] = "en"
    text = page(client, "selection_run", found.pk)
    assert "Mean mark 64.00: place 10 of 10 in entry year 2024. The last 1 leaves by the rule." in text
    assert "not verified by the day" in text
    event = AuditEntry.objects.filter(act="selection.run").latest("position")
    assert event.people.count() == 10


def test_the_list_equals_last_years_or_says_why_not(client, college, rule):
    college.award(college.people[0])
    found = run(client, rule)
    address = reverse("selection_compare", args=[found.pk])
    compared = client.post(address, {"file": sheet("sel0")}, follow=True)
    assert "The list equals the rule: the same 1 person." in compared.content.decode()
    compared = client.post(
        reverse("selection_compare", args=[found.pk]), {"file": sheet("sel1", "other9")}, follow=True
    )
    text = compared.content.decode()
    assert "An award is on record that nobody verified" in text
    assert "Rounding: 1.5 people are 1 by the rule" in text
    assert "1 number of the list is of nobody whom the rule looked at." in text
    assert "other9" not in page(client, "selection_run", found.pk)  # whose it is nobody here knows: it is not kept
    nothing = client.post(
        reverse("selection_compare", args=[found.pk]), {"file": SimpleUploadedFile("x.csv", b"a,b\n1,2\n")}
    )
    assert "No sheet has a column" in nothing.content.decode()


def test_only_what_lay_before_the_day_counts_and_by_choice_only_what_was_known_then(client, college, rule):
    college.award(college.people[0], state="verified")
    assert outcomes(run(client, rule))["sel0"] == "exempt"
    assert outcomes(run(client, rule, known="on")) == {f"sel{n}": "unknown" for n in range(10)}  # the file came later
    Import.objects.filter(pk=college.came.pk).update(at=datetime(2026, 7, 1, tzinfo=UTC))
    assert outcomes(run(client, rule, known="on"))["sel0"] == "proposed"  # the award was verified later
    assert outcomes(run(client, rule, as_of="2026-01-05"))["sel0"] == "unknown"  # the term was not over


def test_a_replaced_mark_stands_as_it_stood_then(college):
    later = Import.objects.create(source=college.source, file_name="b", digest="b", at=NOON, by="x", kept=1)
    Import.objects.filter(pk=college.came.pk).update(at=datetime(2026, 7, 1, tzinfo=UTC))
    old = EvidenceRecord.objects.filter(person=college.people[0]).first()
    EvidenceRecord.objects.filter(pk=old.pk).update(replaced_by=later)
    EvidenceRecord.objects.create(
        came_with=later, person=old.person, item=old.item, occasion=TERM, score=99, max_score=100
    )
    people = list(looked_at(college.space, None, as_of=DAY, at=NOON))
    for known, mark in ((True, 64.0), (False, 99.0)):
        told = records_of(college.space, people, as_of=DAY, known=known, flagged=(), at=NOON)
        assert mark in [one.mark for one in told.people[0].marks]


def test_credits_resits_and_states_come_from_the_file_of_grades(college, settings, tmp_path):
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    lines = ["学号,姓名,课程号,课程名,学年学期,学分,成绩,考试性质"]
    lines += [f"sel0,学生0,MA101,数学,{TERM},4,55,正常考试", "sel0,学生0,MA101,数学,2025-2026-2,4,70,补考"]
    lines += [f"sel0,学生0,PH101,物理,{TERM},2,缓考,正常考试", f"sel1,学生1,MA101,数学,{TERM},4,90,正常考试"]
    taken(written(tmp_path, "grades.csv", lines), college.space, at=NOON)
    people = list(looked_at(college.space, None, as_of=DAY, at=NOON))
    told = records_of(college.space, people, as_of=DAY, known=False, flagged=(), at=NOON)
    marks = {(one.course, one.attempt): one for one in told.people[0].marks}
    first, again, late = marks["MA101", 1], marks["MA101", 2], marks["PH101", 1]
    assert (first.mark, first.credits, again.mark) == (55.0, 4.0, 70.0)
    assert (late.mark, late.state) == (None, "deferred")


def test_flags_are_entered_by_hand_and_unknown_numbers_refused(client, college):
    from yucai.selection import read_rule

    floor = keep_rule(
        space=college.space, rules=read_rule(template_text("grade-point-floor")), by=college.director, at=NOON
    )
    answer = client.post(
        reverse("selection_rule_run", args=[floor.pk]), {"scope": "all", "as_of": f"{DAY}", "flagged": "nobody"}
    )
    assert "does not look at this number: nobody" in answer.content.decode()
    found = run(client, floor, flagged="sel9，sel8")
    assert found.entries.get(person__code="sel9").flagged
    assert "Entered by hand" in page(client, "selection_run", found.pk)


def test_list_and_minutes_are_files_with_chinese_heads_and_room_to_sign(client, college, rule):
    found = run(client, rule)
    client.cookies["django_language"] = "zh-hans"
    answer = client.get(reverse("selection_run", args=[found.pk]), {"as": "xlsx", "table": "list"})
    rows = [*openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True)]
    assert rows[0][:4] == ("学号", "姓名", "比较组", "规则结果")
    assert "决定（由人填写）" in rows[0]
    assert len(rows) == 11
    minutes = client.get(reverse("selection_minutes", args=[found.pk]))
    document = Document(io.BytesIO(minutes.content))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    cells = "\n".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    assert "末 15% 退出" in text
    assert "不产生任何人进出的效力" in text
    assert found.digest in cells
    assert "学生0" in cells
    assert "主持人" in cells
    assert AuditEntry.objects.filter(act="selection.minutes").exists()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Data used:", "Rule:", "How sure:", "How to object:", "What would change it:", "place 10 of 10")),
        ("zh-hans", ("所用数据：", "所用规则：", "把握程度：", "异议途径：", "可能改变结果的情形：", "排第 10 名")),
    ],
)
def test_l9_the_minutes_say_six_things_of_everybody_whom_they_name(client, college, rule, language, words):
    client.cookies["django_language"] = language
    answer = client.get(reverse("selection_minutes", args=[run(client, rule).pk]))
    document = Document(io.BytesIO(answer.content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    text = "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])
    assert [one for one in words if one not in text] == []


def test_l7_a_run_changes_nothing_anywhere_else(client, college, rule):
    """Whatever a run says, every other table holds what it held: but for jobs, the trail and the run itself."""
    own = {"SelectionRun", "SelectionEntry", "Job", "AuditEntry", "AuditPerson", "AuditStump", "Account", "Session"}
    tables = [model for model in apps.get_app_config("web").get_models() if model.__name__ not in own]
    before = {model.__name__: [*model._default_manager.order_by("pk").values()] for model in tables}
    found = run(client, rule)
    client.post(reverse("selection_compare", args=[found.pk]), {"file": sheet("sel1")})
    page(client, "selection_run", found.pk)
    assert {model.__name__: [*model._default_manager.order_by("pk").values()] for model in tables} == before


def test_who_runs_no_rules_sees_none_and_a_rule_is_off_until_it_is_assessed(client, college, rule):
    found = run(client, rule)
    switch_method_off(space=college.space, method="selection-rules", reason="x", by=college.director, at=NOON)
    assert "switched off" in page(client, "selection_run", found.pk)
    assert client.get(reverse("selection_minutes", args=[found.pk])).status_code == 403
    before = SelectionRun.objects.count()
    client.post(reverse("selection_rule_run", args=[rule.pk]), {"scope": "all", "as_of": f"{DAY}"})
    assert SelectionRun.objects.count() == before
    client.force_login(college.teacher)
    for name, number in (("selection_rule", rule.pk), ("selection_run", found.pk)):
        assert client.get(reverse(name, args=[number])).status_code == 403


def test_a_run_on_many_people_is_a_job(client, college, rule, monkeypatch):
    monkeypatch.setattr(rule_actions, "AT_ONCE", 3)
    found = run(client, rule)
    assert found.at is None
    assert "worked out in the background" in page(client, "selection_run", found.pk)
    run_next({"selection": lambda job, report: run_selection_job(job, report, at=NOON)}, clock=lambda: NOON)
    found.refresh_from_db()
    assert found.people == 10


def test_a_long_list_asks_few_questions(client, college, rule, django_assert_max_num_queries):
    found = run(client, rule)
    for n in range(60):
        one = Person.objects.create(
            space=college.space, code=f"sel-m{n}", name_en="m", name_zh="m", born=date(2000, 1, 1)
        )
        SelectionEntry.objects.create(
            run=found, person=one, outcome="proposed", reasons=[["x", "x"]], change=[["x", "x"]]
        )
    with django_assert_max_num_queries(20):
        page(client, "selection_run", found.pk)


def test_a_person_reads_what_runs_said_in_the_own_export(client, college, rule):
    run(client, rule)
    made = export_person(college.people[0], by=None, language="zh", at=NOON)
    held = zipfile.ZipFile(io.BytesIO(made.content))
    name = next(one for one in held.namelist() if "selected" in one and one.endswith(".csv"))
    assert "末 1 名退出" in held.read(name).decode("utf-8-sig")


def test_fairness_of_a_run_is_shown_by_group(client, college, rule):
    Person.objects.filter(pk__in=[one.pk for one in college.people[:5]]).update(programme="物理")
    Person.objects.filter(pk__in=[one.pk for one in college.people[5:]]).update(programme="数学")
    found = run(client, rule)
    text = page(client, "selection_fairness", found.pk, by="programme")
    assert "smaller groups together" in text  # of five nobody is told a rate
    assert "物理" not in text
