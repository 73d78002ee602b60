"""The arithmetic of testing a list, against independent programs and by hand.

Reference values were made once with scikit-learn 1.9.1, statsmodels 0.15.0 and NumPy 2.4.6, by the calls in comments.
"""

from datetime import date, timedelta
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yucai.matching import Figure, JoinRule, PastCase, SupportSigns
from yucai.matching.support_fairness import _difference
from yucai.matching.support_figures import (
    NoFitError,
    area_under_curve,
    brier_score,
    fit_logistic,
    top_share,
)
from yucai.matching.support_measures import Scored, calibration_of, precision_drawn, split_figures
from yucai.measurement import wilson_interval
from yucai.texts import Text


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(200, 3))
    return x, rng.random(200) < 1 / (1 + np.exp(-(0.5 + x @ [1.0, -0.7, 0.0])))


@pytest.fixture(scope="module")
def chances(drawn):
    return np.round(1 / (1 + np.exp(-(0.2 + 1.5 * drawn[0][:, 0]))), 2)


@pytest.mark.parametrize(
    ("ridge", "expected"),
    [  # LogisticRegression(C=1 / ridge, solver="newton-cholesky", tol=1e-12).fit(x, y)
        (0.5, [0.5645705352728639, 0.8162901639759286, -0.6104379415303747, -0.2983949830715692]),
        (2.0, [0.554165996544548, 0.771707482529304, -0.5789772075298815, -0.2860412636876375]),
    ],
)
def test_ridge_regression_is_that_of_scikit_learn(drawn, ridge, expected):
    found, _ = fit_logistic(*drawn, ridge=ridge)
    assert found == pytest.approx(expected, abs=1e-7)


def test_without_a_ridge_estimates_and_standard_errors_are_those_of_statsmodels(drawn):
    # sm.GLM(y, sm.add_constant(x), family=sm.families.Binomial()).fit(tol=1e-12)
    found, spread = fit_logistic(*drawn)
    assert found == pytest.approx(
        [0.5684807231713683, 0.8328531216179884, -0.6220876402577683, -0.3029114252526939], abs=1e-7
    )
    assert np.sqrt(np.diag(spread)) == pytest.approx(
        [0.16532982058958695, 0.18955354419996717, 0.16587496757639617, 0.1801881401510881], abs=1e-6
    )


def test_what_cannot_come_to_rest_is_refused():
    with pytest.raises(NoFitError, match="known only afterwards"):
        fit_logistic(np.array([[-1.0], [-0.5], [0.5], [1.0]]), np.array([False, False, True, True]))


def test_area_and_brier_score_are_those_of_scikit_learn(drawn, chances):
    assert area_under_curve(chances, drawn[1]) == pytest.approx(0.6872580813892667, abs=1e-12)  # roc_auc_score
    assert brier_score(chances, drawn[1]) == pytest.approx(0.2362265, abs=1e-12)  # brier_score_loss


def test_calibration_is_that_of_statsmodels(drawn, chances):
    # slope: GLM of y on the log odds; intercept: GLM of y on 1 with the log odds as offset
    found = calibration_of(chances, drawn[1])
    half = 1.959963984540054
    assert found.slope.value == pytest.approx(0.5004399537640033, abs=1e-7)
    assert found.slope.high - found.slope.value == pytest.approx(half * 0.11553104396166684, abs=1e-6)
    assert found.intercept.value == pytest.approx(0.4947879330715024, abs=1e-7)
    assert found.intercept.value - found.intercept.low == pytest.approx(half * 0.17080834332751632, abs=1e-6)
    assert sum(row.n_cases for row in found.table) == 200
    assert [row.predicted for row in found.table] == sorted(row.predicted for row in found.table)


def test_intervals_are_those_of_statsmodels():
    low, high = wilson_interval(np.array([8.0, 0.0]), np.array([10.0, 7.0]))
    assert low == pytest.approx([0.49016247153664183, 0.0], abs=1e-12)
    assert high == pytest.approx([0.9433178485456247, 0.3543304350666875], abs=1e-12)
    low, high = wilson_interval(np.array([30.0]), np.array([400.0]), level=0.9)
    assert (low[0], high[0]) == pytest.approx((0.056078205485744825, 0.09963244829929116), abs=1e-12)


def test_differences_are_those_of_newcombe():
    # confint_proportions_2indep(56, 70, 48, 80, method="newcomb"); 56/70 against 48/80 is the example of the paper
    hits, cases = np.array([56.0, 48.0]), np.array([70.0, 80.0])
    low, high = wilson_interval(hits, cases)
    one, other = (Figure(value=hits[k] / cases[k], low=low[k], high=high[k]) for k in (0, 1))
    found = _difference(one, other)
    assert (found.low, found.high) == pytest.approx((0.05243147240236498, 0.33387265403690614), abs=1e-9)


SCORES = st.lists(st.integers(0, 4), min_size=1, max_size=20)


@given(SCORES, st.floats(0.01, 1.0))
def test_the_top_share_is_just_so_large_and_equal_scores_fare_equally(scores, share):
    score = np.array(scores, dtype=float)
    found = top_share(score, share, np.ones(len(score)))
    assert found.sum() == pytest.approx(share * len(score))
    for value in set(scores):
        assert len(set(found[score == value].tolist())) == 1
    for one, other in zip(score, found, strict=True):
        assert all(found[score > one] >= other - 1e-12)


@given(SCORES, st.data())
def test_counting_a_case_twice_is_having_it_twice(scores, data):
    score = np.array(scores, dtype=float)
    times = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(scores), max_size=len(scores))))
    if not times.sum():
        return
    weighted = top_share(score, 0.3, times[:, None].astype(float))[:, 0]
    repeated = top_share(np.repeat(score, times), 0.3, np.ones(times.sum()))
    assert np.repeat(weighted, times) == pytest.approx(repeated)


@given(SCORES, st.data())
def test_the_area_counts_pairs(scores, data):
    happened = np.array(data.draw(st.lists(st.booleans(), min_size=len(scores), max_size=len(scores))))
    score = np.array(scores, dtype=float)
    pairs = [(a > b) + 0.5 * (a == b) for a in score[happened] for b in score[~happened]]
    found = area_under_curve(score, happened)
    assert np.isnan(found) if not pairs else found == pytest.approx(np.mean(pairs))


def case(learner, cohort, *, happened, days=None):
    day = date(2026, 10, 6)
    on = None if days is None else day + timedelta(days=days)
    signs = SupportSigns(learner=learner, as_of=day)
    return PastCase(signs=signs, cohort=cohort, happened=happened, on=on)


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=12, max_size=12))
@settings(max_examples=20)
def test_precision_is_the_mean_over_all_ways_of_breaking_ties_within_each_cohort(drawn):
    cohorts = ["a"] * 6 + ["b"] * 6
    cases = [case(f"l{k}", cohorts[k], happened=came) for k, (_, came) in enumerate(drawn)]
    score = np.array([float(value) for value, _ in drawn])
    scored = Scored(cases=cases, scores={"rules": score}, bands=[""] * 12)
    precision, recall = precision_drawn(scored, score, 1 / 3, np.ones((12, 1)))
    happened = [came for _, came in drawn]
    hits = mean_hits(score[:6], happened[:6]) + mean_hits(score[6:], happened[6:])
    events = sum(happened)
    assert precision[0] == pytest.approx(hits / 4)
    assert recall[0] == pytest.approx(hits / events if events else 0.0)


def mean_hits(score, happened):
    """How many of the two listed it happened to, over all orders of six cases that keep to the scores."""
    orders = [order for order in permutations(range(6)) if all(score[a] >= score[b] for a, b in pairwise(order))]
    return np.mean([sum(happened[k] for k in order[:2]) for order in orders])


def test_lead_time_is_the_median_over_the_listed_whose_day_is_known():
    days = [5, 40, 9, None, 12, 90, 3, None, None, None]
    cases = [case(f"l{k}", "a", happened=k < 7, days=days[k]) for k in range(10)]
    scored = Scored(cases=cases, scores={"rules": -np.arange(10.0), "model": np.tile([0.6, 0.4], 5)}, bands=[""] * 10)
    found = split_figures(scored, JoinRule(share=0.5, rounds=20), np.random.default_rng(1), says=Text("all", "全部"))
    assert found.method("rules").precision.value == 1.0
    assert found.method("rules").recall.value == pytest.approx(5 / 7)
    assert (found.method("rules").lead_days, found.method("rules").n_with_day) == (9.0, 4.0)  # of 5, 9, 12, 40
