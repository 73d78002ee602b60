"""The director writes a rule from a template, runs it on last year and holds it against the list, in a real browser."""

import io

import openpyxl
import pytest
from docx import Document
from playwright.sync_api import expect

from tests.browser.test_rating_rounds_in_browser import beyond

pytestmark = pytest.mark.browser
RULES = "/spaces/demo-college/selection/"
LISTED = ("2024010003", "2024010014", "2024010020", "2024010045", "2024010047", "2024010060")  # as the demonstration's
WORDS = {
    "en-GB": {
        "begin": "Begin with this", "keep": "Keep and read it back", "run": "Run the rule", "cohort": "Entry year 2024",
        "says": "The last 15 % leave", "simulation": "A simulation: nothing is decided.", "compare": "Compare",
        "award": "An award is on record that nobody verified", "minutes": "Minutes (Word)", "code": "browser-en",
        "sign": "Keeper of the minutes", "edge": "at the line", "unknown": "cannot tell",
    },
    "zh-CN": {
        "begin": "以此开始", "keep": "保存并查看规则文字", "run": "运行", "cohort": "2024 级",
        "says": "末 15% 退出", "simulation": "模拟结果，不是决定。", "compare": "比对",
        "award": "有一项奖项记录未经核验", "minutes": "会议纪要（Word）", "code": "browser-zh",
        "sign": "记录人", "edge": "临界待定", "unknown": "无法判断",
    },
}  # fmt: skip


def list_file():
    """Last year's list as an office has it."""
    book = openpyxl.Workbook()
    for row in (["2026年动态退出名单"], ["学号", "姓名"], *([number, ""] for number in LISTED)):
        book.active.append(row)
    held = io.BytesIO()
    book.save(held)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return {"name": "list.xlsx", "mimeType": kind, "buffer": held.getvalue()}


@pytest.mark.parametrize(("language", "width"), [("en-GB", 1280), ("zh-CN", 390)])
def test_from_a_template_to_the_minutes(signed_in, language, width):
    words, page = WORDS[language], signed_in("director", language, width)
    page.goto(RULES)
    assert beyond(page) <= 0
    page.get_by_role("link", name=words["begin"]).first.click()
    page.locator("[name=code]").fill(words["code"])
    page.locator("[name=share]").fill("150")
    page.get_by_role("button", name=words["keep"]).click()
    expect(page.locator(".faults")).to_be_visible()
    assert beyond(page) <= 0
    page.locator("[name=share]").fill("15")
    page.get_by_role("button", name=words["keep"]).click()
    expect(page.locator(".sentences")).to_contain_text(words["says"])
    assert beyond(page) <= 0
    page.locator("[name=scope]").select_option(label=words["cohort"])
    page.locator("[name=as_of]").fill("2026-08-04")
    page.get_by_role("button", name=words["run"], exact=True).click()
    expect(page.locator(".note").first).to_contain_text(words["simulation"])
    expect(page.locator("article.entry.proposed")).to_have_count(7)
    expect(page.locator("article.entry", has_text="2024010018")).to_contain_text(words["unknown"])
    expect(page.locator("article.entry", has_text="2024010021")).to_contain_text(words["edge"])
    assert beyond(page) <= 0
    page.locator("[name=file]").set_input_files(list_file())
    page.get_by_role("button", name=words["compare"], exact=True).click()
    expect(page.locator(".differences li")).to_have_count(1)
    expect(page.locator(".differences")).to_contain_text(words["award"])
    assert beyond(page) <= 0
    with page.expect_download() as waiting:
        page.get_by_role("link", name=words["minutes"]).click()
    cells = [cell.text for table in Document(waiting.value.path()).tables for row in table.rows for cell in row.cells]
    assert "2024010048" in cells
    assert words["sign"] in cells
