"""What evidence tells us about learners, and how surely: calibrate once, score everybody, abstain where it is thin."""

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
from yucai.measurement.drift_reports import DriftBasis, DriftReport, DriftVerdict, OccasionSeverity, RaterDrift
from yucai.measurement.moderation import false_discovery_rates
from yucai.measurement.profiles import (
    PROFILES,
    EnoughRule,
    Profile,
    Profiles,
    UnknownQualityError,
    UnknownUnitError,
)
from yucai.measurement.rater_checks import rater_drift
from yucai.measurement.scoring import score

__all__ = [
    "CONVENTION",
    "ITEMS",
    "PROFILES",
    "RATERS",
    "Calibration",
    "CalibrationFileError",
    "DriftBasis",
    "DriftReport",
    "DriftVerdict",
    "EnoughRule",
    "ItemParameters",
    "LeftOutItem",
    "OccasionSeverity",
    "Profile",
    "Profiles",
    "QualityScale",
    "RaterDrift",
    "RaterSeverity",
    "UnknownQualityError",
    "UnknownUnitError",
    "calibrate",
    "false_discovery_rates",
    "rater_drift",
    "score",
]
