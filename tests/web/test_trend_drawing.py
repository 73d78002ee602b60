"""The line of a number over the years: every year is there, a gap stays a gap, nothing leaves the sheet."""

import re
from xml.etree import ElementTree as Xml

import pytest

from yucai.web.drawing import TrendPoint, TrendWords, trend_line, trend_spark

POINTS = [
    TrendPoint(name="2024", value=13.6, said="13.60"),
    TrendPoint(name="2025", value=None, said="not recorded"),
    TrendPoint(name="2026", value=15.8, said="15.79", firm=False),
]
WORDS = ("signed by two people", "not yet signed by a second person")
SAID = TrendWords(firm=WORDS[0], light=WORDS[1], corrected="corrected", broken="definition changed")


def drawn(points, width=720, aim=16.0):
    return trend_line(points, width=width, title="Ratio", description="d", aim=aim, aim_said="target 16", words=SAID)


def test_every_year_and_value_stands_on_it_and_a_gap_is_not_joined():
    svg = drawn(POINTS)
    assert [text.text for text in Xml.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")] == [
        "target 16", "2024", "13.60", "2025", "?", "2026", "15.79", *WORDS,
    ]  # fmt: skip
    assert "polyline" not in svg
    assert "polyline" in drawn([POINTS[0], POINTS[2]])


@pytest.mark.parametrize(("values", "left"), [((13.6, 15.8), True), ((15.8, 13.6), False), ((13.6, 30.0), False)])
def test_the_words_of_the_aim_stand_where_no_value_is_said(values, left):
    points = [TrendPoint(name=str(n), value=value, said=str(value)) for n, value in enumerate(values)]
    x = float(re.search(r'<text x="([\d.]+)"[^>]*>target 16<', drawn(points, width=340)).group(1))
    assert (x < 170) == left


def test_what_is_not_on_it_needs_no_key():
    assert WORDS[1] not in drawn(POINTS[:1])
    assert WORDS[0] not in drawn(POINTS[2:])


@pytest.mark.parametrize("width", [340, 720])
@pytest.mark.parametrize("points", [POINTS, [], POINTS[1:2]])
def test_nothing_leaves_the_sheet(width, points):
    svg = drawn(points, width=width, aim=None if not points else 0.0)
    high = float(re.search(r'viewBox="0 0 \d+ (\d+)"', svg).group(1))
    places = [(float(x), float(y)) for x, y in re.findall(r'c?x="([\d.-]+)" c?y="([\d.-]+)"', svg)]
    assert all(0 <= x <= width and 0 <= y <= high for x, y in places)


def test_a_spark_says_its_years_to_the_ear_alone():
    svg = trend_spark(POINTS, title="2024: 13.60; 2025: not recorded")
    assert "<text" not in svg
    assert "2025: not recorded" in svg


def test_a_line_is_broken_where_the_definition_changed_and_names_both_versions():
    changed = [
        TrendPoint(name="2024", value=13.6, said="13.60", definition="1.0"),
        TrendPoint(name="2025", value=14.1, said="14.10", definition="1.0"),
        TrendPoint(name="2026", value=19.0, said="19.00", definition="2.0"),
    ]
    svg = drawn(changed)
    assert svg.count("<polyline") == 1  # from 2024 to 2025 alone
    assert ">1.0 → 2.0<" in svg
    assert ">definition changed<" in svg
    assert "definition changed" not in drawn(changed[:2])
    assert trend_spark(changed, title="t").count("<polyline") == 1


def test_values_that_were_corrected_stay_and_the_scale_holds_them():
    svg = drawn([TrendPoint(name="2025", value=80.0, said="80", earlier=(95.0,)), POINTS[0]], aim=None)
    assert ">corrected<" in svg
    heights = [float(y) for y in re.findall(r'<circle cx="[\d.]+" cy="([\d.]+)"', svg)]
    assert min(heights) == 46.0  # the corrected value is the highest
