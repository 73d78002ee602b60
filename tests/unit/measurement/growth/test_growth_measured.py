"""Growth from responses: raters, evidence that is not there, groups that are too small, order of rows."""

import numpy as np
import polars as pl
import pytest

from tests.unit.measurement.making import BINARY, CREDIT, a_map, responses, rule
from yucai.errors import FaultyInputError
from yucai.evidence import Responses
from yucai.measurement import calibrate
from yucai.measurement.growth import ChangeVerdict, measure_growth

MAP = a_map(rule("c*", CREDIT, quality="craft"), rule("b*", BINARY, quality="skill"))


def rated(*, n=150, same_rater, rng):
    """Two terms; six tasks of craft judged by one of six raters each, four questions of skill in the first only."""
    rows, severities = [], np.array([-0.8, -0.4, 0.0, 0.2, 0.4, 0.6])
    own = rng.normal(size=n)
    other = 0.5 * own + 0.8 * rng.normal(size=n)
    true = np.stack([own, own + rng.normal(0.3, 0.4, n)], axis=1)
    for i in range(n):
        raters = [i % 6, i % 6] if same_rater else [i % 6, (i + 1 + i // 6 % 5) % 6]
        for t, r in enumerate(raters):
            for j in range(6):
                seen = true[i, t] - severities[r] + rng.logistic(0, 0.6)
                rows.append((f"u{i:03d}", f"c{j}", float((seen > [-0.7, 0.0, 0.7]).sum()), 3.0, f"r{r}", f"t{t}"))
        rows += [
            (f"u{i:03d}", f"b{j}", float(other[i] + rng.logistic(0, 0.7) > j / 2 - 0.7), 1.0, None, "t0")
            for j in range(4)
        ]
    return responses(rows), true / true.std()  # in SDs of all units


@pytest.fixture(scope="module")
def judged():
    came, true = rated(same_rater=False, rng=np.random.default_rng(51))
    calibration = calibrate(came, MAP)
    return came, true, calibration, measure_growth(came, calibration, occasions=("t0", "t1"))


def test_severities_are_taken_into_account(judged):
    _, true, _, growth = judged
    k = growth.qualities.index("craft")
    change = growth.mean[:, 1, k] - growth.mean[:, 0, k]
    assert np.corrcoef(change, true[:, 1] - true[:, 0])[0, 1] > 0.3
    table = growth.changes().filter(pl.col("quality") == "craft")
    moved = true[:, 1] - true[:, 0]
    held = (table["lower90"].to_numpy() <= moved) & (moved <= table["upper90"].to_numpy())
    assert held.mean() == pytest.approx(0.9, abs=0.07)


def test_what_is_not_known_of_one_rater_cancels_and_of_two_does_not():
    widths = {}
    for same in (True, False):
        came, _ = rated(same_rater=same, rng=np.random.default_rng(52))
        calibration = calibrate(came, MAP)
        stranger = responses(
            [("new", f"c{j}", float(1 + t), 3.0, "r9" if same else f"r{8 + t}", f"t{t}")
             for t in range(2) for j in range(6)]
        )  # fmt: skip
        both = Responses.from_table(pl.concat([came.table, stranger.table]))
        growth = measure_growth(both, calibration, occasions=("t0", "t1"))
        widths[same] = growth.change_of("new", "craft").std_error
    assert widths[False] > 1.15 * widths[True]


def test_a_quality_without_evidence_in_an_occasion_is_withheld_and_the_rest_delivered(judged):
    *_, growth = judged
    of_skill, of_craft = (growth.group_change_of("all", quality) for quality in ("skill", "craft"))
    assert of_skill.change is None
    assert of_skill.verdict is ChangeVerdict.CANNOT_TELL
    assert "no evidence" in of_skill.says.en
    assert of_craft.verdict is ChangeVerdict.RISEN
    assert [notice.en.split(":")[0] for notice in growth.notices] == ["skill"]
    assert growth.group_changes().filter(pl.col("quality") == "skill")["change"].to_list() == [None]
    assert set(growth.changes().filter(pl.col("quality") == "skill")["verdict"]) == {"cannot-tell"}


def test_the_order_of_rows_changes_nothing(judged):
    came, _, calibration, growth = judged
    turned = Responses.from_table(came.table.sample(fraction=1.0, shuffle=True, seed=1))
    again = measure_growth(turned, calibration, occasions=("t0", "t1"))
    assert again.mean == pytest.approx(growth.mean, abs=1e-10)
    assert again.across == pytest.approx(growth.across, abs=1e-10)


def test_a_group_too_small_to_have_a_mean_is_refused(judged):
    came, _, calibration, _ = judged
    groups = {f"u{i:03d}": "few" if i < 3 else "many" for i in range(150)}
    with pytest.raises(FaultyInputError) as told:
        measure_growth(came, calibration, occasions=("t0", "t1"), groups=groups)
    assert [fault.code for fault in told.value.faults] == ["small-group"]
    assert "“few” has 3 learners" in told.value.in_language("en")


def test_one_occasion_is_no_change(judged):
    came, _, calibration, _ = judged
    with pytest.raises(FaultyInputError, match="a change needs two occasions, and 1 came"):
        measure_growth(came, calibration, occasions=("t0",))


def test_progress_can_be_watched(judged):
    came, _, calibration, _ = judged
    heard = []
    measure_growth(came, calibration, occasions=("t0", "t1"), report=heard.append)
    assert heard
    assert all(0.0 <= done <= 1.0 for done in heard)
