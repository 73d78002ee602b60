"""The import desk in a real browser: a class list and grades from the drop to the undo, in both languages."""

import re

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.browser.fitting import fits

pytestmark = pytest.mark.browser

PEOPLE = [
    "启明书院新生名单,,,,,",
    "学籍,,个人,,,",
    "学生代号,班级,姓名,性别,年级,家长手机",
    "{n}001,启明{n}班,张晓雨,女,2026,13800138000",
    "{n}002,启明{n}班,李思远,男,2026,13800138001",
    "{n}003,启明{n}班,王若溪,女,2026,13800138002",
]
TITLES = ["学号", "姓名", "班级", "课程号", "课程名", "学年学期", "成绩"]
SAYS = {
    "zh-CN": {
        "show": "查看将有的变化", "take": "确认入库", "import": "导入文件",
        "undo": "撤销", "yes": "确认撤销",
        "missing": "只差“学号”一列。是“学生代号”吗？", "dropped": "不需要的个人信息列已去除，不会保存：",
        "taken": "已入库。", "undone": "已撤销“", "gone": "不再有的得分", "kinds": "学生名单", "second": "第 2 版",
    },
    "en-GB": {
        "show": "Show what would change", "take": "Take it in", "import": "Import files",
        "undo": "Undo", "yes": "Yes, undo it", "missing": "lacks only the column “Student number”. Is it “学生代号”?",
        "dropped": "Personal columns that are not needed are left out and never stored:", "taken": "was taken in.",
        "undone": "The import of “", "gone": "Scores no longer there", "kinds": "Class list", "second": "version 2",
    },
}  # fmt: skip


def class_list(folder, n):
    """A class list as an old system writes it: GB18030, a title, two rows of header, an odd name for the number."""
    file = folder / f"名单{n}.csv"
    file.write_bytes(("\n".join(PEOPLE) + "\n").replace("{n}", n).encode("gb18030"))
    return file


def grades(folder, name, rows):
    book = openpyxl.Workbook()
    book.active.append(TITLES)
    for row in rows:
        book.active.append(row)
    book.save(folder / name)
    return folder / name


def drop(page, file):
    page.locator("input[type=file]").set_input_files(file)
    page.wait_for_url(re.compile(r"/import/\d+/$"))


def press(page, words):
    page.get_by_role("button", name=words, exact=True).click()


def take_in(page, says):
    if page.locator("input[name=owner]").count():
        page.fill("input[name=owner]", "教务处")
    press(page, says["show"])
    page.wait_for_url("**/changes")
    fits(page)


def bring_people(page, says, file):
    """Drop a class list, say which title is the number, and take it in."""
    drop(page, file)
    fits(page)
    if page.get_by_text(says["missing"]).count() or not page.locator("select[name=column-learner]").count():
        expect(page.locator(".ask")).to_contain_text(says["missing"], use_inner_text=True)
        assert page.get_by_role("button", name=says["show"]).is_disabled()
        page.select_option("select[name=column-learner]", "学生代号")  # read anew at once
        page.locator("dl.facts").wait_for()
    expect(page.locator(".said.warn")).to_contain_text(says["dropped"], use_inner_text=True)
    expect(page.get_by_text("13800138000")).to_have_count(0)
    take_in(page, says)
    press(page, says["take"])
    expect(page.locator(".said.success")).to_contain_text(says["taken"], use_inner_text=True)


def see_person(page, label, name):
    page.goto("/home/")
    page.get_by_role("link", name=label).first.click()
    page.get_by_role("link", name=name).click()
    expect(page.locator("h1")).to_have_text(name, use_inner_text=True)


def undo_newest(page, says):
    page.locator("a.undo").first.click()
    press(page, says["yes"])
    expect(page.locator(".said.success")).to_contain_text(says["undone"], use_inner_text=True)


@pytest.mark.parametrize(("language", "width", "n"), [("zh-CN", 390, "7"), ("en-GB", 1280, "8")])
def test_a_director_brings_in_people_and_grades_corrects_and_undoes(signed_in, tmp_path, language, width, n):
    says = SAYS[language]
    page = signed_in("director", language, width)
    page.get_by_role("link", name=says["import"]).first.click()
    page.wait_for_url("**/import/")
    fits(page)
    desk = page.url
    bring_people(page, says, class_list(tmp_path, n))
    see_person(page, f"启明{n}班", "张晓雨")

    marks = [[f"{n}001", "张晓雨", f"启明{n}班", "PHY1", "大学物理", "2026-2027-1", 88],
             [f"{n}002", "李思远", f"启明{n}班", "PHY1", "大学物理", "2026-2027-1", "缺考"],
             [f"{n}003", "王若溪", f"启明{n}班", "PHY1", "大学物理", "2026-2027-1", "八十五"]]  # fmt: skip
    page.goto(desk)
    drop(page, grades(tmp_path, f"期末{n}.xlsx", marks))
    expect(page.locator("ul.lines")).to_contain_text("八十五", use_inner_text=True)
    with page.expect_download() as waiting:
        page.locator("a[href$='refused.xlsx']").click()
    waiting.value.save_as(tmp_path / "refused.xlsx")
    refused = openpyxl.load_workbook(tmp_path / "refused.xlsx").active
    assert (refused.max_row, refused.cell(2, 8).value) == (2, "八十五")
    take_in(page, says)
    press(page, says["take"])

    marks[0][-1], marks[2][-1] = 90, 85
    drop(page, grades(tmp_path, f"更正{n}.xlsx", marks))
    take_in(page, says)
    expect(page.locator(".was")).to_have_text(["88"], use_inner_text=True)
    expect(page.locator(".now")).to_have_text(["90"], use_inner_text=True)
    expect(page.locator(".facts")).to_contain_text(says["gone"], use_inner_text=True)
    page.select_option("select[name=corrects]", "")  # takes effect at once: as a new file it cannot go in
    page.locator(".said.error").first.wait_for()
    expect(page.locator("#take-it")).to_have_count(0)
    page.select_option("select[name=corrects]", index=1)
    page.locator(".was").first.wait_for()
    press(page, says["take"])
    expect(page.locator("tbody tr").first).to_contain_text(says["second"], use_inner_text=True)
    undo_newest(page, says)
    undo_newest(page, says)
    page.locator("tbody tr.undone").first.wait_for()
    assert page.locator("tbody tr.undone").count() >= 2
    fits(page)


def test_the_desk_works_with_the_keyboard_alone(signed_in, tmp_path):
    page = signed_in("researcher")
    page.goto("/spaces/demo-college/import/")
    page.locator("input[type=file]").focus()
    assert page.evaluate("document.activeElement.type") == "file"
    drop(page, class_list(tmp_path, "9"))
    throw = page.get_by_role("button", name="Throw this file away")
    throw.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".said.success")).to_contain_text("nothing was recorded", use_inner_text=True)
