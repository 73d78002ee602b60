"""Adaptive tests: each learner is asked what tells most about that learner, and no more than is needed.

Read from top to bottom. A bank of 120 questions on two qualities, right or wrong or graded; where learners stand on the
two is correlated by 0.6. The learners are simulated, so that the truth is known.
"""

import numpy as np
import pytest

from yucai.measurement import (
    AdaptivePlan,
    AdaptiveSession,
    BankItem,
    ItemBank,
    ItemFamily,
    WhyEnded,
    control_exposure,
    prepare_test,
    simulate_test,
)

QUALITIES = ("frontier-knowledge", "innovation")


@pytest.fixture(scope="module")
def bank():
    """Usually ``bank_of(calibration)``; here the items are made up: slope, and one intercept for each step."""
    rng = np.random.default_rng(41)
    items = []
    for n in range(120):
        middle, slope = rng.normal(), rng.uniform(0.8, 2.0)
        steps = (middle - 0.5, middle + 0.5) if n % 4 == 0 else (middle,)
        items.append(
            BankItem(
                item=f"question-{n:03d}",
                quality=QUALITIES[n % 2],
                family=ItemFamily.GRADED,
                slopes=(slope,),
                intercepts=tuple(-slope * step for step in steps),
                levels=tuple(range(len(steps) + 1)),
                area="theory" if n % 3 else "practice",
            )
        )
    return ItemBank.of_items(items, qualities=QUALITIES, correlations=[[1.0, 0.6], [0.6, 1.0]])


@pytest.fixture(scope="module")
def whole(bank):
    return prepare_test(bank, AdaptivePlan(most_items=24, std_error=0.45, content={"practice": (4, 10)}))


# 1. One learner


def test_each_answer_decides_what_is_asked_next(whole):
    asked = {}
    for right in (False, True):
        session = AdaptiveSession.begin(whole).next_item(rng=np.random.default_rng(1))
        level = whole.item(session.asked).levels[-1] if right else 0
        session = session.answered(session.asked, level).next_item(rng=np.random.default_rng(2))
        asked[right] = session.asked
    assert asked[False] != asked[True]


def test_a_right_answer_on_one_quality_says_something_of_the_other(whole):
    session = AdaptiveSession.begin(whole).next_item(rng=np.random.default_rng(1))
    quality = whole.item(session.asked).quality
    standing = session.answered(session.asked, whole.item(session.asked).levels[-1]).standing()
    own, other = (
        standing.mean[list(QUALITIES).index(q)] for q in (quality, next(q for q in QUALITIES if q != quality))
    )
    assert own > other > 0


def test_a_web_page_keeps_a_session_as_text(whole):
    session = AdaptiveSession.begin(whole, learner="L007").next_item(rng=np.random.default_rng(1))
    kept = session.to_json()
    again = AdaptiveSession.from_json(kept, test=whole)
    assert again == session
    assert len(kept) < 300


def test_the_test_ends_when_it_is_sure_enough(whole):
    rng = np.random.default_rng(3)
    session = AdaptiveSession.begin(whole).next_item(rng=rng)
    while session.ended is None:
        session = session.answered(session.asked, int(rng.random() < 0.6)).next_item(rng=rng)
    assert session.ended is WhyEnded.SETTLED
    assert session.standing().std_error.max() <= 0.45
    areas = [whole.item(item).area for item, _category in session.answers]
    assert 4 <= areas.count("practice") <= 10


# 2. Before anybody takes it


def test_a_simulation_says_what_the_test_is_worth(whole):
    found = simulate_test(whole, rng=np.random.default_rng(4), n=2000)
    assert np.abs(found.bias).max() < 0.05
    assert np.all(np.abs(found.coverage90 - 0.9) < 0.03)
    assert found.mean_length < 24
    assert found.why_ended()[WhyEnded.SETTLED] > 1800


def test_no_question_is_seen_by_everybody(whole):
    rng = np.random.default_rng(5)
    held = simulate_test(control_exposure(whole, most_share=0.4, rng=rng), rng=rng, n=1000)
    free = simulate_test(whole, rng=rng, n=1000)
    assert free.exposure()["share"][0] == 1.0  # the first question is the same for all
    assert held.exposure()["share"][0] < 0.47


# 3. A gap instead of a place


def test_a_test_may_stop_as_soon_as_a_gap_is_sure(bank):
    plan = AdaptivePlan(most_items=30, cuts={"innovation": -0.5}, importance={"innovation": 1.0}, certainty=0.9)
    test = prepare_test(bank, plan)
    far = simulate_test(test, rng=np.random.default_rng(6), places=np.full((200, 2), 1.5))
    near = simulate_test(test, rng=np.random.default_rng(6), places=np.full((200, 2), -0.5))
    assert far.mean_length < near.mean_length / 2
    session = AdaptiveSession.begin(test).next_item(rng=np.random.default_rng(7))
    assert (
        0.5 < session.answered(session.asked, test.item(session.asked).levels[-1]).standing().above["innovation"] < 1.0
    )
