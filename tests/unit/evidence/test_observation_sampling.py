"""Each way of sampling against closed forms: a child whose behaviour comes and goes at known constant rates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.evidence.observing import markov_class, observed, session
from yucai.evidence import (
    MixedSamplingError,
    NothingObservedError,
    SamplingMode,
    WrongSamplingError,
    estimate_behaviour,
    expected_shares,
    ratio_interval,
    sample_as,
)

BEGINS, LASTS, STEP = 20.0, 10.0, 15.0
EXPECTED = expected_shares(begins_per_hour=BEGINS, mean_bout_s=LASTS, interval_s=STEP)
SHARES = {
    SamplingMode.PARTIAL_INTERVAL: EXPECTED.partial_interval,
    SamplingMode.WHOLE_INTERVAL: EXPECTED.whole_interval,
    SamplingMode.MOMENTARY: EXPECTED.momentary,
}


def estimate(observations, behaviour="aggression", seed=0):
    return estimate_behaviour(observations, behaviour, rng=np.random.default_rng(seed), n_resamples=400)


@pytest.fixture(scope="module")
def markov():
    return markov_class(np.random.default_rng(3), hours=20.0)


@pytest.mark.parametrize("mode", SHARES)
def test_shares_of_intervals_are_what_the_closed_form_says(markov, mode):
    found = estimate(sample_as(markov, mode, interval_s=STEP)).measure("interval_share")
    low, high = found.interval95
    spread = (high - low) / 4
    assert found.value == pytest.approx(SHARES[mode], abs=3 * spread)
    assert spread < 0.03 * EXPECTED.partial_interval


def test_timed_events_give_time_share_rate_and_length(markov):
    found = estimate(markov)
    assert found.measure("time_share").value == pytest.approx(EXPECTED.time_share, rel=0.06)
    assert found.measure("rate_per_hour").value == pytest.approx(EXPECTED.rate_per_hour, rel=0.04)
    assert found.measure("mean_bout_s").value == pytest.approx(LASTS, rel=0.05)


def test_events_give_the_same_rate_and_no_time(markov):
    found = estimate(sample_as(markov, SamplingMode.EVENT))
    assert found.measure("rate_per_hour").value == estimate(markov).measure("rate_per_hour").value
    with pytest.raises(WrongSamplingError, match="What was not recorded cannot be recovered"):
        found.measure("time_share")


@given(st.floats(0.1, 200), st.floats(1, 300), st.floats(1, 120))
def test_partial_lies_above_whole_below_and_momentary_on_the_truth(begins, lasts, step):
    shares = expected_shares(begins_per_hour=begins, mean_bout_s=lasts, interval_s=step)
    assert shares.whole_interval < shares.time_share < shares.partial_interval
    assert shares.momentary == shares.time_share


@given(
    st.lists(st.tuples(st.floats(0, 500), st.floats(0.5, 60)), min_size=1, max_size=6),
    st.sampled_from([5.0, 15.0, 60.0]),
)
def test_whole_intervals_are_partial_ones_whatever_was_seen(spans, step):
    rows, end = [], 0.0
    for start, length in sorted(spans):
        onset = max(start, end)
        end = min(onset + length, 600.0)
        if end > onset:
            rows.append(("S1", "O1", "aggression", onset, end))
    record = observed(rows, session())
    scored = {
        mode: set(sample_as(record, mode, interval_s=step).table["onset_s"].to_list())
        for mode in (SamplingMode.PARTIAL_INTERVAL, SamplingMode.WHOLE_INTERVAL)
    }
    assert scored[SamplingMode.WHOLE_INTERVAL] <= scored[SamplingMode.PARTIAL_INTERVAL]
    seconds = sum(row[4] - row[3] for row in rows)
    share = estimate(record).measure("time_share").value
    assert share == pytest.approx(seconds / 600)
    assert len(scored[SamplingMode.WHOLE_INTERVAL]) * step <= seconds + 1e-6
    assert len(scored[SamplingMode.PARTIAL_INTERVAL]) * step >= seconds - 1e-6


LIMITS = {
    SamplingMode.PARTIAL_INTERVAL: ("over-estimates", "高估"),
    SamplingMode.WHOLE_INTERVAL: ("under-estimates", "低估"),
    SamplingMode.MOMENTARY: ("misses rare short behaviour", "漏掉罕见"),
}


@pytest.mark.parametrize("mode", LIMITS)
def test_each_way_says_what_it_cannot_say(markov, mode):
    warning = estimate(sample_as(markov, mode, interval_s=STEP)).warnings[0]
    assert LIMITS[mode][0] in warning.en
    assert LIMITS[mode][1] in warning.zh
    assert "cannot be recovered" in warning.en
    assert "无法还原发生次数" in warning.zh


def test_every_figure_names_its_denominator(markov):
    for measure in estimate(markov).measures:
        assert measure.denominator.en
    assert "400.0 hours of observation of 20 children" in estimate(markov).measure("time_share").in_language("en")
    assert "分母：对 20 名幼儿共 400.0 小时的观察" in estimate(markov).measure("time_share").in_language("zh")


def test_a_bout_under_way_at_the_start_counts_as_time_and_not_as_a_beginning():
    record = observed([("S1", "O1", "aggression", 0.0, 30.0), ("S1", "O1", "aggression", 60.0, 90.0)], session())
    found = estimate(record)
    assert found.measure("rate_per_hour").value == pytest.approx(6.0)
    assert found.measure("time_share").value == pytest.approx(0.1)
    assert found.measure("mean_bout_s").value == pytest.approx(30.0)
    assert any("1 of 2 bouts were cut" in warning.en for warning in found.warnings)


def test_one_child_gets_no_interval_and_is_told_why():
    found = estimate(observed([("S1", "O1", "aggression", 5.0, 9.0)], session()))
    assert np.isnan(found.measure("rate_per_hour").interval95).all()
    assert any("One child was watched" in warning.en for warning in found.warnings)


def test_never_seen_is_not_zero_for_sure():
    sessions = [session(f"S{n}", child=f"K-{n:03d}") for n in range(12)]
    found = estimate(observed([], *sessions))
    assert found.measure("rate_per_hour").value == 0
    assert found.measure("rate_per_hour").interval95 == (0.0, pytest.approx(-np.log(0.05) / 2))  # two hours watched
    assert any("no proof that it does not happen" in warning.en for warning in found.warnings)


def test_second_records_are_not_counted():
    rows = [("S1", "O1", "aggression", 5.0, 9.0), ("S1", "O2", "aggression", 5.0, 9.0)]
    found = estimate(observed(rows, session(), session(observer="O2", second=True)))
    assert (found.count, found.exposure_hours) == (1, pytest.approx(1 / 6))


def test_ways_of_sampling_are_not_mixed_and_nothing_is_no_denominator():
    mixed = observed([], session(), session("S2", mode=SamplingMode.MOMENTARY, interval_s=10.0))
    with pytest.raises(MixedSamplingError, match="momentary 10 s, timed-event"):
        estimate(mixed)
    with pytest.raises(NothingObservedError, match="no observed time to divide by"):
        estimate(mixed.of_setting("meal"))
    with pytest.raises(WrongSamplingError):
        sample_as(mixed, SamplingMode.EVENT)


def test_child_level_intervals_cover():
    """The long run is in bench/observation.py; here 300 classes of 24 children whose rates differ."""
    rng = np.random.default_rng(17)
    hours, truth = np.full(24, 2.0), 4.0 * np.exp(0.6**2 / 2)
    held = {90: 0, 95: 0}
    for _ in range(300):
        counts = rng.poisson(4.0 * np.exp(rng.normal(0, 0.6, 24)) * hours).astype(float)
        found = ratio_interval(counts, hours, rng=rng, n_resamples=500)
        held[90] += found.interval90[0] <= truth <= found.interval90[1]
        held[95] += found.interval95[0] <= truth <= found.interval95[1]
    assert held[90] / 300 == pytest.approx(0.90, abs=0.04)
    assert held[95] / 300 == pytest.approx(0.95, abs=0.035)


@given(st.lists(st.tuples(st.integers(0, 20), st.floats(0.1, 5)), min_size=2, max_size=12), st.integers(0, 99))
def test_an_interval_holds_its_figure_and_the_wider_holds_the_narrower(children, seed):
    above, below = (np.array(part, dtype=float) for part in zip(*children, strict=True))
    found = ratio_interval(above, below, rng=np.random.default_rng(seed), n_resamples=200)
    assert found.value == pytest.approx(above.sum() / below.sum())
    if not np.isnan(found.interval95).any():
        assert 0 <= found.interval95[0] <= found.interval90[0] + 1e-12
        assert found.interval90[1] <= found.interval95[1] + 1e-12
