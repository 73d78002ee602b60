"""Plausible values, levels, gaps, norms and composites: against formulas, published values and simulated truth."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from tests.unit.measurement.making import ANY_MODEL, BINARY, CREDIT, GRADED, Simulated, a_map, chances, lsat, rule
from yucai.errors import FaultyInputError
from yucai.evidence import Responses
from yucai.measurement import UnknownQualityError, calibrate, score
from yucai.measurement.levels import (
    CriterionLevel,
    chance_of_reaching,
    classify,
    construct_map,
    gaps_to,
    place_of_reaching,
)
from yucai.measurement.margins import bend_of, bent, chance_below
from yucai.measurement.norms import UnknownGroupError, compose, norms_of, reliability_of
from yucai.measurement.plausible import TooFewDrawsError, plausible_values, pool_estimates
from yucai.texts import Text

LEVELS = (
    CriterionLevel(name=Text("Begins", "起步"), descriptor=Text("Follows an example.", "能照样做。")),
    CriterionLevel(name=Text("Works", "胜任"), descriptor=Text("Works alone.", "能独立完成。"), begins=-0.5),
    CriterionLevel(name=Text("Leads", "引领"), descriptor=Text("Shows others.", "能指导他人。"), begins=0.8),
)
TWO = a_map(rule("b*", quality="knowing"), rule("g*", GRADED, quality="doing"))


class Class:
    """Two qualities that hang together: six questions and five graded works of 800 learners."""

    def __init__(self):
        rng = np.random.default_rng(5)
        self.places = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 800)
        parts = [
            Simulated(models, 800, rng=rng, places=self.places[:, d]).responses.table
            for d, models in enumerate(([BINARY] * 6, [GRADED] * 5))
        ]
        self.responses = Responses(pl.concat(parts))
        self.calibration = calibrate(self.responses, TWO)
        self.profiles = score(self.responses, self.calibration)


@pytest.fixture(scope="module")
def a_class():
    return Class()


# Margins and plausible values


@pytest.mark.parametrize("bend", [-0.12, -0.03, 0.0, 0.05, 0.12])
def test_a_bent_margin_has_mean_0_variance_1_and_its_own_distribution(bend):
    z = np.linspace(-8, 8, 200_001)
    weight = stats.norm.pdf(z) * (z[1] - z[0])
    x = bent(z, np.array(bend))
    assert (weight @ x, weight @ x**2) == pytest.approx((0, 1), abs=1e-6)
    assert weight @ x**3 == pytest.approx(6 * bend, abs=0.06)
    for place in (-2.0, -0.4, 0.0, 1.3, 2.5):
        assert chance_below(place, np.array(0.0), np.array(1.0), np.array(bend)) == pytest.approx(
            weight[x <= place].sum(), abs=2e-5
        )


def test_bent_margins_have_the_ends_of_the_intervals(a_class):
    profiles, bend = a_class.profiles, bend_of(a_class.profiles)
    inside = np.abs(bend) < 0.119
    assert inside.mean() > 0.95
    for ends, share in ((profiles.lower90, 0.05), (profiles.upper90, 0.95)):
        said = chance_below(ends, profiles.mean, profiles.std_error, bend)
        assert said[inside] == pytest.approx(share, abs=0.012)


def test_plausible_values_have_the_spread_of_the_truth_and_means_have_not(a_class):
    drawn = plausible_values(a_class.profiles, 40, rng=np.random.default_rng(1))
    assert drawn.values.shape == (40, 800, 2)
    assert drawn.values.mean(axis=0) == pytest.approx(a_class.profiles.mean, abs=0.65)
    variance = drawn.values.var(axis=1).mean(axis=0)
    assert variance == pytest.approx(a_class.places.var(axis=0), abs=0.08)
    assert np.all(a_class.profiles.mean.var(axis=0) < variance - 0.1)
    correlation = np.mean([np.corrcoef(one.T)[0, 1] for one in drawn.values])
    assert correlation == pytest.approx(np.corrcoef(a_class.places.T)[0, 1], abs=0.06)


def test_plausible_values_are_the_same_for_the_same_chance_and_go_into_a_table(a_class):
    first, again = (plausible_values(a_class.profiles, 2, rng=np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first.values, again.values)
    table = first.to_table()
    assert table.columns == ["draw", "learner", "occasion", "quality", "place"]
    assert table.height == 2 * 800 * 2
    assert table.row(2) == (1, "u00001", None, "knowing", pytest.approx(first.values[0, 1, 0]))


def test_estimates_of_several_draws_are_pooled_by_rubins_rules():
    pooled = pool_estimates([0.50, 0.56, 0.47, 0.53, 0.54], [0.10, 0.11, 0.10, 0.09, 0.10])
    within = np.mean(np.square([0.10, 0.11, 0.10, 0.09, 0.10]))
    between = 1.2 * np.var([0.5, 0.56, 0.47, 0.53, 0.54], ddof=1)
    assert pooled.value == pytest.approx(0.52)
    assert pooled.std_error == pytest.approx(np.sqrt(within + between))
    assert pooled.share_of_measurement == pytest.approx(between / (within + between))
    with pytest.raises(TooFewDrawsError, match="1 draws were asked for or given; at least 2"):
        pool_estimates([0.5], [0.1])


def test_a_pooled_mean_covers_the_truth():
    """The mean of a group from plausible values: its interval holds the mean of the population nine times in ten."""
    hits = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        places = rng.normal(size=150)
        mean, error = places * 0.64 + 0.48 * rng.normal(size=150), 0.6  # posterior of a test of reliability 0.64
        draws = [mean + error * rng.normal(size=150) for _ in range(10)]
        pooled = pool_estimates([one.mean() for one in draws], [one.std(ddof=1) / np.sqrt(150) for one in draws])
        hits.append(abs(pooled.value) < 1.645 * pooled.std_error)
    assert np.mean(hits) >= 0.8


# Levels and gaps


def test_probabilities_of_levels_say_how_often_such_learners_are_there(a_class):
    found = classify(a_class.profiles, "doing", LEVELS)
    assert found.probability.sum(axis=1) == pytest.approx(np.ones(800))
    true = np.searchsorted([-0.5, 0.8], a_class.places[:, 1], side="right")
    for level in range(3):
        said = found.probability[:, level]
        for low, high in ((0.0, 0.3), (0.3, 0.7), (0.7, 1.0)):
            here = (said >= low) & (said <= high)
            error = np.sqrt((said[here] * (1 - said[here])).sum()) / here.sum()
            assert abs((true[here] == level).mean() - said[here].mean()) < 3.5 * error
    assert (found.level == true).mean() == pytest.approx(found.accuracy, abs=0.04)
    assert (found.level == true)[found.sure].mean() > 0.85
    assert found.sure.mean() < 0.9


def test_a_gap_is_shown_only_where_it_is_likely_and_evidence_is_enough(a_class):
    gaps = gaps_to(a_class.profiles, {"doing": 0.5, "knowing": 0.0})
    assert gaps.qualities == ("doing", "knowing")
    k = a_class.profiles.qualities.index("doing")
    assert gaps.distance[:, 0] == pytest.approx(0.5 - a_class.profiles.mean[:, k])
    below = a_class.places[:, 1] < 0.5
    shown = gaps.show[:, 0]
    assert below[shown].mean() > 0.85
    assert gaps.probability[shown, 0].min() > 0.8
    assert gaps.probability[:, 0].mean() == pytest.approx(below.mean(), abs=0.03)
    assert not gaps.show[~a_class.profiles.enough[:, k], 0].any()


def test_levels_out_of_order_are_refused_all_at_once(a_class):
    wrong = (LEVELS[1], LEVELS[0], LEVELS[1])
    with pytest.raises(FaultyInputError) as refusal:
        classify(a_class.profiles, "doing", wrong)
    assert len(refusal.value.faults) == 2
    assert "the lowest level “Works” begins at -0.5" in str(refusal.value)
    assert "“起步”的起点 -inf" in refusal.value.in_language("zh")
    with pytest.raises(FaultyInputError, match="one level tells nobody apart"):
        classify(a_class.profiles, "doing", LEVELS[:1])
    with pytest.raises(UnknownQualityError):
        classify(a_class.profiles, "flying", LEVELS)
    with pytest.raises(UnknownQualityError):
        gaps_to(a_class.profiles, {"flying": 0.0})


# The construct map


def test_a_binary_item_lies_where_it_is_solved_by_half():
    """LSAT 7 in R's mirt 1.47, coef(IRTpars = TRUE): b = -d / a."""
    scale = calibrate(lsat(7), ANY_MODEL).scales[0]
    placed = dict(construct_map(scale).select("item", "place").iter_rows())
    slopes, intercepts = [0.988, 1.081, 1.707, 0.765, 0.736], [1.856, 0.808, 1.805, 0.486, 1.854]
    known = {f"b{j + 1}": -d / a for j, (a, d) in enumerate(zip(slopes, intercepts, strict=True))}
    assert placed == pytest.approx(known, abs=0.003)
    assert list(placed) == ["b5", "b1", "b3", "b2", "b4"]


def test_thresholds_are_where_the_chances_say():
    simulated = Simulated([CREDIT] * 2 + [GRADED] * 2, 500, rng=np.random.default_rng(2))
    (scale,) = calibrate(simulated.responses, ANY_MODEL).scales
    for item in scale.items:
        for category in item.categories[1:]:
            place = place_of_reaching(item, category, probability=2 / 3)
            above = chances(item.model, item.slope, item.intercepts, place)[item.categories.index(category) :].sum()
            assert above == pytest.approx(2 / 3, abs=1e-8)
            assert chance_of_reaching(item, category, place) == pytest.approx(2 / 3, abs=1e-8)
    table = construct_map(scale)
    assert table["place"].is_sorted()
    assert table.height == sum(len(item.intercepts) for item in scale.items)


def test_a_category_that_is_not_there_is_refused():
    item = calibrate(lsat(7), ANY_MODEL).scales[0].items[0]
    with pytest.raises(FaultyInputError, match="b1 has the categories 0, 1; one cannot reach 0"):
        place_of_reaching(item, 0)


# Norms, composites, reliability


def test_norms_say_which_share_stands_below(a_class):
    norms = norms_of(a_class.profiles, a_class.calibration)
    k = a_class.profiles.qualities.index("doing")
    here = a_class.profiles.enough[:, k]
    rank = stats.rankdata(a_class.places[:, 1]) / 800
    assert norms.share_below[here, k] == pytest.approx(stats.norm.cdf(a_class.profiles.mean[here, k]), abs=1e-12)
    held = (norms.lower90[here, k] <= rank[here]) & (rank[here] <= norms.upper90[here, k])
    assert held.mean() == pytest.approx(0.9, abs=0.04)
    assert np.isnan(norms.share_below[~a_class.profiles.enough]).all()
    with pytest.raises(UnknownGroupError, match="knows no group “2019”"):
        norms_of(a_class.profiles, a_class.calibration, among="2019")


def test_a_composite_carries_the_correlation_of_the_errors(a_class):
    profiles = a_class.profiles
    sum_of_both = compose(profiles, {"knowing": 0.5, "doing": 0.5})
    truth = a_class.places.mean(axis=1)
    held = (sum_of_both.lower90 <= truth) & (truth <= sum_of_both.upper90)
    assert held.mean() == pytest.approx(0.9, abs=0.03)
    by_hand = 0.25 * (profiles.covariance.sum(axis=(1, 2)))
    assert sum_of_both.std_error == pytest.approx(np.sqrt(by_hand))
    assert np.array_equal(sum_of_both.enough, profiles.enough.all(axis=1))
    seen = np.corrcoef(sum_of_both.value[sum_of_both.enough], truth[sum_of_both.enough])[0, 1] ** 2
    assert sum_of_both.reliability == pytest.approx(seen, abs=0.05)


def test_reliability_is_the_squared_correlation_with_the_truth(a_class):
    said = reliability_of(a_class.profiles)
    for d, quality in enumerate(("knowing", "doing")):
        k = a_class.profiles.qualities.index(quality)
        here = a_class.profiles.enough[:, k]
        squared = np.corrcoef(a_class.profiles.mean[here, k], a_class.places[here, d])[0, 1] ** 2
        assert said[quality] == pytest.approx(squared, abs=0.05)


def test_weights_that_make_no_sum_are_refused(a_class):
    with pytest.raises(FaultyInputError, match="the weights are all zero"):
        compose(a_class.profiles, {"doing": 0.0})
    with pytest.raises(FaultyInputError, match="the weight of doing is inf"):
        compose(a_class.profiles, {"doing": float("inf")})
    with pytest.raises(UnknownQualityError):
        compose(a_class.profiles, {"flying": 1.0})
