"""Who asks, for pages that need an account, and what a browser may keep of them."""

import sys
from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.utils.cache import add_never_cache_headers

from yucai.errors import is_full_disk
from yucai.web.accounts.models import Account

__all__ = ["asking", "failed", "kept_by_no_cache"]

INSUFFICIENT_STORAGE = 507

Answering = Callable[[HttpRequest], HttpResponse]


def kept_by_no_cache(answering: Answering) -> Answering:
    """Tell browsers to keep no page of somebody who is signed in: the next at the machine must not see it."""

    def answer(request: HttpRequest) -> HttpResponse:
        given = answering(request)
        if request.user.is_authenticated:
            add_never_cache_headers(given)
        return given

    return answer


def asking(request: HttpRequest) -> Account:
    """Return the account that asks. Raises PermissionDenied when nobody is signed in."""
    if not isinstance(request.user, Account):
        raise PermissionDenied
    request.user.asks = True
    return request.user


def failed(request: HttpRequest) -> HttpResponse:
    """Say that something went wrong; a full disk is told as one. Needs neither session nor database."""
    full = is_full_disk(sys.exc_info()[1])
    page = get_template("507.html" if full else "500.html").render()
    return HttpResponse(page, status=INSUFFICIENT_STORAGE if full else 500)
