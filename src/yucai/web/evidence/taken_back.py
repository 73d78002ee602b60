"""A verification or rating of an own work taken back, by who gave it: a new record that names the old one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timezone import localtime

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text
from yucai.web.accounts.access import decidable_people
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account
from yucai.web.evidence.actions import held, rewrite_lake, write_lake
from yucai.web.evidence.models import OWN_WORKS, EvidenceRecord, Import, OwnWork, WorkTakenBack

__all__ = ["may_take_back", "take_back_decision", "to_take_back"]

MOST_REASON: Final = 2000
DESCRIBED: Final = (
    "person", "kind", "title", "done_on", "part", "team_size", "quality", "level", "link", "proof", "ai_used",
    "ai_machine_did", "ai_i_did", "ai_checked_how", "file_sha256", "file_name", "file_type", "file_bytes",
)  # fmt: skip

NO_REASON: Final = Text(
    "Say in words why you take it back. The student reads it.", "请写明为何收回。学生会看到这段话。"
)  # fmt: skip
REASON_LONG: Final = Text(
    "{n} character{n:|s} {n:is|are} too many; keep to {most}.", "共 {n} 个字符，过长；请不超过 {most} 个。"
)
NO_CHOICE: Final = Text(
    "Choose what you take back: the rating alone, or the verification with it.",
    "请选择收回什么：仅收回评分，或连同核实一并收回。",
)
NOTHING: Final = Text(
    "There is nothing of that kind to take back: {state}. Open the page of the work anew.",
    "没有可收回的内容：{state}。请重新打开该成果的页面。",
)
BACK_ALREADY: Final = Text("it was taken back at {at}", "已于 {at} 收回")
NOT_VERIFIED: Final = Text("the work is not verified", "该成果未经核实")
NOT_RATED: Final = Text("the work was not rated", "该成果没有评分")


def to_take_back(work: OwnWork) -> tuple[WorkTakenBack.What, ...]:
    """Return what of a work can still be taken back."""
    if not work.verified:
        return ()
    rated = (WorkTakenBack.What.RATING,) if work.standing_score is not None else ()
    return (*rated, WorkTakenBack.What.DECISION)


def may_take_back(account: Account, work: OwnWork) -> bool:
    """Return whether an account may take back what it gave: it decided, and is still in charge of the student."""
    return work.decided_by_id == account.pk and decidable_people(account).filter(pk=work.person_id).exists()


@transaction.atomic
def take_back_decision(*, work: OwnWork, what: str, reason: str, by: Account, at: datetime) -> WorkTakenBack:
    """Take back the rating of a work, or its verification with the rating; the evidence and its lake follow.

    The decision stays as it was written. A work whose verification is taken back waits anew, as a copy that replaces
    it, unless a corrected version is there already. Raises PermissionDenied for all but who decided on it,
    FaultyInputError with all faults.
    """
    held(work.person.space)
    work = OwnWork.objects.select_related("person__space").get(pk=work.pk)
    if not may_take_back(by, work):
        raise PermissionDenied
    if faults := [*_faults(work, what, reason)]:
        raise FaultyInputError(str(work), faults)
    correction = _take_out(work, by=by, at=at)
    taken = WorkTakenBack.objects.create(
        work=work, what=what, by=by, at=at, reason=reason.strip(), correction=correction
    )  # fmt: skip
    if what == WorkTakenBack.What.DECISION and not OwnWork.objects.filter(replaces=work).exists():
        described = {name: getattr(work, name) for name in DESCRIBED}
        OwnWork.objects.create(**described, added_at=at, replaces=work)
    target, space = f"own-work:{work.pk}", work.person.space_id
    note(
        "own-work.taken-back", by=by, at=at, space=space, target=target, people=[work.person_id], detail={"what": what}
    )
    return taken


def _take_out(work: OwnWork, *, by: Account, at: datetime) -> Import | None:
    """Replace the evidence that a work gave by nothing; return the import that says so, None where there was none."""
    current = EvidenceRecord.objects.current().filter(person=work.person, came_with__source__code=OWN_WORKS)
    old = list(current.filter(source_file=work.source).select_related("came_with__source").order_by("pk"))
    if not old:
        return None
    write_lake(work.person.space, at=at)  # the lake must hold all of it, or what is replaced could still follow
    before = old[0].came_with
    Import.objects.filter(pk=before.pk).update(current=False)
    entry = Import.objects.create(
        source=before.source,
        file_name=work.source,
        digest=hashlib.sha256(f"{before.digest} taken back".encode()).hexdigest(),
        at=at,
        by=by.username,
        kept=0,
        version=before.version + 1,
        replaces=before,
    )
    numbers = [record.pk for record in old]
    EvidenceRecord.objects.filter(pk__in=numbers).update(replaced_by=entry)
    rewrite_lake(work.person.space, low=numbers[0], high=numbers[-1], tag=f"v{entry.pk}", at=at)
    return entry


def _faults(work: OwnWork, what: str, reason: str) -> Iterator[Fault]:
    if what not in set(WorkTakenBack.What):
        yield Fault(code="no-choice", says=NO_CHOICE, where="what")
    elif what not in to_take_back(work):
        yield Fault(code="nothing", says=NOTHING, where="what", facts={"state": _why_not(work)})
    if not reason.strip():
        yield Fault(code="no-reason", says=NO_REASON, where="back_reason")
    if len(reason) > MOST_REASON:
        facts = {"n": len(reason), "most": MOST_REASON}
        yield Fault(code="too-long", says=REASON_LONG, where="back_reason", facts=facts)


def _why_not(work: OwnWork) -> Text:
    taken = work.taken_back.order_by("-at").first()
    if taken is not None:
        at = f"{localtime(taken.at):%Y-%m-%d %H:%M}"
        return BACK_ALREADY.filled(at=at)
    return NOT_RATED if work.verified else NOT_VERIFIED
