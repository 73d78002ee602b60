"""What is said of banks and plans that cannot be used, and of sessions that cannot go on."""

import json

import numpy as np
import pytest

from tests.unit.measurement.adaptive.banks import drawn
from tests.unit.measurement.making import ANY_MODEL, BINARY, GRADED, Simulated
from yucai.errors import FaultyInputError
from yucai.measurement import calibrate
from yucai.measurement.adaptive import (
    AdaptivePlan,
    AdaptiveSession,
    AdaptiveSessionError,
    AdaptiveTest,
    AdaptiveTestError,
    BankItem,
    ItemBank,
    ItemFamily,
    WhyEnded,
    bank_of,
    control_exposure,
    prepare_test,
    simulate_test,
)


def item(name="a", *, quality="q", family=ItemFamily.GRADED, slopes=(1.0,), intercepts=(0.0,), levels=(0, 1)):
    return BankItem(item=name, quality=quality, family=family, slopes=slopes, intercepts=intercepts, levels=levels)


def test_every_faulty_item_is_named():
    with pytest.raises(FaultyInputError) as told:
        ItemBank.of_items(
            [item("a"), item("a"), item("b", quality="x"), item("c", intercepts=(0.0, 1.0), levels=(0, 1, 2)),
             item("d", slopes=(np.inf,)),
             item("e", family=ItemFamily.NOMINAL, intercepts=(0.0, 1.0), levels=(0, 1, 2))],
            qualities=["q"], correlations=[[2.0]],
        )  # fmt: skip
    codes = [fault.code for fault in told.value.faults]
    assert codes == ["item-twice", "no-quality", "out-of-order", "not-finite", "wrong-numbers", "correlations"]
    assert "a stands in the bank 2 times" in str(told.value)
    assert "e（nominal）有 1 个斜率、2 个截距" in told.value.in_language("zh")
    with pytest.raises(FaultyInputError, match="the bank holds no item"):
        ItemBank.of_items([], qualities=["q"])


def test_every_fault_of_a_plan_is_named():
    bank = drawn(np.random.default_rng(1), 12)
    plan = AdaptivePlan(
        most_items=5, least_items=7, importance={"quality-0": 0.0}, cuts={"courage": 0.0}, certainty=1.0, std_error=0.0,
        content={"area-0": (5, 4), "area-9": (1, 2), "area-1": (9, 9)}, among=0, admitted={"item-0001": 2.0},
    )  # fmt: skip
    with pytest.raises(FaultyInputError) as told:
        prepare_test(bank, plan)
    codes = [fault.code for fault in told.value.faults]
    assert codes == [
        "lengths", "no-quality", "no-aim", "too-few-items", "bounds", "no-area", "too-few-items", "content-too-long",
        "not-within", "not-within", "not-within", "not-within",
    ]  # fmt: skip
    assert "“area-1” 至少 9 题，题库只有 4 题" in told.value.in_language("zh").replace("要求“area-1”", "“area-1” ")
    assert "the certainty is 1.0; it must lie above 0.5 and below 1" in str(told.value)


def test_a_bank_comes_from_a_calibration_with_its_levels():
    simulated = Simulated([BINARY, GRADED, GRADED], 400, rng=np.random.default_rng(2))
    calibration = calibrate(simulated.responses, ANY_MODEL)
    bank = bank_of(calibration, content={"g*": "essays", "*": "questions"})
    assert [one.item for one in bank.items] == sorted(one.item for one in calibration.scales[0].items)
    assert {one.area for one in bank.items} == {"essays", "questions"}
    session = AdaptiveSession.begin(prepare_test(bank, AdaptivePlan(most_items=3))).next_item(
        rng=np.random.default_rng(1)
    )
    top = session.test.item(session.asked).levels[-1]
    assert session.answered(session.asked, top).answers[0][1] == session.test.item(session.asked).n_categories - 1


@pytest.fixture
def session():
    test = prepare_test(drawn(np.random.default_rng(3), 12, n_categories=3), AdaptivePlan(most_items=2))
    return AdaptiveSession.begin(test, learner="Ana").next_item(rng=np.random.default_rng(4))


def test_a_page_sent_twice_counts_once(session):
    after = session.answered(session.asked, 1)
    with pytest.raises(AdaptiveSessionError, match="no item is asked now"):
        after.answered(session.asked, 1)
    second = after.next_item(rng=np.random.default_rng(5))
    assert second.next_item(rng=np.random.default_rng(6)) == second
    with pytest.raises(AdaptiveSessionError) as told:
        second.answered(session.asked, 1)
    assert f"并未提问“{session.asked}”" in told.value.in_language("zh")
    with pytest.raises(AdaptiveSessionError, match="9 is no score of"):
        second.answered(second.asked, 9)
    done = second.answered(second.asked, 2).next_item(rng=np.random.default_rng(7))
    assert (done.asked, done.ended) == (None, WhyEnded.LENGTH)


def test_a_session_is_kept_whole_and_anything_else_refused(session):
    kept = session.to_json()
    assert AdaptiveSession.from_json(kept, test=session.test) == session
    other = prepare_test(session.test.bank, AdaptivePlan(most_items=3))
    with pytest.raises(AdaptiveSessionError, match="another test or version"):
        AdaptiveSession.from_json(kept, test=other)
    for damaged in ("", "[]", kept[:-9], json.dumps({**json.loads(kept), "answers": [["item-0001", 7]]}),
                    json.dumps({**json.loads(kept), "asked": "nowhere"})):  # fmt: skip
        with pytest.raises(AdaptiveSessionError, match="damaged"):
            AdaptiveSession.from_json(damaged, test=session.test)


def test_places_and_shares_that_cannot_be_are_told(session):
    with pytest.raises(FaultyInputError, match="one column for each of the 1 qualities; this one is 5 x 2"):
        simulate_test(session.test, rng=np.random.default_rng(1), places=np.zeros((5, 2)))
    with pytest.raises(FaultyInputError, match=r"cannot be spread thinner than 0\.167"):
        control_exposure(session.test, most_share=0.1, rng=np.random.default_rng(1))


def test_a_test_that_was_kept_is_the_same_test():
    bank = drawn(np.random.default_rng(1), 30, n_qualities=2, families=tuple(ItemFamily))
    plan = AdaptivePlan(
        most_items=9,
        std_error=0.4,
        content={"area-1": (1, 4)},
        importance={"quality-1": 2.0},
        admitted={"item-0003": 0.5},
    )
    test = prepare_test(bank, plan)
    again = AdaptiveTest.from_json(test.to_json())
    assert (again.bank, again.plan, again.fingerprint) == (test.bank, test.plan, test.fingerprint)
    kept = AdaptiveSession.begin(test).next_item(rng=np.random.default_rng(2)).to_json()
    assert AdaptiveSession.from_json(kept, test=again).asked is not None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"yucai_adaptive_test": 9, "bank": {}, "plan": {}}', "null"])
def test_what_is_no_test_is_told_as_none(text):
    with pytest.raises(AdaptiveTestError, match="no adaptive test that this version can read"):
        AdaptiveTest.from_json(text)


def test_items_kept_from_a_learner_are_never_asked():
    bank = drawn(np.random.default_rng(3), 12)
    test, kept_away = prepare_test(bank, AdaptivePlan(most_items=12)), {f"item-{n:04d}" for n in range(0, 12, 2)}
    session = AdaptiveSession.begin(test, without=kept_away).next_item(rng=np.random.default_rng(4))
    while session.ended is None:
        session = session.answered(session.asked, 1).next_item(rng=np.random.default_rng(4))
    assert session.ended == WhyEnded.EMPTY
    assert {item for item, _category in session.answers} == {one.item for one in bank.items} - kept_away
