"""Somebody with a unique mark in every place that an office keeps, beside others who must not be touched."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.feeds.lessons import FACTS as FEED_FACTS
from tests.feeds.lessons import wish
from tests.spec.test_attainment import COURSE
from tests.trust import world
from tests.web.desk import taken, written
from tests.web.stores import HOME, answered, make_store, open_tool
from yucai.evidence import SourceFacts
from yucai.governance import Improvement, StudentScores
from yucai.selection import template_text
from yucai.web.accounts.age_models import GuardianConsent
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.consent_models import Consent, ConsentText
from yucai.web.accounts.consents import ship_texts
from yucai.web.accounts.factor_models import CodeGenerator, Passkey, RecoveryCode
from yucai.web.accounts.models import Account, Charge, Group, Membership, Person, ProtectedTrait, Space
from yucai.web.accounts.release_models import ReleasedPerson, ReleasedTable
from yucai.web.accounts.saved_models import SavedView
from yucai.web.accounts.sign_in_models import OneTimeLink, SignIn
from yucai.web.evidence.actions import write_lake
from yucai.web.evidence.desk_files import choose, keep_upload
from yucai.web.evidence.maker_models import WorkMaker
from yucai.web.evidence.models import OwnWork, WorkTakenBack
from yucai.web.evidence.rating_models import RatingMark, RatingSeatRecord
from yucai.web.evidence.uploads import keep
from yucai.web.feeds.actions import declare_feed
from yucai.web.feeds.models import ActorDeclaration, WeakCount
from yucai.web.governance.attainment_actions import add_action, open_course, put_scores
from yucai.web.governance.attainment_maps import put_course_map
from yucai.web.jobs.models import Job
from yucai.web.matching.case_models import CaseDecision, SupportCase
from yucai.web.measurement.adaptive_models import AdaptiveSitting
from yucai.web.measurement.class_portrait_models import ClassPortraits
from yucai.web.measurement.comment_models import StudentComment
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.measurement.step_models import StepMark
from yucai.web.rights.models import CarriedRow
from yucai.web.selection.models import AnnouncedLine, Announcement
from yucai.web.selection.rule_models import SelectionEntry, SelectionRule, SelectionRun

NOON = datetime(2026, 11, 27, 4, tzinfo=UTC)
NUMBER, NAME, NAME_EN = "2025770001", "欧阳明德", "Ouyang Mingde"
USERNAME, MAIL = "ouyang2025", "mingde@school.example"
MARKS = tuple(f"mark{word}q7z" for word in (
    "title", "part", "filename", "content", "reason", "back", "remark", "trait", "outcome", "response", "programme",
    "passkey", "machine", "refused", "verb", "mailbox", "guardian", "objection", "carried",
))  # fmt: skip
(TITLE, PART, FILE_NAME, CONTENT, REASON, BACK, REMARK, TRAIT, OUTCOME, RESPONSE, PROGRAMME, PASSKEY, MACHINE, REFUSED,
 VERB, MAILBOX, GUARDIAN, OBJECTION, CARRIED) = MARKS  # fmt: skip
WORDS = (NUMBER, NAME, NAME_EN, USERNAME, MAIL, *MARKS)
ROSTER = [
    "学号,姓名,班级,专业,年级",
    f"{NUMBER},{NAME},一班,{PROGRAMME},2025",
    "2025770002,张三,一班,物理,2025",
    "2025770003,李四,一班,物理,2025",
]
PROJECTS = [  # of others, and one that the person leads
    "项目编号,项目名称,项目负责人,负责人学号,项目成员,结题时间",
    f"S1,水质检测仪,张三,2025770002,{NAME}/{NUMBER}、李四/2025770003,2026-05-31",
    f"S2,折叠机翼,{NAME},{NUMBER},张三/2025770002,2026-05-31",
]
WENT = ["学号,毕业去向类别,毕业年份", f"{NUMBER},升学,2026届", "2025770002,就业,2026届"]
GRADES = [
    "学号,姓名,班级,课程名,学年学期,成绩",
    f"{NUMBER},{NAME},一班,光学,2025-2026-1,80",
    "2025770002,张三,一班,光学,2025-2026-1,91",
    f"{NUMBER},{NAME},一班,力学,2025-2026-1,{REFUSED}",
    "2025770003,李四,一班,光学,2025-2026-1,61",
]


@dataclass
class Planted:
    """The institution, the person, and who erases them."""

    space: Space
    person: Person
    director: Account
    officer: Account
    roster: list[str]


def plant(code, folder):
    """Make an institution in which one person stands everywhere."""
    space = Space.objects.create(
        code=code, name_en=code, name_zh=code, simulated=False, evidence_map="evidence-demo-college"
    )
    director = world._account(space, f"{code}-director", "director")
    officer = world._account(space, f"{code}-officer", "officer")
    teacher = world._account(space, f"{code}-teacher", "teacher")
    things = world.Things(accounts={"director": director, "teacher": teacher})
    taken(written(folder, f"{code}-roster.csv", ROSTER), space, at=NOON)
    taken(written(folder, f"{code}-projects.csv", PROJECTS), space, at=NOON)
    taken(written(folder, f"{code}-went.csv", WENT), space, at=NOON)
    taken(written(folder, f"{code}-grades.csv", GRADES), space, at=NOON)
    person = Person.objects.get(space=space, code=NUMBER)
    Person.objects.filter(pk=person.pk).update(name_en=NAME_EN)
    person.refresh_from_db()
    group = Group.objects.get(space=space, kind="class")
    Charge.objects.create(account=things.accounts["teacher"], group=group)
    Membership.objects.filter(person=person).update(outcome=OUTCOME)
    things.parts |= {"group": {"pk": group.pk}, "person": {"pk": person.pk}}
    world._adaptive_test(things, director)
    ClassPortraits.objects.create(
        group=group, asked_by=teacher, asked_at=NOON, language="zh-hans", chart="dots", people=[person.pk],
        file="x.pdf", size_bytes=1, made_at=NOON,
    )  # fmt: skip
    SavedView.objects.create(
        account=director, page="requests", name=f"of {NAME}", said={"contains": NAME}, made_at=NOON
    )
    _ruled(space, person, director)
    _works(person, director)
    _attained(space, person, group, director)
    _rounds(things, group)
    _account_of(person)
    _statements(space, person)
    _rights(person, officer)
    _numbers(space, person)
    _desk(space, director, folder)
    write_lake(space, at=NOON)
    return Planted(space=space, person=person, director=director, officer=officer, roster=ROSTER)


def _attained(space, person, group, director):
    """A course with scores of the person, and an action of the course that names them."""
    found = put_course_map(space=space, course=COURSE, file_name="x.xlsx", by=director, at=NOON)
    run = open_course(map=found, group=group, term="2026-2027-1", by=director, at=NOON)
    told = [StudentScores(student=NUMBER, scores={"作业": 50})]
    put_scores(run=run, scores=told, source="x.xlsx", by=director, at=NOON)
    wanted = Improvement(objective="目标1", what=f"talk to {NAME}", who="x", by=date(2027, 6, 30))
    add_action(run=run, action=wanted, by=director, at=NOON)


def _ruled(space, person, director):
    """A run of a rule that names the person."""
    rule = SelectionRule.objects.create(
        space=space, code="x", title_en="x", title_zh="无", text=template_text("last-share"), digest="x", at=NOON,
        by=director,
    )  # fmt: skip
    run = SelectionRun.objects.create(rule=rule, as_of=NOON.date(), asked_at=NOON, at=NOON, by=director, digest="x")
    SelectionEntry.objects.create(run=run, person=person, reasons=[[f"{NAME_EN} x", f"{NAME}：无"]])


def _works(person, director):
    own = {"person": person, "kind": "project", "done_on": date(2026, 5, 1), "team_size": 1,
           "quality": "practical-literacy", "added_at": NOON}  # fmt: skip
    content = f"%PDF-1.4 {CONTENT}".encode()
    first = OwnWork.objects.create(
        title=TITLE, part=PART, proof="document", ai_used=True, ai_machine_did=MACHINE, ai_i_did="x",
        ai_checked_how="x", file_sha256=keep(content), file_name=f"{FILE_NAME}.pdf", file_type="pdf",
        file_bytes=len(content), state="verified", decided_by=director, decided_at=NOON, reason=REASON, **own,
    )  # fmt: skip
    WorkTakenBack.objects.create(work=first, what="rating", by=director, at=NOON, reason=BACK)
    OwnWork.objects.create(title="second", part="x", proof="own-word", ai_used=False, replaces=first, **own)
    other = Person.objects.get(space=person.space, code="2025770002")
    OwnWork.objects.create(
        **own | {"person": other, "team_size": 2}, title="of another", part="x", proof="own-word", ai_used=False,
        state="verified", decided_by=director, decided_at=NOON, reason=f"As careful as {NAME} ({NUMBER}).",
    )  # fmt: skip
    WorkMaker.objects.create(own=OwnWork.objects.get(title="of another", person=other), person=person, named_at=NOON)


def _rounds(things, group):
    world._ratings(things, group)
    for seat in RatingSeatRecord.objects.filter(round=things.parts["round"]["pk"]):
        plan_work = seat.round.plan
        if f'"{seat.work}"' in plan_work:
            seat.remark = REMARK if _is_of_person(seat) else "of another"
            seat.save(update_fields=["remark"])
            RatingMark.objects.create(seat=seat, criterion="x", level=3)


def _is_of_person(seat):
    from yucai.web.evidence.rating_planning import plan_of

    return NUMBER in plan_of(seat.round).work(seat.work).learners


def _account_of(person):
    account = Account.objects.create(
        username=USERNAME, role="student", name_zh=NAME, name_en=NAME_EN, email=MAIL, person=person,
        password=make_password(None),
    )  # fmt: skip
    account.spaces.add(person.space)
    later = NOON + timedelta(days=1)
    SignIn.objects.create(account=account, way="password", began_at=NOON, seen_at=NOON, address="10.9.8.7")
    SavedView.objects.create(account=account, page="requests", name=NAME, said={"contains": NUMBER}, made_at=NOON)
    Passkey.objects.create(
        account=account, credential=PASSKEY, public_key=b"k", sign_count=0, name=f"Phone {PASSKEY}", made_at=NOON
    )
    CodeGenerator.objects.create(account=account, secret="x", begun_at=NOON)
    RecoveryCode.objects.create(account=account, digest="d")
    OneTimeLink.objects.create(account=account, digest=f"d{account.pk}", made_at=NOON, expires_at=later)
    session = SessionStore()
    session["_auth_user_id"] = str(account.pk)
    session.create()
    Job.objects.create(
        space=person.space, kind="measure", owner=account, asked_at=NOON, state="done", message_zh=f"{NUMBER}"
    )


def _statements(space, person):
    store = make_store(space, code=f"{space.code}-lms")
    tool = open_tool(store)
    said = answered(NUMBER)
    said["result"]["response"] = RESPONSE
    mailed = answered("someone")
    mailed["actor"] = {"mbox": f"mailto:{MAILBOX}@x.example", "name": NAME}
    assert tool.post([said, mailed, answered("2025770002")]).status == 200
    feed = declare_feed(store=store, name="LMS", facts=FEED_FACTS, wish=wish(home_pages=[HOME]), by=None, at=NOON)
    ActorDeclaration.objects.create(feed=feed, key=f"mbox:mailto:{MAILBOX}@x.example", person=person, at=NOON)
    WeakCount.objects.create(feed=feed, person=person, verb=VERB, times=3)


def _rights(person, officer):
    """A guardian's consent, a request, a line of an announcement, and a row brought along from an earlier office."""
    GuardianConsent.objects.create(
        person=person, guardian=GUARDIAN, shown="paper", reference="x", given_on=date(2026, 9, 1), recorded_by=officer,
        recorded_at=NOON,
    )  # fmt: skip
    ReviewCase.objects.create(
        space=person.space, person=person, kind="objection", about="work", key="1", named_en="x", named_zh="x",
        said=OBJECTION, opened_by=officer, opened_at=NOON, due_on=date(2026, 12, 12),
    )  # fmt: skip
    StepMark.objects.create(
        person=person, key="x", rules_version="1", title_en="x", title_zh="x", state="done", said=OBJECTION, at=NOON
    )
    case = SupportCase.objects.create(
        space=person.space, person=person, as_of=NOON.date(), band="talk-soon", rules_version="1",
        reasons=[[OBJECTION, OBJECTION]], opened_by=officer, opened_at=NOON,
    )  # fmt: skip
    CaseDecision.objects.create(
        case=case, kind="talk", by=officer, at=NOON, reason="x", seconds=9, day=NOON.date(), who="x", said=OBJECTION
    )
    StudentComment.objects.create(
        person=person, author=officer, language="zh", said=OBJECTION, draft=f"{NAME}同学：", kept_at=NOON, sent_at=NOON
    )
    told = Announcement.objects.create(
        space=person.space, key="k", title_zh="x", reference="x", contact="x", from_day=NOON.date(),
        until_day=NOON.date(), object_until=NOON.date(), outcomes=[["x", "x"]], names="whole", names_rule="x",
        state="asked", asked_by=officer, asked_at=NOON,
    )  # fmt: skip
    AnnouncedLine.objects.create(announcement=told, person=person, outcome=0, name=NAME, number="2025****1")
    CarriedRow.objects.create(person=person, table="looks", position=1, row=f'{{"who":"{CARRIED}"}}')


def _numbers(space, person):
    """A calibration with numbers of two people, a trait, a consent, and a table that left."""
    run = CalibrationRun.objects.create(
        space=space, at=NOON, file="x.json", evidence_map="evidence-demo-college", evidence_map_version="1",
        last_record=0, responses=0, units=0, converged=True, notices=[], seconds=0, current=True,
    )  # fmt: skip
    for who in Person.objects.filter(space=space):
        ProfileRow.objects.create(
            run=run, person=who, occasion="2025-2026", quality="innovation", mean=0.5, std_error=0.3, lower90=0.0,
            upper90=1.0, n_evidence=3, enough=True,
        )  # fmt: skip
    ProtectedTrait.objects.create(person=person, trait="ethnicity", value=TRAIT)
    table = ReleasedTable.objects.create(space=space, audience="bureau", code="x", at=NOON, definition={})
    ReleasedPerson.objects.create(table=table, person=person, base=0, values=[1])
    ship_texts(space=space, at=NOON)
    Consent.objects.create(
        person=person, text=ConsentText.objects.get(space=space, code="research"), way="form", reference=f"F-{NUMBER}",
        given_at=NOON,
    )  # fmt: skip
    assert AdaptiveSitting.objects.filter(person=person).exists()


def _desk(space, director, folder):
    facts = SourceFacts(purpose="p", legal_basis="duty", owner="o", grade="3", retention_months=84)
    waits, free = [*ROSTER, "2025770009,钱九,一班,物理,2025"], ["学号,姓名", "01,甲"]
    for name, lines in (("waits.csv", waits), ("free.csv", free)):
        content = SimpleUploadedFile(name, ("\n".join(lines) + "\n").encode("gb18030"))
        upload = keep_upload(space=space, by=director, sent=content, at=NOON)
        choose(upload=upload, source="class-list", facts=facts)
