"""What a learner did and can show: from files, ratings and records to one checked table of responses."""

from yucai.evidence.files import Reading, check_items, read_responses
from yucai.evidence.lake import SCHEMA_VERSION, LakePart, open_lake, read_lake, verify_parts, write_part
from yucai.evidence.rating_checks import (
    DesignReport,
    RaterOutlook,
    RatingAssumptions,
    check_design,
    rating_information,
    severity_std_errors,
)
from yucai.evidence.rating_designs import drawn_again, plan_ratings
from yucai.evidence.rating_plans import (
    ConflictReason,
    LearnersShown,
    RatedWork,
    RatingConflict,
    RatingPlan,
    RatingPlanFileError,
    RatingSeat,
    UnknownRaterError,
    add_seats,
)
from yucai.evidence.rating_reports import AsideRow, RatingSheetReport, Remark
from yucai.evidence.rating_returns import RatingSheetReading, read_rating_sheet
from yucai.evidence.rating_rounds import (
    HandedInAlreadyError,
    HandIn,
    RatingRound,
    hand_in,
    open_round,
    visible_ratings,
)
from yucai.evidence.rating_sheets import OtherRubricError, RatingSheetNotWrittenError, write_rating_sheet
from yucai.evidence.refusals import (
    ColumnsMissingError,
    EmptyFileError,
    FileMissingError,
    FileTooLargeError,
    FileUnreadableError,
    ProtectedFileError,
    UndecodableFileError,
    WrongKindError,
)
from yucai.evidence.reports import ImportReport, RefusedRow
from yucai.evidence.responses import RESPONSES, Responses

__all__ = [
    "RESPONSES",
    "SCHEMA_VERSION",
    "AsideRow",
    "ColumnsMissingError",
    "ConflictReason",
    "DesignReport",
    "EmptyFileError",
    "FileMissingError",
    "FileTooLargeError",
    "FileUnreadableError",
    "HandIn",
    "HandedInAlreadyError",
    "ImportReport",
    "LakePart",
    "LearnersShown",
    "OtherRubricError",
    "ProtectedFileError",
    "RatedWork",
    "RaterOutlook",
    "RatingAssumptions",
    "RatingConflict",
    "RatingPlan",
    "RatingPlanFileError",
    "RatingRound",
    "RatingSeat",
    "RatingSheetNotWrittenError",
    "RatingSheetReading",
    "RatingSheetReport",
    "Reading",
    "RefusedRow",
    "Remark",
    "Responses",
    "UndecodableFileError",
    "UnknownRaterError",
    "WrongKindError",
    "add_seats",
    "check_design",
    "check_items",
    "drawn_again",
    "hand_in",
    "open_lake",
    "open_round",
    "plan_ratings",
    "rating_information",
    "read_lake",
    "read_rating_sheet",
    "read_responses",
    "severity_std_errors",
    "verify_parts",
    "visible_ratings",
    "write_part",
    "write_rating_sheet",
]
