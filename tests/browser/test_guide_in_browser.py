"""The guide to the demonstration, walked click by click as it is written, and its pictures.

With ``YUCAI_WRITE_PICTURES`` set, the pictures of the guide are taken anew; what the pages show is looked at always.
"""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tools.pictures import in_few_colours

pytestmark = pytest.mark.browser
DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "guide" / "demo.md").read_text(encoding="utf-8")
LANGUAGES = {"en": "en-GB", "zh": "zh-CN"}
MOST_CLICKS = 3
WIDTH = 1000
# problem: its heading in both languages, what is to be read at the end of the walk, and what the picture shows
PROBLEMS = {
    "severe-rater": (
        ("A rater who is too severe", "过严的评分人"),
        ("Raters far from the others: R07", "与他人差异较大的评分人：R07"),
        ("figure.chart >> nth=-1", "figure.chart >> nth=-1"),
    ),
    "misleading-exam": (
        ("An exam that misleads", "误导性考试"),
        ("Misleading: learners who stand higher", "可能误导"),
        ("h1", ".findings"),
    ),
    "gone-quiet": (
        ("A student who has gone quiet", "沉默的学生"),
        ("2024010018", "2024010018"),
        ("tr:has-text('2024010015')", "tr:has-text('2024010021')"),
    ),
    "unfair-rule": (
        ("A rule that is not fair", "不公平的规则"),
        ("Only 75 of 240 people can meet it", "75"),
        (".rule.unfair", ".rule.unfair"),
    ),
    "same-name": (
        ("Two students of one name", "同名学生"),
        ("2023010042", "2023010042"),
        ("h1", "section[aria-labelledby=found-people]"),
    ),
}
SEARCHED = {"same-name": {"en": "Wang Zihan", "zh": "王子涵"}}


def steps_of(problem, language):
    """Return what the guide has in bold of a problem: the card, then each link."""
    heading = PROBLEMS[problem][0][language == "zh"]
    english, chinese = GUIDE.split("\n## 中文\n")
    if language == "en":
        part = re.search(rf"^### {heading}$(.*?)^(?:\*What one learns|##)", english, re.M | re.S)[1]
    else:
        part = re.search(rf"\*\*{heading}。\*\*(.*?)\*由此可知", chinese, re.S)[1]
    return re.findall(r"\*\*([^*]+)\*\*", part)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_planted_problem_is_found_as_the_guide_says(look, problem, language):
    card, *links = steps_of(problem, language)
    assert 1 + len(links) <= MOST_CLICKS
    page = look(LANGUAGES[language], WIDTH)
    page.locator("button.card", has_text=card).click()
    for words in links:
        page.get_by_role("link", name=words).first.click()
    expect(page.locator("main")).to_contain_text(PROBLEMS[problem][1][language == "zh"])
    if problem in SEARCHED:
        page.locator("header [role=search] input[name=q]").fill(SEARCHED[problem][language])
        page.keyboard.press("Enter")
        expect(page.locator("section[aria-labelledby=found-people] li")).to_have_count(2)
    picture(page, f"demo-{problem}-{language}.png", *PROBLEMS[problem][2])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_home_of_the_director_and_the_map_of_a_student_are_pictured(signed_in, language):
    home = signed_in("director", LANGUAGES[language], WIDTH)
    expect(home.locator(".jobs > li")).to_have_count(3)
    picture(home, f"demo-home-{language}.png", "header", "#groups ul")
    phone = signed_in("student", LANGUAGES[language], 390)
    expect(phone.locator("details.quality")).to_have_count(9)
    picture(phone, f"demo-my-map-{language}.png", "header", "details.quality >> nth=3")


def picture(page, name, first, last):
    """Take the part of a page between two of its elements, where pictures are asked for; the guide shows each."""
    assert f"](../images/{name})" in GUIDE
    if not os.environ.get("YUCAI_WRITE_PICTURES"):
        return
    page.evaluate("document.activeElement.blur()")
    top, bottom = (page.locator(one).first.bounding_box() for one in (first, last))
    scrolled = page.evaluate("window.scrollY")
    above = max(0, top["y"] + scrolled - 16)
    height = bottom["y"] + scrolled + bottom["height"] + 16 - above
    width = page.viewport_size["width"]
    clip = {"x": 0, "y": above, "width": width, "height": min(height, 1000)}
    taken = page.screenshot(full_page=True, clip=clip, animations="disabled", caret="hide")
    (DOCS / "images" / name).write_bytes(in_few_colours(taken))
