"""Responses from a data frame of any kind: taken as they are, or refused with all that is wrong."""

# One sentence a line, however long, so that both languages can be read side by side.
# ruff: noqa: E501

import contextlib
import copy
import datetime

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from yucai.errors import FaultyInputError
from yucai.evidence import RESPONSES, Responses, open_lake, write_part

GOOD = {
    "learner": ["s1", "s1", "s2"],
    "item": ["essay", "talk", "essay"],
    "score": [4.0, 2.5, 0.0],
    "max_score": [5, 5, 5],
    "rater": ["An", None, "An"],
}
MAKERS = {"polars": pl.DataFrame, "pandas": pd.DataFrame, "pyarrow": pa.table, "lazy polars": pl.LazyFrame}


def changed(**columns):
    return {**GOOD, **columns}


def told_of(table):
    with pytest.raises(FaultyInputError) as told:
        Responses.from_table(table)
    return told.value


def lines(table, language="en"):
    return told_of(table).in_language(language).splitlines()[1:]


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_a_table_of_any_kind_gives_the_same_responses(make):
    responses = Responses.from_table(make(GOOD))
    assert responses.table.columns == [column.name for column in RESPONSES.columns]
    assert responses.table.select(list(GOOD)).rows() == list(zip(*GOOD.values(), strict=True))
    assert len(responses) == 3


def test_a_query_of_duckdb_and_a_table_of_ibis_are_taken(tmp_path):
    connection = duckdb.connect()
    connection.register("good", pa.table(GOOD))
    assert len(Responses.from_table(connection.sql("SELECT * FROM good WHERE learner = 's1'"))) == 2
    numbered = Responses.from_table(pl.DataFrame(GOOD).with_columns(record=pl.Series([1, 2, 3]))).table
    part = write_part(numbered, tmp_path, period="2026")
    assert Responses.from_table(open_lake(tmp_path, [part]).order_by("record")).table.equals(numbered)


@pytest.mark.parametrize("make", [pl.DataFrame, pd.DataFrame, pa.table])
def test_a_table_is_left_as_it_was_whether_taken_or_refused(make):
    for columns in (changed(further=[1, 2, 3]), changed(score=[9.0, None, 1.0])):
        table = make(columns)
        before = copy.deepcopy(table)
        with contextlib.suppress(FaultyInputError):
            Responses.from_table(table)
        assert before.equals(table)


def test_types_that_mean_the_same_are_taken():
    at = pd.to_datetime(["2026-03-31 17:30"] * 3).tz_localize("Asia/Shanghai")
    frame = pd.DataFrame(
        changed(at=at, item=pd.Categorical(GOOD["item"]), score=np.float32([4, 2.5, 0]), record=np.uint8([1, 2, 3]))
    )
    table = Responses.from_table(frame).table
    assert table["at"].to_list() == [datetime.datetime(2026, 3, 31, 9, 30, tzinfo=datetime.UTC)] * 3
    assert table.select("item", "score", "record").rows() == [("essay", 4.0, 1), ("talk", 2.5, 2), ("essay", 0.0, 3)]


def test_what_is_missing_in_pandas_is_empty():
    frame = pd.DataFrame(changed(rater=["An", np.nan, None], occasion=np.nan))
    assert Responses.from_table(frame).table.select("rater", "occasion").rows() == [
        ("An", None),
        (None, None),
        (None, None),
    ]


def test_further_columns_are_dropped_whatever_they_hold():
    frame = pd.DataFrame(changed(remarks=[1, "late", {"a": 1}]))
    assert len(Responses.from_table(frame)) == 3


def test_no_rows_are_responses_too():
    assert len(Responses.from_table(RESPONSES.empty())) == 0
    assert (
        len(Responses.from_table(pl.DataFrame({name: [] for name in ("learner", "item", "score", "max_score")}))) == 0
    )


# Refused


def test_all_missing_columns_are_named():
    assert lines(pl.DataFrame({"x": [1]})) == [
        "- the column “learner” (whose work it is) is missing. Add it, or name the column that holds it.",
        "- the column “item” (what was done: task, question, criterion) is missing. Add it, or name the column that holds it.",
        "- the column “score” (points reached) is missing. Add it, or name the column that holds it.",
        "- the column “max_score” (highest points) is missing. Add it, or name the column that holds it.",
    ]
    assert lines(pl.DataFrame({"x": [1]}), "zh")[0] == "- 缺少“learner”列（学习者）。请补上该列，或指明哪一列是它。"


def test_faults_of_every_sort_are_named_at_once():
    table = pl.DataFrame(
        {
            "learner": ["s1", "s1", None, " ", "s2"],
            "item": ["essay", "essay", "essay", "essay", "talk"],
            "score": [4.0, 5.0, 1.0, 1.0, 6.0],
            "max_score": [5, 5, 5, 5, 5],
            "rater": ["An"] * 5,
            "at": ["2026-03-31"] * 5,
        }
    )
    assert told_of(table).in_language("en") == (
        "responses cannot be used as it is (4 to correct). Nothing was changed.\n"
        "- the column “learner” is empty in 2 rows (first: row 3). Every row needs a value.\n"
        "- the column “at” should hold times with time zone, but it holds String. Convert it first.\n"
        "- 1 score lies outside 0 to the highest score (first: s2 on talk, 6.0 of 5.0). Correct them.\n"
        "- 1 score stands twice for the same learner, item, rater and occasion (first: s1 on essay). Keep one."
    )
    assert told_of(table).in_language("zh") == (
        "“responses”不能照原样使用（需改正 4 处）。没有改动任何数据。\n"
        "- “learner”列有 2 行为空（首见第 3 行）。每一行都须有值。\n"
        "- “at”列应为带时区的时间，实际为String。请先转换。\n"
        "- 有 1 个得分不在 0 到满分之间（首见：s2 的 talk，6.0/5.0）。请改正。\n"
        "- 有 1 个得分重复（同一学习者、题目、评分人、学期；首见：s1 的 essay）。请只保留一个。"
    )


def test_what_can_still_be_seen_without_a_column_is_said_too():
    no_items = {"learner": ["s1"], "score": [6.0], "max_score": [5]}
    assert (
        lines(pl.DataFrame(no_items))[1]
        == "- 1 score lies outside 0 to the highest score (first: s1 on ?, 6.0 of 5.0). Correct them."
    )
    text_scores = changed(score=["4", "2", "0"], item=["essay"] * 3, rater=["An"] * 3)
    assert [fault.code for fault in told_of(pl.DataFrame(text_scores)).faults] == ["wrong-type", "duplicate"]


@pytest.mark.parametrize("score", [-0.5, 5.5, float("inf"), float("nan")])
def test_a_score_outside_the_scale_is_refused(score):
    (line,) = lines(pl.DataFrame(changed(score=[4.0, score, 0.0])))
    assert line == f"- 1 score lies outside 0 to the highest score (first: s1 on talk, {score} of 5.0). Correct them."


@pytest.mark.parametrize("highest", [0.0, -5.0, float("inf"), float("nan")])
def test_a_highest_score_that_is_none_is_refused(highest):
    assert [fault.code for fault in told_of(pl.DataFrame(changed(max_score=[5.0, highest, 5.0]))).faults] == [
        "score-outside-scale"
    ]


def test_pandas_columns_of_several_kinds_are_named_not_guessed():
    frame = pd.DataFrame(changed(score=[4, "缺考", 0], learner=["s1", 2, "s3"]))
    assert lines(frame) == [
        "- the column “learner” should hold text, but it holds values of several kinds. Convert it first.",
        "- the column “score” should hold numbers, but it holds values of several kinds. Convert it first.",
    ]
    assert lines(frame, "zh")[1] == "- “score”列应为数值，实际为多种类型的取值。请先转换。"


@pytest.mark.parametrize("kind", ["pandas", "pyarrow"])
def test_columns_that_stand_twice_are_named(kind):
    names, row = ["learner", "item", "score", "max_score", "score", "x", "x"], ["s1", "essay", 4, 5, 3, 1, 2]
    table = (
        pd.DataFrame([row], columns=names) if kind == "pandas" else pa.table([[value] for value in row], names=names)
    )
    assert lines(table) == [
        f"- the column “{name}” stands there more than once. Keep one of them." for name in ("score", "x")
    ]
    assert lines(table, "zh")[0] == "- “score”列出现不止一次。请只保留一列。"


def test_what_is_no_table_is_a_mistake_of_the_caller():
    for thing in (GOOD, [1], "file.csv", None):
        with pytest.raises(TypeError):
            Responses.from_table(thing)
