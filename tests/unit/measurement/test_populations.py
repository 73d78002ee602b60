"""Latent regression, groups and anchors: against exact integrals, in simulation, and what is said of bad input."""

import numpy as np
import polars as pl
import pytest
from scipy.special import logsumexp

from tests.unit.measurement.making import (
    ANY_MODEL,
    BINARY,
    CREDIT,
    GRADED,
    a_map,
    draw,
    lsat,
    of_arrays,
    rule,
    some_items,
)
from yucai.errors import FaultyInputError
from yucai.measurement import Calibration, StandardErrors, calibrate, score

N = 600


class Learners:
    """A test of binary and graded items taken by learners whose places hang on hours of practice and on their year."""

    def __init__(self, rng, *, n=N, models=(BINARY,) * 5 + (GRADED,) * 3, slope=0.5, mean=0.6, sd=1.3):
        self.hours = rng.uniform(0, 10, n)
        self.year = np.where(np.arange(n) % 2 == 0, "first", "second")
        second = self.year == "second"
        center = self.hours[~second].mean()
        self.places = slope * (self.hours - center) / 3 + mean * second + np.where(second, sd, 1.0) * rng.normal(size=n)
        self.names, tops, self.slopes, self.steps = some_items(models, rng)
        unit, item = (place.ravel() for place in np.indices((n, len(models))))
        score = draw(models, self.slopes, self.steps, unit, item, self.places[unit], rng)
        self.responses = of_arrays(unit, item, score, names=self.names, tops=tops)
        learner = [f"u{u:05d}" for u in range(n)]
        self.covariates = pl.DataFrame({"learner": learner, "hours": self.hours})
        self.groups = pl.DataFrame({"learner": learner, "group": self.year})

    def calibrated(self, **more):
        return calibrate(
            self.responses, ANY_MODEL, covariates=self.covariates, groups=self.groups, reference="first", **more
        )


@pytest.fixture(scope="module")
def learners():
    return Learners(np.random.default_rng(4))


@pytest.fixture(scope="module")
def calibration(learners):
    return learners.calibrated()


# Covariates and groups


def test_what_explains_the_places_is_found(calibration):
    population = calibration.population
    assert calibration.converged
    assert (population.covariates, [law.group for law in population.groups]) == (("hours",), ["first", "second"])
    (hours,), (error,) = population.regression[0], population.regression_std_errors[0]
    assert abs(hours - 0.5 / 3) < 2.5 * error
    first, second = population.groups
    assert (first.mean, first.mean_std_errors, first.covariance) == ((0.0,), (0.0,), ((pytest.approx(1.0),),))
    assert abs(second.mean[0] - 0.6) < 2.5 * second.mean_std_errors[0]
    assert abs(second.covariance[0][0] - 1.69) < 2.5 * second.covariance_std_errors[0][0]


def log_likelihood(learners, calibration, *, regression, mean, variance):
    """The integral anew: nodes of each unit around its own expectation."""
    (scale,) = calibration.scales
    away = np.linspace(-6, 6, 241)
    population = calibration.population
    second = learners.year == "second"
    mu = (learners.hours - population.centers[0]) * regression + mean * second
    sd = np.where(second, np.sqrt(variance), 1.0)
    place = mu[:, None] + sd[:, None] * away
    total = np.tile(-0.5 * away**2 + np.log((away[1] - away[0]) / np.sqrt(2 * np.pi)), (len(mu), 1))
    table = learners.responses.table.pivot("item", index="learner", values="score").sort("learner")
    for item in scale.items:
        lines = item.slope * place[:, None, :] + np.array(item.intercepts)[None, :, None]
        above = 1 / (1 + np.exp(-lines))
        above = np.concatenate([np.ones_like(above[:, :1]), above, np.zeros_like(above[:, :1])], axis=1)
        got = np.searchsorted(item.categories, table[item.item].to_numpy())
        here = np.arange(len(got))
        total += np.log(above[here, got] - above[here, got + 1])
    return logsumexp(total, axis=1).sum()


def test_the_log_likelihood_is_that_of_direct_integration_and_level_there(learners, calibration):
    population = calibration.population
    at = {
        "regression": population.regression[0][0],
        "mean": population.groups[1].mean[0],
        "variance": population.groups[1].covariance[0][0],
    }
    top = log_likelihood(learners, calibration, **at)
    assert calibration.log_likelihood == pytest.approx(top, abs=2e-4)
    for name, value in at.items():
        rise = [log_likelihood(learners, calibration, **{**at, name: value + by}) for by in (-1e-3, 1e-3)]
        assert abs(rise[1] - rise[0]) / 2e-3 < 0.2  # of some hundred that a standard error's step would bring


def test_without_them_the_prior_is_that_of_all_units(learners, calibration):
    """Who answers alike is placed alike; with covariates and groups, places draw towards units like oneself."""
    plain = score(learners.responses, calibration)
    known = score(learners.responses, calibration, covariates=learners.covariates, groups=learners.groups)
    first, moved = learners.year == "first", (known.mean - plain.mean)[:, 0]
    assert moved[first & (learners.hours > 7)].mean() > moved[first & (learners.hours < 3)].mean() + 0.1
    for profiles in (plain, known):
        held = (profiles.lower90[:, 0] <= learners.places) & (learners.places <= profiles.upper90[:, 0])
        assert held.mean() == pytest.approx(0.9, abs=0.035)
    assert known.std_error.mean() < plain.std_error.mean()


def test_the_order_of_rows_and_of_columns_changes_nothing(learners, calibration):
    shuffled = calibrate(
        learners.responses, ANY_MODEL, covariates=learners.covariates.sort("hours"),
        groups=learners.groups.sample(fraction=1, shuffle=True, seed=1), reference="first",
    )  # fmt: skip
    assert shuffled == calibration


def test_it_comes_back_from_its_file(calibration, learners, tmp_path):
    calibration.save(tmp_path / "c.json")
    again = Calibration.load(tmp_path / "c.json")
    assert again == calibration
    known = {"covariates": learners.covariates, "groups": learners.groups}
    before = score(learners.responses, calibration, **known)
    assert np.array_equal(score(learners.responses, again, **known).mean, before.mean)


def test_intervals_of_the_population_cover_nine_in_ten():
    hits = []
    for seed in range(16):
        learners = Learners(np.random.default_rng(seed), n=300, models=(BINARY,) * 4 + (CREDIT,) * 2)
        population = learners.calibrated().population
        second = population.groups[1]
        for said, error, true in (
            (population.regression[0][0], population.regression_std_errors[0][0], 0.5 / 3),
            (second.mean[0], second.mean_std_errors[0], 0.6),
            (second.covariance[0][0], second.covariance_std_errors[0][0], 1.69),
        ):
            hits.append(abs(said - true) < 1.6449 * error)
    assert 0.78 <= np.mean(hits) <= 0.98  # 48 intervals: three Monte Carlo errors around 0.9


def test_exact_errors_are_given_where_they_are_asked_for(learners):
    few = calibrate(learners.responses, ANY_MODEL)
    exact = calibrate(learners.responses, ANY_MODEL, errors=StandardErrors.EXACT)
    assert few == exact  # 600 units are fewer than 100 a number


# Anchors


@pytest.fixture(scope="module")
def two_forms():
    """Last year's test, and this year's: ten items in common, three new ones; the learners stand 0.8 higher."""
    rng = np.random.default_rng(9)
    models = [BINARY] * 10 + [GRADED] * 5
    names, tops, slopes, steps = some_items(models, rng)
    forms = []
    for mean, items in ((0.0, range(12)), (0.8, range(2, 15))):
        places = mean + rng.normal(size=1500)
        unit, seat = (place.ravel() for place in np.indices((1500, len(items))))
        item = np.array(items)[seat]
        got = draw(models, slopes, steps, unit, item, places[unit], rng)
        forms.append((of_arrays(unit, item, got, names=names, tops=tops), places))
    return forms, dict(zip(names, slopes, strict=True))


def test_on_the_scale_of_an_earlier_calibration_learners_of_two_years_can_be_compared(two_forms):
    ((last, before), (this, now)), slopes = two_forms
    places = (now - before.mean()) / before.std()
    earlier = calibrate(last, ANY_MODEL)
    later = calibrate(this, ANY_MODEL, anchors=earlier)
    (law,) = later.population.groups
    assert later.population.anchored == ("skill",)
    assert abs(law.mean[0] - places.mean()) < 2.5 * law.mean_std_errors[0]
    assert abs(law.covariance[0][0] - places.var()) < 2.5 * law.covariance_std_errors[0][0]
    common = {item.item: item for item in earlier.scales[0].items}
    for item in later.scales[0].items:
        if item.item in common:
            assert (item.slope, item.intercepts) == (common[item.item].slope, common[item.item].intercepts)
            assert item.slope_std_error == common[item.item].slope_std_error
        else:
            assert abs(item.slope - slopes[item.item]) < 3.5 * item.slope_std_error
    profiles = score(this, later)
    held = (profiles.lower90[:, 0] <= places) & (places <= profiles.upper90[:, 0])
    assert held.mean() == pytest.approx(0.9, abs=0.03)


def test_calibrated_together_both_years_are_on_one_scale(two_forms):
    """Concurrent linking: one calibration of both, the years as groups; where it agrees with the anchored one."""
    ((last, _), (this, _)), _ = two_forms
    years = {"last": last, "this": this}
    both = pl.concat([one.table.with_columns(occasion=pl.lit(year)) for year, one in years.items()])
    responses = type(last)(both)
    groups = both.select("learner", "occasion").unique().with_columns(group=pl.col("occasion"))
    together = calibrate(responses, ANY_MODEL, groups=groups, reference="last")
    anchored = calibrate(this, ANY_MODEL, anchors=calibrate(last, ANY_MODEL))
    this_year = together.population.law("this")
    assert abs(this_year.mean[0] - 0.8) < 2.5 * this_year.mean_std_errors[0]
    assert this_year.mean[0] == pytest.approx(anchored.population.groups[0].mean[0], abs=0.1)


def test_anchored_to_itself_a_calibration_stays_what_it_is():
    """Without priors the likelihood has its top where it had it before."""
    first = calibrate(lsat(7), ANY_MODEL)
    again = calibrate(lsat(7), ANY_MODEL, anchors=first)
    (law,) = again.population.groups
    assert law.mean[0] == pytest.approx(0, abs=1e-3)
    assert law.covariance[0][0] == pytest.approx(1, abs=2e-3)
    assert again.log_likelihood == pytest.approx(first.log_likelihood, abs=1e-3)


# Bad input


def refused(learners, **more):
    given = {"covariates": learners.covariates, "groups": learners.groups, **more}
    with pytest.raises(FaultyInputError) as refusal:
        calibrate(learners.responses, ANY_MODEL, **given)
    assert "{" not in refusal.value.in_language("en") + refusal.value.in_language("zh")
    return str(refusal.value)


def test_what_is_wrong_with_covariates_is_said_all_at_once(learners):
    broken = learners.covariates.with_columns(
        practice=pl.when(pl.col("learner") == "u00003").then(None).otherwise(pl.col("hours") * 2),
        gender=pl.col("hours") > 5,
    )
    said = refused(learners, covariates=broken)
    assert "practice is not a number for 1 learner (first: u00003)." in said
    assert "gender is a protected trait" in said


def test_covariates_that_explain_nothing_are_named(learners):
    said = refused(learners, covariates=learners.covariates.with_columns(one=1.0, twice=pl.col("hours") * 2))
    assert "one is the same for everybody" in said
    assert "twice follows from the covariates before it" in said


def test_learners_without_a_row_and_with_two_are_named(learners):
    one_less = learners.covariates[1:]
    assert "1 learner with evidence has no row (first: u00000)." in refused(learners, covariates=one_less)
    twice = pl.concat([learners.groups, learners.groups[:1]])
    assert "u00000 has 2 rows for one occasion." in refused(learners, groups=twice)
    assert "the column “group” is missing." in refused(learners, groups=learners.covariates)
    assert "the reference group “third” has no learner" in refused(learners, reference="third")


def test_a_group_of_a_handful_is_refused(learners):
    first = pl.col("learner") < "u00004"
    few = learners.groups.with_columns(group=pl.when(first).then(pl.lit("few")).otherwise("group"))
    assert "the group “few” has 4 units; at least 10 are needed" in refused(learners, groups=few)


def test_a_group_that_nothing_links_is_named():
    rng = np.random.default_rng(3)
    names, tops, slopes, steps = some_items([BINARY] * 6, rng)
    unit, seat = (place.ravel() for place in np.indices((200, 3)))
    item = seat + 3 * (unit >= 100)
    got = draw([BINARY] * 6, slopes, steps, unit, item, rng.normal(size=200)[unit], rng)
    learner = [f"u{u:05d}" for u in range(200)]
    groups = pl.DataFrame({"learner": learner, "group": ["a" if u < 100 else "b" for u in range(200)]})
    with pytest.raises(FaultyInputError, match="skill: nothing links the group “b” to the scale"):
        calibrate(of_arrays(unit, item, got, names=names, tops=tops), ANY_MODEL, groups=groups, reference="a")


def test_anchors_of_elsewhere_are_refused(learners, calibration, two_forms):
    other = Calibration(**{name: getattr(calibration, name) for name in calibration.__slots__} | {"framework": "other"})
    assert "speaks of the framework “other”, this map of “nine-qualities”" in refused(learners, anchors=other)
    renamed = a_map(rule("x*"))
    rows = learners.responses.table.filter(pl.col("item").str.starts_with("b")).with_columns(
        item=pl.lit("x") + pl.col("item")
    )
    with pytest.raises(FaultyInputError, match="no item of these responses is in the earlier calibration"):
        calibrate(type(learners.responses)(rows), renamed, anchors=calibration)


def test_scoring_asks_for_what_the_calibration_had(learners, calibration):
    with pytest.raises(FaultyInputError, match="has groups besides its covariates"):
        score(learners.responses, calibration, covariates=learners.covariates)
    plain = calibrate(learners.responses, ANY_MODEL)
    with pytest.raises(FaultyInputError, match="made without covariates"):
        score(learners.responses, plain, covariates=learners.covariates)
    strange = learners.groups.with_columns(group=pl.lit("third"))
    with pytest.raises(FaultyInputError, match="knows no group “third”, only first, second"):
        score(learners.responses, calibration, covariates=learners.covariates, groups=strange)
