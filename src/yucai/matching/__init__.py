"""Who fits where, and the way there: next steps, with whom to talk soon, what a class goes over; from written rules."""

from yucai.matching.comments import (
    COMMENT_RULES_VERSION,
    CommentDraft,
    CommentPiece,
    DraftSentence,
    SentencePart,
    draft_comment,
)
from yucai.matching.lessons import LESSON_RULES_VERSION, MOST_IDEAS, LessonPlan, LessonPoint, lesson_plan
from yucai.matching.quiet import QuietClass, QuietLearner, find_quiet
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
from yucai.matching.support_compare import compare_with_rules
from yucai.matching.support_drift import watch_drift
from yucai.matching.support_fairness import (
    FairnessCase,
    GroupFairness,
    GroupRate,
    SupportFairness,
    support_fairness,
)
from yucai.matching.support_given import Clicks, EvidenceSeen, SupportDataError, SupportSigns, Work
from yucai.matching.support_model import ModelNotAdmittedError, SupportModel, admit_model, fit_support_model
from yucai.matching.support_reasons import SupportNumber, SupportReason
from yucai.matching.support_rules import SUPPORT_RULES, SUPPORT_RULES_VERSION, SupportBand, SupportRule
from yucai.matching.support_tested import (
    BandFigures,
    Calibration,
    Difference,
    Drift,
    DriftRule,
    DriftState,
    Figure,
    JoinCheck,
    JoinRule,
    MethodFigures,
    PastCase,
    ReliabilityRow,
    SplitFigures,
    SupportComparison,
)
from yucai.matching.support_use import ListUse

__all__ = [
    "COMMENT_RULES_VERSION",
    "LESSON_RULES_VERSION",
    "MOST_IDEAS",
    "MOST_STEPS",
    "RULES_VERSION",
    "SUPPORT_RULES",
    "SUPPORT_RULES_VERSION",
    "Abstention",
    "BandFigures",
    "Calibration",
    "Clicks",
    "CommentDraft",
    "CommentPiece",
    "Difference",
    "DraftSentence",
    "Drift",
    "DriftRule",
    "DriftState",
    "EvidenceSeen",
    "EvidenceWay",
    "FairnessCase",
    "Figure",
    "GroupFairness",
    "GroupRate",
    "JoinCheck",
    "JoinRule",
    "LessonPlan",
    "LessonPoint",
    "ListUse",
    "MethodFigures",
    "ModelNotAdmittedError",
    "NextStep",
    "NextSteps",
    "NoStep",
    "PastCase",
    "Place",
    "QuietClass",
    "QuietLearner",
    "ReliabilityRow",
    "SentencePart",
    "SplitFigures",
    "StepRule",
    "StepWords",
    "SupportBand",
    "SupportComparison",
    "SupportDataError",
    "SupportEntry",
    "SupportFairness",
    "SupportList",
    "SupportModel",
    "SupportNumber",
    "SupportReason",
    "SupportRule",
    "SupportSigns",
    "WayKind",
    "Work",
    "admit_model",
    "compare_with_rules",
    "draft_comment",
    "find_quiet",
    "fit_support_model",
    "lesson_plan",
    "next_steps",
    "places_of",
    "support_entry",
    "support_fairness",
    "support_list",
    "watch_drift",
]
