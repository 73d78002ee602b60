"""Counts and times as evidence: cut at edges, and counting for as much as is declared."""

import numpy as np
import pytest
from scipy.integrate import quad

from tests.unit.measurement.making import BINARY, GRADED, a_map, responses, rule
from yucai.measurement import Calibration, calibrate, score
from yucai.measurement.priors import declared_slope


def a_rule(item, *, edges, reliability=None, backwards=False):
    from dataclasses import replace

    return replace(rule(item, GRADED, backwards=backwards), edges=edges, reliability=reliability)


def clicking(*, n=1500, rng):
    """Six questions; clicks follow the place closely, seconds fall with it."""
    place = rng.normal(size=n)
    rows = []
    for i, x in enumerate(place):
        rows += [(f"u{i:04d}", f"b{j}", float(1.2 * (x - d) + rng.logistic() > 0), 1.0)
                 for j, d in enumerate(np.linspace(-1.2, 1.2, 6))]  # fmt: skip
        rows.append((f"u{i:04d}", "clicks", float(rng.poisson(np.exp(2.0 + 0.8 * x))), 1e6))
        rows.append((f"u{i:04d}", "seconds", float(np.exp(4.0 - 0.5 * x + rng.normal(0, 0.5))), 1e6))
    return responses(rows), place


CLICKS, SECONDS = (2.0, 5.0, 10.0, 20.0), (25.0, 45.0, 80.0)
KNOWN = a_map(rule("b*", BINARY), a_rule("clicks", edges=CLICKS), a_rule("seconds", edges=SECONDS, backwards=True))
DECLARED = a_map(
    rule("b*", BINARY), a_rule("clicks", edges=CLICKS, reliability=0.2),
    a_rule("seconds", edges=SECONDS, reliability=0.1, backwards=True),
)  # fmt: skip


@pytest.fixture(scope="module")
def came():
    return clicking(rng=np.random.default_rng(91))


def test_the_slope_of_a_reliability_is_that_share_of_the_variance_of_the_line():
    """By integration of the logistic law: its variance is pi^2 / 3."""
    noise, _ = quad(lambda e: e**2 * np.exp(-e) / (1 + np.exp(-e)) ** 2, -40, 40)
    for share in (0.05, 0.2, 0.6):
        a = declared_slope(share)
        assert a**2 / (a**2 + noise) == pytest.approx(share, abs=1e-9)


def test_counts_are_cut_and_slow_answers_count_as_low(came):
    scale = calibrate(came[0], KNOWN).scale("skill")
    items = {item.item: item for item in scale.items}
    assert items["clicks"].categories == (0, 1, 2, 3, 4)
    assert items["clicks"].slope > 1.2
    assert items["seconds"].slope > 0.5
    assert items["seconds"].reliability is None


def test_a_declared_reliability_is_what_the_item_counts_for(came):
    free, held = (calibrate(came[0], one) for one in (KNOWN, DECLARED))
    slopes = {item.item: item.slope for item in held.scale("skill").items}
    assert slopes["clicks"] == pytest.approx(declared_slope(0.2), abs=0.02)
    assert slopes["seconds"] == pytest.approx(declared_slope(0.1), abs=0.02)
    assert held.converged
    wide, narrow = (score(came[0], one).std_error.mean() for one in (held, free))
    assert wide > 1.15 * narrow


def test_clicks_alone_tell_little_however_many(came):
    held = calibrate(came[0], DECLARED)
    newcomer = responses([("new", "clicks", 5000.0, 1e6), ("new", "seconds", 1.0, 1e6)])
    profile = score(newcomer, held).of("new")
    assert 0.2 < profile.mean[0] < 1.6
    assert profile.covariance[0, 0] > 0.6
    assert not profile.enough[0]


def test_edges_and_reliability_are_kept_in_the_file(came, tmp_path):
    held = calibrate(came[0], DECLARED)
    held.save(tmp_path / "calibration.json")
    again = Calibration.load(tmp_path / "calibration.json")
    assert again == held
    assert next(i for i in again.scale("skill").items if i.item == "clicks").edges == CLICKS
