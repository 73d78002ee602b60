"""Graded, partial-credit and rated evidence against brute force: the formulas anew, integrals on a far, fine grid.

``SecondOpinion`` shares no code with the product. What the product calls the maximum must be one here too.
"""

import itertools
from functools import cached_property

import numpy as np
import polars as pl
import pytest
from scipy import optimize

from tests.unit.measurement.making import ANY_MODEL, BINARY, CREDIT, GRADED, SecondOpinion, Simulated
from yucai.measurement import calibrate, score
from yucai.measurement.priors import FEW_IN_CATEGORY, FEW_RESPONSES, INTERCEPT_PRIOR_SD, SLOPE_PRIOR

CASES = {
    "graded": ([GRADED] * 4, 600, {}),
    "partial credit": ([CREDIT] * 4, 600, {}),
    "mixed": ([BINARY] * 2 + [GRADED] * 2 + [CREDIT] * 2, 600, {}),
    "few, so with priors": ([BINARY, GRADED, CREDIT], 60, {}),
    "rated, partial credit": ([CREDIT] * 2, 300, {"n_raters": 6}),
    "rated, graded": ([GRADED] * 2, 300, {"n_raters": 6}),
    "rated, few": ([CREDIT] * 2, 40, {"n_raters": 3}),
}


class Case:
    def __init__(self, name):
        models, n_units, more = CASES[name]
        self.simulated = Simulated(models, n_units, rng=np.random.default_rng(len(name)), **more)
        self.calibration = calibrate(self.simulated.responses, ANY_MODEL)
        (self.scale,) = self.calibration.scales
        self.opinion = SecondOpinion(self.simulated.responses.table, self.scale)
        self.few = [self._is_few(item) for item in self.scale.items]

    @cached_property
    def scores(self):
        """The derivatives of each unit's log-likelihood, by differences."""
        return self.opinion.slopes_of(self.opinion.by_unit, self.opinion.flat)

    def _is_few(self, item):
        """The rule of ``CONVENTION``, counted anew."""
        here = self.simulated.responses.table.filter(pl.col("item") == item.item)
        return here.height < FEW_RESPONSES or here["score"].value_counts()["count"].min() < FEW_IN_CATEGORY

    def log_prior(self, flat):
        slopes, steps, severities = self.opinion.parts(flat)
        mean, sd = SLOPE_PRIOR
        total = -0.5 * sum(((slopes[j] - mean) / sd) ** 2 for j, few in enumerate(self.few) if few)
        total -= 0.5 * sum(((steps[j] / INTERCEPT_PRIOR_SD) ** 2).sum() for j, few in enumerate(self.few) if few)
        return total - 0.5 * ((severities / self.scale.severity_sd) ** 2).sum() if len(severities) else total

    def height(self, flat):
        return self.opinion.by_unit(flat).sum() + self.log_prior(flat)


@pytest.fixture(scope="module", params=CASES)
def case(request):
    return Case(request.param)


def test_the_log_likelihood_is_the_same(case):
    assert case.calibration.log_likelihood == pytest.approx(case.opinion.by_unit(case.opinion.flat).sum(), abs=1e-5)


def test_the_slope_of_the_log_likelihood_is_level_at_the_estimate(case):
    """Measured in standard errors: how far off the top would lie if the surface were a parabola."""
    rise = case.scores.sum(axis=0) + case.opinion.slopes_of(case.log_prior, case.opinion.flat)
    assert np.abs(rise * case.opinion.said_errors).max() < 0.005


def test_no_neighbour_is_higher(case):
    top, errors = case.height(case.opinion.flat), case.opinion.said_errors
    rng = np.random.default_rng(1)
    for reach in (0.1, 0.5, 1.5):
        for _ in range(4):
            aside = rng.normal(size=len(errors))
            neighbour = case.opinion.flat + reach * errors * aside / np.linalg.norm(aside)
            assert case.height(neighbour) < top


def test_the_standard_errors_are_those_of_the_curvature(case):
    """Observed information by second differences, priors in it; severities compared with the average rater."""
    opinion = case.opinion
    n, top = len(opinion.flat), case.height(opinion.flat)
    steps = 2e-3 * np.eye(n)
    alone = [case.height(opinion.flat + step) + case.height(opinion.flat - step) for step in steps]
    bent = np.zeros((n, n))
    for u, v in itertools.combinations_with_replacement(range(n), 2):
        both = case.height(opinion.flat + steps[u] + steps[v]) + case.height(opinion.flat - steps[u] - steps[v])
        bent[u, v] = bent[v, u] = -(both + 2 * top - alone[u] - alone[v]) / (2 * 2e-3**2)
    apart = np.eye(n)
    if opinion.n_raters:
        apart[-opinion.n_raters :, -opinion.n_raters :] -= 1 / opinion.n_raters
    errors = np.sqrt(np.diag(apart @ np.linalg.inv(bent) @ apart.T))
    assert opinion.said_errors == pytest.approx(errors, rel=2e-3)


def test_places_are_those_of_direct_integration(case):
    """Expected a posteriors, and intervals widened for what is not known of the raters."""
    profiles, opinion = score(case.simulated.responses, case.calibration), case.opinion
    mean, sd = opinion.places(opinion.flat)
    assert profiles.mean[:, 0] == pytest.approx(mean, abs=1e-4)
    first = len(opinion.flat) - opinion.n_raters
    if opinion.n_raters:
        move = opinion.slopes_of(
            lambda flat: opinion.places(flat)[0], opinion.flat, only=range(first, len(opinion.flat))
        )
        wider = np.sqrt(1 + (move**2 @ opinion.said_errors[first:] ** 2) / sd**2)
    else:
        wider = np.ones_like(sd)
    assert profiles.std_error[:, 0] == pytest.approx(sd * wider, abs=1e-4)
    for said, share in ((profiles.lower90, 0.05), (profiles.upper90, 0.95)):
        reach = opinion.ends(opinion.flat, share) - mean
        assert said[:, 0] == pytest.approx(mean + reach * wider, abs=2e-3)


def test_the_spread_of_severities_is_the_likeliest():
    """Two raters: only half their difference matters, for intercepts take up what both share.

    Integrated out on a line, items held; the product approximates (Laplace) with items that follow, hence 3 %.
    """
    simulated = Simulated([CREDIT] * 3, 200, rng=np.random.default_rng(5), n_raters=2, severities=[-0.6, 0.6])
    (scale,) = calibrate(simulated.responses, ANY_MODEL).scales
    opinion, line = SecondOpinion(simulated.responses.table, scale), np.linspace(-1.6, 1.6, 81)
    middle = opinion.flat[-2:].mean()
    logs = np.array([opinion.by_unit(np.r_[opinion.flat[:-2], middle + d, middle - d]).sum() for d in line])
    likelihood = np.exp(logs - logs.max())

    def depth(spread):
        density = np.exp(-((line / spread) ** 2)) / spread  # half a difference has the variance spread^2 / 2
        return -(np.log(likelihood @ density) + np.log(spread) - spread**2 / 2)

    likeliest = optimize.minimize_scalar(depth, bounds=(0.05, 3.0), method="bounded").x
    assert scale.severity_sd == pytest.approx(likeliest, rel=0.03)
