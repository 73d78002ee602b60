"""Fairness of a list: rates by group with intervals, small groups hidden, and none to be found by subtraction."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yucai.matching import (
    FairnessCase,
    GroupCounts,
    difference_in_words,
    rates_of_counts,
    support_fairness,
    what_differs,
)


def cases(group, n, *, listed=0, happened=0, both=0, unknown=0):
    """``n`` learners of whom some are listed, some came to the event, ``both`` of them both."""
    found = []
    for number in range(n):
        on = number < listed
        came = number < both or listed <= number < listed + happened - both
        outcome = None if number >= n - unknown else came
        found.append(FairnessCase(learner=f"{group}-{number}", group=group, listed=on, happened=outcome))
    return found


def test_rates_are_counted_and_what_differs_is_said():
    given_cases = cases("A", 100, listed=40, happened=40, both=30) + cases("B", 100, listed=10, happened=40, both=8)
    found = support_fairness(given_cases)
    one, other = found.groups
    assert (one.listed.hits, one.listed.cases) == (40, 100)
    assert (one.right.hits, one.right.cases) == (30, 40)
    assert (one.missed.hits, one.missed.cases) == (10, 40)
    assert (one.wrong.hits, one.wrong.cases) == (10, 60)
    assert (other.missed.hits, other.missed.cases) == (32, 40)
    assert one.listed.difference.value == pytest.approx(0.3)
    assert one.listed.apart
    said = " ".join(text.en for text in found.says)
    assert "Group “A”: listed are 40.0 in 100, all others 10.0" in said
    assert "missed, of those to whom it happened, are 80.0 in 100, all others 25.0" in said


def test_equal_treatment_is_said_as_not_surely_different():
    found = support_fairness(
        cases("A", 60, listed=6, happened=12, both=4) + cases("B", 60, listed=7, happened=12, both=4)
    )
    assert [text.en for text in found.says] == [
        "No group that is shown differs surely from all others in being listed, missed or wrongly listed."
    ]


def test_a_small_group_is_hidden_and_the_next_smallest_with_it():
    found = support_fairness(cases("A", 100) + cases("B", 40) + cases("C", 6))
    assert [one.group for one in found.groups] == ["A"]
    assert found.n_hidden == 2
    said = " ".join(text.en for text in found.says)
    assert "“C”" not in said
    assert "2 groups with fewer than 10 learners, or needed to hide one, are not shown." in said


def test_rates_of_few_cases_are_left_out():
    found = support_fairness(
        cases("A", 50, listed=5, happened=4, both=2) + cases("B", 50, listed=20, happened=30, both=15)
    )
    one = found.groups[0]
    assert one.listed is not None
    assert one.right is None
    assert one.missed is None
    assert one.wrong.cases == 46


def test_outcomes_that_are_not_known_are_left_out_and_counted():
    found = support_fairness(cases("A", 40, listed=10, unknown=15) + cases("B", 40) + cases("", 3))
    said = [text.en for text in found.says]
    assert found.groups[0].wrong.cases == 25
    assert "Of 15 learners it is not known yet what came after; errors are without them." in said
    assert "Of 3 learners no group is on record." in said


GROUPS = st.dictionaries(st.sampled_from("ABCDEF"), st.integers(1, 30), max_size=6)


@given(GROUPS)
def test_never_is_one_group_alone_hidden_beside_others_and_none_shown_is_small(sizes):
    found = support_fairness([case for group, n in sizes.items() for case in cases(group, n)])
    assert all(one.n >= 10 for one in found.groups)
    assert len(found.groups) + found.n_hidden == len(sizes)
    assert found.n_hidden != 1 or len(sizes) == 1
    assert all(re.search(r"[\u4e00-\u9fff]", text.zh) for text in found.says)


def counts(group, n, listed, came=None, came_listed=None, stayed=None, stayed_listed=None):
    return GroupCounts(
        group=group, n=n, listed=listed, came=came, came_listed=came_listed, stayed=stayed, stayed_listed=stayed_listed
    )


def test_counts_that_passed_the_gate_give_the_same_rates_as_the_people_behind_them():
    people = cases("A", 100, listed=40, happened=40, both=30) + cases("B", 100, listed=10, happened=40, both=8)
    mine, whole = counts("A", 100, 40, 40, 30, 60, 10), counts("", 200, 50, 80, 38, 120, 12)
    assert rates_of_counts(mine, whole) == support_fairness(people).groups[0]


def test_what_is_hidden_is_not_rated_and_not_compared():
    found = rates_of_counts(counts("A", 100, None, 40, 30, 60, None), counts("", 200, 50, None, None, None, None))
    assert (found.listed, found.wrong, found.right) == (None, None, None)
    assert found.missed.difference is None
    assert difference_in_words(found.missed).en == "not compared: too few others"
    assert [text.en for text in what_differs([found])] == [
        "No difference could be looked at: no group that is shown has enough learners beside enough others."
    ]


# Bounds as of statsmodels 0.14, confint_proportions_2indep(..., method="newcomb").
@pytest.mark.parametrize(("listed", "said"), [
    (40, "surely more: 30 in 100 more than of all others (between 18 and 41 more)"),
    (10, "no sure difference: anything from 9 in 100 fewer than of all others to 9 more would fit"),
    (0, "surely fewer: 10 in 100 fewer than of all others (between 4 and 17 fewer)"),
])  # fmt: skip
def test_a_difference_is_told_in_plain_words_with_its_bounds(listed, said):
    found = rates_of_counts(counts("A", 100, listed), counts("", 200, listed + 10))
    assert difference_in_words(found.listed).en == said
    assert re.search(r"[\u4e00-\u9fff]", difference_in_words(found.listed).zh)
