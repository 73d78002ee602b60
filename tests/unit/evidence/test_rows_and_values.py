"""What a cell means: numbers, states, numbers of people, times; and what is said of a row that cannot be taken in."""

# One sentence a line, however long, so that both languages can be read side by side.

import datetime

import pyarrow as pa
import pytest

from tests.unit.evidence.making import (
    CHINESE,
    HEADER,
    ROW,
    one_cell,
    read_table,
    reasons,
    write_csv,
    write_parquet,
    write_xlsx,
)
from yucai.evidence import QualityReport, check_items, read_responses
from yucai.framework import EvidenceKind, EvidenceMap, EvidenceRule, ItemModel, Strength
from yucai.texts import Text

# Numbers


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("4", 4.0),
        (" 4.50 ", 4.5),
        ("+4", 4.0),
        ("0", 0.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("4e2", 400.0),
        ("４．５", 4.5),
        ("\u3000４\u3000", 4.0),
        ("1,250", 1250.0),
        ("1,250.75", 1250.75),
        ("1,250,000", 1250000.0),
        ("１，２５０", 1250.0),
    ],
)
def test_a_score_is_understood(tmp_path, written, meant):
    row = ("s1", "essay", written, "2000000")
    assert read_table(write_csv(tmp_path / "a.csv", [HEADER, row])) == [("s1", "essay", meant, 2e6)]


@pytest.mark.parametrize(
    "written", ["1,5", "12,50", "1,25,000", "4/5", "80%", "优秀", "B+", "true", "inf", "1e400", "4 5", "0x4"]
)
def test_a_score_that_could_mean_two_things_or_none_is_refused(tmp_path, written):
    reading = one_cell(tmp_path, "score", written)
    assert len(reading.responses) == 0
    assert reasons(reading) == [f"row 2: the score “{written}” is not a number. Correct it."]
    assert reasons(reading, "zh") == [f"第 2 行：得分“{written}”不是数字。请改正。"]


@pytest.mark.parametrize("written", ["6", "-1", "5.0001", "1,250"])
def test_a_score_outside_the_scale_is_refused(tmp_path, written):
    reading = one_cell(tmp_path, "score", written)
    assert reasons(reading) == [f"row 2: the score {written} lies outside 0 to 5. Correct one of them."]
    assert reasons(reading, "zh") == [f"第 2 行：得分 {written} 不在 0 到 5 之间。请改正。"]


@pytest.mark.parametrize("edge", ["0", "5"])
def test_the_ends_of_the_scale_belong_to_it(tmp_path, edge):
    assert reasons(one_cell(tmp_path, "score", edge)) == []


@pytest.mark.parametrize("written", ["", "0", "-5", "five", "inf"])
def test_a_highest_score_that_is_none_is_refused(tmp_path, written):
    reading = one_cell(tmp_path, "max_score", written)
    assert reasons(reading) == [f"row 2: the highest score “{written}” is no number above 0. Correct it."]
    assert reasons(reading, "zh") == [f"第 2 行：满分“{written}”不是大于 0 的数字。请改正。"]


# States


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ("缺考", "absent"),
        ("ABSENT", "absent"),
        ("缓考", "deferred"),
        ("弃修", "withdrawn"),
        ("免修", "exempt"),
        ("作弊", "misconduct"),
        ("", "none"),
        ("-", "none"),
        ("Ｎ／Ａ", "none"),
        ("nan", "none"),
        (" 缺考 ", "absent"),
    ],
)
def test_a_state_is_counted_and_is_no_score(tmp_path, written, state):
    reading = one_cell(tmp_path, "score", written)
    assert (len(reading.responses), reading.report.states, reading.report.refused) == (0, {state: 1}, ())


def test_a_state_needs_no_highest_score_and_stands_beside_a_later_score(tmp_path):
    rows = [HEADER, ("s1", "essay", "缓考", ""), ("s1", "essay", "3", "5")]
    reading = read_responses(write_csv(tmp_path / "a.csv", rows))
    assert reading.responses.table["score"].to_list() == [3.0]
    assert (reading.report.states, reading.report.refused) == ({"deferred": 1}, ())


def test_a_state_of_nobody_is_refused(tmp_path):
    reading = read_responses(write_csv(tmp_path / "a.csv", [HEADER, ("", "essay", "缺考", "5")]))
    assert (reading.report.states, reading.report.refused_count) == ({}, 1)


# Who and what


@pytest.mark.parametrize("blank", ["", "   ", "\u3000"])
def test_nobody_and_nothing_are_refused(tmp_path, blank):
    assert reasons(one_cell(tmp_path, "learner", blank)) == ["row 2: learner is empty. Fill it in."]
    assert reasons(one_cell(tmp_path, "learner", blank), "zh") == ["第 2 行：learner为空。请补上。"]
    assert reasons(one_cell(tmp_path, "item", blank)) == ["row 2: item is empty. Fill it in."]
    assert reasons(one_cell(tmp_path, "item", blank), "zh") == ["第 2 行：item为空。请补上。"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [("２０２３００１", "2023001"), (" 0012 ", "0012"), ("A-17", "A-17"), ("110101200501011237", "110101200501011237")],
)
def test_a_number_of_a_learner_is_text_in_plain_digits(tmp_path, written, meant):
    assert one_cell(tmp_path, "learner", written).responses.table["learner"].to_list() == [meant]


def test_the_name_of_a_rater_stays_as_it_was_written(tmp_path):
    name = "阿依古丽·买买提\u3000（外聘）"
    assert one_cell(tmp_path, "rater", f" {name} ").responses.table["rater"].to_list() == [name]


LONG_EN = (
    "the number {} in {} was stored as a figure and has lost digits. "
    "Format the column as text, enter the number again and import anew."
)
LONG_ZH = "{1} {0} 被存为数值，末位已丢失。请把该列设为文本格式，重新录入后再导入。"


@pytest.mark.parametrize("written", ["1.10101E+17", "1.101012005010112e17", "1e+18", "1234567890123456.0"])
def test_a_long_number_that_a_spreadsheet_shortened_is_refused(tmp_path, written):
    assert reasons(one_cell(tmp_path, "learner", written)) == [f"row 2: {LONG_EN.format(written, 'learner')}"]
    assert reasons(one_cell(tmp_path, "learner", written), "zh") == [f"第 2 行：{LONG_ZH.format(written, 'learner')}"]


@pytest.mark.parametrize("column", ["item", "rater"])
def test_items_and_raters_have_long_numbers_too_but_may_be_called_3e2(tmp_path, column):
    assert reasons(one_cell(tmp_path, column, "1.10101E+17")) == [f"row 2: {LONG_EN.format('1.10101E+17', column)}"]
    assert one_cell(tmp_path, column, "3E2").responses.table[column].to_list() == ["3E2"]


@pytest.mark.parametrize(
    ("number", "said"),
    [(110101200501011237, "1.101012005010112e+17"), (1234567890123456, "1.234567890123456e+15"), (10**15, "1e+15")],
)
def test_a_long_number_in_a_cell_for_figures_is_refused(tmp_path, number, said):
    path = write_xlsx(tmp_path / "a.xlsx", {"S": [CHINESE, (number, "e", 4, 5), (10**15 - 1, "e", 4, 5)]})
    reading = read_responses(path)
    assert reasons(reading) == [f"S row 2: {LONG_EN.format(said, '学号')}"]
    assert reading.responses.table["learner"].to_list() == ["999999999999999"]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pa.array([110101200501011237.0]), "1.1010120050101123e+17"),
        (pa.array([20231001.0], pa.float32()), "2.0231e+07"),  # a short figure holds seven digits: it was ...1001
    ],
    ids=["float64", "float32"],
)
def test_a_long_number_in_a_column_of_figures_is_refused(tmp_path, column, said):
    columns = {"learner": column, "item": ["e"], "score": [4], "max_score": [5]}
    reading = read_responses(write_parquet(tmp_path / "a.parquet", columns))
    assert reasons(reading) == [f"row 1: {LONG_EN.format(said, 'learner')}"]


def test_a_large_score_keeps_its_value_although_a_number_of_that_size_would_be_refused(tmp_path):
    columns = {"learner": ["s"], "item": ["e"], "score": [110101200501011237.0], "max_score": [2e17]}
    assert read_table(write_parquet(tmp_path / "a.parquet", columns)) == [("s", "e", 110101200501011237.0, 2e17)]


# The same twice


def test_the_second_of_two_rows_for_one_response_is_refused(tmp_path):
    rows = [HEADER, ROW, ("s1", "essay", "3", "5"), ("ｓ1", "essay ", "2", "5"), ("s2", "essay", "3", "5")]
    reading = read_responses(write_csv(tmp_path / "a.csv", rows))
    assert reading.responses.table["score"].to_list() == [4.0, 3.0]
    twice = "the row 2 above says something else of the same Student number, Item, Rater, Term. Keep the right one."
    assert reasons(reading) == [f"row 3: {twice}", f"row 4: {twice}"]
    assert (
        reasons(reading, "zh")[0] == "第 3 行：上文第 2 行对同一学号、题目、评分人、学期的记载不同。请保留正确的一行。"
    )


def test_another_rater_or_another_term_makes_another_response(tmp_path):
    rows = [(*HEADER, "rater", "term"), (*ROW, "An", "1"), (*ROW, "Bai", "1"), (*ROW, "An", "2"), (*ROW, "", "1")]
    assert len(read_responses(write_csv(tmp_path / "a.csv", rows)).responses) == 4


def test_a_row_at_fault_makes_no_duplicate_of_the_sound_one_below(tmp_path):
    rows = [HEADER, ("s1", "essay", "9", "5"), ROW]
    reading = read_responses(write_csv(tmp_path / "a.csv", rows))
    assert reading.responses.table["score"].to_list() == [4.0]
    assert [row.faults[0].code for row in reading.report.refused] == ["outside"]


def test_a_row_is_refused_with_everything_wrong_with_it(tmp_path):
    rows = [
        HEADER,
        ("", "", "x", ""),
        ("s", "", "x", ""),
        ("s", "e", "x", ""),
        ("s", "e", "x", "5"),
        ("s", "e", "9", "5"),
    ]
    reading = read_responses(write_csv(tmp_path / "a.csv", rows))
    codes = [
        ["no-score", "empty", "empty", "no-highest"],
        ["no-score", "empty", "no-highest"],
        ["no-score", "no-highest"],
        ["no-score"],
        ["outside"],
    ]
    told = [(row.row, [fault.code for fault in row.faults]) for row in reading.report.refused]
    assert told == list(enumerate(codes, start=2))


# Times


@pytest.mark.parametrize(
    ("written", "hour", "minute"),
    [
        ("2026-03-31", 0, 0),
        ("2026/3/31", 0, 0),
        ("2026.03.31", 0, 0),
        ("20260331", 0, 0),
        ("2026年3月31日", 0, 0),
        ("２０２６年３月３１日", 0, 0),
        ("2026-03-31 09:30", 9, 30),
        ("2026/3/31 9:30", 9, 30),
        ("2026年3月31日 9:30", 9, 30),
        ("2026年3月31日9:30", 9, 30),
        ("2026-03-31 09:30:00", 9, 30),
        ("2026-03-31T09:30:00.000", 9, 30),
        ("2026-03-31T09:30Z", 9, 30),
        ("2026-03-31 09:30 UTC", 9, 30),
        ("2026-03-31T17:30:00+08:00", 9, 30),
        ("2026-03-31 17:30+0800", 9, 30),
        ("  2026-03-31   09:30  ", 9, 30),
        ("46112", 0, 0),  # how a workbook keeps the day
    ],
)
def test_a_time_is_understood_and_kept_in_utc(tmp_path, written, hour, minute):
    reading = one_cell(tmp_path, "at", written)
    assert reading.responses.table["at"].to_list() == [
        datetime.datetime(2026, 3, 31, hour, minute, tzinfo=datetime.UTC)
    ]
    assert reading.report.notices == ()


@pytest.mark.parametrize(
    "written",
    [
        "26-3-31",
        "31-03-26",
        "3/31/2026",
        "2026-02-30",
        "2026-03-31 25:00",
        "2026-03",
        "soon",
        "461",
        "0000-01-01",
        "9999-12-31 23:59-05:00",
    ],
)
def test_a_time_that_is_not_understood_is_told_and_the_score_is_kept_without_one(tmp_path, written):
    reading = one_cell(tmp_path, "at", written)
    assert reading.responses.table.select("score", "at").rows() == [(4.0, None)]
    assert [notice.in_language("en") for notice in reading.report.notices] == [
        f"1 values in at were not understood and left empty (first: row 2, “{written}”)."
    ]
    assert [notice.in_language("zh") for notice in reading.report.notices] == [
        f"at中有 1 个值未能识别，已留空（首见第 2 行“{written}”）。"
    ]


def test_a_time_not_understood_is_named_with_its_sheet(tmp_path):
    sheets = {
        "一班": [(*CHINESE, "时间"), (*ROW, "2026-03-31")],
        "二班": [(*CHINESE, "时间"), ("s2", "e", 4, 5, "月底")],
    }
    (notice,) = read_responses(write_xlsx(tmp_path / "a.xlsx", sheets)).report.notices
    assert notice.in_language("zh").startswith("二班：时间中有 1 个值未能识别，已留空（首见第 2 行“月底”）")


def test_an_empty_time_is_no_time_and_nothing_is_said_of_it(tmp_path):
    reading = one_cell(tmp_path, "at", "  ")
    assert (reading.responses.table["at"].to_list(), reading.report.notices) == ([None], ())


# The report


def test_the_report_of_a_mixed_file_in_both_languages(tmp_path):
    rows = [(*CHINESE, "备注"), (*ROW, "x"), ("s2", "essay", "缺考", "5", ""), ("s3", "essay", "9", "5", "")]
    report = read_responses(write_csv(tmp_path / "成绩.csv", rows)).report
    assert report.in_language("en") == (
        "成绩.csv: csv, utf-8; read as: Scores, one a row (one row is one score of one learner on one item)\n"
        "Columns understood: 学号 → Student number, 题目 → Item, 得分 → Score, 满分 → Highest score\n"
        "Other columns, kept as they are: 备注\n"
        "Read 3 rows: 2 kept, 1 refused, 0 left out as repetitions.\n"
        "States instead of grades: absent 1\n"
        "Missing: Score 50.0%\n"
        "  row 4: the score 9 lies outside 0 to 5. Correct one of them."
    )
    assert report.in_language("zh-hans") == (
        "成绩.csv：csv，utf-8；按“得分（每行一个）”读取（每行为一名学习者在一道题目上的一个得分）\n"
        "识别的列：学号 → 学号, 题目 → 题目, 得分 → 得分, 满分 → 满分\n"
        "其他列，原样保留：备注\n"
        "共读取 3 行：保留 2 行，拒收 1 行，重复略去 0 行。\n"
        "以状态代替成绩：缺考 1\n"
        "缺失比例：得分 50.0%\n"
        "  第 4 行：得分 9 不在 0 到 5 之间。请改正。"
    )


@pytest.mark.parametrize("n", [20, 21, 25])
def test_a_report_lists_twenty_refused_rows_and_counts_the_others(tmp_path, n):
    rows = [(f"s{i}", "essay", "9", "5") for i in range(n)]
    report = read_responses(write_csv(tmp_path / "a.csv", [HEADER, *rows])).report
    assert isinstance(report, QualityReport)
    assert (report.read_count, report.kept_count, report.refused_count) == (n, 0, n)
    lines = report.in_language("en").splitlines()
    assert sum(line.startswith("  row ") for line in lines) == 20
    assert lines[-1] == (
        f"  ... and {n - 20} more refused rows"
        if n > 20
        else "  row 21: the score 9 lies outside 0 to 5. Correct one of them."
    )
    if n > 20:
        assert report.in_language("zh").splitlines()[-1] == f"  ……另有 {n - 20} 行拒收"


def test_an_item_that_no_rule_covers_is_named(tmp_path):
    why = Text("it shows", "由此可见")
    rule = EvidenceRule(
        item="exam/*",
        quality="innovation",
        model=ItemModel.GRADED,
        kind=EvidenceKind.EXAM,
        strength=Strength.STRONG,
        reason=why,
    )
    ours = EvidenceMap(code="our-map", version="1.0", framework="nine-qualities", name=why, rules=(rule,))
    rows = [
        HEADER,
        ("s1", "exam/1", "4", "5"),
        ("s1", "talk", "4", "5"),
        ("s2", "talk", "4", "5"),
        ("s1", "essay", "1", "5"),
    ]
    faults = check_items(read_responses(write_csv(tmp_path / "a.csv", rows)).responses, ours)
    assert [(fault.code, fault.facts["item"]) for fault in faults] == [("no-rule", "essay"), ("no-rule", "talk")]
    assert (
        faults[1].in_language("en")
        == "no rule of “our-map” covers the item “talk”: it is kept but not measured. Add a rule to measure it."
    )
    assert (
        faults[1].in_language("zh") == "“our-map”中没有规则涵盖题目“talk”：已保留，但不参与测量。如需测量，请补充规则。"
    )
