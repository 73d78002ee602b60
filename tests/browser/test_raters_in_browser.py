"""How raters compare, in a real browser: two rounds rated by sheets, then the picture, the words and the table."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import faults_of, nothing
from tests.browser.fitting import beyond
from tests.browser.test_rating_sheets_in_browser import open_a_round
from tests.unit.evidence.rating_making import Opened
from yucai.framework import load_rubric

pytestmark = pytest.mark.browser

CRITERIA = load_rubric("rubric-nine-qualities").criteria


def hand_in_a_sheet(rater, name, file, *, lower):
    """Download, fill every cell, upload, save and hand in."""
    rater.goto("/ratings/")
    box = rater.locator("section.round", has_text=name)
    box.locator("details.with-sheet summary").click()
    with rater.expect_download() as waiting:
        box.locator("a[href$='sheet.xlsx']").click()
    waiting.value.save_as(file)
    opened = Opened(file)
    works = [opened.sheet.cell(row, 1).value for row in range(4, opened.sheet.max_row + 1)]
    for n, work in enumerate(works):
        for c, criterion in enumerate(CRITERIA):
            opened.put(work, criterion.name.en, min(5, max(1, 2 + (int(work[1:]) + (n * c) % 2) % 3 + 1 - lower)))
    opened.save()
    box.locator("input[type=file]").set_input_files(file)
    box.locator("details.with-sheet button").click()
    rater.locator(".bar button.main").click()
    rater.locator("section.round", has_text=name).locator("form.hand-in button").click()
    rater.locator("section.round", has_text=name).locator(".mark.verified").wait_for()


def test_the_raters_of_two_rounds_are_compared(signed_in, tmp_path):
    director, teacher = signed_in("director", "en-GB", 1280), signed_in("teacher", "en-GB", 1280)
    for n, name in enumerate(("Essays spring", "Essays autumn")):
        open_a_round(director, name, f"compared {n}", common="8")
        address = director.url
        hand_in_a_sheet(teacher, name, tmp_path / f"t{n}.xlsx", lower=n)
        hand_in_a_sheet(director, name, tmp_path / f"d{n}.xlsx", lower=0)
        director.goto(address)
        director.get_by_role("button", name="Close the round").click()
    director.get_by_role("link", name="How the raters compare").click()
    director.wait_for_url(re.compile("/raters"))
    assert beyond(director) <= 0
    nothing(faults_of(director))
    expect(director.locator(".chart .wide svg")).to_be_visible()
    expect(director.locator("section[aria-labelledby=severity] ul")).to_contain_text(
        "Teacher Zhao (demo)", use_inner_text=True
    )
    expect(director.locator("section[aria-labelledby=drift]")).to_contain_text(
        "compared with the other raters", use_inner_text=True
    )
    director.screenshot(path=tmp_path / "raters-en.png", full_page=True)
    for language, width in (("zh-CN", 390), ("en-GB", 390), ("zh-CN", 1280)):
        again = signed_in("director", language, width)
        again.goto(f"{address}raters")
        assert beyond(again) <= 0
        expect(again.locator(f".chart .{'narrow' if width == 390 else 'wide'} svg")).to_be_visible()
        again.screenshot(path=tmp_path / f"raters-{language}-{width}.png", full_page=True)
