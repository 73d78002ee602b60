"""Rated answers by pairs of unit and rater, against the plain E-step on tables worked out cell by cell."""

import numba
import numpy as np
import pytest

from yucai.measurement.engine import kernel_items, plain, rated, threads
from yucai.measurement.engine.parts import see
from yucai.measurement.engine.records import Family, Items, records_of
from yucai.measurement.engine.search import fit, nodes_of, parts_of, start_of, table_of
from yucai.measurement.engine.state import with_numbers


def drawn(family, *, d_n=1, n=90, l_n=7):
    """Records of two qualities or one, three items each of four categories, some answered unrated, with a state."""
    rng = np.random.default_rng(int(family) + d_n)
    j_n = 3 * d_n
    items = Items(family=np.full(j_n, int(family)), quality=np.repeat(np.arange(d_n), 3), n_categories=np.full(j_n, 4))
    unit, item, seat = (place.ravel() for place in np.indices((n, j_n, 2)))
    rater = rng.integers(0, l_n, (n, 2))[unit, seat] + l_n * (item // 3)
    rater = np.where(rng.random(len(unit)) < 0.2, -1, rater)
    own = records_of(
        items, unit=unit, item=item, category=rng.integers(0, 4, len(unit)), rater=rater, n_units=n, n_raters=l_n * d_n
    )
    state = start_of(own, n_groups=1, n_covariates=0)
    slopes = rng.uniform(0.6, 2.2, state.numbers.slopes.shape)
    return own, with_numbers(state, slopes=slopes, severity=rng.normal(0, 0.8, l_n * d_n))


def cell_by_cell(own, state, nodes):
    table = np.empty((own.n_rows, len(nodes)))
    shift = np.where(own.cell_rater >= 0, state.numbers.severity[own.cell_rater], 0.0)
    kernel_items.tabulate(
        own.first, own.cell_item, shift, own.items.family, own.items.n_categories, state.numbers.slopes,
        state.numbers.intercepts, nodes, table,
    )  # fmt: skip
    return table


def whole_part(own, nodes):
    n = own.n_units
    return parts_of(own, covariates=np.zeros((n, 0)), group=np.zeros(n, np.int64), n_nodes=len(nodes))[0]


@pytest.mark.parametrize("family", [Family.GRADED, Family.PARTIAL_CREDIT])
def test_curves_moved_along_their_line_are_those_worked_out_there(family):
    own, state = drawn(family)
    nodes = nodes_of(0.25)
    direct = cell_by_cell(own, state, nodes)
    there = direct > -25.0  # chances are never told to be smaller than 1e-12
    assert table_of(own, state, nodes)[there] == pytest.approx(direct[there], abs=2e-6)


@pytest.mark.parametrize(
    ("family", "d_n"), [(Family.GRADED, 1), (Family.PARTIAL_CREDIT, 1), (Family.PARTIAL_CREDIT, 2)]
)
def test_the_e_step_by_pairs_is_the_plain_one(family, d_n):
    own, state = drawn(family, d_n=d_n)
    nodes = nodes_of(0.2)
    covariance = state.backbone.covariance[0]
    w, m, v, height = plain.expect(
        own, cell_by_cell(own, state, nodes), nodes, covariance=covariance, mu=np.zeros((own.n_units, d_n)), n_sweeps=6
    )
    part = whole_part(own, nodes)
    line = rated.line_of(own, state, nodes)
    for _wide_then_windowed in range(2):
        part.tau[:], part.nu[:] = 1.0, 0.0
        found = see(part, state, line, nodes, n_sweeps=6, whole=True, weighing=True)
        assert found.mean == pytest.approx(m, abs=2e-6)
        assert found.covariance == pytest.approx(v, abs=2e-6)
        assert found.height == pytest.approx(height, abs=2e-6)
        there = part.tau > 0
        assert found.weights[there] == pytest.approx(w[there], abs=2e-6)


def test_what_pairs_tell_of_severities_are_the_derivatives_of_the_log_likelihood():
    own, state = drawn(Family.PARTIAL_CREDIT)
    nodes, part = nodes_of(0.1), None
    part = whole_part(own, nodes)
    found = see(part, state, rated.line_of(own, state, nodes), nodes, n_sweeps=1, telling=True)
    l_n = own.n_raters
    told = [np.bincount(part.sight.pairs.rater, found.told[:, k], minlength=l_n + 1)[:l_n] for k in range(3)]

    def height(severity):
        moved = with_numbers(state, severity=severity)
        none = np.zeros((own.n_units, 1))
        return plain.expect(
            own, cell_by_cell(own, moved, nodes), nodes, covariance=np.eye(1), mu=none, n_sweeps=1
        )[3].sum()  # fmt: skip

    at, by = state.numbers.severity, 1e-3
    for r in range(l_n):
        step = by * np.eye(l_n)[r]
        ahead, here, behind = height(at + step), height(at), height(at - step)
        assert told[0][r] == pytest.approx((ahead - behind) / (2 * by), abs=1e-3)
        assert told[2][r] == pytest.approx(-(ahead - 2 * here + behind) / by**2, abs=1e-2)


def test_counts_on_the_line_stand_for_all_sums_of_smooth_curves():
    """A sum of the counts times a curve is the sum over answers of its mean, as each rater sees the places."""
    own, state = drawn(Family.PARTIAL_CREDIT)
    nodes = nodes_of(0.15)
    part = whole_part(own, nodes)
    line = rated.line_of(own, state, nodes)
    found = see(part, state, line, nodes, n_sweeps=1, counting=True, weighing=True)
    sizes = own.items.n_categories[own.cell_item]
    cell = np.repeat(np.arange(len(sizes)), sizes)[own.row]
    unit = np.repeat(np.arange(own.n_units), np.diff(own.pointer))
    shift = np.where(own.cell_rater[cell] >= 0, state.numbers.severity[own.cell_rater[cell]], 0.0)
    direct = (found.weights[unit, 0] * np.sin(nodes[None, :] - shift[:, None])).sum()
    assert (found.counts * np.sin(line.places)).sum() == pytest.approx(direct, abs=1e-6)
    assert found.counts.sum() == pytest.approx(len(own.row), abs=1e-8)


def test_one_thread_gives_the_same_bits_as_two(monkeypatch):
    own, state = drawn(Family.PARTIAL_CREDIT, d_n=2)
    monkeypatch.setattr(threads, "MANY_ANSWERS", 0)
    before, found = numba.get_num_threads(), []
    try:
        for n in (1, 2):
            numba.set_num_threads(n)
            found.append(fit(own, start=state).state.flat())
    finally:
        numba.set_num_threads(before)
    assert np.array_equal(*found)
