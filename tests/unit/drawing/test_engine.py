"""The engine: safe to show, safe to share between threads, honest when a part is missing."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree as Xml

import pytest

from yucai.web.drawing import DrawingError, DrawingPartMissingError, draw, engine
from yucai.web.drawing.sheet import Ink
from yucai.web.drawing.words import balance, text_width, wrap


def bars(names):
    return {
        "xAxis": {"type": "category", "data": names},
        "yAxis": {"type": "value"},
        "series": [{"type": "bar", "data": [1] * len(names), "itemStyle": {"decal": {"symbol": "rect"}}}],
        "aria": {"enabled": True, "decal": {"show": True}},
    }


def drawn(names, *, width=400, title="Learners", description="By year"):
    return draw(bars(names), width=width, height=200, title=title, description=description)


def test_any_option_of_the_library_can_be_drawn():
    root = Xml.fromstring(drawn(["2023", "2024"]))
    assert root.get("viewBox") == "0 0 400 200"
    assert root.get("width") == "100%"
    assert root.get("height") is None
    assert {"2023", "2024"} <= {element.text for element in root.iter()}


def test_it_has_a_role_a_title_and_a_description_for_those_who_cannot_see_it():
    root = Xml.fromstring(drawn(["2023"]))
    named = {element.get("id"): element.text for element in root.iter() if element.get("id")}
    assert root.get("role") == "img"
    assert named[root.get("aria-labelledby")] == "Learners"
    assert named[root.get("aria-describedby")] == "By year"


def test_it_carries_no_style_no_script_and_no_address():
    svg = drawn(["2023"])
    assert re.findall(r"https?://[^\"'\s)]+", svg) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"<style|<script|\sstyle=|\son\w+=|href=|class=\"zr", svg)


def test_two_pictures_on_one_page_share_no_id_and_every_reference_finds_its_own():
    first, second = drawn(["2023"]), drawn(["2024"])
    ids = [re.findall(r'\bid="([^"]+)"', svg) for svg in (first, second)]
    assert set(ids[0]).isdisjoint(ids[1])
    assert len(ids[0]) == len(set(ids[0]))
    assert set(re.findall(r"url\(#([^)]+)\)", first)) <= set(ids[0])
    assert "url(#" in first


def test_what_people_typed_stays_text():
    svg = drawn(["<script>alert(1)</script>", 'a\x00b & "c" 沟通'], width=900)
    assert "<script" not in svg
    assert {"<script>alert(1)</script>", 'a b & "c" 沟通'} <= {element.text for element in Xml.fromstring(svg).iter()}


def test_threads_get_the_same_picture_as_one_alone():
    alone = [drawn(["x"], width=300 + n) for n in range(24)]
    engine._drawn.cache_clear()
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda n: drawn(["x"], width=300 + n), range(24)))
    assert together == alone


def test_the_same_picture_is_drawn_once():
    engine._drawn.cache_clear()
    drawn(["once"])
    drawn(["once"])
    assert engine._drawn.cache_info().misses == 1


def test_a_refused_option_is_one_sentence_in_both_languages():
    with pytest.raises(DrawingError) as caught:
        draw({"series": [{"type": "custom", "renderItem": "no such painter"}]}, width=300, height=200, title="Learners")
    assert "“Learners” could not be drawn" in caught.value.in_language("en")
    assert "图表“Learners”无法绘制" in caught.value.in_language("zh")
    assert "2023" in drawn(["2023"])  # and the engine lives on


def test_a_missing_library_says_which_command_brings_it(monkeypatch, tmp_path):
    monkeypatch.setattr(engine, "ECHARTS", tmp_path / "echarts.min.js")
    monkeypatch.setattr(engine, "_engines", {})
    with pytest.raises(DrawingPartMissingError) as caught:
        drawn(["never drawn before"])
    for language in ("en", "zh"):
        assert "echarts.min.js" in caught.value.in_language(language)
        assert "python tools/assets.py" in caught.value.in_language(language)
    assert "缺少文件" in caught.value.in_language("zh")


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
