"""Pages with much on them, looked at by axe: the demonstration, along the links of each role."""

from urllib.parse import urlsplit

import pytest
from django.urls import resolve
from playwright.sync_api import Error

from tests.browser.axe import faults_of, nothing
from tests.browser.pages import openers
from tests.spec.test_access_matrix import LINES
from tests.trust.world import ROLES

pytestmark = pytest.mark.browser


def addresses_in(page):
    """Return the addresses of our own that a page leads to, without what comes after a number sign."""
    links = page.locator("a[href^='/']").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    return list(dict.fromkeys(link.partition("#")[0] for link in links))


@pytest.mark.parametrize("role", ROLES)
def test_l32_axe_finds_nothing_in_the_demonstration(signed_in, role):
    """Pages with much on them: from the home page of a role along its links, one of each address."""
    language = ("en-GB", "zh-CN")[ROLES.index(role) % 2]
    page = signed_in(role, language, 390 if language == "zh-CN" else 1280)
    page.emulate_media(color_scheme="dark" if language == "zh-CN" else "light")
    mine = {line[0] for line in LINES if role in openers(line)} | {"home"}
    waiting, seen, wrong = ["/home/"], set(), []
    while waiting:
        address = waiting.pop(0)
        name = resolve(urlsplit(address).path).url_name
        if name in seen or name not in mine:
            continue
        seen.add(name)
        try:
            page.goto(address)
        except Error as stopped:
            if "Download is starting" not in str(stopped):
                raise
            continue  # a file, which the browser keeps and does not show
        page.locator("h1").first.wait_for(state="attached")
        wrong += faults_of(page, name)
        waiting += addresses_in(page)
    nothing(wrong)
