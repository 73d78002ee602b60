"""Contracts of columns: what comes in is arranged or refused, and never altered."""

# One sentence a line, however long, so that both languages can be read side by side.
# ruff: noqa: E501

import datetime
import decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yucai.errors import FaultyInputError
from yucai.frames import Column, Contract, to_polars
from yucai.texts import Text

AT = datetime.datetime(2026, 3, 31, 9, 30, tzinfo=datetime.UTC)
NAME = Text("who it is", "何人")
CONTRACT = Contract(
    "people",
    (
        Column(name="who", kind="text", meaning=NAME),
        Column(name="n", kind="whole", meaning=Text("how many", "多少"), nullable=True),
        Column(
            name="share", kind="number", meaning=Text("which part", "占比"), unit="1", required=False, nullable=True
        ),
        Column(name="at", kind="time", meaning=Text("when", "何时"), required=False, nullable=True),
        Column(name="done", kind="flag", meaning=Text("whether done", "是否完成"), required=False, nullable=True),
    ),
)
SCHEMA = {"who": pl.String, "n": pl.Int64, "share": pl.Float64, "at": pl.Datetime("us", "UTC"), "done": pl.Boolean}


def lines(table, language="en"):
    with pytest.raises(FaultyInputError) as told:
        CONTRACT.check(table)
    return told.value.in_language(language).splitlines()[1:]


def test_a_table_is_arranged_in_the_columns_and_types_of_the_contract():
    table = pl.DataFrame({"further": [1, 2], "n": pl.Series([2, 1], dtype=pl.Int8), "who": ["b", "a"]})
    checked = CONTRACT.check(table)
    assert checked.schema == pl.Schema(SCHEMA)
    assert checked.rows() == [("b", 2, None, None, None), ("a", 1, None, None, None)]
    assert table.columns == ["further", "n", "who"]


def test_an_empty_table_keeps_the_contract_and_stays_empty():
    assert CONTRACT.empty().schema == pl.Schema(SCHEMA)
    assert CONTRACT.check(CONTRACT.empty()).equals(CONTRACT.empty())
    assert CONTRACT.check(pd.DataFrame({"who": [], "n": []})).equals(CONTRACT.empty())


@pytest.mark.parametrize("column", ["n", "share", "at", "done"])
@pytest.mark.parametrize("nothing", [None, np.nan, pd.NaT])
def test_a_column_of_nothing_is_empty_whatever_its_type(column, nothing):
    frame = pd.DataFrame({"who": ["a", "b"], "n": [1, 2]}).assign(**{column: [nothing, nothing]})
    assert CONTRACT.check(frame)[column].to_list() == [None, None]


def test_a_required_column_of_nothing_is_refused():
    for frame in (pl.DataFrame({"who": [None], "n": [1]}), pd.DataFrame({"who": [np.nan], "n": [1]})):
        assert lines(frame) == ["- the column “who” is empty in 1 row (first: row 1). Every row needs a value."]


@pytest.mark.parametrize("empty", [None, "", " ", "\u3000\t"])
def test_blank_text_is_no_value(empty):
    table = pl.DataFrame({"who": ["a", "b", empty, "c", empty], "n": [1] * 5})
    assert lines(table) == ["- the column “who” is empty in 2 rows (first: row 3). Every row needs a value."]
    assert lines(table, "zh") == ["- “who”列有 2 行为空（首见第 3 行）。每一行都须有值。"]


def test_every_missing_column_and_wrong_type_is_named_at_once():
    table = pl.DataFrame({"share": ["half"], "at": [datetime.datetime(2026, 1, 1)], "done": [1]})  # noqa: DTZ001
    assert lines(table) == [
        "- the column “who” (who it is) is missing. Add it, or name the column that holds it.",
        "- the column “n” (how many) is missing. Add it, or name the column that holds it.",
        "- the column “share” should hold numbers, but it holds String. Convert it first.",
        "- the column “at” should hold times with time zone, but it holds Datetime(time_unit='us', time_zone=None). Convert it first.",
        "- the column “done” should hold true/false, but it holds Int64. Convert it first.",
    ]
    assert lines(table, "zh") == [
        "- 缺少“who”列（何人）。请补上该列，或指明哪一列是它。",
        "- 缺少“n”列（多少）。请补上该列，或指明哪一列是它。",
        "- “share”列应为数值，实际为String。请先转换。",
        "- “at”列应为带时区的时间，实际为Datetime(time_unit='us', time_zone=None)。请先转换。",
        "- “done”列应为是否，实际为Int64。请先转换。",
    ]


FITTING = {
    "text": [["a"], pl.Series(["a"], dtype=pl.Categorical), pl.Series(["a"], dtype=pl.Enum(["a"]))],
    "whole": [[1], pl.Series([1], dtype=pl.UInt64), pl.Series([2**63 - 1], dtype=pl.UInt64)],
    "number": [[1], [1.5], pl.Series([1.5], dtype=pl.Float32), [decimal.Decimal("1.5")]],
    "time": [[AT], pl.Series([AT], dtype=pl.Datetime("ns", "Asia/Shanghai"))],
    "flag": [[True]],
}
STRANGE = {
    "text": [[1], [AT], [b"a"], [["a"]]],
    "whole": [[1.0], ["1"], [True], [decimal.Decimal("1")]],
    "number": [["1"], [True], [AT]],
    "time": [["2026-01-01"], [datetime.date(2026, 1, 1)], [1]],
    "flag": [[1], ["true"]],
}


def one(kind):
    return Contract("one", (Column(name="x", kind=kind, meaning=NAME),))


@pytest.mark.parametrize(("kind", "values"), [(kind, values) for kind in FITTING for values in FITTING[kind]])
def test_values_that_fit_are_taken(kind, values):
    (column,) = one(kind).columns
    checked = one(kind).check(pl.DataFrame({"x": values}))
    assert checked.schema == {"x": column.dtype}
    assert checked["x"].null_count() == 0


@pytest.mark.parametrize(("kind", "values"), [(kind, values) for kind in STRANGE for values in STRANGE[kind]])
def test_values_of_another_type_are_refused_not_converted(kind, values):
    with pytest.raises(FaultyInputError) as told:
        one(kind).check(pl.DataFrame({"x": values}))
    assert [fault.code for fault in told.value.faults] == ["wrong-type"]


def test_a_whole_number_too_large_to_be_kept_is_refused():
    table = pl.DataFrame({"who": ["a"], "n": pl.Series([2**63], dtype=pl.UInt64)})
    assert lines(table) == [
        "- the column “n” should hold whole numbers, but it holds numbers beyond 9,223,372,036,854,775,807. Convert it first."
    ]
    assert lines(table, "zh") == ["- “n”列应为整数，实际为超过 9,223,372,036,854,775,807 的数。请先转换。"]


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.from_regex(r"[a-z甲]{1,4}", fullmatch=True), st.none() | st.integers(-(2**63), 2**63 - 1)))
)
def test_rows_keep_their_order_and_values_in_any_kind_of_frame(rows):
    columns = {"who": [row[0] for row in rows], "n": [row[1] for row in rows]}
    expected = [(who, n, None, None, None) for who, n in rows]
    pandas = pd.DataFrame({"who": columns["who"], "n": pd.array(columns["n"], dtype="Int64")})
    arrow = pa.table(columns, schema=pa.schema({"who": pa.string(), "n": pa.int64()}))
    for table in (
        pl.from_arrow(arrow),
        arrow,
        pl.from_arrow(arrow).lazy(),
        pandas,
    ):
        checked = CONTRACT.check(table)
        assert checked.rows() == expected
        assert CONTRACT.check(checked).equals(checked)


def test_a_frame_is_turned_into_polars_by_columns_if_wanted():
    frame = pd.DataFrame({"a": [1, 2], "b": [1, "x"], "c": ["x", "y"]})
    assert to_polars(frame, ["c", "a", "z"]).rows() == [(1, "x"), (2, "y")]
    whole = to_polars(frame)
    assert whole.columns == ["a", "b", "c"]
    assert whole["b"].dtype == pl.Object
    assert whole["b"].to_list() == [1, "x"]


def test_columns_that_stand_twice_are_named_whoever_asks():
    frame = pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"])
    with pytest.raises(FaultyInputError) as told:
        to_polars(frame)
    assert (
        told.value.in_language("zh")
        == "“DataFrame”不能照原样使用（需改正 1 处）。没有改动任何数据。\n- “a”列出现不止一次。请只保留一列。"
    )


def test_titles_that_are_patterns_elsewhere_are_titles_here():
    table = pl.DataFrame({'"id"': [1], "*": [2], "^i.*$": [3]})
    assert to_polars(table).equals(table)
    assert to_polars(table, ["*"]).equals(table["*"].to_frame())
