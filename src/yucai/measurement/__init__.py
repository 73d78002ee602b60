"""What evidence tells us about learners, and how surely: calibrate once, score everybody, abstain where it is thin.

Also: how far observers agree, when a behaviour comes, and what goes with it.
"""

from yucai.measurement.agreement import (
    Agreement,
    KappaWeights,
    NothingToCompareError,
    OccurrenceAgreement,
    UnequalLengthsError,
    kappa,
    kappa_of_accuracy,
    kappa_of_table,
    occurrence_agreement,
)
from yucai.measurement.alignment import Alignment, TimedCode, align_events
from yucai.measurement.alpha import Level, krippendorff_alpha
from yucai.measurement.behaviour_answers import BehaviourAnswer, Section, answer_behaviour
from yucai.measurement.calibration import (
    CONVENTION,
    ITEMS,
    RATERS,
    Calibration,
    CalibrationFileError,
    ItemParameters,
    LeftOutItem,
    QualityScale,
    RaterSeverity,
    calibrate,
)
from yucai.measurement.contingency import PooledRatio
from yucai.measurement.crossed_poisson import CrossedPoisson, fit_crossed_poisson
from yucai.measurement.drift_reports import DriftBasis, DriftReport, DriftVerdict, OccasionSeverity, RaterDrift
from yucai.measurement.intraclass import IccForm, IncompleteRatingsError, IntraclassCorrelation, intraclass_correlation
from yucai.measurement.mixed_poisson import MixedPoisson, fit_mixed_poisson
from yucai.measurement.moderation import false_discovery_rates
from yucai.measurement.observer_effects import ObserverEffect
from yucai.measurement.observers import event_agreement, rate_agreement, time_unit_agreement, unit_codes
from yucai.measurement.profiles import (
    PROFILES,
    EnoughRule,
    Profile,
    Profiles,
    UnknownQualityError,
    UnknownUnitError,
)
from yucai.measurement.rater_checks import rater_drift
from yucai.measurement.reasons import NeverSeenError, ReasonFit, linked_shares, reason_fits
from yucai.measurement.scoring import score
from yucai.measurement.sequences import LagAnalysis, NoTransitionsError, analyse_lags, code_sequences
from yucai.measurement.situations import (
    Contingency,
    SettingRate,
    SettingRates,
    rates_by_setting,
    what_follows,
    what_precedes,
)
from yucai.measurement.standings import RaterStanding, StandingReport, StandingVerdict, rater_standings
from yucai.measurement.tracing import (
    ATTEMPTS,
    MASTERY,
    TRACED_ANSWERS,
    TRACED_SKILLS,
    Attempts,
    Estimate,
    ItemTracing,
    PredictionScores,
    SkillTracing,
    Traces,
    Tracing,
    TracingEvaluation,
    TracingFileError,
    TracingModel,
    evaluate_tracing,
    fit_tracing,
    score_predictions,
    trace_mastery,
)

__all__ = [
    "ATTEMPTS",
    "CONVENTION",
    "ITEMS",
    "MASTERY",
    "PROFILES",
    "RATERS",
    "TRACED_ANSWERS",
    "TRACED_SKILLS",
    "Agreement",
    "Alignment",
    "Attempts",
    "BehaviourAnswer",
    "Calibration",
    "CalibrationFileError",
    "Contingency",
    "CrossedPoisson",
    "DriftBasis",
    "DriftReport",
    "DriftVerdict",
    "EnoughRule",
    "Estimate",
    "IccForm",
    "IncompleteRatingsError",
    "IntraclassCorrelation",
    "ItemParameters",
    "ItemTracing",
    "KappaWeights",
    "LagAnalysis",
    "LeftOutItem",
    "Level",
    "MixedPoisson",
    "NeverSeenError",
    "NoTransitionsError",
    "NothingToCompareError",
    "ObserverEffect",
    "OccasionSeverity",
    "OccurrenceAgreement",
    "PooledRatio",
    "PredictionScores",
    "Profile",
    "Profiles",
    "QualityScale",
    "RaterDrift",
    "RaterSeverity",
    "RaterStanding",
    "ReasonFit",
    "Section",
    "SettingRate",
    "SettingRates",
    "SkillTracing",
    "StandingReport",
    "StandingVerdict",
    "TimedCode",
    "Traces",
    "Tracing",
    "TracingEvaluation",
    "TracingFileError",
    "TracingModel",
    "UnequalLengthsError",
    "UnknownQualityError",
    "UnknownUnitError",
    "align_events",
    "analyse_lags",
    "answer_behaviour",
    "calibrate",
    "code_sequences",
    "evaluate_tracing",
    "event_agreement",
    "false_discovery_rates",
    "fit_crossed_poisson",
    "fit_mixed_poisson",
    "fit_tracing",
    "intraclass_correlation",
    "kappa",
    "kappa_of_accuracy",
    "kappa_of_table",
    "krippendorff_alpha",
    "linked_shares",
    "occurrence_agreement",
    "rate_agreement",
    "rater_drift",
    "rater_standings",
    "rates_by_setting",
    "reason_fits",
    "score",
    "score_predictions",
    "time_unit_agreement",
    "trace_mastery",
    "unit_codes",
    "what_follows",
    "what_precedes",
]
