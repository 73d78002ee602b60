"""From a panel and a plan to the verdict in one call, and to the same bytes with the same versions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final

from yucai.governance.effects.diagnosing import diagnose, main_estimate
from yucai.governance.effects.estimating import estimates_within
from yucai.governance.effects.feasibility import check_feasibility
from yucai.governance.effects.figures import fixed
from yucai.governance.effects.judging import judge
from yucai.governance.effects.plan import EvaluationPlan, PolicyPanel
from yucai.governance.effects.results import Diagnostics, EffectEstimate, Feasibility, Verdict

__all__ = ["FORMAT", "Evaluation", "evaluate", "panel_digest"]

FORMAT: Final = "yucai-policy-evaluation-1"


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
        return main_estimate(self.estimates, self.plan) if self.estimates else None

    def as_json(self) -> bytes:
        """Return the whole as canonical bytes: sorted keys, figures with eight significant digits, UTF-8, one line.

        The panel is named by its units, years, first years and the digest of all of it, not repeated.
        """
        said = {
            "format": FORMAT,
            "panel": {
                "digest": panel_digest(self.panel),
                "first_treated": dict(zip(self.panel.units, self.panel.first_treated, strict=True)),
                "outcome": self.panel.outcome_name,
                "periods": list(self.panel.periods),
                "units": list(self.panel.units),
            },
            "plan": _plain(self.plan),
            "feasibility": _plain(self.feasibility),
            "estimates": [_plain(one) for one in self.estimates],
            "primary": None if self.primary is None else self.primary.key,
            "diagnostics": _plain(self.diagnostics),
            "verdict": _plain(self.verdict),
        }
        return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def evaluate(panel: PolicyPanel, plan: EvaluationPlan) -> Evaluation:
    """Return gate, estimates, diagnostics and verdict, in this order; the same for the same panel and plan.

    What the gate refuses is not estimated at all.
    """
    gate = check_feasibility(panel, plan)
    estimates = estimates_within(panel, plan, gate)
    diagnostics = diagnose(panel, plan, estimates) if estimates else None
    verdict = judge(gate, estimates, diagnostics, plan)
    return Evaluation(
        panel=panel, plan=plan, feasibility=gate, estimates=estimates, diagnostics=diagnostics, verdict=verdict
    )


def panel_digest(panel: PolicyPanel) -> str:
    """Return the SHA-256 of a panel: codes, years, first years and every figure in full."""
    whole = {
        "first_treated": list(panel.first_treated),
        "outcome": [[repr(float(value)) for value in row] for row in panel.outcome],
        "periods": list(panel.periods),
        "units": list(panel.units),
    }
    text = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Return what JSON can hold, figures rounded; a number that is none becomes null."""
    if isinstance(value, float):
        return fixed(value)
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
