"""Graduates of imported lists: who is on record, where they were, and what is asked before a list goes in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localdate

from yucai.errors import Fault
from yucai.evidence import FOLLOW_UPS, Graduate, TableReading, graduates_in
from yucai.texts import Text
from yucai.web.accounts.ages import unconsented
from yucai.web.accounts.consents import holding
from yucai.web.accounts.models import Person, Space
from yucai.web.evidence.graduate_models import GraduateRecord
from yucai.web.evidence.models import Import

__all__ = ["GraduatesTold", "faults_of_graduates", "graduates_of_table", "record_graduates", "standing_graduates"]

BATCH: Final = 500
OTHER_YEARS: Final = Text(
    "Years after graduation are 0, 1, 3 or 5; the list has {listed}. Correct these.",
    "毕业后年数应为 0、1、3 或 5，名单中有 {listed}。请更正。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GraduatesTold:
    """The graduates of a list who are on record, whoever is not, and the words that are not understood."""

    graduates: tuple[Graduate, ...]
    strangers: tuple[str, ...]
    words: tuple[str, ...]


def graduates_of_table(reading: TableReading, space: Space) -> GraduatesTold:
    """Return the graduates of a list, told by number."""
    found = graduates_in(reading)
    known = set(Person.objects.filter(space=space).values_list("code", flat=True)) if found else set()
    return GraduatesTold(
        graduates=tuple(one for one in found if one.number in known),
        strangers=tuple(dict.fromkeys(one.number for one in found if one.number not in known)),
        words=tuple(dict.fromkeys(one.said for one in found if one.said)),
    )


def faults_of_graduates(told: GraduatesTold) -> list[Fault]:
    """Return what the records cannot hold of a list: a follow-up at a time at which nobody is followed up."""
    others = sorted({one.after for one in told.graduates} - set(FOLLOW_UPS))
    listed = ", ".join(map(str, others))
    return [Fault(code="other-years", says=OTHER_YEARS, facts={"listed": listed})] if others else []


def record_graduates(told: GraduatesTold, entry: Import, *, at: datetime) -> None:
    """Record the graduates of an import. Call it inside a transaction."""
    people = Person.objects.filter(space=entry.source.space).exclude(unconsented(localdate(at)))
    numbers = dict(people.values_list("code", "pk")) if told.graduates else {}
    GraduateRecord.objects.bulk_create(
        (
            GraduateRecord(came_with=entry, person_id=numbers[one.number], kind=one.kind, industry=one.industry,
                           graduated_on=one.graduated_on, after=one.after)
            for one in told.graduates
            if one.number in numbers
        ),
        batch_size=BATCH,
    )  # fmt: skip


def standing_graduates(space: Space, *, at: datetime) -> QuerySet[GraduateRecord]:
    """Return the graduates on record that count: of lists in use, and with a consent that holds where one is needed."""
    given = holding(OuterRef("came_with__source__consent_code"), at=at).filter(person=OuterRef("person"))
    found = GraduateRecord.objects.filter(person__space=space, came_with__current=True)
    return found.filter(Q(came_with__source__consent_code="") | Exists(given))
