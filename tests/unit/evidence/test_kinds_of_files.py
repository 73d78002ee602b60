"""Each kind of file is told by its content and read with what it holds: text, workbooks, Parquet."""

import datetime
import decimal
import hashlib

import polars as pl
import pyarrow as pa
import pytest

from tests.unit.evidence.making import (
    CHINESE,
    HEADER,
    ROW,
    read_table,
    reasons,
    text_of,
    with_sheet,
    write_csv,
    write_parquet,
    write_xlsx,
)
from yucai.evidence import RESPONSES, ColumnsMissingError, read_responses
from yucai.texts import Text

RARE = "\U0002cc56"  # a character of names that GBK cannot hold, GB18030 can
SOUND = [("s1", "essay", 4.0, 5.0)]


# Text


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("utf-16", "utf-16")],
)
def test_text_is_read_in_the_encoding_it_was_written_in(tmp_path, encoding, said):
    path = write_csv(tmp_path / "grades.csv", [CHINESE, ("2023001", f"采访{RARE}老师", "4", "5")], encoding=encoding)
    reading = read_responses(path)
    assert reading.responses.table["item"].to_list() == [f"采访{RARE}老师"]
    assert (reading.report.kind, reading.report.encoding) == ("csv", said)


def test_text_that_would_pass_for_both_encodings_is_read_as_utf_8(tmp_path):
    item = "中文作文"
    assert item.encode().decode("gb18030").endswith("枃浣滄枃")  # no error, and no sense
    path = write_csv(tmp_path / "grades.csv", [HEADER, ("s1", item, "4", "5")])
    assert read_responses(path).responses.table["item"].to_list() == [item]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt", ".xls", ".CSV", ""])
@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_the_separator_is_found_under_any_suffix_of_text(tmp_path, separator, suffix):
    path = write_csv(tmp_path / f"grades{suffix}", [HEADER, ROW], separator=separator)
    assert read_table(path) == SOUND


def test_the_separator_is_the_one_that_parts_the_titles_not_the_commonest_mark(tmp_path):
    rows = [CHINESE, ("s1", "one, two, three, four, five", "4", "5")]
    assert read_table(write_csv(tmp_path / "grades.txt", rows, separator="\t"))[0][1] == rows[1][1]
    rows = [("learner", "item", "score", "max_score"), ("s1", "a;b;c;d;e;f|g|h|i|j|k", "4", "5")]
    assert read_table(write_csv(tmp_path / "quoted.csv", rows))[0][1] == rows[1][1]


def test_quoted_titles_and_quoted_line_breaks_are_read(tmp_path):
    path = tmp_path / "grades.csv"
    path.write_text('"learner";"item";"score";"max_score"\n"s1";"an essay\nof ""two"" lines";"4";"5"\n')
    assert read_table(path) == [("s1", 'an essay\nof "two" lines', 4.0, 5.0)]


def test_rows_are_counted_as_a_person_counts_them(tmp_path):
    rows = [["成绩单"], [], CHINESE, ("s1", "essay", "4", "5"), ["", "", "", ""], [], ("s2", "essay", "x", "5")]
    reading = read_responses(write_csv(tmp_path / "grades.csv", rows))
    assert reading.responses.table["source_row"].to_list() == [4]
    assert reasons(reading) == ["row 7: the score “x” is not a number. Correct it."]
    assert reading.report.read_count == 2


def test_a_row_with_more_cells_than_titles_is_refused_for_nobody_knows_what_shifted(tmp_path):
    path = tmp_path / "grades.csv"
    path.write_text("learner,item,score,max_score\ns1,essay,1,250,2000\ns2,essay,4,5,,\n")
    reading = read_responses(path)
    assert reading.responses.table["learner"].to_list() == ["s2"]
    assert reasons(reading) == [
        "row 2: the row has more cells than the header has titles: a value that holds the separator needs quotation "
        "marks. Correct the row."
    ]
    assert reasons(reading, "zh") == ["第 2 行：该行的单元格多于表头：取值中若含分隔符，须用引号括起。请改正该行。"]


def test_a_row_with_fewer_cells_lacks_what_they_would_say(tmp_path):
    path = tmp_path / "grades.csv"
    path.write_text("learner,item,score,max_score,rater\ns1,essay,4,5\ns2,essay,4\n")
    reading = read_responses(path)
    assert reading.responses.table["rater"].to_list() == [None]
    assert reasons(reading) == ["row 3: the highest score “” is no number above 0. Correct it."]


# Titles


@pytest.mark.parametrize(
    "titles",
    [
        HEADER,
        CHINESE,
        ("Student ID", " Task ", "MARK", "Out of"),
        ("学生编号", "考核项目", "成绩", "最高分"),
        ("ＬＥＡＲＮＥＲ", "ｉｔｅｍ", "ｓｃｏｒｅ", "ｍａｘ"),
        ("id_student", "id_assessment", "points", "maximum"),
    ],
)
def test_titles_are_understood_in_both_languages_any_case_and_any_width(tmp_path, titles):
    reading = read_responses(write_csv(tmp_path / "grades.csv", [titles, ROW]))
    assert reading.responses.table.select(HEADER).rows() == SOUND
    assert reading.report.understood == dict(zip(HEADER, (title.strip() for title in titles), strict=True))


def test_all_seven_of_our_columns_are_read(tmp_path):
    titles = (*CHINESE, "评委", "学年学期", "提交时间", "备注")
    row = ("s1", "essay", "4", "5", "王老师", "2025-2026-1", "2026-03-31", "迟交")
    reading = read_responses(write_csv(tmp_path / "grades.csv", [titles, row]))
    assert reading.responses.table.columns == [column.name for column in RESPONSES.columns]
    assert reading.responses.table.row(0) == (
        *("s1", "essay", 4.0, 5.0, "王老师", "2025-2026-1"),
        datetime.datetime(2026, 3, 31, tzinfo=datetime.UTC),
        *("grades.csv", None, 2, None),
    )
    assert reading.report.unknown == ("备注",)


def test_a_column_named_by_hand_goes_before_what_the_titles_say(tmp_path):
    titles = ("learner", "item", "score", "Mark after appeal", "max_score", "Who")
    path = write_csv(tmp_path / "grades.csv", [titles, ("s1", "essay", "1", "4", "5", "An")])
    reading = read_responses(path, columns={"score": "mark AFTER appeal", "rater": "Who"})
    assert reading.responses.table.select(*HEADER, "rater").rows() == [(*SOUND[0], "An")]
    assert reading.report.understood["score"] == "Mark after appeal"
    assert reading.report.unknown == ("score (2)",)  # "score" is ours


def test_a_column_named_by_hand_must_be_there(tmp_path):
    path = write_csv(tmp_path / "grades.csv", [HEADER, ROW])
    with pytest.raises(ColumnsMissingError) as told:
        read_responses(path, columns={"score": "Mark", "rater": "Who"})
    assert told.value.facts["missing"] == Text("Score, Rater", "得分、评分人")


def test_to_name_a_column_that_is_none_of_ours_is_a_mistake_of_the_caller(tmp_path):
    path = write_csv(tmp_path / "grades.csv", [HEADER, ROW])
    with pytest.raises(ValueError, match="no columns of responses: grade, mark"):
        read_responses(path, columns={"mark": "score", "grade": "score"})


def test_of_two_columns_with_one_meaning_the_first_is_read_and_the_other_named(tmp_path):
    path = write_csv(tmp_path / "grades.csv", [(*HEADER, "成绩"), (*ROW, "1")])
    reading = read_responses(path)
    assert reading.responses.table["score"].to_list() == [4.0]
    assert reading.report.unknown == ("成绩",)


# Workbooks


def test_cells_of_a_workbook_are_read_as_they_look(tmp_path):
    day, moment = datetime.date(2026, 3, 31), datetime.datetime(2026, 3, 31, 9, 30)  # noqa: DTZ001 a cell has no zone
    rows = [(*CHINESE, "时间"), (2023001, 3, 4, 5, day), ("0012", "essay", 4.5, 5.0, moment)]
    table = read_responses(write_xlsx(tmp_path / "grades.xlsx", {"成绩": rows})).responses.table
    assert table.select(HEADER).rows() == [("2023001", "3", 4.0, 5.0), ("0012", "essay", 4.5, 5.0)]
    assert table["at"].dt.strftime("%Y-%m-%d %H:%M").to_list() == ["2026-03-31 00:00", "2026-03-31 09:30"]
    assert table["source_sheet"].to_list() == ["成绩", "成绩"]


def test_title_rows_above_the_header_are_passed_over_and_rows_keep_their_numbers(tmp_path):
    rows = [[], ["2025-2026 学年成绩表"], [None, "制表：教务处"], [], CHINESE, ROW, [], ("s2", "essay", 9, 5)]
    reading = read_responses(write_xlsx(tmp_path / "grades.xlsx", {"成绩": rows}))
    assert reading.responses.table["source_row"].to_list() == [6]
    assert reasons(reading) == ["成绩 row 8: the score 9 lies outside 0 to 5. Correct one of them."]
    assert reasons(reading, "zh") == ["成绩 第 8 行：得分 9 不在 0 到 5 之间。请改正。"]


def test_the_header_is_found_within_thirty_rows_and_not_below(tmp_path):
    titles = [["说明"]] * 29
    assert read_table(write_xlsx(tmp_path / "a.xlsx", {"S": [*titles, HEADER, ROW]})) == SOUND
    with pytest.raises(ColumnsMissingError):
        read_responses(write_xlsx(tmp_path / "b.xlsx", {"S": [*titles, ["说明"], HEADER, ROW]}))


def test_all_visible_sheets_are_read_and_one_of_something_else_is_named(tmp_path):
    sheets = {
        "封面": [["说明", "教务处"], ["一", "二"]],
        "一班": [CHINESE, ROW],
        "空": [],
        "二班": [("学生", "任务", "分数", "总分", "评委"), ("s2", "essay", 3, 5, "An")],
        "底稿": [CHINESE, ("s3", "essay", 1, 5)],
    }
    reading = read_responses(write_xlsx(tmp_path / "grades.xlsx", sheets, hidden=["底稿"]))
    where = reading.responses.table.select("learner", "source_sheet", "source_row", "rater").rows()
    assert where == [("s1", "一班", 2, None), ("s2", "二班", 2, "An")]
    assert [notice.in_language("en") for notice in reading.report.notices] == [
        "the sheet “底稿” is hidden and was not read. Show it, or name it, to read it.",
        "the sheet “封面” does not look like Scores, one a row; it was not read.",
    ]
    assert [notice.in_language("zh") for notice in reading.report.notices] == [
        "工作表“底稿”被隐藏，未读取。如需读取，请取消隐藏或指明该表。",
        "工作表“封面”不像“得分（每行一个）”，未读取。",
    ]


def test_the_report_names_the_columns_of_every_sheet(tmp_path):
    sheets = {
        "一班": [(*CHINESE, "备注"), ROW],
        "二班": [(*CHINESE, "评委", "备注", "班级"), ("s2", "essay", 3, 5, "An")],
    }
    report = read_responses(write_xlsx(tmp_path / "grades.xlsx", sheets)).report
    assert report.understood == {**dict(zip(HEADER, CHINESE, strict=True)), "rater": "评委"}
    assert report.unknown == ("备注", "班级")


def test_the_same_response_on_two_sheets_is_refused_the_second_time(tmp_path):
    other = (*ROW[:2], "3", "5")
    sheets = {"一": [HEADER, ROW], "二": [HEADER, ROW], "三": [HEADER, other]}
    reading = read_responses(write_xlsx(tmp_path / "grades.xlsx", sheets))
    assert reading.responses.table["score"].to_list() == [4.0]
    assert reading.report.doubled == (("二", 2),)  # it says the same: left out; one that says another thing is refused
    assert reasons(reading) == [
        "三 row 2: the row 2 above says something else of the same Student number, Item, Rater, Term. "
        "Keep the right one."
    ]


def test_a_cell_beyond_the_titles_of_a_sheet_shifts_nothing(tmp_path):
    rows = [HEADER, (*ROW, "checked by hand")]
    assert read_table(write_xlsx(tmp_path / "grades.xlsx", {"S": rows})) == SOUND


def test_a_sheet_may_lie_under_any_name_inside_the_file(tmp_path):
    def cells(row):
        return "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row)

    xml = f"<row>{cells(HEADER)}</row><row>{cells(ROW)}</row>"
    assert read_table(with_sheet(tmp_path / "odd.xlsx", xml, part="xl/odd.bin")) == SOUND


# Parquet

TYPES = {
    "text": (pa.array(["s1"]), "s1"),
    "large text": (pa.array(["s1"], pa.large_string()), "s1"),
    "category": (pa.array(["s1"]).dictionary_encode(), "s1"),
    "whole": (pa.array([2023001], pa.int32()), "2023001"),
    "whole without sign": (pa.array([2**64 - 1], pa.uint64()), "18446744073709551615"),
    "figure": (pa.array([2023001.0]), "2023001"),
    "short figure": (pa.array([12.5], pa.float32()), "12.5"),
    "decimal": (pa.array([decimal.Decimal("1.50")]), "1.50"),
    "day": (pa.array([datetime.date(2026, 3, 31)]), "2026-03-31"),
}


@pytest.mark.parametrize("kind", TYPES)
def test_a_learner_is_read_from_a_column_of_any_plain_type(tmp_path, kind):
    column, said = TYPES[kind]
    path = write_parquet(tmp_path / "a.parquet", {"learner": column, "item": ["e"], "score": [4], "max_score": [5]})
    assert read_table(path) == [(said, "e", 4.0, 5.0)]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([4], pa.int8()),
        pa.array([4.0], pa.float32()),
        pa.array([decimal.Decimal("4.00")]),
        pa.array(["4"]),
        pa.array([" ４ "]),
    ],
    ids=lambda column: str(column.type),
)
def test_a_score_is_read_from_a_column_of_any_plain_type(tmp_path, column):
    path = write_parquet(tmp_path / "a.parquet", {"learner": ["s1"], "item": ["e"], "score": column, "max_score": [5]})
    assert read_table(path) == [("s1", "e", 4.0, 5.0)]


def test_an_empty_score_of_a_parquet_file_is_no_score_whether_null_or_not_a_number(tmp_path):
    columns = {"learner": ["a", "b", "c"], "item": ["e"] * 3, "score": [1.5, None, float("nan")], "max_score": [2] * 3}
    reading = read_responses(write_parquet(tmp_path / "a.parquet", columns))
    assert reading.responses.table["learner"].to_list() == ["a"]
    assert reading.report.states == {"none": 2}


def test_a_learner_that_is_not_a_number_is_nobody(tmp_path):
    columns = {"learner": [1.0, float("nan")], "item": ["e"] * 2, "score": [1, 1], "max_score": [2, 2]}
    reading = read_responses(write_parquet(tmp_path / "a.parquet", columns))
    assert reading.responses.table["learner"].to_list() == ["1"]
    assert reasons(reading) == ["row 2: learner is empty. Fill it in."]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_of_a_parquet_file_keep_their_moment(tmp_path, unit):
    shanghai = datetime.timezone(datetime.timedelta(hours=8))
    moment = datetime.datetime(2026, 3, 31, 9, 30, tzinfo=shanghai)
    columns = {"learner": ["s1"], "item": ["e"], "score": [4], "max_score": [5]}
    columns["at"] = pa.array([moment], pa.timestamp(unit, "Asia/Shanghai"))
    table = read_responses(write_parquet(tmp_path / "a.parquet", columns)).responses.table
    assert table["at"].to_list() == [moment]


def test_a_parquet_file_is_known_by_its_content_and_its_rows_count_from_one(tmp_path):
    path = write_parquet(
        tmp_path / "no-suffix", {"学号": ["s1"], "题目": ["e"], "得分": [4], "满分": [5], "班级": ["x"]}
    )
    reading = read_responses(path)
    assert (reading.report.kind, reading.report.encoding, reading.report.unknown) == ("parquet", "", ("班级",))
    assert reading.responses.table["source_row"].to_list() == [1]


# Whatever the kind


def test_the_report_knows_the_file_by_the_digest_of_its_bytes(tmp_path):
    path = write_csv(tmp_path / "grades.csv", [HEADER, ROW])
    assert read_responses(path).report.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_is_left_as_it_was_and_reads_the_same_again(tmp_path):
    path = tmp_path / "grades.csv"
    path.write_text(text_of([HEADER, ROW, ("s2", "essay", "9", "5")]))
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    first, again = read_responses(path), read_responses(path)
    assert first.responses.table.equals(again.responses.table)
    assert first.report == again.report
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_what_is_read_keeps_the_promise_of_responses(tmp_path):
    table = read_responses(write_csv(tmp_path / "grades.csv", [HEADER, ROW])).responses.table
    assert table.schema == pl.Schema({column.name: column.dtype for column in RESPONSES.columns})
    assert RESPONSES.columns[0].meaning == Text("whose work it is", "学习者")
