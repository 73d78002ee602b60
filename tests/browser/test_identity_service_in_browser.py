"""Signing in by the school's identity service with a real browser, from one site to another and back."""

import json
import socket
import subprocess
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.accounts.cas_server import CasServer
from tests.accounts.saml_server import ISSUER, SamlServer
from tests.browser.conftest import READY_SECONDS, _await_ready, _yucai

pytestmark = pytest.mark.browser

LABEL = "Identity of the school 统一身份认证"


@contextmanager
def served(folder, table):
    """Serve a new office that names an identity service; give its address under a name."""
    made = _yucai("init", "--workspace", str(folder), "--json", stdout=subprocess.PIPE)
    assert json.loads(made.communicate(timeout=READY_SECONDS)[0])["username"] == "office"
    settings = folder / "yucai.toml"
    settings.write_text(f'{settings.read_text(encoding="utf-8")}\n{table}name = "{LABEL}"\n', encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = _yucai("serve", "--workspace", str(folder), "--port", str(port), stderr=subprocess.PIPE)
    try:
        _await_ready(process)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stderr.close()


@pytest.mark.parametrize(("language", "width"), [("en-GB", 1280), ("zh-CN", 390)])
def test_a_person_comes_in_by_cas_and_goes_out_there_too(browser, tmp_path, language, width):
    server = CasServer(user="office")
    with served(tmp_path / "office", f'[cas]\nserver = "{server.address}"\n') as address:
        context = browser.new_context(locale=language, viewport={"width": width, "height": 900})
        page = context.new_page()
        page.goto(address)
        page.get_by_role("link", name=LABEL).click()
        page.locator("form[action='/sign-out'] button").click()
        expect(page.locator("body")).to_contain_text(f"signed out; back to {address}/")
        page.goto(f"{address}/account/")
        expect(page.locator("#id_username")).to_be_visible()
        context.close()
    server.close()


def test_a_person_comes_in_by_a_saml_form_of_another_site(browser, tmp_path):
    """The form brings no cookie of ours; the browser shows its session when it comes with the answer by itself."""
    server = SamlServer(user="office")
    table = f'[saml]\nissuer = "{ISSUER}"\nsign_in = "{server.address}"\ncertificate = """{server.signer.pem()}"""\n'
    with served(tmp_path / "office", f'{table}claim = "uid"\n') as address:
        context = browser.new_context(locale="en-GB")
        page = context.new_page()
        page.goto(address)
        page.get_by_role("link", name=LABEL).click()
        with page.expect_request(lambda one: one.method == "POST") as sent:
            page.get_by_role("button", name="Go on").click()
        expect(page.locator("form[action='/sign-out']")).to_be_visible()
        assert sent.value.url == f"{address}/identity-service/back"
        assert "sessionid" not in sent.value.all_headers().get("cookie", "")
        context.close()
    server.close()
