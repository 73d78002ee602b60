"""Working a survey out: the model of its ratings once, kept with the survey until it is worked out anew."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import polars as pl
from django.db import transaction
from numpy.random import Generator

from yucai.errors import FaultyInputError
from yucai.governance import (
    LEAST_RELIABILITY,
    RatingFit,
    TeachingStandings,
    check_ordinal,
    check_spacing,
    fit_ratings,
    ratings_needed,
    teaching_standings,
)
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account
from yucai.web.governance.teaching_doors import require_keeper
from yucai.web.governance.teaching_models import TaughtLecturer, TeachingRating, TeachingSurvey
from yucai.web.registers.algorithms import TEACHING
from yucai.web.registers.switches import require_running

__all__ = ["SHARE", "work_survey_out"]

SHARE: Final = 0.2  # of lecturers: the highest and the lowest fifth
GOOD: Final = 0.7  # reliability for which the page says how many ratings it takes
SEVERAL: Final = 5  # lecturers with more than one course, from which on courses are a factor of their own


def work_survey_out(*, survey: TeachingSurvey, by: Account | None, at: datetime, rng: Generator) -> TeachingSurvey:
    """Fit the ratings of a survey and keep what they say of each lecturer; what was there goes.

    ``by`` is None for the demonstration. Raises PermissionDenied, MethodOffError; FaultyInputError for ratings from
    which nothing can be learnt.
    """
    if by is not None:
        require_keeper(by, survey.space)
    require_running(survey.space, TEACHING.code, at=at)
    told = TeachingRating.objects.filter(course__lecturer__survey=survey).order_by("pk")
    fields = ("rater", "course__lecturer__code", "course", "score")
    rows = list(told.values_list(*fields))
    table = pl.DataFrame(rows, schema={"rater": pl.Int64, "lecturer": pl.String, "course": pl.Int64,
                                       "score": pl.Float64}, orient="row")  # fmt: skip
    courses = table.group_by("lecturer").agg(pl.col("course").n_unique())
    several = courses.filter(pl.col("course") > 1).height >= SEVERAL
    factors = ("rater", "lecturer", "course") if several else ("rater", "lecturer")
    scale = (survey.low, survey.high)
    fit = fit_ratings(table, factors=factors, joint="lecturer", scale=scale)
    found = teaching_standings(fit.of("lecturer"), rng=rng, share=SHARE, least_reliability=LEAST_RELIABILITY)
    spacing = check_spacing(table, fit)
    order = _order_alone(table, fit)
    result: dict[str, Any] = {
        "components": [[one.factor, one.sd, one.share, one.n_levels] for one in fit.components],
        "ratings": fit.n_ratings, "islands": fit.n_islands, "converged": fit.converged, "average": found.average,
        "level": found.level, "pairs_apart": found.pairs_apart, "wrong_expected": found.wrong_expected,
        "needed": ratings_needed(fit, reliability=GOOD), "spacing": spacing.correlation, "order": order,
        "version": TEACHING.version,
    }  # fmt: skip
    with transaction.atomic():
        survey.result, survey.worked_at = result, at
        survey.save(update_fields=["result", "worked_at"])
        _keep_figures(survey, found)
        note("teaching.worked-out", by=by, at=at, space=survey.space, target=f"teaching:{survey.pk}",
             detail={"ratings": fit.n_ratings, "lecturers": len(found.standings)})  # fmt: skip
    return survey


def _order_alone(table: pl.DataFrame, fit: RatingFit) -> dict[str, float] | None:
    """Return what becomes of lecturers in a cumulative link model; None where answers are no order of a few."""
    try:
        found = check_ordinal(table, fit)
    except FaultyInputError:
        return None  # the page then says nothing of it: the linear model stands by itself
    return {"correlation": found.correlation, "moved": found.moved, "n": found.n}


def _keep_figures(survey: TeachingSurvey, found: TeachingStandings) -> None:
    figures = {
        one.name: {
            "n": one.n_ratings, "raw": one.raw_mean, "mean": one.mean, "error": one.std_error, "low": one.low,
            "high": one.high, "reliability": one.reliability, "top": one.in_top, "bottom": one.in_bottom,
            "place": one.place.value,
        }
        for one in found
    }  # fmt: skip
    lecturers = list(TaughtLecturer.objects.filter(survey=survey))
    for lecturer in lecturers:
        lecturer.figure = figures[lecturer.code]
    TaughtLecturer.objects.bulk_update(lecturers, ["figure"], batch_size=500)
