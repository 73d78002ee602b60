"""How many rows of each table of an export a person has, without reading them: few questions, however much it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, F, Func, IntegerField, QuerySet, TextField, Value

from yucai.web.accounts.age_models import GuardianConsent
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.consent_models import Consent
from yucai.web.accounts.erasure_models import LegalHold
from yucai.web.accounts.models import Account, Membership, Person
from yucai.web.accounts.saved_models import SavedView
from yucai.web.accounts.sign_in_models import SignIn
from yucai.web.accounts.token_models import ApiToken
from yucai.web.evidence.graduate_models import GraduateRecord
from yucai.web.evidence.models import DataSource, EvidenceRecord, Item, OwnWork, PersonChange, WorkTakenBack
from yucai.web.evidence.question_models import ChosenOption
from yucai.web.feeds.models import ActorDeclaration, WeakCount
from yucai.web.formed import ask_formed
from yucai.web.governance.research_models import ResearchExportPerson
from yucai.web.matching.case_models import CaseDecision, SupportCase
from yucai.web.matching.priority_models import PriorityEntry
from yucai.web.measurement.adaptive_models import AdaptiveAnswer, AdaptiveSitting
from yucai.web.measurement.comment_models import StudentComment
from yucai.web.measurement.models import ProfileRow
from yucai.web.measurement.step_models import StepMark, StepsRefusal
from yucai.web.registers.models import NoticeSeen
from yucai.web.rights.elsewhere import attained_parts, made_with, rated_in
from yucai.web.rights.formats import TABLES
from yucai.web.rights.gathering import STATEMENTS, imports_about
from yucai.web.rights.models import CarriedRow
from yucai.web.rights.own_statements import own_statement_rows
from yucai.web.rights.own_traits import traits_rows
from yucai.web.selection.models import AnnouncedLine
from yucai.web.selection.rule_models import SelectionEntry

__all__ = ["counts_on_record"]

Rows = QuerySet[Any, Any]


def counts_on_record(person: Person) -> tuple[dict[str, int], bool]:
    """Return how many rows each table of an export of a person has, with the statements as one of them, and whether
    any of them came along from an earlier office.

    The same numbers as ``gathering.row_counts`` of what is gathered.
    """
    counts = dict.fromkeys([*TABLES, STATEMENTS], 0)
    for name, n in ask_formed("rows of a person", _counted, (person.pk,)):
        counts[name] += n
    brought = CarriedRow.objects.filter(person=person).order_by().values_list("table").annotate(n=Count("pk"))
    carried = list(brought)
    for name, n in carried:
        counts[name] += n
    counts["attained"] += sum(1 for _ in attained_parts(person))  # parts stand in the maps of courses
    counts["ratings"] += sum(marks.count() for marks in rated_in(person))
    counts[STATEMENTS] += own_statement_rows(person).count()
    return counts, bool(carried)


def _counted(person: int) -> Rows:
    """The counts of all tables as one question; of two parts of one table each gives a row."""
    n = Func(F("pk"), function="COUNT", output_field=IntegerField())  # over all rows, in no groups
    first, *others = [
        rows.order_by().annotate(counted=Value(name, output_field=TextField()), rows=n).values_list("counted", "rows")
        for name, rows in _rows_of(person)
    ]
    asked: Rows = first.union(*others, all=True)
    return asked


def _rows_of(person: int) -> Iterator[tuple[str, Rows]]:
    """Yield every table with its rows of a person (number), as the export gathers them."""
    of_person = {"person": person}
    imports = imports_about(person)
    yield "person", Person.objects.filter(pk=person)
    yield "traits", traits_rows(person)
    yield "groups", Membership.objects.filter(**of_person)
    yield "sources", DataSource.objects.filter(pk__in=imports.values("source"))
    yield "imports", imports
    yield "items", Item.objects.filter(pk__in=EvidenceRecord.objects.filter(**of_person).values("item"))
    yield "records", EvidenceRecord.objects.filter(**of_person)
    yield "changes", PersonChange.objects.filter(**of_person)
    yield "values", ProfileRow.objects.filter(**of_person, run__current=True)
    yield "works", OwnWork.objects.filter(**of_person)
    yield "taken_back", WorkTakenBack.objects.filter(work__person=person)
    yield "made_with", made_with(person)
    yield "graduated", GraduateRecord.objects.filter(**of_person)
    yield "answers", ChosenOption.objects.filter(record__person=person)
    yield "answers", AdaptiveAnswer.objects.filter(sitting__person=person)
    yield "tests", AdaptiveSitting.objects.filter(**of_person, began_at__isnull=False)
    yield "counts", WeakCount.objects.filter(**of_person)
    yield "actors", ActorDeclaration.objects.filter(**of_person)
    yield "steps", StepMark.objects.filter(**of_person)
    yield "steps_refused", StepsRefusal.objects.filter(**of_person)
    yield "listed", PriorityEntry.objects.filter(**of_person)
    yield "talk_cases", SupportCase.objects.filter(**of_person)
    yield "talk_decisions", CaseDecision.objects.filter(case__person=person)
    yield "comments", StudentComment.objects.filter(**of_person)
    yield "requests", ReviewCase.objects.filter(**of_person)
    yield "announced", AnnouncedLine.objects.filter(**of_person, announcement__approved_at__isnull=False)
    yield "selected", SelectionEntry.objects.filter(**of_person, run__at__isnull=False)
    yield "consents", Consent.objects.filter(**of_person)
    yield "guardians", GuardianConsent.objects.filter(**of_person)
    yield "research", ResearchExportPerson.objects.filter(**of_person)
    yield "holds", LegalHold.objects.filter(**of_person)
    yield "notices", NoticeSeen.objects.filter(account__person=person)
    yield "accounts", Account.objects.filter(**of_person)
    yield "saved_views", SavedView.objects.filter(account__person=person)
    yield "sign_ins", SignIn.objects.filter(account__person=person)
    yield "tokens", ApiToken.objects.filter(account__person=person)
    yield "looks", AuditEntry.objects.filter(people__person=person)
