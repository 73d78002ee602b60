"""How old people are, and whom that closes: under 14 without a guardian's consent, under 18 without an approval.

Age is asked, never guessed. Whose age nobody asked counts as grown up, unless the space says that minors are expected;
then as under 18. Nobody counts as under 14 whose date of birth is not on record.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from django.db.models import Exists, OuterRef, Q

from yucai.web.accounts.age_models import GuardianConsent, MinorApproval
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.accounts.purposes import Purpose

__all__ = [
    "GROWN_UP",
    "YOUNG",
    "closed_people",
    "maybe_minor",
    "minors",
    "unconsented",
    "unconsented_codes",
    "unpublishable",
    "years_before",
    "young",
]

YOUNG: Final = 14
GROWN_UP: Final = 18
# Whoever protects minors has to see of whom nobody asked; everybody sees what is on record of themself.
UNASKED: Final = (Purpose.SELF, Purpose.PROTECTION)


def years_before(day: date, years: int) -> date:
    """Return the day so many years earlier: who was born on it or before is that old.

    >>> years_before(date(2026, 11, 27), 18), years_before(date(2028, 2, 29), 18)
    (datetime.date(2008, 11, 27), datetime.date(2010, 2, 28))
    """
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year - years, day=28)


def young(day: date) -> Q:
    """People under 14."""
    return Q(born__gt=years_before(day, YOUNG))


def minors(day: date) -> Q:
    """People under 18, with those whose age nobody asked where minors are expected."""
    return Q(born__gt=years_before(day, GROWN_UP)) | Q(born__isnull=True, space__minors_expected=True)


def maybe_minor(person: Person, space: Space, *, day: date) -> bool:
    """Return whether a person is under 18, or may be where minors are expected and nobody asked."""
    return space.minors_expected if person.born is None else person.born > years_before(day, GROWN_UP)


def unconsented(day: date) -> Q:
    """People under 14 for whom no guardian's consent is in force: nothing new of them is taken in, measured or read."""
    in_force = GuardianConsent.objects.filter(person=OuterRef("pk"), withdrawn_on__isnull=True)
    return young(day) & Q(~Exists(in_force))


def unconsented_codes(space: Space, *, day: date) -> frozenset[str]:
    """Return the numbers of these people of a space."""
    return frozenset(Person.objects.filter(unconsented(day), space=space).values_list("code", flat=True))


def closed_people(account: Account, *, purpose: Purpose, day: date) -> Q:
    """People whom an account may not read for a purpose because of their age: one condition for one and for all."""
    if purpose in UNASKED:
        return Q(pk__in=[])
    for_whom = Q(account=account) | Q(role=account.role)
    of_whom = Q(group__isnull=True) | Q(group__people=OuterRef("pk"))
    approved = MinorApproval.objects.filter(
        for_whom, of_whom, space=OuterRef("space"), purpose=purpose.value, until__gte=day, ended_at__isnull=True
    )
    return unconsented(day) | minors(day) & Q(~Exists(approved))


def unpublishable(day: date) -> Q:
    """People of whom nothing is announced: under 14 without a guardian's consent, under 18 without an approval of
    announcing that holds on a day.
    """
    of_whom = Q(group__isnull=True) | Q(group__people=OuterRef("pk"))
    approved = MinorApproval.objects.filter(
        of_whom, space=OuterRef("space"), purpose=Purpose.PUBLICATION.value, until__gte=day, ended_at__isnull=True
    )
    return unconsented(day) | minors(day) & Q(~Exists(approved))
