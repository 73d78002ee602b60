"""To the identity service of the school and back; and what the service itself has to say."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from yucai.errors import YucaiError
from yucai.web.accounts.service import ask_service, enter, hand_over, is_answer, log_out_by_service
from yucai.web.accounts.service_people import ServiceError
from yucai.web.accounts.signing import MustWaitError
from yucai.web.accounts.views import page_wanted

__all__ = ["from_service", "to_service"]

WANTED = "service_next"
BAD, TOO_MANY, AWAY = 400, 429, 503


@login_not_required
@require_safe
def to_service(request: HttpRequest) -> HttpResponse:
    """Go to the identity service."""
    if settings.IDENTITY_SERVICE is None:
        raise Http404
    request.session[WANTED] = page_wanted(request.GET.get("next", ""))
    try:
        return ask_service(request)
    except YucaiError as problem:
        return _refused(request, problem)


@csrf_exempt  # what the service itself sends carries a proof of its own
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def from_service(request: HttpRequest) -> HttpResponse:
    """Come back from the identity service, signed in; by POST the service itself says whom it signed out."""
    if settings.IDENTITY_SERVICE is None:
        raise Http404
    if request.method == "POST":
        return _handed_over(request) if is_answer(request) else _log_out(request)
    wanted = request.session.pop(WANTED, "home")
    try:
        enter(request, at=timezone.now())
    except YucaiError as problem:
        return _refused(request, problem)
    return redirect(wanted)


def _handed_over(request: HttpRequest) -> HttpResponse:
    """Take an answer that another site's form brings, and ask the browser to come with it by itself.

    Only then it shows its own session: cookies are not sent along with forms of other sites.
    """
    try:
        return redirect(hand_over(request, at=timezone.now()))
    except YucaiError as problem:
        return _refused(request, problem)


def _log_out(request: HttpRequest) -> HttpResponse:
    """Answer the service in words of one line; it keeps no session and no answer."""
    status, said = 200, ""
    try:
        log_out_by_service(request, at=timezone.now())
    except YucaiError as problem:
        said = problem.in_language(translation.get_language() or "en")
        status = {MustWaitError: TOO_MANY, ServiceError: AWAY}.get(type(problem), BAD)
    answer = HttpResponse(said, status=status, content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = "no-store"
    return answer


def _refused(request: HttpRequest, problem: YucaiError) -> HttpResponse:
    messages.error(request, problem.in_language(translation.get_language() or "en"))
    return redirect("start")
