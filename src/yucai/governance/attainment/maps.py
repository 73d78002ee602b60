"""What a course wants its students to reach, how that is assessed, and which graduation requirement it supports.

A map says nothing of people. It is a value: the same content has the same digest, and a new version is a new map.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from yucai.texts import Text

__all__ = [
    "STRENGTHS",
    "AssessmentPart",
    "CourseMap",
    "CourseSupport",
    "IndicatorPoint",
    "IndicatorSupport",
    "Objective",
    "PartWeight",
    "ProgrammeMap",
    "StrengthNumbers",
    "map_from_json",
    "map_to_json",
    "programme_from_json",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """What students can do after a course, and the attainment that the course expects (a share from 0 to 1)."""

    code: str
    says: str = ""
    expected: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentPart:
    """One part of the assessment of a course that is scored by itself, and its full marks.

    ``source`` names the item of the records whose scores it takes, where it does not come by a file.
    """

    code: str
    full_marks: float
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartWeight:
    """How much a part counts for an objective; the weights of one objective sum to 1."""

    objective: str
    part: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorSupport:
    """That an objective supports an indicator point of the graduation requirements, as H, M or L or by a weight."""

    objective: str
    indicator: str
    strength: str = ""
    weight: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseMap:
    """One course: its objectives, the parts of its assessment, which part counts for which objective, and supports."""

    course: str
    name: str
    objectives: tuple[Objective, ...]
    parts: tuple[AssessmentPart, ...]
    weights: tuple[PartWeight, ...]
    supports: tuple[IndicatorSupport, ...] = ()

    def objective(self, code: str) -> Objective:
        """Return the objective of that code; KeyError where there is none."""
        return {one.code: one for one in self.objectives}[code]

    def part(self, code: str) -> AssessmentPart:
        """Return the part of that code; KeyError where there is none."""
        return {one.code: one for one in self.parts}[code]

    def weights_of(self, objective: str) -> tuple[PartWeight, ...]:
        """Return how the parts count for an objective, in the order of the map."""
        return tuple(one for one in self.weights if one.objective == objective)

    @property
    def digest(self) -> str:
        """SHA-256 of the content."""
        return hashlib.sha256(map_to_json(self).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorPoint:
    """An indicator point ("3.2") under a graduation requirement ("3")."""

    code: str
    says: str = ""

    @property
    def requirement(self) -> str:
        """The requirement that it belongs to: what stands before the last point.

        >>> IndicatorPoint(code="3.2").requirement, IndicatorPoint(code="7").requirement
        ('3', '7')
        """
        return self.code.rpartition(".")[0] or self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseSupport:
    """That a course supports an indicator point, as H, M or L or by a weight."""

    course: str
    indicator: str
    strength: str = ""
    weight: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeMap:
    """One programme: the indicator points of its graduation requirements, and which course supports which of them."""

    programme: str
    indicators: tuple[IndicatorPoint, ...]
    supports: tuple[CourseSupport, ...]
    names: Mapping[str, str]  # course -> what it is called

    def supports_of(self, indicator: str) -> tuple[CourseSupport, ...]:
        """Return the courses that support an indicator point, in the order of the map."""
        return tuple(one for one in self.supports if one.indicator == indicator)

    @property
    def courses(self) -> tuple[str, ...]:
        """The courses of the map, in its order."""
        return tuple(dict.fromkeys([*self.names, *(one.course for one in self.supports)]))

    @property
    def requirements(self) -> tuple[str, ...]:
        """The requirements, in the order of their indicator points."""
        return tuple(dict.fromkeys(one.requirement for one in self.indicators))

    @property
    def digest(self) -> str:
        """SHA-256 of the content."""
        return hashlib.sha256(map_to_json(self).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class StrengthNumbers:
    """By which numbers H, M and L count. They are a convention: results are shown under more than one."""

    code: str
    says: Text
    high: float
    medium: float
    low: float

    def of(self, strength: str) -> float:
        """Return the number of H, M or L; KeyError for anything else."""
        return {"H": self.high, "M": self.medium, "L": self.low}[strength]


STRENGTHS: Final = (
    StrengthNumbers(code="3-2-1", says=Text("H, M, L count 3, 2, 1", "H、M、L 按 3、2、1 计"), high=3, medium=2, low=1),
    StrengthNumbers(code="5-3-1", says=Text("H, M, L count 5, 3, 1", "H、M、L 按 5、3、1 计"), high=5, medium=3, low=1),
    StrengthNumbers(code="equal", says=Text("every support counts alike", "各支撑等权"), high=1, medium=1, low=1),
)


def map_to_json(given: CourseMap | ProgrammeMap) -> str:
    """Return a map as JSON, the same text for the same content."""
    return msgspec.json.encode(given, order="deterministic").decode()


def map_from_json(text: str) -> CourseMap:
    """Return the course map that ``map_to_json`` wrote. Raises msgspec.ValidationError for anything else."""
    return msgspec.json.decode(text, type=CourseMap)


def programme_from_json(text: str) -> ProgrammeMap:
    """Return the programme map that ``map_to_json`` wrote. Raises msgspec.ValidationError for anything else."""
    return msgspec.json.decode(text, type=ProgrammeMap)
