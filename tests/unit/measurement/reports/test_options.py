"""Options of questions: how the weak and the strong choose, and which wrong ones mislead."""

from xml.etree import ElementTree as Xml

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn

from yucai.errors import FaultyInputError
from yucai.measurement import OPTION_USES, Scheme, option_report

LETTERS = ("A", "B", "C", "D")


def drawn(rng, *, n=400, rising=("A",), falling=("B", "C"), key="A", rare=()):
    """Choices of learners whose odds of an option rise or fall with the place; ``rare`` ones hardly draw anybody."""
    place = rng.normal(size=n)
    pull = dict.fromkeys(rising, 1.5) | dict.fromkeys(falling, -1.0)
    weights = np.array([np.exp(pull.get(o, 0.0) * place - (6.0 if o in rare else 0.0)) for o in LETTERS])
    reached = np.cumsum(weights / weights.sum(axis=0), axis=0)
    chosen = np.array(LETTERS)[(rng.random(n) > reached).sum(axis=0)]
    return option_report(chosen.tolist(), place, options=LETTERS, key=key)


def test_correlations_equal_those_of_another_program():
    # scipy 1.17.1: pointbiserialr(chosen == option, place) of the data below, and numpy.quantile for the thirds
    place = np.array([-1.9, -1.2, -0.8, -0.5, -0.1, 0.0, 0.3, 0.7, 1.1, 1.6, 2.0, 2.4])
    chosen = list("CBBABCAABAAA")
    told = option_report(chosen, place, options=LETTERS, key="A")
    found = {use.option: use.place_correlation for use in told.options}
    assert found["A"] == pytest.approx(0.6228581141945443, abs=1e-9)
    assert found["B"] == pytest.approx(-0.3092361165258063, abs=1e-9)
    assert found["C"] == pytest.approx(-0.4444956650030832, abs=1e-9)
    assert found["D"] is None
    assert (told.n_weak, told.n_strong) == (4, 4)
    assert (told.of("A").weak_share, told.of("A").strong_share) == (0.25, 0.75)


def test_a_sound_question_has_nothing_to_say():
    told = drawn(np.random.default_rng(1))
    assert not told.misleading
    assert told.says == ()
    assert told.of("A").strong_share > told.of("A").weak_share


def test_a_wrong_key_is_told_and_the_option_named():
    told = drawn(np.random.default_rng(2), rising=("D",), falling=("A", "B"))
    assert told.misleading
    said = next(text for text in told.says if "“D” stands higher" in text.en)
    assert "who chooses “D” stands higher than who chooses the key “A”" in said.en
    assert "选“D”的学习者水平高于选答案“A”的学习者" in said.zh
    assert "D" in {use.option for use in told.rivals}


def test_an_option_that_is_right_too_is_told_though_the_key_is_sound():
    told = drawn(np.random.default_rng(3), rising=("A", "B"), falling=("C", "D"))
    assert not told.misleading
    assert any("Strong learners choose “B” more often" in text.en for text in told.says)


def test_an_option_nobody_chooses_is_told_once_there_are_answers_enough():
    assert any("Hardly anybody chooses “D”" in t.en for t in drawn(np.random.default_rng(4), rare=("D",)).says)
    assert not any("Hardly" in t.en for t in drawn(np.random.default_rng(4), n=30, rare=("D",)).says)


def test_false_alarms_are_few_where_options_have_nothing_to_do_with_the_place():
    rng, alarms = np.random.default_rng(5), 0
    for _ in range(400):
        told = option_report(rng.choice(LETTERS, 120).tolist(), rng.normal(size=120), options=LETTERS, key="A")
        alarms += any(told.of(o) in told.rivals for o in "BCD")
    assert alarms / 400 < 0.16  # three one-sided tests at 5 %, that share the key


@given(
    hn.arrays(np.float64, st.integers(1, 60), elements=st.floats(-4, 4)),
    st.randoms(use_true_random=False),
)
def test_shares_add_up_to_one_whatever_was_chosen(place, chance):
    chosen = [chance.choice(LETTERS) for _ in place]
    told = option_report(chosen, place, options=LETTERS, key="B")
    for shares in ("share", "weak_share", "strong_share"):
        assert sum(getattr(use, shares) for use in told.options) == pytest.approx(1.0)
    assert sum(use.n_answers for use in told.options) == len(place)
    again = option_report(chosen[::-1], place[::-1], options=LETTERS, key="B")
    assert [u.n_answers for u in again.options] == [u.n_answers for u in told.options]
    OPTION_USES.check(told.to_table())


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [360, 720])
def test_the_picture_is_sound_and_marks_the_rival(language, width):
    told = drawn(np.random.default_rng(2), rising=("D",), falling=("A", "B"))
    names = {"A": "<the> & first", "B": "第二个选项" * 30}
    root = Xml.fromstring(told.svg(language=language, width=width, scheme=Scheme.DARK, names=names))
    assert len(root.findall("{http://www.w3.org/2000/svg}polygon")) == len(told.rivals) >= 1
    title = root.find("{http://www.w3.org/2000/svg}title").text
    assert title == {"en": "Who chooses which option", "zh": "各选项的选择者"}[language]


def test_what_makes_no_report_is_told_all_at_once():
    with pytest.raises(FaultyInputError) as told:
        option_report(["A", "x"], [1.0], options=["A", "B"], key="Z")
    assert {fault.code for fault in told.value.faults} == {"unequal", "no-key", "no-option"}
    with pytest.raises(FaultyInputError, match="there are no answers"):
        option_report([], [], options=["A", "B"], key="A")
