"""A rating round in a real browser: planned at a desk, rated on a phone, blind until handed in."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.fitting import beyond

pytestmark = pytest.mark.browser


def plan_a_round(director, *, each="1", common="2"):
    director.get_by_role("link", name="Ratings").click()
    director.get_by_label("Plan a round for").select_option(label="Class 2023-1")
    director.get_by_role("button", name="Plan", exact=True).click()
    director.get_by_label("Name of the round").fill("Term projects")
    director.get_by_label("Term of the works").fill("2026-2027-1")
    for name in ("Teacher Zhao", "Director Lin"):
        director.get_by_label(re.compile(name)).check()
    director.get_by_label("Raters for each work").fill(each)
    director.get_by_label("Works that everybody rates").fill(common)
    director.get_by_role("button", name="Check the design").click()


def test_a_round_goes_from_a_desk_to_a_phone_and_into_the_evidence(signed_in, tmp_path):
    director = signed_in("director", "en-GB", 1280)
    plan_a_round(director, common="0")
    expect(director.locator(".design")).to_contain_text("Severities cannot be separated", use_inner_text=True)
    director.get_by_role("button", name="Open all the same").click()
    expect(director.locator(".design .errorlist")).to_contain_text(
        "Severities cannot be separated", use_inner_text=True
    )
    director.get_by_label("Works that everybody rates").fill("2")
    director.get_by_role("button", name="Check again").click()
    expect(director.locator(".design")).to_contain_text(
        "The severities of all 2 raters can be compared", use_inner_text=True
    )
    director.screenshot(path=tmp_path / "plan-en.png", full_page=True)
    director.get_by_role("button", name="Open the round").click()
    director.wait_for_url("**/ratings/rounds/*/")
    round_page = director.url
    expect(director.get_by_text("Levels are shown here once the round is closed.")).to_be_visible()
    assert beyond(director) <= 0
    director.screenshot(path=tmp_path / "round-en.png", full_page=True)

    teacher = signed_in("teacher", "zh-CN", 390)
    teacher.get_by_role("link", name="评分", exact=True).click()
    teacher.wait_for_url("**/ratings/")
    assert beyond(teacher) <= 0
    teacher.screenshot(path=tmp_path / "list-zh.png", full_page=True)
    teacher.locator(".tile").first.click()
    teacher.locator("fieldset.levels").first.wait_for()
    first = teacher.url
    expect(teacher.locator("main")).not_to_contain_text("林院长", use_inner_text=True)
    for criterion in teacher.locator("fieldset.levels").all():
        criterion.get_by_role("radio").nth(3).check()
    last = teacher.locator("fieldset.levels").last
    last.get_by_role("radio").nth(3).press("ArrowUp")
    assert last.get_by_role("radio").nth(2).is_checked()
    expect(teacher.get_by_label("何种利益关系？")).to_be_hidden()
    assert beyond(teacher) <= 0
    teacher.screenshot(path=tmp_path / "work-zh.png")
    teacher.get_by_label("备注").fill("方案完整。")
    teacher.get_by_role("button", name="保存，下一件").click()
    expect(teacher).not_to_have_url(first)
    teacher.get_by_label("我与此作品有利益关系").check()
    teacher.get_by_label("何种利益关系？").fill("本人指导。")
    teacher.get_by_role("button", name="保存", exact=True).click()
    teacher.get_by_role("button", name="交表").click()
    expect(teacher.get_by_role("alert")).to_contain_text("尚有未评之处", use_inner_text=True)
    teacher.get_by_label("我仍要交表").check()
    teacher.get_by_role("button", name="交表").click()
    teacher.goto(first)
    expect(teacher.locator("input[type=radio]")).to_have_count(0)
    expect(teacher.locator("td").first).to_have_text(re.compile(r"4$"), use_inner_text=True)
    teacher.screenshot(path=tmp_path / "after-zh.png", full_page=True)

    director.goto(round_page)
    director.get_by_label("I close all the same").check()
    director.get_by_role("button", name="Close the round").click()
    expect(director.locator("details.panel")).to_have_count(1)
    director.locator("details.panel summary").click()
    expect(director.locator("details.panel td").first).to_have_text("4", use_inner_text=True)
    director.screenshot(path=tmp_path / "closed-en.png", full_page=True)


@pytest.mark.parametrize(("language", "width"), [("en-GB", 390), ("zh-CN", 390), ("zh-CN", 1280)])
def test_no_page_of_rating_rounds_is_cut_at_this_width(signed_in, language, width):
    director = signed_in("director", language, width)
    director.goto("/ratings/")
    assert beyond(director) <= 0
    director.locator(".start-round button").click()
    director.wait_for_url("**/ratings/add?*")
    assert beyond(director) <= 0
    director.goto("/ratings/")
    rounds = director.locator("a[href^='/ratings/rounds/'], a[href^='/ratings/works/']")
    for target in {rounds.nth(n).get_attribute("href") for n in range(min(3, rounds.count()))}:
        director.goto(target)
        assert beyond(director) <= 0, target
