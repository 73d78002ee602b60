"""The primary estimate again, on a changed panel: without a unit, or as if the policy had begun at another time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from yucai.governance.effects.assigning import Assignments, assignments_of, rank_p
from yucai.governance.effects.comparing import (
    Window,
    effect_contrasts,
    in_time_contrasts,
    labels_of,
    table_of,
    total,
    windows_of,
)
from yucai.governance.effects.imputing import imputed_effects
from yucai.governance.effects.placebos import FEW_TREATED, synthetic_placebos
from yucai.governance.effects.plan import Array, ControlGroup, Estimator, EvaluationPlan, PolicyPanel
from yucai.governance.effects.synthetic import FEWEST_PRE, synthetic_fits

__all__ = ["earlier_effect", "effect_of", "effects_without", "part_of"]


def part_of(panel: PolicyPanel, keep: Sequence[int], firsts: Sequence[int | None] | None = None) -> PolicyPanel:
    """Return a panel of some units, on request with other first years."""
    given = panel.first_treated if firsts is None else firsts
    outcome = panel.outcome[list(keep)].copy()
    outcome.setflags(write=False)
    return replace(
        panel, units=tuple(panel.units[n] for n in keep), names=tuple(panel.names[n] for n in keep), outcome=outcome,
        first_treated=tuple(given[n] for n in keep),
    )  # fmt: skip


def effect_of(panel: PolicyPanel, plan: EvaluationPlan, method: Estimator, group: ControlGroup) -> float:
    """Return the estimate alone, without inference."""
    labels = labels_of(panel)
    if method is Estimator.CALLAWAY_SANTANNA:
        return float(total(table_of(effect_contrasts(panel, plan, group), panel.outcome, labels), labels[None, :])[0])
    if method is Estimator.IMPUTATION:
        return float(imputed_effects(panel, plan, panel.outcome[None], labels[None, :])[0, 0])
    return float(synthetic_fits(panel.outcome, windows_of(panel, plan), labels[None, :], method)[0][0])


def effects_without(
    panel: PolicyPanel, plan: EvaluationPlan, method: Estimator, group: ControlGroup, units: Sequence[int]
) -> Array:
    """Return the estimate without each of some units; donors of synthetic methods are all left out at once."""
    found = np.empty(len(units))
    donors = [k for k, n in enumerate(units) if method.synthetic and panel.first_treated[n] is None]
    if donors:
        rows = np.tile(labels_of(panel), (len(donors), 1))
        may_serve = np.ones(rows.shape, dtype=np.bool_)
        may_serve[np.arange(len(donors)), [units[k] for k in donors]] = False
        found[donors] = synthetic_fits(panel.outcome, windows_of(panel, plan), rows, method, donors=may_serve)[0]
    for k in sorted(set(range(len(units))) - set(donors)):
        rest = part_of(panel, [n for n in range(len(panel.units)) if n != units[k]])
        found[k] = effect_of(rest, plan, method, group)
    return found


def earlier_effect(
    panel: PolicyPanel, plan: EvaluationPlan, method: Estimator, years: int
) -> tuple[float, float | None] | None:
    """Return estimate and p-value as if the policy had begun so many years earlier, or None without the years for it.

    Only years before the policy are looked at. Plain differences stand in for imputation.
    """
    labels = labels_of(panel)
    if method.synthetic:
        windows = _earlier(windows_of(panel, plan), years)
        if windows is None:
            return None
        effect = synthetic_fits(panel.outcome, windows, labels[None, :], method)[0]
        if len(panel.treated) > FEW_TREATED:
            return float(effect[0]), None
        others = synthetic_placebos(panel, plan, method, windows).estimates
        return float(effect[0]), rank_p(np.concatenate([effect, others]), panel.outcome)
    contrasts = in_time_contrasts(panel, plan, years)
    if not contrasts:
        return None
    drawn: Assignments = assignments_of(labels, draws=plan.draws, seed=plan.seed)
    values = total(table_of(contrasts, panel.outcome, labels), drawn.rows)
    return float(values[0]), rank_p(values, panel.outcome)


def _earlier(windows: Sequence[Window], years: int) -> tuple[Window, ...] | None:
    if any(len(w.pre) - years < FEWEST_PRE for w in windows):
        return None
    return tuple(replace(w, pre=w.pre[:-years], post=w.pre[-years:]) for w in windows)
