"""Observation: from watching children, by rules and with their parents' consent, to what may be said and what may not.

Read from top to bottom. Twelve invented children are watched for an hour each; two observers watch some of it together.
"""

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from yucai.demo import answer_kindergarten, simulate_kindergarten
from yucai.errors import FaultyInputError
from yucai.evidence import (
    Observations,
    SamplingMode,
    Session,
    WrongSamplingError,
    draw_schedule,
    estimate_behaviour,
    expected_shares,
    from_boris,
    load_coding_scheme,
    ratio_interval,
    sample_as,
    to_boris,
)
from yucai.measurement import (
    analyse_lags,
    code_sequences,
    event_agreement,
    kappa_of_accuracy,
    krippendorff_alpha,
    rates_by_setting,
    reason_fits,
    time_unit_agreement,
    what_precedes,
)

ZONE = dt.timezone(dt.timedelta(hours=8))
SCHEME = load_coding_scheme("aggression-preschool")
CHILDREN = [f"K-{n:03d}" for n in range(1, 13)]


def watched(n, child, **facts):
    """One session: who is watched, by whom, where, how long, with whose consent, and until when it is kept."""
    return Session(
        **{"session": f"S{n}", "child": child, "observer": "Bai", "setting": "free-play",
           "mode": SamplingMode.TIMED_EVENT, "starts": dt.datetime(2026, 3, 2, 9, tzinfo=ZONE), "exposure_s": 3600.0,
           "consent": f"C-{n}", "delete_on": dt.date(2027, 8, 31), **facts}
    )  # fmt: skip


def rows_of(n, observer="Bai", late=0.0):
    """Child n gets into n disputes over an object, hits in every second one for 10 seconds, and gets it."""
    for k in range(n):
        at = 200.0 * k + 60 + late
        yield (f"S{n}", observer, "object-dispute", at, None, None, None)
        if k % 2:
            yield (f"S{n}", observer, "aggression", at + 4, at + 14, "object-dispute", "gets-object")
            yield (f"S{n}", observer, "gets-object", at + 8, None, None, None)
        yield (f"S{n}", observer, "shared-play", at + 14, at + 140, None, None)


@pytest.fixture(scope="module")
def observations():
    names = ["session", "observer", "code", "onset_s", "offset_s", "antecedent", "consequence"]
    rows = [row for n in range(1, 13) for row in rows_of(n)]
    rows += [row for n in range(7, 13) for row in rows_of(n, "Deng", late=0.8)]
    sessions = [
        watched(n, child, setting="meal" if n % 2 else "free-play") for n, child in enumerate(CHILDREN, start=1)
    ]
    sessions += [
        watched(n, CHILDREN[n - 1], setting="meal" if n % 2 else "free-play", observer="Deng", second=True)
        for n in range(7, 13)
    ]
    table = pl.DataFrame(rows, schema=names, orient="row")
    return Observations.from_table(table, scheme=SCHEME, sessions=sessions)


@pytest.fixture
def rng():
    return np.random.default_rng(1)


# 1. Before the first day: what counts, whom to watch when


def test_the_scheme_says_what_counts_and_what_does_not():
    aggression = SCHEME.code_of("aggression")
    assert "Hits, kicks" in aggression.includes[0].en
    assert "打闹游戏" in aggression.excludes[0].zh


def test_the_schedule_is_drawn_and_its_seed_kept():
    times = [(dt.datetime(2026, 3, 2 + day, 9, tzinfo=ZONE), "free-play") for day in range(24)]
    schedule = draw_schedule(CHILDREN, times, seconds=600, seed=20260302)
    assert schedule.seed == 20260302
    assert sorted(slot.child for slot in schedule.slots[:12]) == CHILDREN


# 2. The record: no name, a consent, a day of deletion, and observed time


def test_a_name_a_missing_consent_and_video_are_refused_together():
    wrong = watched(1, "Wang Zihan", consent="", video=True)
    with pytest.raises(FaultyInputError) as told:
        Observations.from_table(pl.DataFrame(schema=["session", "observer", "code", "onset_s"]), scheme=SCHEME,
                                sessions=[wrong])  # fmt: skip
    assert [fault.code for fault in told.value.faults] == ["name", "no-consent", "video"]


def test_observed_time_is_in_the_record_so_silence_counts(observations):
    assert observations.children == tuple(CHILDREN)
    assert sum(session.exposure_s for session in observations.first_records().sessions) == 12 * 3600


# 3. How much: each way of sampling with its own figures, denominators and limits


def test_timed_events_give_rate_share_of_time_and_length(observations, rng):
    found = estimate_behaviour(observations, "aggression", rng=rng)
    assert found.count == sum(n // 2 for n in range(1, 13)) == 36
    assert found.measure("rate_per_hour").value == pytest.approx(36 / 12)
    assert found.measure("time_share").value == pytest.approx(36 * 10 / (12 * 3600))
    assert found.measure("mean_bout_s").value == pytest.approx(10)
    low, high = found.measure("rate_per_hour").interval95
    assert low < 3 < high


def test_a_figure_is_told_with_its_interval_and_denominator(observations, rng):
    said = estimate_behaviour(observations, "aggression", rng=rng).measure("time_share").in_language("zh")
    assert said.startswith("占观察时间的比例：0.8%（95% 区间")
    assert said.endswith("分母：对 12 名幼儿共 12.0 小时的观察）")


def test_partial_intervals_show_more_and_say_so(observations, rng):
    coarse = estimate_behaviour(
        sample_as(observations, SamplingMode.PARTIAL_INTERVAL, interval_s=30.0), "aggression", rng=rng
    )
    assert coarse.measure("interval_share").value > 2 * 36 * 10 / (12 * 3600)
    assert "over-estimates the share of time" in coarse.warnings[0].en
    with pytest.raises(WrongSamplingError, match="cannot be recovered"):
        coarse.measure("rate_per_hour")


# 4. Agreement first


def test_two_observers_agree_on_events_and_on_time(observations, rng):
    assert event_agreement(observations, tolerance_s=3, rng=rng).value == pytest.approx(1.0)
    assert event_agreement(observations, tolerance_s=0.5, rng=rng).value < 0
    assert 0.9 < time_unit_agreement(observations, rng=rng).value < 1


def test_there_is_no_cut_off_only_what_good_observers_would_reach():
    assert kappa_of_accuracy([0.98, 0.02], accuracy=0.9) < 0.2 < 0.6 < kappa_of_accuracy([0.5, 0.5], accuracy=0.9)


# 5. In which contexts


def test_what_goes_before_is_set_against_its_base_rate(observations):
    found = what_precedes(observations, "object-dispute", "aggression", window_s=10)
    assert found.probability == pytest.approx(36 / 78)
    assert found.otherwise == 0
    assert found.base_rate < 0.01
    assert found.yules_q == 1.0


def test_settings_are_compared_per_hour_with_children_allowed_to_differ(observations):
    free_play, meal = rates_by_setting(observations, "aggression").rates
    assert (free_play.setting, free_play.count, free_play.hours) == ("free-play", 21, 6.0)
    assert (meal.setting, meal.count) == ("meal", 15)
    assert free_play.rate95[0] < free_play.rate_per_hour < free_play.rate95[1]
    assert meal.ratio95[0] < 1 < meal.ratio95[1]


def test_what_follows_what_is_tested_by_shuffling_within_each_child(observations, rng):
    sequences = code_sequences(observations, ["object-dispute", "aggression", "gets-object", "shared-play"])
    found = analyse_lags(sequences, repeats=False, rng=rng).to_table()
    row = found.filter(given="aggression", target="gets-object").row(0, named=True)
    assert row["count"] == 36
    assert row["p_any"] < 0.05


# 6. Why: hypotheses


def test_a_reason_is_a_hypothesis_and_says_so(observations, rng):
    tangible = reason_fits(observations, "aggression", rng=rng)[0]
    assert (tangible.code, tangible.share) == ("tangible", 1.0)
    assert "association only" in tangible.note.en


# 7. The kindergarten question, answered in plain sentences


def test_how_much_where_and_why_and_what_it_cannot_show(rng):
    answer = answer_kindergarten(simulate_kindergarten(), rng=rng)
    headings = [section.heading.zh for section in answer.sections()]
    assert headings == ["有多少", "在什么情境中", "可能的原因", "能说明什么，不能说明什么"]
    assert "更不能给任何幼儿贴上标签" in answer.in_language("zh")


# 8. Exchange: to BORIS and back


def test_records_travel_to_boris_and_come_back_equal(observations):
    export = to_boris(observations)
    back = from_boris(export.table, scheme=SCHEME, zone=ZONE, sessions=export.silent).observations
    assert back.table.equals(observations.table)


# 9. What the figures are checked against: six things that must hold, the long runs being in bench/observation.py


EXPECTED = expected_shares(begins_per_hour=20.0, mean_bout_s=15.0, interval_s=30.0)


def coming_and_going(rng, n, *, begins_per_hour=20.0, mean_bout_s=15.0):
    """Child n is watched for an hour; aggression begins and ends at constant rates, so that the truth is known."""
    at = 0.0
    while (at := at + rng.exponential(3600 / begins_per_hour)) < 3600:
        until = min(at + rng.exponential(mean_bout_s), 3600)
        yield (f"S{n}", "Bai", "aggression", at, until)
        at = until


@pytest.fixture(scope="module")
def known_truth():
    rng = np.random.default_rng(2)
    rows = [row for n in range(1, 41) for row in coming_and_going(rng, n)]
    table = pl.DataFrame(rows, schema=["session", "observer", "code", "onset_s", "offset_s"], orient="row")
    sessions = [watched(n, f"K-{n:03d}") for n in range(1, 41)]
    return Observations.from_table(table, scheme=SCHEME, sessions=sessions)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (SamplingMode.PARTIAL_INTERVAL, EXPECTED.partial_interval),
        (SamplingMode.WHOLE_INTERVAL, EXPECTED.whole_interval),
        (SamplingMode.MOMENTARY, EXPECTED.momentary),
    ],
)
def test_one_each_way_of_sampling_shows_what_the_closed_form_says(known_truth, rng, mode, expected):
    found = estimate_behaviour(sample_as(known_truth, mode, interval_s=30.0), "aggression", rng=rng)
    low, high = found.measure("interval_share").interval95
    assert low < expected < high


def test_two_alpha_is_that_of_the_published_example(rng):
    """Krippendorff 2011: four observers, twelve units, gaps; 0.743 for names."""
    gap = None
    observers = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, gap, gap, gap],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, gap, 3],
        [gap, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, gap],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, gap],
    ]
    units = list(zip(*observers, strict=True))
    assert krippendorff_alpha(units, rng=rng).value == pytest.approx(0.743, abs=0.0005)


def test_three_order_that_is_not_there_is_found_once_in_twenty():
    rng, found = np.random.default_rng(11), []
    for _ in range(300):
        codes = {f"K-{n}": [rng.choice(["a", "b", "c"], 40).tolist()] for n in range(2)}
        found.append(np.nanmin(analyse_lags(codes, rng=rng, n_permutations=99).p_any) <= 0.05)
    assert np.mean(found) == pytest.approx(0.05, abs=0.038)  # three Monte Carlo errors


def test_four_agreement_is_one_on_identical_records_and_whose_record_counts_does_not_matter(observations, rng):
    twice = {one.session for one in observations.sessions if one.second}
    table = observations.table.filter(pl.col("session").is_in(twice))
    sessions = [one for one in observations.sessions if one.session in twice]
    turned = [replace(one, second=not one.second) for one in sessions]
    both = [Observations.from_table(table, scheme=SCHEME, sessions=order) for order in (sessions, turned)]
    there, back = (event_agreement(record, tolerance_s=0.5, rng=rng, n_resamples=20).value for record in both)
    assert there == pytest.approx(back)
    assert event_agreement(both[0], tolerance_s=3, rng=rng, n_resamples=20).value == pytest.approx(1.0)


def test_five_a_second_journey_through_boris_changes_nothing_more(observations):
    once = to_boris(observations)
    back = from_boris(once.table, scheme=SCHEME, zone=ZONE, sessions=once.silent).observations
    assert to_boris(back).table.equals(once.table)


def test_six_intervals_over_children_hold_the_truth():
    held = []
    for n in range(40):
        rng = np.random.default_rng(n)
        counts = rng.poisson(3 * np.exp(rng.normal(0, 0.6, 40))).astype(float)
        low, high = ratio_interval(counts, np.ones(40), rng=rng, n_resamples=500).interval95
        held.append(low <= 3 * np.exp(0.18) <= high)
    assert np.mean(held) >= 0.85  # of 40 intervals at 95 %, fewer hold once in 100 runs
