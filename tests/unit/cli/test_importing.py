"""Tables of every kind by the command line: facts, corrections, refused rows, undo."""

import json

import openpyxl
import pytest

from tests.unit.cli.running import yucai

LIST = "学号,姓名,班级\n01,张三,一班\n02,李四,一班\n"
GRADES = "学号,姓名,课程名,学年学期,成绩\n01,张三,光学,2025-2026-1,80\n02,李四,光学,2025-2026-1,八十\n"
FACTS = ("--template", "grades", "--owner", "教务处")


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "office"
    assert yucai("init", "--workspace", folder).returncode == 0
    return folder


def written(folder, name, text):
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_without_facts_nothing_goes_in_and_the_template_is_named(office, tmp_path):
    file = written(tmp_path, "名单.csv", LIST)
    refused = yucai("import", file, "--workspace", office)
    assert refused.returncode == 65
    assert "未指明责任人" in refused.stderr
    assert "--template class-list --owner 责任人" in refused.stderr
    half = yucai("import", file, "--workspace", office, "--template", "class-list")
    assert (half.returncode, "需改正 2 处" in half.stderr) == (65, True)  # the owner is for a human to name
    typed = (
        "--purpose",
        "学籍",
        "--legal-basis",
        "duty",
        "--owner",
        "教务处",
        "--grade",
        "2",
        "--retention-months",
        "84",
    )
    planned = yucai("import", file, "--workspace", office, *typed, "--dry-run")
    assert "试运行：将入库 2 行；新增 2 人" in planned.stdout
    done = yucai("import", file, "--workspace", office, *typed, "--json")
    said = json.loads(done.stdout)
    assert (said["new_people"], said["number"] > 0, said["already"]) == (2, True, False)
    assert "此文件此前已导入，无需改动。" in yucai("import", file, "--workspace", office).stdout


def test_grades_are_refused_corrected_and_undone(office, tmp_path):
    rows = tmp_path / "拒收.xlsx"
    first = yucai(
        "import", written(tmp_path, "成绩.csv", GRADES), "--workspace", office, *FACTS, "--refused", rows, "--json"
    )
    assert first.returncode == 0, first.stderr
    number = json.loads(first.stdout)["number"]
    assert openpyxl.load_workbook(rows).active.cell(2, 6).value == "八十"
    taken = yucai("import", tmp_path / "成绩.csv", "--workspace", office, "--refused", rows)
    assert taken.returncode == 73

    fixed = written(tmp_path, "更正.csv", GRADES.replace("80\n", "88\n").replace("八十", "80"))
    asked = yucai("import", fixed, "--workspace", office)
    assert (asked.returncode, f"--corrects {number}" in asked.stderr) == (65, True)
    strange = yucai("import", fixed, "--workspace", office, "--corrects", "999")
    assert (strange.returncode, "没有当前有效的第 999 号导入" in strange.stderr) == (64, True)
    second = json.loads(yucai("import", fixed, "--workspace", office, "--corrects", number, "--json").stdout)
    assert (second["new_scores"], second["changed_scores"]) == (1, 1)
    early = yucai("import", "--undo", number, "--workspace", office)
    assert (early.returncode, "更正.csv" in early.stderr) == (65, True)
    planned = yucai("import", "--undo", second["number"], "--workspace", office, "--dry-run", lang="en")
    assert "would undo the import of “更正.csv” (2 scores)" in planned.stdout
    undone = yucai("import", "--undo", second["number"], "--workspace", office)
    assert "已撤销“更正.csv”的导入：2 个得分" in undone.stdout
    again = yucai("import", "--undo", second["number"], "--workspace", office)
    assert (again.returncode, "无需再撤" in again.stderr) == (65, True)
    assert yucai("check", "--workspace", office).returncode == 0


def test_a_damaged_table_is_found(office, tmp_path):
    file = written(tmp_path, "名单二.csv", "学号,姓名,班级\n11,王五,二班\n")
    assert yucai("import", file, "--workspace", office, "--template", "class-list", "--owner", "教务处").returncode == 0
    table = sorted((office / "tables").rglob("class-list-*.parquet"))[-1]
    kept = table.read_bytes()
    table.write_bytes(kept[:-1] + b"x")
    try:
        found = yucai("check", "--workspace", office)
        assert (found.returncode, "缺失或与写入时不一致" in found.stdout) == (65, True)
    finally:
        table.write_bytes(kept)


def test_what_is_missing_is_said(office):
    nothing = yucai("import", "--workspace", office)
    assert (nothing.returncode, nothing.stderr.startswith("请写明要导入的文件")) == (64, True)
    unknown = yucai("import", "--undo", "4711", "--workspace", office, lang="en")
    assert (unknown.returncode, "There is no import number 4711" in unknown.stderr) == (64, True)


def test_files_to_practise_with_are_written_and_named(tmp_path):
    done = yucai("demo", "--files", tmp_path / "practice")
    assert done.returncode == 0
    assert len(list((tmp_path / "practice").iterdir())) == 12
    assert "01 学生名单-2022级（模拟）.xlsx" in done.stdout


def test_what_may_not_be_meant_is_refused_until_it_is_said(tmp_path):
    office = tmp_path / "office"
    assert yucai("init", "--workspace", office).returncode == 0
    rows = [f"{n:02},学生{n},光学,2025-2026-1,{60 + n}" for n in range(1, 21)]
    head = "学号,姓名,课程名,学年学期,成绩\n"
    whole = written(tmp_path, "全.csv", head + "\n".join(rows) + "\n")
    first = yucai("import", whole, "--workspace", office, *FACTS)
    assert "有 20 个学号不在库中，将新建为人员：01、02" in first.stdout
    few = written(tmp_path, "少.csv", head + "\n".join(rows[:2]) + "\n")
    number = json.loads(yucai("import", whole, "--workspace", office, "--json").stdout)["number"]
    assert number == 0  # the same file again
    numbers = yucai("import", few, "--workspace", office, "--corrects", "999").stderr
    before = numbers.rpartition("现有：")[2].strip(" 。\n")
    refused = yucai("import", few, "--workspace", office, "--corrects", before)
    assert (refused.returncode, "将有 18 行不再有效" in refused.stderr, "--remove-rows" in refused.stderr) == (
        65,
        True,
        True,
    )
    done = json.loads(
        yucai("import", few, "--workspace", office, "--corrects", before, "--remove-rows", "--json").stdout
    )
    assert done["removed_scores"] == 18
    old = yucai("import", whole, "--workspace", office)
    assert (old.returncode, "被“少.csv”取代" in old.stderr) == (65, True)
    other = written(tmp_path, "另名.csv", head + "01,别人,力学,2025-2026-1,70\n02,学生2,力学,2025-2026-1,71\n")
    kept = json.loads(yucai("import", other, "--workspace", office, "--dry-run", "--json").stdout)
    assert kept["new_scores"] == 1
    said = yucai("import", other, "--workspace", office, "--dry-run").stdout
    assert "学号 01 在库中是学生1，此处为别人" in said
    kept = json.loads(yucai("import", other, "--workspace", office, "--names-differ", "--json").stdout)
    assert kept["new_scores"] == 2
