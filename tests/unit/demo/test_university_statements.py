"""The Open University as statements: every one valid, as many as rows, and back to the same evidence."""

from collections import Counter

import polars as pl
import pytest

from yucai.demo import open_university, university_learners, university_statements
from yucai.evidence import Version, load_statement_profile, responses_from_statements, statement_faults

TOLD = {"AAA-2013J", "BBB-2013B"}  # 2,150 learners; BBB has carried-over results and tests by computer
COLUMNS = ["learner", "item", "occasion", "score", "max_score"]
DAILY = pl.DataFrame({
    "code_module": ["AAA", "AAA", "BBB", "GGG"],
    "code_presentation": ["2013J", "2013J", "2013B", "2014J"],
    "id_student": [11391, 11391, 23629, 1],
    "id_site": [546614, 546652, 542864, 1],
    "date": [-10, -10, 12, 3],
    "sum_click": [4, 1, 17, 2],
})  # fmt: skip


@pytest.fixture(scope="module")
def university():
    return open_university()


@pytest.fixture(scope="module")
def slice_of():
    return {version: list(university_statements(version=version, presentations=TOLD)) for version in Version}


def verbs(statements):
    return Counter(one["verb"]["id"].rpartition("/")[2] for one in statements)


@pytest.mark.parametrize("version", list(Version))
def test_every_statement_keeps_every_rule_of_its_version(slice_of, version):
    told = [*slice_of[version], *university_statements(version=version, clicks=DAILY, presentations={"GGG-2014J"})]
    assert [fault for one in told for fault in statement_faults(one, version=version)] == []
    assert {one["version"] for one in told} == {version.stated}
    assert len({one["id"] for one in told}) == len(told)


def test_there_are_as_many_as_rows_in_the_tables(slice_of, university):
    enrolled = university.enrolments.filter(pl.col("occasion").is_in(sorted(TOLD)))
    outcomes = Counter(enrolled["final_result"])
    marks = university.responses.table.filter(
        pl.col("occasion").is_in(sorted(TOLD)) & ~pl.col("item").str.contains("on-time")
    )
    found = verbs(slice_of[Version.V2])
    assert found["registered"] == enrolled.height
    assert found["scored"] == marks.height
    assert [found[verb] for verb in ("passed", "failed", "earned", "exited")] == [
        outcomes[result] for result in ("Pass", "Fail", "Distinction", "Withdrawn")
    ]
    assert 0 < found["submit"] < 20
    assert sum(found.values()) == 2 * enrolled.height + found["scored"] + found["submit"]


@pytest.mark.parametrize("version", list(Version))
def test_they_come_back_as_the_same_responses(slice_of, university, version):
    found = responses_from_statements(
        reversed(slice_of[version]), load_statement_profile("oulad"), learners=university_learners()
    )
    expected = university.responses.table.filter(pl.col("occasion").is_in(sorted(TOLD)))
    assert found.responses.table.select(COLUMNS).sort(COLUMNS).rows() == expected.select(COLUMNS).sort(COLUMNS).rows()
    assert found.notices == ()
    assert found.unknown_actors == ()
    others = len(slice_of[version]) - verbs(slice_of[version])["scored"]
    assert len(found.events) == others


def test_daily_clicks_are_weak_events_that_keep_how_many_there_were():
    told = university_statements(version=Version.V2, clicks=DAILY, presentations=TOLD)
    seen = [one for one in told if one["verb"]["id"].endswith("/experienced")]
    found = responses_from_statements(seen, load_statement_profile("oulad"), learners=university_learners())
    assert found.events.table.select("learner", "item", "occasion", "times", "strength").rows() == [
        ("ou-23629", "BBB-2013B/site-542864", "BBB-2013B", 17, "weak"),
        ("ou-11391", "AAA-2013J/site-546614", "AAA-2013J", 4, "weak"),
        ("ou-11391", "AAA-2013J/site-546652", "AAA-2013J", 1, "weak"),
    ]
    assert [str(at)[:10] for at in found.events.table["at"]] == ["2013-02-13", "2013-09-21", "2013-09-21"]


def test_where_the_source_has_no_day_there_is_no_timestamp(university):
    told = list(university_statements(version=Version.V1, presentations={"DDD-2013J", "FFF-2014J", "CCC-2014B"}))
    without = Counter(one["verb"]["id"].rpartition("/")[2] for one in told if "timestamp" not in one)
    enrolled = university.enrolments.filter(pl.col("occasion").is_in(["DDD-2013J", "FFF-2014J", "CCC-2014B"]))
    assert without["registered"] == enrolled["registered_day"].null_count() > 0
    withdrawn = enrolled.filter(pl.col("final_result") == "Withdrawn")
    assert without["exited"] == withdrawn["unregistered_day"].null_count()
