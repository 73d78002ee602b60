"""Evidence: a file of scores comes in, is understood, and becomes responses that measurement can use.

Read from top to bottom. An office gets a workbook of grades: a title above the header, a learner who was absent, a
score that cannot be right, a row entered twice, and a remark that nobody needs.
"""

import datetime

import openpyxl
import polars as pl
import pytest

from yucai.errors import FaultyInputError
from yucai.evidence import (
    ColumnsMissingError,
    FileMissingError,
    NoTableError,
    Responses,
    check_items,
    open_lake,
    read_lake,
    read_responses,
    verify_parts,
    write_part,
)
from yucai.framework import load_evidence_map

SHEET = [
    ["2025-2026 学年第一学期成绩表"],
    ["学号", "题目", "得分", "满分", "评分人", "提交时间", "备注"],
    ["2023001", "essay", 4, 5, "王老师", datetime.date(2026, 1, 8), ""],
    ["2023002", "essay", "缺考", 5, "王老师", "", "病假"],
    ["2023003", "essay", 55, 5, "王老师", "2026/1/8", ""],
    ["2023001", "essay", 3, 5, "王老师", "2026年1月9日", ""],
    ["２０２３００４", "essay", 0, 5, "李老师", "2026-01-09 14:30", ""],
]


@pytest.fixture
def file(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "成绩"
    for row in SHEET:
        book.active.append(row)
    book.save(tmp_path / "grades.xlsx")
    return tmp_path / "grades.xlsx"


@pytest.fixture
def reading(file):
    return read_responses(file)


# 1. A file comes in


def test_the_header_is_found_and_its_titles_are_understood(reading):
    assert reading.report.understood == {
        "learner": "学号",
        "item": "题目",
        "score": "得分",
        "max_score": "满分",
        "rater": "评分人",
        "at": "提交时间",
    }
    assert reading.report.unknown == ("备注",)  # kept as it is, and not measured


def test_sound_rows_become_responses(reading):
    table = reading.responses.table
    assert table.select("learner", "item", "score", "max_score", "rater").rows() == [
        ("2023001", "essay", 4.0, 5.0, "王老师"),
        ("2023004", "essay", 0.0, 5.0, "李老师"),
    ]
    assert table["at"].dt.strftime("%Y-%m-%d %H:%M").to_list() == ["2026-01-08 00:00", "2026-01-09 14:30"]


def test_every_response_knows_where_it_came_from(reading):
    where = reading.responses.table.select("source_file", "source_sheet", "source_row").rows()
    assert where == [("grades.xlsx", "成绩", 3), ("grades.xlsx", "成绩", 7)]


def test_absent_is_a_state_and_no_zero_while_zero_is_a_score(reading):
    assert reading.report.states == {"absent": 1}
    assert "2023002" not in reading.responses.table["learner"]
    assert reading.responses.table.filter(learner="2023004")["score"].to_list() == [0.0]


def test_rows_at_fault_are_refused_with_row_and_reason(reading):
    assert [(row.sheet, row.row, [fault.code for fault in row.faults]) for row in reading.report.refused] == [
        ("成绩", 5, ["outside"]),
        ("成绩", 6, ["twice"]),
    ]


def test_the_report_says_it_all_in_english(reading):
    assert reading.report.in_language("en") == (
        "grades.xlsx: xlsx, -; read as: Scores, one a row (one row is one score of one learner on one item)\n"
        "Columns understood: 学号 → Student number, 题目 → Item, 得分 → Score, 满分 → Highest score, "
        "评分人 → Rater, 提交时间 → Time\n"
        "Other columns, kept as they are: 备注\n"
        "Read 5 rows: 3 kept, 2 refused, 0 left out as repetitions.\n"
        "States instead of grades: absent 1\n"
        "Missing: Score 33.3%, Time 33.3%\n"
        "  成绩 row 5: the score 55 lies outside 0 to 5. Correct one of them.\n"
        "  成绩 row 6: the row 3 above says something else of the same Student number, Item, Rater, Term. "
        "Keep the right one."
    )


def test_and_in_chinese(reading):
    assert reading.report.in_language("zh") == (
        "grades.xlsx：xlsx，-；按“得分（每行一个）”读取（每行为一名学习者在一道题目上的一个得分）\n"
        "识别的列：学号 → 学号, 题目 → 题目, 得分 → 得分, 满分 → 满分, 评分人 → 评分人, 提交时间 → 时间\n"
        "其他列，原样保留：备注\n"
        "共读取 5 行：保留 3 行，拒收 2 行，重复略去 0 行。\n"
        "以状态代替成绩：缺考 1\n"
        "缺失比例：得分 33.3%, 时间 33.3%\n"
        "  成绩 第 5 行：得分 55 不在 0 到 5 之间。请改正。\n"
        "  成绩 第 6 行：上文第 3 行对同一学号、题目、评分人、学期的记载不同。请保留正确的一行。"
    )


def test_every_row_is_accounted_for(reading):
    report = reading.report
    assert report.read_count == report.kept_count + report.refused_count + len(report.doubled)
    assert report.kept_count == len(reading.responses) + sum(report.states.values())


def test_an_item_that_no_rule_covers_is_named(reading):
    (fault,) = check_items(reading.responses, load_evidence_map("evidence-demo-college"))
    assert fault.in_language("zh") == (
        "“evidence-demo-college”中没有规则涵盖题目“essay”：已保留，但不参与测量。如需测量，请补充规则。"
    )


# 2. A file that cannot be taken in


def test_titles_of_a_schools_own_can_be_named(tmp_path):
    path = tmp_path / "marks.csv"
    path.write_text("Who,What,Got,Of\nana,essay,4,5\n")
    with pytest.raises(ColumnsMissingError) as told:
        read_responses(path)
    assert told.value.in_language("en") == (
        "“marks.csv” lacks columns that a table of the kind “Scores, one a row” needs: Student number, Item, Score, "
        "Highest score. It has: Who, What, Got, Of. Add them, or say which title means which column."
    )
    ours = {"learner": "Who", "item": "What", "score": "Got", "max_score": "Of"}
    assert len(read_responses(path, columns=ours).responses) == 1


def test_a_file_is_told_by_its_content_and_not_by_its_name(file):
    reading = read_responses(file.rename(file.with_suffix(".csv")))
    assert len(reading.responses) == 2
    assert [notice.in_language("zh") for notice in reading.report.notices] == [
        "后缀为 .csv，实为 xlsx；已按实际类型读取。"
    ]
    picture = file.with_suffix(".xlsx")
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    with pytest.raises(NoTableError) as told:
        read_responses(picture)
    assert told.value.in_language("zh") == (
        "“grades.xlsx”是图片，不是表格。请向发送人索取原始的 Excel 或 CSV 文件；教务等系统一般都可导出。"
    )


def test_a_file_that_is_not_there_is_no_empty_file(tmp_path):
    with pytest.raises(FileMissingError, match=r"There is no file “gone\.xlsx”"):
        read_responses(tmp_path / "gone.xlsx")


# 3. A table comes in


def test_a_data_frame_is_taken_whole_or_refused_with_all_its_faults():
    table = pl.DataFrame({"learner": ["ana", "ana"], "item": ["essay", "essay"], "score": [4, 7], "max_score": [5, 5]})
    assert len(Responses.from_table(table.head(1))) == 1
    with pytest.raises(FaultyInputError) as told:
        Responses.from_table(table)
    assert told.value.in_language("en") == (
        "responses cannot be used as it is (2 to correct). Nothing was changed.\n"
        "- 1 score lies outside 0 to the highest score (first: ana on essay, 7.0 of 5.0). Correct them.\n"
        "- 1 score stands twice for the same learner, item, rater and occasion (first: ana on essay). Keep one."
    )


# 4. The lake


@pytest.fixture
def lake(tmp_path):
    return tmp_path / "lake"


@pytest.fixture
def part(reading, lake):
    numbered = reading.responses.table.with_columns(record=pl.Series([17, 18]))
    return write_part(numbered, lake, period="2026-01")


def test_responses_are_written_as_parquet_and_read_back_as_they_were(reading, lake, part):
    assert (part.path, part.rows) == ("period=2026-01/part-17-18.parquet", 2)
    back = read_lake(lake, [part]).table
    assert back["record"].to_list() == [17, 18]
    assert back.drop("record").equals(reading.responses.table.drop("record"))


def test_only_the_files_of_the_list_are_read(reading, lake, part):
    write_part(reading.responses.table.with_columns(record=pl.Series([98, 99])), lake, period="2026-01")
    assert read_lake(lake, [part]).table["record"].to_list() == [17, 18]


def test_the_lake_is_one_table_for_analysis(lake, part):
    table = open_lake(lake, [part])
    assert table.filter(table.score > 0).count().to_pyarrow().as_py() == 1


def test_a_file_that_was_changed_or_lost_is_named(lake, part):
    path = lake / part.path
    path.write_bytes(path.read_bytes() + b"x")
    assert [fault.code for fault in verify_parts(lake, [part])] == ["lake-file-changed"]
    path.unlink()
    with pytest.raises(FaultyInputError) as told:
        read_lake(lake, [part])
    assert told.value.in_language("zh") == (
        "“lake”不能照原样使用（需改正 1 处）。没有改动任何数据。\n"
        "- 数据湖文件 period=2026-01/part-17-18.parquet 缺失（2 行）。请从备份恢复，或重新导入相应证据。"
    )
