"""What a learner did and can show: from files, ratings and records to one checked table; and observation records."""

from yucai.evidence.boris import BorisExport, BorisReading, from_boris, read_boris, to_boris
from yucai.evidence.child_bootstrap import RatioInterval, ratio_interval
from yucai.evidence.coding_schemes import (
    Code,
    CodeKind,
    CodingScheme,
    Modifier,
    Reason,
    UnknownObservationCodeError,
    load_coding_scheme,
    shipped_coding_schemes,
)
from yucai.evidence.files import Reading, check_items, read_responses
from yucai.evidence.focal_schedule import FocalSchedule, FocalSlot, draw_schedule
from yucai.evidence.lake import SCHEMA_VERSION, LakePart, open_lake, read_lake, verify_parts, write_part
from yucai.evidence.observation import OBSERVATIONS, Observations
from yucai.evidence.observation_sampling import (
    ExpectedShares,
    Measure,
    MixedSamplingError,
    NothingObservedError,
    SamplingEstimate,
    WrongSamplingError,
    estimate_behaviour,
    expected_shares,
    sample_as,
)
from yucai.evidence.observation_sessions import SamplingMode, Session
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
    "OBSERVATIONS",
    "RESPONSES",
    "SCHEMA_VERSION",
    "BorisExport",
    "BorisReading",
    "Code",
    "CodeKind",
    "CodingScheme",
    "ColumnsMissingError",
    "EmptyFileError",
    "ExpectedShares",
    "FileMissingError",
    "FileTooLargeError",
    "FileUnreadableError",
    "FocalSchedule",
    "FocalSlot",
    "ImportReport",
    "LakePart",
    "Measure",
    "MixedSamplingError",
    "Modifier",
    "NothingObservedError",
    "Observations",
    "ProtectedFileError",
    "RatioInterval",
    "Reading",
    "Reason",
    "RefusedRow",
    "Responses",
    "SamplingEstimate",
    "SamplingMode",
    "Session",
    "UndecodableFileError",
    "UnknownObservationCodeError",
    "WrongKindError",
    "WrongSamplingError",
    "check_items",
    "draw_schedule",
    "estimate_behaviour",
    "expected_shares",
    "from_boris",
    "load_coding_scheme",
    "open_lake",
    "ratio_interval",
    "read_boris",
    "read_lake",
    "read_responses",
    "sample_as",
    "shipped_coding_schemes",
    "to_boris",
    "verify_parts",
    "write_part",
]
