"""A list is sorted, saved and taken as a workbook in a real browser, and several rows are done and undone at once."""

import re

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.browser.fitting import beyond

pytestmark = pytest.mark.browser
WORDS = {
    "en-GB": {"find": "Find and sort", "save": "Save what is shown now as", "view": "most first",
              "name": "Student number", "press": "Save", "reason": "Reason in words, for all of them",
              "all": "all on this page", "verify": "I have verified the chosen works",
              "why": "Why? The students read it.", "undo": "Undo", "done": "Verified: ", "back": "Wait anew: ",
              "group": "Class 2023-1"},
    "zh-CN": {"find": "查找与排序", "save": "将当前视图保存为", "view": "由多到少", "name": "学号", "press": "保存",
              "reason": "理由（适用于全部所选）", "all": "本页全部", "verify": "核实所选成果",
              "why": "为何撤销？学生会看到这段话。", "undo": "撤销", "done": "已核实 ", "back": "重新待核实",
              "group": "2023 级 1 班"},
}  # fmt: skip
BOTH = pytest.mark.parametrize(("language", "width"), [("en-GB", 1280), ("zh-CN", 390)])


@BOTH
def test_a_list_is_sorted_saved_and_taken_as_it_is_shown(signed_in, tmp_path, language, width):
    said, page = WORDS[language], signed_in("director", language, width)
    page.get_by_role("link", name=said["group"]).first.click()
    people = page.locator("section[aria-labelledby=people]")
    people.locator("summary", has_text=said["find"]).click()
    people.locator("select[name=sort]").select_option("-pieces")
    people.locator("form.find button").click()
    people.get_by_label(said["save"]).fill(said["view"])
    people.get_by_role("button", name=said["press"], exact=True).click()
    expect(people.locator(".chips [aria-current]", has_text=said["view"])).to_have_count(1)
    assert beyond(page) <= 0
    page.screenshot(path=tmp_path / "group.png", full_page=True)
    taking = people.locator(".table-tools a").first
    taking.focus()
    with page.expect_download() as taken:
        page.keyboard.press("Enter")
    taken.value.save_as(tmp_path / "people.xlsx")
    first, *rows = openpyxl.load_workbook(tmp_path / "people.xlsx").worksheets[0].iter_rows(values_only=True)
    assert said["name"] in first
    pieces = [row[3] for row in rows]
    assert pieces == sorted(pieces, reverse=True)
    shown = people.locator("tbody tr").evaluate_all("rows => rows.map(row => row.cells[1].innerText.trim())")
    assert [row[1] for row in rows][: len(shown)] == shown
    page.goto("/home/")
    page.get_by_role("link", name=said["view"]).click()
    expect(page).to_have_url(re.compile(r"/groups/\d+/\?sort=-pieces$"))


@BOTH
def test_several_works_are_verified_at_once_and_wait_anew_by_one_press(signed_in, tmp_path, language, width):
    said, page = WORDS[language], signed_in("teacher", language, width)
    page.goto("/own-works/to-verify")
    boxes = page.locator("input[name=row]")
    n = boxes.count()
    assert n > 1
    page.get_by_label(said["all"]).check()
    expect(page.locator("input[name=row]:checked")).to_have_count(n)
    boxes.first.uncheck()
    page.get_by_label(said["reason"]).fill("seen")
    page.get_by_role("button", name=said["verify"]).click()
    expect(page.locator("h1")).to_contain_text(said["done"])
    expect(page.locator("h1")).to_contain_text(str(n - 1))
    assert beyond(page) <= 0
    page.get_by_label(said["why"]).fill("the wrong list")
    page.get_by_role("button", name=said["undo"], exact=True).click()
    expect(page.get_by_role("status")).to_contain_text(said["back"])
    page.screenshot(path=tmp_path / "undone.png")
    page.goto("/own-works/to-verify")
    expect(page.locator("input[name=row]")).to_have_count(n)
