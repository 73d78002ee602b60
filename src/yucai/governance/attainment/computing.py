"""Attainment of the objectives of one course and class, with intervals and with what other choices would give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np
import scipy
from numpy.random import Generator
from numpy.typing import NDArray

from yucai.errors import FaultyInputError
from yucai.governance.attainment.map_checks import check_course_map
from yucai.governance.attainment.maps import CourseMap
from yucai.governance.attainment.results import (
    CourseAttainment,
    Interval,
    ObjectiveAttainment,
    PartFigures,
    Sensitivity,
    StudentAttainment,
    StudentsLeftOut,
    SurveyFigures,
    reaches,
)
from yucai.governance.attainment.scores import Combination, StudentScores, Survey, check_scores, check_survey
from yucai.texts import Text

__all__ = ["attain_course", "attain_students", "mean_interval", "share_interval", "weighted_ratio", "weights_range"]

Array: TypeAlias = NDArray[np.float64]
LEAST: Final = 5  # students, for an interval and for quartiles
DRAWS: Final = 2000
AT_ONCE: Final = 1_000_000  # values that are drawn and held in memory at once
LEVEL: Final = 0.95
SWAY: Final = 0.2  # by how much each weight may be another
TENTHS: Final = np.linspace(0, 1, 11)


def weighted_ratio(ratios: Array, weights: Array) -> Array:
    r"""Return the attainment of an objective from scores over full marks: the last axis are the parts.

    .. math:: A = \sum_j w_j \frac{s_j}{m_j} \Big/ \sum_j w_j

    The formula in general use for engineering accreditation in China, as Fan Yu describes it (Research in Higher
    Education of Engineering 2023, no. 2, pp. 80-86): with class means for :math:`s_j` it gives the class, with the
    scores of one student that student.

    >>> float(weighted_ratio(np.array([0.8, 0.6]), np.array([0.25, 0.75])).round(6))
    0.65
    """
    found: Array = ratios @ weights / weights.sum()
    return found


def mean_interval(values: Array, *, rng: Generator) -> Interval | None:
    """Return the mean of students' values with a bootstrap interval of 95 %; None for fewer than five students.

    Percentiles of resampled means, taken so far out that small classes are not given too short an interval: the
    expanded percentile interval (Hesterberg 2015, The American Statistician 69, section 5.2).
    """
    n = len(values)
    if n < LEAST:
        return None
    tail = scipy.stats.norm.cdf(-np.sqrt(n / (n - 1)) * scipy.stats.t.ppf((1 + LEVEL) / 2, n - 1))
    rows = max(AT_ONCE // n, 1)
    means = np.concatenate(
        [values[rng.integers(0, n, size=(min(rows, DRAWS - done), n))].mean(axis=1) for done in range(0, DRAWS, rows)]
    )
    low, high = np.quantile(means, [tail, 1 - tail])
    value = float(values.mean())
    return Interval(value=value, low=min(value, float(low)), high=max(value, float(high)))


def share_interval(reached: int, n: int) -> Interval | None:
    """Return the share of students who reach something, with its exact interval of 95 % (Clopper and Pearson 1934).

    >>> found = share_interval(9, 10)
    >>> round(found.low, 4), round(found.high, 4)
    (0.555, 0.9975)
    """
    if not n:
        return None
    exact = scipy.stats.binomtest(reached, n).proportion_ci(LEVEL, method="exact")
    return Interval(value=reached / n, low=float(exact.low), high=float(exact.high))


def weights_range(ratios: Array, weights: Array, *, sway: float = SWAY) -> tuple[float, float]:
    """Return the lowest and highest weighted mean when every weight may be smaller or larger by a share.

    The ends lie where the parts above some mark have the one end of their weights, and those below the other.

    >>> [round(end, 4) for end in weights_range(np.array([1.0, 0.0]), np.array([0.5, 0.5]))]
    [0.4, 0.6]
    """
    order = np.argsort(ratios)
    sorted_ratios, sorted_weights = ratios[order], weights[order]
    ends = []
    for cut in range(len(ratios) + 1):
        for below in (1 - sway, 1 + sway):
            factors = np.where(np.arange(len(ratios)) < cut, below, 2 - below)
            ends.append(float(weighted_ratio(sorted_ratios, sorted_weights * factors)))
    return min(ends), max(ends)


def attain_students(course: CourseMap, scores: Sequence[StudentScores]) -> tuple[StudentAttainment, ...]:
    """Return what each student reached in each objective, in the order given. Raises FaultyInputError."""
    _require(course, scores)
    found = []
    for one in scores:
        values: dict[str, float | None] = {}
        for objective in course.objectives:
            weights = course.weights_of(objective.code)
            if all(weight.part in one.scores for weight in weights):
                ratios = np.array([one.scores[w.part] / course.part(w.part).full_marks for w in weights])
                values[objective.code] = float(weighted_ratio(ratios, np.array([w.weight for w in weights])))
            else:
                values[objective.code] = None
        states = {part.code: state for part in course.parts if (state := one.state_of(part.code))}
        found.append(StudentAttainment(student=one.student, values=values, states=states))
    return tuple(found)


def attain_course(
    course: CourseMap,
    scores: Sequence[StudentScores],
    *,
    rng: Generator,
    survey: Survey | None = None,
    combination: Combination | None = None,
) -> CourseAttainment:
    """Return the attainment of all objectives of a course by one class.

    A student counts for an objective with a score in every part that counts for it; who was left out is counted by
    the reason. Direct and indirect evidence are combined only under a ``combination`` with a name. Raises
    FaultyInputError with everything that is wrong with the map, the scores or the survey.
    """
    _require(course, scores, survey)
    ratios = _ratios(course, scores)
    return CourseAttainment(
        course=course.course,
        name=course.name,
        map=course.digest,
        students=len(scores),
        objectives=tuple(
            _objective(course, one.code, scores, ratios, rng=rng, survey=survey, combination=combination)
            for one in course.objectives
        ),
        combination=combination.name if combination is not None else "",
    )


def _require(course: CourseMap, scores: Sequence[StudentScores], survey: Survey | None = None) -> None:
    faults = [*check_course_map(course), *check_scores(course, scores)]
    if survey is not None:
        faults += check_survey(course, survey)
    if faults:
        raise FaultyInputError(Text(course.name or course.course, course.name or course.course), faults)


def _ratios(course: CourseMap, scores: Sequence[StudentScores]) -> Array:
    """Return scores over full marks, a row a student and a column a part; NaN where there is a state."""
    rows = [[one.scores.get(part.code, np.nan) / part.full_marks for part in course.parts] for one in scores]
    return np.array(rows, dtype=np.float64).reshape(len(scores), len(course.parts))


def _objective(
    course: CourseMap,
    code: str,
    scores: Sequence[StudentScores],
    ratios: Array,
    *,
    rng: Generator,
    survey: Survey | None,
    combination: Combination | None,
) -> ObjectiveAttainment:
    objective, told = course.objective(code), course.weights_of(code)
    places = [[one.code for one in course.parts].index(weight.part) for weight in told]
    weights = np.array([one.weight for one in told])
    mine = ratios[:, places]
    whole: NDArray[np.bool_] = np.logical_not(np.isnan(mine).any(axis=1))
    values = np.atleast_1d(weighted_ratio(mine[whole], weights)) if whole.any() else np.empty(0)
    n, n_reached = len(values), sum(bool(reaches(one, objective.expected)) for one in values)
    value = float(values.mean()) if n else None
    interval, asked = mean_interval(values, rng=rng), _survey(survey, code, rng=rng)
    return ObjectiveAttainment(
        objective=code,
        says=objective.says,
        expected=objective.expected,
        n=n,
        left_out=_left_out(scores, [one.part for one in told]),
        value=value,
        interval=interval,
        n_reached=n_reached,
        share=share_interval(n_reached, n),
        quartiles=_quartiles(values),
        bins=tuple(int(count) for count in np.histogram(values.round(9), bins=TENTHS)[0]),
        parts=_part_figures(course, code, mine, whole),
        sensitivity=_sensitivity(course, code, mine, whole, weights) if n else None,
        survey=asked,
        combined=_combined(combination, value, interval, asked),
    )


def _combined(
    combination: Combination | None, value: float | None, interval: Interval | None, asked: SurveyFigures | None
) -> Interval | None:
    """Return both kinds of evidence as one figure, by the weights of a rule; without ends where one has none."""
    if combination is None or value is None or asked is None:
        return None
    direct, indirect = combination.direct, combination.indirect
    mixed = direct * value + indirect * asked.value
    if interval is None or asked.interval is None:
        return Interval(value=mixed, low=mixed - 1, high=mixed + 1)  # anything
    low, high = (direct * getattr(interval, end) + indirect * getattr(asked.interval, end) for end in ("low", "high"))
    return Interval(value=mixed, low=low, high=high)


def _left_out(scores: Sequence[StudentScores], parts: Sequence[str]) -> tuple[StudentsLeftOut, ...]:
    """Count who has no score in one of the parts, by the first reason."""
    reasons = Counter(
        next(filter(None, states), "") for one in scores if any(states := [one.state_of(part) for part in parts])
    )
    return tuple(StudentsLeftOut(state=state, n=n) for state, n in sorted(reasons.items()))


def _quartiles(values: Array) -> tuple[float, float, float] | None:
    if len(values) < LEAST:
        return None
    first, middle, third = np.quantile(values, [0.25, 0.5, 0.75])
    return float(first), float(middle), float(third)


def _part_figures(course: CourseMap, objective: str, mine: Array, whole: NDArray[np.bool_]) -> tuple[PartFigures, ...]:
    """Return the means of the parts over the students who count for the objective."""
    found = []
    for place, one in enumerate(course.weights_of(objective)):
        full = course.part(one.part).full_marks
        ratios = mine[whole, place]
        mean = float(ratios.mean() * full) if len(ratios) else None
        found.append(PartFigures(part=one.part, weight=one.weight, full_marks=full, n=len(ratios), mean=mean))
    return tuple(found)


def _sensitivity(
    course: CourseMap, objective: str, mine: Array, whole: NDArray[np.bool_], weights: Array
) -> Sensitivity:
    means = mine[whole].mean(axis=0)
    marks = np.array([course.part(one.part).full_marks for one in course.weights_of(objective)])
    low, high = weights_range(means, weights)
    missing = np.isnan(mine)
    return Sensitivity(
        equal=float(means.mean()),
        by_marks=float(weighted_ratio(means, marks)),
        low=low,
        high=high,
        every_score=float(weighted_ratio(np.nanmean(mine, axis=0), weights)),
        worst=float(weighted_ratio(np.where(missing, 0.0, mine), weights).mean()),
        best=float(weighted_ratio(np.where(missing, 1.0, mine), weights).mean()),
    )


def _survey(survey: Survey | None, objective: str, *, rng: Generator) -> SurveyFigures | None:
    """Return what a survey says of an objective: the mean level over the highest level."""
    counts = survey.answers.get(objective) if survey is not None else None
    if survey is None or counts is None or not sum(counts):
        return None
    levels = np.repeat(np.arange(1, len(counts) + 1), counts) / len(counts)
    return SurveyFigures(
        n=sum(counts), asked=survey.asked, value=float(levels.mean()), interval=mean_interval(levels, rng=rng),
        counts=tuple(counts),
    )  # fmt: skip


def values_of(students: Sequence[StudentAttainment]) -> Mapping[str, list[float]]:
    """Return the values of all students who have one, by objective."""
    found: dict[str, list[float]] = {}
    for one in students:
        for objective, value in one.values.items():
            if value is not None:
                found.setdefault(objective, []).append(value)
    return found
