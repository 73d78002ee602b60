"""What the register shows of a result: its grade, and of the estimate that the verdict looks at effect and p value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yucai.governance.effects import VerdictGrade
from yucai.governance.policies.bundles import PolicyBundle
from yucai.governance.policies.register import PolicyEntry, PolicyStage
from yucai.governance.policies.verdicts import key_of, primary_of
from yucai.texts import Text

__all__ = ["ResultSummary", "entry_of_bundle", "grade_name", "key_of", "p_of", "primary_of", "summarise_result"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSummary:
    """The grade of a result and, where something could be tested, the estimate behind it."""

    grade: str
    method: str
    estimate: float | None
    interval: tuple[float, float] | None
    p_value: float | None


def grade_name(grade: str) -> Text:
    """Return what a grade of the verdict is called."""
    return VerdictGrade(grade).says


def summarise_result(evaluation: bytes) -> ResultSummary:
    """Return the summary of a result as it is kept."""
    said: Mapping[str, Any] = json.loads(evaluation)
    primary = primary_of(said)
    interval = primary.get("interval")
    return ResultSummary(
        grade=str(said["verdict"]["grade"]),
        method=str(primary.get("method", "")),
        estimate=primary.get("estimate"),
        interval=(float(interval[0]), float(interval[1])) if interval else None,
        p_value=p_of(primary),
    )


def p_of(estimate: Mapping[str, Any]) -> float | None:
    """Return the p value that counts, as for the verdict: the larger one where there are two."""
    found = [p for p in (estimate.get("p_value"), estimate.get("randomisation_p")) if p is not None]
    return max(found, default=None)


def entry_of_bundle(bundle: PolicyBundle) -> PolicyEntry:
    """Return the line of the register for an evaluated card."""
    found = summarise_result(bundle.evaluated.evaluation)
    return PolicyEntry(
        code=bundle.card.code,
        title=bundle.card.title,
        mark=bundle.seal.mark,
        sealed_at=bundle.seal.at,
        stage=PolicyStage.EVALUATED,
        simulated=bundle.card.simulated,
        grade=found.grade,
        estimate=found.estimate,
        interval=found.interval,
        p_value=found.p_value,
    )
