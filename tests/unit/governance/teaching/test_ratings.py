"""Crossed effects of raters and lecturers: R's values, textbook formulas, and what holds for any ratings."""

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.governance.teaching.reference import eth_ratings, lme4_effects, lme4_values
from tests.unit.governance.teaching.simulated import plain_criterion, ratings
from yucai.errors import FaultyInputError
from yucai.governance import fit_ratings, ratings_needed


@pytest.fixture(scope="module")
def eth():
    table = eth_ratings()
    return table, fit_ratings(table, joint="lecturer")


@pytest.fixture(scope="module")
def small():
    world = ratings(np.random.default_rng(7))
    return world, fit_ratings(world.table, joint="lecturer")


def test_variance_components_equal_those_of_lme4(eth):
    """R 4.2.2, lme4 1.1-31: lmer(y ~ 1 + (1|s) + (1|d))."""
    said, fit = lme4_values(), eth[1]
    named = {"rater": "sd student", "lecturer": "sd lecturer", "residual": "sd residual"}
    for component in fit.components:
        assert component.sd == pytest.approx(said["InstEval", named[component.factor]], abs=1e-5)
    assert fit.coefficients[0].estimate == pytest.approx(said["InstEval", "intercept"], abs=1e-5)
    assert fit.criterion == pytest.approx(said["InstEval", "REML criterion"], abs=0.05)
    assert fit.converged
    assert sum(component.share for component in fit.components) == pytest.approx(1)


def test_effects_of_lecturers_and_their_errors_equal_those_of_lme4(eth):
    said, found = lme4_effects("lme4_insteval_lecturer_eb.csv", "d"), eth[1].of("lecturer")
    assert set(found.names) == set(said)
    expected = np.array([said[name] for name in found.names])
    np.testing.assert_allclose(found.effects, expected[:, 0], atol=1e-5)
    np.testing.assert_allclose(found.std_errors, expected[:, 1], atol=1e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), found.std_errors, atol=1e-12)
    assert np.median(found.reliability) == pytest.approx(0.86, abs=0.005)


def test_effects_of_students_equal_those_of_lme4(eth):
    """R 4.2.2, lme4 1.1-31, the same model: ranef(m, condVar = TRUE)$s, of students 1 to 3."""
    found = eth[1].of("rater")
    said = {"1": (0.1587503977, 0.2856461294), "2": (-0.0460636441, 0.3036937862), "3": (0.2967020099, 0.2281838721)}
    for name, (effect, error) in said.items():
        place = found.names.index(name)
        assert found.effects[place] == pytest.approx(effect, abs=1e-5)
        assert found.std_errors[place] == pytest.approx(error, abs=1e-5)


def test_a_covariate_and_a_third_factor_equal_lme4(eth):
    """R 4.2.2, lme4 1.1-31: lmer(y ~ service + (1|s) + (1|d) + (1|dept)), tolerances of its optimiser at 1e-10."""
    fit = fit_ratings(eth[0], factors=("rater", "lecturer", "dept"), covariates=("service",))
    sds = [component.sd for component in fit.components]
    np.testing.assert_allclose(sds, [0.32557300584, 0.51499473616, 0.08313840361, 1.17749757119], atol=1e-5)
    assert [one.name for one in fit.coefficients] == ["intercept", "service"]
    np.testing.assert_allclose([one.estimate for one in fit.coefficients], [3.28258772934, -0.09264174275], atol=1e-5)
    np.testing.assert_allclose([one.std_error for one in fit.coefficients], [0.02934588876, 0.01338918452], atol=1e-5)
    assert fit.criterion == pytest.approx(237733.834128, abs=1e-4)
    of_department = fit.of("dept")
    np.testing.assert_allclose(of_department.effects[:2], [0.0251618488, -0.1243536775], atol=1e-5)
    np.testing.assert_allclose(of_department.std_errors[:2], [0.0549680852, 0.0488360519], atol=1e-5)


def test_what_is_best_raw_is_often_not_best(eth):
    """Of the 50 best raw means only 34 stay in the best 50: the harm is at the ends, where decisions are taken."""
    found = eth[1].of("lecturer")
    raw, drawn = (set(np.argsort(-values)[:50]) for values in (found.raw_means, found.effects))
    assert len(raw & drawn) == pytest.approx(34, abs=1)


def test_the_search_ends_at_the_top_of_the_textbook_criterion(small):
    """The covariance of all ratings, inverted as it stands: nothing nearby is better, and the value is the same."""
    world, fit = small
    table = world.table
    designs = [
        (table[one].to_numpy()[:, None] == table[one].unique().sort().to_numpy()[None, :]).astype(float)
        for one in ("rater", "lecturer")
    ]
    design, scores = np.ones((table.height, 1)), table["score"].to_numpy()
    sds = [component.sd for component in fit.components]
    best = plain_criterion(scores, design, designs, sds[:2], sds[2])
    assert fit.criterion == pytest.approx(best, abs=1e-7)
    for place in range(3):
        for factor in (0.98, 1.02):
            moved = list(sds)
            moved[place] *= factor
            assert plain_criterion(scores, design, designs, moved[:2], moved[2]) > best


def test_effects_solve_the_mixed_model_equations(small):
    world, fit = small
    found, raters = fit.of("lecturer"), fit.of("rater")
    left = {}
    for rater, lecturer, score in world.table.iter_rows():
        given = score - fit.coefficients[0].estimate - raters.effects[raters.names.index(rater)]
        left.setdefault(lecturer, []).append(given)
    for name, effect, n in zip(found.names, found.effects, found.n_ratings, strict=True):
        ratio = fit.residual_sd**2 / found.sd**2
        assert effect == pytest.approx(sum(left[name]) / (n + ratio), abs=1e-9)


def test_balanced_ratings_of_one_factor_give_the_estimates_of_the_analysis_of_variance():
    """Searle, Casella and McCulloch (1992): REML of balanced data is the analysis of variance, in closed form."""
    rng = np.random.default_rng(3)
    a, n = 12, 9
    scores = 3 + rng.normal(0, 0.7, a)[:, None] + rng.normal(0, 1, (a, n))
    table = pl.DataFrame({"lecturer": np.repeat(np.arange(a), n).astype(str), "score": scores.ravel()})
    fit = fit_ratings(table, factors=("lecturer",))
    within = ((scores - scores.mean(axis=1, keepdims=True)) ** 2).sum() / (a * (n - 1))
    between = n * ((scores.mean(axis=1) - scores.mean()) ** 2).sum() / (a - 1)
    assert fit.residual_sd**2 == pytest.approx(within, rel=1e-7)
    assert fit.components[0].sd ** 2 == pytest.approx((between - within) / n, rel=1e-7)
    assert fit.coefficients[0].estimate == pytest.approx(scores.mean(), abs=1e-12)
    found = fit.of("lecturer")
    shrinking = 1 - within / between
    order = [int(name) for name in found.names]
    np.testing.assert_allclose(found.effects, shrinking * (scores.mean(axis=1) - scores.mean())[order], atol=1e-7)
    np.testing.assert_allclose(found.reliability, shrinking, atol=1e-7)
    low, high = np.minimum(found.raw_means, scores.mean()), np.maximum(found.raw_means, scores.mean())
    assert ((low <= found.means) & (found.means <= high)).all()


def test_lecturers_who_do_not_differ_get_no_effect():
    rng = np.random.default_rng(5)
    scores = rng.normal(3, 1, (6, 8))
    scores -= scores.mean(axis=1, keepdims=True)
    table = pl.DataFrame({"lecturer": np.repeat(np.arange(6), 8).astype(str), "score": scores.ravel()})
    fit = fit_ratings(table, factors=("lecturer",), joint="lecturer")
    found = fit.of("lecturer")
    assert found.sd == 0
    assert not found.effects.any()
    assert not found.reliability.any()
    assert fit.residual_sd**2 == pytest.approx(scores.ravel().var(ddof=1), rel=1e-5)
    assert ratings_needed(fit, reliability=0.5) is None


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), shift=st.floats(-50, 50), by=st.floats(0.1, 20), data=st.data())
def test_names_order_unit_and_origin_change_nothing(seed, shift, by, data):
    """Other names, another order of rows, another unit of the scores: the same effects in that unit."""
    rng = np.random.default_rng(seed)
    table = ratings(rng, n_raters=25, n_lecturers=8, each=5).table
    fit = fit_ratings(table)
    names = data.draw(st.permutations(range(8)))
    renamed = {f"l{old:03}": f"x{new}" for old, new in enumerate(names)}
    other = table.sample(fraction=1, shuffle=True, seed=seed).with_columns(
        pl.col("lecturer").replace_strict(renamed), pl.col("score") * by + shift
    )
    moved = fit_ratings(other)
    here, there = fit.of("lecturer"), moved.of("lecturer")
    for name, effect, error in zip(here.names, here.effects, here.std_errors, strict=True):
        place = there.names.index(renamed[name])
        assert there.effects[place] == pytest.approx(by * effect, abs=2e-4 * by)
        assert there.std_errors[place] == pytest.approx(by * error, abs=2e-4 * by)
    assert moved.coefficients[0].estimate == pytest.approx(by * fit.coefficients[0].estimate + shift, abs=1e-3 * by)


def test_more_ratings_are_needed_where_lecturers_differ_less(small):
    fit = small[1]
    lecturer = fit.of("lecturer").sd ** 2
    rest = sum(one.sd**2 for one in fit.components) - lecturer
    needed = ratings_needed(fit, reliability=0.7)
    assert lecturer / (lecturer + rest / needed) >= 0.7 > lecturer / (lecturer + rest / (needed - 1))
    with pytest.raises(ValueError, match="between 0 and 1"):
        ratings_needed(fit, reliability=1.0)


def test_parts_that_share_no_rater_are_counted(small):
    world, fit = small
    assert fit.n_islands == 1
    apart = world.table.with_columns(pl.col("rater") + "b", pl.col("lecturer") + "b")
    assert fit_ratings(pl.concat([world.table, apart])).n_islands == 2


def test_every_fault_is_named_at_once_in_both_languages():
    table = pl.DataFrame({
        "rater": ["a", "", "c", "d"], "lecturer": ["x", "x", None, "y"], "score": [1.0, 9.0, None, float("nan")],
        "size": ["1", "2", "3", "4"],
    })  # fmt: skip
    with pytest.raises(FaultyInputError) as refused:
        fit_ratings(table, covariates=("size",), scale=(1, 5))
    assert [fault.code for fault in refused.value.faults] == ["empty", "off-scale", "not-numbers", "empty", "empty"]
    english, chinese = (refused.value.in_language(language) for language in ("en", "zh"))
    assert "1 score of “score” lies outside the scale 1 to 5 (first: row 2, 9)" in english
    assert "超出量表 1 至 5（首见第 2 行，9）" in chinese
    with pytest.raises(FaultyInputError, match="“course” is missing"):
        fit_ratings(table, factors=("rater", "course"))


def test_what_cannot_be_told_apart_is_refused():
    rng = np.random.default_rng(1)
    table = pl.DataFrame(
        {
            "rater": [str(n) for n in range(40)],
            "lecturer": [str(n % 4) for n in range(40)],
            "course": [f"c{n % 4}" for n in range(40)],
            "size": [2.0] * 40,
            "score": rng.integers(1, 6, 40),
        }
    )
    with pytest.raises(FaultyInputError) as refused:
        fit_ratings(table, factors=("rater", "lecturer", "course"), covariates=("size",))
    assert {fault.code for fault in refused.value.faults} == {"all-alone", "same-factors", "collinear"}
    with pytest.raises(FaultyInputError, match="all scores of “score” are equal"):
        fit_ratings(table.with_columns(score=pl.lit(4)), factors=("lecturer",))
    with pytest.raises(FaultyInputError, match="there are 3 ratings"):
        fit_ratings(table.head(3), factors=("lecturer",))
