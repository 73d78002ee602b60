"""What evidence tells us about learners, and how surely: calibrate once, score everybody, abstain where it is thin."""

from yucai.measurement.calibration import (
    CONVENTION,
    Calibration,
    CalibrationFileError,
    ItemParameters,
    QualityScale,
    RaterSeverity,
    calibrate,
)
from yucai.measurement.scoring import PROFILES, EnoughRule, Profile, Profiles, UnknownUnitError, score

__all__ = [
    "CONVENTION",
    "PROFILES",
    "Calibration",
    "CalibrationFileError",
    "EnoughRule",
    "ItemParameters",
    "Profile",
    "Profiles",
    "QualityScale",
    "RaterSeverity",
    "UnknownUnitError",
    "calibrate",
    "score",
]
