"""The door of the API: every request goes the same way, whatever it asks for.

In this order: is there something for this method, may the answer be JSON, who asks and how much, with which scope,
with which query and body; then the operation, by the doors through which the pages read. What is noted inside says
that it came through here, with which token.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from math import ceil
from typing import Any, Final

import msgspec
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path, reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from yucai.errors import FaultyInputError, is_full_disk
from yucai.web.accounts.audit import noted_with
from yucai.web.accounts.token_models import ApiToken
from yucai.web.accounts.tokens import token_behind, use_token
from yucai.web.api.asked import Asked
from yucai.web.api.operations import BASE, OPERATIONS, Operation
from yucai.web.api.problems import ProblemError, problem_answer
from yucai.web.api.taking import body_of, query_of, require_json_taken
from yucai.web.limits import OF_ADDRESSES, OF_TOKENS, Buckets, address_of

__all__ = ["answered", "api_paths", "count_address", "require_method", "unknown"]

LOGGER = logging.getLogger("yucai.api")
CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="yucai"'}
View = Callable[..., HttpResponse]


def api_paths() -> list[URLPattern]:
    """Return the addresses of the operations, and last one for all others below theirs."""
    known = [path(f"{BASE}{one.path}", _view(one), name=one.url_name) for one in OPERATIONS]
    return [*known, re_path(r"^api(?:/[\s\S]*)?$", unknown, name="api_unknown")]


def _view(operation: Operation) -> View:
    def answer(request: HttpRequest, **parts: Any) -> HttpResponse:
        return answered(request, lambda: _answer(request, operation, parts))

    return csrf_exempt(login_not_required(answer))


def answered(request: HttpRequest, act: Callable[[], HttpResponse]) -> HttpResponse:
    """Do what is asked, and tell what went wrong in the form of the API; nobody keeps the answer."""
    try:
        answer = act()
    except ProblemError as problem:
        answer = problem_answer(problem)
    except PermissionDenied as refused:
        answer = problem_answer(ProblemError("not-yours", says=str(refused)))
    except FaultyInputError as refused:
        answer = problem_answer(ProblemError.of_faults(refused.faults))
    except Exception as problem:  # told as it is told of a page; the log has where it happened
        LOGGER.exception("an answer of the API failed")
        answer = problem_answer(ProblemError("disk" if is_full_disk(problem) else "fault"))
    answer["Cache-Control"] = "no-store"
    return answer


@csrf_exempt
@login_not_required
def unknown(request: HttpRequest) -> HttpResponse:
    """Say that there is nothing at an address, in the form of the API."""

    def refuse() -> HttpResponse:
        count_address(request)
        raise ProblemError("not-found")

    return answered(request, refuse)


def _answer(request: HttpRequest, operation: Operation, parts: dict[str, Any]) -> HttpResponse:
    require_method(request, operation.method)
    require_json_taken(request)
    token = None if operation.open else _token(request)
    if token is None:
        count_address(request)
    elif operation.scopes and not set(operation.scopes) & set(token.scope_list):
        raise ProblemError("scope", facts={"scopes": ", ".join(operation.scopes)}, headers=_challenge(operation))
    query = query_of(request, operation.query)
    body = body_of(request, operation.body) if operation.body is not None else None
    asked = Asked(name=operation.name, at=timezone.now(), parts=parts, query=query, body=body, token=token)
    with noted_with({"via": "api", "token": token.pk} if token is not None else {}):
        said = operation.act(asked)
    answer = HttpResponse(msgspec.json.encode(said), content_type="application/json", status=operation.status)
    if operation.leads_to:
        answer["Location"] = reverse(f"api_{operation.leads_to}", args=[said.id])
    return answer


def require_method(request: HttpRequest, method: str) -> None:
    """Raise ProblemError where an address is asked in another way than it answers; HEAD is GET without the body."""
    allowed = ("GET", "HEAD") if method == "GET" else (method,)
    if request.method not in allowed:
        facts = {"method": request.method, "allowed": ", ".join(allowed)}
        raise ProblemError("method", facts=facts, headers={"Allow": ", ".join(allowed)})


def _challenge(operation: Operation) -> dict[str, str]:
    told = f'{CHALLENGE["WWW-Authenticate"]}, error="insufficient_scope", scope="{" ".join(operation.scopes)}"'
    return {"WWW-Authenticate": told}


def _token(request: HttpRequest) -> ApiToken:
    """Return the token that a request shows in its header, and count the request. Raises ProblemError."""
    scheme, _space, value = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    at = timezone.now()
    token = token_behind(value.strip(), at=at) if scheme.lower() == "bearer" else None
    if token is None:
        count_address(request)
        raise ProblemError("token", headers=CHALLENGE)
    _take(OF_TOKENS, str(token.account_id))
    use_token(token, at=at)
    return token


def count_address(request: HttpRequest) -> None:
    """Count a request of somebody who shows no token. Raises ProblemError for whoever asks too much."""
    _take(OF_ADDRESSES, address_of(request))


def _take(buckets: Buckets, who: str) -> None:
    wait = buckets.take(who, at=time.monotonic())
    if wait:
        seconds = ceil(wait)
        raise ProblemError("many", facts={"seconds": seconds}, headers={"Retry-After": str(seconds)})
