"""The measure of pages itself: what sticks out is told in pixels, also of a page that has only begun to come."""

import pytest

from tests.browser.fitting import beyond

pytestmark = pytest.mark.browser


def as_wide_as(pixels):
    return f"<!doctype html><body style='margin:0'><div style='width:{pixels}px;height:9px'></div>"


def test_what_sticks_out_is_told_in_pixels(browser):
    page = browser.new_page(viewport={"width": 390, "height": 780})
    page.set_default_timeout(500)  # what is too wide is waited for
    page.set_content(as_wide_as(390))
    assert beyond(page) == 0
    page.set_content(as_wide_as(400))
    assert beyond(page) == 10
    page.close()


def test_a_page_that_is_just_coming_is_measured_when_it_is_there(browser):
    page = browser.new_page(viewport={"width": 390, "height": 780})
    page.route("http://next.example/**", lambda asked: asked.fulfill(content_type="text/html", body=as_wide_as(390)))
    page.set_content(as_wide_as(400))  # the page before does not fit: whoever measures at once measures that one
    page.evaluate("setTimeout(() => { location.href = 'http://next.example/' }, 100)")
    assert beyond(page) == 0
    assert page.url == "http://next.example/"
    page.close()
