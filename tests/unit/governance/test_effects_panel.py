"""What a panel must be: everything that is wrong with a table is said at once, in both languages."""

import math

import numpy as np
import polars as pl
import pytest

from tests.shared_data import shared_folder
from tests.unit.governance.effects_cases import made_panel
from yucai.errors import FaultyInputError
from yucai.governance import EvaluationPlan, VintageBreak, read_panel
from yucai.texts import Text

CENSUS = VintageBreak(before=2018, why=Text("GDP was revised after the fourth census", "第四次经济普查后修订了 GDP"))


def table(**changed):
    whole = {
        "code": ["11", "11", "11", "12", "12", "12"],
        "name": ["北京", "北京", "北京", "天津", "天津", "天津"],
        "year": [2017, 2018, 2019] * 2,
        "value": [1.0, 2.0, 3.5, 1.0, 1.5, 2.0],
        "first": [2019, 2019, 2019, None, None, None],
    }
    return whole | changed


def read(rows, **facts):
    given = {"unit": "code", "period": "year", "outcome": "value", "first_treated": "first", "unit_name": "name"}
    return read_panel(rows, **{**given, **facts})


def refused(rows, **facts):
    with pytest.raises(FaultyInputError) as caught:
        read(rows, **facts)
    return caught.value


def test_a_good_table_becomes_a_panel():
    panel = read(pl.DataFrame(table()))
    assert panel.units == ("11", "12")
    assert panel.names == ("北京", "天津")
    assert panel.periods == (2017, 2018, 2019)
    assert panel.outcome.tolist() == [[1.0, 2.0, 3.5], [1.0, 1.5, 2.0]]
    assert panel.first_treated == (2019, None)
    assert (panel.treated, panel.donors, panel.cohorts) == ((0,), (1,), (2019,))
    with pytest.raises(ValueError, match="read-only"):
        panel.outcome[0, 0] = 9.0


def test_units_stand_in_the_order_of_their_codes_whatever_the_order_of_rows():
    rows = pl.DataFrame(table())
    turned = read(rows.reverse())
    assert turned.units == read(rows).units
    assert turned.outcome.tolist() == read(rows).outcome.tolist()


@pytest.mark.parametrize("never", [None, 0, "", math.inf, "NA"])
def test_never_treated_is_written_in_many_ways(never):
    rows = table(first=["2019"] * 3 + [str(never) if never is not None else None] * 3)
    assert read(rows).first_treated == (2019, None)


@pytest.mark.parametrize(
    ("changed", "english", "chinese"),
    [
        (
            {"code": ["11", "11", "11", "12", "12", "12"], "year": [2017, 2018, 2018, 2017, 2018, 2019]},
            "11 has 2 rows for 2018; one is right. Keep the right one.",
            "11 在 2018 年有 2 行；应只有一行。请保留正确的一行。",
        ),
        (
            {"year": [2017, 2018, 2020, 2017, 2018, 2019], "first": [None] * 6},
            "11 has no row for 2019. Add it, or leave the unit or the year out.",
            "11 缺少 2019 年的数据行。请补充，或剔除该单位或该年。",
        ),
        (
            {"year": [2016, 2018, 2019] * 2},
            "No unit has a row for 2017, though the table goes from 2016 to 2019.",
            "所有单位都没有 2017 年的数据，而表的年份为 2016 至 2019 年。",
        ),
        (
            {"value": ["1", "2", "约3", "1", "2", "3"]},
            "11 2019: the outcome “约3” is not a number. Write a figure without a unit.",
            "11 2019 年：结果值“约3”不是数字。请填写不带单位的数值。",
        ),
        (
            {"value": [1.0, None, 3.0, 1.0, 2.0, 3.0]},
            "11 2018: the outcome is missing. Add it, or leave the unit or the year out; nothing is filled in.",
            "11 2018 年：缺少结果值。请补充，或剔除该单位或该年；系统不会代为填补。",
        ),
        (
            {"value": [None, None, 3.0, 1.0, 2.0, 3.0]},
            "11: the outcome starts in 2019, but the policy in 2019; without a year before it nothing can be compared.",
            "11：结果数据始于 2019 年，而政策始于 2019 年；没有政策前的年份就无从比较。",
        ),
        (
            {"first": [2017] * 3 + [None] * 3},
            "11 is treated from 2017, but the table begins in 2017; it has no year before the policy.",
            "11 自 2017 年起实施政策，而表始于 2017 年，没有政策前的年份。",
        ),
        (
            {"first": [2021] * 3 + [None] * 3},
            "11 is treated from 2021, but the table ends in 2019;",
            "11 自 2021 年起实施政策，而表止于 2019 年；",
        ),
        (
            {"first": [2018, 2019, 2019, None, None, None]},
            "11 is said to be treated first in 2018 / 2019; there is one first year.",
            "11 的首次实施年份有 2018 / 2019 多种写法；首次只能有一年。",
        ),
        (
            {"first": ["2019", "soon", "2019", "", "", ""]},
            "11 2018: the first year of the policy, “soon”, is not a year. Write a year, or leave it empty.",
            "11 2018 年：政策首年“soon”不是年份。请填写年份，或留空。",
        ),
        (
            {"name": ["北京", "北京", "北平", "天津", "天津", "天津"]},
            "11 is called 北京 / 北平 (in 2019); one code has one name. Say which it is, or give two codes.",
            "11 有 北京 / 北平 多个名称（2019 年）；一个代码对应一个名称。请确认名称，或分为两个代码。",
        ),
        (
            {"name": ["北京"] * 6},
            "北京 has the codes 11 / 12 (in 2017); one unit has one code. Use the same code in all years.",
            "北京 有 11 / 12 多个代码（2017 年）；一个单位对应一个代码。请在各年使用同一代码。",
        ),
        (
            {"year": ["2017", "2018", "last", "2017", "2018", "2019"]},
            "11: the year “last” is not a whole number. Write it with four digits.",
            "11：年份“last”不是整数。请写成四位数字。",
        ),
        (
            {"code": ["11", "11", None, "12", "12", "12"]},
            "A row of 2019 names no unit. Write the code of the unit.",
            "2019 年有一行未写单位。请填写单位代码。",
        ),
    ],
)
def test_each_fault_is_one_sentence_that_names_unit_and_year(changed, english, chinese):
    error = refused(table(**changed))
    assert english in error.in_language("en")
    assert chinese in error.in_language("zh")


def test_a_revision_inside_the_window_is_refused_and_outside_it_is_not():
    error = refused(table(), breaks=[CENSUS])
    assert (
        "Figures up to 2018 and from 2019 are not comparable: GDP was revised after the fourth census."
        in error.in_language("en")
    )
    assert "2018 年及以前与 2019 年及以后的数据不可比：第四次经济普查后修订了 GDP。" in error.in_language("zh")
    assert read(table(), breaks=[VintageBreak(before=2019, why=CENSUS.why)]).periods[-1] == 2019
    assert read(table(), breaks=[VintageBreak(before=2010, why=CENSUS.why)]).periods[0] == 2017


def test_all_faults_come_at_once():
    rows = table(
        value=["x", 2.0, None, 1.0, 1.5, 2.0],
        name=["北京", "北京", "北平", "天津", "天津", "天津"],
        first=[2017] * 3 + [None] * 3,
    )
    codes = [fault.code for fault in refused(rows, breaks=[CENSUS]).faults]
    assert sorted(codes) == ["missing-outcome", "not-a-number", "renamed", "treated-from-the-start", "vintage-break"]


def test_a_mapping_may_say_who_was_treated():
    assert read(table(), first_treated={"12": 2018}).first_treated == (None, 2018)
    error = refused(table(), first_treated={"13": 2018})
    assert "13 is said to be treated from 2018, but the table has no such unit." in error.in_language("en")


def test_a_column_that_is_not_there_is_named_with_those_that_are():
    error = refused(table(), outcome="gdp", unit="province")
    said = error.in_language("en")
    assert "There is no column “province”; the table has code, name, year, value, first." in said
    assert "There is no column “gdp”" in said
    assert "表中没有数据行" in refused({key: [] for key in table()}).in_language("zh")


def test_very_many_faults_are_counted_not_listed():
    rows = {"u": [f"U{n}" for n in range(300) for _ in (0, 1)], "t": [2019, 2020] * 300, "y": [None] * 600}
    with pytest.raises(FaultyInputError) as caught:
        read_panel(rows, unit="u", period="t", outcome="y", first_treated={})
    assert len(caught.value.faults) == 201
    assert "400 more of the same kinds are not listed." in caught.value.in_language("en")


def test_the_published_intensity_across_the_census_is_refused():
    """The trap of the provincial panel: up to 2018 one GDP, from 2019 another."""
    wide = pl.read_csv(shared_folder("cn_province_science_talent") / "wide_2010_2023.csv").filter(pl.col("year") > 2010)
    facts = {"unit": "gb2260", "period": "year", "outcome": "rd_intensity", "unit_name": "province"}
    with pytest.raises(FaultyInputError) as caught:
        read_panel(wide, first_treated={"110000": 2016}, breaks=[CENSUS], **facts)
    assert [fault.code for fault in caught.value.faults] == ["vintage-break"]
    early = read_panel(wide.filter(pl.col("year") <= 2018), first_treated={"110000": 2016}, breaks=[CENSUS], **facts)
    assert len(early.units) == 31


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"estimators": ()}, "Name at least one estimator."),
        ({"control_groups": ()}, "Name at least one control group."),
        ({"horizon": -1}, "The horizon is 0"),
        ({"anticipation": -1}, "The years of anticipation are 0 or more."),
        ({"alpha": 0.6}, "The level alpha lies between 0 and 0.5"),
        ({"power": 1.0}, "The power lies between 0.5 and 1"),
        ({"placebo_years": (0,)}, "A placebo in time moves the policy by 1 year or more."),
        ({"smallest_effect": 0.0}, "The smallest effect of interest is above 0."),
        ({"draws": 10}, "Draw between 99 and 99,999 assignments."),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(facts, words):
    with pytest.raises(FaultyInputError) as caught:
        EvaluationPlan(**facts)
    assert words in caught.value.in_language("en")


def test_a_made_panel_is_what_the_other_tests_think():
    panel = made_panel(treated=(0, 3), effect=5.0, noise=0.0)
    assert panel.first_treated[0] == 2018
    assert len(panel.donors) == 28


def copied(values, **firsts):
    years = list(range(2012, 2012 + values.shape[1]))
    codes = [f"U{n:02d}" for n in range(len(values))]
    table = {"u": np.repeat(codes, len(years)).tolist(), "y": years * len(codes), "v": values.ravel().tolist()}
    with pytest.raises(FaultyInputError) as refused:
        read_panel(table, unit="u", period="y", outcome="v", first_treated=firsts or {"U00": 2017})
    return refused.value


def test_a_year_that_repeats_another_is_refused():
    """Each year written twice would make a drift look half as steep, and a past of three years as long as six."""
    values = np.random.default_rng(1).normal(50, 5, (12, 9))
    values[:, 4] = values[:, 3]
    fault = copied(values)
    assert [one.code for one in fault.faults] == ["copied-year"]
    assert "The figures of 2016 are those of 2015, for every unit." in fault.in_language("en")
    assert "2016 年各单位的数据与 2015 年完全相同" in fault.in_language("zh")


def test_a_treated_unit_that_repeats_another_is_refused():
    """One province written under two codes would be two treated units."""
    values = np.random.default_rng(1).normal(50, 5, (12, 9))
    values[7] = values[2]
    assert [one.code for one in copied(values, U02=2017, U07=2017).faults] == ["copied-unit"]
    assert "U07 has the figures of U02 in all years." in copied(values, U07=2017).in_language("en")


def test_counts_that_stay_as_they_were_are_left_alone():
    """Laboratories of a province: in a calm year nobody gets one, and two provinces have as many."""
    values = np.random.default_rng(1).integers(0, 9, (20, 9)).astype(float)
    values[:, 5] = values[:, 4]
    values[5] = values[4]
    values[:, 6] = 3.0
    years, codes = list(range(2012, 2021)), [f"U{n:02d}" for n in range(20)]
    table = {"u": np.repeat(codes, 9).tolist(), "y": years * 20, "v": values.ravel().tolist()}
    assert read_panel(table, unit="u", period="y", outcome="v", first_treated={"U05": 2017}).treated == (5,)
