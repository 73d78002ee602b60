"""Runs the estimators that the gate allows, each with the inference that is allowed for it."""

from __future__ import annotations

from yucai.governance.effects.plan import EvaluationPlan, PolicyPanel
from yucai.governance.effects.results import EffectEstimate

__all__ = ["estimate_effects"]


def estimate_effects(panel: PolicyPanel, plan: EvaluationPlan) -> tuple[EffectEstimate, ...]:
    """Return one estimate for each method (and control group) of the plan that the gate allows; none is averaged."""
    raise NotImplementedError
