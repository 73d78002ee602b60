"""A reading as it would go in: without rows that are in already, and with disputed names waiting for a word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl
from django.conf import settings
from django.utils.timezone import localtime

from yucai.errors import Fault
from yucai.evidence import Place, SourceFacts, TableReading, pass_over_rows, refuse_rows
from yucai.texts import Text
from yucai.web.accounts.erased import erased_among
from yucai.web.accounts.models import Space
from yucai.web.evidence.models import Import
from yucai.web.evidence.refusals_kept import refused_places
from yucai.web.evidence.rosters import names_on_record

__all__ = [
    "BY_NUMBER",
    "OUT",
    "NameQuestion",
    "Settled",
    "Wish",
    "settle",
    "supplemented",
    "table_of",
    "whole_table_of",
]

BY_NUMBER: Final = "number"  # an answer: the number decides whose the row is
OUT: Final = "out"  # an answer: the row does not go in
MOST_NAMED: Final = 20
DISPUTED: Final = Text(
    "{code} is {known} on record, here {name}. Say on the import desk whether the number decides, or correct the row.",
    "学号 {code} 在库中是{known}，此处为{name}。请在导入台选择“按学号”，或改正该行。",
)
LEFT_OUT: Final = Text(
    "{code} is {known} on record, here {name}: left out, as was said.",
    "学号 {code} 在库中是{known}，此处为{name}：已按选择不入库。",
)
PASSED: Final = Text("Row {rows} is in already and is passed over.", "第 {rows} 行已入库，跳过。")
ERASED: Final = Text(
    "{n} row{n:|s} {n:is|are} left out: the records of {n:this person|these people} were erased here, and no file "
    "brings them back. Where somebody has returned, the data protection officer lets their number in again.",
    "有 {n} 行不予入库：此人（这些人）的记录已在此删除，任何文件都不会使其恢复。"
    "如确已返校，请由个人信息保护负责人准许该学号重新入库。",
)
SUPPLEMENTS: Final = Text(
    "These are refused rows of “{file}” ({at}): they are added to it and replace nothing.",
    "这是“{file}”（{at}）被拒收的行：补充到该次导入，不取代任何内容。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants of a file.

    ``answers`` says, by sheet and row, whose a row without a number is, as a human found ("": nobody's); ``names``
    whether the number decides where the name is another than on record, ``all_by_number`` that it does everywhere.
    ``corrects`` is the number of the import that the file corrects; None: it stands for itself. ``highest`` is the
    highest score of the items of which the file says none; without it they are not taken as scores. ``agreed`` are
    the tokens of the questions that a human said yes to.
    """

    source: str
    profile: str | None = None
    chosen: Mapping[str, str] = field(default_factory=dict)
    facts: SourceFacts = field(default_factory=SourceFacts)
    corrects: int | None = None
    answers: Mapping[Place, str] = field(default_factory=dict)
    names: Mapping[Place, str] = field(default_factory=dict)
    all_by_number: bool = False
    highest: float | None = None
    agreed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class NameQuestion:
    """A row whose number is on record under another name; ``answer`` is what a human said of it, "" nothing yet."""

    sheet: str
    row: int
    code: str
    known: str
    name: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What of a reading would go in. ``supplements`` is the import whose refused rows it brings, ``brought`` which."""

    reading: TableReading
    supplements: Import | None
    brought: tuple[Place, ...]
    names: tuple[NameQuestion, ...]
    notices: tuple[Fault, ...]


def settle(reading: TableReading, wish: Wish, *, space: Space) -> Settled:
    """Return what of a reading would go in as it is wished; nothing is written."""
    of = supplemented(reading, space=space, source=wish.source)
    notices: list[Fault] = []
    if of is not None:
        reading = _without_those_in(reading, of, notices)
    reading = _without_erased(reading, space, notices)
    names = _disputed(reading, wish, space)
    wrong = {
        (one.sheet, one.row): [
            Fault(
                code="name-differs",
                says=LEFT_OUT if one.answer == OUT else DISPUTED,
                facts={"code": one.code, "known": one.known, "name": one.name},
            )
        ]
        for one in names
        if one.answer != BY_NUMBER
    }
    reading = refuse_rows(reading, wrong)
    return Settled(
        reading=reading,
        supplements=of,
        brought=_brought(reading, of),
        names=names,
        notices=tuple(notices),
    )


def _without_erased(reading: TableReading, space: Space, notices: list[Fault]) -> TableReading:
    """Return a reading without the rows of people who were erased; they are kept nowhere, not even as refused."""
    columns = {"learner", *([reading.profile.responses.learner] if reading.profile.responses is not None else [])}
    there = [name for name in sorted(columns) if name in reading.table.columns]
    codes = {code for name in there for code in reading.table[name].drop_nulls().cast(pl.String).unique()}
    codes |= {str(value).strip() for row in reading.report.refused for value in row.cells.values() if value}
    erased = erased_among(space, codes)
    if not erased:
        return reading
    of_them = pl.any_horizontal(pl.col(name).cast(pl.String).is_in(list(erased)) for name in there) if there else False
    places = _places(reading.table.filter(of_them))
    places |= {
        (row.sheet, row.row)
        for row in reading.report.refused
        if erased & {str(value).strip() for value in row.cells.values()}
    }
    notices.append(Fault(code="erased", says=ERASED, facts={"n": len(places)}))
    return pass_over_rows(reading, places)


def table_of(entry: Import) -> pl.DataFrame:
    """Return the table that an import brought."""
    return pl.read_parquet(settings.WORKSPACE.folder / entry.table.path)


def whole_table_of(entry: Import) -> pl.DataFrame:
    """Return the table that an import brought, with the refused rows of it that came in since."""
    supplements = entry.supplemented_by.filter(undone_at=None).order_by("pk")
    return pl.concat([table_of(entry), *(table_of(one) for one in supplements)], how="diagonal_relaxed")


def supplemented(reading: TableReading, *, space: Space, source: str) -> Import | None:
    """Return the import whose refused rows a file brings back: told by the columns that the workbook of them has."""
    for file in dict.fromkeys(origin.file for origin in reading.returned.values()):
        places = {(origin.sheet, origin.row) for origin in reading.returned.values() if origin.file == file}
        found = Import.objects.filter(
            source__space=space, source__code=source, profile=reading.profile.code, file_name=file, undone_at=None
        )
        for entry in found.filter(table__isnull=False).order_by("-current", "-pk"):
            if places & (refused_places(entry) | _places(table_of(entry))):
                return entry
    return None


def _places(table: pl.DataFrame) -> set[Place]:
    return set(zip(table["source_sheet"].fill_null("").to_list(), table["source_row"].to_list(), strict=True))


def _without_those_in(reading: TableReading, of: Import, notices: list[Fault]) -> TableReading:
    """Return a supplement without the rows that went in meanwhile: with a yes of somebody, or with another one."""
    there = _places(table_of(of))
    for other in of.supplemented_by.filter(undone_at=None):
        there |= {(sheet, row) for sheet, row in other.brought}
    passed = {
        place: origin.row
        for place, origin in reading.returned.items()
        if origin.file == of.file_name and (origin.sheet, origin.row) in there
    }
    facts = {"file": of.file_name, "at": f"{localtime(of.at):%Y-%m-%d}"}
    notices.append(Fault(code="supplement", says=SUPPLEMENTS, facts=facts))
    if passed:
        rows = sorted(passed.values())
        said = "、".join(map(str, rows[:MOST_NAMED])) + (" …" if len(rows) > MOST_NAMED else "")
        notices.append(Fault(code="passed-over", says=PASSED, facts={"rows": said}))
    return pass_over_rows(reading, passed)


def _brought(reading: TableReading, of: Import | None) -> tuple[Place, ...]:
    """Return the refused rows of an import that a supplement of it brings."""
    if of is None:
        return ()
    kept = _places(reading.table)
    refused = refused_places(of)
    places = (
        (origin.sheet, origin.row)
        for place, origin in reading.returned.items()
        if place in kept and origin.file == of.file_name
    )
    return tuple(place for place in dict.fromkeys(places) if place in refused)


def _disputed(reading: TableReading, wish: Wish, space: Space) -> tuple[NameQuestion, ...]:
    """Return the rows of scores that call a number by another name than the record."""
    rule, table = reading.profile.responses, reading.table
    if rule is None or rule.learner not in table.columns or "name" not in table.columns:
        return ()
    known = names_on_record(space)
    rows = table.select("source_sheet", "source_row", rule.learner, "name").drop_nulls([rule.learner, "name"])
    asked = []
    for sheet, row, code, name in rows.iter_rows():
        called = known.get(code)
        if called is None or name in called or code in called:
            continue
        answer = BY_NUMBER if wish.all_by_number else wish.names.get((sheet or "", row), "")
        asked.append(NameQuestion(sheet=sheet or "", row=row, code=code, known=called[0], name=name, answer=answer))
    return tuple(asked)
