"""Does the past of one series help to foresee another, over many units? Arithmetic on arrays, nothing else.

A panel here is an array of units by periods; all functions also take a stack of panels (draws by units by periods), so
that a bootstrap is one call.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "demean_periods",
    "half_panel_jackknife",
    "half_panel_slopes",
    "lagged",
    "mean_of_unit_walds",
    "partialled",
    "pooled_slopes",
    "rests",
    "standardised_mean",
    "unit_walds",
    "wald_of",
]

Array = NDArray[np.float64]
SMALL: Final = 1e-20  # of a column's square; what is left below it is rounding


def demean_periods(panel: Array) -> Array:
    """Return a panel less the mean of each period over its units: what all units share is gone.

    >>> demean_periods(np.array([[1.0, 4.0], [3.0, 8.0]])).tolist()
    [[-1.0, -2.0], [1.0, 2.0]]
    """
    return np.asarray(panel - panel.mean(axis=-2, keepdims=True))


def lagged(panel: Array, lags: int) -> Array:
    """Return the last ``lags`` values before each period that has so many, the nearest first, as a last axis.

    >>> lagged(np.array([[1.0, 2.0, 3.0, 4.0]]), 2).tolist()
    [[[2.0, 1.0], [3.0, 2.0]]]
    """
    periods = panel.shape[-1]
    return np.stack([panel[..., lags - k : periods - k] for k in range(1, lags + 1)], axis=-1)


def unit_walds(cause: Array, effect: Array, *, lags: int) -> Array:
    r"""Return for each unit the Wald statistic that no lag of ``cause`` enters the regression of ``effect``.

    Each unit has its own regression :math:`y_t = a + \sum_k g_k y_{t-k} + \sum_k b_k x_{t-k} + e_t` on :math:`T - K`
    rows, whose variance is estimated with :math:`T - 3K - 1` degrees of freedom; the statistic is
    :math:`b' [s^2 (X'MX)^{-1}]^{-1} b`, in the limit chi-square with K degrees (Dumitrescu and
    Hurlin 2012, eq. 3 and 4).
    """
    now, x, own = effect[..., lags:], lagged(cause, lags), _with_constant(lagged(effect, lags))
    rest_x, rest_y = _partialled(own, x), _partialled(own, now[..., None])[..., 0]
    slopes = _solve(rest_x, rest_y)
    gone = rest_y - (rest_x @ slopes[..., None])[..., 0]
    variance = (gone**2).sum(-1) / (now.shape[-1] - 2 * lags - 1)
    explained = ((rest_x @ slopes[..., None])[..., 0] ** 2).sum(-1)
    return np.asarray(explained / variance)


def mean_of_unit_walds(cause: Array, effect: Array, *, lags: int) -> Array:
    """Return the mean over the units of their Wald statistics."""
    return np.asarray(unit_walds(cause, effect, lags=lags).mean(-1))


def standardised_mean(mean_wald: float, *, units: int, rows: int, lags: int) -> tuple[float, float]:
    r"""Return Z-bar and Z-tilde of a mean Wald statistic over ``units`` regressions of ``rows`` rows each.

    .. math:: \bar Z = \sqrt{N / 2K} (\bar W - K), \qquad
       \tilde Z = \sqrt{\frac{N}{2K} \frac{T - 2K - 5}{T - K - 3}}
                  \left( \frac{T - 2K - 3}{T - 2K - 1} \bar W - K \right)

    (Dumitrescu and Hurlin 2012, eq. 9 and 32; T is the number of rows). Z-tilde needs T > 5 + 2K.

    >>> [round(z, 4) for z in standardised_mean(3.022629, units=10, rows=19, lags=1)]
    [4.5227, 3.2896]
    """
    scale = units / (2 * lags)
    plain = np.sqrt(scale) * (mean_wald - lags)
    shrunk = (rows - 2 * lags - 3) / (rows - 2 * lags - 1) * mean_wald - lags
    return float(plain), float(np.sqrt(scale * (rows - 2 * lags - 5) / (rows - lags - 3)) * shrunk)


def partialled(cause: Array, effect: Array, *, lags: int) -> tuple[Array, Array]:
    """Return the lags of ``cause`` and the present of ``effect``, each less what the unit's own past explains."""
    own = _with_constant(lagged(effect, lags))
    return _partialled(own, lagged(cause, lags)), _partialled(own, effect[..., lags:, None])[..., 0]


def pooled_slopes(x: Array, y: Array) -> Array:
    """Return the slopes that all units share, from series of which the own part of each unit is taken out."""
    moments = np.einsum("...ntk,...ntl->...kl", x, x)
    return np.asarray(np.linalg.solve(moments, np.einsum("...ntk,...nt->...k", x, y)[..., None])[..., 0])


def half_panel_jackknife(cause: Array, effect: Array, *, lags: int) -> tuple[Array, Array]:
    """Return the slopes of ``half_panel_slopes`` and the Wald statistic that all of them are zero."""
    slopes, covariance = half_panel_slopes(cause, effect, lags=lags)
    return slopes, wald_of(slopes, covariance)


def wald_of(slopes: Array, covariance: Array) -> Array:
    """Return the Wald statistic that slopes with this covariance are all zero."""
    divided = np.linalg.solve(covariance, slopes[..., None])[..., 0]
    return np.asarray(np.einsum("...k,...k->...", slopes, divided))


def half_panel_slopes(cause: Array, effect: Array, *, lags: int) -> tuple[Array, Array]:
    r"""Return the slopes of the lags of ``cause`` that all units share, less their bias of order 1/T, and covariances.

    :math:`\tilde b = 2 \hat b - (\hat b_1 + \hat b_2)/2`, where the last two are of the earlier and the later half
    of the rows; constants and own lags are each unit's own (Juodis, Karavias and Sarafidis 2021, eq. 8 to 11). The
    covariance takes errors of one variance within a unit and of different variances between units.
    """
    x, y = lagged(cause, lags), effect[..., lags:]
    own, rows = _with_constant(lagged(effect, lags)), y.shape[-1]
    rest_x, rest_y = _partialled(own, x), _partialled(own, y[..., None])[..., 0]
    whole = pooled_slopes(rest_x, rest_y)
    halves = [_slopes_of_rows(own, x, y, part) for part in (slice(0, rows // 2), slice(rows - rows // 2, rows))]
    slopes = 2.0 * whole - (halves[0] + halves[1]) / 2.0
    return slopes, _covariance(rest_x, rest_y, whole, free=rows - 2 * lags - 1)


def _slopes_of_rows(own: Array, x: Array, y: Array, part: slice) -> Array:
    some_own, some_x, some_y = own[..., part, :], x[..., part, :], y[..., part, None]
    return pooled_slopes(_partialled(some_own, some_x), _partialled(some_own, some_y)[..., 0])


def _covariance(x: Array, y: Array, fitted: Array, *, free: int) -> Array:
    gone = y - (x @ fitted[..., None, :, None])[..., 0]
    variance = (gone**2).sum(-1) / free
    of_units = np.einsum("...ntk,...ntl->...nkl", x, x)
    bread = np.linalg.inv(of_units.sum(-3))
    return np.asarray(bread @ (variance[..., None, None] * of_units).sum(-3) @ bread)


def _with_constant(values: Array) -> Array:
    return np.concatenate([np.ones((*values.shape[:-1], 1)), values], axis=-1)


def _partialled(own: Array, values: Array) -> Array:
    """Return ``values`` less their projection on the columns of ``own``."""
    each = rests([own[..., k] for k in range(own.shape[-1])], [values[..., k] for k in range(values.shape[-1])])
    return np.stack(each, axis=-1)


def rests(columns: Sequence[Array], values: Sequence[Array]) -> list[Array]:
    """Return each of ``values`` less its projection on some columns, along the last axis (modified Gram-Schmidt).

    For stacks of small regressions this takes a third of the time of as many QR decompositions. A column that the ones
    before it explain takes nothing away.
    """
    left = [np.ascontiguousarray(one) for one in (*columns, *values)]
    for place in range(len(columns)):
        column = left[place]
        size = np.einsum("...t,...t->...", column, column)
        whole = np.einsum("...t,...t->...", columns[place], columns[place])
        weight = np.divide(1.0, size, out=np.zeros_like(size), where=size > SMALL * whole)
        for later in range(place + 1, len(left)):
            slope = np.einsum("...t,...t->...", column, left[later]) * weight
            left[later] = left[later] - slope[..., None] * column
    return left[len(columns) :]


def _solve(x: Array, y: Array) -> Array:
    moments = np.swapaxes(x, -1, -2) @ x
    return np.asarray(np.linalg.solve(moments, (np.swapaxes(x, -1, -2) @ y[..., None]))[..., 0])
