"""What holds for any evidence, however little of it there is."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.measurement.making import (
    ANY_MODEL,
    BINARY,
    CREDIT,
    GRADED,
    SecondOpinion,
    Simulated,
    a_map,
    responses,
    rule,
)
from yucai.evidence import Responses
from yucai.measurement import calibrate, score
from yucai.measurement.coding import code_responses
from yucai.measurement.joint import estimate_together
from yucai.measurement.priors import INTERCEPT_PRIOR_SD, SLOPE_PRIOR, STEEPEST

MIXED = [BINARY] * 3 + [GRADED] * 2 + [CREDIT] * 2
TOPS = {"b": 1, "g": 3, "c": 2}
KEY = ["learner", "item", "rater", "occasion"]


@st.composite
def little_evidence(draw, *, raters=(None, "甲", "乙")):
    """A handful of responses: any learners, items of every model, raters or none, occasions or none."""
    ways = st.tuples(
        st.sampled_from(["一", "二", "三", "four"]), st.sampled_from(["b1", "b2", "g1", "g2", "c1"]),
        st.sampled_from(raters), st.sampled_from([None, "2025"]),
    )  # fmt: skip
    rows = draw(st.lists(ways, min_size=1, max_size=25, unique=True))
    scores = [draw(st.integers(0, TOPS[item[0]])) for _learner, item, *_rest in rows]
    return responses(
        [(who, item, s, TOPS[item[0]], by, when) for (who, item, by, when), s in zip(rows, scores, strict=True)]
    )


@pytest.fixture(scope="module")
def rated():
    simulated = Simulated(MIXED, 150, rng=np.random.default_rng(8), n_raters=5)
    return simulated.responses, calibrate(simulated.responses, ANY_MODEL)


def numbers_of(calibration):
    for scale in calibration.scales:
        for item in scale.items:
            yield from (item.slope, item.slope_std_error, *item.intercepts, *item.intercept_std_errors)
        for rater in scale.raters:
            yield from (rater.severity, rater.std_error)
        yield scale.severity_sd
    yield calibration.log_likelihood


def all_finite(calibration, profiles):
    parts = (profiles.mean, profiles.std_error, profiles.lower90, profiles.upper90)
    return np.isfinite([*numbers_of(calibration)]).all() and all(np.isfinite(part).all() for part in parts)


@given(little_evidence())
@settings(max_examples=60)
def test_every_number_is_finite_and_in_order_for_any_evidence(evidence):
    calibration = calibrate(evidence, ANY_MODEL)
    profiles = score(evidence, calibration)
    assert all_finite(calibration, profiles)
    assert (profiles.lower90 < profiles.mean).all()
    assert (profiles.mean < profiles.upper90).all()
    assert (profiles.std_error > 0).all()
    assert len(profiles) == evidence.table.select("learner", "occasion").unique().height
    profiles.to_table(), calibration.items_table(), calibration.raters_table()


@given(little_evidence(), st.randoms())
@settings(max_examples=25)
def test_the_order_of_rows_means_nothing(evidence, random):
    order = list(range(len(evidence)))
    random.shuffle(order)
    shuffled = Responses.from_table(evidence.table[order])
    calibration = calibrate(evidence, ANY_MODEL)
    assert calibrate(shuffled, ANY_MODEL) == calibration
    assert score(shuffled, calibration).to_table().equals(score(evidence, calibration).to_table())


@given(little_evidence(raters=(None,)))
@settings(max_examples=25)
def test_the_search_never_goes_down(evidence):
    for coded in code_responses(evidence, ANY_MODEL):
        if all(len(used) > 1 for used in coded.used):
            assert_never_falls(estimate_together([coded]).trace)


@given(little_evidence())
@settings(max_examples=25)
def test_a_search_with_raters_ends_higher_than_it_began_or_as_high(evidence):
    """The height is then an approximation that steps follow but roughly, and the roughest where hardly anybody rated.

    What one rater has judged is not set apart here: ``calibrate`` leaves severities away where there is but one.
    """
    for coded in code_responses(evidence, ANY_MODEL):
        if all(len(used) > 1 for used in coded.used):
            trace = estimate_together([coded]).trace
            assert trace[-1] >= trace[0] - 1e-3 * abs(trace[0])


@pytest.mark.parametrize("seed", range(4))
def test_the_search_never_goes_down_on_whole_classes(seed):
    simulated = Simulated(MIXED, 120, rng=np.random.default_rng(seed), n_raters=seed * 3)
    (coded,) = code_responses(simulated.responses, ANY_MODEL)
    found = estimate_together([coded])
    assert len(found.trace) > 3
    assert found.trace[-1] > found.trace[0] + 1.0
    assert_never_falls(found.trace, slack=5e-6 if seed else 1e-8)


def assert_never_falls(trace, *, slack=1e-8):
    """Where raters judged, the height has severities integrated out to second order and each by itself."""
    steps = np.diff(trace)
    assert (steps >= -slack * np.abs(trace[-1])).all(), steps.min()


def test_rows_of_a_class_in_any_order_give_the_same_to_the_last_bit(rated):
    evidence, calibration = rated
    shuffled = Responses.from_table(evidence.table.sample(fraction=1.0, shuffle=True, seed=1))
    again = calibrate(shuffled, ANY_MODEL)
    assert again == calibration
    assert score(shuffled, again).to_table().equals(score(evidence, calibration).to_table())


def test_a_name_does_not_move_a_profile(rated):
    """Learners exchange their names: each number stays with its work."""
    evidence, calibration = rated
    names = evidence.table["learner"].unique().sort().to_list()
    other = dict(zip(names, np.random.default_rng(2).permutation(names).tolist(), strict=True))
    renamed = Responses.from_table(evidence.table.with_columns(pl.col("learner").replace_strict(other)))
    again = calibrate(renamed, ANY_MODEL)
    assert [*numbers_of(again)] == pytest.approx([*numbers_of(calibration)], abs=1e-5)
    before, after = score(evidence, calibration), score(renamed, again)
    for name in names:
        assert after.of(other[name]).mean == pytest.approx(before.of(name).mean, abs=1e-5)


def test_what_one_learner_lacks_changes_nobody_else(rated):
    """Under one calibration a profile rests on the learner's own responses only."""
    evidence, calibration = rated
    gap = (pl.col("learner") == "u00007") & pl.col("item").str.starts_with("g")
    thinned = Responses.from_table(evidence.table.filter(~gap))
    before, after = score(evidence, calibration), score(thinned, calibration)
    others = before.units["learner"].to_numpy() != "u00007"
    assert after.mean[others] == pytest.approx(before.mean[others], abs=1e-12)
    assert len(after) == len(before)
    assert after.of("u00007").n_evidence[0] < before.of("u00007").n_evidence[0]
    assert after.of("u00007").covariance[0, 0] > before.of("u00007").covariance[0, 0]


def test_missing_responses_at_random_leave_the_items_what_they_are():
    """A fifth of the responses missing at random moves no item beyond its own uncertainty."""
    simulated = Simulated(MIXED, 500, rng=np.random.default_rng(4))
    kept = Responses.from_table(simulated.responses.table.sample(fraction=0.8, seed=4))
    whole, thinned = (calibrate(evidence, ANY_MODEL).scales[0].items for evidence in (simulated.responses, kept))
    for before, after in zip(whole, thinned, strict=True):
        assert abs(after.slope - before.slope) < 2 * after.slope_std_error
        assert after.slope_std_error > 0.95 * before.slope_std_error


@given(st.data())
@settings(max_examples=60)
def test_a_higher_score_never_lowers_a_profile(rated, data):
    _evidence, calibration = rated
    scale = calibration.scales[0]
    assert all(item.slope > 0 for item in scale.items)
    rows = [
        (
            "x",
            item.item,
            data.draw(st.integers(0, item.top)),
            item.top,
            data.draw(st.sampled_from([None, "r00", "r03"])),
        )
        for item in data.draw(st.lists(st.sampled_from(scale.items), min_size=1, max_size=6, unique=True))
    ]
    raised = data.draw(st.integers(0, len(rows) - 1))
    who, item, points, top, by = rows[raised]
    better = [*rows[:raised], (who, item, data.draw(st.integers(points, top)), top, by), *rows[raised + 1 :]]
    low, high = (score(responses(these), calibration).mean[0, 0] for these in (rows, better))
    assert high >= low - 1e-12


@given(little_evidence(raters=(None,)))
@settings(max_examples=25)
def test_a_reversed_item_is_the_same_item_read_backwards(evidence):
    def only(of):
        return Responses.from_table(of.filter(pl.col("item").str.starts_with("b")))

    if not (evidence.table["item"].str.starts_with("b")).any():
        return
    forwards = only(evidence.table)
    backwards = only(evidence.table.with_columns(score=pl.col("max_score") - pl.col("score")))
    one = calibrate(forwards, a_map(rule("b*")))
    two = calibrate(backwards, a_map(rule("b*", backwards=True)))
    assert [*numbers_of(two)] == pytest.approx([*numbers_of(one)], abs=1e-9)
    assert score(backwards, two).mean == pytest.approx(score(forwards, one).mean, abs=1e-9)


TINY = {
    "one learner, one item": [("一", "b1", 1, 1)],
    "one learner, two items": [("一", "b1", 1, 1), ("一", "g1", 2, 3)],
    "one item, two learners": [("一", "b1", 1, 1), ("二", "b1", 0, 1)],
    "all alike": [(who, item, 1, 1) for who in "一二三" for item in ("b1", "b2")],
    "one rater": [(who, "c1", s, 2, "甲") for s, who in enumerate("一二三")],
    "two raters, one learner": [("一", "c1", 0, 2, "甲"), ("一", "c1", 2, 2, "乙")],
    "each rater a learner of their own": [("一", "c1", 0, 2, "甲"), ("二", "c1", 2, 2, "乙")],
    "a rater who only gives the best": [(who, "c1", 2, 2, "甲") for who in "一二三"]
    + [(who, "c1", s, 2, "乙") for s, who in enumerate("一二三")],
    "one learner in two terms": [("一", "b1", 0, 1, None, "2024"), ("一", "b1", 1, 1, None, "2025")],
    "some with a term, some without": [("一", "b1", 0, 1, None, "2024"), ("一", "b1", 1, 1)],
    "items that repeat each other": [(f"u{n}", f"b{j}", n % 2, 1) for n in range(60) for j in range(4)],
    "everybody against the item": [(f"u{n}", f"b{j}", (n + j) % 2, 1) for n in range(60) for j in range(2)],
}


@pytest.mark.parametrize("rows", TINY.values(), ids=TINY)
def test_hardly_any_evidence_gives_numbers_and_abstains(rows):
    evidence = responses(rows)
    calibration = calibrate(evidence, ANY_MODEL)
    profiles = score(evidence, calibration)
    assert all_finite(calibration, profiles)
    assert calibration.converged
    if len(rows) < 6:
        assert not profiles.enough.any()


def test_where_all_are_alike_nothing_is_measured_and_it_is_said():
    evidence = responses(TINY["all alike"])
    calibration = calibrate(evidence, ANY_MODEL)
    assert calibration.scales == ()
    assert [left.item for left in calibration.left_out] == ["b1", "b2"]
    profiles = score(evidence, calibration)
    assert (profiles.mean == 0).all()
    assert (profiles.std_error == 1).all()
    assert (profiles.n_evidence == 0).all()


def marks_that_go_by_rank(tops):
    """Everybody's category follows from their rank alone, on items of several categories."""
    ranks = [(n, item) for n in range(230) for item in tops]
    return responses([(f"u{n:03d}", item, n * tops[item] // 229, tops[item]) for n, item in ranks])


ALIKE = {"g1": 3, "g2": 8, "c1": 8, "c2": 4}


@pytest.mark.parametrize("tops", [ALIKE, {"g1": 10, "g2": 10, "c1": 4}, {"g1": 10, "g2": 10}])
def test_where_slopes_reach_their_bound_the_search_still_only_climbs(tops):
    """Found by trying: intercepts once moved as if the slope were free, and the search ended too low."""
    (coded,) = code_responses(marks_that_go_by_rank(tops), ANY_MODEL)
    found = estimate_together([coded])
    assert_never_falls(found.trace)
    assert found.converged
    assert max(np.abs(one).max() for one in found.qualities[0].slopes) == STEEPEST


def test_at_the_bound_no_neighbour_within_it_is_higher():
    evidence = marks_that_go_by_rank(ALIKE)
    (scale,) = calibrate(evidence, ANY_MODEL).scales
    opinion = SecondOpinion(evidence.table, scale)
    held = np.flatnonzero(np.abs(opinion.flat) == STEEPEST)

    def height(flat):  # weak priors: the highest categories are met but once
        slopes, intercepts = flat[: opinion.n_items], flat[opinion.n_items :]
        few = 0.5 * (((slopes - SLOPE_PRIOR[0]) / SLOPE_PRIOR[1]) ** 2).sum()
        return opinion.by_unit(flat).sum() - few - 0.5 * ((intercepts / INTERCEPT_PRIOR_SD) ** 2).sum()

    rng = np.random.default_rng(1)
    for reach in (0.05, 0.3):
        for _ in range(5):
            aside = rng.normal(size=len(opinion.flat)) * opinion.said_errors
            aside[held] = 0.0
            assert height(opinion.flat + reach * aside) < height(opinion.flat) + 1e-4


@pytest.mark.parametrize("seed", range(8))
def test_the_spread_of_severities_settles_where_ratings_are_few(seed):
    """Found by trying: with few, mostly top marks the spread once swung to and fro between two values."""
    rng = np.random.default_rng(seed)
    rows = {}
    for _ in range(110):
        who, item, by = f"u{rng.integers(20)}", f"c{rng.integers(4)}", f"r{rng.integers(3)}"
        rows[who, item, by] = (who, item, 3 if rng.random() < 0.85 else int(rng.integers(4)), 3, by)
    assert calibrate(responses([*rows.values()]), ANY_MODEL).converged
