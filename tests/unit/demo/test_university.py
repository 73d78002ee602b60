"""The Open University's evidence against an independent reading of the shipped tables by PyArrow and plain Python."""

import re
from collections import Counter
from importlib.resources import files

import pyarrow.parquet as pq
import pytest

from yucai.demo import open_university
from yucai.framework import load_evidence_map

PROTECTED = ("gender", "region", "imd_band", "age_band", "highest_education", "disability")
OTHER_TABLES = ("people", "presentations", "enrolments", "assessments")


def source(name):
    return pq.read_table(str(files("yucai.demo").joinpath(f"oulad/{name}.parquet"))).to_pylist()


@pytest.fixture(scope="module")
def university():
    return open_university()


@pytest.fixture(scope="module")
def results():
    return source("student_assessment")


@pytest.fixture(scope="module")
def assessments():
    return {row["id_assessment"]: row for row in source("assessment")}


def rows_of(university, *, on_time):
    table = university.responses.table.select("learner", "item", "occasion", "score", "max_score", "source_row")
    return [row for row in table.iter_rows(named=True) if ("/on-time-" in row["item"]) is on_time]


def occasion_of(row):
    return f"{row['code_module']}-{row['code_presentation']}"


def test_all_presentations_assessments_and_enrolments_are_there(university):
    assert university.presentations.height == len(source("course")) == 22
    assert university.assessments.height == len(source("assessment")) == 206
    assert university.enrolments.height == len(source("student")) == len(source("student_registration")) == 32_593
    assert university.people.height == len({row["id_student"] for row in source("student")}) == 28_785


def test_each_enrolment_keeps_its_outcome_and_its_days(university):
    key = ("code_module", "code_presentation", "id_student")
    days = {tuple(row[k] for k in key): row for row in source("student_registration")}
    expected = {
        (f"ou-{row['id_student']}", occasion_of(row), row["final_result"],
         days[tuple(row[k] for k in key)]["date_registration"], days[tuple(row[k] for k in key)]["date_unregistration"])
        for row in source("student")
    }  # fmt: skip
    columns = ("learner", "occasion", "final_result", "registered_day", "unregistered_day")
    assert set(university.enrolments.select(columns).iter_rows()) == expected


def test_each_result_with_a_score_is_one_mark_and_the_others_are_counted(university, results):
    without = [row for row in results if row["score"] is None]
    assert university.n_results == len(results) == 173_912
    assert university.n_without_score == len(without) == 173
    assert len(rows_of(university, on_time=False)) == len(results) - len(without)
    told = university.notes[0]
    assert told.en.startswith("173 of 173,912 results have no score")
    assert "173" in told.zh


def test_every_mark_stands_in_the_row_it_names(university, results, assessments):
    wrong = []
    for mark in rows_of(university, on_time=False):
        row = results[mark["source_row"] - 1]  # rows are counted from 1
        task = assessments[row["id_assessment"]]
        item = f"{occasion_of(task)}/{task['assessment_type']}-{row['id_assessment']}"
        expected = (f"ou-{row['id_student']}", item, occasion_of(task), float(row["score"]), 100.0)
        if tuple(mark.values())[:5] != expected:
            wrong.append(mark)
    assert wrong == []


def test_on_time_is_said_of_new_work_with_a_due_day_only(university, results, assessments):
    expected = set()
    for n, row in enumerate(results, start=1):
        task = assessments[row["id_assessment"]]
        if row["score"] is None or row["is_banked"] or task["date"] is None or task["assessment_type"] == "Exam":
            continue
        item = f"{occasion_of(task)}/on-time-{row['id_assessment']}"
        expected.add((f"ou-{row['id_student']}", item, float(row["date_submitted"] <= task["date"]), n))
    said = {(r["learner"], r["item"], r["score"], r["source_row"]) for r in rows_of(university, on_time=True)}
    assert said == expected


def test_a_carried_over_result_counts_as_a_mark_but_never_as_on_time(university, results):
    banked = {n for n, row in enumerate(results, start=1) if row["is_banked"] and row["score"] is not None}
    assert len(banked) > 1000
    assert banked <= {row["source_row"] for row in rows_of(university, on_time=False)}
    assert not banked & {row["source_row"] for row in rows_of(university, on_time=True)}


def test_every_value_names_its_source(university):
    table = university.responses.table
    assert table["source_file"].unique().to_list() == ["OULAD student_assessment"]
    assert table["source_row"].null_count() == 0


def test_protected_traits_are_all_there_and_apart(university):
    words = {True: "true", False: "false"}
    expected = Counter(
        (f"ou-{row['id_student']}", occasion_of(row), trait, words.get(row[trait], row[trait]))
        for row in source("student")
        for trait in PROTECTED
        if row[trait] is not None
    )
    assert Counter(university.protected.select("learner", "occasion", "trait", "value").iter_rows()) == expected


def test_no_protected_column_or_value_stands_in_another_table(university):
    values = set(university.protected["value"])
    for table in [*(getattr(university, name) for name in OTHER_TABLES), university.responses.table]:
        assert not set(PROTECTED) & set(table.columns)
        words = {word for name, kind in table.schema.items() if kind == "String" for word in table[name].unique()}
        assert not values & words


def test_no_rule_of_measurement_speaks_of_a_protected_trait(university):
    evidence_map = load_evidence_map(university.space.evidence_map)
    assert [rule.item for rule in evidence_map.rules if any(trait in rule.item for trait in PROTECTED)] == []


def test_the_authors_and_the_licence_are_named_in_both_languages(university):
    space = university.space
    assert not space.simulated
    assert space.licence == "CC BY 4.0"
    for said in (space.attribution.en, space.attribution.zh):
        assert all(author in said for author in ("Kuzilek", "Hlosta", "Zdrahal", "2017", "CC BY 4.0"))
    shipped = files("yucai.demo").joinpath("oulad/ATTRIBUTION.md").read_text(encoding="utf-8")
    assert re.search(r"Kuzilek.*Hlosta.*Zdrahal.*CC BY 4\.0", shipped, re.S)


def test_the_table_of_daily_clicks_is_not_shipped_and_the_page_says_so(university):
    shipped = {entry.name for entry in files("yucai.demo").joinpath("oulad").iterdir()}
    assert "student_vle.parquet" not in shipped
    assert len([name for name in shipped if name.endswith(".parquet")]) == 6
    assert any("clicks" in note.en and "点击" in note.zh for note in university.notes)
