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
    StandardErrors,
    calibrate,
)
from yucai.measurement.contingency import PooledRatio
from yucai.measurement.crossed_poisson import CrossedPoisson, fit_crossed_poisson
from yucai.measurement.drift_reports import DriftBasis, DriftReport, DriftVerdict, OccasionSeverity, RaterDrift
from yucai.measurement.intraclass import IccForm, IncompleteRatingsError, IntraclassCorrelation, intraclass_correlation
from yucai.measurement.levels import (
    SURE,
    Classification,
    CriterionLevel,
    Gaps,
    chance_of_reaching,
    classify,
    construct_map,
    gaps_to,
    place_of_reaching,
)
from yucai.measurement.mixed_poisson import MixedPoisson, fit_mixed_poisson
from yucai.measurement.moderation import false_discovery_rates
from yucai.measurement.norms import Composite, Norms, UnknownGroupError, compose, norms_of, reliability_of
from yucai.measurement.observer_effects import ObserverEffect
from yucai.measurement.observers import event_agreement, rate_agreement, time_unit_agreement, unit_codes
from yucai.measurement.plausible import (
    PlausibleValues,
    PooledEstimate,
    TooFewDrawsError,
    plausible_values,
    pool_estimates,
)
from yucai.measurement.populations import GroupLaw, Population
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

__all__ = [
    "CONVENTION",
    "ITEMS",
    "PROFILES",
    "RATERS",
    "SURE",
    "Agreement",
    "Alignment",
    "BehaviourAnswer",
    "Calibration",
    "CalibrationFileError",
    "Classification",
    "Composite",
    "Contingency",
    "CriterionLevel",
    "CrossedPoisson",
    "DriftBasis",
    "DriftReport",
    "DriftVerdict",
    "EnoughRule",
    "Gaps",
    "GroupLaw",
    "IccForm",
    "IncompleteRatingsError",
    "IntraclassCorrelation",
    "ItemParameters",
    "KappaWeights",
    "LagAnalysis",
    "LeftOutItem",
    "Level",
    "MixedPoisson",
    "NeverSeenError",
    "NoTransitionsError",
    "Norms",
    "NothingToCompareError",
    "ObserverEffect",
    "OccasionSeverity",
    "OccurrenceAgreement",
    "PlausibleValues",
    "PooledEstimate",
    "PooledRatio",
    "Population",
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
    "StandardErrors",
    "StandingReport",
    "StandingVerdict",
    "TimedCode",
    "TooFewDrawsError",
    "UnequalLengthsError",
    "UnknownGroupError",
    "UnknownQualityError",
    "UnknownUnitError",
    "align_events",
    "analyse_lags",
    "answer_behaviour",
    "calibrate",
    "chance_of_reaching",
    "classify",
    "code_sequences",
    "compose",
    "construct_map",
    "event_agreement",
    "false_discovery_rates",
    "fit_crossed_poisson",
    "fit_mixed_poisson",
    "gaps_to",
    "intraclass_correlation",
    "kappa",
    "kappa_of_accuracy",
    "kappa_of_table",
    "krippendorff_alpha",
    "linked_shares",
    "norms_of",
    "occurrence_agreement",
    "place_of_reaching",
    "plausible_values",
    "pool_estimates",
    "rate_agreement",
    "rater_drift",
    "rater_standings",
    "rates_by_setting",
    "reason_fits",
    "reliability_of",
    "score",
    "time_unit_agreement",
    "unit_codes",
    "what_follows",
    "what_precedes",
]
