"""To the identity service of the school and back."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from yucai.errors import YucaiError
from yucai.web.accounts.service import KEPT, account_of, ask_service, identity_from
from yucai.web.accounts.sign_in_models import SignIn
from yucai.web.accounts.signing import sign_in
from yucai.web.accounts.views import page_wanted

__all__ = ["from_service", "to_service"]

WANTED = "service_next"


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


@login_not_required
@require_safe
def from_service(request: HttpRequest) -> HttpResponse:
    """Come back from the identity service, signed in."""
    if settings.IDENTITY_SERVICE is None:
        raise Http404
    at = timezone.now()
    try:
        claims = identity_from(request)
        account = account_of(claims, at=at)
    except YucaiError as problem:
        return _refused(request, problem)
    wanted = request.session.pop(WANTED, "home")
    sign_in(request, account, way=SignIn.Way.SERVICE, at=at)
    request.session[KEPT] = claims[KEPT]
    return redirect(wanted)


def _refused(request: HttpRequest, problem: YucaiError) -> HttpResponse:
    messages.error(request, problem.in_language(translation.get_language() or "en"))
    return redirect("start")
