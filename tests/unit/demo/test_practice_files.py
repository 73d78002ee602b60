"""The practice files: read as an office reads its own, they give back the college, and their faults are told."""

from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from yucai.demo import FolderTakenError, plan_practice_files, simulate_college, write_practice_files
from yucai.evidence import read_table, responses_from

AT = datetime(2026, 9, 11, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def college():
    return simulate_college()


@pytest.fixture(scope="module")
def written(college, tmp_path_factory):
    return write_practice_files(college, tmp_path_factory.mktemp("x") / "files", rng=np.random.default_rng(3))


@pytest.fixture(scope="module")
def readings(written):
    """Every file as it is read when nobody says what it is, by the number at the head of its name."""
    return {file.name[:2]: read_table(written.folder / file.name, at=AT) for file in written.files}


def test_every_file_is_told_for_what_it_is(written, readings):
    assert [readings[file.name[:2]].profile.code for file in written.files] == [file.profile for file in written.files]


def test_every_file_says_that_it_is_simulated(written):
    assert all("模拟" in file.name for file in written.files)


def test_the_four_lists_hold_every_student_once_and_nothing_private(college, readings):
    lists = [readings[number] for number in ("01", "02", "03", "04")]
    people = pl.concat([reading.table.select("learner", "class_name", "major") for reading in lists])
    assert people["learner"].sort().to_list() == college.people["learner"].sort().to_list()
    for reading in lists:
        assert list(reading.report.dropped) == ["身份证号", "手机号码", "家庭住址"]
        assert not [title for title in reading.table.columns if "证" in title or "手机" in title]


def test_names_survive_old_encodings(readings):
    names = dict(readings["03"].table.select("learner", "name").iter_rows())
    assert (names["2024010005"], names["2024010007"]) == ("阿依古丽·买买提江", "欧阳𬱖")
    assert readings["03"].report.encoding == "gb18030"


def test_grades_come_back_as_they_were(college, readings):
    reading = readings["05"]
    exams = college.responses.table.filter(
        pl.col("item").str.starts_with("exam/") & pl.col("occasion").str.starts_with("2024-2025")
    )
    assert (reading.table.height, reading.report.refused_count) == (exams.height, 0)
    assert set(reading.table["term"]) == set(exams["occasion"])
    marks = reading.table.filter(pl.col("grade_kind") == "number").group_by("learner").agg(pl.col("grade_value").sum())
    levelled = ("history", "writing", "ethics", "policy")
    states = reading.table.filter(pl.col("grade_state").is_not_null())
    numbered = exams.filter(~pl.col("item").str.split("/").list.last().str.contains_any(list(levelled)))
    true = dict(numbered.group_by("learner").agg(pl.col("score").sum()).iter_rows())
    told = {who: total for who, total in marks.iter_rows() if who not in set(states["learner"])}
    assert len(told) > 100
    assert told == {who: true[who] for who in told}
    assert set(states["grade_state"]) <= {"absent", "deferred", "exempt", "misconduct", "withdrawn"}


def test_faults_are_told_with_row_and_reason(readings):
    lines = [row.in_language("zh") for row in readings["06"].report.refused]
    assert len(lines) == 3
    assert ["2.02E+09" in lines[0], "八十来分" in lines[1], "学号为空" in lines[2]] == [True, True, True]


def test_the_corrected_file_differs_in_five_grades(readings):
    before, after = (readings[number].table.select("learner", "course", "grade_value") for number in ("05", "07"))
    both = before.join(after, on=["learner", "course"], validate="1:1")
    assert both.height == before.height == after.height
    assert both.filter(pl.col("grade_value") != pl.col("grade_value_right")).height == 5


def test_ratings_come_back_as_they_were(college, readings):
    rated = responses_from(readings["08"]).responses.table
    true = college.responses.table.filter(
        pl.col("item").str.starts_with("rubric/") & pl.col("occasion").str.starts_with("2025-2026")
    )
    by = ["learner", "rater", "occasion"]
    sums = [table.group_by(by).agg(pl.col("score").sum(), pl.len()).sort(by) for table in (rated, true)]
    assert sums[0].equals(sums[1])


def test_people_money_and_days_in_one_cell_are_understood(college, readings):
    table = readings["09"].table
    members = [{one["number"] for one in people} for people in table["members"]]
    assert members == [set(team[1:]) for team in college.projects["members"]]
    assert set(table["begins"]) == {date(2026, 3, 1)}
    assert table["grant"].drop_nulls().is_between(5_000, 30_000).all()
    assert table["grant"].null_count() == 4


def test_a_folder_that_holds_something_is_left_as_it_is(college, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    for write in (plan_practice_files, write_practice_files):
        with pytest.raises(FolderTakenError, match="is not empty"):
            write(college, tmp_path, rng=np.random.default_rng(3))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_looking_first_writes_nothing(college, written, tmp_path):
    looked = plan_practice_files(college, tmp_path / "new", rng=np.random.default_rng(3))
    assert looked.files == written.files
    assert not (tmp_path / "new").exists()
    assert looked.in_language("en").startswith("12 files of a simulated college would be written to")
