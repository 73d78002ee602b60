"""The gate, the diagnostics and the verdict, on panels with known effects."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest

from tests.unit.governance.effects_cases import (
    borders,
    germany,
    made_panel,
    mpdta,
    panel_of,
    proposition_99,
    provinces,
    quick_plan,
    whole_plan,
    with_outcome,
)
from yucai.governance import (
    Estimator,
    Feasibility,
    Inference,
    Needs,
    VerdictGrade,
    check_feasibility,
    diagnose,
    estimate_effects,
    evaluate,
    judge,
    panel_digest,
)
from yucai.governance.effects import RULES, RULES_VERSION
from yucai.governance.effects.deciding import needs_of, words_of_needs
from yucai.governance.effects.placebos import synthetic_placebos

TEN = tuple(range(10))


def met(evaluation):
    return {rule.code: rule.met for rule in evaluation.verdict.rules}


def english(evaluation):
    return " ".join(one.en for one in evaluation.verdict.says)


def chinese(evaluation):
    return "".join(one.zh for one in evaluation.verdict.says)


@pytest.fixture(scope="module")
def supported():
    return evaluate(made_panel(treated=TEN, effect=3.0), whole_plan())


@pytest.fixture(scope="module")
def nothing_there():
    return evaluate(made_panel(treated=(0, 1, 2, 3), effect=0.0), quick_plan(smallest_effect=0.2))


@pytest.fixture(scope="module")
def california():
    return evaluate(proposition_99(), quick_plan())


def test_a_large_effect_on_ten_units_is_supported(supported):
    assert supported.verdict.grade is VerdictGrade.SUPPORTED
    assert all(one is not False for one in met(supported).values())
    assert met(supported)["spill-over"] is None  # the plan says why there are no neighbours, and so does the verdict
    assert "The plan says why: No unit has to do with another." in english(supported)
    assert "方案说明的原因：各单位互不相干。" in chinese(supported)
    assert supported.verdict.needs is None
    assert english(supported).startswith("Supported: difference-in-differences (Callaway–Sant'Anna) gives ")
    assert "得到支持：双重差分（Callaway–Sant'Anna）的估计为 " in chinese(supported)
    assert supported.primary.method is Estimator.CALLAWAY_SANTANNA
    assert supported.primary.estimate == pytest.approx(3.0, abs=0.5)


def test_nothing_is_inconclusive_and_says_what_would_decide_it(nothing_there):
    assert nothing_there.verdict.grade is VerdictGrade.INCONCLUSIVE
    assert "comes up by chance too often to be told from the effect of a policy" in english(nothing_there)
    assert "凭偶然也常会出现" in chinese(nothing_there)
    needs = nothing_there.verdict.needs
    assert needs == Needs(effect=0.2, more_treated=None, more_years=None, more_donors=None)
    assert "No number of further pilots among these units and no number of years up to 30" in english(nothing_there)
    assert "都不足以发现 0.2 的效应" in chinese(nothing_there)


def test_one_treated_unit_is_never_more_than_suggestive():
    panel = made_panel(30, treated=(0,), effect=8.0, noise=0.4)
    found = evaluate(panel, quick_plan())
    assert met(found)["found"]
    assert met(found)["units"] is False
    assert found.verdict.grade is VerdictGrade.SUGGESTIVE
    assert "of a single one it cannot be told what else happened there" in english(found)
    assert "仅一个单位时，无法排除当地同期的其他变化" in chinese(found)


def test_a_trend_before_the_policy_stands_against_support():
    found = evaluate(made_panel(treated=TEN, effect=1.0, drift=0.6), quick_plan())
    assert met(found)["no-trend"] is False
    assert met(found)["in-time"] is False
    assert found.verdict.grade is VerdictGrade.SUGGESTIVE
    assert "No trend of the treated is seen before the policy" in english(found)  # among those not met


def test_an_effect_too_small_to_matter_is_not_supported():
    found = evaluate(made_panel(treated=TEN, effect=3.0), quick_plan(smallest_effect=9.0))
    assert met(found)["matters"] is False
    assert found.verdict.grade is VerdictGrade.SUGGESTIVE


def test_one_unit_that_carries_all_is_named_by_the_rule():
    values = made_panel(30).outcome.copy()
    values[0, 6:] += 40.0
    firsts = dict.fromkeys((0, 1, 2), 2018)
    found = evaluate(panel_of(values, list(range(2012, 2024)), firsts), quick_plan())
    assert met(found)["leave-one-out"] is False
    without = {one.unit: one.estimate for one in found.diagnostics.left_out}
    assert abs(without["U00"]) < 2.0 < found.primary.estimate
    assert found.verdict.grade is not VerdictGrade.SUPPORTED


def test_treated_units_are_left_out_too_where_there_are_two_or_more():
    values = made_panel(20, noise=0.3).outcome.copy()
    values[0, 6:] += 6.0  # the policy did it in one of two places
    panel = panel_of(values, list(range(2012, 2024)), {0: 2018, 1: 2019})
    found = evaluate(panel, quick_plan(estimators=(Estimator.SYNTHETIC_DID,)))
    without = {one.unit: one.estimate for one in found.diagnostics.left_out}
    assert without["U00"] == pytest.approx(0.0, abs=0.5)
    assert without["U01"] == pytest.approx(6.0, abs=0.5)
    assert met(found)["leave-one-out"] is False
    one_treated = evaluate(panel_of(values, list(range(2012, 2024)), {0: 2018}), quick_plan())
    assert "U00" not in {one.unit for one in one_treated.diagnostics.left_out}


def test_neighbours_that_were_touched_are_seen_and_the_estimate_without_them_is_shown():
    values = made_panel(30, noise=0.5).outcome.copy()
    values[:4, 6:] += 4.0
    values[4:8, 6:] += 3.0
    panel = panel_of(values, list(range(2012, 2024)), dict.fromkeys(range(4), 2018))
    plan = quick_plan(neighbours=(("U00", "U04"), ("U05", "U01"), ("U02", "U06"), ("U03", "U07"), ("U08", "U09")))
    found = diagnose(panel, plan, estimate_effects(panel, plan)).spill_over
    assert found.ring == ("U04", "U05", "U06", "U07")
    assert found.effect_on_ring == pytest.approx(3.0, abs=0.5)
    assert found.p_value <= 0.05
    primary = estimate_effects(panel, plan)[0].estimate
    assert found.estimate_without_ring == pytest.approx(4.0, abs=0.5)
    assert found.estimate_without_ring > primary + 0.2  # touched controls hide part of the effect


def test_provinces_around_beijing_make_the_ring():
    panel = provinces(treated=("110000", "310000", "440000", "340000"))
    plan = quick_plan(neighbours=borders(), estimators=(Estimator.CALLAWAY_SANTANNA,))
    found = diagnose(panel, plan, estimate_effects(panel, plan))
    assert {"120000", "130000", "320000", "330000", "460000"} <= set(found.spill_over.ring)
    assert "110000" not in found.spill_over.ring


def test_what_cannot_be_asked_is_withheld_with_a_reason(california):
    said = [one.en for one in california.diagnostics.withheld]
    assert california.diagnostics.honest is None
    assert any("No breakdown value" in one and "needs 8 treated units; there is 1" in one for one in said)
    assert any("No spill-over: the plan names no neighbours" in one for one in said)
    assert any("No shares of two-way fixed effects" in one for one in said)


@pytest.mark.parametrize(
    "values",
    [np.full((15, 12), 3.0), np.arange(12.0) * np.arange(15.0)[:, None], np.eye(15)[:, :12]],
    ids=["never moves", "straight lines", "one year each"],
)
def test_panels_without_noise_end_in_a_verdict_and_not_in_an_error(values):
    """Perfect fits, errors of 0 and covariances without an inverse: withheld with a reason, never a made-up figure."""
    years = list(range(2012, 2024))
    for n_treated in (1, 2, 5, 9):
        found = evaluate(panel_of(values, years, dict.fromkeys(range(n_treated), 2018)), quick_plan())
        assert found.verdict.grade in VerdictGrade
        assert b"NaN" not in found.as_json()
        if found.diagnostics.honest is None:
            assert any("No breakdown value" in one.en for one in found.diagnostics.withheld)


def test_california_stays_open_and_its_methods_stand_side_by_side(california):
    """p is 2 / 39, a little above the level, and of 38 states so many drift that no test of trends could tell."""
    assert california.verdict.grade is VerdictGrade.INCONCLUSIVE
    assert met(california)["no-trend"] is None
    assert "Could not be asked: No trend of the treated is seen before the policy" in english(california)
    assert california.primary.method is Estimator.SYNTHETIC_DID
    assert "The methods give from −27.3 to −15.6; they are shown side by side and never averaged." in english(
        california
    )
    assert {one.unit for one in california.diagnostics.left_out} == {one.unit for one in california.primary.weights}
    assert all(-25 < one.estimate < -10 for one in california.diagnostics.left_out)


def test_the_gate_of_california_says_the_smallest_p_before_any_result(california):
    gate = california.feasibility
    assert gate.smallest_p == pytest.approx(1 / 39)
    assert gate.allowed == (Inference.PLACEBO, Inference.RANDOMISATION)
    assert gate.placebo_sd == pytest.approx(9.4946, abs=1e-3)
    said = " ".join(one.en for one in gate.says)
    assert "1 of 39 units treated, 38 never treated; at least 19 years before and 12 after the start." in said
    assert "The smallest p-value that can come out is 0.0256 (39 assignments)." in said
    assert "39 个单位中 1 个实施政策" in gate.says[0].zh


def test_with_sixteen_donors_the_level_is_out_of_reach_and_more_donors_are_asked_for():
    found = evaluate(germany(), quick_plan())
    assert found.feasibility.smallest_p == pytest.approx(1 / 17)
    assert "even the largest effect could not be shown at this level" in found.feasibility.says[-1].en
    assert found.verdict.grade in {VerdictGrade.INCONCLUSIVE, VerdictGrade.SUGGESTIVE}
    assert met(found)["found"] is False
    assert found.verdict.needs.more_donors == 3  # 1 / (19 + 1)
    assert "3 more units to compare with" in english(found)
    assert "再增加 3 个对照单位" in chinese(found)


@pytest.mark.parametrize(
    ("panel", "facts", "words"),
    [
        (made_panel(6), {}, "No unit was treated."),
        (made_panel(3, treated=(0, 1), effect=1.0), {}, "1 unit was never treated; to compare, there must be 2."),
        (made_panel(8, treated=(0,), first=2013), {}, "No treated unit has two years before the policy"),
        (made_panel(8, treated=(0,), first=2013), {"anticipation": 1}, "has no year before the policy once 1 year of"),
        (
            made_panel(8, treated=(0,), first=2014),
            {"primary": Estimator.SYNTHETIC_DID},
            "The primary estimator of the plan, synthetic difference-in-differences, needs 3 years before the policy",
        ),
    ],
    ids=["nobody", "no donors", "one year before", "anticipated", "primary"],
)
def test_what_cannot_be_tested_is_withheld(panel, facts, words):
    found = evaluate(panel, quick_plan(**facts))
    assert found.verdict.grade is VerdictGrade.NOT_TESTABLE
    assert found.estimates == ()
    assert found.diagnostics is None
    assert found.primary is None
    assert words in english(found)
    assert "因此不给出结果" in chinese(found)
    assert b'"estimates":[]' in found.as_json()


@pytest.mark.parametrize(
    ("n_treated", "allowed"),
    [
        (1, (Inference.PLACEBO, Inference.RANDOMISATION)),
        (3, (Inference.RANDOMISATION,)),
        (7, (Inference.RANDOMISATION,)),
        (8, (Inference.CLUSTER_ROBUST, Inference.RANDOMISATION)),
    ],
)
def test_which_inference_is_allowed_goes_by_the_number_treated(n_treated, allowed):
    gate = check_feasibility(made_panel(30, treated=tuple(range(n_treated))), quick_plan())
    assert gate.allowed == allowed
    assert gate.testable


def test_the_gate_does_not_look_at_the_treated_after_their_policy():
    one = made_panel(20, treated=(0, 1, 2, 3), effect=0.0)
    two = made_panel(20, treated=(0, 1, 2, 3), effect=50.0)
    assert check_feasibility(one, quick_plan()) == check_feasibility(two, quick_plan())
    single = [made_panel(20, treated=(0,), effect=effect) for effect in (0.0, 50.0)]
    assert check_feasibility(single[0], quick_plan()) == check_feasibility(single[1], quick_plan())


def test_the_detectable_effect_is_found_about_as_often_as_said():
    """Planted on fresh noise: four in five, give or take the three standard errors of sixty draws."""
    plan, hits = quick_plan(estimators=(Estimator.CALLAWAY_SANTANNA,)), []
    mde = float(np.median([check_feasibility(made_panel(16, treated=(0, 1, 2), seed=s), plan).mde for s in range(9)]))
    for seed in range(60):
        panel = made_panel(16, treated=(0, 1, 2), effect=mde, seed=100 + seed)
        hits.append(estimate_effects(panel, plan)[0].p_value <= 0.05)
    assert 0.62 <= np.mean(hits) <= 0.97


def gate_of(**facts):
    given = {
        "testable": True, "n_units": 31, "n_treated": 3, "n_donors": 28, "n_cohorts": 1, "pre_periods": 8,
        "post_periods": 4, "mde": 1.0, "mde_share": None, "placebo_sd": 0.3, "lasting_share": 0.0, "smallest_p": 0.001,
        "n_assignments": 1000, "allowed": (Inference.RANDOMISATION,), "estimators": tuple(Estimator),
        "primary": Estimator.CALLAWAY_SANTANNA, "reasons": (), "says": (),
    }  # fmt: skip
    return Feasibility(**{**given, **facts})


def test_what_would_decide_it_is_worked_out_from_the_detectable_effect(supported):
    # sqrt((1/6 + 1/25) / (1/3 + 1/28)) = 0.748; four years with nothing lasting need 4 x (1/0.75 squared - 1) = 3.1
    needs = needs_of(gate_of(), supported.primary, quick_plan(smallest_effect=0.75))
    assert (needs.more_treated, needs.more_years) == (3, 4)
    assert "3 more treated units; or 4 more years after the policy" in words_of_needs(needs)[0].en
    assert "再增加 3 个实施单位；或政策后再积累 4 年数据" in words_of_needs(needs)[0].zh
    lasting = needs_of(gate_of(lasting_share=1.0), supported.primary, quick_plan(smallest_effect=0.75))
    assert lasting.more_years is None  # no number of years takes away what lasts
    plenty = needs_of(gate_of(), supported.primary, quick_plan(smallest_effect=2.0))
    assert (plenty.more_treated, plenty.more_years) == (0, 0)
    nothing = Needs(effect=0.01, more_treated=None, more_years=None, more_donors=None)
    assert "No number of further pilots among these units" in words_of_needs(nothing)[0].en


def test_a_rule_broken_or_not_asked_is_never_supported(supported):
    """The grade falls when any one rule that was met is broken, whatever else holds."""
    gate, estimates, diagnostics = supported.feasibility, supported.estimates, supported.diagnostics
    assert judge(gate, estimates, diagnostics, supported.plan).grade is VerdictGrade.SUPPORTED
    pretrend = dataclasses.replace(diagnostics.pretrend, p_value=0.05)
    in_time = (dataclasses.replace(diagnostics.in_time[0], p_value=0.01),)
    left_out = (dataclasses.replace(diagnostics.left_out[0], estimate=-1.0),)
    honest = dataclasses.replace(diagnostics.honest, breakdown=0.2)
    for worse in (
        {"pretrend": pretrend},
        {"pretrend": None},
        {"in_time": in_time},
        {"left_out": left_out},
        {"left_out": ()},
        {"honest": honest},
    ):
        changed = dataclasses.replace(diagnostics, **worse)
        assert judge(gate, estimates, changed, supported.plan).grade is VerdictGrade.SUGGESTIVE, worse
    assert judge(gate, estimates, None, supported.plan).grade is VerdictGrade.SUGGESTIVE


def test_a_plan_of_one_method_is_never_supported(supported):
    """Else naming fewer methods would be the way to a better verdict."""
    alone = judge(supported.feasibility, supported.estimates[:1], supported.diagnostics, supported.plan)
    assert {rule.code: rule.met for rule in alone.rules}["second-method"] is None
    assert alone.grade is VerdictGrade.SUGGESTIVE


def test_methods_that_point_the_other_way_make_it_inconclusive(supported):
    turned = (*supported.estimates[:-1], dataclasses.replace(supported.estimates[-1], estimate=-1.0))
    verdict = judge(supported.feasibility, turned, supported.diagnostics, supported.plan)
    assert verdict.grade is VerdictGrade.INCONCLUSIVE
    assert any("All methods that ran point the same way." in one.en for one in verdict.says)


def test_every_verdict_names_the_version_of_its_rules_and_asks_all_of_them(supported, nothing_there):
    for one in (supported, nothing_there):
        assert one.verdict.rules_version == RULES_VERSION == "1.2"
        assert [rule.code for rule in one.verdict.rules] == list(RULES)


def test_the_order_of_rows_changes_not_one_byte():
    panel = made_panel(12, treated={0: 2018, 5: 2019}, effect=2.0)
    chance = np.random.default_rng(4)
    order = chance.permutation(12)
    turned = panel_of(panel.outcome, list(panel.periods), {0: 2018, 5: 2019})
    shuffled = {
        "unit": [panel.units[n] for n in order for _ in panel.periods],
        "year": list(panel.periods) * 12,
        "value": panel.outcome[order].ravel().tolist(),
    }
    from yucai.governance import read_panel

    again = read_panel(shuffled, unit="unit", period="year", outcome="value", first_treated={"U00": 2018, "U05": 2019})
    plan = quick_plan()
    assert evaluate(turned, plan).as_json() == evaluate(again, plan).as_json()


OUTSIDER = """
import sys
from tests.unit.governance.effects_cases import made_panel, quick_plan
from yucai.governance import evaluate
panel = made_panel(14, treated={0: 2018, 3: 2018, 5: 2020}, effect=2.0)
sys.stdout.buffer.write(evaluate(panel, quick_plan(draws=99)).as_json())
"""


def test_another_process_gives_the_same_bytes():
    panel = made_panel(14, treated={0: 2018, 3: 2018, 5: 2020}, effect=2.0)
    synthetic_placebos.cache_clear()
    own = evaluate(panel, quick_plan(draws=99)).as_json()
    other = subprocess.run([sys.executable, "-c", OUTSIDER], capture_output=True, check=True)
    assert other.stdout == own
    assert evaluate(panel, quick_plan(draws=99, seed=1)).as_json() != own


def test_the_bytes_are_canonical_and_hold_no_figure_longer_than_eight_digits(supported):
    said = json.loads(supported.as_json())
    assert list(said) == sorted(said)
    assert said["format"] == "yucai-policy-evaluation-1"
    assert said["verdict"]["grade"] == "supported"
    assert said["primary"] == "callaway-santanna/never-treated"
    assert said["panel"]["digest"] == panel_digest(supported.panel)
    assert json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() == supported.as_json()
    estimate = said["estimates"][0]["estimate"]
    assert estimate == float(f"{supported.primary.estimate:.7e}")


def test_the_digest_of_a_panel_feels_every_figure():
    panel = made_panel(6, treated=(0,))
    moved = panel.outcome.copy()
    moved[3, 2] += 1e-12
    assert panel_digest(with_outcome(panel, moved)) != panel_digest(panel)


def test_the_minimum_wage_is_supported_with_both_kinds_of_inference():
    found = evaluate(mpdta(), whole_plan(smallest_effect=0.01, draws=999))
    assert found.verdict.grade is VerdictGrade.SUPPORTED
    assert [one.key for one in found.estimates] == [
        "callaway-santanna/never-treated",
        "callaway-santanna/not-yet-treated",
        "imputation",
    ]  # one year before the first cohort is too few for synthetic methods
    assert found.diagnostics.bacon.treated_against_never == pytest.approx(0.8628, abs=1e-4)
