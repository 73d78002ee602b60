"""P-value and interval come from one test: p is at most alpha exactly where the interval leaves 0 out."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.unit.governance.effects_cases import made_panel, panel_of, provinces, quick_plan, with_outcome
from yucai.governance import Estimator, estimate_effects
from yucai.governance.effects.assigning import rank_p
from yucai.governance.effects.comparing import treatment_of
from yucai.governance.effects.inverting import both_of, inverted, linear_sets, placebo_sets, ratio_sets, searched

LEVELS = st.sampled_from([0.01, 0.05, 0.1, 0.2, 0.29, 0.49])
# Few and round values, so that ties, zeros and mirror images come up all the time.
FIGURES = st.integers(-4, 4).map(float) | st.floats(-5, 5, allow_nan=False, width=32)
SLOPES = st.sampled_from([-1.5, -1.0, -0.5, 0.0, 0.25, 1.0, 1.25]) | st.floats(-1.25, 1.25, width=32)


def leaves_out(interval):
    return interval is not None and not interval[0] <= 0.0 <= interval[1]


def p_of(one):
    return max(one.p_value, one.randomisation_p)


@settings(max_examples=150, deadline=None)
@given(values=arrays(float, st.integers(2, 60), elements=FIGURES), data=st.data(), alpha=LEVELS)
def test_for_any_statistic_on_a_line(values, data, alpha):
    slopes = data.draw(arrays(float, len(values), elements=SLOPES))
    slopes[0] = 1.0
    found = inverted(float(values[0]), linear_sets(values, slopes, values), alpha)
    assert (found.p_value <= alpha) == leaves_out(found.interval)
    assert found.p_value >= rank_p(values, values) - 1e-12  # never a smaller one than the plain rank
    if (np.abs(slopes[1:]) < 1 - 1e-6).all():
        assert found.p_value == pytest.approx(rank_p(values, values))
    if found.interval is not None:
        assert found.interval[0] <= values[0] <= found.interval[1]


@settings(max_examples=100, deadline=None)
@given(placebos=arrays(float, st.integers(2, 60), elements=FIGURES), estimate=FIGURES, alpha=LEVELS)
def test_for_any_placebos(placebos, estimate, alpha):
    found = inverted(estimate, placebo_sets(estimate, placebos, placebos), alpha)
    assert (found.p_value <= alpha) == leaves_out(found.interval)


@settings(max_examples=150, deadline=None)
@given(n=st.integers(2, 40), data=st.data(), alpha=LEVELS)
def test_for_any_ratio_of_gaps(n, data, alpha):
    gaps = data.draw(arrays(float, (n, 3), elements=FIGURES))
    given_ = data.draw(arrays(float, (n, 3), elements=st.sampled_from([0.0, 0.5, 1.0, -0.5])))
    fits = data.draw(arrays(float, n, elements=st.sampled_from([1e-6, 0.5, 1.0, 2.0])))
    given_[0] = 1.0
    parts = [(a * b).mean(axis=1) for a, b in ((gaps, gaps), (gaps, given_), (given_, given_))]
    found = inverted(float(gaps[0].mean()), ratio_sets(*parts, fits), alpha)
    assert (found.p_value <= alpha) == leaves_out(found.interval)
    ratios = np.sqrt(parts[0]) / fits
    assert found.p_value >= rank_p(ratios) - 1e-12


def test_the_interval_of_the_ratio_holds_the_effects_that_its_test_keeps():
    chance = np.random.default_rng(8)
    gaps, given_, fits = chance.normal(0, 1, (60, 4)), chance.uniform(-0.3, 0.6, (60, 4)), chance.uniform(0.5, 2, 60)
    gaps[0] += 4.0
    given_[0] = 1.0
    parts = [(a * b).mean(axis=1) for a, b in ((gaps, gaps), (gaps, given_), (given_, given_))]
    low, high = inverted(float(gaps[0].mean()), ratio_sets(*parts, fits), 0.05).interval

    def rank(effect):
        return rank_p(np.sqrt(((gaps - effect * given_) ** 2).mean(axis=1)) / fits)

    assert rank(low + 1e-6) > 0.05
    assert rank(high - 1e-6) > 0.05
    assert all(rank(low - step) <= 0.05 for step in (1e-4, 0.1, 1.0))
    assert all(rank(high + step) <= 0.05 for step in (1e-4, 0.1, 1.0))


@settings(max_examples=100, deadline=None)
@given(
    values=arrays(float, st.integers(5, 60), elements=FIGURES), alpha=LEVELS, wide=st.floats(0.01, 30.0),
    bend=st.floats(-0.3, 0.3),
)  # fmt: skip
def test_for_a_test_that_is_made_anew_for_each_effect(values, alpha, wide, bend):
    def anew(effect):
        moved = values - effect * np.linspace(1.0, -0.5, len(values)) + bend * np.sin(effect) * np.arange(len(values))
        moved[0] = values[0] - effect
        return rank_p(moved, values)

    estimate = float(values[0])
    found = searched(anew, estimate, (estimate - wide, estimate + wide), alpha, len(values))
    assert (found.p_value <= alpha) == leaves_out(found.interval)


def test_the_wider_of_two_leaves_0_out_only_where_both_do():
    assert both_of((1.0, 3.0), (-1.0, 2.0)) == (-1.0, 3.0)
    assert both_of((1.0, 3.0), None) is None


@pytest.mark.parametrize("n_treated", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_every_estimate_of_a_panel_keeps_to_it(n_treated, alpha):
    for effect, seed in ((0.0, 1), (0.8, 2), (1.2, 3)):
        panel = made_panel(24, treated=tuple(range(n_treated)), effect=effect, seed=seed)
        for one in estimate_effects(panel, quick_plan(alpha=alpha)):
            assert (p_of(one) <= alpha) == leaves_out(one.interval), (one.key, one.interval, one.p_value)
            for point in one.path:
                if point.interval is not None:
                    assert (point.p_value <= alpha) == leaves_out(point.interval), (one.key, point)


@pytest.mark.parametrize(("seed", "smaller"), [(6, "t"), (0, "rank")])
def test_from_eight_on_the_larger_p_and_the_wider_interval_go_together(seed, smaller):
    """Heavy tails, so that the t-test and the rank do not agree about the level."""
    panel = made_panel(20, treated=tuple(range(8)), effect=0.5, seed=seed)
    panel = with_outcome(panel, panel.outcome + 3.0 * np.random.default_rng(seed).standard_t(2, (20, 12)))
    one = estimate_effects(panel, quick_plan(estimators=(Estimator.CALLAWAY_SANTANNA,)))[0]
    both = (one.p_value, one.randomisation_p) if smaller == "t" else (one.randomisation_p, one.p_value)
    assert both[0] <= 0.05 < both[1]
    assert one.interval[0] < 0.0 < one.interval[1]


@pytest.mark.parametrize(
    "firsts", [{0: 2018, 1: 2018, 2: 2018, 3: 2018}, {0: 2017, 1: 2018, 2: 2019}], ids=["one", "three"]
)
@pytest.mark.parametrize("method", [Estimator.SYNTHETIC_DID, Estimator.SYNTHETIC_CONTROL], ids=str)
def test_synthetic_methods_have_the_interval_of_their_own_test(method, firsts):
    """With the end of the interval taken off the outcome, the same test is at its level; past it, it rejects."""
    panel, plan = made_panel(12, treated=firsts, effect=2.0, noise=0.6), quick_plan(estimators=(method,), draws=99)
    one = estimate_effects(panel, plan)[0]
    low, high = one.interval
    assert low < one.estimate < high
    treatment = treatment_of(panel)

    def again(effect):
        return p_of(estimate_effects(with_outcome(panel, panel.outcome - effect * treatment), plan)[0])

    step = 0.03 * (high - low)
    assert again(low - step) <= 0.05 < again(low + step)
    assert again(high + step) <= 0.05 < again(high - step)


def test_over_all_pairs_that_could_be_treated_the_interval_misses_no_more_often_than_it_says():
    """Each of the 66 pairs takes its turn: 3 of 66 are 4.5 %, and a fourth would be 6.1 %."""
    real, plan = made_panel(12, seed=4), quick_plan(estimators=(Estimator.CALLAWAY_SANTANNA,))
    missed = 0
    for pair in combinations(range(12), 2):
        panel = panel_of(real.outcome, list(real.periods), dict.fromkeys(pair, 2018))
        planted = with_outcome(panel, panel.outcome + 1.5 * treatment_of(panel))
        low, high = estimate_effects(planted, plan)[0].interval
        missed += not low <= 1.5 <= high
    assert missed == 3


def test_intervals_cover_planted_effects_on_real_outcomes_as_often_as_they_say():
    """A small one of its kind; ``bench/governance_effects.py`` has the many draws and all methods."""
    real, chance, held = provinces(), np.random.default_rng(21), []
    plan = quick_plan(estimators=(Estimator.CALLAWAY_SANTANNA, Estimator.SYNTHETIC_CONTROL), draws=99)
    for _ in range(30):
        treated = chance.choice(31, 4, replace=False).tolist()
        planted = panel_of(real.outcome, list(real.periods), dict.fromkeys(treated, 2017))
        planted = with_outcome(planted, planted.outcome + 0.2 * treatment_of(planted))
        held += [one.interval[0] <= 0.2 <= one.interval[1] for one in estimate_effects(planted, plan)]
    assert np.mean(held) >= 0.85  # 95 of 100, less three errors of sixty intervals
