"""What stands between a browser's session and the pages: the row of its sign-in, looked at for each request."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from yucai.web.accounts.sessions import end_sign_in, see, why_over
from yucai.web.accounts.sign_in_models import SESSION_ENTRY, SignIn

__all__ = ["SAID_WHY", "only_open_sign_ins"]

SAID_WHY = "ended_why"  # where the start page finds why somebody has to sign in again

Answering = Callable[[HttpRequest], HttpResponse]


def only_open_sign_ins(answering: Answering) -> Answering:
    """Let nobody pass as signed in whose sign-in was ended, is over, or is in no list."""

    def answer(request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            _look(request)
        return answering(request)

    return answer


def _look(request: HttpRequest) -> None:
    at = timezone.now()
    row = SignIn.objects.filter(
        pk=request.session.get(SESSION_ENTRY, 0), account_id=request.session[SESSION_KEY]
    ).first()
    why = SignIn.Why.INACTIVE if row is None or not request.user.is_authenticated else why_over(row, at=at)
    if row is not None and row.ended_at is not None:
        why = SignIn.Why(row.ended_why)
    if why is None and row is not None:
        see(row, at=at)
        return
    if row is not None and row.ended_at is None and why is not None:
        end_sign_in(row, by=None, why=why, at=at)
    logout(request)
    request.session[SAID_WHY] = str(why)
