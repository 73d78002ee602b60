"""What can be done to several rows at once, and how it is taken back: each by the action that does it to one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from yucai.errors import YucaiError
from yucai.texts import Text
from yucai.web.accounts.access import decidable_people, may_decide_works, read_people, run_accounts
from yucai.web.accounts.actions import switch_off, switch_on
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Account
from yucai.web.accounts.outside import give_link_again, links_run, take_link_back
from yucai.web.accounts.outside_models import OutsideLink
from yucai.web.evidence.consented import usable_works
from yucai.web.evidence.models import OwnWork, WorkTakenBack
from yucai.web.evidence.own_works import decide_work
from yucai.web.evidence.taken_back import take_back_decision, to_take_back
from yucai.web.several.models import SeveralMember

__all__ = ["KINDS", "AlreadySoError", "ChangedSinceError", "Doing", "Kind", "kinds_of"]

SWITCHED: Final = ("account-off", "account-on")


class AlreadySoError(YucaiError):
    """There is nothing to do."""

    says = Text("It was so already.", "此前已是如此。")
    exit_code = 65


class ChangedSinceError(YucaiError):
    """Somebody did something to it meanwhile, which is not to be lost."""

    says = Text("It was changed since, and stays as it is.", "此后又有变更，保持现状。")
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """Who does it, when, and with which reason in words; empty where none is asked for."""

    by: Account
    at: datetime
    reason: str = ""


def _no_look(rows: Collection[Any], doing: Doing) -> None:
    """Rows that show no learner are looked at without a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One thing that can be done to several rows.

    ``open_to`` says whether an account does it at all, ``rows`` to which, ``look`` writes down whom it shows. ``do``
    does it to one, and ``undo`` takes it back; both raise a YucaiError for a row that is left as it is, and why.
    """

    code: str
    done: Text
    undone: Text
    page: str
    open_to: Callable[[Account], bool]
    rows: Callable[[Account, datetime], QuerySet[Any]]
    named: Callable[[Any], Text]
    do: Callable[[Any, Doing], None]
    undo: Callable[[Any, SeveralMember, Doing], None]
    look: Callable[[Collection[Any], Doing], None] = _no_look
    asks_reason: bool = False
    stays: Text | None = None


def _directs(account: Account) -> bool:
    return account.role == Account.Role.DIRECTOR


def _accounts(account: Account, at: datetime) -> QuerySet[Account]:
    return run_accounts(account)


def _off(row: Account, doing: Doing) -> None:
    if not row.is_active:
        raise AlreadySoError
    switch_off(account=row, by=doing.by, at=doing.at)


def _on(row: Account, doing: Doing) -> None:
    if row.is_active:
        raise AlreadySoError
    switch_on(account=row, by=doing.by, at=doing.at)


def _switched_since(row: Account, member: SeveralMember) -> bool:
    later = AuditEntry.objects.filter(target=f"account:{row.pk}", act__in=SWITCHED, position__gt=member.position or 0)
    return later.exists()


def _on_again(row: Account, member: SeveralMember, doing: Doing) -> None:
    if row.is_active or _switched_since(row, member):
        raise ChangedSinceError
    switch_on(account=row, by=doing.by, at=doing.at)


def _off_again(row: Account, member: SeveralMember, doing: Doing) -> None:
    if not row.is_active or _switched_since(row, member):
        raise ChangedSinceError
    switch_off(account=row, by=doing.by, at=doing.at)


def _links(account: Account, at: datetime) -> QuerySet[OutsideLink]:
    return links_run(account)


def _link_back(row: OutsideLink, doing: Doing) -> None:
    if row.revoked_at is not None:
        raise AlreadySoError
    take_link_back(link=row, by=doing.by, at=doing.at)


def _link_again(row: OutsideLink, member: SeveralMember, doing: Doing) -> None:
    if not give_link_again(link=row, taken_back_at=member.act.at, by=doing.by, at=doing.at):
        raise ChangedSinceError


def _works(account: Account, at: datetime) -> QuerySet[OwnWork]:
    held = OwnWork.objects.filter(person__in=decidable_people(account))
    return usable_works(held, at=at).select_related("person__space", "decided_by", "replaces")


def _look_at_works(rows: Collection[OwnWork], doing: Doing) -> None:
    read_people(doing.by, [row.person for row in rows], page="own-work-decide", at=doing.at)


def _verify(row: OwnWork, doing: Doing) -> None:
    decide_work(work=row, verdict=OwnWork.State.VERIFIED, reason=doing.reason, score=None, by=doing.by, at=doing.at)


def _unverify(row: OwnWork, member: SeveralMember, doing: Doing) -> None:
    corrected = OwnWork.objects.filter(replaces=row).exists()
    decided = row.decided_by_id == doing.by.pk and row.decided_at == member.act.at
    if corrected or not decided or WorkTakenBack.What.DECISION not in to_take_back(row):
        raise ChangedSinceError
    what = WorkTakenBack.What.DECISION
    take_back_decision(work=row, what=what, reason=doing.reason, by=doing.by, at=doing.at)


KINDS: Final[Mapping[str, Kind]] = {
    kind.code: kind
    for kind in (
        Kind(
            code="accounts-off",
            done=Text("Switched off: {n} account{n:|s}.", "已停用 {n} 个账号。"),
            undone=Text("Switched on again: {n} account{n:|s}.", "已重新启用 {n} 个账号。"),
            stays=Text(
                "Sign-ins that ended and links that were withdrawn stay so: their owners sign in anew.",
                "已结束的登录与已作废的链接不会恢复，本人需重新登录。",
            ),
            page="accounts", open_to=_directs, rows=_accounts, named=lambda row: row.name, do=_off, undo=_on_again,
        ),
        Kind(
            code="accounts-on",
            done=Text("Switched on: {n} account{n:|s}.", "已启用 {n} 个账号。"),
            undone=Text("Switched off again: {n} account{n:|s}.", "已重新停用 {n} 个账号。"),
            page="accounts", open_to=_directs, rows=_accounts, named=lambda row: row.name, do=_on, undo=_off_again,
        ),
        Kind(
            code="links-back",
            done=Text("Taken back: {n} link{n:|s}.", "已收回 {n} 个链接。"),
            undone=Text("Open again: {n} link{n:|s}.", "已恢复 {n} 个链接。"),
            page="outside_links", open_to=_directs, rows=_links, named=lambda row: row.account.name, do=_link_back,
            undo=_link_again,
        ),
        Kind(
            code="works-verified",
            done=Text("Verified: {n} work{n:|s}, with one reason.", "已核实 {n} 项成果，理由相同。"),
            undone=Text("Wait anew: {n} work{n:|s}.", "{n} 项成果重新待核实。"),
            page="own_works_queue", open_to=may_decide_works, rows=_works,
            named=lambda row: Text(f"{row.title} · {row.person.name.en}", f"{row.title} · {row.person.name.zh}"),
            do=_verify, undo=_unverify, look=_look_at_works, asks_reason=True,
        ),
    )
}  # fmt: skip


def kinds_of(account: Account) -> tuple[str, ...]:
    """Return what an account may do to several rows at once."""
    return tuple(code for code, kind in KINDS.items() if kind.open_to(account))
