"""Terms in working days: Monday to Friday; public holidays are not known and count as working days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

__all__ = ["due_on"]

WEEKEND: Final = 5  # Monday is 0


def due_on(opened: date, days: int) -> date:
    """Return the last day of a term of so many working days, the day of opening not counted.

    >>> due_on(date(2026, 11, 27), 1), due_on(date(2026, 11, 27), 10)  # a Friday
    (datetime.date(2026, 11, 30), datetime.date(2026, 12, 11))
    """
    day, left = opened, days
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < WEEKEND
    return day
