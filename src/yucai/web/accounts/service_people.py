"""Whom an identity service vouches for: bound to accounts here, and signed out here when it signs them out there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.http import HttpRequest

from yucai.errors import YucaiError
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.keys import digest_of
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.service_models import ServiceIdentity, ServiceLogOut, ServiceSession
from yucai.web.accounts.sessions import end_sign_ins
from yucai.web.accounts.sign_in_models import SignIn
from yucai.web.accounts.signing import sign_in
from yucai.web.policy import IdentityService

__all__ = [
    "Ended", "LogOutRefusedError", "ServiceError", "ServiceUnknownError", "Vouched", "account_of", "end_by_service",
    "enter_by_service", "knows_session",
]  # fmt: skip

LONGEST_NAME: Final = 150
LONGEST_SUBJECT: Final = 255
REPLAYS_FORGOTTEN_AFTER: Final = timedelta(hours=1)  # far longer than a log-out is believed


class ServiceError(YucaiError):
    """The service did not answer, or its answer does not hold."""

    says = Text(
        "The identity service did not vouch for you: it cannot be reached, or its answer was not to the question of "
        "this browser. Try once more; if it stays so, tell the office.",
        "身份认证服务未能确认您的身份：无法连接，或其回复与本浏览器的请求不符。请再试一次；仍有问题请告知管理办公室。",
    )
    exit_code = 69


class ServiceUnknownError(YucaiError):
    """The service vouches for somebody who has no account here."""

    says = Text(
        "The identity service knows you, but you have no account here, or it belongs to somebody else. Ask the office "
        "for one.",
        "身份认证服务已确认您的身份，但此处没有您的账号，或该账号属于他人。请向管理办公室申请。",
    )
    exit_code = 77


class LogOutRefusedError(YucaiError):
    """A log-out does not come from the service, is too old, or was taken already; which of these is not said."""

    says = Text(
        "This log-out is not one of the identity service, is too old, or was taken already. Nobody was signed out. "
        "Send a new one.",
        "此退出请求不是由身份认证服务发出，或已过时，或已处理过。没有任何人被退出。请重新发送。",
    )
    exit_code = 77


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """Whom the service vouches for: its own lasting name for them, their account name here, and its session."""

    subject: str
    username: str
    shown_name: str
    session: str  # the number of its session; empty where it tells none
    kept: str  # what this browser's session keeps to sign out there, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What the service says it ended: one session, or all of a subject; and what makes this log-out a single one."""

    session: str = ""
    subject: str = ""
    once: str = ""


@transaction.atomic
def account_of(service: IdentityService, vouched: Vouched, *, at: datetime) -> Account:
    """Return the account of a subject: the bound one, else that of the claim's name, which is bound now.

    Raises ServiceUnknownError.
    """
    if not 0 < len(vouched.subject) <= LONGEST_SUBJECT:
        raise ServiceUnknownError
    bound = ServiceIdentity.objects.filter(issuer=service.issuer, subject=vouched.subject)
    found = bound.select_related("account").first()
    if found is not None:
        if not found.account.is_active:
            raise ServiceUnknownError
        return found.account
    name = vouched.username
    account = Account.objects.filter(username=name, demo=False, outside_link=None).first() if name else None
    if account is None and name and service.open_role and len(name) <= LONGEST_NAME:
        account = _opened(service, name, vouched.shown_name or name, at=at)
    if account is None or not account.is_active:
        raise ServiceUnknownError
    if ServiceIdentity.objects.filter(issuer=service.issuer, account=account).exists():
        raise ServiceUnknownError  # the name was given to somebody else since
    ServiceIdentity.objects.create(account=account, issuer=service.issuer, subject=vouched.subject, bound_at=at)
    note("service-bound", by=account, at=at, target=f"account:{account.pk}")
    return account


def _opened(service: IdentityService, username: str, name: str, *, at: datetime) -> Account | None:
    """Open an account because the office settled that the service may, in the role and space it named."""
    space = Space.objects.filter(code=service.open_space).first()
    if space is None:
        return None
    account = Account(username=username, role=service.open_role, name_en=name[:200], name_zh=name[:200])
    account.set_unusable_password()
    account.save()
    account.spaces.add(space)
    note("account-opened", by=None, at=at, space=space, target=f"account:{account.pk}", reason="service")
    return account


@transaction.atomic
def enter_by_service(
    request: HttpRequest, service: IdentityService, account: Account, *, session: str, at: datetime
) -> None:
    """Sign in whom the service vouched for, and keep by which of its sessions that was."""
    row = sign_in(request, account, way=SignIn.Way.SERVICE, at=at)
    if session:
        ServiceSession.objects.create(sign_in=row, digest=_digest(service, session))


@transaction.atomic
def end_by_service(service: IdentityService, ended: Ended, *, at: datetime) -> int:
    """End here what the service ended there; return how many sessions those were.

    Raises LogOutRefusedError for a log-out that was taken already. A session that never was here is ended already.
    """
    if ended.once:
        ServiceLogOut.objects.filter(at__lt=at - REPLAYS_FORGOTTEN_AFTER).delete()
        taken = digest_of("service log-out", f"{service.issuer}\0{ended.once}")
        if not ServiceLogOut.objects.get_or_create(digest=taken, defaults={"at": at})[1]:
            raise LogOutRefusedError
    bound = ServiceIdentity.objects.filter(issuer=service.issuer)
    if ended.subject:
        bound = bound.filter(subject=ended.subject)
    rows = SignIn.objects.filter(way=SignIn.Way.SERVICE, account__in=bound.values("account"))
    if ended.session:
        known = ServiceSession.objects.filter(digest=_digest(service, ended.session))
        rows = rows.filter(pk__in=known.values("sign_in"))
    return end_sign_ins(rows, by=None, why=SignIn.Why.SERVICE, at=at)


def knows_session(service: IdentityService, session: str) -> bool:
    """Return whether somebody ever came in by a session of the service."""
    return ServiceSession.objects.filter(digest=_digest(service, session)).exists()


def _digest(service: IdentityService, session: str) -> str:
    return digest_of("service session", f"{service.issuer}\0{session}")
