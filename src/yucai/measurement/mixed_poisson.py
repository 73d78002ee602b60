"""Counts per child and setting: Poisson rates with a random effect of the child and observed time as exposure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy

__all__ = ["MixedPoisson", "fit_mixed_poisson"]

Array = npt.NDArray[np.float64]
Groups = npt.NDArray[np.int64]

SMALLEST_SD: Final = 1e-4
NEWTON_STEPS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MixedPoisson:
    """Log rates with their covariance, the SD of children around them, and how well the search went.

    ``child_sd`` 0 means that children differ no more than chance would make them. ``covariance`` is that of the
    coefficients, with the uncertainty of ``child_sd`` taken into account.
    """

    coefficients: Array
    covariance: Array
    child_sd: float
    log_likelihood: float
    converged: bool

    @property
    def std_errors(self) -> Array:
        """The standard errors of the coefficients."""
        errors: Array = np.sqrt(np.diag(self.covariance))
        return errors


def fit_mixed_poisson(
    counts: Array, exposure: Array, design: Array, *, groups: Groups, n_nodes: int = 15
) -> MixedPoisson:
    r"""Return the maximum-likelihood fit of counts with a normal random effect of each group.

    .. math:: y_i \sim Poisson(exposure_i \exp(x_i \beta + u_{g(i)})), u_g \sim N(0, \sigma^2)

    The effect is integrated out by adaptive Gauss-Hermite quadrature (Liu and Pierce 1994); one node is Laplace's
    approximation. ``groups`` number the children from 0.
    """
    nodes, weights = np.polynomial.hermite.hermgauss(n_nodes)
    log_weights = np.log(weights) + nodes**2
    n_groups = int(groups.max()) + 1
    k = design.shape[1]

    def minus(parameters: Array) -> float:
        sd = max(float(np.exp(parameters[k])), SMALLEST_SD)
        linear = design @ parameters[:k] + np.log(exposure)
        by_group = _group_logs(counts, linear, groups=groups, n_groups=n_groups, sd=sd, rule=(nodes, log_weights))
        return -float(by_group.sum())

    start = np.append(np.linalg.lstsq(design, np.log((counts + 0.5) / exposure), rcond=None)[0], np.log(0.5))
    bounds = [(-30.0, 30.0)] * k + [(np.log(SMALLEST_SD), np.log(20.0))]
    found = scipy.optimize.minimize(
        minus, start, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-13, "gtol": 1e-7}
    )
    at = found.x
    constant = float(scipy.special.gammaln(counts + 1).sum())
    sd = float(np.exp(at[k]))
    at_edge = sd < 10 * SMALLEST_SD
    free = k if at_edge else k + 1
    covariance = np.linalg.pinv(_curvature(minus, at, free))[:k, :k]
    return MixedPoisson(
        coefficients=at[:k],
        covariance=np.asarray(covariance, dtype=np.float64),
        child_sd=0.0 if at_edge else sd,
        log_likelihood=-float(found.fun) - constant,
        converged=bool(found.success or np.abs(found.jac).max() < 1e-3),
    )


def _group_logs(
    counts: Array, linear: Array, *, groups: Groups, n_groups: int, sd: float, rule: tuple[Array, Array]
) -> Array:
    """Return each group's log-likelihood (without the factorials), its effect integrated out around its mode."""
    total = np.bincount(groups, weights=counts, minlength=n_groups)
    mass = np.bincount(groups, weights=np.exp(linear), minlength=n_groups)
    fixed = np.bincount(groups, weights=counts * linear, minlength=n_groups)
    mode = np.zeros(n_groups)
    for _ in range(NEWTON_STEPS):
        expected = mass * np.exp(mode)
        step = (total - expected - mode / sd**2) / (expected + 1 / sd**2)
        mode = mode + np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-12:
            break
    spread = 1 / np.sqrt(mass * np.exp(mode) + 1 / sd**2)
    nodes, log_weights = rule
    u = mode[:, None] + np.sqrt(2) * spread[:, None] * nodes[None, :]
    heights = (
        total[:, None] * u - mass[:, None] * np.exp(u) - 0.5 * (u / sd) ** 2 - np.log(sd) - 0.5 * np.log(2 * np.pi)
    )
    area: Array = scipy.special.logsumexp(heights + log_weights, axis=1)
    whole: Array = fixed + area + np.log(np.sqrt(2) * spread)
    return whole


def _curvature(minus: Callable[[Array], float], at: Array, free: int) -> Array:
    """Return the second derivatives of the first ``free`` parameters, by central differences."""
    steps = 1e-4 * np.maximum(1.0, np.abs(at))
    out = np.empty((free, free))
    for i in range(free):
        for j in range(i, free):
            total = 0.0
            for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                moved = at.copy()
                moved[i] += a * steps[i]
                moved[j] += b * steps[j]
                total += a * b * minus(moved)
            out[i, j] = out[j, i] = total / (4 * steps[i] * steps[j])
    return out
