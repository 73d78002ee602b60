"""Rules 1.2: a test that could not have seen anything was not asked, and who asks less gains nothing."""

import dataclasses

import numpy as np
import pytest

from tests.unit.governance.effects_cases import ALONE, made_panel, panel_of, quick_plan, whole_plan, with_outcome
from yucai.errors import FaultyInputError
from yucai.governance import (
    Estimator,
    PolicyPanel,
    SpillOver,
    VerdictGrade,
    check_feasibility,
    diagnose,
    estimate_effects,
    evaluate,
    judge,
)
from yucai.governance.effects import THRESHOLDS
from yucai.governance.effects.assigning import assignments_of, chance_to_find, rank_p
from yucai.governance.effects.comparing import (
    comparable_part,
    drift_of,
    labels_of,
    mean_distance,
    slope_contrasts,
    table_of,
    total,
)
from yucai.governance.effects.figures import figure
from yucai.governance.effects.trends import trend_before

TEN = tuple(range(10))
PLAIN = (Estimator.CALLAWAY_SANTANNA, Estimator.IMPUTATION)


def met(verdict):
    return {rule.code: rule.met for rule in verdict.rules}


def english(verdict):
    return " ".join(one.en for one in verdict.says)


@pytest.fixture(scope="module")
def supported():
    return evaluate(made_panel(treated=TEN, effect=3.0), whole_plan())


def changed(found, **facts):
    return judge(found.feasibility, found.estimates, dataclasses.replace(found.diagnostics, **facts), found.plan)


# 1. Power of what was not seen


def test_a_trend_test_without_power_was_not_asked(supported):
    test = supported.diagnostics.pretrend
    assert met(supported.verdict)["no-trend"] is True
    weak = changed(supported, pretrend=dataclasses.replace(test, power=0.79))
    assert met(weak)["no-trend"] is None
    assert weak.grade is VerdictGrade.SUGGESTIVE
    assert "Could not be asked: No trend of the treated is seen before the policy, and one that makes the whole " in (
        english(weak)
    )
    blind = changed(supported, pretrend=dataclasses.replace(test, power=None))
    assert met(blind)["no-trend"] is None
    seen = changed(supported, pretrend=dataclasses.replace(test, power=0.1, p_value=0.09))
    assert met(seen)["no-trend"] is False  # what is seen is seen, whatever the power


def test_a_short_past_no_longer_helps_the_claimant():
    """The same policy, the same noise: with nine years before it the drift is seen, with three it could not be."""
    long = made_panel(24, 13, treated=TEN, effect=0.4, drift=0.25, first=2021, noise=1.0, seed=3)
    short = panel_of(long.outcome[:, 6:], list(long.periods[6:]), dict.fromkeys(TEN, 2021))
    seen, hidden = (evaluate(one, whole_plan(estimators=PLAIN, smallest_effect=0.1)) for one in (long, short))
    assert met(seen.verdict)["no-trend"] is False
    assert hidden.diagnostics.pretrend.p_value > THRESHOLDS.trend_level
    assert hidden.diagnostics.pretrend.power < THRESHOLDS.power
    assert met(hidden.verdict)["no-trend"] is None
    assert hidden.verdict.grade is not VerdictGrade.SUPPORTED


def test_a_weak_finding_is_suggestive_only_where_a_trend_would_have_been_seen(supported):
    """Else the shorter past would turn an open case into a hint."""
    weak = tuple(dataclasses.replace(one, p_value=0.08, randomisation_p=0.08) for one in supported.estimates)
    test = supported.diagnostics.pretrend
    for power, grade in ((0.9, VerdictGrade.SUGGESTIVE), (0.5, VerdictGrade.INCONCLUSIVE)):
        diagnostics = dataclasses.replace(supported.diagnostics, pretrend=dataclasses.replace(test, power=power))
        assert judge(supported.feasibility, weak, diagnostics, supported.plan).grade is grade


def test_the_power_of_the_trend_test_is_how_often_it_sees_that_trend():
    """Planted on fresh noise: the drift that by itself would make the estimate, asked at the level of the rule."""
    plan, said, seen = quick_plan(estimators=PLAIN, draws=199), [], []
    size, distance = 1.2, mean_distance(made_panel(20, treated=(0, 1, 2, 3)), plan)
    for seed in range(80):
        panel = made_panel(20, treated=(0, 1, 2, 3), drift=size / distance, seed=seed)
        flat = made_panel(20, treated=(0, 1, 2, 3), seed=seed)
        labels, contrasts = labels_of(panel), slope_contrasts(panel, plan)
        rows = assignments_of(labels, draws=199, seed=seed).rows
        before, drifting = (total(table_of(contrasts, one.outcome, labels), rows) for one in (flat, panel))
        shares = total(table_of(contrasts, drift_of(panel), labels), rows)
        assert shares[0] == pytest.approx(1.0)
        said.append(chance_to_find(size / distance, before[1:], alpha=0.1, shares=shares[1:]))
        seen.append(rank_p(drifting, panel.outcome) <= 0.1)
    assert 0.3 < np.mean(said) < 0.9  # else there is nothing to compare
    assert np.mean(seen) == pytest.approx(np.mean(said), abs=0.15)  # three standard errors of 80 draws


def test_a_trend_is_carried_on_from_where_the_method_compares():
    panel, plan = made_panel(20, treated=TEN), quick_plan()
    assert mean_distance(panel, plan) == pytest.approx(3.5)  # 2017 to the mean of 2018-2023
    assert mean_distance(panel, plan, from_mean=True) == pytest.approx(6.0)  # from the mean of 2012-2017


def test_a_past_in_which_nothing_moves_shows_no_trend_and_could_show_none():
    """A figure that begins with the policy: 0 for everybody before it."""
    panel = made_panel(24, treated=TEN, effect=3.0)
    values = panel.outcome.copy()
    values[:, :6] = 0.0
    found = evaluate(with_outcome(panel, values), whole_plan(estimators=PLAIN))
    assert found.diagnostics.pretrend.p_value == 1.0
    assert found.diagnostics.pretrend.power is None
    assert met(found.verdict)["no-trend"] is None
    assert met(found.verdict)["in-time"] is None
    assert found.verdict.grade is not VerdictGrade.SUPPORTED


def test_a_trend_that_most_of_the_treated_were_never_asked_about_is_not_ruled_out(supported):
    """Eight units with one year before, two with many: the test is about the two."""
    test = dataclasses.replace(supported.diagnostics.pretrend, share_asked=0.2)
    assert met(changed(supported, pretrend=test))["no-trend"] is None
    firsts = dict.fromkeys(range(8), 2013) | {8: 2019, 9: 2019}
    panel = made_panel(24, treated=firsts, effect=3.0)
    plan = whole_plan(estimators=PLAIN)
    found = diagnose(panel, plan, estimate_effects(panel, plan))
    assert found.pretrend.share_asked == pytest.approx(0.2)
    assert {one.share_asked for one in found.in_time} == {0.2}


def test_ties_do_not_count_as_power():
    """Rank p needs a value above all but so many; one that only reaches them is not found."""
    assert chance_to_find(1.0, np.array([-1.0, 1.0] * 20), alpha=0.1) == pytest.approx(0.5)
    assert chance_to_find(0.0, np.zeros(40), alpha=0.1) is None
    assert chance_to_find(5.0, np.array([-1.0, 1.0, 0.0]), alpha=0.1) is None  # of four no p is below 0.25


def test_the_gate_says_beforehand_which_effects_a_trend_could_make():
    """Of the same size on the nose the test has the power of the rule; and nothing after the policy is looked at."""
    plan = whole_plan(estimators=PLAIN)
    gate, other = (check_feasibility(made_panel(24, treated=TEN, effect=e), plan) for e in (0.0, 50.0))
    assert gate == other
    size = gate.trend_mde
    assert f"An effect below {figure(size)} could be made by a drift" in " ".join(one.en for one in gate.says)
    for factor, enough in ((1.02, True), (0.9, False)):
        panel = made_panel(24, treated=TEN)
        one = dataclasses.replace(estimate_effects(panel, plan)[0], estimate=factor * size)
        powers = [
            trend_before(panel, plan, dataclasses.replace(one, estimate=s * factor * size)).power for s in (1, -1)
        ]
        assert (min(powers) >= THRESHOLDS.power) is enough
    few = check_feasibility(made_panel(9, treated=(0, 1), first=2014), whole_plan(estimators=PLAIN))
    assert few.trend_mde is None or few.trend_mde > size


def test_the_gate_says_beforehand_what_the_plan_lacks():
    panel = made_panel(24, treated=TEN)
    said = " ".join(one.en for one in check_feasibility(panel, quick_plan(estimators=PLAIN)).says)
    assert "does not say which effect would matter; without it nothing will be called supported" in said
    assert "does not say who the neighbours are, or why none could be touched" in said
    assert "does not say" not in " ".join(one.en for one in check_feasibility(panel, whole_plan(estimators=PLAIN)).says)


# 2. What a plan does not ask


@pytest.mark.parametrize("years", [(), (1,), (2, 3)])
def test_half_of_the_past_is_always_asked_whatever_the_plan_names(years):
    panel = made_panel(24, treated=TEN, effect=3.0)
    plan = whole_plan(placebo_years=years, estimators=PLAIN)
    found = diagnose(panel, plan, estimate_effects(panel, plan))
    assert {one.years for one in found.in_time} == {*years, 3}


def test_an_empty_list_of_earlier_starts_does_not_hide_a_break():
    values = made_panel(24, treated=TEN, effect=2.0).outcome.copy()
    values[:10, 3:] += 1.5  # they rose three years before the policy
    panel = panel_of(values, list(range(2012, 2024)), dict.fromkeys(TEN, 2018))
    found = evaluate(panel, whole_plan(placebo_years=(), estimators=PLAIN))
    assert met(found.verdict)["in-time"] is False


def test_earlier_starts_of_synthetic_methods_have_a_test_with_three_treated_and_more():
    panel = made_panel(20, treated=(0, 1, 2), effect=3.0, noise=0.5)
    plan = quick_plan(estimators=(Estimator.SYNTHETIC_DID,), primary=Estimator.SYNTHETIC_DID)
    found = diagnose(panel, plan, estimate_effects(panel, plan)).in_time
    assert [one.years for one in found] == [2, 3]
    assert all(one.p_value > 0.05 and one.power > 0.9 for one in found)


def test_a_plan_that_leaves_out_a_rule_is_not_supported(supported):
    panel = supported.panel
    for less in ({"no_neighbours": None}, {"smallest_effect": None}, {"estimators": PLAIN}):
        found = evaluate(panel, dataclasses.replace(supported.plan, **less))
        assert found.verdict.grade is VerdictGrade.SUGGESTIVE, less
        assert "Could not be asked" in english(found.verdict)


def test_neighbours_are_named_or_it_is_said_why_not():
    with pytest.raises(FaultyInputError, match="not both"):
        quick_plan(neighbours=(("U00", "U11"),), no_neighbours=ALONE)


def test_neighbours_that_are_none_do_not_count_as_asked(supported):
    plan = dataclasses.replace(supported.plan, no_neighbours=None, neighbours=(("U11", "U12"), ("nobody", "U01")))
    found = evaluate(supported.panel, plan)
    assert met(found.verdict)["spill-over"] is None
    assert found.verdict.grade is VerdictGrade.SUGGESTIVE


@pytest.mark.parametrize(
    ("p_value", "power", "without", "outcome"),
    [
        (0.5, 0.9, 0.2, True), (0.5, 0.3, 0.2, None), (0.5, 0.3, 2.9, True), (0.01, 0.9, 2.9, True),
        (0.01, 0.9, 0.2, False), (0.01, 0.9, None, None), (0.5, 0.3, None, None),
    ],
)  # fmt: skip
def test_a_ring_counts_as_untouched_only_where_touching_would_show(supported, p_value, power, without, outcome):
    ring = SpillOver(ring=("U20",), effect_on_ring=0.1, p_value=p_value, estimate_without_ring=without, power=power)
    assert met(changed(supported, spill_over=ring))["spill-over"] is outcome


def test_one_neighbour_alone_has_little_power():
    panel = made_panel(24, treated=TEN, effect=1.0)
    plan = quick_plan(neighbours=(("U00", "U20"),), estimators=PLAIN)
    few = diagnose(panel, plan, estimate_effects(panel, plan)).spill_over
    more = dataclasses.replace(plan, neighbours=tuple(("U00", f"U{n}") for n in range(12, 18)))
    many = diagnose(panel, more, estimate_effects(panel, more)).spill_over
    assert few.power < THRESHOLDS.power
    assert few.power <= many.power


def test_twins_do_not_confirm_each_other(supported):
    """Two plain differences are nearly one method; where synthetic ones can be run, only these confirm."""
    plain = [one for one in supported.estimates if not one.method.synthetic]
    verdict = judge(supported.feasibility, plain, supported.diagnostics, supported.plan)
    assert met(verdict)["second-method"] is None
    short = dataclasses.replace(supported.feasibility, pre_periods=2)  # too short for synthetic methods
    assert met(judge(short, plain, supported.diagnostics, supported.plan))["second-method"] is True


def test_with_eight_treated_the_breakdown_value_must_be_asked_too(supported):
    """Else more years than the units can carry would be the way past it."""
    assert changed(supported, honest=None).grade is VerdictGrade.SUGGESTIVE


# 3. Levels


def test_a_loose_level_finds_no_more_than_ten_in_a_hundred(supported):
    loose = dataclasses.replace(supported.plan, alpha=0.4)
    found = tuple(dataclasses.replace(one, p_value=0.3, randomisation_p=0.3) for one in supported.estimates)
    verdict = judge(supported.feasibility, found, supported.diagnostics, loose)
    assert met(verdict)["found"] is False
    assert verdict.grade is VerdictGrade.INCONCLUSIVE


def test_a_strict_level_does_not_make_earlier_effects_invisible(supported):
    """At a level of 0.001 nearly every placebo is above it; what is seen there goes by a level of its own."""
    strict = dataclasses.replace(supported.plan, alpha=0.001)
    in_time = (dataclasses.replace(supported.diagnostics.in_time[0], p_value=0.01),)
    diagnostics = dataclasses.replace(supported.diagnostics, in_time=in_time)
    verdict = judge(supported.feasibility, supported.estimates, diagnostics, strict)
    assert met(verdict)["in-time"] is False


# 4. Figures that are none


def test_an_estimate_without_a_p_value_finds_nothing(supported):
    for p in (None, float("nan")):
        bare = tuple(dataclasses.replace(one, p_value=p, randomisation_p=p) for one in supported.estimates)
        verdict = judge(supported.feasibility, bare, supported.diagnostics, supported.plan)
        assert met(verdict)["found"] is False


def test_values_that_are_no_numbers_count_against_a_finding():
    assert rank_p(np.array([1.0, np.nan, np.nan, 0.5])) == 0.75
    assert rank_p(np.array([np.nan, 1.0, 2.0])) == 1.0


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_panel_with_a_hole_cannot_be_made(wrong):
    panel = made_panel(6, treated=(0,))
    values = panel.outcome.copy()
    values[2, 3] = wrong
    with pytest.raises(FaultyInputError, match="one finite number for each unit and year"):
        with_outcome(panel, values)
    with pytest.raises(FaultyInputError):
        PolicyPanel(units=("A",), names=("A",), periods=(2020, 2021), outcome=values, first_treated=(None,))


def test_the_last_cohort_as_control_is_asked_like_any_other():
    everybody = {n: 2017 if n < 6 else 2021 for n in range(16)}
    panel = made_panel(16, treated=everybody, effect=3.0, noise=0.4)
    found = evaluate(panel, whole_plan(estimators=PLAIN))
    assert comparable_part(panel, found.plan).periods[-1] == 2020
    assert found.diagnostics.pretrend.power > THRESHOLDS.power
