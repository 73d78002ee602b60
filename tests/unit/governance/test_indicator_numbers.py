"""Indicator arithmetic against programs that are not ours, and against what must hold for any input."""

import itertools
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yucai.errors import FaultyInputError
from yucai.governance import (
    compute_indicator,
    cosine_distances,
    describe_collaboration,
    hill_number,
    load_indicators,
    rao_stirling,
)

AT = datetime(2026, 9, 30, tzinfo=UTC)
COUNTS = st.lists(st.integers(1, 500), min_size=1, max_size=12)
CONVERTED = load_indicators("china-undergraduate").indicator("cn-02")

# R 4.2.2, vegan 2.6-4: renyi(c(17, 9, 5, 2, 1, 1), scales = c(0, 0.5, 1, 2, 3, Inf), hill = TRUE)
VEGAN = {
    0: 6.0000000000000000,
    0.5: 4.6616977051291029,
    1: 3.8369859445015329,
    2: 3.0548628428927680,
    3: 2.7242746095380679,
    np.inf: 2.0588235294117645,
}
# the same; m <- rbind(c(5,1,0), c(4,2,0), c(0,3,6), c(1,0,8)); d <- 1 - cosine of the rows;
# taxondive(matrix(c(6,6,9,9), 1), as.dist(d))$D * (n - 1) / n with n = 30: Rao's quadratic entropy
VEGAN_RAO = 0.44063260918470998


@pytest.mark.parametrize("order", VEGAN)
def test_hill_numbers_equal_vegan(order):
    assert hill_number([17, 9, 5, 2, 1, 1], order) == pytest.approx(VEGAN[order], rel=1e-12)


def test_rao_stirling_equals_the_quadratic_entropy_of_vegan():
    distances = cosine_distances([[5, 1, 0], [4, 2, 0], [0, 3, 6], [1, 0, 8]])
    assert rao_stirling([6, 6, 9, 9], distances) == pytest.approx(VEGAN_RAO, rel=1e-12)


@given(COUNTS)
def test_effective_numbers_fall_with_the_order_and_lie_between_one_and_all(counts):
    found = [hill_number(counts, order) for order in (0, 0.5, 1, 2, np.inf)]
    assert all(low >= high - 1e-9 for low, high in itertools.pairwise(found))
    assert found[-1] >= 1 - 1e-9
    assert found[0] == pytest.approx(len(counts))


@given(COUNTS, st.integers(2, 9))
def test_twice_as_many_of_everything_is_as_diverse_and_two_copies_twice_as_diverse(counts, times):
    for order in (0, 1, 2):
        once = hill_number(counts, order)
        assert hill_number([times * count for count in counts], order) == pytest.approx(once)
        assert hill_number([*counts, *counts], order) == pytest.approx(2 * once)


@given(COUNTS)
def test_with_all_distances_one_rao_stirling_is_gini_simpson(counts):
    apart = 1 - np.eye(len(counts))
    assert rao_stirling(counts, apart) == pytest.approx(1 - 1 / hill_number(counts, 2), abs=1e-9)


@pytest.mark.parametrize("counts", [[], [0, 0], [-1, 2], [[1, 2]]])
def test_counts_that_are_none_are_refused_in_words(counts):
    with pytest.raises(FaultyInputError, match="one count from 0 up"):
        hill_number(counts, 1)


def test_distances_that_are_none_are_refused_in_words():
    with pytest.raises(FaultyInputError, match="square table of 2 kinds"):
        rao_stirling([1, 1], [[0, 1], [2, 0]])


@settings(max_examples=50)
@given(st.lists(st.integers(0, 10_000), min_size=10, max_size=10), st.integers(1, 9))
def test_converted_enrolment_adds_up_and_scales(counts, times):
    given_ = dict(zip(CONVERTED.figures, counts, strict=True))
    value = compute_indicator(CONVERTED, given_, AT)
    assert value.value == pytest.approx(sum(line.counts_as for line in value.top))
    assert value.value >= 0.1 * sum(counts) - 1e-9
    more = compute_indicator(CONVERTED, {code: times * count for code, count in given_.items()}, AT)
    assert more.value == pytest.approx(times * value.value)


# Worked by hand: five people, a and b of one unit, c, d and e of another. Joint works ab, bc, cde: the pairs ab, bc,
# cd, ce, de, 5 of 10; across units is bc alone: of the works 1 of 3, of the pairs 1 of 5.
def test_a_network_of_joint_works_by_hand():
    units = {"a": "x", "b": "x", "c": "y", "d": "y", "e": "y"}
    found = describe_collaboration([("a", "b"), ("b", "c"), ("c", "d", "e"), ("a",)], units=units)
    assert (found.pairs, found.density, found.across, found.pairs_across) == (5, 0.5, pytest.approx(1 / 3), 0.2)


def test_where_nobody_made_anything_together_nothing_is_divided():
    found = describe_collaboration([], units={}, people=["a"])
    assert (found.density, found.across, found.pairs_across) == (None, None, None)
