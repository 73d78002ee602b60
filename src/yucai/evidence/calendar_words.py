"""School terms, days and moments, in the forms that offices write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from yucai.evidence.vocabulary import DASHES, folded

__all__ = ["Dated", "Term", "read_day", "read_moment", "read_term", "school_term"]

AUTUMN: Final = 9  # a school year runs from 1 September to 31 August
SPRING: Final = 2
SEASONS: Final = {"秋": 1, "春": 2, "夏": 3, "autumn": 1, "fall": 1, "spring": 2, "summer": 3}
ORDINALS: Final = {"一": 1, "二": 2, "三": 3, "上": 1, "下": 2, "1": 1, "2": 2, "3": 3, **SEASONS}
YEARS_AND_NUMBER: Final = re.compile(
    r"(?P<first>20\d\d|\d\d)-(?P<second>20\d\d|\d\d)(?:学年度?)?[-(第]*0?(?P<number>[123一二三上下春夏秋])(?:季)?(?:学期)?\)?"
)
YEAR_AND_SEASON: Final = re.compile(
    r"(?P<year>20\d\d)年?-?(?P<season>[春夏秋])季?(?:学期)?|(?P<word>autumn|fall|spring|summer)-?(?P<after>20\d\d)"
)
YEAR_AND_NUMBER: Final = re.compile(r"(?P<year>20\d\d)学年?[-第]*(?P<number>[123一二三上下])学?期?")
TERM_CODE: Final = re.compile(r"(?P<year>20\d\d)(?P<number>[123])")
EXCEL_ZERO: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall clock, as in the file
SERIAL: Final = re.compile(r"\d{5}(?:\.\d+)?")
SERIALS: Final = (20000, 80000)  # 1954 to 2119; smaller figures are more likely something else
DAY: Final = re.compile(
    r"(?P<year>(?:1[89]|2[01])\d\d)(?P<mark>[-/.年]?)(?P<month>\d{1,2})(?:[-/.月]?(?P<day>\d{1,2})日?|月?)"
    r"t?\s*(?:星期.|周[一二三四五六日天])?\s*(?P<clock>\d{1,2}[:点时]\d{2}.*)?"
)
CLOCK: Final = re.compile(r"(\d{1,2})[:点时](\d{2})分?(?::?(\d{2})(?:\.(\d{1,6}))?秒?)?(z|utc|[+-]\d{2}:?\d{2})?")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Term:
    """One school term: the year in which the school year begins, and its number (1 autumn, 2 spring, 3 summer)."""

    first_year: int
    number: int

    @property
    def code(self) -> str:
        """The form that is kept: ``2025-2026-1``."""
        return f"{self.school_year}-{self.number}"

    @property
    def school_year(self) -> str:
        """The school year: ``2025-2026``."""
        return f"{self.first_year}-{self.first_year + 1}"

    @property
    def calendar_year(self) -> int:
        """The calendar year in which the term begins."""
        return self.first_year if self.number == 1 else self.first_year + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A day, and whether only its month was written (``precision`` is ``"day"`` or ``"month"``)."""

    day: date
    precision: str = "day"


def read_term(text: str) -> Term | None:
    """Return the term in a cell, whatever of the usual forms it has.

    >>> [read_term(form).code for form in ("2025-2026-1", "2025-2026学年第一学期", "2025秋", "25-26(1)", "2026春")]
    ['2025-2026-1', '2025-2026-1', '2025-2026-1', '2025-2026-1', '2025-2026-2']
    >>> read_term("2025-2027-1") is None
    True
    """
    word = re.sub(r"[\s/_]", "-", DASHES.sub("-", folded(text).lower()))
    word = re.sub("-{2,}", "-", word.replace("学年度", "学年"))
    if found := YEARS_AND_NUMBER.fullmatch(word):
        first, second = (int(found[side]) + (2000 if len(found[side]) == 2 else 0) for side in ("first", "second"))
        return Term(first_year=first, number=ORDINALS[found["number"]]) if second == first + 1 else None
    if found := YEAR_AND_SEASON.fullmatch(word):
        number = SEASONS[found["season"] or found["word"]]
        year = int(found["year"] or found["after"])
        return Term(first_year=year if number == 1 else year - 1, number=number)
    if found := YEAR_AND_NUMBER.fullmatch(word) or TERM_CODE.fullmatch(word):
        return Term(first_year=int(found["year"]), number=ORDINALS[found["number"]])
    return None


def read_day(text: str) -> Dated | None:
    """Return the day in a cell: an Excel serial, 2025/9/1, 2025年9月1日, 20250901; the month alone where that is all.

    09/01/2025 is none: whether the ninth month or the first is meant is not known.

    >>> [str(read_day(form).day) for form in ("45901", "2025/9/1", "2025年9月1日", "20250901", "2025.09.01 08:30")]
    ['2025-09-01', '2025-09-01', '2025-09-01', '2025-09-01', '2025-09-01']
    >>> read_day("2025年9月"), read_day("2025-02-30"), read_day("09/01/2025")
    (Dated(day=datetime.date(2025, 9, 1), precision='month'), None, None)
    """
    word = folded(text).lower()
    if SERIAL.fullmatch(word):
        return Dated(day=moment.date()) if (moment := _from_serial(float(word))) else None
    found = DAY.fullmatch(DASHES.sub("-", word))
    if not found or (not found["mark"] and not (len(word) in {6, 8} and word[:2] in {"19", "20"})):
        return None
    # 202509 is a month; 2025091 is neither this nor that.
    month, day = found["month"], found["day"]
    if not found["mark"]:
        month, day = word[4:6], word[6:8] or None
    try:
        exact = date(int(found["year"]), int(month), int(day or 1))
    except ValueError:
        return None
    return Dated(day=exact, precision="day" if day else "month")


def read_moment(text: str) -> datetime | None:
    """Return the day and time in a cell; without a zone as the clock on the wall showed it, with one as UTC without it.

    >>> str(read_moment("2025/9/1 8:30")), str(read_moment("2025-09-01T08:30:00+08:00")), read_moment("8:30")
    ('2025-09-01 08:30:00', '2025-09-01 00:30:00', None)
    """
    word = re.sub(r"(?<=\d)t(?=\d)", " ", folded(text).lower())
    if SERIAL.fullmatch(word):
        return _from_serial(float(word))
    dated = read_day(word)
    found = DAY.fullmatch(DASHES.sub("-", word))
    if dated is None or dated.precision != "day":
        return None
    if found is None or not found["clock"]:
        return datetime.combine(dated.day, datetime.min.time())
    clock = CLOCK.fullmatch(found["clock"].strip().replace(" ", ""))
    if not clock:
        return None
    parts = [int(clock[1]), int(clock[2]), int(clock[3] or 0), int((clock[4] or "0").ljust(6, "0"))]
    try:
        wall = datetime.combine(dated.day, datetime.min.time()).replace(
            hour=parts[0], minute=parts[1], second=parts[2], microsecond=parts[3]
        )
        return wall - _offset(clock[5] or "")
    except (ValueError, OverflowError):
        return None


def _offset(zone: str) -> timedelta:
    if zone in {"", "z", "utc"}:
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    return timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)


def _from_serial(serial: float) -> datetime | None:
    """Days since 1899-12-30, as Excel counts them (System 1900); fractions are times, to the second."""
    if not SERIALS[0] <= serial <= SERIALS[1]:
        return None
    return EXCEL_ZERO + timedelta(seconds=round(serial * 86400))


def school_term(day: date) -> str:
    """Return the term of a day: the first from September to January, the second from February to August.

    >>> school_term(date(2026, 1, 20)), school_term(date(2026, 2, 1))
    ('2025-2026-1', '2025-2026-2')
    """
    begins = day.year if day.month >= AUTUMN else day.year - 1
    return f"{begins}-{begins + 1}-{2 if SPRING <= day.month < AUTUMN else 1}"
