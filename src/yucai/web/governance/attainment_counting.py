"""Working a result out from what is on record of a course, the same each time from the same scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from yucai.governance import (
    Combination,
    CourseAttainment,
    CourseMap,
    StudentAttainment,
    StudentScores,
    Survey,
    attain_course,
    attain_students,
)
from yucai.web.accounts.models import Person
from yucai.web.governance.attainment_models import AttainmentRun, AttainmentScores

__all__ = ["Counted", "combination_of", "scores_of", "scores_of_runs", "students_of", "survey_of", "work_out"]

SEED: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What a course has on record: its map, and its result from the scores that are there now (None without any)."""

    map: CourseMap
    result: CourseAttainment | None


def scores_of(run: AttainmentRun) -> list[tuple[Person, StudentScores]]:
    """Return the students of a course with their scores, by number. One query."""
    rows = AttainmentScores.objects.filter(run=run).select_related("person").order_by("person__code")
    return [(row.person, _scores(row)) for row in rows]


def scores_of_runs(runs: Sequence[AttainmentRun]) -> dict[int, list[StudentScores]]:
    """Return the scores of several courses, by the number of each course. One query, however many they are."""
    found: dict[int, list[StudentScores]] = {run.pk: [] for run in runs}
    for row in AttainmentScores.objects.filter(run__in=runs).select_related("person").order_by("person__code"):
        found[row.run_id].append(_scores(row))
    return found


def _scores(row: AttainmentScores) -> StudentScores:
    return StudentScores(student=row.person.code, scores=row.scores, states=row.states)


def survey_of(run: AttainmentRun) -> Survey | None:
    """Return what students said of the objectives, where they were asked."""
    if not run.survey:
        return None
    answers = {code: tuple(counts) for code, counts in run.survey["answers"].items()}
    return Survey(asked=run.survey["asked"], answers=answers)


def combination_of(run: AttainmentRun) -> Combination | None:
    """Return under which name direct and indirect evidence are combined, where that was said."""
    return Combination(**run.combination) if run.combination else None


def work_out(run: AttainmentRun, scores: Sequence[StudentScores] | None = None) -> Counted:
    """Return the result of a course as its scores stand now. The draws of its intervals are the same each time."""
    course = run.map.map
    told = [one for _person, one in scores_of(run)] if scores is None else list(scores)
    if not told:
        return Counted(map=course, result=None)
    rng = np.random.default_rng([SEED, int(course.digest[:8], 16)])
    result = attain_course(course, told, rng=rng, survey=survey_of(run), combination=combination_of(run))
    return Counted(map=course, result=result)


def students_of(run: AttainmentRun) -> list[tuple[Person, StudentAttainment]]:
    """Return what each student reached, by number."""
    told = scores_of(run)
    found = attain_students(run.map.map, [one for _person, one in told])
    return [(person, one) for (person, _), one in zip(told, found, strict=True)]
