"""The director finds who has gone quiet, opens a case, and brings it to its end in a real browser."""

import pytest
from playwright.sync_api import expect

from tests.browser.fitting import beyond

pytestmark = pytest.mark.browser
LIST = "/spaces/demo-college/priority/"
WORDS = {
    "en-GB": {
        "open": "Open a case", "undo": "Opened by mistake: take it back", "why": "What speaks against it",
        "steps": ("A talk was held", "Help is agreed", "Write down what came of it", "Did it help?"),
        "write": "Write it down", "case": "Case of a talk", "contact": "Last contact:", "day": "2026-09-01",
    },
    "zh-CN": {
        "open": "建立谈话记录", "undo": "误建，撤回", "why": "相反情况",
        "steps": ("已经谈过", "商定帮助措施", "登记结果", "是否有帮助？"),
        "write": "登记", "case": "谈话记录", "contact": "最近联系：", "day": "2026-09-02",
    },
}  # fmt: skip


def decide(page, words, n, said):
    """Open the fold of a decision, fill it in, and send it."""
    fold = page.locator("details.panel", has=page.locator("summary", has_text=words["steps"][n]))
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()
    for name, value in said.items():
        field = fold.locator(f"[name={name}]")
        if field.first.get_attribute("type") == "radio":
            fold.locator(f"[name={name}][value={value}]").check()
        else:
            field.fill(value)
    fold.get_by_role("button", name=words["write"], exact=True).click()
    expect(page.locator(".said.success")).to_be_visible()


@pytest.mark.parametrize(("language", "width"), [("en-GB", 1280), ("zh-CN", 390)])
def test_from_the_list_to_did_it_help(signed_in, tmp_path, language, width):
    words, page = WORDS[language], signed_in("director", language, width)
    page.goto(LIST)
    quiet = page.locator("article.entry", has_text="2024010018")
    expect(quiet).to_have_class("entry talk-soon")
    expect(quiet).to_contain_text(words["why"])
    expect(quiet).to_contain_text(words["contact"])
    assert beyond(page) <= 0
    page.screenshot(path=tmp_path / "list.png")
    quiet.get_by_role("button", name=words["open"]).click()
    expect(page.locator("h1")).to_contain_text(words["case"])
    page.get_by_role("button", name=words["undo"]).click()  # by mistake: it is taken back, and opened again
    quiet.get_by_role("button", name=words["open"]).click()
    assert beyond(page) <= 0
    reason = {"reason": "全年作业未交。 All work of a year is missing."}
    talk = {"day": words["day"], "who": "Lin", "said": "夜里打工。 Works at night."}
    decide(page, words, 0, {**talk, **reason})
    decide(page, words, 1, {**talk, "day": "2026-12-01", "said": "申请助学岗位。 A post on campus.", **reason})
    decide(page, words, 2, reason)
    decide(page, words, 3, {"helped": "yes", **reason})
    expect(page.locator(".timeline > li")).to_have_count(5)
    expect(page.locator("form.narrow-form")).to_have_count(0)
    assert beyond(page) <= 0
    page.screenshot(path=tmp_path / "case.png", full_page=True)
    page.goto(LIST)
    expect(quiet).to_contain_text(words["day"])  # the last contact, of the talk in the case
