"""What the register shows of a result: its grade, and of the estimate that the verdict looks at effect and p value."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from yucai.governance.effects import VerdictGrade
from yucai.governance.policies.bundles import PolicyBundle
from yucai.governance.policies.register import PolicyEntry, PolicyStage, question_of
from yucai.governance.policies.verdicts import key_of, primary_of
from yucai.texts import Text

__all__ = [
    "ResultSummary",
    "StandingResult",
    "entry_of_bundle",
    "grade_name",
    "key_of",
    "p_of",
    "primary_of",
    "stand_after",
    "summarise_result",
]

WEAK_TO_STRONG: Final = (VerdictGrade.INCONCLUSIVE, VerdictGrade.SUGGESTIVE, VerdictGrade.SUPPORTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSummary:
    """The grade of a result and, where something could be tested, the estimate behind it.

    ``estimated`` tells that at least one estimate was seen, also where the verdict looks at none.
    """

    grade: str
    method: str
    estimate: float | None
    interval: tuple[float, float] | None
    p_value: float | None
    estimated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingResult:
    """What is left of a result once its plan was run on later editions of the figures, too.

    ``weakened`` tells that the grade is a lower one than that of the result itself.
    """

    grade: str
    p_value: float | None
    weakened: bool


def stand_after(first: ResultSummary, later: Iterable[ResultSummary]) -> StandingResult:
    """Return the grade and p value that stand after later vintages: they can weaken a result and never better it.

    The lowest grade and the largest p value stand, so that nothing is gained by trying several editions. An estimate
    that turns round leaves nothing but “inconclusive”. An edition on which nothing can be tested says nothing.
    """
    grade, p = first.grade, first.p_value
    if grade not in WEAK_TO_STRONG:
        return StandingResult(grade=grade, p_value=p, weakened=False)
    for one in later:
        if one.grade not in WEAK_TO_STRONG:
            continue
        turned = (one.estimate or 0.0) * (first.estimate or 0.0) < 0
        found = VerdictGrade.INCONCLUSIVE if turned else VerdictGrade(one.grade)
        grade = min(VerdictGrade(grade), found, key=WEAK_TO_STRONG.index).value
        if p is not None:
            p = 1.0 if turned or one.p_value is None else max(p, one.p_value)
    return StandingResult(grade=grade, p_value=p, weakened=grade != first.grade)


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
        estimated=bool(said["estimates"]),
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
        estimated=found.estimated,
        opened_at=bundle.opening.at,
        data=bundle.opening.data,
        question=question_of(bundle.card),
    )
