"""The few figures that the cards of a home show, each by one question to the database."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from yucai.web.accounts.models import Group, Membership, Person, Space
from yucai.web.evidence.models import EvidenceRecord, Item

__all__ = ["Quiet", "people_without_mentor", "quiet_people"]

YEAR_LENGTH = len("2025-2026")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """How many people have evidence of the school year before and none of the latest."""

    before: str
    period: str
    n: int


def quiet_people(space: Space, people: QuerySet[Person]) -> Quiet | None:
    """Return who of these people has fallen silent: evidence of the school year before, and none of the latest.

    None where profiles cover single terms or courses: whoever takes no course then is not quiet but elsewhere.
    """
    if space.period != Space.Period.SCHOOL_YEAR:
        return None
    last = Item.objects.filter(space=space).aggregate(last=Max("occasion"))["last"] or ""
    period = last[:YEAR_LENGTH]
    before = _year_before(period)
    if not before:
        return None
    done = EvidenceRecord.objects.current().filter(person=OuterRef("pk"))
    now, then = (Exists(done.filter(occasion__startswith=year)) for year in (period, before))
    return Quiet(before=before, period=period, n=people.filter(then, ~now, space=space).count())


def _year_before(period: str) -> str:
    """Return the school year before one, or nothing for what is no school year.

    >>> _year_before("2025-2026"), _year_before("autumn")
    ('2024-2025', '')
    """
    first = period.partition("-")[0]
    return f"{int(first) - 1}-{first}" if len(period) == YEAR_LENGTH and first.isdecimal() else ""


def people_without_mentor(space: Space) -> tuple[int, int]:
    """Return how many people of a space there are, and how many of them belong to no group of mentees."""
    mentored = Membership.objects.filter(group__kind=Group.Kind.MENTEES, group__space=space).values("person")
    told = Person.objects.filter(space=space).aggregate(n=Count("pk"), without=Count("pk", filter=~Q(pk__in=mentored)))
    return told["n"], told["without"]
