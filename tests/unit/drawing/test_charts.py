"""Charts: what is on them, where it stands, and what is never drawn."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations, pairwise
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yucai.errors import FaultyInputError
from yucai.web.drawing import (
    DotLabels,
    GrowthPoint,
    IntervalRow,
    QualityRow,
    ScoreBand,
    ScoreLabels,
    growth_lines,
    growth_spark,
    interval_dots,
    quality_dots,
    quality_radar,
    score_bars,
)
from yucai.web.drawing.words import text_width

SVG = "{http://www.w3.org/2000/svg}"
EN = DotLabels(
    title="Nine qualities",
    description="One dot a quality; the table below says the same.",
    low="well below the group",
    middle="at the group’s average",
    high="well above the group",
    estimate="best estimate",
    interval="90 % interval",
    not_enough="not enough evidence yet",
    marked="look at these",
    empty="Nobody has rated yet.",
)
ZH = DotLabels(
    title="九项素养",
    description="每项素养一个点，下表内容相同。",
    low="明显低于同组",
    middle="同组平均水平",
    high="明显高于同组",
    estimate="最可能的位置",
    interval="90% 区间",
    not_enough="证据尚不足",
)
NAMES_EN = {
    "Cultural foundation": ["Interdisciplinary literacy", "Scientific spirit", "Frontier knowledge"],
    "Autonomous development": ["Lifelong learning", "Innovation", "Transferable literacy"],
    "Social participation": ["Practical literacy", "Communication and cooperation", "Home-country feeling"],
}
NAMES_ZH = {
    "文化基础": ["跨学科素养", "科学精神", "前沿知识"],
    "自主发展": ["终身学习能力", "创新能力", "可迁移素养"],
    "社会参与": ["实践素养", "沟通合作", "家国情怀"],
}


def person(names, *, note="14 pieces, 3 kinds", unknown=()):
    flat = [(layer, name) for layer, members in names.items() for name in members]
    rows = []
    for number, (layer, name) in enumerate(flat):
        mean = -2 + number / 2
        known = {} if name in unknown else {"mean": mean, "lower": mean - 0.5, "upper": mean + 0.7}
        rows.append(QualityRow(name=name, layer=layer, enough=name not in unknown, note=note, **known))
    return rows


def parsed(svg):
    return Xml.fromstring(svg)


def texts(svg):
    return [element.text for element in parsed(svg).iter(f"{SVG}text")]


def dots(svg):
    return [(float(c.get("cx")), float(c.get("cy"))) for c in parsed(svg).iter(f"{SVG}circle")]


def hollow(svg):
    return [e for e in parsed(svg).iter() if e.get("stroke-dasharray")]


def boxes(svg):
    """Estimated box (left, top, right, bottom) of every text, in the units of the view box."""
    found = []
    for element in parsed(svg).iter(f"{SVG}text"):
        size = float(element.get("font-size").removesuffix("px"))
        wide = text_width(element.text, size)
        x, y = float(element.get("x")), float(element.get("y"))
        moved = re.match(r"translate\(([-\d.]+) ([-\d.]+)\)", element.get("transform", ""))
        if moved:
            x, y = x + float(moved[1]), y + float(moved[2])
        left = x - wide * {"start": 0, "middle": 0.5, "end": 1}[element.get("text-anchor", "start")]
        found.append((left, y - size * 0.8, left + wide, y + size * 0.2, element.text))
    return found


def overlaps(svg):
    return [
        (a[4], b[4])
        for a, b in combinations(boxes(svg), 2)
        if min(a[2], b[2]) - max(a[0], b[0]) > 1 and min(a[3], b[3]) - max(a[1], b[1]) > 1
    ]


def outside(svg, width):
    height = float(parsed(svg).get("viewBox").split()[3])
    return [box[4] for box in boxes(svg) if box[0] < 0 or box[2] > width or box[1] < 0 or box[3] > height]


@pytest.mark.parametrize("width", [720, 360])
@pytest.mark.parametrize(("names", "labels"), [(NAMES_EN, EN), (NAMES_ZH, ZH)])
def test_every_quality_and_layer_is_named_and_nothing_overlaps_or_is_cut(names, labels, width):
    svg = quality_dots(person(names, unknown=("Innovation", "创新能力")), width=width, labels=labels)
    said = " ".join(texts(svg))
    for layer, members in names.items():
        assert layer in said
        assert all(name in said for name in members)
    assert overlaps(svg) == []
    assert outside(svg, width) == []


def test_a_quality_without_enough_evidence_gets_a_hollow_band_and_no_dot():
    known = quality_dots(person(NAMES_EN), width=720, labels=EN)
    some = quality_dots(person(NAMES_EN, unknown=("Innovation", "Frontier knowledge")), width=720, labels=EN)
    assert len(dots(known)) == 9 + 1  # one in the key
    assert hollow(known) == []
    assert len(dots(some)) == 7 + 1
    assert len(hollow(some)) == 2 + 1
    assert texts(some).count("not enough evidence yet") == 2 + 1


def test_a_mean_that_came_along_with_too_little_evidence_is_not_drawn():
    row = QualityRow(name="Innovation", layer="", mean=-2.5, lower=-3, upper=-2, enough=False)
    assert len(dots(quality_dots([row], width=720, labels=EN))) == 1  # only the one in the key


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=9, unique=True))
@settings(max_examples=25, deadline=None)
def test_dots_stand_in_the_order_of_their_means_at_even_steps(means):
    rows = [QualityRow(name=f"q{m}", layer="", mean=m, lower=m - 1, upper=m + 1, enough=True) for m in means]
    drawn = [x for x, _ in dots(quality_dots(rows, width=720, labels=EN))][: len(means)]
    left, right = min(drawn), max(drawn)
    per_unit = (right - left) / (max(means) - min(means))
    assert drawn == pytest.approx([left + (m - min(means)) * per_unit for m in means], abs=0.2)


def test_the_mean_of_the_group_stands_on_the_zero_line():
    row = QualityRow(name="Innovation", layer="", mean=0, lower=-1, upper=1, enough=True)
    svg = quality_dots([row], width=720, labels=EN)
    zero = next(e for e in parsed(svg).iter(f"{SVG}line") if e.get("stroke-width") == "1.25")
    assert zero.get("x1") == zero.get("x2")
    assert dots(svg)[0][0] == pytest.approx(float(zero.get("x1")), abs=1)


def test_an_interval_that_goes_on_beyond_the_axis_ends_in_an_arrow_at_the_edge():
    within = QualityRow(name="a", layer="", mean=2, lower=1, upper=3, enough=True)
    beyond = QualityRow(name="b", layer="", mean=9, lower=1, upper=11, enough=True)

    def shapes(row):
        return list(parsed(quality_dots([row], width=720, labels=EN)).iter(f"{SVG}polygon"))

    assert (len(shapes(within)), len(shapes(beyond))) == (0, 1)
    assert outside(quality_dots([beyond], width=720, labels=EN), 720) == []
    assert dots(quality_dots([beyond], width=720, labels=EN))[0][0] < 720


def test_all_contradictions_are_said_at_once_in_both_languages():
    rows = [
        QualityRow(name=" ", layer="", mean=0, lower=-1, upper=1, enough=True),
        QualityRow(name="Innovation", layer="", mean=2, lower=-1, upper=1, enough=True),
        QualityRow(name="Frontier knowledge", layer="", enough=True),
        QualityRow(name="Lifelong learning", layer="", mean=float("nan"), lower=0, upper=0, enough=True),
    ]
    with pytest.raises(FaultyInputError) as caught:
        quality_dots(rows, width=90, labels=EN)
    assert [fault.code for fault in caught.value.faults] == ["no-name", "outside", "no-number", "no-number", "width"]
    english, chinese = caught.value.in_language("en"), caught.value.in_language("zh")
    assert "the mean must lie within its interval" in english
    assert "it must be from 280 to 1600" in english
    assert "均值应在区间之内" in chinese
    assert "该行没有名称" in chinese


@pytest.mark.parametrize("width", [720, 360])
def test_a_rater_to_look_at_is_a_diamond_and_bold_not_only_another_colour(width):
    calm = IntervalRow(name="Zhang Min", mean=0.1, lower=-0.2, upper=0.4, note="64 ratings")
    strict = IntervalRow(name="Li Qiang", mean=1.4, lower=1.1, upper=1.8, note="71 ratings", marked=True)
    svg = interval_dots([calm, strict], width=width, labels=EN)
    bold = [e.text for e in parsed(svg).iter(f"{SVG}text") if e.get("font-weight") == "bold"]
    assert bold == ["Li Qiang"]
    assert len(dots(svg)) == 1 + 1
    assert "look at these" in texts(svg)
    assert overlaps(svg) == []


def test_no_rater_at_all_is_said_in_words():
    assert texts(interval_dots([], width=360, labels=EN)) == ["Nobody has rated yet."]


SCORES = ScoreLabels(
    title="Marks",
    description="How many learners in each band.",
    learners="Learners",
    marks="Marks",
    hidden="too few learners to show a number",
    empty="No marks have come in yet.",
)


def bands(counts):
    return [ScoreBand(name=f"{10 * n}–{10 * n + 9}", learners=count) for n, count in enumerate(counts)]


@pytest.mark.parametrize("width", [720, 360])
def test_every_band_shows_its_number_and_a_withheld_one_shows_none(width):
    svg = score_bars(bands([None, 8, 14, 60, 212, 1340, 980, 410, 97, 12]), width=width, labels=SCORES)
    said = texts(svg)
    assert {"8", "14", "60", "212", "1,340", "980", "410", "97", "12", "?"} <= set(said)
    assert "too few learners to show a number" in said
    assert len(hollow(svg)) == 2
    assert overlaps(svg) == []
    assert outside(svg, width) == []


def test_bars_are_as_long_as_their_numbers():
    svg = score_bars(bands([10, 20, 40]), width=720, labels=SCORES)
    heights = [float(e.get("height")) for e in parsed(svg).iter(f"{SVG}rect")]
    assert heights[2] == pytest.approx(2 * heights[1], rel=0.02)
    assert heights[2] == pytest.approx(4 * heights[0], rel=0.02)


def test_an_assessment_without_marks_says_so():
    assert texts(score_bars(bands([0, 0]), width=360, labels=SCORES)) == ["No marks have come in yet."]


def test_a_negative_count_is_refused_in_both_languages():
    with pytest.raises(FaultyInputError) as caught:
        score_bars([ScoreBand(name="0–9", learners=-2)], width=360, labels=SCORES)
    assert "count from 0 up" in caught.value.in_language("en")
    assert "应从 0 起" in caught.value.in_language("zh")


@pytest.mark.parametrize("width", [720, 360])
def test_growth_joins_only_neighbours_that_are_both_known(width):
    points = [
        GrowthPoint(occasion="2022 autumn", mean=-0.6, lower=-1.3, upper=0.1),
        GrowthPoint(occasion="2023 spring", mean=-0.2, lower=-0.8, upper=0.4),
        GrowthPoint(occasion="2023 autumn", enough=False),
        GrowthPoint(occasion="2024 spring", mean=0.5, lower=0.1, upper=0.9),
    ]
    svg = growth_lines(points, width=width, labels=EN)
    joins = [e for e in parsed(svg).iter() if e.get("stroke-width") == "1.5"]
    assert len(joins) == 1
    assert len(dots(svg)) == 3 + 1
    assert [y for _, y in dots(svg)][:3] == sorted((y for _, y in dots(svg)[:3]), reverse=True)
    assert overlaps(svg) == []
    assert outside(svg, width) == []


def around(svg):
    """Return the dots of a radar, without the one in the key, as distances from its middle."""
    found, width = dots(svg)[:-1], float(parsed(svg).get("viewBox").split()[2])
    phone = width < 560
    reach = width * 0.28 if phone else min(width * 0.27, 190)
    middle = (width / 2, reach + 58)
    return [((x - middle[0]) ** 2 + (y - middle[1]) ** 2) ** 0.5 / reach for x, y in found]


@pytest.mark.parametrize("width", [720, 360])
@pytest.mark.parametrize(("names", "labels"), [(NAMES_EN, EN), (NAMES_ZH, ZH)])
def test_a_radar_names_every_quality_and_nothing_overlaps_or_is_cut(names, labels, width):
    svg = quality_radar(person(names, unknown=("Innovation", "创新能力")), width=width, labels=labels)
    said = "".join(texts(svg)).replace(" ", "")
    assert all(name.replace(" ", "") in said for members in names.values() for name in members)
    assert overlaps(svg) == []
    assert outside(svg, width) == []
    assert len(dots(svg)) == 8 + 1
    assert len(hollow(svg)) == 2 + 1  # the dashed axis, its box, and the one in the key


@given(st.lists(st.floats(-3, 3), min_size=3, max_size=9))
@settings(max_examples=25, deadline=None)
def test_a_dot_of_a_radar_is_as_far_out_as_its_mean_and_no_further(means):
    rows = [
        QualityRow(name=f"q{n}", layer="", mean=m, lower=m - 1, upper=m + 1, enough=True) for n, m in enumerate(means)
    ]
    for far, mean in zip(around(quality_radar(rows, width=720, labels=EN)), means, strict=True):
        assert far == pytest.approx((mean + 3) / 6, abs=0.002)


@given(st.floats(-5, 5), st.booleans())
@settings(max_examples=25, deadline=None)
def test_a_target_stands_at_its_place_on_the_axis_also_where_nothing_else_is_known(target, enough):
    known = {"mean": 0.0, "lower": -1.0, "upper": 1.0} if enough else {}
    labels = replace(EN, target="target")
    rows = [QualityRow(name="a", layer="", enough=enough, target=target, **known),
            QualityRow(name="b", layer="", enough=True, mean=min(max(target, -3), 3), lower=-4, upper=4)]  # fmt: skip
    svg = quality_dots(rows, width=720, labels=labels)
    bars = [e for e in parsed(svg).iter(f"{SVG}rect") if e.get("width") == "2.5"]
    assert len(bars) == 2  # the target and the key
    assert float(bars[0].get("x")) + 1.25 == pytest.approx(dots(svg)[-2][0], abs=0.02)
    assert "target" in texts(svg)


def test_without_targets_the_key_speaks_of_none():
    assert "target" not in texts(quality_dots(person(NAMES_EN), width=720, labels=replace(EN, target="target")))


@given(st.lists(st.one_of(st.none(), st.floats(-3, 3)), min_size=1, max_size=8))
@settings(max_examples=25, deadline=None)
def test_a_small_line_has_a_dot_for_each_known_period_and_joins_none_across_a_gap(means):
    points = [
        GrowthPoint(occasion=str(n), enough=False) if m is None
        else GrowthPoint(occasion=str(n), mean=m, lower=m - 0.5, upper=m + 0.5)
        for n, m in enumerate(means)
    ]  # fmt: skip
    svg = growth_spark(points, title="Innovation", description="d")
    assert len(dots(svg)) == sum(m is not None for m in means)
    assert len(hollow(svg)) == sum(m is None for m in means)
    pairs = [(a, b) for a, b in pairwise(means) if a is not None and b is not None]
    assert len(list(parsed(svg).iter(f"{SVG}polyline"))) == len(pairs)
    heights = list(zip((y for _x, y in dots(svg)), (m for m in means if m is not None), strict=True))
    assert all(abs(y - (58 - 56 * (m + 3) / 6)) < 0.1 for y, m in heights)  # the whole scale, always


def test_what_people_typed_stays_text_in_marks():
    row = QualityRow(name='<script>&"x\x00', layer="<b>", enough=False)
    svg = quality_dots([row], width=720, labels=EN)
    assert "<script" not in svg
    assert '<script>&"x' in "".join(texts(svg))


def test_a_chart_tells_what_it_is_and_carries_no_style_no_script_and_no_address():
    svg = quality_dots(person(NAMES_EN), width=720, labels=EN)
    root = parsed(svg)
    named = {element.get("id"): element.text for element in root.iter() if element.get("id")}
    assert root.get("role") == "img"
    assert named[root.get("aria-labelledby")] == EN.title
    assert named[root.get("aria-describedby")] == EN.description
    assert re.findall(r"https?://[^\"'\s)]+", svg) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"<style|<script|\sstyle=|\son\w+=|href=", svg)
