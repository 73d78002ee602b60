"""What hangs on the row of the person: changes, memberships, traits, releases, exports, the trail; and the row."""

from __future__ import annotations

from collections.abc import Callable

from django.db import models, transaction

from yucai.web.accounts.age_models import GuardianConsent
from yucai.web.accounts.audit_models import AuditPerson
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.consent_models import Consent
from yucai.web.accounts.erasure_models import LegalHold
from yucai.web.accounts.models import Membership, Person, ProtectedTrait
from yucai.web.accounts.release_models import ReleasedPerson
from yucai.web.erasure.holding import Task
from yucai.web.erasure.subjects import Subject
from yucai.web.evidence.graduate_models import GraduateRecord
from yucai.web.evidence.maker_models import WorkMaker
from yucai.web.evidence.models import PersonChange
from yucai.web.governance.attainment_models import AttainmentScores
from yucai.web.governance.research_models import ResearchExportPerson
from yucai.web.matching.case_models import SupportCase
from yucai.web.matching.priority_models import PriorityEntry
from yucai.web.measurement.comment_models import StudentComment
from yucai.web.measurement.step_models import StepMark, StepsRefusal
from yucai.web.rights.models import CarriedRow
from yucai.web.selection.models import AnnouncedLine
from yucai.web.selection.rule_models import SelectionEntry

__all__ = [
    "ANNOUNCED",
    "ATTAINED",
    "CARRIED",
    "CASES",
    "CHANGES",
    "COMMENTS",
    "CONSENTS",
    "EXPORTS",
    "GRADUATED",
    "GUARDIANS",
    "HOLDS",
    "MADE",
    "MEMBERSHIPS",
    "RELEASED",
    "SELECTED",
    "STEPS",
    "TRAIL",
    "TRAITS",
    "count_person",
    "forget_person",
]

Find = Callable[[Subject], int]
Erase = Callable[[Subject, Task], int]


def _of_person(*tables: type[models.Model]) -> tuple[Find, Erase]:
    """Return how the rows of tables are counted, and deleted, that name the person."""

    def find(subject: Subject) -> int:
        return sum(table._default_manager.filter(person=subject.person).count() for table in tables)

    def erase(subject: Subject, task: Task) -> int:
        n = find(subject)
        for table in tables:
            table._default_manager.filter(person=subject.person).delete()
        return n

    return find, erase


def _unnamed(model: type[models.Model]) -> tuple[Find, Erase]:
    """Return how the rows of a table are counted, and kept without the person, that name them."""

    def find(subject: Subject) -> int:
        return model._default_manager.filter(person=subject.person).count()

    def erase(subject: Subject, task: Task) -> int:
        return model._default_manager.filter(person=subject.person).update(person=None)

    return find, erase


def _trail(subject: Subject) -> int:
    return AuditPerson.objects.filter(person=subject.person).count()


def _stay(subject: Subject, task: Task) -> int:
    return 0


ANNOUNCED = _of_person(AnnouncedLine)
ATTAINED = _of_person(AttainmentScores)
CHANGES = _of_person(PersonChange)
COMMENTS = _of_person(StudentComment)
MADE = _of_person(WorkMaker)
GRADUATED = _of_person(GraduateRecord)
CONSENTS = _of_person(Consent)
GUARDIANS = _of_person(GuardianConsent)
CASES = _of_person(ReviewCase)
CARRIED = _of_person(CarriedRow)
STEPS = _of_person(StepMark, StepsRefusal)
TALKS = _of_person(PriorityEntry, SupportCase)
SELECTED = _of_person(SelectionEntry)
MEMBERSHIPS = _of_person(Membership)
TRAITS = _of_person(ProtectedTrait)
EXPORTS = _of_person(ResearchExportPerson)
RELEASED = _unnamed(ReleasedPerson)
HOLDS = _unnamed(LegalHold)  # only lifted ones: one in force lets no erasure begin
TRAIL = (_trail, _stay)


def count_person(subject: Subject) -> int:
    """Return whether the row of the person is there."""
    return Person.objects.filter(pk=subject.person).count()


@transaction.atomic
def forget_person(subject: Subject, task: Task) -> int:
    """Delete the row by which alone the numbers in the trail lead to anybody, with all that still hangs on it."""
    return Person.objects.filter(pk=subject.person).delete()[0]
