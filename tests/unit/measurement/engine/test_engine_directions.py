"""Items that speak of several qualities, against the whole tensor of nodes, finite differences and known truth."""

import itertools
from dataclasses import replace

import numba
import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from tests.unit.measurement.engine.answers import records
from yucai.measurement.engine import plain_directions
from yucai.measurement.engine.directed_errors import Places, errors_of, scores_of
from yucai.measurement.engine.directed_search import DirectedFit, fit_directed
from yucai.measurement.engine.directions import beginning, directed_of, empty_records, see, shares_of
from yucai.measurement.engine.search import nodes_of


class Within:
    """A test in which the first items speak of one quality each and the others of several; graded categories."""

    def __init__(self, *, n, d, per_quality, patterns, rng, k_n=2, correlation=0.4, family=0, observed=1.0):
        self.d, self.k_n, self.family = d, k_n, family
        self.covariance = np.full((d, d), correlation) + (1 - correlation) * np.eye(d)
        self.quality = np.repeat(np.arange(d), per_quality)
        own = [np.eye(d)[[q]] for q in self.quality]
        self.basis = [np.eye(d)[list(pattern)] for pattern in patterns]
        loads = [rng.uniform(0.7, 1.4, len(b)) for b in own + self.basis]
        self.directions = np.array([s @ b for s, b in zip(loads, own + self.basis, strict=True)])
        self.steps = np.sort(rng.normal(0, 1.0, (len(self.directions), k_n - 1)), axis=1)[:, ::-1]
        self.places = rng.multivariate_normal(np.zeros(d), self.covariance, n)
        chances = np.exp(self.log_p(self.places))
        drawn = rng.random((n, len(self.directions), 1))
        self.table = (drawn > np.cumsum(chances, axis=2)[:, :, :-1]).sum(axis=2)
        self.table[rng.random(self.table.shape) > observed] = -1

    def log_p(self, places):
        """Log-probabilities (n, J, K) at places (n, D)."""
        line = (places @ self.directions.T)[:, :, None]
        if self.family == 1:
            sums = np.concatenate([np.zeros((len(self.steps), 1)), np.cumsum(self.steps, axis=1)], axis=1)
            risen = line * np.arange(self.k_n) + sums
            return risen - logsumexp(risen, axis=2, keepdims=True)
        above = 1 / (1 + np.exp(-(line + self.steps)))
        edge = np.ones((*above.shape[:2], 1))
        return np.log(np.maximum(-np.diff(np.concatenate([edge, above, 0 * edge], axis=2), axis=2), 1e-300))

    @property
    def parts(self):
        j_n = len(self.quality)
        own = self.table[:, :j_n]
        simple = records(own, quality=self.quality, family=self.family) if j_n else empty_records(len(own), self.d)
        unit, item = np.nonzero(self.table[:, j_n:] >= 0)
        directed = directed_of(
            family=np.full(len(self.basis), self.family), n_categories=np.full(len(self.basis), self.k_n),
            basis=self.basis, unit=unit, item=item, category=self.table[:, j_n:][unit, item], n_units=len(own),
        )  # fmt: skip
        return replace(simple, n_qualities=self.d), directed

    def true_state(self):
        simple, directed = self.parts
        state = beginning(simple, directed, np.zeros(self.d, dtype=bool))
        j_n = len(self.quality)
        state.state.numbers.slopes[:, 0] = self.directions[:j_n].sum(axis=1)
        state.state.numbers.intercepts[:, : self.k_n - 1] = self.steps[:j_n]
        state.state.backbone.covariance[0] = self.covariance
        for j, b in enumerate(self.basis):
            state.slopes[j, : len(b)] = self.directions[j_n + j][b.argmax(axis=1)]
        state.intercepts[:, : self.k_n - 1] = self.steps[j_n:]
        return state

    def exact(self, nodes):
        grid = np.array(list(itertools.product(nodes, repeat=self.d)))
        log_p = self.log_p(grid)
        prior = multivariate_normal(np.zeros(self.d), self.covariance).logpdf(grid)
        height = np.tile(prior + self.d * np.log(nodes[1] - nodes[0]), (len(self.table), 1))
        for j in range(self.table.shape[1]):
            here = self.table[:, j] >= 0
            height[here] += log_p[:, j, self.table[here, j]].T
        total = logsumexp(height, axis=1)
        weight = np.exp(height - total[:, None])
        mean = weight @ grid
        return mean, np.sqrt(weight @ grid**2 - mean**2), total


CASES = {
    "two qualities": {"d": 2, "per_quality": 3, "patterns": [(0, 1)] * 3},
    "two, many items": {"d": 2, "per_quality": 4, "patterns": [(0, 1)] * 12},
    "two, graded": {"d": 2, "per_quality": 3, "patterns": [(0, 1)] * 4, "k_n": 4},
    "two, partial credit": {"d": 2, "per_quality": 3, "patterns": [(0, 1)] * 4, "k_n": 3, "family": 1},
    "two, half of it": {"d": 2, "per_quality": 4, "patterns": [(0, 1)] * 6, "observed": 0.5},
    "three qualities": {"d": 3, "per_quality": 3, "patterns": [(0, 1), (1, 2), (0, 2), (0, 1, 2)]},
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_places_and_evidence_are_those_of_the_whole_tensor(case):
    """As close as asked where each item speaks of one quality: three times 6e-5 a mean, 3e-4 an SD, 8e-5 a learner."""
    rng = np.random.default_rng(len(case))
    test = Within(n=50, rng=rng, **CASES[case])
    nodes = nodes_of(0.15 if test.d == 2 else 0.3)
    simple, directed = test.parts
    (share,) = shares_of(simple, directed, len(nodes))
    found = see(share, test.true_state(), nodes_of(0.15), n_sweeps=6)
    mean, sd, height = test.exact(nodes)
    rms = np.sqrt(np.mean((found.mean - mean) ** 2))
    widest = np.max(np.abs(np.sqrt(np.einsum("ndd->nd", found.covariance)) / sd - 1))
    assert rms < 1.8e-4
    assert widest < 9e-4
    assert np.mean(np.abs(found.height - height)) < 2.5e-4


def test_a_chain_of_four_qualities_is_close_to_the_whole_tensor():
    """Three sets of two, tied by a normal law."""
    test = Within(n=20, d=4, per_quality=3, patterns=CHAIN, rng=np.random.default_rng(59))
    simple, directed = test.parts
    assert directed.blocks.size.tolist() == [2, 2, 2]
    (share,) = shares_of(simple, directed, 81)
    found = see(share, test.true_state(), nodes_of(0.15), n_sweeps=10)
    mean, sd, height = test.exact(nodes_of(0.6))
    assert np.sqrt(np.mean((found.mean - mean) ** 2)) < 1e-3
    assert np.sqrt(np.einsum("ndd->nd", found.covariance)) == pytest.approx(sd, rel=2e-2)
    assert np.mean(np.abs(found.height - height)) < 4e-3


CHAIN = [(0, 1), (1, 2), (2, 3), (0, 1), (1, 2), (2, 3)]


@pytest.mark.parametrize("patterns", [[(0, 1), (1, 2), (0, 1, 2)], CHAIN], ids=["one block", "a chain of blocks"])
def test_the_compiled_step_is_the_plain_one(patterns):
    rng, d = np.random.default_rng(60), 4
    test = Within(n=20, d=d, per_quality=3, patterns=patterns, k_n=3, rng=rng, observed=0.8)
    nodes, state = nodes_of(0.2), test.true_state()
    simple, directed = test.parts
    blocks = directed.blocks
    (share,) = shares_of(simple, directed, len(nodes))
    found = see(share, state, nodes, n_sweeps=4)
    on_grid = test.log_p(np.repeat(nodes[:, None], d, axis=1))
    for i in range(20):
        curves, seen = np.zeros((d, len(nodes))), np.zeros(d, dtype=bool)
        for j, q in enumerate(test.quality):
            if test.table[i, j] >= 0:
                curves[q] += on_grid[:, j, test.table[i, j]]
                seen[q] = True

        def of_block(b, i=i):
            mine = [j for j in np.flatnonzero(test.table[i] >= 0) if j >= 12 and blocks.of_item[j - 12] == b]

            def said(x):
                places = np.zeros((len(x), d))
                places[:, blocks.dims[b, : blocks.size[b]]] = x
                return sum(test.log_p(places)[:, j, test.table[i, j]] for j in mine)

            return said if mine else None

        mean, covariance, height = plain_directions.expect_one(
            curves, seen, nodes, blocks, [of_block(b) for b in range(len(blocks.size))], covariance=test.covariance,
            n_sweeps=4,
        )  # fmt: skip
        assert found.mean[i] == pytest.approx(mean, abs=1e-8)
        assert found.covariance[i] == pytest.approx(covariance, abs=1e-8)
        assert found.height[i] == pytest.approx(height, abs=1e-7)


def test_scores_are_the_derivatives_of_the_evidence():
    rng = np.random.default_rng(61)
    test = Within(n=30, d=2, per_quality=3, patterns=[(0, 1)] * 3, k_n=3, rng=rng)
    simple, directed = test.parts
    nodes = nodes_of(0.2)
    state = test.true_state()

    def height(one):
        (share,) = shares_of(simple, directed, len(nodes))
        return see(share, one, nodes, n_sweeps=40).height

    place = Places(simple, directed, np.zeros(2, dtype=bool))
    (share,) = shares_of(simple, directed, len(nodes))
    see(share, state, nodes, n_sweeps=40)
    fit = DirectedFit(state=state, nodes=nodes, log_likelihood=0.0, trace=(), n_steps=0, converged=True)
    scores = scores_of(share, fit, place)
    by = 1e-4
    for j in range(3):
        for what, at in (("slopes", 0), ("slopes", 1), ("intercepts", 0), ("intercepts", 1)):
            up, down = (getattr(state, what).copy() for _ in range(2))
            up[j, at] += by
            down[j, at] -= by
            slope = (height(replace(state, **{what: up})) - height(replace(state, **{what: down}))) / (2 * by)
            column = place.begin[j] + (at if what == "slopes" else 2 + at)
            assert scores[:, column] == pytest.approx(slope, abs=6e-5)


def test_loadings_and_correlations_are_found_and_errors_are_of_their_size():
    rng = np.random.default_rng(62)
    test = Within(n=4000, d=3, per_quality=5, patterns=[(0, 1), (1, 2), (0, 2), (0, 1, 2)], k_n=3, rng=rng)
    simple, directed = test.parts
    found = fit_directed(simple, directed)
    assert found.converged
    assert np.all(np.diff(found.trace) > -1e-6 * abs(found.trace[0]))
    truth = test.true_state()
    errors = errors_of(simple, directed, found, apart=np.zeros(3, dtype=bool))
    there = np.arange(3) < directed.n_slopes[:, None]
    away = (found.state.slopes - truth.slopes)[there] / errors.slopes[there]
    assert np.abs(away).max() < 3.5
    assert np.sqrt(np.mean(away**2)) == pytest.approx(1.0, abs=0.5)
    assert (found.state.intercepts - truth.intercepts) / errors.intercepts == pytest.approx(0.0, abs=3.5)
    of = np.tril_indices(3, -1)
    assert np.abs((found.state.state.backbone.covariance[0][of] - 0.4) / errors.correlations[of]).max() < 3.5


def test_with_every_item_on_one_quality_given_as_a_direction_the_engine_says_the_same():
    """Two qualities, each a block of its own, against the engine for items of one quality."""
    from yucai.measurement.engine.search import fit

    rng = np.random.default_rng(63)
    test = Within(n=1500, d=2, per_quality=6, patterns=[(0,), (1,), (0,)], rng=rng)
    simple, directed = test.parts
    found = fit_directed(simple, directed)
    plain = fit(records(test.table, quality=np.concatenate([test.quality, [0, 1, 0]])))
    assert found.log_likelihood == pytest.approx(plain.log_likelihood, abs=0.03)
    assert found.state.slopes[:, 0] == pytest.approx(plain.state.numbers.slopes[-3:, 0], abs=2e-3)


def test_a_testlet_is_a_quality_of_its_own_whose_variance_is_found():
    rng = np.random.default_rng(64)
    n, slopes, steps = 2000, rng.uniform(0.8, 1.6, 20), rng.normal(0, 1, 20)
    passage = np.repeat([0, 1, 2, 3], 5)
    effect = rng.normal(0, np.sqrt([0.8, 0.4, 0.2, 0.6]), (n, 4))
    line = slopes * (rng.normal(size=(n, 1)) + effect[:, passage]) + steps
    table = (rng.random((n, 20)) < 1 / (1 + np.exp(-line))).astype(np.int64)
    basis = [np.eye(5)[[0]] + np.eye(5)[[1 + p]] for p in passage]
    unit, item = (x.ravel() for x in np.indices(table.shape))
    directed = directed_of(
        family=np.zeros(20), n_categories=np.full(20, 2), basis=basis, unit=unit, item=item,
        category=table.ravel(), n_units=n,
    )  # fmt: skip
    apart = np.array([False, True, True, True, True])
    simple = empty_records(n, 5)
    found = fit_directed(simple, directed, apart=apart)
    errors = errors_of(simple, directed, found, apart=apart)
    assert found.converged
    variances = np.diag(found.state.state.backbone.covariance[0])[1:]
    assert np.abs((variances - [0.8, 0.4, 0.2, 0.6]) / errors.variances[1:]).max() < 3.5
    assert found.state.state.backbone.covariance[0, 0, 0] == pytest.approx(1.0)
    assert np.all(found.state.state.backbone.covariance[0][~np.eye(5, dtype=bool)] == 0.0)
    assert np.abs((found.state.slopes[:, 0] - slopes) / errors.slopes[:, 0]).max() < 3.7


def test_the_order_of_units_and_items_and_the_number_of_threads_change_nothing():
    rng = np.random.default_rng(65)
    test = Within(n=400, d=2, per_quality=4, patterns=[(0, 1)] * 3, rng=rng, observed=0.8)
    found = fit_directed(*test.parts)
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    alone = fit_directed(*test.parts)
    numba.set_num_threads(before)
    assert np.array_equal(alone.state.flat(), found.state.flat())
    test.table = test.table[rng.permutation(400)][:, [3, 2, 1, 0, 4, 5, 6, 7, 9, 10, 8]]
    turned = fit_directed(*test.parts)
    assert turned.log_likelihood == pytest.approx(found.log_likelihood, rel=1e-10)
    assert turned.state.slopes == pytest.approx(found.state.slopes[[1, 2, 0]], abs=1e-7)
