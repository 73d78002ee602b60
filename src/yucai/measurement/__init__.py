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
from yucai.measurement.profiles import (
    PROFILES,
    EnoughRule,
    Profile,
    Profiles,
    UnknownQualityError,
    UnknownUnitError,
)
from yucai.measurement.scoring import score

__all__ = [
    "CONVENTION",
    "ITEMS",
    "PROFILES",
    "RATERS",
    "Calibration",
    "CalibrationFileError",
    "EnoughRule",
    "ItemParameters",
    "LeftOutItem",
    "Profile",
    "Profiles",
    "QualityScale",
    "RaterSeverity",
    "UnknownQualityError",
    "UnknownUnitError",
    "calibrate",
    "score",
]
