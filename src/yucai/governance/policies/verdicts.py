"""The estimate that a verdict looks at, and the sentences of a verdict beside what the policy was meant to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from yucai.governance.effects import VerdictGrade
from yucai.governance.policies.cards import PolicyCard, PolicyDirection
from yucai.texts import Text

__all__ = ["key_of", "primary_of", "tell_verdict"]

AGAINST: Final = {
    PolicyDirection.UP: Text(
        "The policy was meant to raise this outcome; the estimate says that it lowered it.",
        "政策意在提高该指标，而估计结果显示其下降。",
    ),
    PolicyDirection.DOWN: Text(
        "The policy was meant to lower this outcome; the estimate says that it raised it.",
        "政策意在降低该指标，而估计结果显示其上升。",
    ),
}


def tell_verdict(card: PolicyCard, result: Mapping[str, Any]) -> tuple[Text, ...]:
    """Return the sentences of a verdict; the first says where a policy did the contrary of what it was meant to do."""
    said = tuple(Text(one["en"], one["zh"]) for one in result["verdict"]["says"])
    found = {VerdictGrade.SUPPORTED.value, VerdictGrade.SUGGESTIVE.value}
    if result["verdict"].get("grade") not in found or card.outcome.direction not in AGAINST:
        return said
    estimate = float(primary_of(result).get("estimate") or 0.0)
    against = estimate < 0 if card.outcome.direction is PolicyDirection.UP else estimate > 0
    return (AGAINST[card.outcome.direction], *said) if against else said


def primary_of(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the estimate that the verdict looks at, as a result holds it; an empty mapping where there is none."""
    return next((one for one in said["estimates"] if key_of(one) == said["primary"]), {})


def key_of(estimate: Mapping[str, Any]) -> str:
    """Return how an estimate is named: the method and with whom it compares."""
    group = estimate.get("control_group")
    return str(estimate["method"]) if group is None else f"{estimate['method']}/{group}"
