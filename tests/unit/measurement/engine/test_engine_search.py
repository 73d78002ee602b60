"""Properties of the search: what comes out is the top, whatever the order of the answers and the threads."""

import numba
import numpy as np
import pytest

from tests.unit.measurement.engine.answers import correlated, records
from yucai.measurement.engine import threads
from yucai.measurement.engine.records import Family, Items, records_of
from yucai.measurement.engine.search import fit

THREE = np.array([[1, 0.5, 0.4], [0.5, 1, 0.6], [0.4, 0.6, 1]])


@pytest.fixture(scope="module")
def test_of_three():
    rng = np.random.default_rng(3)
    return correlated(rng, n=2000, per_quality=8, correlation=THREE, n_categories=3, observed=0.6)


@pytest.fixture(scope="module")
def found(test_of_three):
    table, quality, *_ = test_of_three
    return fit(records(table, quality=quality))


def test_truth_is_recovered(test_of_three, found):
    _, _, _, slopes, intercepts = test_of_three
    assert found.converged
    assert np.sqrt(np.mean((found.state.numbers.slopes[:, 0] - slopes) ** 2)) < 0.14
    assert np.sqrt(np.mean((found.state.numbers.intercepts[:, :2] - intercepts) ** 2)) < 0.14
    assert found.state.backbone.covariance[0] == pytest.approx(THREE, abs=0.06)


def test_every_step_rises(found):
    steps = np.diff(found.trace)
    assert np.all(steps > -1e-6 * np.abs(found.trace[0]))


def test_it_is_the_top(test_of_three, found):
    """From elsewhere the search ends at the same place."""
    table, quality, *_ = test_of_three
    rng = np.random.default_rng(4)
    start = found.state.with_flat(found.state.flat() + rng.normal(0, 0.02, len(found.state.flat())))
    again = fit(records(table, quality=quality), start=start)
    assert again.log_likelihood == pytest.approx(found.log_likelihood, abs=0.02)
    assert again.state.numbers.slopes == pytest.approx(found.state.numbers.slopes, abs=0.005)


def test_the_order_of_answers_changes_nothing(test_of_three, found):
    table, quality, *_ = test_of_three
    unit, item = np.nonzero(table >= 0)
    order = np.random.default_rng(6).permutation(len(unit))
    items = Items(family=np.zeros(len(quality), np.int64), quality=quality, n_categories=table.max(axis=0) + 1)
    shuffled = records_of(
        items, unit=unit[order], item=item[order], category=table[unit, item][order], n_units=len(table)
    )
    again = fit(shuffled)
    assert again.log_likelihood == found.log_likelihood
    assert np.array_equal(again.state.flat(), found.state.flat())


def test_units_and_items_in_another_order_give_the_same(test_of_three, found):
    table, quality, *_ = test_of_three
    rng = np.random.default_rng(7)
    units, items = rng.permutation(len(table)), rng.permutation(table.shape[1])
    again = fit(records(table[units][:, items], quality=quality[items]))
    assert again.state.numbers.slopes == pytest.approx(found.state.numbers.slopes[items], abs=1e-8)
    assert again.log_likelihood == pytest.approx(found.log_likelihood, rel=1e-12)


def test_one_thread_gives_the_same_bits_as_two(test_of_three, found, monkeypatch):
    """So few answers are left to one thread; here two are made to share them."""
    table, quality, *_ = test_of_three
    assert table.size < threads.MANY_ANSWERS
    monkeypatch.setattr(threads, "MANY_ANSWERS", 0)
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(2)
        again = fit(records(table, quality=quality))
    finally:
        numba.set_num_threads(before)
    assert np.array_equal(again.state.flat(), found.state.flat())


def test_the_number_of_threads_is_left_as_it_was(test_of_three, found):
    before = numba.get_num_threads()
    with threads.threads_for(records(test_of_three[0][:20])):
        assert numba.get_num_threads() == 1
    assert numba.get_num_threads() == before


@pytest.mark.parametrize("family", [Family.PARTIAL_CREDIT, Family.NOMINAL])
def test_other_families_find_a_top_too(test_of_three, family):
    """A nominal model holds partial credit inside it, so that it ends no lower."""
    table, quality, *_ = test_of_three
    one = table[:, quality == 0]
    here = fit(records(one, family=family))
    credit = fit(records(one, family=Family.PARTIAL_CREDIT))
    assert here.converged
    assert here.log_likelihood >= credit.log_likelihood - 0.01
    assert np.all(np.diff(here.trace) > -1e-6 * np.abs(here.trace[0]))


def test_covariates_shift_places_and_groups_have_spreads_of_their_own():
    rng = np.random.default_rng(12)
    n, j_n = 4000, 12
    x = rng.normal(0, 1, n)
    group = (np.arange(n) >= n // 2).astype(np.int64)
    dummy = group - 0.0
    theta = 0.5 * x + 0.8 * dummy + rng.normal(0, np.where(group == 1, 1.4, 1.0))
    slopes, intercepts = rng.lognormal(0.1, 0.2, j_n), rng.normal(0, 1, j_n)
    table = (rng.random((n, j_n)) < 1 / (1 + np.exp(-(theta[:, None] * slopes + intercepts)))).astype(np.int64)
    found = fit(records(table), covariates=np.column_stack([x, dummy]), group=group)
    assert found.converged
    assert found.state.backbone.regression[:, 0] == pytest.approx([0.5, 0.8], abs=0.08)
    assert np.sqrt(found.state.backbone.covariance[1, 0, 0]) == pytest.approx(1.4, abs=0.1)
    assert found.state.backbone.covariance[0, 0, 0] == pytest.approx(1.0)
    assert np.sqrt(np.mean((found.state.numbers.slopes[:, 0] - slopes) ** 2)) < 0.1


def test_severities_of_raters_are_found():
    rng = np.random.default_rng(13)
    n, j_n, l_n = 1200, 4, 12
    theta, severity = rng.normal(0, 1, n), rng.normal(0, 0.5, l_n)
    severity -= severity.mean()
    unit, item, rater, category = [], [], [], []
    slopes, steps = rng.lognormal(0.2, 0.2, j_n), np.array([1.5, 0.2, -1.2])
    for i in range(n):
        for r in rng.choice(l_n, 2, replace=False):
            for j in range(j_n):
                line = slopes[j] * (theta[i] - severity[r]) + steps
                category.append(int((rng.random() < 1 / (1 + np.exp(-line))).sum()))
                unit.append(i)
                item.append(j)
                rater.append(r)
    items = Items(family=np.zeros(j_n, np.int64), quality=np.zeros(j_n, np.int64), n_categories=np.full(j_n, 4))
    own = records_of(
        items, unit=np.array(unit), item=np.array(item), category=np.array(category), rater=np.array(rater),
        n_units=n, n_raters=l_n,
    )  # fmt: skip
    found = fit(own)
    assert found.converged
    away = found.state.numbers.severity - found.state.numbers.severity.mean() - severity
    assert np.sqrt(np.mean(away**2)) < 0.1


def test_places_have_variance_one_also_beside_a_quality_whose_raters_hold_its_scale():
    """Two qualities hang together; one is judged by raters, so that its variance is held and not put into the items."""
    rng = np.random.default_rng(17)
    n, l_n = 800, 6
    theta = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], n)
    severity = rng.normal(0, 0.4, l_n)
    unit, item = (place.ravel() for place in np.indices((n, 8)))
    rater = np.where(item < 4, rng.integers(0, l_n, n * 8), -1)
    seen = theta[unit, item // 4] - np.where(rater >= 0, severity[rater], 0.0)
    right = (rng.random(n * 8) < 1 / (1 + np.exp(-1.5 * seen))).astype(np.int64)
    items = Items(family=np.zeros(8, np.int64), quality=np.arange(8) // 4, n_categories=np.full(8, 2))
    own = records_of(items, unit=unit, item=item, category=right, rater=rater, n_units=n, n_raters=l_n)
    found = fit(own)
    assert found.converged
    assert np.diag(found.state.backbone.covariance[0]) == pytest.approx([1, 1], abs=1e-9)
    assert found.state.backbone.covariance[0, 0, 1] == pytest.approx(0.6, abs=0.08)
