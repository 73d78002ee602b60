"""Each user's first three jobs, from the home, in both languages, at a desk and on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.fitting import fits
from yucai.web.homes.desks import DESKS

pytestmark = pytest.mark.browser
SCREENS = [("en-GB", 1280), ("en-GB", 390), ("zh-CN", 1280), ("zh-CN", 390)]
ROLES = [role.value for role, desks in DESKS.items() if desks]


@pytest.mark.parametrize(("language", "width"), SCREENS)
@pytest.mark.parametrize("role", ROLES)
def test_the_first_three_jobs_of_each_desk_begin_with_one_click(signed_in, role, language, width):
    page = signed_in(role, language, width)
    for desk in DESKS[next(one for one in DESKS if one.value == role)]:
        page.goto(f"/home/?desk={desk.code}")
        expect(page.locator(".jobs > li")).to_have_count(3)
        fits(page)
        for place in range(3):
            page.goto(f"/home/?desk={desk.code}")
            button = page.locator(".jobs > li").nth(place).locator("a.button")
            if not button.count():
                expect(page.locator(".jobs > li").nth(place).locator(".quiet")).not_to_be_empty()
                continue
            where = button.get_attribute("href")
            button.click()
            if where.startswith("#"):
                expect(page.locator(where)).to_be_in_viewport()
            else:
                page.wait_for_url(f"**{where}")
                expect(page.locator("h1")).to_be_visible()
            fits(page)


WORDS = {
    "en-GB": ("My map", "What is asked", "Put in a work", "Who else looked last", "Ask for a correction"),
    "zh-CN": ("成长地图", "要求", "提交成果", "最近还有谁看过", "申请更正"),
}


@pytest.mark.parametrize(("language", "width"), SCREENS)
def test_a_student_finds_map_evidence_steps_results_and_data_on_one_page(signed_in, language, width):
    page = signed_in("student", language, width)
    assert page.url.endswith("/my/")
    mine, asked, put_in, looked, object_ = WORDS[language]
    expect(page.locator("nav [aria-current]").first).to_have_text(mine, use_inner_text=True)
    quality = page.locator("details.quality:not(.grey)").first
    quality.locator("summary").first.click()
    expect(quality).to_contain_text(asked)
    expect(quality.get_by_role("link", name=object_)).to_be_visible()
    for part in ("my-map", "my-evidence", "next-steps", "my-results", "my-data"):
        page.locator(f".periods a[href='#{part}']").click()
        expect(page.locator(f"#{part}")).to_be_in_viewport()
    expect(page.locator("#my-data")).to_contain_text(looked)
    fits(page)
    page.get_by_role("link", name=put_in).first.click()
    expect(page.locator("input[type=file]")).to_be_attached()
    fits(page)
    page.go_back()
    page.locator("#my-data a[href$='/data/']").click()
    page.wait_for_url("**/data/")
    fits(page)


@pytest.mark.parametrize(("language", "width"), SCREENS)
def test_a_name_is_found_from_any_page_and_stands_in_no_address(signed_in, language, width):
    page = signed_in("teacher", language, width)
    page.goto("/rules")
    field = page.locator("header [role=search] input[name=q]")
    field.fill("lys")
    field.press("Enter")
    expect(page.locator("h1")).to_be_visible()
    people = page.locator("section[aria-labelledby=found-people] a")
    expect(people.first).to_have_text({"en": "Lin Yueshu", "zh": "林悦书"}[language[:2]], use_inner_text=True)
    assert page.url.endswith("/search/")
    fits(page)
    people.first.click()
    expect(page.locator("h1")).to_have_text(re.compile("Lin Yueshu|林悦书"), use_inner_text=True)


def test_on_paper_a_home_leaves_its_buttons_out(signed_in):
    page = signed_in("director")
    page.emulate_media(media="print")
    expect(page.locator(".jobs h3").first).to_be_visible()
    expect(page.locator(".jobs a.button").first).to_be_hidden()
    expect(page.locator("[role=search]").first).to_be_hidden()
