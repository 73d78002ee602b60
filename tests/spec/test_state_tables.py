"""State-collection tables: what stands in them, how they are checked, and what the files say. Read from top to bottom.

The definition is data. Titles are our own, and the files say so: no official number of a table is made up.
"""

import re
from datetime import UTC, date, datetime
from io import BytesIO

import openpyxl
import pytest
from docx import Document

from yucai.errors import FaultyInputError
from yucai.governance import (
    CheckKind,
    CheckState,
    FigureGiven,
    FilledItem,
    FilledLine,
    FilledTable,
    PartsGiven,
    SignedBy,
    StateCollection,
    WhyEmpty,
    check_collection,
    compute_indicator,
    load_collection,
    write_collection_docx,
    write_collection_xlsx,
)
from yucai.texts import Text

AT = datetime(2026, 11, 24, 4, tzinfo=UTC)
TABLES = load_collection()
RATE = TABLES.packs[0].indicator("cn-22")
PLACE = {"en": Text("one table", "甲表"), "zh": Text("another table", "乙表")}


def given(code, *told, recorded=None, before=None):
    value = told[0] if told else recorded
    places = zip(PLACE.values(), told, strict=False)
    return FigureGiven(
        figure=TABLES.figures[code], told=tuple(places), value=value, recorded=recorded, before=before
    )  # fmt: skip


def outcomes(checks):
    return [(one.kind, one.state) for one in checks]


# 1. The definition


def test_every_item_is_a_figure_an_indicator_or_people_on_record():
    assert [table.code for table in TABLES.tables][:4] == [
        "students-kind", "students-entry", "students-programme", "teachers",
    ]  # fmt: skip
    items = [item for table in TABLES.tables for item in table.items]
    assert {item.figure for item in items if item.figure} == set(TABLES.figures)
    assert all(bool(item.figure) + bool(item.indicator) + bool(item.people) == 1 for item in items)


def test_titles_are_our_own_and_the_note_says_that_the_office_must_check():
    assert not any(re.search(r"\d", table.name.en + table.name.zh) for table in TABLES.tables)
    assert "must check" in TABLES.note.en
    assert "对照现行通知" in TABLES.note.zh


def test_a_table_is_an_entry_and_all_faults_of_a_file_are_said_at_once(tmp_path):
    head = (
        'kind = "collection"\ncode = "own"\nversion = "1"\npacks = ["china-undergraduate"]\n'
        'name = {en = "n", zh = "名"}\nnote = {en = "n", zh = "注"}\n'
        '[[tables]]\ncode = "mine"\nreference = "census-day"\nname = {en = "Mine", zh = "自拟"}\n'
    )
    own = tmp_path / "own.toml"
    own.write_text(head + 'items = [{ figure = "courses" }]\n', encoding="utf-8")
    assert load_collection(own).tables[0].items[0].figure == "courses"
    own.write_text(
        head + 'items = [{ figure = "none" }, { figure = "courses", indicator = "cn-09" }]\n', encoding="utf-8"
    )
    with pytest.raises(FaultyInputError) as refused:
        load_collection(own)
    assert [fault.where for fault in refused.value.faults] == ["tables[1].items[1]", "tables[1].items[2]"]


# 2. Checks between tables: each is listed, also where it agrees


def test_the_same_figure_twice():
    checks = check_collection([given("leavers.graduated", 58, 57)], (), ())
    assert outcomes(checks)[0] == (CheckKind.SAME, CheckState.CONTRADICTS)
    assert checks[0].says.en == "“of them, graduated” is 58 in “one table” but 57 in “another table”."
    assert outcomes(check_collection([given("leavers.graduated", 58, 58)], (), ()))[0][1] is CheckState.AGREES


def test_what_was_filled_in_against_what_is_on_record():
    checks = check_collection([given("students.undergraduate", 240, recorded=241)], (), ())
    assert outcomes(checks)[0] == (CheckKind.RECORDS, CheckState.CONTRADICTS)
    assert "was filled in as 240; the records give 241 now" in checks[0].says.en
    only = check_collection([given("students.undergraduate", recorded=241)], (), ())
    assert CheckKind.RECORDS not in [one.kind for one in only]  # nobody filled it in: there is nothing to compare


def test_sums_agree_contradict_or_cannot_be_checked_yet():
    rule = next(one for one in TABLES.checks if one.code == "graduated")

    def state(due, graduated):
        return outcomes(check_collection([due, graduated], (), [rule]))[0]

    assert state(given("leavers.due", 60), given("leavers.graduated", 58)) == (CheckKind.SUM, CheckState.AGREES)
    assert state(given("leavers.due", 60), given("leavers.graduated", 61))[1] is CheckState.CONTRADICTS
    lacking = check_collection([given("leavers.due", 60), given("leavers.graduated")], (), [rule])[0]
    assert (lacking.state, "Not filled in: of them, graduated" in lacking.says.en) == (CheckState.OPEN, True)


@pytest.mark.parametrize(("parts", "state"), [
    ((20, 20), CheckState.AGREES), ((20, 19), CheckState.CONTRADICTS), ((20, None), CheckState.OPEN),
])  # fmt: skip
def test_lines_add_up_to_their_figure_and_a_hidden_line_is_not_guessed_from(parts, state):
    lines = PartsGiven(table=Text("By year", "按年"), whole="students.undergraduate", parts=parts)
    found = check_collection([given("students.undergraduate", 40)], (), (), [lines])
    assert found[0].state is state


def test_this_year_against_last():
    def state(now, before):
        return [one.state for one in check_collection([given("courses", now, before=before)], (), ())]

    assert state(96, 93) == [CheckState.AGREES]
    assert state(96, 40) == state(5, 0) == [CheckState.WANTS_A_WORD]
    assert state(96, None) == [CheckState.OPEN]
    assert state(0, 0) == [CheckState.AGREES]


def test_a_ratio_is_its_numerator_and_denominator():
    counts = {"leavers.due": 60.0, "leavers.graduated": 54.0}
    item = FilledItem(indicator=RATE, counts=counts, value=compute_indicator(RATE, counts, AT), written=96.0)
    found = check_collection((), [item], ())
    assert outcomes(found)[0] == (CheckKind.RATIO, CheckState.CONTRADICTS)
    assert "says 96; from its numerator and denominator it is 90" in found[0].says.en


# 3. Files: each item with value, unit, day, who answers, signatures, and why it is empty


def line(name, value, *, signed=SignedBy.NOBODY, why=None, places=0):
    both = signed is SignedBy.BOTH
    return FilledLine(
        name=Text(name, name), unit=Text("people", "人"), places=places, value=value, why=why, as_of=date(2026, 9, 30),
        before=50.0, recorder="Li", auditor="Wang" if both else "", signed=signed,
        signed_on=date(2026, 10, 9) if both else None, stands_in=Text("cn", "cn"), source="ledger",
    )  # fmt: skip


@pytest.fixture(scope="module")
def filled():
    lines = (
        line("a", 58.0, signed=SignedBy.BOTH), line("b", 3.0, signed=SignedBy.RECORDER),
        line("c", None, why=WhyEmpty.NOT_RECORDED), line("d", None, why=WhyEmpty.SMALL, signed=SignedBy.RECORDS),
    )  # fmt: skip
    return StateCollection(
        institution=Text("College", "学院"), simulated=True, year=2026, collection=TABLES,
        tables=(FilledTable(table=TABLES.tables[0], lines=lines),),
        checks=check_collection([given("leavers.graduated", 58, 57), given("courses", 96, before=93)], (), ()), at=AT,
    )  # fmt: skip


def test_how_far_the_tables_are_is_one_sentence(filled):
    assert filled.summary.en.startswith("1 table with 4 items: 1 signed by two people, 1 by the recorder alone, 0 cou")
    assert filled.checked.zh == "共核对 3 处：一致 1 处，矛盾 1 处，须说明 0 处，尚无法核对 1 处。"


@pytest.mark.parametrize(("language", "first", "table", "checks", "why", "signed"), [
    ("en", "To read first", "1 Students by kind", "Checks between the tables", "not recorded", "signed by two people"),
    ("zh-hans", "填表说明", "1 各类学生数", "表间核对", "未填报", "已经两人签核"),
])  # fmt: skip
def test_the_workbook_has_typed_cells_and_says_first_what_to_check(filled, language, first, table, checks, why, signed):
    book = openpyxl.load_workbook(BytesIO(write_collection_xlsx(filled, language=language)))
    assert book.sheetnames == [first, table, checks]
    said = [row[1] for row in book[first].iter_rows(values_only=True)]
    assert TABLES.note.in_language(language) in said
    rows = list(book[table].iter_rows(min_row=2, values_only=True))
    assert (rows[0][1], *rows[0][4:8]) == (58, 50, "Li", "Wang", signed)
    assert [rows[0][place].date() for place in (3, 8)] == [date(2026, 9, 30), date(2026, 10, 9)]
    assert [row[1] for row in rows] == [58, 3, None, None]
    assert rows[2][9] == why
    assert len(list(book[checks].iter_rows(min_row=2))) == len(filled.checks)


@pytest.mark.parametrize(("language", "note", "wrong"), [
    ("en", "the office must check", "contradicts: “of them, graduated” is 58"),
    ("zh-hans", "对照现行通知", "矛盾：“其中：毕业人数”在"),
])  # fmt: skip
def test_the_word_file_says_the_same(filled, language, note, wrong):
    word = Document(BytesIO(write_collection_docx(filled, language=language)))
    text = "\n".join(paragraph.text for paragraph in word.paragraphs)
    assert note in text
    assert wrong in text
    cells = [[cell.text for cell in row.cells] for row in word.tables[0].rows]
    assert [row[1] for row in cells[1:3]] == ["58", "3"]
    assert cells[3][1] == ("not recorded" if language == "en" else "未填报")
    assert cells[1][7].endswith("2026-10-09")
