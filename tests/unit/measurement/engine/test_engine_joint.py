"""All qualities of a map together: they help each other, and very many raters are not too many."""

import numpy as np
import pytest

from tests.unit.measurement.making import ANY_MODEL, CREDIT, GRADED, Simulated
from yucai.measurement.coding import code_responses
from yucai.measurement.engine import layout
from yucai.measurement.joint import estimate_together


def test_of_very_many_raters_each_is_taken_for_itself(monkeypatch):
    """The errors are then somewhat larger or smaller than the joint ones, and of the same size."""
    simulated = Simulated([CREDIT] * 3, 300, rng=np.random.default_rng(2), n_raters=12)
    coded = code_responses(simulated.responses, ANY_MODEL)
    (joint,) = estimate_together(coded).qualities
    monkeypatch.setattr(layout, "MOST_JOINT_RATERS", 3)
    (alone,) = estimate_together(coded).qualities
    assert alone.severity == pytest.approx(joint.severity, abs=0.1)
    shares = alone.severity_errors / joint.severity_errors
    assert np.all((shares > 0.7) & (shares < 1.3))
    assert not np.array_equal(alone.severity_errors, joint.severity_errors)


def test_two_qualities_help_each_other():
    """Places that hang together: the correlation is found within its error, and the likelihood is far higher."""
    rng = np.random.default_rng(31)
    places = rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], 800)
    parts = [
        code_responses(Simulated([GRADED] * 4, 800, rng=rng, places=places[:, d]).responses, ANY_MODEL)[0]
        for d in range(2)
    ]
    joint = estimate_together(parts)
    assert joint.converged
    assert abs(joint.correlations[0, 1] - 0.7) < 2.5 * joint.correlation_errors[0, 1]
    assert joint.correlation_errors[0, 1] < 0.05
    assert joint.log_likelihood > sum(estimate_together([part]).log_likelihood for part in parts) + 50
