"""What a learner did and can show: from files, ratings and records to one checked table of responses."""

from yucai.evidence.files import Reading, check_items, read_responses
from yucai.evidence.lake import SCHEMA_VERSION, LakePart, open_lake, read_lake, verify_parts, write_part
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
    "ColumnsMissingError",
    "EmptyFileError",
    "FileMissingError",
    "FileTooLargeError",
    "FileUnreadableError",
    "ImportReport",
    "LakePart",
    "ProtectedFileError",
    "Reading",
    "RefusedRow",
    "Responses",
    "UndecodableFileError",
    "WrongKindError",
    "check_items",
    "open_lake",
    "read_lake",
    "read_responses",
    "verify_parts",
    "write_part",
]
