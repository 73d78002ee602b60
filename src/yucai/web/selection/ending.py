"""How an announcement ends: by its last day, by being taken down, line by line after an objection, and for good."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text
from yucai.web.accounts.access import guards_people
from yucai.web.accounts.audit import note
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.erasure_models import LegalHold
from yucai.web.accounts.models import Account, Space
from yucai.web.selection.actions import NAME, AnnouncementMovedError, faults_of_reason, tell, to_change
from yucai.web.selection.facts import rule_of
from yucai.web.selection.models import AnnouncedLine, Announcement, AnnouncingRule
from yucai.web.selection.words import faults_of_text

__all__ = [
    "correct_line",
    "keep_ended",
    "set_announcing",
    "take_down",
    "take_line_off",
    "tend_announcements",
]

State = Announcement.State
RULE: Final = Text("how this institution announces", "公示设置")
LONGEST: Final = 20
DAYS: Final = Text("An announcement runs for 1 to {most} working days.", "公示期为 1 至 {most} 个工作日。")
NO_SOURCE: Final = Text("Say who decided on the days, and when.", "请写明公示期由谁、何时决定。")
NO_WORD: Final = Text("Choose one of the outcomes of this announcement.", "请选择本公示的一个结果用语。")


@transaction.atomic
def keep_ended(announcement: Announcement, *, at: datetime) -> None:
    """Keep that an announcement was seen to be over, once: no clock that is set back opens it again."""
    seen = Announcement.objects.filter(pk=announcement.pk, state=State.APPROVED, ended_at=None).update(ended_at=at)
    if seen:
        announcement.ended_at = at
        tell("ended", announcement, by=None, at=at, detail={"sha256": announcement.digest})


@transaction.atomic
def take_down(*, announcement: Announcement, reason: str, by: Account, at: datetime) -> None:
    """Take an announcement down at once and for good, alone, with one's own reason; or throw a draft away.

    Raises PermissionDenied, AnnouncementMovedError, FaultyInputError.
    """
    found = to_change(announcement, by, State.DRAFT, State.ASKED, State.APPROVED)
    if faults := faults_of_reason(reason):
        raise FaultyInputError(NAME, faults)
    found.state, found.down_by, found.down_at, found.down_why = State.DOWN, by, at, reason.strip()
    found.save()
    if found.approved_at is None:
        found.lines.all().delete()  # it never was public: nobody objects to it
    tell("taken-down", found, by=by, at=at, people=list(found.lines.values_list("person", flat=True)))


@transaction.atomic
def take_line_off(*, line: AnnouncedLine, by: Account, at: datetime) -> None:
    """Take somebody off an announcement that was approved; the page says that it was corrected.

    The line of somebody under a legal hold is kept, and shown to nobody. Raises PermissionDenied,
    AnnouncementMovedError.
    """
    found = to_change(line.announcement, by, State.APPROVED, State.DOWN)
    person = line.person_id
    mine = AnnouncedLine.objects.filter(pk=line.pk, announcement=found).exclude(number="")
    corrected = max(at, found.approved_at or at)
    held = mine.filter(person__in=_held(found.space_id)).update(name="", number="", corrected_at=corrected)
    if not (held or mine.delete()[0]):
        raise AnnouncementMovedError
    found.corrected_at = corrected
    found.save(update_fields=["corrected_at"])
    tell("line-taken-off", found, by=by, at=at, people=[person])


def _held(space: int) -> QuerySet[LegalHold, Any]:
    """Return the people of a space who are under a legal hold."""
    return LegalHold.objects.filter(space=space, lifted_at=None, person__isnull=False).values("person")


@transaction.atomic
def correct_line(*, line: AnnouncedLine, outcome: int, by: Account, at: datetime) -> None:
    """Give a public line another outcome: only who has a request about it in hand, and so made none of it.

    Raises PermissionDenied, AnnouncementMovedError, FaultyInputError.
    """
    found = to_change(line.announcement, by, State.APPROVED)
    in_hand = ReviewCase.objects.filter(
        about=ReviewCase.About.ANNOUNCED, key=f"{line.pk}", state=ReviewCase.State.IN_HAND, handler=by
    )
    if not in_hand.exists():
        raise PermissionDenied
    if not 0 <= outcome < len(found.outcomes) or outcome == line.outcome:
        raise FaultyInputError(NAME, [Fault(code="no-word", says=NO_WORD, where="outcome")])
    corrected = max(at, found.approved_at or at)
    if not AnnouncedLine.objects.filter(pk=line.pk).update(outcome=outcome, corrected_at=corrected):
        raise AnnouncementMovedError
    found.corrected_at = corrected
    found.save(update_fields=["corrected_at"])
    tell("line-corrected", found, by=by, at=at, people=[line.person_id])


def tend_announcements(*, at: datetime) -> int:
    """Keep what has ended, and delete the lines whose time for objections is over; return how many lines went.

    Count and digest stay in the trail. Lines about which a request is open, or whose person is under a legal hold,
    stay until that is over.
    """
    today = localdate(at)
    for one in Announcement.objects.filter(state=State.APPROVED, ended_at=None, until_day__lt=today):
        keep_ended(one, at=at)
    due = Announcement.objects.filter(object_until__lt=today, lines_deleted_at=None)
    return sum(_let_go(pk, at=at) for pk in due.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _let_go(pk: int, *, at: datetime) -> int:
    found = Announcement.objects.select_for_update().get(pk=pk)
    open_ones = ReviewCase.objects.filter(about=ReviewCase.About.ANNOUNCED).exclude(state=ReviewCase.State.DECIDED)
    contested = [int(key) for key in open_ones.filter(space=found.space_id).values_list("key", flat=True)]
    n, _ = found.lines.exclude(Q(pk__in=contested) | Q(person__in=_held(found.space_id))).delete()
    if not found.lines.exists():
        found.lines_deleted_at = at
        found.save(update_fields=["lines_deleted_at"])
    if n or found.lines_deleted_at:
        tell("lines-deleted", found, by=None, at=at, detail={"lines": n, "sha256": found.digest})
    return n


@transaction.atomic
def set_announcing(
    *, space: Space, days: int, source: str, contact: str, index_on: bool, by: Account, at: datetime
) -> AnnouncingRule:
    """Say how a space announces: days unless said otherwise, contact, and whether running ones stand in the index.

    Raises PermissionDenied, FaultyInputError.
    """
    if not guards_people(by, space):
        raise PermissionDenied
    rule, faults = rule_of(space), list(faults_of_text(contact, where="contact", contact=True))
    if not 1 <= days <= LONGEST:
        faults.append(Fault(code="days", says=DAYS, where="days", facts={"most": LONGEST}))
    if days != rule.days and not source.strip():
        faults.append(Fault(code="no-source", says=NO_SOURCE, where="source"))
    if faults:
        raise FaultyInputError(RULE, faults)
    rule.days, rule.source, rule.contact, rule.index_on = days, source.strip(), contact.strip(), index_on
    rule.save()
    note("announcing.set", by=by, at=at, space=space, detail={"days": days, "index": int(index_on)})
    return rule
