"""Who fits where, and the way there: next steps of one learner; for a class what to go over, and whom to ask how."""

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

__all__ = [
    "COMMENT_RULES_VERSION",
    "LESSON_RULES_VERSION",
    "MOST_IDEAS",
    "MOST_STEPS",
    "RULES_VERSION",
    "CommentDraft",
    "CommentPiece",
    "DraftSentence",
    "EvidenceWay",
    "LessonPlan",
    "LessonPoint",
    "NextStep",
    "NextSteps",
    "NoStep",
    "Place",
    "QuietClass",
    "QuietLearner",
    "SentencePart",
    "StepRule",
    "StepWords",
    "WayKind",
    "draft_comment",
    "find_quiet",
    "lesson_plan",
    "next_steps",
    "places_of",
]
