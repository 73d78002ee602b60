"""A teacher looks up how far the objectives of a course are attained and takes the report along; on desk and phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.fitting import beyond

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("language", "width", "words"),
    [
        ("en-GB", 1280, {"better": "higher than the year before", "word": "Report (Word)", "each": "Each student"}),
        ("zh-CN", 390, {"better": "高于上一年", "word": "报告（Word）", "each": "逐名学生"}),
    ],
)
def test_what_came_of_last_years_action_is_read_and_the_report_taken(signed_in, tmp_path, language, width, words):
    teacher = signed_in("teacher", language, width)
    teacher.goto("/governance/attainment/")
    expect(teacher.locator("h1")).to_be_visible()
    assert beyond(teacher) <= 0
    teacher.screenshot(path=tmp_path / "courses.png", full_page=True)
    teacher.locator("tr", has_text="2025-2026-1").get_by_role("link", name=re.compile("数据结构")).click()
    expect(teacher.locator(".objective")).to_have_count(3)
    expect(teacher.get_by_text(words["better"]).first).to_be_visible()
    assert beyond(teacher) <= 0
    teacher.screenshot(path=tmp_path / "course.png", full_page=True)
    with teacher.expect_download() as taken:
        teacher.get_by_role("link", name=words["word"]).click()
    assert taken.value.suggested_filename.endswith(".docx")
    teacher.get_by_role("link", name=words["each"]).click()
    expect(teacher.locator("tbody tr")).to_have_count(30)
    assert beyond(teacher) <= 0
