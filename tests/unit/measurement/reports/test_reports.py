"""Reports for teachers: every table keeps its contract, every picture is whole and accessible."""

from xml.etree import ElementTree as Xml

import numpy as np
import polars as pl
import pytest

from tests.unit.measurement.making import ANY_MODEL, BINARY, CREDIT, GRADED, Simulated, draw, of_arrays, some_items
from yucai.errors import FaultyInputError
from yucai.evidence import Responses
from yucai.measurement import (
    Scheme,
    UnknownQualityError,
    calibrate,
    category_uses,
    information_report,
    item_report,
    person_item_map,
    rater_report,
    score,
)

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def measured():
    """Six binary and two graded items; b01 is keyed the wrong way round for half of the learners."""
    rng = np.random.default_rng(8)
    models = [BINARY] * 6 + [GRADED] * 2
    names, tops, slopes, steps = some_items(models, rng)
    places = rng.normal(size=500)
    unit, item = (p.ravel() for p in np.indices((500, len(models))))
    seen = np.where(item == 1, -0.6 * places[unit], places[unit])
    marks = draw(models, slopes, steps, unit, item, seen, rng)
    responses = of_arrays(unit, item, marks, names=names, tops=tops)
    calibration = calibrate(responses, ANY_MODEL)
    return responses, calibration, score(responses, calibration)


@pytest.fixture(scope="module")
def raters():
    severities = [-0.2, -0.1, 0.0, 0.1, 0.2, 1.8]
    made = Simulated([CREDIT] * 3, 300, rng=np.random.default_rng(2), n_raters=6, severities=severities)
    return rater_report(calibrate(made.responses, ANY_MODEL), made.responses, rng=np.random.default_rng(1))


def test_the_misleading_item_is_named_and_told_what_to_do(measured):
    responses, calibration, profiles = measured
    report = item_report(calibration, responses, profiles)
    assert [line.item for line in report.items if line.parameters.misleading] == ["b01"]
    assert report.of("b01").rest_correlation < 0
    assert report.of("b01").disordered
    assert [text.en[:10] for text in report.of("b01").says] == ["Misleading", "A higher m"]


def test_the_item_table_counts_what_is_there(measured):
    responses, calibration, profiles = measured
    report = item_report(calibration, responses, profiles)
    shares = responses.table.group_by("item").agg(share=(pl.col("score") / pl.col("max_score")).mean()).sort("item")
    assert report.to_table()["mean_share"].to_list() == pytest.approx(shares["share"].to_list())
    uses = report.categories_table()
    assert uses.group_by("item").agg(pl.col("n_answers").sum())["n_answers"].unique().to_list() == [500]
    assert uses.group_by("item").agg(pl.col("share").sum())["share"].to_list() == pytest.approx([1.0] * 8)


def test_places_of_categories_are_means_of_their_learners():
    uses = category_uses(np.array([0, 2, 2, 0]), np.array([-1.0, 0.5, 1.5, 0.0]), top=2)
    assert [(u.n_answers, u.mean_place) for u in uses] == [(2, -0.5), (0, None), (2, 1.0)]


def test_the_map_holds_every_learner_and_every_item_once(measured):
    _responses, calibration, profiles = measured
    shown = person_item_map(calibration, profiles, "skill")
    assert sorted([item for row in shown.rows for item in row.items] + list(shown.unplaced)) == sorted(
        item.item for item in calibration.scale("skill").items
    )
    assert shown.unplaced == ("b01",)
    told = sum(row.n_learners or 0 for row in shown.rows)
    hidden = sum(row.n_learners is None for row in shown.rows)
    assert 500 - 4 * hidden <= told <= 500 - hidden
    assert shown.to_table()["from_place"].is_sorted(descending=True)


def test_an_unknown_quality_is_refused_by_name(measured):
    _responses, calibration, profiles = measured
    with pytest.raises(UnknownQualityError, match="nothing of “luck”"):
        person_item_map(calibration, profiles, "luck")


def test_information_and_error_belong_together(measured):
    _responses, calibration, _profiles = measured
    table = information_report(calibration, "skill").to_table()
    assert (table["std_error"] ** -2 - 1).to_list() == pytest.approx(table["information"].to_list())
    assert (1 - table["std_error"] ** 2).to_list() == pytest.approx(table["reliability"].to_list())


def test_the_severe_rater_is_to_be_talked_to(raters):
    found = {line.severity.rater: line.finding for line in raters.raters if line.finding}
    assert found["r05"].zh == "远比其他人严格"
    assert raters.to_table().filter(pl.col("rater") == "r05")["far_off"].to_list() == [True]


def test_a_report_without_a_calibrated_item_is_refused(measured):
    _responses, calibration, profiles = measured
    other = Responses.from_table(pl.DataFrame({"learner": ["a"], "item": ["z"], "score": [1.0], "max_score": [1.0]}))
    with pytest.raises(FaultyInputError, match="no response is on a calibrated item"):
        item_report(calibration, other, profiles)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [720, 360])
@pytest.mark.parametrize("scheme", list(Scheme))
def test_every_picture_is_whole_and_accessible(measured, raters, language, width, scheme):
    responses, calibration, profiles = measured
    look = {"language": language, "width": width, "scheme": scheme}
    report = item_report(calibration, responses, profiles)
    pictures = [
        report.svg(**look, names={"b00": "a <name> & more"}),
        person_item_map(calibration, profiles, "skill").svg(**look, marked=("b02",)),
        information_report(calibration, "skill").svg(**look, marked=("b02",)),
        raters.svg(**look),
    ]
    for picture in pictures:
        root = Xml.fromstring(picture)
        assert root.get("role") == "img"
        assert root.find(f"{SVG}title").text
        assert root.get("aria-describedby") == root.find(f"{SVG}desc").get("id")
        chinese = any("\u4e00" <= c <= "\u9fff" for c in root.find(f"{SVG}desc").text)
        assert chinese == (language == "zh")
        assert "style=" not in picture
        height = float(root.get("viewBox").split()[3])
        assert all(0 <= float(text.get("y")) <= height for text in root.iter(f"{SVG}text"))
        assert all(-1 <= float(text.get("x")) <= width for text in root.iter(f"{SVG}text"))


def test_dark_pictures_are_painted_on_a_dark_ground(raters):
    assert "#14191f" in raters.svg(language="en", scheme=Scheme.DARK)
    assert "#14191f" not in raters.svg(language="en")
