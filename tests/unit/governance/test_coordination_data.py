"""The provincial panel of the package: the accounting identities of its sources, and the indices made of it."""

import numpy as np
import polars as pl
import pytest

from tests.unit.governance.coordination_panels import reference
from yucai.errors import FaultyInputError
from yucai.governance.coordination import (
    freeze_goalposts,
    index_panel,
    load_indices,
    load_provinces,
    province_panel,
    refuse_overlap,
    vintage_differences,
)

C = pl.col
KINDS = ("design", "invention", "utility")


def agreeing(total, parts, *, tolerance=2e-3):
    """How many unit-years hold a sum to 0.2 %, of how many with all its figures."""
    rows = load_provinces().table.select(total, *parts).drop_nulls()
    apart = rows.select(pl.sum_horizontal(parts) / C(total) - 1)[parts[0]].abs()
    return int((apart <= tolerance).sum()), rows.height


def test_thirty_one_units_over_fourteen_years():
    provinces = load_provinces()
    assert (len(provinces.units), provinces.table.height) == (31, 31 * 14)
    assert len({one.name.zh for one in provinces.units}) == 31
    assert {one.region for one in provinces.units} == set(provinces.regions)


@pytest.mark.parametrize(
    ("total", "parts", "holds"),
    [
        ("rd_spend_total", ["rd_spend_basic", "rd_spend_applied", "rd_spend_experimental"], (434, 434)),
        ("rd_spend_total", ["rd_fund_government", "rd_fund_enterprise", "rd_fund_abroad", "rd_fund_other"], (402, 402)),
        ("patent_applied_total", [f"patent_applied_{kind}" for kind in KINDS], (433, 433)),
        ("patent_granted_total", [f"patent_granted_{kind}" for kind in KINDS], (434, 434)),
        ("patent_valid_total", [f"patent_valid_{kind}" for kind in KINDS], (434, 434)),
        ("rd_fte_total", ["rd_fte_basic", "rd_fte_applied", "rd_fte_experimental"], (433, 434)),
    ],
)
def test_parts_add_up_to_their_total(total, parts, holds):
    assert agreeing(total, parts) == holds


def test_the_one_total_that_does_not_add_up_is_known():
    rows = load_provinces().table.with_columns(
        apart=(C("rd_fte_basic") + C("rd_fte_applied") + C("rd_fte_experimental")) / C("rd_fte_total") - 1
    )
    wrong = rows.filter(C("apart").abs() > 2e-3).select("name_en", "year").rows()
    assert wrong == [("Sichuan", 2011)]


def test_two_tables_give_the_same_r_and_d_spending():
    rows = load_provinces().table.drop_nulls(["rd_spend_bulletin", "rd_spend_total"])
    apart = rows.with_columns(apart=(C("rd_spend_total") / 1e4 / C("rd_spend_bulletin") - 1).abs())
    assert apart.filter(C("apart") > 0.021).select("name_en", "year").rows() == [("Tibet", 2011)]


def test_sectors_add_up_to_gdp():
    rows = load_provinces().table.drop_nulls("gdp")
    parts = rows["gdp_primary"] + rows["gdp_secondary"] + rows["gdp_tertiary"]
    assert float((parts / rows["gdp"] - 1).abs().max()) < 7.1e-5


def test_neighbours_are_69_pairs_and_hainan_has_guangdong_by_convention():
    provinces = load_provinces()
    assert len(provinces.neighbours) == len({frozenset(pair) for pair in provinces.neighbours}) == 69
    assert {one for pair in provinces.neighbours for one in pair} == {one.code for one in provinces.units}
    assert [pair for pair in provinces.neighbours if "460000" in pair] == [("440000", "460000")]


def test_ratios_come_from_revised_gdp_and_equal_the_reference_inputs():
    panel, given = province_panel(), reference("input")
    assert panel.units == tuple(dict.fromkeys(given["gb2260"]))
    shared = [one for one in panel.indicators if one in given.columns]
    assert len(shared) == 8
    ours = panel.values[:, panel.places(shared)]
    np.testing.assert_allclose(
        ours, given.select(shared).to_numpy(), rtol=2e-6
    )  # the reference is rounded to six places


def test_published_intensity_differs_where_the_census_revised_most():
    table = load_provinces().table.filter(C("year").is_between(2015, 2018)).drop_nulls("gdp_implied")
    table = table.filter(pl.len().over("unit") == 4)
    older = index_panel(table.select("unit", "year", gross="gdp_implied"), ["gross"])
    newer = index_panel(table.select("unit", "year", gross="gdp"), ["gross"])
    found = {(unit, year): apart for unit, year, _, apart in vintage_differences(older, newer, tolerance=0.14)}
    named = {one.name.en: one.code for one in load_provinces().units}
    assert found[named["Tianjin"], 2016] == pytest.approx(0.56, abs=0.005)
    assert found[named["Jilin"], 2016] == pytest.approx(0.43, abs=0.005)
    assert found[named["Liaoning"], 2015] == pytest.approx(0.42, abs=0.005)
    assert found[named["Yunnan"], 2018] == pytest.approx(-0.15, abs=0.005)


def test_published_intensity_over_the_census_is_refused():
    table = load_provinces().table.filter(C("year").is_between(2017, 2020))
    with pytest.raises(FaultyInputError) as refused:
        index_panel(table, ["rd_intensity"])
    assert [(fault.code, fault.where) for fault in refused.value.faults] == [("vintage", "rd_intensity")]


def test_the_goalposts_are_those_of_the_base_years():
    pack = load_indices()
    found = freeze_goalposts(province_panel(), version=pack.version)
    assert found.ends == pack.goalposts.ends


def test_the_two_indices_share_no_indicator_and_say_where_they_share_a_divisor():
    talent, nqp = load_indices().indices
    found = refuse_overlap(talent, nqp)
    assert found.refused == ()
    assert {mine for mine, _ in found.told} == {"edu_budget_gdp", "sci_rd_gdp", "tal_fte_per_gdp"}


def test_a_year_with_holes_is_withheld_and_every_hole_is_named():
    with pytest.raises(FaultyInputError) as refused:
        province_panel(years=[2016, 2017, 2018])
    holes = {fault.facts["indicator"] for fault in refused.value.faults}
    assert holes == {"nqp_hitech_revenue_gdp"}  # the yearbook has no such table for 2017
    assert len(refused.value.faults) == 30
    assert all(fault.where.endswith(", 2017") for fault in refused.value.faults)
