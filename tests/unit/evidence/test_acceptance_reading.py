"""What every import must handle, points 1 to 7 and 16: what a file is, where its table is, what its cells are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.evidence.office_files import ROWS, TITLES, csv_file, html_file, ole, read, xls_file, xlsx_file, xml_file
from yucai.evidence import FileUnreadableError, PasswordError, UndecodableFileError, preview_file, read_grade

TABLE = [TITLES, *ROWS]
GRADES = ["86", "缺考"]


@pytest.mark.parametrize("make", [xlsx_file, xls_file, html_file, xml_file, csv_file])
def test_3_10_01_a_file_called_xls_is_read_as_what_it_is(make, tmp_path):
    reading = read(make(tmp_path / "成绩.xls", TABLE))
    assert reading.profile.code == "grades"
    assert reading.table["grade"].to_list() == GRADES
    assert reading.table["learner"].to_list() == ["020250101", "020250102"]
    told = {notice.code for notice in reading.report.notices}
    assert ("suffix" in told) is (make is not xls_file)


def test_3_10_01_tab_text_called_xls_is_read(tmp_path):
    reading = read(csv_file(tmp_path / "成绩.xls", TABLE, delimiter="\t"))
    assert (reading.report.kind, reading.table["grade"].to_list()) == ("csv", GRADES)


@pytest.mark.parametrize(
    ("encoding", "mark", "said"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8-sig"),
        ("gb18030", b"", "gb18030"),
        ("utf-16", b"", "utf-16"),
    ],
)
def test_3_10_02_every_encoding_of_an_office_is_told_and_rare_characters_survive(encoding, mark, said, tmp_path):
    rare = ["1", "张\U0002cc56㐂", "C", "课", "2025秋", "优秀"]
    reading = read(csv_file(tmp_path / "a.csv", [TITLES, rare], encoding=encoding, mark=mark))
    assert reading.report.encoding == said
    assert reading.table["name"].to_list() == ["张\U0002cc56㐂"]


def test_3_10_02_utf8_is_tried_before_gb18030(tmp_path):
    """This text is sound GB18030, too, but garbage there."""
    text = "学号,姓名,课程号,课程名,学年学期,成绩\r\n1,张三,C,课课,2025秋,85\r\n"
    text.encode().decode("gb18030", "replace")
    reading = read(csv_file(tmp_path / "a.csv", [row.split(",") for row in text.split()]))
    assert reading.table["name"].to_list() == ["张三"]


def test_3_10_02_what_is_neither_is_refused_and_what_no_title_confirms_is_said(tmp_path):
    bad = tmp_path / "a.csv"
    bad.write_bytes("学号,姓名\n".encode() + b"\xff\xff\xff\x20\n")
    with pytest.raises(UndecodableFileError):
        read(bad)
    unsure = csv_file(tmp_path / "b.csv", [["甲列", "乙列"], ["文", "字"]], encoding="gb18030")
    assert "encoding-unsure" in {notice.code for notice in preview_file(unsure).notices}


def test_3_10_03_titles_units_two_row_headers_and_footers_are_told_from_data(tmp_path):
    rows = [
        ["某大学成绩单（2025级）"],
        ["学号", "姓名", "课程号", "课程名", "学年学期", "成绩", None, None],
        [None, None, None, None, None, "平时", "期末", "总评"],
        [None, None, None, None, None, "（分）", "（分）", "（分）"],
        ["01", "张三", "C1", "课", "2025秋", 80, 90, 86],
        ["02", "李四", "C1", "课", "2025秋", 70, 75, "良好"],
        ["合计", "2 人"],
        ["制表人：王五", None, None, None, None, None, "打印时间：2026-01-10"],
    ]
    merged = ["A1:H1", "F2:H2", *(f"{letter}2:{letter}3" for letter in "ABCDE")]
    reading = read(xlsx_file(tmp_path / "a.xlsx", rows, merged=merged))
    assert reading.report.understood["grade"] == "成绩/总评"
    assert reading.table.select("usual", "exam", "grade").rows() == [("80", "90", "86"), ("70", "75", "良好")]
    assert reading.table["source_row"].to_list() == [5, 6]
    assert reading.report.passed_over == (("成绩", 7), ("成绩", 8))
    assert (reading.report.read_count, reading.report.refused_count) == (2, 0)


def test_3_10_03_the_same_header_in_csv_where_merged_cells_are_gaps(tmp_path):
    rows = [
        ["某大学", "", "", "", "", "", ""],
        ["学号", "姓名", "课程号", "课程名", "学年学期", "成绩", ""],
        ["", "", "", "", "", "平时", "总评"],
        ["01", "张三", "C1", "课", "2025秋", "80", "86"],
    ]
    reading = read(csv_file(tmp_path / "a.csv", rows))
    assert reading.table.select("usual", "grade").rows() == [("80", "86")]


def test_3_10_03_a_title_above_is_not_joined_to_the_header(tmp_path):
    reading = read(csv_file(tmp_path / "a.csv", [["某大学 2025 级成绩单"], [*TITLES, "社团"], [*ROWS[0], "棋社"]]))
    assert (reading.report.unknown, reading.report.understood["learner"]) == (("社团",), "学号")


def test_3_10_03_a_total_is_passed_over_though_a_count_stands_where_numbers_do(tmp_path):
    rows = [["姓名", "学号", "班级"], ["小计算", "01", "甲班"], ["小计", "1", ""]]
    reading = read(csv_file(tmp_path / "a.csv", rows))
    assert (reading.table["name"].to_list(), reading.report.passed_over) == (["小计算"], (("", 3),))


def test_3_10_04_of_two_titles_with_one_meaning_the_choice_is_said(tmp_path):
    rows = [[*TITLES, "总评成绩"], [*ROWS[0], "90"]]
    reading = read(csv_file(tmp_path / "a.csv", rows))
    assert reading.table.select("grade", "总评成绩").rows() == [("86", "90")]
    [said] = [notice for notice in reading.report.notices if notice.code == "same-meaning"]
    assert said.in_language("zh").startswith("成绩与总评成绩都可能是“成绩”")
    assert read(tmp_path / "a.csv", chosen={"grade": "总评成绩"}).table["grade"].to_list() == ["90"]


def test_3_10_03_a_header_is_found_down_to_row_thirty_and_a_repeated_one_is_passed_over(tmp_path):
    rows = [*[["说明"]] * 29, TITLES, ROWS[0], TITLES, ROWS[1]]
    reading = read(xlsx_file(tmp_path / "a.xlsx", rows))
    assert reading.table["source_row"].to_list() == [31, 33]
    assert reading.report.passed_over == (("成绩", 32),)


@pytest.mark.parametrize("make", [xlsx_file, xls_file])
def test_3_10_05_eighteen_digits_kept_as_a_figure_are_refused_and_as_text_kept(make, tmp_path):
    rows = [TITLES, [110101200501011237.0, *ROWS[0][1:]], ["110101200501011237", *ROWS[1][1:]]]
    reading = read(make(tmp_path / "a.xls", rows))
    assert reading.table["learner"].to_list() == ["110101200501011237"]
    [refused] = reading.report.refused
    assert (refused.row, [fault.code for fault in refused.faults]) == (2, ["digits-lost"])
    assert "has lost digits" in refused.in_language("en")
    assert "末位已丢失" in refused.in_language("zh")


def test_3_10_05_scientific_notation_and_lost_leading_zeros_are_refused(tmp_path):
    lost = [["2.02E+09", *ROWS[0][1:]]]
    assert (
        read(csv_file(tmp_path / "a.csv", [TITLES, ROWS[1], *lost])).report.refused[0].faults[0].code == "digits-lost"
    )
    rows = [TITLES, *[[f"0{n}", *ROWS[0][1:]] for n in range(2025101, 2025110)], [2025100, *ROWS[0][1:]]]
    reading = read(xlsx_file(tmp_path / "b.xlsx", rows))
    assert [row.faults[0].code for row in reading.report.refused] == ["zero-lost"]


def test_3_10_06_digits_and_brackets_are_folded_and_names_kept_as_written(tmp_path):
    names = ["买买提·艾力", "张　三", "\U0002cc56雪"]
    rows = [
        [f"２０２５０{n}", name, "ＣＳ１０１", "课", "２５－２６（１）", "８６．５"] for n, name in enumerate(names)
    ]
    reading = read(csv_file(tmp_path / "a.csv", [TITLES, *rows]))
    assert reading.table["learner"].to_list() == ["202500", "202501", "202502"]
    assert reading.table["name"].to_list() == names
    assert set(reading.table.select("course", "term", "grade_value").rows()) == {("CS101", "2025-2026-1", 86.5)}


@pytest.mark.parametrize(
    ("cell", "kind", "value", "state"),
    [
        ("85", "number", 85.0, None), ("85.5分", "number", 85.5, None), ("0", "number", 0.0, None),
        ("优秀", "five-level", 4.0, None), ("良", "five-level", 3.0, None), ("中等", "five-level", 2.0, None),
        ("及格", "five-level", 1.0, None), ("不及格", "five-level", 0.0, None), ("A-", "letter", 10.0, None),
        ("F", "letter", 0.0, None), ("通过", "pass-fail", 1.0, None), ("不合格", "pass-fail", 0.0, None),
        ("缺考", "state", None, "absent"), ("缓考", "state", None, "deferred"), ("弃修", "state", None, "withdrawn"),
        ("免修", "state", None, "exempt"), ("作弊", "state", None, "misconduct"), ("0(缺考)", "state", None, "absent"),
    ],
)  # fmt: skip
def test_3_10_07_grades_keep_their_scale_and_states_are_never_zero(cell, kind, value, state, tmp_path):
    reading = read(csv_file(tmp_path / "a.csv", [TITLES, [*ROWS[0][:5], cell]]))
    got = reading.table.select("grade_kind", "grade_value", "grade_state").rows()
    assert got == [(kind, value, state)]


@given(st.text(max_size=12))
def test_3_10_07_any_text_is_a_grade_or_none(text):
    grade = read_grade(text)
    assert grade is None or (grade.value is None) == (grade.kind.value == "state")


def test_3_10_16_a_locked_workbook_says_so_in_one_sentence(tmp_path):
    new = tmp_path / "a.xlsx"
    new.write_bytes(ole({"EncryptionInfo": b"x" * 100, "EncryptedPackage": b"y" * 5000}))
    for path in (new, xls_file(tmp_path / "a.xls", TABLE, locked=True)):
        with pytest.raises(PasswordError) as told:
            read(path)
        assert "password" in told.value.in_language("en")
        assert "密码" in told.value.in_language("zh")


def test_3_10_16_hidden_sheets_rows_formulas_errors_and_colour_are_said(tmp_path):
    from openpyxl.styles import PatternFill

    def more(book, page):
        hidden = book.create_sheet("草稿")
        hidden.append(TITLES)
        hidden.append(ROWS[0])
        hidden.sheet_state = "hidden"
        page["H2"], page["H3"] = "=1+1", "#N/A"
        page["F2"].fill = PatternFill("solid", fgColor="FFFF0000")
        page.row_dimensions[3].hidden = True

    path = xlsx_file(tmp_path / "a.xlsx", TABLE, more=more)
    reading = read(path)
    told = {notice.code: notice for notice in reading.report.notices}
    assert {"hidden-sheet", "no-value", "errors", "coloured", "hidden-rows"} <= set(told)
    assert (told["no-value"].facts["cell"], told["coloured"].facts["cell"]) == ("H2", "F2")
    assert reading.table.height == 2
    assert read(path, sheets=["草稿"]).table["source_sheet"].to_list() == ["草稿"]


def test_3_10_16_a_document_type_in_xml_is_refused(tmp_path):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    with pytest.raises(FileUnreadableError):
        read(xml_file(tmp_path / "a.xls", TABLE, doctype=bomb))
