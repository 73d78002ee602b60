"""The school's identity service (OpenID Connect, authorisation code with PKCE), by the library Authlib.

The only calls that go out of the machine for signing in: to the issuer that the office named, and nowhere else.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from yucai.errors import YucaiError
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.service_models import ServiceIdentity
from yucai.web.policy import IdentityService

__all__ = ["KEPT", "ServiceError", "ServiceUnknownError", "account_of", "ask_service", "identity_from", "way_out"]

KEPT: Final = "service_token"  # what the session keeps to sign out at the service, too
TIMEOUT_SECONDS: Final = 10
LONGEST_NAME: Final = 150


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


def _service() -> IdentityService:
    service: IdentityService | None = settings.IDENTITY_SERVICE
    if service is None:
        raise ServiceError
    return service


@lru_cache(maxsize=2)
def _client(service: IdentityService) -> Any:
    """Return Authlib's client of a service; what the service says of itself is asked for once in a process."""
    from authlib.integrations.django_client import OAuth

    return OAuth().register(
        "school",
        client_id=service.client_id,
        client_secret=service.client_secret,
        server_metadata_url=f"{service.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile email", "code_challenge_method": "S256", "default_timeout": TIMEOUT_SECONDS,
        },
    )  # fmt: skip


def _known(service: IdentityService) -> Any:
    """Return the client, once the service turned out to be the issuer that was named. Raises ServiceError."""
    client = _client(service)
    try:
        said = client.load_server_metadata()
    except (OSError, ValueError) as problem:
        raise ServiceError from problem
    if str(said.get("issuer", "")).rstrip("/") != service.issuer.rstrip("/"):
        raise ServiceError
    return client


def ask_service(request: HttpRequest) -> HttpResponse:
    """Send a browser to the service, with state, nonce and PKCE of its own. Raises ServiceError."""
    back = request.build_absolute_uri(reverse("from_service"))
    answer: HttpResponse = _known(_service()).authorize_redirect(request, back)
    return answer


def identity_from(request: HttpRequest) -> dict[str, Any]:
    """Return the claims with which a browser came back; the session keeps the token. Raises ServiceError.

    Authlib holds state, PKCE, nonce, signature, issuer, audience and time against what was asked.
    """
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError

    client = _known(_service())
    try:
        token = client.authorize_access_token(request)
    except (AuthlibBaseError, JoseError, OSError, ValueError, KeyError) as problem:
        raise ServiceError from problem
    claims = dict(token.get("userinfo") or {})
    if not claims.get("sub"):
        raise ServiceError
    return {**claims, KEPT: token["id_token"]}


@transaction.atomic
def account_of(claims: dict[str, Any], *, at: datetime) -> Account:
    """Return the account of a subject: the bound one, else that of the claim's name, which is bound now.

    Raises ServiceUnknownError.
    """
    service = _service()
    subject, name = str(claims["sub"]), str(claims.get(service.claim) or "").strip()
    bound = ServiceIdentity.objects.filter(issuer=service.issuer, subject=subject).select_related("account").first()
    if bound is not None:
        if not bound.account.is_active:
            raise ServiceUnknownError
        return bound.account
    account = Account.objects.filter(username=name, demo=False, outside_link=None).first() if name else None
    if account is None and name and service.open_role and len(name) <= LONGEST_NAME:
        account = _opened(service, name, str(claims.get("name") or name), at=at)
    if account is None or not account.is_active:
        raise ServiceUnknownError
    if ServiceIdentity.objects.filter(issuer=service.issuer, account=account).exists():
        raise ServiceUnknownError  # the name was given to somebody else since
    ServiceIdentity.objects.create(account=account, issuer=service.issuer, subject=subject, bound_at=at)
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


def way_out(request: HttpRequest) -> str:
    """Return the address at which the service ends its session too (RP-initiated log-out), or nothing."""
    token = request.session.get(KEPT)
    if not token or settings.IDENTITY_SERVICE is None:
        return ""
    try:
        client = _known(_service())
    except ServiceError:
        return ""  # signing out here must not wait for the service to come back
    if not client.load_server_metadata().get("end_session_endpoint"):
        return ""
    back = request.build_absolute_uri(reverse("start"))
    return str(client.create_logout_url(post_logout_redirect_uri=back, id_token_hint=token)["url"])
