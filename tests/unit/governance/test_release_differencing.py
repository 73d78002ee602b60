"""Attacks by subtraction, each by its name: across filters, dates, shares, regions, complements and figures."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.governance.tables import axis, said, table
from yucai.errors import FaultyInputError
from yucai.governance import (
    TOTAL,
    AxisKind,
    Ledger,
    Measure,
    ReleasePolicy,
    Statistic,
    guarded_quantile,
    release_table,
    tabulate,
)

AT = datetime(2026, 11, 27, 8, tzinfo=UTC)
LATER = AT + timedelta(days=30)
POLICY = ReleasePolicy()
PEOPLE = [f"p{number:03}" for number in range(60)]
CLASS = {person: "ab"[number % 2] for number, person in enumerate(PEOPLE)}
MARK = {person: float(40 + (number * 7) % 55) for number, person in enumerate(PEOPLE)}
CLASSES = axis("class", ["a", "b"])


def sizes(people, code, *, known=None, measures=()):
    axes, values = [CLASSES], {"class": [CLASS[person] for person in people]}
    if known is not None:
        axes = [CLASSES, axis("enough", ["yes", "no"], kind=AxisKind.COUNTED)]
        values["enough"] = ["yes" if person in known else "no" for person in people]
    return tabulate(people, values, code=code, name=said(code), axes=axes, measures=measures)


def marks(values, *statistics):
    return Measure(code="mark", name=said("mark"), values=values, statistics=statistics, low=0, high=100)


def out(found, ledger, at=AT):
    return release_table(found, policy=POLICY, at=at, ledger=ledger)


def counts(released):
    return {cell.place: cell.count for cell in released.cells}


def test_two_filters_that_differ_by_one_person_do_not_tell_of_that_person():
    first = out(sizes(PEOPLE, "all"), Ledger())
    second = out(sizes(PEOPLE[1:], "all without repeaters"), first.ledger)
    assert counts(first.released) == {("a",): 30, ("b",): 30, (TOTAL,): 60}
    assert counts(second.released)["a",] is None
    assert counts(second.released)[TOTAL,] is None
    assert counts(second.released)["b",] == 30


def test_two_filters_that_differ_by_five_people_may_both_be_shown():
    first = out(sizes(PEOPLE, "all"), Ledger())
    second = out(sizes([p for p in PEOPLE if p not in PEOPLE[0:10:2]], "all without repeaters"), first.ledger)
    assert None not in counts(second.released).values()


def test_the_means_of_two_filters_do_not_tell_the_mark_of_one_person():
    first = out(sizes(PEOPLE, "all", measures=[marks(MARK, Statistic.MEAN)]), Ledger())
    fewer = {person: mark for person, mark in MARK.items() if person != PEOPLE[0]}
    second = out(sizes(PEOPLE, "marked", measures=[marks(fewer, Statistic.MEAN)]), first.ledger)
    assert first.released.cell(TOTAL).figures["mark", Statistic.MEAN] == pytest.approx(
        np.mean(list(MARK.values())), abs=0.06
    )
    assert second.released.cell("a").figures["mark", Statistic.MEAN] is None
    assert second.released.cell(TOTAL).figures["mark", Statistic.MEAN] is None
    assert second.released.cell("b").figures["mark", Statistic.MEAN] is not None


def test_the_quarters_of_two_filters_are_taken_for_sums():
    first = out(sizes(PEOPLE, "all", measures=[marks(MARK, Statistic.MEDIAN)]), Ledger())
    fewer = {person: mark for person, mark in MARK.items() if person != PEOPLE[0]}
    second = out(sizes(PEOPLE, "marked", measures=[marks(fewer, Statistic.MEAN)]), first.ledger)
    assert second.released.cell("a").figures["mark", Statistic.MEAN] is None


def test_at_two_dates_the_newcomer_stays_unseen_and_the_earlier_number_stands():
    first = out(sizes(PEOPLE[:58], "size"), Ledger())
    second = out(sizes(PEOPLE[:59], "size"), first.ledger, LATER)
    assert counts(second.released) == counts(first.released)
    assert second.ledger == first.ledger
    assert second.released.as_of == AT
    assert second.released.held.en.startswith("As of 2026-11-27. Fewer than 5 people have changed since")
    assert second.released.held.zh.startswith("截至 2026-11-27")


def test_at_two_dates_a_change_of_enough_people_is_shown():
    first = out(sizes(PEOPLE[:48], "size"), Ledger())
    second = out(sizes(PEOPLE, "size"), first.ledger, LATER)
    assert counts(second.released) == {("a",): 30, ("b",): 30, (TOTAL,): 60}
    assert second.released.as_of == LATER
    assert second.released.held is None


def test_at_two_dates_a_few_who_gained_enough_evidence_stay_unseen():
    known = set(PEOPLE[:40])
    first = out(sizes(PEOPLE, "enough", known=known), Ledger())
    second = out(sizes(PEOPLE, "enough", known={*known, PEOPLE[41]}), first.ledger, LATER)
    assert first.released.cell(TOTAL, "yes").count == 40
    assert second.released.cell(TOTAL, "yes").count == 40
    assert second.released.held is not None


def test_nothing_changed_is_the_same_answer_again():
    first = out(sizes(PEOPLE, "enough", known=set(PEOPLE[:57])), Ledger())
    second = out(sizes(PEOPLE, "enough", known=set(PEOPLE[:57])), first.ledger, LATER)
    assert second.released == first.released
    assert second.ledger == first.ledger


def test_the_total_minus_the_complement_does_not_tell_the_rest():
    rest = PEOPLE[3:]
    first = out(sizes(rest, "all but three"), Ledger())
    second = out(sizes(PEOPLE, "all"), first.ledger)
    assert counts(second.released)[TOTAL,] is None
    assert (counts(second.released)["a",], counts(second.released)["b",]) == (None, None)


def test_a_region_minus_its_counties_does_not_tell_the_small_county():
    counties = axis("county", ["east", "west", "hill"], parents={"east": "city", "west": "city", "hill": "rural"})
    where = {p: "hill" if n < 3 else ("east" if n < 30 else "west") for n, p in enumerate(PEOPLE)}
    found = tabulate(
        PEOPLE, {"county": [where[p] for p in PEOPLE]}, code="county", name=said("county"), axes=[counties]
    )
    told = counts(out(found, Ledger()).released)
    assert told["hill",] is None
    assert told["rural",] is None
    assert told["city",] is None or told[TOTAL,] is None


def test_a_map_after_a_table_is_set_against_the_table():
    """First the total alone; then the same people by county, of whom two live in one: the map may not tell of them."""
    total = tabulate(PEOPLE[2:], {"class": [CLASS[p] for p in PEOPLE[2:]]}, code="t", name=said("t"), axes=[CLASSES])
    first = out(total, Ledger())
    where = {p: "hill" if n < 2 else "town" for n, p in enumerate(PEOPLE)}
    county = tabulate(
        PEOPLE,
        {"county": [where[p] for p in PEOPLE]},
        code="map",
        name=said("map"),
        axes=[axis("county", ["hill", "town"])],
    )
    told = counts(out(county, first.ledger).released)
    assert told["hill",] is None
    assert told[TOTAL,] is None


def test_three_releases_together_tell_no_more_than_two():
    ledger, totals = Ledger(), []
    for number, people in enumerate((PEOPLE, PEOPLE[:30], PEOPLE[30:57])):
        answer = out(sizes(people, f"filter {number}"), ledger)
        ledger = answer.ledger
        totals.append(counts(answer.released)[TOTAL,])
    # the first less the second less the third would be three people
    assert totals == [60, 30, None]


def test_single_values_never_leave():
    found = sizes(PEOPLE, "m", measures=[marks(MARK, Statistic.LOWEST, Statistic.HIGHEST, Statistic.MEDIAN)])
    told = out(found, Ledger()).released.cell("a")
    assert told.figures["mark", Statistic.LOWEST] is told.figures["mark", Statistic.HIGHEST] is None
    assert told.figures["mark", Statistic.MEDIAN] is not None
    assert any("single persons" in reason.en for reason in told.reasons)


def test_a_mean_at_the_end_of_its_range_tells_of_everybody_and_is_hidden():
    top = dict.fromkeys(PEOPLE, 100.0)
    top[PEOPLE[0]] = 99.0
    told = out(sizes(PEOPLE, "m", measures=[marks(top, Statistic.MEAN, Statistic.SPREAD)]), Ledger()).released
    assert set(told.cell(TOTAL).figures.values()) == {None}
    assert set(told.cell("b").figures.values()) == {None}


def test_a_spread_of_fewer_than_ten_is_hidden_where_a_mean_is_shown():
    told = out(sizes(PEOPLE[:18], "m", measures=[marks(MARK, Statistic.MEAN, Statistic.SPREAD)]), Ledger()).released
    assert told.cell("a").figures["mark", Statistic.MEAN] is not None
    assert told.cell("a").figures["mark", Statistic.SPREAD] is None
    assert told.cell(TOTAL).figures["mark", Statistic.SPREAD] is not None
    assert any("10 people or more" in reason.en for reason in told.cell("a").reasons)


@given(st.lists(st.floats(-100, 100), min_size=10, max_size=40), st.sampled_from([0.25, 0.5, 0.75]))
def test_a_guarded_quantile_lies_within_the_data_and_near_the_plain_one(values, share):
    data = np.sort(np.array(values))
    found = guarded_quantile(data, share, of=5)
    plain = float(np.quantile(data, share))
    position = round(share * (len(data) - 1))
    low, high = data[max(0, position - 4)], data[min(len(data) - 1, position + 4)]
    assert low - 1e-9 <= found <= high + 1e-9
    assert low - 1e-9 <= plain <= high + 1e-9


def test_a_table_without_people_cannot_be_set_against_a_ledger():
    with pytest.raises(FaultyInputError, match="does not know its people"):
        out(table([[20, 30], [40, 50]]), Ledger())


@settings(max_examples=25)
@given(st.lists(st.sets(st.integers(0, 29), min_size=5), min_size=2, max_size=4))
def test_no_difference_of_filters_is_ever_told_of_fewer_than_five(filters):
    """Any filters over thirty people, one after another: no subtraction of totals gives one to four people."""
    ledger, told = Ledger(), []
    everybody = axis("everybody", ["here"], has_total=False)
    for number, picked in enumerate(filters):
        people = sorted(picked)
        found = tabulate(
            people, {"everybody": ["here"] * len(people)}, code=f"f{number}", name=said("f"), axes=[everybody]
        )
        answer = out(found, ledger)
        ledger = answer.ledger
        if answer.released.cell("here").count is not None:
            told.append(picked)
    for one in told:
        for other in told:
            if one > other:
                assert len(one - other) >= POLICY.min_cell
