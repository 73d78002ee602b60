"""The observed information against finite differences of what it is the curvature of, and against R."""

import itertools

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from tests.unit.measurement.engine.answers import correlated, lsat, records
from yucai.measurement.engine.information import observed_information
from yucai.measurement.engine.kernel_products import invert, products
from yucai.measurement.engine.layout import Layout
from yucai.measurement.engine.records import Items, records_of
from yucai.measurement.engine.search import fit, parts_of, plan_of
from yucai.measurement.engine.uncertainty import _cross_products, uncertainty_of, unit_scores


def parts(own, found, *, covariates=None, group=None):
    n = own.n_units
    return parts_of(
        own,
        covariates=np.zeros((n, 0)) if covariates is None else covariates,
        group=np.zeros(n, np.int64) if group is None else group,
        n_nodes=len(found.nodes),
    )


def curvature(height, at, *, by=2e-3):
    """Minus the second differences of a function of p numbers, (p, p)."""
    p, top = len(at), height(at)
    steps = by * np.eye(p)
    alone = [height(at + step) + height(at - step) for step in steps]
    bent = np.zeros((p, p))
    for u, v in itertools.combinations_with_replacement(range(p), 2):
        both = height(at + steps[u] + steps[v]) + height(at - steps[u] - steps[v])
        bent[u, v] = bent[v, u] = -(both + 2 * top - alone[u] - alone[v]) / (2 * by**2)
    return bent


GRID = np.linspace(-7, 7, 113)


def of_graded(lines, table, item):
    """Log-chances (N, Q) of the answers of graded items; lines (K-1, Q)."""
    above = np.vstack([np.ones(lines.shape[1]), 1 / (1 + np.exp(-lines)), np.zeros(lines.shape[1])])
    log_p = np.log(np.maximum(above[:-1] - above[1:], 1e-300))
    return np.where(table[:, item, None] >= 0, log_p[table[:, item]], 0.0)


@pytest.mark.parametrize("n_categories", [2, 3])
def test_with_one_quality_it_is_the_curvature_of_the_log_likelihood(n_categories):
    rng = np.random.default_rng(n_categories)
    table, *_ = correlated(rng, n=300, per_quality=4, correlation=np.eye(1), n_categories=n_categories, observed=0.8)
    own = records(table)
    found = fit(own)
    plan = plan_of(own)
    information, _ = observed_information(found, parts(own, found), Layout(own, found.state, plan))
    k = n_categories
    log_prior = -0.5 * GRID**2 + np.log((GRID[1] - GRID[0]) / np.sqrt(2 * np.pi))

    def height(flat):
        total = log_prior[None, :]
        for j, numbers in enumerate(flat.reshape(-1, k)):
            total = total + of_graded(numbers[0] * GRID + numbers[1:, None], table, j)
        return logsumexp(total, axis=1).sum()

    numbers = found.state.numbers
    at = np.column_stack([numbers.slopes[:, 0], numbers.intercepts[:, : k - 1]]).ravel()
    n = len(at)
    assert information[:n, :n] == pytest.approx(curvature(height, at), abs=0.01 + 1e-4 * np.abs(information).max())


def test_with_two_qualities_it_is_the_curvature_of_the_log_likelihood_over_the_plane():
    """Group, covariate, correlation, variances and items at once; expectation propagation is a hair off, so 2 %."""
    rng = np.random.default_rng(8)
    n = 240
    table, quality, *_ = correlated(rng, n=n, per_quality=4, correlation=np.array([[1, 0.5], [0.5, 1]]))
    own = records(table, quality=quality)
    group = (np.arange(n) % 2).astype(np.int64)
    x = np.column_stack([rng.normal(size=n), group])
    found = fit(own, covariates=x, group=group)
    layout = Layout(own, found.state, plan_of(own))
    information, _ = observed_information(found, parts(own, found, covariates=x, group=group), layout)
    information = information[np.ix_(layout.free, layout.free)]
    line = GRID[::3]
    plane = np.array(list(itertools.product(line, line)))
    cell = 2 * np.log(line[1] - line[0])
    j_n = table.shape[1]

    def height(flat):
        items, rest = flat[: 2 * j_n].reshape(j_n, 2), flat[2 * j_n :]
        regression, shares = rest[:4].reshape(2, 2), rest[4:]
        of_group = [
            np.array([[1.0, shares[0]], [shares[0], 1.0]]),
            np.array([[shares[1], shares[2]], [shares[2], shares[3]]]),
        ]
        total = np.zeros((n, len(plane)))
        for g, covariance in enumerate(of_group):
            here = group == g
            away = plane[None] - (x[here] @ regression)[:, None, :]
            total[here] = multivariate_normal(np.zeros(2), covariance).logpdf(away) + cell
        for j in range(j_n):
            up = items[j, 0] * plane[:, quality[j]] + items[j, 1]
            total += np.where(table[:, j, None] == 1, -np.log1p(np.exp(-up)), -np.log1p(np.exp(up)))
        return logsumexp(total, axis=1).sum()

    state = found.state
    covariance = state.backbone.covariance
    at = np.concatenate([
        np.column_stack([state.numbers.slopes[:, 0], state.numbers.intercepts[:, 0]]).ravel(),
        state.backbone.regression.ravel(), [covariance[0, 1, 0]], covariance[1][np.tril_indices(2)],
    ])  # fmt: skip
    expected = curvature(height, at)
    size = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert np.abs((information - expected) / size).max() < 0.02
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    assert errors == pytest.approx(np.sqrt(np.diag(np.linalg.inv(expected))), rel=0.02)


def test_severities_are_in_it_too():
    rng = np.random.default_rng(3)
    n, l_n, j_n = 150, 4, 3
    theta, severity = rng.normal(0, 1, n), np.array([-0.5, 0.0, 0.2, 0.6])
    unit, item, rater = (place.ravel() for place in np.indices((n, j_n, l_n)))
    kept = rng.random(len(unit)) < 0.5
    unit, item, rater = unit[kept], item[kept], rater[kept]
    right = (rng.random(len(unit)) < 1 / (1 + np.exp(-1.2 * (theta[unit] - severity[rater])))).astype(np.int64)
    items = Items(family=np.zeros(j_n, np.int64), quality=np.zeros(j_n, np.int64), n_categories=np.full(j_n, 2))
    own = records_of(items, unit=unit, item=item, category=right, rater=rater, n_units=n, n_raters=l_n)
    found = fit(own)
    layout = Layout(own, found.state, plan_of(own))
    information, _ = observed_information(found, parts(own, found), layout)
    log_prior = -0.5 * GRID**2 + np.log((GRID[1] - GRID[0]) / np.sqrt(2 * np.pi))

    def height(flat):
        numbers, severities = flat[: 2 * j_n].reshape(j_n, 2), flat[2 * j_n :]
        total = np.tile(log_prior, (n, 1))
        up = numbers[item, 0, None] * (GRID[None] - severities[rater, None]) + numbers[item, 1, None]
        np.add.at(total, unit, -np.log1p(np.exp(np.where(right[:, None] == 1, -up, up))))
        return logsumexp(total, axis=1).sum()

    numbers = found.state.numbers
    at = np.concatenate([np.column_stack([numbers.slopes[:, 0], numbers.intercepts[:, 0]]).ravel(), numbers.severity])
    keep = len(at)
    expected = curvature(height, at)
    assert information[:keep, :keep] == pytest.approx(expected, abs=0.02 + 1e-4 * np.abs(expected).max())


def test_where_units_are_many_cross_products_say_nearly_the_same():
    own = records(lsat(7))
    found = fit(own)
    fast = uncertainty_of(found, parts(own, found), plan_of(own))
    exact = uncertainty_of(found, parts(own, found), plan_of(own), exact=True)
    assert fast.numbers == pytest.approx(exact.numbers, rel=0.1)
    assert not np.array_equal(fast.numbers, exact.numbers)


def test_cross_products_are_those_of_the_units_scores():
    rng = np.random.default_rng(31)
    correlation = np.array([[1, 0.5], [0.5, 1]])
    table, quality, *_ = correlated(rng, n=701, per_quality=3, correlation=correlation, n_categories=3, observed=0.6)
    own = records(table, quality=quality)
    group = (np.arange(701) % 2).astype(np.int64)
    x = np.column_stack([rng.normal(size=701), group])
    found = fit(own, covariates=x, group=group)
    layout, of = Layout(own, found.state, plan_of(own)), parts(own, found, covariates=x, group=group)
    crossed = _cross_products(found, of, layout)
    (part,) = parts(own, found, covariates=x, group=group)
    scores = unit_scores(part, found.state, found.nodes, layout).scores
    whole = scores.T @ scores
    assert crossed[np.ix_(layout.free, layout.free)] == pytest.approx(whole, abs=1e-9 * np.abs(whole).max())


@given(n=st.integers(1, 40), seed=st.integers(0, 2**32 - 1))
def test_the_inverse_is_an_inverse(n, seed):
    rows = np.random.default_rng(seed).normal(size=(2 * n + 3, n))
    matrix, found = rows.T @ rows, np.empty((n, n))
    assert invert(matrix, found)
    assert np.array_equal(found, found.T)
    assert found @ matrix == pytest.approx(np.eye(n), abs=1e-9 * np.linalg.cond(matrix))


@given(n=st.integers(0, 200), p=st.integers(1, 9), m=st.integers(1, 9), chunks=st.integers(1, 8))
def test_products_are_products(n, p, m, chunks):
    rng = np.random.default_rng(n + 1)
    left, right = rng.normal(size=(n, p)), rng.normal(size=(n, m))
    sums = np.zeros((chunks, p, m))
    products(left, right, np.linspace(0, n, chunks + 1).astype(np.int64), sums)
    assert sums.sum(axis=0) == pytest.approx(left.T @ right, abs=1e-10)


def test_what_has_no_inverse_is_told():
    assert not invert(np.array([[1.0, 2.0], [2.0, 4.0]]), np.empty((2, 2)))
    assert not invert(np.array([[1.0, 2.0], [2.0, 1.0]]), np.empty((2, 2)))


def test_where_they_are_few_cross_products_would_be_far_too_wide(monkeypatch):
    """Six qualities, 150 units: the inverse of so few cross-products is about twice too large, as Wishart's is."""
    from yucai.measurement.engine import uncertainty

    rng = np.random.default_rng(21)
    correlation = np.full((6, 6), 0.5) + 0.5 * np.eye(6)
    table, quality, *_ = correlated(rng, n=150, per_quality=4, correlation=correlation)
    own = records(table, quality=quality)
    found = fit(own)
    exact = uncertainty_of(found, parts(own, found), plan_of(own))
    monkeypatch.setattr(uncertainty, "ENOUGH_UNITS", 0)
    crossed = uncertainty_of(found, parts(own, found), plan_of(own))
    wider = np.median(crossed.numbers[:, 1] / exact.numbers[:, 1])
    p = Layout(own, found.state, plan_of(own)).free.sum()
    assert wider == pytest.approx(np.sqrt(150 / (150 - p - 1)), rel=0.2)


# R package mirt 1.45.6, coef(mirt(expand.table(LSAT7), 1, SE = TRUE, SE.type = "Richardson")): ends of 95 % intervals
# of a and d, item by item, four decimals. Its search ends at a slope of 1.706 on the third item; the top is at 1.707.
LOWER = [0.6406, 1.5984, 0.7501, 0.6291, 1.0779, 1.4036, 0.5022, 0.3392, 0.4395, 1.6302]
UPPER = [1.3354, 2.1138, 1.4119, 0.9869, 2.3340, 2.2050, 1.0280, 0.6328, 1.0320, 2.0787]


def test_the_errors_are_those_of_r():
    own = records(lsat(7))
    found = fit(own)
    said = uncertainty_of(found, parts(own, found), plan_of(own), exact=True)
    errors = (np.array(UPPER) - LOWER) / (2 * 1.959964)
    assert said.numbers[:, :2].ravel() == pytest.approx(errors, abs=0.0007)
    others = np.delete(np.arange(10), [4, 5])
    assert said.numbers[:, :2].ravel()[others] == pytest.approx(errors[others], abs=0.00015)


def test_one_thread_gives_the_same_bits_as_two():
    rng = np.random.default_rng(6)
    table, quality, *_ = correlated(rng, n=200, per_quality=4, correlation=np.array([[1, 0.5], [0.5, 1]]))
    own = records(table, quality=quality)
    found = fit(own)
    layout = Layout(own, found.state, plan_of(own))

    def both_ways():
        return [
            observed_information(found, parts(own, found), layout)[0], _cross_products(found, parts(own, found), layout)
        ]  # fmt: skip

    two = both_ways()
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = both_ways()
    finally:
        numba.set_num_threads(before)
    assert np.array_equal(one, two)
