"""Placebos in space: what the method says of units that were not treated, as if they had been."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from yucai.governance.effects.assigning import assignments_of, count_assignments
from yucai.governance.effects.comparing import (
    Labels,
    Window,
    effect_contrasts,
    labels_of,
    table_of,
    total,
    windows_of,
)
from yucai.governance.effects.plan import Array, ControlGroup, Estimator, EvaluationPlan, PolicyPanel
from yucai.governance.effects.synthetic import synthetic_fits

__all__ = [
    "FEW_TREATED",
    "MOST_SETS",
    "InSpace",
    "compared_placebos",
    "count_placebos",
    "lasting_share",
    "synthetic_placebos",
]

FEW_TREATED: Final = 2  # up to so many, synthetic methods are judged by placebos on donors
MOST_SETS: Final = 2_000  # pairs of donors that are all taken; beyond it, as many as the plan draws


@dataclass(frozen=True, slots=True, kw_only=True)
class InSpace:
    """Placebo estimates, gaps before and after the policy (root mean squares), the units, and whether these are all."""

    estimates: Array
    fits: Array
    after: Array
    units: tuple[tuple[int, ...], ...]
    exact: bool


@lru_cache(maxsize=8)
def synthetic_placebos(
    panel: PolicyPanel, plan: EvaluationPlan, method: Estimator, windows: tuple[Window, ...]
) -> InSpace:
    """Return a synthetic method run on every donor (with two treated units, every pair), the treated left out.

    The last few are kept: the gate and the estimate ask for the same ones.
    """
    labels = labels_of(panel)
    donors, never = np.array(panel.donors), len(windows)
    among = _placed(labels, len(donors), never)
    chosen = assignments_of(among, draws=plan.draws, seed=plan.seed, most=MOST_SETS)
    rows = np.full((len(chosen.rows), len(labels)), never, dtype=np.int64)
    rows[:, donors] = chosen.rows
    may_serve = np.tile(labels == never, (len(rows), 1))
    estimates, fits, parts = synthetic_fits(panel.outcome, windows, rows, method, donors=may_serve)
    weights = np.array([w.size for w in windows], dtype=np.float64)
    squares = [(part.gaps[:, list(w.post)] ** 2).mean(axis=1) for part, w in zip(parts, windows, strict=True)]
    after = np.sqrt(np.average(np.array(squares), axis=0, weights=weights))
    units = tuple(tuple(np.flatnonzero(row < never).tolist()) for row in rows)
    return InSpace(estimates=estimates, fits=fits, after=after, units=units, exact=chosen.exact)


def count_placebos(panel: PolicyPanel) -> int:
    """Return how many sets of donors there are of the size and years of the treated."""
    return count_assignments(_placed(labels_of(panel), len(panel.donors), len(panel.cohorts)))


def compared_placebos(panel: PolicyPanel, plan: EvaluationPlan) -> Array:
    r"""Return differences from donors alone, as if as many of them had been treated in the same years.

    They are rescaled from the donors that are left to those there really are, by
    :math:`\sqrt{(1/n_1 + 1/n_0) / (1/m_1 + 1/m_0)}`. With few donors one of each cohort stands for all; with fewer
    still nothing comes back.
    """
    labels, never, n_donors = labels_of(panel), len(panel.cohorts), len(panel.donors)
    n_treated = len(panel.treated)
    among = _placed(labels, n_donors, never)
    if n_donors < n_treated + 2:
        if n_donors < never + 2:
            return np.empty(0)
        among = np.concatenate([np.arange(never), np.full(n_donors - never, never)])
    n_placed = int((among < never).sum())
    outcome = panel.outcome[list(panel.donors)]
    table = table_of(effect_contrasts(panel, plan, ControlGroup.NEVER), outcome, among)
    values = total(table, assignments_of(among, draws=plan.draws, seed=plan.seed).rows)
    scale = (1.0 / n_treated + 1.0 / n_donors) / (1.0 / n_placed + 1.0 / (n_donors - n_placed))
    return np.asarray(values * np.sqrt(scale), dtype=np.float64)


def lasting_share(panel: PolicyPanel, plan: EvaluationPlan, method: Estimator) -> float | None:
    r"""Return the share of a placebo's variance that more years after the policy would not take away.

    From the donors' years after the (first) policy what they are compared with is taken off (the last year before it,
    or the mean before it, by the method) and the mean of all donors; with between-donor variance :math:`s_u^2` and
    yearly variance :math:`s_e^2` it is :math:`s_u^2 / (s_u^2 + s_e^2 / K)`, K years.
    """
    window = windows_of(panel, plan)[0]
    donors = panel.outcome[list(panel.donors)]
    base = window.pre[-1:] if method is Estimator.CALLAWAY_SANTANNA else window.pre
    after = donors[:, list(window.post)] - donors[:, list(base)].mean(axis=1, keepdims=True)
    after = after - after.mean(axis=0)
    n, years = after.shape
    if n < 3 or years < 2:
        return None
    means = after.mean(axis=1)
    within = float(((after - means[:, None]) ** 2).sum() / ((n - 1) * (years - 1)))
    of_means = float((means**2).sum() / (n - 1))
    return max(0.0, 1.0 - within / years / of_means) if of_means > 0 else None


def _placed(labels: Labels, n_donors: int, never: int) -> Labels:
    """Return labels for donors alone, with as many in each cohort as were really treated (as far as there are)."""
    treated = np.sort(labels[labels < never])[:n_donors]
    return np.concatenate([treated, np.full(n_donors - len(treated), never, dtype=np.int64)])
