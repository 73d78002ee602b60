"""Shares with their intervals: everything lies inside the drawing, at its place on the axis, nothing is invented."""

import re
from xml.etree import ElementTree as Xml

import pytest

from yucai.web.drawing import ShareLabels, ShareLine, share_lines

SVG = "{http://www.w3.org/2000/svg}"
LABELS = ShareLabels(
    title="t", description="d", estimate="estimate", interval="interval", expected="expected", unknown="no result"
)
KNOWN = ShareLine(name="目标1", value=0.7, interval=(0.62, 0.78), expected=0.65, note="reached")
UNKNOWN = ShareLine(name="目标2", value=None, expected=0.65)


def words(svg):
    return [text.text for text in Xml.fromstring(svg).iter(f"{SVG}text")]


def dots(svg):
    return [(float(x), float(r)) for x, r in re.findall(r'<circle cx="([\d.]+)" cy="[\d.]+" r="([\d.]+)"', svg)]


def test_it_says_names_notes_tenths_and_what_the_marks_mean():
    told = words(share_lines([KNOWN, UNKNOWN], width=700, labels=LABELS))
    assert {"目标1", "reached", "no result", "0.6", "0.7", "0.8", "estimate", "interval", "expected"} <= set(told)


def test_what_is_known_stands_between_its_tenths_and_what_is_not_has_no_dot():
    svg = share_lines([KNOWN, UNKNOWN], width=700, labels=LABELS)
    lines = {
        text.text: float(text.get("x"))
        for text in Xml.fromstring(svg).iter(f"{SVG}text")
        if re.fullmatch(r"\d\.\d", text.text)
    }
    placed = dots(svg)
    assert len(placed) == 2  # the estimate, and the one of the key
    assert any(abs(x - lines["0.7"]) < 0.6 for x, _r in placed)


def test_without_intervals_and_expectations_the_key_does_not_speak_of_them():
    told = words(share_lines([ShareLine(name="a", value=0.5)], width=700, labels=LABELS))
    assert "interval" not in told
    assert "expected" not in told


@pytest.mark.parametrize("width", [340, 700])
@pytest.mark.parametrize("value", [0.0, 0.004, 0.5, 0.999, 1.0])
def test_nothing_lies_outside(width, value):
    line = ShareLine(name="a long name of an objective", value=value, interval=(value, min(1.0, value + 0.01)))
    svg = share_lines([line], width=width, labels=LABELS)
    assert all(x >= r and x + r <= width for x, r in dots(svg))
    assert all(0 <= float(x) <= width for x in re.findall(r'\bx="([-\d.]+)"', svg))


def test_no_line_at_all_is_still_a_drawing():
    assert "<svg" in share_lines([], width=700, labels=LABELS)
