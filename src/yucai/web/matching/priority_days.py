"""Terms as days: when a Chinese autumn or spring term ends, and which of them lie within two years of a day."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

__all__ = ["YEARS", "last_day_of_term", "ran_within"]

TERM: Final = re.compile(r"(\d{4})-(\d{4})(?:-([12]))?")
YEARS: Final = timedelta(days=2 * 366)  # how far back work is counted


def last_day_of_term(term: str) -> date | None:
    """Return the day by which the work of a term counts as due, or None where the term is named otherwise.

    >>> last_day_of_term("2025-2026-1"), last_day_of_term("2025-2026-2"), last_day_of_term("2025-2026")
    (datetime.date(2026, 1, 31), datetime.date(2026, 7, 31), datetime.date(2026, 7, 31))
    >>> last_day_of_term("BBB-2013J") is None
    True
    """
    found = TERM.fullmatch(term)
    if found is None:
        return None
    second = int(found[2])
    return date(second, 1, 31) if found[3] == "1" else date(second, 7, 31)


def ran_within(term: str, *, as_of: date, dated: bool = False) -> bool:
    """Return whether work of a term counts on a day: the term lies within the two years before, and has ended.

    Work of a term that goes on counts only where records say on which day it came (``dated``).

    >>> ran_within("2025-2026-2", as_of=date(2026, 8, 4)), ran_within("2026-2027-1", as_of=date(2026, 11, 27))
    (True, False)
    """
    last = last_day_of_term(term)
    return last is not None and as_of - YEARS <= last and (dated or last <= as_of)
