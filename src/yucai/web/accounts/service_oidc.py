"""OpenID Connect, authorisation code with PKCE, by the library Authlib; log-out from both sides.

The only calls that go out of the machine for signing in: to the issuer that the office named, and nowhere else.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, TypeGuard

from django.http import HttpRequest, HttpResponse

from yucai.web.accounts.service_people import Ended, LogOutRefusedError, ServiceError, Vouched
from yucai.web.policy import IdentityService

__all__ = ["ask", "come_back", "read_log_out", "way_out"]

TIMEOUT_SECONDS: Final = 10
# Signatures that only the holder of a private key makes; "none" and shared secrets are believed of nobody.
SIGNED: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
ALGORITHMS: Final = "id_token_signing_alg_values_supported"
LOG_OUT: Final = "http://schemas.openid.net/event/backchannel-logout"
LOG_OUT_LASTS: Final = timedelta(minutes=5)  # in both directions: clocks differ
MOST_TOKEN: Final = 20_000
MOST_NUMBER: Final = 1000


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
    offered = said.get(ALGORITHMS) or SIGNED
    said[ALGORITHMS] = [one for one in SIGNED if one in offered]
    return client


def ask(request: HttpRequest, service: IdentityService, back: str) -> HttpResponse:
    """Send a browser to the service, with state, nonce and PKCE of its own. Raises ServiceError."""
    answer: HttpResponse = _known(service).authorize_redirect(request, back)
    return answer


def come_back(request: HttpRequest, service: IdentityService, back: str, *, at: datetime) -> Vouched:
    """Return whom the service vouches for, for a browser that came back from it. Raises ServiceError.

    Authlib holds state, PKCE, nonce, signature, issuer, audience and time against what was asked.
    """
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError

    client = _known(service)
    try:
        token = client.authorize_access_token(request)
    except (AuthlibBaseError, JoseError, OSError, ValueError, KeyError, RuntimeError) as problem:
        raise ServiceError from problem
    claims = dict(token.get("userinfo") or {})
    if not claims.get("sub"):
        raise ServiceError
    return Vouched(
        subject=str(claims["sub"]),
        username=str(claims.get(service.claim) or "").strip(),
        shown_name=str(claims.get("name") or ""),
        session=str(claims.get("sid") or ""),
        kept=token["id_token"],
    )


def way_out(service: IdentityService, *, kept: str, back: str) -> str:
    """Return the address at which the service ends its session too (RP-initiated log-out), or nothing."""
    try:
        client = _known(service)
    except ServiceError:
        return ""  # signing out here must not wait for the service to come back
    if not client.load_server_metadata().get("end_session_endpoint"):
        return ""
    return str(client.create_logout_url(post_logout_redirect_uri=back, id_token_hint=kept)["url"])


def read_log_out(request: HttpRequest, service: IdentityService, *, at: datetime) -> Ended:
    """Return what the service ended (OpenID Connect Back-Channel Logout 1.0, sections 2.4 and 2.6).

    Raises LogOutRefusedError, and ServiceError where the keys of the service cannot be had.
    """
    token = request.POST.get("logout_token", "")
    if not token or len(token) > MOST_TOKEN:
        raise LogOutRefusedError
    client = _known(service)
    claims = _signed_claims(client, token)
    said_at, until, numbers = claims.get("iat"), claims.get("exp"), [claims.get(name, "") for name in ("sid", "sub")]
    audience = claims.get("aud")
    good = (
        claims.get("iss") == client.load_server_metadata()["issuer"],
        service.client_id in (audience if isinstance(audience, list) else [audience]),
        _is_number(said_at) and abs(at.timestamp() - said_at) <= LOG_OUT_LASTS.total_seconds(),
        until is None or (_is_number(until) and at.timestamp() - LOG_OUT_LASTS.total_seconds() < until),
        isinstance(claims.get("events"), dict) and isinstance(claims["events"].get(LOG_OUT), dict),
        "nonce" not in claims,  # an ID token is no log-out
        any(numbers) and all(isinstance(one, str) and len(one) <= MOST_NUMBER for one in numbers),
        isinstance(claims.get("jti"), str) and 0 < len(claims["jti"]) <= MOST_NUMBER,
    )
    if not all(good):
        raise LogOutRefusedError
    return Ended(session=numbers[0], subject=numbers[1], once=claims["jti"])


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _signed_claims(client: Any, token: str) -> dict[str, Any]:
    """Return what a token says that a key of the service signed; a key not seen yet is asked for once."""
    from joserfc import jwt
    from joserfc.errors import InvalidKeyIdError, JoseError
    from joserfc.jwk import KeySet
    from joserfc.jws import JWSRegistry

    registry = JWSRegistry(algorithms=client.load_server_metadata()[ALGORITHMS], strict_check_header=False)
    try:
        try:
            found = jwt.decode(token, KeySet.import_key_set(client.fetch_jwk_set()), registry=registry)
        except InvalidKeyIdError:
            found = jwt.decode(token, KeySet.import_key_set(client.fetch_jwk_set(force=True)), registry=registry)
    except (OSError, RuntimeError) as problem:
        raise ServiceError from problem
    except (JoseError, ValueError, TypeError) as problem:
        raise LogOutRefusedError from problem
    return dict(found.claims)
