"""A hidden number in a real browser: the keyboard reaches it, and it leads to the reason in the reader's language."""

import pytest
from playwright.sync_api import expect

from tests.browser.fitting import fits

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390])
def test_a_bureau_officer_reaches_the_reason_of_a_hidden_number_by_keyboard(signed_in, width):
    page = signed_in("bureau", width=width)
    page.get_by_role("link", name="Entry year 2024").click()
    hidden = page.get_by_role("link", name="hidden").first
    expect(hidden).to_have_accessible_description("Hidden: this number, or another that could be worked out from it,"
                                                  " would tell something of fewer than 5 people.")  # fmt: skip
    hidden.press("Enter")
    expect(page.locator("#why-hidden")).to_be_focused()
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#why-hidden")).to_contain_text("会透露不足 5 人的情况")
    fits(page)
