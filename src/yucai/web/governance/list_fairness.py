"""Fairness of a priority list: whom it proposes for a talk, by group, and how often that was wrong where it is known.

Groups come in here and nowhere before: the list itself reads none. Numbers pass the gate of releases wherever the
reader may not read of each person what they tell: protected traits, which nobody reads, and, for a research officer,
who is on a list. A rate of what the gate hides is not worked out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import product
from typing import Final, Protocol

from django.utils import translation

from yucai.governance import TOTAL, Axis, AxisKind, Released
from yucai.matching import (
    LEAST_SHOWN,
    GroupCounts,
    GroupFairness,
    GroupRate,
    difference_in_words,
    rates_of_counts,
    what_differs,
)
from yucai.texts import Text
from yucai.web.accounts.models import Account, Group, Membership, Space
from yucai.web.bulk import among
from yucai.web.governance.releases import released
from yucai.web.governance.trait_groups import called, traits_held, values_of
from yucai.web.matching.priority_checking import was_lost
from yucai.web.matching.priority_models import PriorityEntry, PriorityRun
from yucai.web.matching.priority_running import looked_at

__all__ = [
    "AuditedList",
    "FairnessRow",
    "FairnessView",
    "Grouping",
    "ListPeople",
    "RateView",
    "fairness_of",
    "groupings_of",
    "people_of",
]

NONE: Final = "-"  # nothing on record
SMALL: Final = "+"  # values of few people, together
NAMES: Final = {NONE: Text("not on record", "没有记录"), SMALL: Text("smaller groups together", "较小的组合计")}
OPEN: Final = {
    "class": Text("class", "班级"), "cohort": Text("entry year", "入学年级"), "programme": Text("programme", "专业"),
}  # fmt: skip
LISTED: Final = Text("proposed for a talk", "建议谈话")
CAME: Final = Text("later left or failed", "之后退出或未通过")
YES_NO: Final = ("yes", "no")


class AuditedList(Protocol):
    """A list whose fairness is looked at: a priority list, or the run of a rule."""

    @property
    def scope(self) -> str:
        """How the list is called in the records of releases."""
        ...

    @property
    def as_of(self) -> date:
        """Its day."""
        ...

    @property
    def group(self) -> Group | None:
        """The group that it is about, if it is about one."""
        ...

    @property
    def space(self) -> Space:
        """Whose people it is about."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """One way of dividing the people of a list; ``kept_apart`` is a protected trait."""

    code: str
    name: str
    kept_apart: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RateView:
    """A rate in a hundred with its interval, and in words how it lies to that of all others."""

    of_100: str
    low: str
    high: str
    hits: int
    cases: int
    words: str
    apart: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FairnessRow:
    """One group; None is hidden or of too few."""

    name: str
    n: int | None
    listed: RateView | None
    missed: RateView | None
    wrong: RateView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FairnessView:
    """What a list did to the groups of its people. ``errors`` is whether anything is known of what came after."""

    by: Grouping
    n: int | None
    rows: tuple[FairnessRow, ...]
    errors: bool
    says: tuple[str, ...]
    reasons: tuple[str, ...]
    held: tuple[str, ...]
    unknown: bool  # of some nobody knows yet what came after


@dataclass(frozen=True, slots=True)
class ListPeople:
    """The people of a list by number, whom it proposes for a talk, and what came after where that is known."""

    members: Mapping[int, Membership]
    listed: frozenset[int]
    came: Mapping[int, bool]


def groupings_of(run: AuditedList, people: ListPeople) -> tuple[Grouping, ...]:
    """Return by what the people of a list can be divided: what the office works with, and the traits that it holds."""
    told = {code: set(_open_values(code, people).values()) - {""} for code in OPEN}
    found = [
        Grouping(code=code, name=_said(OPEN[code]), kept_apart=False) for code, some in told.items() if len(some) > 1
    ]
    traits = traits_held(people.members, _occasion(run))
    return (*found, *(Grouping(code=f"trait:{one}", name=_said(called(one)), kept_apart=True) for one in traits))


def fairness_of(run: AuditedList, by: Grouping, people: ListPeople, *, to: Account, at: datetime) -> FairnessView:
    """Return what a list did to the groups of one way of dividing its people, as far as that may leave."""
    values = _values(run, by, people)
    tables = [_numbers(run, by, people.members, values, people, to=to, at=at)]
    if people.came:
        told = [person for person in people.members if person in people.came]
        tables.append(_numbers(run, by, told, values, people, to=to, at=at, ended=True))
    counts = [one.counts for one in tables]
    whole = _counts(TOTAL, *counts)
    names = {leaf: _name(leaf) for leaf in _leaves(values)}
    groups = [(_counts(leaf, *counts), name) for leaf, name in names.items()]
    rates = [(mine.n, replace(rates_of_counts(mine, whole), group=name)) for mine, name in groups]
    left = [one.left for one in tables if one.left is not None]
    return FairnessView(
        by=by,
        n=whole.n,
        rows=tuple(_row(n, one) for n, one in rates),
        errors=bool(people.came),
        unknown=len(people.came) < len(people.members),
        says=tuple(_said(text) for text in what_differs([one for _n, one in rates])),
        reasons=tuple(dict.fromkeys(_said(reason) for one in left for reason in one.reasons)),
        held=tuple(_said(one.held) for one in left if one.held is not None),
    )


def people_of(run: PriorityRun, *, at: datetime) -> ListPeople:
    """Return whom a list looked at, as far as that is still on record."""
    members = {
        one.person_id: one for one in looked_at(_groups(run), as_of=run.as_of, at=at).order_by("person", "group")
    }
    talk = run.entries.filter(band=PriorityEntry.Band.TALK).values_list("person", flat=True)
    came = {person: was_lost(one.outcome) for person, one in members.items() if run.group_id and one.outcome}
    return ListPeople(members, frozenset(talk), came)


def _groups(run: PriorityRun) -> Sequence[Group]:
    if run.group is not None:
        return [run.group]
    return list(Group.objects.filter(space=run.space, kind=Group.Kind.CLASS))


def _occasion(run: AuditedList) -> str:
    return run.group.occasion if run.group is not None else ""


def _open_values(code: str, people: ListPeople) -> dict[int, str]:
    """Return class, entry year or programme of each person."""
    if code == "cohort":
        return {person: one.person.cohort for person, one in people.members.items()}
    if code == "programme":
        return {person: one.person.programme for person, one in people.members.items()}
    rows = Membership.objects.filter(among("person", people.members), group__kind=Group.Kind.CLASS)
    return dict(rows.order_by("group__code").values_list("person", "group__code"))


def _values(run: AuditedList, by: Grouping, people: ListPeople) -> dict[int, str]:
    """Return the group of each person; values of few people stand together, so that fewer have to be hidden."""
    if by.kept_apart:
        told = values_of(people.members, by.code.removeprefix("trait:"), _occasion(run))
    else:
        told = _open_values(by.code, people)
    sizes = Counter(told.get(person) or NONE for person in people.members)
    small = {value for value, n in sizes.items() if n < LEAST_SHOWN}
    kept = {person: told.get(person) or NONE for person in people.members}
    return {person: SMALL if value in small and len(small) > 1 else value for person, value in kept.items()}


def _leaves(values: Mapping[int, str]) -> tuple[str, ...]:
    found = set(values.values())
    return (*sorted(found - set(NAMES)), *(one for one in (SMALL, NONE) if one in found))


Counts = Mapping[tuple[str, ...], int | None]


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Counts with every margin, by place; None is hidden. ``left`` is what the gate let out, where it had to pass."""

    counts: Counts
    left: Released | None


def _numbers(
    run: AuditedList,
    by: Grouping,
    members: Collection[int],
    values: Mapping[int, str],
    people: ListPeople,
    *,
    to: Account,
    at: datetime,
    ended: bool = False,
) -> _Numbers:
    """Return how many of some people are in each group and listed; with ``ended``, also what came after.

    Who is listed, and what came of it, the reader may know of each person; a protected trait is what must not be told.
    """
    which = f"{run.scope}@{run.as_of}"
    kind = AxisKind.SENSITIVE if by.kept_apart else AxisKind.GROUP
    axes = [
        Axis(code=f"{by.code}:{_occasion(run)}", name=Text(by.code, by.code), leaves=_leaves(values), kind=kind),
        Axis(code=f"listed:{which}", name=LISTED, leaves=YES_NO),
    ]
    columns = [[values[person] for person in members], [YES_NO[person not in people.listed] for person in members]]
    if ended:
        axes.append(Axis(code=f"came:{which}", name=CAME, leaves=YES_NO))
        columns.append([YES_NO[not people.came[person]] for person in members])
    if to.role == Account.Role.DIRECTOR and not by.kept_apart:  # who reads all of it of each person
        return _Numbers(_plain(columns), None)
    left = released(
        "list-fairness", list(members), {axis.code: told for axis, told in zip(axes, columns, strict=True)},
        code=f"fairness:{which}:{by.code}{':ended' if ended else ''}", axes=axes, space=run.space, to=to, at=at,
    )  # fmt: skip
    return _Numbers({cell.place: cell.count for cell in left.cells}, left)


def _plain(columns: Sequence[Sequence[str]]) -> Counts:
    """Count over all columns with every margin."""
    found = Counter[tuple[str, ...]]()
    for row in zip(*columns, strict=True):
        found.update(product(*((value, TOTAL) for value in row)))
    return found  # of what does not occur there is none


def _counts(leaf: str, table: Counts, ended: Counts | None = None) -> GroupCounts:
    """Return the counts of a group. What a table lacks is not known: one of an earlier day may stand where too few
    changed since.
    """

    def of(counts: Counts | None, *place: str) -> int | None:
        if isinstance(counts, Counter):
            return counts[leaf, *place]
        return counts.get((leaf, *place)) if counts is not None else None

    return GroupCounts(
        group=leaf, n=of(table, TOTAL), listed=of(table, "yes"), came=of(ended, TOTAL, "yes"),
        came_listed=of(ended, "yes", "yes"), stayed=of(ended, TOTAL, "no"), stayed_listed=of(ended, "yes", "no"),
    )  # fmt: skip


def _row(n: int | None, one: GroupFairness) -> FairnessRow:
    listed, missed, wrong = (_rate(rate) for rate in (one.listed, one.missed, one.wrong))
    return FairnessRow(name=one.group, n=n, listed=listed, missed=missed, wrong=wrong)


def _rate(rate: GroupRate | None) -> RateView | None:
    if rate is None:
        return None
    of_100, low, high = (f"{100 * end:.0f}" for end in (rate.rate.value, rate.rate.low, rate.rate.high))
    words = _said(difference_in_words(rate))
    return RateView(of_100=of_100, low=low, high=high, hits=rate.hits, cases=rate.cases, words=words, apart=rate.apart)


def _name(leaf: str) -> str:
    return _said(NAMES.get(leaf) or called(leaf))


def _said(text: Text) -> str:
    return text.in_language(translation.get_language() or "en")
