"""Lists that a planner writes, and who watches which turn."""

import datetime as dt
from collections import Counter

import numpy as np
import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.evidence.observing import SCHEME, ZONE
from yucai.errors import FaultyInputError
from yucai.evidence import (
    ConsentedChild,
    assign_observers,
    draw_schedule,
    read_children,
    read_times,
    times_on_days,
    write_sheets,
)


def faults_of(told):
    return [(fault.where, fault.code) for fault in told.value.faults]


def schedule_of(n_slots, seed=3):
    start = dt.datetime(2026, 3, 2, 9, tzinfo=ZONE)
    times = [(start + dt.timedelta(minutes=15 * n), "free-play") for n in range(n_slots)]
    return draw_schedule(["K-001", "K-002", "K-003"], times, seconds=600, seed=seed)


@pytest.mark.parametrize(
    "text", ["K-001 C-17\nK-002 C-18", "K-001\tC-17\r\nK-002\tC-18\r\n", "化名\t同意书编号\nK-001\tC-17\n\nK-002，C-18"]
)
def test_children_are_typed_or_pasted(text):
    assert read_children(text) == (ConsentedChild("K-001", "C-17"), ConsentedChild("K-002", "C-18"))


def test_every_faulty_line_is_told_and_no_name_is_repeated():
    with pytest.raises(FaultyInputError) as told:
        read_children("K-001 C-17\n王小明 C-18\nK-001 C-19\nK-004\nK-005 妈妈同意\nK-006 C-20 王小明")
    assert faults_of(told) == [
        ("line 2", "name"), ("line 3", "duplicate"), ("line 4", "no-consent"), ("line 5", "form"),
        ("line 6", "too-much"),
    ]  # fmt: skip
    assert "王小明" not in told.value.in_language("zh")
    assert "妈妈" not in told.value.in_language("zh")
    with pytest.raises(FaultyInputError) as told:
        read_children(" \n")
    assert faults_of(told) == [("children", "nobody")]


def test_times_name_their_setting_by_code_or_by_name():
    found = read_times("09:00 自由活动\n9:30 Free play\n10:00 free-play\n10：30 过渡环节", SCHEME)
    assert [setting for _, setting in found] == ["free-play"] * 3 + ["transition"]
    assert found[1][0] == dt.time(9, 30)
    with pytest.raises(FaultyInputError) as told:
        read_times("25:00 meal\n9:00 nap\nsoon", SCHEME)
    assert faults_of(told) == [("line 1", "clock"), ("line 2", "setting"), ("line 3", "clock"), ("line 3", "setting")]


def test_times_fall_on_the_chosen_weekdays():
    days = {"first": dt.date(2026, 3, 2), "last": dt.date(2026, 3, 15), "zone": ZONE}
    found = times_on_days([(dt.time(9), "meal")], weekdays=frozenset({0, 4}), **days)
    assert [moment.date().day for moment, _ in found] == [2, 6, 9, 13]
    assert found[0][0].utcoffset() == dt.timedelta(hours=8)
    for wrong in ({"last": dt.date(2026, 3, 1)}, {"last": dt.date(2028, 3, 1)}, {"weekdays": frozenset()}):
        with pytest.raises(FaultyInputError):
            times_on_days([(dt.time(9), "meal")], **{"weekdays": frozenset({0}), **days, **wrong})


@given(n=st.integers(1, 40), observers=st.integers(2, 5), share=st.floats(0, 1), seed=st.integers(0, 2**32 - 1))
def test_loads_are_even_and_nobody_is_second_to_themself(n, observers, share, seed):
    names = [f"O{k}" for k in range(observers)]
    turns = assign_observers(schedule_of(n), names, second_share=share, rng=np.random.default_rng(seed))
    firsts = [turn for turn in turns if not turn.second]
    seconds = {turn.number: turn.observer for turn in turns if turn.second}
    assert [turn.slot for turn in firsts] == list(schedule_of(n).slots)
    loads = Counter(turn.observer for turn in firsts)
    assert max(loads.values()) - min(loads.get(name, 0) for name in names) <= 1
    assert len(seconds) == len(turns) - n == round(share * n)
    assert all(seconds[turn.number] != turn.observer for turn in firsts if turn.number in seconds)


def test_observers_who_cannot_be_assigned_are_refused():
    for names, share, code in (([], 0, "no-observer"), (["A", "A"], 0, "duplicate"), (["A"], 0.2, "alone"),
                               (["A", "B"], 1.2, "share")):  # fmt: skip
        with pytest.raises(FaultyInputError) as told:
            assign_observers(schedule_of(3), names, second_share=share, rng=np.random.default_rng(1))
        assert code in [fault.code for fault in told.value.faults]


def test_several_tables_go_into_one_workbook_and_none_is_computed(tmp_path):
    table = pl.DataFrame({"child": ["K-001", "=1+1"], "onset_s": [1.5, None]})
    write_sheets(tmp_path / "x.xlsx", {"rows": table, "sessions": table.head(1)})
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    assert book.sheetnames == ["rows", "sessions"]
    assert [[cell.value for cell in row] for row in book["rows"]] == [
        ["child", "onset_s"], ["K-001", 1.5], ["=1+1", None],
    ]  # fmt: skip
    assert book["rows"]["A3"].data_type == "s"
