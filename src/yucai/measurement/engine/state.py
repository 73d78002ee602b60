"""What the engine estimates: numbers of items, severities of raters, and how qualities vary and hang together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine.records import Family, Items

__all__ = ["Backbone", "Numbers", "State", "first_state", "is_sound", "packed_numbers", "with_numbers"]

Array = npt.NDArray[np.float64]
NARROWEST: Final = 0.02  # of a spread


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Numbers:
    """slopes (J, S) and intercepts (J, I), filled up with zeros; of a guessing item the second intercept is the
    logit of its floor. severity (raters,), with the spread of those about each quality (D,).
    """

    slopes: Array
    intercepts: Array
    severity: Array
    severity_sd: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Backbone:
    """How places are spread before any answer: N(mean + covariates @ regression, covariance of the group).

    mean (D,), regression (P, D), covariance (G, D, D).
    """

    mean: Array
    regression: Array
    covariance: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """All that is estimated, as parts and as one row of numbers in which a search may move freely."""

    numbers: Numbers
    backbone: Backbone

    def flat(self) -> Array:
        """Return one row: spreads as logarithms, covariances by their Cholesky factor with a logarithmic diagonal."""
        d = self.backbone.covariance.shape[1]
        below = np.tril_indices(d, -1)
        factors = np.linalg.cholesky(self.backbone.covariance)
        return np.concatenate([
            self.numbers.slopes.ravel(), self.numbers.intercepts.ravel(), self.numbers.severity,
            np.log(np.maximum(self.numbers.severity_sd, NARROWEST)), self.backbone.mean,
            self.backbone.regression.ravel(),
            np.log(np.einsum("gdd->gd", factors)).ravel(), factors[:, below[0], below[1]].ravel(),
        ])  # fmt: skip

    def with_flat(self, flat: Array) -> State:
        """Return the state that such a row stands for."""
        parts, at = [], 0
        g, d, _ = self.backbone.covariance.shape
        shapes = (
            self.numbers.slopes.shape, self.numbers.intercepts.shape, self.numbers.severity.shape,
            self.numbers.severity_sd.shape, self.backbone.mean.shape, self.backbone.regression.shape,
            (g, d), (g, d * (d - 1) // 2),
        )  # fmt: skip
        for shape in shapes:
            size = int(np.prod(shape))
            parts.append(flat[at : at + size].reshape(shape).copy())
            at += size
        slopes, intercepts, severity, log_sd, mean, regression, diagonal, lower = parts
        factors = np.zeros((g, d, d))
        below = np.tril_indices(d, -1)
        factors[:, below[0], below[1]] = lower
        factors[:, np.arange(d), np.arange(d)] = np.exp(diagonal)
        return State(
            numbers=Numbers(
                slopes=slopes, intercepts=intercepts, severity=severity,
                severity_sd=np.where(self.numbers.severity_sd > 0, np.exp(log_sd), 0.0),
            ),
            backbone=Backbone(mean=mean, regression=regression, covariance=factors @ factors.transpose(0, 2, 1)),
        )  # fmt: skip


def is_sound(state: State, items: Items) -> bool:
    """Return whether a row that was leapt to makes sense: in order, in bounds, finite."""
    if not np.all(np.isfinite(state.flat())) or np.abs(state.numbers.slopes).max(initial=0.0) > 5.0:
        return False
    graded = (items.family == Family.GRADED) & (items.n_categories > 2)
    k = np.arange(state.numbers.intercepts.shape[1] - 1)
    falls = state.numbers.intercepts[:, 1:] < state.numbers.intercepts[:, :-1]
    there = k[None, :] < (items.n_categories - 2)[:, None]
    return bool(np.all(falls[graded] | ~there[graded]))


def first_state(
    items: Items,
    category_counts: Array,
    *,
    n_qualities: int,
    n_groups: int,
    n_covariates: int,
    rater_quality: npt.NDArray[np.int64],
) -> State:
    """Return where the search begins: slope one, intercepts from the shares of the categories, correlations of 0.5."""
    most = int(items.n_categories.max())
    j_n = len(items.family)
    n_slopes = most - 1 if np.any(items.family == Family.NOMINAL) else 1
    slopes, intercepts = np.zeros((j_n, n_slopes)), np.zeros((j_n, max(most - 1, 2)))
    for j in range(j_n):
        k_n, counts = int(items.n_categories[j]), category_counts[j, : int(items.n_categories[j])] + 0.5
        if items.family[j] == Family.NOMINAL:
            slopes[j, : k_n - 1] = np.arange(1, k_n)
            intercepts[j, : k_n - 1] = np.log(counts[1:] / counts[0])
            continue
        slopes[j, 0] = 1.0
        if items.family[j] == Family.PARTIAL_CREDIT:
            intercepts[j, : k_n - 1] = np.log(counts[1:] / counts[:-1])
        else:
            above = np.cumsum(counts[::-1])[::-1][1:] / counts.sum()
            intercepts[j, : k_n - 1] = 1.2 * np.log(above / (1.0 - above))
        if items.family[j] == Family.GUESSING:
            intercepts[j, 1] = -1.4
    spread = np.zeros(n_qualities)
    spread[np.unique(rater_quality)] = 0.5
    covariance = np.tile(0.5 * np.eye(n_qualities) + 0.5, (n_groups, 1, 1))
    return State(
        numbers=Numbers(
            slopes=slopes, intercepts=intercepts, severity=np.zeros(len(rater_quality)), severity_sd=spread
        ),
        backbone=Backbone(
            mean=np.zeros(n_qualities), regression=np.zeros((n_covariates, n_qualities)), covariance=covariance
        ),
    )


def with_numbers(state: State, **changed: Array) -> State:
    """Return the state with some of its numbers changed."""
    return replace(state, numbers=replace(state.numbers, **changed))


def packed_numbers(state: State, items: Items) -> Array:
    """Return each item's numbers in one row as the kernels pack them, (J, P)."""
    n_i = state.numbers.intercepts.shape[1]
    packed = np.zeros((len(items.family), 2 * int(items.n_categories.max()) + 2))
    nominal = items.family == Family.NOMINAL
    packed[~nominal, 0] = state.numbers.slopes[~nominal, 0]
    packed[~nominal, 1 : 1 + n_i] = state.numbers.intercepts[~nominal]
    for j in np.flatnonzero(nominal):
        k = int(items.n_categories[j]) - 1
        packed[j, :k], packed[j, k : 2 * k] = state.numbers.slopes[j, :k], state.numbers.intercepts[j, :k]
    return packed
