"""Reports for teachers: items, options, the person-item map, test information, raters; each a table and a picture."""

from yucai.measurement.reports.canvas import Scheme
from yucai.measurement.reports.curves import ITEM_CURVE, CurveGroup, CurveReport, curve_report, expected_share
from yucai.measurement.reports.ideas import (
    CLASS_IDEAS,
    FALSE_ALARMS,
    ClassIdea,
    ClassIdeas,
    IdeaKind,
    ThinIdea,
    class_ideas,
)
from yucai.measurement.reports.items import (
    CATEGORY_USES,
    ITEM_REPORT,
    CategoryUse,
    ItemLine,
    ItemReport,
    category_uses,
    item_report,
)
from yucai.measurement.reports.options import OPTION_USES, OptionReport, OptionUse, option_report
from yucai.measurement.reports.person_item import PERSON_ITEM_MAP, MapRow, PersonItemMap, map_of, person_item_map
from yucai.measurement.reports.precision import TEST_INFORMATION, InformationReport, information_report
from yucai.measurement.reports.raters import RATER_REPORT, RaterLine, RaterReport, rater_report

__all__ = [
    "CATEGORY_USES",
    "CLASS_IDEAS",
    "FALSE_ALARMS",
    "ITEM_CURVE",
    "ITEM_REPORT",
    "OPTION_USES",
    "PERSON_ITEM_MAP",
    "RATER_REPORT",
    "TEST_INFORMATION",
    "CategoryUse",
    "ClassIdea",
    "ClassIdeas",
    "CurveGroup",
    "CurveReport",
    "IdeaKind",
    "InformationReport",
    "ItemLine",
    "ItemReport",
    "MapRow",
    "OptionReport",
    "OptionUse",
    "PersonItemMap",
    "RaterLine",
    "RaterReport",
    "Scheme",
    "ThinIdea",
    "category_uses",
    "class_ideas",
    "curve_report",
    "expected_share",
    "information_report",
    "item_report",
    "map_of",
    "option_report",
    "person_item_map",
    "rater_report",
]
