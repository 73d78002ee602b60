"""The engine beside the first estimators, which are exact: with one quality both say the same."""

import numpy as np
import pytest
from yucai.measurement.estimation import estimate

from tests.unit.measurement.making import ANY_MODEL, BINARY, CREDIT, GRADED, Simulated
from yucai.measurement.coding import code_responses
from yucai.measurement.engine import uncertainty
from yucai.measurement.joint import estimate_together

CASES = {
    "binary": ([BINARY] * 6, 400, {}),
    "mixed": ([BINARY] * 2 + [GRADED] * 2 + [CREDIT] * 2, 500, {}),
    "few, so with priors": ([BINARY, GRADED, CREDIT], 60, {}),
    "rated": ([CREDIT] * 3, 300, {"n_raters": 6}),
}


@pytest.mark.parametrize("name", CASES)
def test_with_one_quality_it_says_what_the_first_estimators_say(name):
    models, n, more = CASES[name]
    simulated = Simulated(models, n, rng=np.random.default_rng(len(name)), **more)
    (coded,) = code_responses(simulated.responses, ANY_MODEL)
    first, joint = estimate(coded), estimate_together([coded])
    (own,) = joint.qualities
    assert joint.converged
    assert own.slope == pytest.approx(first.parameters.slope, abs=2e-3)
    assert own.intercepts == pytest.approx(first.parameters.intercepts, abs=3e-3, nan_ok=True)
    assert own.severity == pytest.approx(first.parameters.severity, abs=3e-3)
    assert own.severity_sd == pytest.approx(first.parameters.severity_sd, rel=0.02)
    errors = np.concatenate(
        [own.slope_errors, own.intercept_errors[~np.isnan(own.intercept_errors)], own.severity_errors]
    )
    assert errors == pytest.approx(first.std_errors, rel=0.01)
    assert joint.log_likelihood == pytest.approx(first.log_likelihood, abs=0.05)


def test_of_very_many_raters_each_is_taken_for_itself(monkeypatch):
    """The errors are then somewhat larger or smaller than the joint ones, and of the same size."""
    simulated = Simulated([CREDIT] * 3, 300, rng=np.random.default_rng(2), n_raters=12)
    coded = code_responses(simulated.responses, ANY_MODEL)
    (joint,) = estimate_together(coded).qualities
    monkeypatch.setattr(uncertainty, "MOST_JOINT_RATERS", 3)
    (alone,) = estimate_together(coded).qualities
    assert alone.severity == pytest.approx(joint.severity, abs=0.1)
    shares = alone.severity_errors / joint.severity_errors
    assert np.all((shares > 0.7) & (shares < 1.3))


def test_two_qualities_help_each_other():
    """Places that hang together: each quality's items are estimated no worse, and the correlation is found."""
    rng = np.random.default_rng(31)
    places = rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], 800)
    parts = [
        code_responses(Simulated([GRADED] * 4, 800, rng=rng, places=places[:, d]).responses, ANY_MODEL)[0]
        for d in range(2)
    ]
    joint = estimate_together(parts)
    assert joint.converged
    assert joint.correlations[0, 1] == pytest.approx(0.7, abs=0.1)
    assert joint.log_likelihood > sum(estimate(part).log_likelihood for part in parts) + 50
