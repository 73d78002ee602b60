"""The filter against the dense normal law, and expectation propagation against the whole tensor of places."""

import numpy as np
import pytest

from tests.unit.measurement.growth.growing import Growing, a_path
from yucai.measurement.engine.search import table_of
from yucai.measurement.growth import plain
from yucai.measurement.growth.laws import GrowthLaw, joint_covariance
from yucai.measurement.growth.search import follow, grid


@pytest.mark.parametrize("law", list(GrowthLaw))
@pytest.mark.parametrize("there", [1.0, 0.6])
def test_the_filter_is_the_dense_law_of_all_occasions(law, there):
    rng = np.random.default_rng(3)
    means = np.array([[[0.0, 0.2, -0.1], [0.3, 0.1, 0.4], [0.6, 0.5, 0.1], [0.8, 0.2, 0.2]]])
    path = a_path(d=3, t_n=4, law=law, means=means, steps=[1.0, 2.0, 0.5])
    grown = Growing(path, n=25, per_quality=4, rng=rng, n_categories=4, there=there)
    nodes = grid(0.2)
    chain = grown.chain
    found = follow(chain, path, table_of(chain.records, grown.state, nodes), nodes, n_sweeps=4)
    for i in range(25):
        m, v, height = plain.follow_one(*grown.curves(i, nodes), nodes, path, group=0, n_sweeps=4)
        assert found.mean[i].ravel() == pytest.approx(m, abs=1e-9)
        blocks = v.reshape(4, 3, 4, 3)
        for t in range(4):
            assert found.covariance[i, t] == pytest.approx(blocks[t, :, t], abs=1e-9)
        for t in range(3):
            lag = found.gain[i, t] @ found.covariance[i, t + 1]
            assert lag == pytest.approx(blocks[t, :, t + 1], abs=1e-9)
        assert found.height[i] == pytest.approx(height, abs=1e-8)


@pytest.mark.parametrize(("t_n", "per_quality"), [(2, 3), (2, 12), (3, 4), (3, 12)])
def test_places_changes_and_evidence_are_those_of_the_whole_tensor(t_n, per_quality):
    """Limits: as for qualities that correlate at 0.5, and a little more: occasions correlate at 0.8."""
    rng = np.random.default_rng(10 * t_n + per_quality)
    means = np.linspace(0.0, 0.8, t_n)[None, :, None]
    path = a_path(d=1, t_n=t_n, means=means)
    grown = Growing(path, n=40, per_quality=per_quality, rng=rng, there=0.9)
    grown.table[(grown.table < 0).all(axis=(1, 2)), 0] = 0
    nodes, chain = np.arange(-24, 25) * 0.25 if t_n == 3 else np.arange(-50, 51) * 0.12, grown.chain
    found = follow(chain, path, table_of(chain.records, grown.state, nodes), nodes, n_sweeps=15)
    mean, covariance, height = grown.exact(nodes)
    lag = np.einsum("ntde,ntef->ntdf", found.gain, found.covariance[:, 1:])[:, 0, 0, 0]
    changed = found.mean[:, 1, 0] - found.mean[:, 0, 0]
    spread = np.sqrt(found.covariance[:, 0, 0, 0] + found.covariance[:, 1, 0, 0] - 2 * lag)
    exactly = np.sqrt(covariance[:, 0, 0] + covariance[:, 1, 1] - 2 * covariance[:, 0, 1])
    assert np.sqrt(np.mean((found.mean[..., 0] - mean) ** 2)) < 3e-4
    assert np.sqrt(np.mean((changed - (mean[:, 1] - mean[:, 0])) ** 2)) < 4.2e-4
    assert np.max(np.abs(spread / exactly - 1)) < 4.5e-3
    assert np.mean(np.abs(found.height - height)) < 6e-4


def test_the_joint_covariance_is_that_of_the_law():
    path = a_path(d=2, t_n=3, steps=[1.0, 2.0])
    rng = np.random.default_rng(5)
    z = [rng.multivariate_normal(np.zeros(2), path.begin, 200_000)]
    for t in range(2):
        new = rng.multivariate_normal(np.zeros(2), path.moved_by_step[t], 200_000)
        z.append(z[-1] * path.kept_by_step[t] + new)
    assert np.cov(np.hstack(z).T) == pytest.approx(joint_covariance(path), abs=0.02)
