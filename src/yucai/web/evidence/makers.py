"""Who made a work together: named by the student or by a file, answered by whoever is named.

A student names only people of their own groups or programme, each by name, so that no number can be asked for its name.
Whoever is named sees it among their own evidence and may say no; a no holds at once, also for the file's next version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from yucai.errors import Fault
from yucai.evidence import MakersTold, TableReading, read_people, tell_makers, works_of_table
from yucai.texts import Text
from yucai.web.accounts.access import may_add_works, visible_people
from yucai.web.accounts.ages import minors, unconsented
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Membership, Person, Space
from yucai.web.evidence.maker_models import ImportedWork, WorkMaker
from yucai.web.evidence.models import Import, OwnWork
from yucai.web.evidence.rosters import names_on_record

__all__ = [
    "Fellows",
    "MakerShown",
    "answer_naming",
    "counted_makers",
    "declined_before",
    "fellows_of",
    "makers_of_table",
    "makers_shown",
    "name_makers",
    "namings_of",
    "not_nameable",
    "record_works",
    "tell_fellows",
    "words_of_makers",
]

BATCH: Final = 500
MOST_TITLE: Final = 300
NUMBER_AFTER: Final = re.compile(r"(?<=\S)\s+(?=[0-9０-９]{4})")
NOBODY: Final = Text(
    "“{name}” is nobody in your groups or your programme. Check the spelling; whoever is from elsewhere counts in the "
    "number of people and is not named.",
    "您所在的班级、分组或专业中没有“{name}”。请核对写法；其他单位的人计入参与人数即可，不必写名。",
)
SEVERAL: Final = Text(
    "More than one here is called “{name}”. Add the student number, as in {name}/2023010001.",
    "这里有不止一位“{name}”。请加上学号，如：{name}/2023010001。",
)
NUMBER_ALONE: Final = Text(
    "“{name}” is a number alone. Write the name, and the number after it where two have the same name.",
    "“{name}”只有编号。请写姓名；如有重名，再在姓名后加学号。",
)
ONESELF: Final = Text("Leave yourself out: that you took part is said already.", "请去掉您自己：您已计入参与者。")
SAID_NO: Final = Text(
    "“{name}” has said of this work: I took no part. Speak with them before you name them again.",
    "“{name}”已表示未参与这项成果。请先与其沟通，不要再次列入。",
)
NOT_NAMED: Final = Text(
    "{n} of those you name {n:is|are} no longer in your groups or programme. Write the names again.",
    "您所写的合作者中有 {n} 位已不在您的班级、分组或专业中。请重新填写。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fellows:
    """The people whom a student means, and what is wrong with the names."""

    people: tuple[Person, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MakerShown:
    """A maker as somebody may see them: a name, or "" where the account does not read that person."""

    name: Text | None
    state: str
    state_name: str


def fellows_of(person: Person, *, day: date) -> QuerySet[Person]:
    """Return whom a student may name: people of the same groups or programme; nobody under 14 without a guardian."""
    groups = Membership.objects.filter(person=person).values("group")
    near = Q(pk__in=Membership.objects.filter(group__in=groups).values("person"))
    if person.programme:
        near |= Q(programme=person.programme)
    return Person.objects.filter(near, space=person.space_id).exclude(pk=person.pk).exclude(unconsented(day))


def tell_fellows(said: str, person: Person, *, day: date) -> Fellows:
    """Return whom the words of a student name; every name that cannot be told is a fault, and none is dropped."""
    found = read_people(NUMBER_AFTER.sub("/", said))
    if found is None:
        nothing = [Fault(code="nobody", says=NOBODY, where="fellows", facts={"name": said.strip()[:40]})]
        return Fellows(people=(), faults=tuple(nothing if said.strip() else ()))
    called: dict[str, list[Person]] = {}
    for one in fellows_of(person, day=day):
        for name in {one.name_zh.casefold(), one.name_en.casefold()}:
            called.setdefault(name, []).append(one)
    people: list[Person] = []
    faults: list[Fault] = []
    own = {person.name_zh.casefold(), person.name_en.casefold()}
    for named in found.named:
        name, number = named.name.strip(), (named.number or "").strip()
        near = () if name == number else called.get(name.casefold(), ())
        same = [one for one in near if not number or one.code == number]
        if len(same) == 1:
            people.append(same[0])
            continue
        says, code = (NOBODY, "nobody")
        if number == person.code or (not number and not same and name.casefold() in own):
            says, code = ONESELF, "oneself"
        elif len(same) > 1:
            says, code = SEVERAL, "several"
        elif name == number:  # else a number could be asked for its name
            says, code = NUMBER_ALONE, "number-alone"
        faults.append(Fault(code=code, says=says, where="fellows", facts={"name": name}))
    return Fellows(people=tuple(dict.fromkeys(people)), faults=tuple(faults))


def words_of_makers(work: OwnWork) -> str:
    """Return the names of the makers of a work as its student would write them; not those who said no."""
    makers = work.makers.exclude(state=WorkMaker.State.DECLINED).select_related("person").order_by("pk")
    return "、".join(f"{one.person.name_zh}/{one.person.code}" for one in makers)


def declined_before(versions: Iterable[OwnWork], numbers: Sequence[str]) -> Iterator[Fault]:
    """Yield who of these numbers has said of an earlier version of a work that they took no part."""
    said_no = WorkMaker.objects.filter(
        own__in=[version.pk for version in versions], state=WorkMaker.State.DECLINED, person__code__in=numbers
    )
    for one in said_no.select_related("person").order_by("pk"):
        yield Fault(code="said-no", says=SAID_NO, where="fellows", facts={"name": one.person.name_zh})


def not_nameable(person: Person, numbers: Sequence[str], *, day: date) -> Iterator[Fault]:
    """Yield that some of these numbers are not of people whom a student may name."""
    wanted = set(numbers)
    known = set(fellows_of(person, day=day).filter(code__in=wanted).values_list("code", flat=True)) if wanted else set()
    if left := len(wanted - known):
        yield Fault(code="not-named", says=NOT_NAMED, where="fellows", facts={"n": left})


def name_makers(work: OwnWork, numbers: Sequence[str], *, by: Account | None, at: datetime) -> None:
    """Name the makers of an own work beside its student. Call it inside the transaction that made the work."""
    people = list(Person.objects.filter(space=work.person.space_id, code__in=numbers).order_by("code"))
    WorkMaker.objects.bulk_create(WorkMaker(own=work, person=one, named_at=at) for one in people)
    if people:
        note("own-work.named", by=by, at=at, space=work.person.space_id, target=f"own-work:{work.pk}",
             people=[one.pk for one in people])  # fmt: skip


@transaction.atomic
def answer_naming(*, maker: WorkMaker, took_part: bool, by: Account, at: datetime) -> None:
    """Keep what somebody says to being named; they may change it. Raises PermissionDenied for everybody else."""
    if not may_add_works(by) or by.person_id != maker.person_id:
        raise PermissionDenied
    state = WorkMaker.State.AGREED if took_part else WorkMaker.State.DECLINED
    WorkMaker.objects.filter(pk=maker.pk).update(state=state, answered_at=at)
    note("own-work.answered", by=by, at=at, space=maker.person.space_id, target=f"maker:{maker.pk}",
         people=[maker.person_id], detail={"answer": state.value})  # fmt: skip


def namings_of(person: Person) -> QuerySet[WorkMaker]:
    """Return where a person is named as a maker: own works of others that stand, and works of files that are in use."""
    standing = Q(own__isnull=False) & ~Q(own__state=OwnWork.State.WITHDRAWN) | Q(imported__came_with__current=True)
    found = WorkMaker.objects.filter(standing, person=person)
    return found.select_related("own__person", "imported__came_with").order_by("-named_at", "-pk")


def counted_makers(*, day: date) -> QuerySet[WorkMaker]:
    """Return who counts as a maker: nobody who said no, and a minor only after a yes."""
    named, agreed = WorkMaker.State.NAMED, WorkMaker.State.AGREED
    grown = Q(person__in=Person.objects.exclude(minors(day)).values("pk"))
    return WorkMaker.objects.filter(Q(state=agreed) | Q(state=named) & grown)


def makers_shown(work: OwnWork, account: Account) -> tuple[MakerShown, ...]:
    """Return the makers of a work as an account may see them: who put it in sees whom they named."""
    makers = list(work.makers.select_related("person").order_by("pk"))
    mine = account.person_id == work.person_id
    seen = {one.person_id for one in makers} if mine else set()
    if makers and not mine:
        asked = visible_people(account).filter(pk__in=[one.person_id for one in makers])
        seen = set(asked.values_list("pk", flat=True))
    return tuple(
        MakerShown(
            name=one.person.name if one.person_id in seen else None, state=one.state,
            state_name=str(one.get_state_display()),
        )
        for one in makers
    )  # fmt: skip


def makers_of_table(reading: TableReading, space: Space, *, by_name: bool = False) -> MakersTold:
    """Return the works of a table with their makers, told by the people of a space."""
    works = works_of_table(reading)
    return tell_makers(works, names_on_record(space) if works else {}, by_name=by_name)


def record_works(told: MakersTold, entry: Import, *, at: datetime) -> None:
    """Record the works of an import with their makers; a no that somebody said to the same work before holds.

    Call it inside a transaction.
    """
    space = entry.source.space
    works = [
        ImportedWork(came_with=entry, kind=one.work.kind, title=one.work.title[:MOST_TITLE], done_on=one.work.day,
                     size=max(1, one.size), whole=one.whole)
        for one in told.works
    ]  # fmt: skip
    ImportedWork.objects.bulk_create(works, batch_size=BATCH)
    closed = set(Person.objects.filter(unconsented(localdate(at)), space=space).values_list("code", flat=True))
    wanted = {code for one in told.works for code in one.makers} - closed
    people = {code: pk for code, pk in Person.objects.filter(space=space).values_list("code", "pk") if code in wanted}
    before = WorkMaker.objects.filter(imported__came_with__source__space=space, state=WorkMaker.State.DECLINED)
    said_no = {(pk, kind, title.casefold()): when for pk, kind, title, when in before.values_list(
        "person", "imported__kind", "imported__title", "answered_at")}  # fmt: skip
    makers = []
    for one, work in zip(told.works, works, strict=True):
        for pk in (people[code] for code in one.makers if code in people):
            when = said_no.get((pk, work.kind, work.title.casefold()))
            state = WorkMaker.State.NAMED if when is None else WorkMaker.State.DECLINED
            makers.append(WorkMaker(imported=work, person_id=pk, state=state, named_at=at, answered_at=when))
    WorkMaker.objects.bulk_create(makers, batch_size=BATCH)
