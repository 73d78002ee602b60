"""Every page, looked at by axe in a real browser: zh on a wide light screen, en on a narrow dark one."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import find
from django.db import transaction
from django.test import override_settings

from tests.browser.axe import ON_ANOTHER_SCREEN, RULES, faults_of, nothing
from tests.browser.pages import ASKED_WITH, HOST, openers, printed
from tests.spec.test_access_matrix import LINES, OPEN
from tests.trust.world import furnish

pytestmark = pytest.mark.browser

KINDS = {".css": "text/css", ".js": "text/javascript"}
WIDE = {"locale": "zh-CN", "color_scheme": "light", "viewport": {"width": 1280, "height": 900}}
NARROW = {"locale": "en-GB", "color_scheme": "dark", "viewport": {"width": 390, "height": 844}}
LOOKS = {"zh-hans": WIDE, "en": NARROW}
PARTS = 4
TEMPLATES = Path(__file__).parents[2] / "src" / "yucai" / "web" / "templates"
# Addresses open to everybody that only lead on, or answer to a script.
NO_PAGES = {"demo_sign_in", "sign_out", "set_language", "observe_worker", "passkey_ask", "passkey_enter", "to_service",
            "from_service", "api_document", "api_unknown"}  # fmt: skip
# What shows only with much on record: charts and tables in test_demonstration_is_accessible; the rest where it
# comes about, in test_raters_in_browser, test_adaptive_test_in_browser and test_from_client_to_portrait.
LOOKED_AT_ELSEWHERE = {
    *("_options.html", "_rating_levels.html", "_scale.html"),
    *("raters.html", "test_result.html", "statement_behind.html"),
}


@pytest.fixture(scope="module")
def book(django_db_setup, django_db_blocker, tmp_path_factory):
    """All pages, printed before a browser opens: while one runs, Django takes this thread for an asynchronous one."""
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


@pytest.mark.django_db  # stands first, and lets pytest make the database that the book is printed from
def test_l32_every_address_and_every_template_is_looked_at(book):
    for pages in book.pages.values():
        looked_at = {name.split()[0] for name in [*pages, *book.other]}
        wanted = {line[0] for line in LINES if line[1] == "get" and (openers(line) or line[0] in ASKED_WITH)}
        assert {line[0] for line in LINES if line[1] == "get"} == wanted, "an address that nobody opens: see ASKED_WITH"
        assert (wanted | OPEN - NO_PAGES) - looked_at == set()
        assert [name for name, (_address, html) in pages.items() if "<h1" not in html and name != "observe"] == []
    templates = {path.name for path in TEMPLATES.glob("*.html")}
    assert templates - book.templates == LOOKED_AT_ELSEWHERE


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("language", LOOKS)
def test_l32_axe_finds_nothing_on_any_page(book, sheets, language, part):
    page, wrong = sheets(language), []
    for name, shown in list(book.pages[language].items())[part::PARTS]:
        page.shown = shown
        page.goto(shown[0])
        page.locator("h1").first.wait_for(state="attached")  # the recording page is built by its script
        wrong += faults_of(page, name, rules=RULES if language == "zh-hans" else ON_ANOTHER_SCREEN)
    nothing(wrong)
