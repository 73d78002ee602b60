"""A rating of an own work taken back in a real browser, and what the student then sees."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.fitting import beyond

pytestmark = pytest.mark.browser

UNRATED = re.compile("Help at a harvest|助农服务")


@pytest.mark.parametrize(
    ("language", "width", "take", "alone", "sure", "marked"),
    [
        ("en-GB", 1280, "Take it back", "The rating alone", "Take back", "took back the rating"),
        ("zh-CN", 390, "收回", "收回核实", "确认收回", "收回核实（连同评分）"),
    ],
)
def test_a_decision_is_taken_back(signed_in, tmp_path, language, width, take, alone, sure, marked):
    teacher, student = signed_in("teacher", language, width), signed_in("student", language, width)
    student.locator("header a[href='/own-works/']").click()
    # One rated and one that is not, whatever other tests did to the student's works before.
    verified = student.locator(".work:has(.mark.verified):not(:has(.taken))")
    work = verified.filter(has_not_text=UNRATED) if language == "en-GB" else verified.filter(has_text=UNRATED)
    teacher.goto(work.locator("h2 a").first.get_attribute("href"))
    teacher.get_by_text(take, exact=True).click()
    teacher.locator("details.take-back label", has_text=alone).click()
    teacher.get_by_role("button", name=sure).click()
    expect(teacher.locator("details.take-back .errorlist")).to_have_count(1)
    assert beyond(teacher) <= 0
    teacher.screenshot(path=tmp_path / "asked.png", full_page=True)
    teacher.locator("[name=back_reason]").fill("A mistake of mine.")
    teacher.get_by_role("button", name=sure).click()
    expect(teacher.locator(".taken")).to_contain_text(marked, use_inner_text=True)
    assert beyond(teacher) <= 0
    teacher.screenshot(path=tmp_path / "taken.png", full_page=True)
    student.goto("/own-works/")
    expect(student.locator(".work .taken", has_text=marked).first).to_be_visible()
    assert beyond(student) <= 0
    student.screenshot(path=tmp_path / "student.png", full_page=True)
