"""What changed between two versions of a file, and where files contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl

from yucai.evidence.exports import SOURCES
from yucai.evidence.profiles import TableProfile
from yucai.evidence.tables import TableReading
from yucai.texts import Text

__all__ = [
    "ChangedValue",
    "Contradiction",
    "Said",
    "TableDiff",
    "TableVersion",
    "add_version",
    "compare_tables",
    "find_contradictions",
]

SUMMARY: Final = Text(
    "{added} row{added:|s} added, {removed} removed, {changed} value{changed:|s} changed.",
    "新增 {added} 行，删除 {removed} 行，改动 {changed} 处。",
)
UNCHANGED: Final = Text("Nothing changed.", "没有变化。")
CONTRADICTION: Final = Text("{subject}: {column} is {said}.", "{subject}：{column}的记载不一，{said}。")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedValue:
    """One value that is not what it was."""

    key: tuple[object, ...]
    column: str
    before: object
    after: object


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDiff:
    """What a corrected file changed: keys of rows added and removed, and single values."""

    added: tuple[tuple[object, ...], ...] = ()
    removed: tuple[tuple[object, ...], ...] = ()
    changed: tuple[ChangedValue, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing changed."""
        return not (self.added or self.removed or self.changed)

    def in_language(self, language: str) -> str:
        """Return the counts in one sentence."""
        if self.empty:
            return UNCHANGED.in_language(language)
        counts = {"added": len(self.added), "removed": len(self.removed), "changed": len(self.changed)}
        return SUMMARY.in_language(language, **counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableVersion:
    """One version of what a source gave: its number from 1, its file, its table, and what changed since the last."""

    number: int
    sha256: str
    at: datetime
    table: pl.DataFrame
    diff: TableDiff


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One value, and where it stands."""

    value: object
    file: str
    sheet: str
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Files that say different things of the same subject; nobody is believed without a human's word."""

    subject: str
    column: Text
    said: tuple[Said, ...]

    def in_language(self, language: str) -> str:
        """Return who says what, with file and row."""
        said = "; ".join(f"“{one.value}” ({one.file} {one.sheet} {one.row})".replace("  ", " ") for one in self.said)
        return CONTRADICTION.in_language(
            language, subject=self.subject, column=self.column.in_language(language), said=said
        )


def add_version(versions: Sequence[TableVersion], reading: TableReading, *, at: datetime) -> tuple[TableVersion, ...]:
    """Return the versions with one more, if the file brings anything new; the same file twice changes nothing."""
    history = tuple(versions)
    if history and history[-1].sha256 == reading.report.sha256:
        return history
    before = history[-1].table if history else reading.table.clear()
    diff = compare_tables(before, reading.table, reading.profile)
    if history and diff.empty:
        return history
    sha256 = reading.report.sha256
    return (*history, TableVersion(number=len(history) + 1, sha256=sha256, at=at, table=reading.table, diff=diff))


def compare_tables(before: pl.DataFrame, after: pl.DataFrame, profile: TableProfile) -> TableDiff:
    """Return what changed from one table of a profile to another, told by the key; sources and order do not count."""
    keys = [name for name in profile.key if name in before.columns and name in after.columns]
    old, new = _by_key(before, keys), _by_key(after, keys)
    changed = []
    for key in old.keys() & new.keys():
        names = {**old[key], **new[key]}
        changed += [
            ChangedValue(key=_plain(key), column=name, before=old[key].get(name), after=new[key].get(name))
            for name in names
            if old[key].get(name) != new[key].get(name)
        ]
    return TableDiff(
        added=tuple(sorted(map(_plain, new.keys() - old.keys()), key=str)),
        removed=tuple(sorted(map(_plain, old.keys() - new.keys()), key=str)),
        changed=tuple(sorted(changed, key=lambda change: (str(change.key), change.column))),
    )


def find_contradictions(readings: Sequence[TableReading]) -> tuple[Contradiction, ...]:
    """Return where files differ: on a lasting fact of a learner (name, class ...), or on the same row of one kind."""
    facts: dict[tuple[str, str], list[Said]] = {}
    titles: dict[tuple[str, str], Text] = {}
    for reading in readings:
        for subject, column, one in _statements(reading):
            facts.setdefault((subject, column), []).append(one)
            titles[subject, column] = reading.profile.column(column.rpartition(".")[2]).title
    found = []
    for (subject, column), said in facts.items():
        first = {one.value: one for one in reversed(said)}  # one place for each value: the first
        if len(first) > 1 and len({one.file for one in said}) > 1:
            told = tuple(sorted(first.values(), key=lambda one: (one.file, one.row)))
            found.append(Contradiction(subject=subject, column=titles[subject, column], said=told))
    return tuple(sorted(found, key=lambda one: (one.subject, one.column.en)))


def _statements(reading: TableReading) -> Iterator[tuple[str, str, Said]]:
    """Yield what each row says, of whom: lasting facts by the person's number, all else by the key of the row."""
    profile = reading.profile
    keys = [name for name in profile.key if name in reading.table.columns]
    lasting = [column for column in profile.columns if column.fact_of]
    others = [c for c in profile.columns if not c.fact_of and c.name not in keys and c.type in _COMPARED]
    for row in reading.table.iter_rows(named=True):
        place = {"file": row["source_file"], "sheet": row["source_sheet"] or "", "row": row["source_row"]}
        for column in lasting:
            if row[column.fact_of] and row[column.name] is not None:
                yield row[column.fact_of], column.name, Said(value=row[column.name], **place)
        subject = " ".join(str(row[name]) for name in keys if row[name])
        for column in others:
            if row[column.name] is not None:
                yield subject, f"{profile.code}.{column.name}", Said(value=row[column.name], **place)


_COMPARED: Final = frozenset({"grade", "number", "money", "percent", "term", "strength", "day"})


def _by_key(table: pl.DataFrame, keys: Sequence[str]) -> dict[tuple[str, ...], Mapping[str, Any]]:
    """Return the rows by key. Rows of one key were refused at the door; a key all empty is told by its order."""
    names = [name for name in table.columns if name not in SOURCES]
    found: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for n, row in enumerate(table.select(names).iter_rows(named=True)):
        key = tuple("" if row[name] is None else str(row[name]) for name in keys)
        found[key if any(key) and key not in found else (*key, f"#{n}")] = row
    return found


def _plain(key: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(part or None for part in key)
