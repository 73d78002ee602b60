"""What stands before the pages: a notice that somebody has not read yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils import timezone

from yucai.web.accounts.models import Account
from yucai.web.registers.notices import unread_notices

__all__ = ["notices_first"]

Answering = Callable[[HttpRequest], HttpResponse]
OPEN: Final = frozenset({
    "notices", "notices_read", "sign_out", "set_language", "about_algorithms", "account", "account_prove",
    "generator_add", "passkey_offer", "passkey_add", "password_change", "observe", "observe_worker", "observe_turns",
})  # fmt: skip


def notices_first(answering: Answering) -> Answering:
    """Show a notice in force once to everybody of an institution, before the pages that are opened next."""

    def answer(request: HttpRequest) -> HttpResponse:
        part = "HX-Request" in request.headers  # of a page that is open: the next page will tell
        looks = request.method in ("GET", "HEAD") and isinstance(request.user, Account) and not part
        if looks and not getattr(request, "by_link", None) and not _is_open(request.path_info):
            assert isinstance(request.user, Account)
            if unread_notices(request.user, at=timezone.now()):
                return redirect("notices")
        return answering(request)

    return answer


def _is_open(path: str) -> bool:
    try:
        return resolve(path).url_name in OPEN
    except Resolver404:
        return True
