"""Two observers of one session: events aligned in time, units of time, rates."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.evidence.observing import observed, session
from yucai.demo import simulate_kindergarten
from yucai.evidence import Observations
from yucai.measurement import (
    NothingToCompareError,
    TimedCode,
    align_events,
    event_agreement,
    rate_agreement,
    time_unit_agreement,
    unit_codes,
)

events = st.lists(
    st.tuples(st.integers(0, 60).map(float), st.sampled_from("abc")).map(lambda e: TimedCode(*e)), max_size=8
)


def cheapest(one, other, tolerance):
    """All ways to pair two short lists in order, by brute force."""
    if not one:
        return float(len(other))
    best = 1 + cheapest(one[1:], other, tolerance)
    for n, event in enumerate(other):
        apart = abs(event.at_s - one[0].at_s)
        if apart <= tolerance:
            cost = n + 0.5 * apart / tolerance + (event.code != one[0].code)
            best = min(best, cost + cheapest(one[1:], other[n + 1 :], tolerance))
    return best


@given(events, events, st.sampled_from([1.0, 4.0, 15.0]))
def test_no_alignment_is_cheaper(one, other, tolerance):
    one, other = sorted(one)[:6], sorted(other)[:6]
    assert align_events(one, other, tolerance_s=tolerance).cost == pytest.approx(cheapest(one, other, tolerance))


@given(events, events, st.sampled_from([1.0, 4.0, 15.0]))
def test_alignment_is_symmetric_and_loses_nothing(one, other, tolerance):
    there = align_events(one, other, tolerance_s=tolerance)
    back = align_events(other, one, tolerance_s=tolerance)
    assert back.pairs == tuple((theirs, mine) for mine, theirs in there.pairs)
    assert sorted(mine for mine, _ in there.pairs if mine) == sorted(event.code for event in one)
    assert sorted(theirs for _, theirs in there.pairs if theirs) == sorted(event.code for event in other)


def two_observers(change, *, n_sessions=12, n_events=40, seed=0):
    """Return records of points every 15 s or so; ``change`` makes the second observer's codes of the first one's."""
    rng = np.random.default_rng(seed)
    sessions, rows = [], []
    for n in range(n_sessions):
        name = f"S{n:02d}"
        both = {"child": f"K-{n:03d}", "exposure_s": 15.0 * n_events + 1}
        sessions += [session(name, **both), session(name, observer="O2", second=True, **both)]
        seen = rng.choice(["aggression", "alone", "shared-play"], n_events, p=[0.2, 0.4, 0.4])
        for k, (mine, theirs) in enumerate(zip(seen, change(seen, rng), strict=True)):
            rows.append((name, "O1", str(mine), 15.0 * k, 15.0 * k + 15))
            rows.append((name, "O2", str(theirs), 15.0 * k, 15.0 * k + 15))
    return observed(rows, *sessions)


def agreements(observations):
    rng = np.random.default_rng(1)
    return (
        event_agreement(observations, tolerance_s=5, rng=rng, n_resamples=200),
        time_unit_agreement(observations, rng=rng, n_resamples=200),
    )


def test_identical_records_agree_fully():
    for found in agreements(two_observers(lambda codes, _rng: codes)):
        assert found.value == pytest.approx(1.0)
        assert found.interval95 == pytest.approx((1.0, 1.0))


def test_shuffled_codes_agree_as_by_chance():
    for found in agreements(two_observers(lambda codes, rng: rng.permutation(codes))):
        assert found.value == pytest.approx(0, abs=0.09)
        assert found.interval95[0] < 0 < found.interval95[1]


def exchanged(observations):
    """What two observers watched, the second record counting and the first one taken beside it."""
    twice = {one.session for one in observations.sessions if one.second}
    sessions = [replace(one, second=not one.second) for one in observations.sessions if one.session in twice]
    table = observations.table.filter(pl.col("session").is_in(twice))
    return Observations.from_table(table, scheme=observations.scheme, sessions=sessions)


def test_kappa_does_not_depend_on_whose_record_counts():
    observations = two_observers(
        lambda codes, rng: np.where(rng.random(len(codes)) < 0.3, rng.permutation(codes), codes)
    )
    for one, other in zip(agreements(observations), agreements(exchanged(observations)), strict=True):
        assert 0.5 < one.value < 0.9
        assert other.value == pytest.approx(one.value, abs=1e-9)
    kindergarten = simulate_kindergarten().observations
    for one, other in zip(agreements(kindergarten), agreements(exchanged(kindergarten)), strict=True):
        assert other.value == pytest.approx(one.value, abs=1e-9)


def going_on(rng, *, length_s, mean_s):
    """Yield states one after the other, each of an exponential length."""
    at, last = 0.0, ""
    while at < length_s:
        last = str(rng.choice([code for code in ("alone", "shared-play", "watching") if code != last]))
        until = min(at + rng.exponential(mean_s), length_s)
        yield last, at, until
        at = until


def test_records_that_have_nothing_to_do_with_each_other_agree_as_by_chance():
    """A window much shorter than the time between events pairs few by chance; a wide one pairs more: kappa rises."""
    rng = np.random.default_rng(4)
    sessions, rows = [], []
    for n in range(60):
        for observer, second in (("O1", False), ("O2", True)):
            name = f"S{n:02d}"
            sessions.append(session(name, observer=observer, second=second, child=f"K-{n:03d}", exposure_s=900.0))
            rows += [(name, observer, *one) for one in going_on(rng, length_s=900.0, mean_s=30.0)]
    record = observed(rows, *sessions)
    narrow, wide = (event_agreement(record, tolerance_s=t, rng=rng, n_resamples=20).value for t in (2.0, 30.0))
    assert narrow == pytest.approx(0, abs=0.02)
    assert narrow < wide
    assert time_unit_agreement(record, rng=rng, n_resamples=20).value == pytest.approx(0, abs=0.04)


def test_time_units_take_the_state_at_their_middle():
    record = observed([("S1", "O1", "alone", 0.4, 2.6), ("S1", "O1", "aggression", 2.6, 5.0)], session(exposure_s=6.0))
    assert unit_codes(record, record.sessions[0]) == ["alone", "alone", "alone", "aggression", "aggression", "-"]


def test_events_that_one_observer_missed_lower_agreement_and_are_counted():
    rows = [("S1", o, "alone", 10.0 * k, 10.0 * k + 5) for k in range(20) for o in ("O1", "O2")]
    rows += [("S1", o, "watching", 10.0 * k + 5, 10.0 * k + 10) for k in range(20) for o in ("O1", "O2")]
    whole = observed(rows, session(), session(observer="O2", second=True))
    fewer = observed(rows[1:], session(), session(observer="O2", second=True))
    (full, _), (less, _) = agreements(whole), agreements(fewer)
    assert less.value < full.value == pytest.approx(1.0)
    assert any("1 of 40 events was noted by one observer only" in note.en for note in less.notes)
    assert any("Only 1 session was watched by two observers" in note.en for note in less.notes)


def test_a_wrong_zero_of_fixed_steps_does_not_come_back():
    """Marks a little apart must not fall from full agreement to none when a step changes by a second."""
    rows = [("S1", o, "kind-act", 10.0 * k + shift, None) for k in range(20) for o, shift in (("O1", 0.0), ("O2", 0.9))]
    rows += [
        ("S1", o, "aggression", 10.0 * k + 4 + s, 10.0 * k + 6 + s)
        for k in range(20)
        for o, s in (("O1", 0.0), ("O2", 0.9))
    ]
    record = observed(rows, session(), session(observer="O2", second=True))
    for window in (1.0, 2.0, 3.0):
        found = event_agreement(record, tolerance_s=window, rng=np.random.default_rng(1), n_resamples=20)
        assert found.value == pytest.approx(1.0)


def test_rates_of_two_observers_are_compared_session_by_session():
    observations = simulate_kindergarten().observations
    found = rate_agreement(observations, "aggression")
    assert found.n_rows == sum(one.second for one in observations.sessions)
    low, high = found.form("ICC(A,1)").interval95
    assert 0.3 < low < found.form("ICC(A,1)").value < high < 1


def test_one_observer_alone_cannot_agree():
    with pytest.raises(NothingToCompareError, match="Have some of it coded twice"):
        agreements(observed([("S1", "O1", "alone", 0.0, 1.0)], session()))
