"""How long talks are kept: priority lists and cases are a data set of the register, with a time of retention.

The clock of a case starts when it is over; one that is open is never past its time. The clock of a list starts when it
was worked out. What is past its time goes by an erasure that two people asked for and confirmed, as other data sets do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.timezone import localdate

from yucai.texts import Text
from yucai.web.accounts.erasure_models import LegalHold
from yucai.web.accounts.models import Space
from yucai.web.evidence.actions import source_of_pages
from yucai.web.evidence.models import DataSource
from yucai.web.matching.case_models import OPEN_STATES, SupportCase
from yucai.web.matching.priority_models import PriorityRun
from yucai.web.records.retention import months_before

__all__ = ["TALKS", "PastTalks", "clear_talks", "data_set_of_talks", "kept_until", "months_kept", "past_talks"]

TALKS: Final = "talks"
MONTHS: Final = 24  # a proposal: as long as somebody still studies where they were helped; the register changes it
NAME: Final = Text("priority lists and cases of talks", "优先关注名单与谈话记录")
PURPOSE: Final = "Guidance: who needs a talk, and what came of it / 指导：与谁谈话及其结果"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTalks:
    """What of a space's talks is past its time, and how many cases a legal hold on their person keeps all the same."""

    cases: QuerySet[SupportCase]
    lists: QuerySet[PriorityRun]
    held: int


def data_set_of_talks(space: Space) -> DataSource:
    """Return the data set that lists and cases of a space are; it is made when it is needed first."""
    return source_of_pages(space, TALKS, NAME, purpose=PURPOSE, months=MONTHS)


def months_kept(space: Space) -> int:
    """Return for how many months a case is kept after its end."""
    stated = DataSource.objects.filter(space=space, code=TALKS).values_list("retention_months", flat=True).first()
    return MONTHS if stated is None else stated


def kept_until(case: SupportCase, months: int) -> date | None:
    """Return the day from which a case may be forgotten; None while it is open, or where no time was stated.

    >>> kept_until(SupportCase(), 24) is None
    True
    """
    return months_before(localdate(case.ended_at), -months) if case.ended_at is not None and months else None


def past_talks(space: Space, *, before: datetime) -> PastTalks:
    """Return what of the talks of a space is past its time: cases over, and lists worked out, before a moment."""
    over = SupportCase.objects.filter(space=space, ended_at__lt=before).exclude(state__in=OPEN_STATES)
    holds = LegalHold.objects.filter(person=OuterRef("person"), lifted_at=None)
    return PastTalks(
        cases=over.exclude(Exists(holds)),
        lists=PriorityRun.objects.filter(space=space, at__lt=before),
        held=over.filter(Exists(holds)).count(),
    )


@transaction.atomic
def clear_talks(space: Space, *, before: datetime) -> dict[str, int]:
    """Delete what is past its time, with every decision and note, and return how many there were."""
    found = past_talks(space, before=before)
    counts = {"cases": found.cases.count(), "lists": found.lists.count()}
    found.cases.delete()
    found.lists.delete()
    return counts
