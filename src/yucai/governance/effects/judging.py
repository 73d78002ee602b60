"""The verdict by written rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from yucai.governance.effects.plan import EvaluationPlan
from yucai.governance.effects.results import Diagnostics, EffectEstimate, Feasibility, Verdict

__all__ = ["RULES_VERSION", "judge"]

RULES_VERSION: Final = "1.0"


def judge(
    feasibility: Feasibility,
    estimates: Sequence[EffectEstimate],
    diagnostics: Diagnostics | None,
    plan: EvaluationPlan,
) -> Verdict:
    """Return the grade that the fixed rules give, with every rule that was asked."""
    raise NotImplementedError
