"""Tracing against other programs on stored practice, and against the truth of simulated practice.

mirt 1.2.0 (PyPI): ``fit_bkt_em(responses, skills, allow_forgetting=..., tol=1e-11, max_iter=200000)`` of
``mirt.estimation.bkt_em``. pyBKT 1.4.3 (PyPI): ``Model(seed=1, num_fits=5, parallel=False).fit(data=...)``, which stops
once it gains less than 0.001, so that its numbers lie some thousandths off.
"""

import numpy as np
import pytest

from tests.unit.measurement.tracing.practice import simulated, stored
from yucai.measurement.tracing import TracingModel, fit_tracing

# log-likelihood, then start, learn, forget, guess, slip of fractions, graphs, units
MIRT = {
    False: (
        -3477.870141504178,
        [[0.21708, 0.17799, 0.0, 0.24402, 0.1521], [0.44889, 0.03884, 0.0, 0.19845, 0.28556],
         [0.13246, 0.37385, 0.0, 0.23098, 0.12459]],
    ),
    True: (
        -3457.0190316160943,
        [[0.2319, 0.19531, 0.03641, 0.22535, 0.1279], [0.47082, 0.10002, 0.10268, 0.15111, 0.21019],
         [0.14039, 0.40335, 0.05411, 0.20542, 0.08072]],
    ),
}  # fmt: skip
PYBKT = [[0.2161, 0.17676, 0.0, 0.24548, 0.15109], [0.44387, 0.04024, 0.0, 0.19915, 0.28374],
         [0.13495, 0.37305, 0.0, 0.23011, 0.12457]]  # fmt: skip


def numbers_of(tracing):
    return [
        [one.start.value, one.learn.value, one.forget.value if one.forget else 0.0, one.guess.value, one.slip.value]
        for one in tracing.skills
    ]


@pytest.mark.parametrize("forgetting", [False, True])
def test_the_same_as_mirt(forgetting):
    found = fit_tracing(stored(), model=TracingModel(forgetting=forgetting))
    height, numbers = MIRT[forgetting]
    assert found.log_likelihood == pytest.approx(height, abs=1e-5)
    np.testing.assert_allclose(numbers_of(found), numbers, atol=6e-5)


def test_near_where_pybkt_stops():
    np.testing.assert_allclose(numbers_of(fit_tracing(stored())), PYBKT, atol=6e-3)


def covered(estimate, truth):
    return estimate.lower90 <= truth <= estimate.upper90


def test_intervals_hold_the_truth_nine_times_in_ten():
    rng = np.random.default_rng(20)
    truth = {"start": 0.3, "learn": 0.15, "guess": 0.2, "slip": 0.1}
    held, away = [], {name: [] for name in truth}
    for _ in range(40):
        (one,) = fit_tracing(simulated(rng, n_learners=400, n_trials=8, start=0.3, learn=0.15)).skills
        for name, value in truth.items():
            held.append(covered(getattr(one, name), value))
            away[name].append(getattr(one, name).value - value)
    assert 0.83 < np.mean(held) < 0.96  # 160 intervals: three standard errors around 0.9
    assert max(abs(np.mean(values)) for values in away.values()) < 0.015


def test_items_keep_their_own_guess_and_slip():
    guess, slip = np.array([0.08, 0.15, 0.25, 0.4]), np.array([0.3, 0.15, 0.08, 0.05])
    attempts = simulated(
        np.random.default_rng(21),
        n_learners=3000,
        n_trials=12,
        start=0.3,
        learn=0.15,
        guess=guess,
        slip=slip,
        n_items=4,
    )
    (one,) = fit_tracing(attempts, model=TracingModel(by_item=True)).skills
    np.testing.assert_allclose([item.guess.value for item in one.items], guess, atol=0.035)
    np.testing.assert_allclose([item.slip.value for item in one.items], slip, atol=0.025)
    assert one.learn.value == pytest.approx(0.15, abs=0.015)


def test_where_learners_begin_apart_the_spread_is_found():
    rng = np.random.default_rng(22)
    attempts = simulated(rng, n_learners=1000, n_trials=6, start=0.35, learn=0.1, n_skills=6, spread=1.5)
    found = fit_tracing(attempts, model=TracingModel(by_learner=True))
    assert found.spread.lower90 < 1.5 < found.spread.upper90
    assert found.spread.value == pytest.approx(1.5, abs=0.35)
    assert found.log_likelihood > fit_tracing(attempts).log_likelihood + 50
