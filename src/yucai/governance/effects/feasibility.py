"""The gate before any result: what could be told with so many treated units, donors and years."""

from __future__ import annotations

from yucai.governance.effects.plan import EvaluationPlan, PolicyPanel
from yucai.governance.effects.results import Feasibility

__all__ = ["check_feasibility"]


def check_feasibility(panel: PolicyPanel, plan: EvaluationPlan) -> Feasibility:
    """Return what can be told at all; it never looks at the outcome of a treated unit after its policy."""
    raise NotImplementedError
