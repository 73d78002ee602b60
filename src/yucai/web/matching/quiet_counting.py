"""Who of a group has gone quiet, counted as the priority list counts: the same work, the same day, the same words.

A page that has read the records of its people gives them here, so that nothing is asked of the database twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import fmean
from typing import Final

from django.db.models import Count, Max
from django.utils.timezone import localdate

from yucai.framework import EvidenceRule
from yucai.matching import EvidenceSeen, QuietClass, QuietLearner, SupportSigns, find_quiet
from yucai.texts import Text
from yucai.web.accounts.models import Membership, Person
from yucai.web.bulk import among
from yucai.web.evidence.consented import usable_works_of_few
from yucai.web.evidence.models import OwnWork
from yucai.web.matching.priority_counting import (
    EARLIER,
    OWN_WORKS,
    Expected,
    Figure,
    Task,
    came_from,
    expected_from,
    in_chinese,
    long_ago,
    signs_from,
)

__all__ = ["QuietFound", "QuietPerson", "WorkRow", "own_works_of", "quiet_among"]

NO_TALKS: Final[Mapping[int, date]] = {}  # a talk changes what is suggested, and not who is quiet


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One score of one person (number): of which item (number) and term, the share of all points, and when."""

    person: int
    item: int
    term: str
    share: float
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietPerson:
    """Somebody who has gone quiet; ``says`` has the names of the work in both languages."""

    person: Person
    quiet: QuietLearner
    says: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietFound:
    """Who of a group has gone quiet by a day; ``expected`` is how many pieces of work were asked of its people."""

    people: tuple[QuietPerson, ...]
    found: QuietClass
    expected: int


def own_works_of(people: Collection[int], *, as_of: date, at: datetime) -> dict[int, tuple[int, date]]:
    """Return how many own works each of these people (numbers) put in up to a day, and the day of the last."""
    works = OwnWork.objects.filter(among("person", people), done_on__lte=as_of)
    usable = usable_works_of_few(works, at=at).exclude(state=OwnWork.State.WITHDRAWN)
    rows = usable.order_by().values("person").annotate(n=Count("pk"), last=Max("done_on"))
    return {person: (n, last) for person, n, last in rows.values_list("person", "n", "last")}


def quiet_among(
    members: Collection[Membership],
    homes: Collection[Membership],
    rows: Iterable[WorkRow],
    tasks: Mapping[int, tuple[Task, EvidenceRule]],
    *,
    as_of: date,
    own_works: Mapping[int, tuple[int, date]],
) -> QuietFound:
    """Return who of some people has gone quiet by a day. No query.

    ``members`` are the memberships by which work is asked of them, each with the person and the group; ``homes`` all
    memberships of these groups, whose ``rows`` are given; ``own_works`` how many own works each put in, and the last.
    """
    told = [row for row in rows if row.at is None or localdate(row.at) <= as_of]
    there = [one for one in members if _there(one, as_of)]
    groups = {one.group_id: one.group for one in there}
    expected = expected_from(groups.values(), tasks, _figures(homes, told, tasks), as_of=as_of)
    scores = defaultdict[tuple[int, int, str], list[WorkRow]](list)
    for row in told:
        scores[row.person, row.item, row.term].append(row)
    means = [(*key, fmean(one.share for one in of), _last(of)) for key, of in scores.items()]
    seen = _seen(there, told, own_works, as_of=as_of)
    signs = dict(signs_from(there, expected, came_from(means, expected), seen, as_of=as_of, contacts=NO_TALKS))
    return _named(there, signs.values(), expected, as_of=as_of)


def _there(member: Membership, as_of: date) -> bool:
    """Return whether somebody belonged to the group on a day, as far as it is on record."""
    return (member.joined is None or member.joined <= as_of) and (member.left is None or member.left > as_of)


def _figures(
    homes: Collection[Membership], rows: Iterable[WorkRow], tasks: Collection[int]
) -> dict[int, list[tuple[int, str, Figure]]]:
    """Return of how many people of each group each item has records."""
    groups, sizes = defaultdict[int, list[int]](list), defaultdict[int, int](int)
    for one in homes:
        groups[one.person_id].append(one.group_id)
        sizes[one.group_id] += 1
    held = defaultdict[tuple[int, int, str], list[WorkRow]](list)
    for row in rows:
        for group in groups[row.person] if row.item in tasks else ():
            held[group, row.item, row.term].append(row)
    found = defaultdict[int, list[tuple[int, str, Figure]]](list)
    for (group, item, term), of in held.items():
        dated = {row.person for row in of if row.at is not None}
        found[group].append((item, term, Figure(len({row.person for row in of}), len(dated), _last(of), sizes[group])))
    return found


def _last(rows: Iterable[WorkRow]) -> datetime | None:
    return max((row.at for row in rows if row.at is not None), default=None)


def _seen(
    members: Iterable[Membership], rows: Sequence[WorkRow], own_works: Mapping[int, tuple[int, date]], *, as_of: date
) -> dict[int, tuple[EvidenceSeen, ...]]:
    """Return other evidence of own work: own works, and work of longer ago than is counted."""
    ago = long_ago({row.term for row in rows}, as_of=as_of)
    before = defaultdict[int, set[tuple[str, int]]](set)
    for row in rows:
        if row.term in ago:
            before[row.person].add((row.term, row.item))
    found = dict[int, tuple[EvidenceSeen, ...]]()
    for person in {one.person_id for one in members}:
        n, last = own_works.get(person, (0, date.min))
        mine = [EvidenceSeen(kind=OWN_WORKS, pieces=n, last=last)] if n else []
        if pieces := before[person]:
            kept = len({item for _term, item in pieces})
            mine.append(EvidenceSeen(kind=EARLIER, pieces=kept, last=ago[max(term for term, _item in pieces)]))
        found[person] = tuple(mine)
    return found


def _named(
    members: Iterable[Membership], signs: Collection[SupportSigns], expected: Expected, *, as_of: date
) -> QuietFound:
    """Return who is quiet by name, with the names of the work in both languages."""
    people = {one.person.code: one.person for one in members}
    found = find_quiet(signs, as_of=as_of)
    of = {one.learner: one for one in signs}
    chinese = find_quiet([in_chinese(of[one.learner], expected) for one in found.learners], as_of=as_of).learners
    return QuietFound(
        people=tuple(
            QuietPerson(person=people[one.learner], quiet=one, says=Text(one.says.en, zh.says.zh))
            for one, zh in zip(found.learners, chinese, strict=True)
        ),
        found=found,
        expected=len({piece.reference for pieces in expected.by_group.values() for piece in pieces}),
    )
