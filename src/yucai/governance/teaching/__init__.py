"""Teaching quality: ratings with crossed effects, intervals instead of ranks, who did not answer, value added."""

from yucai.governance.teaching.added import NOT_CAUSED, AddedAt, AddedPlace, GroupAdded, GroupsAdded, groups_added
from yucai.governance.teaching.differential import (
    DifferentialRatings,
    GroupDifferential,
    RatedCell,
    differential_ratings,
)
from yucai.governance.teaching.ordinal import OrdinalCheck, check_ordinal
from yucai.governance.teaching.ratings import (
    Coefficient,
    FactorEffects,
    RatingFit,
    VarianceComponent,
    fit_ratings,
    ratings_needed,
)
from yucai.governance.teaching.response import NOT_CURED, ResponseBounds, response_bounds
from yucai.governance.teaching.spacing import SpacingCheck, check_spacing
from yucai.governance.teaching.standings import (
    LEAST_RELIABILITY,
    NEVER_ALONE,
    TeachingPlace,
    TeachingStanding,
    TeachingStandings,
    teaching_standings,
)
from yucai.governance.teaching.value_added import AtReliability, ValueAdded, value_added

__all__ = [
    "LEAST_RELIABILITY",
    "NEVER_ALONE",
    "NOT_CAUSED",
    "NOT_CURED",
    "AddedAt",
    "AddedPlace",
    "AtReliability",
    "Coefficient",
    "DifferentialRatings",
    "FactorEffects",
    "GroupAdded",
    "GroupDifferential",
    "GroupsAdded",
    "OrdinalCheck",
    "RatedCell",
    "RatingFit",
    "ResponseBounds",
    "SpacingCheck",
    "TeachingPlace",
    "TeachingStanding",
    "TeachingStandings",
    "ValueAdded",
    "VarianceComponent",
    "check_ordinal",
    "check_spacing",
    "differential_ratings",
    "fit_ratings",
    "groups_added",
    "ratings_needed",
    "response_bounds",
    "teaching_standings",
    "value_added",
]
