"""Imputation (Borusyak, Jaravel and Spiess 2024) without covariates, for many assignments at once."""

from __future__ import annotations

from typing import Final

import numpy as np

from yucai.governance.effects.comparing import Labels, windows_of
from yucai.governance.effects.plan import Array, EvaluationPlan, PolicyPanel

__all__ = ["imputed_effects"]

CELLS_AT_ONCE: Final = 4_000_000  # assignments x units x periods that are held in memory at once


def imputed_effects(panel: PolicyPanel, plan: EvaluationPlan, outcomes: Array, assignments: Labels) -> Array:
    r"""Return outcomes x assignments: the mean of treated cells less what untreated cells foretell for them.

    Unit and year effects are fitted to the untreated cells by least squares; ``outcomes`` is k x units x periods.
    Cells of anticipation and beyond the horizon are left out. With the unit effects taken out, the year effects
    solve a system as large as there are years.
    """
    untreated, counted = _cells(panel, plan)
    at_once = max(CELLS_AT_ONCE // panel.outcome.size, 1)
    found = np.empty((outcomes.shape[0], assignments.shape[0]))
    for begin in range(0, assignments.shape[0], at_once):
        rows = assignments[begin : begin + at_once]
        found[:, begin : begin + rows.shape[0]] = _solved(outcomes, untreated[rows], counted[rows])
    return found


def _cells(panel: PolicyPanel, plan: EvaluationPlan) -> tuple[Array, Array]:
    """Return labels x periods: whether a cell is fitted, and whether its effect counts."""
    n_cohorts, n_periods = len(panel.cohorts), len(panel.periods)
    untreated, counted = np.ones((n_cohorts + 1, n_periods)), np.zeros((n_cohorts + 1, n_periods))
    for k, window in enumerate(windows_of(panel, plan)):
        untreated[k] = 0.0
        untreated[k, list(window.pre)] = 1.0
        counted[k, list(window.post)] = 1.0
    return untreated, counted


def _solved(outcomes: Array, fitted: Array, counted: Array) -> Array:
    n_own = fitted.sum(axis=2)  # assignments x units
    share = fitted / np.maximum(n_own, 1.0)[:, :, None]
    system = np.einsum("bit,bis->bts", -share, fitted)
    diagonal = np.arange(fitted.shape[2])
    system[:, diagonal, diagonal] += fitted.sum(axis=1)
    means = np.einsum("bit,kit->kbi", share, outcomes)
    right = np.einsum("bit,kit->kbt", fitted, outcomes) - np.einsum("bit,kbi->kbt", fitted, means)
    # The level of the year effects is free. A constant added to the system takes the one with mean 0; it cancels below.
    years = np.einsum("bts,kbs->kbt", np.linalg.inv(system + fitted.shape[1] / fitted.shape[2]), right)
    units = means - np.einsum("bit,kbt->kbi", share, years)
    n_counted = counted.sum(axis=(1, 2))
    effect = (
        np.einsum("bit,kit->kb", counted, outcomes)
        - np.einsum("bi,kbi->kb", counted.sum(axis=2), units)
        - np.einsum("bt,kbt->kb", counted.sum(axis=1), years)
    )
    return np.asarray(effect / n_counted, dtype=np.float64)
