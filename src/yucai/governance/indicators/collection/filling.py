"""The tables of a state collection as they stand: each item with who answers for it, or why it is empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from yucai.governance.indicators.collection.checking import CheckLine, CheckState
from yucai.governance.indicators.collection.definitions import Collection, CollectionTable
from yucai.governance.indicators.computing import WhyEmpty
from yucai.texts import Text

__all__ = ["SIGNED_SAYS", "FilledLine", "FilledTable", "SignedBy", "StateCollection"]


class SignedBy(StrEnum):
    """How far a line is signed."""

    BOTH = "both"
    RECORDER = "recorder"
    RECORDS = "records"
    NOBODY = "nobody"


SIGNED_SAYS: Final[Mapping[SignedBy, Text]] = {
    SignedBy.BOTH: Text("signed by two people", "已经两人签核"),
    SignedBy.RECORDER: Text("signed by the recorder alone", "仅填报人签名，待审核"),
    SignedBy.RECORDS: Text("counted from the records, signed by nobody", "取自系统记录，尚无人签核"),
    SignedBy.NOBODY: Text("nothing filled in", "未填报"),
}
SUMMARY: Final = Text(
    "{tables} {tables:table|tables} with {n} {n:item|items}: {both} signed by two people, {one} by the recorder alone, "
    "{records} counted from the records and signed by nobody, {empty} without a value.",
    "共 {tables} 张表、{n} 项：{both} 项已经两人签核，{one} 项待审核，{records} 项取自系统记录、尚无人签核，"
    "{empty} 项无数值。",
)
CHECKED: Final = Text(
    "{n} checks: {right} {right:agrees|agree}, {wrong} {wrong:contradicts|contradict}, {ask} {ask:wants|want} a word "
    "of explanation, {open} cannot be made yet.",
    "共核对 {n} 处：一致 {right} 处，矛盾 {wrong} 处，须说明 {ask} 处，尚无法核对 {open} 处。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledLine:
    """One line of a table. ``stands_in`` says which indicator the value was filled in for, or that records gave it."""

    name: Text
    unit: Text
    places: int
    value: float | None
    why: WhyEmpty | None
    as_of: date | None
    before: float | None
    recorder: str
    auditor: str
    signed: SignedBy
    signed_on: date | None
    stands_in: Text
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledTable:
    """A table and its lines."""

    table: CollectionTable
    lines: tuple[FilledLine, ...]

    def count(self, signed: SignedBy) -> int:
        """Return how many lines with a value are signed so far."""
        return sum(line.value is not None and line.signed is signed for line in self.lines)

    @property
    def empty(self) -> int:
        """How many lines have no value."""
        return sum(line.value is None for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateCollection:
    """All tables of one institution and year with the checks between them; page, Word file and workbook say this."""

    institution: Text
    simulated: bool
    year: int
    collection: Collection
    tables: tuple[FilledTable, ...]
    checks: tuple[CheckLine, ...]
    at: datetime

    @property
    def summary(self) -> Text:
        """How far the tables are, in one sentence."""
        counts = {kind: sum(table.count(kind) for table in self.tables) for kind in SignedBy}
        return SUMMARY.filled(
            tables=len(self.tables), n=sum(len(table.lines) for table in self.tables), both=counts[SignedBy.BOTH],
            one=counts[SignedBy.RECORDER], records=counts[SignedBy.RECORDS],
            empty=sum(table.empty for table in self.tables),
        )  # fmt: skip

    @property
    def checked(self) -> Text:
        """How the checks came out, in one sentence."""
        states = [one.state for one in self.checks]
        return CHECKED.filled(
            n=len(states), right=states.count(CheckState.AGREES), wrong=states.count(CheckState.CONTRADICTS),
            ask=states.count(CheckState.WANTS_A_WORD), open=states.count(CheckState.OPEN),
        )  # fmt: skip

    @property
    def found(self) -> tuple[CheckLine, ...]:
        """The checks that somebody has to look at: what contradicts, and what wants a word."""
        states = (CheckState.CONTRADICTS, CheckState.WANTS_A_WORD)
        return tuple(one for state in states for one in self.checks if one.state is state)
