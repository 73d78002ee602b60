"""Seats as numbers: loads as even as they can be, pairs mixed, sets linked. Each step for itself."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.csgraph import maximum_flow

from yucai.evidence.rating_seating import Seating, linked_sets


def can_be_filled(allowed, room, each):
    """Whether every work finds its raters: the greatest flow, by SciPy."""
    n_works, n_raters = len(allowed), len(room)
    flow = np.zeros((n_works + n_raters + 2,) * 2, dtype=np.int32)
    flow[0, 1 : 1 + n_works] = each
    for w, raters in enumerate(allowed):
        for r in raters:
            flow[1 + w, 1 + n_works + r] = 1
    flow[1 + n_works : -1, -1] = room
    return maximum_flow(sparse.csr_matrix(flow), 0, n_works + n_raters + 1).flow_value == each * n_works


def seated_two_and_two(n_works, seed=0):
    """Raters 0 and 1 on the first half of the works, 2 and 3 on the second; from now on all may judge everything."""
    allowed = [{0, 1} if w < n_works // 2 else {2, 3} for w in range(n_works)]
    seating = Seating(allowed, [n_works] * 4, rng=np.random.default_rng(seed))
    for w in 2 * list(range(n_works)):
        assert seating.seat_one(w) is None
    for raters in allowed:
        raters |= {0, 1, 2, 3}
    return seating


def loads(seating):
    return [len(works) for works in seating.works_of]


@settings(max_examples=150)
@given(st.data())
def test_no_other_seating_has_a_smaller_largest_load(data):
    n_raters = data.draw(st.integers(2, 6))
    each = data.draw(st.integers(1, 2))
    someone = st.sets(st.integers(0, n_raters - 1), min_size=each)
    allowed = data.draw(st.lists(someone, min_size=1, max_size=12))
    room = data.draw(st.lists(st.integers(1, 12), min_size=n_raters, max_size=n_raters))
    assume(can_be_filled(allowed, room, each))
    seating = Seating(allowed, room, rng=np.random.default_rng(data.draw(st.integers(0, 99))))
    for w in [w for w in range(len(allowed)) for _ in range(each)]:
        assert seating.seat_one(w) is None
    seating.even_out()
    assert all(len(raters) == each for raters in seating.raters_on)
    smaller = max(loads(seating)) - 1
    assert not can_be_filled(allowed, [min(most, smaller) for most in room], each)


def test_works_are_passed_on_until_loads_are_even():
    allowed = [{0}, {0}, {0}, {0}, {0}, {0}]
    seating = Seating(allowed, [6, 6, 2], rng=np.random.default_rng(0))
    for w in range(6):
        seating.seat_one(w)
    for raters in allowed[:3]:
        raters.add(1)
    for raters in allowed[1:4]:
        raters.add(2)
    seating.even_out()
    assert loads(seating) == [2, 2, 2]


def test_pairs_are_mixed_and_loads_stay():
    seating = seated_two_and_two(12)
    before = (seating.shared**2).sum()
    seating.mix()
    assert loads(seating) == [6, 6, 6, 6]
    assert sorted(seating.shared[np.triu_indices(4, 1)]) == [2] * 6
    assert (seating.shared**2).sum() < before


@pytest.mark.parametrize("seed", range(5))
def test_sets_that_lie_apart_are_linked_by_a_swap(seed):
    seating = seated_two_and_two(6, seed)
    assert linked_sets(4, seating.raters_on) == [[0, 1], [2, 3]]
    seating.link()
    assert linked_sets(4, seating.raters_on) == [[0, 1, 2, 3]]
    assert loads(seating) == [3, 3, 3, 3]


def test_where_no_swap_is_allowed_a_work_is_passed_on():
    seating = seated_two_and_two(6)
    for w in (3, 4, 5):
        seating.allowed[w].difference_update({0, 1})  # works of the second pair are closed to the first
    seating.link()
    assert len(linked_sets(4, seating.raters_on)) == 1
    assert all(raters <= seating.allowed[w] for w, raters in enumerate(seating.raters_on))
    assert sorted(loads(seating)) == [2, 3, 3, 4]


@given(st.lists(st.sets(st.integers(0, 5), max_size=3), max_size=8))
def test_shared_works_are_counted_along(raters_on):
    seating = Seating([{0, 1, 2, 3, 4, 5}] * len(raters_on), [9] * 6, rng=np.random.default_rng(0))
    for w, raters in enumerate(raters_on):
        for _ in raters:
            seating.seat_one(w)
    seating.mix()
    on = np.array([[r in raters for r in range(6)] for raters in seating.raters_on], int).reshape(-1, 6)
    together = on.T @ on
    np.fill_diagonal(together, 0)
    assert (seating.shared == together).all()
