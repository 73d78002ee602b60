"""Signing in: the one way from shown proof to a session, whatever the proof was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from yucai.errors import YucaiError
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.keys import digest_of, new_token
from yucai.web.accounts.models import Account
from yucai.web.accounts.sessions import browser_named, end_sign_in
from yucai.web.accounts.sign_in_models import SESSION_ENTRY, SignIn
from yucai.web.accounts.tries import Bucket, buckets_of, count_try, forgive_try
from yucai.web.limits import address_of

__all__ = [
    "MustWaitError", "WrongPasswordError", "buckets_for", "check_password", "note_failure",
    "remember_browser", "sign_in", "sign_out",
]  # fmt: skip

BACKEND: Final = "django.contrib.auth.backends.ModelBackend"
KNOWN_COOKIE: Final = "known_browser"
KNOWN_DAYS: Final = 365
KNOWN_SALT: Final = "yucai.known-browser"


class WrongPasswordError(YucaiError):
    """Name and password do not belong together; which of them is wrong is not said."""

    says = Text(
        "Account name and password do not belong together. Look at both again; capital letters count. If you do not "
        "know your password any more, ask the office for a link to set a new one.",
        "账号与密码不匹配。请核对两者，注意大小写。忘记密码时，请向管理办公室索取重设链接。",
    )


class MustWaitError(YucaiError):
    """Too many tries failed a short time ago."""

    says = Text(
        "Too many tries failed. Wait {seconds} seconds, then try once more. If you cannot wait, ask the office for a "
        "link to set a new password.",
        "失败次数过多。请等待 {seconds} 秒后再试。如急需登录，请向管理办公室索取重设密码的链接。",
    )

    @property
    def seconds(self) -> int:
        """How long to wait."""
        return int(str(self.facts["seconds"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the cookie of a known browser says: whose it is, and a number of its own."""

    account: str
    browser: str


def buckets_for(request: HttpRequest, username: str, *, what: str = "password") -> tuple[Bucket, ...]:
    """Return what a try with this browser counts for."""
    known = _known(request)
    ours = known is not None and known.account == digest_of("known", username)
    browser = known.browser if known is not None and ours else ""
    return buckets_of(username=username, address=address_of(request), browser=browser, what=what)


def check_password(request: HttpRequest, *, username: str, password: str, at: datetime) -> Account:
    """Return the account that a name and a password open. Raises MustWaitError, WrongPasswordError.

    Whether a name exists shows neither in words nor in work: a password is hashed for every try that is not waiting.
    """
    buckets = buckets_for(request, username)
    seconds = count_try(buckets, at=at)
    if seconds:
        raise MustWaitError(seconds=seconds)
    account = authenticate(request, username=username, password=password)
    if not isinstance(account, Account):
        note_failure(username, way="password", at=at)
        raise WrongPasswordError
    forgive_try(buckets, at=at)
    return account


def note_failure(username: str, *, way: str, at: datetime) -> None:
    """Write down a failed try; a name that nobody has is not written down, for it is often a password."""
    account = Account.objects.filter(username=username).first()
    target = f"account:{account.pk}" if account is not None else ""
    note("sign-in-failed", by=None, at=at, target=target, reason=way, refused=True)


@transaction.atomic
def sign_in(request: HttpRequest, account: Account, *, way: SignIn.Way, at: datetime) -> SignIn:
    """Begin a session, with a new number, for an account that showed who it is."""
    login(request, account, backend=BACKEND)
    row: SignIn = SignIn.objects.get(pk=request.session[SESSION_ENTRY])
    row.way, row.began_at, row.seen_at = way, at, at
    row.address, row.browser = address_of(request)[:45], browser_named(str(request.META.get("HTTP_USER_AGENT", "")))
    row.save()
    note("sign-in", by=account, at=at, target=f"account:{account.pk}", reason=way, detail={"sign_in": row.pk})
    return row


def sign_out(request: HttpRequest, *, why: SignIn.Why, at: datetime) -> None:
    """End the session of this browser, and whatever it held."""
    row = (
        SignIn.objects.filter(pk=request.session.get(SESSION_ENTRY, 0), ended_at=None).select_related("account").first()
    )
    if row is not None:
        end_sign_in(row, by=row.account, why=why, at=at)
    logout(request)


def remember_browser(request: HttpRequest, answer: HttpResponse, account: Account) -> None:
    """Let tries of this account with this browser be counted apart from those of strangers. It opens nothing."""
    said = {"account": digest_of("known", account.username), "browser": new_token()}
    answer.set_cookie(
        KNOWN_COOKIE,
        signing.dumps(said, salt=KNOWN_SALT),
        max_age=KNOWN_DAYS * 86_400,
        httponly=True,
        samesite="Lax",
        secure=settings.HTTPS,
    )


def _known(request: HttpRequest) -> _Known | None:
    try:
        said = signing.loads(request.COOKIES.get(KNOWN_COOKIE, ""), salt=KNOWN_SALT, max_age=KNOWN_DAYS * 86_400)
    except signing.BadSignature:
        return None
    return _Known(account=said["account"], browser=said["browser"])
