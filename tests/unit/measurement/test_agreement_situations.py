"""Contexts and reasons: windows counted by hand, the mixed Poisson model against R, a kindergarten with known truth.

R 4.2.2, lme4 1.1.31: ``glmer(y ~ set + offset(log(hours)) + (1 | child), family = poisson, nAGQ = 25)``, bobyqa with
rhoend 1e-9, tolPwrss 1e-12; the log-likelihood is that of ``nAGQ = 1`` (Laplace), for lme4 leaves out constants above
one node.
"""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.evidence.observing import observed, session
from yucai.demo import answer_kindergarten, simulate_kindergarten
from yucai.evidence import NothingObservedError, SamplingMode, WrongSamplingError, estimate_behaviour
from yucai.measurement import (
    NeverSeenError,
    answer_behaviour,
    fit_mixed_poisson,
    linked_shares,
    rates_by_setting,
    reason_fits,
    what_follows,
    what_precedes,
)

COUNTS = [
    3, 2, 1, 0, 1, 4, 0, 2, 1, 1, 2, 0, 2, 0, 1, 0, 1, 3, 3, 4, 1, 2, 0, 2, 2, 1, 1, 1, 4, 2, 2, 0, 3, 2, 3, 9, 2, 2, 2,
    1, 4, 3, 1, 3, 1, 1, 0, 1, 1, 5, 0, 4, 0, 6, 0, 3, 1, 3, 1, 5, 1, 6, 5, 5,
]  # fmt: skip
HOURS = [
    1.19, 0.66, 0.4, 0.36, 0.52, 1.01, 0.61, 1.17, 0.45, 0.71, 0.45, 0.51, 1, 0.39, 0.71, 0.38, 0.8, 0.31, 1.19, 0.58,
    0.88, 0.57, 1.2, 1.12, 1.19, 0.36, 0.86, 0.74, 1.17, 0.63, 0.91, 0.54, 0.47, 0.47, 0.64, 1.06, 0.75, 1.01, 1.05,
    0.71, 1.02, 0.64, 0.98, 0.69, 1.11, 0.59, 0.37, 1.03, 1.11, 1.17, 0.82, 0.95, 1, 0.86, 0.95, 0.65, 0.45, 0.47, 0.65,
    0.55,
    0.47, 0.75, 0.99, 0.92,
]  # fmt: skip
GROUPS = np.repeat(np.arange(16), 4)
DESIGN = np.tile(np.column_stack([np.ones(4), np.eye(4)[:, 1:]]), (16, 1))


def fitted(n_nodes=25):
    return fit_mixed_poisson(np.array(COUNTS, float), np.array(HOURS, float), DESIGN, groups=GROUPS, n_nodes=n_nodes)


def test_the_mixed_poisson_model_is_that_of_lme4():
    found = fitted()
    assert found.converged
    assert found.coefficients == pytest.approx([0.7051712161, 0.6475530934, -0.2523299889, 0.4208977890], abs=2e-5)
    assert found.child_sd == pytest.approx(0.3844589212, abs=2e-5)
    # lme4 leaves out what the spread's own uncertainty adds.
    assert found.std_errors == pytest.approx([0.2139109482, 0.2451132971, 0.2872154194, 0.2500232805], rel=0.01)


def test_one_node_is_laplace_s_approximation():
    assert fitted(n_nodes=1).log_likelihood == pytest.approx(-106.692042222, abs=1e-7)


def test_the_integral_is_that_of_a_fine_grid():
    found = fitted()
    linear, sd = DESIGN @ found.coefficients + np.log(HOURS), found.child_sd
    u = np.linspace(-8, 8, 20001) * sd
    total = 0.0
    for child in range(16):
        here = child == GROUPS
        y, rate = np.array(COUNTS)[here], np.exp(linear[here])
        logs = (y[:, None] * (linear[here][:, None] + u) - rate[:, None] * np.exp(u)).sum(axis=0) - 0.5 * (u / sd) ** 2
        factorials = sum(np.log(np.arange(1, n + 1)).sum() for n in y)
        total += np.log(np.exp(logs).sum() * (u[1] - u[0]) / (sd * np.sqrt(2 * np.pi))) - factorials
    assert found.log_likelihood == pytest.approx(total, abs=1e-6)


def test_children_who_are_alike_have_no_spread():
    counts = np.tile([4.0, 8.0], 12)
    design, groups = np.tile(np.eye(2), (12, 1)), np.repeat(np.arange(12), 2)
    found = fit_mixed_poisson(counts, np.ones(24), design, groups=groups)
    assert found.child_sd < 0.02
    assert np.exp(found.coefficients) == pytest.approx([4, 8], rel=1e-3)
    assert found.std_errors == pytest.approx([1 / np.sqrt(48), 1 / np.sqrt(96)], rel=0.02)


def test_intervals_of_rates_cover():
    rng, held, runs = np.random.default_rng(3), 0, 40
    design, groups = np.tile(np.eye(2), (24, 1)), np.repeat(np.arange(24), 2)
    for _ in range(runs):
        rates = np.array([3.0, 6.0])[None, :] * np.exp(rng.normal(0, 0.6, 24))[:, None]
        found = fit_mixed_poisson(
            rng.poisson(rates).ravel().astype(float), np.ones(48), design, groups=groups, n_nodes=9
        )
        away = np.abs(found.coefficients - np.log([3.0, 6.0])) / found.std_errors
        held += (away < 1.96).sum()
    assert held / (2 * runs) == pytest.approx(0.95, abs=0.05)


def one_child(rows, *, length=100.0):
    return observed(rows, session(exposure_s=length))


def test_windows_are_counted_as_by_hand():
    """Antecedents at 10, 14 (inside the first window) and 50; the behaviour at 18, 55 and 80; windows of 10 s."""
    rows = [("S1", "O1", "demand", t, None) for t in (10.0, 14.0, 50.0)]
    rows += [("S1", "O1", "aggression", t, t + 1) for t in (18.0, 55.0, 80.5)]
    found = what_precedes(one_child(rows), "demand", "aggression")
    # After it: 10-20 with, 50-60 with. Otherwise: 0-10, 20-30, 30-40, 40-50, 60-70, 70-80, 80-90 (with), 90-100.
    assert found.table == ((2, 0), (1, 7))
    assert (found.probability, found.otherwise, found.base_rate) == (1.0, 1 / 8, 3 / 10)
    assert found.yules_q == 1.0
    assert any("It was seen 2 times only" in note.en for note in found.notes)
    assert any("Only a functional analysis" in note.en for note in found.notes)


@given(st.lists(st.floats(0, 599), max_size=12), st.lists(st.floats(0, 599), max_size=12), st.sampled_from([5.0, 30.0]))
def test_windows_never_overlap_and_never_exceed_the_time(anchors, hits, window):
    rows = [("S1", "O1", "demand", t, None) for t in set(anchors)] + [
        ("S1", "O1", "kind-act", t, None) for t in set(hits)
    ]
    found = what_follows(one_child(rows, length=600.0), "demand", "kind-act", window_s=window)
    (a, b), (c, d) = found.table
    assert (a + b + c + d) * window <= 600
    assert a + c <= len(set(hits))
    assert a + b <= len(set(anchors))


def test_codes_that_have_nothing_to_do_with_each_other_show_it():
    rng = np.random.default_rng(12)
    sessions, rows = [], []
    for n in range(24):
        sessions.append(session(f"S{n}", child=f"K-{n:03d}", exposure_s=7200.0))
        busy = np.exp(rng.normal(0, 0.7))  # children who do more of everything: no link within a child
        for code in ("demand", "kind-act"):
            rows += [(f"S{n}", "O1", code, t, None) for t in rng.uniform(0, 7200, rng.poisson(60 * busy))]
    found = what_precedes(observed(rows, *sessions), "demand", "kind-act")
    assert found.risk_ratio.interval95[0] < 1 < found.risk_ratio.interval95[1]
    assert found.yules_q95[0] < 0 < found.yules_q95[1]
    assert found.yules_q == pytest.approx(0, abs=0.12)


def test_scored_intervals_have_no_order_in_time():
    record = observed([], session(mode=SamplingMode.MOMENTARY, interval_s=10.0))
    with pytest.raises(WrongSamplingError, match="What was not recorded cannot be recovered"):
        what_precedes(record, "demand", "aggression")
    with pytest.raises(NothingObservedError):
        rates_by_setting(record.of_setting("meal"), "aggression")


def test_reasons_are_counted_by_their_pattern_and_called_hypotheses():
    rows = [("S1", "O1", "aggression", 10.0 * n, 10.0 * n + 1) for n in range(1, 6)]
    record = observed(
        rows,
        session(),
        antecedent=pl.Series(["object-dispute", "object-dispute", "provoked", None, "demand"]),
        consequence=pl.Series(["gets-object", "peer-leaves", "peer-leaves", None, "peer-leaves"]),
    )
    fits = {fit.code: fit for fit in reason_fits(record, "aggression", rng=np.random.default_rng(1))}
    assert [fit.count for fit in fits.values()] == [1, 0, 1, 1, 1]
    assert list(fits) == ["tangible", "attention", "escape", "reaction", "sensory"]
    assert all(fit.of == 5 and "hypothesis" in fit.note.en and "假设" in fit.note.zh for fit in fits.values())
    before = linked_shares(record, "aggression", link="antecedent", rng=np.random.default_rng(1))
    assert {fit.code: fit.share for fit in before}["object-dispute"] == pytest.approx(0.4)
    with pytest.raises(NeverSeenError, match="“dispute” was never seen"):
        reason_fits(record, "dispute", rng=np.random.default_rng(1))


@pytest.fixture(scope="module")
def classes():
    """Eight kindergartens of their own seeds; the long run is in bench/observation.py."""
    return [simulate_kindergarten(seed=seed) for seed in range(8)]


def test_the_kindergarten_s_truth_lies_in_the_intervals(classes):
    held = []
    for kindergarten in classes:
        truth = kindergarten.truth.typical_rate
        rates = rates_by_setting(kindergarten.observations, "aggression").rates
        held += [rate.rate95[0] <= truth[rate.setting] <= rate.rate95[1] for rate in rates]
        (tangible, *_) = reason_fits(kindergarten.observations, "aggression", rng=np.random.default_rng(1))
        held.append(tangible.interval95[0] <= kindergarten.truth.reasons["tangible"] <= tangible.interval95[1])
    assert len(held) == 40
    assert np.mean(held) >= 0.87  # of 40 intervals at 95 %, fewer hold once in 100 runs


def test_the_kindergarten_s_figures_are_right_on_average(classes):
    truth = classes[0].truth
    found = [
        estimate_behaviour(one.observations, "aggression", rng=np.random.default_rng(1), n_resamples=10)
        for one in classes
    ]
    share = np.mean([one.measure("time_share").value for one in found])
    rate = np.mean([one.measure("rate_per_hour").value for one in found])
    assert share == pytest.approx(np.mean(list(truth.time_share.values())), rel=0.15)
    assert rate == pytest.approx(np.mean(list(truth.rate_per_hour.values())), rel=0.1)


def test_the_answer_says_how_much_where_and_why_and_what_it_cannot_show():
    kindergarten = simulate_kindergarten()
    assert kindergarten.said.en.startswith("Simulated")
    answer = answer_kindergarten(kindergarten, rng=np.random.default_rng(1))
    english, chinese = (answer.in_language(language) for language in ("en", "zh"))
    assert [section.heading.en for section in answer.sections()] == [
        "How much", "In which contexts", "Possible reasons", "What this can and cannot show"]  # fmt: skip
    for words in ("24 children were watched for 24.0 hours", "share of observed time", "Transition:", "risk ratio",
                  "A reason is a hypothesis", "It is no judgement of a single child"):  # fmt: skip
        assert words in english
    for words in (
        "对 24 名幼儿共观察 24.0 小时",
        "占观察时间的比例",
        "过渡环节",
        "风险比",
        "只是假设",
        "不能用来评判某一名幼儿",
    ):
        assert words in chinese
    assert "{" not in english + chinese


def test_where_nothing_was_seen_nothing_is_said_about_contexts():
    record = observed([], *(session(f"S{n}", child=f"K-{n:03d}") for n in range(10)))
    answer = answer_behaviour(record, "aggression", rng=np.random.default_rng(1))
    assert "nothing can be said about contexts and reasons" in answer.in_language("en")
    assert "没有看到" in answer.in_language("zh")


def test_the_same_seed_gives_the_same_kindergarten_and_another_does_not():
    one, again, other = simulate_kindergarten(), simulate_kindergarten(), simulate_kindergarten(seed=1)
    assert one.observations.table.equals(again.observations.table)
    assert not one.observations.table.equals(other.observations.table)
    assert one.schedule.missed(one.observations) == ()
