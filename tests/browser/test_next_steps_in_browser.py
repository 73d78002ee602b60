"""A student refuses next steps of their own by one click in a real browser, and has them back by another."""

import pytest
from playwright.sync_api import expect

from tests.browser.fitting import beyond

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("language", "width", "refuse", "same", "again"),
    [
        ("en-GB", 1280, "No steps of my own", "the same for everybody", "Show me steps of my own again"),
        ("zh-CN", 390, "不要个人建议", "对所有人都一样", "恢复个人建议"),
    ],
)
def test_one_click_refuses_and_one_brings_back(signed_in, tmp_path, language, width, refuse, same, again):
    student = signed_in("student", language, width)
    steps = student.locator("#next-steps")
    expect(steps.locator(".next-step")).not_to_have_count(0)
    steps.locator(".explained > summary").first.click()
    expect(steps.locator(".next-step").first.locator("[data-part]")).to_have_count(6)
    assert beyond(student) <= 0
    steps.screenshot(path=tmp_path / "steps.png")
    student.get_by_role("button", name=refuse).click()
    expect(steps).to_contain_text(same)
    expect(steps.locator(".next-step")).to_have_count(0)
    assert beyond(student) <= 0
    steps.screenshot(path=tmp_path / "general.png")
    student.get_by_role("button", name=again).click()
    expect(steps.locator(".next-step")).not_to_have_count(0)
