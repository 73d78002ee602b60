"""SAML 2 for browsers, by the library minisaml: the question by redirection, the signed answer by a form.

The form comes from another site, so that no cookie of ours comes with it. Its answer is held against the certificate
and handed on, sealed; the browser then brings it by itself, and only the one that asked this question comes in.
"""

from __future__ import annotations

import json
import secrets
from binascii import Error as NotBase64
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from cryptography.fernet import InvalidToken
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from yucai.web.accounts.keys import seal, unseal
from yucai.web.accounts.service_people import Ended, LogOutRefusedError, ServiceError, Vouched
from yucai.web.policy import IdentityService

__all__ = ["ANSWER", "ask", "come_back", "hand_over", "read_log_out", "way_out"]

ANSWER: Final = "SAMLResponse"
ASKED: Final = "saml_asked"
HANDED: Final = "handed"
MOST_ANSWER: Final = 100_000
HANDED_LASTS: Final = timedelta(minutes=1)
CLOCKS_DIFFER: Final = timedelta(minutes=2)
NOT_SAML: Final = (NotBase64, ValueError, LookupError, TypeError, AttributeError, AssertionError)
NAMES: Final = ("displayName", "urn:oid:2.16.840.1.113730.3.1.241", "cn", "urn:oid:2.5.4.3")


def _own_name(request: HttpRequest) -> str:
    """Return our entity id: the address of the start page."""
    return request.build_absolute_uri(reverse("start"))


def ask(request: HttpRequest, service: IdentityService, back: str) -> HttpResponse:
    """Send a browser to the service with a question that is this browser's alone."""
    from minisaml.request import get_request_redirect_url

    number = f"_{secrets.token_hex(20)}"
    request.session[ASKED] = number
    address = get_request_redirect_url(
        saml_endpoint=service.sign_in, expected_audience=_own_name(request), acs_url=back, request_id=number
    )
    return redirect(address)


def hand_over(request: HttpRequest, service: IdentityService, *, at: datetime) -> str:
    """Return what the browser is to bring by itself: an answer that the service signed. Raises ServiceError."""
    said = request.POST[ANSWER]
    if len(said) > MOST_ANSWER:
        raise ServiceError
    told = _read(request, service, said)
    named = {one.name: one.values for one in told.attributes}
    whole = {
        "to": told.in_response_to,
        "at": at.timestamp(),
        "subject": told.name_id,
        "username": _single(named, service.claim) if service.claim else told.name_id,
        "name": next((found for name in NAMES if (found := _single(named, name))), ""),
    }
    return urlencode({HANDED: seal("saml answer", json.dumps(whole))})


def _read(request: HttpRequest, service: IdentityService, said: str) -> Any:
    """Return what an answer says, once signature, issuer, audience and time hold. Raises ServiceError."""
    from cryptography.x509 import load_pem_x509_certificate
    from lxml.etree import LxmlError
    from minisaml.errors import MiniSAMLError
    from minisaml.response import TimeDriftLimits, validate_response
    from minisignxml.errors import MiniSignXMLError

    try:
        return validate_response(
            data=said,
            certificate=load_pem_x509_certificate(service.certificate.encode()),
            expected_audience=_own_name(request),
            idp_issuer=service.issuer,
            allowed_time_drift=TimeDriftLimits(
                not_before_max_drift=CLOCKS_DIFFER, not_on_or_after_max_drift=CLOCKS_DIFFER
            ),
        )
    except (MiniSAMLError, MiniSignXMLError, LxmlError, *NOT_SAML) as problem:
        raise ServiceError from problem


def _single(named: dict[str, list[str]], name: str) -> str:
    """Return the one value of an attribute; of several, none."""
    values = named.get(name, [])
    return str(values[0] or "").strip() if len(values) == 1 else ""


def come_back(request: HttpRequest, service: IdentityService, back: str, *, at: datetime) -> Vouched:
    """Return whom the service vouches for, for the browser that asked. Raises ServiceError."""
    asked = request.session.pop(ASKED, "")
    try:
        told = json.loads(unseal("saml answer", request.GET.get(HANDED, "")))
    except (InvalidToken, ValueError) as problem:
        raise ServiceError from problem
    subject = str(told["subject"] or "").strip()
    if not asked or told["to"] != asked or not 0 <= at.timestamp() - told["at"] < HANDED_LASTS.total_seconds():
        raise ServiceError
    if not subject:
        raise ServiceError
    return Vouched(subject=subject, username=str(told["username"]), shown_name=str(told["name"]), session="", kept="")


def way_out(service: IdentityService, *, kept: str, back: str) -> str:
    """Return nothing: the library speaks no log-out, and signing out here is what the page says."""
    return ""


def read_log_out(request: HttpRequest, service: IdentityService, *, at: datetime) -> Ended:
    """Refuse every log-out, for none can be proved. Raises LogOutRefusedError."""
    raise LogOutRefusedError
