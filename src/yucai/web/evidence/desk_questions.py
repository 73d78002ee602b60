"""What a human has to say yes to before a file goes in: rows that go, old values that come back, people made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.utils.timezone import localtime

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import MakersTold, TableDiff, TableReading, compare_tables
from yucai.texts import Text
from yucai.web.accounts.models import Space
from yucai.web.evidence.graduates import GraduatesTold
from yucai.web.evidence.models import Import
from yucai.web.evidence.settling import whole_table_of

__all__ = [
    "LEAVERS",
    "MAKES",
    "NAMESAKES",
    "OLDER",
    "REMOVES",
    "UNTOLD",
    "WORDS",
    "OldFile",
    "Question",
    "UnansweredError",
    "old_file",
    "questions_of",
    "questions_of_graduates",
    "questions_of_makers",
]

REMOVES: Final = "removes"
OLDER: Final = "older"
MAKES: Final = "makes"
NAMESAKES: Final = "namesakes"  # makers without a number whose name one on record bears
LEAVERS: Final = "leavers"  # graduates who are nobody on record
WORDS: Final = "words"  # of destinations, not understood
UNTOLD: Final = "untold"  # makers who are not told
MANY: Final = 0.1  # of the rows before: more than this, and more than FEW, are not removed without a word
FEW: Final = 5
MOST_NUMBERS: Final = 10
SAYS: Final = {
    REMOVES: Text(
        "{n} row{n:|s} would no longer count. Did you only want to add a few rows? Then choose “A new file, beside "
        "what is there”.",
        "将有 {n} 行不再有效。您是不是只想补录几行？如是，请选“新文件，与已有内容并存”。",
    ),
    OLDER: Text(
        "This is an old file: it was replaced by “{by}” on {at}. Taking it in puts values back as they were ({n}).",
        "这是旧文件，已于 {at} 被“{by}”取代；入库会把 {n} 处改回旧值。",
    ),
    MAKES: Text(
        "Student numbers that are not on record ({n}): {listed}. Import the class list first, or correct them.",
        "有 {n} 个学号不在库中：{listed}。请先导入学生名单，或改正学号。",
    ),
    LEAVERS: Text(
        "Graduates whose student numbers are not on record ({n}): {listed}. Import the class list first, or correct "
        "them; or keep the rows without counting them.",
        "有 {n} 名毕业生的学号不在库中：{listed}。请先导入学生名单或改正学号；也可仅保留该行而不计入。",
    ),
    WORDS: Text(
        "Destinations that are not understood ({n}): {listed}. Write them as in the guide, or count them as unknown; "
        "unknown is never counted as without work.",
        "有 {n} 种去向写法无法识别：{listed}。请按指南改写，或计为“去向不明”；去向不明绝不计为未就业。",
    ),
    NAMESAKES: Text(
        "Makers without a number, each with the one on record who bears that name ({n}): {listed}. Only you can say "
        "whether they are the same. Without a yes they count in the number of people and are linked to nobody.",
        "有 {n} 位完成人未写学号，库中各有一位同名者：{listed}。是否同一人只有您能确定；"
        "不勾选则只计入人数，不与任何人关联。",
    ),
    UNTOLD: Text(
        "Makers who are nobody on record, share a name, or stand under another name ({n}): {listed}. Import the class "
        "list, or give student numbers; or take the list in without linking them.",
        "有 {n} 位完成人不在库中、有重名，或学号与姓名不符：{listed}。"
        "请先导入学生名单或补写学号；也可不关联这些人而直接入库。",
    ),
}
TICKS: Final = {
    REMOVES: Text("Yes, {n} row{n:|s} {n:is|are} to go", "是的，这 {n} 行应当去掉"),
    OLDER: Text("Yes, put the old values back", "是的，改回旧值"),
    MAKES: Text("Create these people ({n})", "新建这 {n} 人"),
    LEAVERS: Text("Keep their rows in the table, and count them nowhere", "仅保留在表中，不计入任何统计"),
    WORDS: Text("Count them as unknown", "按“去向不明”计"),
    NAMESAKES: Text("Yes, these are the same people", "是的，这些是同一人"),
    UNTOLD: Text("Count them in the number of people, and link them to nobody", "计入人数，不与任何人关联"),
}


class UnansweredError(FaultyInputError):
    """Something that is asked of a file has no yes."""

    says = Text(
        "“{name}” waits for a yes ({n}). Tick it if it is meant so; nothing was changed.\n{listed}",
        "“{name}”还需要您确认（{n} 处）。如确实如此，请勾选；没有改动任何数据。\n{listed}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something that must be said yes to. ``token`` changes with what is asked, so that no old yes answers it."""

    code: str
    token: str
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def needed(self) -> bool:
        """Whether nothing goes in without a yes; else the file goes in either way, and the yes says how."""
        return self.code != NAMESAKES

    def in_language(self, language: str) -> str:
        """Return what would happen."""
        return self.fault.in_language(language)

    def tick(self, language: str) -> str:
        """Return the yes."""
        return Fault(code=self.code, says=TICKS[self.code], facts=self.facts).in_language(language)

    @property
    def fault(self) -> Fault:
        """What is said where no yes was given."""
        return Fault(code=self.code, says=SAYS[self.code], facts=self.facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class OldFile:
    """An earlier version that comes again: what replaced it, what is current now, and how many values differ."""

    replaced_by: Import
    current: Import
    differences: int


def old_file(reading: TableReading, *, space: Space, source: str) -> OldFile | None:
    """Return what replaced a file that was in once and is replaced; None for every other file."""
    same = Import.objects.filter(
        source__space=space, source__code=source, profile=reading.profile.code, digest=reading.report.sha256,
        current=False, undone_at=None, table__isnull=False,
    )  # fmt: skip
    for entry in same.order_by("-pk"):
        replaced_by = newest = entry.replacements.filter(undone_at=None).first()
        if replaced_by is None or newest is None:
            continue
        while (later := newest.replacements.filter(undone_at=None).first()) is not None:
            newest = later
        diff = compare_tables(whole_table_of(newest), reading.table, reading.profile)
        names = {column.name for column in reading.profile.columns}
        n = len(diff.added) + len(diff.removed) + sum(change.column in names for change in diff.changed)
        return OldFile(replaced_by=replaced_by, current=newest, differences=n)
    return None


def questions_of(
    *, old: OldFile | None, corrects: Import | None, diff: TableDiff | None, rows_before: int, strangers: Sequence[str]
) -> Iterator[Question]:
    """Yield what a human must say yes to before this goes in."""
    if old is not None:
        facts = {"by": old.replaced_by.file_name, "at": f"{localtime(old.replaced_by.at):%Y-%m-%d}",
                 "n": old.differences}  # fmt: skip
        yield Question(code=OLDER, token=f"{OLDER}-{old.current.pk}-{old.differences}", facts=facts)
    if corrects is not None and diff is not None:
        n = len(diff.removed)
        if n > FEW and n > MANY * rows_before:
            yield Question(code=REMOVES, token=f"{REMOVES}-{corrects.pk}-{n}", facts={"n": n})
    if strangers:
        facts = {"n": len(strangers), "listed": _listed(strangers)}
        yield Question(code=MAKES, token=f"{MAKES}-{_mark(strangers)}", facts=facts)


def questions_of_makers(told: MakersTold) -> Iterator[Question]:
    """Yield what is asked of the makers of works that a file names: who bears a name, and who is nobody on record."""
    pairs = [f"{name} {number}" for name, number in told.by_name]
    for code, who in ((NAMESAKES, pairs), (UNTOLD, list(told.unknown))):
        if who:
            yield Question(code=code, token=f"{code}-{_mark(who)}", facts={"n": len(who), "listed": _listed(who)})


def questions_of_graduates(told: GraduatesTold) -> Iterator[Question]:
    """Yield what is asked of a list of graduates: who is nobody on record, and which words are not understood."""
    for code, what in ((LEAVERS, told.strangers), (WORDS, told.words)):
        if what:
            yield Question(code=code, token=f"{code}-{_mark(what)}", facts={"n": len(what), "listed": _listed(what)})


def _mark(words: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


def _listed(words: Sequence[str]) -> Text:
    first, more = words[:MOST_NUMBERS], len(words) > MOST_NUMBERS
    return Text(", ".join(first) + (" ..." if more else ""), "、".join(first) + ("……" if more else ""))
