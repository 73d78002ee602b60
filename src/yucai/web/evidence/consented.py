"""What may be used now of the data sets that rest on consent: nothing of people whose consent does not hold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from yucai.web.accounts.consents import has_consent, holding
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.evidence.models import OWN_WORKS, DataSource, EvidenceRecord, OwnWork

__all__ = [
    "records_on",
    "require_consented",
    "sources_not_used",
    "unusable_records",
    "usable_of_few",
    "usable_records",
    "usable_works",
    "usable_works_of_few",
    "works_on_consent",
]


def unusable_records(space: Space, *, at: datetime) -> QuerySet[EvidenceRecord]:
    """Return the records of a space that may not be used: their data set rests on a consent that does not hold."""
    return EvidenceRecord.objects.current().filter(_barred(_asking(space), at=at))


def usable_records(space: Space, *, at: datetime) -> QuerySet[EvidenceRecord]:
    """Return the current records, without those of a space that may not be used at a moment.

    Most spaces ask nobody: there the question is left out, which PostgreSQL would answer for every record.
    """
    asking = list(_asking(space))
    current = EvidenceRecord.objects.current()
    return current.exclude(_barred(asking, at=at)) if asking else current


def records_on(space: Space, *, day: date | None, at: datetime) -> QuerySet[EvidenceRecord]:
    """Return the records that were in force on a day and may be used now; without a day those that are in force now.

    What a later file replaced stands here as it stood then.
    """
    if day is None:
        return usable_records(space, at=at)
    asking = list(_asking(space))
    then = Q(replaced_by__isnull=True) | Q(replaced_by__at__date__gt=day)
    found = EvidenceRecord.objects.filter(then, came_with__at__date__lte=day)
    return found.exclude(_barred(asking, at=at)) if asking else found


def usable_of_few(space: Space, *, at: datetime) -> QuerySet[EvidenceRecord]:
    """Return the same in one question instead of two: for a look at the records of few people."""
    return EvidenceRecord.objects.current().exclude(_barred(_asking(space), at=at))


def _asking(space: Space) -> QuerySet[DataSource, int]:
    """Return the data sets (numbers) of a space that rest on a consent."""
    return DataSource.objects.filter(space=space).exclude(consent_code="").values_list("pk", flat=True)


def _barred(asking: QuerySet[DataSource, int] | list[int], *, at: datetime) -> Q:
    """Records of these data sets whose person gives no consent that holds."""
    given = holding(OuterRef("came_with__source__consent_code"), at=at).filter(person=OuterRef("person"))
    return Q(~Exists(given), came_with__source__in=asking)


def sources_not_used(person: Person, sources: Iterable[int], *, at: datetime) -> list[DataSource]:
    """Return those of these data sets (numbers) that rest on a consent which the person does not give now."""
    wanted = list(sources)
    if not wanted:
        return []
    found = DataSource.objects.filter(pk__in=wanted).exclude(consent_code="").order_by("code")
    return [source for source in found if not has_consent(person, source.consent_code, at)]


def usable_works(works: QuerySet[OwnWork], *, at: datetime) -> QuerySet[OwnWork]:
    """Return works without those of people whose consent does not hold, where the own works of a space rest on it."""
    return usable_works_of_few(works, at=at) if works_on_consent().exists() else works


def usable_works_of_few(works: QuerySet[OwnWork], *, at: datetime) -> QuerySet[OwnWork]:
    """Return the same in one question instead of two."""
    asking = works_on_consent()
    given = holding(OuterRef("consent_code"), at=at).filter(person=OuterRef(OuterRef("person")))
    return works.exclude(Exists(asking.filter(~Exists(given), space=OuterRef("person__space"))))


def works_on_consent() -> QuerySet[DataSource]:
    """Return the data sets of own works that rest on a consent, of every space; mostly there is none."""
    return DataSource.objects.filter(code=OWN_WORKS).exclude(consent_code="")


def require_consented(account: Account, person_pk: int, usable: QuerySet[Any]) -> None:
    """Let nobody but the person see what is not among what may be used now. Raises PermissionDenied."""
    if account.person_id != person_pk and not usable.exists():
        raise PermissionDenied(_("This rests on the consent of the person, which does not hold now."))
