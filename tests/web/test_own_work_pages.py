"""Own works on the site: put in by a student, decided by a named person, measured only when rated, files kept safe."""

from datetime import UTC, date, datetime

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from tests.web.looks import looks
from yucai.errors import FaultyInputError
from yucai.evidence import AiContribution, OwnWork, Proof, WorkKind, check_own_work, look_into
from yucai.framework import load_framework
from yucai.web.accounts.consents import current_texts, give_consent
from yucai.web.accounts.models import Account, Charge, Group
from yucai.web.evidence.actions import space_responses, write_lake
from yucai.web.evidence.models import DataSource, EvidenceRecord
from yucai.web.evidence.models import OwnWork as Record
from yucai.web.evidence.own_works import WorkDecidedError, add_work, decide_work, withdraw_work
from yucai.web.evidence.uploads import upload_file

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
OWN, OTHER, MENTORED = "2023010001", "2025010044", "mentees-M03"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"
DESCRIBED = OwnWork(
    kind=WorkKind.OPEN_SOURCE,
    title="A faster parser",
    done_on=date(2026, 3, 3),
    part="All of it.",
    quality="innovation",
    proof=Proof.OUTSIDE_RECORD,
    link="https://example.org/parser",
    ai=AiContribution(used=False),
)
FILLED = {
    "kind": "project", "title": "桥梁模型", "done_on": "2026-03-03", "team_size": "2", "part": "负责受力计算。",
    "quality": "practical-literacy", "proof": "document", "link": "", "level": "", "ai_used": "yes",
    "ai_machine_did": "检查公式。", "ai_i_did": "建模与试验。", "ai_checked_how": "手算复核。",
}  # fmt: skip


@pytest.fixture
def account(db):
    return lambda name: Account.objects.get(username=name)


@pytest.fixture
def waiting(account):
    """Give a work of the demo student that waits to be verified."""
    return add_work(described=DESCRIBED, attachment=None, replaces=None, by=account("student"), at=NOON)


def sent(content=PDF, name="证书.pdf", **changes):
    file = {"document": SimpleUploadedFile(name, content)} if content is not None else {}
    return {**FILLED, **file, **changes}


def faults_in(answer):
    assert answer.status_code == 200
    return {name: list(said) for name, said in answer.context["form"].errors.items()}


def verify(work, by, **changes):
    said = {"verdict": "verified", "reason": "Looked it up.", "score": 3, "at": NOON, **changes}
    decide_work(work=work, by=by, **said)


# Putting in


def test_a_student_puts_a_work_in_with_its_file_and_its_ai_statement(signed_in, person):
    answer = signed_in("student", "zh").post("/own-works/add", sent())
    assert answer["Location"] == "/own-works/"
    work = Record.objects.get(title="桥梁模型")
    assert (work.person.code, work.state, work.score, work.decided_by) == (OWN, "waiting", None, None)
    assert (work.file_name, work.file_type, work.file_bytes) == ("证书.pdf", "pdf", len(PDF))
    assert upload_file(work.file_sha256).read_bytes() == PDF
    assert (work.ai_used, work.ai_checked_how) == (True, "手算复核。")
    page = signed_in("student", "zh").get("/own-works/").content.decode()
    assert "桥梁模型" in page
    assert "待核实" in page


def test_all_faults_stand_at_their_fields_at_once_and_nothing_is_kept(signed_in):
    before = Record.objects.count(), files_kept()
    wrong = sent(b"<html>", title="", done_on="2026-13-01", team_size="0", quality="", kind="", ai_i_did="", link="x")
    said = faults_in(signed_in("student", "zh").post("/own-works/add", wrong))
    assert set(said) == {
        "kind", "title", "done_on", "team_size", "quality", "document", "link", "ai_i_did",
    }  # fmt: skip
    assert said["ai_i_did"] == ["使用了人工智能时，请写明您自己做了什么。"]
    assert said["document"][0].startswith("文件内容为网页、SVG 或脚本。")
    assert (Record.objects.count(), files_kept()) == before


def test_whose_a_work_is_and_what_became_of_it_cannot_be_sent_along(signed_in, person):
    more = {"person": person(OTHER).pk, "person_id": person(OTHER).pk, "state": "verified", "score": "4",
            "decided_by": "1", "decided_at": "2026-01-01", "reason": "mine", "file_name": "x", "id": "1"}  # fmt: skip
    signed_in("student").post("/own-works/add", sent(**more))
    work = Record.objects.get(title="桥梁模型")
    assert (work.person.code, work.state, work.score, work.reason) == (OWN, "waiting", None, "")
    assert work.file_name == "证书.pdf"


def test_the_form_is_guarded_against_other_sites(account):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(account("student"))
    assert strict.post("/own-works/add", sent()).status_code == 403
    assert not Record.objects.filter(title="桥梁模型").exists()


def test_pressing_twice_puts_in_one_work(signed_in):
    student = signed_in("student")
    student.post("/own-works/add", sent())
    assert "already" in faults_in(student.post("/own-works/add", sent()))["title"][0]
    assert Record.objects.filter(title="桥梁模型").count() == 1


def test_nobody_fills_the_disk_with_waiting_works(signed_in):
    student = signed_in("student")
    for n in range(25):
        last = student.post("/own-works/add", sent(title=f"work {n}"))
    assert faults_in(last)["__all__"] == ["20 of your works wait to be verified. Wait for those, or withdraw one."]
    assert Record.objects.filter(person__code=OWN, state="waiting").count() == 20


def test_a_file_that_cannot_be_written_takes_the_work_with_it(account, monkeypatch):
    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    before = Record.objects.count(), files_kept()
    with pytest.raises(OSError, match="No space left"):
        add_work(
            described=DESCRIBED, attachment=look_into(PDF + b"new", name="a.pdf"), replaces=None,
            by=account("student"), at=NOON,
        )  # fmt: skip
    assert (Record.objects.count(), files_kept()) == before


def files_kept():
    return sorted(path.name for path in settings.WORKSPACE.uploads.rglob("*") if path.is_file())


# Deciding


def test_a_verified_and_rated_work_becomes_a_response_that_names_its_source(waiting, account, person):
    verify(waiting, account("teacher"))
    record = EvidenceRecord.objects.get(source_file=waiting.source)
    assert (record.item.code, record.score, record.max_score) == ("own/strong/innovation/1", 3.0, 4.0)
    assert (record.rater, record.occasion, record.person.code) == ("teacher", "2025-2026-2", OWN)
    assert record.item.name.zh == "评分：创新能力，公开记录可查的自主成果"
    write_lake(waiting.person.space, at=NOON)
    table = space_responses(waiting.person.space).table
    assert waiting.source in table["source_file"].to_list()


def test_a_team_shares_its_strength(account):
    from dataclasses import replace

    shared = replace(DESCRIBED, team_size=3)
    work = add_work(described=shared, attachment=None, replaces=None, by=account("student"), at=NOON)
    verify(work, account("teacher"))
    assert EvidenceRecord.objects.get(source_file=work.source).item.code == "own/moderate/innovation/1"


def test_a_second_work_of_a_term_is_an_item_of_its_own(waiting, account):
    from dataclasses import replace

    second = replace(DESCRIBED, title="Another parser")
    other = add_work(described=second, attachment=None, replaces=None, by=account("student"), at=NOON)
    verify(waiting, account("teacher"))
    verify(other, account("teacher"), score=1)
    codes = EvidenceRecord.objects.filter(source_file__in=[waiting.source, other.source])
    assert sorted(codes.values_list("item__code", flat=True)) == ["own/strong/innovation/1", "own/strong/innovation/2"]


@pytest.mark.parametrize("changes", [{"score": None}, {"verdict": "returned", "score": None}])
def test_what_is_not_rated_is_not_measured(waiting, account, changes):
    n = EvidenceRecord.objects.count()
    verify(waiting, account("teacher"), **changes)
    assert EvidenceRecord.objects.count() == n
    waiting.refresh_from_db()
    assert (waiting.decided_by.username, waiting.decided_at, waiting.reason) == ("teacher", NOON, "Looked it up.")


def test_a_decision_tells_all_its_faults_and_changes_nothing(waiting, account):
    with pytest.raises(FaultyInputError) as refused:
        verify(waiting, account("teacher"), verdict="waiting", reason=" ", score=7)
    assert [fault.code for fault in refused.value.faults] == ["no-verdict", "no-reason", "no-level"]
    with pytest.raises(FaultyInputError) as refused:
        verify(waiting, account("teacher"), verdict="returned", reason="x" * 2001)
    assert [fault.code for fault in refused.value.faults] == ["too-long", "rated-return"]
    waiting.refresh_from_db()
    assert waiting.state == "waiting"


def test_of_two_who_decide_at_once_the_first_one_counts(waiting, account):
    late = Record.objects.get(pk=waiting.pk)  # the copy that the second one has open
    verify(waiting, account("teacher"), score=3)
    with pytest.raises(WorkDecidedError, match=r"Teacher Zhao \(demo\) decided on it at 2026-11-24 20:00"):
        verify(late, account("director"), verdict="returned", score=None)
    late.refresh_from_db()
    assert (late.state, late.decided_by.username) == ("verified", "teacher")
    assert EvidenceRecord.objects.filter(source_file=waiting.source).count() == 1


def test_the_second_one_is_told_on_the_page(waiting, signed_in, account):
    verify(waiting, account("director"))
    answer = signed_in("teacher", "zh").post(
        f"/own-works/{waiting.pk}/decide", {"verdict": "returned", "reason": "迟了"}
    )
    assert "林院长（演示） 已于 2026-11-24 20:00 作出处理。未作任何改动。" in answer.content.decode()


@pytest.mark.parametrize("role", ["student", "mentor", "researcher", "bureau"])
def test_whom_the_student_is_not_in_the_charge_of_decides_nothing(waiting, account, signed_in, role):
    with pytest.raises(PermissionDenied):
        verify(waiting, account(role))
    answer = signed_in(role).post(f"/own-works/{waiting.pk}/decide", {"verdict": "verified", "reason": "x"})
    assert answer.status_code == 403
    waiting.refresh_from_db()
    assert waiting.state == "waiting"


def test_a_mentor_decides_for_the_own_mentees(waiting, account):
    mentor = account("mentor")
    group = Group.objects.get(code=MENTORED)
    group.people.add(waiting.person)
    verify(waiting, mentor)
    assert waiting.decided_by == mentor


def test_nobody_decides_on_themselves(waiting, account):
    both = Account.objects.create_user("assistant", password="a-long-pass-phrase", role="teacher")
    Account.objects.filter(username="student").update(person=None)
    both.person = waiting.person
    both.save()
    both.spaces.add(waiting.person.space)
    Charge.objects.create(account=both, group=Group.objects.get(code="2023-1"))
    with pytest.raises(PermissionDenied):
        verify(waiting, both)


def test_a_student_withdraws_what_still_waits_and_nothing_else(waiting, signed_in, account, person):
    student = signed_in("student")
    other = Record.objects.get(person=person(OTHER))
    assert student.post(f"/own-works/{other.pk}/withdraw").status_code == 403
    assert student.post(f"/own-works/{waiting.pk}/withdraw")["Location"] == "/own-works/"
    waiting.refresh_from_db()
    assert waiting.state == "withdrawn"
    with pytest.raises(WorkDecidedError):
        verify(waiting, account("teacher"))
    with pytest.raises(WorkDecidedError):
        withdraw_work(work=waiting, by=account("student"), at=NOON)


# Corrections


def test_a_correction_is_a_new_work_and_evidence_counts_once(waiting, signed_in, account):
    teacher, student = account("teacher"), signed_in("student")
    verify(waiting, teacher)
    form = student.get(f"/own-works/add?replaces={waiting.pk}").context["form"]
    assert form.initial["title"] == "A faster parser"
    student.post("/own-works/add", sent(title="A faster parser", done_on="2026-03-03", replaces=waiting.pk))
    second = Record.objects.get(replaces=waiting)
    waiting.refresh_from_db()
    assert (waiting.state, second.state) == ("verified", "waiting")
    with pytest.raises(FaultyInputError, match="that rating stays in the evidence"):
        verify(second, teacher)
    verify(second, teacher, score=None)
    assert EvidenceRecord.objects.filter(source_file__in=[waiting.source, second.source]).count() == 1
    shown = signed_in("teacher").get(f"/people/{waiting.person_id}/portrait/").context["works"]
    assert second.pk in [work.pk for work in shown]
    assert waiting.pk not in [work.pk for work in shown]


def test_only_the_own_and_only_what_was_decided_can_be_corrected_and_once(waiting, signed_in, person, account):
    student = signed_in("student")
    other = Record.objects.get(person=person(OTHER))
    assert student.get(f"/own-works/add?replaces={other.pk}").status_code == 403
    assert student.post("/own-works/add", sent(replaces=other.pk)).status_code == 403
    assert student.get("/own-works/add?replaces=x").status_code == 403
    assert "not decided yet" in faults_in(student.post("/own-works/add", sent(replaces=waiting.pk)))["__all__"][0]
    verify(waiting, account("teacher"), verdict="returned", score=None)
    assert student.post("/own-works/add", sent(replaces=waiting.pk)).status_code == 302
    again = faults_in(student.post("/own-works/add", sent(replaces=waiting.pk, title="third")))
    assert "replaced already" in again["__all__"][0]


# What the records promise by themselves


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "verified"},
        {"state": "returned", "reason": "x"},
        {"decided_at": NOON},
        {"reason": "x"},
        {"score": 2},
        {"ai_used": True},
        {"ai_i_did": "x"},
        {"file_name": "x.pdf"},
        {"kind": "award"},
        {"level": "national"},
        {"link": ""},
        {"proof": "document"},
        {"team_size": 0},
    ],
)
def test_the_database_keeps_state_decider_reason_and_proof_together(waiting, changes):
    with pytest.raises(IntegrityError), transaction.atomic():
        Record.objects.filter(pk=waiting.pk).update(**changes)


# Who looked


@pytest.mark.parametrize(
    ("path", "page"), [("", "own-work"), ("file", "own-work-file")]
)  # fmt: skip
def test_each_look_and_each_attempt_is_written_down(signed_in, person, path, page):
    work = Record.objects.exclude(file_sha256="").get(person=person(OTHER))
    signed_in("director").get(f"/own-works/{work.pk}/{path}")
    signed_in("teacher").get(f"/own-works/{work.pk}/{path}")
    found = looks(person=OTHER, page=page)
    assert [(look.account, look.refused) for look in found] == [("director", False), ("teacher", True)]


def test_the_list_of_what_waits_is_a_look_at_each_person_on_it(signed_in, person):
    page = signed_in("director").get("/own-works/to-verify")
    listed = {work.person.code for work in page.context["works"]}
    assert OWN in listed
    assert {look.person for look in looks(page="own-works-queue", account="director")} == listed
    assert len({look.position for look in looks(page="own-works-queue", account="director")}) == 1


def test_a_teacher_is_asked_only_for_the_own_students(signed_in, person):
    page = signed_in("teacher").get("/own-works/to-verify")
    listed = {work.person.code for work in page.context["works"]}
    assert OWN in listed
    assert OTHER not in listed
    assert signed_in("mentor").get("/own-works/to-verify").context["works"] == ()


# What is shown


def test_the_portrait_says_state_strength_reason_and_who_verified(waiting, signed_in, account):
    verify(waiting, account("teacher"))
    page = signed_in("student", "zh").get(f"/people/{waiting.person_id}/portrait/").content.decode()
    expected = (
        "A faster parser",
        "证据强度：强",
        "已由具名人员在人人可查的公开记录中核实。",
        "赵老师（演示）",
        "第 4 级（共 5 级）",
        "自 2026-11-24 起的每次标定均计为“创新能力”的证据。",
    )
    for said in expected:
        assert said in page


def test_what_students_write_is_shown_as_written_and_runs_nowhere(account, signed_in):
    from dataclasses import replace

    nasty = replace(DESCRIBED, title="<script>alert(1)</script>", part="<img src=x onerror=alert(1)>")
    work = add_work(described=nasty, attachment=None, replaces=None, by=account("student"), at=NOON)
    page = signed_in("teacher").get(f"/own-works/{work.pk}/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;img src=x onerror" in page


def test_the_five_anchors_stand_beside_the_decision(waiting, signed_in):
    page = signed_in("teacher", "zh").get(f"/own-works/{waiting.pk}/").content.decode()
    assert page.count('name="score"') == 6
    assert "5 · 任务之外的人正在使用该成果或在其基础上继续开发，并有其说明。" in page
    assert 'name="score"' not in signed_in("researcher").get(f"/own-works/{waiting.pk}/").content.decode()


def test_the_demonstration_has_works_in_all_states_that_pass_the_check():
    assert set(Record.objects.values_list("state", flat=True)) == {"waiting", "verified", "returned"}
    for work in Record.objects.select_related("person__space"):
        ai = AiContribution(used=work.ai_used, machine_did=work.ai_machine_did, i_did=work.ai_i_did,
                            checked_how=work.ai_checked_how)  # fmt: skip
        described = OwnWork(
            kind=WorkKind(work.kind), title=work.title, done_on=work.done_on, part=work.part, team_size=work.team_size,
            quality=work.quality, level=work.level or None, link=work.link, document=work.file_name,
            proof=Proof(work.proof), ai=ai,
        )  # fmt: skip
        assert check_own_work(described, load_framework("nine-qualities"), at=NOON.date()) == ()


def test_works_that_rest_on_a_consent_that_does_not_hold_are_shown_to_their_owner_alone(signed_in, waiting, account):
    student, page = account("student"), f"/own-works/{waiting.pk}/"
    portrait = f"/people/{student.person_id}/portrait/"
    texts = current_texts(student.person.space, at=timezone.now())
    DataSource.objects.filter(space=student.person.space, code="own-works").update(consent_code=texts[0].code)
    for role, status in (("student", 200), ("director", 403)):
        assert signed_in(role, "en").get(page).status_code == status, role
    assert waiting.title in signed_in("student", "en").get("/own-works/").content.decode()
    director = signed_in("director", "en")
    assert "does not hold now" in director.get(page).content.decode()
    assert waiting.title not in director.get("/own-works/to-verify").content.decode()
    assert waiting.title not in director.get(portrait).content.decode()
    give_consent(text=texts[0], by=student, at=timezone.now())
    assert director.get(page).status_code == 200
    assert waiting.title in director.get("/own-works/to-verify").content.decode()
    assert waiting.title in director.get(portrait).content.decode()
