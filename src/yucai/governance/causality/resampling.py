"""Panels drawn again under “the cause says nothing”, whole cross-sections at a time."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from yucai.governance.causality.granger import demean_periods, lagged

__all__ = ["draw_without_effect"]

Array = NDArray[np.float64]


def draw_without_effect(cause: Array, effect: Array, *, lags: int, draws: int, rng: Generator) -> tuple[Array, Array]:
    """Return ``draws`` panels of cause and effect in which the cause does not enter the effect.

    Both series are fitted with the constants of each unit and slopes that all units share: the effect on its own past
    (the null hypothesis), the cause on the past of both. Errors of one period are drawn together, of all units and
    both series, so that what ties units to one another within a period is kept; then the panels are built up again
    from their first values. Shape (draws, units, periods) each, less the mean of each period.
    """
    own, both = lagged(effect, lags), np.concatenate([lagged(cause, lags), lagged(effect, lags)], axis=-1)
    effect_rule, effect_errors = _fitted(effect[:, lags:], own)
    cause_rule, cause_errors = _fitted(cause[:, lags:], both)
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


def _fitted(now: Array, past: Array) -> tuple[tuple[Array, Array], Array]:
    """Return the constants of the units and the shared slopes, and the errors at the size that they have."""
    x, y = past - past.mean(axis=1, keepdims=True), now - now.mean(axis=1, keepdims=True)
    slopes = np.linalg.solve(np.einsum("ntk,ntl->kl", x, x), np.einsum("ntk,nt->k", x, y))
    constants = now.mean(axis=1) - past.mean(axis=1) @ slopes
    errors = y - x @ slopes
    rows = now.shape[1]
    return (constants, slopes), errors * np.sqrt(rows / (rows - past.shape[-1] - 1))


def _said(rule: tuple[Array, Array], past: Array) -> Array:
    constants, slopes = rule
    return np.asarray(constants + past @ slopes)
