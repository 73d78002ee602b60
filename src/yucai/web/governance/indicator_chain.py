"""The chain of cultivation from the records: which dated events stand for which step, and what the records lack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

from django.db.models import Min, Q
from django.utils.timezone import localdate

from yucai.evidence import DestinationKind, WorkKind
from yucai.governance import (
    Axis,
    AxisKind,
    ChainStep,
    Released,
    ReleasePolicy,
    Step,
    chain_axis,
    chain_steps,
    furthest_step,
)
from yucai.texts import Text
from yucai.web.accounts.models import Account, Group, Membership, Person, Space
from yucai.web.accounts.release_rules import policy_of
from yucai.web.evidence.graduates import standing_graduates
from yucai.web.evidence.models import OwnWork
from yucai.web.governance.indicator_doors import keeps_indicators
from yucai.web.governance.indicator_telling import UNKNOWN, group_axis
from yucai.web.governance.releases import released, released_alone

__all__ = [
    "FIRST_BY",
    "KNOWN",
    "STANDS_FOR",
    "ChainGroup",
    "ChainRead",
    "chain_of",
    "destinations_of",
    "industries_of",
    "read_chain",
]

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
        "graduated, by a list of graduates of the office; where they went stands below",
        "已毕业：以单位导入的毕业去向名单为准；去向见下",
    ),
}


class GraduateRead(NamedTuple):
    """Where one graduate was at the last follow-up."""

    person: int
    kind: str
    industry: str
    graduated_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRead:
    """The people of an institution with the group of each, the graduates among them, and the rules for the office."""

    by: str
    people: tuple[tuple[int, str, str], ...]
    graduates: Mapping[int, GraduateRead]
    policy: ReleasePolicy | None  # None: a bureau asks, and the gate looks the rules up itself


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainGroup:
    """The steps of one group of people."""

    name: Text
    steps: tuple[ChainStep, ...]


def read_chain(space: Space, by: str, *, to: Account, at: datetime) -> ChainRead:
    """Return the people of an institution with a group of each, and what lists of graduates say of them.

    A bureau has it by talent type alone: every further grouping, set against the others, hides nearly all of each.
    """
    by = by if keeps_indicators(to) else FIRST_BY
    people = list(Person.objects.filter(space=space).order_by("pk").values_list("pk", "cohort", by))
    rows = standing_graduates(space, at=at).order_by("after", "pk")
    found = [GraduateRead(*row) for row in rows.values_list("person", "kind", "industry", "graduated_on")]
    policy = policy_of(space, day=at.date()) if keeps_indicators(to) else None
    return ChainRead(by=by, people=tuple(people), graduates={one.person: one for one in found}, policy=policy)


def chain_of(
    space: Space, read: ChainRead, *, to: Account, at: datetime
) -> tuple[tuple[ChainGroup, ...], Released | None]:  # fmt: skip
    """Return the chain of an institution by a group of people, everybody first, as far as it may leave.

    The last step is there where a list of graduates is on record; else the records do not tell of it at all.
    """
    days = _days(space, {pk: cohort for pk, cohort, _value in read.people})
    for pk, one in read.graduates.items():
        days[pk][Step.ALUMNI] = one.graduated_on
    today = localdate(at)
    stands = [(pk, value or UNKNOWN, furthest_step(days[pk], on=today)) for pk, _cohort, value in read.people]
    known = [(pk, value, step) for pk, value, step in stands if step is not None]
    if not known:
        return (), None
    over = group_axis(read.by, tuple(sorted({value for _pk, value, _step in known})))
    steps = chain_axis(tuple(Step) if read.graduates else KNOWN)
    who = [pk for pk, *_rest in known]
    values = {read.by: [value for _pk, value, _step in known], steps.code: [step.value for *_rest, step in known]}
    if read.policy is not None:
        told = released_alone("chain", who, values, axes=[over, steps], policy=read.policy, at=at)
    else:
        told = released("chain", who, values, code="chain", axes=[over, steps], space=space, to=to, at=at)
    return tuple(ChainGroup(name=over.said(node), steps=chain_steps(told, node)) for node in _order(told)), told


def destinations_of(space: Space, read: ChainRead, *, to: Account, at: datetime) -> Released | None:
    """Return where graduates went by a group of people, at their last follow-up, as far as it may leave; None: nobody.

    Unknown is a column of its own: it is never added to those who said that they have neither work nor a place.
    """
    group = {pk: value or UNKNOWN for pk, _cohort, value in read.people}
    who = sorted(read.graduates)
    if not who:
        return None
    over = group_axis(read.by, tuple(sorted({group[pk] for pk in who})))
    kinds = tuple(kind for kind in DestinationKind if kind.value in {one.kind for one in read.graduates.values()})
    went = _went(kinds)
    values = {read.by: [group[pk] for pk in who], went.code: [read.graduates[pk].kind for pk in who]}
    if read.policy is not None:
        return released_alone("destinations", who, values, axes=[over, went], policy=read.policy, at=at)
    return released("destinations", who, values, code="destinations", axes=[over, went], space=space, to=to, at=at)


def industries_of(read: ChainRead, *, at: datetime) -> Released | None:
    """Return in which industries graduates work, as far as the office may pass it on; None where no list says it."""
    in_work = (DestinationKind.EMPLOYED, DestinationKind.FOUNDED)
    who = sorted(pk for pk, one in read.graduates.items() if one.kind in in_work)
    if read.policy is None or not any(read.graduates[pk].industry for pk in who):
        return None
    values = {
        "industry": [read.graduates[pk].industry or UNKNOWN for pk in who],
        "destination": [read.graduates[pk].kind for pk in who],
    }
    industry = Axis(
        code="industry", name=Text("industry", "行业"), leaves=tuple(sorted(set(values["industry"]))),
        kind=AxisKind.COUNTED, names={UNKNOWN: Text("not on record", "未登记")},
    )  # fmt: skip
    went = _went(tuple(kind for kind in in_work if kind in values["destination"]))
    return released_alone("destinations", who, values, axes=[industry, went], policy=read.policy, at=at)


def _went(kinds: tuple[DestinationKind, ...]) -> Axis:
    return Axis(
        code="destination", name=Text("destination", "去向"), leaves=tuple(kind.value for kind in kinds),
        kind=AxisKind.COUNTED, names={kind.value: kind.says for kind in kinds},
    )  # fmt: skip


def _order(told: Released) -> tuple[str, ...]:
    nodes = told.axes[0].nodes
    return (nodes[-1], *nodes[:-1])


def _days(space: Space, cohorts: Mapping[int, str]) -> dict[int, dict[Step, date | None]]:
    joined = _first(Membership.objects.filter(person__space=space, joined__isnull=False), "joined")
    mentees = Membership.objects.filter(person__space=space, group__kind=Group.Kind.MENTEES)
    mentored = dict(mentees.values("person").annotate(day=Min("joined")).values_list("person", "day"))
    verified = OwnWork.objects.filter(person__space=space, state=OwnWork.State.VERIFIED)
    verified = verified.exclude(taken_back__what="decision")
    outward = verified.filter(Q(kind__in=OUTWARD)).exclude(level="college")
    raised, launched = _first(verified, "done_on"), _first(outward, "done_on")
    found = {}
    for pk, cohort in cohorts.items():
        entry = joined.get(pk) or _entered(cohort)
        found[pk] = {
            Step.FOUND: entry,
            Step.SELECTED: mentored.get(pk) or (entry if pk in mentored else None),
            Step.RAISED: raised.get(pk),
            Step.LAUNCHED: launched.get(pk),
        }
    return found


def _first(rows: object, field: str) -> dict[int, date]:
    return dict(rows.values("person").annotate(day=Min(field)).values_list("person", "day"))  # type: ignore[attr-defined]


def _entered(cohort: str) -> date | None:
    return date(int(cohort), *ENTRY) if cohort.isdecimal() and 1950 <= int(cohort) <= 9999 else None
