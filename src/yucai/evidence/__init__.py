"""What a learner did and can show: from files, ratings and records to one checked table of responses."""

from yucai.evidence.attachments import MOST_BYTES, Attachment, AttachmentType, look_into
from yucai.evidence.files import Reading, check_items, read_responses
from yucai.evidence.lake import SCHEMA_VERSION, LakePart, open_lake, read_lake, verify_parts, write_part
from yucai.evidence.own_works import (
    AiContribution,
    AwardLevel,
    JudgedStrength,
    OwnWork,
    Proof,
    WorkKind,
    check_own_work,
    link_address,
    own_work_item,
    school_term,
    strength_of,
)
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
    "MOST_BYTES",
    "RESPONSES",
    "SCHEMA_VERSION",
    "AiContribution",
    "Attachment",
    "AttachmentType",
    "AwardLevel",
    "ColumnsMissingError",
    "EmptyFileError",
    "FileMissingError",
    "FileTooLargeError",
    "FileUnreadableError",
    "ImportReport",
    "JudgedStrength",
    "LakePart",
    "OwnWork",
    "Proof",
    "ProtectedFileError",
    "Reading",
    "RefusedRow",
    "Responses",
    "UndecodableFileError",
    "WorkKind",
    "WrongKindError",
    "check_items",
    "check_own_work",
    "link_address",
    "look_into",
    "open_lake",
    "own_work_item",
    "read_lake",
    "read_responses",
    "school_term",
    "strength_of",
    "verify_parts",
    "write_part",
]
