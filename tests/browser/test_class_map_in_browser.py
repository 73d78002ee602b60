"""A teacher's third week: the class map is opened, three ideas are read, one comment is sent; the student reads it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.fitting import beyond

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("language", "width", "words"),
    [
        ("en-GB", 1280, {"class": "Class 2023-1", "other": "Class 2024-1", "map": "Class map", "to": "To the comments",
                         "send": "Send now", "sent": "Sent to", "head": "Comments"}),
        ("zh-CN", 390, {"class": "2023 级 1 班", "other": "2024 级 1 班", "map": "班级学情图", "to": "去写评语",
                        "send": "立即发送", "sent": "已发送给", "head": "评语"}),
    ],
)  # fmt: skip
def test_the_map_is_read_and_a_comment_goes_to_the_student(signed_in, tmp_path, language, width, words):
    teacher = signed_in("teacher", language, width)
    teacher.get_by_role("link", name=words["other"]).first.click()
    teacher.get_by_role("link", name=re.compile(words["map"])).first.click()
    expect(teacher.locator(".idea")).to_have_count(3)
    for idea in teacher.locator(".idea").all():
        expect(idea.locator(".do")).not_to_be_empty()
    expect(teacher.locator(".quiet-list li")).to_contain_text(["2024010018"])
    assert beyond(teacher) <= 0
    teacher.screenshot(path=tmp_path / "map.png", full_page=True)

    teacher.goto("/home/")
    teacher.get_by_role("link", name=words["class"]).first.click()
    teacher.get_by_role("link", name=re.compile(words["map"])).first.click()
    teacher.get_by_role("link", name=words["to"]).click()
    teacher.locator("tr", has_text="2023010001").get_by_role("link").first.click()
    box = teacher.locator("textarea[name=said]")
    draft = box.input_value()
    assert len(draft) > 60
    box.fill(f"{draft}\n\n{language} {width}: 3 × 3 = 9.")
    assert beyond(teacher) <= 0
    teacher.screenshot(path=tmp_path / "comment.png", full_page=True)
    teacher.get_by_role("button", name=words["send"]).click()
    expect(teacher.locator(".said")).to_contain_text(words["sent"])

    student = signed_in("student", language, width)
    comments = student.locator("#comments")
    expect(comments.get_by_role("heading", name=words["head"], exact=True)).to_be_visible()
    expect(comments.locator(".comment").first).to_contain_text(f"{language} {width}: 3 × 3 = 9.")
    assert beyond(student) <= 0
    comments.screenshot(path=tmp_path / "read.png")
