"""A college of 240 students comes in by hand: twelve files as offices have them, dropped at once, taken in, undone."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE
from tests.browser.fitting import fits
from yucai.demo import simulate_college, write_practice_files

pytestmark = pytest.mark.browser

SAYS = {
    "zh-CN": {
        "import": "导入文件", "show": "查看将有的变化", "take": "确认入库",
        "first": "导入台上有 12 个文件",
        "done": "已完成", "next": "导入台上的下一个文件", "yes": "确认撤销", "refused": "(拒收 2 行)",
    },
    "en-GB": {
        "import": "Import files", "show": "Show what would change", "take": "Take it in",
        "first": "12 files lie on the desk", "done": "done", "next": "The next file on the desk",
        "yes": "Yes, undo it", "refused": "(2 refused)",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def practice(tmp_path_factory):
    folder = tmp_path_factory.mktemp("practice") / "files"
    return write_practice_files(simulate_college(), folder, rng=np.random.default_rng(20260910))


@pytest.fixture
def page(browser, office, request):
    address, username, password = office
    language, width = request.param
    context = browser.new_context(base_url=address, locale=language, viewport={"width": width, "height": 900})
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    opened.goto("/")
    opened.fill("input[name=username]", username)
    opened.fill("input[name=password]", password)
    opened.keyboard.press("Enter")
    opened.locator("form[action='/sign-out']").wait_for()
    yield opened
    context.close()


def press(page, words):
    page.get_by_role("button", name=words, exact=True).click()


def take_one_in(page, says):
    """Answer what the file on the page asks, see what would change, and take it in."""
    fits(page)
    if page.locator("input[name=owner]").count():
        page.fill("input[name=owner]", "教务处")
    if page.locator("input[name=highest]").count():
        page.locator("input[name=highest-is][value=guess]").check()
    press(page, says["show"])
    page.wait_for_url("**/changes")
    fits(page)
    if page.locator("input[type=radio][value=yes]").count():
        page.locator("input[type=radio][value=yes]").check()  # goes along with the button
    press(page, says["take"])


def go_on(page, says):
    """Come to the next file; after a big one, which goes in in the background, by its link."""
    page.wait_for_url(re.compile(r"/import/(\d+/)?$|/jobs/\d+/$"))
    if "/jobs/" in page.url:
        page.get_by_text(says["done"]).first.wait_for(timeout=60_000)
        page.get_by_role("link", name=says["next"]).click()
        page.wait_for_url(re.compile(r"/import/\d+/$"))


@pytest.mark.parametrize("page", [("zh-CN", 1280), ("en-GB", 390)], indirect=True, ids=["zh-desktop", "en-phone"])
def test_twelve_files_go_in_one_after_the_other_and_all_is_undone(page, practice):
    says = SAYS["zh-CN" if page.locator("html").get_attribute("lang").startswith("zh") else "en-GB"]
    page.get_by_role("link", name=says["import"]).first.click()
    page.wait_for_url("**/import/")
    desk = page.url
    page.locator("input[type=file]").set_input_files([practice.folder / file.name for file in practice.files])
    page.wait_for_url(re.compile(r"/import/\d+/$"))
    expect(page.locator(".said").first).to_contain_text(says["first"], use_inner_text=True)
    for file in practice.files:
        expect(page.locator("h1")).to_have_text(file.name, use_inner_text=True)
        take_one_in(page, says)
        go_on(page, says)
    page.wait_for_url(desk)
    expect(page.locator("a.undo")).to_have_count(11)  # the twelfth was replaced by its correction
    expect(page.locator("tbody").last).to_contain_text(says["refused"], use_inner_text=True)
    page.goto("/home/")
    expect(page.locator(".groups a")).to_have_count(12)  # four entry years, eight classes
    page.goto(desk)
    for _ in practice.files:
        page.locator("a.undo").first.click()
        press(page, says["yes"])
        page.locator(".said.success").wait_for()
    expect(page.locator("tbody tr.undone")).to_have_count(12)
    page.goto("/home/")
    expect(page.locator(".groups a")).to_have_count(0)
