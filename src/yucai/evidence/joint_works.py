"""Who made a work together: read from tables of projects, awards and papers, and told by the people on record.

A number tells a person. A name without a number is only ever a proposal, and only where exactly one on record bears it;
nobody is made up, and whoever cannot be told is named, so that somebody can say who it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from yucai.evidence.own_works import WorkKind
from yucai.evidence.tables import TableReading

__all__ = ["MADE_IN", "MakersTold", "NamedMaker", "TableWork", "ToldWork", "tell_makers", "works_of_table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedMaker:
    """A maker as a file names them; one of the two may be empty."""

    name: str = ""
    number: str = ""

    def __str__(self) -> str:
        return f"{self.name}（{self.number}）" if self.name and self.number else self.name or self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class TableWork:
    """A work of a table with the makers that its row names; ``others`` where the row says 等: not all are named."""

    kind: WorkKind
    title: str
    day: date | None
    makers: tuple[NamedMaker, ...]
    others: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldWork:
    """A work with the numbers of those makers who are told; ``size`` counts all whom its row names.

    ``whole``: all who made it are told.
    """

    work: TableWork
    makers: tuple[str, ...]
    size: int
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MakersTold:
    """Works with their makers, and who is left to be asked about.

    ``by_name`` are names without a number that exactly one on record bears, with that number; ``unknown`` whoever is
    not on record, shares a name with others, or whose number is on record under another name.
    """

    works: tuple[ToldWork, ...]
    by_name: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Which columns of a kind of table hold what of a work; ``number`` is that of the first one in ``people``."""

    kind: WorkKind
    title: str
    days: tuple[str, ...]
    people: tuple[str, ...]
    number: str


MADE_IN: Final[Mapping[str, _Columns]] = {
    "projects": _Columns(
        kind=WorkKind.PROJECT, title="title", days=("ends", "begins"), people=("leader", "members"),
        number="leader_number",
    ),
    "awards": _Columns(kind=WorkKind.AWARD, title="award", days=("day",), people=("winners",), number="learner"),
    "papers": _Columns(kind=WorkKind.PAPER, title="title", days=("day",), people=("authors",), number="learner"),
}  # fmt: skip
TEACHERS: Final = frozenset({"指导教师", "企业导师", "导师"})


def works_of_table(reading: TableReading) -> tuple[TableWork, ...]:
    """Return the works of a table of projects, awards or papers with their makers; of any other kind none."""
    columns = MADE_IN.get(reading.profile.code)
    if columns is None:
        return ()
    return tuple(_work(row, columns) for row in reading.table.iter_rows(named=True))


def _work(row: Mapping[str, Any], columns: _Columns) -> TableWork:
    people = [
        NamedMaker(name="" if one["name"] == one["number"] else one["name"].strip(), number=one["number"] or "")
        for name in columns.people
        for one in row.get(name) or ()
        if one["role"] not in TEACHERS
    ]
    number = (row.get(columns.number) or "").strip()
    first = len(row.get(columns.people[0]) or ())
    if number and first == 1 and people and not people[0].number:
        people[0] = NamedMaker(name=people[0].name, number=number)
    elif number and number not in {one.number for one in people}:
        people.append(NamedMaker(number=number))
    return TableWork(
        kind=columns.kind,
        title=(row.get(columns.title) or "").strip(),
        day=next((row[name] for name in columns.days if row.get(name)), None),
        makers=tuple(dict.fromkeys(people)),
        others=any(bool(row.get(f"{name}_others")) for name in columns.people),
    )


def tell_makers(
    works: Iterable[TableWork], roster: Mapping[str, Sequence[str]], *, by_name: bool = False
) -> MakersTold:
    """Return works with the makers that are told; ``roster`` gives the names under which each number is on record.

    ``by_name``: somebody said that those who are proposed by their name are the ones on record.

    >>> work = TableWork(kind=WorkKind.PROJECT, title="x", day=None,
    ...     makers=(NamedMaker(name="张三", number="1"), NamedMaker(name="李四"), NamedMaker(name="王五")))
    >>> told = tell_makers([work], {"1": ["张三"], "2": ["李四"]})
    >>> told.works[0].makers, told.by_name, told.unknown
    (('1',), (('李四', '2'),), ('王五',))
    """
    called: dict[str, list[str]] = {}
    for number, names in roster.items():
        for name in dict.fromkeys(names):
            called.setdefault(name.casefold(), []).append(number)
    proposed: dict[str, str] = {}
    unknown: dict[str, None] = {}
    told = tuple(_told(work, roster, called, proposed, unknown, by_name=by_name) for work in works)
    return MakersTold(works=told, by_name=tuple(proposed.items()), unknown=tuple(unknown))


def _told(
    work: TableWork, roster: Mapping[str, Sequence[str]], called: Mapping[str, Sequence[str]],
    proposed: dict[str, str], unknown: dict[str, None], *, by_name: bool,
) -> ToldWork:  # fmt: skip
    sure = [one.number for one in work.makers if one.number and _is_called(one, roster)]
    names_of_sure = {name.casefold() for number in sure for name in roster[number]}
    size, all_told = 0, not work.others
    for one in work.makers:
        if one.number and _is_called(one, roster):
            size += 1
            continue
        if not one.number and one.name.casefold() in names_of_sure:
            continue  # the same person twice: once by number alone, once by name
        size += 1
        bearers = called.get(one.name.casefold(), ()) if not one.number else ()
        if len(bearers) == 1:
            proposed[one.name] = bearers[0]
        else:
            unknown[str(one)] = None
        if len(bearers) == 1 and by_name:
            sure.append(bearers[0])
        else:
            all_told = False
    makers = tuple(dict.fromkeys(sure))
    return ToldWork(work=work, makers=makers, size=max(size, len(makers)), whole=all_told)


def _is_called(one: NamedMaker, roster: Mapping[str, Sequence[str]]) -> bool:
    """Whether a number is on record, under the name that the file gives if it gives one."""
    names = roster.get(one.number)
    if names is None:
        return False
    known = {name.casefold() for name in names}
    return not one.name or one.name.casefold() in known or one.number.casefold() in known
