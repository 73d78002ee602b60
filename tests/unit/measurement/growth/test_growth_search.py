"""The search for growth: recovery of a known law, coverage of intervals, and what must not matter."""

from dataclasses import replace

import numba
import numpy as np
import pytest

from tests.unit.measurement.growth.growing import Growing, a_path
from yucai.measurement.growth.laws import GrowthLaw
from yucai.measurement.growth.search import fit_path, path_errors, share_of, spread_out

NORMAL_90 = 1.6448536269514722


def started(path):
    """A path to begin from that knows nothing of the truth."""
    d = len(path.kept)
    return replace(
        path, mean=np.zeros_like(path.mean), begin=0.5 * np.eye(d) + 0.5, moved=0.15 * (0.5 * np.eye(d) + 0.5),
        kept=np.full(d, 0.9) if path.law is GrowthLaw.RETURNING else path.kept,
    )  # fmt: skip


@pytest.mark.parametrize("law", list(GrowthLaw))
def test_means_spread_and_what_is_kept_are_found(law):
    rng = np.random.default_rng(31)
    group = np.arange(2500) % 2
    means = np.zeros((2, 4, 2))
    means[0] = [[0.0, 0.0], [0.3, 0.0], [0.6, -0.1], [0.9, -0.2]]
    means[1] = [[-0.2, 0.1], [0.4, 0.1], [0.9, 0.1], [1.4, 0.0]]
    path = a_path(d=2, t_n=4, law=law, kept=0.8, moved=0.25, means=means, steps=[1.0, 1.0, 2.0])
    grown = Growing(path, n=2500, per_quality=8, rng=rng, n_categories=3, there=0.85, group=group)
    found = fit_path(grown.chain, grown.state, started(path))
    assert found.converged
    assert np.all(np.diff(found.trace) > -1e-6 * abs(found.trace[0]))
    of_means, of_spread, of_kept = path_errors(grown.chain, found, grown.state)
    errors = np.sqrt(np.diag(of_means)).reshape(means.shape)
    assert np.abs((found.path.mean - means) / errors).max() < 3.5
    assert np.sqrt(np.mean(((found.path.mean - means) / errors) ** 2)) == pytest.approx(1.0, abs=0.45)
    assert np.abs(np.sqrt(np.diag(found.path.moved)) - 0.5).max() < 3 * of_spread.max() < 0.15
    assert found.path.begin == pytest.approx(path.begin, abs=0.12)
    if law is GrowthLaw.RETURNING:
        assert np.abs(found.path.kept - 0.8).max() < 3 * of_kept.max() < 0.12


def test_changes_lie_in_their_intervals_nine_times_in_ten_and_claims_are_seldom_wrong():
    rng = np.random.default_rng(32)
    path = a_path(d=2, t_n=3, kept=0.85, moved=0.3, means=[[[0.0, 0.0], [0.2, 0.0], [0.4, 0.0]]])
    grown = Growing(path, n=3000, per_quality=6, rng=rng, n_categories=3, there=0.9)
    chain, state = grown.chain, grown.state
    found = fit_path(chain, state, started(path))
    mean, across = spread_out(chain, state, found, np.zeros(0))
    true = grown.places[:, 2] - grown.places[:, 0]
    change = mean[:, 2] - mean[:, 0]
    error = np.sqrt(across[:, :, 0, 0] + across[:, :, 2, 2] - 2 * across[:, :, 0, 2])
    covered = np.abs(true - change) <= NORMAL_90 * error
    assert covered.mean(axis=0) == pytest.approx([0.9, 0.9], abs=0.02)
    claimed = np.abs(change) > NORMAL_90 * error
    assert claimed.mean() > 0.05
    assert (np.sign(change) == np.sign(true))[claimed].mean() > 0.95


def test_regression_to_the_mean_is_no_change():
    """Nobody moves; those who did worst the first time do better the second, by chance alone."""
    rng = np.random.default_rng(33)
    path = a_path(d=1, t_n=2, law=GrowthLaw.RANDOM_WALK, moved=1e-8)
    grown = Growing(path, n=2000, per_quality=8, rng=rng)
    raw = grown.table.mean(axis=2)
    worst = raw[:, 0] <= np.quantile(raw[:, 0], 0.1)
    assert (raw[worst, 1] - raw[worst, 0]).mean() > 0.08
    found = fit_path(grown.chain, grown.state, started(path))
    mean, across = spread_out(grown.chain, grown.state, found, np.zeros(0))
    change = mean[:, 1, 0] - mean[:, 0, 0]
    error = np.sqrt(across[:, 0, 0, 0] + across[:, 0, 1, 1] - 2 * across[:, 0, 0, 1])
    assert abs(change[worst].mean()) < 0.05
    assert (np.abs(change) > NORMAL_90 * error).mean() < 0.01


def test_the_order_of_learners_and_the_number_of_threads_change_nothing():
    rng = np.random.default_rng(34)
    path = a_path(d=2, t_n=3)
    grown = Growing(path, n=300, per_quality=4, rng=rng, n_categories=3, there=0.8)
    grown.table[(grown.table < 0).all(axis=(1, 2)), 0] = 1
    found = fit_path(grown.chain, grown.state, started(path))
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    alone = fit_path(grown.chain, grown.state, started(path))
    numba.set_num_threads(before)
    assert np.array_equal(alone.path.flat(), found.path.flat())
    grown.table = grown.table[rng.permutation(300)]
    shuffled = fit_path(grown.chain, grown.state, started(path))
    assert shuffled.path.flat() == pytest.approx(found.path.flat(), abs=1e-10)


def test_some_of_the_learners_are_the_same_learners():
    rng = np.random.default_rng(35)
    path = a_path(d=2, t_n=3)
    grown = Growing(path, n=60, per_quality=4, rng=rng, there=0.8)
    chain = grown.chain
    from yucai.measurement.growth.search import GrowthFit, grid

    fit = GrowthFit(path=path, nodes=grid(0.2), log_likelihood=0.0, trace=(), converged=True)
    whole, _ = spread_out(chain, grown.state, fit, np.zeros(0))
    part, _ = spread_out(share_of(chain, 20, 45), grown.state, fit, np.zeros(0))
    assert part == pytest.approx(whole[20:45], abs=1e-12)
