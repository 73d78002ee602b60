"""An indicator is filled in by one and signed by another in a real browser; the bureau sees it only then."""

import pytest
from playwright.sync_api import expect

from tests.browser.fitting import beyond

pytestmark = pytest.mark.browser
WORDS = {
    "en-GB": {"open": "Open the indicators", "fill": "Fill in and sign as recorder",
              "sign": "Sign version 1 as auditor", "locked": "is locked", "wrong": "The tables contradict one another",
              "hidden": "hidden", "code": "cn-15", "name": "Electronic books"},
    "zh-CN": {"open": "查看指标", "fill": "填报并签名（填报人）", "sign": "审核签名第 1 版",
              "locked": "锁定", "wrong": "表间数据存在矛盾", "hidden": "不公开", "code": "cn-16",
              "name": "电子期刊和图书等数据库"},
}  # fmt: skip


@pytest.mark.parametrize(("language", "width"), [("en-GB", 1280), ("zh-CN", 390)])
def test_two_people_and_a_bureau(signed_in, tmp_path, language, width):
    words, page = WORDS[language], signed_in("researcher", language, width)
    page.goto("/governance/")
    page.get_by_role("link", name=words["open"]).click()
    expect(page.locator("h2#found")).to_have_text(words["wrong"])  # planted: 57 and 58 graduates
    assert beyond(page) <= 0
    page.get_by_role("link", name=words["name"], exact=True).click()
    page.locator("input[name^=figure-]").fill("4321")
    page.locator("input[name=source]").fill("library 图书馆")
    page.get_by_role("button", name=words["fill"]).click()
    expect(page.locator(".said.success")).to_be_visible()
    expect(page.get_by_role("button", name=words["sign"])).to_have_count(0)  # never one's own
    assert beyond(page) <= 0
    page.screenshot(path=tmp_path / "filled.png")

    bureau = signed_in("bureau", language, width)
    bureau.goto("/governance/indicators/")
    expect(bureau.locator("tr", has_text="cn-22").locator(".hidden-cell")).to_have_text(words["hidden"])
    expect(bureau.locator("tr", has_text=words["code"])).not_to_contain_text("4,321")

    director = signed_in("director", language, width)
    director.goto(f"/governance/indicators/{words['code']}/")
    director.get_by_role("button", name=words["sign"]).click()
    expect(director.locator(".said.success")).to_contain_text(words["locked"])
    bureau.reload()
    expect(bureau.locator("tr", has_text=words["code"])).to_contain_text("4,321")
    assert beyond(bureau) <= 0
