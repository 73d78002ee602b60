"""The demonstration: a real university and a simulated college, and what there is to find in them.

Read from top to bottom. Nothing here needs the web; the pages show the same two institutions.
"""

import polars as pl
import pytest

from tests.unit.demo.making import RATED, measured, on_the_scale_of_profiles, share_inside
from yucai.demo import PROBLEMS, open_university, simulate_college


@pytest.fixture(scope="module")
def university():
    return open_university()


@pytest.fixture(scope="module")
def college():
    return measured().college


@pytest.fixture(scope="module")
def calibration():
    return measured().calibration


@pytest.fixture(scope="module")
def profiles():
    return measured().profiles


# 1. A real university: anonymised learners of 2013-14


def test_the_university_is_real_and_says_whose_data_it_is(university):
    assert not university.space.simulated
    assert university.space.attribution.en.startswith("Open University Learning Analytics Dataset: Kuzilek, Hlosta,")
    assert university.space.licence == "CC BY 4.0"


def test_it_holds_22_presentations_of_206_assessments(university):
    assert (university.presentations.height, university.assessments.height) == (22, 206)
    assert (university.enrolments.height, university.n_results) == (32_593, 173_912)


def test_what_the_source_lacks_is_left_out_and_counted(university):
    marks = university.responses.table.filter(~pl.col("item").str.contains("/on-time-"))
    assert university.n_without_score == 173
    assert marks.height == university.n_results - university.n_without_score


def test_a_value_names_the_row_it_came_from(university):
    first = university.responses.table.row(0, named=True)
    assert (first["learner"], first["score"], first["max_score"]) == ("ou-11391", 78.0, 100.0)
    assert (first["source_file"], first["source_row"]) == ("OULAD student_assessment", 1)


def test_gender_region_and_the_like_are_kept_apart(university):
    assert university.protected.columns == ["learner", "occasion", "trait", "value"]
    assert not {"gender", "region", "disability"} & {*university.people.columns, *university.enrolments.columns}


# 2. A simulated college: nobody in it exists


def test_the_college_has_240_students_of_four_entry_years(college):
    assert college.space.simulated
    assert college.people.group_by("cohort").len().sort("cohort").rows() == [
        ("2022", 60), ("2023", 60), ("2024", 60), ("2025", 60),
    ]  # fmt: skip


def test_their_evidence_is_of_five_kinds(college):
    kinds = college.responses.table["item"].str.split("/").list.first()
    assert sorted(kinds.unique()) == ["award", "exam", "rubric", "survey", "test"]


def test_around_them_are_mentors_labs_firms_and_projects(college):
    project = college.projects.row(0, named=True)
    assert project["name_en"] == "Thin films that conduct without loss (simulated)"
    assert project["name_zh"] == "无损耗导电薄膜（模拟）"
    assert (project["lab"], project["firm"], project["mentor"], project["firm_mentor"]) == ("L01", "F1", "M01", "M03")
    assert len(project["members"]) == 4


def test_the_same_seed_gives_the_same_college(college):
    assert simulate_college().responses.table.equals(college.responses.table)
    assert not simulate_college(seed=1).responses.table.equals(college.responses.table)


# 3. Its truth is known, so that measurement can be held against it


def test_where_each_student_truly_stands_is_kept_beside_the_data(college):
    truth = college.truth.to_table()
    assert truth.columns == ["learner", "occasion", "quality", "place"]
    assert truth.filter(learner="2025010001")["occasion"].unique().to_list() == ["2025-2026"]


def test_intervals_hold_the_truth_about_nine_times_in_ten(college, profiles):
    places = on_the_scale_of_profiles(college.truth, profiles)
    assert share_inside(places, profiles, RATED) == pytest.approx(0.9, abs=0.03)


# 4. Five problems are planted


def test_each_problem_says_whom_it_concerns_where_it_is_found_and_what_it_teaches(college):
    assert {problem.code: problem.who for problem in college.planted} == {
        "severe-rater": ("R07",),
        "misleading-exam": ("exam/optics-2024-2025-2",),
        "gone-quiet": ("2024010018",),
        "unfair-rule": ("bonus-2025",),
        "same-name": ("2023010012", "2023010042"),
    }
    for problem in college.planted:
        assert all(said.en and said.zh for said in (problem.what, problem.found, problem.learnt))


def test_the_severe_rater_is_found_on_every_quality(calibration):
    severe = [r.rater for scale in calibration.scales for r in scale.raters if r.far_off and r.severity > 0]
    assert severe == ["R07"] * len(RATED)


def test_the_misleading_exam_is_found_and_no_other(calibration):
    items = [item.item for scale in calibration.scales for item in scale.items if item.misleading]
    assert items == ["exam/optics-2024-2025-2"]


def test_the_student_who_has_gone_quiet_has_no_profile_rather_than_a_low_one(profiles):
    assert profiles.units.filter(learner="2024010018")["occasion"].to_list() == ["2024-2025"]


def test_a_problem_can_be_left_out(college):
    calm = simulate_college(without=("unfair-rule", "same-name"))
    assert len(calm.planted) == len(PROBLEMS) - 2
    assert calm.rules.height == college.rules.height - 1
    assert calm.people["name_zh"].n_unique() == 240
