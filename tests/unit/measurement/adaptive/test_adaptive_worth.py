"""What tests are worth over many simulated learners: errors, intervals, endings, exposure, what correlations save."""

import numpy as np
import pytest

from tests.unit.measurement.adaptive.banks import CREDIT, GRADED, GUESSING, NOMINAL, drawn
from yucai.measurement.adaptive import (
    AdaptivePlan,
    Choice,
    ItemBank,
    WhyEnded,
    control_exposure,
    prepare_test,
    simulate_test,
)

ALL = (GRADED, CREDIT, NOMINAL, GUESSING)


@pytest.mark.parametrize(("n_qualities", "families"), [(1, (GRADED,)), (1, ALL), (4, ALL)])
def test_intervals_hold_nine_in_ten_and_nobody_is_pushed(n_qualities, families):
    rng = np.random.default_rng(1)
    bank = drawn(rng, 200, n_qualities=n_qualities, families=families, n_categories=3)
    found = simulate_test(prepare_test(bank, AdaptivePlan(most_items=8 * n_qualities)), rng=rng, n=3000)
    assert np.all(np.abs(found.coverage90 - 0.9) < 0.02)  # three standard errors and a half
    assert np.all(np.abs(found.bias) < 0.035)
    np.testing.assert_allclose(found.rmse, np.sqrt((found.std_error**2).mean(axis=0)), rtol=0.05)


@pytest.mark.parametrize("choice", list(Choice))
def test_choosing_beats_asking_by_chance(choice):
    rng = np.random.default_rng(2)
    bank = drawn(rng, 300)
    chosen = simulate_test(prepare_test(bank, AdaptivePlan(most_items=15, choice=choice)), rng=rng, n=1500)
    by_chance = simulate_test(prepare_test(bank, AdaptivePlan(most_items=15, among=300)), rng=rng, n=1500)
    assert chosen.rmse[0] < 0.75 * by_chance.rmse[0]


def test_a_test_ends_when_it_is_sure_enough():
    rng = np.random.default_rng(3)
    test = prepare_test(drawn(rng, 300, n_qualities=2, n_categories=3), AdaptivePlan(most_items=40, std_error=0.4))
    found = simulate_test(test, rng=rng, n=500)
    settled = np.array([why is WhyEnded.SETTLED for why in found.ended])
    assert settled.mean() > 0.95
    assert found.std_error[settled].max() <= 0.4
    assert 4 < found.mean_length < 25
    assert found.path[0] == 1.0
    assert np.all(np.diff(found.path) <= 0)


def test_a_gap_is_told_as_surely_as_was_asked():
    rng = np.random.default_rng(4)
    plan = AdaptivePlan(most_items=60, cuts={"quality-0": -0.5, "quality-1": 0.5}, certainty=0.9)
    found = simulate_test(prepare_test(drawn(rng, 400, n_qualities=2), plan), rng=rng, n=2000)
    right = []
    for d, cut in enumerate((-0.5, 0.5)):
        settled = np.array([why is WhyEnded.SETTLED for why in found.ended])
        right.append(((found.mean[settled, d] > cut) == (found.places[settled, d] > cut)).mean())
    assert min(right) > 0.9
    assert found.mean_length < 30


def test_what_does_not_matter_is_not_asked():
    rng = np.random.default_rng(5)
    bank = drawn(rng, 90, n_qualities=3, correlation=0.0)
    found = simulate_test(prepare_test(bank, AdaptivePlan(most_items=10, importance={"quality-1": 1.0})), rng=rng, n=50)
    assert {bank.items[j].quality for j in found.items.ravel()} == {"quality-1"}


def test_exposure_is_held_where_it_was_asked():
    rng = np.random.default_rng(6)
    test = prepare_test(drawn(rng, 150), AdaptivePlan(most_items=12, choice=Choice.INFORMATION))
    free = simulate_test(test, rng=rng, n=2000)
    held = simulate_test(control_exposure(test, most_share=0.25, rng=rng, n=2000), rng=rng, n=2000)
    among = simulate_test(
        prepare_test(test.bank, AdaptivePlan(most_items=12, choice=Choice.INFORMATION, among=8)), rng=rng, n=2000
    )
    assert free.exposure()["share"].max() > 0.9
    assert held.exposure()["share"].max() < 0.31
    assert held.overlap < among.overlap < free.overlap
    assert held.rmse[0] < free.rmse[0] + 0.06
    assert held.length.min() == 12
    assert free.exposure()["n_asked"].sum() == 12 * 2000


def test_correlations_save_a_quarter_of_the_items():
    rng = np.random.default_rng(7)
    bank = drawn(rng, 500, n_qualities=10, correlation=0.5, n_categories=3)
    apart = ItemBank.of_items(bank.items, qualities=bank.qualities)
    places = rng.multivariate_normal(np.zeros(10), np.array(bank.correlations), 200)
    joint, separate = (
        simulate_test(prepare_test(one, AdaptivePlan(most_items=60)), rng=np.random.default_rng(8), places=places)
        for one in (bank, apart)
    )
    reached = np.flatnonzero(joint.path <= separate.path[40])[0]
    assert reached <= 30
    assert np.sqrt(np.mean(joint.rmse**2)) < np.sqrt(np.mean(separate.rmse**2))
    assert np.abs(joint.coverage90.mean() - 0.9) < 0.03
