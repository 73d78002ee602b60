"""Randomisation inference: valid by construction, exact where it can be, and never a t-test on few units."""

from itertools import combinations

import numpy as np
import pytest

from tests.unit.governance.effects_cases import made_panel, panel_of, provinces, quick_plan, with_outcome
from yucai.governance import (
    ControlGroup,
    EffectEstimate,
    Estimator,
    FewTreatedError,
    Inference,
    check_feasibility,
    estimate_effects,
    judge,
)
from yucai.governance.effects.assigning import (
    assignments_of,
    count_assignments,
    detectable,
    rank_p,
    rejecting,
    smallest_rank_p,
)
from yucai.governance.effects.comparing import (
    effect_contrasts,
    labels_of,
    table_of,
    total,
    treatment_of,
)
from yucai.governance.effects.imputing import imputed_effects
from yucai.governance.effects.inverting import inverted, linear_sets, placebo_sets
from yucai.governance.effects.staggered import (
    clustered_comparison,
    clustered_imputation,
    honest_breakdown,
    p_and_interval,
)
from yucai.texts import Text

PLAN = quick_plan()


def compared(panel, plan=PLAN, group=ControlGroup.NEVER):
    labels = labels_of(panel)
    drawn = assignments_of(labels, draws=plan.draws, seed=plan.seed)
    return total(table_of(effect_contrasts(panel, plan, group), panel.outcome, labels), drawn.rows)


def test_all_assignments_are_counted_once_and_the_real_one_is_first():
    labels = np.array([0, 2, 1, 2, 2])
    drawn = assignments_of(labels, draws=9, seed=1)
    assert drawn.exact
    assert len(drawn.rows) == count_assignments(labels) == 20
    assert len({tuple(row) for row in drawn.rows.tolist()}) == 20
    assert drawn.rows[0].tolist() == labels.tolist()
    assert all(np.bincount(row).tolist() == [1, 1, 3] for row in drawn.rows)


def test_where_there_are_too_many_they_are_drawn_with_the_seed():
    labels = np.array([0] * 10 + [1] * 20)
    one, two, three = (assignments_of(labels, draws=99, seed=seed) for seed in (1, 1, 2))
    assert not one.exact
    assert len(one.rows) == 100
    assert (one.rows == two.rows).all()
    assert (one.rows != three.rows).any()
    assert (one.rows.sum(axis=1) == 20).all()


@pytest.mark.parametrize("kind", ["comparison", "imputation"])
def test_the_p_value_is_uniform_over_its_own_orbit(kind):
    """If every assignment takes its turn at being the real one, p is k / N as often as it should be, and no more."""
    years, chance = list(range(2015, 2021)), np.random.default_rng(5)
    values = chance.normal(0, 1, (7, 6)) ** 3
    found = []
    for treated in combinations(range(7), 2):
        panel = panel_of(values, years, dict.fromkeys(treated, 2018))
        if kind == "comparison":
            found.append(rank_p(compared(panel)))
        else:
            rows = assignments_of(labels_of(panel), draws=99, seed=1).rows
            found.append(rank_p(imputed_effects(panel, PLAN, panel.outcome[None], rows)[0]))
    n = len(found)
    assert sorted(found) == pytest.approx([k / n for k in range(1, n + 1)])


def test_the_interval_holds_exactly_the_effects_that_are_not_rejected():
    panel = made_panel(12, treated={0: 2018, 1: 2018, 2: 2020}, effect=2.0, seed=3)
    plan = quick_plan(draws=499)
    labels, treatment = labels_of(panel), treatment_of(panel)
    contrasts = effect_contrasts(panel, plan, ControlGroup.NEVER)
    rows = assignments_of(labels, draws=plan.draws, seed=plan.seed).rows
    values = total(table_of(contrasts, panel.outcome, labels), rows)
    slopes = total(table_of(contrasts, treatment, labels), rows)
    low, high = inverted(values[0], linear_sets(values, slopes, panel.outcome), 0.05).interval
    assert low < values[0] < high

    def p_of(effect):
        return rank_p(compared(with_outcome(panel, panel.outcome - effect * treatment), plan))

    assert p_of(low + 1e-6) > 0.05
    assert p_of(high - 1e-6) > 0.05
    assert p_of(low - 1e-3) <= 0.05
    assert p_of(high + 1e-3) <= 0.05


def test_an_interval_that_cannot_be_had_is_not_made_up():
    few = linear_sets(np.array([2.0, 1.0, -1.0]), np.array([1.0, 0.0, -0.5]), np.ones(3))
    assert inverted(2.0, few, 0.05).interval is None
    assert inverted(2.0, placebo_sets(2.0, np.array([1.0, -1.0]), np.ones(3)), 0.05).interval is None
    assert detectable(np.array([1.0, -1.0]), alpha=0.05, power=0.8) is None
    assert inverted(2.0, placebo_sets(2.0, np.linspace(-1, 1, 39), np.ones(3)), 0.05).interval == (1.0, 3.0)


def test_how_many_may_be_as_extreme_is_counted_as_p_is_compared():
    """0.29 x 100 is 28.999999999999996 for a computer, and 29 / 100 is not above 0.29."""
    for n in (19, 20, 60, 100, 999, 1000):
        for percent in range(1, 50):
            assert rejecting(percent / 100, n) == max(k for k in range(n) if k / n <= percent / 100)


def test_half_treated_has_a_mirror_image():
    assert smallest_rank_p(np.array([0, 0, 1, 1]), 6) == pytest.approx(2 / 6)
    assert smallest_rank_p(np.array([0, 1, 1, 1]), 4) == pytest.approx(1 / 4)


def test_what_is_called_detectable_is_detected_as_often_as_said():
    placebos = np.random.default_rng(11).normal(0, 1, 4_000)
    size = detectable(placebos, alpha=0.05, power=0.8)
    assert size == pytest.approx(1.96 + 0.84, abs=0.15)
    critical = np.quantile(np.abs(placebos), 0.95)
    assert np.mean(np.abs(placebos + size) >= critical) == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize("n_treated", [1, 2, 5, 7])
def test_a_t_based_result_cannot_be_had_below_eight(n_treated):
    panel = made_panel(20, treated=tuple(range(n_treated)), effect=3.0)
    for ask in (
        lambda: clustered_comparison(panel, PLAN, ControlGroup.NEVER),
        lambda: clustered_imputation(panel, PLAN),
        lambda: honest_breakdown(panel, PLAN, ControlGroup.NEVER),
        lambda: p_and_interval(1.0, 0.1, panel, 0.05),
    ):
        with pytest.raises(FewTreatedError, match=f"with {n_treated} treated unit"):
            ask()
    plan = quick_plan(estimators=(Estimator.CALLAWAY_SANTANNA, Estimator.IMPUTATION))
    for one in estimate_effects(panel, plan):
        assert one.inference is Inference.RANDOMISATION
        assert one.std_error is None


def test_nobody_can_write_down_a_t_based_result_below_eight():
    with pytest.raises(FewTreatedError) as caught:
        EffectEstimate(
            method=Estimator.IMPUTATION, control_group=None, n_treated=7, estimate=1.0,
            inference=Inference.CLUSTER_ROBUST, p_value=0.01, convention=Text("", ""),
        )  # fmt: skip
    assert "处理单位仅 7 个，不提供聚类稳健 p 值" in caught.value.in_language("zh")


def test_from_eight_on_both_kinds_of_inference_stand_side_by_side():
    panel = made_panel(24, treated=tuple(range(8)), effect=3.0)
    plan = quick_plan(estimators=(Estimator.CALLAWAY_SANTANNA, Estimator.IMPUTATION))
    for one in estimate_effects(panel, plan):
        assert one.inference is Inference.CLUSTER_ROBUST
        assert one.std_error > 0
        assert one.p_value < 0.01
        assert one.randomisation_p <= 0.01
        assert one.interval[0] < one.estimate < one.interval[1]


@pytest.mark.parametrize("n_treated", [1, 2, 4, 8])
def test_placebo_policies_on_real_provinces_are_rejected_as_often_as_said(n_treated):
    """A small one of its kind; ``bench/governance_effects.py`` has the many draws, and the t-test beside it."""
    chance, panel = np.random.default_rng(n_treated), provinces()
    plan, years, found = quick_plan(), list(panel.periods), []
    for _ in range(120):
        treated = chance.choice(31, n_treated, replace=False)
        placebo = panel_of(panel.outcome, years, dict.fromkeys(treated.tolist(), int(chance.integers(2014, 2020))))
        found.append(rank_p(compared(placebo, plan)))
    assert np.mean(np.array(found) <= 0.05) <= 0.11  # 5 % and three standard errors of 120 draws


@pytest.mark.parametrize("method", list(Estimator), ids=str)
def test_levels_of_units_and_shocks_of_years_change_nothing(method):
    """But for what a synthetic method is made to see: shocks move its noise, and levels are what it fits."""
    panel, chance = made_panel(14, treated={0: 2018}, effect=2.0), np.random.default_rng(2)
    plan = quick_plan(estimators=(method,))
    added = np.zeros(panel.outcome.shape)
    if method is not Estimator.SYNTHETIC_CONTROL:
        added = added + chance.normal(0, 100, (14, 1))
    if not method.synthetic:
        added = added + chance.normal(0, 100, (1, 12))
    if method is Estimator.SYNTHETIC_CONTROL:
        added = added + 100.0  # the same for all
    before, after = (estimate_effects(one, plan)[0] for one in (panel, with_outcome(panel, panel.outcome + added)))
    assert after.estimate == pytest.approx(before.estimate, abs=1e-4 if method.synthetic else 1e-9)
    assert after.p_value == pytest.approx(before.p_value, abs=1e-9)


def test_another_unit_of_measurement_changes_the_figures_and_not_the_p_values():
    panel = made_panel(14, treated={0: 2018, 3: 2019}, effect=2.0)
    tenfold = with_outcome(panel, panel.outcome * 10.0)
    pairs = zip(estimate_effects(panel, PLAN), estimate_effects(tenfold, PLAN), strict=True)
    for one, ten in pairs:
        assert ten.estimate == pytest.approx(10 * one.estimate, rel=1e-4)
        assert ten.p_value == pytest.approx(one.p_value)


def test_a_planted_effect_is_found_by_every_method():
    panel = made_panel(20, treated={0: 2018, 1: 2018, 2: 2018, 3: 2018}, effect=4.0, noise=0.5)
    found = estimate_effects(panel, PLAN)
    assert len(found) == 4  # one cohort: never and not yet treated are the same units
    for one in found:
        assert one.estimate == pytest.approx(4.0, abs=0.6)
        assert one.p_value <= 0.01


def test_with_two_cohorts_both_control_groups_are_shown():
    panel = made_panel(20, treated={0: 2017, 1: 2017, 2: 2019}, effect=4.0)
    keys = [one.key for one in estimate_effects(panel, PLAN)]
    assert keys[:2] == ["callaway-santanna/never-treated", "callaway-santanna/not-yet-treated"]


def test_where_all_are_treated_in_the_end_the_last_cohort_is_the_control():
    everybody = {n: 2016 if n < 5 else 2020 for n in range(12)}
    panel = made_panel(12, treated=everybody, effect=3.0, noise=0.3)
    found = estimate_effects(panel, quick_plan(estimators=(Estimator.CALLAWAY_SANTANNA,)))
    assert found[0].n_treated == 5
    assert found[0].estimate == pytest.approx(3.0, abs=0.5)
    assert max(point.event_time for point in found[0].path) == 3  # up to the year before the last start


def test_of_two_treated_units_one_that_stands_out_is_no_finding():
    """No pair of donors alone holds the odd unit, so that placebos call it rare; it is in 30 of all 465 pairs."""
    panel, plan = made_panel(31, treated={0: 2018, 1: 2018}, seed=5), quick_plan(draws=499)
    odd = panel.outcome.copy()
    odd[0, 6:] += 15.0
    odd = with_outcome(panel, odd)
    found = {one.method: one for one in estimate_effects(odd, plan)}
    primary = found[Estimator.SYNTHETIC_DID]
    assert primary.p_value < 0.01
    assert primary.randomisation_p >= 0.05
    assert found[Estimator.SYNTHETIC_CONTROL].randomisation_p >= 1 / 465
    verdict = judge(check_feasibility(odd, plan), tuple(found.values()), None, plan)
    assert {rule.code: rule.met for rule in verdict.rules}["found"] is False


def test_with_one_treated_unit_placebos_are_all_the_assignments_there_are():
    panel = made_panel(20, treated={0: 2018}, effect=3.0)
    found = estimate_effects(panel, quick_plan(estimators=(Estimator.SYNTHETIC_DID,)))[0]
    assert found.randomisation_p == found.p_value


@pytest.mark.parametrize("n_treated", [1, 2, 4])
def test_errors_of_rounding_are_no_effect(n_treated):
    """Where nothing ever changes, estimates are some 1e-17; their rank among others of that size says nothing."""
    panel = made_panel(25, treated=range(n_treated))
    for one in estimate_effects(with_outcome(panel, np.full(panel.outcome.shape, 0.1)), quick_plan()):
        if one.method is not Estimator.SYNTHETIC_CONTROL:
            assert one.p_value == one.randomisation_p == 1.0, one.method
