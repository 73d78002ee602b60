"""What a test of a drift before the policy can tell: how it came out, and which drift it would have found."""

from __future__ import annotations

from typing import Final

from yucai.governance.effects.assigning import assignments_of, chance_to_find, detectable, rank_p
from yucai.governance.effects.comparing import (
    drift_of,
    labels_of,
    mean_distance,
    share_of,
    slope_contrasts,
    table_of,
    total,
)
from yucai.governance.effects.plan import Array, Estimator, EvaluationPlan, PolicyPanel
from yucai.governance.effects.results import EffectEstimate, PretrendTest
from yucai.governance.effects.rules import THRESHOLDS

__all__ = ["smallest_beyond_trend", "trend_before"]

HALVED: Final = 30
MOST_DOUBLED: Final = 20


def trend_before(part: PolicyPanel, plan: EvaluationPlan, primary: EffectEstimate) -> PretrendTest | None:
    """Return the test of a drift before the policy, asked of plain differences whatever the primary method is.

    Its power is that against the drift that by itself makes the estimate, as that method would carry it on.
    """
    contrasts = slope_contrasts(part, plan)
    if not contrasts:
        return None
    slopes, shares = _slopes(part, plan)
    seen = detectable(slopes[1:] - slopes[1:].mean(), alpha=plan.alpha, power=plan.power)
    distance = _distance(part, plan, primary.method)
    power = None
    if distance:
        needed = primary.estimate / distance
        power = chance_to_find(needed, slopes[1:], alpha=THRESHOLDS.trend_level, shares=shares[1:])
    return PretrendTest(
        slope=float(slopes[0]), p_value=rank_p(slopes, part.outcome), n_pre=min(len(one.along) for one in contrasts),
        detectable_slope=seen, hidden_effect=None if seen is None else seen * distance, power=power,
        share_asked=share_of(part, contrasts),
    )  # fmt: skip


def smallest_beyond_trend(part: PolicyPanel, plan: EvaluationPlan, method: Estimator) -> float | None:
    """Return the smallest effect for which a drift that makes it would very probably be seen, of the worse sign.

    Nothing after the policy is looked at. None where no drift, however steep, would be told from chance.
    """
    distance = _distance(part, plan, method)
    if not slope_contrasts(part, plan) or not distance:
        return None
    slopes, shares = _slopes(part, plan)

    def power(size: float) -> float:
        found = [
            chance_to_find(sign * size / distance, slopes[1:], alpha=THRESHOLDS.trend_level, shares=shares[1:])
            for sign in (1.0, -1.0)
        ]
        return min(one or 0.0 for one in found)

    low, high = 0.0, distance * float(slopes[1:].std())
    for _ in range(MOST_DOUBLED):
        if power(high) >= THRESHOLDS.power:
            break
        low, high = high, 2.0 * high
    else:
        return None
    for _ in range(HALVED):
        middle = (low + high) / 2.0
        low, high = (low, middle) if power(middle) >= THRESHOLDS.power else (middle, high)
    return high


def _slopes(part: PolicyPanel, plan: EvaluationPlan) -> tuple[Array, Array]:
    """Return the drift of each assignment, and what a drift of one of the really treated would make of it."""
    labels, contrasts = labels_of(part), slope_contrasts(part, plan)
    drawn = assignments_of(labels, draws=plan.draws, seed=plan.seed)
    own, planted = (total(table_of(contrasts, y, labels), drawn.rows) for y in (part.outcome, drift_of(part)))
    return own, planted


def _distance(part: PolicyPanel, plan: EvaluationPlan, method: Estimator) -> float:
    return mean_distance(part, plan, from_mean=method is not Estimator.CALLAWAY_SANTANNA)
