"""Whether one series helps to foresee another over many units, and whether that can be told."""

from yucai.governance.causality.drive import Direction, DriveVerdict, Response, TwoWayDrive, two_way_drive
from yucai.governance.causality.granger import (
    demean_periods,
    half_panel_jackknife,
    mean_of_unit_walds,
    standardised_mean,
    unit_walds,
)
from yucai.governance.causality.projections import local_projection
from yucai.governance.causality.provinces import ProvincialDrive, drive_of_provinces
from yucai.governance.causality.resampling import draw_without_effect
from yucai.governance.causality.series import TwoSeries, read_two_series, read_two_series_file

__all__ = [
    "Direction",
    "DriveVerdict",
    "ProvincialDrive",
    "Response",
    "TwoSeries",
    "TwoWayDrive",
    "demean_periods",
    "draw_without_effect",
    "drive_of_provinces",
    "half_panel_jackknife",
    "local_projection",
    "mean_of_unit_walds",
    "read_two_series",
    "read_two_series_file",
    "standardised_mean",
    "two_way_drive",
    "unit_walds",
]
