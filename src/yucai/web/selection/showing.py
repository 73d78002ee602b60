"""What of an announcement is shown to whom, and when: one page for the second person, the public and paper."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from django.db.models import Q, QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from yucai.texts import Text
from yucai.web.accounts.ages import unpublishable
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.models import Person, Space
from yucai.web.selection.models import AnnouncedLine, Announcement

__all__ = [
    "PHASES",
    "OwnLine",
    "Phase",
    "PublicLine",
    "PublicPage",
    "announced_of",
    "is_open_to_objections",
    "page_of",
    "phase_of",
    "running_in_index",
    "shown_digest",
    "space_announcements",
]

CORRECTED: Final = Text("corrected on {day}", "{day} 更正")


class Phase(StrEnum):
    """Where an announcement stands at a moment."""

    DRAFT = "draft"
    ASKED = "asked"
    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"
    DOWN = "down"


PHASES: Final = {
    Phase.DRAFT: _("draft"), Phase.ASKED: _("waits for a second person"), Phase.WAITING: _("approved, not begun yet"),
    Phase.RUNNING: _("public now"), Phase.ENDED: _("ended"), Phase.DOWN: _("taken down"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicLine:
    """One line as everybody sees it."""

    name: str
    number: str
    outcome: Text
    corrected: Text | None
    under_review: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPage:
    """All that is public of an announcement."""

    issuer: Text
    simulated: bool
    title: Text
    decided: Text
    reference: str
    from_day: date
    until_day: date
    object_until: date
    contact: str
    corrected: Text | None
    lines: tuple[PublicLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLine:
    """What is public, or was, of one person: with the announcement, how it stands, and whether one may object."""

    announcement: Announcement
    line: AnnouncedLine
    outcome: Text
    phase: str
    objects: bool
    under_review: bool


def phase_of(announcement: Announcement, *, at: datetime) -> Phase:
    """Return where an announcement stands: by the office's calendar day, to the second.

    One that was seen to be over stays over, whatever the clock says later.
    """
    state = Announcement.State(announcement.state)
    if state is Announcement.State.DOWN:
        return Phase.DOWN
    if state is not Announcement.State.APPROVED:
        return Phase(state.value)
    today = localdate(at)
    if announcement.ended_at is not None or today > announcement.until_day:
        return Phase.ENDED
    return Phase.RUNNING if today >= announcement.from_day else Phase.WAITING


def is_open_to_objections(announcement: Announcement, *, at: datetime) -> bool:
    """Return whether who stands in it may object: from its first day to the last day stated, also once it ended."""
    approved = announcement.state == Announcement.State.APPROVED
    return approved and announcement.from_day <= localdate(at) <= announcement.object_until


def page_of(announcement: Announcement, *, at: datetime) -> PublicPage:
    """Return what is public of an announcement: lines in the order of what they show, so that the order tells nothing.

    Who may not be announced any more is left out: erased, or under age and without consent or approval.
    """
    shown = announcement.lines.exclude(_shut(announcement, at)).exclude(number="")
    lines = list(shown.values_list("pk", "name", "number", "outcome", "corrected_at"))
    review = _under_review(pk for pk, *_rest in lines)
    told = [
        (outcome, number, name, PublicLine(
            name=name, number=number, outcome=announcement.words[outcome], corrected=_corrected(corrected),
            under_review=pk in review,
        ))
        for pk, name, number, outcome, corrected in lines
    ]  # fmt: skip
    return PublicPage(
        issuer=announcement.space.name,
        simulated=announcement.space.simulated,
        title=announcement.title,
        decided=announcement.decided,
        reference=announcement.reference,
        from_day=announcement.from_day,
        until_day=announcement.until_day,
        object_until=announcement.object_until,
        contact=announcement.contact,
        corrected=_corrected(announcement.corrected_at),
        lines=tuple(line for *_order, line in sorted(told, key=lambda one: one[:3])),
    )


def _shut(announcement: Announcement, at: datetime) -> Q:
    shut = Person.objects.filter(unpublishable(localdate(at)), announced__announcement=announcement)
    return Q(person__in=shut)


def _corrected(at: datetime | None) -> Text | None:
    return CORRECTED.filled(day=f"{localdate(at):%Y-%m-%d}") if at is not None else None


def _under_review(lines: Iterable[int]) -> frozenset[int]:
    asked = ReviewCase.objects.filter(about=ReviewCase.About.ANNOUNCED, key__in=[str(pk) for pk in lines])
    return frozenset(int(key) for key in asked.exclude(state=ReviewCase.State.DECIDED).values_list("key", flat=True))


def _open_among(cases: Iterable[ReviewCase]) -> frozenset[int]:
    announced = [one for one in cases if one.about == ReviewCase.About.ANNOUNCED]
    return frozenset(int(one.key) for one in announced if one.state != ReviewCase.State.DECIDED)


def shown_digest(announcement: Announcement) -> str:
    """Return the SHA-256 of all that would be public: facts, and lines with name, number and outcome as shown."""
    lines = announcement.lines.values_list("number", "name", "outcome")
    told = [
        announcement.space.code, announcement.title_zh, announcement.title_en, announcement.decided_zh,
        announcement.decided_en, announcement.reference, f"{announcement.from_day}", f"{announcement.until_day}",
        f"{announcement.object_until}", announcement.contact, announcement.names, announcement.outcomes,
        sorted([number, name, outcome] for number, name, outcome in lines),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def running_in_index(*, at: datetime) -> list[Announcement]:
    """Return the announcements that run now, of the institutions that switched the index on."""
    approved: QuerySet[Announcement] = Announcement.objects.filter(
        state=Announcement.State.APPROVED, space__announcing__index_on=True, ended_at=None,
        from_day__lte=localdate(at), until_day__gte=localdate(at),
    )  # fmt: skip
    return list(approved.select_related("space").order_by("until_day", "pk"))


def announced_of(person: Person, *, at: datetime, cases: Iterable[ReviewCase] | None = None) -> list[OwnLine]:
    """Return what is or was public of a person, as long as the line is kept; nothing of what waits for approval.

    ``cases`` are the requests of the person where they are known already.
    """
    public = AnnouncedLine.objects.exclude(number="")  # else a draft, or taken off
    lines = public.filter(person=person, announcement__approved_at__isnull=False)
    mine = list(lines.select_related("announcement").order_by("-announcement__from_day", "-pk"))
    review = _under_review(line.pk for line in mine) if cases is None else _open_among(cases)
    return [
        OwnLine(
            announcement=line.announcement,
            line=line,
            outcome=line.announcement.words[line.outcome],
            phase=str(PHASES[phase_of(line.announcement, at=at)]),
            objects=is_open_to_objections(line.announcement, at=at) and line.pk not in review,
            under_review=line.pk in review,
        )
        for line in mine
    ]


def space_announcements(space: Space) -> QuerySet[Announcement]:
    """Return the announcements of a space, the latest first."""
    return Announcement.objects.filter(space=space).select_related("asked_by", "approved_by").order_by("-pk")
