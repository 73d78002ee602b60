"""What follows what: against R, against all orders gone through, and the level that the permutation test holds.

R 4.2.2: ``chisq.test(m)$stdres``; for impossible repeats ``glm(y ~ r + c, poisson)`` on the other cells, ``fitted``
and ``rstandard(type = "pearson")``; ``mantelhaen.test(a, correct = FALSE)``. Risk ratio: statsmodels 0.15.0,
``StratifiedTable(tables).riskratio_pooled``.
"""

from collections import Counter
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from yucai.measurement import NoTransitionsError, analyse_lags
from yucai.measurement.contingency import (
    adjusted_residuals,
    expected_counts,
    pooled_odds_ratio,
    pooled_risk_ratio,
)
from yucai.measurement.orders import orders_without_repeats

FOUR = np.array([[12.0, 30, 18, 8], [25, 9, 21, 10], [14, 22, 11, 16], [9, 12, 20, 7]])
Z = [
    [-1.56549637, 3.01092490, -0.47611109, -1.30842988],
    [3.03214429, -3.30386330, 0.75318206, -0.35715299],
    [-0.50675985, 1.00682086, -2.28771805, 2.11810859],
    [-1.04837782, -0.83025071, 2.21802380, -0.45896510],
]
NAN = np.nan
E_APART = [
    [NAN, 24.0939051, 21.0775614, 10.8285335],
    [19.5829490, NAN, 24.0575549, 12.3594962],
    [17.1309785, 24.0570512, NAN, 10.8119703],
    [11.2860726, 15.8490437, 13.8648837, NAN],
]
Z_APART = [
    [NAN, 2.121161520, -1.117281223, -1.186612337],
    [2.051931931, NAN, -1.117383622, -0.977721779],
    [-1.203078967, -0.754026580, NAN, 2.199296121],
    [-0.936909546, -1.470659640, 2.387953173, NAN],
]
APART = ~np.eye(4, dtype=bool)
STRATA = np.array([[[12.0, 20], [5, 40]], [[7, 15], [3, 30]], [[4, 9], [6, 33]], [[9, 11], [2, 18]]])
sequences = st.lists(st.lists(st.sampled_from("abc"), min_size=2, max_size=12), min_size=1, max_size=4)


def analysed(children, **options):
    return analyse_lags(children, rng=np.random.default_rng(2), **({"n_permutations": 199} | options))


def test_z_without_impossible_transitions_is_that_of_r():
    assert adjusted_residuals(FOUR, np.ones_like(FOUR, dtype=bool)) == pytest.approx(np.array(Z), abs=1e-7)


def test_allison_and_liker_by_hand():
    """z = (o - r c / n) / sqrt(r c / n (1 - r / n) (1 - c / n)), cell by cell."""
    n, rows, columns = FOUR.sum(), FOUR.sum(axis=1, keepdims=True), FOUR.sum(axis=0, keepdims=True)
    chance = rows * columns / n
    z = (FOUR - chance) / np.sqrt(chance * (1 - rows / n) * (1 - columns / n))
    assert adjusted_residuals(FOUR, np.ones_like(FOUR, dtype=bool)) == pytest.approx(z, abs=1e-9)


def test_impossible_repeats_are_left_out_as_in_r():
    counts = FOUR * APART
    expected = expected_counts(counts, APART)
    assert expected[APART] == pytest.approx(np.array(E_APART)[APART], abs=1e-6)
    assert (expected[~APART] == 0).all()
    assert adjusted_residuals(counts, APART)[APART] == pytest.approx(np.array(Z_APART)[APART], abs=1e-6)


def test_pooled_ratios_are_those_of_r_and_statsmodels():
    assert pooled_odds_ratio(STRATA).value == pytest.approx(4.490920855744733, abs=1e-9)
    assert pooled_risk_ratio(STRATA).value == pytest.approx(3.2387053270397845, abs=1e-9)


def test_the_interval_of_a_pooled_ratio_covers():
    rng = np.random.default_rng(6)
    held = 0
    for _ in range(400):
        base = rng.uniform(0.1, 0.4, 20)
        raised = 3 * base / (1 - base) / (1 + 3 * base / (1 - base))  # odds three times as high in every child
        yes = rng.binomial(30, np.stack([raised, base], axis=1))
        low, high = pooled_odds_ratio(np.stack([yes, 30 - yes], axis=2).astype(float)).interval95
        held += low <= 3 <= high
    assert held / 400 == pytest.approx(0.95, abs=0.03)


def test_a_planted_order_is_found_and_another_is_not():
    rng = np.random.default_rng(9)
    children = {}
    for n in range(8):
        codes = []
        while len(codes) < 60:
            codes += ["conflict", "adult"] if rng.random() < 0.3 else [str(rng.choice(["play", "talk", "adult"]))]
        children[f"K-{n:03d}"] = [codes]
    found = analysed(children)
    row = found.to_table().filter(given="conflict", target="adult").row(0, named=True)
    assert row["p_any"] == pytest.approx(1 / 200)
    assert row["odds_ratio"] > 10
    assert row["z"] > 5
    assert found.to_table().filter(given="play", target="talk")["p_any"][0] > 0.05
    assert any("not what is caused" in note.en for note in found.notes)


@given(sequences)
def test_counts_are_those_of_neighbours_and_margins_are_kept(sessions):
    found = analysed({"K-001": sessions}, n_permutations=3)
    assert found.n_transitions == sum(len(session) - 1 for session in sessions)
    assert found.expected.sum(axis=1) == pytest.approx(found.counts.sum(axis=1))
    assert found.expected.sum(axis=0) == pytest.approx(found.counts.sum(axis=0), abs=1e-6)
    for p, p_any in ((found.p, found.p_any), (found.p_full, found.p_any_full)):
        assert ((p > 0) & (p <= 1)).all()
        assert (p_any >= p - 1e-12).all()
    assert (found.p_full >= found.p).all()


def all_orders(counts):
    codes = [code for code, count in enumerate(counts) for _ in range(count)]
    return sorted({o for o in permutations(codes) if all(one != other for one, other in pairwise(o))})


@pytest.mark.parametrize("counts", [(2, 2, 1), (3, 2, 2), (4, 3, 1), (3, 3), (0, 2, 2, 2), (1,)])
def test_every_order_without_equal_neighbours_is_drawn_as_often_as_any_other(counts):
    orders = all_orders(counts)
    found = orders_without_repeats(np.array(counts), 20_000, rng=np.random.default_rng(2))
    drawn = Counter(map(tuple, found.tolist()))
    assert set(drawn) == set(orders)
    if len(orders) > 1:
        assert chisquare([drawn[order] for order in orders]).pvalue > 0.001


@given(st.lists(st.integers(0, 30), min_size=1, max_size=6).filter(lambda c: 0 < 2 * max(c) <= sum(c) + 1))
def test_drawn_orders_keep_the_codes_and_part_equal_ones(counts):
    for order in orders_without_repeats(np.array(counts), 20, rng=np.random.default_rng(3)):
        assert np.bincount(order, minlength=len(counts)).tolist() == counts
        assert (order[1:] != order[:-1]).all()


def test_codes_that_cannot_be_parted_have_no_order():
    with pytest.raises(ValueError, match="no order without equal neighbours"):
        orders_without_repeats(np.array([4, 1, 1]), 2, rng=np.random.default_rng(3))


@pytest.mark.parametrize("repeats", [True, False])
def test_p_is_that_of_all_orders_of_a_short_record(repeats):
    """Twelve or 38 orders of seven codes, gone through one by one; ties half in p and in full in p_full."""
    record = "abcabac"
    orders = all_orders((3, 2, 2)) if not repeats else sorted(set(permutations((0, 0, 0, 1, 1, 2, 2))))
    times = np.array([sum(pair == (0, 1) for pair in pairwise(order)) for order in orders])
    far, own = np.abs(times - times.mean()), abs(2 - times.mean())
    beyond, level = (far > own + 1e-9).mean(), (np.abs(far - own) <= 1e-9).mean()
    found = analysed({"K-001": [list(record)]}, repeats=repeats, n_permutations=20_000)
    assert found.counts[0, 1] == 2
    assert found.p[0, 1] == pytest.approx(beyond + level / 2, abs=0.015)
    assert found.p_full[0, 1] == pytest.approx(beyond + level, abs=0.015)


@pytest.mark.parametrize("repeats", [True, False])
def test_the_permutation_test_holds_its_level(repeats):
    """Independent codes: p at most 0.05 in about 5 %. The long run, within 1 point, is in bench/observation.py."""
    rng = np.random.default_rng(21)
    rejected = []
    for _ in range(400):
        session = rng.integers(0, 3, 40)
        if not repeats:  # independent given that no code follows itself
            session = session[np.r_[True, session[1:] != session[:-1]]]
        codes = ["abc"[code] for code in session]
        found = analyse_lags({"K-001": [codes]}, repeats=repeats, rng=rng, n_permutations=99)
        rejected.append((found.p[0, 1] <= 0.05, found.p_full[0, 1] <= 0.05))
    half, full = np.mean(rejected, axis=0)
    assert half == pytest.approx(0.05, abs=0.033)  # three Monte Carlo errors
    assert full <= half


def test_differences_between_children_are_no_order():
    """Children with a habit of their own each: pooled as one sequence the codes seem to cling together."""
    rng = np.random.default_rng(5)
    children = {
        f"K-{n:03d}": [rng.choice(["hit", "play"], 200, p=[0.9, 0.1] if n % 2 else [0.1, 0.9]).tolist()]
        for n in range(10)
    }
    found = analysed(children)
    assert found.z[0, 0] > 8
    assert found.p[0, 0] > 0.05
    assert found.odds_ratios["hit", "hit"].value == pytest.approx(1, abs=0.3)


def test_sequences_too_short_and_repeats_where_none_may_be_are_refused():
    with pytest.raises(NoTransitionsError, match="more than 2 codes"):
        analysed({"K-001": [["a", "b"]]}, lag=2)
    with pytest.raises(ValueError, match="a code follows itself"):
        analysed({"K-001": [["a", "a", "b"]]}, repeats=False)
