"""How raters stand to each other in one round: against scipy, against simulated panels whose truth is known."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from tests.unit.measurement.drifting import NODES, WAVERING, WEIGHTS, Panel, mean_level
from yucai.evidence import Responses
from yucai.measurement import StandingVerdict, rater_drift, rater_standings


def rated(levels):
    """Responses of one term: rater to level by work, one criterion."""
    rows = [
        (f"L{work}", "idea", float(level), 4.0, rater, "t0")
        for rater, of_rater in levels.items()
        for work, level in enumerate(of_rater)
        if level is not None
    ]
    schema = ["learner", "item", "score", "max_score", "rater", "occasion"]
    return Responses.from_table(pl.DataFrame(rows, schema=schema, orient="row"))


def standings(levels, **more):
    return rater_standings(rated(levels), common=[f"L{n}" for n in range(40)], occasion="t0", **more)


def test_two_raters_are_one_comparison_as_scipy_makes_it():
    an, bai = [0, 1, 0, 4, 1, 0, 2, 0], [3, 1, 2, 4, 4, 0, 4, 3]
    report = standings({"An": an, "Bai": bai})
    apart = np.subtract(bai, an).astype(float)
    expected = stats.ttest_1samp(apart, 0.0)
    low, high = expected.confidence_interval(0.90)
    assert report.of("An").severity == pytest.approx(apart.mean())
    assert report.of("An").severity90 == pytest.approx((low, high))
    assert report.of("An").false_discovery_rate == pytest.approx(expected.pvalue)
    assert report.of("Bai").severity90 == pytest.approx((-high, -low))


def test_severity_is_how_much_lower_than_the_mean_of_the_others():
    report = standings({"An": [1, 2], "Bai": [2, 3], "Chen": [4, 4]})
    assert report.of("An").severity == pytest.approx(((3 - 1) + (3.5 - 2)) / 2)
    assert sum(standing.severity for standing in report.raters) == pytest.approx(0)
    assert report.n_common == 2


def test_what_cannot_be_told_yet_is_said_so():
    report = standings({"An": [1, None, None], "Bai": [2, 3, 4], "Chen": [4, 1, 2]})
    assert report.of("An").severity is None
    assert report.of("An").verdict is StandingVerdict.CANNOT_TELL
    assert report.of("Bai").verdict is StandingVerdict.CANNOT_TELL
    assert "An: cannot tell yet; fewer than two works were rated" in report.in_language("en")
    assert "Bai：尚不能判断，可能在 " in report.in_language("zh")
    assert rater_standings(rated({"An": [1, 2]}), common=["L0"], occasion="t1").raters == ()


def test_who_is_stricter_is_named_and_who_is_alike_too():
    rng = np.random.default_rng(3)
    works = rng.integers(1, 4, 30)
    levels = {rater: (works + rng.integers(0, 2, 30)).tolist() for rater in ("Bai", "Chen", "Deng", "Fang")}
    report = standings({"An": (works - 1).tolist(), **levels})
    assert report.of("An").verdict is StandingVerdict.STRICTER
    assert report.in_language("en").startswith("An: stricter than the others by 1.")
    assert report.in_language("zh").startswith("An：比其他评分人严 1.")
    wide = standings({"An": works.tolist(), **levels}, within=5.0, false_discoveries=0.0)
    assert {standing.verdict for standing in wide.raters} == {StandingVerdict.ALIKE}
    assert "like the others, within 5 levels" in wide.in_language("en")


@pytest.mark.parametrize(("n_raters", "n_works", "n_criteria"), [(8, 6, 3), (4, 4, 1), (2, 6, 3)])
def test_intervals_hold_the_truth_of_simulated_panels(n_raters, n_works, n_criteria):
    held = []
    for seed in range(120):
        again = np.random.default_rng(seed)
        severity, places = again.normal(0, 0.5, n_raters), again.normal(size=n_works)
        panel = Panel(n_raters, n_works, n_criteria, rng=np.random.default_rng(seed))
        taken = [(WAVERING * node, weight) for node, weight in zip(NODES, WEIGHTS / WEIGHTS.sum(), strict=True)]
        mean = np.array([sum(w * mean_level(1.0, places + x - s).mean() for x, w in taken) for s in severity])
        truth = (mean.sum() - mean) / (n_raters - 1) - mean
        report = rater_standings(panel.responses, common=panel.common, occasion="t0")
        held += [s.severity90[0] <= t <= s.severity90[1] for s, t in zip(report.raters, truth, strict=True)]
    assert 0.84 <= np.mean(held) <= 0.97


def test_drift_of_two_raters_compared_with_each_other_borrows_nothing():
    rng = np.random.default_rng(5)
    first, last = (rng.integers(0, 5, (2, 6)) for _ in range(2))
    tables = []
    for occasion, levels in (("t0", first), ("t1", last)):
        table = rated({"An": levels[0].tolist(), "Bai": levels[1].tolist()}).table
        tables.append(
            table.with_columns(occasion=pl.lit(occasion), learner=pl.lit(occasion) + pl.col("learner"))
        )  # fmt: skip
    responses = Responses.from_table(pl.concat(tables))
    common = sorted(set(responses.table["learner"]))
    drift = rater_drift(responses, common=common, occasions=["t0", "t1"]).of("An")
    expected = stats.ttest_ind(last[1] - last[0], first[1] - first[0])
    assert drift.p_value == pytest.approx(expected.pvalue)
