"""Items that speak of several qualities, and testlets: calibrate and place with them."""

from yucai.measurement.within.calibrating import calibrate_within
from yucai.measurement.within.placing import score_within
from yucai.measurement.within.results import LoadedItem, RatersOfQuality, Testlet, WithinCalibration

__all__ = ["LoadedItem", "RatersOfQuality", "Testlet", "WithinCalibration", "calibrate_within", "score_within"]
