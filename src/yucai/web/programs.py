"""Which addresses are for programs: there a token opens, and nothing that a browser keeps does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

__all__ = ["API", "API_PAGE", "for_programs", "without_cookies"]

API: Final = "/api/"
API_PAGE: Final = "/api/v1/"  # the page about it, which people read

Answering = Callable[[HttpRequest], HttpResponse]


def for_programs(request: HttpRequest) -> bool:
    """Return whether a request is one of a program: everything below the address of the API but the page about it."""
    path = request.path_info
    return (path.startswith(API) or path == API.rstrip("/")) and path != API_PAGE


def without_cookies(answering: Answering) -> Answering:
    """Take cookies off what programs ask: a page of another site could have a browser send them along.

    So no session opens anything there, no answer needs a token against forged forms, and the language is the one that
    the request names.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        if for_programs(request):
            request.META.pop("HTTP_COOKIE", None)
        return answering(request)

    return answer
