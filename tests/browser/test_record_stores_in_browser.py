"""Record stores in a real browser: from nothing to a mended delivery, on a desk and on a phone, in both languages."""

import base64
import json
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.browser.fitting import beyond

pytestmark = pytest.mark.browser

SAYS = {
    "en-GB": {
        "stores": "Record stores", "make": "Make a store", "open": "Open it to a tool", "secret": "Make key and secret",
        "line": "Mei answered Question 3: 3 of 4, correct", "refused": "1 statement refused today",
        "again": "Put it in again", "in": "It is in: 1 statement was stored.", "look": "Look", "kept": "as it is kept",
        "change": "Change", "save": "Save", "close": "Close this store", "close-it": "Close it", "closed": "closed",
        "copied": "copied", "find": "Find",
    },
    "zh-CN": {
        "stores": "记录库", "make": "新建记录库", "open": "为工具开放", "secret": "生成 key 与 secret",
        "line": "Mei 回答了第 3 题：3 / 4，正确", "refused": "今天有 1 条陈述被拒收",
        "again": "重新存入", "in": "已存入 1 条陈述。", "look": "查看", "kept": "陈述原文",
        "change": "修改", "save": "保存", "close": "关闭此记录库", "close-it": "关闭", "closed": "已关闭",
        "copied": "已复制", "find": "查找",
    },
}  # fmt: skip
RIGHT = {
    "actor": {"mbox": "mailto:mei@example.edu", "name": "Mei"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
    "object": {
        "id": "https://moodle.example.edu/quiz/3",
        "definition": {"name": {"en": "Question 3", "zh": "第 3 题"}},
    },
    "result": {"score": {"raw": 3, "max": 4}, "success": True},
}


def send(address, key, secret, statements):
    """Send statements as a tool does and return the status."""
    login = base64.b64encode(f"{key}:{secret}".encode()).decode()
    headers = {
        "Authorization": f"Basic {login}",
        "X-Experience-API-Version": "2.0.0",
        "Content-Type": "application/json",
    }
    request = urllib.request.Request(f"{address}statements", json.dumps(statements).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


@pytest.mark.parametrize(("language", "width"), [("en-GB", 1280), ("zh-CN", 390)])
def test_a_store_from_nothing_to_a_mended_delivery(signed_in, tmp_path, language, width):
    said, shots = SAYS[language], []
    page = signed_in("director", language, width)

    def shot(name):
        assert beyond(page) <= 0
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        shots.append(name)

    page.get_by_role("link", name=said["stores"], exact=True).click()
    page.get_by_role("link", name=said["make"]).first.click()
    code = f"moodle-{width}"
    if page.locator("select[name=space]").count():
        page.locator("select[name=space]").select_option("demo-college")
    page.locator("[name=code]").fill(code)
    shot("made")
    page.get_by_role("button", name=said["make"]).click()
    page.get_by_role("link", name=said["open"]).first.click()
    page.locator("[name=name]").fill("Moodle")
    page.locator("[name=home]").fill("https://moodle.example.edu")
    expect(page.locator(".if-own")).to_be_hidden()
    page.locator("[value=own]").check()
    expect(page.locator(".if-own")).to_be_visible()
    page.locator("[value=sender]").check()
    shot("credential")
    page.get_by_role("button", name=said["secret"]).click()
    address, key, secret = (page.locator(f"#{name}").inner_text() for name in ("endpoint", "key", "secret"))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("button[data-copy=secret]").click()
    page.get_by_role("button", name=said["copied"]).wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    shot("secret")

    assert send(address, key, secret, RIGHT) == 200
    page.goto(f"/records/{code}/settings")
    page.locator("[name=most_statements]").fill("1")
    page.get_by_role("button", name=said["save"]).click()
    assert send(address, key, secret, [{**RIGHT, "actor": {"mbox": "mailto:li@example.edu"}}] * 2) == 413
    page.goto(f"/records/{code}/settings")
    page.locator("[name=most_statements]").fill("100")
    page.get_by_role("button", name=said["save"]).click()
    assert send(address, key, secret, {**RIGHT, "id": "x"}) == 400

    page.goto("/records/")
    expect(page.locator("main")).to_contain_text(said["refused"], use_inner_text=True)
    shot("stores")
    page.goto(f"/records/{code}/")
    shot("store")
    page.goto(f"/records/{code}/refused/")
    shot("refused")
    page.get_by_role("link", name=said["look"], exact=True).last.click()
    shot("one")
    page.get_by_role("button", name=said["again"]).click()
    expect(page.locator(".said.success")).to_have_count(1)
    shot("in")

    page.goto(f"/records/{code}/statements/")
    page.locator("[name=person]").fill("mei@example.edu")
    page.locator("#main").get_by_role("button", name=said["find"]).click()
    expect(page.locator("a.told")).to_have_text([said["line"]], use_inner_text=True)
    shot("statements")
    with page.expect_download() as told:
        page.get_by_role("link", name="CSV").click()
    assert told.value.suggested_filename.endswith(".csv")
    page.locator("a.told").click()
    page.get_by_text(said["kept"]).click()
    expect(page.locator("pre.body")).to_contain_text("mailto:mei@example.edu", use_inner_text=True)
    shot("statement")

    page.goto(f"/records/{code}/")
    page.get_by_text(said["close"], exact=True).click()
    page.get_by_role("button", name=said["close-it"], exact=True).click()
    expect(page.locator("h1")).to_contain_text(said["closed"], use_inner_text=True)
    assert send(address, key, secret, RIGHT) == 403
    shot("closed")
    assert len(shots) == 11
