"""Sheets out and in: what is filled in comes back exactly, whatever a spreadsheet program does to it on the way."""

# One sentence a line, however long, so that both languages can be read side by side.
# ruff: noqa: E501

import csv
import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from zipfile import ZipFile

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from tests.unit.evidence.rating_making import CODES, RUBRIC, Opened, a_plan, a_sheet, levels_of, ratings, works
from yucai.evidence import (
    FileMissingError,
    LearnersShown,
    OtherRubricError,
    RatedWork,
    RatingSheetNotWrittenError,
    UnknownRaterError,
    read_rating_sheet,
    write_rating_sheet,
)

NAMES = [criterion.name.en for criterion in RUBRIC.criteria]


@pytest.fixture
def plan():
    return a_plan(6)


@pytest.fixture
def opened(tmp_path, plan):
    return Opened(a_sheet(tmp_path, plan))


def mine(plan, rater="An"):
    return [work.code for work in plan.works_of(rater)]


def read(opened, plan, **more):
    return read_rating_sheet(opened.save(), plan, RUBRIC, **more)


def codes(reading):
    return [row.faults[0].code for row in reading.report.refused]


# Out


def test_the_sheet_offers_works_by_criteria_and_nothing_else(opened, plan):
    titles = [cell.value for cell in opened.sheet[3]]
    assert titles[:3] == ["作品\nWork", "题目\nTitle", "学科融合\nJoining fields"]
    assert titles[-2:] == ["有利益关系？（是）\nConflict of interest? (yes)", "备注\nRemarks"]
    assert len(titles) == 2 + len(CODES) + 2
    assert [opened.sheet.cell(row, 1).value for row in range(4, opened.sheet.max_row + 1)] == mine(plan)


def test_only_inputs_can_be_changed_and_there_is_no_password(opened):
    assert opened.sheet.protection.sheet
    assert opened.sheet.protection.password is None
    open_cells = {cell.coordinate for row in opened.sheet for cell in row if not cell.protection.locked}
    assert open_cells == {cell.coordinate for row in opened.sheet["C4:M7"] for cell in row}
    assert opened.sheet.freeze_panes == "C4"


def test_levels_and_yes_are_offered_and_anything_else_is_stopped(opened):
    rules = {str(rule.sqref): rule for rule in opened.sheet.data_validations.dataValidation}
    assert rules["C4:C7"].formula1 == '"1,2,3,4,5"'
    assert rules["C4:C7"].errorStyle == "stop"
    assert rules["C4:C7"].error == "请填 1 至 5 的整数，或留空。\nA whole number from 1 to 5, or nothing."
    assert rules["L4:L7"].formula1 == '"是,yes"'
    assert len(rules) == 10


def test_anchors_are_in_sight_twice(opened):
    comment = opened.sheet["C3"].comment.text
    anchors = RUBRIC.criteria[0].anchors
    rubric = opened.book.worksheets[1]
    for anchor in anchors:
        assert f"{anchor.rank}  {anchor.observed.zh}" in comment
        assert f"{anchor.rank}  {anchor.observed.en}" in comment
        assert rubric.cell(2, 2 + anchor.rank).value == f"{anchor.observed.zh}\n{anchor.observed.en}"


def test_a_sheet_may_speak_one_language(tmp_path, plan):
    file = a_sheet(tmp_path, plan, languages=("en",))
    assert [cell.value for cell in Opened(file).sheet[3]][:3] == ["Work", "Title", "Joining fields"]
    assert read_rating_sheet(file, plan, RUBRIC).report.notices == ()


def test_two_readers_find_the_same(opened):
    by_calamine = CalamineWorkbook.from_path(opened.file).get_sheet_by_index(0).to_python()
    by_openpyxl = [[cell.value or "" for cell in row] for row in opened.sheet]
    assert [[str(x) for x in row] for row in by_calamine] == [[str(x) for x in row] for row in by_openpyxl]


@pytest.mark.parametrize(("shown", "seen"), [
    (LearnersShown.BLIND, set()), (LearnersShown.NUMBERS, {"s-17"}), (LearnersShown.NAMES, {"王丽"}),
])  # fmt: skip
def test_a_sheet_tells_of_learners_what_the_plan_says(tmp_path, shown, seen):
    plan = a_plan(given=[RatedWork(code="W", title="t", learners=("s-17",), names=("王丽",))], each=3, shown=shown)
    with ZipFile(a_sheet(tmp_path, plan)) as archive:
        said = unescape("".join(archive.read(name).decode(errors="replace") for name in archive.namelist()))
    assert {who for who in ("s-17", "王丽") if who in said} == seen


def test_no_other_ratings_reach_a_sheet(tmp_path, plan):
    own = ratings(plan, "An", {(mine(plan)[0], CODES[0]): 5})
    others = ratings(plan, "Bai", {(work, code): 2 for work in mine(plan, "Bai") for code in CODES})
    both = type(own)(pl.concat([own.table, others.table]))
    reading = read_rating_sheet(a_sheet(tmp_path, plan, ratings=both), plan, RUBRIC)
    assert levels_of(reading.responses) == levels_of(own)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "'"])
def test_what_looks_like_a_formula_is_text(tmp_path, start):
    odd = f"{start}cmd|' /C calc'!A1"
    plan = a_plan(
        given=[RatedWork(code=f"={k}", title=odd, learners=(f"@{k}",)) for k in range(3)], shown=LearnersShown.NUMBERS
    )
    opened = Opened(a_sheet(tmp_path, plan))
    assert {cell.data_type for row in opened.sheet for cell in row} <= {"s", "n"}
    assert opened.sheet["A4"].quotePrefix
    assert opened.sheet["B4"].value == odd.replace("\t", "")
    with ZipFile(opened.file) as archive:
        assert b"<f>" not in b"".join(archive.read(n) for n in archive.namelist() if "worksheets/" in n)
    opened.put("=0", NAMES[0], 3)
    assert levels_of(read(opened, plan).responses) == {("@0", CODES[0]): 3}


def test_a_sheet_is_for_a_rater_and_a_rubric_of_the_plan(tmp_path, plan):
    with pytest.raises(UnknownRaterError):
        a_sheet(tmp_path, plan, "Zhu")
    with pytest.raises(
        OtherRubricError, match=r"is for the rubric rubric-nine-qualities 0\.9, but rubric-nine-qualities 1\.0"
    ):
        a_sheet(tmp_path, replace(plan, rubric_version="0.9"))


def test_what_cannot_be_written_is_said(tmp_path, plan):
    with pytest.raises(RatingSheetNotWrittenError, match=r"“An\.xlsx” could not be written"):
        write_rating_sheet(plan, RUBRIC, "An", file=tmp_path / "nowhere" / "An.xlsx")


# In


PLAN = a_plan(5)
RATED = st.dictionaries(
    st.tuples(st.sampled_from([work.code for work in PLAN.works_of("Bai")]), st.sampled_from(CODES)), st.integers(1, 5)
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(levels=RATED)
def test_what_was_rated_comes_back_exactly(tmp_path, levels):
    rated = ratings(PLAN, "Bai", levels)
    reading = read_rating_sheet(a_sheet(tmp_path, PLAN, "Bai", ratings=rated), PLAN, RUBRIC)
    columns = ["learner", "item", "score", "max_score", "rater", "occasion"]
    assert reading.responses.table.select(columns).sort(columns).equals(rated.table.select(columns).sort(columns))
    assert reading.report.sound
    assert len(reading.report.missing) + len(levels) == len(CODES) * len(PLAN.works_of("Bai"))


def test_level_one_is_a_score_of_nought_and_every_rating_knows_its_cell(opened, plan):
    opened.put(mine(plan)[1], NAMES[0], 1)
    at = datetime(2026, 6, 1, 8, tzinfo=UTC)
    [row] = read(opened, plan, at=at).responses.table.rows(named=True)
    assert (row["score"], row["max_score"]) == (0.0, 4.0)
    assert (row["item"], row["rater"], row["occasion"], row["at"]) == (CODES[0], "An", "2026-1", at)
    assert (row["source_file"], row["source_sheet"], row["source_row"]) == ("An.xlsx", "评分 Ratings", 5)


def test_what_is_not_yet_rated_is_listed_and_no_fault(opened, plan):
    first, *others = mine(plan)
    for name in NAMES[1:]:
        opened.put(first, name, 3)
    report = read(opened, plan).report
    assert report.sound
    assert report.missing[0] == (first, CODES[0])
    assert f"Not yet rated: {first} (1 of 9), {others[0]} (9 of 9)" in report.in_language("en")
    assert f"尚未评分：{first}（1/9）、{others[0]}（9/9）" in report.in_language("zh")


@pytest.mark.parametrize("typed", [4, 4.0, "4", "4.0", "４", "４．０", " 4 ", "4,0", "+4"])
def test_a_level_is_read_however_it_is_typed(opened, plan, typed):
    opened.put(mine(plan)[0], NAMES[0], typed)
    reading = read(opened, plan)
    assert levels_of(reading.responses) == {("L" + mine(plan)[0][1:], CODES[0]): 4}
    assert reading.report.sound


@pytest.mark.parametrize("typed", [None, "", " ", "-", "—", "/", "N/A", "未见"])
def test_what_was_not_seen_stays_open(opened, plan, typed):
    opened.put(mine(plan)[0], NAMES[0], typed)
    reading = read(opened, plan)
    assert len(reading.responses) == 0
    assert reading.report.sound


@pytest.mark.parametrize(("typed", "code", "en", "zh"), [
    (0, "out-of-range", "“求新与实现 Finding and making something new”: 0 is no level. Levels run from 1 to 5; what was not seen stays open.", "“求新与实现 Finding and making something new”：0 不是等级。等级为 1 至 5；没有看到的请留空。"),
    (6, "out-of-range", "“求新与实现 Finding and making something new”: 6 is no level. Levels run from 1 to 5; what was not seen stays open.", "“求新与实现 Finding and making something new”：6 不是等级。等级为 1 至 5；没有看到的请留空。"),
    (-1, "out-of-range", "“求新与实现 Finding and making something new”: -1 is no level. Levels run from 1 to 5; what was not seen stays open.", "“求新与实现 Finding and making something new”：-1 不是等级。等级为 1 至 5；没有看到的请留空。"),
    (3.5, "between-levels", "“求新与实现 Finding and making something new”: 3.5 lies between two levels. Choose the highest whole level that was seen in every part.", "“求新与实现 Finding and making something new”：3.5 介于两级之间。请选各项表现均已看到的最高整数等级。"),
    ("优秀", "no-level", "“求新与实现 Finding and making something new”: “优秀” is no number. Enter a level from 1 to 5; put words under remarks.", "“求新与实现 Finding and making something new”：“优秀”不是数字。请填 1 至 5 的等级；文字请写入备注。"),
])  # fmt: skip
def test_what_is_no_level_is_refused_and_the_rest_of_the_row_is_kept(opened, plan, typed, code, en, zh):
    work = mine(plan)[0]
    opened.put(work, "Finding and making something new", typed)
    opened.put(work, NAMES[0], 2)
    reading = read(opened, plan)
    [row] = reading.report.refused
    assert (row.faults[0].code, row.row) == (code, 4)
    assert row.in_language("en") == f"评分 Ratings row 4: {en}"
    assert row.in_language("zh") == f"评分 Ratings 第 4 行：{zh}"
    assert list(levels_of(reading.responses).values()) == [2]


def test_all_faults_are_told_at_once(opened, plan):
    first, second, third, fourth = mine(plan)
    opened.put(first, NAMES[0], "good")
    opened.put(first, NAMES[1], 9)
    stranger = next(work.code for work in plan.works if work.code not in mine(plan))
    for row, work in ((8, "W77"), (9, stranger), (10, None), (11, second)):
        opened.sheet.cell(row, 1).value = work
        opened.sheet.cell(row, 4).value = 3
    opened.put(second, NAMES[0], 4)
    opened.put(third, "Conflict of interest? (yes)", "maybe")
    opened.put(fourth, NAMES[2], 5)
    reading = read(opened, plan)
    assert codes(reading) == [
        "no-level",
        "out-of-range",
        "unclear-conflict",
        "unknown-work",
        "not-assigned",
        "no-work",
        "twice",
    ]
    assert levels_of(reading.responses) == {(f"L{fourth[1:]}", CODES[2]): 5}
    said = reading.report.in_language("zh")
    assert "“W77”不是本方案的作品。请改正编号。" in said
    assert f"“{stranger}”没有分给 An。请删去该行，或先调整方案。" in said
    assert f"“{second}”在第 5 行已出现，两行均未读入。请只保留一行。" in said
    assert "没有作品编号。请补上。" in said


@pytest.mark.parametrize("ticked", ["是", "yes", "Ｙ", "√", 1, True, "有"])
def test_a_row_with_a_conflict_of_interest_is_kept_aside_and_named(opened, plan, ticked):
    first, second, *_others = mine(plan)
    opened.put(first, "Conflict of interest? (yes)", ticked)
    opened.put(first, NAMES[0], 5)
    opened.put(second, NAMES[0], 2)
    reading = read(opened, plan)
    [aside] = reading.report.aside
    assert (aside.work, aside.row, aside.levels) == (first, 4, {CODES[0]: 5})
    assert list(levels_of(reading.responses)) == [(f"L{second[1:]}", CODES[0])]
    assert first not in {work for work, _criterion in reading.report.missing}
    assert (
        f"Conflict of interest declared: “{first}” (row 4) was kept aside. Give it to somebody else."
        in reading.report.in_language("en")
    )
    assert f"声明有利益关系：“{first}”（第 4 行）已搁置。请改由他人评。" in reading.report.in_language("zh")


@pytest.mark.parametrize("ticked", ["否", "no", 0, "无", "-"])
def test_no_under_conflict_is_no_conflict(opened, plan, ticked):
    opened.put(mine(plan)[0], "Conflict of interest? (yes)", ticked)
    opened.put(mine(plan)[0], NAMES[0], 5)
    reading = read(opened, plan)
    assert (reading.report.aside, len(reading.responses)) == ((), 1)


def test_a_conflict_in_a_row_that_stands_twice_takes_nothing_in(opened, plan):
    first = mine(plan)[0]
    opened.put(first, "Conflict of interest? (yes)", "yes")
    opened.sheet.cell(8, 1).value = first
    opened.sheet.cell(8, 3).value = 3
    opened.sheet.cell(9, 1).value = first
    opened.sheet.cell(9, 3).value = 3
    reading = read(opened, plan)
    assert codes(reading) == ["twice", "twice"]
    assert len(reading.responses) == 0


def test_remarks_are_kept_as_they_were_written(opened, plan):
    opened.put(mine(plan)[1], "Remarks", " 见附件４ · see p. ５ ")
    assert [(r.work, r.text) for r in read(opened, plan).report.remarks] == [(mine(plan)[1], "见附件４ · see p. ５")]


def test_a_formula_under_conflict_of_interest_keeps_the_row_aside(opened, plan):
    opened.put(mine(plan)[0], "Conflict of interest? (yes)", "=TRUE()")
    opened.put(mine(plan)[0], NAMES[0], 5)
    reading = read(opened, plan)
    assert (codes(reading), len(reading.responses), len(reading.report.aside)) == (["unclear-conflict"], 0, 1)


def test_the_sheet_of_another_rater_gives_nothing(opened, plan):
    opened.put(mine(plan)[0], NAMES[0], 5)
    reading = read(opened, plan, rater="Bai")
    assert len(reading.responses) == 0
    assert [fault.code for fault in reading.report.faults] == ["other-rater"]
    assert "it is the sheet of An, but Bai hands it in. Nothing was taken." in reading.report.in_language("en")
    assert "这是 An 的评分表，交表人却是 Bai。未读入任何评分。" in reading.report.in_language("zh")


def test_another_version_of_the_rubric_gives_nothing(opened, plan):
    opened.put(mine(plan)[0], NAMES[0], 5)
    newer = replace(RUBRIC, version="1.1")
    reading = read_rating_sheet(opened.save(), replace(plan, rubric_version="1.1"), newer)
    assert len(reading.responses) == 0
    assert (
        "it was made for version 1.0 of the rubric, but version 1.1 is in use: a level may mean something else."
        in reading.report.in_language("en")
    )
    assert "此表使用的量规版本为 1.0，现行版本为 1.1" in reading.report.in_language("zh")


def test_a_sheet_of_another_plan_and_term_is_told_in_one_go(opened, plan):
    reading = read_rating_sheet(
        opened.save(), replace(plan, code="theses", occasion="2026-2", raters=("Zhu",), seats=()), RUBRIC
    )
    assert [fault.code for fault in reading.report.faults] == ["unknown-rater", "other-plan", "other-occasion"]
    assert "it was made for the plan “projects”, but “theses” is expected." in reading.report.in_language("en")
    assert "此表的学期为“2026-1”，这里需要的是“2026-2”。" in reading.report.in_language("zh")


def test_a_plan_that_changed_meanwhile_is_said(opened, plan):
    grown = replace(
        plan, works=(*plan.works, *works(1, "X")), seats=(*plan.seats, replace(plan.seats[0], rater="An", work="X00"))
    )
    grown = replace(grown, works=(*plan.works, replace(works(1, "X")[0], learners=("new",))))
    report = read_rating_sheet(opened.save(), grown, RUBRIC).report
    assert [notice.code for notice in report.notices] == ["plan-changed", "rows-gone"]
    assert ("X00", CODES[0]) in report.missing


def test_rows_in_another_order_columns_moved_and_further_columns_do_no_harm(opened, plan):
    sheet = opened.sheet
    first, *_between, fourth = mine(plan)
    opened.put(first, NAMES[0], 1)
    opened.put(fourth, NAMES[8], 5)
    grid = [[cell.value for cell in row] for row in sheet["A3:M7"]]
    grid = [grid[0], *grid[:0:-1]]
    moved = [[row[0], "注" if n == 0 else 7, *row[:0:-1]] for n, row in enumerate(grid)]
    for row, cells in enumerate(moved, start=3):
        for column, value in enumerate(cells, start=1):
            sheet.cell(row, column).value = value
    reading = read(opened, plan)
    assert levels_of(reading.responses) == {(f"L{first[1:]}", CODES[0]): 1, (f"L{fourth[1:]}", CODES[8]): 5}
    assert reading.responses.table["source_row"].to_list() == [7, 4]
    assert reading.report.ignored == ("注",)
    assert reading.report.sound


def test_columns_that_were_deleted_count_as_open_and_are_named(opened, plan):
    opened.put(mine(plan)[0], NAMES[8], 5)
    opened.sheet.delete_cols(opened.place("Title"), 2)  # title and the first criterion
    opened.sheet.delete_cols(opened.place("Remarks") - 1, 2)  # conflict and remarks
    reading = read(opened, plan)
    assert levels_of(reading.responses) == {(f"L{mine(plan)[0][1:]}", CODES[8]): 5}
    assert [notice.code for notice in reading.report.notices] == ["columns-gone", "no-conflict-column"]
    assert "these criteria have no column any more: 学科融合 Joining fields." in reading.report.in_language("en")


def test_a_column_that_stands_twice_is_refused(opened, plan):
    opened.sheet.cell(3, 20).value = "Joining fields"
    report = read(opened, plan).report
    assert [fault.in_language("zh") for fault in report.faults] == [
        "“学科融合 Joining fields”列重复。请删去无效的一列。"
    ]


def test_ratings_on_several_sheets_and_on_none_are_refused(opened, plan):
    opened.book.copy_worksheet(opened.sheet).title = "copy"
    assert [f.code for f in read(opened, plan).report.faults] == ["several-sheets"]
    del opened.book["copy"]
    del opened.book[opened.sheet.title]
    assert [f.code for f in read(opened, plan).report.faults] == ["no-sheet"]


def test_without_its_last_page_a_sheet_needs_to_be_told_whose_it_is(opened, plan):
    opened.put(mine(plan)[0], NAMES[0], 5)
    del opened.book[opened.book.sheetnames[2]]
    assert [f.code for f in read(opened, plan).report.faults] == ["no-rater"]
    reading = read(opened, plan, rater="An")
    assert len(reading.responses) == 1
    assert [notice.code for notice in reading.report.notices] == ["no-about"]


def test_a_formula_that_was_never_computed_is_no_empty_cell(opened, plan):
    opened.put(mine(plan)[0], NAMES[0], "=2+2")
    reading = read(opened, plan)
    assert codes(reading) == ["formula"]
    assert "a formula without a result stands there. Type a level from 1 to 5 instead." in reading.report.in_language(
        "en"
    )


def test_a_formula_with_its_result_is_read_and_said(opened, plan, tmp_path):
    opened.put(mine(plan)[0], NAMES[0], "=2+2")
    file = tmp_path / "computed.xlsx"
    with ZipFile(opened.save()) as before, ZipFile(file, "w") as after:
        for name in before.namelist():
            after.writestr(name, re.sub(rb"<f>2\+2</f><v ?(?:/>|></v>)", b"<f>2+2</f><v>4</v>", before.read(name)))
    reading = read_rating_sheet(file, plan, RUBRIC)
    assert levels_of(reading.responses) == {(plan.works_of("An")[0].learners[0], CODES[0]): 4}
    assert "formulas stand in 1 cell; the results that the file holds were read." in reading.report.in_language("en")


def test_rows_that_are_gone_and_codes_that_were_changed_are_named(opened, plan):
    first, second, *_rest = mine(plan)
    opened.sheet.cell(opened.row(first), 1).value = "Z9"
    opened.sheet.delete_rows(opened.row(second))
    report = read(opened, plan).report
    assert [fault.code for row in report.refused for fault in row.faults] == ["unknown-work"]
    assert f"these works have no row any more: {first}, {second}." in report.in_language("en")
    assert f"以下作品的行已不在表中：{first}, {second}。" in report.in_language("zh")


def test_a_sheet_saved_as_csv_is_read_too(opened, plan, tmp_path):
    opened.put(mine(plan)[0], NAMES[0], 4)
    file = tmp_path / "an.csv"
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out).writerows([["" if c.value is None else c.value for c in row] for row in opened.sheet])
    reading = read_rating_sheet(file, plan, RUBRIC, rater="An")
    assert list(levels_of(reading.responses).values()) == [4]


def test_a_shared_work_gives_one_response_for_each_learner(tmp_path):
    plan = a_plan(given=[RatedWork(code="team", title="t", learners=("a", "b")), *works(3)], each=3)
    opened = Opened(a_sheet(tmp_path, plan))
    opened.put("team", NAMES[0], 4)
    reading = read(opened, plan)
    assert levels_of(reading.responses) == {("a", CODES[0]): 4, ("b", CODES[0]): 4}
    assert reading.report.kept_count == 1


def test_a_file_that_is_not_there_is_said(tmp_path, plan):
    with pytest.raises(FileMissingError):
        read_rating_sheet(tmp_path / "none.xlsx", plan, RUBRIC)


def test_two_criteria_of_one_name_are_told_apart_by_their_code(tmp_path):
    double = replace(RUBRIC, criteria=(RUBRIC.criteria[0], replace(RUBRIC.criteria[1], name=RUBRIC.criteria[0].name)))
    plan = a_plan(3)
    file = tmp_path / "An.xlsx"
    write_rating_sheet(plan, double, "An", file=file)
    book = load_workbook(file)
    assert book.worksheets[0]["D3"].value == f"学科融合\nJoining fields\n{CODES[1]}"
    book.worksheets[0]["D4"].value = 2
    book.save(file)
    assert list(levels_of(read_rating_sheet(file, plan, double).responses).items()) == [
        ((f"L{mine(plan)[0][1:]}", CODES[1]), 2)
    ]


def test_where_formulas_cannot_be_looked_for_it_is_said(opened, plan, tmp_path):
    """A workbook whose properties are damaged: one reader takes it all the same, the other does not."""
    opened.put(mine(plan)[0], NAMES[0], 4)
    damaged = tmp_path / "damaged.xlsx"
    with ZipFile(opened.save()) as whole, ZipFile(damaged, "w") as out:
        for name in whole.namelist():
            out.writestr(name, b"<broken" if name == "docProps/core.xml" else whole.read(name))
    reading = read_rating_sheet(damaged, plan, RUBRIC)
    assert list(levels_of(reading.responses).values()) == [4]
    assert [notice.code for notice in reading.report.notices] == ["formulas-unchecked"]
