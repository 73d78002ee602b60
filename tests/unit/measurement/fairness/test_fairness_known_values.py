"""Fairness against numbers that are not ours, on LSAT Section 7 with a made-up group that favours the second question.

Group 1 is every fifth test taker, and every third of those who have the second question right. Logistic: R 4.2.2,
``glm(y ~ total, binomial)``, ``glm(y ~ total + g)``, ``glm(y ~ total * g)``; R2 by Nagelkerke's formula on their
``logLik``; ordered categories ``MASS::polr(factor(y1 + y2) ~ x + g + I(x * g))``, MASS 7.3.58.2, x the sum of the other
three. Likelihood ratios: PyPI mirt 1.2.0, ``dif(y, g, model="2PL", n_quadpts=61, tol=1e-9, max_iter=5000,
focal_group=1)``: each item freed by itself, all others as anchors.
"""

import numpy as np
import pytest

from tests.unit.measurement.making import ANY_MODEL, lsat
from yucai.measurement import Groups, calibrate, logistic_dif
from yucai.measurement.fairness.audit import _case, _fitted
from yucai.measurement.fairness.logistic import ordinal_fit
from yucai.texts import Text


@pytest.fixture(scope="module")
def answers():
    table = lsat(7).table.sort("learner", "item")
    return table["score"].to_numpy().reshape(1000, 5).astype(int)


@pytest.fixture(scope="module")
def member(answers):
    place = np.arange(1000)
    return (place % 5 == 0) | ((answers[:, 1] == 1) & (place % 3 == 0))


@pytest.fixture(scope="module")
def groups(member):
    of = {f"u{i:05d}": "one" if there else "other" for i, there in enumerate(member)}
    return Groups.from_mapping(of, name=Text("made up", "虚构"), reference="other")


@pytest.fixture(scope="module")
def calibration():
    return calibrate(lsat(7), ANY_MODEL)


def test_logistic_differences_are_those_of_r(calibration, groups):
    items = logistic_dif(calibration, lsat(7), groups).items
    assert [i.uniform_chi2 for i in items] == pytest.approx(
        [4.6887003, 44.396763, 1.5177212, 6.6746134, 1.6720484], abs=1e-5
    )
    assert [i.nonuniform_chi2 for i in items] == pytest.approx(
        [0.24182009, 0.51987999, 0.020699604, 3.5706416, 0.46879416], abs=1e-5
    )
    assert [i.r2_change for i in items] == pytest.approx(
        [0.006218357, 0.04059506, 0.001573249, 0.009221394, 0.003010997], abs=1e-6
    )
    assert [str(i.dif_class) for i in items] == ["A", "B", "A", "A", "A"]


def test_the_regression_of_ordered_categories_is_that_of_r(answers, member):
    x, g = answers[:, 2:].sum(axis=1).astype(float), member.astype(float)
    found = ordinal_fit(answers[:, 0] + answers[:, 1], np.column_stack([x, g, x * g]))
    assert found.converged
    assert found.coefficients == pytest.approx([0.74275011657, 0.76444588359, 0.05883647269], abs=2e-4)
    assert -found.thresholds == pytest.approx([-0.70303872285, 1.68920458361], abs=2e-4)
    assert found.log_likelihood == pytest.approx(-821.56738783, abs=1e-6)


def test_likelihood_ratios_of_freed_items_are_those_of_python(calibration, groups):
    responses = lsat(7)
    of_unit = responses.table.select("learner", "occasion").unique().join(groups.table, on="learner")
    case, notices = _case(calibration, responses, of_unit, "other")
    assert (case.groups, notices) == (("other", "one"), [])
    height = _fitted(case, []).found.log_likelihood
    ratios = [2 * (_fitted(case, [j]).found.log_likelihood - height) for j in range(5)]
    assert ratios == pytest.approx([5.593557, 37.847042, 10.506663, 4.544516, 1.43608], abs=0.02)
