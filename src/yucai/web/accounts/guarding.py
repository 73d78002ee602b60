"""What stands between a browser's session and the pages: the row of its sign-in, looked at for each request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.contrib.auth import SESSION_KEY, logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.views.defaults import permission_denied

from yucai.web.accounts.factors import lacks_factor
from yucai.web.accounts.models import Account
from yucai.web.accounts.outside import is_over
from yucai.web.accounts.outside_models import OutsideLink
from yucai.web.accounts.sessions import end_sign_in, see, why_over
from yucai.web.accounts.sign_in_models import SESSION_ENTRY, SignIn
from yucai.web.accounts.signing import sign_out

__all__ = ["SAID_WHY", "only_open_sign_ins"]

WITHOUT_FACTOR: Final = frozenset({
    "generator_add", "passkey_offer", "passkey_add", "account", "account_prove", "sign_out", "set_language",
    "password_change",
})  # fmt: skip
BY_LINK: Final = frozenset({"group", "portrait", "portrait_file", "outside", "sign_out", "set_language"})
SAID_WHY = "ended_why"  # where the start page finds why somebody has to sign in again

Answering = Callable[[HttpRequest], HttpResponse]


def only_open_sign_ins(answering: Answering) -> Answering:
    """Let nobody pass as signed in whose sign-in was ended, is over, or is in no list."""

    def answer(request: HttpRequest) -> HttpResponse:
        row = _look(request) if SESSION_KEY in request.session else None
        if row is not None and row.way == SignIn.Way.LINK:
            return _by_link(request, row, answering)
        lacking = row is not None and isinstance(request.user, Account) and lacks_factor(request.user, row)
        if lacking and not _is_open_without(request.path_info):
            return redirect("generator_add")
        return answering(request)

    return answer


def _by_link(request: HttpRequest, row: SignIn, answering: Answering) -> HttpResponse:
    """Answer somebody outside: the pages of their one group while the link holds, and nothing else."""
    at = timezone.now()
    link = OutsideLink.objects.filter(account=row.account_id).first()
    if link is None or is_over(link, at=at):
        sign_out(request, why=SignIn.Why.LONGEST, at=at)
        request.session[SAID_WHY] = str(SignIn.Why.LONGEST)
        return redirect("start")
    request.by_link = link  # type: ignore[attr-defined]  # the frame of the pages leaves out what is closed
    page = _page_named(request.path_info)
    if page == "home":
        return redirect("group", pk=link.group_id)
    return answering(request) if page in BY_LINK else permission_denied(request, PermissionDenied())


def _page_named(path: str) -> str | None:
    """Return the name of a page, or None for an address that names none."""
    try:
        return resolve(path).url_name
    except Resolver404:
        return None


def _is_open_without(path: str) -> bool:
    """Return whether a page is open to whoever has still to set a second factor."""
    return _page_named(path) in WITHOUT_FACTOR


def _look(request: HttpRequest) -> SignIn | None:
    """Return the row that a session lives on, or end the session."""
    at = timezone.now()
    row = SignIn.objects.filter(
        pk=request.session.get(SESSION_ENTRY, 0), account_id=request.session[SESSION_KEY]
    ).first()
    why = SignIn.Why.INACTIVE if row is None or not request.user.is_authenticated else why_over(row, at=at)
    if row is not None and row.ended_at is not None:
        why = SignIn.Why(row.ended_why)
    if why is None and row is not None:
        see(row, at=at)
        return row
    if row is not None and row.ended_at is None and why is not None:
        end_sign_in(row, by=None, why=why, at=at)
    logout(request)
    request.session[SAID_WHY] = str(why)
    return None
