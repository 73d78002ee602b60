"""Fills a new workspace with the demonstration spaces: a real university, a simulated college and kindergarten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from random import Random
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import polars as pl
from django.db import transaction
from django.utils.timezone import localdate

from yucai.demo import College, Kindergarten, SpaceFacts, University, question_file, times_of_day
from yucai.evidence import (
    QUESTION_BANK,
    AiContribution,
    AwardLevel,
    ConsentedChild,
    FocalSlot,
    ObserverTurn,
    OwnWork,
    Proof,
    Responses,
    SamplingMode,
    Session,
    SourceFacts,
    WorkKind,
    draw_schedule,
    look_into,
)
from yucai.texts import Text
from yucai.web.accounts.consents import ship_texts
from yucai.web.accounts.models import Account, Charge, Group, Membership, Person, ProtectedTrait, Space
from yucai.web.bulk import insert_rows
from yucai.web.evidence.actions import digest_of, take_in
from yucai.web.evidence.answers import record_choices
from yucai.web.evidence.foreseeing import Wish, read_wished
from yucai.web.evidence.models import DataSource, Item
from yucai.web.evidence.observation_models import (
    ObservationEvent,
    ObservationPlan,
    ObservationRow,
    ObservationSession,
    ObservationTurn,
)
from yucai.web.evidence.observation_plans import PlanWanted, record_plan
from yucai.web.evidence.own_works import decide_work, enter_work
from yucai.web.evidence.taking import take_table
from yucai.web.governance.models import Rule
from yucai.web.registers.algorithms import METHODS
from yucai.web.registers.notices import MARK, draft_notice, mark_read, publish_notice
from yucai.web.registers.switches import Assessment, draft_of, switch_method_on
from yucai.web.selection.actions import add_lines, approve_announcement, hand_over, prepare_announcement
from yucai.web.selection.ending import set_announcing
from yucai.web.selection.facts import MOST_DAYS, AnnouncementFacts
from yucai.web.selection.lists import Entry
from yucai.web.selection.showing import shown_digest

__all__ = [
    "fill_announcement",
    "fill_college",
    "fill_kindergarten",
    "fill_questions",
    "fill_registers",
    "fill_university",
    "fill_works",
    "make_demo_accounts",
]

BY: Final = "yucai demo"
DAYS_AHEAD: Final = 14  # that still have turns to record when the demonstration is made
WHY: Final = {  # what the demo teacher wrote
    "verified": "已查询核对，并与学生面谈（模拟）。\nLooked it up and talked it over with the student (simulated).",
    "returned": "证书照片看不清，请重新拍摄（模拟）。\nThe certificate cannot be read; take it again (simulated).",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """One of the accounts shown on the start page."""

    username: str
    role: Account.Role
    name: Text
    spaces: tuple[str, ...]
    groups: tuple[str, ...] = ()
    person: str = ""


CONTACT: Final = Text("Officer Qian (demonstration)", "钱老师（演示）")
COLLEGE: Final = "demo-college"
UNIVERSITY: Final = "open-university"
DEMO_ACCOUNTS: Final = (
    DemoAccount(
        username="director",
        role=Account.Role.DIRECTOR,
        name=Text("Director Lin (demo)", "林院长（演示）"),
        spaces=(COLLEGE, UNIVERSITY),
    ),
    DemoAccount(
        username="teacher",
        role=Account.Role.TEACHER,
        name=Text("Teacher Zhao (demo)", "赵老师（演示）"),
        spaces=(COLLEGE, UNIVERSITY),
        groups=("2023-1", "2024-1", "BBB-2013J"),
    ),
    DemoAccount(
        username="student",
        role=Account.Role.STUDENT,
        name=Text("A student of 2023 (demo)", "2023 级学生（演示）"),
        spaces=(COLLEGE,),
        person="2023010001",
    ),
    DemoAccount(
        username="mentor",
        role=Account.Role.MENTOR,
        name=Text("Mentor Zhang, from a firm (demo)", "张导师·企业（演示）"),
        spaces=(COLLEGE,),
        groups=("mentees-M03",),
    ),
    DemoAccount(
        username="researcher",
        role=Account.Role.RESEARCHER,
        name=Text("Officer Sun, institutional research (demo)", "孙老师·质评中心（演示）"),
        spaces=(COLLEGE, UNIVERSITY),
    ),
    DemoAccount(
        username="bureau",
        role=Account.Role.BUREAU,
        name=Text("Officer Zhou, regional bureau (demo)", "周科长·教育局（演示）"),
        spaces=(COLLEGE, UNIVERSITY),
    ),
    DemoAccount(
        username="officer",
        role=Account.Role.OFFICER,
        name=Text("Officer Qian, data protection (demo)", "钱老师·个人信息保护（演示）"),
        spaces=(COLLEGE, UNIVERSITY),
    ),
)


@transaction.atomic
def fill_university(university: University, *, at: datetime) -> Space:
    """Record the Open University's people, presentations, assessments and evidence in a space of its own."""
    space = _space(university.space)
    learners = university.people["learner"]
    numbers = learners.str.strip_prefix("ou-")
    rows = ((space.pk, code, f"Learner {n}", f"学习者 {n}") for code, n in zip(learners, numbers, strict=True))
    _insert_people(rows, ("space", "code", "name_en", "name_zh", "cohort", "programme", "talent_type"))
    people = _pks(Person, space)
    starts = dict(university.presentations.select("occasion", "starts").iter_rows())
    kind = Group.Kind.PRESENTATION
    groups = {
        code: Group(space=space, code=code, kind=kind, occasion=code, starts=starts[code], **name)
        for code, name in _presentation_names(university)
    }
    Group.objects.bulk_create(groups.values())
    told = university.enrolments.select("learner", "occasion", "final_result", "registered_day", "unregistered_day")
    members = (
        (groups[code].pk, people[learner], result or "", *(_on(starts[code], day) for day in days))
        for learner, code, result, *days in told.iter_rows()
    )
    insert_rows(Membership, ("group", "person", "outcome", "joined", "left"), members)
    _keep_apart(university.protected, people)
    _add_items(space, [(*row, *_assessment_name(row[0], row[2])) for row in university.assessments.iter_rows()])
    source = _source(space, "oulad", Text("OULAD assessment results", "OULAD 考核成绩"), university.space.licence)
    _take(university.responses, source, at=at)
    return space


@transaction.atomic
def fill_college(college: College, *, at: datetime) -> Space:
    """Record the simulated college's people, classes, items and evidence in a space of its own."""
    space = _space(college.space)
    columns = ("learner", "name_en", "name_zh", "cohort", "programme", "talent_type")
    rows = ((space.pk, *row) for row in college.people.select(columns).iter_rows())
    _insert_people(rows, ("space", "code", "name_en", "name_zh", "cohort", "programme", "talent_type"))
    people = _pks(Person, space)
    for cohort, members in college.people.group_by("cohort", maintain_order=True):
        name = Text(f"Entry year {cohort[0]}", f"{cohort[0]} 级")
        _add_group(space, str(cohort[0]), Group.Kind.COHORT, name, [people[code] for code in members["learner"]])
    for label, members in college.people.group_by("class", maintain_order=True):
        name = Text(f"Class {label[0]}", f"{str(label[0]).replace('-', ' 级 ')} 班")
        _add_group(space, str(label[0]), Group.Kind.CLASS, name, [people[code] for code in members["learner"]])
    for mentor, zh, en in college.mentors.select("mentor", "name_zh", "name_en").iter_rows():
        mine = [people[code] for code in college.people.filter(mentor=mentor)["learner"]]
        name = Text(f"Mentees of {en}", f"{zh}指导的学生")
        _add_group(space, f"mentees-{mentor}", Group.Kind.MENTEES, name, mine)
    kinds = college.items.select("item", "occasion", "kind", "name_en", "name_zh").iter_rows()
    _add_items(space, [(item, occasion, kind, None, None, en, zh) for item, occasion, kind, en, zh in kinds])
    _add_rules(space, college)
    source = _source(space, "simulated", Text("Simulated evidence", "模拟证据"), college.space.licence)
    _take(college.responses, source, at=at)
    return space


@transaction.atomic
def make_demo_accounts() -> None:
    """Open one account for each of seven roles; they have no password and open from the start page of a demo only."""
    spaces = {space.code: space for space in Space.objects.all()}
    for said in DEMO_ACCOUNTS:
        person = Person.objects.get(code=said.person) if said.person else None
        name = person.name if person is not None else said.name
        account = Account(
            username=said.username, role=said.role, name_en=name.en, name_zh=name.zh, person=person, demo=True
        )
        account.set_unusable_password()
        account.save()
        account.spaces.set(spaces[code] for code in said.spaces if code in spaces)
        groups = Group.objects.filter(code__in=said.groups, space__in=account.spaces.all())
        Charge.objects.bulk_create(Charge(account=account, group=group) for group in groups)


@transaction.atomic
def fill_registers(space: Space, *, at: datetime) -> None:
    """Record, for demonstration, assessments of the methods signed by the demo director, a notice and the texts.

    The demo accounts have read the notice: they open with one click.
    """
    director = Account.objects.get(username="director", demo=True)
    for method in METHODS.values():
        if method.stops is None:
            continue
        parts = {name: f"（演示 demonstration）{text.zh} {text.en}" for name, text in draft_of(method).items()}
        switch_method_on(
            space=space, method=method.code, wanted=Assessment(**parts), owner=f"{director.name_zh} {director.name_en}",
            by=director, at=at, demonstration=True,
        )  # fmt: skip
    ship_texts(space=space, at=at)
    body = draft_notice(space)
    body = Text(body.en.replace(MARK.en, CONTACT.en), body.zh.replace(MARK.zh, CONTACT.zh))
    notice = publish_notice(space=space, body=body, news=Text("", ""), by=None, at=at)
    for account in Account.objects.filter(demo=True, spaces=space):
        mark_read(account=account, notices=[notice.pk], at=at)


@transaction.atomic
def fill_announcement(space: Space, *, at: datetime) -> None:
    """Announce a simulated award of the college: prepared by the demo director, approved by the demo officer.

    It runs as long as an announcement may, so that it can be seen, and stands in the public list.
    """
    director, officer = (Account.objects.get(username=name, demo=True) for name in ("director", "officer"))
    begin = localdate(at)
    until = begin + timedelta(days=MOST_DAYS - 1)
    facts = AnnouncementFacts(
        title_zh="校长奖拟获奖名单（模拟）", title_en="President's award, proposed (simulated)",
        decided_zh="经评审委员会评议，拟授予以下同学校长奖（模拟）。",
        decided_en="The committee proposes these students for the president's award (simulated).",
        reference="《校长奖评选办法》第七条（模拟） Rules of the award, article 7 (simulated)",
        from_day=begin, until_day=until, object_until=until, contact=f"{CONTACT.zh} {CONTACT.en}",
        outcomes=(("一等奖", "First prize"), ("二等奖", "Second prize")),
    )  # fmt: skip
    winners = Group.objects.get(space=space, code="2023-1").people.order_by("code").values_list("code", flat=True)
    entries = [Entry(number=code, outcome="" if n < 2 else "二等奖") for n, code in enumerate(winners[:9])]
    made = prepare_announcement(space=space, facts=facts, by=director, at=at)
    add_lines(announcement=made, entries=entries, by=director, at=at)
    hand_over(announcement=made, by=director, at=at, rng=Random(7))  # noqa: S311  (nobody here exists)
    approve_announcement(announcement=made, digest=shown_digest(made), by=officer, at=at)
    set_announcing(
        space=space, days=5, source="", contact=f"{CONTACT.zh} {CONTACT.en}", index_on=True, by=director, at=at
    )


@transaction.atomic
def fill_works(college: College, space: Space, *, at: datetime) -> None:
    """Record the simulated own works of the college's students, decided by the demo teacher."""
    people = {person.code: person for person in Person.objects.filter(space=space).select_related("space")}
    teacher = Account.objects.get(username="teacher", demo=True)
    for said in college.works.iter_rows(named=True):
        described = _described(said)
        paper = f"模拟证明 Simulated certificate\n{described.title}\n".encode()
        attachment = look_into(paper, name=f"{said['title_zh']}.txt") if said["proof"] == Proof.DOCUMENT else None
        work = enter_work(
            person=people[said["learner"]], described=described, attachment=attachment, replaces=None, at=at
        )
        if said["state"] != "waiting":
            score = said["score"] if said["state"] == "verified" and said["score"] >= 0 else None
            decide_work(work=work, verdict=said["state"], reason=WHY[said["state"]], score=score, by=teacher, at=at)


@transaction.atomic
def fill_questions(college: College, space: Space, *, at: datetime) -> None:
    """Record the question bank as the import desk would, and its simulated trial with the options chosen."""
    facts = SourceFacts(
        purpose="演示 / Demonstration", legal_basis="public", owner=space.name_zh, grade="1", retention_months=120
    )
    wish = Wish(source=QUESTION_BANK, profile=QUESTION_BANK, facts=facts)
    take_table(read_wished(question_file(), wish, space=space, at=at), wish, space=space, by=BY, at=at)
    table = college.trial.select(
        "learner", "item", "score", "occasion", max_score=pl.lit(1.0), source_file=pl.lit("simulated trial")
    )
    source = _source(space, "question-trial", Text("Simulated trial of questions", "模拟的试题试测"), "Apache-2.0")
    _take(Responses.from_table(table), source, at=at)
    record_choices(college.trial, source.imports.get())


@transaction.atomic
def fill_kindergarten(kindergarten: Kindergarten, *, at: datetime) -> Space:
    """Record the simulated kindergarten: watched until yesterday, with turns to record from today on.

    The days of the simulation are moved by whole weeks; the schedule goes on from the same seed. The demo teacher
    watches, the research officer beside; the demo director has planned it.
    """
    space = _space(kindergarten.space)
    accounts = {account.username: account for account in Account.objects.filter(demo=True)}
    director, teacher, beside = (accounts[name] for name in ("director", "teacher", "researcher"))
    for account in (director, teacher, beside):
        account.spaces.add(space)
    sessions, seed = kindergarten.observations.sessions, kindergarten.schedule.seed
    moved = _whole_weeks(kindergarten.schedule.slots[-1].starts, at)
    before = [(slot.starts + moved, slot.setting) for slot in kindergarten.schedule.slots]
    midnight = datetime.combine(localdate(at), time(), tzinfo=UTC)
    coming = [moment for day in range(DAYS_AHEAD) for moment in times_of_day(midnight + timedelta(days=day))]
    consents = {session.child: session.consent for session in sessions}
    children = tuple(ConsentedChild(child, consents[child]) for child in sorted(consents))
    schedule = draw_schedule(sorted(consents), before + coming, seconds=sessions[0].exposure_s, seed=seed)
    wanted = PlanWanted(
        space=space,
        name="大班观察（模拟） Senior class (simulated)",
        scheme=kindergarten.observations.scheme.code,
        mode=SamplingMode.TIMED_EVENT,
        seconds=int(sessions[0].exposure_s),
        interval_s=None,
        children=children,
        times=tuple(before + coming),
        observers=(teacher, beside),
        second_share=0.2,
        delete_on=(at + timedelta(days=365)).date(),
        seed=seed,
    )
    turns = [*_simulated_turns(schedule.slots, teacher, beside)]
    plan = record_plan(wanted=wanted, turns=turns, by=director, at=before[0][0] - timedelta(days=1))
    _hand_in_simulated(plan, kindergarten, moved=moved)
    return space


def _whole_weeks(last: datetime, at: datetime) -> timedelta:
    """Return by how many whole weeks days can be moved so that the last of them lies before today."""
    return timedelta(weeks=((at - last).days - 1) // 7)


def _simulated_turns(slots: Iterable[FocalSlot], first: Account, beside: Account) -> Iterable[ObserverTurn]:
    """The simulation has one observer throughout, and another beside in every fifth session."""
    for n, slot in enumerate(slots, start=1):
        yield ObserverTurn(number=n, slot=slot, observer=first.username)
        if n % 5 == 0:
            yield ObserverTurn(number=n, slot=slot, observer=beside.username, second=True)


def _hand_in_simulated(plan: ObservationPlan, kindergarten: Kindergarten, *, moved: timedelta) -> None:
    turns = {(turn.number, turn.second): turn for turn in plan.turns.select_related("child", "observer")}
    records: dict[tuple[str, str], ObservationSession] = {}
    for said in kindergarten.observations.sessions:
        record = _simulated_record(said, turns[int(said.session[1:]), said.second], moved=moved)
        records[said.session, said.observer] = record
    ObservationSession.objects.bulk_create(records.values())
    rows = kindergarten.observations.table.iter_rows(named=True)
    held = [({**row}, records[row["session"], row["observer"]]) for row in rows]
    ObservationRow.objects.bulk_create(
        ObservationRow(session=record, **{name: row[name] for name in row if name not in ("session", "observer")})
        for row, record in held
    )
    kind = ObservationEvent.Kind.HANDED_IN
    ObservationEvent.objects.bulk_create(
        ObservationEvent(plan=plan, kind=kind, at=record.received_at, by=record.observer) for record in records.values()
    )


def _simulated_record(said: Session, turn: ObservationTurn, *, moved: timedelta) -> ObservationSession:
    number = uuid5(NAMESPACE_URL, f"yucai-simulated-{said.session}-{said.observer}")
    return ObservationSession(
        uuid=number,
        turn=turn,
        child=said.child,
        observer=turn.observer,
        setting=said.setting,
        mode=said.mode,
        starts=said.starts + moved,
        exposure_s=said.exposure_s,
        received_at=said.starts + moved + timedelta(seconds=said.exposure_s + 30),
        digest=sha256(number.bytes).hexdigest(),
    )


def _described(said: Mapping[str, Any]) -> OwnWork:
    public = "https://example.org/simulated-record" if said["proof"] == Proof.OUTSIDE_RECORD else ""
    done = ("查找资料并润色文字。 Searched and polished the text.", "设计、制作与测试。 Designed, built and tested.",
            "逐条核对原始资料。 Checked every statement at its source.")  # fmt: skip
    ai = AiContribution(used=True, machine_did=done[0], i_did=done[1], checked_how=done[2])
    return OwnWork(
        kind=WorkKind(said["kind"]),
        title=f"{said['title_zh']} {said['title_en']}",
        done_on=said["done_on"],
        part="负责设计与测试（模拟）。\nDesign and testing (simulated).",
        team_size=1 if public else said["team_size"],
        quality=said["quality"],
        level=AwardLevel(said["level"]) if said["level"] else None,
        link=public,
        document="certificate" if said["proof"] == Proof.DOCUMENT else "",
        proof=Proof(said["proof"]),
        ai=ai if said["ai_used"] else AiContribution(used=False),
    )


def _space(facts: SpaceFacts) -> Space:
    return Space.objects.create(
        code=facts.code,
        name_en=facts.name.en,
        name_zh=facts.name.zh,
        simulated=facts.simulated,
        attribution_en=facts.attribution.en,
        attribution_zh=facts.attribution.zh,
        licence=facts.licence,
        evidence_map=facts.evidence_map,
        period=facts.period,
    )


def _insert_people(rows: Iterable[tuple[object, ...]], columns: tuple[str, ...]) -> None:
    width = len(columns)
    insert_rows(Person, columns, ((*row, *[""] * (width - len(row))) for row in rows))


def _pks(model: type[Person], space: Space) -> dict[str, int]:
    return dict(model.objects.filter(space=space).values_list("code", "pk"))


def _presentation_names(university: University) -> Iterable[tuple[str, dict[str, str]]]:
    for occasion, module, starts, _ in university.presentations.iter_rows():
        en = f"Module {module}, start {starts:%B %Y}"
        yield occasion, {"name_en": en, "name_zh": f"课程 {module}，{starts.year} 年 {starts.month} 月开课"}


def _assessment_name(item: str, kind: str) -> tuple[str, str]:
    number = item.rpartition("-")[2]
    said = {
        "TMA": Text("Tutor-marked assignment", "导师批改作业"),
        "CMA": Text("Computer-marked test", "机器批改测验"),
        "Exam": Text("Exam", "考试"),
    }[kind]
    return f"{said.en} {number}", f"{said.zh} {number}"


def _on(start: date, day: int | None) -> date | None:
    """Return the date of a day of a presentation; who registered before it starts belongs to it from its start."""
    return None if day is None else start + timedelta(days=max(0, day))


def _add_items(space: Space, rows: list[tuple[object, ...]]) -> None:
    """Rows of item, occasion, kind, due day, weight, name in English and in Chinese."""
    columns = ("space", "code", "occasion", "kind", "due_day", "weight", "name_en", "name_zh")
    insert_rows(Item, columns, ((space.pk, *row) for row in rows))


def _add_rules(space: Space, college: College) -> None:
    homes = college.people["county"]
    for rule, en, zh, only in college.rules.select("rule", "text_en", "text_zh", "only_county").iter_rows():
        open_to = int((homes == only).sum()) if only else len(homes)
        Rule.objects.create(space=space, code=rule, text_en=en, text_zh=zh, open_to=open_to, people=len(homes))


def _add_group(space: Space, code: str, kind: Group.Kind, name: Text, people: list[int]) -> None:
    group = Group.objects.create(space=space, code=code, kind=kind, name_en=name.en, name_zh=name.zh)
    Membership.objects.bulk_create(Membership(group=group, person_id=person) for person in people)


def _keep_apart(protected: pl.DataFrame, people: dict[str, int]) -> None:
    rows = protected.select("learner", "occasion", "trait", "value").iter_rows()
    columns = ("person", "occasion", "trait", "value")
    insert_rows(ProtectedTrait, columns, ((people[learner], *rest) for learner, *rest in rows))


def _source(space: Space, code: str, name: Text, licence: str) -> DataSource:
    return DataSource.objects.create(
        space=space,
        code=code,
        name_en=name.en,
        name_zh=name.zh,
        purpose="演示 / Demonstration",
        legal_basis="public",  # anonymised and published, or simulated
        grade="1",
        retention_months=120,
        owner=space.name_en,
        licence=licence,
    )


def _take(responses: Responses, source: DataSource, *, at: datetime) -> None:
    take_in(responses, source=source, file_name=source.name_en, digest=digest_of(responses), by=BY, at=at)
