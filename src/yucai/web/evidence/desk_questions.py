"""What a human has to say yes to before a file goes in: rows that go, old values that come back, people made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.utils.timezone import localtime

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import TableDiff, TableReading, compare_tables
from yucai.texts import Text
from yucai.web.accounts.models import Space
from yucai.web.evidence.models import Import
from yucai.web.evidence.settling import whole_table_of

__all__ = ["MAKES", "OLDER", "REMOVES", "OldFile", "Question", "UnansweredError", "old_file", "questions_of"]

REMOVES: Final = "removes"
OLDER: Final = "older"
MAKES: Final = "makes"
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
}
TICKS: Final = {
    REMOVES: Text("Yes, {n} row{n:|s} {n:is|are} to go", "是的，这 {n} 行应当去掉"),
    OLDER: Text("Yes, put the old values back", "是的，改回旧值"),
    MAKES: Text("Create these people ({n})", "新建这 {n} 人"),
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
        first, more = strangers[:MOST_NUMBERS], len(strangers) > MOST_NUMBERS
        told = hashlib.sha256("\n".join(strangers).encode()).hexdigest()[:16]
        listed = Text(", ".join(first) + (" ..." if more else ""), "、".join(first) + ("……" if more else ""))
        yield Question(code=MAKES, token=f"{MAKES}-{told}", facts={"n": len(strangers), "listed": listed})
