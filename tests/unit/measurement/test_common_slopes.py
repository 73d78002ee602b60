"""Items that share one slope: Rasch's model, Masters's partial credit, Linacre's facets."""

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from tests.unit.measurement.making import BINARY, CREDIT, GRADED, SecondOpinion, Simulated, a_map, lsat, of_arrays, rule
from yucai.measurement import calibrate, score


def common(one):
    return replace(one, common_slope=True)


RASCH = a_map(common(rule("*", BINARY)))
COMMON = a_map(common(rule("b*", BINARY)), common(rule("g*", GRADED)), common(rule("c*", CREDIT)))


def test_rasch_is_that_of_an_independent_program():
    """R ltm, ``rasch(LSAT)`` (Rizopoulos 2006, J. Stat. Soft. 17(5)): log-likelihood, slope and difficulties."""
    calibration = calibrate(lsat(6), RASCH)
    items = calibration.scales[0].items
    assert calibration.converged
    assert calibration.log_likelihood == pytest.approx(-2466.938, abs=1e-3)
    assert [item.slope for item in items] == pytest.approx([0.755] * 5, abs=1e-3)
    assert [item.slope_std_error for item in items] == pytest.approx([0.0694] * 5, rel=0.03)
    assert [item.difficulty for item in items] == pytest.approx([-3.615, -1.322, -0.318, -1.730, -2.780], abs=2e-3)


def test_sums_of_right_answers_are_all_that_counts():
    """Under Rasch's model whoever has the same number right stands at the same place."""
    responses = lsat(7)
    profiles = score(responses, calibrate(responses, RASCH))
    right = responses.table.group_by("learner").agg(pl.col("score").sum()).sort("learner")["score"].to_numpy()
    for n in range(6):
        assert np.ptp(profiles.mean[right == n, 0]) < 1e-9


CASES = {
    "graded and partial credit": ([GRADED] * 3 + [CREDIT] * 3, 500, {}),
    "few": ([BINARY] * 3 + [CREDIT] * 2, 60, {}),
    "rated": ([CREDIT] * 3, 300, {"n_raters": 6}),
}


@cache
def calibrated(name):
    models, n_units, more = CASES[name]
    simulated = Simulated(models, n_units, rng=np.random.default_rng(len(name)), **more)
    return simulated, calibrate(simulated.responses, COMMON)


@pytest.fixture(scope="module", params=CASES)
def case(request):
    return calibrated(request.param)


def test_all_have_one_slope_and_one_error(case):
    (scale,) = case[1].scales
    assert case[1].converged
    assert np.ptp([item.slope for item in scale.items]) == 0
    assert np.ptp([item.slope_std_error for item in scale.items]) == 0
    assert scale.items[0].slope_std_error > 0


@pytest.mark.parametrize("unrated", [name for name, case in CASES.items() if "n_raters" not in case[2]])
def test_no_other_common_slope_is_likelier(unrated):
    """By brute force, with formulas written anew; the steps stay where they are."""
    simulated, calibration = calibrated(unrated)
    (scale,) = calibration.scales
    opinion = SecondOpinion(simulated.responses.table, scale)
    slopes, _steps, _severities = opinion.parts(opinion.flat)
    at = np.flatnonzero(np.isin(opinion.flat, slopes))[: len(slopes)]

    def height(stretch):
        moved = opinion.flat.copy()
        moved[at] *= stretch
        return opinion.by_unit(moved).sum()

    rise = (height(1 + 1e-4) - height(1 - 1e-4)) / 2e-4 / slopes[0]
    assert abs(rise * scale.items[0].slope_std_error) < 0.02


@pytest.mark.parametrize("many", ["graded and partial credit", "rated"])  # with few, priors hold slopes of their own
def test_slopes_of_their_own_are_likelier_and_lie_around_the_common_one(many):
    simulated, calibration = calibrated(many)
    freed = calibrate(simulated.responses, a_map(rule("b*", BINARY), rule("g*", GRADED), rule("c*", CREDIT)))
    assert freed.log_likelihood > calibration.log_likelihood
    slopes = [item.slope for item in freed.scales[0].items]
    assert min(slopes) < calibration.scales[0].items[0].slope < max(slopes)


def test_raters_are_found_as_they_are():
    """Items that truly have one slope, six raters: slope and severities within three standard errors."""
    rng = np.random.default_rng(8)
    place, severity = rng.normal(size=500), np.array([-0.6, -0.3, 0.0, 0.0, 0.3, 0.6])
    unit, item, rater = (
        each.ravel() for each in np.meshgrid(np.arange(500), np.arange(3), np.arange(2), indexing="ij")
    )
    judge = (unit + 2 * rater + rng.integers(0, 2, len(unit))) % 6
    lines = 1.2 * (place[unit] - severity[judge])
    steps = np.array([[1.0, -0.8], [0.4, -0.4], [0.9, -1.2]])[item]
    logits = np.cumsum(np.stack([0 * lines, lines + steps[:, 0], lines + steps[:, 1]]), axis=0)
    chances = np.exp(logits) / np.exp(logits).sum(axis=0)
    marks = (rng.random(len(lines)) > np.cumsum(chances, axis=0)).sum(axis=0)
    found = of_arrays(unit, item, marks, names=["c0", "c1", "c2"], tops=[2] * 3, rater=judge)
    (scale,) = calibrate(found, COMMON).scales
    assert scale.items[0].slope == pytest.approx(1.2, abs=3 * scale.items[0].slope_std_error)
    assert scale.items[0].slope_std_error < 0.15
    for known, truth in zip(scale.raters, severity, strict=True):
        assert known.severity == pytest.approx(truth, abs=3 * known.std_error)


def test_items_beside_them_keep_slopes_of_their_own():
    simulated = Simulated([BINARY] * 3 + [CREDIT] * 3, 800, rng=np.random.default_rng(4))
    calibration = calibrate(simulated.responses, a_map(common(rule("b*", BINARY)), rule("c*", CREDIT)))
    by_model = {model: [i.slope for i in calibration.scales[0].items if i.model is model] for model in (BINARY, CREDIT)}
    assert np.ptp(by_model[BINARY]) == 0
    assert np.ptp(by_model[CREDIT]) > 0.05


def test_a_scale_that_is_carried_on_keeps_its_slope():
    simulated = Simulated([BINARY] * 6, 600, rng=np.random.default_rng(4))
    table = simulated.responses.table
    half = replace(simulated.responses, table=table.filter(~pl.col("item").str.ends_with("5")))
    earlier = calibrate(half, COMMON)
    later = calibrate(simulated.responses, COMMON, anchors=earlier)
    slopes = [item.slope for item in later.scales[0].items]
    assert slopes == pytest.approx([earlier.scales[0].items[0].slope] * 6, abs=1e-6)


def test_several_qualities_each_have_their_own():
    one, other = (Simulated([BINARY] * 5, 500, rng=np.random.default_rng(seed)) for seed in (2, 3))
    both = pl.concat([
        one.responses.table, other.responses.table.with_columns(item=pl.col("item").str.replace("b", "x"))
    ])  # fmt: skip
    rules = (common(rule("b*", BINARY)), common(rule("x*", BINARY, quality="other")))
    calibration = calibrate(replace(one.responses, table=both), a_map(*rules))
    slopes = [{item.slope for item in scale.items} for scale in calibration.scales]
    assert [len(found) for found in slopes] == [1, 1]
    assert slopes[0] != slopes[1]
