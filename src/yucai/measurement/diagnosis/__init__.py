"""Which concepts of a course each learner has mastered: DINA and G-DINA, how sure, and whether the items fit."""

from yucai.measurement.diagnosis.diagnosing import diagnose
from yucai.measurement.diagnosis.results import (
    MASTERY,
    ConceptAccuracy,
    DiagnosedItem,
    Diagnosis,
    DiagnosisModel,
    Mastery,
    MasteryRule,
    MasteryVerdict,
    QSuggestion,
    UndiagnosedError,
)

__all__ = [
    "MASTERY",
    "ConceptAccuracy",
    "DiagnosedItem",
    "Diagnosis",
    "DiagnosisModel",
    "Mastery",
    "MasteryRule",
    "MasteryVerdict",
    "QSuggestion",
    "UndiagnosedError",
    "diagnose",
]
