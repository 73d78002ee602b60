"""How one series answers to another over the following periods: local projections over a panel."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from yucai.governance.causality.granger import lagged

__all__ = ["local_projection"]

Array = NDArray[np.float64]
WEIGHTS: Final = np.array([2.0, -0.5, -0.5])  # of all periods, of the earlier and of the later half


def local_projection(cause: Array, effect: Array, *, horizon: int, lags: int) -> tuple[Array, Array]:
    r"""Return the answer of ``effect`` after ``horizon`` periods to one unit of ``cause``, and its standard error.

    :math:`y_{i,t+h} = a_i + d_t + b_h x_{it} + \sum_{k < K} g_k y_{i,t-k} + \sum_{0 < k < K} c_k x_{i,t-k} + e` (Jorda
    2005), with constants of units and of periods. The present of the effect is held fixed, so that what both do within
    one period is not counted; at horizon 1 this asks what a Granger test with K lags asks. The bias of order 1/T is
    taken out with the two halves of the periods (Dhaene and Jochmans 2015; for local projections Mei, Sheng and Shi
    2025); the standard error is of that difference and lets errors of one unit hang together. Panels may come as a
    stack (draws, units, periods).
    """
    rows = _rows(cause, effect, horizon=horizon, lags=lags)
    half = rows.shape[-2] // 2
    parts = (slice(None), slice(half), slice(rows.shape[-2] - half, None))
    fits = [_two_way(rows[..., part, :]) for part in parts]
    slopes, pulls = np.stack([slope for slope, _ in fits], axis=-1), np.stack([pull for _, pull in fits], axis=-1)
    units = rows.shape[-3]
    errors = np.sqrt(((pulls @ WEIGHTS) ** 2).sum(-1) * units / (units - 1))
    return np.asarray(slopes @ WEIGHTS), np.asarray(errors)


def _rows(cause: Array, effect: Array, *, horizon: int, lags: int) -> Array:
    """Return outcome, the last causes and the last effects, for each unit and each period that has all of them."""
    last = effect.shape[-1] - horizon
    known = [lagged(panel[..., : last + 1], lags)[..., : last - lags + 1, :] for panel in (cause, effect)]
    return np.concatenate([effect[..., lags - 1 + horizon :, None], *known], axis=-1)


def _two_way(rows: Array) -> tuple[Array, Array]:
    """Return the slope of the first regressor and what each unit does to it, within units and periods."""
    within = rows - rows.mean(axis=-2, keepdims=True) - rows.mean(axis=-3, keepdims=True)
    within += rows.mean(axis=(-2, -3), keepdims=True)
    flat = within.reshape(*rows.shape[:-3], -1, rows.shape[-1])
    basis, _ = np.linalg.qr(flat[..., 2:])
    alone = flat[..., :2] - basis @ (np.swapaxes(basis, -1, -2) @ flat[..., :2])
    outcome, regressor = alone[..., 0], alone[..., 1]
    strength = (regressor**2).sum(-1)
    slope = (regressor * outcome).sum(-1) / strength
    pull = regressor * (outcome - slope[..., None] * regressor) / strength[..., None]
    return np.asarray(slope), np.asarray(pull.reshape(rows.shape[:-1]).sum(-1))
