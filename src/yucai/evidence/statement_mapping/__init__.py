"""Statements on their way to evidence: mapped by declared profiles, read from files, taken from Caliper events."""

from yucai.evidence.statement_mapping.caliper import CaliperReading, CaliperRefusedError, statements_from_caliper
from yucai.evidence.statement_mapping.files import (
    FiledStatement,
    NoStatementFileError,
    read_kept_statements,
    read_statement_file,
)
from yucai.evidence.statement_mapping.learners import LearnerNumbers, UnknownActor
from yucai.evidence.statement_mapping.packs import (
    load_statement_profile,
    load_statement_profiles,
    read_statement_profile,
    statement_profile_text,
)
from yucai.evidence.statement_mapping.profiles import (
    Attempt,
    OccasionFrom,
    StatementProfile,
    UnknownStatementProfileError,
)
from yucai.evidence.statement_mapping.responses import (
    EVENTS,
    StatementEvents,
    StatementResponses,
    responses_from_statements,
)
from yucai.evidence.statement_mapping.tabling import ActivityNames, table_of_statements

__all__ = [
    "EVENTS",
    "ActivityNames",
    "Attempt",
    "CaliperReading",
    "CaliperRefusedError",
    "FiledStatement",
    "LearnerNumbers",
    "NoStatementFileError",
    "OccasionFrom",
    "StatementEvents",
    "StatementProfile",
    "StatementResponses",
    "UnknownActor",
    "UnknownStatementProfileError",
    "load_statement_profile",
    "load_statement_profiles",
    "read_kept_statements",
    "read_statement_file",
    "read_statement_profile",
    "responses_from_statements",
    "statement_profile_text",
    "statements_from_caliper",
    "table_of_statements",
]
