"""Attainment of graduation requirements from course objectives, under named conventions, with what they depend on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from yucai.governance.attainment.maps import (
    STRENGTHS,
    CourseMap,
    CourseSupport,
    IndicatorPoint,
    ProgrammeMap,
    StrengthNumbers,
)
from yucai.governance.attainment.results import CourseAttainment, Interval
from yucai.texts import Text

__all__ = [
    "Convention",
    "CourseContribution",
    "IndicatorAttainment",
    "RequirementAttainment",
    "attain_requirements",
]


class Convention(StrEnum):
    """How the courses that support an indicator point come to one figure."""

    WEIGHTED = "weighted"
    MINIMUM = "minimum"

    @property
    def says(self) -> Text:
        """The convention in words."""
        return {
            Convention.WEIGHTED: Text("weighted mean over courses", "按课程加权平均"),
            Convention.MINIMUM: Text("minimum over courses", "取课程最小值"),
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseContribution:
    """What one course brings to an indicator point: its share of the weights, and its attainment there, if known."""

    course: str
    name: str
    strength: str
    share: float
    value: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorAttainment:
    """One indicator point. ``values`` has each convention; they are of the courses with a result only.

    ``missing`` are the courses without one. ``under`` gives the weighted mean under each convention for H, M and L;
    it is empty where the map states weights. ``interval`` belongs to the weighted mean; it is on the safe side, for
    the same students sit in several courses.
    """

    indicator: IndicatorPoint
    courses: tuple[CourseContribution, ...]
    values: Mapping[str, float]
    interval: Interval | None
    under: Mapping[str, float]
    missing: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every course that supports it has a result."""
        return bool(self.courses) and not self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementAttainment:
    """One graduation requirement: the lowest of its indicator points, as is usual, under each convention."""

    requirement: str
    indicators: tuple[IndicatorAttainment, ...]
    values: Mapping[str, float]

    @property
    def complete(self) -> bool:
        """Whether all its indicator points are complete."""
        return all(one.complete for one in self.indicators)


def attain_requirements(
    programme: ProgrammeMap,
    results: Mapping[str, CourseAttainment],
    maps: Mapping[str, CourseMap],
    *,
    numbers: StrengthNumbers = STRENGTHS[0],
) -> tuple[RequirementAttainment, ...]:
    """Return the attainment of each requirement of a programme from the results of its courses, by course.

    A course contributes to an indicator point the mean of those of its objectives that support the point, weighted
    as its own map says; of all its objectives where its map does not name the point. Courses without a result are
    left out of the figures and named.
    """
    found = {one.code: _indicator(programme, one, results, maps, numbers) for one in programme.indicators}
    by_requirement: dict[str, list[IndicatorAttainment]] = {one: [] for one in programme.requirements}
    for one in found.values():
        by_requirement[one.indicator.requirement].append(one)
    return tuple(
        RequirementAttainment(requirement=code, indicators=tuple(points), values=_lowest(points))
        for code, points in by_requirement.items()
    )


def _lowest(points: Sequence[IndicatorAttainment]) -> dict[str, float]:
    known = [one.values for one in points if one.values]
    return {str(way): min(values[way] for values in known) for way in Convention} if known else {}


def _indicator(
    programme: ProgrammeMap,
    indicator: IndicatorPoint,
    results: Mapping[str, CourseAttainment],
    maps: Mapping[str, CourseMap],
    numbers: StrengthNumbers,
) -> IndicatorAttainment:
    supports = programme.supports_of(indicator.code)
    shares = _shares(supports, numbers)
    courses = []
    for support, share in zip(supports, shares, strict=True):
        figure = _of_course(support.course, indicator.code, results, maps, numbers)
        name = programme.names.get(support.course, "")
        interval = figure if figure is not None and figure.low <= figure.high else None
        courses.append(
            CourseContribution(
                course=support.course,
                name=name,
                strength=support.strength,
                share=share,
                value=None if figure is None else figure.value,
                interval=interval,
            )
        )
    known = [one for one in courses if one.value is not None]
    by_strength = all(one.weight is None for one in supports)
    under = {way.code: _mean(known, supports, way) for way in STRENGTHS} if known and by_strength else {}
    return IndicatorAttainment(
        indicator=indicator,
        courses=tuple(courses),
        values=_values(known),
        interval=_interval(known),
        under=under,
        missing=tuple(one.course for one in courses if one.value is None),
    )


def _shares(supports: Sequence[CourseSupport], numbers: StrengthNumbers) -> list[float]:
    """Return how much each course counts, as shares of 1: its weight, or the number of its H, M or L."""
    given = [numbers.of(one.strength) if one.weight is None else one.weight for one in supports]
    total = sum(given)
    return [one / total for one in given]


def _mean(known: Sequence[CourseContribution], supports: Sequence[CourseSupport], numbers: StrengthNumbers) -> float:
    shares = dict(zip((one.course for one in supports), _shares(supports, numbers), strict=True))
    return _weighted([(shares[one.course], one.value or 0.0) for one in known])


def _weighted(pairs: Sequence[tuple[float, float]]) -> float:
    return sum(share * value for share, value in pairs) / sum(share for share, _ in pairs)


def _values(known: Sequence[CourseContribution]) -> dict[str, float]:
    values = [(one.share, one.value) for one in known if one.value is not None]
    if not values:
        return {}
    return {str(Convention.WEIGHTED): _weighted(values), str(Convention.MINIMUM): min(value for _, value in values)}


def _interval(known: Sequence[CourseContribution]) -> Interval | None:
    """Add the ends up as if all courses erred together: never too short, for the students are the same."""
    told = [(one.share, one.interval) for one in known if one.interval is not None]
    if not told or len(told) < len(known):
        return None
    return Interval(
        value=_weighted([(share, one.value) for share, one in told]),
        low=_weighted([(share, one.low) for share, one in told]),
        high=_weighted([(share, one.high) for share, one in told]),
    )


NO_INTERVAL: Final = (1.0, 0.0)  # ends the wrong way round: there is none


def _of_course(
    course: str,
    indicator: str,
    results: Mapping[str, CourseAttainment],
    maps: Mapping[str, CourseMap],
    numbers: StrengthNumbers,
) -> Interval | None:
    """Return the attainment of a course on an indicator point, or None where it has no result."""
    result, mapped = results.get(course), maps.get(course)
    if result is None or not result.values:
        return None
    told = {}
    if mapped is not None:
        told = {
            one.objective: numbers.of(one.strength) if one.weight is None else one.weight
            for one in mapped.supports
            if one.indicator == indicator
        }
    known = {code: told.get(code, 0.0 if told else 1.0) for code in result.values}
    known = {code: share for code, share in known.items() if share > 0}
    if not known:
        return None
    value = _weighted([(share, result.values[code]) for code, share in known.items()])
    objectives = [(share, result.objective(code)) for code, share in known.items()]
    ends = [(share, one.interval if one.combined is None else one.combined) for share, one in objectives]
    whole = [(share, one) for share, one in ends if one is not None]
    if len(whole) < len(ends):
        return Interval(value=value, low=NO_INTERVAL[0], high=NO_INTERVAL[1])
    low, high = (_weighted([(share, getattr(one, end)) for share, one in whole]) for end in ("low", "high"))
    return Interval(value=value, low=low, high=high)
