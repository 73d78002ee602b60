"""The one decision whether somebody may look: role, relation, purpose, age, and what data were collected for."""

from __future__ import annotations

from collections.abc import Collection, Set
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from django.apps import apps
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Concat
from django.utils.timezone import localdate

from yucai.web.accounts.ages import closed_people, minors
from yucai.web.accounts.models import Account, Group, Person, Space
from yucai.web.accounts.purposes import GRANTS, PAGES, Purpose, Related, purpose_for
from yucai.web.bulk import among
from yucai.web.formed import ask_formed, row_names, row_of

__all__ = [
    "Decision",
    "Reason",
    "decide",
    "decide_on_group",
    "decide_on_one",
    "decide_on_sources",
    "related_people",
]


class Reason(StrEnum):
    """Why a look was allowed or refused."""

    ALLOWED = "allowed"
    NO_RELATION = "no-relation"
    WRONG_PURPOSE = "wrong-purpose"
    DATA_SET = "data-set"
    MINOR = "minor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether a look is allowed, for what, and why; ``source`` is the data set that may not be read for this."""

    allowed: bool
    reason: Reason
    purpose: Purpose
    source: str = ""


LARGEST: Final = 2**63 - 1
COUNTED: Final = "SELECT COUNT(*), COUNT(CASE WHEN perhaps THEN 1 END) FROM ({}) told"
# Never asked of a data set: what is on record about oneself may always be read by oneself, whoever protects people has
# to see what is held of them, and an announcement shows no value of a data set.
ALWAYS: Final = (Purpose.SELF, Purpose.PROTECTION, Purpose.PUBLICATION)


def related_people(account: Account) -> QuerySet[Person]:
    """Return the people to whom an account stands in the relation that its role needs."""
    return Person.objects.filter(GRANTS[Account.Role(account.role)].people(account))


def decide(account: Account, people: Set[int], *, page: str, day: date | None = None) -> Decision:
    """Return whether an account may look at people (numbers) on a page. Raises KeyError for a page that is not listed.

    All of them or none: a list that holds one stranger, or one minor whom the account may not read, is refused whole.
    ``day`` is today unless it is said.
    """
    purpose = purpose_for(account, page)
    if purpose is None:
        return Decision(allowed=False, reason=Reason.WRONG_PURPOSE, purpose=PAGES[page].purposes[0])
    wanted = {number for number in people if number <= LARGEST}  # a larger one names nobody, and no database takes it
    by_seat, today = PAGES[page].related is Related.BY_SEAT, day or localdate()
    related, perhaps = _counted(account, wanted, by_seat=by_seat, day=today)
    if len(wanted) < len(people) or (related < len(wanted) and not by_seat):
        return Decision(allowed=False, reason=Reason.NO_RELATION, purpose=purpose)
    if perhaps:  # the question who of them is closed costs as much as all the rest, and is for few
        closed = closed_people(account, purpose=purpose, day=today)
        if Person.objects.filter(closed, among("pk", wanted)).exists():
            return Decision(allowed=False, reason=Reason.MINOR, purpose=purpose)
    return _by_data_sets(account, among("pk", wanted), purpose)


def _counted(account: Account, wanted: Set[int], *, by_seat: bool, day: date) -> tuple[int, int]:
    """Return how many of these people are related to an account, and how many of those may be minors."""

    def form(account_pk: int, person_pk: int, among_them: Collection[int]) -> QuerySet[Person, Any]:
        reader = Account(pk=account_pk, role=account.role, person_id=person_pk if is_person else None)
        found = Person.objects.all() if by_seat else related_people(reader)
        perhaps = ExpressionWrapper(minors(day), output_field=BooleanField())
        return found.filter(among("pk", among_them)).order_by().annotate(perhaps=perhaps).values_list("perhaps")

    is_person = account.person_id is not None
    values = (account.pk, account.person_id or 0, sorted(wanted))
    rows = ask_formed(("related", account.role, is_person, by_seat, day), form, values, around=COUNTED)
    return rows[0] if rows else (0, 0)


def decide_on_one(account: Account, pk: int, *, page: str, day: date | None = None) -> tuple[Decision, Person | None]:
    """Return what ``decide`` says of one person, and the person with their space where the account may look.

    All that ``decide`` asks is one question here, the person's row with it: most pages are about one person.
    """
    purpose = purpose_for(account, page)
    if purpose is None or PAGES[page].related is Related.BY_SEAT or pk > LARGEST:
        decision = decide(account, {pk}, page=page, day=day)
        return decision, Person.objects.select_related("space").get(pk=pk) if decision.allowed else None
    today = day or localdate()
    found = _asked_of_one(account, pk, purpose=purpose, day=today)
    if found is None:
        return Decision(allowed=False, reason=Reason.NO_RELATION, purpose=purpose), None
    person, perhaps, shut = found
    if perhaps and Person.objects.filter(closed_people(account, purpose=purpose, day=today), pk=pk).exists():
        return Decision(allowed=False, reason=Reason.MINOR, purpose=purpose), None
    if shut:
        return Decision(allowed=False, reason=Reason.DATA_SET, purpose=purpose, source=shut), None
    return Decision(allowed=True, reason=Reason.ALLOWED, purpose=purpose), person


def _asked_of_one(account: Account, pk: int, *, purpose: Purpose, day: date) -> tuple[Person, bool, str] | None:
    """Return a related person, whether they may be a minor, and a data set that is shut for this purpose, if any."""

    def form(account_pk: int, own_pk: int, person_pk: int) -> QuerySet[Person, Any]:
        reader = Account(pk=account_pk, role=account.role, person_id=own_pk if is_person else None)
        asked = related_people(reader).filter(pk=person_pk).order_by()
        perhaps = ExpressionWrapper(minors(day), output_field=BooleanField())
        shut = _shut_evidence(purpose) if purpose not in ALWAYS else Value("")
        return asked.annotate(perhaps=perhaps, shut=shut).values_list("perhaps", "shut", *row_names(Person, "space"))

    is_person = account.person_id is not None
    rows = ask_formed(("one", account.role, is_person, purpose, day), form, (account.pk, account.person_id or 0, pk))
    if not rows:
        return None
    perhaps, shut, *values = rows[0]
    return row_of(Person, "space", values=values), bool(perhaps), shut or ""


def _shut_evidence(purpose: Purpose) -> Subquery:
    """A data set (code) from which evidence about a person is in force that was not collected for a purpose."""
    sources = apps.get_model("web", "DataSource")._default_manager.annotate(
        told=Concat(Value(","), "read_for", Value(","))
    )
    shut = sources.exclude(told__contains=f",{purpose.value},").values("pk")
    evidence = apps.get_model("web", "EvidenceRecord")._default_manager.filter(
        person=OuterRef("pk"), replaced_by__isnull=True, came_with__source__in=shut
    )
    return Subquery(evidence.order_by("pk").values("came_with__source__code")[:1])


def decide_on_group(account: Account, seen: Group | None, *, page: str) -> Decision:
    """Return whether an account may look at a group as a whole: the one asked for among those that it sees, or None."""
    purpose = purpose_for(account, page)
    if purpose is None:
        return Decision(allowed=False, reason=Reason.WRONG_PURPOSE, purpose=PAGES[page].purposes[0])
    if seen is None:
        return Decision(allowed=False, reason=Reason.NO_RELATION, purpose=purpose)
    return _by_data_sets(account, Q(groups=seen.pk), purpose)


def decide_on_sources(account: Account, sources: Set[int], *, page: str) -> Decision:
    """Return whether a page may show an account figures that rest on these data sets (numbers)."""
    purpose = purpose_for(account, page)
    if purpose is None:
        return Decision(allowed=False, reason=Reason.WRONG_PURPOSE, purpose=PAGES[page].purposes[0])
    barred = next((code for pk, code in sorted(_shut(account, purpose).items()) if pk in sources), None)
    if barred is not None:
        return Decision(allowed=False, reason=Reason.DATA_SET, purpose=purpose, source=barred)
    return Decision(allowed=True, reason=Reason.ALLOWED, purpose=purpose)


def _by_data_sets(account: Account, people: Q, purpose: Purpose) -> Decision:
    """Refuse when evidence about these people is in force that was not collected for this purpose."""
    shut = {} if purpose in ALWAYS else _shut(account, purpose)
    if shut:
        evidence = Q(evidence__came_with__source__in=shut, evidence__replaced_by__isnull=True)
        found = Person.objects.filter(people).filter(evidence).values_list("evidence__came_with__source", flat=True)
        source = found.order_by().first()
        if source is not None:
            return Decision(allowed=False, reason=Reason.DATA_SET, purpose=purpose, source=shut[source])
    return Decision(allowed=True, reason=Reason.ALLOWED, purpose=purpose)


def _shut(account: Account, purpose: Purpose) -> dict[int, str]:
    """Return the data sets of an account's spaces that may not be read for a purpose: number and code."""

    def form(account_pk: int) -> QuerySet[Space, Any]:
        rows = Space.objects.filter(accounts=account_pk, sources__isnull=False)
        return rows.values_list("sources__pk", "sources__code", "sources__read_for")

    known = ask_formed("read for", form, (account.pk,))
    return {pk: code for pk, code, read_for in known if purpose.value not in read_for.split(",")}
