"""A question bank in a file: what a row gives, and what is said of a row that makes no question."""

import pytest

from yucai.evidence import (
    QuestionOption,
    questions_from,
    read_table,
    refuse_unfit_questions,
    write_xlsx,
)
from yucai.texts import Text

TITLES = ["题目代码", "题干", "英文题干", "选项A", "英文选项A", "选项B", "英文选项B", "选项C", "答案", "知识点"]
SOUND = ["test/1", "一加一？", "One and one?", "二", "two", "三", "three", "四", "a", "加法"]


def bank(tmp_path, *rows, titles=TITLES):
    file = tmp_path / "bank.csv"
    lines = [titles, *rows]
    file.write_text("\n".join(",".join(row) for row in lines) + "\n", encoding="utf-8-sig")
    return read_table(file, "question-bank")


def test_a_row_gives_a_question_in_both_languages(tmp_path):
    (question,) = questions_from(bank(tmp_path, SOUND))
    assert (question.item, question.key, question.area) == ("test/1", "A", "加法")
    assert question.stem == Text("One and one?", "一加一？")
    assert question.options[0] == QuestionOption(letter="A", text=Text("two", "二"))
    assert question.options[2].text == Text("四", "四")  # said in one language alone


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({8: "D"}, "no-key", "the key “D” is none of the options (A, B, C)"),
        ({5: "", 6: ""}, "option-gap", "option B is empty, and a later one is not"),
        ({5: "", 6: "", 7: ""}, "few-options", "there is but 1 option"),
        ({5: "二", 6: "two"}, "options-alike", "options A, B say the same"),
        ({1: "长" * 2001}, "too-long", "“Question” has 2001 characters; at most 2000 are kept"),
    ],
)
def test_a_row_that_makes_no_question_is_refused_with_its_fault(tmp_path, change, code, words):
    row = [change.get(n, cell) for n, cell in enumerate(SOUND)]
    other = ["test/2", *SOUND[1:]]
    reading = refuse_unfit_questions(bank(tmp_path, row, other))
    assert [question.item for question in questions_from(reading)] == ["test/2"]
    (refused,) = reading.report.refused
    assert refused.row == 2
    assert [fault.code for fault in refused.faults] == [code]
    assert words in refused.faults[0].in_language("en")


def test_all_faults_of_a_row_are_told_at_once(tmp_path):
    row = ["test/1", "问？", "", "甲", "", "甲", "", "", "Z", ""]
    (refused,) = refuse_unfit_questions(bank(tmp_path, row)).report.refused
    assert {fault.code for fault in refused.faults} == {"no-key", "options-alike"}


def test_a_code_that_stands_twice_keeps_its_first_row(tmp_path):
    reading = refuse_unfit_questions(bank(tmp_path, SOUND, ["test/1", "另一题？", *SOUND[2:]]))
    (refused,) = reading.report.refused
    assert [fault.code for fault in refused.faults] == ["twice"]
    assert [question.stem.zh for question in questions_from(reading)] == ["一加一？"]


def test_a_workbook_gives_the_same_as_text(tmp_path):
    first = bank(tmp_path, SOUND)
    columns = [column.name for column in first.profile.columns]
    write_xlsx(tmp_path / "bank.xlsx", first.table.select(columns), first.profile)
    again = read_table(tmp_path / "bank.xlsx", "question-bank")
    assert questions_from(again) == questions_from(first)


def test_other_kinds_of_tables_are_left_as_they_are(tmp_path):
    file = tmp_path / "list.csv"
    file.write_text("学号,姓名\n01,张三\n", encoding="utf-8-sig")
    reading = read_table(file, "class-list")
    assert refuse_unfit_questions(reading) is reading
