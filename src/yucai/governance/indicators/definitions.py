"""What an indicator is: numerator, denominator, who counts, as of when, and which standard says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from yucai.texts import Text

__all__ = [
    "CENSUS_DAY",
    "Counting",
    "Figure",
    "Indicator",
    "IndicatorPack",
    "Period",
    "Reference",
    "TableCheck",
    "period_of",
]

CENSUS_DAY: Final = (9, 30)
SCHOOL_YEAR_BEGINS: Final = (9, 1)
SCHOOL_YEAR_ENDS: Final = (8, 31)


class Reference(StrEnum):
    """As of when, or over which time, a figure is taken. State tables have three senses of one year."""

    CALENDAR_YEAR = "calendar-year"
    SCHOOL_YEAR = "school-year"
    CENSUS_DAY = "census-day"  # 30 September


class Counting(StrEnum):
    """What the numerator and the denominator of an indicator count, and so what a figure may tell of people."""

    THINGS = "things"  # no people at all, or people in a denominator alone
    PEOPLE = "people"  # people in the numerator
    PART = "part"  # people in the numerator who are among those of the denominator


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The days that a figure of one year covers, both ends included. On a census day they are the same."""

    begins: date
    ends: date


def period_of(reference: Reference, year: int) -> Period:
    """Return the days that a reference means in a year; a school year is named by the year in which it ends.

    >>> period_of(Reference.SCHOOL_YEAR, 2026)
    Period(begins=datetime.date(2025, 9, 1), ends=datetime.date(2026, 8, 31))
    >>> period_of(Reference.CENSUS_DAY, 2026).begins
    datetime.date(2026, 9, 30)
    """
    if reference is Reference.CENSUS_DAY:
        return Period(begins=date(year, *CENSUS_DAY), ends=date(year, *CENSUS_DAY))
    if reference is Reference.CALENDAR_YEAR:
        return Period(begins=date(year, 1, 1), ends=date(year, 12, 31))
    return Period(begins=date(year - 1, *SCHOOL_YEAR_BEGINS), ends=date(year, *SCHOOL_YEAR_ENDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number of a table, of which indicators are made. ``people``: it counts people.

    ``records`` names how the records of an office give it; empty: somebody enters it, with source and date.
    """

    code: str
    name: Text
    unit: Text
    people: bool
    records: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One definition, as a standard gives it.

    ``top`` and ``bottom`` are weights of figures: the numerator is the weighted sum of the one, the denominator of the
    other (empty: there is none). The value is ``per`` times their quotient. ``checked`` tells that the wording was
    compared with a copy of the standard that ``source`` names; where it is false, the office has to look, and
    ``remark`` says at what.
    """

    code: str
    name: Text
    group: str
    numerator: Text
    denominator: Text | None
    rule: Text
    reference: Reference
    unit: Text
    per: float
    places: int
    top: Mapping[str, float]
    bottom: Mapping[str, float]
    counting: Counting
    more_is_better: bool | None  # None: neither; a size, not a merit
    norm: float | None  # a level that the standard itself names
    standard: str
    source: Text
    version: str
    vintage: date  # the day on which the wording of the standard was read
    checked: bool
    remark: Text

    @property
    def figures(self) -> tuple[str, ...]:
        """The codes of the figures it is made of, each once, numerator first."""
        return tuple(dict.fromkeys([*self.top, *self.bottom]))

    @property
    def converts(self) -> bool:
        """Whether some figure counts with a weight of its own, which has to be printed with the value."""
        return any(weight != 1 for weight in [*self.top.values(), *self.bottom.values()])


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCheck:
    """What must hold between figures: a whole is the sum of its parts, or something is at most another."""

    code: str
    says: Text
    whole: str
    parts: tuple[str, ...]
    at_most: bool  # the parts together are at most the whole, instead of equal to it


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorPack:
    """Indicators of one standard, the figures they are made of, and what must hold between the figures."""

    code: str
    version: str
    name: Text
    note: Text
    source: Text
    licence: str
    groups: tuple[tuple[str, Text], ...]
    figures: tuple[Figure, ...]
    indicators: tuple[Indicator, ...]
    checks: tuple[TableCheck, ...]

    def figure(self, code: str) -> Figure:
        """Return a figure. Raises KeyError for a code that the pack does not have."""
        for one in self.figures:
            if one.code == code:
                return one
        raise KeyError(code)

    def indicator(self, code: str) -> Indicator:
        """Return a definition. Raises KeyError for a code that the pack does not have."""
        for one in self.indicators:
            if one.code == code:
                return one
        raise KeyError(code)
