"""Fit by properties that hold for any input, and by a second opinion worked out by brute force."""

from itertools import product

import numpy as np
import polars as pl
import pytest

from tests.unit.measurement.making import ANY_MODEL, BINARY, CREDIT, GRADED, PLACES, PRIOR, Simulated, chances
from yucai.errors import FaultyInputError
from yucai.evidence import Responses
from yucai.measurement import (
    calibrate,
    information,
    item_fit,
    local_dependence,
    model_fit,
    person_fit,
    rater_fit,
    reliability,
    score,
)
from yucai.measurement.fit import category_chances, item_information
from yucai.measurement.fit.ground import answers_of, averaged, lay_ground
from yucai.measurement.fit.limited import curves_of, modelled_moments
from yucai.measurement.fit.sum_scores import sum_score_fit, sum_score_law


def rng():
    return np.random.default_rng(3)


@pytest.fixture(scope="module")
def mixed():
    made = Simulated([BINARY] * 4 + [GRADED] * 2 + [CREDIT] * 2, 400, rng=np.random.default_rng(21))
    return made, calibrate(made.responses, ANY_MODEL)


@pytest.fixture(scope="module")
def rated():
    made = Simulated([CREDIT] * 3, 300, rng=np.random.default_rng(22), n_raters=6)
    return made, calibrate(made.responses, ANY_MODEL)


@pytest.fixture(scope="module")
def sparse(mixed):
    made, _calibration = mixed
    kept = np.random.default_rng(5).random(len(made.responses)) < 0.6
    responses = Responses(made.responses.table.filter(pl.Series(kept)))
    return responses, calibrate(responses, ANY_MODEL)


def shuffled(responses):
    return Responses(responses.table.sample(fraction=1.0, shuffle=True, seed=4))


def test_the_law_of_sums_is_that_of_all_patterns():
    curves = [chances(BINARY, 1.2, [0.3], [0.5]), chances(CREDIT, 0.8, [0.5, -0.4], [0.5])]
    law = np.zeros(4)
    for a, b in product(range(2), range(3)):
        law[a + b] += curves[0][a, 0] * curves[1][b, 0]
    assert sum_score_law(curves)[:, 0] == pytest.approx(law, abs=1e-14)


def test_s_x2_expects_what_all_patterns_say():
    """Three items of two and three categories, large frequencies: every cell by summing over patterns."""
    models = [(BINARY, 1.0, [0.2]), (GRADED, 1.3, [1.0, -0.5]), (BINARY, 0.7, [-0.4])]
    curves = [chances(*model, PLACES) for model in models]
    table = np.zeros((5, 3))
    for a, b, c in product(range(2), range(3), range(2)):
        table[a + b + c, b] += (curves[0][a] * curves[1][b] * curves[2][c]) @ PRIOR
    answers = np.array([(a, b, c) for a, b, c in product(range(2), range(3), range(2)) for _ in range(40)])
    counts = np.bincount(answers.sum(axis=1), minlength=5)
    expected = counts[:, None] * table / table.sum(axis=1, keepdims=True)
    observed = np.zeros((5, 3))
    np.add.at(observed, (answers.sum(axis=1), answers[:, 1]), 1)
    cells = expected > 0
    wanted = ((observed - expected)[cells] ** 2 / expected[cells]).sum()
    found = sum_score_fit(answers, curves, PRIOR, [3, 3, 3])[1]
    assert found.chi2 == pytest.approx(wanted, rel=1e-10)
    assert found.freedom == int((cells.sum(axis=1) - 1).sum()) - 3


def test_mean_squares_are_those_of_brute_force(mixed):
    made, calibration = mixed
    ground = lay_ground(calibration, made.responses)
    (scale,) = calibration.scales
    answers = answers_of(ground)
    logs = np.zeros((400, len(PLACES)))
    curves = [chances(i.model, i.slope, i.intercepts, PLACES) for i in scale.items]
    for unit, item, category in zip(answers.unit, answers.item, answers.category, strict=True):
        logs[unit] += np.log(curves[item][category])
    weights = np.exp(logs) * PRIOR
    weights /= weights.sum(axis=1, keepdims=True)
    found = item_fit(calibration, made.responses, rng=rng())
    for j, curve in enumerate(curves):
        k = np.arange(len(curve))
        mean = k @ curve
        variance = k**2 @ curve - mean**2
        y = answers.category[answers.item == j]
        away = (y[:, None] - mean) ** 2
        mine = weights[answers.unit[answers.item == j]]
        assert found.items[j].outfit == pytest.approx((mine * away / variance).sum() / len(y), abs=2e-4)
        assert found.items[j].infit == pytest.approx((mine * away).sum() / (mine * variance).sum(), abs=2e-5)


@pytest.mark.parametrize("judge", ["items", "whole", "pairs", "persons"])
def test_the_order_of_rows_changes_nothing(mixed, judge):
    made, calibration = mixed
    judges = {
        "items": lambda r: item_fit(calibration, r, rng=rng()).to_table(),
        "whole": lambda r: model_fit(calibration, r, rng=rng()),
        "pairs": lambda r: local_dependence(calibration, r, rng=rng()).to_table(),
        "persons": lambda r: person_fit(calibration, r, rng=rng(), n_resamples=5).to_table(),
    }
    one, other = judges[judge](made.responses), judges[judge](shuffled(made.responses))
    assert one.equals(other) if isinstance(one, pl.DataFrame) else one == other


def test_the_order_of_raters_rows_changes_nothing(rated):
    made, calibration = rated
    one = rater_fit(calibration, made.responses).to_table()
    assert one.equals(rater_fit(calibration, shuffled(made.responses)).to_table())
    assert one["rater"].to_list() == [f"r{r:02d}" for r in range(6)]


def test_modelled_moments_are_those_of_quadrature(mixed):
    made, calibration = mixed
    ground = lay_ground(calibration, made.responses)
    means, squares, products = modelled_moments(curves_of(ground))
    (scale,) = calibration.scales
    curves = [chances(i.model, i.slope, i.intercepts, PLACES) for i in scale.items]
    mean = np.array([np.arange(len(c)) @ c for c in curves])
    assert means == pytest.approx(mean @ PRIOR, abs=1e-6)
    assert squares == pytest.approx([(np.arange(len(c)) ** 2 @ c) @ PRIOR for c in curves], abs=1e-6)
    assert products == pytest.approx((mean * PRIOR) @ mean.T, abs=1e-6)


def test_information_is_the_expected_curvature(mixed):
    _made, calibration = mixed
    h = 1e-4
    for item in calibration.scales[0].items:
        x = np.array([-1.5, 0.2, 1.1])
        p = category_chances(item, x)
        assert p.sum(axis=0) == pytest.approx(1.0)
        rise = (category_chances(item, x + h) - category_chances(item, x - h)) / (2 * h)
        assert item_information(item, x) == pytest.approx((rise**2 / p).sum(axis=0), rel=1e-6)


def test_a_sparse_design_is_judged_by_answers_drawn_from_the_model(sparse):
    responses, calibration = sparse
    fits = item_fit(calibration, responses, rng=rng(), n_resamples=9)
    assert {fit.curve_test for fit in fits.items} == {"q1"}
    assert all(0.1 <= fit.curve_p <= 1.0 for fit in fits.items)
    whole = model_fit(calibration, responses, rng=rng(), n_resamples=9)
    assert (whole.m2, whole.rmsea) == (None, None)
    assert 0.1 <= whole.srmsr_p <= 1.0
    assert "M2 asks" in whole.notices[0].en


def test_other_answers_than_those_calibrated_are_told(mixed):
    made, calibration = mixed
    half = Responses(made.responses.table.filter(pl.col("learner") < "u00200"))
    fits = item_fit(calibration, half, rng=rng())
    assert [notice.zh for notice in fits.notices] == ["这些不是标定所用的作答：题目参数按已知处理。"]
    assert fits.items[0].curve_freedom > item_fit(calibration, made.responses, rng=rng()).items[0].curve_freedom - 2


def test_a_learner_who_answers_the_wrong_way_round_stands_out(mixed):
    made, calibration = mixed
    table = made.responses.table
    easy_first = {i.item: i.difficulty for i in calibration.scales[0].items}
    hard = [name for name, d in easy_first.items() if d > np.median(list(easy_first.values()))]
    odd = pl.col("learner") == "u00007"
    turned = table.with_columns(
        score=pl.when(odd).then(pl.when(pl.col("item").is_in(hard)).then(pl.col("max_score")).otherwise(0.0))
        .otherwise("score")
    )  # fmt: skip
    persons = person_fit(calibration, Responses(turned), rng=rng(), n_resamples=20).persons
    odd_one = min(persons, key=lambda p: p.l_z)
    assert odd_one.learner == "u00007"
    assert odd_one.p_value < 0.01


def test_reliability_lies_between_none_and_all(mixed, sparse):
    made, calibration = mixed
    whole = reliability(calibration, score(made.responses, calibration)).of("skill")
    assert whole.marginal == pytest.approx(whole.empirical, abs=0.05)
    fewer = reliability(sparse[1], score(sparse[0], sparse[1])).of("skill")
    assert fewer.empirical < whole.empirical


def test_information_tables_keep_their_contract(mixed):
    _made, calibration = mixed
    told = information(calibration, "skill")
    assert told.to_table().height == len(told.items) * len(told.places)
    assert told.conditional_reliability[40] == pytest.approx(1 - told.std_errors[40] ** 2)


def test_no_answer_on_a_calibrated_item_is_refused_in_a_sentence(mixed):
    _made, calibration = mixed
    other = pl.DataFrame({"learner": ["a"], "item": ["zz"], "score": [1.0], "max_score": [1.0]})
    with pytest.raises(FaultyInputError, match="items such as zz"):
        item_fit(calibration, Responses.from_table(other), rng=rng())


def test_the_average_of_the_answers_own_curve_is_one(mixed):
    """E over answers and places of the squared residual in units of its variance is one: so is its average here."""
    made, calibration = mixed
    ground = lay_ground(calibration, made.responses)
    square = averaged(ground, (ground.category[:, None] - ground.expected) ** 2 / ground.variance)
    assert square.mean() == pytest.approx(1.0, abs=0.05)
