"""The people of an announcement as an office brings them: a group, lines that were pasted, or a table of a file."""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import TitledSheet, read_titled
from yucai.texts import Text
from yucai.web.accounts.ages import unpublishable
from yucai.web.accounts.models import Account, Group, Person, Space

__all__ = ["MOST_LINES", "Entry", "entries_of_file", "entries_of_group", "entries_of_text", "people_of"]

MOST_LINES: Final = 500
MOST_NAMED: Final = 50
LIST: Final = Text("list of people", "人员名单")
NUMBERS: Final = frozenset(
    {"学号", "学生号", "学籍号", "编号", "number", "student number", "student id", "learner", "id"}
)
OUTCOMES: Final = frozenset({"结果", "等级", "等次", "奖项", "名称", "类别", "拟定结果", "outcome", "result", "award"})
NO_COLUMN: Final = Text(
    "No sheet has a column “学号” or “student number”. Write that title above the numbers.",
    "没有工作表含有“学号”列。请在学号上方写明列名“学号”。",
)
NOTHING: Final = Text("There is nobody in it. Name at least one student number.", "名单为空，请至少写一个学号。")
TOO_MANY: Final = Text(
    "{n} people are too many for one announcement; it takes {most}. Make several.",
    "共 {n} 人，超过一份公示的上限 {most} 人。请分成几份。",
)
UNKNOWN: Final = Text(
    "Nobody of this institution has {n:this number|these numbers}: {which}. Compare with the class list.",
    "本机构没有以下 {n} 个学号：{which}。请与学生名单核对。",
)
OTHERS: Final = Text(
    "Of another institution, not of this one: {which}. Announce them there.",
    "以下学号属于其他机构：{which}。请在该机构公示。",
)
TWICE: Final = Text("Named twice: {which}. Keep one line for each person.", "重复出现：{which}。每人只保留一行。")
THERE: Final = Text("In the announcement already: {which}.", "已在本公示名单中：{which}。")
NO_WORD: Final = Text(
    "The outcome of {which} is none of the words of this announcement ({words}). Write one of them, or add the word.",
    "{which} 的结果不在本公示的用语之列（{words}）。请改用其中之一，或先增加该用语。",
)
YOUNG: Final = Text(
    "Under 18, or of an age that nobody asked, and not approved for a public announcement until {day}: {which}. The "
    "data protection officer approves that under “Ages and minors”; else leave them out.",
    "未满 18 周岁或年龄未登记，且未获准公示至 {day}：{which}。请个人信息保护负责人在“年龄与未成年人”中批准，"
    "或不列入名单。",
)
_LINE: Final = re.compile(r"(\S+?)(?:[\s,，;；]+(.*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One person as named by an office, and the outcome in its words; empty: the first of the closed list."""

    number: str
    outcome: str = ""


def entries_of_text(text: str) -> list[Entry]:
    """Return the entries of lines that hold a number and, if there is any, an outcome."""
    found = []
    for line in text.splitlines():
        told = _LINE.fullmatch(line.strip())
        if told:
            found.append(Entry(number=told[1], outcome=(told[2] or "").strip()))
    return found


def entries_of_group(group: Group, outcome: str) -> list[Entry]:
    """Return an entry for everybody of a group, all with one outcome."""
    codes = group.people.order_by("code").values_list("code", flat=True)
    return [Entry(number=code, outcome=outcome) for code in codes]


def entries_of_file(content: bytes, *, name: str) -> list[Entry]:
    """Return the entries of a table; only its columns of numbers and outcomes are read, and nothing of it is kept.

    Raises the library's refusals of files, FaultyInputError where no sheet has a column of numbers.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"list{Path(name).suffix.lower()[:10]}"
        file.write_bytes(content)
        _digest, sheets = read_titled(file, known=NUMBERS | OUTCOMES)
    for sheet in sheets:
        titles = [_plain(title) for title in sheet.header]
        numbers = next((place for place, title in enumerate(titles) if title in NUMBERS), None)
        if numbers is not None:
            outcomes = next((place for place, title in enumerate(titles) if title in OUTCOMES), None)
            return list(_entries(sheet, numbers, outcomes))
    raise FaultyInputError(name or LIST, [Fault(code="no-column", says=NO_COLUMN)])


def _entries(sheet: TitledSheet, numbers: int, outcomes: int | None) -> Iterator[Entry]:
    for row in sheet.columns.iter_rows():
        number = str(row[numbers] or "").strip()
        if number:
            yield Entry(number=number, outcome=str(row[outcomes] or "").strip() if outcomes is not None else "")


def people_of(
    entries: Sequence[Entry], *, space: Space, words: Sequence[Text], there: Iterable[str], until: date, by: Account
) -> list[tuple[Person, int]]:
    """Return whom entries name, each with the place of the outcome. ``there`` are numbers that stand already.

    Raises FaultyInputError that names every number at fault, fault by fault, and all faults at once.
    """
    there = set(there)
    if faults := list(_size_faults(len(entries), len(entries) + len(there))):
        raise FaultyInputError(LIST, faults)
    known = {one.code: one for one in Person.objects.filter(space=space, code__in=[entry.number for entry in entries])}
    places = {_plain(word): place for place, text in enumerate(words) for word in (text.zh, text.en)}
    told = [entry.number for entry in entries]
    lacking = [number for number in told if number not in known]
    others = _elsewhere(lacking, space, by)
    shut = Person.objects.filter(unpublishable(until), pk__in=[one.pk for one in known.values()])
    young = set(shut.values_list("code", flat=True))
    wordless = [entry.number for entry in entries if entry.number in known and _place(entry, places) is None]
    listed = Text(", ".join(text.en for text in words), "、".join(text.zh for text in words))
    faults = [
        *_said("unknown", UNKNOWN, [number for number in lacking if number not in others]),
        *_said("others", OTHERS, [number for number in lacking if number in others]),
        *_said("twice", TWICE, [number for place, number in enumerate(told) if number in told[:place]]),
        *_said("there", THERE, [number for number in told if number in there]),
        *_said("no-word", NO_WORD, wordless, words=listed),
        *_said("young", YOUNG, [number for number in told if number in young], day=f"{until}"),
    ]
    if faults:
        raise FaultyInputError(LIST, faults)
    return [(known[entry.number], _place(entry, places) or 0) for entry in entries]


def _size_faults(named: int, all_: int) -> Iterator[Fault]:
    """Yield a fault for a list of nobody, and for one that is too long to look up whom it names."""
    if not named:
        yield Fault(code="nothing", says=NOTHING)
    if all_ > MOST_LINES:
        yield Fault(code="too-many", says=TOO_MANY, facts={"n": all_, "most": MOST_LINES})


def _place(entry: Entry, places: Mapping[str, int]) -> int | None:
    return places.get(_plain(entry.outcome)) if entry.outcome else 0


def _elsewhere(numbers: Iterable[str], space: Space, by: Account) -> frozenset[str]:
    """Return which numbers are of other institutions into which the account is let; of others nothing is told."""
    found = Person.objects.filter(code__in=list(numbers), space__in=by.spaces.exclude(pk=space.pk))
    return frozenset(found.values_list("code", flat=True))


def _said(code: str, says: Text, numbers: Iterable[str], **facts: object) -> Iterator[Fault]:
    """Yield one fault that names all these numbers."""
    once = list(dict.fromkeys(number[:40] for number in numbers))
    if once:
        more = [f"… ({len(once)})"] if len(once) > MOST_NAMED else []
        which = [*once[:MOST_NAMED], *more]
        told = Text(", ".join(which), "、".join(which))
        yield Fault(code=code, says=says, facts={"n": len(once), "which": told, **facts})


def _plain(word: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", word).split()).casefold()
