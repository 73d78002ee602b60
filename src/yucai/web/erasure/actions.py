"""Asking for an erasure, and a second person's word on it."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timezone import localdate

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.erased import tombstone_of
from yucai.web.accounts.erasure_models import PersonTombstone
from yucai.web.accounts.holding_back import may_protect
from yucai.web.accounts.keys import seal, unseal
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.erasure.foreseeing import require_erasable
from yucai.web.erasure.models import PersonErasure
from yucai.web.erasure.subjects import Subject, subject_of, subject_sealed
from yucai.web.jobs.actions import ask_for
from yucai.web.jobs.models import Job

__all__ = [
    "ErasureDecidedError",
    "SamePersonError",
    "ask_erasure",
    "confirm_erasure",
    "kind_of_job",
    "let_in_again",
    "require_may_erase",
    "texts_of",
    "withdraw_erasure",
]

State = PersonErasure.State
MOST_REASON: Final = 1_000
TEXTS: Final = "erasure-texts"
THING: Final = Text("The erasure", "删除申请")
NO_REASON: Final = Text("Say who asked for it and by which right.", "请写明由谁提出、依据何种权利。")
LONG_REASON: Final = Text(
    "The reason has {n} character{n:|s}; keep to {most}.", "原因共 {n} 个字符，请不超过 {most} 个。"
)
NAMED: Final = Text(
    "The reason names the person. Leave name and number out: the certificate keeps the reason for good.",
    "原因中写有此人的姓名或学号。请勿写入：证明会长期保留原因。",
)
ASKED: Final = Text("An erasure of this person has been asked for already.", "此人的删除申请已在处理中。")
PAST: Final = Text(
    "Backups are kept until {day}, which is over. Say until when the last one of before today is kept.",
    "所填备份保存期限 {day} 已过。请填写今天之前的备份最晚保存到哪一天。",
)


class SamePersonError(YucaiError):
    """Who asked may not confirm."""

    says = Text(
        "Whoever asked for an erasure cannot confirm it. Ask another director or the data protection officer.",
        "提出删除申请的人不能自行确认。请由另一位负责人或个人信息保护负责人确认。",
    )
    exit_code = 77


class ErasureDecidedError(YucaiError):
    """Somebody was there first."""

    says = Text("This erasure was decided already. Nothing was changed.", "该删除申请已有处理结果，未作任何改动。")
    exit_code = 65


@transaction.atomic
def ask_erasure(
    *, person: Person, reason: str, by: Account, at: datetime, texts: tuple[str, ...] = ()
) -> PersonErasure:
    """Ask that a person be erased; nothing goes before another account confirms it.

    ``texts`` are further texts that stand for this person and nobody else. Raises PermissionDenied, FaultyInputError,
    HeldError, StoreHeldError.
    """
    require_may_erase(by, person.space)
    subject = subject_of(person, texts=texts)
    faults = list(_faults_of_reason(reason, subject))
    if PersonErasure.objects.filter(person=person.pk, state__in=[State.ASKED, State.RUNNING]).exists():
        faults.append(Fault(code="asked", says=ASKED))
    if faults:
        raise FaultyInputError(THING, faults)
    require_erasable(subject)
    made = PersonErasure.objects.create(
        space=person.space,
        code=secrets.token_hex(8),
        person=person.pk,
        reason=reason.strip(),
        asked_by=by,
        asked_at=at,
        texts=seal(TEXTS, "\n".join(texts)) if texts else "",
    )
    note("erasure.asked", by=by, at=at, space=person.space, target=f"erasure:{made.pk}", people=[person.pk])
    return made


def require_may_erase(by: Account, space: Space) -> None:
    """Raise PermissionDenied for all but the directors and data protection officers of a space."""
    if not may_protect(by, space):
        raise PermissionDenied


def _faults_of_reason(reason: str, subject: Subject | None) -> list[Fault]:
    faults = []
    if not reason.strip():
        faults.append(Fault(code="no-reason", says=NO_REASON, where="reason"))
    if len(reason) > MOST_REASON:
        facts = {"n": len(reason), "most": MOST_REASON}
        faults.append(Fault(code="long-reason", says=LONG_REASON, where="reason", facts=facts))
    if subject is not None:
        words = {subject.number, *subject.names, *subject.texts, subject.username}
        if any(word and word.casefold() in reason.casefold() for word in words):
            faults.append(Fault(code="named", says=NAMED, where="reason"))
    return faults


def texts_of(erasure: PersonErasure) -> tuple[str, ...]:
    """Return the further texts that were said to stand for nobody else."""
    return tuple(unseal(TEXTS, erasure.texts).split("\n")) if erasure.texts else ()


@transaction.atomic
def confirm_erasure(*, erasure: PersonErasure, backups_until: date, by: Account, at: datetime) -> Job:
    """Have an erasure carried out by a worker; from now on no file brings the person in again.

    ``backups_until`` is the day until which backups of before are kept. Raises PermissionDenied, SamePersonError,
    ErasureDecidedError, FaultyInputError, HeldError, StoreHeldError.
    """
    erasure = _to_decide(erasure, by)
    if by.pk == erasure.asked_by_id:
        raise SamePersonError
    if backups_until < localdate(at):
        facts = {"day": f"{backups_until:%Y-%m-%d}"}
        raise FaultyInputError(THING, [Fault(code="past", says=PAST, where="backups_until", facts=facts)])
    people = [erasure.person] if erasure.person is not None else []
    if erasure.person is not None:
        subject = subject_of(Person.objects.get(pk=erasure.person), texts=texts_of(erasure))
        require_erasable(subject)
        erasure.subject = subject_sealed(subject)
        PersonTombstone.objects.create(
            space=erasure.space, erasure=erasure, seal=tombstone_of(erasure.space, subject.number)
        )
    erasure.state, erasure.decided_by, erasure.decided_at = State.RUNNING, by, at
    erasure.backups_until = backups_until
    erasure.save()
    note("erasure.confirmed", by=by, at=at, space=erasure.space, target=f"erasure:{erasure.pk}", people=people)
    return ask_for(kind_of_job(erasure), space=erasure.space, owner=by, at=at)


@transaction.atomic
def withdraw_erasure(*, erasure: PersonErasure, by: Account, at: datetime) -> None:
    """Decide that an erasure is not carried out. Raises PermissionDenied, ErasureDecidedError."""
    erasure = _to_decide(erasure, by)
    erasure.state, erasure.decided_by, erasure.decided_at, erasure.texts = State.WITHDRAWN, by, at, ""
    erasure.save()
    people = [erasure.person] if erasure.person is not None else []
    note("erasure.withdrawn", by=by, at=at, space=erasure.space, target=f"erasure:{erasure.pk}", people=people)


def _to_decide(erasure: PersonErasure, by: Account) -> PersonErasure:
    """Return an erasure that waits for a word, held until the transaction ends."""
    require_may_erase(by, erasure.space)
    found = PersonErasure.objects.select_for_update(of=("self",)).select_related("space").get(pk=erasure.pk)
    if found.state != State.ASKED:
        raise ErasureDecidedError
    return found


@transaction.atomic
def let_in_again(*, erasure: PersonErasure, by: Account, at: datetime) -> None:
    """Let the number of somebody who was erased come in again, as when they return; what was erased stays away."""
    require_may_erase(by, erasure.space)
    lifted = erasure.tombstones.filter(lifted_at=None).update(lifted_at=at, lifted_by=by)
    if lifted:
        note("erasure.let-in-again", by=by, at=at, space=erasure.space, target=f"erasure:{erasure.pk}")


def kind_of_job(erasure: PersonErasure) -> str:
    """Return the kind of the job that carries an erasure out; what follows the colon is its number."""
    return f"erase:{erasure.pk}"
