"""Ratings: from works and raters to ratings that can be compared, and what is said when they cannot.

Read from top to bottom. Twelve projects are rated with a rubric by four raters: each by two, and two projects by all.
"""

from datetime import UTC, datetime

import numpy as np
import pytest
from openpyxl import load_workbook

from yucai.evidence import (
    ConflictReason,
    RatedWork,
    RatingConflict,
    add_seats,
    check_design,
    hand_in,
    open_round,
    plan_ratings,
    read_rating_sheet,
    visible_ratings,
    write_rating_sheet,
)
from yucai.framework import load_rubric

RUBRIC = load_rubric("rubric-nine-qualities")
WORKS = [RatedWork(code=f"P{n:02d}", title=f"Project {n}", learners=(f"S{n:02d}",)) for n in range(1, 13)]
RATERS = ["An", "Bai", "Chen", "Deng"]
AT = datetime(2026, 6, 1, tzinfo=UTC)


def planned(**more):
    return plan_ratings(
        WORKS, RATERS, RUBRIC, code="projects-2026", occasion="2026-1", rng=np.random.default_rng(8), **more
    )


@pytest.fixture
def plan():
    return planned(common=2, conflicts=[RatingConflict(rater="An", learner="S05", reason=ConflictReason.SUPERVISES)])


@pytest.fixture
def sheet(plan, tmp_path):
    file = tmp_path / "An.xlsx"
    write_rating_sheet(plan, RUBRIC, "An", file=file)
    return file


# 1. Plan: who rates what


def test_every_work_has_its_raters_and_common_works_have_all(plan):
    for work in plan.works:
        raters = [seat.rater for seat in plan.seats if seat.work == work.code]
        assert len(raters) == (4 if work.code in plan.common else 2)


def test_nobody_rates_whom_they_supervise(plan):
    assert "P05" not in [work.code for work in plan.works_of("An")]


def test_loads_are_even(plan):
    assert sorted(len(plan.works_of(rater)) for rater in RATERS) == [7, 7, 7, 7]


# 2. Check before rating starts


def test_linked_raters_can_be_compared(plan):
    report = check_design(plan)
    assert report.separable
    assert report.sentences[0].en == "The severities of all 4 raters can be compared: works in common link them."
    assert "An: 7 works, 7 with others; severity known to ±0.5" in report.in_language("en")


def test_a_plan_that_separates_nobody_says_so_and_what_to_change():
    report = check_design(planned(each=1))
    assert not report.separable
    said = report.in_language("zh").splitlines()
    assert said[0].startswith("各评分人的宽严无法区分：（An）与（Bai）与（Chen）与（Deng） 之间没有共同评分的作品")
    assert said[1].startswith("请 Bai 再评 An 所评的 P")


def test_with_those_changes_it_can():
    plan = planned(each=1)
    assert check_design(add_seats(plan, check_design(plan).changes)).separable


# 3. Out and in as a sheet


def test_one_row_is_a_work_and_one_column_a_criterion(sheet):
    page = load_workbook(sheet).worksheets[0]
    assert page["A3"].value == "作品\nWork"
    assert page["C3"].value == "学科融合\nJoining fields"
    assert page.max_row == 3 + 7


def test_what_is_filled_in_comes_back_as_responses_and_what_is_open_is_listed(plan, sheet):
    book = load_workbook(sheet)
    book.worksheets[0]["C4"].value = 4  # level 4 is a score of 3
    book.save(sheet)
    reading = read_rating_sheet(sheet, plan, RUBRIC, rater="An", at=AT)
    [row] = reading.responses.table.rows(named=True)
    assert (row["item"], row["score"], row["rater"]) == ("rubric/interdisciplinary-literacy/whole", 3.0, "An")
    assert len(reading.report.missing) == 7 * 9 - 1
    assert reading.report.sound


def test_what_is_wrong_is_told_at_once_with_its_row(plan, sheet):
    book = load_workbook(sheet)
    page = book.worksheets[0]
    page["C4"].value, page["D5"].value, page["L6"].value = 9, "good", "是"
    book.save(sheet)
    reading = read_rating_sheet(sheet, plan, RUBRIC)
    assert [(row.row, row.faults[0].code) for row in reading.report.refused] == [(4, "out-of-range"), (5, "no-level")]
    assert [aside.row for aside in reading.report.aside] == [6]
    assert len(reading.responses) == 0


def test_somebody_elses_sheet_gives_nothing(plan, sheet):
    reading = read_rating_sheet(sheet, plan, RUBRIC, rater="Bai")
    assert [fault.code for fault in reading.report.faults] == ["other-rater"]


# 4. Blind until handed in


def test_others_are_seen_after_the_own_hand_in_and_only_on_works_rated_oneself(plan, tmp_path):
    round_ = open_round(plan)
    for rater in ("An", "Bai"):
        file = tmp_path / f"{rater}.xlsx"
        write_rating_sheet(plan, RUBRIC, rater, file=file)
        book = load_workbook(file)
        for row in range(4, 4 + len(plan.works_of(rater))):
            book.worksheets[0].cell(row, 3).value = 3
        book.save(file)
        ratings = read_rating_sheet(file, plan, RUBRIC, rater=rater).responses
        assert len(visible_ratings(round_, rater)) == 0
        round_ = hand_in(round_, ratings, rater=rater, at=AT)
    seen = visible_ratings(round_, "Bai").table
    mine = {work.learners[0] for work in plan.works_of("Bai")}
    assert set(seen["learner"]) == mine
    assert set(seen["rater"]) == {"An", "Bai"}
    assert round_.outstanding == ("Chen", "Deng")
