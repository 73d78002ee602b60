"""Forwarding in a real browser: declared by hand, seen at work, on a desk and on a phone, in both languages."""

import pytest

from tests.browser.conftest import PATIENCE
from tests.browser.fitting import beyond
from tests.browser.test_record_stores_in_browser import RIGHT, SAYS, send
from tests.records.other_store import other_store

pytestmark = pytest.mark.browser

WORDS = {
    "en-GB": {
        "forwarding": "Forwarding", "add": "Forward to another store", "now": "Forward from now on",
        "unsafe": "is not encrypted", "success": "Last success", "rest": "Let it rest", "resting": "at rest",
        "try": "Try them again", "again": "They are being tried again",
    },
    "zh-CN": {
        "forwarding": "转发", "add": "转发到另一记录库", "now": "开始转发",
        "unsafe": "未加密", "success": "最近成功", "rest": "停用", "resting": "已停用",
        "try": "重新发送", "again": "正在重新发送",
    },
}  # fmt: skip


@pytest.mark.parametrize(("language", "width"), [("en-GB", 1280), ("zh-CN", 390)])
def test_a_forwarding_from_its_address_to_what_was_not_taken(browser, office, tmp_path, language, width):
    address, username, password = office
    said = {**SAYS[language], **WORDS[language]}
    context = browser.new_context(base_url=address, locale=language, viewport={"width": width, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()

    def shot(name):
        assert beyond(page) <= 0
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)

    page.goto("/")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", password)
    page.locator("form button.main").click()
    page.goto("/records/add")
    page.locator("[name=code]").fill("school")
    page.get_by_role("button", name=said["make"]).click()
    page.get_by_role("link", name=said["open"]).first.click()
    page.locator("[name=name]").fill("Moodle")
    page.locator("[name=home]").fill("https://moodle.example.edu")
    page.locator("[value=sender]").check()
    page.get_by_role("button", name=said["secret"]).click()
    endpoint, key, secret = (page.locator(f"#{name}").inner_text() for name in ("endpoint", "key", "secret"))
    bad = "00000000-0000-4000-8000-000000000002"
    for id in ("00000000-0000-4000-8000-000000000001", bad, "00000000-0000-4000-8000-000000000003"):
        assert send(endpoint, key, secret, {**RIGHT, "id": id}) == 200
    with other_store() as other:
        other.refuse = lambda statements: 400 if bad in {one["id"] for one in statements} else None
        page.goto("/records/school/")
        page.get_by_role("link", name=said["forwarding"]).first.click()
        shot("nothing")
        page.get_by_role("link", name=said["add"]).click()
        page.locator("[name=address]").fill("http://lrs.example.edu/xapi")
        page.locator("[name=key]").fill("our-key")
        page.locator("[name=secret]").fill("our-secret")
        page.get_by_role("button", name=said["now"]).click()
        page.get_by_text(said["unsafe"]).last.wait_for()
        shot("unsafe")
        page.locator("[name=address]").fill(other.address)
        page.locator("[name=secret]").fill("our-secret")
        page.get_by_role("button", name=said["now"]).click()
        for _ in range(60):
            if page.get_by_role("button", name=said["try"]).count():
                break
            page.wait_for_timeout(500)
            page.goto("/records/school/forwarding/")
        assert len(other.kept) == 2
        shot("not-taken")
        other.refuse = lambda statements: None
        page.get_by_role("button", name=said["try"]).click()
        page.get_by_text(said["again"]).wait_for()
        for _ in range(60):
            if not page.get_by_role("button", name=said["try"]).count():
                break
            page.wait_for_timeout(500)
            page.goto("/records/school/forwarding/")
        assert bad in other.kept
        page.get_by_role("button", name=said["rest"]).click()
        page.get_by_text(said["resting"], exact=True).wait_for()
        shot("resting")
    context.close()
