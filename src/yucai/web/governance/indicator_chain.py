"""The chain of cultivation from the records: which dated events stand for which step, and what the records lack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import Min, Q
from django.utils.timezone import localdate

from yucai.evidence import WorkKind
from yucai.governance import (
    ChainStep,
    Released,
    Step,
    chain_axis,
    chain_steps,
    furthest_step,
)
from yucai.texts import Text
from yucai.web.accounts.models import Account, Group, Membership, Person, Space
from yucai.web.accounts.release_rules import policy_of
from yucai.web.evidence.models import OwnWork
from yucai.web.governance.indicator_doors import keeps_indicators
from yucai.web.governance.indicator_telling import UNKNOWN, group_axis
from yucai.web.governance.releases import released, released_alone

__all__ = ["FIRST_BY", "KNOWN", "STANDS_FOR", "ChainGroup", "chain_of"]

FIRST_BY: Final = "talent_type"
ENTRY: Final = (9, 1)
KNOWN: Final = (Step.FOUND, Step.SELECTED, Step.RAISED, Step.LAUNCHED)
OUTWARD: Final = (WorkKind.PAPER, WorkKind.OPEN_SOURCE, WorkKind.AWARD)
STANDS_FOR: Final[Mapping[Step, Text]] = {
    Step.FOUND: Text(
        "on record as a student: the first day of a membership, else 1 September of the entry year",
        "在籍：首次加入分组之日；无此日期时取入学年份的 9 月 1 日",
    ),
    Step.SELECTED: Text(
        "taken on by a mentor: in a group of mentees, as of that day, else as of entry",
        "进入导师组：加入导师组之日；无此日期时取入学日",
    ),
    Step.RAISED: Text("a first own work verified by somebody else", "首项个人成果经他人核验"),
    Step.LAUNCHED: Text(
        "a verified work that reached the outside: a paper, open source, an award beyond the college",
        "有走出校门的成果：论文、开源、校外奖项（经核验）",
    ),
    Step.ALUMNI: Text(
        "not on record: Yucai keeps no graduates and no later path of anybody yet",
        "暂无记录：目前不保存毕业生及其后续去向",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainGroup:
    """The steps of one group of people."""

    name: Text
    steps: tuple[ChainStep, ...]


def chain_of(
    space: Space, by: str, *, to: Account, at: datetime
) -> tuple[tuple[ChainGroup, ...], Released | None]:  # fmt: skip
    """Return the chain of an institution by a group of people, everybody first, as far as it may leave.

    A bureau has it by talent type alone: every further grouping, set against the others, hides nearly all of each.
    """
    by = by if keeps_indicators(to) else FIRST_BY
    people = list(Person.objects.filter(space=space).order_by("pk").values_list("pk", "cohort", by))
    days = _days(space, {pk: cohort for pk, cohort, _value in people})
    today = localdate(at)
    stands = [(pk, value or UNKNOWN, furthest_step(days[pk], on=today)) for pk, _cohort, value in people]
    known = [(pk, value, step) for pk, value, step in stands if step is not None]
    if not known:
        return (), None
    leaves = tuple(sorted({value for _pk, value, _step in known}))
    over = group_axis(by, leaves)
    steps = chain_axis(KNOWN)
    who = [pk for pk, *_rest in known]
    values = {by: [value for _pk, value, _step in known], steps.code: [step.value for *_rest, step in known]}
    if keeps_indicators(to):
        policy = policy_of(space, day=at.date())
        told = released_alone("chain", who, values, axes=[over, steps], policy=policy, at=at)
    else:
        told = released("chain", who, values, code="chain", axes=[over, steps], space=space, to=to, at=at)
    return tuple(ChainGroup(name=over.said(node), steps=chain_steps(told, node)) for node in _order(told)), told


def _order(told: Released) -> tuple[str, ...]:
    nodes = told.axes[0].nodes
    return (nodes[-1], *nodes[:-1])


def _days(space: Space, cohorts: Mapping[int, str]) -> dict[int, dict[Step, date | None]]:
    joined = _first(Membership.objects.filter(person__space=space, joined__isnull=False), "joined")
    mentored = set(
        Membership.objects.filter(person__space=space, group__kind=Group.Kind.MENTEES).values_list("person", flat=True)
    )
    taken_on = _first(
        Membership.objects.filter(person__space=space, group__kind=Group.Kind.MENTEES, joined__isnull=False), "joined"
    )
    verified = OwnWork.objects.filter(person__space=space, state=OwnWork.State.VERIFIED)
    verified = verified.exclude(taken_back__what="decision")
    outward = verified.filter(Q(kind__in=OUTWARD)).exclude(level="college")
    raised, launched = _first(verified, "done_on"), _first(outward, "done_on")
    found = {}
    for pk, cohort in cohorts.items():
        entry = joined.get(pk) or _entered(cohort)
        found[pk] = {
            Step.FOUND: entry,
            Step.SELECTED: taken_on.get(pk) or (entry if pk in mentored else None),
            Step.RAISED: raised.get(pk),
            Step.LAUNCHED: launched.get(pk),
        }
    return found


def _first(rows: object, field: str) -> dict[int, date]:
    return dict(rows.values("person").annotate(day=Min(field)).values_list("person", "day"))  # type: ignore[attr-defined]


def _entered(cohort: str) -> date | None:
    return date(int(cohort), *ENTRY) if cohort.isdecimal() and 1950 <= int(cohort) <= 9999 else None
