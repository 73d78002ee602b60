"""One reader finds what is wrong with the units and years of a table; three rooms say it, each of the same places."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yucai.errors import FaultyInputError
from yucai.governance import index_panel, read_panel, read_two_series
from yucai.governance.panels import by_name, unit_years


def a_table(units=12, years=range(2010, 2023)):
    rng = np.random.default_rng(3)
    rows = [(f"P{unit:02d}", year, *rng.normal(size=2)) for unit in range(units) for year in years]
    return pl.DataFrame(rows, schema=["unit", "year", "x", "y"], orient="row")


READERS = {
    "drive": lambda table: read_two_series(table, unit="unit", period="year", first="x", second="y"),
    "index": lambda table: index_panel(table, ["x", "y"]),
    "policy": lambda table: read_panel(table, unit="unit", period="year", outcome="x", first_treated={}),
}


def test_a_sound_table_has_the_same_numbers_in_all_three_rooms():
    table = a_table()
    drive, index, policy = (READERS[name](table.sample(fraction=1.0, shuffle=True, seed=4)) for name in READERS)
    assert drive.units == policy.units == tuple(sorted(index.units))
    assert drive.periods == policy.periods == index.years == tuple(range(2010, 2023))
    np.testing.assert_array_equal(drive.values[0], policy.outcome)
    order = [index.units.index(unit) for unit in drive.units]
    np.testing.assert_array_equal(index.values[:, 1].reshape(12, 13)[order], drive.values[1])


@pytest.mark.parametrize("room", READERS)
def test_a_row_too_many_a_row_too_few_and_an_empty_cell_are_named_together_in_every_room(room):
    table = a_table()
    at = (pl.col("unit") == "P03") & (pl.col("year") == 2015)
    empty = pl.when((pl.col("unit") == "P05") & (pl.col("year") == 2012)).then(None).otherwise(pl.col("x"))
    broken = pl.concat([table.filter(~at), table[:1]]).with_columns(x=empty)
    with pytest.raises(FaultyInputError) as refused:
        READERS[room](broken)
    said = refused.value.in_language("en")
    for unit, year in (("P00", 2010), ("P03", 2015), ("P05", 2012)):
        assert any(unit in line and str(year) in line for line in said.splitlines()), (unit, year)
    assert len(refused.value.faults) == (4 if room == "drive" else 3)  # an absent row lacks both series


@pytest.mark.parametrize("room", ["drive", "policy"])
def test_a_year_that_no_unit_has_is_a_gap_where_the_question_needs_years_in_a_row(room):
    with pytest.raises(FaultyInputError, match="No unit has a row for 2018"):
        READERS[room](a_table(years=[year for year in range(2008, 2023) if year != 2018]))


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(2019, 2022), st.floats(-9, 9)), min_size=1, max_size=14))
def test_what_is_there_once_twice_and_not_at_all_adds_up(rows):
    units, years, cells = zip(*rows, strict=True)
    found = unit_years(units, years, {"x": cells})
    absent, twice = list(found.absent()), list(found.twice())
    assert len(absent) + len({row[:2] for row in rows}) == len(found.units) * len(found.years)
    assert sum(n - 1 for *_, n in twice) == len(rows) - len({row[:2] for row in rows})
    assert found.is_balanced == (not absent and not twice)
    assert [place[:2] for place in found.missing()] == absent
    assert {year for year, _, _ in found.gaps()} == set(range(min(years), max(years))) - set(years)
    assert {(unit, year): value for unit, year, value in rows} == {
        (unit, year): found.values[row, place, 0]
        for row, unit in enumerate(found.units)
        for place, year in enumerate(found.years)
        if (unit, year) not in absent
    }


def test_what_never_changes_and_what_changed_its_name_is_found():
    found = unit_years(
        ["A", "A", "B", "B"], [2019, 2020] * 2, {"x": [1.0, 1.0, 2.0, 3.0], "y": [np.inf, 4.0, 4.0, 4.0]}
    )
    assert list(found.still()) == [("x", "A", 1.0), ("y", "B", 4.0)]
    assert list(found.missing()) == [("A", 2019, "y")]
    with pytest.raises(ValueError, match="read-only"):
        found.values[0, 0, 0] = 9.0
    names, codes = by_name(["11", "11", "12"], ["北京", "北平", "北京"], ["2019", "2020", "2019"])
    assert names == {"11": {"北京": "2019", "北平": "2020"}}
    assert codes == {"北京": {"11": "2019", "12": "2019"}}
