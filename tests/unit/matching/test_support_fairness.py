"""Fairness of a list: rates by group with intervals, small groups hidden, and none to be found by subtraction."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yucai.matching import FairnessCase, support_fairness


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
