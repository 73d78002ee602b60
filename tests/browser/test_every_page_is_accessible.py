"""Every page, looked at by axe in a real browser: zh on a wide light screen, en on a narrow dark one."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles.finders import find
from django.db import transaction
from django.test import override_settings
from django.urls import resolve
from playwright.sync_api import Error

from tests.browser.pages import HOST, openers, printed
from tests.spec.test_access_matrix import LINES
from tests.trust.world import ROLES, furnish

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

KINDS = {".css": "text/css", ".js": "text/javascript"}
WIDE = {"locale": "zh-CN", "color_scheme": "light", "viewport": {"width": 1280, "height": 900}}
NARROW = {"locale": "en-GB", "color_scheme": "dark", "viewport": {"width": 390, "height": 844}}
LOOKS = {"zh-hans": WIDE, "en": NARROW}
PARTS = 4
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}


OWN_QUESTIONS = """() => {
  const wrong = [];
  const say = (what, element) => wrong.push(what + ': ' + element.outerHTML.slice(0, 200));
  const all = (selector) => [...document.querySelectorAll(selector)];
  if (all('h1').length !== 1) wrong.push('there are ' + all('h1').length + ' h1');
  if (document.documentElement.scrollWidth > innerWidth) wrong.push('the page is wider than its window');
  all('thead th:not([scope])').forEach((cell) => say('no scope', cell));
  all('svg').filter((svg) => !svg.querySelector(':scope > title')?.textContent).forEach((svg) => say('no title', svg));
  all('.errorlist').filter((list) => list.textContent.trim()).forEach((list) => {
    const field = list.id && document.querySelector(`[aria-describedby~="${list.id}"]`);
    if (!field && !list.closest('[role=alert]')) say('a fault that no field names', list);
  });
  if (document.documentElement.lang === 'en') {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const { data, parentElement } = walk.currentNode;
      if (/[\\u4e00-\\u9fff]/.test(data) && !parentElement.closest('[lang^=zh], script, style, code, pre')) {
        say('Chinese without lang', parentElement);
      }
    }
  }
  return wrong;
}"""


@pytest.fixture(scope="module", autouse=True)
def _loop_of_the_browser_is_no_harm():
    """While a browser is driven, a loop runs in this thread; no code of Django runs inside that loop."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture(scope="module")
def book(django_db_setup, django_db_blocker, tmp_path_factory):
    """All pages of the access matrix, printed once."""
    from django.conf import settings

    folder = tmp_path_factory.mktemp("accessible")
    office = replace(settings.WORKSPACE, folder=folder / "office")
    with django_db_blocker.unblock(), override_settings(WORKSPACE=office), transaction.atomic():
        own, _beside = furnish("near", folder)
        found = printed(own)
        transaction.set_rollback(True)
    return found


@pytest.fixture(scope="module")
def sheets(book, browser):
    """Give a function that opens a browser window of a look, in which the pages of the book are served."""
    opened = []

    def window(language):
        context = browser.new_context(base_url=HOST, **LOOKS[language])
        opened.append(context)
        page = context.new_page()
        page.shown = ("/", "")

        def serve(route):
            address = route.request.url.removeprefix(HOST)
            if address.startswith("/static/"):
                file = Path(find(address.removeprefix("/static/")))
                route.fulfill(body=file.read_bytes(), content_type=KINDS[file.suffix])
            elif address == page.shown[0]:
                route.fulfill(body=page.shown[1], content_type="text/html; charset=utf-8")
            else:
                route.fulfill(status=404, body="")

        context.route("**/*", serve)
        return page

    yield window
    for context in opened:
        context.close()


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("language", LOOKS)
def test_l32_axe_finds_nothing_on_any_page(book, sheets, language, part):
    page, wrong = sheets(language), []
    for name, shown in list(book.pages[language].items())[part::PARTS]:
        page.shown = shown
        page.goto(shown[0])
        wrong += faults_of(page, name)
    nothing(wrong)


def nothing(wrong):
    """Fail with every line of what is wrong."""
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def faults_of(page, name):
    """Return what axe and our own questions find on the page that stands open, a line each."""
    found = Axe().run(page, options=RULES).response["violations"]
    by_axe = [f"{name}: {one['id']}: {node['html'][:300]}" for one in found for node in one["nodes"]]
    return by_axe + [f"{name}: {fault}" for fault in page.evaluate(OWN_QUESTIONS)]


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
        wrong += faults_of(page, name)
        waiting += addresses_in(page)
    nothing(wrong)
