"""Knowledge tracing: how skills are learnt attempt by attempt, who has mastered them, and what comes next."""

from yucai.measurement.tracing.attempts import ATTEMPTS, Attempts
from yucai.measurement.tracing.evaluation import (
    PredictionScores,
    TracingEvaluation,
    evaluate_tracing,
    score_predictions,
)
from yucai.measurement.tracing.fitting import fit_tracing
from yucai.measurement.tracing.following import MASTERY, TRACED_ANSWERS, Traces, trace_mastery
from yucai.measurement.tracing.results import (
    TRACED_SKILLS,
    Estimate,
    ItemTracing,
    SkillTracing,
    Tracing,
    TracingFileError,
    TracingModel,
)

__all__ = [
    "ATTEMPTS",
    "MASTERY",
    "TRACED_ANSWERS",
    "TRACED_SKILLS",
    "Attempts",
    "Estimate",
    "ItemTracing",
    "PredictionScores",
    "SkillTracing",
    "Traces",
    "Tracing",
    "TracingEvaluation",
    "TracingFileError",
    "TracingModel",
    "evaluate_tracing",
    "fit_tracing",
    "score_predictions",
    "trace_mastery",
]
