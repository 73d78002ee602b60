"""Panels drawn again under “the cause says nothing”, whole cross-sections at a time."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from yucai.governance.causality.granger import demean_periods, lagged

__all__ = ["draw_without_effect"]

Array = NDArray[np.float64]
BOUNDED: Final = 0.99  # the largest root of a series that is drawn again
SHARES: Final = np.linspace(1.0, 0.1, 10)  # of the correction, the whole of it first


def draw_without_effect(cause: Array, effect: Array, *, lags: int, draws: int, rng: Generator) -> tuple[Array, Array]:
    """Return ``draws`` panels of cause and effect in which the cause does not enter the effect.

    Both series are fitted with the constants of each unit and slopes that all units share: the effect on its own past
    (the null hypothesis), the cause on the past of both. Errors of one period are drawn together, of all units and
    both series, so that what ties units to one another within a period is kept; then the panels are built up again
    from their first values. Shape (draws, units, periods) each, less the mean of each period.

    With a dozen periods a slope on the own past comes out a good tenth too low (Nickell 1981). Panels drawn with such a
    slope forget sooner than the series do, and tests held against them find too much; so the bias of order 1/T is taken
    out first, as far as the series stay bounded (Kilian 1998).
    """
    own, both = lagged(effect, lags), np.concatenate([lagged(cause, lags), lagged(effect, lags)], axis=-1)
    effect_rule, effect_errors = _fitted(effect[:, lags:], own, lags=lags)
    cause_rule, cause_errors = _fitted(cause[:, lags:], both, lags=lags)
    periods = effect.shape[1]
    picked = rng.integers(0, periods - lags, (draws, periods - lags))
    new_effect, new_cause = (np.empty((draws, *effect.shape)) for _ in range(2))
    new_effect[..., :lags], new_cause[..., :lags] = effect[:, :lags], cause[:, :lags]
    for at in range(lags, periods):
        past_effect, past_cause = (panel[..., at - lags : at][..., ::-1] for panel in (new_effect, new_cause))
        shocks = picked[:, at - lags]
        new_effect[..., at] = _said(effect_rule, past_effect) + effect_errors[:, shocks].T
        past = np.concatenate([past_cause, past_effect], axis=-1)
        new_cause[..., at] = _said(cause_rule, past) + cause_errors[:, shocks].T
    return demean_periods(new_cause), demean_periods(new_effect)


def _fitted(now: Array, past: Array, *, lags: int) -> tuple[tuple[Array, Array], Array]:
    """Return the constants of the units and the shared slopes, and the errors at the size that they have.

    The first ``lags`` columns of ``past`` are the series' own.
    """
    rows = now.shape[1]
    slopes = _less_biased(now, past, lags=lags)
    constants = now.mean(axis=1) - past.mean(axis=1) @ slopes
    errors = now - constants[:, None] - past @ slopes
    return (constants, slopes), errors * np.sqrt(rows / (rows - past.shape[-1] - 1))


def _less_biased(now: Array, past: Array, *, lags: int) -> Array:
    """Return the shared slopes with the part of the half-panel correction that leaves the series bounded."""
    half = now.shape[1] // 2
    parts = (slice(None, half), slice(now.shape[1] - half, None))
    whole = _within_slopes(now, past)
    correction = whole - np.mean([_within_slopes(now[:, part], past[:, part]) for part in parts], axis=0)
    for share in SHARES:
        slopes = whole + share * correction
        if _largest_root(slopes[:lags]) < BOUNDED:
            return np.asarray(slopes)
    return whole


def _within_slopes(now: Array, past: Array) -> Array:
    x, y = past - past.mean(axis=1, keepdims=True), now - now.mean(axis=1, keepdims=True)
    return np.asarray(np.linalg.solve(np.einsum("ntk,ntl->kl", x, x), np.einsum("ntk,nt->k", x, y)))


def _largest_root(own: Array) -> float:
    """Return by what a series with these slopes on its own past grows in the long run; below 1 it stays bounded.

    >>> _largest_root(np.array([0.5]))
    0.5
    >>> round(_largest_root(np.array([0.3, 0.4])), 6)
    0.8
    """
    lags = len(own)
    companion = np.vstack([own, np.eye(lags - 1, lags)])
    return float(np.abs(np.linalg.eigvals(companion)).max())


def _said(rule: tuple[Array, Array], past: Array) -> Array:
    constants, slopes = rule
    return np.asarray(constants + past @ slopes)
