"""How wide words are, where lines break, and that what is drawn can be read."""

from __future__ import annotations

import pytest

from yucai.web.drawing.sheet import Ink
from yucai.web.drawing.words import balance, text_width, wrap


def test_lines_break_between_words_and_never_before_closing_punctuation():
    assert wrap("Communication and cooperation", 13, width=130) == ["Communication and", "cooperation"]
    assert wrap("证据尚不足，暂不作判断。", 10, width=52) == ["证据尚不", "足，暂不作", "判断。"]
    assert wrap("Donaudampfschifffahrtsgesellschaft", 13, width=40) == ["Donaudampfschifffahrtsgesellschaft"]
    assert wrap("", 13, width=40) == []


def test_lines_are_about_equally_long_without_becoming_more():
    lines = balance("stricter than all the other raters", 12, width=150)
    assert lines == ["stricter than all", "the other raters"]
    assert "".join(balance("与同组平均水平相当可能略高", 12, width=100)) == "与同组平均水平相当可能略高"


def test_hanzi_are_one_em_wide():
    assert text_width("沟通合作", 13) == pytest.approx(52)


def luminance(colour):
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_words_can_be_read_and_dots_stand_out_in_grey_print_too():
    for colour in (Ink.text, Ink.quiet, Ink.heading):
        assert contrast(colour, "#ffffff") >= 4.5
    assert contrast(Ink.quiet, Ink.hollow) >= 4.5
    assert contrast(Ink.point, Ink.band) >= 3
    assert contrast(Ink.marked, Ink.marked_band) >= 3
