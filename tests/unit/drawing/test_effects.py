"""Estimates of one effect side by side: every one is seen, nought is on the axis, words stand for a screen reader."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yucai.web.drawing import EffectLabels, EffectLine, effect_lines

SAID = EffectLabels(
    title="What each gives", description="See the table.", axis="per cent", estimate="estimate", interval="interval",
    marked="looked at",
)  # fmt: skip
values = st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(values, st.floats(0.001, 1e5)), min_size=1, max_size=5), st.sampled_from([340, 700]))
def test_every_estimate_lies_inside_the_picture_and_nought_is_on_the_axis(rows, width):
    lines = [EffectLine(name=f"Way {n}", estimate=v, interval=(v - w, v + w)) for n, (v, w) in enumerate(rows)]
    drawn = effect_lines(lines, width=width, labels=SAID)
    assert ">0</text>" in drawn
    assert all(0 <= float(x) <= width for x in re.findall(r'<circle cx="([\d.-]+)"', drawn))
    assert drawn.count("<circle") == len(lines) + 1  # and the one of the key
    assert drawn.count("<line") <= 14


@pytest.mark.parametrize("width", [340, 700])
def test_the_one_that_the_verdict_looks_at_has_another_shape_and_one_without_interval_is_a_dot(width):
    lines = [EffectLine(name="a", estimate=1.0, interval=(0.5, 2.0), marked=True), EffectLine(name="b", estimate=-1.0)]
    drawn = effect_lines(lines, width=width, labels=SAID)
    assert drawn.count("<polygon") == 2  # the diamond, and that of the key
    assert "looked at" in drawn
    assert "<title" in drawn
    assert "<desc" in drawn
    assert "style=" not in drawn


def test_a_single_estimate_of_nought_is_drawn():
    assert "<circle" in effect_lines([EffectLine(name="a", estimate=0.0)], width=700, labels=SAID)
