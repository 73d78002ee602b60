"""Fairness by properties: what is planted is found, what is not is not, and the groups never enter the calibration."""

import numpy as np
import polars as pl
import pytest

from tests.unit.measurement.making import ANY_MODEL, BINARY, GRADED, PLACES, chances, draw, of_arrays, some_items
from yucai.errors import FaultyInputError
from yucai.evidence import Responses
from yucai.measurement import Groups, calibrate, dif, invariance, logistic_dif
from yucai.measurement.fairness import DifClass
from yucai.texts import Text

NAME = Text("region", "地区")
MODELS = [BINARY] * 7 + [GRADED] * 3


class Planted:
    """Two groups of 500, the second half an SD ahead; one item is harder for it, one tells less apart in it."""

    def __init__(self, seed, *, harder=0.0, flatter=1.0):
        rng = np.random.default_rng(seed)
        n = 1000
        self.group = np.arange(n) % 2
        places = rng.normal(size=n) + 0.5 * self.group
        names, tops, slopes, steps = some_items(MODELS, rng)
        unit, item = (p.ravel() for p in np.indices((n, len(MODELS))))
        there = self.group[unit] == 1
        seen = places[unit] - np.where((item == 2) & there, harder, 0.0)
        seen = np.where((item == 8) & there, 0.5 + flatter * (seen - 0.5), seen)
        self.slopes, self.steps = slopes, steps
        score = draw(MODELS, slopes, steps, unit, item, seen, rng)
        self.responses = of_arrays(unit, item, score, names=names, tops=tops)
        self.calibration = calibrate(self.responses, ANY_MODEL)
        of = {f"u{i:05d}": ("south", "north")[g] for i, g in enumerate(self.group)}
        self.groups = Groups.from_mapping(of, name=NAME, reference="south")


@pytest.fixture(scope="module")
def planted():
    return Planted(5, harder=0.8, flatter=0.0)


@pytest.fixture(scope="module")
def report(planted):
    return dif(planted.calibration, planted.responses, planted.groups, rng=np.random.default_rng(2))


@pytest.fixture(scope="module")
def clean():
    made = Planted(6)
    return dif(made.calibration, made.responses, made.groups, rng=np.random.default_rng(2))


def test_the_planted_items_are_found_and_no_other(report):
    assert {one.item for one in report.flagged} == {"b02", "g08"}
    assert set(report.anchors) == {f"b{j:02d}" for j in range(7)} - {"b02"} | {"g07", "g09"}


def test_the_harder_item_is_said_to_be_harder_by_its_size(planted, report):
    found = report.of("b02", "north")
    assert found.uniform_p < 1e-4
    assert found.dif_class is DifClass.C
    weights = np.exp(-0.5 * (PLACES - 0.5) ** 2)
    right = [chances(BINARY, planted.slopes[2], planted.steps[2], PLACES - late)[1] for late in (0.8, 0.0)]
    truth = (right[0] - right[1]) @ weights / weights.sum()
    assert found.signed_area == pytest.approx(truth, abs=0.07)
    assert found.area >= abs(found.signed_area)
    assert "reach" in report.in_language("en")
    assert "水平相同者平均低" in report.in_language("zh")


def test_the_flatter_item_is_found_by_its_slope(report):
    found = report.of("g08")
    assert found.nonuniform_p < 1e-4
    assert found.dif_class is not DifClass.A
    assert found.area > 1.2 * abs(found.signed_area)


def test_a_difference_of_learners_is_no_difference_of_items(clean):
    assert clean.flagged == ()
    south, north = clean.groups
    assert (south.mean, south.sd) == (0.0, pytest.approx(1.0))
    assert north.mean == pytest.approx(0.5, abs=0.15)
    assert clean.in_language("zh") == "没有题目在组间存在超出偶然、且大小值得关注的差异。"


def test_the_order_of_rows_and_of_learners_changes_nothing(planted, report):
    rows = Responses(planted.responses.table.sample(fraction=1.0, shuffle=True, seed=3))
    table = planted.groups.table.sample(fraction=1.0, shuffle=True, seed=4)
    again = dif(
        planted.calibration, rows, Groups.from_table(table, name=NAME, reference="south"), rng=np.random.default_rng(2)
    )
    assert again == report


def test_the_audit_leaves_the_calibration_as_it_was(planted):
    before = planted.calibration
    logistic_dif(before, planted.responses, planted.groups)
    assert planted.calibration == calibrate(planted.responses, ANY_MODEL)


def test_an_item_that_leaked_between_occasions_is_found():
    made = Planted(7, harder=-0.9)
    occasion = {f"u{i:05d}": ("2025", "2026")[g] for i, g in enumerate(made.group)}
    table = made.responses.table.with_columns(occasion=pl.col("learner").replace_strict(occasion))
    responses = Responses(table)
    report = invariance(calibrate(responses, ANY_MODEL), responses, rng=np.random.default_rng(1), reference="2025")
    assert [(one.item, one.group) for one in report.flagged] == [("b02", "2026")]
    assert report.flagged[0].signed_area > 0.05
    assert report.to_table().height == len(MODELS)


def test_small_groups_and_learners_without_one_are_left_out_and_told(planted):
    of = {f"u{i:05d}": "tiny" if i < 20 else ("south", "north")[g] for i, g in enumerate(planted.group) if i < 900}
    groups = Groups.from_mapping(of, name=NAME)
    report = dif(planted.calibration, planted.responses, groups, rng=np.random.default_rng(2))
    assert [notice.en for notice in report.notices] == [
        "100 learners are in no group and were left out.",
        "Left out, fewer than 50 learners with responses: tiny.",
    ]


def test_faulty_groups_are_refused_all_at_once():
    table = pl.DataFrame({"learner": ["a", "a", "b", "b"], "group": ["x", "y", "x", "y"]})
    with pytest.raises(FaultyInputError) as told:
        Groups.from_table(table, name=NAME, reference="z")
    assert [fault.code for fault in told.value.faults] == ["two-groups", "two-groups", "no-reference"]
    assert "a 属于多个组别（x, y）" in told.value.in_language("zh")


def test_one_group_or_strangers_only_are_refused(planted):
    strangers = Groups.from_mapping({"p": "x", "q": "y"}, name=NAME)
    with pytest.raises(FaultyInputError, match="none is in one of the groups"):
        dif(planted.calibration, planted.responses, strangers, rng=np.random.default_rng(1))
    with pytest.raises(FaultyInputError, match="fewer than two of the groups"):
        logistic_dif(planted.calibration, planted.responses, strangers)
    with pytest.raises(FaultyInputError, match="0 occasion"):
        invariance(planted.calibration, planted.responses, rng=np.random.default_rng(1))
