"""All qualities of a map together: they help each other, and very many raters are not too many."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.measurement.making import ANY_MODEL, CREDIT, GRADED, Simulated
from yucai.measurement.coding import code_responses
from yucai.measurement.engine import layout
from yucai.measurement.engine.backbone import centred, loose_qualities
from yucai.measurement.engine.search import plan_of, start_of, table_of
from yucai.measurement.joint import estimate_together, gathered
from yucai.measurement.priors import few_of


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


def test_severities_are_counted_from_the_average_rater_also_where_priors_hold_an_item():
    """A category so rare that its item has priors draws the raters away from 0; that is put into the items again."""
    simulated = Simulated([GRADED] * 3, 300, rng=np.random.default_rng(1000), n_raters=5)
    (coded,) = code_responses(simulated.responses, ANY_MODEL)
    assert few_of(coded).any()
    (own,) = estimate_together([coded]).qualities
    assert own.severity.mean() == pytest.approx(0, abs=1e-12)
    truth = simulated.severities - simulated.severities.mean()
    assert np.all(np.abs(own.severity - truth) < 3 * own.severity_errors)


@pytest.mark.parametrize("model", [GRADED, CREDIT])
def test_what_raters_share_goes_into_the_items_without_a_trace(model):
    rng = np.random.default_rng(5)
    simulated = Simulated([model] * 3, 80, rng=rng, n_raters=6)
    (coded,) = code_responses(simulated.responses, ANY_MODEL)
    records = gathered([coded], coded.units)
    plan, state = plan_of(records), start_of(records, n_groups=1, n_covariates=0)
    numbers = replace(state.numbers, severity=rng.normal(0.7, 0.5, records.n_raters))
    before = replace(state, numbers=numbers)
    after = centred(before, records, loose_qualities(records, plan.free), (plan.prior_mean, plan.prior_precision))
    assert after.numbers.severity.mean() == pytest.approx(0, abs=1e-12)
    nodes = np.linspace(-4, 4, 33)
    assert table_of(records, after, nodes) == pytest.approx(table_of(records, before, nodes), abs=1e-10)


def test_raters_stay_where_somebody_answered_the_same_items_unrated():
    simulated = Simulated([CREDIT] * 3, 80, rng=np.random.default_rng(5), n_raters=6)
    (coded,) = code_responses(simulated.responses, ANY_MODEL)
    rater = coded.rater.copy()
    rater[0] = -1
    records = gathered([replace(coded, rater=rater)], coded.units)
    assert loose_qualities(records, np.ones(3, bool)) == ()
    assert loose_qualities(gathered([coded], coded.units), np.ones(3, bool)) == (0,)
    assert loose_qualities(gathered([coded], coded.units), np.array([True, False, True])) == ()
