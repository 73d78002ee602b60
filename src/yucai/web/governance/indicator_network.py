"""Who works with whom, from the works on record: how dense, how far across programmes, and who never meets.

How people make works (alone, inside their programme, across) passes the gate of releases first; where it hides any of
the three, nothing of the network is worked out. Shown to the office alone, which may see the makers of each work.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np
from django.utils.timezone import localdate

from yucai.governance import (
    TOTAL,
    Axis,
    AxisKind,
    Ranged,
    Reference,
    Released,
    ReleasePolicy,
    UnitPair,
    collaboration_ranges,
    describe_collaboration,
    pairs_of_units,
    period_of,
)
from yucai.texts import Text
from yucai.web.accounts.models import Person, Space
from yucai.web.accounts.release_rules import policy_of
from yucai.web.evidence.consented import usable_works_of_few
from yucai.web.evidence.maker_models import ImportedWork
from yucai.web.evidence.makers import counted_makers
from yucai.web.governance.indicator_records import verified_works
from yucai.web.governance.indicator_telling import UNKNOWN, group_axis
from yucai.web.governance.releases import released_alone

__all__ = ["FEW_WORKS", "Network", "NetworkFigure", "joint_works_of", "network_of"]

FEW_WORKS: Final = 5
SEED: Final = 20261128  # who belongs where is shuffled; the page says the same on every look
RARE: Final = 0.05
UNIT: Final = "programme"
ALONE, WITHIN, ACROSS = "alone", "within", "across"
HOW: Final = Axis(
    code="how",
    name=Text("how works were made", "完成方式"),
    leaves=(ALONE, WITHIN, ACROSS),
    kind=AxisKind.COUNTED,
    names={
        ALONE: Text("alone only", "仅独立完成"),
        WITHIN: Text("with others of the programme", "仅与本专业的人合作"),
        ACROSS: Text("across programmes", "跨专业合作"),
    },
)
NO_RANGE: Final = Text("everybody counted", "全数统计")


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeWork:
    """One work with those of its makers who are named; ``size`` counts all, ``others`` more than its record says."""

    kind: str
    title: str
    makers: frozenset[int]
    size: int
    others: bool = False

    @property
    def whole(self) -> bool:
        """Whether all who made it are named."""
        return not self.others and len(self.makers) >= self.size


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFigure:
    """One measure: its value in words, its interval or why it has none, and how to read it."""

    name: Text
    formula: str
    value: Text
    within: Text
    reads: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The network of one school year. Without figures ``why`` says what is lacking."""

    works: int
    joint: int
    whole: int  # of the joint works, those of which every maker is named
    figures: tuple[NetworkFigure, ...] = ()
    pairs: tuple[UnitPair, ...] = ()
    told: Released | None = None
    why: Text | None = None

    @property
    def rare(self) -> tuple[UnitPair, ...]:
        """The pairs of programmes that work together more rarely than chance gives."""
        return tuple(one for one in self.pairs if one.p <= RARE and one.works < one.expected)

    @property
    def never(self) -> tuple[UnitPair, ...]:
        """The pairs of programmes that never work together, where chance alone would give otherwise."""
        return tuple(one for one in self.rare if not one.works)


def joint_works_of(space: Space, year: int, *, at: datetime) -> tuple[MadeWork, ...]:
    """Return the works of a school year with their makers: verified own works, and works of imported lists.

    Two records of one work (each maker put it in, or a list has it too) are one: the same kind and title, and a maker
    in common.
    """
    day = localdate(at)
    usable = usable_works_of_few(verified_works(space, year), at=at)
    own = list(usable.values_list("pk", "person", "kind", "title", "team_size"))
    time = period_of(Reference.SCHOOL_YEAR, year)
    listed = ImportedWork.objects.filter(
        came_with__source__space=space, came_with__current=True, done_on__range=(time.begins, time.ends)
    )
    rows = list(listed.values_list("pk", "kind", "title", "size", "whole"))
    named: dict[tuple[str, int], set[int]] = defaultdict(set)
    makers = counted_makers(day=day).filter(person__space=space)
    for mine, row, person in makers.values_list("own", "imported", "person"):
        named["own" if mine else "list", mine or row].add(person)
    works = [
        MadeWork(kind=kind, title=title, makers=frozenset({person, *named["own", pk]}), size=size)
        for pk, person, kind, title, size in own
    ]
    works += [
        MadeWork(kind=kind, title=title, makers=frozenset(named["list", pk]), size=size, others=not whole)
        for pk, kind, title, size, whole in rows
    ]
    return _merged(works)


def _merged(works: Sequence[MadeWork]) -> tuple[MadeWork, ...]:
    found: dict[tuple[str, str], list[MadeWork]] = defaultdict(list)
    for work in works:
        same = found[work.kind, " ".join(work.title.casefold().split())]
        joined = work
        for other in [one for one in same if one.makers & work.makers]:
            same.remove(other)
            both = other.makers | joined.makers
            joined = replace(joined, makers=both, size=max(other.size, joined.size, len(both)))
        same.append(joined)
    return tuple(work for same in found.values() for work in same)


def network_of(space: Space, year: int, *, at: datetime) -> Network:
    """Return the network of the works of a school year, as far as the gate lets it out."""
    works = [work for work in joint_works_of(space, year, at=at) if work.makers]
    joint = [work for work in works if work.size > 1]
    found = Network(works=len(works), joint=len(joint), whole=sum(work.whole for work in joint))
    people = sorted({person for work in works for person in work.makers})
    units: dict[Hashable, str] = (
        dict(Person.objects.filter(space=space, pk__in=people).values_list("pk", UNIT)) if people else {}
    )
    policy = policy_of(space, day=at.date())
    told = _told(works, people, units, policy=policy, at=at)
    if told is None:
        return replace(found, why=_few(found))
    counts = {cell.place: cell.count for cell in told.cells}
    if any(counts[TOTAL, leaf] is None for leaf in HOW.leaves):
        return replace(found, told=told, why=_few(found))
    makers = [work.makers for work in works]
    pairs = pairs_of_units(makers, units=units, least_people=policy.min_cell, rng=np.random.default_rng(SEED))
    shown = {leaf for leaf in told.axes[0].leaves if counts[leaf, TOTAL] is not None}
    return replace(
        found, told=told, figures=_figures(makers, units), pairs=tuple(one for one in pairs if set(one.units) <= shown)
    )


def _told(
    works: Sequence[MadeWork], people: Sequence[int], units: Mapping[Hashable, str], *, policy: ReleasePolicy,
    at: datetime,
) -> Released | None:  # fmt: skip
    """Return how people made works, by programme, as the gate lets it out; None where there are too few works."""
    linked = [work.makers for work in works if len(work.makers) > 1]
    if len(linked) < FEW_WORKS:
        return None
    how: dict[int, str] = dict.fromkeys(people, ALONE)
    for makers in linked:
        for person in makers:
            others = {units.get(other) for other in makers if other != person} - {None, ""}
            if units.get(person) and others - {units[person]}:
                how[person] = ACROSS
            elif how[person] == ALONE:
                how[person] = WITHIN
    values = {UNIT: [units.get(person) or UNKNOWN for person in people], HOW.code: [how[person] for person in people]}
    axes = [group_axis(UNIT, tuple(sorted(set(values[UNIT])))), HOW]
    return released_alone("network", people, values, axes=axes, policy=policy, at=at)


def _few(found: Network) -> Text:
    return Text(
        "Too few: of {joint} work{joint:|s} by more than one person, too few name who made them, or a group of makers "
        "is so small that it would point to persons. Nothing is worked out.",
        "数量过少：多人完成的成果共 {joint} 项，写明合作者的过少，或某类完成人过少而会指向个人，故不计算。",
    ).filled(joint=found.joint)


def _figures(makers: Sequence[frozenset[int]], units: Mapping[Hashable, str]) -> tuple[NetworkFigure, ...]:
    whole = describe_collaboration(makers, units=units)
    ranges = collaboration_ranges(makers, units=units)
    density, across, assortativity = (ranges.get(name) for name in ("density", "across", "assortativity"))
    return (
        NetworkFigure(
            name=Text("Density of the network", "网络密度"),
            formula="2m / n(n − 1)",
            **_ranged(density, 3),
            reads=Text(
                "of all pairs among the {n} who made works, how many made one together",
                "{n} 位完成人两两之间，有过合作的比例",
            ).filled(n=whole.people),
        ),
        NetworkFigure(
            name=Text("Joint works across programmes", "跨专业合作成果比例"),
            formula="",
            **_ranged(across, 2),
            reads=Text("of {n} works with two named makers or more", "在写明两位及以上完成人的 {n} 项成果中").filled(
                n=whole.joint_works
            ),
        ),
        NetworkFigure(
            name=Text("Assortativity by programme", "按专业的同配系数"),
            formula="r = (Σeᵢᵢ − Σaᵢ²) / (1 − Σaᵢ²)",
            **_ranged(assortativity, 2),
            reads=Text(
                "1: programmes keep to themselves; 0: they mix as chance would; Newman 2003",
                "1：各专业只在内部合作；0：如同随机混合；Newman 2003",
            ),
        ),
        NetworkFigure(
            name=Text("Linked to nobody", "没有合作者"),
            formula="",
            value=_share(whole.alone, whole.people),
            within=NO_RANGE,
            reads=Text("made works, and none together with somebody who is named", "有成果，但未与任何写明的人合作"),
        ),
        NetworkFigure(
            name=Text("Largest connected part", "最大连通部分"),
            formula="",
            value=_share(whole.largest, whole.people),
            within=NO_RANGE,
            reads=Text(
                "of all who made works; these reach one another over works", "占全部完成人；这些人经由成果彼此相连"
            ),
        ),
    )


def _ranged(found: Ranged | None, digits: int) -> dict[str, Text]:
    if found is None:
        few = Text("too few", "数量过少")
        return {"value": Text("–", "–"), "within": few}
    said = f"{found.value:.{digits}f}"
    within = f"{found.low:.{digits}f} – {found.high:.{digits}f}"
    return {"value": Text(said, said), "within": Text(f"90 %: {within}", f"90%：{within}")}


def _share(n: int, of: int) -> Text:
    said = f"{100 * n / of:.0f} %" if of else "–"
    return Text(said, said.replace(" ", ""))
