"""CAS, version 3 of its protocol, by the library python-cas; log-out from both sides.

CAS has no state of its own: ours stands in the address to come back to, which the service holds against the ticket.
"""

from __future__ import annotations

from datetime import datetime
from hmac import compare_digest
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from yucai.web.accounts.keys import new_token
from yucai.web.accounts.service_people import Ended, LogOutRefusedError, ServiceError, Vouched, knows_session
from yucai.web.policy import IdentityService

__all__ = ["ask", "come_back", "read_log_out", "way_out"]

TIMEOUT_SECONDS: Final = 10
STATE: Final = "cas_state"
MOST_TICKET: Final = 1000
MOST_LOG_OUT: Final = 20_000
NOT_CAS: Final = (ValueError, SyntaxError, AttributeError, IndexError)  # how the library takes an answer that is none
NAMES: Final = ("displayName", "cn", "name")  # what services call the name of a person, the first there is taken


def _client(service: IdentityService, back: str = "") -> Any:
    """Return the library's client, which waits for the service a bounded time and follows it nowhere else."""
    import requests
    from cas import CASClientV3

    class Bounded(requests.Session):
        """A session that gives up, and that is led to no other address."""

        def request(self, *said: Any, **more: Any) -> requests.Response:
            return super().request(*said, **more | {"timeout": TIMEOUT_SECONDS, "allow_redirects": False})

    return CASClientV3(server_url=f"{service.issuer.rstrip('/')}/", service_url=back, session=Bounded())


def ask(request: HttpRequest, service: IdentityService, back: str) -> HttpResponse:
    """Send a browser to the service, to come back with a ticket to an address that is this browser's alone."""
    request.session[STATE] = new_token()
    return redirect(_client(service, _own(back, request.session[STATE])).get_login_url())


def _own(back: str, state: str) -> str:
    return f"{back}?{urlencode({'state': state})}"


def come_back(request: HttpRequest, service: IdentityService, back: str, *, at: datetime) -> Vouched:
    """Return whom the service vouches for, for a browser that came back with a ticket. Raises ServiceError."""
    state, ticket = request.session.pop(STATE, ""), request.GET.get("ticket", "")
    asked_here = bool(state) and compare_digest(state.encode(), request.GET.get("state", "").encode())
    if not asked_here or not 0 < len(ticket) <= MOST_TICKET:
        raise ServiceError
    try:
        user, claims, _ = _client(service, _own(back, state)).verify_ticket(ticket)
    except (
        OSError,
        ValueError,
        SyntaxError,
        AttributeError,
        IndexError,
    ) as problem:  # the last four: not what CAS says
        raise ServiceError from problem
    subject = str(user or "").strip()
    if not subject:
        raise ServiceError
    return Vouched(
        subject=subject,
        username=_text(claims, service.claim) if service.claim else subject,
        shown_name=next((found for name in NAMES if (found := _text(claims, name))), ""),
        session=ticket,
        kept=str(service.protocol),
    )


def _text(claims: dict[str, Any], name: str) -> str:
    """Return what the service says under a name; of what it says more than once, nothing."""
    value = claims.get(name)
    return value.strip() if isinstance(value, str) else ""


def way_out(service: IdentityService, *, kept: str, back: str) -> str:
    """Return the address at which the service ends its session too."""
    return str(_client(service).get_logout_url(back))


def read_log_out(request: HttpRequest, service: IdentityService, *, at: datetime) -> Ended:
    """Return what the service ended: the session of a ticket, which nobody but the service and this place knows.

    Raises LogOutRefusedError.
    """
    from lxml.etree import LxmlError

    said = request.POST.get("logoutRequest", "").encode()
    if not said or len(said) > MOST_LOG_OUT:
        raise LogOutRefusedError
    try:
        found = _client(service).get_saml_slos(said) or []
    except (LxmlError, ValueError) as problem:
        raise LogOutRefusedError from problem
    ticket = (found[0].text or "").strip() if len(found) == 1 else ""
    if not ticket or not knows_session(service, ticket):
        raise LogOutRefusedError
    return Ended(session=ticket)
