"""Signed links for mentors outside: one person, one group, one browser at a time, until a day or until taken back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from yucai.errors import YucaiError
from yucai.texts import Text
from yucai.web.accounts.access import may_run_accounts, visible_spaces
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Charge, Group
from yucai.web.accounts.outside_models import OutsideLink
from yucai.web.accounts.sessions import end_sign_ins
from yucai.web.accounts.sign_in_models import SignIn
from yucai.web.accounts.signing import sign_in

__all__ = [
    "MOST_DAYS", "NewOutsideLink", "OutsideLinkOverError", "enter_by_link", "give_link", "give_link_again", "is_over",
    "links_run", "outside_link_behind", "take_link_back",
]  # fmt: skip

SALT: Final = "yucai.outside-link"
MOST_DAYS: Final = 180


class OutsideLinkOverError(YucaiError):
    """A link was forged, is over, or was taken back; which of these is not said."""

    says = Text(
        "This link does not open any more. Ask the office that gave it to you for a new one.",
        "此链接已失效。请向提供链接的管理办公室索取新链接。",
    )
    exit_code = 77


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOutsideLink:
    """A link just given; its signed token is known here and nowhere else."""

    link: OutsideLink
    token: str


def links_run(account: Account) -> QuerySet[OutsideLink]:
    """Return the links that an account gives and takes back: those for groups of its spaces, for directors."""
    spaces = [space for space in visible_spaces(account) if may_run_accounts(account, space)]
    return OutsideLink.objects.filter(group__space__in=spaces).select_related("account", "group")


@transaction.atomic
def give_link(*, name: str, group: Group, days: int, by: Account, at: datetime) -> NewOutsideLink:
    """Give one person a link to one group. Raises PermissionDenied for all but the directors of its space."""
    if not may_run_accounts(by, group.space):
        raise PermissionDenied
    account = Account(username=f"outside-{secrets.token_hex(8)}", role=Account.Role.MENTOR, name_en=name, name_zh=name)
    account.set_unusable_password()
    account.save()
    account.spaces.add(group.space)
    Charge.objects.create(account=account, group=group)
    link = OutsideLink.objects.create(
        account=account,
        group=group,
        nonce=secrets.token_hex(32),
        made_by=by,
        made_at=at,
        expires_at=at + timedelta(days=days),
    )
    note("outside-link-given", by=by, at=at, space=group.space_id, target=f"group:{group.pk}", detail=_detail(link))
    return NewOutsideLink(link=link, token=signing.dumps({"link": link.pk, "nonce": link.nonce}, salt=SALT))


def _detail(link: OutsideLink) -> dict[str, str | int]:
    return {"link": link.pk, "account": link.account_id}


def is_over(link: OutsideLink, *, at: datetime) -> bool:
    """Return whether a link opens nothing: taken back, over, or from a time that the clock says is still to come."""
    return link.revoked_at is not None or not link.made_at <= at < link.expires_at


def outside_link_behind(token: str, *, at: datetime) -> OutsideLink:
    """Return the link of a token while it opens. Raises OutsideLinkOverError, after noting a try with an old one."""
    try:
        said = signing.loads(token, salt=SALT)
    except signing.BadSignature as problem:
        raise OutsideLinkOverError from problem
    link = OutsideLink.objects.select_related("account", "group__space").filter(pk=said["link"]).first()
    if link is None or link.nonce != said["nonce"]:
        raise OutsideLinkOverError
    if is_over(link, at=at) or not link.account.is_active:
        target = f"group:{link.group_id}"
        note("outside-link-opened", by=None, at=at, target=target, refused=True, reason="over", detail=_detail(link))
        raise OutsideLinkOverError
    return link


@transaction.atomic
def enter_by_link(request: HttpRequest, *, link: OutsideLink, at: datetime) -> None:
    """Sign in whom a link is for, in one browser: where it was open before it is closed."""
    end_sign_ins(SignIn.objects.filter(account=link.account), by=link.account, why=SignIn.Why.LINK_ELSEWHERE, at=at)
    sign_in(request, link.account, way=SignIn.Way.LINK, at=at)
    target = f"group:{link.group_id}"
    note("outside-link-opened", by=link.account, at=at, space=link.group.space_id, target=target, detail=_detail(link))


@transaction.atomic
def take_link_back(*, link: OutsideLink, by: Account, at: datetime) -> None:
    """Take a link back: it and what is open by it open nothing from now on. Raises PermissionDenied."""
    if not links_run(by).filter(pk=link.pk).exists():
        raise PermissionDenied
    if not OutsideLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=at, revoked_by=by):
        return
    Account.objects.filter(pk=link.account_id).update(is_active=False)
    rows = SignIn.objects.filter(account=link.account_id)
    end_sign_ins(rows, by=by, why=SignIn.Why.INACTIVE, at=at)
    target = f"group:{link.group_id}"
    note("outside-link-taken-back", by=by, at=at, space=link.group.space_id, target=target, detail=_detail(link))


@transaction.atomic
def give_link_again(*, link: OutsideLink, taken_back_at: datetime, by: Account, at: datetime) -> bool:
    """Let a link open again that this account took back at that moment; return whether it was still so.

    Its last day stays. Raises PermissionDenied.
    """
    if not links_run(by).filter(pk=link.pk).exists():
        raise PermissionDenied
    still = OutsideLink.objects.filter(pk=link.pk, revoked_at=taken_back_at, revoked_by=by)
    if not still.update(revoked_at=None, revoked_by=None):
        return False
    Account.objects.filter(pk=link.account_id).update(is_active=True)
    target = f"group:{link.group_id}"
    note("outside-link-given-again", by=by, at=at, space=link.group.space_id, target=target, detail=_detail(link))
    return True
