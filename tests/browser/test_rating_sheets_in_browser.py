"""A rating sheet in a real browser: downloaded, filled as in a spreadsheet, looked at, saved and handed in."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.fitting import beyond
from tests.unit.evidence.rating_making import Opened
from yucai.framework import load_rubric

pytestmark = pytest.mark.browser

CRITERIA = load_rubric("rubric-nine-qualities").criteria
WORDS = {
    "en-GB": {
        "ratings": "Ratings", "open": "Rate in a spreadsheet instead", "download": "Download my sheet",
        "file": "Filled sheet", "look": "Look at it", "save": "Save as drafts", "saved": "Drafts of 2 works were saved",
        "although": "I hand in all the same", "hand": "Hand in", "refused": "1 place was refused",
        "fault": "“good” is no number", "done": "handed in",
    },
    "zh-CN": {
        "ratings": "评分", "open": "用电子表格评分", "download": "下载我的评分表", "file": "填好的评分表",
        "look": "查看", "save": "存为草稿", "saved": "已从评分表存入 2 件作品的草稿",
        "although": "我仍要交表", "hand": "交表",
        "refused": "有 1 处被拒收", "fault": "“good”不是数字", "done": "已交表",
    },
}  # fmt: skip


def open_a_round(director, name, term, *, common="2"):
    director.goto("/ratings/")
    director.get_by_label("Plan a round for").select_option(label="Class 2023-1")
    director.get_by_role("button", name="Plan", exact=True).click()
    director.get_by_label("Name of the round").fill(name)
    director.get_by_label("Term of the works").fill(term)
    for who in ("Teacher Zhao", "Director Lin"):
        director.get_by_role("checkbox", name=re.compile(who)).check()
    director.get_by_label("Raters for each work").fill("1")
    director.get_by_label("Works that everybody rates").fill(common)
    director.get_by_role("button", name="Check the design").click()
    director.get_by_role("button", name="Open the round").click()
    director.wait_for_url("**/ratings/rounds/*/")


def fill(file, language):
    """Fill two works; one cell holds a word."""
    opened = Opened(file)
    first, second = (opened.sheet.cell(row, 1).value for row in (4, 5))
    for n, criterion in enumerate(CRITERIA):
        title = criterion.name.in_language(language[:2])
        opened.put(first, title, n % 5 + 1)
        opened.put(second, title, 4 if n else "good")
    opened.save()


@pytest.mark.parametrize(
    ("language", "width"), [("en-GB", 1280), ("zh-CN", 390), ("en-GB", 390), ("zh-CN", 1280)]
)  # fmt: skip
def test_a_sheet_goes_out_and_comes_back_and_is_handed_in(signed_in, tmp_path, language, width):
    words, name = WORDS[language], f"Sheets {language} {width}"
    open_a_round(signed_in("director"), name, f"{language} {width}")
    teacher = signed_in("teacher", language, width)
    teacher.goto("/ratings/")
    box = teacher.locator("section.round", has_text=name)
    box.get_by_text(words["open"]).click()
    assert beyond(teacher) <= 0
    teacher.screenshot(path=tmp_path / "list.png", full_page=True)
    with teacher.expect_download() as waiting:
        box.get_by_role("link", name=words["download"]).click()
    file = tmp_path / "mine.xlsx"
    waiting.value.save_as(file)
    fill(file, language)
    box.get_by_label(words["file"]).set_input_files(file)
    box.get_by_role("button", name=words["look"]).click()
    expect(teacher.locator("main")).to_contain_text(words["refused"], use_inner_text=True)
    expect(teacher.locator("main")).to_contain_text(words["fault"], use_inner_text=True)
    assert beyond(teacher) <= 0
    teacher.locator("details.sheet-row summary").first.click()
    teacher.screenshot(path=tmp_path / "understood.png", full_page=True)
    teacher.get_by_role("button", name=words["save"]).click()
    expect(teacher.get_by_role("status")).to_contain_text(words["saved"], use_inner_text=True)
    box = teacher.locator("section.round", has_text=name)
    box.get_by_label(words["although"]).check()
    box.get_by_role("button", name=words["hand"]).click()
    expect(box.locator(".mark")).to_have_text(words["done"], use_inner_text=True)
    box.locator(".tile").first.click()
    expect(teacher.locator("td").first).to_have_text(re.compile(r"1$"), use_inner_text=True)
    assert beyond(teacher) <= 0
