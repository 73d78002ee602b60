"""What the records of an institution give of the figures of indicators, and whom each figure of people counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from django.db.models import Count, Q, QuerySet

from yucai.governance import Reference, period_of
from yucai.web.accounts.models import Group, Membership, Person, Space
from yucai.web.evidence.models import OwnWork, WorkTakenBack

__all__ = ["OnRecord", "figure_on_record", "figures_on_record", "people_of_figure", "students_on", "verified_works"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRecord:
    """One figure as the records give it; None: the records hold nothing of the kind."""

    count: int | None


def students_on(space: Space, year: int) -> QuerySet[Person]:
    """Return who was a student on 30 September: entered by that year, or in a group on that day, and not gone.

    An entry year is believed where it is a year; else the days of membership tell. Who left every cohort before the day
    is gone; where no day of leaving is on record somebody counts as still there.
    """
    day = period_of(Reference.CENSUS_DAY, year).ends
    years = [str(one) for one in range(1950, year + 1)]
    inside = Membership.objects.filter(Q(joined__isnull=True) | Q(joined__lte=day)).filter(
        Q(left__isnull=True) | Q(left__gt=day)
    )
    gone = Membership.objects.filter(group__kind=Group.Kind.COHORT, left__lte=day)
    entered = Q(cohort__in=years) | Q(cohort="", pk__in=inside.values("person"))
    return Person.objects.filter(entered, space=space).exclude(pk__in=gone.values("person"))


def verified_works(space: Space, year: int) -> QuerySet[OwnWork]:
    """Return the works of a school year that somebody verified and did not take back; of versions the last alone."""
    time = period_of(Reference.SCHOOL_YEAR, year)
    back = WorkTakenBack.objects.filter(what=WorkTakenBack.What.DECISION)
    standing = OwnWork.objects.filter(person__space=space, state=OwnWork.State.VERIFIED).exclude(
        pk__in=back.values("work")
    )
    corrected = standing.filter(replaces__isnull=False).values("replaces")
    return standing.filter(done_on__gte=time.begins, done_on__lte=time.ends).exclude(pk__in=corrected)


def _with_work(space: Space, year: int) -> QuerySet[Person]:
    return Person.objects.filter(space=space, pk__in=verified_works(space, year).values("person"))


def _programmes(space: Space, year: int) -> int | None:
    found = students_on(space, year).exclude(programme="").values("programme").distinct()
    return found.count() or None


def _courses(space: Space, year: int) -> int | None:
    time = period_of(Reference.SCHOOL_YEAR, year)
    given = Group.objects.filter(space=space, kind=Group.Kind.PRESENTATION, starts__range=(time.begins, time.ends))
    return given.count() or None


WORKS: Final[Mapping[str, Q]] = {
    "works.team": Q(team_size__gt=1),
    "works.public": ~Q(link=""),
    "works.with-ai": Q(ai_used=True),
}


def _works_that(which: Q, space: Space, year: int) -> int:
    return verified_works(space, year).filter(which).count()


PEOPLE: Final[Mapping[str, Callable[[Space, int], QuerySet[Person]]]] = {
    "students": students_on,
    "students.with-work": _with_work,
}
THINGS: Final[Mapping[str, Callable[[Space, int], int | None]]] = {
    "programmes": _programmes,
    "courses": _courses,
    "works": lambda space, year: verified_works(space, year).count(),
    **{name: partial(_works_that, which) for name, which in WORKS.items()},
}


def people_of_figure(space: Space, records: str, year: int) -> QuerySet[Person] | None:
    """Return the people whom a figure counts, or None where it counts none that are on record."""
    return PEOPLE[records](space, year) if records in PEOPLE else None


def figure_on_record(space: Space, records: str, year: int) -> OnRecord:
    """Return what the records give of a figure in a year. Nobody on record is no figure, and not zero."""
    people = people_of_figure(space, records, year)
    if people is not None:
        found = people.count()
        nobody = not found and not Person.objects.filter(space=space).exists()
        return OnRecord(count=None if nobody else found)
    return OnRecord(count=THINGS[records](space, year) if records in THINGS else None)


def figures_on_record(space: Space, year: int) -> dict[str, OnRecord]:
    """Return what the records give of every figure that they can give, as each alone would, in a few questions."""
    students = students_on(space, year).aggregate(
        n=Count("pk"), programmes=Count("programme", distinct=True, filter=~Q(programme=""))
    )
    places = {name: f"works_{place}" for place, name in enumerate(WORKS)}
    works = verified_works(space, year).aggregate(
        n=Count("pk"),
        people=Count("person", distinct=True),
        **{places[name]: Count("pk", filter=which) for name, which in WORKS.items()},
    )
    anybody = bool(students["n"]) or Person.objects.filter(space=space).exists()
    found: dict[str, int | None] = {
        "students": students["n"] if anybody else None,
        "students.with-work": works["people"] if anybody else None,
        "programmes": students["programmes"] or None,
        "courses": _courses(space, year),
        "works": works["n"],
        **{name: works[place] for name, place in places.items()},
    }
    return {name: OnRecord(count=count) for name, count in found.items()}
