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
        seen = severities.mean() if len(severities) else 0.0  # priors of rated items: as the average rater sees them
        away = [steps[j] - slopes[j] * seen for j, few in enumerate(self.few) if few]
        total -= 0.5 * sum(((one / INTERCEPT_PRIOR_SD) ** 2).sum() for one in away)
        return total - 0.5 * ((severities / self.scale.severity_sd) ** 2).sum() if len(severities) else total

    def height(self, flat):
        return self.opinion.by_unit(flat).sum() + self.log_prior(flat)

    def bent(self, flat, over, by=2e-3):
        """Minus the second differences of the height by the numbers at ``over``."""
        steps = by * np.eye(len(flat))[list(over)]
        top, n = self.height(flat), len(steps)
        alone = [self.height(flat + step) + self.height(flat - step) for step in steps]
        found = np.zeros((n, n))
        for u, v in itertools.combinations_with_replacement(range(n), 2):
            both = self.height(flat + steps[u] + steps[v]) + self.height(flat - steps[u] - steps[v])
            found[u, v] = found[v, u] = -(both + 2 * top - alone[u] - alone[v]) / (2 * by**2)
        return found


@pytest.fixture(scope="module", params=CASES)
def case(request):
    return Case(request.param)


def test_the_log_likelihood_is_the_same(case):
    assert case.calibration.log_likelihood == pytest.approx(case.opinion.by_unit(case.opinion.flat).sum(), abs=1e-5)


def test_the_slope_of_the_log_likelihood_is_level_at_the_estimate(case):
    """Measured in standard errors: how far off the top would lie if the surface were a parabola.

    Where raters judged, severities are at the top given the items; these are at their own top, severities integrated
    out, for which see the next test.
    """
    rise = case.scores.sum(axis=0) + case.opinion.slopes_of(case.log_prior, case.opinion.flat)
    free = slice(len(rise) - case.opinion.n_raters, None) if case.opinion.n_raters else slice(None)
    assert np.abs(rise * case.opinion.said_errors)[free].max() < 0.005


@pytest.mark.parametrize("case", [name for name in CASES if name.startswith("rated")], indirect=True)
def test_items_are_at_the_top_with_severities_integrated_out(case):
    """The integral over all severities and every place; in standard errors, along slopes and ways through all numbers.

    Severities stand around their top as in a normal law, which the cubature corrects by the true height at its points;
    with three raters that agrees to .0002 with a grid of seven to the power of three. The top together with the
    severities lies elsewhere: there slopes are too steep.
    """
    opinion = case.opinion
    first = len(opinion.flat) - opinion.n_raters
    judged = range(first, len(opinion.flat))
    wide = np.linalg.cholesky(np.linalg.inv(case.bent(opinion.flat, judged)))
    points, weights = cubature(opinion.n_raters)
    top = case.height(opinion.flat)

    def integrated(items):
        heights = np.array([case.height(np.r_[items, opinion.flat[first:] + wide @ point]) for point in points])
        return np.log(weights @ np.exp(heights - top + 0.5 * (points**2).sum(axis=1)))

    ways = np.concatenate([np.eye(opinion.n_items, first), np.random.default_rng(4).normal(size=(2, first))])
    ways *= opinion.said_errors[:first] / np.linalg.norm(ways, axis=1, keepdims=True)
    items, aside = opinion.flat[:first], 0.05 * ways
    whole = np.array([integrated(items + step) - integrated(items - step) for step in aside]) / 0.1
    alone = np.array([
        case.height(opinion.flat + np.r_[step, np.zeros(opinion.n_raters)])
        - case.height(opinion.flat - np.r_[step, np.zeros(opinion.n_raters)])
        for step in aside
    ]) / 0.1  # fmt: skip
    assert np.abs(whole).max() < 0.02
    assert np.abs(alone[: opinion.n_items]).max() > 0.1


def cubature(n):
    """Return points and weights for a standard normal law of n numbers, exact to degree 5 (McNamee, Stenger 1967)."""
    reach = np.sqrt(3.0) * np.eye(n)
    pairs = [s * reach[i] + t * reach[j] for i in range(n) for j in range(i) for s in (1, -1) for t in (1, -1)]
    weights = [1 + n * (n - 7) / 18, *[(4 - n) / 18] * 2 * n, *[1 / 36] * len(pairs)]
    return np.vstack([np.zeros((1, n)), reach, -reach, *pairs]), np.array(weights)


def test_no_neighbour_is_higher(case):
    top, errors = case.height(case.opinion.flat), case.opinion.said_errors.copy()
    if case.opinion.n_raters:
        errors[: len(errors) - case.opinion.n_raters] = 0.0  # items are at a top of their own
    rng = np.random.default_rng(1)
    for reach in (0.1, 0.5, 1.5):
        for _ in range(4):
            aside = rng.normal(size=len(errors))
            neighbour = case.opinion.flat + reach * errors * aside / np.linalg.norm(aside)
            assert case.height(neighbour) < top


def test_the_standard_errors_are_those_of_the_curvature(case):
    """Observed information by second differences, priors in it; all compared with what the average rater sees."""
    opinion = case.opinion
    bent = case.bent(opinion.flat, range(len(opinion.flat)))
    apart = np.eye(len(bent))
    if opinion.n_raters:
        apart[-opinion.n_raters :, -opinion.n_raters :] -= 1 / opinion.n_raters
        slopes, steps, _severities = opinion.parts(opinion.flat)
        at = len(slopes)
        for slope, own in zip(slopes, steps, strict=True):
            apart[at : at + len(own), -opinion.n_raters :] = -slope / opinion.n_raters
            at += len(own)
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
