"""Panel Granger tests equal R's plm, hold their size, find what is there, and refuse what cannot be asked."""

from dataclasses import replace
from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.shared_data import shared_folder
from yucai.errors import FaultyInputError
from yucai.governance import (
    DRIVE_INDICES,
    DriveVerdict,
    OverlappingIndicesError,
    demean_periods,
    draw_without_effect,
    drive_of_provinces,
    half_panel_jackknife,
    load_indices,
    local_projection,
    mean_of_unit_walds,
    read_two_series,
    standardised_mean,
    two_way_drive,
)
from yucai.governance.causality.granger import rests

# R 4.2.2, plm 2.6-2: pgrangertest(inv ~ value, data = Grunfeld, order = 1, test = "Ztilde" | "Zbar" | "Wbar").
PLM = [("value", "inv", 1), ("value", "inv", 2), ("inv", "value", 1)]


@pytest.fixture(scope="module")
def grunfeld():
    table = pl.read_csv(shared_folder("panel_reference") / "grunfeld.csv").sort("firm", "year")
    return {name: table[name].to_numpy().reshape(10, 20) for name in ("inv", "value")}


@pytest.fixture(scope="module")
def plm():
    table = pl.read_csv(shared_folder("panel_reference") / "r_plm_reference.csv")
    return {(test, quantity): value for test, quantity, value in table.iter_rows()}


def a_panel(rng, *, slope=0.0, units=30, periods=13, trend=0.3):
    """Two series with constants, pasts and a common trend; ``slope`` is what the first does to the second."""
    before = 30
    cause, effect = (np.zeros((units, periods + before)) for _ in range(2))
    constants, pasts = rng.normal(size=(2, units)), rng.uniform(0.3, 0.7, (2, units))
    common = trend * np.cumsum(rng.normal(size=periods + before))
    for t in range(1, periods + before):
        cause[:, t] = constants[0] + pasts[0] * cause[:, t - 1] + rng.normal(size=units)
        effect[:, t] = constants[1] + pasts[1] * effect[:, t - 1] + slope * cause[:, t - 1] + rng.normal(size=units)
    return (cause + common)[:, before:], (effect + common)[:, before:]


def as_table(cause, effect, first=2010):
    units, periods = cause.shape
    rows = [
        {"province": f"P{u:02d}", "year": first + t, "talent": cause[u, t], "forces": effect[u, t]}
        for u, t in product(range(units), range(periods))
    ]
    return pl.DataFrame(rows)


def read(table):
    return read_two_series(table, unit="province", period="year", first="talent", second="forces")


@pytest.mark.parametrize(("cause", "effect", "lags"), PLM)
def test_mean_wald_z_bar_and_z_tilde_are_those_of_plm(grunfeld, plm, cause, effect, lags):
    name = f"DH grunfeld {cause}->{effect} lag {lags}"
    mean_wald = float(mean_of_unit_walds(grunfeld[cause], grunfeld[effect], lags=lags))
    z_bar, z_tilde = standardised_mean(mean_wald, units=10, rows=20 - lags, lags=lags)
    assert mean_wald == pytest.approx(plm[name, "Wbar"], abs=1e-5)
    assert z_bar == pytest.approx(plm[name, "Zbar"], abs=1e-4)
    assert z_tilde == pytest.approx(plm[name, "Ztilde"], abs=1e-4)


def test_the_jackknife_rests_on_pooled_slopes_that_least_squares_with_all_dummies_gives(grunfeld):
    """An independent program: statsmodels with a constant and an own past for each firm, whole and in halves."""
    import statsmodels.api as sm

    def slope(rows):
        y, own, x = (np.concatenate([part[:, rows] for part in parts], axis=1) for parts in ([now], [past], [lag]))
        firms = np.kron(np.eye(10), np.ones((y.shape[1], 1)))
        design = np.column_stack([x.ravel(), firms, firms * own.ravel()[:, None]])
        return float(sm.OLS(y.ravel(), design).fit().params[0])

    now, past, lag = grunfeld["inv"][:, 1:], grunfeld["inv"][:, :-1], grunfeld["value"][:, :-1]
    expected = 2 * slope(slice(None)) - (slope(slice(9)) + slope(slice(10, None))) / 2
    slopes, _ = half_panel_jackknife(grunfeld["value"], grunfeld["inv"], lags=1)
    assert slopes[0] == pytest.approx(expected, abs=1e-9)


def test_a_local_projection_rests_on_two_way_within_slopes_of_linearmodels(grunfeld):
    import pandas as pd
    from linearmodels.panel import PanelOLS

    def slope(rows):
        index = pd.MultiIndex.from_product([range(10), range(rows.stop - rows.start)])
        y = pd.Series(grunfeld["inv"][:, 2:][:, rows].ravel(), index=index, name="y")
        parts = {"x": grunfeld["value"][:, :-2][:, rows].ravel(), "own": grunfeld["inv"][:, :-2][:, rows].ravel()}
        fit = PanelOLS(y, pd.DataFrame(parts, index=index), entity_effects=True, time_effects=True).fit()
        return float(fit.params["x"])

    expected = 2 * slope(slice(0, 18)) - (slope(slice(0, 9)) + slope(slice(9, 18))) / 2
    estimate, error = local_projection(grunfeld["value"], grunfeld["inv"], horizon=2, lags=1)
    assert float(estimate) == pytest.approx(expected, abs=1e-8)
    assert float(error) > 0.0


@settings(max_examples=25, deadline=None)
@given(arrays(float, (2, 12, 12), elements=st.floats(-9, 9, width=32)), st.floats(0.1, 50), st.floats(-9, 9))
def test_units_of_measurement_and_what_all_share_change_no_test(values, scale, shift):
    cause, effect = values + np.random.default_rng(1).normal(size=values.shape)
    plain = mean_of_unit_walds(demean_periods(cause), demean_periods(effect), lags=1)
    common = shift * np.arange(12.0)
    moved = mean_of_unit_walds(demean_periods(scale * cause + common), demean_periods(effect + common), lags=1)
    assert float(moved) == pytest.approx(float(plain), rel=1e-6, abs=1e-9)


def test_the_order_of_units_changes_nothing_but_the_chance():
    cause, effect = a_panel(np.random.default_rng(4))
    order = np.random.default_rng(5).permutation(30)
    straight, mixed = (
        [
            mean_of_unit_walds(x, y, lags=1),
            *half_panel_jackknife(x, y, lags=1),
            *local_projection(x, y, horizon=1, lags=1),
        ]
        for x, y in ((cause, effect), (cause[order], effect[order]))
    )
    for one, other in zip(straight, mixed, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


def test_panels_drawn_without_an_effect_keep_what_units_share_within_a_year():
    rng = np.random.default_rng(6)
    shock = rng.normal(size=(1, 40))
    effect = np.repeat([[1.0], [-1.0]], 10, axis=0) * shock + 0.1 * rng.normal(size=(20, 40))
    cause = rng.normal(size=(20, 40))
    _, drawn = draw_without_effect(demean_periods(cause), demean_periods(effect), lags=1, draws=20, rng=rng)
    held = [np.corrcoef(panel[0, 5:], panel[1, 5:])[0, 1] for panel in drawn]
    assert np.mean(held) > 0.9


def test_panels_drawn_without_an_effect_remember_as_long_as_the_series_they_stand_for():
    """Slopes on the own past come out too low over a dozen years; drawn with those, they would come out lower still."""
    rng = np.random.default_rng(14)
    cause, effect = (demean_periods(one) for one in a_panel(rng, units=60))
    _, drawn = draw_without_effect(cause, effect, lags=1, draws=60, rng=rng)

    def memory(panel):
        now, past = (part - part.mean(-1, keepdims=True) for part in (panel[..., 1:], panel[..., :-1]))
        return (now * past).sum((-2, -1)) / (past**2).sum((-2, -1))

    assert memory(drawn).mean() == pytest.approx(float(memory(effect)), abs=0.04)


def test_series_that_wander_off_are_drawn_again_without_growing_beyond_all_bounds():
    rng = np.random.default_rng(15)
    wandering = np.cumsum(rng.normal(size=(2, 30, 13)), axis=2)
    drawn = draw_without_effect(*map(demean_periods, wandering), lags=2, draws=99, rng=rng)
    assert np.isfinite(drawn).all()
    assert np.abs(drawn).max() < 5 * np.abs(wandering).max()


def test_the_interval_of_a_slope_holds_nothing_just_where_its_test_finds_nothing():
    rng = np.random.default_rng(16)
    for slope in (0.0, 0.15, 0.3):
        found = two_way_drive(read(as_table(*a_panel(rng, slope=slope))), rng=rng, draws=199, horizons=1)
        for one in found.directions:
            assert (one.low <= 0.0 <= one.high) == (one.p_slope > 0.05)


def test_without_an_effect_little_is_found_and_with_one_much():
    """A small one of what ``bench/governance_causality.py`` draws many of."""
    rng = np.random.default_rng(11)
    rates = {}
    for slope in (0.0, 0.35):
        found = [
            two_way_drive(read(as_table(*a_panel(rng, slope=slope))), rng=rng, draws=99, horizons=1) for _ in range(40)
        ]
        rates[slope] = [np.mean([one.found[at] for one in found]) for at in (0, 1)]
    assert max(rates[0.0]) <= 0.1
    assert rates[0.35][0] > 0.8
    assert rates[0.35][1] <= 0.1


def test_a_verdict_says_the_size_that_could_have_been_found():
    nothing = two_way_drive(read(as_table(*a_panel(np.random.default_rng(3)))), rng=np.random.default_rng(1), draws=199)
    assert nothing.verdict is DriveVerdict.CANNOT_TELL
    assert all(f"{one.detectable:.2f}" in nothing.says.en for one in nothing.directions)
    assert "无法判断" in nothing.says.zh


def test_one_direction_is_named_with_its_size_and_the_years_after():
    """By chance one of five may find the other direction too."""
    rng = np.random.default_rng(7)
    runs = [two_way_drive(read(as_table(*a_panel(rng, slope=0.5))), rng=rng, draws=199, horizons=1) for _ in range(5)]
    assert all(run.found[0] for run in runs)
    assert sum(run.found[1] for run in runs) <= 1
    one_way = next(run for run in runs if run.verdict is DriveVerdict.ONE_WAY)
    assert "“talent” helps to foresee “forces”" in one_way.says.en
    first = one_way.directions[0]
    assert 0.0 < first.low <= first.slope <= first.high
    assert first.responses[0].low > 0.0


def test_the_same_seed_gives_the_same_answer():
    series = read(as_table(*a_panel(np.random.default_rng(8))))
    runs = [two_way_drive(series, rng=np.random.default_rng(2), draws=99) for _ in range(2)]
    assert runs[0] == runs[1]


def test_indices_that_share_an_indicator_are_refused():
    series = read(as_table(*a_panel(np.random.default_rng(8))))
    with pytest.raises(OverlappingIndicesError) as refused:
        two_way_drive(series, rng=np.random.default_rng(1), shared=["R&D staff"])
    assert "R&D staff" in refused.value.in_language("en")
    assert "指标重叠" in refused.value.in_language("zh")


def test_all_faults_of_a_panel_are_named_with_unit_and_year():
    table = as_table(*a_panel(np.random.default_rng(9), periods=12))
    broken = pl.concat([
        table.filter(~((pl.col("province") == "P03") & (pl.col("year") == 2015)) & (pl.col("year") != 2018)),
        table.filter((pl.col("province") == "P07") & (pl.col("year") == 2011)),
    ])  # fmt: skip
    with pytest.raises(FaultyInputError) as refused:
        read(broken)
    said = refused.value.in_language("en")
    assert "P07 has 2 rows for 2011" in said
    assert "P03 has no value of “talent” for 2015" in said
    assert "No unit has a row for 2018, between 2017 and 2019" in said
    assert "P07在 2011 年有 2 行" in refused.value.in_language("zh")


def test_a_series_that_never_changes_and_a_panel_too_small_are_refused():
    cause, effect = a_panel(np.random.default_rng(9))
    cause[4] = 2.5
    with pytest.raises(FaultyInputError, match=r"“talent” of P04 is 2\.5 in every period"):
        read(as_table(cause, effect))
    with pytest.raises(FaultyInputError) as refused:
        read(as_table(cause[:6, :8], effect[:6, :8]))
    assert {fault.code for fault in refused.value.faults} == {"few-units", "few-periods"}
    with pytest.raises(FaultyInputError, match="no column “forces”"):
        read(as_table(cause, effect).drop("forces"))


def test_whether_talent_and_new_quality_productive_forces_drive_one_another_cannot_be_told_of_the_provinces():
    found = drive_of_provinces(rng=np.random.default_rng(1), draws=199)
    assert found.answer.verdict is DriveVerdict.CANNOT_TELL
    assert (len(found.series.units), found.series.periods) == (30, tuple(range(2015, 2024)))
    assert found.overlap.refused == ()
    assert found.overlap.told == ()  # nothing is divided by the same on both sides either
    for one in found.answer.directions:
        assert one.low <= one.slope <= one.high
        assert one.low < 0.0 < one.high
    assert min(one.usual_p for one in found.answer.directions) < 0.05  # what is usually printed finds something
    assert min(one.p for one in found.answer.directions) > 0.025  # the level of the surer of two directions


def test_a_pack_whose_indices_share_what_they_count_is_refused():
    pack = load_indices(DRIVE_INDICES)
    first, second = pack.indices
    both = replace(second, indicators=(*second.indicators, replace(first.indicators[0], code="again", index="nqp")))
    with pytest.raises(OverlappingIndicesError):
        drive_of_provinces(rng=np.random.default_rng(1), draws=9, pack=replace(pack, indices=(first, both)))


def test_what_columns_leave_is_what_least_squares_leave_and_a_column_told_twice_takes_nothing_more():
    rng = np.random.default_rng(6)
    own, values = rng.normal(size=(2, 5, 9)), rng.normal(size=(5, 9))
    left = rests([*own], [values])[0]
    for unit in range(5):
        columns = own[:, unit].T
        slopes = np.linalg.lstsq(columns, values[unit], rcond=None)[0]
        np.testing.assert_allclose(left[unit], values[unit] - columns @ slopes, atol=1e-12)
    again = rests([*own, own[0] - 2 * own[1]], [values])[0]
    np.testing.assert_allclose(again, left, atol=1e-9)
