"""The few figures that the cards of a home show, each by one question to the database."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from yucai.web.accounts.models import Group, Membership, Person, Space
from yucai.web.evidence.models import EvidenceRecord, Item

__all__ = ["Quiet", "people_without_mentor", "quiet_people"]

YEAR_LENGTH = len("2025-2026")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """How many people handed in nothing in the latest school year, and a group in which one of them is."""

    period: str
    n: int
    group: Group | None


def quiet_people(space: Space, people: QuerySet[Person], groups: QuerySet[Group]) -> Quiet | None:
    """Return who of these people has no evidence in the latest school year.

    None where profiles cover single terms or courses: whoever takes no course then is not quiet but elsewhere.
    """
    if space.period != Space.Period.SCHOOL_YEAR:
        return None
    last = Item.objects.filter(space=space).aggregate(last=Max("occasion"))["last"] or ""
    period = last[:YEAR_LENGTH]
    if len(period) < YEAR_LENGTH:
        return None
    done = EvidenceRecord.objects.current().filter(person=OuterRef("pk"), occasion__startswith=period)
    found = list(people.filter(~Exists(done), space=space).order_by("code").values_list("pk", flat=True))
    where = groups.filter(people=found[0]).order_by("-kind", "code").first() if found else None
    return Quiet(period=period, n=len(found), group=where)


def people_without_mentor(space: Space) -> tuple[int, int]:
    """Return how many people of a space there are, and how many of them belong to no group of mentees."""
    mine = Membership.objects.filter(person=OuterRef("pk"), group__kind=Group.Kind.MENTEES)
    people = Person.objects.filter(space=space)
    return people.count(), people.filter(~Q(Exists(mine))).count()
