"""Who fits where, and the way there: next steps of one learner, and with whom to talk soon, from written rules."""

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
from yucai.matching.support import Abstention, SupportEntry, SupportList, support_entry, support_list
from yucai.matching.support_given import Clicks, EvidenceSeen, SupportDataError, SupportSigns, Work
from yucai.matching.support_reasons import SupportNumber, SupportReason
from yucai.matching.support_rules import SUPPORT_RULES, SUPPORT_RULES_VERSION, SupportBand, SupportRule
from yucai.matching.support_use import ListUse

__all__ = [
    "MOST_STEPS",
    "RULES_VERSION",
    "SUPPORT_RULES",
    "SUPPORT_RULES_VERSION",
    "Abstention",
    "Clicks",
    "EvidenceSeen",
    "EvidenceWay",
    "ListUse",
    "NextStep",
    "NextSteps",
    "NoStep",
    "Place",
    "StepRule",
    "StepWords",
    "SupportBand",
    "SupportDataError",
    "SupportEntry",
    "SupportList",
    "SupportNumber",
    "SupportReason",
    "SupportRule",
    "SupportSigns",
    "WayKind",
    "Work",
    "next_steps",
    "places_of",
    "support_entry",
    "support_list",
]
