"""M2: the whole model against the means and products of the answers, where everybody answered everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy

from yucai.measurement.engine import kernel_items
from yucai.measurement.engine.search import shift_of, table_of
from yucai.measurement.fit.ground import Ground

__all__ = ["LimitedFit", "ModelCurves", "curves_of", "limited_fit", "modelled_moments", "rmsea90_of", "rmsea_of"]

Array = npt.NDArray[np.float64]
POINTS: Final = 4096  # of the population, where several qualities hang together
SEED: Final = 20261127  # of the scrambling of an even sequence: the same points every time


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelCurves:
    """What the model says of J items at R points of the population with weights (R,): mean and mean square of each
    answer (J, R), its derivatives by the item's numbers, J arrays (P_j, R), and by the place (J, R).
    """

    weights: Array
    mean: Array
    square: Array
    by_number: tuple[Array, ...]
    by_place: Array
    quality: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitedFit:
    """M2 with its freedom and p-value."""

    m2: float
    freedom: int
    p_value: float


def curves_of(ground: Ground) -> ModelCurves:
    """Return the curves of the items that nobody rates, over a grid of the population or an even set of its points."""
    covariance = ground.state.backbone.covariance[0]
    d = len(covariance)
    if d == 1:
        points = np.linspace(-6.0, 6.0, 121)[:, None]
        weights = scipy.stats.norm.pdf(points[:, 0])
        weights /= weights.sum()
    else:
        even = scipy.stats.qmc.MultivariateNormalQMC(np.zeros(d), cov=covariance, rng=np.random.default_rng(SEED))
        points, weights = even.random(POINTS), np.full(POINTS, 1.0 / POINTS)
    return _at(ground, points, weights)


def _at(ground: Ground, points: Array, weights: Array) -> ModelCurves:
    records, numbers, items = ground.records, ground.state.numbers, ground.records.items
    cells = records.item_cells[records.item_pointer[:-1]]  # each item's first cell: its only one
    j_n, r_n = len(cells), len(points)
    mean, square, by_place = np.zeros((j_n, r_n)), np.zeros((j_n, r_n)), np.zeros((j_n, r_n))
    by_number: list[Array] = []
    most = 2 * int(items.n_categories.max())
    for d in range(records.n_qualities):
        nodes = np.ascontiguousarray(points[:, d])
        table = np.exp(table_of(records, ground.state, nodes))
        slopes, by = np.zeros((records.n_rows, most, r_n)), np.zeros((records.n_rows, r_n))
        kernel_items.tabulate_scores(
            records.cell_item, shift_of(records, ground.state), records.first, items.family, items.n_categories,
            numbers.slopes, numbers.intercepts, nodes, slopes, by,
        )  # fmt: skip
        for j in np.flatnonzero(items.quality == d):
            k_n = int(items.n_categories[j])
            rows = slice(int(records.first[cells[j]]), int(records.first[cells[j]]) + k_n)
            k = np.arange(k_n)[:, None]
            mean[j], square[j] = (k * table[rows]).sum(axis=0), (k**2 * table[rows]).sum(axis=0)
            by_place[j] = -(k * table[rows] * by[rows]).sum(axis=0)
            by_number.append((k[:, :, None] * table[rows][:, None] * slopes[rows, :k_n]).sum(axis=0))
    return ModelCurves(
        weights=weights, mean=mean, square=square, by_number=tuple(by_number), by_place=by_place, quality=items.quality
    )


def modelled_moments(curves: ModelCurves) -> tuple[Array, Array, Array]:
    """Return what the model expects of answers: means (J,), mean squares (J,), mean products (J, J)."""
    weighted = curves.mean * curves.weights
    return weighted.sum(axis=1), curves.square @ curves.weights, weighted @ curves.mean.T


def limited_fit(answers: npt.NDArray[np.int64], curves: ModelCurves) -> LimitedFit | None:
    r"""Return M2 of answers (n, J) by category; None where there are no more moments than numbers.

    With e the means and mean products of the answers less what the model expects, X their covariance under the model
    and D their derivatives by the numbers and correlations,

    .. math:: M_2 = n\, e' \left( X^{-1} - X^{-1} D (D' X^{-1} D)^{-1} D' X^{-1} \right) e \sim \chi^2

    (Maydeu-Olivares and Joe 2006; for more than two categories the same with scores, Cai and Hansen 2013).
    """
    n, j_n = answers.shape
    first, second = np.triu_indices(j_n, 1)
    means, _squares, products = modelled_moments(curves)
    seen = answers.astype(np.float64)
    gap = np.concatenate([seen.mean(axis=0) - means, ((seen.T @ seen) / n - products)[first, second]])
    slopes = _derivatives(curves, first, second)
    freedom = len(gap) - slopes.shape[1]
    if freedom <= 0:
        return None
    spread = _covariance(curves, first, second)
    spread[np.diag_indices(len(spread))] += 1e-10
    solved = np.linalg.solve(spread, np.column_stack([gap, slopes]))
    left = slopes.T @ solved[:, 1:]
    across = slopes.T @ solved[:, 0]
    m2 = n * float(gap @ solved[:, 0] - across @ np.linalg.lstsq(left, across, rcond=None)[0])
    return LimitedFit(m2=m2, freedom=freedom, p_value=float(scipy.stats.chi2.sf(m2, freedom)))


def _derivatives(curves: ModelCurves, first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> Array:
    """Return the derivatives of all moments by the items' numbers and by the correlations, (moments, numbers)."""
    j_n = len(curves.mean)
    weighted = curves.mean * curves.weights
    columns = []
    for j, by in enumerate(curves.by_number):
        column = np.zeros((j_n + len(first), len(by)))
        column[j] = by @ curves.weights
        with_all = weighted @ by.T
        column[j_n:][first == j] = with_all[second[first == j]]
        column[j_n:][second == j] = with_all[first[second == j]]
        columns.append(column)
    d_n = int(curves.quality.max()) + 1
    both = (curves.by_place * curves.weights) @ curves.by_place.T
    for d in range(d_n):
        for e in range(d):
            column = np.zeros((j_n + len(first), 1))
            qualities = np.stack([curves.quality[first], curves.quality[second]])
            across = (qualities.max(axis=0) == d) & (qualities.min(axis=0) == e)
            column[j_n:][across, 0] = both[first[across], second[across]]
            columns.append(column)
    return np.concatenate(columns, axis=1)


def _covariance(curves: ModelCurves, first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> Array:
    """Return the covariance of one unit's means and products under the model, (moments, moments).

    Given the place answers are independent, so that moments without an item in common multiply; for those that share
    item j the product of its means is to be its mean square, which adds what its variance there is.
    """
    mean, j_n = curves.mean, len(curves.mean)
    moments = np.concatenate([mean, mean[first] * mean[second]])
    weighted = moments * curves.weights
    found: Array = weighted @ moments.T - np.outer(weighted.sum(axis=1), weighted.sum(axis=1))
    spare = (curves.square - mean**2) * curves.weights
    for j in range(j_n):
        pairs = np.flatnonzero((first == j) | (second == j))
        own = np.concatenate([[j], j_n + pairs])
        partner = np.where(first[pairs] == j, second[pairs], first[pairs])
        beside = np.concatenate([np.ones((1, mean.shape[1])), mean[partner]])
        found[np.ix_(own, own)] += (beside * spare[j]) @ beside.T
    both = j_n + np.arange(len(first))
    found[both, both] += (spare[first] * (curves.square - mean**2)[second]).sum(axis=1)
    return found


def rmsea_of(chi2: float, freedom: int, n: int) -> float:
    r"""Return the misfit per freedom and unit.

    .. math:: \sqrt{\max(0, (X^2 - f) / (f n))}      (Steiger and Lind 1980)

    >>> round(rmsea_of(11.93841, 5, 1000), 4)
    0.0373
    """
    return float(np.sqrt(max(0.0, (chi2 - freedom) / (freedom * n))))


def rmsea90_of(chi2: float, freedom: int, n: int) -> tuple[float, float]:
    """Return the 90 % interval of the RMSEA, by the non-central chi-square law."""

    def end(share: float) -> float:
        def above(shift: float) -> float:
            return float(scipy.stats.ncx2.cdf(chi2, freedom, shift) - share)

        if scipy.stats.chi2.cdf(chi2, freedom) <= share:
            return 0.0
        top = max(chi2, 10.0)
        while above(top) > 0:
            top *= 2
        return float(np.sqrt(scipy.optimize.brentq(above, 1e-10, top) / (freedom * n)))

    return end(0.95), end(0.05)
