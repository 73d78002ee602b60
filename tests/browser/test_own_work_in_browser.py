"""One own work from a student's phone to evidence on the portrait, and each page looked at in both languages."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.fitting import beyond

pytestmark = pytest.mark.browser

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"
PAGES = ("/own-works/", "/own-works/add")


def pieces(page, quality):
    row = page.locator("details.quality", has=page.locator("strong", has_text=quality))
    return int(re.search(r"(\d+)", row.locator("small").inner_text())[1])


def fill_in(page, title):
    page.get_by_label("项目", exact=True).check()
    page.get_by_label("名称").fill(title)
    page.get_by_label("完成或获奖日期").fill("2025-11-08")
    page.get_by_label("您本人做了什么？").fill("负责结构设计与现场测试。")
    page.get_by_label("最能体现哪项素养？").select_option(label="实践素养")
    page.get_by_label("证明文件（证书、报告、照片）").check()
    page.get_by_label("文件", exact=True).set_input_files(
        {"name": "测试报告.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )


def compute_anew(director):
    director.goto("/home/")
    director.get_by_role("button", name="Compute the profiles anew").click()
    director.wait_for_url("**/jobs/*/")  # the home itself says of some things that they are done
    director.locator("#job strong", has_text="done").wait_for(timeout=300_000)


def test_a_work_goes_from_a_phone_to_the_portrait(signed_in):
    director, student = signed_in("director"), signed_in("student", "zh-CN", 390)
    compute_anew(director)  # what other tests put in or took back counts before, not with this work
    student.get_by_role("link", name="完整画像").click()
    student.wait_for_url("**/portrait/")
    portrait = (
        f"{student.url}?occasion=2025-2026"  # the year of the work; what other tests put in may be of a later one
    )
    student.goto(portrait)
    before = pieces(student, "实践素养")

    student.get_by_role("link", name="我的成果").click()
    student.get_by_role("link", name="提交成果").click()
    fill_in(student, "太阳能水泵")
    expect(student.get_by_label("人工智能做了什么？")).to_be_hidden()
    student.get_by_label("是，使用了人工智能").check()
    student.get_by_label("人工智能做了什么？").fill("比较了三种水泵方案。")
    student.get_by_role("button", name="提交", exact=True).click()
    expect(student.locator("main")).to_contain_text("使用了人工智能时，请写明您自己做了什么。", use_inner_text=True)
    expect(student.locator("main")).to_contain_text("请重新选择文件", use_inner_text=True)
    student.get_by_label("您自己做了什么？").fill("选型、安装与测量。")
    student.get_by_label("您如何核查人工智能的产出？").fill("查阅产品手册并实测流量。")
    student.get_by_label("文件", exact=True).set_input_files(
        {"name": "测试报告.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    student.get_by_role("button", name="提交", exact=True).click()
    student.wait_for_url("**/own-works/")
    expect(student.locator(".work", has_text="太阳能水泵").locator(".mark.waiting")).to_be_visible()

    teacher = signed_in("teacher", "zh-CN")
    teacher.get_by_role("link", name="待核实").click()
    teacher.get_by_role("link", name="太阳能水泵").click()
    with teacher.expect_download() as waiting:
        teacher.get_by_role("link", name="测试报告.pdf").click()
    assert waiting.value.path().read_bytes() == PDF
    teacher.get_by_label("已核实", exact=True).check()
    teacher.get_by_label(re.compile(r"^\s*3 · ")).check()
    teacher.get_by_label("文字理由").fill("已到现场查看，并与学生面谈。")
    teacher.get_by_role("button", name="提交决定").click()
    teacher.wait_for_url("**/own-works/to-verify")
    expect(teacher.get_by_role("link", name="太阳能水泵")).to_have_count(0)

    compute_anew(director)
    student.goto(portrait)
    assert pieces(student, "实践素养") == before + 1
    work = student.locator("section:has(> #own-works) .work", has_text="太阳能水泵")
    expect(work).to_contain_text("证据强度：中", use_inner_text=True)
    expect(work).to_contain_text("赵老师（演示）", use_inner_text=True)
    row = student.locator("details.quality", has=student.locator("strong", has_text="实践素养"))
    row.locator("summary").first.click()
    expect(row).to_contain_text("own-work-", use_inner_text=True)
    expect(row).to_contain_text("已核实的自主成果", use_inner_text=True)


def test_of_two_who_have_the_same_work_open_the_second_is_told(signed_in):
    first, second = signed_in("teacher"), signed_in("director")
    for page in (first, second):
        page.goto("/own-works/to-verify")
        page.get_by_role("link", name="教室空气传感器").click()
    for page in (first, second):
        page.get_by_label("I return it to the student").check()
        page.get_by_label("Reason in words").fill("Where was it measured?")
        page.get_by_role("button", name="Decide").click()
    first.wait_for_url("**/own-works/to-verify")
    expect(second.get_by_role("alert")).to_contain_text("Teacher Zhao (demo) decided on it", use_inner_text=True)


def test_the_form_is_filled_in_by_keyboard_alone(signed_in):
    page = signed_in("student", "zh-CN", 390)
    page.goto("/own-works/add")
    page.get_by_label("项目", exact=True).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("键盘录入")
    assert page.get_by_label("项目", exact=True).is_checked()
    assert page.get_by_label("名称").input_value() == "键盘录入"
    asked = "[...document.querySelectorAll('input:not([type=hidden]),select,textarea')]"
    unnamed = page.evaluate(f"{asked}.filter(e => !e.labels.length).length")
    assert unnamed == 0


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_of_own_works_is_cut_at_this_width(signed_in, language, width):
    student, teacher = signed_in("student", language, width), signed_in("teacher", language, width)
    teacher.goto("/own-works/to-verify")
    targets = [teacher.locator("tbody a[href^='/own-works/']").first.get_attribute("href")]
    looked = [(student, path) for path in PAGES] + [(teacher, path) for path in ["/own-works/to-verify", *targets]]
    for page, path in looked:
        page.goto(path)
        assert beyond(page) <= 0, path
