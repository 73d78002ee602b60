"""Adaptive tests against what is exact: other programs, whole tensors, plain NumPy, any order of items, any threads."""

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from tests.unit.measurement.adaptive.banks import CREDIT, GRADED, GUESSING, NOMINAL, chances, drawn
from yucai.measurement.adaptive import (
    AdaptivePlan,
    AdaptiveSession,
    BankItem,
    Choice,
    ItemBank,
    ItemFamily,
    control_exposure,
    kernels,
    prepare_test,
    simulate_test,
)
from yucai.measurement.adaptive.plain import expected_variance, mean_information

ALL = (GRADED, CREDIT, NOMINAL, GUESSING)


def two_parameter(a, b):
    items = [
        BankItem(item=f"i{j}", quality="q", family=ItemFamily.GRADED, slopes=(s,), intercepts=(-s * t,), levels=(0, 1))
        for j, (s, t) in enumerate(zip(a, b, strict=True))
    ]
    return ItemBank.of_items(items, qualities=["q"])


def test_places_are_those_of_mirt():
    """mirt 1.2.0: CATEngine(model, se_threshold=1e-3, max_items=6, n_quadpts=121, theta_bounds=(-6, 6)), EAP."""
    bank = two_parameter([1.2, 0.8, 2.0, 1.5, 0.6, 1.1], [0.3, -1.0, 1.1, -0.4, 0.0, 2.0])
    session = AdaptiveSession.begin(prepare_test(bank, AdaptivePlan(most_items=6, choice=Choice.INFORMATION)))
    told = [("i3", 0, -0.645762, 0.839545), ("i0", 1, -0.135663, 0.761646), ("i2", 0, -0.263761, 0.698634),
            ("i1", 1, -0.129195, 0.666652), ("i5", 1, 0.275144, 0.629217), ("i4", 1, 0.380837, 0.614374)]  # fmt: skip
    rng = np.random.default_rng(1)
    first = session.next_item(rng=rng)
    assert first.asked in ("i3", "i2")  # mirt takes the information at 0, we its mean over all places
    for n in range(6):
        given = session
        for item, level, _mean, _sd in told[: n + 1]:
            given = AdaptiveSession(test=session.test, answers=(*given.answers, (item, level)))
        standing = given.standing()
        assert standing.mean[0] == pytest.approx(told[n][2], abs=2e-5)
        assert standing.std_error[0] == pytest.approx(told[n][3], abs=2e-5)


def test_information_is_that_of_catsim_and_mirt():
    """catsim 0.21.0: irt.inf(theta, a, b, c, 1.0); mirt 1.2.0: GradedResponseModel.information, sum of two items."""
    steps = (0, 1, 2, 3)
    floors = {0.2: np.log(0.25), 0.25: np.log(1 / 3)}
    items = [
        BankItem(item="a", quality="q", family=GRADED, slopes=(1.2,), intercepts=(-0.36,), levels=(0, 1)),
        BankItem(item="b", quality="q", family=GUESSING, slopes=(0.8,), intercepts=(0.8, floors[0.2]), levels=(0, 1)),
        BankItem(item="c", quality="q", family=GUESSING, slopes=(2.0,), intercepts=(-2.2, floors[0.25]), levels=(0, 1)),
        BankItem(item="d", quality="q", family=GRADED, slopes=(1.4,), intercepts=(1.4, -0.28, -1.54), levels=steps),
        BankItem(item="e", quality="q", family=GRADED, slopes=(0.9,), intercepts=(0.45, -0.36, -1.44), levels=steps),
    ]  # fmt: skip
    tables = prepare_test(ItemBank.of_items(items, qualities=["q"]), AdaptivePlan(most_items=1)).tables
    at = [np.searchsorted(tables.nodes, x) for x in (-1.5, 0.0)]
    catsim = [[0.13350067, 0.34858339], [0.09474494, 0.10049106], [0.0003534, 0.08273342]]
    np.testing.assert_allclose(tables.information[at, :3].T, catsim, atol=2e-7)
    np.testing.assert_allclose(tables.information[at, 3:].sum(axis=1), [0.620434, 0.847589], atol=1e-6)


@pytest.mark.parametrize("choice", list(Choice))
def test_the_compiled_values_are_the_plain_ones(choice):
    rng = np.random.default_rng(4)
    bank = drawn(rng, 40, n_qualities=3, families=ALL, n_categories=4)
    session = AdaptiveSession.begin(prepare_test(bank, AdaptivePlan(most_items=20, choice=choice)))
    for _ in range(6):
        session = session.next_item(rng=rng)
        session = session.answered(
            session.asked, int(rng.integers(bank.items[session.test.numbers[session.asked]].n_categories))
        )
    t = session.test.tables
    weights, mean, covariance = session._placed()
    value = np.empty(len(bank.items))
    kernels.values(
        list(Choice).index(choice), np.array([1.0, 0.5, 0.0]), weights, mean, covariance, t.nodes, t.chances,
        t.information, t.item_from, t.row_from, t.first, t.n_categories, np.empty((3, len(t.logs))), value,
    )  # fmt: skip
    for j, item in enumerate(bank.items):
        d = t.quality[j]
        w, table, v = weights[d], chances(item, t.nodes), covariance[d, d]
        gain = ((covariance[:, d] / v) ** 2) @ [1.0, 0.5, 0.0]
        before = w @ (t.nodes - w @ t.nodes) ** 2
        if choice is Choice.INFORMATION:
            slopes = (chances(item, t.nodes + 1e-5) - chances(item, t.nodes - 1e-5)) / 2e-5
            told = mean_information(w, table, slopes)
            expected = gain * v * v * told / (1 + v * told)
        elif choice is Choice.VARIANCE:
            expected = gain * (before - expected_variance(w, t.nodes, table))
        else:
            expected = np.log(before / expected_variance(w, t.nodes, table))
        assert value[j] == pytest.approx(expected, rel=2e-4, abs=1e-7)


def tensor(answers, correlations, nodes):
    """Weights over the whole tensor of places on two qualities."""
    grid = np.stack(np.meshgrid(nodes, nodes, indexing="ij"), axis=-1)
    weight = multivariate_normal(np.zeros(2), correlations).pdf(grid)
    for item, category in answers:
        along = chances(item, nodes)[category]
        weight = weight * (along[:, None] if item.quality == "quality-0" else along[None, :])
    return weight / weight.sum()


def moments(weight, nodes):
    margins = weight.sum(axis=1), weight.sum(axis=0)
    mean = np.array([m @ nodes for m in margins])
    return mean, np.array([m @ (nodes - c) ** 2 for m, c in zip(margins, mean, strict=True)])


def test_two_qualities_stand_where_the_whole_tensor_puts_them_and_the_best_item_is_asked():
    rng = np.random.default_rng(5)
    bank = drawn(rng, 24, n_qualities=2, correlation=0.6, families=(GRADED, CREDIT), n_categories=3)
    nodes = np.linspace(-6, 6, 161)
    session = AdaptiveSession.begin(prepare_test(bank, AdaptivePlan(most_items=8)))
    for _ in range(6):
        session = session.next_item(rng=rng)
        said = [(session.test.item(item), category) for item, category in session.answers]
        weight = tensor(said, bank.correlations, nodes)
        mean, variance = moments(weight, nodes)
        standing = session.standing()
        np.testing.assert_allclose(standing.mean, mean, atol=1e-3)
        np.testing.assert_allclose(standing.std_error, np.sqrt(variance), rtol=3e-3)
        left = {}
        for item in bank.items:
            if item.item in {name for name, _category in session.answers}:
                continue
            along = chances(item, nodes)
            parts = [weight * (c[:, None] if item.quality == "quality-0" else c[None, :]) for c in along]
            left[item.item] = sum(part.sum() * moments(part / part.sum(), nodes)[1].sum() for part in parts)
        best = min(left.values())
        drop = variance.sum() - best
        assert left[session.asked] <= best + 0.03 * drop
        session = session.answered(session.asked, int(rng.integers(3)))


@pytest.mark.parametrize("n_qualities", [1, 3])
def test_a_simulated_test_asks_what_a_session_asks(n_qualities):
    bank = drawn(np.random.default_rng(6), 60, n_qualities=n_qualities, families=ALL, n_categories=3)
    test = prepare_test(bank, AdaptivePlan(most_items=12, content={"area-0": (3, 5)}))
    found = simulate_test(test, rng=np.random.default_rng(7), n=20)
    for i in range(20):
        session = AdaptiveSession.begin(test)
        for j, category in zip(found.items[i], found.answers[i], strict=True):
            session = session.next_item(rng=np.random.default_rng(1))
            assert session.asked == bank.items[j].item
            session = session.answered(session.asked, int(category))
        standing = session.standing()
        np.testing.assert_allclose(standing.mean, found.mean[i], atol=2e-3)
        np.testing.assert_allclose(standing.std_error, found.std_error[i], rtol=5e-3)
        np.testing.assert_allclose(standing.lower90, found.lower90[i], atol=5e-3)


def test_the_order_in_which_items_are_listed_changes_nothing():
    bank = drawn(np.random.default_rng(8), 50, n_qualities=2, families=ALL, n_categories=3)
    turned = ItemBank.of_items(bank.items[::-1], qualities=bank.qualities, correlations=bank.correlations)
    assert turned == bank
    tests = [prepare_test(one, AdaptivePlan(most_items=10, among=3)) for one in (bank, turned)]
    assert tests[0].fingerprint == tests[1].fingerprint
    one, other = (simulate_test(test, rng=np.random.default_rng(9), n=50) for test in tests)
    assert np.array_equal(one.items, other.items)
    assert np.array_equal(one.mean, other.mean)


def test_the_order_of_answers_changes_nothing():
    bank = drawn(np.random.default_rng(8), 30, n_qualities=2, n_categories=3)
    test = prepare_test(bank, AdaptivePlan(most_items=10))
    answers = tuple((item.item, j % 3) for j, item in enumerate(bank.items[::4]))
    one, other = (AdaptiveSession(test=test, answers=given).standing() for given in (answers, answers[::-1]))
    assert np.array_equal(one.mean, other.mean)
    assert np.array_equal(one.covariance, other.covariance)


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="one processor")
def test_one_thread_and_two_give_the_same_bits():
    bank = drawn(np.random.default_rng(10), 60, n_qualities=2, families=ALL, n_categories=3)
    test = control_exposure(
        prepare_test(bank, AdaptivePlan(most_items=10, among=2)),
        most_share=0.4,
        rng=np.random.default_rng(1),
        n=200,
        n_rounds=2,
    )
    told = []
    for n in (1, 2):
        numba.set_num_threads(n)
        told.append(simulate_test(test, rng=np.random.default_rng(11), n=100))
    assert np.array_equal(told[0].items, told[1].items)
    assert np.array_equal(told[0].mean, told[1].mean)


@given(st.integers(0, 10_000), st.integers(0, 4), st.integers(4, 6), st.integers(0, 3))
@settings(max_examples=15)
def test_content_is_kept_by_everybody(seed, least, most, other):
    bank = drawn(np.random.default_rng(seed), 36, n_qualities=2)
    plan = AdaptivePlan(most_items=9, std_error=0.5, content={"area-0": (least, most), "area-1": (other, 9)})
    found = simulate_test(prepare_test(bank, plan), rng=np.random.default_rng(seed), n=40)
    area = np.array([item.area for item in bank.items])
    for asked in found.items:
        own = area[asked[asked >= 0]]
        assert least <= (own == "area-0").sum() <= most
        assert (own == "area-1").sum() >= other
        assert len(set(asked[asked >= 0])) == len(own) <= 9
