"""The simulated college measured as the office does it: one profile a student and school year. Kept for the run."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from yucai.demo import College, simulate_college
from yucai.evidence import Responses
from yucai.framework import load_evidence_map, load_framework
from yucai.measurement import Calibration, Profiles, calibrate, score

SEED = 20260901
RATED = tuple(entry.code for entry in load_framework("nine-qualities").qualities)
TESTED = tuple(entry.code for entry in load_framework("ai-literacy").qualities)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    college: College
    calibration: Calibration
    profiles: Profiles


def by_school_year(responses):
    """Two terms make one school year: 2025-2026-1 and 2025-2026-2 are 2025-2026."""
    return Responses(responses.table.with_columns(pl.col("occasion").str.slice(0, len("2025-2026"))))


@cache
def measured(seed=SEED, without=()):
    college = simulate_college(seed=seed, without=without)
    responses = by_school_year(college.responses)
    calibration = calibrate(responses, load_evidence_map(college.space.evidence_map))
    return Measured(college=college, calibration=calibration, profiles=score(responses, calibration))


def on_the_scale_of_profiles(truth, profiles):
    """Return the true places of the units, (N, K), with mean 0 and standard deviation 1 over the units.

    That is how the model fixes its scale: places are standard normal over all units that were calibrated.
    """
    rows = [truth.learners.index(learner) for learner in profiles.units["learner"]]
    years = [truth.years.index(year) for year in profiles.units["occasion"]]
    places = truth.places[rows, years][:, [truth.qualities.index(quality) for quality in profiles.qualities]]
    return (places - places.mean(axis=0)) / places.std(axis=0)


def share_inside(places, profiles, qualities):
    """Return the share of true places inside their 90 % intervals, pooled over units and qualities."""
    here = [profiles.qualities.index(quality) for quality in qualities]
    inside = (profiles.lower90 <= places) & (places <= profiles.upper90)
    return float(inside[:, here].mean())


def correlations(places, profiles):
    return {q: float(np.corrcoef(profiles.mean[:, k], places[:, k])[0, 1]) for k, q in enumerate(profiles.qualities)}
