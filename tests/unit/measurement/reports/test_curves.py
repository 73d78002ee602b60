"""An item's curve: seen beside expected, in five groups of learners; what of it is told in words."""

from xml.etree import ElementTree as Xml

import numpy as np
import polars as pl
import pytest

from yucai.errors import FaultyInputError
from yucai.evidence import Responses
from yucai.framework import EvidenceKind, EvidenceMap, EvidenceRule, ItemModel, Strength
from yucai.measurement import ITEM_CURVE, calibrate, curve_report, expected_share, item_fit, score
from yucai.measurement.engine.kernel_items import tabulate
from yucai.texts import Text

TRAP = "question/11"


def rule(item, model):
    why = Text("It shows.", "可见。")
    return EvidenceRule(
        item=item, quality="innovation", model=model, kind=EvidenceKind.EXAM, strength=Strength.STRONG, reason=why
    )


@pytest.fixture(scope="module")
def made():
    """600 learners, 12 right-or-wrong questions of which one traps the able, 4 tasks of four levels."""
    rng = np.random.default_rng(8)
    rows = []
    for n, place in enumerate(rng.normal(size=600)):
        for q, hard in enumerate(np.linspace(-1.2, 1.2, 12)):
            seen = (place + 0.8 if place < 0.8 else -0.6) if q == 11 else place - hard  # a trap for the able
            right = float(rng.random() < 1 / (1 + np.exp(-1.6 * seen)))
            rows.append((f"L{n:03d}", f"question/{q:02d}", right, 1.0))
        for t, steps in enumerate(((-1.0, 0.0, 1.0),) * 4):
            level = float((place + rng.logistic(0, 0.6) > np.array(steps)).sum())
            rows.append((f"L{n:03d}", f"task/{t}", level, 3.0))
    table = pl.DataFrame(rows, schema=["learner", "item", "score", "max_score"], orient="row")
    responses = Responses.from_table(table)
    rules = (
        rule("question/*", ItemModel.BINARY),
        rule("task/[01]", ItemModel.PARTIAL_CREDIT),
        rule("task/*", ItemModel.GRADED),
    )
    evidence_map = EvidenceMap(
        code="curves", version="1", framework="nine-qualities", name=Text("curves", "曲线"), rules=rules
    )
    calibration = calibrate(responses, evidence_map)
    places = score(responses, calibration).to_table().filter(quality="innovation")
    return calibration, responses, places


def items_of(calibration):
    return {item.item: item for item in calibration.scale("innovation").items}


def test_expected_shares_equal_those_of_the_compiled_tables(made):
    calibration, _responses, _places = made
    at = np.linspace(-4, 4, 33)
    for item in items_of(calibration).values():
        k = len(item.categories)
        family = 1 if item.model is ItemModel.PARTIAL_CREDIT else 0
        logs = np.empty((k, len(at)))
        one = np.zeros(1, dtype=np.int64)
        tabulate(
            one, one, np.zeros(1), np.array([family]), np.array([k]), np.array([[item.slope]]),
            np.array([item.intercepts]), at, logs,
        )  # fmt: skip
        assert expected_share(item, at) == pytest.approx(np.arange(k) @ np.exp(logs) / (k - 1), abs=1e-9)


def test_mean_squares_are_those_of_item_fit(made):
    calibration, responses, places = made
    exact = {
        fit.item: fit for fit in item_fit(calibration, responses, rng=np.random.default_rng(1), n_resamples=0).items
    }
    for item in items_of(calibration):
        told = curve_report(calibration, responses, places, item=item)
        assert told.infit == pytest.approx(exact[item].infit, abs=0.02)
        assert told.outfit == pytest.approx(exact[item].outfit, abs=0.04)


def test_sound_items_fit_and_one_that_traps_the_able_is_told(made):
    calibration, responses, places = made
    told = {item: curve_report(calibration, responses, places, item=item) for item in items_of(calibration)}
    assert told[TRAP].fits is False
    assert any("The strongest fifth did worse than expected" in text.en for text in told[TRAP].says)
    sound = [report for item, report in told.items() if item != TRAP]
    assert sum(report.fits is False for report in sound) <= 2  # of 15, at about 5 %
    assert all(report.says[0].zh == "各水平学习者的表现均与标定预期一致。" for report in sound if report.fits)


def test_groups_hold_everybody_and_rise(made):
    calibration, responses, places = made
    told = curve_report(calibration, responses, places, item="task/2")
    assert sum(group.n_answers for group in told.groups) == told.n_answers == 600
    assert [group.mean_place for group in told.groups] == sorted(group.mean_place for group in told.groups)
    whole = sum(group.n_answers * group.seen for group in told.groups) / 600
    mean = responses.table.filter(item="task/2").select((pl.col("score") / pl.col("max_score")).mean()).item()
    assert whole == pytest.approx(mean)
    ITEM_CURVE.check(told.to_table())


def test_rows_in_any_order_give_the_same(made):
    calibration, responses, places = made
    shuffled = Responses.from_table(responses.table.sample(fraction=1.0, shuffle=True, seed=4))
    first = curve_report(calibration, responses, places, item="question/03")
    again = curve_report(calibration, shuffled, places.reverse(), item="question/03")
    assert again.infit == pytest.approx(first.infit, abs=1e-12)
    assert [g.seen for g in again.groups] == pytest.approx([g.seen for g in first.groups])


def test_few_answers_are_told_as_few(made):
    calibration, responses, places = made
    few = Responses.from_table(responses.table.filter(pl.col("learner") < "L040"))
    told = curve_report(calibration, few, places, item="question/03")
    assert told.fits is None
    assert told.says[0].en == "Only 40 answers: too few to say whether weak and strong learners did as expected."


def test_a_guessed_item_is_told(made):
    calibration, responses, places = made
    weak = places.filter(pl.col("mean") < -0.7)["learner"]
    known = pl.col("learner").is_in(weak.implode()) & (pl.col("item") == "question/08")
    given = responses.table.with_columns(score=pl.when(known).then(1.0).otherwise("score"))
    told = curve_report(calibration, Responses.from_table(given), places, item="question/08")
    assert any("The weakest fifth did better than expected" in text.en for text in told.says)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [360, 720])
def test_the_picture_marks_the_groups_that_lie_outside(made, language, width):
    calibration, responses, places = made
    told = curve_report(calibration, responses, places, item=TRAP)
    root = Xml.fromstring(told.svg(language=language, width=width))
    shapes = root.findall("{http://www.w3.org/2000/svg}polygon")
    assert len(shapes) == 1 + sum(bool(group.away) for group in told.groups) > 1


def test_what_has_no_curve_is_told(made):
    calibration, responses, places = made
    with pytest.raises(FaultyInputError, match="none of the calibrated items"):
        curve_report(calibration, responses, places, item="question/99")
    with pytest.raises(FaultyInputError, match="no answers on “question/01”"):
        curve_report(calibration, responses, places.clear(), item="question/01")
