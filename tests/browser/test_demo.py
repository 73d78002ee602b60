"""The demonstration in a real browser: every role, both languages, portraits on screen and on paper."""

import re

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.browser.fitting import beyond

pytestmark = pytest.mark.browser

ROLES = {
    "director": ("Home", "首页"),
    "teacher": ("Home", "首页"),
    "student": ("Lin Yueshu", "林悦书"),
    "mentor": ("Home", "首页"),
    "researcher": ("Home", "首页"),
    "bureau": ("Home", "首页"),
    "officer": ("Home", "首页"),
}
CHINESE = re.compile(r"[一-鿿]")


def follow(page, text):
    page.get_by_role("link", name=text).first.click()


def downloaded(page, name):
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name).click()
    return PdfReader(waiting.value.path()), waiting.value.suggested_filename


def words_of(paper):
    return "".join(sheet.extract_text() for sheet in paper.pages)


def fonts_of(paper):
    """Return the name of each font of a paper, and whether its letters are inside the file."""
    found = {}
    for sheet in paper.pages:
        for font in sheet["/Resources"]["/Font"].values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = inner["/FontDescriptor"]
            found[inner["/BaseFont"]] = any(name in descriptor for name in ("/FontFile2", "/FontFile3"))
    return found


@pytest.mark.parametrize("role", ROLES)
def test_each_role_signs_in_and_switches_the_language(signed_in, role):
    english, chinese = ROLES[role]
    page = signed_in(role)
    expect(page.locator("h1")).to_have_text(english, use_inner_text=True)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("h1")).to_have_text(chinese, use_inner_text=True)
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    page.get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_have_text(english, use_inner_text=True)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Look around as …")).to_be_visible()


def test_a_browser_that_speaks_chinese_is_answered_in_chinese(look):
    page = look("zh-CN")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(page.get_by_role("heading", name="登录")).to_be_visible()


def test_a_real_portrait_on_screen_and_on_paper(signed_in):
    page = signed_in("director")
    follow(page, "Open University")
    follow(page, "Module AAA, start October 2013")
    follow(page, "Learner 11391")
    expect(page.locator("h1")).to_have_text("Learner 11391", use_inner_text=True)
    expect(page.locator(".banner")).to_have_count(0)
    expect(page.locator(".attribution")).to_contain_text("CC BY 4.0", use_inner_text=True)
    expect(page.locator("details.quality")).to_have_count(9)
    expect(page.locator("details.quality.grey")).to_have_count(7)
    page.locator("details.quality:not(.grey)").first.locator("summary").first.click()
    expect(page.locator("details[open] td", has_text="AAA-2013J").first).to_be_visible()

    paper, name = downloaded(page, "Download as PDF")
    words = words_of(paper)
    assert name == "portrait-ou-11391.pdf"
    assert len(paper.pages) == 1
    assert [round(float(side)) for side in paper.pages[0].mediabox[2:]] == [595, 842]
    assert "Learner 11391" in words
    assert "not enough evidence yet" in words
    assert "Simulated" not in words
    assert all(fonts_of(paper).values())


def test_a_simulated_portrait_says_so_on_screen_and_on_paper(signed_in):
    page = signed_in("director", "zh-CN")
    follow(page, "2023 级 1 班")
    follow(page, "林悦书")
    expect(page.locator("h1")).to_have_text("林悦书", use_inner_text=True)
    expect(page.locator(".banner")).to_have_text("模拟数据：本页人物均为虚构。", use_inner_text=True)
    sentence = page.locator(".summary p").first.inner_text()

    paper, name = downloaded(page, "下载 PDF")
    words = words_of(paper).replace("\n", "")
    assert name == "portrait-2023010001.pdf"
    assert len(paper.pages) == 1
    assert "林悦书" in words
    assert "模拟数据" in words
    assert sentence.rstrip("。") in words
    assert paper.trailer["/Root"]["/Lang"].lower().startswith("zh")
    fonts = fonts_of(paper)
    assert any("Noto" in font and "SC" in font for font in fonts)
    assert all(fonts.values())


def test_screen_and_paper_say_the_same_numbers(signed_in):
    page = signed_in("student")
    follow(page, "My whole portrait")
    expect(page.get_by_role("link", name="Download as PDF")).to_be_visible()
    expect(page.locator("details.quality .how")).to_have_count(9)  # the whole page is there
    places = [
        place.split("\n")[0].removesuffix(" under review")
        for place in page.locator("details.quality .how").all_inner_texts()
    ]
    paper, _name = downloaded(page, "Download as PDF")
    words = re.sub(r"\s+", "", words_of(paper))
    shown = [place for place in places if "[" in place]
    assert len(shown) >= 5
    assert [place for place in shown if place.replace(" ", "") not in words] == []


def test_a_student_cannot_open_another_by_any_address(signed_in):
    page = signed_in("student")
    follow(page, "My whole portrait")
    page.wait_for_url("**/portrait/")
    own = int(re.search(r"/people/(\d+)/", page.url)[1])
    link = page.get_by_role("link", name="Download as PDF").get_attribute("href")
    assert page.request.get(link).status == 200
    for other in (1, own - 1, own + 1, own + 60, 99_999_999):
        for address in (
            f"/people/{other}/portrait/",
            f"/people/{other}/portrait/?occasion=2025-2026",
            f"/people/{other}/portrait.pdf",
            f"/people/0{other}/portrait.pdf",
            f"/groups/{other}/",
            f"/assessments/{other}/",
            f"/jobs/{other}/",
        ):
            answer = page.request.get(address)
            assert answer.status in {403, 404}, address
            assert not answer.body().startswith(b"%PDF")
    for guessed in (
        "/people/",
        "/people",
        "/groups/",
        "/admin/",
        "/api/people/1",
        "/lake/",
        "/static/../records.sqlite3",
    ):
        assert page.request.get(guessed).status in {403, 404}, guessed


def test_a_class_page_leads_to_the_misleading_exam(signed_in):
    page = signed_in("teacher", "zh-CN")
    follow(page, "2023 级 1 班")
    follow(page, "考试：光学，2024-2025-2")
    expect(page.locator(".findings .alert")).to_have_text(re.compile("^可能误导"), use_inner_text=True)


def test_the_severe_rater_is_named_on_a_rated_task(signed_in):
    page = signed_in("director")
    follow(page, "Class 2023-1")
    follow(page, re.compile("Rating: Innov.*, term project"))
    expect(page.locator(".findings")).to_contain_text("R07", use_inner_text=True)


def test_the_unfair_rule_can_be_found(signed_in):
    page = signed_in("bureau")
    follow(page, "Rules")
    expect(page.locator(".rule.unfair")).to_contain_text("can meet it; the others are shut out", use_inner_text=True)


def test_a_bureau_sees_no_person(signed_in):
    page = signed_in("bureau")
    follow(page, "Entry year 2023")
    expect(page.get_by_role("heading", name="The group as a whole")).to_be_visible()
    expect(page.locator("a[href*='/people/']")).to_have_count(0)


def test_a_calibration_runs_in_the_background_and_tells_its_progress(signed_in):
    page = signed_in("researcher")
    page.get_by_role("button", name="Compute the profiles anew").first.click()
    page.wait_for_url("**/jobs/*/")
    expect(page.locator("progress")).to_be_visible()
    page.locator("#job strong", has_text="done").wait_for(timeout=300_000)
    follow(page, "Home")
    expect(page.locator("h1")).to_have_text("Home", use_inner_text=True)


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_cut_at_this_width(signed_in, language, width):
    page = signed_in("director", language, width)
    home = page.url
    people = page.locator(".groups a")
    targets = [people.first.get_attribute("href"), people.last.get_attribute("href"), "/about-the-numbers", "/rules"]
    page.goto(targets[0])
    targets += [page.locator("a[href*='/people/']").first.get_attribute("href")]
    targets += [page.locator("a[href*='/assessments/']").last.get_attribute("href")]
    for target in [home, *targets]:
        page.goto(target)
        assert beyond(page) <= 0, target
        if language == "en-GB":
            seen = page.locator("main").inner_text()
            names = page.locator(".groups strong").all_inner_texts()  # people and groups are called as they are
            for name in ("王子涵", *names):
                seen = seen.replace(name, "")
            assert not CHINESE.search(seen), target
