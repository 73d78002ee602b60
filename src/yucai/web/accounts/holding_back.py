"""Legal holds: as long as a person or a data set is held, nothing of it is erased, whoever asks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils.timezone import localdate

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.texts import Text
from yucai.web.accounts.access import guards_people
from yucai.web.accounts.audit import note
from yucai.web.accounts.erasure_models import LegalHold
from yucai.web.accounts.models import Account, Person, Space

__all__ = [
    "HeldError",
    "hold_person",
    "hold_source",
    "holds_on_person",
    "holds_on_source",
    "lift_legal_hold",
    "may_protect",
    "require_not_held",
]

MOST_REASON: Final = 1_000
NO_REASON: Final = Text("Say in words why nothing may be erased.", "请写明为何不得删除。")
LONG_REASON: Final = Text(
    "The reason has {n} character{n:|s}; keep to {most}.", "原因共 {n} 个字符，请不超过 {most} 个。"
)
PAST: Final = Text("The day of review is {day}; it lies after today.", "复核日期为 {day}；应晚于今天。")
HELD_ALREADY: Final = Text("This is held already, since {at}.", "此项自 {at} 起已被保全。")
THING: Final = Text("The hold", "保全")


class HeldError(YucaiError):
    """Something was to be erased that is under a legal hold."""

    says = Text(
        "Nothing was erased: a legal hold is in force on {what} since {at}, to be looked at again on {review} "
        "({reason}). Lift the hold first, if that is right.",
        "未删除任何内容：{what}自 {at} 起处于法定保全，复核日期 {review}（{reason}）。如确应删除，请先解除保全。",
    )
    exit_code = 77


def may_protect(account: Account, space: Space) -> bool:
    """Return whether an account erases, holds and sets what is protected in a space: its directors and officers."""
    return guards_people(account, space)


def holds_on_person(person: int) -> list[LegalHold]:
    """Return the holds in force that keep a person: on themself, or on a data set that speaks of them."""
    of_sources = Q(source__imports__records__person=person) | Q(source__imports__person_changes__person=person)
    found = LegalHold.objects.filter(Q(person=person) | of_sources, lifted_at__isnull=True)
    return list(found.select_related("source").distinct().order_by("placed_at"))


def holds_on_source(source: int) -> list[LegalHold]:
    """Return the holds in force that keep a data set: on itself, or on somebody whom it speaks of."""
    of_people = Q(person__evidence__came_with__source=source) | Q(person__changes__came_with__source=source)
    found = LegalHold.objects.filter(Q(source=source) | of_people, lifted_at__isnull=True)
    return list(found.select_related("source").distinct().order_by("placed_at"))


def require_not_held(holds: list[LegalHold]) -> None:
    """Raise HeldError for the first of the holds that are in force."""
    for hold in holds:
        name = hold.source.name if hold.source is not None else None
        what = (
            Text(f"the data set “{name.en}”", f"数据集“{name.zh}”") if name is not None else Text("this person", "此人")
        )
        days = {"at": f"{hold.placed_at:%Y-%m-%d}", "review": f"{hold.review_on:%Y-%m-%d}"}
        raise HeldError(what=what, reason=hold.reason, **days)


def hold_person(*, person: Person, reason: str, review_on: date, by: Account | None, at: datetime) -> LegalHold:
    """Keep everything of a person from being erased. Raises PermissionDenied, FaultyInputError."""
    return _hold({"person": person}, person.space, reason, review_on, by=by, at=at)


def hold_source(*, source: Any, reason: str, review_on: date, by: Account | None, at: datetime) -> LegalHold:
    """Keep a data set, and all whom it speaks of, from being erased. Raises PermissionDenied, FaultyInputError."""
    return _hold({"source": source}, source.space, reason, review_on, by=by, at=at)


@transaction.atomic
def _hold(
    what: dict[str, Any], space: Space, reason: str, review_on: date, *, by: Account | None, at: datetime
) -> LegalHold:
    if by is not None and not may_protect(by, space):
        raise PermissionDenied
    facts: dict[str, str | int]
    before, faults = LegalHold.objects.filter(**what, lifted_at__isnull=True).first(), []
    if not reason.strip():
        faults.append(Fault(code="no-reason", says=NO_REASON, where="reason"))
    if len(reason) > MOST_REASON:
        facts = {"n": len(reason), "most": MOST_REASON}
        faults.append(Fault(code="long-reason", says=LONG_REASON, where="reason", facts=facts))
    if review_on <= localdate(at):
        faults.append(Fault(code="past", says=PAST, where="review_on", facts={"day": f"{review_on:%Y-%m-%d}"}))
    if before is not None:
        facts = {"at": f"{before.placed_at:%Y-%m-%d}"}
        faults.append(Fault(code="held-already", says=HELD_ALREADY, facts=facts))
    if faults:
        raise FaultyInputError(THING, faults)
    made = LegalHold.objects.create(
        **what, space=space, reason=reason.strip(), placed_at=at, placed_by=by, review_on=review_on
    )
    _tell("hold.placed", made, by=by, at=at)
    return made


@transaction.atomic
def lift_legal_hold(*, hold: LegalHold, by: Account | None, at: datetime) -> LegalHold:
    """End a hold; that there was one stays noted. Raises PermissionDenied."""
    if by is not None and not may_protect(by, hold.space):
        raise PermissionDenied
    found = LegalHold.objects.select_for_update(of=("self",)).get(pk=hold.pk)
    if found.lifted_at is None:
        found.lifted_at, found.lifted_by = at, by
        found.save(update_fields=["lifted_at", "lifted_by"])
        _tell("hold.lifted", found, by=by, at=at)
    return found


def _tell(act: str, hold: LegalHold, *, by: Account | None, at: datetime) -> None:
    about = [hold.person_id] if hold.person_id is not None else []
    target = f"hold:{hold.pk}" if hold.source_id is None else f"source:{hold.source_id}"
    note(act, by=by, at=at, space=hold.space_id, target=target, people=about)
