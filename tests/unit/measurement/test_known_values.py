"""Against numbers that are not ours: what R's mirt publishes for the two classic test sections.

Program and calls: R package mirt, version 1.47, ``mirt(expand.table(LSAT7), 1)`` and ``mirt(expand.table(LSAT6), 1)``,
``coef(simplify = TRUE)`` in slope-intercept form, ``logLik()``. The values are given to three decimals.
"""

import polars as pl
import pytest

from tests.unit.measurement.making import ANY_MODEL, lsat
from yucai.measurement import calibrate

ROUNDED = 0.0005001  # three decimals
KNOWN = {
    7: ([0.988, 1.081, 1.707, 0.765, 0.736], [1.856, 0.808, 1.805, 0.486, 1.854], -2658.805),
    6: ([0.826, 0.723, 0.891, 0.688, 0.657], [2.773, 0.990, 0.249, 1.285, 2.053], -2466.653),
}


@pytest.fixture(scope="module", params=sorted(KNOWN))
def section(request):
    calibration = calibrate(lsat(request.param), ANY_MODEL)
    return calibration, *KNOWN[request.param]


def test_the_slopes_are_those_of_r(section):
    calibration, slopes, _intercepts, _height = section
    (scale,) = calibration.scales
    assert [item.slope for item in scale.items] == pytest.approx(slopes, abs=ROUNDED)


def test_the_intercepts_are_those_of_r(section):
    calibration, _slopes, intercepts, _height = section
    (scale,) = calibration.scales
    assert [item.intercepts[0] for item in scale.items] == pytest.approx(intercepts, abs=ROUNDED)


def test_the_log_likelihood_is_that_of_r(section):
    calibration, _slopes, _intercepts, height = section
    assert calibration.log_likelihood == pytest.approx(height, abs=ROUNDED)
    assert calibration.converged


def test_the_published_counts_are_whole(section):
    calibration, *_known = section
    (scale,) = calibration.scales
    assert (scale.n_units, scale.n_responses) == (1000, 5000)


def test_how_many_were_right_is_as_bock_and_lieberman_say():
    right = {s: lsat(s).table.group_by("item").agg(n=pl.col("score").sum()).sort("item")["n"].to_list() for s in KNOWN}
    assert right == {6: [924, 709, 553, 763, 870], 7: [828, 658, 772, 606, 843]}
