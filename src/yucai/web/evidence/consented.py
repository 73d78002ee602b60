"""What may be used now of the data sets that rest on consent: nothing of people whose consent does not hold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from yucai.web.accounts.consents import has_consent, holding
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.evidence.models import OWN_WORKS, DataSource, EvidenceRecord, OwnWork

__all__ = ["require_consented", "sources_not_used", "unusable_records", "usable_records", "usable_works"]


def unusable_records(space: Space, *, at: datetime) -> QuerySet[EvidenceRecord]:
    """Return the records of a space that may not be used: their data set rests on a consent that does not hold."""
    asked = EvidenceRecord.objects.current().filter(came_with__source__space=space)
    asked = asked.exclude(came_with__source__consent_code="")
    given = holding(OuterRef("came_with__source__consent_code"), at=at).filter(person=OuterRef("person"))
    return asked.filter(~Exists(given))


def usable_records(space: Space, *, at: datetime) -> QuerySet[EvidenceRecord]:
    """Return the current records, without those of a space that may not be used at a moment."""
    barred = unusable_records(space, at=at)
    return EvidenceRecord.objects.current().exclude(pk__in=barred.values("pk"))


def sources_not_used(person: Person, sources: Iterable[int], *, at: datetime) -> list[DataSource]:
    """Return those of these data sets (numbers) that rest on a consent which the person does not give now."""
    wanted = list(sources)
    if not wanted:
        return []
    found = DataSource.objects.filter(pk__in=wanted).exclude(consent_code="").order_by("code")
    return [source for source in found if not has_consent(person, source.consent_code, at)]


def usable_works(works: QuerySet[OwnWork], *, at: datetime) -> QuerySet[OwnWork]:
    """Return works without those of people whose consent does not hold, where the own works of a space rest on it."""
    given = holding(OuterRef("consent_code"), at=at).filter(person=OuterRef(OuterRef("person")))
    asking = DataSource.objects.filter(space=OuterRef("person__space"), code=OWN_WORKS).exclude(consent_code="")
    return works.exclude(Exists(asking.filter(~Exists(given))))


def require_consented(account: Account, person_pk: int, usable: QuerySet[Any]) -> None:
    """Let nobody but the person see what is not among what may be used now. Raises PermissionDenied."""
    if account.person_id != person_pk and not usable.exists():
        raise PermissionDenied(_("This rests on the consent of the person, which does not hold now."))
