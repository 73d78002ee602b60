"""What only the generator of the simulated college knows: where students truly stand, how severe raters truly are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.framework import load_framework

__all__ = ["COHORTS", "LAST_YEAR", "SEVERE_RATER", "Truth", "draw_truth"]

Array = npt.NDArray[np.float64]

COHORTS: Final = (2022, 2023, 2024, 2025)
LAST_YEAR: Final = 2025  # the school year 2025-2026 is the last
SEVERE_RATER: Final = "R07"
SEVERE_BY: Final = 1.3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """Places (students, school years, qualities), NaN before a student's entry; severities by rater.

    Both are on the scale of the generator. A profile speaks in standard deviations of all units, 0 their average:
    subtract the mean of the places of those units and divide by their standard deviation before comparing.
    """

    learners: tuple[str, ...]
    years: tuple[str, ...]
    qualities: tuple[str, ...]
    places: Array
    severities: dict[str, float]

    def to_table(self) -> pl.DataFrame:
        """Return learner, occasion (the school year), quality, place: one row for each that a student lived."""
        i, y, q = np.nonzero(~np.isnan(self.places))
        return pl.DataFrame(
            {
                "learner": np.array(self.learners)[i],
                "occasion": np.array(self.years)[y],
                "quality": np.array(self.qualities)[q],
                "place": self.places[i, y, q],
            }
        )


def draw_truth(people: pl.DataFrame, raters: pl.DataFrame, rng: np.random.Generator, *, severe: bool) -> Truth:
    """Return correlated places that grow from year to year, each student's at an own pace."""
    entries = [(entry, entry.parent or "ai") for name in ("nine-qualities", "ai-literacy")
               for entry in load_framework(name).qualities]  # fmt: skip
    same = np.array([[a == b for _entry, b in entries] for _entry, a in entries])
    correlation = np.where(same, 0.6, 0.4)
    np.fill_diagonal(correlation, 1.0)
    n, k, years = people.height, len(entries), len(COHORTS)
    start = rng.multivariate_normal(np.full(k, -0.4), correlation, size=n)
    pace = rng.normal(0.28, 0.12, size=(n, 1, k))
    by_study = start[:, None, :] + pace * np.arange(years)[None, :, None] + rng.normal(0, 0.1, size=(n, years, k))
    severities = dict(zip(raters["rater"], rng.normal(0.0, 0.2, size=raters.height).tolist(), strict=True))
    return Truth(
        learners=tuple(people["learner"]),
        years=tuple(f"{year}-{year + 1}" for year in COHORTS),
        qualities=tuple(entry.code for entry, _layer in entries),
        places=_by_calendar(by_study, people["cohort"].cast(pl.Int64).to_numpy() - COHORTS[0]),
        severities={**severities, SEVERE_RATER: SEVERE_BY} if severe else severities,
    )


def _by_calendar(by_study: Array, entered: npt.NDArray[np.int64]) -> Array:
    """Return places by school year for places by year of study; NaN before the entry, what comes after is dropped."""
    places = np.full_like(by_study, np.nan)
    for late in range(by_study.shape[1]):
        places[entered == late, late:] = by_study[entered == late, : by_study.shape[1] - late]
    return places
