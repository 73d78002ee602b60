"""Tables of counts: what chance would give, how far off a cell is, and one ratio out of many children's tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy

__all__ = ["PooledRatio", "adjusted_residuals", "expected_counts", "pooled_odds_ratio", "pooled_risk_ratio"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

MOST_ROUNDS: Final = 2000
CLOSE: Final = 1e-10


def expected_counts(counts: Array, possible: Mask) -> Array:
    """Return the counts expected if row and column had nothing to do with each other, impossible cells apart.

    The margins are kept; the fit is iterative and proportional (quasi-independence, Goodman 1968), and without
    impossible
    cells it is row total times column total over the total. ``counts`` may be a stack of tables (..., rows, columns).

    >>> counts = np.array([[0.0, 4.0, 2.0], [3.0, 0.0, 5.0], [1.0, 6.0, 0.0]])
    >>> expected_counts(counts, ~np.eye(3, dtype=bool)).round(2)
    array([[0.  , 4.25, 1.75],
           [2.75, 0.  , 5.25],
           [1.25, 5.75, 0.  ]])
    """
    rows, columns = (counts * possible).sum(axis=-1, keepdims=True), (counts * possible).sum(axis=-2, keepdims=True)
    fitted = np.broadcast_to(possible.astype(float), counts.shape).copy()
    for _ in range(MOST_ROUNDS):
        fitted *= _ratio(rows, fitted.sum(axis=-1, keepdims=True))
        fitted *= _ratio(columns, fitted.sum(axis=-2, keepdims=True))
        off = np.abs(fitted.sum(axis=-1, keepdims=True) - rows)
        if float(off.max(initial=0.0)) <= CLOSE * max(1.0, float(rows.max(initial=0.0))):
            break
    return fitted


def _ratio(above: Array, below: Array) -> Array:
    return np.divide(above, below, out=np.zeros_like(below), where=below > 0)


def adjusted_residuals(counts: Array, possible: Mask) -> Array:
    r"""Return how far each cell lies from what is expected, in standard errors; NaN where nothing is expected.

    .. math:: (o - e) / \sqrt{e (1 - h)}

    h is the leverage of the cell in the log-linear model of rows and columns. Without impossible cells this is
    Haberman's
    (1978) adjusted residual, which is Allison and Liker's (1982) z of lag analysis.
    """
    expected = expected_counts(counts, possible)
    k_rows, k_columns = counts.shape
    used = possible & (expected > 0)
    where = np.argwhere(used)
    design = np.zeros((len(where), k_rows + k_columns))
    design[np.arange(len(where)), where[:, 0]] = 1
    design[np.arange(len(where)), k_rows + where[:, 1]] = 1
    weight = expected[used]
    inverse = np.linalg.pinv((design * weight[:, None]).T @ design)
    leverage = weight * np.einsum("ij,jk,ik->i", design, inverse, design)
    out = np.full(counts.shape, np.nan)
    free = 1 - leverage
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (counts[used] - weight) / np.sqrt(weight * free)
    out[used] = np.where(free > 1e-9, z, np.nan)  # a cell that its margins fix tells nothing
    return out


@dataclass(frozen=True, slots=True)
class PooledRatio:
    """One ratio from the tables of several children (Mantel and Haenszel), with intervals over children.

    The intervals leave out one child at a time (jackknife of the logarithm, t distribution with children - 1
    degrees of freedom); NaN where they cannot be had. A ratio without any case to compare with is infinite.
    """

    value: float
    interval90: tuple[float, float]
    interval95: tuple[float, float]
    n_children: int  # children whose table says something


def pooled_odds_ratio(tables: Array) -> PooledRatio:
    """Return the Mantel-Haenszel odds ratio of tables (children, 2, 2) with rows exposed/not and columns yes/no.

    >>> pooled_odds_ratio(np.array([[[10.0, 5.0], [5.0, 10.0]], [[6.0, 3.0], [4.0, 8.0]]])).value
    4.0
    """
    total = np.maximum(tables.sum(axis=(1, 2)), 1e-300)
    above = tables[:, 0, 0] * tables[:, 1, 1] / total
    below = tables[:, 0, 1] * tables[:, 1, 0] / total
    return _jackknifed(above, below)


def pooled_risk_ratio(tables: Array) -> PooledRatio:
    """Return the Mantel-Haenszel risk ratio of tables (children, 2, 2) with rows exposed/not and columns yes/no."""
    total = np.maximum(tables.sum(axis=(1, 2)), 1e-300)
    above = tables[:, 0, 0] * tables[:, 1].sum(axis=1) / total
    below = tables[:, 1, 0] * tables[:, 0].sum(axis=1) / total
    return _jackknifed(above, below)


def _jackknifed(above: Array, below: Array) -> PooledRatio:
    telling = (above > 0) | (below > 0)
    above, below = above[telling], below[telling]
    n, nothing = len(above), (np.nan, np.nan)
    if not n:
        return PooledRatio(np.nan, nothing, nothing, 0)
    with np.errstate(divide="ignore"):
        value = float(np.divide(above.sum(), below.sum()))
    rest_above, rest_below = above.sum() - above, below.sum() - below
    if n < 2 or min(rest_above.min(), rest_below.min()) <= 1e-12 * max(above.sum(), below.sum()):
        return PooledRatio(value, nothing, nothing, n)
    pseudo = n * np.log(value) - (n - 1) * np.log(rest_above / rest_below)
    error = pseudo.std(ddof=1) / np.sqrt(n)
    ends = []
    for share in (0.95, 0.975):
        reach = float(scipy.stats.t.ppf(share, n - 1)) * error
        ends.append((float(value * np.exp(-reach)), float(value * np.exp(reach))))
    return PooledRatio(value, ends[0], ends[1], n)
