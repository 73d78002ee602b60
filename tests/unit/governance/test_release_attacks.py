"""More attacks, each by its name: values that change, people who swap, a few of several classes, thirds, new rules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from tests.unit.governance.tables import axis, groups, said, table
from yucai.governance import (
    TOTAL,
    AxisKind,
    Ledger,
    Measure,
    Percentages,
    ReleasePolicy,
    Statistic,
    Table,
    Verdict,
    release_table,
    tabulate,
)

AT = datetime(2026, 11, 27, 8, tzinfo=UTC)
LATER = AT + timedelta(days=30)
POLICY = ReleasePolicy()
PEOPLE = [f"p{number:03}" for number in range(60)]
CLASS = {person: "ab"[number % 2] for number, person in enumerate(PEOPLE)}
CLASSES = axis("class", ["a", "b"])
MARK = {person: float(40 + (number * 7) % 55) for number, person in enumerate(PEOPLE)}


def sizes(people, code, *, measures=()):
    values = {"class": [CLASS[person] for person in people]}
    return tabulate(people, values, code=code, name=said(code), axes=[CLASSES], measures=measures)


def marks(values, *statistics, code="mark"):
    return Measure(code=code, name=said(code), values=values, statistics=statistics, low=0, high=100)


def out(found, ledger, at=AT, policy=POLICY):
    return release_table(found, policy=policy, at=at, ledger=ledger)


def counts(released):
    return {cell.place: cell.count for cell in released.cells}


def means(released):
    return {cell.place: cell.figures["mark", Statistic.MEAN] for cell in released.cells}


def test_one_new_mark_does_not_show_as_the_change_of_a_mean():
    first = out(sizes(PEOPLE, "m", measures=[marks(MARK, Statistic.MEAN)]), Ledger())
    newer = {**MARK, PEOPLE[0]: 99.0}
    second = out(sizes(PEOPLE, "m", measures=[marks(newer, Statistic.MEAN)]), first.ledger, LATER)
    assert means(second.released) == means(first.released)
    assert second.released.held is not None


def test_new_marks_of_everybody_are_shown():
    first = out(sizes(PEOPLE, "m", measures=[marks(MARK, Statistic.MEAN)]), Ledger())
    newer = {person: mark / 2 + 20 for person, mark in MARK.items()}
    second = out(sizes(PEOPLE, "m", measures=[marks(newer, Statistic.MEAN)]), first.ledger, LATER)
    assert second.released.held is None
    assert means(second.released)[TOTAL,] == pytest.approx(means(first.released)[TOTAL,] / 2 + 20, abs=0.1)


def test_one_person_for_another_does_not_tell_how_much_better_the_newcomer_is():
    """Whoever left knows their own mark: the mean before and after would tell them the newcomer's."""
    first = out(sizes(PEOPLE[:58], "m", measures=[marks(MARK, Statistic.MEAN)]), Ledger())
    swapped = [*PEOPLE[1:58], PEOPLE[58]]
    second = out(sizes(swapped, "m", measures=[marks(MARK, Statistic.MEAN)]), first.ledger, LATER)
    assert means(second.released) == means(first.released)


def test_one_of_each_class_left_out_does_not_tell_of_the_two():
    first = out(sizes(PEOPLE, "all"), Ledger())
    second = out(sizes(PEOPLE[2:], "all but one of each class"), first.ledger)
    assert counts(second.released) == {("a",): None, ("b",): None, (TOTAL,): None}


def test_the_mean_without_one_of_each_class_does_not_tell_the_sum_of_the_two():
    first = out(sizes(PEOPLE, "all", measures=[marks(MARK, Statistic.MEAN)]), Ledger())
    fewer = {person: mark for person, mark in MARK.items() if person not in PEOPLE[:2]}
    second = out(sizes(PEOPLE, "marked", measures=[marks(fewer, Statistic.MEAN)]), first.ledger)
    assert set(means(second.released).values()) == {None}


def test_five_at_the_end_of_a_scale_are_not_told_by_a_quarter():
    """The lower quarter of ten is a mean of five: at the lowest mark it would be the mark of each of them."""
    values = {person: 0.0 if number < 5 else 60.0 + number for number, person in enumerate(PEOPLE[:10])}
    everybody = axis("all", ["here"], has_total=False)
    found = tabulate(
        PEOPLE[:10],
        {"all": ["here"] * 10},
        code="q",
        name=said("q"),
        axes=[everybody],
        measures=[marks(values, Statistic.LOW_QUARTER, Statistic.MEDIAN, Statistic.HIGH_QUARTER)],
    )
    told = out(found, Ledger()).released.cell("here").figures
    assert told["mark", Statistic.LOW_QUARTER] is None
    assert told["mark", Statistic.HIGH_QUARTER] is not None


def test_a_stricter_rule_is_obeyed_by_what_left_before_as_well():
    first = out(sizes(PEOPLE[:14], "s"), Ledger())
    assert counts(first.released) == {("a",): 7, ("b",): 7, (TOTAL,): 14}
    strict = ReleasePolicy(min_cell=10, min_spread=10)
    second = out(sizes(PEOPLE[:14], "s"), first.ledger, LATER, strict)
    assert counts(second.released)["a",] is None
    assert counts(second.released)["b",] is None
    assert second.released.min_cell == 10


def test_a_milder_rule_shows_more_of_what_did_not_change():
    strict = ReleasePolicy(min_cell=10, min_spread=10)
    first = out(sizes(PEOPLE[:14], "s"), Ledger(), AT, strict)
    second = out(sizes(PEOPLE[:14], "s"), first.ledger, LATER)
    assert counts(first.released)["a",] is None
    assert counts(second.released) == {("a",): 7, ("b",): 7, (TOTAL,): 14}


def two_way(code, first, second, facts):
    axes = [axis(name, ["yes", "no"], kind=AxisKind.COUNTED) for name in (first, second) if name]
    values = {name: ["yes" if person in facts[name] else "no" for person in PEOPLE] for name in (first, second) if name}
    return tabulate(PEOPLE, values, code=code, name=said(code), axes=axes)


@settings(max_examples=15)
@given(st.lists(st.sets(st.sampled_from(PEOPLE), min_size=2, max_size=58), min_size=3, max_size=3))
def test_tables_that_only_a_third_ties_together_tell_no_small_cell(picked):
    """x alone, x by y, then y by z: the last shares no question with the first, and yet narrows it through the second.

    The oracle is a linear program over all combinations of x, y and z.
    """
    facts = dict(zip("xyz", picked, strict=True))
    ledger, rows, values, small = Ledger(), [], [], []
    for code, first, second in (("one", "x", ""), ("two", "x", "y"), ("three", "y", "z")):
        answer = out(two_way(code, first, second, facts), ledger)
        ledger = answer.ledger
        names = [name for name in (first, second) if name]
        for cell in answer.released.cells:
            row = [
                float(
                    all(
                        node in ("*", "yes" if atom >> "xyz".index(n) & 1 else "no")
                        for n, node in zip(names, cell.place, strict=True)
                    )
                )
                for atom in range(8)
            ]
            true = sum(
                all(
                    node == "*" or (person in facts[n]) == (node == "yes")
                    for n, node in zip(names, cell.place, strict=True)
                )
                for person in PEOPLE
            )
            if cell.count is not None:
                rows.append(row)
                values.append(cell.count)
            if 0 < true < POLICY.min_cell:
                small.append(row)
    for need in small:
        ends = [
            optimize.linprog(sign * np.array(need), A_eq=np.array(rows) if rows else None, b_eq=values or None,
                             bounds=(0, 100), method="highs").fun * sign
            for sign in (1, -1)
        ]  # fmt: skip
        assert ends[1] - ends[0] >= POLICY.min_cell - 1e-6


@settings(max_examples=20)
@given(
    st.lists(st.sets(st.integers(0, 29), min_size=12), min_size=2, max_size=3),
    st.lists(st.integers(0, 1), min_size=30, max_size=30),
)
def test_no_filters_over_classes_tell_how_many_a_few_are(filters, classes):
    """Any filters over two classes: no cell less another gives one to four people."""
    ledger, told = Ledger(), []
    for number, picked in enumerate(filters):
        people = sorted(picked)
        found = tabulate(
            people, {"class": ["ab"[classes[p]] for p in people]}, code=f"f{number}", name=said("f"), axes=[CLASSES]
        )
        answer = out(found, ledger)
        ledger = answer.ledger
        for cell in answer.released.cells:
            if cell.count:
                told.append({p for p in people if cell.place[0] in ("*", "ab"[classes[p]])})
    for one in told:
        for other in told:
            if one > other:
                assert len(one - other) >= POLICY.min_cell


@settings(max_examples=20)
@given(
    st.lists(st.sets(st.integers(0, 13), min_size=6), min_size=2, max_size=4),
    st.lists(st.integers(0, 1), min_size=14, max_size=14),
)
def test_no_combination_of_means_tells_of_fewer_than_five(filters, classes):
    """The oracle: were there a sum over some four people, the means would still differ when these people are struck."""
    ledger, rows = Ledger(), []
    values = {person: float(10 + (person * 37) % 80) for person in range(14)}
    for number, picked in enumerate(filters):
        people = sorted(picked)
        found = tabulate(
            people,
            {"class": ["ab"[classes[p]] for p in people]},
            code=f"f{number}",
            name=said("f"),
            axes=[CLASSES],
            measures=[marks(values, Statistic.MEAN)],
        )
        answer = out(found, ledger)
        ledger = answer.ledger
        for place, mean in means(answer.released).items():
            if mean is not None:
                rows.append([float(p in picked and place[0] in ("*", "ab"[classes[p]])) for p in range(14)])
    if rows:
        told = np.array(rows)
        whole = np.linalg.matrix_rank(told)
        for few in combinations(range(14), 4):
            assert np.linalg.matrix_rank(np.delete(told, few, axis=1)) == whole


@settings(max_examples=25)
@given(
    st.integers(2, 4).flatmap(
        lambda rows: st.lists(st.lists(st.integers(0, 40), min_size=2, max_size=2), min_size=rows, max_size=rows)
    ),
    st.integers(0, 1),
)
def test_rounded_percentages_with_known_totals_leave_every_small_cell_open(numbers, decimals):
    """The oracle takes each percentage for what its rounding leaves, and each total as known."""
    plain = table(numbers, kinds=(AxisKind.GROUP, AxisKind.COUNTED))
    found = Table(
        code="share",
        name=said("share"),
        axes=plain.axes,
        counts=plain.counts,
        percentages=Percentages(over="b", decimals=decimals),
    )
    released = release_table(found, policy=POLICY, at=AT).released
    cells, bases = {cell.place: cell for cell in released.cells}, dict(groups(found))
    size = found.counts.size
    upper, most, equal, values = [], [], [], []
    vector = {place: np.isin(np.arange(size), held).astype(float) for place, held in bases.items()}
    for place, cell in cells.items():
        if cell.verdict is Verdict.HIDDEN:
            continue
        if cell.per_cent is None:
            equal.append(vector[place])
            values.append(cell.count)
            continue
        half, whole = 0.5 * 10.0**-decimals, vector[place[0], TOTAL]
        upper += [
            vector[place] - (cell.per_cent + half) / 100 * whole,
            (cell.per_cent - half) / 100 * whole - vector[place],
        ]
        most += [0.0, 0.0]
    for place, held in bases.items():
        if 0 < found.counts.ravel()[held].sum() < POLICY.min_cell:
            ends = [
                sign * optimize.linprog(
                    sign * vector[place],
                    A_ub=np.array(upper) if upper else None, b_ub=most or None,
                    A_eq=np.array(equal) if equal else None, b_eq=values or None,
                    bounds=(0, 1000), method="highs",
                ).fun
                for sign in (1, -1)
            ]  # fmt: skip
            assert ends[1] - ends[0] >= POLICY.min_cell - 1e-6


def test_an_empty_class_does_not_stand_in_for_the_one_who_was_left_out():
    """Nobody could be in the second filter who is not in the first, so class b explains no difference."""
    only_a = [person for person in PEOPLE if CLASS[person] == "a"]
    first = out(sizes(only_a, "all"), Ledger())
    second = out(sizes(only_a[1:], "all but one"), first.ledger)
    assert counts(first.released) == {("a",): 30, ("b",): 0, (TOTAL,): 30}
    assert counts(second.released)["a",] is None
    assert counts(second.released)[TOTAL,] is None


def test_the_rule_of_five_and_then_of_six_does_not_tell_the_sixth_in_the_middle():
    """A middle is a mean of five; were it then one of six, the difference would be one person's mark."""
    everybody = axis("all", ["here"], has_total=False)
    middle = marks(MARK, Statistic.MEDIAN)
    found = tabulate(
        PEOPLE,
        {"all": ["here"] * 60},
        code="m",
        name=said("m"),
        axes=[everybody],
        measures=[replace(middle, decimals=9)],
    )
    first = out(found, Ledger())
    second = out(found, first.ledger, LATER, ReleasePolicy(min_cell=6))
    of_five, of_ten = (one.released.cell("here").figures["mark", Statistic.MEDIAN] for one in (first, second))
    ordered = sorted(MARK.values())
    assert of_five == pytest.approx(np.mean(ordered[27:32]), abs=1e-6) or of_five == pytest.approx(
        np.mean(ordered[28:33])
    )
    assert any(10 * of_ten == pytest.approx(sum(ordered[start : start + 10])) for start in range(51))
    assert not any(6 * of_ten == pytest.approx(sum(ordered[start : start + 6])) for start in range(55))
