"""Where graduates went, out of the list that an office keeps: the kind of destination, never more than is asked.

A word that is not understood is asked about and counts as unknown; unknown is a state of its own, and never “no work”.
The employer and the post are not kept: the chain counts kinds, and a name of a firm leads to a person.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from importlib.resources import files
from typing import Any, Final

import polars as pl

from yucai.evidence.calendar_words import read_day
from yucai.evidence.tables import TableReading
from yucai.evidence.vocabulary import plain
from yucai.texts import Text

__all__ = [
    "FOLLOW_UPS",
    "GRADUATES",
    "DestinationKind",
    "Graduate",
    "graduates_in",
    "keep_least",
    "read_destination",
]

GRADUATES: Final = "graduates"
FOLLOW_UPS: Final = (0, 1, 3, 5)  # years after graduation
LEFT_OUT: Final = ("unit", "post")
LAST_DAY: Final = (6, 30)  # of a list that gives the year alone
MOST_INDUSTRY: Final = 100


class DestinationKind(StrEnum):
    """Where a graduate went, after the kinds in which Chinese universities report it."""

    STUDY_HOME = "study-home"
    STUDY_ABROAD = "study-abroad"
    EMPLOYED = "employed"
    SERVICE = "service"
    FOUNDED = "founded"
    FLEXIBLE = "flexible"
    NOT_YET = "not-yet"
    UNKNOWN = "unknown"

    @property
    def says(self) -> Text:
        """Its name in both languages."""
        return KIND_NAMES[self]


def _load_kinds() -> Mapping[str, Mapping[str, Any]]:
    told = tomllib.loads((files("yucai.evidence") / "profiles" / "destinations.toml").read_text(encoding="utf-8"))
    return {code: kind for code, kind in told.items() if isinstance(kind, dict)}


_TOLD: Final = _load_kinds()
KIND_NAMES: Final = {kind: Text(**_TOLD[kind]["name"]) for kind in DestinationKind}
_KINDS: Final = {plain(word): DestinationKind(code) for code, kind in _TOLD.items() for word in kind["words"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Graduate:
    """Where one graduate was, so many years after graduation; ``said`` is the word that was not understood."""

    number: str
    kind: DestinationKind
    graduated_on: date | None
    after: int
    industry: str
    said: str = ""


def read_destination(text: str) -> DestinationKind | None:
    """Return the kind that a word stands for; None where it is not understood, and nothing is guessed.

    >>> read_destination("境内升学").value, read_destination("Employed").value, read_destination("外星")
    ('study-home', 'employed', None)
    """
    return _KINDS.get(plain(text))


def keep_least(reading: TableReading) -> TableReading:
    """Return a list of graduates without employers and posts; any other table as it is."""
    if reading.profile.code != GRADUATES:
        return reading
    there = [name for name in LEFT_OUT if name in reading.table.columns]
    return replace(
        reading, table=reading.table.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in there)
    )


def graduates_in(reading: TableReading) -> tuple[Graduate, ...]:
    """Return the graduates of a list, in its order; of any other table none."""
    if reading.profile.code != GRADUATES:
        return ()
    return tuple(_graduate(row) for row in reading.table.iter_rows(named=True))


def _graduate(row: Mapping[str, Any]) -> Graduate:
    said = (row.get("destination") or "").strip()
    kind = read_destination(said)
    return Graduate(
        number=row["learner"],
        kind=kind or DestinationKind.UNKNOWN,
        graduated_on=_day(row.get("year") or ""),
        after=int(row.get("after") or 0),
        industry=(row.get("industry") or "").strip()[:MOST_INDUSTRY],
        said="" if kind else said,
    )


def _day(text: str) -> date | None:
    """Return the day of graduation; of a year alone (2026, 2026届) its last day of June."""
    year = text.strip().removesuffix("届").removesuffix("年")
    if len(year) == 4 and year.isdecimal():
        return date(int(year), *LAST_DAY) if 1950 <= int(year) <= 2100 else None
    found = read_day(text)
    return found.day if found is not None else None
