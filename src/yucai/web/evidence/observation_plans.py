"""Observation plans: drawn, opened as they were looked at, closed; records deleted when their day has come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import numpy as np
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timezone import localdate, localtime

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.evidence import (
    CodingScheme,
    ConsentedChild,
    FocalSchedule,
    ObserverTurn,
    SamplingMode,
    assign_observers,
    draw_schedule,
    load_coding_scheme,
    read_children,
    shipped_coding_schemes,
)
from yucai.texts import Text
from yucai.web.accounts.access import may_plan_observations, observer_accounts
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Space
from yucai.web.evidence.observation_models import (
    ObservationChild,
    ObservationEvent,
    ObservationPlan,
    ObservationSession,
    ObservationTurn,
)

__all__ = [
    "NotDueError",
    "PlanClosedError",
    "PlanWanted",
    "Planned",
    "close_plan",
    "delete_due_records",
    "due_for_deletion",
    "note_export",
    "observer_name",
    "open_plan",
    "planned",
    "record_plan",
    "schedule_of",
    "scheme_of",
    "withdraw_consent",
]

MOST_NAME: Final = 100
MOST_TURNS: Final = 5000
MOST_SECONDS: Final = 4 * 60 * 60
NO_NAME: Final = Text("Give the plan a name of at most {most} characters.", "请为计划命名，不超过 {most} 个字符。")
NAME_TAKEN: Final = Text(
    "A plan named “{name}” is there already. Choose another name.", "已有名为“{name}”的计划，请另取名称。"
)
NO_SCHEME: Final = Text(
    "There is no coding scheme “{scheme}” here. Choose one of the list.", "没有“{scheme}”这一编码方案，请从列表中选择。"
)
LENGTH: Final = Text(
    "A child is watched for {value} seconds; it must be from 1 to {most}.",
    "每次观察 {value} 秒；须在 1 到 {most} 之间。",
)
NEEDS_INTERVAL: Final = Text(
    "This way of watching needs intervals that fit {seconds} seconds a whole number of times, such as 15.",
    "此取样方式需要间隔，且须能整除 {seconds} 秒，例如 15。",
)
NO_INTERVAL: Final = Text(
    "This way of watching has no intervals. Leave the field empty.", "此取样方式没有间隔，请留空。"
)
TOO_EARLY: Final = Text(
    "The records would be deleted on {value}, but the last turn is on {last}. Choose a later day.",
    "记录将于 {value} 删除，而最后一次观察在 {last}。请选择更晚的日期。",
)
STRANGERS: Final = Text(
    "Not everybody chosen may watch here. Choose among those listed.", "所选观察者中有人无权观察。请从所列人员中选择。"
)
MANY: Final = Text(
    "{n} turn{n:|s} {n:is|are} too many for one plan; keep to {most}.", "共 {n} 次，过多；一个计划最多 {most} 次。"
)


class PlanClosedError(YucaiError):
    """A plan is over."""

    says = Text("{who} closed this plan at {at}. Nothing was changed.", "{who} 已于 {at} 结束本计划。未作任何改动。")
    exit_code = 65


class NotDueError(YucaiError):
    """The day of deletion has not come."""

    says = Text(
        "The records of this plan are to be deleted on {day}. Nothing was deleted before that day.",
        "本计划的记录应于 {day} 删除。该日之前没有删除任何记录。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWanted:
    """What a director asks for; ``seed`` draws the same turns when the plan is looked at and when it is opened."""

    space: Space
    name: str
    scheme: str
    mode: SamplingMode
    seconds: int
    interval_s: int | None
    children: tuple[ConsentedChild, ...]
    times: tuple[tuple[datetime, str], ...]
    observers: tuple[Account, ...]
    second_share: float
    delete_on: date
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What was drawn: the schedule, and who watches which turn of it."""

    schedule: FocalSchedule
    turns: tuple[ObserverTurn, ...]


def observer_name(account: Account) -> str:
    """Return how records name an observer."""
    return account.username


def scheme_of(plan: ObservationPlan) -> CodingScheme:
    """Return the coding scheme of a plan."""
    return load_coding_scheme(plan.scheme)


def planned(wanted: PlanWanted) -> Planned:
    """Return the turns that the seed draws for what is wanted. Raises FaultyInputError with all faults."""
    faults = [*_faults_of_wanted(wanted)]
    names = [observer_name(account) for account in wanted.observers]
    schedule, turns = FocalSchedule(seed=wanted.seed, slots=()), tuple[ObserverTurn, ...]()
    try:
        children = [child.child for child in wanted.children]
        schedule = draw_schedule(children, wanted.times, seconds=wanted.seconds, seed=wanted.seed)
        rng = np.random.default_rng([wanted.seed, 1])
        turns = assign_observers(schedule, names, second_share=wanted.second_share, rng=rng)
    except FaultyInputError as refused:
        faults += refused.faults
    if faults:
        raise FaultyInputError(wanted.name, faults)
    return Planned(schedule=schedule, turns=turns)


@transaction.atomic
def open_plan(*, wanted: PlanWanted, by: Account, at: datetime) -> ObservationPlan:
    """Open a plan with its children and the turns that were looked at.

    Raises PermissionDenied for all but the directors of the space, FaultyInputError.
    """
    if not may_plan_observations(by, wanted.space):
        raise PermissionDenied
    return record_plan(wanted=wanted, turns=planned(wanted).turns, by=by, at=at)


@transaction.atomic
def record_plan(*, wanted: PlanWanted, turns: Sequence[ObserverTurn], by: Account, at: datetime) -> ObservationPlan:
    """Write a plan down with the turns that were drawn for it."""
    plan = ObservationPlan.objects.create(
        space=wanted.space,
        name=wanted.name.strip(),
        scheme=wanted.scheme,
        scheme_version=load_coding_scheme(wanted.scheme).version,
        mode=wanted.mode,
        seconds=wanted.seconds,
        interval_s=wanted.interval_s,
        second_share=wanted.second_share,
        seed=wanted.seed,
        delete_on=wanted.delete_on,
        opened_at=at,
        opened_by=by,
    )
    ObservationChild.objects.bulk_create(
        ObservationChild(plan=plan, pseudonym=child.child, consent=child.consent) for child in wanted.children
    )
    children = {child.pseudonym: child for child in plan.children.all()}
    accounts = {observer_name(account): account for account in wanted.observers}
    ObservationTurn.objects.bulk_create(
        ObservationTurn(
            plan=plan,
            number=turn.number,
            child=children[turn.slot.child],
            starts=turn.slot.starts,
            seconds=wanted.seconds,
            setting=turn.slot.setting,
            observer=accounts[turn.observer],
            second=turn.second,
        )
        for turn in turns
    )
    _note(plan, ObservationEvent.Kind.OPENED, by=by, at=at, count=len(turns))
    return plan


@transaction.atomic
def close_plan(*, plan: ObservationPlan, by: Account, at: datetime) -> None:
    """Close a plan: no turn of it is recorded any more; what was recorded before still comes in.

    Raises PermissionDenied, PlanClosedError.
    """
    if not may_plan_observations(by, plan.space):
        raise PermissionDenied
    held = ObservationPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if held.closed_at is not None:
        raise closed_error(held)
    held.closed_at, held.closed_by = at, by
    held.save(update_fields=["closed_at", "closed_by"])
    _note(held, ObservationEvent.Kind.CLOSED, by=by, at=at, count=1)


def due_for_deletion(plan: ObservationPlan, *, at: datetime) -> int:
    """Return how many records of a plan are due for deletion."""
    if plan.delete_on > localdate(at):
        return 0
    return ObservationSession.objects.filter(turn__plan=plan).count()


@transaction.atomic
def delete_due_records(*, plan: ObservationPlan, by: Account, at: datetime) -> int:
    """Delete the records of a plan whose day has come, and the numbers of its consent forms; return how many.

    Raises PermissionDenied, NotDueError.
    """
    if not may_plan_observations(by, plan.space):
        raise PermissionDenied
    held = ObservationPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if held.delete_on > localdate(at):
        raise NotDueError(day=held.delete_on)
    sessions = ObservationSession.objects.filter(turn__plan=held)
    n = sessions.count()
    sessions.delete()
    held.children.update(consent="")
    _note(held, ObservationEvent.Kind.DELETED, by=by, at=at, count=n)
    return n


@transaction.atomic
def withdraw_consent(*, child: ObservationChild, by: Account, at: datetime) -> int:
    """End the consent for a child at once: its records go, it is watched no more; return how many records went.

    Done twice, the second time changes nothing. Raises PermissionDenied.
    """
    if not may_plan_observations(by, child.plan.space):
        raise PermissionDenied
    plan = ObservationPlan.objects.select_for_update(no_key=True).get(pk=child.plan_id)
    if not ObservationChild.objects.filter(pk=child.pk, withdrawn_at__isnull=True).update(consent="", withdrawn_at=at):
        return 0
    sessions = ObservationSession.objects.filter(turn__child=child)
    n = sessions.count()
    sessions.delete()
    _note(plan, ObservationEvent.Kind.WITHDRAWN, by=by, at=at, count=n)
    return n


def note_export(*, plan: ObservationPlan, by: Account, at: datetime) -> None:
    """Write down that somebody took the records of a plan out of here."""
    n = ObservationSession.objects.filter(turn__plan=plan).count()
    _note(plan, ObservationEvent.Kind.EXPORTED, by=by, at=at, count=n)


def schedule_of(plan: ObservationPlan) -> FocalSchedule:
    """Return the schedule of a plan, drawn again from its seed."""
    firsts = plan.turns.filter(second=False).order_by("number")
    times = [(localtime(starts), setting) for starts, setting in firsts.values_list("starts", "setting")]
    children = list(plan.children.order_by("pk").values_list("pseudonym", flat=True))
    return draw_schedule(children, times, seconds=plan.seconds, seed=plan.seed)


def closed_error(plan: ObservationPlan) -> PlanClosedError:
    """Return the refusal that says who closed a plan and when."""
    who = plan.closed_by.name if plan.closed_by else Text("somebody", "有人")
    return PlanClosedError(who=who, at=f"{localtime(plan.closed_at):%Y-%m-%d %H:%M}" if plan.closed_at else "")


def _note(plan: ObservationPlan, kind: ObservationEvent.Kind, *, by: Account, at: datetime, count: int) -> None:
    ObservationEvent.objects.create(plan=plan, kind=kind, by=by, at=at, count=count)
    target = f"observation-plan:{plan.pk}"
    note(f"observation.{kind}", by=by, at=at, space=plan.space_id, target=target, detail={"n": count})


def _faults_of_wanted(wanted: PlanWanted) -> Iterator[Fault]:
    if not wanted.name.strip() or len(wanted.name) > MOST_NAME:
        yield Fault(code="no-name", says=NO_NAME, where="name", facts={"most": MOST_NAME})
    elif ObservationPlan.objects.filter(space=wanted.space, name=wanted.name.strip()).exists():
        yield Fault(code="name-taken", says=NAME_TAKEN, where="name", facts={"name": wanted.name})
    if wanted.scheme not in shipped_coding_schemes():
        yield Fault(code="no-scheme", says=NO_SCHEME, where="scheme", facts={"scheme": wanted.scheme})
    yield from _faults_of_lengths(wanted)
    yield from _faults_of_children(wanted)
    may = set(observer_accounts(wanted.space).values_list("pk", flat=True))
    if not {account.pk for account in wanted.observers} <= may:
        yield Fault(code="stranger", says=STRANGERS, where="observers")
    if len(wanted.times) > MOST_TURNS:
        yield Fault(code="many", says=MANY, where="times", facts={"n": len(wanted.times), "most": MOST_TURNS})
    last = max((localdate(moment) for moment, _ in wanted.times), default=None)
    if last is not None and wanted.delete_on <= last:
        facts = {"value": wanted.delete_on, "last": last}
        yield Fault(code="too-early", says=TOO_EARLY, where="delete_on", facts=facts)


def _faults_of_children(wanted: PlanWanted) -> Iterator[Fault]:
    """Yield what keeps a list of children from being one of pseudonyms; who stands twice, the drawing says."""
    try:
        read_children("\n".join(f"{child.child} {child.consent}" for child in wanted.children))
    except FaultyInputError as refused:
        yield from (fault for fault in refused.faults if fault.code not in ("duplicate", "nobody"))


def _faults_of_lengths(wanted: PlanWanted) -> Iterator[Fault]:
    if not 1 <= wanted.seconds <= MOST_SECONDS:
        facts = {"value": wanted.seconds, "most": MOST_SECONDS}
        yield Fault(code="length", says=LENGTH, where="seconds", facts=facts)
    step = wanted.interval_s
    if wanted.mode.by_interval and (not step or step < 1 or wanted.seconds % step):
        yield Fault(code="interval", says=NEEDS_INTERVAL, where="interval_s", facts={"seconds": wanted.seconds})
    elif not wanted.mode.by_interval and step is not None:
        yield Fault(code="no-interval", says=NO_INTERVAL, where="interval_s")
