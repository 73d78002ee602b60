"""Fairness: whether items ask the same of learners who stand at the same place, whatever group they are of."""

from yucai.measurement.fairness.doors import dif, invariance, logistic_dif
from yucai.measurement.fairness.groups import GROUPS, Groups
from yucai.measurement.fairness.results import (
    DIF,
    LOGISTIC_DIF,
    DifClass,
    DifReport,
    GroupDifference,
    ItemDif,
    LogisticDif,
    LogisticReport,
)

__all__ = [
    "DIF",
    "GROUPS",
    "LOGISTIC_DIF",
    "DifClass",
    "DifReport",
    "GroupDifference",
    "Groups",
    "ItemDif",
    "LogisticDif",
    "LogisticReport",
    "dif",
    "invariance",
    "logistic_dif",
]
