"""Logistic regression of ordered categories, and the audit of items by it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["OrdinalFit", "nagelkerke", "ordinal_fit"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrdinalFit:
    """Thresholds (K-1,), coefficients (P,) and the log-likelihood."""

    thresholds: Array
    coefficients: Array
    log_likelihood: float
    converged: bool


def ordinal_fit(y: npt.NDArray[np.int64], x: Array) -> OrdinalFit:
    r"""Return the likeliest proportional-odds regression of categories y (n,), 0 to K-1, on x (n, P).

    .. math:: \operatorname{logit} P(Y \ge k) = \alpha_k + x' \beta      (McCullagh 1980; two categories: logistic)

    By Fisher scoring with halved steps.
    """
    k_n, p_n = int(y.max()) + 1, x.shape[1]
    above = np.array([(y >= k).mean() for k in range(1, k_n)])
    numbers = np.concatenate([np.log(above / (1 - above)), np.zeros(p_n)])
    height, converged = _height(numbers, y, x, k_n), False
    for _ in range(100):
        gradient, information = _derivatives(numbers, y, x, k_n)
        information[np.diag_indices(len(information))] += 1e-9
        step = np.linalg.lstsq(information, gradient, rcond=None)[0]
        share = 1.0
        while share > 1e-6:
            trial = numbers + share * step
            there = _height(trial, y, x, k_n)
            if there >= height - 1e-12:
                break
            share /= 2
        gain, numbers, height = there - height, trial, there
        if abs(gain) < 1e-10 * max(1.0, abs(height)):
            converged = True
            break
    return OrdinalFit(
        thresholds=numbers[: k_n - 1], coefficients=numbers[k_n - 1 :], log_likelihood=height, converged=converged
    )


def nagelkerke(height: float, alone: float, n: int) -> float:
    r"""Return the share of what could be told that a regression tells (Nagelkerke 1991).

    .. math:: R^2 = \frac{1 - \exp(2 (L_0 - L) / n)}{1 - \exp(2 L_0 / n)}

    >>> nagelkerke(-50.0, -69.3, 100) > 0.4
    True
    """
    return float((1 - np.exp(2 * (alone - height) / n)) / (1 - np.exp(2 * alone / n)))


def _edges(numbers: Array, x: Array, k_n: int) -> Array:
    """Return P(Y >= k) for k = 0 .. K, (K+1, n)."""
    line = x @ numbers[k_n - 1 :]
    above = 1.0 / (1.0 + np.exp(-np.clip(numbers[: k_n - 1, None] + line, -35, 35)))
    return np.concatenate([np.ones((1, len(line))), above, np.zeros((1, len(line)))])


def _height(numbers: Array, y: npt.NDArray[np.int64], x: Array, k_n: int) -> float:
    if np.any(np.diff(numbers[: k_n - 1]) >= 0):
        return -np.inf
    edges = _edges(numbers, x, k_n)
    at = np.arange(len(y))
    return float(np.log(np.maximum(edges[y, at] - edges[y + 1, at], 1e-300)).sum())


def _derivatives(numbers: Array, y: npt.NDArray[np.int64], x: Array, k_n: int) -> tuple[Array, Array]:
    """Return gradient and expected information."""
    edges = _edges(numbers, x, k_n)
    rise = edges * (1 - edges)
    n_all = len(numbers)
    gradient, information = np.zeros(n_all), np.zeros((n_all, n_all))
    for k in range(k_n):
        chance = np.maximum(edges[k] - edges[k + 1], 1e-12)
        by = np.zeros((len(y), n_all))
        if k > 0:
            by[:, k - 1] = rise[k]
        if k < k_n - 1:
            by[:, k] = -rise[k + 1]
        by[:, k_n - 1 :] = x * (rise[k] - rise[k + 1])[:, None]
        gradient += (by[y == k] / chance[y == k, None]).sum(axis=0)
        information += (by / chance[:, None]).T @ by
    return gradient, information
