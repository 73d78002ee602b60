"""A group at a glance: who belongs to it, what is known of each, and the group as a whole."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from django.db.models import Max
from django.utils import translation

from yucai.framework import load_framework
from yucai.web.accounts.access import MIN_CELL
from yucai.web.accounts.models import Group, Person
from yucai.web.measurement.models import ProfileRow

__all__ = ["GroupQuality", "MemberRow", "group_qualities", "latest_occasion", "member_rows"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupQuality:
    """One quality over a group. The quarters are None where fewer than ``MIN_CELL`` people have enough evidence."""

    name: str
    with_enough: int
    size: int
    median: float | None
    low_quarter: float | None
    high_quarter: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """One person of a group: how many qualities can be shown, and the clear strengths."""

    person: Person
    name: str
    known: int
    pieces: int
    strengths: str
    outcome: str


def latest_occasion(group: Group) -> str:
    """Return the period a group's page shows: its own, or the latest that has profiles."""
    if group.occasion:
        return group.occasion
    rows = ProfileRow.objects.filter(run__current=True, person__groups=group)
    return rows.aggregate(last=Max("occasion"))["last"] or ""


def group_qualities(group: Group, occasion: str, *, size: int | None = None) -> tuple[GroupQuality, ...]:
    """Return each quality over the whole group, for who may see its people singly; ``size`` is how many they are."""
    language = translation.get_language() or "en"
    size = group.people.count() if size is None else size
    means = defaultdict(list)
    rows = ProfileRow.objects.filter(run__current=True, person__groups=group, occasion=occasion, enough=True)
    for quality, mean in rows.values_list("quality", "mean"):
        means[quality].append(mean)
    return tuple(
        _quality(entry.name.in_language(language), means[entry.code], size)
        for entry in load_framework(group.space.framework).qualities
    )


def _quality(name: str, means: list[float], size: int) -> GroupQuality:
    quarters = np.quantile(means, [0.25, 0.5, 0.75]) if len(means) >= MIN_CELL else (None, None, None)
    return GroupQuality(
        name=name,
        with_enough=len(means),
        size=size,
        low_quarter=quarters[0],
        median=quarters[1],
        high_quarter=quarters[2],
    )


def member_rows(group: Group, occasion: str, people: list[Person]) -> tuple[MemberRow, ...]:
    """Return the rows of these people, with the same number of queries however many they are."""
    language = translation.get_language() or "en"
    framework = load_framework(group.space.framework)
    names = {entry.code: entry.name.in_language(language) for entry in framework.qualities}
    rows = ProfileRow.objects.filter(run__current=True, person__in=people, occasion=occasion, quality__in=names)
    by_person: dict[int, list[ProfileRow]] = defaultdict(list)
    for row in rows:
        by_person[row.person_id].append(row)
    ended = group.kind == Group.Kind.PRESENTATION  # of these alone a page shows how it ended
    outcomes = dict(group.memberships.filter(person__in=people).values_list("person_id", "outcome")) if ended else {}
    return tuple(
        MemberRow(
            person=person,
            name=person.name.in_language(language),
            known=sum(row.enough for row in by_person[person.pk]),
            pieces=sum(row.n_evidence for row in by_person[person.pk]),
            strengths=("、" if language.startswith("zh") else ", ").join(
                names[row.quality] for row in by_person[person.pk] if row.clear_strength
            ),
            outcome=outcomes.get(person.pk, ""),
        )
        for person in people
    )
