"""A written rule for entry or exit as data: whom it looks at, by what, where the line is, and what exempts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor
from typing import Any, Final

from yucai.evidence import AwardLevel
from yucai.texts import Text

__all__ = [
    "FORMAT",
    "LEVELS",
    "MOVED_BY_WEIGHTS",
    "TIE_BREAKS",
    "Attempts",
    "CourseSet",
    "Direction",
    "Points",
    "Rounding",
    "RuleSet",
    "Spared",
    "Terms",
    "Weighting",
    "Within",
    "people_of_share",
]

FORMAT: Final = 1  # of the file of a rule; a later format is another number
TIE_BREAKS: Final = ("credits", "failed", "mean-mark")  # beside "course:NAME"
LEVELS: Final = (50.0, 65.0, 75.0, 85.0, 95.0)  # of a five-level grade, from the lowest
MOVED_BY_WEIGHTS: Final = 0.10


class Direction(StrEnum):
    """Whom a rule proposes: who enters, or who leaves."""

    ENTER = "enter"
    LEAVE = "leave"


class Within(StrEnum):
    """In which named group a share or a number is taken, each group for itself."""

    ALL = "all"
    COHORT = "cohort"
    PROGRAMME = "programme"
    CLASS = "class"


class Points(StrEnum):
    """On which scale the measure stands: marks of 100, or grade points by one of the tables in use."""

    MARK = "mark"
    LINEAR_5 = "linear-5"
    STEPS_4 = "steps-4"
    FILE = "file"


class Weighting(StrEnum):
    """What a course counts within its set."""

    CREDITS = "credits"
    EQUAL = "equal"


class Attempts(StrEnum):
    """Which attempt at a course counts."""

    FIRST = "first"
    BEST = "best"


class Terms(StrEnum):
    """Which terms count, as they lie on the day of the run. A rule may name terms instead."""

    LAST_YEAR = "last-year"
    LAST_TERM = "last-term"
    ALL = "all"


class Rounding(StrEnum):
    """What becomes of a share of people that is no whole number."""

    DOWN = "down"
    UP = "up"
    NEAREST = "nearest"


class Spared(StrEnum):
    """Whom a high measure spares from leaving by place: nobody, each who has it, or the group where all have it."""

    NOBODY = "nobody"
    EACH = "each"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseSet:
    """Courses that count together: patterns such as ``MATH*``, tried on code and name, and the weight of the set."""

    name: Text
    courses: tuple[str, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """A rule for entry or exit, as an office wrote it.

    ``share`` (per cent) or ``count`` sets the line by place within each group; None of both: nobody is proposed by
    place. ``least_measure``, ``most_failed`` and ``least_credits`` are grounds of their own for leaving, and
    conditions for entering; so is the ``flag``, a fact that a person enters by hand. ``exempt`` is the lowest level of
    a verified award that exempts from leaving by place. ``pass_on`` says whether the place of somebody who is exempt,
    or does not meet a condition, goes to the next.
    """

    code: str
    title: Text
    source: str
    direction: Direction
    within: Within
    points: Points = Points.MARK
    weighting: Weighting = Weighting.CREDITS
    attempts: Attempts = Attempts.FIRST
    terms: tuple[str, ...] = (Terms.LAST_YEAR.value,)
    sets: tuple[CourseSet, ...] = ()
    share: Decimal | None = None
    count: int | None = None
    rounding: Rounding = Rounding.DOWN
    spare: Spared = Spared.NOBODY
    spare_at: float | None = None
    least_measure: float | None = None
    most_failed: int | None = None
    least_credits: float | None = None
    pass_mark: float = 60.0
    most: int | None = None
    exempt: AwardLevel | None = None
    pass_on: bool = False
    flag: Text | None = None
    tie_breaks: tuple[str, ...] = ()
    mark_error: float = 0.0
    levels: tuple[float, ...] = LEVELS

    @property
    def digest(self) -> str:
        """The SHA-256 of all that the rule says: the same rule has the same, whoever wrote it down."""
        return hashlib.sha256(json.dumps(self.facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    @property
    def facts(self) -> Mapping[str, Any]:
        """All that the rule says, as plain values."""
        told = asdict(self)
        return {name: f"{value.normalize():f}" if isinstance(value, Decimal) else value for name, value in told.items()}

    @property
    def leaves(self) -> bool:
        """Whether the rule proposes who leaves."""
        return self.direction is Direction.LEAVE

    @property
    def by_place(self) -> bool:
        """Whether the rule draws a line by place."""
        return self.share is not None or self.count is not None


def people_of_share(n: int, rules: RuleSet, rounding: Rounding | None = None) -> int:
    """Return how many people of ``n`` stand beyond the line of a rule, exactly: no float takes part.

    >>> rule = RuleSet(code="x", title=Text("", ""), source="", direction=Direction.LEAVE, within=Within.ALL,
    ...                share=Decimal(15))
    >>> [people_of_share(30, rule, rounding) for rounding in (Rounding.DOWN, Rounding.UP, Rounding.NEAREST)]
    [4, 5, 5]
    """
    if rules.share is None:
        return min(rules.count or 0, n)
    exact = Fraction(rules.share) * n / 100
    chosen = rounding or rules.rounding
    if chosen is Rounding.UP:
        return ceil(exact)
    return floor(exact) if chosen is Rounding.DOWN else floor(exact + Fraction(1, 2))
