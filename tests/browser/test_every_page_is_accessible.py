"""Every page, looked at by axe in a real browser: zh on a wide light screen, en on a narrow dark one."""

from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from django.test import override_settings

from tests.browser.pages import HOST, printed
from tests.trust.world import furnish

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

STATIC = Path(__file__).parents[2] / "src" / "yucai" / "web" / "static"
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
    with django_db_blocker.unblock(), override_settings(WORKSPACE=replace(settings.WORKSPACE, folder=folder / "office")):
        with transaction.atomic():
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
                file = STATIC / address.removeprefix("/static/")
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
    page, axe, wrong = sheets(language), Axe(), []
    for name, shown in list(book.pages[language].items())[part::PARTS]:
        page.shown = shown
        page.goto(shown[0])
        for found in axe.run(page, options=RULES).response["violations"]:
            for node in found["nodes"]:
                wrong.append(f"{name}: {found['id']}: {node['html'][:300]}: {node.get('failureSummary', '')}")
    assert "\n".join(wrong) == ""
