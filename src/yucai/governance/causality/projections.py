"""How one series answers to another over the following periods: local projections over a panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yucai.governance.causality.granger import rests

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
    units, periods = rows[0].shape[-2:]
    half = periods // 2
    parts = (slice(None), slice(half), slice(periods - half, None))
    fits = [_two_way([one[..., part] for one in rows]) for part in parts]
    slopes, pulls = np.stack([slope for slope, _ in fits], axis=-1), np.stack([pull for _, pull in fits], axis=-1)
    errors = np.sqrt(((pulls @ WEIGHTS) ** 2).sum(-1) * units / (units - 1))
    return np.asarray(slopes @ WEIGHTS), np.asarray(errors)


def _rows(cause: Array, effect: Array, *, horizon: int, lags: int) -> list[Array]:
    """Return outcome, the last causes and the last effects, for each unit and each period that has all of them."""
    last = effect.shape[-1] - horizon
    known = [panel[..., lags - 1 - k : last - k] for panel in (cause, effect) for k in range(lags)]
    return [effect[..., lags - 1 + horizon :], *known]


def _two_way(rows: Sequence[Array]) -> tuple[Array, Array]:
    """Return the slope of the first regressor and what each unit does to it, within units and periods."""
    within = [_within(one) for one in rows]
    flat = [one.reshape(*one.shape[:-2], -1) for one in within]
    outcome, regressor = rests(flat[2:], flat[:2])
    strength = np.einsum("...i,...i->...", regressor, regressor)
    slope = np.einsum("...i,...i->...", regressor, outcome) / strength
    gone = (outcome - slope[..., None] * regressor).reshape(within[0].shape)
    pull = np.einsum("...nt,...nt->...n", regressor.reshape(gone.shape), gone) / strength[..., None]
    return np.asarray(slope), np.asarray(pull)


def _within(panel: Array) -> Array:
    """Return a panel less the means of its units and of its periods."""
    of_units = panel @ np.full((panel.shape[-1], 1), 1.0 / panel.shape[-1])
    centred = panel - of_units
    return np.asarray(centred - centred.mean(axis=-2, keepdims=True))
