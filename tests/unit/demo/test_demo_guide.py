"""The guide to the demonstration says what is there: its figures and its names are those of the two institutions."""

from pathlib import Path

import pytest

from yucai.demo import open_university, simulate_college

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "demo.md"


@pytest.fixture(scope="module")
def guide():
    return GUIDE.read_text(encoding="utf-8")


def test_its_figures_of_the_university_are_right(guide):
    university = open_university()
    marks = university.n_results - university.n_without_score
    for figure in (university.people.height, university.enrolments.height, marks):
        assert f"{figure:,}" in guide
    assert f"{university.presentations.height} course presentations" in guide
    assert f"{university.n_without_score} results without a score" in guide


def test_its_figures_of_the_college_are_right(guide):
    college = simulate_college()
    assert f"{len(college.responses):,} scores" in guide
    around = (
        f"{college.mentors.height} mentors, {college.labs.height} laboratories, {college.firms.height} firms, "
        f"{college.projects.height} projects, {college.counties.height} counties, {college.rules.height} rules"
    )
    assert around in guide
    assert f"ratings by {college.raters.height} raters" in guide


def test_it_names_whom_each_planted_problem_concerns_in_both_languages(guide):
    english, chinese = guide.split("\n## 中文\n")
    for problem in simulate_college().planted:
        if problem.code in {"misleading-exam", "unfair-rule"}:  # shown under their names, not their codes
            continue
        for who in problem.who:
            assert who in english
            assert who in chinese


def test_its_figures_of_the_question_bank_are_right(guide):
    trial = simulate_college().trial
    assert f"{trial.height:,}" in guide
    assert f"bank of {trial['item'].n_unique()} questions" in guide
    assert trial.filter(trial["learner"].str.starts_with("20230100"))["learner"].n_unique() == 30  # of 60: 2023-2
