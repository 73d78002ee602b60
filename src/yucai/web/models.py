"""All tables of the one app, gathered for Django."""

from yucai.web.accounts.age_models import GuardianConsent, MinorApproval
from yucai.web.accounts.audit_models import AuditEntry, AuditPerson, AuditStump
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.consent_models import Consent, ConsentText
from yucai.web.accounts.erasure_models import AddedTrait, LegalHold, PersonTombstone
from yucai.web.accounts.factor_models import CodeGenerator, Passkey, RecoveryCode
from yucai.web.accounts.models import Account, Charge, Group, Membership, Person, ProtectedTrait, Space
from yucai.web.accounts.outside_models import OutsideLink
from yucai.web.accounts.release_models import ReleasedPerson, ReleasedTable, ReleaseRule
from yucai.web.accounts.saved_models import SavedView
from yucai.web.accounts.service_models import ServiceIdentity, ServiceLogOut, ServiceSession
from yucai.web.accounts.sign_in_models import OneTimeLink, SignIn, TryCount
from yucai.web.accounts.token_models import ApiToken
from yucai.web.erasure.models import PersonErasure
from yucai.web.evidence.graduate_models import GraduateRecord
from yucai.web.evidence.maker_models import ImportedWork, WorkMaker
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
from yucai.web.evidence.question_models import ChosenOption, Question
from yucai.web.evidence.rating_models import RatingMark, RatingRoundRecord, RatingSeatRecord
from yucai.web.feeds.models import ActorDeclaration, EvidenceFeed, FeedDeclaration, WeakCount
from yucai.web.governance.added_models import AddedGroup, AddedRun
from yucai.web.governance.attainment_models import (
    AttainmentAction,
    AttainmentMap,
    AttainmentProgramme,
    AttainmentRun,
    AttainmentScores,
    AttainmentTicket,
    AttainmentVersion,
)
from yucai.web.governance.indicator_models import IndicatorEntry, IndicatorPlan
from yucai.web.governance.models import Rule
from yucai.web.governance.policy_models import PolicyRecord, PolicyUpload, PolicyVintage
from yucai.web.governance.research_models import ResearchExport, ResearchExportPerson
from yucai.web.governance.teaching_models import TaughtCourse, TaughtLecturer, TeachingRating, TeachingSurvey
from yucai.web.jobs.models import Job
from yucai.web.lake.models import LakeFile
from yucai.web.matching.case_models import CaseDecision, SupportCase
from yucai.web.matching.priority_models import ListCheck, PriorityEntry, PriorityRun
from yucai.web.measurement.adaptive_models import (
    AdaptiveAnswer,
    AdaptiveEvent,
    AdaptiveSitting,
    AdaptiveTestRecord,
)
from yucai.web.measurement.class_portrait_models import ClassPortraits
from yucai.web.measurement.comment_models import StudentComment
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.measurement.step_models import StepMark, StepsRefusal
from yucai.web.records.erasure_models import (
    RecordErasure,
    RecordExport,
    RecordForgetting,
    RecordHold,
    RecordTombstone,
    StatementMark,
)
from yucai.web.records.filing_models import StatementFile
from yucai.web.records.forwarding_models import Forwarding, Undeliverable
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
from yucai.web.records.operating_models import (
    RecordDay,
    RecordEvent,
    RefusedCount,
    RefusedRequest,
    StatementReading,
)
from yucai.web.registers.models import (
    ImpactRecord,
    MethodSwitch,
    Notice,
    NoticeSeen,
    Processor,
    PurposeEntry,
)
from yucai.web.rights.models import CarriedRow
from yucai.web.selection.models import AnnouncedLine, Announcement, AnnouncingRule
from yucai.web.selection.rule_models import SelectionEntry, SelectionRule, SelectionRun
from yucai.web.several.models import SeveralAct, SeveralMember

__all__ = [
    "Account",
    "ActivityDefinition",
    "ActorDeclaration",
    "AdaptiveAnswer",
    "AdaptiveEvent",
    "AdaptiveSitting",
    "AdaptiveTestRecord",
    "AddedGroup",
    "AddedRun",
    "AddedTrait",
    "AgentName",
    "AnnouncedLine",
    "Announcement",
    "AnnouncingRule",
    "ApiToken",
    "AttachmentContent",
    "AttainmentAction",
    "AttainmentMap",
    "AttainmentProgramme",
    "AttainmentRun",
    "AttainmentScores",
    "AttainmentTicket",
    "AttainmentVersion",
    "AuditEntry",
    "AuditPerson",
    "AuditStump",
    "CalibrationRun",
    "CarriedRow",
    "CaseDecision",
    "Charge",
    "ChosenOption",
    "ClassPortraits",
    "CodeGenerator",
    "Consent",
    "ConsentText",
    "DataSource",
    "EvidenceFeed",
    "EvidenceRecord",
    "FeedDeclaration",
    "Forwarding",
    "GraduateRecord",
    "Group",
    "GuardianConsent",
    "ImpactRecord",
    "Import",
    "ImportedWork",
    "IndicatorEntry",
    "IndicatorPlan",
    "Item",
    "Job",
    "LakeFile",
    "LearnedTitle",
    "LegalHold",
    "ListCheck",
    "Membership",
    "MethodSwitch",
    "MinorApproval",
    "Notice",
    "NoticeSeen",
    "ObservationChild",
    "ObservationEvent",
    "ObservationPlan",
    "ObservationRow",
    "ObservationSession",
    "ObservationTurn",
    "OneTimeLink",
    "OutsideLink",
    "OwnWork",
    "Passkey",
    "Person",
    "PersonChange",
    "PersonErasure",
    "PersonTombstone",
    "PolicyRecord",
    "PolicyUpload",
    "PolicyVintage",
    "PriorityEntry",
    "PriorityRun",
    "Processor",
    "ProfileRow",
    "ProtectedTrait",
    "PurposeEntry",
    "Question",
    "RatingMark",
    "RatingRoundRecord",
    "RatingSeatRecord",
    "RecordCredential",
    "RecordCursor",
    "RecordDay",
    "RecordDocument",
    "RecordErasure",
    "RecordEvent",
    "RecordExport",
    "RecordForgetting",
    "RecordHold",
    "RecordStore",
    "RecordTombstone",
    "RecoveryCode",
    "RefusedCount",
    "RefusedRequest",
    "ReleaseRule",
    "ReleasedPerson",
    "ReleasedTable",
    "ResearchExport",
    "ResearchExportPerson",
    "ReviewCase",
    "Rule",
    "SavedView",
    "SelectionEntry",
    "SelectionRule",
    "SelectionRun",
    "ServiceIdentity",
    "ServiceLogOut",
    "ServiceSession",
    "SeveralAct",
    "SeveralMember",
    "SignIn",
    "Space",
    "StatementActivity",
    "StatementAgent",
    "StatementAttachment",
    "StatementFile",
    "StatementMark",
    "StatementReading",
    "StatementRefRow",
    "StatementRow",
    "StepMark",
    "StepsRefusal",
    "StudentComment",
    "SupportCase",
    "TableFile",
    "TaughtCourse",
    "TaughtLecturer",
    "TeachingRating",
    "TeachingSurvey",
    "TryCount",
    "Undeliverable",
    "Upload",
    "WeakCount",
    "WorkMaker",
    "WorkTakenBack",
]
