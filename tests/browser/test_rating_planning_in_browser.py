"""Planning a round in a real browser: conflicts of interest, capacity and common works, on a desk and on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.fitting import beyond

pytestmark = pytest.mark.browser

WORDS = {
    "en-GB": {
        "teacher": "Teacher Zhao", "director": "Director Lin", "most": "Most works", "check": "Check the design",
        "plan": "Plan a round for", "class": "Class 2023-1", "whose": "Whose works everybody rates",
        "few": "have no conflict of interest", "apart": "Severities cannot be separated",
    },
    "zh-CN": {
        "teacher": "赵老师", "director": "林院长", "most": "最多件数", "check": "检查方案",
        "plan": "安排评分，对象：", "class": "2023 级 1 班", "whose": "由全体评分人评哪些学生的作品",
        "few": "没有利益关系的只有 0 名", "apart": "各评分人的宽严无法区分",
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "width"), [("en-GB", 1280), ("zh-CN", 390), ("en-GB", 390), ("zh-CN", 1280)]
)  # fmt: skip
def test_conflicts_and_capacity_are_entered_and_the_check_says_what_they_do(signed_in, tmp_path, language, width):
    words = WORDS[language]
    director = signed_in("director", language, width)
    director.goto("/ratings/")
    director.get_by_label(words["plan"]).select_option(label=words["class"])
    director.locator(".start-round button").click()
    director.locator("[name=name]").fill("Planning")
    rows = [director.locator(".rater", has_text=words[who]) for who in ("teacher", "director")]
    for row in rows:
        expect(row.locator(".most")).to_be_hidden()
        row.get_by_role("checkbox", name=re.compile("·")).first.check()
        row.locator("summary").click()
        row.locator("[name^=against_]").nth(0).check()
    rows[0].get_by_label(words["most"]).fill("12")
    director.locator("[name=each]").fill("1")
    director.get_by_text(words["whose"]).click()
    director.locator("[name=planted]").nth(3).check()
    assert beyond(director) <= 0
    director.screenshot(path=tmp_path / "entered.png", full_page=True)
    director.get_by_role("button", name=words["check"]).click()
    expect(director.get_by_role("alert")).to_contain_text(words["few"], use_inner_text=True)
    assert beyond(director) <= 0
    director.screenshot(path=tmp_path / "refused.png", full_page=True)
    rows[1].locator("[name^=against_]").nth(0).uncheck()
    director.locator("[name=common]").fill("0")
    director.locator("[name=planted]").nth(3).uncheck()
    director.get_by_role("button", name=words["check"]).click()
    expect(director.locator(".design")).to_contain_text(words["apart"], use_inner_text=True)
    director.locator("[name=common]").fill("3")
    director.locator("form.ask > .send button").click()
    expect(director.locator(".design")).not_to_contain_text(words["apart"], use_inner_text=True)
    expect(director.locator(".design")).to_contain_text("12", use_inner_text=True)
    assert beyond(director) <= 0
    director.screenshot(path=tmp_path / "checked.png", full_page=True)
