"""Working a priority list out for a scope and a day, and keeping it until it is worked out anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import perf_counter
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils.timezone import localdate

from yucai.errors import Fault, FaultyInputError
from yucai.matching import (
    SUPPORT_RULES,
    SupportEntry,
    SupportList,
    SupportModel,
    SupportRule,
    SupportSigns,
    support_list,
)
from yucai.texts import Text
from yucai.web.accounts.ages import unconsented
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Group, Membership, Person, Space
from yucai.web.bulk import among
from yucai.web.evidence.models import EvidenceRecord, Item
from yucai.web.jobs.actions import Report, ask_for
from yucai.web.jobs.models import Job
from yucai.web.matching.case_clock import data_set_of_talks
from yucai.web.matching.case_models import CaseDecision
from yucai.web.matching.priority_checking import model_in_force, watch_model
from yucai.web.matching.priority_counting import Expected, expected_of, in_chinese, signs_of
from yucai.web.matching.priority_days import last_day_of_term
from yucai.web.matching.priority_doors import ALL, may_see_lists, scopes_of
from yucai.web.matching.priority_models import PriorityEntry, PriorityRun, pairs_of
from yucai.web.registers.algorithms import PRIORITY
from yucai.web.registers.switches import require_running

__all__ = ["AT_ONCE", "TERMS", "ask_for_list", "day_of_counting", "first_day", "last_term_of_records", "looked_at",
           "run_list_job", "work_out"]  # fmt: skip

AT_ONCE: Final = 3_000  # people; a list of more is worked out by the worker, while the page goes on
KEPT: Final = 6  # lists of a scope; older ones go when a new one comes
TERMS: Final = r"^\d{4}-\d{4}(-[12])?$"
FIFTH_WEEK: Final = timedelta(weeks=5)
SETTLED: Final = timedelta(days=4)  # after the end of a term everything of it counts as due
BATCH: Final = 500
THING: Final = Text("priority list", "优先关注名单")
NO_SCOPE: Final = Text(
    "Choose whose list it is: all classes, or a class or presentation that you see.",
    "请选择范围：全部班级，或您可查看的班级、课程。",
)
NO_START: Final = Text(
    "When “{group}” starts is not on record, so no due day of it can be counted.",
    "没有“{group}”的开课日期记录，无法计算其截止日期。",
)
NO_DAY: Final = Text("Choose a day, written like 2026-11-27.", "请选择日期，格式如 2026-11-27。")
DONE: Final = Text(
    "Priority list of {day}: {n} on it, of {unknown} too little is known.",
    "{day} 的优先关注名单：列入 {n} 人，{unknown} 人所知太少。",
)
COUNTED: Final = Text(
    "Work that was due: {due}, of these came: {came}; came late: {late}.",
    "到期作业 {due} 份，已交 {came} 份，其中迟交 {late} 份。",
)
LAST: Final = Text("Last own work on {day}.", "最近一次提交：{day}。")
LAST_UNKNOWN: Final = Text("No own work on record.", "没有任何提交记录。")


IN_ORDER: Final = ("falling",)
NO_ORDER: Final = Text(
    "Results against the own earlier ones: not compared, for records name no day on which work came.",
    "未与自己此前的成绩比较：记录中没有提交日期。",
)


@dataclass(frozen=True, slots=True)
class _Scope:
    """Whose list it is: the groups that expect work, and how the scope is called in the records."""

    code: str
    group: Group | None
    groups: tuple[Group, ...]


def ask_for_list(*, space: Space, scope: str, as_of: date | None, by: Account, at: datetime) -> PriorityRun | Job:
    """Return a list worked out now, or the job that does it where it is about many people.

    Raises PermissionDenied, MethodOffError, FaultyInputError with all faults.
    """
    found = _scope_of(by, space, scope)
    faults = [*_faults(found, as_of)]
    if faults or found is None or as_of is None:
        raise FaultyInputError(THING, faults)
    require_running(space, PRIORITY.code, at=at)
    if Membership.objects.filter(among("group", [group.pk for group in found.groups])).count() > AT_ONCE:
        return ask_for(f"priority:{found.code}@{as_of}", space=space, owner=by, at=at)
    return work_out(space=space, scope=found.code, as_of=as_of, by=by, at=at)


def run_list_job(job: Job, report: Report, *, at: datetime) -> Text:
    """Work out the list that a job names. Raises MethodOffError, FaultyInputError."""
    scope, _at, day = job.kind.partition(":")[2].partition("@")
    report(0.1, Text("Counting work", "统计作业"))
    run = work_out(space=job.space, scope=scope, as_of=date.fromisoformat(day), by=job.owner, at=at)
    listed = run.entries.exclude(band=PriorityEntry.Band.UNKNOWN).count()
    return DONE.filled(day=run.as_of, n=listed, unknown=run.entries.count() - listed)


def work_out(*, space: Space, scope: str, as_of: date, by: Account | None, at: datetime) -> PriorityRun:
    """Work out and keep the list of a scope and a day; the one that was there goes. The caller decided who may.

    Raises MethodOffError, FaultyInputError.
    """
    require_running(space, PRIORITY.code, at=at)
    found = _named_scope(space, scope)
    if faults := [*_faults(found, as_of)]:
        raise FaultyInputError(THING, faults)
    began = perf_counter()
    expected = expected_of(space, found.groups, as_of=as_of, at=at)
    members = list(looked_at(found.groups, as_of=as_of, at=at))
    contacts = _last_talks(space, up_to=as_of)
    told = dict(signs_of(space, members, expected, as_of=as_of, contacts=contacts, at=at))
    model = None if watch_model(space, at=at) else model_in_force(space)
    listed = support_list(told.values(), as_of=as_of, rules=_rules_for(expected), model=model)
    with transaction.atomic():
        work = _Counted(signs=told, expected=expected, model=model, seconds=perf_counter() - began)
        data_set_of_talks(space)
        run = _keep(space, found, listed, work, by=by, at=at)
        note("priority.worked-out", by=by, at=at, space=space, target=f"priority:{run.scope}@{as_of}",
             detail={"listed": len(listed.entries), "unknown": listed.n_abstained})  # fmt: skip
    return run


def first_day(space: Space, group: Group | None, *, today: date) -> date:
    """Return up to which day work is counted where nobody chose one; see ``day_of_counting``."""
    if group is not None and group.starts is not None:
        due = Item.objects.filter(space=space, occasion=group.occasion).aggregate(last=Max("due_day"))["last"]
        return day_of_counting(group.starts, due, None, today=today)
    # Items are few, and mostly say of which term they are; only where none does all records are gone through.
    terms = Item.objects.filter(space=space, occasion__regex=TERMS).aggregate(last=Max("occasion"))["last"]
    return day_of_counting(None, None, terms or last_term_of_records(space), today=today)


def last_term_of_records(space: Space) -> str | None:
    """Return the last term that the records of a space name, as terms are written."""
    records = EvidenceRecord.objects.current().filter(person__space=space, occasion__regex=TERMS)
    last: str | None = records.aggregate(last=Max("occasion"))["last"]
    return last


def day_of_counting(starts: date | None, last_due: int | None, last_term: str | None, *, today: date) -> date:
    """Return up to which day work is counted: today, or, where records end earlier, when all of their last term is due.

    Of a presentation (``starts``) that is over it is the end of its fifth week.

    >>> day_of_counting(None, None, "2025-2026-2", today=date(2026, 11, 27))
    datetime.date(2026, 8, 4)
    >>> day_of_counting(date(2026, 9, 1), 120, None, today=date(2026, 11, 27))
    datetime.date(2026, 11, 27)
    >>> day_of_counting(date(2025, 9, 1), 120, None, today=date(2026, 11, 27))
    datetime.date(2025, 10, 6)
    """
    if starts is not None:
        over = last_due is None or starts + timedelta(days=last_due) < today
        return min(today, starts + FIFTH_WEEK) if over else today
    last = last_day_of_term(last_term) if last_term else None
    return min(today, last + SETTLED) if last is not None else today


def _scope_of(account: Account, space: Space, code: str) -> _Scope | None:
    """Return a scope that an account may choose. Raises PermissionDenied for who sees no lists."""
    if not may_see_lists(account, space):
        raise PermissionDenied
    if code == ALL:
        return _named_scope(space, code) if account.role == Account.Role.DIRECTOR else None
    found = scopes_of(account, space).filter(pk=code).first() if code.isdigit() else None
    return _Scope(code, found, (found,)) if found is not None else None


def _named_scope(space: Space, code: str) -> _Scope:
    if code == ALL:
        return _Scope(ALL, None, tuple(Group.objects.filter(space=space, kind=Group.Kind.CLASS).order_by("code")))
    found = Group.objects.get(space=space, pk=int(code))
    return _Scope(code, found, (found,))


def _faults(scope: _Scope | None, as_of: date | None) -> Iterator[Fault]:
    if scope is None or not scope.groups:
        yield Fault(code="no-scope", says=NO_SCOPE, where="scope")
    elif scope.group is not None and scope.group.kind == Group.Kind.PRESENTATION and scope.group.starts is None:
        yield Fault(code="no-start", says=NO_START, where="scope", facts={"group": scope.group.name})
    if as_of is None:
        yield Fault(code="no-day", says=NO_DAY, where="as_of")


def looked_at(groups: Sequence[Group], *, as_of: date, at: datetime) -> QuerySet[Membership]:
    """Return whom a list of these groups looks at on a day, each with the person: who belonged to them as far as that
    is on record. Of who is under 14, without a guardian's consent, nothing is worked out.
    """
    there = (Q(joined__isnull=True) | Q(joined__lte=as_of)) & (Q(left__isnull=True) | Q(left__gt=as_of))
    too_young = Q(person__in=Person.objects.filter(unconsented(localdate(at))))
    found = Membership.objects.filter(there, among("group", [group.pk for group in groups]))
    return found.exclude(too_young).select_related("person")


def _last_talks(space: Space, *, up_to: date) -> dict[int, date]:
    """Return the day of the last talk with each person (number) that a case holds."""
    talks = CaseDecision.objects.filter(case__space=space, kind=CaseDecision.Kind.TALK, day__lte=up_to)
    return dict(talks.order_by().values("case__person").annotate(last=Max("day")).values_list("case__person", "last"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """What a list was made from: the signs of each person (number), what was expected, and the model that spoke."""

    signs: Mapping[int, SupportSigns]
    expected: Expected
    model: SupportModel | None
    seconds: float


def _keep(
    space: Space, scope: _Scope, listed: SupportList, work: _Counted, *, by: Account | None, at: datetime
) -> PriorityRun:  # fmt: skip
    """Keep a list with its entries in place of the one of the same scope and day."""
    before = PriorityRun.objects.filter(space=space, scope=scope.code)
    since = _listed_since(before)
    before.filter(as_of=listed.as_of).delete()
    newest = EvidenceRecord.objects.filter(person__space=space).aggregate(last=Max("pk"))["last"]
    run = PriorityRun.objects.create(
        space=space, group=scope.group, scope=scope.code, as_of=listed.as_of, at=at, by=by,
        rules_version=listed.version, last_record=newest or 0, people=listed.n_learners, clear=len(listed.clear),
        not_counted=pairs_of(_left_out(listed, work.expected)), doubts=_doubts(listed, work), seconds=work.seconds,
    )  # fmt: skip
    entries = _entries(run, listed, work, since=since)
    PriorityEntry.objects.bulk_create(entries, batch_size=BATCH)
    kept = before.order_by("-at", "-pk").values_list("pk", flat=True)[:KEPT]
    before.exclude(pk__in=list(kept)).delete()
    return run


def _listed_since(before: QuerySet[PriorityRun]) -> dict[int, datetime]:
    """Return since when each person of the newest list of a scope stands on it without a break."""
    newest = before.order_by("-at", "-pk").first()
    if newest is None:
        return {}
    return dict(newest.entries.exclude(band=PriorityEntry.Band.UNKNOWN).values_list("person", "since"))


def _entries(
    run: PriorityRun, listed: SupportList, work: _Counted, *, since: Mapping[int, datetime]
) -> Iterator[PriorityEntry]:  # fmt: skip
    told = work.signs
    numbers = {signs.learner: person for person, signs in told.items()}
    chinese = _in_chinese(listed.entries, numbers, work)
    for entry in listed.entries:
        person, zh = numbers[entry.learner], chinese[entry.learner]
        yield PriorityEntry(
            run=run, person_id=person, band=entry.band.value, since=since.get(person, run.at),
            reasons=_both([reason.says for reason in entry.reasons], [reason.says for reason in zh.reasons]),
            against=_both(entry.contrary, zh.contrary), counts=pairs_of(_counted(told[person])),
            step_en=entry.step.en, step_zh=zh.step.zh,
        )  # fmt: skip
    for one in listed.abstained:
        person = numbers[one.learner]
        yield PriorityEntry(
            run=run, person_id=person, band=PriorityEntry.Band.UNKNOWN, since=run.at, reasons=pairs_of([one.why]),
        )  # fmt: skip


def _in_chinese(
    entries: Sequence[SupportEntry], numbers: Mapping[str, int], work: _Counted
) -> dict[str, SupportEntry]:  # fmt: skip
    """Return the same entries with the Chinese names of the work in them."""
    if not entries:
        return {}
    signs = [in_chinese(work.signs[numbers[entry.learner]], work.expected) for entry in entries]
    listed = support_list(signs, as_of=signs[0].as_of, rules=_rules_for(work.expected), model=work.model)
    return {entry.learner: entry for entry in listed.entries}


def _rules_for(expected: Expected) -> Sequence[SupportRule]:
    """Return the rules that can be asked. Where records name no day, results of one term have no order among them."""
    return [rule for rule in SUPPORT_RULES if expected.dated or rule.code not in IN_ORDER]


def _left_out(listed: SupportList, expected: Expected) -> tuple[Text, ...]:
    return listed.not_counted if expected.dated else (*listed.not_counted, NO_ORDER)


def _doubts(listed: SupportList, work: _Counted) -> list[list[str]]:
    """Return what looks wrong in the work, with the names of the work in both languages."""
    if not listed.doubts:
        return []
    signs = [in_chinese(one, work.expected) for one in work.signs.values()]
    return _both(listed.doubts, support_list(signs, as_of=listed.as_of, rules=_rules_for(work.expected)).doubts)


def _both(english: Sequence[Text], chinese: Sequence[Text]) -> list[list[str]]:
    if len(english) != len(chinese):  # two tasks that are called the same in one language only
        return pairs_of(english)
    return [[en.en, zh.zh] for en, zh in zip(english, chinese, strict=True)]


def _counted(signs: SupportSigns) -> tuple[Text, ...]:
    """Return the counts behind an entry in words."""
    due, missing = signs.due, signs.missing
    late = [work for work in due if work.late]
    counts = COUNTED.filled(due=len(due), came=len(due) - len(missing), late=len(late))
    last = LAST.filled(day=signs.last_work) if signs.last_work is not None else LAST_UNKNOWN
    return (counts, last)
