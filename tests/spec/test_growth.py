"""Growth: how far groups and learners have moved from term to term, and when nothing may be said of it.

Read from top to bottom. 240 learners in two programmes answer the same twelve questions in three terms. In the
programme with projects the mean rises, in the other it stays. All of it is simulated, so that the truth is known.
"""

import numpy as np
import polars as pl
import pytest

from yucai.errors import FaultyInputError
from yucai.evidence import Responses
from yucai.framework import EvidenceKind, EvidenceMap, EvidenceRule, ItemModel, Strength
from yucai.measurement import EnoughRule, calibrate
from yucai.measurement.growth import ChangeVerdict, GrowthLaw, NotFollowedError, measure_growth
from yucai.texts import Text

TERMS = ("autumn", "spring", "summer")
GAIN = {"projects": 0.7, "lectures": 0.0}
MAP = EvidenceMap(
    code="our-map", version="1.0", framework="nine-qualities", name=Text("Our map", "我们的映射"),
    rules=(
        EvidenceRule(
            item="question/*", quality="innovation", model=ItemModel.GRADED, kind=EvidenceKind.EXAM,
            strength=Strength.STRONG, reason=Text("it shows", "由此可见"),
        ),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def truth():
    """Places (240, 3), in SDs of all units: what somebody gains differs from learner to learner."""
    rng = np.random.default_rng(41)
    own = rng.normal(size=240)
    gains = np.where(np.arange(240) % 2 == 0, GAIN["projects"], GAIN["lectures"])
    path = [own]
    for _ in TERMS[1:]:
        path.append(path[-1] + gains / 2 + rng.normal(0, 0.4, 240))
    places = np.stack(path, axis=1)
    return places / places.std()  # the unit of every scale: the SD of all units


@pytest.fixture(scope="module")
def groups():
    return {f"learner-{i:03d}": "projects" if i % 2 == 0 else "lectures" for i in range(240)}


@pytest.fixture(scope="module")
def responses(truth):
    rng = np.random.default_rng(42)
    rows = []
    for i, t in np.ndindex(truth.shape):
        if t > 0 and rng.random() < 0.1:  # away this term
            continue
        for q, hard in enumerate(np.linspace(-1.5, 2.0, 12)):
            reached = (truth[i, t] + rng.logistic(0, 0.5) > [hard - 0.5, hard + 0.5]).sum()
            rows.append((f"learner-{i:03d}", f"question/{q}", float(reached), 2.0, TERMS[t]))
    names = ["learner", "item", "score", "max_score", "occasion"]
    return Responses.from_table(pl.DataFrame(rows, schema=names, orient="row"))


@pytest.fixture(scope="module")
def calibration(responses):
    return calibrate(responses, MAP)


@pytest.fixture(scope="module")
def growth(responses, calibration, groups):
    return measure_growth(responses, calibration, occasions=TERMS, groups=groups)


# 1. Groups


def test_a_group_that_gained_has_risen_and_one_that_did_not_cannot_be_told(growth, truth):
    projects, lectures = (growth.group_change_of(group, "innovation") for group in ("projects", "lectures"))
    assert projects.verdict is ChangeVerdict.RISEN
    assert lectures.verdict is ChangeVerdict.CANNOT_TELL
    gained = truth[::2, 2].mean() - truth[::2, 0].mean()
    assert projects.interval90[0] < gained < projects.interval90[1]
    assert projects.says.en.startswith("Risen by 0.")
    assert lectures.says.zh.startswith("尚不能判断")


def test_changes_of_groups_go_into_one_table(growth):
    table = growth.group_changes(between=("autumn", "spring"))
    assert table.select("group", "begin", "end", "n_learners").rows() == [
        ("lectures", "autumn", "spring", 120),
        ("projects", "autumn", "spring", 120),
    ]


# 2. Learners


def test_intervals_of_change_hold_the_truth_nine_times_in_ten(growth, truth):
    table = growth.changes()
    true = truth[:, 2] - truth[:, 0]
    held = (table["lower90"].to_numpy() <= true) & (true <= table["upper90"].to_numpy())
    assert held.mean() == pytest.approx(0.9, abs=0.05)


def test_a_change_is_claimed_only_where_the_whole_interval_says_so(growth):
    table = growth.changes()
    risen = table.filter(pl.col("verdict") == "risen")
    assert 0 < risen.height < table.height / 2
    assert (risen["lower90"] > 0).all()


def test_whoever_did_worst_has_not_risen_by_that_alone(growth, responses, truth):
    """Raw scores of the lowest tenth rise by themselves; measured places rise as far as the learners did."""
    first = responses.table.filter(pl.col("occasion") == "autumn").group_by("learner").agg(pl.col("score").mean())
    lowest = first.sort("score", "learner").head(24)["learner"].to_list()
    change = growth.changes().filter(pl.col("learner").is_in(lowest))["change"].mean()
    at = [growth.learners.index(name) for name in lowest]
    assert change == pytest.approx((truth[at, 2] - truth[at, 0]).mean(), abs=0.15)


def test_without_evidence_at_both_ends_nothing_is_claimed(growth):
    table = growth.changes().filter((pl.col("n_begin") == 0) | (pl.col("n_end") == 0))
    assert table.height > 0
    assert set(table["verdict"]) == {"cannot-tell"}
    one = growth.change_of(table["learner"][0], "innovation")
    assert "each needs at least 3" in one.says.en


def test_an_office_may_ask_for_more(responses, calibration):
    strict = measure_growth(responses, calibration, occasions=TERMS, rule=EnoughRule(min_evidence=13))
    assert set(strict.changes()["verdict"]) == {"cannot-tell"}


# 3. The law


def test_how_much_stays_is_estimated_or_taken_for_all(growth, responses, calibration, groups):
    assert abs(growth.kept[0] - 1.0) < 2 * growth.kept_std_error[0] < 0.3
    walk = measure_growth(responses, calibration, occasions=TERMS, groups=groups, law=GrowthLaw.RANDOM_WALK)
    assert walk.kept.tolist() == [1.0]
    assert walk.log_likelihood <= growth.log_likelihood + 0.05
    assert walk.new_sd[0] == pytest.approx(0.33, abs=3 * walk.new_sd_std_error[0])


# 4. What cannot be used is said, all of it at once


def test_every_fault_is_named(responses, calibration, groups):
    some = {name: group for name, group in groups.items() if name != "learner-007"}
    with pytest.raises(FaultyInputError) as told:
        measure_growth(responses, calibration, occasions=("autumn", "winter", "autumn"), times=(0, 2, 1), groups=some)
    assert [fault.code for fault in told.value.faults] == ["occasion-twice", "no-answers", "times", "no-group"]
    assert "learner-007" in told.value.in_language("zh")
    assert "winter" in told.value.in_language("en")


def test_names_that_were_not_followed_are_refused(growth):
    with pytest.raises(NotFollowedError, match="nobody"):
        growth.change_of("nobody", "innovation")
    with pytest.raises(NotFollowedError, match="winter"):
        growth.changes(between=("autumn", "winter"))
