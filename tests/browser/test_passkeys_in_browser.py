"""A passkey from making it to signing in with it, by a virtual authenticator of Chromium itself."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE
from tests.browser.fitting import fits

pytestmark = pytest.mark.browser

SAYS = {
    "en-GB": {"add": "Add a passkey", "kept": "I have kept them", "enter": "Sign in with a passkey",
              "title": "My account", "failed": "The passkey was not taken"},
    "zh-CN": {"add": "添加通行密钥", "kept": "我已保存", "enter": "用通行密钥登录", "title": "我的账号",
              "failed": "通行密钥未被接受"},
}  # fmt: skip
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.mark.parametrize(("language", "width"), [("en-GB", 1280), ("zh-CN", 390)])
def test_a_passkey_is_made_signs_in_and_a_copy_of_it_is_refused(browser, office, tmp_path, language, width):
    address, username, password = office
    address, said = address.replace("127.0.0.1", "localhost"), SAYS[language]
    context = browser.new_context(base_url=address, locale=language, viewport={"width": width, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    tools = context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    device = tools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]
    page.goto("/")
    page.screenshot(path=tmp_path / "start.png", full_page=True)
    page.locator("#id_username").fill(username)
    page.locator("#id_password").fill(password)
    page.locator(".sign-in form:not([data-passkey]) button").click()
    page.locator("a.name").click()
    expect(page.locator("h1")).to_have_text(said["title"])
    page.screenshot(path=tmp_path / "account.png", full_page=True)
    page.locator("form[data-passkey] input[name=name]").fill("Laptop")
    page.get_by_role("button", name=said["add"]).click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.screenshot(path=tmp_path / "codes.png", full_page=True)
    page.get_by_role("link", name=said["kept"]).click()
    expect(page.get_by_text("Laptop", exact=False).first).to_be_visible()
    (key,) = tools.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    leave(page)
    page.get_by_role("button", name=said["enter"]).click()
    page.locator("form[action='/sign-out']").wait_for()
    leave(page)
    # The same key as it was before that sign-in: its counter stands behind, as that of a copy would.
    tools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device})
    device = tools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]
    tools.send("WebAuthn.addCredential", {"authenticatorId": device, "credential": key | {"signCount": 0}})
    page.get_by_role("button", name=said["enter"]).click()
    expect(page.get_by_text(said["failed"])).to_be_visible()
    page.screenshot(path=tmp_path / "refused.png", full_page=True)
    fits(page)
    context.close()


def leave(page):
    page.locator("form[action='/sign-out'] button").click()
    page.locator("#id_username").wait_for()
