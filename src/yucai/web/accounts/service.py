"""The identity service of the school, whichever protocol it speaks: one way to it, back from it, and out of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from yucai.web import policy
from yucai.web.accounts import service_cas, service_oidc, service_saml
from yucai.web.accounts.audit import note
from yucai.web.accounts.service_people import (
    Ended,
    LogOutRefusedError,
    ServiceError,
    Vouched,
    account_of,
    end_by_service,
    enter_by_service,
)
from yucai.web.accounts.signing import MustWaitError
from yucai.web.accounts.tries import bucket_of_address, count_try, forgive_try
from yucai.web.limits import address_of

__all__ = ["ask_service", "enter", "hand_over", "is_answer", "log_out_by_service", "way_out"]

KEPT: Final = "service_token"  # what the session keeps to sign out at the service, too


class _Speaks(Protocol):
    """What a protocol is asked for."""

    def ask(self, request: HttpRequest, service: policy.IdentityService, back: str) -> HttpResponse: ...
    def come_back(
        self, request: HttpRequest, service: policy.IdentityService, back: str, *, at: datetime
    ) -> Vouched: ...
    def way_out(self, service: policy.IdentityService, *, kept: str, back: str) -> str: ...
    def read_log_out(self, request: HttpRequest, service: policy.IdentityService, *, at: datetime) -> Ended: ...


SPEAKS: Final[Mapping[policy.Protocol, _Speaks]] = {
    policy.Protocol.OIDC: service_oidc,
    policy.Protocol.CAS: service_cas,
    policy.Protocol.SAML: service_saml,
}


def _service() -> policy.IdentityService:
    service: policy.IdentityService | None = settings.IDENTITY_SERVICE
    if service is None:
        raise ServiceError
    return service


def _back(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("from_service"))


def ask_service(request: HttpRequest) -> HttpResponse:
    """Send a browser to the service. Raises ServiceError."""
    service = _service()
    return SPEAKS[service.protocol].ask(request, service, _back(request))


def is_answer(request: HttpRequest) -> bool:
    """Return whether a form of the service brings its answer by way of the browser, as SAML does."""
    return _service().protocol is policy.Protocol.SAML and service_saml.ANSWER in request.POST


def hand_over(request: HttpRequest, *, at: datetime) -> str:
    """Return where the browser goes on with such an answer. Raises ServiceError."""
    return f"{reverse('from_service')}?{service_saml.hand_over(request, _service(), at=at)}"


def enter(request: HttpRequest, *, at: datetime) -> None:
    """Sign in a browser that came back from the service. Raises ServiceError, ServiceUnknownError."""
    service = _service()
    vouched = SPEAKS[service.protocol].come_back(request, service, _back(request), at=at)
    account = account_of(service, vouched, at=at)
    enter_by_service(request, service, account, session=vouched.session, at=at)
    request.session[KEPT] = vouched.kept


def way_out(request: HttpRequest) -> str:
    """Return the address at which the service ends its session too, or nothing for who did not come by it."""
    kept = request.session.get(KEPT)
    if not kept or settings.IDENTITY_SERVICE is None:
        return ""
    service = _service()
    return SPEAKS[service.protocol].way_out(service, kept=kept, back=request.build_absolute_uri(reverse("start")))


def log_out_by_service(request: HttpRequest, *, at: datetime) -> int:
    """End here what the service says it ended; return how many sessions those were.

    Raises LogOutRefusedError, after writing it down; MustWaitError for who sends many that are refused; ServiceError.
    """
    service = _service()
    buckets = (bucket_of_address(address_of(request), what="log-out"),)
    seconds = count_try(buckets, at=at)
    if seconds:
        raise MustWaitError(seconds=seconds)
    try:
        with transaction.atomic():
            n = end_by_service(service, SPEAKS[service.protocol].read_log_out(request, service, at=at), at=at)
    except LogOutRefusedError:
        note("service-log-out", by=None, at=at, refused=True, reason=str(service.protocol))
        raise
    forgive_try(buckets, at=at)
    return n
