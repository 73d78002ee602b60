"""What every import must handle, points 4, 8 to 15 and 17 to 19: meaning, versions, people, reports, exports, speed."""

import time
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from tests.unit.evidence.office_files import AT, ROWS, TITLES, csv_file, read, xlsx_file
from yucai.errors import Fault, FaultyInputError
from yucai.evidence import (
    Origin,
    Person,
    SourceFacts,
    TableUnknownError,
    add_version,
    check_source,
    find_contradictions,
    learn_titles,
    load_profile,
    load_profiles,
    load_source_templates,
    match_people,
    pass_over_rows,
    preview_file,
    read_day,
    read_learned,
    read_number,
    read_people,
    read_term,
    read_weeks,
    refuse_rows,
    refuse_unfit_scores,
    source_from,
    write_csv,
    write_learned,
    write_parquet,
    write_people,
    write_refused,
    write_weeks,
    write_xlsx,
)
from yucai.texts import Text

SOURCES = ["source_file", "source_sheet", "source_row", "import_code", "imported_at"]
PROJECT = ["项目编号", "项目名称", "负责人", "成员", "指导教师", "经费（万元）", "立项时间"]


def test_3_10_04_titles_are_known_by_synonym_learned_and_saved_and_unknown_columns_kept(tmp_path):
    cells = ["01", "张三", "CS101", "2025秋", "86", "棋社"]
    path = csv_file(tmp_path / "a.csv", [["Student No", "学生姓名", "课程代码", "XK_XQ", "总评", "社团"], cells])
    assert read(path).report.unknown == ("XK_XQ", "社团")
    chosen = read(path, "grades", chosen={"term": "XK_XQ"})
    assert chosen.report.understood["term"] == "XK_XQ"
    write_learned(tmp_path / "learned.json", learn_titles({}, "grades", {"XK_XQ": "term"}))
    again = read(path, learned=read_learned(tmp_path / "learned.json"))
    assert again.report.understood["term"] == "XK_XQ"
    assert again.table["社团"].to_list() == ["棋社"]


@pytest.mark.parametrize(
    ("form", "code", "year"),
    [
        ("2025-2026-1", "2025-2026-1", 2025), ("2025-2026学年第一学期", "2025-2026-1", 2025),
        ("2025秋", "2025-2026-1", 2025), ("25-26(1)", "2025-2026-1", 2025),
        ("2025-2026学年下学期", "2025-2026-2", 2026),
        ("2026春", "2025-2026-2", 2026), ("２０２５—２０２６（２）", "2025-2026-2", 2026),
        ("2026夏", "2025-2026-3", 2026),
    ],
)  # fmt: skip
def test_3_10_08_every_form_of_a_term_keeps_school_year_calendar_year_and_day(form, code, year, tmp_path):
    path = csv_file(tmp_path / "a.csv", [[*TITLES, "考试日期"], [*ROWS[0][:4], form, "86", "2026年1月9日"]])
    row = read(path).table.select("term", "term_school_year", "term_calendar_year", "exam_day").row(0)
    assert row == (code, "2025-2026", year, date(2026, 1, 9))


@given(st.integers(2000, 2098), st.integers(1, 3))
def test_3_10_08_a_term_is_read_back_from_its_code(year, number):
    term = read_term(f"{year}-{year + 1}-{number}")
    assert read_term(term.code) == term
    assert read_term(f"{year}-{year + 2}-{number}") is None


@pytest.mark.parametrize(
    "form", ["45901", "2025/9/1", "2025年9月1日", "20250901", "2025-09-01 08:30", "２０２５．９．１"]
)
def test_3_10_09_every_form_of_a_day_is_read(form):
    assert read_day(form).day == date(2025, 9, 1)


def test_3_10_09_a_day_typed_in_excel_is_read_and_an_unclear_one_said(tmp_path):
    rows = [[*TITLES, "考试日期"], [*ROWS[0], date(2026, 1, 9)], [*ROWS[1], "01/02/2026"]]
    reading = read(xlsx_file(tmp_path / "a.xlsx", rows))
    assert reading.table["exam_day"].to_list() == [date(2026, 1, 9), None]
    assert [n.facts["value"] for n in reading.report.notices if n.code == "not-understood"] == ["01/02/2026"]


@given(st.dates(date(1960, 1, 1), date(2099, 12, 31)))
def test_3_10_09_a_day_is_the_same_in_every_form(day):
    serial = (day - date(1899, 12, 30)).days
    forms = [day.isoformat(), f"{day.year}年{day.month}月{day.day}日", f"{day:%Y%m%d}", f"{serial}"]
    assert {read_day(form).day for form in forms} == {day}


def test_3_10_10_several_people_in_one_cell_with_roles_and_numbers(tmp_path):
    cells = [
        "P1",
        "题",
        "张三（组长）",
        "李四、王五,赵六；钱·七\n孙八",
        "周九(校内) 吴十（企业导师）",
        "1.5",
        "2025-03",
    ]
    reading = read(xlsx_file(tmp_path / "a.xlsx", [PROJECT, cells]))
    row = reading.table.row(0, named=True)
    assert row["leader"] == [{"name": "张三", "role": "组长", "number": None}]
    assert [person["name"] for person in row["members"]] == ["李四", "王五", "赵六", "钱·七", "孙八"]
    assert [person["role"] for person in row["mentors"]] == ["校内", "企业导师"]
    assert read_people("张三/2025001，李四/2025002").named[1] == Person(name="李四", number="2025002")


names = st.text(alphabet="张三李四王五赵六·", min_size=2, max_size=4).filter(lambda name: name.strip("·") == name)


@given(st.lists(st.builds(Person, name=names, role=st.sampled_from([None, "组长"])), min_size=1, max_size=5))
def test_3_10_10_people_are_read_back_as_written(people):
    assert read_people(write_people(tuple(people))).named == tuple(people)


@pytest.mark.parametrize(
    ("form", "weeks"),
    [
        ("1-16", tuple(range(1, 17))), ("1-17双", tuple(range(2, 17, 2))), ("[1-17双]周", tuple(range(2, 17, 2))),
        ("1,3,5-8单", (1, 3, 5, 7)), ("第1-8周", tuple(range(1, 9))),
    ],
)  # fmt: skip
def test_3_10_11_every_form_of_weeks_is_read(form, weeks, tmp_path):
    rows = [["课程名", "教师", "周次", "节次", "教室"], ["课", "张三", form, "1-2", "A101"]]
    assert read(xlsx_file(tmp_path / "a.xlsx", rows)).table["weeks"].to_list() == [list(weeks)]


@given(st.sets(st.integers(1, 30), min_size=1))
def test_3_10_11_weeks_are_read_back_as_written(weeks):
    assert read_weeks(write_weeks(tuple(weeks))) == tuple(sorted(weeks))


def test_3_10_12_units_and_signs_for_missing_are_read_and_the_choice_is_written_down(tmp_path):
    rows = [["P1", "题", "张三", "-", "/", "１．５", "2025-03"], ["P2", "题", "李四", "王五", "", "3,000元", "-"]]
    reading = read(xlsx_file(tmp_path / "a.xlsx", [PROJECT, *rows]))
    assert reading.table["grant"].to_list() == [15000.0, 3000.0]
    assert reading.table["members"].to_list()[0] is None
    said = reading.report.in_language("zh")
    assert "经费（万元）以万元为单位：数值已乘以 10,000" in said
    assert "成员中的 “-” (1) 按“无值”处理" in said
    assert "“-” (1) were taken as" in reading.report.in_language("en")
    assert read_number("85％").value == read_number("0.85").value


def test_3_10_12_shares_without_a_sign_are_told_by_their_column(tmp_path):
    head = ["课程号", "课程目标", "毕业要求指标点", "支撑强度", "权重"]
    reading = read(xlsx_file(tmp_path / "a.xlsx", [head, ["C", "1", "1.1", "H", 30], ["C", "2", "1.2", "弱", "70%"]]))
    assert reading.table.select("weight", "strength").rows() == [(0.3, "H"), (0.7, "L")]
    assert "in-percent" in {notice.code for notice in reading.report.notices}


def test_3_10_13_people_are_matched_by_number_and_by_name_only_with_a_yes():
    roster = pl.DataFrame(
        [("1", "张三", "甲班"), ("2", "李四", "甲班"), ("3", "李四", "甲班"), ("4", "张三", "乙班")],
        schema=["learner", "name", "class_name"], orient="row",
    )  # fmt: skip
    rows = pl.DataFrame(
        [("1", "改名", "甲班"), (None, "张三", "甲班"), (None, "李四", "甲班"), (None, "张三", None),
         ("9", "张三", "甲班")],
        schema=["learner", "name", "class_name"], orient="row",
    )  # fmt: skip
    first = match_people(rows, roster)
    assert (dict(first.matched), first.unmatched) == ({0: "1"}, (2, 3, 4))
    assert [(match.row, match.learner) for match in first.proposed] == [(1, "1")]
    assert dict(match_people(rows, roster, confirmed={1: "1", 2: "2"}).matched) == {0: "1", 1: "1"}


def test_3_10_14_the_same_file_changes_nothing_and_a_corrected_one_is_a_new_version(tmp_path):
    first = read(csv_file(tmp_path / "a.csv", [TITLES, *ROWS]))
    history = add_version((), first, at=AT)
    assert add_version(history, read(tmp_path / "a.csv"), at=AT) == history
    corrected = [[*ROWS[0][:5], "88"], ["020250103", *ROWS[1][1:]]]
    history = add_version(history, read(csv_file(tmp_path / "b.csv", [TITLES, *corrected])), at=AT)
    diff = history[1].diff
    assert (history[1].number, len(diff.added), len(diff.removed)) == (2, 1, 1)
    assert ("grade", "86", "88") in {(one.column, one.before, one.after) for one in diff.changed}
    assert "1 row added, 1 removed" in diff.in_language("en")


def test_3_10_14_every_row_knows_file_sheet_row_import_and_time(tmp_path):
    table = read(xlsx_file(tmp_path / "a.xlsx", [TITLES, *ROWS]), import_code="I-7").table
    assert table.select(SOURCES).row(1) == ("a.xlsx", "成绩", 3, "I-7", AT)


def test_3_10_15_the_report_says_in_both_languages_what_was_read_kept_refused_and_missing(tmp_path):
    rows = [*ROWS, ROWS[0], [*ROWS[0][:5], "90"], ["", "王五", "C", "课", "何时", "八十"]]
    report = read(csv_file(tmp_path / "a.csv", [TITLES, *rows])).report
    assert (report.read_count, report.kept_count, report.refused_count) == (5, 2, 2)
    assert report.doubled == (("", 4),)
    assert [(row.row, [fault.code for fault in row.faults]) for row in report.refused] == [
        (5, ["twice"]),
        (6, ["no-grade", "empty"]),
    ]
    assert "共读取 5 行：保留 2 行，拒收 2 行，重复略去 1 行。" in report.in_language("zh")
    assert "Read 5 rows: 2 kept, 2 refused, 1 left out as repetitions." in report.in_language("en")
    gaps = [[*ROWS[0][:4], "", "86"], ROWS[1]]
    assert "学年学期 50.0%" in read(csv_file(tmp_path / "b.csv", [TITLES, *gaps])).report.in_language("zh")


def test_3_10_15_refused_rows_come_back_corrected(tmp_path):
    reading = read(csv_file(tmp_path / "a.csv", [[*TITLES, "手机"], [*ROWS[0][:5], "八十", "13800001111"]]))
    write_refused(tmp_path / "back.xlsx", reading.report)
    page = load_workbook(tmp_path / "back.xlsx").active
    assert [cell.value for cell in page[1]] == ["拒收原因", *TITLES, "原文件", "原工作表", "原行号"]
    page["G2"] = "80"
    page.parent.save(tmp_path / "back.xlsx")
    again = read(tmp_path / "back.xlsx")
    assert (again.report.refused_count, again.table["grade_value"].to_list()) == (0, [80.0])
    assert again.report.unknown == ()
    assert again.returned == {("成绩", 2): Origin(file="a.csv", sheet="", row=2)}
    assert reading.returned == {}


def test_a_row_refused_late_is_told_with_its_cells_and_counted(tmp_path):
    reading = read(
        csv_file(tmp_path / "a.csv", [[*TITLES, "手机"], [*ROWS[0], "13800001111"], [*ROWS[1], "13800001112"]])
    )
    fault = Fault(code="late", says=Text("late", "迟"))
    left = refuse_rows(reading, {("", 3): [fault]})
    assert (left.table.height, left.report.kept_count, left.report.refused_count) == (1, 1, 1)
    [row] = left.report.refused
    assert (row.row, row.reasons("zh"), row.cells) == (3, "迟", dict(zip(TITLES, ROWS[1], strict=True)))
    assert (reading.table.height, reading.report.refused) == (2, ())  # what was given stays as it was
    assert pass_over_rows(left, [("", 3)]).report.refused == ()


def test_a_grade_above_the_scale_refuses_its_row(tmp_path):
    rows = [ROWS[0], [*ROWS[1][:5], "190"]]
    reading = refuse_unfit_scores(read(csv_file(tmp_path / "a.csv", [TITLES, *rows])))
    assert [(row.row, row.reasons("zh")) for row in reading.report.refused] == [
        (3, "得分 190 不在 0 到 100 之间。请改正。")
    ]


def test_3_10_15_contradictions_between_files_are_named(tmp_path):
    grades = read(csv_file(tmp_path / "成绩.csv", [TITLES, *ROWS]))
    names = [["学号", "姓名", "班级"], ["020250101", "张叁", "甲班"], ["020250102", "李四", "甲班"]]
    other = read(csv_file(tmp_path / "另一份.csv", [TITLES, [*ROWS[0][:5], "68"]]))
    found = find_contradictions([grades, read(csv_file(tmp_path / "名单.csv", names), "class-list"), other])
    assert [(one.column.zh, [said.value for said in one.said]) for one in found] == [
        ("姓名", ["张叁", "张三"]),
        ("成绩", ["68", "86"]),
    ]
    assert "名单.csv 2" in found[0].in_language("zh")
    assert find_contradictions([grades]) == ()


def test_3_10_17_personal_columns_are_dropped_unless_a_purpose_is_stated(tmp_path):
    titles = [
        "学号",
        "姓名",
        "身份证号",
        "家庭住址",
        "手机",
        "健康状况",
        "家庭年收入",
        "宗教信仰",
        "民族",
        "备用号码",
        "社团",
    ]
    cells = [
        "1",
        "张三",
        "11010519491231002X",
        "某街",
        "13800001111",
        "好",
        "5万",
        "无",
        "汉",
        "11010519491231002X",
        "棋",
    ]
    path = xlsx_file(tmp_path / "a.xlsx", [titles, cells])
    reading = read(path, "class-list")
    assert list(reading.report.dropped) == titles[2:10]
    assert reading.report.unknown == ("社团",)
    assert "13800001111" not in str(reading.table.rows()) + reading.report.in_language("zh")
    kept = read(path, "class-list", keep={"phone": "实习期间紧急联系"})
    assert kept.table["手机"].to_list() == ["13800001111"]
    assert "手机 (实习期间紧急联系)" in kept.report.in_language("zh")
    with pytest.raises(ValueError, match="stated purpose"):
        read(path, "class-list", keep={"phone": " "})
    shown = preview_file(path).sheets[0].first_rows[1]
    assert (shown[1], shown[4]) == ("张三", "···")


WILD = ["=1+1", "+1", "-1", "@x", "'=x", '=HYPERLINK("a")', "张三"]


def wild_table(tmp_path):
    grades = ["86.5", "缺考", "优秀", "A-", "0", "通过", "60"]
    said = enumerate(zip(WILD, grades, strict=True))
    rows = [[f"0{n}", text, "C1", text, "2025秋", grade, text] for n, (text, grade) in said]
    return read(xlsx_file(tmp_path / "in.xlsx", [[*TITLES, "社团"], *rows], more=as_text)).table


def as_text(_book, page):
    for row in page.iter_rows(min_row=2):
        for cell in row:
            cell.data_type = "s"


@pytest.mark.parametrize("form", ["xlsx", "csv", "gb18030"])
def test_3_10_18_what_is_exported_comes_back_the_same_and_no_cell_is_a_formula(form, tmp_path):
    table, profile = wild_table(tmp_path), load_profile("grades")
    assert table["name"].to_list() == WILD
    path = tmp_path / f"out.{'xlsx' if form == 'xlsx' else 'csv'}"
    if form == "xlsx":
        write_xlsx(path, table, profile)
        page = load_workbook(path).active
        assert {cell.data_type for row in page.iter_rows() for cell in row} == {"s", "n"}
        assert (page["A1"].value, page["F2"].value) == ("学号", 86.5)
        assert page["B2"].quotePrefix
    else:
        write_csv(path, table, profile, encoding="utf-8-sig" if form == "csv" else form)
        raw = path.read_bytes()
        assert raw.startswith(b"\xef\xbb\xbf") is (form == "csv")
        assert [line for line in raw.decode(form if form != "csv" else "utf-8-sig").splitlines() if ",=" in line] == []
    again = read(path, "grades").table
    assert again.drop(SOURCES).equals(table.drop(SOURCES))


def test_3_10_18_people_weeks_days_shares_and_money_come_back_the_same(tmp_path):
    cells = ["P1", "题", "张三（组长）", "李四、王五等5人", "周九(校内)", "1.5", "2025-03"]
    projects = read(xlsx_file(tmp_path / "p.xlsx", [PROJECT, cells])).table
    head = ["课程号", "课程目标", "毕业要求指标点", "权重"]
    shares = read(xlsx_file(tmp_path / "m.xlsx", [head, *[["C", f"{n}", "1.1", f"{n}%"] for n in range(1, 101)]])).table
    for code, table in (("projects", projects), ("objective-map", shares)):
        for write, name in ((write_xlsx, "x.xlsx"), (write_csv, "x.csv")):
            write(tmp_path / name, table, load_profile(code))
            assert read(tmp_path / name, code).table.drop(SOURCES).equals(table.drop(SOURCES))
    write_parquet(tmp_path / "x.parquet", projects)
    assert pl.read_parquet(tmp_path / "x.parquet").equals(projects)


def test_3_10_19_many_rows_are_read_with_a_report_in_a_moment(tmp_path):
    """5,000 rows here; bench/files.py reads 100,000."""
    rows = [[f"2025{n:05d}", "张三", f"C{n % 7}", "课", "2025秋", f"{n % 101}"] for n in range(5_000)]
    path = csv_file(tmp_path / "a.csv", [TITLES, *rows])
    began = time.perf_counter()
    assert read(path).report.kept_count == 5_000
    assert time.perf_counter() - began < 3


def test_no_source_is_taken_in_without_purpose_basis_owner_grade_and_retention():
    with pytest.raises(FaultyInputError) as told:
        check_source("成绩", SourceFacts())
    assert [fault.code for fault in told.value.faults] == [
        "no-purpose", "no-legal-basis", "no-owner", "no-grade", "no-retention-months",
    ]  # fmt: skip
    assert set(load_source_templates()) == set(load_profiles())
    for template in load_source_templates().values():
        facts = source_from(template, language="zh", owner="教务处")
        assert check_source("x", facts) == facts
        with pytest.raises(FaultyInputError, match="owner"):
            check_source("x", source_from(template, language="en"))


def test_a_table_of_no_known_kind_is_named_with_its_titles(tmp_path):
    with pytest.raises(TableUnknownError) as told:
        read(csv_file(tmp_path / "a.csv", [["甲", "乙"], ["1", "2"]]))
    assert "甲, 乙" in told.value.in_language("zh")
