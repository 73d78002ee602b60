"""No attacker finds what a release hides: any table, any margin, by a program that shares no code with the gate."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given, settings

from tests.unit.governance.tables import attacked, axis, groups, said, table, tables
from yucai.errors import FaultyInputError
from yucai.governance import (
    Amounts,
    AxisKind,
    Percentages,
    ReleasePolicy,
    RuleEntry,
    Table,
    Verdict,
    disclosures,
    policy_on,
    release_table,
    rows_of,
    tabulate,
)
from yucai.governance.release.attack import bounds, unsafe
from yucai.governance.release.equations import cell_counts, count_system

AT = datetime(2026, 11, 27, 8, tzinfo=UTC)
POLICY = ReleasePolicy()


def released(found, **facts):
    return release_table(found, policy=POLICY, at=AT, **facts).released


def shown(found, out):
    return [found.cell(cell.place) for cell in out.cells if cell.verdict is Verdict.SHOWN]


@settings(max_examples=30)
@given(tables())
def test_no_small_cell_can_be_narrowed_to_fewer_values_than_the_minimum(found):
    out = released(found)
    for _, bases in groups(found):
        size = found.counts.ravel()[bases].sum()
        if 0 < size < POLICY.min_cell:
            low, high = attacked(found, out, bases)
            assert high - low >= POLICY.min_cell - 1e-6
            assert high >= POLICY.min_cell - 1e-6


@settings(max_examples=20)
@given(tables(dimensions=(2,)))
def test_no_group_is_known_to_be_all_or_none_of_something_sensitive(found):
    told = Table(
        code="t",
        name=said("t"),
        axes=(found.axes[0], axis("told", found.counts.shape[1], kind=AxisKind.SENSITIVE)),
        counts=found.counts,
    )
    out = released(told)
    columns = found.counts.shape[1]
    for row, counts in enumerate(found.counts):
        for column, count in enumerate(counts):
            if counts.sum() == 0:
                continue
            if count == 0:
                low, high = attacked(told, out, [row * columns + column])
                assert high - low >= POLICY.min_cell - 1e-6
            if counts.sum() - count < POLICY.min_cell:
                others = [row * columns + other for other in range(columns) if other != column]
                low, high = attacked(told, out, others)
                assert high - low >= POLICY.min_cell - 1e-6


@settings(max_examples=20)
@given(tables())
def test_the_plain_attacker_and_the_quick_one_see_the_same(found):
    system = count_system(found, [], policy=POLICY)
    out = released(found)
    flags = np.zeros(int(np.prod(found.shape)), dtype=bool)
    flags[shown(found, out)] = True
    low, high = bounds(system, flags)
    for number in range(system.needs.shape[0]):
        least, most = attacked(found, out, system.needs[number].indices)
        assert low[number] == pytest.approx(least, abs=1e-5)
        assert min(high[number], 10_000) == pytest.approx(most, abs=1e-5) or high[number] > 9_000
    assert disclosures(found, shown(found, out), policy=POLICY) == ()


@settings(max_examples=30)
@given(tables())
def test_what_is_shown_is_true_and_the_same_every_time(found):
    out = released(found)
    size = cell_counts(found)
    for number, cell in enumerate(out.cells):
        assert cell.count in (None, int(size[number]))
        assert (cell.count is None) == (cell.verdict is Verdict.HIDDEN) == bool(cell.reasons)
    assert out == released(found)


def test_the_attacker_finds_the_cell_that_sdctable_shows_can_be_computed():
    """The problem instance of sdcTable 0.32.7 (R/sdc_testproblem.R): two or more cells hidden in every row and column,

    and yet rows w and x less columns b and d give w/b = 236 - 189 = 47. Hiding x/b as well makes it safe.
    """
    found = table([[30, 47, 64, 89], [90, 124, 5, 31], [92, 100, 59, 85], [800, 991, 651, 685]])
    hidden = {"a0b0", "a0b1", "a0b2", "a1b0", "a1b2", "a2b1", "a2b3", "a3b1", "a3b3"}
    visible = [n for n in range(25) if "".join(found.place(n)) not in hidden]
    system = count_system(found, [], policy=ReleasePolicy(min_cell=48, min_spread=48))
    flags = np.isin(np.arange(25), visible)
    needs = [system.needs[number].indices.tolist() for number in range(system.needs.shape[0])]
    assert needs.index([1]) in unsafe(system, flags)[0]
    low, high = bounds(system, flags)
    assert (low[needs.index([1])], high[needs.index([1])]) == pytest.approx((47, 47))
    flags[found.cell(("a1", "b1"))] = False
    low, high = bounds(system, flags)
    assert high[needs.index([1])] - low[needs.index([1])] > 48


def test_a_small_table_is_protected_by_the_cheapest_pattern():
    """By hand: 3 is hidden; with it a cell of its row, one of its column, and the one across."""
    found = table([[20, 3, 10], [8, 19, 22], [17, 32, 12]])
    hidden = {cell.place for cell in released(found).cells if cell.count is None}
    assert hidden == {("a0", "b1"), ("a0", "b2"), ("a2", "b1"), ("a2", "b2")} or len(hidden) == 4
    assert ("a0", "b1") in hidden
    costs = {
        (row, column): sum(np.log1p([found.counts[0, column], found.counts[row, 1], found.counts[row, column]]))
        for row in (1, 2)
        for column in (0, 2)
    }
    row, column = min(costs, key=costs.get)
    assert hidden == {("a0", "b1"), ("a0", f"b{column}"), (f"a{row}", "b1"), (f"a{row}", f"b{column}")}


def test_percentages_with_rounding_are_counted_back_and_therefore_hidden():
    """Of 30 people 10 % is 3 people whatever the rounding; and 43 % of 7 can only be 3."""
    kinds = (AxisKind.GROUP, AxisKind.COUNTED)
    plain = table([[3, 27], [20, 30], [25, 15]], kinds=kinds)
    found = Table(
        code="share",
        name=said("share"),
        axes=plain.axes,
        counts=plain.counts,
        percentages=Percentages(over="b", decimals=0),
    )
    out = released(found)
    assert out.cell("a0", "b0").per_cent is None
    assert out.cell("a0", "b1").per_cent is None
    assert out.cell("a1", "*").count == 50
    assert out.cell("a1", "b0").per_cent in (None, 40.0)
    total, others = out.cell("*", "b0").per_cent, [out.cell(f"a{n}", "b0").per_cent for n in (1, 2)]
    assert total is None or None in others


def test_a_sum_that_one_payer_makes_up_is_hidden_with_another():
    counts = np.array([[8, 9], [7, 10]])
    sums, largest, second = np.array([[100.0, 90], [80, 70]]), np.array([[96.0, 20], [20, 15]]), np.full((2, 2), 2.0)
    found = Table(
        code="money",
        name=said("money"),
        axes=table(counts).axes,
        counts=counts,
        amounts=Amounts(unit=said("yuan"), sums=sums, largest=largest, second=second),
    )
    out = released(found)
    assert out.cell("a0", "b0").amount is None
    assert out.cell("*", "*").amount == 340
    assert sum(cell.amount is None for cell in out.cells) >= 4


def test_the_reason_does_not_tell_which_cell_is_small():
    out = released(table([[20, 3, 10], [8, 19, 22], [17, 32, 12]]))
    reasons = {cell.reasons for cell in out.cells if cell.count is None}
    assert len(reasons) == 1
    ((reason,),) = reasons
    assert "fewer than 5 people" in reason.en
    assert "不足 5 人" in reason.zh


def test_rows_for_sheets_and_charts_hold_nothing_that_is_hidden():
    out = released(table([[20, 3, 10], [8, 19, 22], [17, 32, 12]]))
    header, *rows = rows_of(out, language="zh")
    assert header == ("a", "b", "人数", "不公开的原因")
    assert len(rows) == 16
    hidden = [row for row in rows if row[2] == "…"]
    assert len(hidden) == 4
    assert all("不公开" in row[3] for row in hidden)
    assert [row for row in rows if row[2] != "…" and row[3]] == []
    assert "3" not in [str(row[2]) for row in rows]


def test_a_group_smaller_than_the_minimum_shows_nothing_at_all():
    assert {cell.count for cell in released(table([[2, 1], [0, 1]])).cells} <= {None, 0}


def test_rules_have_a_day_and_a_source():
    entry = RuleEntry(rule="min_cell", starts=date(2027, 1, 1), value=10, source=said("Data council, decision 2026-12"))
    assert policy_on(date(2026, 12, 31), entries=[entry]).min_cell == 5
    assert policy_on(date(2027, 1, 1), entries=[entry, spread()]).min_cell == 10
    with pytest.raises(FaultyInputError, match="names no source"):
        policy_on(
            date(2027, 1, 1), entries=[RuleEntry(rule="min_cell", starts=date(2027, 1, 1), value=10, source=said(" "))]
        )
    with pytest.raises(FaultyInputError, match="no value of the number of people behind a number is in force"):
        policy_on(date(2020, 1, 1))
    with pytest.raises(FaultyInputError, match=r"behind a number is 1; it must be at least 3(.|\n)*stays open is 0"):
        ReleasePolicy(min_cell=1, open_share=0)


def spread():
    return RuleEntry(
        rule="min_spread", starts=date(2027, 1, 1), value=20, source=said("Data council, decision 2026-12")
    )


def test_a_table_that_does_not_fit_is_refused_with_every_fault():
    with pytest.raises(FaultyInputError, match=r"have the shape \(2,\)(.|\n)*1 counts are below zero"):
        Table(code="t", name=said("t"), axes=(axis("a", 3),), counts=np.array([1, -1]))
    with pytest.raises(FaultyInputError, match=r"1 people stand twice(.|\n)*value that the axis does not know, x"):
        tabulate(["p", "p"], {"a": ["a0", "x"]}, code="t", name=said("t"), axes=[axis("a", 2)])
    with pytest.raises(FaultyInputError, match=r"stands twice"):
        axis("a", ["x", "x"])
    with pytest.raises(FaultyInputError, match=r"above itself"):
        axis("a", ["x"], parents={"x": "y", "y": "z", "z": "y"})
