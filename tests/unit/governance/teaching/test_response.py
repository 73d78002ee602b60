"""Who did not answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yucai.errors import FaultyInputError
from yucai.governance import NOT_CURED, response_bounds


def test_a_quarter_that_answered_leaves_nearly_everything_open():
    found = response_bounds(answered=10, invited=40, mean=4.6, scale=(1, 5), average=3.8)
    assert found.rate == 0.25
    assert (found.low, found.high) == (pytest.approx(1.9), pytest.approx(4.9))
    assert found.others_to_turn == pytest.approx((3.8 - 1.15) / 0.75)
    assert found.can_turn


def test_where_all_answered_nothing_is_open():
    found = response_bounds(answered=40, invited=40, mean=4.6, scale=(1, 5), average=3.8)
    assert found.low == found.high == pytest.approx(4.6)
    assert not found.can_turn


@given(st.data())
def test_the_mean_of_all_lies_within_the_bounds_whatever_the_others_say(data):
    scores = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=40))
    answered = data.draw(st.integers(1, len(scores)))
    mean = sum(scores[:answered]) / answered
    whole = sum(scores) / len(scores)
    found = response_bounds(answered=answered, invited=len(scores), mean=mean, scale=(1, 5), average=whole)
    assert found.low - 1e-9 <= whole <= found.high + 1e-9
    if answered < len(scores):
        others = sum(scores[answered:]) / (len(scores) - answered)
        assert found.others_to_turn == pytest.approx(others)
        for difference, low, high in found.within:
            assert found.low - 1e-9 <= low <= high <= found.high + 1e-9
            if abs(others - mean) <= difference:
                assert low - 1e-9 <= whole <= high + 1e-9


def test_weighting_is_said_not_to_cure_it():
    assert "does not remove this" in NOT_CURED.en
    assert "不能消除" in NOT_CURED.zh


def test_every_fault_is_named_at_once():
    with pytest.raises(FaultyInputError) as refused:
        response_bounds(answered=12, invited=10, mean=7, scale=(1, 5), differences=(-1,))
    assert [fault.code for fault in refused.value.faults] == ["mean", "more", "shift"]
    assert "有 12 人作答，但只邀请了 10 人" in refused.value.in_language("zh")
    with pytest.raises(FaultyInputError) as refused:
        response_bounds(answered=0, invited=10, mean=3, scale=(5, 1))
    assert [fault.code for fault in refused.value.faults] == ["scale", "nobody"]
