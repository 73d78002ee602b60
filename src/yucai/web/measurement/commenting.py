"""Comments to learners: kept after reading, sent one by one or those that are ticked, withdrawn with a reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text
from yucai.web.accounts.access import may_write_comments, visible_people
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Group, Person
from yucai.web.measurement.comment_models import StudentComment
from yucai.web.measurement.models import CalibrationRun

__all__ = [
    "MOST_SAID",
    "CommentWritten",
    "discard_comment",
    "keep_comment",
    "may_withdraw_comment",
    "send_comments",
    "withdraw_comment",
    "withdraw_contested",
]

MOST_SAID: Final = 2000
MOST_REASON: Final = 1000
NAME: Final = Text("comment", "评语")
EMPTY: Final = Text("There is nothing in it. Write what you want to say.", "内容为空。请写下您想说的话。")
LONG: Final = Text(
    "{n} character{n:|s} {n:is|are} too many; keep to {most}.", "共 {n} 个字符，过长；请不超过 {most} 个。"
)
NO_REASON: Final = Text("Give the reason in words. The student reads it.", "请写明理由。学生会看到这段话。")
NONE_TICKED: Final = Text(
    "Nothing was sent: tick comments that you have opened and kept.", "未发送：请勾选您已打开并保存的评语。"
)
CHANGED: Final = Text(
    "Nothing was sent: the values were computed anew after you kept the comment for {who}. Open it and look again.",
    "未发送：保存给{who}的评语之后，数值已重新计算。请打开再看一遍。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentWritten:
    """What an author keeps: in which language, what the draft was, and what is to be said."""

    language: str
    said: str
    occasion: str = ""
    draft: str = ""
    rules_version: str = ""
    computed_at: datetime | None = None


@transaction.atomic
def keep_comment(*, person: Person, group: Group, written: CommentWritten, by: Account, at: datetime) -> StudentComment:
    """Keep a comment that its author has read; one that was kept before and not sent is replaced.

    Raises PermissionDenied, FaultyInputError.
    """
    _require_own_class(person, group, by)
    said = written.said.replace("\r\n", "\n").strip()
    if not said:
        raise FaultyInputError(NAME, [Fault(code="empty", says=EMPTY, where="said")])
    if len(said) > MOST_SAID:
        facts = {"n": len(said), "most": MOST_SAID}
        raise FaultyInputError(NAME, [Fault(code="long", says=LONG, where="said", facts=facts)])
    told = {
        "group": group, "occasion": written.occasion, "language": written.language, "draft": written.draft,
        "said": said, "rules_version": written.rules_version, "computed_at": written.computed_at, "kept_at": at,
    }  # fmt: skip
    kept, _made = StudentComment.objects.update_or_create(person=person, author=by, sent_at=None, defaults=told)
    note("comment.kept", by=by, at=at, space=group.space_id, target=f"comment:{kept.pk}", people=[person.pk])
    return kept


@transaction.atomic
def discard_comment(*, person: Person, group: Group, by: Account, at: datetime) -> None:
    """Throw away what was kept for a person and not sent. Without any nothing changes. Raises PermissionDenied."""
    _require_own_class(person, group, by)
    kept = StudentComment.objects.filter(person=person, author=by, sent_at=None).first()
    if kept is not None:
        note("comment.discarded", by=by, at=at, space=group.space_id, target=f"comment:{kept.pk}",
             people=[person.pk])  # fmt: skip
        kept.delete()


@transaction.atomic
def send_comments(*, group: Group, numbers: Collection[int], by: Account, at: datetime) -> list[StudentComment]:
    """Send comments (numbers) that this author opened and kept for people of a group; all of them or none.

    What is not the author's own, was sent, or was thrown away meanwhile is not sent. Raises PermissionDenied,
    FaultyInputError where nothing is left, or the values behind a draft were computed anew since it was read.
    """
    if not may_write_comments(by, group):
        raise PermissionDenied
    waiting = StudentComment.objects.filter(
        pk__in=numbers, author=by, sent_at=None, person__groups=group, person__in=visible_people(by)
    )
    kept = list(waiting.select_related("person").order_by("person__code"))
    if not kept:
        raise FaultyInputError(NAME, [Fault(code="none", says=NONE_TICKED)])
    if faults := _changed(kept, group):
        raise FaultyInputError(NAME, faults)
    for comment in kept:
        comment.sent_at = at
        comment.save(update_fields=["sent_at"])
        note("comment.sent", by=by, at=at, space=group.space_id, target=f"comment:{comment.pk}",
             people=[comment.person_id], detail={"as-drafted": int(comment.as_drafted)})  # fmt: skip
    return kept


def _changed(kept: list[StudentComment], group: Group) -> list[Fault]:
    """Return a fault for each draft whose values were computed anew since it was read."""
    run = CalibrationRun.objects.filter(space=group.space_id, current=True).first()
    now = run.at if run is not None else None
    return [
        Fault(code="changed", says=CHANGED, facts={"who": comment.person.name})
        for comment in kept
        if comment.draft and comment.computed_at != now
    ]


def may_withdraw_comment(account: Account, comment: StudentComment) -> bool:
    """Return whether an account may withdraw a comment: who wrote it, and the directors of the institution."""
    return bool(withdrawable_comments(account, [comment]))


def withdrawable_comments(account: Account, comments: Iterable[StudentComment]) -> frozenset[int]:
    """Return which of these comments (numbers) an account may withdraw: of people whom it sees now."""
    directs = account.role == Account.Role.DIRECTOR
    own = [one for one in comments if directs or account.pk == one.author_id]
    people = {one.person_id for one in own}
    seen = set(visible_people(account).filter(pk__in=people).values_list("pk", flat=True)) if own else set()
    return frozenset(one.pk for one in own if one.person_id in seen)


@transaction.atomic
def withdraw_comment(*, comment: StudentComment, reason: str, by: Account, at: datetime) -> None:
    """Take a comment back that was sent: its words are shown no more, the reason is. A second time changes nothing.

    Raises PermissionDenied, FaultyInputError.
    """
    if comment.sent_at is None or not may_withdraw_comment(by, comment):
        raise PermissionDenied
    said = reason.strip()
    if not said:
        raise FaultyInputError(NAME, [Fault(code="no-reason", says=NO_REASON, where="reason")])
    if len(said) > MOST_REASON:
        facts = {"n": len(said), "most": MOST_REASON}
        raise FaultyInputError(NAME, [Fault(code="long", says=LONG, where="reason", facts=facts)])
    _withdraw(comment, said, by=by, at=at)


def withdraw_contested(*, comment: StudentComment, reason: str, by: Account, at: datetime) -> None:
    """Take a comment back by the decision on a request about it. Call it in the transaction of the decision."""
    if comment.sent_at is not None:
        _withdraw(comment, reason.strip()[:MOST_REASON], by=by, at=at)


def _withdraw(comment: StudentComment, reason: str, *, by: Account, at: datetime) -> None:
    open_ = StudentComment.objects.filter(pk=comment.pk, withdrawn_at__isnull=True)
    if open_.update(withdrawn_at=at, withdrawn_by=by, reason=reason):
        note("comment.withdrawn", by=by, at=at, space=comment.person.space_id, target=f"comment:{comment.pk}",
             people=[comment.person_id])  # fmt: skip


def _require_own_class(person: Person, group: Group, by: Account) -> None:
    """Raise PermissionDenied for who does not teach the group, and for people who do not belong to it."""
    belongs = visible_people(by).filter(pk=person.pk, groups=group).exists()
    if not may_write_comments(by, group) or not belongs:
        raise PermissionDenied
