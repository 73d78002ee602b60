"""How well a list would have been right on an institution's own past, and whether a model may join the rules.

The past are the presentations whose results are known: the list of each as of one day after its start, and how it
ended for its people. The library compares rules and model with learners held out and decides by a written rule. What
joins is watched with the presentations that end later, and goes off by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from time import perf_counter
from typing import Final

import msgspec
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.utils.timezone import localdate

from yucai.errors import YucaiError
from yucai.matching import (
    SUPPORT_RULES_VERSION,
    Figure,
    PastCase,
    SplitFigures,
    SupportComparison,
    SupportModel,
    admit_model,
    compare_with_rules,
    fit_support_model,
    watch_drift,
)
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Group, Membership, Space
from yucai.web.evidence.models import Item
from yucai.web.jobs.actions import Report, ask_for
from yucai.web.jobs.models import Job
from yucai.web.matching.priority_counting import expected_of, signs_of
from yucai.web.matching.priority_models import ListCheck, pairs_of
from yucai.web.registers.algorithms import PRIORITY
from yucai.web.registers.switches import require_running

__all__ = [
    "ask_for_check",
    "check_list",
    "latest_check",
    "model_in_force",
    "past_cases",
    "run_check_job",
    "was_lost",
    "watch_model",
]

DAY: Final = 35  # the fifth week
SEED: Final = 20260901
LOST: Final = frozenset({"withdrawn", "fail", "退课", "退学", "不及格", "未通过"})
EVENT: Final = Text("later left or failed", "之后退出或未通过")
PRECISION: Final = Text(
    "{says}: of 100 whom the {method} lists, {value} {event} ({low} to {high}).",
    "{says}：{method}列出的每 100 人中，有 {value} 人{event}（{low} 至 {high}）。",
)
LEAD: Final = Text(
    "Half of those listed whose day of leaving is known left {days} days or more after the list.",
    "列出且退出日期可知者，半数在名单之后 {days} 天或更晚退出。",
)
SLOPE: Final = Text(
    "Chances of the model: slope {slope} ({low} to {high}; 1 is right); {expected} were expected, {observed} came.",
    "模型的概率：斜率 {slope}（{low} 至 {high}；1 为准确）；预期 {expected} 人，实际 {observed} 人。",
)
METHODS: Final = {"rules": Text("rules", "规则"), "model": Text("model", "模型")}
JOINED: Final = Text("The model joins the rules from now on.", "自此模型与规则并用。")
ALONE: Final = Text("The rules stay alone: no model joins.", "仅用规则，不加入模型。")
DONE: Final = Text("Tested on {n} past cases. {verdict}", "已用 {n} 例历史数据检验。{verdict}")
OFF: Final = Text("The model drifted and went off by itself.", "模型发生漂移，已自动停用。")


def ask_for_check(*, space: Space, by: Account, at: datetime) -> Job:
    """Ask for a test on the own past. Raises PermissionDenied for anybody but a director, MethodOffError."""
    if by.role != Account.Role.DIRECTOR or not by.is_let_into(space.pk):
        raise PermissionDenied
    require_running(space, PRIORITY.code, at=at)
    return ask_for("priority-check", space=space, owner=by, at=at)


def run_check_job(job: Job, report: Report, *, at: datetime) -> Text:
    """Watch the model that is in force; where none is, or it holds, test anew. Raises MethodOffError."""
    report(0.05, Text("Counting past work", "统计历史作业"))
    if model_in_force(job.space) is not None and watch_model(job.space, at=at):
        return OFF
    made = check_list(job.space, by=job.owner, at=at)
    return DONE.filled(n=made.cases, verdict=JOINED if made.joins else ALONE)


def latest_check(space: Space) -> ListCheck | None:
    """Return the newest test of the lists of a space."""
    return ListCheck.objects.filter(space=space).order_by("-at", "-pk").first()


def model_in_force(space: Space) -> SupportModel | None:
    """Return the model that speaks in the lists of a space: the one of the newest test, while it is not off."""
    check = latest_check(space)
    if check is None or not check.model or check.off_at is not None:
        return None
    return msgspec.json.decode(check.model, type=SupportModel)


def check_list(space: Space, *, by: Account | None, at: datetime, day: int = DAY) -> ListCheck:
    """Compare rules and model on the own past and keep what was found. Raises MethodOffError."""
    require_running(space, PRIORITY.code, at=at)
    began = perf_counter()
    past = list(past_cases(space, day=day, at=at))
    model: SupportModel | None = None
    tests, told = True, tuple[Text, ...]()
    try:
        found = compare_with_rules(past, seed=SEED)
    except YucaiError as few:
        tests, told = False, (Text(few.in_language("en"), few.in_language("zh")),)
    else:
        told = tuple(_told(found))
        if found.joins:
            fitted = fit_support_model(past, version=f"{localdate(at)}", made_on=localdate(at), event=EVENT)
            model = admit_model(fitted, found)
    with transaction.atomic():
        made = ListCheck.objects.create(
            space=space, at=at, by=by, rules_version=SUPPORT_RULES_VERSION, day=day, event=EVENT.en, cases=len(past),
            events=sum(case.happened for case in past), tests=tests, joins=model is not None, says=pairs_of(told),
            model=msgspec.json.encode(model).decode() if model is not None else "", seconds=perf_counter() - began,
        )  # fmt: skip
        note("priority.checked", by=by, at=at, space=space, target=f"list-check:{made.pk}",
             detail={"cases": made.cases, "joins": int(made.joins)})  # fmt: skip
    return made


def watch_model(space: Space, *, at: datetime) -> bool:
    """Look whether the model in force still holds in presentations that it was not made from; return whether it went
    off now. That is an event of the trail, and a sentence on the page.
    """
    model, check = model_in_force(space), latest_check(space)
    if model is None or check is None:
        return False
    recent = [case for case in past_cases(space, day=check.day, at=at) if case.cohort not in model.cohorts]
    try:
        drift = watch_drift(model, recent, seed=SEED)
    except YucaiError as fault:  # what cannot be watched does not speak
        says: tuple[Text, ...] = (Text(fault.in_language("en"), fault.in_language("zh")),)
    else:
        says = drift.says if drift.off else ()
    if not says:
        return False
    with transaction.atomic():
        ListCheck.objects.filter(pk=check.pk, off_at__isnull=True).update(off_at=at, off_says=pairs_of(says))
        note("priority.model-off", by=None, at=at, space=space, target=f"list-check:{check.pk}",
             detail={"cases": len(recent)})  # fmt: skip
    return True


def past_cases(space: Space, *, day: int, at: datetime) -> Iterator[PastCase]:
    """Yield everybody of each presentation that is over, as known some days after its start, and how it ended."""
    for group in Group.objects.filter(space=space, kind=Group.Kind.PRESENTATION, starts__isnull=False).order_by("code"):
        last = Item.objects.filter(space=space, occasion=group.occasion).aggregate(last=Max("due_day"))["last"]
        if last is None or group.starts is None or group.starts + timedelta(days=last) >= localdate(at):
            continue
        as_of = group.starts + timedelta(days=day)
        yield from _of_group(space, group, as_of=as_of, at=at)


def _of_group(space: Space, group: Group, *, as_of: date, at: datetime) -> Iterator[PastCase]:
    known = Membership.objects.filter(group=group).exclude(outcome="").select_related("person")
    members = [one for one in known if (one.joined is None or one.joined <= as_of)
               and (one.left is None or one.left > as_of)]  # fmt: skip
    if not members:
        return
    expected = expected_of(space, [group], as_of=as_of, at=at)
    ended = {member.person_id: member for member in members}
    for person, signs in signs_of(space, members, expected, as_of=as_of, contacts={}, at=at):
        lost = was_lost(ended[person].outcome)
        yield PastCase(signs=signs, cohort=group.code, happened=lost, on=ended[person].left if lost else None)


def was_lost(outcome: str) -> bool:
    """Return whether a final result on record is one that a list should foresee: who left, or failed."""
    return outcome.strip().lower() in LOST


def _told(found: SupportComparison) -> Iterator[Text]:
    """Yield what a comparison found in sentences, and what decided it."""
    for split in (found.learners, found.later):
        if split is not None:
            yield from _figures(split)
    yield from found.because


def _figures(split: SplitFigures) -> Iterator[Text]:
    for code, name in METHODS.items():
        method = split.method(code)
        yield PRECISION.filled(says=split.says, method=name, event=EVENT, **_of_100(method.precision))
        if method.lead_days is not None and code == "rules":
            yield LEAD.filled(days=round(method.lead_days))
    held = split.calibration
    slope = {name: f"{value:.2f}" for name, value in zip(("slope", "low", "high"), _ends(held.slope), strict=True)}
    yield SLOPE.filled(expected=round(held.expected), observed=held.observed, **slope)


def _of_100(figure: Figure) -> dict[str, str]:
    return {name: f"{100 * value:.0f}" for name, value in zip(("value", "low", "high"), _ends(figure), strict=True)}


def _ends(figure: Figure) -> tuple[float, float, float]:
    return figure.value, figure.low, figure.high
