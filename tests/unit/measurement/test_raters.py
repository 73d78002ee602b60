"""Raters: the severe one is found, learners do not pay for the one they drew, and names mean nothing."""

import numpy as np
import polars as pl
import pytest

from tests.unit.measurement.making import ANY_MODEL, CREDIT, Simulated
from yucai.evidence import Responses
from yucai.measurement import calibrate, score

SEVERE = 4


def simulated(seed=3):
    severities = np.random.default_rng(seed).normal(0, 0.15, 10)
    severities[SEVERE] = 1.3
    return Simulated([CREDIT] * 3, 400, rng=np.random.default_rng(seed), n_raters=10, severities=severities)


@pytest.fixture(scope="module")
def rated():
    college = simulated()
    calibration = calibrate(college.responses, ANY_MODEL)
    return college, calibration, score(college.responses, calibration)


def test_the_severe_rater_is_found_and_no_other(rated):
    _college, calibration, _profiles = rated
    assert [r.rater for r in calibration.scales[0].raters if r.far_off] == [f"r{SEVERE:02d}"]


def test_severities_are_close_to_the_truth(rated):
    college, calibration, _profiles = rated
    said = np.array([r.severity for r in calibration.scales[0].raters])
    assert said == pytest.approx(college.severities - college.severities.mean(), abs=0.25)


def test_learners_do_not_pay_for_the_rater_they_drew(rated):
    """Whoever met the severe rater stands where they belong, neither lower nor higher than the others."""
    college, _calibration, profiles = rated
    met = set(college.responses.table.filter(pl.col("rater") == f"r{SEVERE:02d}")["learner"])
    unlucky = profiles.units["learner"].is_in(met).to_numpy()
    away = profiles.mean[:, 0] - college.places
    assert 50 < unlucky.sum() < 150
    assert abs(away[unlucky].mean() - away[~unlucky].mean()) < 0.12


def test_an_unrated_reading_of_the_same_marks_would_have_made_them_pay(rated):
    """The check above can fail: without raters, the unlucky ones stand clearly too low."""
    college, _calibration, _profiles = rated
    once = college.responses.table.unique(["learner", "item"], keep="first", maintain_order=True)
    met = once.filter(pl.col("rater") == f"r{SEVERE:02d}")["learner"].unique()
    blind = Responses.from_table(once.with_columns(rater=None))
    profiles = score(blind, calibrate(blind, ANY_MODEL))
    away, unlucky = profiles.mean[:, 0] - college.places, profiles.units["learner"].is_in(met.to_list()).to_numpy()
    assert away[unlucky].mean() - away[~unlucky].mean() < -0.25


def test_raters_may_exchange_their_names(rated):
    college, calibration, profiles = rated
    names = [r.rater for r in calibration.scales[0].raters]
    other = dict(zip(names, np.random.default_rng(1).permutation(names).tolist(), strict=True))
    renamed = Responses.from_table(college.responses.table.with_columns(pl.col("rater").replace_strict(other)))
    again = calibrate(renamed, ANY_MODEL)
    said = {r.rater: (r.severity, r.std_error) for r in again.scales[0].raters}
    for rater in calibration.scales[0].raters:
        assert said[other[rater.rater]] == pytest.approx((rater.severity, rater.std_error), abs=1e-6)
    assert score(renamed, again).mean == pytest.approx(profiles.mean, abs=1e-6)


def test_a_rater_whom_the_calibration_does_not_know_widens_the_interval(rated):
    """Taken for an average rater, with the whole spread of raters as uncertainty."""
    college, calibration, profiles = rated
    learner = college.responses.table["learner"][0]
    mine = college.responses.table.filter(pl.col("learner") == learner)
    known = score(Responses.from_table(mine), calibration)
    strange = score(Responses.from_table(mine.with_columns(rater="new-" + pl.col("rater"))), calibration)
    assert known.mean[0, 0] == pytest.approx(profiles.of(learner).mean[0], abs=1e-9)
    assert strange.std_error[0, 0] > known.std_error[0, 0] * 1.05


def test_raters_apart_from_the_others_are_named_in_a_notice():
    """Two panels without a learner in common: how they compare is an assumption, and it is said."""
    table = simulated().responses.table
    first = pl.col("learner").str.slice(1).cast(pl.Int64) < 250
    low = pl.col("rater") < "r06"
    apart = Responses.from_table(table.filter((first & low) | (~first & ~low)))
    (notice,) = calibrate(apart, ANY_MODEL).notices
    assert notice.en.startswith("skill: r06, r07, r08, and 1 more judged nobody whom the other raters judged too;")
    assert notice.zh.startswith("skill：r06、r07、r08等 4 个 评过的学习者没有其他评分人评过")
