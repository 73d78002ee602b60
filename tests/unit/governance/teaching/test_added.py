"""Where groups stand in value added over a range of reliabilities: what is said, and what is left unsaid."""

from dataclasses import fields

import numpy as np
import polars as pl
import pytest

from tests.unit.governance.teaching.reference import london_exams
from tests.unit.governance.teaching.test_value_added import made
from yucai.governance import AddedPlace, GroupsAdded, groups_added, value_added


@pytest.fixture(scope="module")
def london():
    table = london_exams()
    asked = [{"standLRT": one} for one in (0.95, 0.9, 0.85)]
    found = value_added(table, score="normexam", prior=["standLRT"], school="school", reliabilities=asked)
    return found, groups_added(found)


def test_a_school_is_above_only_with_the_whole_interval_at_every_reliability(london):
    found, groups = london
    z = 1.6448536269514722
    for k, one in enumerate(groups):
        ends = [(fit.schools.effects[k], z * fit.schools.std_errors[k]) for fit in found.corrected]
        if one.place is AddedPlace.ABOVE:
            assert all(effect - half > 0 for effect, half in ends)
        assert one.low == pytest.approx(min(effect - half for effect, half in ends))
        assert one.high == pytest.approx(max(effect + half for effect, half in ends))
        assert one.low <= one.lowest <= one.highest <= one.high


def test_most_schools_of_london_cannot_be_told_from_what_was_expected(london):
    """Standard errors of 0.08 to 0.10 against an SD of 0.31: under half of the pairs can be told apart."""
    groups = london[1]
    sizes = {place: len(groups.within(place)) for place in AddedPlace}
    assert sum(sizes.values()) == 65
    assert sizes[AddedPlace.NOT_TOLD_APART] > 25
    assert 0.3 < groups.pairs_apart < 0.6
    assert [one.name for one in groups] == sorted(one.name for one in groups)
    assert "rank" not in {field.name for kind in (GroupsAdded, type(groups.groups[0])) for field in fields(kind)}


def test_a_group_with_an_easy_intake_hangs_on_the_reliability():
    """One school takes the best in and adds nothing: as if without error it shines, and less and less with error."""
    rng = np.random.default_rng(4)
    table, _added = made(rng, n_schools=30, each=40, reliability=0.6, slope=1.0, sd_school=0.15)
    shifted = np.where(table["school"].to_numpy() == 3, 1.6, 0.0)
    table = table.with_columns(score=table["score"] + shifted, prior=table["prior"] + shifted)
    asked = [{"prior": one} for one in (0.95, 0.8, 0.6)]
    found = value_added(table, score="score", prior=["prior"], school="school", reliabilities=asked)
    one = next(one for one in groups_added(found) if one.name == "3")
    assert one.place is AddedPlace.HANGS
    assert one.lowest == pytest.approx(0, abs=0.1)  # the truth, at the true reliability
    assert one.highest > 0.5


def test_what_the_model_says_at_each_reliability(london):
    found, groups = london
    assert [one.reliability["standLRT"] for one in groups.at] == [1.0, 0.95, 0.9, 0.85]
    assert groups.at[0].slopes[0] == pytest.approx(found.plain.coefficients[1].estimate)
    always = len(groups.within(AddedPlace.ABOVE))
    assert all(one.n_above >= always for one in groups.at[1:])


def test_without_a_range_earlier_scores_are_taken_as_they_are():
    table, _added = made(np.random.default_rng(1), n_schools=12, each=30)
    found = value_added(table, score="score", prior=["prior"], school="school")
    assert all(one.lowest == one.highest == one.effect for one in groups_added(found))


def test_groups_of_too_few_are_called_unknown():
    table, _added = made(np.random.default_rng(2), n_schools=20, each=30)
    few = table.with_row_index().filter((pl.col("school") != 5) | (pl.col("index") % 30 == 0))
    found = value_added(few, score="score", prior=["prior"], school="school", reliabilities=[{"prior": 0.9}])
    places = {one.name: one.place for one in groups_added(found)}
    assert places["5"] is AddedPlace.UNKNOWN
