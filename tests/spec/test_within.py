"""Items that speak of several qualities, and testlets, from declaration to profile.

Read from top to bottom. 900 learners answer six questions of knowledge and six of communication, and do four projects
that show both. In a second test four passages have five questions each. All of it is simulated.
"""

import numpy as np
import polars as pl
import pytest

from yucai.errors import FaultyInputError
from yucai.evidence import Responses
from yucai.framework import EvidenceKind, EvidenceMap, EvidenceRule, ItemModel, Strength
from yucai.measurement import CalibrationFileError, calibrate
from yucai.measurement.within import WithinCalibration, calibrate_within, score_within
from yucai.texts import Text


def says_of(item, quality, *, also=(), testlet="", model=ItemModel.GRADED):
    return EvidenceRule(
        item=item, quality=quality, model=model, kind=EvidenceKind.EXAM, strength=Strength.STRONG,
        reason=Text("it shows", "由此可见"), also=also, testlet=testlet,
    )  # fmt: skip


def a_map(*rules):
    return EvidenceMap(
        code="our-map", version="1.0", framework="nine-qualities", name=Text("Our map", "我们的映射"), rules=rules
    )


MAP = a_map(
    says_of("knows/*", "frontier-knowledge"),
    says_of("speaks/*", "communication"),
    says_of("project/*", "frontier-knowledge", also=("communication",), model=ItemModel.PARTIAL_CREDIT),
)
PASSAGES = a_map(*(says_of(f"passage-{p}/*", "reading", testlet=f"passage-{p}") for p in range(4)))
NAMES = ["learner", "item", "score", "max_score"]


@pytest.fixture(scope="module")
def truth():
    return np.random.default_rng(71).multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], 900)


@pytest.fixture(scope="module")
def responses(truth):
    rng = np.random.default_rng(72)
    loads = {**{f"knows/{j}": (1.3, 0.0) for j in range(6)}, **{f"speaks/{j}": (0.0, 1.3) for j in range(6)}}
    loads |= {f"project/{j}": (0.9, 0.9) for j in range(4)}
    rows = []
    for i, place in enumerate(truth):
        for item, load in loads.items():
            line = place @ load
            if item.startswith("project"):
                chance = np.exp([0, line + 0.5, 2 * line])
                score = rng.choice(3, p=chance / chance.sum())
            else:
                score = (line + rng.logistic() > [-1.0, 1.0]).sum()
            rows.append((f"L{i:03d}", item, float(score), 2.0))
    return Responses.from_table(pl.DataFrame(rows, schema=NAMES, orient="row"))


@pytest.fixture(scope="module")
def calibration(responses):
    return calibrate_within(responses, MAP)


def test_a_project_has_a_slope_on_each_quality_it_speaks_of(calibration):
    projects = calibration.loadings_table().filter(pl.col("item").str.starts_with("project"))
    assert projects.group_by("quality").len().sort("quality").rows() == [
        ("communication", 4),
        ("frontier-knowledge", 4),
    ]
    away = (projects["slope"] - 0.9) / projects["std_error"]
    assert away.abs().max() < 3.0


def test_the_qualities_keep_their_correlation(calibration):
    said, error = calibration.correlations[0][1], calibration.correlation_std_errors[0][1]
    assert abs(said - 0.4) < 3 * error < 0.25


def test_profiles_use_projects_for_both_qualities(calibration, responses, truth):
    profiles = score_within(responses, calibration)
    held = (profiles.lower90 <= truth) & (truth <= profiles.upper90)
    assert held.mean() == pytest.approx(0.9, abs=0.03)
    assert profiles.of("L007").n_evidence.tolist() == [10, 10]
    assert profiles.of("L007").covariance.shape == (2, 2)


def test_a_newcomer_with_projects_alone_is_placed_on_both(calibration):
    rows = [("new", f"project/{j}", 2.0, 2.0) for j in range(4)]
    profile = score_within(Responses.from_table(pl.DataFrame(rows, schema=NAMES, orient="row")), calibration).of("new")
    assert (profile.mean > 0.5).all()
    assert profile.covariance[0, 1] < 0.4  # what one explains the other need not


def test_a_calibration_is_one_file_and_comes_back_equal(calibration, tmp_path):
    calibration.save(tmp_path / "within.json")
    assert WithinCalibration.load(tmp_path / "within.json") == calibration
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    with pytest.raises(CalibrationFileError, match="damaged"):
        WithinCalibration.load(tmp_path / "other.json")


def test_what_passages_share_is_no_quality(truth):
    rng = np.random.default_rng(73)
    shared = rng.normal(0, np.sqrt([0.9, 0.5, 0.3, 0.7]), (900, 4))
    rows = [
        (f"L{i:03d}", f"passage-{p}/{q}", float(truth[i, 0] + shared[i, p] + rng.logistic(0, 0.8) > q / 2 - 1), 1.0)
        for i in range(900) for p in range(4) for q in range(5)
    ]  # fmt: skip
    came = Responses.from_table(pl.DataFrame(rows, schema=NAMES, orient="row"))
    found = calibrate_within(came, PASSAGES)
    assert found.qualities == ("reading",)
    for testlet, variance in zip(found.testlets, [0.9, 0.5, 0.3, 0.7], strict=True):
        assert abs(testlet.variance - variance) < 3 * testlet.std_error
    profiles = score_within(came, found)
    held = (profiles.lower90[:, 0] <= truth[:, 0]) & (truth[:, 0] <= profiles.upper90[:, 0])
    assert held.mean() == pytest.approx(0.9, abs=0.03)


# Raters of projects


def test_whoever_judges_projects_has_a_severity(truth):
    severity, names = np.array([-0.4, -0.2, 0.0, 0.1, 0.2, 1.2]), ["An", "Bai", "Chen", "Deng", "Fang", "Gao"]
    rng = np.random.default_rng(74)
    rows = []
    for i, place in enumerate(truth[:500]):
        for j in range(5):
            for d, name in enumerate(("knows", "speaks")):
                rows.append((f"L{i:03d}", f"{name}/{j}", float(1.4 * place[d] + rng.logistic() > j / 2 - 1), 1.0, None))
        for j in range(3):
            for r in rng.choice(6, 2, replace=False):
                line = 0.9 * (place - severity[r]).sum()
                chance = np.exp([0, line + 0.5, 2 * line])
                score = float(rng.choice(3, p=chance / chance.sum()))
                rows.append((f"L{i:03d}", f"project/{j}", score, 2.0, names[r]))
    came = Responses.from_table(pl.DataFrame(rows, schema=[*NAMES, "rater"], orient="row"))
    found = calibrate_within(came, MAP)
    (judged,) = found.judged
    assert judged.quality == "frontier-knowledge"  # the first that projects speak of
    for rater, expected in zip(judged.raters, severity - severity.mean(), strict=True):
        assert abs(rater.severity - expected) < 3.5 * rater.std_error < 0.4
    assert [rater.rater for rater in judged.raters if rater.far_off] == ["Gao"]
    assert found.raters_table().height == 6
    profiles = score_within(came, found)
    held = (profiles.lower90 <= truth[:500]) & (truth[:500] <= profiles.upper90)
    assert held.mean() == pytest.approx(0.9, abs=0.035)


def test_a_stranger_says_less_than_a_rater_who_is_known(truth):
    rng = np.random.default_rng(75)
    rows = [
        (f"L{i:03d}", item, float((line + rng.logistic() > [-1.0, 1.0]).sum()), 2.0, rater)
        for i, place in enumerate(truth[:300])
        for item, line, rater in [
            *((f"knows/{j}", 1.3 * place[0], None) for j in range(4)),
            *((f"speaks/{j}", 1.3 * place[1], None) for j in range(4)),
            *((f"project/{j}", place.sum() - 0.5 * ((i + j) % 4), f"R{(i + j) % 4}") for j in range(3)),
        ]
    ]
    calibration = calibrate_within(
        Responses.from_table(pl.DataFrame(rows, schema=[*NAMES, "rater"], orient="row")), MAP
    )
    lines = [(who, f"project/{j}", 2.0, 2.0, who) for who in ("R0", "stranger") for j in range(3)]
    profiles = score_within(
        Responses.from_table(pl.DataFrame(lines, schema=[*NAMES, "rater"], orient="row")), calibration
    )
    assert (profiles.of("stranger").covariance.diagonal() > profiles.of("R0").covariance.diagonal()).all()


# What cannot be told is refused


def test_what_cannot_be_told_is_refused_by_name(responses):
    only_projects = responses.table.filter(pl.col("item").str.starts_with("project"))
    with pytest.raises(FaultyInputError) as told:
        calibrate_within(Responses.from_table(only_projects), MAP)
    assert [fault.code for fault in told.value.faults] == ["not-identified"]
    assert "project/0" in told.value.in_language("en")
    assert "frontier-knowledge" in told.value.in_language("zh")


def test_items_that_cannot_be_measured_together_are_named_all_at_once():
    mixed = a_map(
        says_of("a/*", "reading", testlet="one"), says_of("b/*", "writing", testlet="one"),
        says_of("c/*", "reading", testlet="two"), says_of("d/*", "reading", also=("writing",), testlet="three"),
        says_of("e/*", "writing"), says_of("f", "reading", also=("writing", "speaking", "listening", "drawing")),
    )  # fmt: skip
    items = ("a/1", "b/1", "c/1", "d/1", "d/2", "e/1", "f")
    rows = [(f"L{i}", item, float(i % 2), 1.0, "Gao" if item == "e/1" else None) for i in range(9) for item in items]
    came = Responses.from_table(pl.DataFrame(rows, schema=[*NAMES, "rater"], orient="row"))
    with pytest.raises(FaultyInputError) as told:
        calibrate_within(came, mixed)
    assert [fault.code for fault in told.value.faults] == ["too-many", "both", "both", "across", "lonely"]


def test_the_simple_calibration_refuses_what_it_would_pass_over(responses):
    with pytest.raises(FaultyInputError, match="4 items speak of several qualities"):
        calibrate(responses, MAP)
