"""The network of joint works: assortativity against a published table, intervals against leaving out, and chance."""

from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from yucai.governance import collaboration_ranges, describe_collaboration, pairs_of_units
from yucai.governance.indicators.networks import _jackknife_error

# M. E. J. Newman, "Mixing patterns in networks", Physical Review E 67, 026126 (2003), table I and text: couples in San
# Francisco (Catania et al. 1992) by race, in thousandths; r = 0.621. Rows men, columns women.
COUPLES = ((258, 16, 35, 13), (12, 157, 58, 19), (13, 23, 306, 35), (5, 7, 24, 16))
NEWMAN_R = 0.621
WORKS = st.lists(st.frozensets(st.integers(0, 12), min_size=1, max_size=4), max_size=12)


def everyone_once(table):
    """Give two people of their own to each pair of a table of pairs, and their units."""
    number, works, units = count(), [], {}
    for i, row in enumerate(table):
        for j, n in enumerate(row):
            for _ in range(n):
                one, other = next(number), next(number)
                units |= {one: "ABCD"[i], other: "ABCD"[j]}
                works.append((one, other))
    return works, units


def test_assortativity_is_that_of_the_table_by_which_it_was_defined():
    works, units = everyone_once(COUPLES)
    found = describe_collaboration(works, units=units)
    # Newman keeps men and women apart; our pairs have no side, which moves the third decimal.
    assert found.assortativity == pytest.approx(NEWMAN_R, abs=0.002)


def test_pairs_inside_units_alone_are_1_and_pairs_across_alone_are_below_0():
    units = {"a": "x", "b": "x", "c": "y", "d": "y"}
    assert describe_collaboration([("a", "b"), ("c", "d")], units=units).assortativity == 1
    assert describe_collaboration([("a", "c"), ("b", "d")], units=units).assortativity == -1
    assert describe_collaboration([("a", "b")], units=dict.fromkeys("ab", "x")).assortativity is None


def test_who_is_alone_and_how_large_the_largest_part_is():
    found = describe_collaboration([("a", "b"), ("b", "c"), ("d", "e"), ("f",)], units={}, people="abcdefg")
    assert (found.alone, found.largest) == (2, 3)
    assert describe_collaboration([("a",)], units={}).largest == 1
    assert describe_collaboration([], units={}).largest == 0


@given(works=WORKS, units=st.lists(st.sampled_from(["x", "y", ""]), min_size=13, max_size=13))
def test_an_interval_is_that_of_leaving_out_one_joint_work_after_another(works, units):
    placed = dict(enumerate(units))
    everybody = {person for work in works for person in work}
    joint = [n for n, work in enumerate(works) if len(work) > 1]
    found = collaboration_ranges(works, units=placed)
    for name in ("density", "across", "assortativity"):
        left = [
            getattr(describe_collaboration([w for m, w in enumerate(works) if m != n], units=placed, people=everybody),
                    name)
            for n in joint
        ]  # fmt: skip
        if name not in found:
            value = getattr(describe_collaboration(works, units=placed), name)
            assert value is None or len(joint) < 2 or None in left
            continue
        error = t.ppf(0.95, len(joint) - 1) * _jackknife_error(left)
        assert found[name].low <= found[name].value <= found[name].high
        assert found[name].value + error == pytest.approx(found[name].high) or found[name].high == 1
        assert found[name].value - error == pytest.approx(found[name].low) or found[name].low in (0, -1)


def test_two_units_that_never_work_together_are_told_from_two_that_do():
    rng = np.random.default_rng(4)
    members = {unit: [f"{unit}{n}" for n in range(20)] for unit in "ABC"}
    units = {person: unit for unit, people in members.items() for person in people}
    works = [[rng.choice(members[one]), rng.choice(members[other])] for one, other in ("AC", "BC", "AA", "BB") * 12]
    found = {one.units: one for one in pairs_of_units(works, units=units, least_people=5, rng=rng)}
    assert found["A", "B"].works == 0
    assert found["A", "B"].low > 0
    assert found["A", "B"].p < 0.05 < found["A", "C"].p
    assert next(iter(found)) == ("A", "B")


def test_small_units_are_not_compared_and_one_alone_is_no_pair():
    works = [("a", "b"), ("a", "c")]
    rng = np.random.default_rng(1)
    assert pairs_of_units(works, units=dict(zip("abc", "xyy", strict=True)), least_people=2, rng=rng) == ()
    assert pairs_of_units([], units={}, least_people=1, rng=rng) == ()


def test_where_chance_would_give_as_few_nothing_is_found():
    """Of 40 networks without any preference about one in twenty is called rare; a rule that always finds would fail."""
    rng, called = np.random.default_rng(9), 0
    units = {n: "ABC"[n % 3] for n in range(45)}
    for _ in range(40):
        works = [rng.choice(45, size=3, replace=False).tolist() for _ in range(25)]
        called += any(one.p <= 0.05 for one in pairs_of_units(works, units=units, least_people=5, rng=rng, draws=99))
    assert called <= 6
