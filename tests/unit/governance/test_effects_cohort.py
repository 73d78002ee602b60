"""One cohort of about thirty: every permutation is counted, and the estimate is drawn towards 0."""

from itertools import combinations

import numpy as np
import pytest

from yucai.errors import FaultyInputError
from yucai.governance import estimate_cohort_effect


def brute_p(one, two):
    pooled, n = np.concatenate([one, two]), len(one)
    real = abs(np.mean(one) - np.mean(two))
    found = []
    for chosen in combinations(range(len(pooled)), n):
        picked = pooled[list(chosen)]
        rest = np.delete(pooled, chosen)
        found.append(abs(picked.mean() - rest.mean()) >= real - 1e-9)
    return np.mean(found)


@pytest.mark.parametrize("step", [1.0, 0.5, 0.1, 0.01])
def test_counting_all_permutations_equals_listing_them(step):
    chance = np.random.default_rng(3)
    for _ in range(5):
        one = np.round(chance.normal(70, 8, 6) / step) * step
        two = np.round(chance.normal(66, 8, 7) / step) * step
        found = estimate_cohort_effect(one, two, prior_sd=5.0)
        assert found.exact
        assert found.n_permutations == 1716
        assert found.p_value == pytest.approx(brute_p(one, two), abs=1e-9)


def test_thirty_against_sixty_is_counted_too():
    chance = np.random.default_rng(5)
    one, two = chance.integers(60, 101, 30), chance.integers(50, 96, 60)
    found = estimate_cohort_effect(one, two, prior_sd=5.0)
    assert found.exact
    assert found.n_permutations > 10**23
    drawn = estimate_cohort_effect(one + np.pi / 1e5, two + np.e / 1e5, prior_sd=5.0, draws=9_999)
    assert not drawn.exact
    assert found.p_value == pytest.approx(drawn.p_value, abs=0.005)


def test_the_estimate_is_drawn_towards_nothing_and_more_so_by_a_narrower_prior():
    chance = np.random.default_rng(9)
    one, two = chance.normal(4, 10, 30), chance.normal(0, 10, 40)
    wide, narrow = (estimate_cohort_effect(one, two, prior_sd=sd) for sd in (50.0, 2.0))
    assert abs(narrow.shrunk) < abs(wide.shrunk) < abs(wide.estimate) + 0.05
    assert narrow.interval[1] - narrow.interval[0] < wide.interval[1] - wide.interval[0]
    error = np.sqrt(one.var(ddof=1) / 30 + two.var(ddof=1) / 40)
    closed = narrow.estimate * 4.0 / (4.0 + error**2)  # a normal likelihood; t's tails pull a little more
    assert narrow.shrunk == pytest.approx(closed, rel=0.06)


def test_with_a_prior_that_says_nothing_the_interval_is_that_of_welch():
    from scipy import stats

    chance = np.random.default_rng(1)
    one, two = chance.normal(3, 2, 25), chance.normal(0, 3, 30)
    found = estimate_cohort_effect(one, two, prior_sd=1e4)
    welch = stats.ttest_ind(one, two, equal_var=False).confidence_interval(0.95)
    assert found.interval == pytest.approx((welch.low, welch.high), abs=0.02)


def test_the_chance_that_it_matters_is_at_most_that_it_is_positive():
    found = estimate_cohort_effect([5, 6, 7, 6, 5, 6], [4, 5, 5, 4, 6, 4], prior_sd=2.0, smallest_effect=1.0)
    assert 0.0 < found.chance_matters < found.chance_positive < 1.0
    assert found.says[2].en == "Nobody was assigned by lot; what else set the cohort apart is in this figure too."
    assert "学生并非随机分入该批次" in found.says[2].zh


def test_exchanging_the_groups_turns_the_sign_and_nothing_else():
    one, two = [5, 6, 7, 6, 5, 6], [4, 5, 5, 4, 6, 4, 3]
    there, back = estimate_cohort_effect(one, two, prior_sd=2.0), estimate_cohort_effect(two, one, prior_sd=2.0)
    assert back.estimate == -there.estimate
    assert back.p_value == pytest.approx(there.p_value)
    assert back.shrunk == pytest.approx(-there.shrunk)
    assert back.chance_positive == pytest.approx(1.0 - there.chance_positive)


def test_nothing_but_equal_values_gives_no_effect():
    found = estimate_cohort_effect([3] * 6, [3] * 8, prior_sd=1.0)
    assert (found.estimate, found.p_value) == (0.0, 1.0)
    assert found.shrunk == pytest.approx(0.0, abs=1e-12)


def test_what_cannot_be_used_is_said_in_both_languages():
    with pytest.raises(FaultyInputError) as caught:
        estimate_cohort_effect([1, 2, float("nan")], [1, 2, 3, 4, 5], prior_sd=0.0)
    english, chinese = caught.value.in_language("en"), caught.value.in_language("zh")
    assert "The cohort has 3 values; at least 5 are needed." in english
    assert "The cohort holds 1 values that are not numbers." in english
    assert "The SD of the prior is 0.0; it is above 0" in english
    assert "该批次只有 3 个值；至少需要 5 个。" in chinese
