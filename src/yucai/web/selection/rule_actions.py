"""Keeping a rule as a new version, and asking for a run of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction

from yucai.errors import Fault, FaultyInputError
from yucai.selection import RuleSet, faults_of_rule, read_rule, write_rule
from yucai.texts import Text
from yucai.web.accounts.access import closed_to, read_people
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Group, Person, Space
from yucai.web.accounts.traits import added_traits
from yucai.web.jobs.actions import ask_for
from yucai.web.registers.algorithms import SELECTION
from yucai.web.registers.switches import require_running
from yucai.web.selection.rule_doors import may_run_rules, rule_groups
from yucai.web.selection.rule_given import looked_at
from yucai.web.selection.rule_models import SelectionEntry, SelectionRule, SelectionRun
from yucai.web.selection.rule_running import work_out

__all__ = ["AT_ONCE", "ask_for_run", "keep_rule", "newest_rules", "read_kept"]

AT_ONCE: Final = 150  # people, about a second; a run on more is done by the worker, while the page goes on
MOST_NAMED: Final = 20
RULE: Final = Text("rule", "规则")
RUN: Final = Text("run of a rule", "规则运行")
SAME: Final = Text(
    "This is word for word version {version} of the rule. Nothing was kept.",
    "与该规则第 {version} 版完全相同，未保存。",
)
NO_DAY: Final = Text(
    "Choose a day that is not in the future, written like 2026-08-04.", "请选择不晚于今天的日期，如 2026-08-04。"
)
NO_SCOPE: Final = Text("Choose whose records: everybody, or an entry year or class that you see.",
                       "请选择范围：全体，或您可查看的年级、班级。")  # fmt: skip
STRANGERS: Final = Text(
    "The rule does not look at {n:this number|these numbers}: {which}. Compare with the class list.",
    "规则范围内没有以下 {n} 个学号：{which}。请与学生名单核对。",
)
NO_FLAG: Final = Text(
    "This rule knows no entry by hand. Leave the numbers out.", "本规则没有人工登记项，请不要填写学号。"
)


@transaction.atomic
def keep_rule(*, space: Space, rules: RuleSet, by: Account, at: datetime) -> SelectionRule:
    """Keep a rule: its first version, or the next one of its code. What runs rested on stays.

    Raises PermissionDenied, FaultyInputError with every fault: also where the rule names what the school protects.
    """
    if not may_run_rules(by, space):
        raise PermissionDenied
    before = SelectionRule.objects.select_for_update().filter(space=space, code=rules.code).order_by("-version").first()
    faults = faults_of_rule(rules, besides=added_traits(space))
    if before is not None and before.digest == rules.digest:
        faults.append(Fault(code="same", says=SAME, facts={"version": before.version}))
    if faults:
        raise FaultyInputError(RULE, faults)
    made = SelectionRule.objects.create(
        space=space, code=rules.code, version=1 if before is None else before.version + 1,
        title_en=rules.title.en[:300], title_zh=rules.title.zh[:300], text=write_rule(rules),
        digest=rules.digest, at=at, by=by,
    )  # fmt: skip
    note("selection.rule", by=by, at=at, space=space, target=f"selection-rule:{made.pk}",
         detail={"version": made.version, "digest": made.digest[:16]})  # fmt: skip
    return made


def newest_rules(space: Space) -> list[SelectionRule]:
    """Return the newest version of each rule of a space."""
    found: dict[str, SelectionRule] = {}
    for one in SelectionRule.objects.filter(space=space).order_by("version"):
        found[one.code] = one
    return sorted(found.values(), key=lambda one: (-one.at.timestamp(), one.code))


def read_kept(rule: SelectionRule) -> RuleSet:
    """Return a rule as it was kept."""
    return read_rule(rule.text)


def ask_for_run(
    *,
    rule: SelectionRule,
    scope: str,
    as_of: date | None,
    known: bool,
    flagged: Iterable[str],
    by: Account,
    at: datetime,
) -> SelectionRun:
    """Return a run, worked out now, or, on the records of many people, by a job that the page tells of.

    Raises PermissionDenied, MethodOffError, FaultyInputError with all faults.
    """
    if not may_run_rules(by, rule.space):
        raise PermissionDenied
    group = rule_groups(by, rule.space).filter(pk=scope).first() if scope.isdigit() else None
    numbers = list(dict.fromkeys(one.strip() for one in flagged if one.strip()))
    faults = []
    if as_of is None or as_of > at.date():
        faults.append(Fault(code="no-day", says=NO_DAY, where="as_of"))
    if group is None and scope != "all":
        faults.append(Fault(code="no-scope", says=NO_SCOPE, where="scope"))
    if numbers and read_kept(rule).flag is None:
        faults.append(Fault(code="no-flag", says=NO_FLAG, where="flagged"))
    if faults or as_of is None:
        raise FaultyInputError(RUN, faults)
    require_running(rule.space, SELECTION.code, at=at)
    people = {one.code: one for one in looked_at(rule.space, group, as_of=as_of, at=at)}
    if strangers := [number for number in numbers if number not in people]:
        which = ", ".join(one[:40] for one in strangers[:MOST_NAMED]) + (" …" if len(strangers) > MOST_NAMED else "")
        fault = Fault(code="strangers", says=STRANGERS, where="flagged", facts={"n": len(strangers), "which": which})
        raise FaultyInputError(RUN, [fault])
    shut = set(closed_to(by, page="selection", at=at).values_list("pk", flat=True))
    read_people(by, [one for one in people.values() if one.pk not in shut], page="selection", at=at)
    run = _asked(rule, group, as_of, known, [people[number] for number in numbers], by=by, at=at)
    if len(people) > AT_ONCE:
        ask_for(f"selection:{run.pk}", space=rule.space, owner=by, at=at)
        return run
    return work_out(run, at=at)


@transaction.atomic
def _asked(
    rule: SelectionRule,
    group: Group | None,
    as_of: date,
    known: bool,
    flagged: list[Person],
    *,
    by: Account,
    at: datetime,
) -> SelectionRun:
    run = SelectionRun.objects.create(rule=rule, group=group, as_of=as_of, known=known, asked_at=at, by=by)
    SelectionEntry.objects.bulk_create(SelectionEntry(run=run, person=person, flagged=True) for person in flagged)
    return run
