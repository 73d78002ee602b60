"""The engine against what is exact: published values, tensor quadrature, plain NumPy, finite differences."""

import itertools

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from tests.unit.measurement.engine.answers import correlated, lsat, records
from yucai.measurement.engine import kernel_items, kernels, plain
from yucai.measurement.engine.records import Family
from yucai.measurement.engine.search import Part, expect, fit, nodes_of, parts_of, statistics_of, table_of
from yucai.measurement.engine.state import first_state

# R package mirt 1.47, mirt(expand.table(LSAT7), 1) and LSAT6, coef(simplify = TRUE), logLik(); three decimals.
KNOWN = {
    7: ([0.988, 1.081, 1.707, 0.765, 0.736], [1.856, 0.808, 1.805, 0.486, 1.854], -2658.805),
    6: ([0.826, 0.723, 0.891, 0.688, 0.657], [2.773, 0.990, 0.249, 1.285, 2.053], -2466.653),
}


@pytest.mark.parametrize("section", sorted(KNOWN))
def test_items_and_height_are_those_of_r(section):
    slopes, intercepts, height = KNOWN[section]
    found = fit(records(lsat(section)))
    assert found.converged
    assert found.state.numbers.slopes[:, 0] == pytest.approx(slopes, abs=0.002)
    assert found.state.numbers.intercepts[:, 0] == pytest.approx(intercepts, abs=0.002)
    assert found.log_likelihood == pytest.approx(height, abs=0.0006)


def a_part(table, quality, *, family=Family.GRADED, nodes):
    own = records(table, quality=quality, family=family)
    n = own.n_units
    (part,) = parts_of(own, covariates=np.zeros((n, 0)), group=np.zeros(n, np.int64), n_nodes=len(nodes))
    counts = np.zeros((table.shape[1], int(own.items.n_categories.max()))) + 5.0
    state = first_state(
        own.items,
        counts,
        n_qualities=own.n_qualities,
        n_groups=1,
        n_covariates=0,
        rater_quality=np.zeros(0, np.int64),
    )
    return part, state


def exact(table, quality, slopes, intercepts, covariance, nodes):
    """Mean, SD and log-likelihood of each unit by the whole tensor of nodes."""
    d = len(covariance)
    grid = np.array(list(itertools.product(nodes, repeat=d)))
    log_prior = multivariate_normal(np.zeros(d), covariance).logpdf(grid) + d * np.log(nodes[1] - nodes[0])
    height = np.tile(log_prior, (len(table), 1))
    for j in range(table.shape[1]):
        line = slopes[j] * grid[:, quality[j], None] + intercepts[j][None, :]
        above = np.concatenate([np.ones((len(grid), 1)), 1 / (1 + np.exp(-line)), np.zeros((len(grid), 1))], axis=1)
        log_p = np.log(np.maximum(above[:, :-1] - above[:, 1:], 1e-300))
        here = table[:, j] >= 0
        height[here] += log_p[:, table[here, j]].T
    total = logsumexp(height, axis=1)
    weight = np.exp(height - total[:, None])
    mean = weight @ grid
    return mean, np.sqrt(weight @ grid**2 - mean**2), total


@pytest.mark.parametrize(("d", "per_quality", "spacing"), [(2, 3, 0.2), (2, 10, 0.15), (3, 3, 0.4), (3, 10, 0.3)])
def test_places_and_evidence_are_those_of_the_whole_tensor(d, per_quality, spacing):
    """Limits: three times those measured for the method with three to twenty items a quality."""
    rng = np.random.default_rng(d * 100 + per_quality)
    correlation = np.full((d, d), 0.5) + 0.5 * np.eye(d)
    table, quality, _, slopes, intercepts = correlated(rng, n=60, per_quality=per_quality, correlation=correlation)
    nodes = nodes_of(spacing)
    part, state = a_part(table, quality, nodes=nodes)
    state.numbers.slopes[:, 0] = slopes
    state.numbers.intercepts[:, :1] = intercepts
    state.backbone.covariance[0] = correlation
    found = expect(part, state, table_of(part.records, state, nodes), nodes, n_sweeps=12)
    mean, sd, height = exact(table, quality, slopes, intercepts, correlation, nodes)
    assert np.sqrt(np.mean((found.mean - mean) ** 2)) < 2.1e-4
    assert np.max(np.abs(np.sqrt(found.variance) / sd - 1)) < 4.5e-3
    assert np.mean(np.abs(found.height - height)) < 4.2e-4


@pytest.mark.parametrize("observed", [1.0, 0.4])
def test_the_compiled_step_is_the_plain_one(observed):
    rng = np.random.default_rng(5)
    correlation = np.array([[1, 0.5, -0.3], [0.5, 1, 0.2], [-0.3, 0.2, 1]])
    table, quality, _, slopes, intercepts = correlated(
        rng, n=150, per_quality=4, correlation=correlation, n_categories=4, observed=observed
    )
    nodes = nodes_of(0.3)
    part, state = a_part(table, quality, nodes=nodes)
    state.numbers.slopes[:, 0] = slopes
    state.numbers.intercepts[:, :3] = intercepts
    state.backbone.covariance[0] = correlation
    filled = table_of(part.records, state, nodes)
    w, m, v, height = plain.expect(
        part.records, filled, nodes, covariance=correlation, mu=np.zeros((150, 3)), n_sweeps=3
    )
    found = expect(part, state, filled, nodes, n_sweeps=3)
    assert found.mean == pytest.approx(m, abs=1e-9)
    assert found.variance == pytest.approx(np.einsum("ndd->nd", v), abs=1e-9)
    assert found.height == pytest.approx(height, abs=1e-8)
    assert found.covariance_sum[0] == pytest.approx(v.sum(axis=0), abs=1e-8)
    counts = np.zeros_like(filled)
    own = part.records
    kernels.count(own.row_pointer, own.unit, own.quality, found.weights, counts)
    assert counts == pytest.approx(plain.count(own, w), abs=1e-8)


@pytest.mark.parametrize("family", list(Family))
def test_chances_add_to_one_and_their_derivatives_are_right(family):
    k_n = 2 if family is Family.GUESSING else 4
    rng = np.random.default_rng(int(family))
    slopes, intercepts = rng.normal(1, 0.3, 3), np.array([1.2, -0.1, -1.3])
    p, dp = np.empty(k_n), np.empty((k_n, 8))

    def chances(s, i, x):
        kernel_items._curves(int(family), k_n, s, i, x, p, dp)
        return p.copy()

    n_s, n_i = (3, 3) if family is Family.NOMINAL else (1, 2) if family is Family.GUESSING else (1, 3)
    for x in (-2.0, 0.3, 1.7):
        assert chances(slopes, intercepts, x).sum() == pytest.approx(1.0, abs=1e-9)
        by = dp.copy()
        for u in range(n_s + n_i):
            ends = []
            for step in (-1e-6, 1e-6):
                s, i = slopes.copy(), intercepts.copy()
                (s if u < n_s else i)[u if u < n_s else u - n_s] += step
                ends.append(chances(s, i, x))
            assert by[:, u] == pytest.approx((ends[1] - ends[0]) / 2e-6, abs=1e-7)


def test_parts_add_up_to_the_whole():
    rng = np.random.default_rng(11)
    correlation = np.array([[1, 0.4], [0.4, 1]])
    table, quality, *_ = correlated(rng, n=300, per_quality=5, correlation=correlation, observed=0.7)
    nodes = nodes_of(0.3)
    part, state = a_part(table, quality, nodes=nodes)
    filled = table_of(part.records, state, nodes)
    whole, _ = statistics_of(part, state, filled, nodes, n_sweeps=2)
    from yucai.measurement.engine.records import units_of

    added = None
    for begin, end in ((0, 64), (64, 224), (224, 300)):
        own = units_of(part.records, begin, end)
        piece = Part(
            records=own,
            covariates=np.zeros((end - begin, 0)),
            group=np.zeros(end - begin, np.int64),
            tau=np.ones((end - begin, 2)),
            nu=np.zeros((end - begin, 2)),
        )
        said, _ = statistics_of(piece, state, filled, nodes, n_sweeps=2)
        added = said if added is None else added + said
    for name in ("counts", "n", "xx", "xm", "mm"):
        assert getattr(added, name) == pytest.approx(getattr(whole, name), abs=1e-9)
    assert added.height == pytest.approx(whole.height, abs=1e-9)
