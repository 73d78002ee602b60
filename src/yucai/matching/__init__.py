"""Who fits where, and the way there: next steps of one learner, from written rules over the own profile."""

from yucai.matching.steps import (
    MOST_STEPS,
    RULES_VERSION,
    NextStep,
    NextSteps,
    NoStep,
    StepRule,
    next_steps,
)
from yucai.matching.steps_given import EvidenceWay, Place, StepWords, WayKind, places_of

__all__ = [
    "MOST_STEPS",
    "RULES_VERSION",
    "EvidenceWay",
    "NextStep",
    "NextSteps",
    "NoStep",
    "Place",
    "StepRule",
    "StepWords",
    "WayKind",
    "next_steps",
    "places_of",
]
