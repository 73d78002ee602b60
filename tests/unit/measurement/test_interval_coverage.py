"""Whether 90 % intervals hold what they promise: simulated learners, items and raters whose truth is known.

Each share is pooled over replications with their own items, learners and raters; seeds are fixed. The Monte Carlo
error, taken between replications so that what learners of one replication share counts, stays below 0.7 points.
"""

import numpy as np
import pytest

from tests.unit.measurement.making import ANY_MODEL, BINARY, CREDIT, GRADED, Simulated
from yucai.measurement import calibrate, score

REPLICATIONS = 14
DESIGNS = {
    "binary": ([BINARY] * 20, 500, {}),
    "graded": ([GRADED] * 8, 500, {}),
    "mixed": ([BINARY] * 4 + [GRADED] * 3 + [CREDIT] * 2, 500, {}),
    "rated": ([CREDIT] * 4, 400, {"n_raters": 16}),
}


def inside(truth, ends):
    low, high = np.asarray(ends).T
    return (low <= truth) & (truth <= high)


class Replication:
    def __init__(self, models, n_units, seed, more):
        simulated = Simulated(models, n_units, rng=np.random.default_rng(seed), **more)
        calibration = calibrate(simulated.responses, ANY_MODEL)
        (scale,) = calibration.scales
        profiles = score(simulated.responses, calibration)
        assert profiles.units["learner"].to_list() == [f"u{u:05d}" for u in range(n_units)]
        ends = np.column_stack([profiles.lower90[:, 0], profiles.upper90[:, 0]])
        self.places = inside(simulated.places, ends)
        self.away = (profiles.mean[:, 0] - simulated.places) / profiles.std_error[:, 0]
        slopes = dict(zip(simulated.names, simulated.slopes, strict=True))
        self.slopes = inside(np.array([slopes[item.item] for item in scale.items]), [i.slope90 for i in scale.items])
        self.severities = np.zeros(0, bool)
        if scale.raters:
            apart = simulated.severities - simulated.severities.mean()
            self.severities = inside(apart, [rater.severity90 for rater in scale.raters])
        self.spread = scale.severity_sd


@pytest.fixture(scope="module")
def runs():
    return {
        name: [Replication(models, n_units, seed, more) for seed in range(REPLICATIONS)]
        for name, (models, n_units, more) in DESIGNS.items()
    }


@pytest.mark.parametrize("design", DESIGNS)
def test_intervals_of_places_cover_nine_learners_in_ten(runs, design):
    shares = np.array([run.places.mean() for run in runs[design]])
    assert shares.std(ddof=1) / np.sqrt(REPLICATIONS) < 0.007
    assert 0.88 <= shares.mean() <= 0.92


@pytest.mark.parametrize("design", DESIGNS)
def test_standard_errors_are_as_large_as_the_errors(runs, design):
    assert np.concatenate([run.away for run in runs[design]]).std() == pytest.approx(1.0, abs=0.04)


def test_intervals_of_slopes_cover_about_nine_in_ten(runs):
    hits = np.concatenate([run.slopes for design in DESIGNS for run in runs[design]])
    assert len(hits) > 500
    assert 0.85 <= hits.mean() <= 0.95


def test_intervals_of_severities_cover_about_nine_in_ten(runs):
    """Each severity compared with the average of its replication's raters, as the standard error says."""
    hits = np.concatenate([run.severities for run in runs["rated"]])
    assert len(hits) > 200
    assert 0.85 <= hits.mean() <= 0.95


def test_the_spread_of_severities_is_found(runs):
    assert np.mean([run.spread for run in runs["rated"]]) == pytest.approx(0.5, abs=0.06)
