"""Measurement: from a table of scores to where each learner stands, how surely, and when nothing is said.

Read from top to bottom. A class of 300 answers four questions right or wrong, writes an essay marked 0 to 3, and shows
a project that two of six raters judge, from 0 to 2. All of it is simulated, so that the truth is known.
"""

import numpy as np
import polars as pl
import pytest

from yucai.evidence import Responses
from yucai.framework import EvidenceKind, EvidenceMap, EvidenceRule, ItemModel, Strength
from yucai.measurement import (
    Calibration,
    CriterionLevel,
    EnoughRule,
    calibrate,
    classify,
    compose,
    gaps_to,
    place_of_reaching,
    reliability_of,
    score,
)
from yucai.texts import Text

SEVERITIES = np.array([-0.3, -0.2, -0.1, 0.0, 0.1, 1.4])
RATERS = ["An", "Bai", "Chen", "Deng", "Fang", "Gao"]


def says_of(item, quality, model, kind):
    why = Text("it shows", "由此可见")
    return EvidenceRule(item=item, quality=quality, model=model, kind=kind, strength=Strength.STRONG, reason=why)


MAP = EvidenceMap(
    code="our-map",
    version="1.0",
    framework="nine-qualities",
    name=Text("Our map", "我们的映射"),
    rules=(
        says_of("question/*", "frontier-knowledge", ItemModel.BINARY, EvidenceKind.EXAM),
        says_of("essay", "frontier-knowledge", ItemModel.GRADED, EvidenceKind.ASSIGNMENT),
        says_of("project/*", "innovation", ItemModel.PARTIAL_CREDIT, EvidenceKind.RATING),
        says_of("survey/*", "lifelong-learning", ItemModel.GRADED, EvidenceKind.SURVEY),
    ),
)


@pytest.fixture(scope="module")
def truth():
    return np.random.default_rng(11).normal(size=300)


@pytest.fixture(scope="module")
def table(truth):
    """One row a score, as any data frame: whose, on what, how many points of how many, and by whom."""
    rng = np.random.default_rng(12)
    rows = []
    for n, place in enumerate(truth):
        learner = f"learner-{n:03d}"
        for q, hard in enumerate([-1.0, -0.3, 0.4, 1.1]):
            right = rng.random() < 1 / (1 + np.exp(-1.5 * (place - hard)))
            rows.append((learner, f"question/{q}", float(right), 1.0, None))
        rows.append((learner, "essay", float((place + rng.logistic(0, 0.7) > [-1, 0, 1]).sum()), 3.0, None))
        for r in rng.choice(6, 2, replace=False):
            for part in ("idea", "work", "talk"):
                seen = place - SEVERITIES[r] + rng.logistic(0, 0.6)
                rows.append((learner, f"project/{part}", float((seen > [-0.7, 0.7]).sum()), 2.0, RATERS[r]))
    return pl.DataFrame(rows, schema=["learner", "item", "score", "max_score", "rater"], orient="row")


@pytest.fixture(scope="module")
def responses(table):
    return Responses.from_table(table)


@pytest.fixture(scope="module")
def calibration(responses):
    return calibrate(responses, MAP)


@pytest.fixture(scope="module")
def profiles(responses, calibration):
    return score(responses, calibration)


# 1. Calibrate: what is known of items and raters


def test_a_quality_with_evidence_gets_a_scale_and_one_without_gets_none(calibration):
    assert [scale.quality for scale in calibration.scales] == ["frontier-knowledge", "innovation"]
    assert calibration.scale("lifelong-learning") is None


def test_harder_questions_lie_further_along_the_scale(calibration):
    questions = calibration.items_table().filter(pl.col("item").str.starts_with("question/"))
    assert questions["difficulty"].is_sorted()
    assert questions["difficulty"].to_list() == pytest.approx([-1.0, -0.3, 0.4, 1.1], abs=0.35)


def test_each_slope_comes_with_its_uncertainty(calibration):
    for item in calibration.scale("frontier-knowledge").items:
        low, high = item.slope90
        assert 0 < low < item.slope < high
        assert not item.misleading


def test_the_severe_rater_is_named(calibration):
    assert [rater.rater for rater in calibration.scale("innovation").raters if rater.far_off] == ["Gao"]


def test_what_could_be_read_wrongly_is_said(calibration):
    assert calibration.notices == ()
    assert calibration.converged
    assert "D = 1" in calibration.convention


def test_progress_can_be_watched(responses):
    heard = []
    calibrate(responses, MAP, report=lambda done, text: heard.append((done, text.en)))
    assert heard[-1] == (1.0, "Calibrating all qualities together")
    assert [done for done, _text in heard] == sorted(done for done, _text in heard)


# 2. Score: where each learner stands


def test_a_profile_has_a_place_an_interval_and_its_evidence(profiles):
    profile = profiles.of("learner-007")
    assert profile.qualities == ("frontier-knowledge", "innovation", "lifelong-learning")
    assert profile.n_evidence.tolist() == [5, 6, 0]
    assert profile.kinds == (("assignment", "exam"), ("rating",), ())
    assert (profile.lower90 < profile.mean).all()
    assert (profile.mean < profile.upper90).all()


def test_intervals_hold_the_truth_nine_times_in_ten(profiles, truth):
    held = (profiles.lower90[:, 0] <= truth) & (truth <= profiles.upper90[:, 0])
    assert held.mean() == pytest.approx(0.9, abs=0.05)


def test_there_is_no_total_over_the_qualities(profiles):
    profile = profiles.of("learner-007")
    assert not hasattr(profile, "total")
    assert profile.covariance.shape == (3, 3)


def test_profiles_go_into_one_table(profiles):
    table = profiles.to_table()
    assert table.height == 300 * 3
    assert table.columns[:4] == ["learner", "occasion", "quality", "mean"]


def test_a_newcomer_is_scored_on_the_old_scale(calibration):
    rows = {"learner": ["new"] * 3, "item": ["question/0", "question/1", "essay"], "score": [1.0, 1.0, 3.0]}
    newcomer = Responses.from_table(pl.DataFrame({**rows, "max_score": [1.0, 1.0, 3.0]}))
    assert score(newcomer, calibration).of("new").mean[0] > 0.5


# 3. Abstain: when nothing is said


def test_without_evidence_nothing_is_known_and_nothing_is_shown(profiles):
    profile = profiles.of("learner-007")
    assert (profile.mean[2], profile.covariance[2, 2]) == (0.0, 1.0)
    assert not profile.enough[2]
    assert profile.why_not_enough("lifelong-learning") == Text("No evidence yet.", "尚无证据。")


def test_too_little_evidence_is_not_shown_and_the_reason_is_given(calibration):
    two = pl.DataFrame({"learner": ["x", "x"], "item": ["question/0", "essay"], "score": [1.0, 2.0]})
    profile = score(Responses.from_table(two.with_columns(max_score=pl.Series([1.0, 3.0]))), calibration).of("x")
    assert not profile.enough[0]
    assert profile.why_not_enough("frontier-knowledge") == Text(
        "Only 2 of at least 3 pieces of evidence.", "目前只有 2 条证据，至少需要 3 条。"
    )


def test_enough_is_a_rule_that_an_office_sets(responses, calibration):
    strict = EnoughRule(min_evidence=6, min_reliability=0.5)
    profile = score(responses, calibration, rule=strict).of("learner-007")
    assert profile.enough.tolist() == [False, True, False]
    assert profile.why_not_enough("innovation") is None


# 4. Keep: the same numbers tomorrow


def test_a_calibration_is_one_file_and_comes_back_equal(calibration, responses, profiles, tmp_path):
    calibration.save(tmp_path / "calibration.json")
    again = Calibration.load(tmp_path / "calibration.json")
    assert again == calibration
    assert score(responses, again).to_table().equals(profiles.to_table())


# 5. Say: what a place means


def test_levels_say_what_learners_can_do_and_how_surely(profiles, calibration):
    """The cut comes from an item: who is just on the level reaches two points on the essay two times in three."""
    essay = next(item for item in calibration.scale("frontier-knowledge").items if item.item == "essay")
    levels = (
        CriterionLevel(name=Text("Begins", "起步"), descriptor=Text("Follows an argument.", "能理解论证。")),
        CriterionLevel(
            name=Text("Argues", "论证"),
            descriptor=Text("Argues on their own.", "能独立论证。"),
            begins=place_of_reaching(essay, 2, probability=2 / 3),
        ),
    )
    found = classify(profiles, "frontier-knowledge", levels)
    assert found.probability.sum(axis=1) == pytest.approx(np.ones(300))
    assert 0.5 < found.sure.mean() < 1.0  # near the cut nobody is sure
    assert found.probability[found.sure].max(axis=1).min() >= 0.8


def test_a_gap_is_shown_where_it_is_likely_enough_to_act_on(profiles, truth):
    gaps = gaps_to(profiles, {"frontier-knowledge": 0.0})
    shown = gaps.show[:, 0]
    assert 0.2 < shown.mean() < 0.5
    assert (truth[shown] < 0).mean() > 0.85


def test_a_sum_comes_only_on_request_and_with_its_reliability(profiles):
    both = compose(profiles, {"frontier-knowledge": 1.0, "innovation": 1.0})
    assert both.enough.all()
    assert max(reliability_of(profiles)["frontier-knowledge"], 0.5) < both.reliability < 1


# 6. Compare: groups and years on one scale


def test_groups_differ_by_what_the_answers_say(responses, truth):
    learners = [f"learner-{n:03d}" for n in range(300)]
    groups = pl.DataFrame({"learner": learners, "group": ["above" if place > 0 else "below" for place in truth]})
    calibration = calibrate(responses, MAP, groups=groups, reference="below")
    above = calibration.population.law("above")
    assert above.n_units == (truth > 0).sum()
    assert above.mean[0] - 1.645 * above.mean_std_errors[0] > 1


def test_next_year_is_measured_on_this_years_scale(calibration, responses):
    again = calibrate(responses, MAP, anchors=calibration)
    assert again.population.anchored == ("frontier-knowledge", "innovation")
    before = {item.item: item.slope for item in calibration.scale("frontier-knowledge").items}
    assert {item.item: item.slope for item in again.scale("frontier-knowledge").items} == before
