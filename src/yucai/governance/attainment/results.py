"""What comes out: attainment of objectives, indicator points and requirements, each with what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from yucai.texts import Text

__all__ = [
    "CourseAttainment",
    "Interval",
    "Level",
    "ObjectiveAttainment",
    "PartFigures",
    "Sensitivity",
    "StudentAttainment",
    "StudentsLeftOut",
    "SurveyFigures",
    "attainment_from_json",
    "attainment_to_json",
    "reaches",
]


def reaches(value: float, expected: float) -> bool:
    """Return whether a figure reaches what is expected; the last bits of arithmetic decide nothing.

    >>> reaches(0.1 + 0.6, 0.7), reaches(0.6999, 0.7)
    (True, False)
    """
    return value >= expected - 1e-9


class Level(StrEnum):
    """Whether an objective is attained, as far as the students of one class can tell."""

    REACHED = "reached"  # the whole interval lies at or above the expected value
    BELOW = "below"  # the whole interval lies below it
    UNSURE = "unsure"  # it lies on both sides
    UNKNOWN = "unknown"  # too few students

    @property
    def says(self) -> Text:
        """The level in words."""
        return {
            Level.REACHED: Text("reached", "达成"),
            Level.BELOW: Text("below expectation", "未达成"),
            Level.UNSURE: Text("cannot tell yet", "尚不能判断"),
            Level.UNKNOWN: Text("too few students", "人数过少"),
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Where a figure lies: the estimate, and its interval of 95 %."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFigures:
    """One part as evidence of one objective: weight, full marks, of how many there is a score, and their mean."""

    part: str
    weight: float
    full_marks: float
    n: int
    mean: float | None

    @property
    def ratio(self) -> float | None:
        """The mean over the full marks."""
        return None if self.mean is None else self.mean / self.full_marks


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentsLeftOut:
    """That students were left out of an objective, why, and how many."""

    state: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """What the attainment of an objective would be under other choices.

    ``equal`` counts all parts alike, ``by_marks`` each by its full marks; ``low`` and ``high`` are the ends when every
    weight may be a fifth smaller or larger. ``every_score`` takes each part over all who have a score in it;
    ``worst`` and ``best`` give whoever was left out nothing, or full marks, where a score is missing.
    """

    equal: float
    by_marks: float
    low: float
    high: float
    every_score: float
    worst: float
    best: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyFigures:
    """Indirect evidence on one objective: answers, of how many asked, the mean level over the highest, its interval."""

    n: int
    asked: int
    value: float
    interval: Interval | None
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveAttainment:
    """One objective of one class.

    ``n`` students have a score in every part that counts for it; figures are theirs. ``bins`` count them in tenths
    from 0 to 1; ``quartiles`` are None where they are too few. ``interval`` is of the mean, ``share`` of those who
    reach the expected value. ``combined`` is there only where the combination has a name; its ends are those of both
    kinds added up, which is never too short, for they come from the same students.
    """

    objective: str
    says: str
    expected: float
    n: int
    left_out: tuple[StudentsLeftOut, ...]
    value: float | None
    interval: Interval | None
    n_reached: int
    share: Interval | None
    quartiles: tuple[float, float, float] | None
    bins: tuple[int, ...]
    parts: tuple[PartFigures, ...]
    sensitivity: Sensitivity | None
    survey: SurveyFigures | None = None
    combined: Interval | None = None

    @property
    def level(self) -> Level:
        """Whether it is attained, by the interval."""
        if self.interval is None:
            return Level.UNKNOWN
        if reaches(self.interval.low, self.expected):
            return Level.REACHED
        return Level.UNSURE if reaches(self.interval.high, self.expected) else Level.BELOW

    @property
    def asks_action(self) -> bool:
        """Whether the estimate lies below the expected value: then somebody says what is done about it."""
        return self.value is not None and not reaches(self.value, self.expected)

    @property
    def depends_on_weights(self) -> bool:
        """Whether another choice of weights puts the estimate on the other side of the expected value."""
        if self.sensitivity is None or self.value is None:
            return False
        one = self.sensitivity
        figures = (self.value, one.equal, one.by_marks, one.low, one.high)
        return len({reaches(figure, self.expected) for figure in figures}) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseAttainment:
    """All objectives of one course and class. It holds no student; ``map`` is the digest of the map it rests on."""

    course: str
    name: str
    map: str
    students: int
    objectives: tuple[ObjectiveAttainment, ...]
    combination: str = ""

    def objective(self, code: str) -> ObjectiveAttainment:
        """Return the objective of that code; KeyError where there is none."""
        return {one.objective: one for one in self.objectives}[code]

    @property
    def values(self) -> Mapping[str, float]:
        """The attainment of each objective that has one; the combined one where the combination has a name."""
        told = {one.objective: one.value if one.combined is None else one.combined.value for one in self.objectives}
        return {code: value for code, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentAttainment:
    """What one student reached in each objective; None where a part has no score, with the state that says why."""

    student: str
    values: Mapping[str, float | None]
    states: Mapping[str, str]


def attainment_to_json(given: CourseAttainment) -> str:
    """Return a result as JSON, the same text for the same content."""
    return msgspec.json.encode(given, order="deterministic").decode()


def attainment_from_json(text: str) -> CourseAttainment:
    """Return the result that ``attainment_to_json`` wrote. Raises msgspec.ValidationError for anything else."""
    return msgspec.json.decode(text, type=CourseAttainment)
