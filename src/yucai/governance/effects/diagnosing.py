"""What speaks for and against an estimate."""

from __future__ import annotations

from collections.abc import Sequence

from yucai.governance.effects.plan import EvaluationPlan, PolicyPanel
from yucai.governance.effects.results import Diagnostics, EffectEstimate

__all__ = ["diagnose"]


def diagnose(panel: PolicyPanel, plan: EvaluationPlan, estimates: Sequence[EffectEstimate]) -> Diagnostics:
    """Return the diagnostics of the primary estimate; what cannot be had is withheld with a reason."""
    raise NotImplementedError
