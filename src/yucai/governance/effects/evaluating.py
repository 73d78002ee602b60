"""From a panel and a plan to the verdict in one call, and to the same bytes whoever runs it."""

from __future__ import annotations

from dataclasses import dataclass

from yucai.governance.effects.plan import EvaluationPlan, PolicyPanel
from yucai.governance.effects.results import Diagnostics, EffectEstimate, Feasibility, Verdict

__all__ = ["Evaluation", "evaluate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A whole evaluation. Where the gate says not testable there are no estimates and no diagnostics."""

    panel: PolicyPanel
    plan: EvaluationPlan
    feasibility: Feasibility
    estimates: tuple[EffectEstimate, ...]
    diagnostics: Diagnostics | None
    verdict: Verdict

    @property
    def primary(self) -> EffectEstimate | None:
        """The estimate that the verdict looks at."""
        raise NotImplementedError

    def as_json(self) -> bytes:
        """Return the whole as canonical bytes: sorted keys, figures with nine significant digits, UTF-8."""
        raise NotImplementedError


def evaluate(panel: PolicyPanel, plan: EvaluationPlan) -> Evaluation:
    """Return gate, estimates, diagnostics and verdict, in this order; the same for the same panel and plan."""
    raise NotImplementedError
