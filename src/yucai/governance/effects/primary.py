"""The primary estimate again, on a changed panel: without a unit, or as if the policy had begun at another time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from yucai.governance.effects.assigning import Assignments, assignments_of, chance_to_find, rank_p
from yucai.governance.effects.comparing import (
    Window,
    effect_contrasts,
    in_time_contrasts,
    labels_of,
    share_of,
    table_of,
    total,
    windows_of,
)
from yucai.governance.effects.imputing import imputed_effects
from yucai.governance.effects.placebos import FEW_TREATED, synthetic_placebos
from yucai.governance.effects.plan import Array, ControlGroup, Estimator, EvaluationPlan, PolicyPanel
from yucai.governance.effects.results import InTimePlacebo
from yucai.governance.effects.rules import THRESHOLDS
from yucai.governance.effects.synthetic import FEWEST_PRE, SYNTHETIC_DRAWS, slopes_within, synthetic_fits

__all__ = ["earlier_effect", "effect_of", "effects_without", "own_placebo_years", "part_of"]


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


def own_placebo_years(panel: PolicyPanel, plan: EvaluationPlan, method: Estimator) -> int | None:
    """Return by how many years the policy is moved in any case: half of the years before it, or None without them.

    A plan may name more; it cannot name fewer. The years are those of the treated with the fewest, of those that have
    two; synthetic methods keep three years to fit.
    """
    before = [len(w.pre) for w in windows_of(panel, plan)]
    if method.synthetic:
        years = min(min(before) // 2, min(before) - FEWEST_PRE) if before else 0
    else:
        years = min((n for n in before if n >= 2), default=0) // 2
    return years if years >= 1 else None


def earlier_effect(
    panel: PolicyPanel, plan: EvaluationPlan, method: Estimator, years: int, *, size: float
) -> InTimePlacebo | None:
    """Return the estimate as if the policy had begun so many years earlier, or None without the years for it.

    Only years before the policy are looked at. Plain differences stand in for imputation. ``size`` is the effect that
    should have been found there had the difference been there already.
    """
    labels = labels_of(panel)
    if method.synthetic:
        windows = _earlier(windows_of(panel, plan), years)
        return None if windows is None else _earlier_synthetic(panel, plan, method, years, windows, size=size)
    contrasts = in_time_contrasts(panel, plan, years)
    if not contrasts:
        return None
    drawn: Assignments = assignments_of(labels, draws=plan.draws, seed=plan.seed)
    values = total(table_of(contrasts, panel.outcome, labels), drawn.rows)
    shares = total(table_of(contrasts, _as_if(panel, plan, years), labels), drawn.rows)
    return InTimePlacebo(
        years=years, estimate=float(values[0]), p_value=rank_p(values, panel.outcome),
        power=chance_to_find(size, values[1:], alpha=THRESHOLDS.trend_level, shares=shares[1:]),
        share_asked=share_of(panel, contrasts),
    )  # fmt: skip


def _earlier_synthetic(
    panel: PolicyPanel,
    plan: EvaluationPlan,
    method: Estimator,
    years: int,
    windows: tuple[Window, ...],
    *,
    size: float,
) -> InTimePlacebo:
    labels = labels_of(panel)
    if len(panel.treated) <= FEW_TREATED:
        effect = synthetic_fits(panel.outcome, windows, labels[None, :], method)[0]
        others, shares = synthetic_placebos(panel, plan, method, windows).estimates, None
    else:
        drawn = assignments_of(labels, draws=min(plan.draws, SYNTHETIC_DRAWS), seed=plan.seed, most=SYNTHETIC_DRAWS)
        effects, _, parts = synthetic_fits(panel.outcome, windows, drawn.rows, method)
        effect, others = effects[:1], effects[1:]
        shares = slopes_within(_as_if(panel, plan, years), windows, drawn.rows, parts)[1:]
    return InTimePlacebo(
        years=years, estimate=float(effect[0]), p_value=rank_p(np.concatenate([effect, others]), panel.outcome),
        power=chance_to_find(size, others, alpha=THRESHOLDS.trend_level, shares=shares),
    )  # fmt: skip


def _as_if(panel: PolicyPanel, plan: EvaluationPlan, years: int) -> Array:
    """Return units x periods: 1 in the last years before the policy of each treated unit, else 0."""
    found = np.zeros(panel.outcome.shape)
    for window in windows_of(panel, plan):
        units = [n for n, first in enumerate(panel.first_treated) if first == window.first]
        found[np.ix_(units, list(window.pre[-years:]))] = 1.0
    return found


def _earlier(windows: Sequence[Window], years: int) -> tuple[Window, ...] | None:
    if any(len(w.pre) - years < FEWEST_PRE for w in windows):
        return None
    return tuple(replace(w, pre=w.pre[:-years], post=w.pre[-years:]) for w in windows)
