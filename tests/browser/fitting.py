"""Whether a page fits its window, measured on a page that is there: a click has only begun to open the next one."""

from playwright.sync_api import TimeoutError as NotInTime

BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FITS = f"document.readyState === 'complete' && {BEYOND} <= 0"


def beyond(page):
    """Return by how many pixels the page that stands open is wider than its window, once it is loaded whole.

    It is asked again after every navigation until it fits, so that a page that is just going cannot be measured half
    way; what stays too wide is told in pixels. Who has clicked on a link first waits for what only the next page has.
    """
    page.wait_for_load_state()
    try:
        page.wait_for_function(FITS)
    except NotInTime:
        return page.evaluate(BEYOND)
    return 0


def fits(page):
    """Nothing sticks out at the side."""
    assert beyond(page) <= 0, page.url
