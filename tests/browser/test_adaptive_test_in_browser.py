"""An adaptive test in a real browser: started at a desk, answered on a phone, gone on with elsewhere, read by both."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import faults_of, nothing
from tests.browser.fitting import beyond

pytestmark = pytest.mark.browser


def start(teacher, name, *, term):
    """Start a test whose questions no other test of the demonstration uses up: evidence counts once in a term.

    The terms lie before all others, so that the newest year of a portrait stays what other tests look at.
    """
    teacher.goto("/tests/")
    teacher.get_by_label("Start a test for").select_option(label="Class 2023-1")
    teacher.get_by_role("button", name="Plan", exact=True).click()
    teacher.get_by_label("Name of the test").fill(name)
    teacher.get_by_label("Term").fill(term)
    teacher.get_by_label("At most so many questions").fill("8")
    teacher.get_by_label("Ask nobody a question that they have answered before").uncheck()
    teacher.get_by_role("button", name="See what it would do").click()
    expect(teacher.locator(".foretold li")).to_have_count(4)
    assert beyond(teacher) <= 0
    teacher.get_by_role("button", name="Start the test").click()
    teacher.wait_for_url(re.compile(r"/tests/\d+/$"))
    return teacher.url


def at_question(page, number):
    return expect(page.locator(".how-far")).to_contain_text(
        re.compile(rf"(Question {number}|第 {number} 题)"), use_inner_text=True
    )


def test_a_test_goes_from_a_desk_to_a_phone_and_back(signed_in):
    teacher = signed_in("teacher")
    test_page = start(teacher, "Browser: whole", term="2011-2012-1")

    phone = signed_in("student", "zh-CN", 390)
    phone.get_by_role("link", name="测试", exact=True).click()
    phone.get_by_role("link", name="Browser: whole").click()
    expect(phone.get_by_text("不计时。可随时停下")).to_be_visible()
    assert beyond(phone) <= 0
    phone.get_by_role("button", name="开始").click()
    at_question(phone, 1)
    assert beyond(phone) <= 0
    phone.get_by_role("button", name="提交").click()  # nothing chosen: the browser says so, nothing is sent
    at_question(phone, 1)
    phone.locator(".options label").nth(1).click()
    phone.get_by_role("button", name="提交").click()
    at_question(phone, 2)

    desk = signed_in("student", "en-GB", 1280)  # another device, where the phone stopped
    desk.goto(phone.url)
    at_question(desk, 2)
    stem = desk.locator(".stem").inner_text()
    desk.get_by_role("radio").first.focus()  # by keyboard alone
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    at_question(desk, 3)
    desk.go_back()
    at_question(desk, 3)  # the page of the second question is not shown again
    expect(desk.locator(".stem")).not_to_have_text(stem, use_inner_text=True)

    phone.locator(".options label").nth(3).click()  # the phone still shows the second question
    phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_role("alert")).to_contain_text("以首次作答为准", use_inner_text=True)
    for number in range(3, 9):
        at_question(phone, number)
        phone.locator(".options label").first.click()
        phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_role("heading", name="您的作答说明了什么")).to_be_visible()
    expect(phone.locator("tbody tr")).to_have_count(4)
    nothing(faults_of(phone))
    assert beyond(phone) <= 0

    teacher.goto(test_page)
    done = teacher.locator("details.quality")
    expect(done).to_have_count(1)
    expect(done.locator("small")).to_have_text("done", use_inner_text=True)
    done.locator("summary").click()
    expect(done.locator("tbody tr")).to_have_count(4)
    assert beyond(teacher) <= 0
    teacher.get_by_role("button", name="Close the test").click()
    expect(teacher.get_by_role("button", name="Close the test")).to_have_count(0)


def test_two_tabs_and_two_clicks_give_one_answer(signed_in):
    start(signed_in("teacher"), "Browser: twice", term="2011-2012-2")
    one = signed_in("student")
    one.goto("/tests/")
    one.get_by_role("link", name="Browser: twice").click()
    one.get_by_role("button", name="Begin").click()
    at_question(one, 1)
    other = one.context.new_page()
    other.goto(one.url)
    at_question(other, 1)
    for page in (one, other):
        page.locator(".options label").nth(2).click()
        page.get_by_role("button", name="Answer").click()
        at_question(page, 2)
    expect(other.get_by_role("alert")).to_have_count(0)  # the same answer twice is no mistake


@pytest.mark.parametrize(("language", "width"), [("en-GB", 390), ("zh-CN", 390), ("zh-CN", 1280)])
def test_no_page_of_tests_is_cut_at_this_width(signed_in, language, width):
    teacher = signed_in("teacher", language, width)
    teacher.goto("/tests/")
    assert beyond(teacher) <= 0
    teacher.locator(".start-test button").click()
    teacher.wait_for_url("**/tests/add?*")
    teacher.locator("details summary").first.click()
    assert beyond(teacher) <= 0
    teacher.goto("/spaces/demo-college/questions/")
    teacher.locator("details.of-bank:has(.mark) summary").first.click()
    expect(teacher.locator("details[open] tr.key")).to_be_visible()
    assert beyond(teacher) <= 0
