"""The director brings a policy card from a file to a result that runs again to the same bytes, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.fitting import beyond
from yucai.demo import demo_policies
from yucai.governance import write_card

pytestmark = pytest.mark.browser
REGISTER = "/governance/policies/?space=demo-college"
WAIT = 60_000
WORDS = {
    "en-GB": {
        "new": "A new card", "file": "I have the card as a file", "take": "Take it in as a draft",
        "read": "Read once more and seal", "sure": "I have read it", "seal": "Seal it now", "open": "Open the figures",
        "gate": "What these figures can tell at best", "on": "I have seen it: go on to the result",
        "back": "To the policy card", "verdict": "Verdict: not testable", "again": "Run it again and compare",
        "same": "byte for byte", "undo": "cannot be undone",
    },
    "zh-CN": {
        "new": "新建政策卡", "file": "我已有政策卡文件", "take": "导入为草稿", "read": "再读一遍并封存",
        "sure": "我已通读",
        "seal": "立即封存", "open": "打开数据", "gate": "这些数据最多能说明什么", "on": "我已看过，继续计算结果",
        "back": "返回政策卡",
        "verdict": "结论： 无法检验", "again": "重新计算并比对", "same": "逐字节相同", "undo": "不可撤销",
    },
}  # fmt: skip


@pytest.mark.parametrize(("language", "width"), [("en-GB", 1280), ("zh-CN", 390)])
def test_from_a_card_to_a_result_that_runs_again(signed_in, tmp_path, language, width):
    words, page, policy = WORDS[language], signed_in("director", language, width), demo_policies()[2]
    (tmp_path / "card.toml").write_text(write_card(policy.card), encoding="utf-8")
    (tmp_path / "data.csv").write_bytes(policy.data)
    page.goto(REGISTER)
    expect(page.locator("tbody tr").first).to_be_visible()
    assert beyond(page) <= 0
    page.get_by_role("link", name=words["new"]).click()
    page.wait_for_url(re.compile("/policies/new/"))
    assert beyond(page) <= 0
    page.get_by_text(words["file"]).click()
    page.locator("input[type=file]").set_input_files(tmp_path / "card.toml")
    page.get_by_role("button", name=words["take"]).click()
    page.get_by_role("link", name=words["read"]).click()
    expect(page.locator(".said.warn").first).to_contain_text(words["undo"])
    page.get_by_role("button", name=words["seal"]).click()
    expect(page.locator(".said.error")).to_be_visible()  # the box is not ticked yet
    page.get_by_label(words["sure"]).check()
    page.get_by_role("button", name=words["seal"]).click()
    expect(page.locator("#seal-mark")).to_be_visible()
    page.locator("input[type=file]").set_input_files(tmp_path / "data.csv")
    page.locator("[name=of_units]").check()
    page.get_by_role("button", name=words["open"]).click()
    expect(page.get_by_role("heading", name=words["gate"])).to_be_visible(timeout=WAIT)  # worked out in the background
    expect(page.locator(".verdict")).to_have_count(0)
    assert beyond(page) <= 0
    page.get_by_role("button", name=words["on"]).click()
    expect(page.locator("#job progress")).to_have_attribute("value", "1.000", timeout=WAIT)
    page.get_by_role("link", name=words["back"]).click()
    expect(page.locator(".verdict")).to_contain_text(words["verdict"])
    assert beyond(page) <= 0
    page.screenshot(path=tmp_path / "result.png", full_page=True)
    page.get_by_role("button", name=words["again"]).click()
    expect(page.locator("#job")).to_contain_text(words["same"], timeout=WAIT)
