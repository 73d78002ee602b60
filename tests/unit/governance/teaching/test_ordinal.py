"""The cumulative link model: R's values, the textbook likelihood, and what is said beside the linear model."""

import numpy as np
import polars as pl
import pytest
import scipy

from tests.unit.governance.teaching.reference import eth_ratings
from tests.unit.governance.teaching.simulated import ratings
from yucai.errors import FaultyInputError
from yucai.governance import check_ordinal, fit_ratings
from yucai.governance.teaching.ordinal import cumulative_mode


@pytest.fixture(scope="module")
def few():
    """120 answers from 1 to 5 to six lecturers by forty raters."""
    table = ratings(np.random.default_rng(21), n_raters=40, n_lecturers=6, each=3, sds=(0.4, 0.6, 1.0)).table
    return table.with_columns(pl.col("score").round().clip(1, 5))


def coded(table, *columns):
    return [table[one].rank("dense").cast(pl.Int64).to_numpy() - 1 for one in columns]


def test_lecturers_without_a_penalty_equal_polr(few):
    """R 4.2.2, MASS 7.3-58.2: polr(factor(score) ~ lecturer, method = "logistic"), reltol 1e-15."""
    answers = np.unique(few["score"].to_numpy(), return_inverse=True)[1]
    assert np.bincount(answers).tolist() == [3, 25, 37, 36, 19]
    found = cumulative_mode(answers, coded(few, "lecturer"), sds=[1e4])
    first = found.effects[0][0]
    said = [0.4719048112, -1.4830306899, -0.0552652569, -2.4210592563, -1.1069879216]
    np.testing.assert_allclose(found.effects[0][1:] - first, said, atol=1e-6)
    np.testing.assert_allclose(
        found.thresholds - first, [-5.0168467914, -2.2910111226, -0.5859081509, 1.1712944605], atol=1e-6
    )
    assert found.log_likelihood == pytest.approx(-155.040368507, abs=1e-6)


def test_crossed_and_drawn_effects_of_two_answers_equal_lme4(few):
    """R 4.2.2, lme4 1.1-31: glmer((score >= 4) ~ 1 + (1|lecturer) + (1|rater), binomial, nAGQ = 0), at its SDs."""
    answers = (few["score"].to_numpy() >= 4).astype(np.int64)
    found = cumulative_mode(answers, coded(few, "lecturer", "rater"), sds=[0.835639632068, 0.748864737130])
    lecturers = [0.360080611, 0.820057054, -0.388600363, 0.585991016, -1.086294074, -0.291234244]
    np.testing.assert_allclose(found.effects[0], lecturers, atol=1e-5)
    raters = [-0.482536619, 0.278138184, -0.079193260, 0.075852956, 0.234906117, -0.617998662]
    np.testing.assert_allclose(found.effects[1][:6], raters, atol=1e-5)
    assert -found.thresholds[0] == pytest.approx(-0.164004561, abs=1e-5)  # R's intercept


def test_the_mode_and_its_errors_are_those_of_the_textbook_likelihood(few):
    """By a search that knows nothing of slopes, and the curvature by differences."""
    answers = np.unique(few["score"].to_numpy(), return_inverse=True)[1]
    factors, sds = coded(few, "lecturer", "rater"), (0.9, 0.6)
    found = cumulative_mode(answers, factors, sds=sds)

    def value(at):
        cuts = np.concatenate([[-np.inf], at[:4], [np.inf]])
        eta = at[4:10][factors[0]] + at[10:][factors[1]]
        chance = scipy.special.expit(cuts[answers + 1] - eta) - scipy.special.expit(cuts[answers] - eta)
        return (
            np.log(chance).sum() - 0.5 * (at[4:10] ** 2).sum() / sds[0] ** 2 - 0.5 * (at[10:] ** 2).sum() / sds[1] ** 2
        )

    at = np.concatenate([found.thresholds, *found.effects])
    slope = scipy.optimize.approx_fprime(at, value, 1e-6)
    assert np.abs(slope).max() < 1e-3
    size, step = len(at), 1e-4
    points = np.eye(size) * step
    curve = np.empty((size, size))
    for i in range(size):
        curve[i] = scipy.optimize.approx_fprime(at + points[i], value, 1e-4)
        curve[i] -= scipy.optimize.approx_fprime(at - points[i], value, 1e-4)
    errors = np.sqrt(np.diag(np.linalg.inv(-(curve + curve.T) / (4 * step))))[4:10]
    np.testing.assert_allclose(found.std_errors, errors, rtol=2e-3)


def test_at_eth_few_lecturers_change_their_group():
    """1,128 lecturers: the linear model with equal steps and the order alone say the same of nearly all."""
    table = eth_ratings()
    found = check_ordinal(table, fit_ratings(table, joint="lecturer"))
    assert found.correlation > 0.995
    assert (found.moved, found.n) == (14, 1128)
    assert [answer for answer, _cut in found.thresholds] == [1, 2, 3, 4]


def test_what_is_no_order_of_a_few_answers_is_refused_and_equal_lecturers_have_none(few):
    table = ratings(np.random.default_rng(1)).table
    with pytest.raises(FaultyInputError, match="an order of answers has 2 to 12"):
        check_ordinal(table, fit_ratings(table))
    scores = np.tile([1.0, 2.0, 3.0, 4.0, 5.0, 3.0, 2.0, 4.0], 6)
    alike = pl.DataFrame({"lecturer": np.repeat(np.arange(6), 8).astype(str), "score": scores})
    found = check_ordinal(alike, fit_ratings(alike, factors=("lecturer",)))
    assert (found.moved, found.effects.any()) == (0, False)


def test_a_scale_with_unequal_steps_moves_lecturers():
    """Answers squeezed at the top: with equal steps the best lie closer together than they are."""
    world = ratings(np.random.default_rng(8), n_raters=200, n_lecturers=25, each=6, sds=(0.4, 0.8, 1.0))
    latent = world.table["score"].to_numpy()
    squeezed = np.digitize(latent, [0.5, 1.0, 1.6, 2.3, 5.5]).astype(float)
    table = world.table.with_columns(score=pl.Series(squeezed))
    found = check_ordinal(table, fit_ratings(table))
    truth = world.lecturers[[int(name[1:]) for name in found.names]]
    linear = fit_ratings(table).of("lecturer").effects
    assert np.corrcoef(found.effects, truth)[0, 1] > np.corrcoef(linear, truth)[0, 1]
