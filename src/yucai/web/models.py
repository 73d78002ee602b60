"""All tables of the one app, gathered for Django."""

from yucai.web.accounts.models import Account, Charge, Group, Membership, Person, ProtectedTrait, ReadEvent, Space
from yucai.web.evidence.models import (
    DataSource,
    EvidenceRecord,
    Import,
    Item,
    LearnedTitle,
    OwnWork,
    PersonChange,
    TableFile,
    Upload,
    WorkTakenBack,
)
from yucai.web.evidence.observation_models import (
    ObservationChild,
    ObservationEvent,
    ObservationPlan,
    ObservationRow,
    ObservationSession,
    ObservationTurn,
)
from yucai.web.evidence.rating_models import RatingMark, RatingRoundRecord, RatingSeatRecord
from yucai.web.governance.models import Rule
from yucai.web.jobs.models import Job
from yucai.web.lake.models import LakeFile
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.records.models import (
    ActivityDefinition,
    AgentName,
    AttachmentContent,
    RecordCredential,
    RecordCursor,
    RecordDocument,
    RecordStore,
    StatementActivity,
    StatementAgent,
    StatementAttachment,
    StatementRefRow,
    StatementRow,
)

__all__ = [
    "Account",
    "ActivityDefinition",
    "AgentName",
    "AttachmentContent",
    "CalibrationRun",
    "Charge",
    "DataSource",
    "EvidenceRecord",
    "Group",
    "Import",
    "Item",
    "Job",
    "LakeFile",
    "LearnedTitle",
    "Membership",
    "ObservationChild",
    "ObservationEvent",
    "ObservationPlan",
    "ObservationRow",
    "ObservationSession",
    "ObservationTurn",
    "OwnWork",
    "Person",
    "PersonChange",
    "ProfileRow",
    "ProtectedTrait",
    "RatingMark",
    "RatingRoundRecord",
    "RatingSeatRecord",
    "ReadEvent",
    "RecordCredential",
    "RecordCursor",
    "RecordDocument",
    "RecordStore",
    "Rule",
    "Space",
    "StatementActivity",
    "StatementAgent",
    "StatementAttachment",
    "StatementRefRow",
    "StatementRow",
    "TableFile",
    "Upload",
    "WorkTakenBack",
]
