"""An announcement from its draft to the second person's word on it. Nothing is public before that."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from random import Random
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timezone import localdate

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.texts import Text
from yucai.web.accounts.access import guards_people
from yucai.web.accounts.ages import minors, unpublishable
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.selection.facts import AnnouncementFacts, faults_of_facts, texts_of
from yucai.web.selection.lists import Entry, people_of
from yucai.web.selection.masking import masked_name, masked_numbers
from yucai.web.selection.models import AnnouncedLine, Announcement
from yucai.web.selection.showing import shown_digest

__all__ = [
    "AnnouncementMovedError",
    "NotYoursToApproveError",
    "add_lines",
    "approve_announcement",
    "change_facts",
    "drop_line",
    "facts_of",
    "faults_of_reason",
    "hand_over",
    "may_announce",
    "prepare_announcement",
    "return_announcement",
    "tell",
    "to_change",
]

State = Announcement.State
NAME: Final = Text("announcement", "公示")
MOST_REASON: Final = 1_000
USED: Final = Text(
    "“{word}” is the outcome of somebody in the list. Take those lines out first, or keep the word.",
    "名单中有人的结果是“{word}”。请先移出相应人员，或保留该用语。",
)
NOBODY: Final = Text("Nobody is in the list yet. Add people first.", "名单为空，请先添加人员。")
NO_REASON: Final = Text("Say in words why.", "请写明原因。")
LONG: Final = Text(
    "{n} character{n:|s} {n:is|are} too many; keep to {most}.", "共 {n} 个字符，过长；请不超过 {most} 个。"
)
NAMED: Final = Text(
    "The text names somebody of the list. Names stand in the list only, masked as the announcement says.",
    "文字中写有名单内人员的姓名。姓名只出现在名单中，并按公示方式隐去。",
)
SHUT: Final = Text(
    "{n} {n:person|people} of the list may not be announced until {day}: under 18 or of an age that nobody asked, "
    "without approval or a guardian's consent. Take {n:that line|those lines} out, or have it approved.",
    "名单中有 {n} 人不得公示至 {day}：未满 18 周岁或年龄未登记，且没有批准或监护人同意。请移出，或先取得批准。",
)
OTHER: Final = Text(
    "It changed since you opened the page. Look at it again before you approve.",
    "您打开页面后内容已有变化，请重新核对后再批准。",
)


class NotYoursToApproveError(YucaiError):
    """Whoever had a hand in an announcement approves it."""

    says = Text(
        "Whoever had a hand in an announcement cannot approve it. Ask another director or the data protection officer.",
        "参与制作公示的人不能批准该公示。请由另一位负责人或个人信息保护负责人批准。",
    )
    exit_code = 77


class AnnouncementMovedError(YucaiError):
    """Somebody was there first, or it is not in the state that was on the page."""

    says = Text(
        "This announcement is not as it was on your page. Nothing was changed. Open it anew.",
        "该公示的状态已发生变化，未作任何改动。请重新打开页面。",
    )
    exit_code = 65


def may_announce(account: Account, space: Space) -> bool:
    """Return whether an account prepares, approves and takes down announcements of a space: directors, officers."""
    return guards_people(account, space)


def tell(
    what: str, announcement: Announcement, *, by: Account | None, at: datetime, people: Sequence[int] = (),
    detail: dict[str, str | int] | None = None,
) -> None:  # fmt: skip
    """Note in the audit trail what was done with an announcement."""
    target = f"announcement:{announcement.pk}"
    note(f"announcement.{what}", by=by, at=at, space=announcement.space_id, target=target, people=people, detail=detail)


def to_change(announcement: Announcement, by: Account, *states: State) -> Announcement:
    """Return an announcement in one of these states, held until the transaction ends.

    Raises PermissionDenied, AnnouncementMovedError.
    """
    if not may_announce(by, announcement.space):
        raise PermissionDenied
    found = Announcement.objects.select_for_update(of=("self",)).select_related("space").get(pk=announcement.pk)
    if found.state not in states:
        raise AnnouncementMovedError
    return found


def _by_hand_of(announcement: Announcement, by: Account) -> None:
    if by.pk not in announcement.made_by:
        announcement.made_by = sorted({*announcement.made_by, by.pk})


def facts_of(announcement: Announcement) -> AnnouncementFacts:
    """Return what is stated of an announcement."""
    told = {name: getattr(announcement, name) for name in AnnouncementFacts.__dataclass_fields__}
    return AnnouncementFacts(**{**told, "outcomes": tuple((zh, en) for zh, en in announcement.outcomes)})


@transaction.atomic
def prepare_announcement(*, space: Space, facts: AnnouncementFacts, by: Account, at: datetime) -> Announcement:
    """Begin an announcement; nobody is in it yet, and nothing is public. Raises PermissionDenied, FaultyInputError."""
    if not may_announce(by, space):
        raise PermissionDenied
    if faults := faults_of_facts(facts, space=space, today=localdate(at)):
        raise FaultyInputError(NAME, faults)
    made = Announcement.objects.create(
        space=space, key=secrets.token_urlsafe(32), made_by=[by.pk], **_columns(facts)
    )  # fmt: skip
    tell("prepared", made, by=by, at=at)
    return made


def _columns(facts: AnnouncementFacts) -> dict[str, object]:
    return {**asdict(facts), "outcomes": [list(pair) for pair in facts.outcomes]}


@transaction.atomic
def change_facts(*, announcement: Announcement, facts: AnnouncementFacts, by: Account, at: datetime) -> None:
    """State a draft anew. Raises PermissionDenied, AnnouncementMovedError, FaultyInputError."""
    found = to_change(announcement, by, State.DRAFT)
    faults = faults_of_facts(facts, space=found.space, today=localdate(at))
    before = [tuple(pair) for pair in found.outcomes]
    used = dict(found.lines.values_list("pk", "outcome"))
    gone = sorted({place for place in used.values() if before[place] not in facts.outcomes})
    faults += [Fault(code="used", says=USED, where="outcomes", facts={"word": found.words[place]}) for place in gone]
    if faults:
        raise FaultyInputError(NAME, faults)
    for pk, place in used.items():
        AnnouncedLine.objects.filter(pk=pk).update(outcome=facts.outcomes.index(before[place]))
    for name, value in _columns(facts).items():
        setattr(found, name, value)
    _by_hand_of(found, by)
    found.save()
    tell("changed", found, by=by, at=at)


@transaction.atomic
def add_lines(*, announcement: Announcement, entries: Sequence[Entry], by: Account, at: datetime) -> int:
    """Put people into a draft, all or none; return how many. Raises PermissionDenied, AnnouncementMovedError,
    FaultyInputError that names every number at fault.
    """
    found = to_change(announcement, by, State.DRAFT)
    there = found.lines.values_list("person__code", flat=True)
    people = people_of(
        entries, space=found.space, words=found.words, there=there, until=found.until_day, by=by
    )  # fmt: skip
    AnnouncedLine.objects.bulk_create(
        AnnouncedLine(announcement=found, person=person, outcome=outcome) for person, outcome in people
    )
    _by_hand_of(found, by)
    found.save(update_fields=["made_by"])
    tell("lines-added", found, by=by, at=at, people=[person.pk for person, _outcome in people])
    return len(people)


@transaction.atomic
def drop_line(*, line: AnnouncedLine, by: Account, at: datetime) -> None:
    """Take somebody out of a draft. Raises PermissionDenied, AnnouncementMovedError."""
    found = to_change(line.announcement, by, State.DRAFT)
    person = line.person_id
    AnnouncedLine.objects.filter(pk=line.pk, announcement=found).delete()
    _by_hand_of(found, by)
    found.save(update_fields=["made_by"])
    tell("line-dropped", found, by=by, at=at, people=[person])


@transaction.atomic
def hand_over(*, announcement: Announcement, by: Account, at: datetime, rng: Random) -> None:
    """Fix what would be public, and ask a second person. Raises PermissionDenied, AnnouncementMovedError,
    FaultyInputError.
    """
    found = to_change(announcement, by, State.DRAFT)
    lines = list(found.lines.select_related("person").order_by("pk"))
    faults = faults_of_facts(facts_of(found), space=found.space, today=localdate(at))
    faults += _list_faults(found, [line.person for line in lines])
    if faults:
        raise FaultyInputError(NAME, faults)
    everybody = frozenset(Person.objects.filter(space=found.space).values_list("code", flat=True))
    numbers = masked_numbers([line.person.code for line in lines], everybody=everybody, rng=rng)
    whole = _shown_whole(found)
    for line, number in zip(lines, numbers, strict=True):
        line.number, line.name = number, _name(line.person, whole=line.person_id in whole)
    AnnouncedLine.objects.bulk_update(lines, ["number", "name"], batch_size=200)
    found.state, found.asked_by, found.asked_at, found.returned = State.ASKED, by, at, ""
    _by_hand_of(found, by)
    found.save()
    tell("asked", found, by=by, at=at, people=[line.person_id for line in lines], detail={"lines": len(lines)})


def _list_faults(announcement: Announcement, people: Sequence[Person]) -> list[Fault]:
    faults = [] if people else [Fault(code="nobody", says=NOBODY)]
    faults += _shut_faults(announcement, until=announcement.until_day)
    names = {name for one in people for name in (one.name_zh, one.name_en) if len(name) > 1 and name != one.code}
    for where, text in texts_of(facts_of(announcement)):
        if where != "contact" and any(_says(text, name) for name in names):  # an official may be called the same
            faults.append(Fault(code="named", says=NAMED, where=where))
    return faults


def _says(text: str, name: str) -> bool:
    """Return whether a text holds a name; of Latin letters as whole words: “Li” does not stand in “list”."""
    if not name.isascii():
        return name in text
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


def _shut_faults(announcement: Announcement, *, until: date) -> list[Fault]:
    shut = Person.objects.filter(unpublishable(until), announced__announcement=announcement).count()
    return [Fault(code="shut", says=SHUT, facts={"n": shut, "day": f"{until}"})] if shut else []


def _shown_whole(announcement: Announcement) -> frozenset[int]:
    """Return whose names are shown whole: where a rule asks for it, and of age on the first day."""
    if announcement.names != Announcement.Names.WHOLE:
        return frozenset()
    people = Person.objects.filter(announced__announcement=announcement)
    return frozenset(people.exclude(minors(announcement.from_day)).values_list("pk", flat=True))


def _name(person: Person, *, whole: bool) -> str:
    name = person.name_zh if person.name_zh not in {"", person.code} else person.name_en
    return " ".join(name.split()) if whole and name != person.code else masked_name(name, number=person.code)


@transaction.atomic
def return_announcement(*, announcement: Announcement, reason: str, by: Account, at: datetime) -> None:
    """Give an announcement back to be changed. Raises PermissionDenied, AnnouncementMovedError, FaultyInputError."""
    found = to_change(announcement, by, State.ASKED)
    if faults := faults_of_reason(reason):
        raise FaultyInputError(NAME, faults)
    found.state, found.asked_by, found.asked_at, found.returned = State.DRAFT, None, None, reason.strip()
    found.save()
    found.lines.update(name="", number="")
    tell("returned", found, by=by, at=at)


def faults_of_reason(reason: str) -> list[Fault]:
    """Return what is wrong with a reason that is asked for."""
    faults = [] if reason.strip() else [Fault(code="no-reason", says=NO_REASON, where="reason")]
    if len(reason) > MOST_REASON:
        facts = {"n": len(reason), "most": MOST_REASON}
        faults.append(Fault(code="long", says=LONG, where="reason", facts=facts))
    return faults


@transaction.atomic
def approve_announcement(*, announcement: Announcement, digest: str, by: Account, at: datetime) -> None:
    """Let an announcement be public on its days, as the second person, who saw just this (``digest``).

    Raises PermissionDenied, NotYoursToApproveError, AnnouncementMovedError, FaultyInputError.
    """
    found = to_change(announcement, by, State.ASKED)
    if by.pk in found.made_by or by.pk == found.asked_by_id:
        raise NotYoursToApproveError
    faults = _shut_faults(found, until=found.until_day)
    today = localdate(at)
    began = found.from_day if today <= found.until_day else today  # it may have waited into its days, not beyond them
    faults += faults_of_facts(facts_of(found), space=found.space, today=began)
    lines = list(found.lines.values_list("person", flat=True))
    if not lines:
        faults.append(Fault(code="nobody", says=NOBODY))
    if digest != shown_digest(found):
        faults.append(Fault(code="other", says=OTHER))
    if faults:
        raise FaultyInputError(NAME, faults)
    found.state, found.approved_by, found.approved_at = State.APPROVED, by, at
    found.digest, found.n_lines = digest, len(lines)
    found.save()
    tell("approved", found, by=by, at=at, people=lines, detail={"lines": len(lines), "sha256": digest})
