"""Options without an order, and questions that can be guessed: maps may ask for both.

The second opinion writes the formulas anew and integrates on a fine grid of its own.
"""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tests.unit.measurement.making import a_map, of_arrays, rule
from yucai.errors import FaultyInputError
from yucai.framework import ItemModel
from yucai.measurement import (
    Calibration,
    bank_of,
    calibrate,
    chance_of_reaching,
    construct_map,
    information,
    item_fit,
    place_of_reaching,
    score,
)
from yucai.measurement.chances import chances_of, marks_of, rises_of
from yucai.measurement.priors import FLOOR_PRIOR
from yucai.measurement.within import calibrate_within

GUESSING, NOMINAL, BINARY = ItemModel.GUESSING, ItemModel.NOMINAL, ItemModel.BINARY
THE_MAP = a_map(rule("b*", BINARY), rule("g*", GUESSING), rule("n*", NOMINAL))
GRID = np.linspace(-8, 8, 1201)
LAW = np.exp(-0.5 * GRID**2) / np.sqrt(2 * np.pi) * (GRID[1] - GRID[0])
SLOPES, INTERCEPTS = (0.3, 0.5, 1.6), (0.4, 0.1, 0.3)  # of the options 1 to 3 of every simulated nominal item
FLOOR = 0.22
N_EACH = 4


def simulated(n=3000, seed=5):
    """Four right-or-wrong items, four that are guessed right in 22 % of cases, four of four options each."""
    rng = np.random.default_rng(seed)
    place = rng.normal(size=n)
    names = [f"{kind}{j}" for kind in "bgn" for j in range(N_EACH)]
    columns = []
    for j in range(3 * N_EACH):
        kind, shift = names[j][0], np.linspace(-1, 1, N_EACH)[j % N_EACH]
        if kind == "n":
            lines = np.concatenate([np.zeros((n, 1)), place[:, None] * SLOPES + np.array(INTERCEPTS) + shift], axis=1)
            chances = np.exp(lines) / np.exp(lines).sum(axis=1, keepdims=True)
            columns.append((rng.random((n, 1)) > np.cumsum(chances, axis=1)).sum(axis=1))
        else:
            floor = FLOOR if kind == "g" else 0.0
            columns.append((rng.random(n) < floor + (1 - floor) / (1 + np.exp(-1.4 * place - shift))).astype(int))
    unit, item = np.repeat(np.arange(n), len(names)), np.tile(np.arange(len(names)), n)
    tops = [3 if name[0] == "n" else 1 for name in names]
    return of_arrays(unit, item, np.stack(columns, axis=1).ravel(), names=names, tops=tops), place


@pytest.fixture(scope="module")
def case():
    found, place = simulated()
    return found, place, calibrate(found, THE_MAP)


def curve(name, numbers, places=GRID):
    """The chances (K, Q) of an item from the numbers that are estimated: slopes, intercepts, logit of the floor."""
    if name[0] == "n":
        lines = np.stack([0 * places, *[numbers[k] * places + numbers[3 + k] for k in range(3)]])
        return np.exp(lines) / np.exp(lines).sum(axis=0)
    right = 1 / (1 + np.exp(-numbers[0] * places - numbers[1]))
    if name[0] == "g":
        low = 1 / (1 + np.exp(-numbers[2]))
        right = low + (1 - low) * right
    return np.stack([1 - right, right])


class SecondOpinion:
    """The log-likelihood of a calibration's numbers, written anew."""

    def __init__(self, responses, calibration):
        (scale,) = calibration.scales
        self.names = [item.item for item in scale.items]
        self.numbers, self.errors = [], []
        for item in scale.items:
            slopes, intercepts, slope_errors, intercept_errors = item.numbers
            self.numbers.append(np.array([*slopes, *intercepts]))
            self.errors.append(np.array([*slope_errors, *intercept_errors]))
        wide = responses.table.pivot("item", index="learner", values="score").sort("learner")
        self.answers = wide.select(self.names).to_numpy().astype(int)

    def by_unit(self, numbers):
        like = sum(
            np.log(curve(name, of))[self.answers[:, j]]
            for j, (name, of) in enumerate(zip(self.names, numbers, strict=True))
        )
        return np.log(np.exp(like) @ LAW)

    def height(self, numbers):
        floors = [of[2] for name, of in zip(self.names, numbers, strict=True) if name[0] == "g"]
        mean, sd = FLOOR_PRIOR
        return self.by_unit(numbers).sum() - 0.5 * sum(((one - mean) / sd) ** 2 for one in floors)

    def moved(self, j, u, by):
        changed = [of.copy() for of in self.numbers]
        changed[j][u] += by
        return changed


@pytest.fixture(scope="module")
def opinion(case):
    return SecondOpinion(case[0], case[2])


def test_the_log_likelihood_is_the_same(case, opinion):
    assert case[2].converged
    assert case[2].log_likelihood == pytest.approx(opinion.by_unit(opinion.numbers).sum(), abs=1e-4)


def test_the_surface_is_level_at_the_estimate_in_every_number(opinion):
    for j in range(0, len(opinion.names), 3):
        for u in range(len(opinion.numbers[j])):
            rise = (opinion.height(opinion.moved(j, u, 1e-4)) - opinion.height(opinion.moved(j, u, -1e-4))) / 2e-4
            assert abs(rise * opinion.errors[j][u]) < 0.02


def test_standard_errors_are_those_of_the_curvature(case, opinion):
    """Of all numbers together, from the cross-products of scores by differences, within what chance makes of them."""
    columns = []
    for j in range(len(opinion.names)):
        for u in range(len(opinion.numbers[j])):
            columns.append(
                (opinion.by_unit(opinion.moved(j, u, 1e-4)) - opinion.by_unit(opinion.moved(j, u, -1e-4))) / 2e-4
            )
    scores = np.stack(columns, axis=1)
    known = scores.T @ scores
    places = np.cumsum([0, *map(len, opinion.numbers)])
    for j, name in enumerate(opinion.names):
        if name[0] == "g":
            known[places[j] + 2, places[j] + 2] += 1 / FLOOR_PRIOR[1] ** 2
    errors = np.sqrt(np.diag(np.linalg.inv(known)))
    assert np.concatenate(opinion.errors) == pytest.approx(errors, rel=0.12)


def test_the_truth_lies_where_the_errors_say(case):
    """In standard errors, over all numbers: none far off, and on average about one."""
    (scale,) = case[2].scales
    away = []
    for item in scale.items:
        shift = np.linspace(-1, 1, N_EACH)[int(item.item[1:])]
        if item.item[0] == "n":
            truth, found, errors = SLOPES, item.slopes, item.slope_std_errors
            away += [(f - t) / e for t, f, e in zip(truth, found, errors, strict=True)]
            assert item.slope == item.slopes[-1]
        else:
            away += [
                (item.slope - 1.4) / item.slope_std_error,
                (item.intercepts[0] - shift) / item.intercept_std_errors[0],
            ]
        if item.item[0] == "g":
            assert abs(item.floor - FLOOR) < 3 * item.floor_std_error
            assert 0.02 < item.floor_std_error < 0.12
    assert np.abs(away).max() < 3.5
    assert 0.6 < np.std(away) < 1.4


def test_places_are_those_of_brute_force(case, opinion):
    responses, _, calibration = case
    profiles = score(responses, calibration)
    like = sum(
        np.log(curve(name, of))[opinion.answers[:40, j]]
        for j, (name, of) in enumerate(zip(opinion.names, opinion.numbers, strict=True))
    )
    weight = np.exp(like) * LAW
    weight /= weight.sum(axis=1, keepdims=True)
    mean = weight @ GRID
    assert profiles.mean[:40, 0] == pytest.approx(mean, abs=1e-4)
    assert profiles.std_error[:40, 0] == pytest.approx(np.sqrt(weight @ GRID**2 - mean**2), abs=1e-4)


def test_who_may_have_guessed_is_placed_more_warily(case):
    """Right on one hard question only: with a floor that says less than without."""
    responses, _, calibration = case
    blind = calibrate(responses, a_map(rule("b*", BINARY), rule("g*", BINARY), rule("n*", NOMINAL)))
    names = [f"g{j}" for j in range(N_EACH)]
    answers = of_arrays(np.zeros(4, int), np.arange(4), np.array([1, 0, 0, 0]), names=names, tops=[1] * 4)
    wary, bold = (score(answers, one).mean[0, 0] for one in (calibration, blind))
    assert wary < bold


def test_kept_and_read_again_it_is_the_same(case, tmp_path):
    case[2].save(tmp_path / "c.json")
    assert Calibration.load(tmp_path / "c.json") == case[2]


def test_the_table_of_items_tells_the_floor(case):
    table = case[2].items_table()
    assert table.filter(pl.col("floor").is_not_null())["model"].unique().to_list() == ["guessing"]
    assert table.filter(pl.col("model") == "nominal")["difficulty"].null_count() == N_EACH


def test_items_keep_their_numbers_when_they_carry_a_scale(case):
    calibration = case[2]
    again = calibrate(simulated(800, seed=9)[0], THE_MAP, anchors=calibration)
    for old, new in zip(calibration.scales[0].items, again.scales[0].items, strict=True):
        for was, now in zip(old.numbers, new.numbers, strict=True):
            assert now == pytest.approx(was, rel=1e-9)


def test_a_bank_asks_them(case):
    bank = bank_of(case[2])
    by_name = {one.item: one for one in bank.items}
    (scale,) = case[2].scales
    for item in scale.items:
        slopes, intercepts, *_ = item.numbers
        assert (by_name[item.item].slopes, by_name[item.item].intercepts) == (slopes, intercepts)


def test_chances_sum_to_one_and_their_rises_are_derivatives(case):
    places = np.linspace(-3, 3, 7)
    for item in case[2].scales[0].items:
        assert chances_of(item, places).sum(axis=1) == pytest.approx(np.ones(7))
        assert pytest.approx(curve(item.item, np.concatenate(item.numbers[:2]), places)) == chances_of(item, places).T
        near = (chances_of(item, places + 1e-5) - chances_of(item, places - 1e-5)) / 2e-5
        assert rises_of(item, places) == pytest.approx(near, abs=1e-8)


def test_information_is_the_curvature_that_is_expected(case):
    places, step = (-1.5, 0.0, 1.0), 1e-3
    told = information(case[2], "skill", places=places)
    for item, by_place in zip(case[2].scales[0].items, told.by_item, strict=True):
        at = np.array(places)
        logs = [np.log(chances_of(item, at + by * step)) for by in (-1, 0, 1)]
        expected = -(chances_of(item, at) * (logs[0] - 2 * logs[1] + logs[2]) / step**2).sum(axis=1)
        assert by_place == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_thresholds_are_told_where_there_are_any(case):
    items = {item.item: item for item in case[2].scales[0].items}
    for name in ("n1", "n2"):
        assert np.isnan(place_of_reaching(items[name], 1))
        top = place_of_reaching(items[name], 3)
        assert float(chance_of_reaching(items[name], 3, top)) == pytest.approx(0.5)
    assert np.isnan(place_of_reaching(items["g1"], 1, probability=0.05))
    assert construct_map(case[2].scales[0]).height == 2 * N_EACH + 3 * N_EACH
    assert marks_of(items["n0"]).tolist() == [0, 0, 0, 1]


def test_fit_of_what_fits_is_good(case):
    fits = item_fit(case[2], case[0], rng=np.random.default_rng(1))
    assert all(0.9 < one.infit < 1.1 for one in fits.items)


def test_few_answers_are_held_by_priors():
    few = calibrate(simulated(60, seed=3)[0], THE_MAP)
    assert few.converged
    for item in few.scales[0].items:
        assert np.isfinite(np.concatenate(item.numbers)).all()
        assert item.slope > -1


def test_two_options_are_right_or_wrong():
    found = simulated(600)[0]
    two = of_arrays(*pairs_of(found), names=[f"b{j}" for j in range(N_EACH)], tops=[1] * N_EACH)
    plain, options = (calibrate(two, a_map(rule("b*", model))) for model in (BINARY, NOMINAL))
    assert options.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-9)
    assert [one.numbers for one in options.scales[0].items] == [one.numbers for one in plain.scales[0].items]


def pairs_of(found):
    table = found.table.filter(pl.col("item").str.starts_with("b"))
    unit = table["learner"].str.slice(1).cast(pl.Int64).to_numpy()
    item = table["item"].str.slice(1).cast(pl.Int64).to_numpy()
    return unit, item, table["score"].to_numpy()


def test_what_a_model_has_not_is_refused_in_words():
    found = simulated(60)[0]
    with pytest.raises(FaultyInputError, match="n0 has options without an order, and a declared reliability"):
        calibrate(found, a_map(*with_reliability(rule("n*", NOMINAL))))
    with pytest.raises(FaultyInputError, match="n0 is to be right or wrong, but its scores make 4 categories"):
        calibrate(found, a_map(rule("n*", GUESSING)))
    with pytest.raises(FaultyInputError, match="g0 has the model “guessing”, which is not offered beside"):
        calibrate_within(found, a_map(rule("g*", GUESSING)))
    with pytest.raises(FaultyInputError, match="b0 has a common slope, which is not offered beside"):
        calibrate_within(found, a_map(replace(rule("b*", BINARY), common_slope=True)))


def with_reliability(one):
    return [replace(one, reliability=0.5)]


def test_options_are_those_of_an_independent_program():
    """mirt 1.2.0 (Python), ``fit_mirt(data, model="NRM", tol=1e-6, max_iter=3000, n_quadpts=61)``, same answers."""
    found = simulated(1500, seed=11)[0]
    options = replace(found, table=found.table.filter(pl.col("item").str.starts_with("n")))
    calibration = calibrate(options, THE_MAP)
    assert calibration.log_likelihood == pytest.approx(-7761.4541, abs=5e-4)
    theirs = [
        [0.23826, 0.44184, 1.53505, -0.52515, -0.89103, -0.63939],
        [0.17131, 0.94138, 1.74950, -0.00714, -0.25197, -0.01315],
        [0.44045, 0.75925, 1.82150, 0.84987, 0.52495, 0.70504],
        [0.42901, 0.58344, 1.76072, 1.41523, 1.06995, 1.25546],
    ]
    for item, numbers in zip(calibration.scales[0].items, theirs, strict=True):
        assert np.concatenate(item.numbers[:2]) == pytest.approx(numbers, abs=1e-3)
