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
)
from yucai.evidence.statement_mapping.profiles import Attempt, StatementProfile, UnknownStatementProfileError
from yucai.evidence.statement_mapping.responses import (
    EVENTS,
    StatementEvents,
    StatementResponses,
    responses_from_statements,
)

__all__ = [
    "EVENTS",
    "Attempt",
    "CaliperReading",
    "CaliperRefusedError",
    "FiledStatement",
    "LearnerNumbers",
    "NoStatementFileError",
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
    "statements_from_caliper",
]
