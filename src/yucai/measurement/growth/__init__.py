"""How learners and groups move from occasion to occasion, and when nothing may be said of it."""

from yucai.measurement.growth.laws import GrowthLaw
from yucai.measurement.growth.measuring import measure_growth
from yucai.measurement.growth.results import (
    CHANGES,
    GROUP_CHANGES,
    Change,
    ChangeVerdict,
    GroupChange,
    Growth,
    NotFollowedError,
)

__all__ = [
    "CHANGES",
    "GROUP_CHANGES",
    "Change",
    "ChangeVerdict",
    "GroupChange",
    "Growth",
    "GrowthLaw",
    "NotFollowedError",
    "measure_growth",
]
