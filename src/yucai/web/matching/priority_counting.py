"""Counting work: what was expected of people up to a day, what came, and with which result. Clicks are not read.

What a **presentation** expects are its tasks with a due day, counted from the day on which it starts. What a **class**
expects is what at least half of the class handed in; it counts as due on the last day of its term, or on the day by
which the class had handed it in, where records say on which day they came. So nobody is missed a task that only some
had to do, and nothing is late by that reckoning.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Avg, Count, F, Max, Q, QuerySet
from django.utils.timezone import localdate

from yucai.framework import EvidenceKind, EvidenceRule, load_evidence_map
from yucai.matching import EvidenceSeen, SupportSigns, Work
from yucai.texts import Text
from yucai.web.accounts.models import Group, Membership, Space
from yucai.web.bulk import among
from yucai.web.evidence.consented import usable_records, usable_works
from yucai.web.evidence.models import EvidenceRecord, Item, OwnWork
from yucai.web.matching.priority_days import YEARS, last_day_of_term, ran_within

__all__ = [
    "EARLIER",
    "OWN_WORKS",
    "Came",
    "Expected",
    "Figure",
    "Figures",
    "Piece",
    "Task",
    "came_from",
    "expected_from",
    "expected_of",
    "in_chinese",
    "is_work",
    "long_ago",
    "signs_from",
    "signs_of",
]

WORK: Final = (EvidenceKind.EXAM, EvidenceKind.ASSIGNMENT, EvidenceKind.RATING, EvidenceKind.TEST)
HALF: Final = 2
OWN_WORKS: Final = Text("own works put in", "自己提交的成果")
EARLIER: Final = Text("work of earlier years", "更早年度的作业")
NOT_COUNTED: Final = ("own/",)  # own works are nobody's duty; they speak for somebody, and never against


@dataclass(frozen=True, slots=True)
class Task:
    """What is counted of an item."""

    code: str
    name: Text
    occasion: str
    due_day: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of work of a group. ``due`` None: it is never missing. ``pass_mark`` None: its result is not judged.

    Criteria of one rated work are one piece, and so are the questions of one test.
    """

    reference: str
    name: Text
    due: date | None
    pass_mark: float | None
    graded: bool  # whether its result may be held against other results of the person
    dated: bool  # whether records say on which day it came


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What some groups expect: for each group (number) its pieces, and which item of which term belongs to which."""

    by_group: Mapping[int, tuple[Piece, ...]]
    of_item: Mapping[tuple[int, str], str]  # item and term -> reference of the piece
    names: Mapping[str, Text]  # reference of a piece -> what it is called
    dated: bool  # whether records say on which day work came; else results have no order

    @property
    def items(self) -> frozenset[int]:
        """The items (numbers) that are counted."""
        return frozenset(item for item, _term in self.of_item)


def expected_of(space: Space, groups: Collection[Group], *, as_of: date, at: datetime) -> Expected:
    """Return what these groups of a space expect up to a day, with few queries however many people they hold."""
    items = dict(_work_items(space))
    return expected_from(groups, items, _figures(space, groups, items, as_of=as_of, at=at), as_of=as_of)


def expected_from(
    groups: Iterable[Group], items: Mapping[int, tuple[Task, EvidenceRule]], figures: Figures, *, as_of: date
) -> Expected:
    """Return what groups expect up to a day, from the figures of each item and term in each group (number)."""
    by_group: dict[int, tuple[Piece, ...]] = {}
    of_item: dict[tuple[int, str], str] = {}
    for group in groups:
        found = dict[str, Piece]()
        for item, term, figure in sorted(figures.get(group.pk, ()), key=lambda row: row[:2]):
            piece = _piece(*items[item], term, figure, group, as_of=as_of)
            if piece is not None:
                found.setdefault(piece.reference, piece)
                of_item[item, term] = piece.reference
        by_group[group.pk] = tuple(found.values())
    names = {piece.reference: piece.name for pieces in by_group.values() for piece in pieces}
    graded = [piece for pieces in by_group.values() for piece in pieces if piece.graded]
    dated = all(piece.dated for piece in graded)
    return Expected(by_group=by_group, of_item=of_item, names=names, dated=dated)


@dataclass(frozen=True, slots=True)
class Figure:
    """Of how many people of a group an item has records, of how many the day is known, and the last of these days."""

    people: int
    dated: int
    last: datetime | None
    size: int


Figures = Mapping[int, Sequence[tuple[int, str, Figure]]]


def _figures(
    space: Space, groups: Collection[Group], items: Collection[int], *, as_of: date, at: datetime
) -> dict[int, list[tuple[int, str, Figure]]]:
    """Return for each group what its people have records of, in one query for all groups."""
    numbers = [group.pk for group in groups]
    sizes = dict(Membership.objects.filter(among("group", numbers)).values("group").annotate(n=Count("pk"))
                 .values_list("group", "n"))  # fmt: skip
    records = _up_to(usable_records(space, at=at), as_of).filter(among("item", items))
    mine = records.filter(among("person__memberships__group", numbers)).order_by()
    rows = mine.values("person__memberships__group", "item", "occasion").annotate(
        people=Count("person", distinct=True),
        dated=Count("person", filter=Q(at__isnull=False), distinct=True),
        last=Max("at"),
    )
    found: dict[int, list[tuple[int, str, Figure]]] = defaultdict(list)
    told = rows.values_list("person__memberships__group", "item", "occasion", "people", "dated", "last")
    for group, item, term, people, dated, last in told:
        found[group].append((item, term, Figure(people, dated, last, sizes[group])))
    return found


def _up_to(records: QuerySet[EvidenceRecord], as_of: date) -> QuerySet[EvidenceRecord]:
    """Leave out what came after a day, as far as records say when they came."""
    return records.filter(Q(at__isnull=True) | Q(at__date__lte=as_of))


def _work_items(space: Space) -> Iterator[tuple[int, tuple[Task, EvidenceRule]]]:
    """Yield the items of a space (number) that are work, each with what it is evidence of."""
    evidence_map = load_evidence_map(space.evidence_map)
    for item in Item.objects.filter(space=space):
        rule = evidence_map.rule_for(item.code)
        if rule is not None and is_work(item.code, rule):
            yield item.pk, (Task(item.code, item.name, item.occasion, item.due_day), rule)


def is_work(code: str, rule: EvidenceRule) -> bool:
    """Return whether an item of this code, which is evidence by this rule, is work that others set."""
    return rule.kind in WORK and not code.startswith(NOT_COUNTED)


def _piece(
    item: Task, rule: EvidenceRule, term: str, figure: Figure, group: Group, *, as_of: date
) -> Piece | None:  # fmt: skip
    """Return the piece of work that an item is for a group, or None where the group does not expect it."""
    dated = HALF * figure.dated >= figure.people
    if group.kind == Group.Kind.PRESENTATION:
        if term != group.occasion or item.occasion != group.occasion or group.starts is None:
            return None
        due = None if item.due_day is None else group.starts + timedelta(days=item.due_day)
    elif HALF * figure.people < figure.size or not ran_within(term, as_of=as_of, dated=dated):
        return None
    else:
        due = localdate(figure.last) if dated and figure.last is not None else last_day_of_term(term)
    graded = rule.kind is EvidenceKind.EXAM or rule.kind is EvidenceKind.ASSIGNMENT or item.due_day is not None
    return Piece(
        reference=f"{_work_of(item, rule.kind)} {term}",
        name=_name_of(item, rule.kind),
        due=due,
        pass_mark=rule.bands[0] if graded and rule.bands else None,
        graded=graded,
        dated=dated,
    )


def _work_of(item: Task, kind: EvidenceKind) -> str:
    """Return the code of the piece of work that an item belongs to: all criteria of a rated work are one."""
    parts = item.code.split("/")
    if kind is EvidenceKind.RATING and len(parts) > HALF:
        return f"{parts[0]}/{'/'.join(parts[2:])}"
    if kind is EvidenceKind.TEST and item.due_day is None:
        return parts[0]
    return item.code


def _name_of(item: Task, kind: EvidenceKind) -> Text:
    parts = item.code.split("/")
    if kind is EvidenceKind.TEST and item.due_day is None:
        return Text("test", "测验")
    if kind is not EvidenceKind.RATING or len(parts) <= HALF:
        return item.name
    work = parts[-1].replace("-", " ")
    known = RATED.get(parts[-1])
    return known if known is not None else Text(f"rated work “{work}”", f"评分作品“{work}”")


RATED: Final = {
    "term-project": Text("term project", "学期项目"),
    "team-presentation": Text("team presentation", "小组展示"),
}


@dataclass(frozen=True, slots=True)
class Came:
    """Of one piece of one person: the mean share of all points, and when it came, as far as that is known."""

    share: float
    at: datetime | None


def signs_of(
    space: Space,
    members: Collection[Membership],
    expected: Expected,
    *,
    as_of: date,
    contacts: Mapping[int, date],
    at: datetime,
) -> Iterator[tuple[int, SupportSigns]]:
    """Yield for each person (number) what is known of their work. Work has its English name; see ``in_chinese``.

    Four queries for all these people. ``contacts`` are the days of the last talks.
    """
    people = {member.person_id for member in members}
    came = _came(space, people, expected, as_of=as_of, at=at)
    others, before = _own_works(people, as_of=as_of, at=at), _before(space, people, as_of=as_of, at=at)
    seen = {person: (*others.get(person, ()), *before.get(person, ())) for person in people}
    yield from signs_from(members, expected, came, seen, as_of=as_of, contacts=contacts)


def signs_from(
    members: Iterable[Membership],
    expected: Expected,
    came: Mapping[tuple[int, str], Came],
    seen: Mapping[int, tuple[EvidenceSeen, ...]],
    *,
    as_of: date,
    contacts: Mapping[int, date],
) -> Iterator[tuple[int, SupportSigns]]:
    """Yield for each person what is known of their work, from what came (by piece) and other evidence. No query."""
    belongs: dict[int, list[Membership]] = defaultdict(list)
    for member in members:
        belongs[member.person_id].append(member)
    for person, mine in belongs.items():
        joined = [member.joined for member in mine if member.joined is not None]
        works = tuple(
            _work(piece, came.get((person, piece.reference)), as_of=as_of) for piece in _pieces(mine, expected)
        )
        yield (
            person,
            SupportSigns(
                learner=mine[0].person.code, as_of=as_of, works=works, joined=min(joined, default=None),
                evidence=seen.get(person, ()), last_contact=contacts.get(person),
            ),
        )  # fmt: skip


def in_chinese(signs: SupportSigns, expected: Expected) -> SupportSigns:
    """Return the same signs with the Chinese names of the work: the library says one name in both languages."""
    names = expected.names
    return replace(signs, works=tuple(replace(work, name=names[work.reference].zh) for work in signs.works))


def _pieces(mine: Iterable[Membership], expected: Expected) -> Iterator[Piece]:
    """Yield what all groups of a person expect, each piece once; nothing that fell due after they left."""
    seen = set[str]()
    for member in mine:
        for piece in expected.by_group.get(member.group_id, ()):
            gone = member.left is not None and piece.due is not None and piece.due > member.left
            if piece.reference not in seen and not gone:
                seen.add(piece.reference)
                yield piece


def _work(piece: Piece, came: Came | None, *, as_of: date) -> Work:
    """Return a piece of work of one person; a result without a day, where others have one, was carried over."""
    work = Work(reference=piece.reference, name=piece.name.en, due=piece.due, pass_mark=piece.pass_mark)
    if came is None:
        return work
    if came.at is not None:
        day: date | None = localdate(came.at)
    elif piece.dated:
        return replace(work, excused=True)
    else:
        day = min(piece.due, as_of) if piece.due is not None else None
    return replace(work, handed_in=day, result=came.share if piece.graded else None)


def _came(
    space: Space, people: Collection[int], expected: Expected, *, as_of: date, at: datetime
) -> dict[tuple[int, str], Came]:
    """Return what came of each piece of each person; scores of several raters and criteria are one mean."""
    records = _up_to(usable_records(space, at=at), as_of)
    mine = records.filter(among("person", people), among("item", expected.items)).order_by()
    rows = mine.values("person", "item", "occasion").annotate(
        share=Avg(F("score") / F("max_score")), last=Max("at")
    )  # fmt: skip
    return came_from(rows.values_list("person", "item", "occasion", "share", "last"), expected)


def came_from(
    rows: Iterable[tuple[int, int, str, float, datetime | None]], expected: Expected
) -> dict[tuple[int, str], Came]:
    """Return what came of each piece, from person, item, term, share of all points and when it came of each item."""
    found: dict[tuple[int, str], list[tuple[float, datetime | None]]] = defaultdict(list)
    for person, item, term, share, last in rows:
        reference = expected.of_item.get((item, term))
        if reference is not None:
            found[person, reference].append((share, last))
    return {
        key: Came(
            min(1.0, sum(share for share, _last in told) / len(told)),
            max((last for _share, last in told if last is not None), default=None),
        )
        for key, told in found.items()
    }


def _before(
    space: Space, people: Collection[int], *, as_of: date, at: datetime
) -> dict[int, tuple[EvidenceSeen, ...]]:  # fmt: skip
    """Return what people handed in longer ago than work is counted: nobody is told that nothing ever came."""
    terms = long_ago(_terms(space), as_of=as_of)
    records = usable_records(space, at=at).filter(among("person", people), occasion__in=terms).order_by()
    rows = records.values("person").annotate(n=Count("item", distinct=True), last=Max("occasion"))
    return {
        person: (EvidenceSeen(kind=EARLIER, pieces=n, last=terms[last]),)
        for person, n, last in rows.values_list("person", "n", "last")
    }


def long_ago(terms: Iterable[str], *, as_of: date) -> dict[str, date]:
    """Return those of these terms that ended longer ago than work is counted, each with its last day."""
    return {term: last for term in terms if (last := last_day_of_term(term)) and last < as_of - YEARS}


def _terms(space: Space) -> list[str]:
    """Return the terms that the items and groups of a space are of."""
    return list(EvidenceRecord.objects.filter(person__space=space).order_by().values_list("occasion", flat=True)
                .distinct())  # fmt: skip


def _own_works(
    people: Collection[int], *, as_of: date, at: datetime
) -> dict[int, tuple[EvidenceSeen, ...]]:  # fmt: skip
    """Return the own works that people put in up to a day: they speak for them."""
    works = usable_works(OwnWork.objects.filter(among("person", people), done_on__lte=as_of), at=at)
    counted = works.exclude(state=OwnWork.State.WITHDRAWN).order_by().values("person")
    rows = counted.annotate(n=Count("pk"), last=Max("done_on")).values_list("person", "n", "last")
    return {person: (EvidenceSeen(kind=OWN_WORKS, pieces=n, last=last),) for person, n, last in rows}
