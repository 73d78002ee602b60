"""What is said to people: one thing in two languages, facts filled in, signs as in print."""

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yucai.texts import LANGUAGES, Text, named_twice, signed

LEARNERS = Text("{n} learners", "{n} 名学生")


@pytest.mark.parametrize("language", ["zh", "zh-hans", "zh-CN", "ZH", "zh_TW"])
def test_any_chinese_is_chinese(language):
    assert LEARNERS.in_language(language, n=3) == "3 名学生"


@pytest.mark.parametrize("language", ["en", "en-gb", "EN", "fr", ""])
def test_any_other_language_is_english(language):
    assert LEARNERS.in_language(language, n=3) == "3 learners"


def test_both_languages_are_listed():
    assert LANGUAGES == ("zh", "en")


def test_a_half_filled_sentence_reaches_nobody():
    with pytest.raises(KeyError, match="where"):
        Text("{n} in {where}", "{where}有 {n}").in_language("zh", n=3)


def test_words_without_facts_may_hold_braces():
    assert Text("the set {1, 2}", "集合 {1, 2}").in_language("en") == "the set {1, 2}"


@given(st.text())
def test_a_fact_stands_in_the_sentence_as_it_is(fact):
    assert Text("<{fact}>", "《{fact}》").in_language("en", fact=fact) == f"<{fact}>"


def test_a_text_is_frozen_and_equal_to_its_like():
    assert {Text("a", "甲"), Text("a", "甲")} == {Text("a", "甲")}
    with pytest.raises(dataclasses.FrozenInstanceError):
        LEARNERS.en = "x"


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (0, "0.0"),
        (0.04, "0.0"),
        (-0.04, "0.0"),
        (-0.0, "0.0"),
        (0.06, "+0.1"),
        (-0.06, "−0.1"),
        (-1, "−1.0"),
        (9.7, "+9.7"),
    ],
)
def test_a_place_has_its_sign_in_print(value, printed):
    assert signed(value) == printed


@given(st.floats(-1e6, 1e6))
def test_a_sign_is_there_unless_the_place_is_zero_as_printed(value):
    printed = signed(value)
    assert "-" not in printed  # the sign of minus, not the hyphen
    assert float(printed.replace("−", "-")) == pytest.approx(value, abs=0.05 + 1e-9)
    assert (printed[0] in "+−") == (printed != "0.0")
    if printed != "0.0":
        assert math.copysign(1, value) == (1 if printed[0] == "+" else -1)


@pytest.mark.parametrize(
    ("name", "english", "chinese"),
    [
        ("北京 Beijing", "Beijing", "北京"),
        ("内蒙古 Inner Mongolia", "Inner Mongolia", "内蒙古"),
        ("陕西 Shaanxi", "Shaanxi", "陕西"),
        ("北京", "北京", "北京"),
        ("New York", "New York", "New York"),
        ("学院 3", "学院 3", "学院 3"),
        ("A组 B", "A组 B", "A组 B"),
        ("Beijing 北京", "Beijing 北京", "Beijing 北京"),
    ],
)
def test_a_name_that_holds_both_languages_is_said_in_each(name, english, chinese):
    assert named_twice(name) == Text(english, chinese)
