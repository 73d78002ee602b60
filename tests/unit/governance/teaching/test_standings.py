"""Intervals, chances and groups instead of ranks."""

from dataclasses import fields

import numpy as np
import polars as pl
import pytest

from tests.unit.governance.teaching.simulated import ratings
from yucai.governance import (
    TeachingPlace,
    TeachingStanding,
    TeachingStandings,
    check_spacing,
    fit_ratings,
    teaching_standings,
)


@pytest.fixture(scope="module")
def fit():
    """Twenty lecturers, and one with two raters who happened to be delighted."""
    world = ratings(np.random.default_rng(11), n_raters=80, n_lecturers=20, each=10)
    few = pl.DataFrame({"rater": ["r001", "r002"], "lecturer": ["few", "few"], "score": [5.0, 5.0]})
    return fit_ratings(pl.concat([world.table, few]), joint="lecturer")


@pytest.fixture(scope="module")
def found(fit):
    return teaching_standings(fit.of("lecturer"), rng=np.random.default_rng(1), share=0.2)


def test_the_best_raw_mean_of_two_raters_is_not_called_best(found):
    few = next(one for one in found if one.name == "few")
    assert few.raw_mean == max(one.raw_mean for one in found)
    assert few.mean < max(one.mean for one in found)
    assert few.place is TeachingPlace.UNKNOWN


def test_whoever_is_above_or_below_is_so_with_the_whole_interval(found):
    for one in found.within(TeachingPlace.ABOVE):
        assert one.low > found.average
    for one in found.within(TeachingPlace.BELOW):
        assert one.high < found.average
    for one in found.within(TeachingPlace.NOT_TOLD_APART):
        assert one.low <= found.average <= one.high
    assert sum(len(found.within(place)) for place in TeachingPlace) == 21
    assert 0 < found.wrong_expected < 0.05 * 21


def test_chances_to_be_in_the_highest_group_add_up_to_its_size(found):
    assert sum(one.in_top for one in found) == pytest.approx(4)
    assert sum(one.in_bottom for one in found) == pytest.approx(4)
    assert all(0 <= one.in_top + one.in_bottom <= 1 for one in found)
    best = max(found, key=lambda one: one.mean)
    assert best.in_top > 0.5 > best.in_bottom


def test_there_is_no_rank_and_no_order_of_merit(found):
    assert [one.name for one in found] == sorted(one.name for one in found)
    names = {field.name for kind in (TeachingStanding, TeachingStandings) for field in fields(kind)}
    assert not {name for name in names if "rank" in name or "order" in name}
    assert "only ground" in found.caution.en
    assert "唯一依据" in found.caution.zh


def test_standings_need_the_covariance_and_say_so(fit):
    with pytest.raises(ValueError, match="joint='rater'"):
        teaching_standings(fit.of("rater"), rng=np.random.default_rng(1))


def test_intervals_hold_the_truth_as_often_as_they_say():
    """Sixty small worlds here; two thousand in bench/governance_teaching.py."""
    held, told = 0, 0
    for seed in range(60):
        world = ratings(np.random.default_rng(seed), n_raters=40, n_lecturers=15, each=6)
        effects = fit_ratings(world.table).of("lecturer")
        truth = world.lecturers[[int(name[1:]) for name in effects.names]]
        truth = truth - truth.mean() + effects.effects.mean()
        held += int((np.abs(effects.effects - truth) <= 1.6449 * effects.std_errors).sum())
        told += len(truth)
    assert 0.85 <= held / told <= 0.95


def test_pairs_apart_grow_with_the_ratings():
    shares = []
    for each in (4, 18):
        world = ratings(np.random.default_rng(2), n_raters=90, n_lecturers=20, each=each)
        fit = fit_ratings(world.table, joint="lecturer")
        shares.append(teaching_standings(fit.of("lecturer"), rng=np.random.default_rng(1)).pairs_apart)
    assert shares[0] < shares[1]


def test_equal_steps_of_the_scale_matter_little_where_answers_are_a_cut_normal():
    world = ratings(np.random.default_rng(4), n_raters=80, n_lecturers=20, each=10)
    cut = world.table.with_columns(pl.col("score").round().clip(1, 5))
    check = check_spacing(cut, fit_ratings(cut, joint="lecturer"))
    assert check.correlation > 0.98
    places = [place for _answer, place in check.steps]
    assert places == sorted(places)
    shares = cut["score"].value_counts(normalize=True).sort("score")["proportion"].to_numpy()
    assert shares @ np.array(places) == pytest.approx(0, abs=1e-12)
