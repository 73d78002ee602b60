"""Drift of raters on planted works: right by hand, right by SciPy, and as sure as simulation says."""

# One sentence a line, however long, so that both languages can be read side by side.
# ruff: noqa: E501

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.unit.measurement.drifting import Panel
from tests.unit.measurement.making import responses
from yucai.errors import FaultyInputError
from yucai.evidence import Responses
from yucai.measurement import DriftBasis, DriftVerdict, false_discovery_rates, rater_drift

TERMS = ("t0", "t1")


def rated(levels, top=4.0, item="c"):
    """Levels by rater, term and work: ``{"An": {"t0": [3, 2], "t1": [2, 2]}}``."""
    return responses(
        [
            (f"w{k}", item, float(level), top, rater, term)
            for rater, terms in levels.items()
            for term, row in terms.items()
            for k, level in enumerate(row)
            if level is not None
        ]
    )


def drift(table, n=9, occasions=TERMS, **more):
    there = set(table.table["learner"])
    return rater_drift(table, common=[f"w{k}" for k in range(n) if f"w{k}" in there], occasions=occasions, **more)


def test_a_rater_alone_has_the_paired_t_interval_of_scipy():
    """scipy 1.17 ttest_rel; one rater alone has nobody to borrow from."""
    first, last = [4, 3, 4, 2, 3, 4, 3], [2, 3, 3, 1, 2, 2, 3]
    found = drift(rated({"An": {"t0": first, "t1": last}})).of("An")
    told = stats.ttest_rel(first, last)
    low, high = told.confidence_interval(0.9)
    assert found.change == pytest.approx(np.mean(first) - np.mean(last))
    assert found.p_value == pytest.approx(told.pvalue)
    assert found.change90 == pytest.approx((low, high))
    assert (found.basis, found.n_works, found.severities) == (DriftBasis.OWN, 7, ())


def test_the_spread_is_borrowed_as_smyth_says():
    """Worked by hand: variances of the changes 1 and 0.5 (n = 4 and 3), pooled (3 + 1) / 5, worth 8 degrees of freedom."""
    levels = {
        "An": {"t0": [4, 2, 4, 2], "t1": [3, 3, 2, 2]},  # changes 1, -1, 2, 0: mean 0.5, variance 5/3
        "Bai": {"t0": [3, 3, 4, None], "t1": [2, 3, 2, None]},  # changes 1, 0, 2: mean 1, variance 1
    }
    report = drift(rated(levels))
    pooled = (3 * 5 / 3 + 2 * 1) / 5
    for rater, mean, own, n in (("An", 0.5, 5 / 3, 4), ("Bai", 1.0, 1.0, 3)):
        error = np.sqrt((8 * pooled + (n - 1) * own) / (8 + n - 1) / n)
        reach = stats.t.ppf(0.95, 8 + n - 1) * error
        found = report.of(rater)
        assert (found.change, found.std_error) == pytest.approx((mean, error))
        assert found.change90 == pytest.approx((mean - reach, mean + reach))
        assert found.p_value == pytest.approx(2 * stats.t.sf(mean / error, 8 + n - 1))


def test_on_other_works_a_rater_is_compared_with_the_others():
    """An stands 1 level lower than the others at first, 2 levels afterwards."""
    rows = []
    for term, gap in (("t0", 1), ("t1", 2)):
        for k, level in enumerate([4, 3, 4, 3]):
            rows += [
                (f"{term}w{k}", "c", float(level - (gap if who == "An" else 0)), 4.0, who, term)
                for who in ("An", "Bai", "Chen")
            ]
    table = responses(rows)
    report = rater_drift(table, common=sorted(set(table.table["learner"])), occasions=TERMS)
    an = report.of("An")
    assert an.basis is DriftBasis.OTHERS
    assert an.change == pytest.approx(1.0)
    assert [s.severity for s in an.severities] == pytest.approx([1.0, 2.0])
    assert report.of("Bai").change == pytest.approx(-0.5)
    assert an.verdict is DriftVerdict.STRICTER


def test_twice_the_same_levels_leave_room_for_what_rounding_hides():
    found = drift(rated({who: {"t0": [1, 2, 3, 4], "t1": [1, 2, 3, 4]} for who in "ab"})).of("a")
    assert found.change == 0.0
    assert found.std_error == pytest.approx(np.sqrt(2 / 12 / 4))
    assert found.verdict is DriftVerdict.STEADY


def test_what_only_one_term_holds_does_not_count():
    """Works and criteria that were rated once say nothing of a change in the same works."""
    whole = rated({who: {"t0": [4, 3, 4, 2], "t1": [2, 3, 3, 1]} for who in ("An", "Bai")})
    once = rated({"An": {"t0": [1, 1]}}, item="d")
    more = Responses.from_table(pl.concat([whole.table, once.table]))
    assert drift(more).of("An").change == drift(whole).of("An").change


def test_with_fewer_than_two_works_nothing_is_said():
    found = drift(rated({"An": {"t0": [3], "t1": [2]}, "Bai": {"t0": [3, 2, 2], "t1": [1, 2, 1]}}))
    assert (found.of("An").change, found.of("An").verdict) == (None, DriftVerdict.CANNOT_TELL)
    assert "An: cannot tell; fewer than two common works were rated in both terms." in found.in_language("en")
    assert "An：尚不能判断，两个学期都评过的共同作品不足两件。" in found.in_language("zh")


def test_who_how_much_and_how_sure_is_said_in_both_languages():
    levels = {
        "An": {"t0": [4] * 8, "t1": [2] * 8},
        "Bai": {"t0": [1] * 8, "t1": [3] * 8},
        "Chen": {"t0": [2] * 8, "t1": [2] * 8},
        "Deng": {"t0": [4, 0, 4, 0, 4, 0, 4, 0], "t1": [0, 4, 0, 4, 0, 4, 4, 0]},
    }
    report = drift(rated(levels), steady_within=0.9)
    assert [found.verdict for found in report.raters] == ["stricter", "more-lenient", "steady", "cannot-tell"]
    english, chinese = report.in_language("en").splitlines(), report.in_language("zh").splitlines()
    assert (
        english[0]
        == "Drift from t0 to t1, by 8 common works, in levels of the rubric (false alarms among those named: 5 % at most)."
    )
    assert english[1].startswith("An: stricter by 2.0 levels (90 %: +1.")
    assert english[1].endswith("; 8 works, the same works rated twice).")
    assert english[4].startswith("Deng: cannot tell; anything from −")
    assert chinese[2].startswith("Bai：变宽 2.0 级（90%：−2.")
    assert chinese[3].startswith("Chen：稳定，变化不超过 0.9 级（90%：−0.")
    assert chinese[4].endswith("增加共同作品可以判明。")


def test_all_faults_are_told_at_once():
    mixed = Responses.from_table(
        pl.concat([rated({"An": {"t0": [1, 2]}}).table, rated({"An": {"t0": [1]}}, top=10.0, item="d").table])
    )
    with pytest.raises(FaultyInputError) as told:
        rater_drift(mixed, common=["w0", "w9"], occasions=["t0", "t3", "t0"])
    assert [fault.code for fault in told.value.faults] == ["occasions", "no-ratings-in", "not-rated", "other-tops"]
    chinese = told.value.in_language("zh")
    assert "比较变化须按时间先后给出至少两个不同的学期；现给出：t0, t3, t0。" in chinese
    assert "各评分项满分不同（4, 10），等级含义不一。请分类比较。" in chinese
    with pytest.raises(FaultyInputError, match="no common works are named"):
        rater_drift(mixed, common=[], occasions=TERMS)


LEVELS = st.lists(st.integers(0, 4), min_size=4, max_size=4)
PANELS = st.lists(st.tuples(LEVELS, LEVELS), min_size=2, max_size=5)


def of_panel(panel, names):
    return rated({name: {"t0": a, "t1": b} for name, (a, b) in zip(names, panel, strict=True)})


@settings(max_examples=60)
@given(panel=PANELS)
def test_time_turned_round_turns_the_change_round(panel):
    table = of_panel(panel, [f"r{k}" for k in range(len(panel))])
    for ahead, back in zip(drift(table).raters, drift(table, occasions=TERMS[::-1]).raters, strict=True):
        assert back.change == pytest.approx(-ahead.change)
        assert back.change90 == pytest.approx((-ahead.change90[1], -ahead.change90[0]))
        assert back.p_value == pytest.approx(ahead.p_value)


@settings(max_examples=60)
@given(panel=PANELS, seed=st.integers(0, 99))
def test_names_of_raters_and_order_of_rows_change_nothing(panel, seed):
    table = of_panel(panel, [f"r{k}" for k in range(len(panel))])
    renamed = of_panel(panel, [f"z{9 - k}" for k in range(len(panel))])
    shuffled = Responses.from_table(renamed.table.sample(fraction=1, shuffle=True, seed=seed))
    for found, other in zip(drift(table).raters, drift(shuffled).raters[::-1], strict=True):
        assert (other.change, other.std_error, other.p_value) == pytest.approx(
            (found.change, found.std_error, found.p_value)
        )
        assert other.verdict is found.verdict


@given(st.lists(st.floats(1e-9, 1), min_size=1, max_size=12))
def test_false_discovery_rates_reject_what_the_steps_of_benjamini_and_hochberg_reject(p_values):
    """Their rule as it was published: the largest k with p(k) <= k q / n, and all below it."""
    ranked = sorted(p_values)
    for q in (0.05, 0.2):
        k = max((k for k, p in enumerate(ranked, 1) if p <= k * q / len(ranked) * (1 + 1e-12)), default=0)
        assert sum(rate <= q * (1 + 1e-12) for rate in false_discovery_rates(p_values)) == k


# Simulated panels. Longer runs are in the guide; these see whether it is still so.

DESIGNS = {  # raters, works, criteria, the same works twice
    "8 raters, 6 works, 3 criteria": (8, 6, 3, True),
    "4 raters, 4 works, 1 criterion": (4, 4, 1, True),
    "8 raters, other works": (8, 6, 3, False),
}
PANELS_EACH = 60


def reports(design, **more):
    n_raters, n_works, n_criteria, same_works = DESIGNS[design]
    for seed in range(PANELS_EACH):
        panel = Panel(n_raters, n_works, n_criteria, rng=np.random.default_rng(seed), same_works=same_works, **more)
        yield panel, rater_drift(panel.responses, common=panel.common, occasions=TERMS)


@pytest.mark.parametrize("design", DESIGNS)
def test_without_drift_false_alarms_are_as_rare_as_said(design):
    told = [report for _panel, report in reports(design)]
    p_values = np.array([found.p_value for report in told for found in report.raters])
    alarms = [any(found.verdict in ("stricter", "more-lenient") for found in report.raters) for report in told]
    assert 0.02 <= np.mean(p_values < 0.05) <= 0.08
    assert np.mean(alarms) <= 0.05 + 1.645 * np.sqrt(0.05 * 0.95 / PANELS_EACH)


@pytest.mark.parametrize("design", DESIGNS)
def test_intervals_hold_the_true_change_nine_times_in_ten(design):
    n_raters = DESIGNS[design][0]
    moved = np.r_[np.zeros(n_raters - 2), 0.6, -0.6]
    held = [low <= true <= high for panel, report in reports(design, drift=moved)
            for true, (low, high) in zip(panel.truth, (f.change90 for f in report.raters), strict=True)]  # fmt: skip
    assert np.mean(held) == pytest.approx(0.9, abs=0.045)


def test_a_rater_who_moves_a_level_is_found_and_most_others_are_not():
    found, falsely = [], []
    for seed in range(20):
        panel = Panel(6, 12, 9, rng=np.random.default_rng(seed), drift=np.r_[np.zeros(5), 1.2])
        verdicts = [f.verdict for f in rater_drift(panel.responses, common=panel.common, occasions=TERMS).raters]
        found.append(verdicts[-1] is DriftVerdict.STRICTER)
        falsely += [verdict in ("stricter", "more-lenient") for verdict in verdicts[:-1]]
    assert np.mean(found) >= 0.85
    assert np.mean(falsely) <= 0.06
