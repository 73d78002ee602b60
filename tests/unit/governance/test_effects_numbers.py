"""Estimates against R's did and synthdid, and against the published studies. An upgrade that moves a figure fails."""

import csv
import warnings

import numpy as np
import polars as pl
import pytest

from tests.shared_data import shared_folder
from tests.unit.governance.effects_cases import basque, germany, made_panel, mpdta, proposition_99
from yucai.governance import ControlGroup, Estimator, EvaluationPlan, estimate_effects, read_panel
from yucai.governance.effects.comparing import (
    Contrast,
    effect_contrasts,
    event_contrasts,
    event_times,
    labels_of,
    table_of,
    total,
    windows_of,
)
from yucai.governance.effects.imputing import imputed_effects
from yucai.governance.effects.staggered import (
    bacon_shares,
    clustered_comparison,
    clustered_imputation,
    honest_breakdown,
)
from yucai.governance.effects.synthetic import synthetic_fits
from yucai.governance.effects.weighing import Problems, even_weights, settled_weights

PLAN = EvaluationPlan()
GROUPS = {"mpdta_nev_dr": ControlGroup.NEVER, "mpdta_nyt_dr": ControlGroup.NOT_YET}


def stored(name):
    with (shared_folder("did_reference") / name).open(encoding="utf-8") as file:
        return [{key: _number(value) for key, value in row.items()} for row in csv.DictReader(file)]


def _number(value):
    try:
        return float(value)
    except ValueError:
        return None if value == "NA" else value


ATT_GT, AGGREGATES = stored("r_did_attgt.csv"), stored("r_did_aggte.csv")
SCENARIOS = {
    "mpdta_nev_dr": {"control_group": "never_treated", "estimation_method": "dr"},
    "mpdta_nyt_dr": {"control_group": "not_yet_treated", "estimation_method": "dr"},
    "mpdta_nev_reg_cov": {"control_group": "never_treated", "estimation_method": "reg"},
    "mpdta_nev_ipw": {"control_group": "never_treated", "estimation_method": "ipw"},
}


@pytest.fixture(scope="module", params=sorted(SCENARIOS))
def peer(request):
    """diff-diff as it is pinned, on one of the four specifications of R."""
    import diff_diff
    import pandas as pd

    frame = pd.read_csv(shared_folder("did_reference") / "mpdta.csv").rename(columns={"first.treat": "g"})
    covariates = ["lpop"] if request.param == "mpdta_nev_reg_cov" else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = diff_diff.CallawaySantAnna(**SCENARIOS[request.param]).fit(
            frame, outcome="lemp", unit="countyreal", time="year", first_treat="g", covariates=covariates
        )
    return request.param, fitted


def test_the_pinned_package_gives_every_group_time_effect_of_r(peer):
    name, fitted = peer
    rows = [row for row in ATT_GT if row["scenario"] == name]
    assert len(rows) == 12
    for row in rows:
        found = fitted.group_time_effects[int(row["group"]), int(row["t"])]
        assert found["effect"] == pytest.approx(row["att"], abs=1e-9)
        assert found["se"] == pytest.approx(row["se"], abs=1e-8)


def test_the_pinned_package_gives_the_aggregates_of_r(peer):
    name, fitted = peer
    simple = next(row for row in AGGREGATES if row["scenario"] == name and row["type"] == "simple")
    assert fitted.overall_att == pytest.approx(simple["overall_att"], abs=1e-9)
    assert fitted.overall_se == pytest.approx(simple["overall_se"], abs=1e-8)
    groups = fitted.aggregate("group")
    dynamic = fitted.aggregate("event_study")
    found = {("group", float(g)): (a, s) for g, a, s in zip(groups.label, groups.att, groups.se, strict=True)}
    found |= {
        ("dynamic", float(e)): (a, s) for e, a, s in zip(dynamic.event_time, dynamic.att, dynamic.se, strict=True)
    }
    rows = [row for row in AGGREGATES if row["scenario"] == name and row["type"] in {"group", "dynamic"}]
    assert len(rows) == 10
    for row in rows:
        effect, error = found[row["type"], row["egt"]]
        assert effect == pytest.approx(row["att_egt"], abs=1e-9)
        assert error == pytest.approx(row["se_egt"], abs=1e-8)


@pytest.mark.parametrize("name", sorted(GROUPS))
def test_our_door_to_it_gives_the_simple_aggregate_and_the_event_study_of_r(name):
    found = clustered_comparison(mpdta(), PLAN, GROUPS[name])
    rows = [row for row in AGGREGATES if row["scenario"] == name]
    simple = next(row for row in rows if row["type"] == "simple")
    assert found.estimate == pytest.approx(simple["overall_att"], abs=1e-9)
    assert found.std_error == pytest.approx(simple["overall_se"], abs=1e-8)
    dynamic = {row["egt"]: row for row in rows if row["type"] == "dynamic"}
    assert {point.event_time for point in found.path} == set(dynamic)
    for point in found.path:
        assert point.estimate == pytest.approx(dynamic[point.event_time]["att_egt"], abs=1e-9)
        assert point.std_error == pytest.approx(dynamic[point.event_time]["se_egt"], abs=1e-8)


def one_cell(panel, group, first, year):
    """Our own comparison of one cohort in one year."""
    labels, places = labels_of(panel), {y: n for n, y in enumerate(panel.periods)}
    label, never = panel.cohorts.index(first), len(panel.cohorts)
    base = places[first] - 1 if year >= first else places[year] - 1
    later = tuple(k for k, other in enumerate(panel.cohorts) if other > year and other != first)
    controls = (never, *later) if group is ControlGroup.NOT_YET else (never,)
    contrast = Contrast(label=label, controls=controls, along=((places[year], 1.0), (base, -1.0)), weight=1.0)
    return float(total(table_of([contrast], panel.outcome, labels), labels[None, :])[0])


@pytest.mark.parametrize("name", sorted(GROUPS))
def test_our_own_comparisons_give_every_group_time_effect_of_r(name):
    for row in (row for row in ATT_GT if row["scenario"] == name):
        found = one_cell(mpdta(), GROUPS[name], int(row["group"]), int(row["t"]))
        assert found == pytest.approx(row["att"], abs=1e-9)


@pytest.mark.parametrize("name", sorted(GROUPS))
def test_our_own_comparisons_give_the_aggregates_of_r(name):
    panel, labels = mpdta(), labels_of(mpdta())
    whole = effect_contrasts(panel, PLAN, GROUPS[name])
    simple = next(row for row in AGGREGATES if row["scenario"] == name and row["type"] == "simple")
    found = total(table_of(whole, panel.outcome, labels), labels[None, :])[0]
    assert found == pytest.approx(simple["overall_att"], abs=1e-9)
    dynamic = {row["egt"]: row["att_egt"] for row in AGGREGATES if row["scenario"] == name and row["type"] == "dynamic"}
    assert set(event_times(panel, PLAN)) == set(dynamic)
    for event_time, expected in dynamic.items():
        cells = event_contrasts(panel, PLAN, GROUPS[name], int(event_time))
        assert total(table_of(cells, panel.outcome, labels), labels[None, :])[0] == pytest.approx(expected, abs=1e-9)


def test_a_horizon_takes_the_event_times_up_to_it_by_the_treated_behind_them():
    plan = EvaluationPlan(horizon=1)
    panel, labels = mpdta(), labels_of(mpdta())
    found = clustered_comparison(panel, plan, ControlGroup.NEVER)
    own = total(table_of(effect_contrasts(panel, plan, ControlGroup.NEVER), panel.outcome, labels), labels[None, :])[0]
    assert found.estimate == pytest.approx(own, abs=1e-12)
    assert found.estimate == pytest.approx((191 * -0.0199318168 + 60 * -0.0509573671) / 251, abs=1e-9)


@pytest.mark.parametrize("anticipation", [0, 1, 2])
@pytest.mark.parametrize("horizon", [None, 0, 2])
def test_both_ways_of_computing_agree_whatever_the_plan(anticipation, horizon):
    """The permutation test and the cluster-robust error must speak of the same number."""
    firsts = {**dict.fromkeys(range(5), 2017), **dict.fromkeys(range(5, 9), 2019)}
    panel, plan = made_panel(24, treated=firsts, effect=2.0), EvaluationPlan(anticipation=anticipation, horizon=horizon)
    labels = labels_of(panel)[None, :]
    for group in ControlGroup:
        theirs = clustered_comparison(panel, plan, group)
        table = table_of(effect_contrasts(panel, plan, group), panel.outcome, labels[0])
        assert theirs.estimate == pytest.approx(total(table, labels)[0], abs=1e-10)
        assert tuple(point.event_time for point in theirs.path) == event_times(panel, plan)
        for point in theirs.path:
            cells = event_contrasts(panel, plan, group, point.event_time)
            own = total(table_of(cells, panel.outcome, labels[0]), labels)[0]
            assert point.estimate == pytest.approx(own, abs=1e-10)
    theirs = clustered_imputation(panel, plan)
    assert theirs.estimate == pytest.approx(imputed_effects(panel, plan, panel.outcome[None], labels)[0, 0], abs=1e-8)


def test_imputation_gives_the_published_figure_in_both_ways():
    panel = mpdta()
    theirs = clustered_imputation(panel, PLAN)
    ours = imputed_effects(panel, PLAN, panel.outcome[None], labels_of(panel)[None, :])[0, 0]
    assert theirs.estimate == pytest.approx(-0.0477099, abs=5e-8)
    assert ours == pytest.approx(theirs.estimate, abs=1e-10)


def test_imputation_agrees_with_least_squares_when_years_are_left_out():
    panel, plan = mpdta(), EvaluationPlan(anticipation=1, horizon=1)
    keep = [n for n, first in enumerate(panel.first_treated) if first != 2004]  # no year before it is left
    part = read_panel(
        {
            "u": np.repeat(np.array(panel.units)[keep], 5).tolist(),
            "t": list(panel.periods) * len(keep),
            "y": panel.outcome[keep].ravel().tolist(),
        },
        unit="u",
        period="t",
        outcome="y",
        first_treated={panel.units[n]: panel.first_treated[n] for n in keep if panel.first_treated[n] is not None},
    )
    labels = labels_of(part)
    fitted, counted = np.ones(part.outcome.shape), np.zeros(part.outcome.shape)
    for k, window in enumerate(windows_of(part, plan)):
        for n in np.flatnonzero(labels == k):
            fitted[n] = [t in window.pre for t in range(5)]
            counted[n] = [t in window.post for t in range(5)]
    rows, columns = np.nonzero(fitted)
    design = np.zeros((len(rows), len(labels) + 5))
    design[np.arange(len(rows)), rows] = 1.0
    design[np.arange(len(rows)), len(labels) + columns] = 1.0
    found, *_ = np.linalg.lstsq(design, part.outcome[rows, columns], rcond=None)
    rows, columns = np.nonzero(counted)
    expected = (part.outcome[rows, columns] - found[rows] - found[len(labels) + columns]).mean()
    assert imputed_effects(part, plan, part.outcome[None], labels[None, :])[0, 0] == pytest.approx(expected, abs=1e-9)


def test_breakdown_value_and_two_way_shares_of_the_minimum_wage():
    honest = honest_breakdown(mpdta(), PLAN, ControlGroup.NEVER)
    assert honest.bounds == pytest.approx((-0.178, 0.023), abs=5e-4)
    assert 0.5 < honest.breakdown < 1.0  # at 1 the interval holds 0
    assert honest_breakdown(mpdta(), EvaluationPlan(horizon=0), ControlGroup.NEVER).breakdown == 0.0
    shares = bacon_shares(mpdta())
    assert shares.two_way_estimate == pytest.approx(-0.036549, abs=5e-7)
    parts = (shares.treated_against_never, shares.earlier_against_later, shares.later_against_earlier)
    assert sum(parts) == pytest.approx(1.0, abs=1e-12)


@pytest.fixture(scope="module")
def california():
    return {one.method: one for one in estimate_effects(proposition_99(), PLAN)}


def test_proposition_99_as_published(california):
    assert california[Estimator.SYNTHETIC_DID].estimate == pytest.approx(-15.60383, abs=1e-3)
    assert california[Estimator.SYNTHETIC_CONTROL].estimate == pytest.approx(-19.61966, abs=1e-3)
    assert california[Estimator.IMPUTATION].estimate == pytest.approx(-27.34911, abs=1e-3)  # DID of the paper


def test_proposition_99_every_placebo_is_run_and_one_state_dominates(california):
    found = california[Estimator.SYNTHETIC_DID]
    assert found.std_error == pytest.approx(9.4946, abs=1e-3)
    assert len(found.placebos) == 38
    assert found.exact
    assert min(one.estimate for one in found.placebos) == pytest.approx(-31.8, abs=0.1)
    assert found.p_value == pytest.approx(2 / 39)


def test_other_starts_of_synthetic_control_are_shown(california):
    starts = california[Estimator.SYNTHETIC_CONTROL].starts
    assert [one.name for one in starts] == ["even weights, not pruned", "best single donor", "lowest point"]
    assert starts[-1].estimate == pytest.approx(-19.51, abs=5e-3)  # what diff-diff finds for outcomes alone
    assert starts[-1].fit == min(one.fit for one in starts)


def test_weights_add_to_one(california):
    for method in (Estimator.SYNTHETIC_DID, Estimator.SYNTHETIC_CONTROL):
        assert sum(one.weight for one in california[method].weights) == pytest.approx(1.0, abs=1e-6)
    assert sum(one.weight for one in california[Estimator.SYNTHETIC_DID].period_weights) == pytest.approx(1.0, abs=1e-6)


def test_published_weights_of_california_give_the_published_gaps():
    table = pl.read_csv(shared_folder("synth_reference") / "prop99_predictors.csv", infer_schema_length=0)
    panel = read_panel(table, unit="state", period="year", outcome="cigsale", first_treated={"California": 1989})
    published = {"Colorado": 0.164, "Connecticut": 0.069, "Montana": 0.199, "Nevada": 0.234, "Utah": 0.334}
    weights = np.array([published.get(unit, 0.0) for unit in panel.units])
    gap = panel.outcome[panel.units.index("California")] - weights @ panel.outcome
    years = np.array(panel.periods)
    assert np.sqrt((gap[years < 1989] ** 2).mean()) == pytest.approx(1.7576, abs=5e-5)
    assert gap[years >= 1989].mean() == pytest.approx(-18.97, abs=5e-3)
    assert gap[years == 2000][0] == pytest.approx(-25.73, abs=5e-3)


def test_german_reunification_by_outcomes_alone():
    found = {one.method: one for one in estimate_effects(germany(), PLAN)}
    lowest = found[Estimator.SYNTHETIC_CONTROL].starts[-1]
    assert lowest.estimate == pytest.approx(-1281, rel=0.02)  # another program's optimum, found by other steps
    assert found[Estimator.SYNTHETIC_DID].estimate == pytest.approx(-1471, abs=1.0)
    assert found[Estimator.SYNTHETIC_DID].std_error == pytest.approx(1506, rel=0.005)
    weights = {one.unit: one.weight for one in found[Estimator.SYNTHETIC_CONTROL].weights}
    published = {"Austria": 0.33, "USA": 0.34, "Switzerland": 0.11, "Greece": 0.10}
    assert {unit: weights[unit] for unit in published} == pytest.approx(published, abs=0.025)


def test_basque_country_at_the_two_published_sets_of_weights():
    panel = basque()
    years, places = np.array(panel.periods), {unit: n for n, unit in enumerate(panel.units)}
    one, two = (panel.outcome[places[unit]] for unit in ("Cataluna", "Madrid (Comunidad De)"))
    for weights, fit in (((0.8508, 0.1492), 0.0906), ((0.833, 0.167), 0.0888)):
        gap = panel.outcome[panel.treated[0]] - weights[0] * one - weights[1] * two
        assert gap[years >= 1970].mean() == pytest.approx(-0.58, abs=5e-3)
        assert np.sqrt((gap[years < 1970] ** 2).mean()) == pytest.approx(fit, abs=5e-5)


def test_no_other_weights_fit_the_basque_country_better_than_the_lowest_point():
    """The published weights and one thousand drawn ones: an optimum is one from wherever it is looked at."""
    panel = basque()
    found = next(one for one in estimate_effects(panel, EvaluationPlan(estimators=(Estimator.SYNTHETIC_CONTROL,))))
    lowest = found.starts[-1].fit
    before = [n for n, year in enumerate(panel.periods) if year < 1970]
    aim, donors = panel.outcome[panel.treated[0], before], panel.outcome[list(panel.donors)][:, before]
    drawn = np.random.default_rng(3).dirichlet(np.full(len(donors), 0.2), 1_000)
    fits = np.sqrt(((aim - drawn @ donors) ** 2).mean(axis=1))
    assert lowest < fits.min()
    assert lowest < 0.0888
    assert found.fit == pytest.approx(lowest, rel=0.02)


def test_a_synthetic_fit_of_many_assignments_equals_each_by_itself():
    panel, labels = proposition_99(), labels_of(proposition_99())
    rows = np.tile(np.ones_like(labels), (3, 1))
    rows[[0, 1, 2], [4, 11, 30]] = 0
    windows = windows_of(panel, PLAN)
    for method in (Estimator.SYNTHETIC_DID, Estimator.SYNTHETIC_CONTROL):
        together = synthetic_fits(panel.outcome, windows, rows, method)[0]
        alone = [synthetic_fits(panel.outcome, windows, rows[[n]], method)[0][0] for n in range(3)]
        assert together == pytest.approx(alone, rel=1e-6)


def plain_steps(problems, start, most):
    """Frank and Wolfe's steps as they stand in the paper, one problem at a time and nothing carried along."""
    found = start.copy()
    for b, x in enumerate(found):
        gram = problems.gram if problems.gram.ndim == 2 else problems.gram[b]
        last = np.inf
        for _ in range(most):
            slope = gram @ x - problems.linear[b] + problems.ridge[b] * x
            i = int(np.argmin(np.where(problems.allowed[b], slope, np.inf)))
            way = -x.copy()
            way[i] += 1.0
            curve = way @ gram @ way + problems.ridge[b] * way @ way
            x += (np.clip(-(slope @ way) / curve, 0.0, 1.0) if curve > 0 else 0.0) * way
            height = x @ gram @ x - 2 * problems.linear[b] @ x + problems.constant[b] + problems.ridge[b] * x @ x
            if last - height / problems.n_rows[b] < problems.decrease[b] ** 2:
                break
            last = height / problems.n_rows[b]
    return found


@pytest.mark.parametrize("each", [False, True])
def test_compiled_steps_are_those_of_the_paper(each):
    chance = np.random.default_rng(8)
    rows = chance.normal(0, 1, (6, 12))
    aims = chance.normal(0, 1, (4, 12))
    gram = rows @ rows.T
    problems = Problems(
        gram=np.stack([gram * (1 + n) for n in range(4)]) if each else gram,
        linear=aims @ rows.T,
        constant=(aims**2).sum(axis=1),
        ridge=np.array([0.0, 0.1, 1.0, 10.0]),
        allowed=np.array([[True] * 6, [True] * 6, [False, True] * 3, [True] * 6]),
        decrease=np.full(4, 1e-5),
        n_rows=np.full(4, 12.0),
    )
    start = even_weights(problems)
    assert settled_weights(problems, start, most=400) == pytest.approx(plain_steps(problems, start, 400), abs=1e-9)
