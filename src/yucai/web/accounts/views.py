"""Start page, signing in and out, and setting a password with a link."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from yucai.web.accounts.actions import LinkOverError, link_behind, set_password_by_link
from yucai.web.accounts.factor_views import half_way, host_is_named
from yucai.web.accounts.factors import has_factor
from yucai.web.accounts.forms import NewPasswordForm, SignInForm
from yucai.web.accounts.guarding import SAID_WHY
from yucai.web.accounts.models import Account
from yucai.web.accounts.service import way_out
from yucai.web.accounts.sign_in_models import SignIn
from yucai.web.accounts.signing import (
    MustWaitError,
    WrongPasswordError,
    check_password,
    remember_browser,
    sign_in,
    sign_out,
)

__all__ = ["demo_sign_in", "leave", "page_wanted", "set_password", "start"]

SEES = {
    Account.Role.DIRECTOR: _("all cohorts and portraits of both institutions; what a kindergarten's observations say"),
    Account.Role.TEACHER: _(
        "own classes and a course, with every assessment; turns of watching in a kindergarten, on a phone"
    ),
    Account.Role.STUDENT: _("the student's own portrait, and who looked at it (simulated)"),
    Account.Role.MENTOR: _("the people mentored, and nobody else"),
    Account.Role.RESEARCHER: _("both institutions, calibrations and their notices"),
    Account.Role.BUREAU: _("aggregates only; small groups stay hidden"),
    Account.Role.OFFICER: _("registers, consents, requests and the audit trail; no portraits"),
}
TOO_MANY = 429
GONE = 410


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """What Yucai is, the demo accounts in a demonstration, and the sign-in form."""
    if request.user.is_authenticated and request.method != "POST":
        return redirect("home")
    form, waits = SignInForm(request.POST or None), 0
    if request.method == "POST" and form.is_valid():
        try:
            return _signed_in(request, form, at=timezone.now())
        except (MustWaitError, WrongPasswordError) as problem:
            form.add_error(None, problem.in_language(translation.get_language() or "en"))
            waits = problem.seconds if isinstance(problem, MustWaitError) else 0
    answer = render(request, "start.html", _shown_at_start(request, form), status=TOO_MANY if waits else 200)
    if waits:
        answer["Retry-After"] = str(waits)
    return answer


def _signed_in(request: HttpRequest, form: SignInForm, *, at: datetime) -> HttpResponse:
    """Sign in who knows the password. Raises MustWaitError, WrongPasswordError."""
    known = form.cleaned_data
    username = Account.normalize_username(known["username"])
    account = check_password(request, username=username, password=known["password"], at=at)
    wanted = page_wanted(request.GET.get("next", ""))
    if has_factor(account):
        return half_way(request, account, wanted=wanted, at=at)
    sign_in(request, account, way=SignIn.Way.PASSWORD, at=at)
    answer = redirect(wanted)
    remember_browser(request, answer, account)
    return answer


def _shown_at_start(request: HttpRequest, form: SignInForm) -> dict[str, object]:
    demo = settings.WORKSPACE.demo
    found = Account.objects.filter(demo=True).order_by("pk") if demo else []
    accounts = [(account, SEES[Account.Role(account.role)]) for account in found]
    why = request.session.pop(SAID_WHY, "") if SAID_WHY in request.session else ""
    ended = SignIn.Why(why).label if why in SignIn.Why.values else ""
    return {
        "service": settings.IDENTITY_SERVICE, "host_is_named": host_is_named(request), "form": form,
        "accounts": accounts, "demo": demo, "ended": ended, "next": request.GET.get("next", ""),
    }  # fmt: skip


@login_not_required
@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponseRedirect:
    """Sign in as one of the accounts of the start page; only a demonstration has them."""
    accounts = Account.objects.filter(demo=True) if settings.WORKSPACE.demo else Account.objects.none()
    account = get_object_or_404(accounts, username=request.POST.get("username", ""), is_active=True)
    sign_in(request, account, way=SignIn.Way.DEMO, at=timezone.now())
    wanted = request.POST.get("next", "")
    # Only the recording page sends people here on purpose; any other page may belong to another role.
    return redirect(wanted if wanted == reverse("observe") else "home")


@login_not_required
@require_POST
def leave(request: HttpRequest) -> HttpResponseRedirect:
    """Sign out of this browser."""
    elsewhere = way_out(request)
    sign_out(request, why=SignIn.Why.SIGNED_OUT, at=timezone.now())
    return redirect(elsewhere or "start")


@login_not_required
@sensitive_post_parameters("first", "second")
@require_http_methods(["GET", "HEAD", "POST"])
def set_password(request: HttpRequest, token: str) -> HttpResponse:
    """Set a password with a link of the office."""
    at = timezone.now()
    try:
        link = link_behind(token, at=at)
        form = NewPasswordForm(request.POST or None, account=link.account)
        if request.method == "POST" and form.is_valid():
            set_password_by_link(token=token, password=form.cleaned_data["first"], at=at)
            messages.success(request, _("The password is set. Sign in with it."))
            return redirect("start")
    except LinkOverError as problem:
        told = problem.in_language(translation.get_language() or "en")
        return render(request, "link_over.html", {"told": told}, status=GONE)
    return render(request, "password_set.html", {"form": form, "account": link.account, "link": link})


def page_wanted(page: str) -> str:
    """Return the page of ours that somebody was sent here from, and for everything else the home of their role."""
    home = reverse("home")
    if not page.startswith("/") or not url_has_allowed_host_and_scheme(page, allowed_hosts=None):
        return home
    try:
        found = resolve(page.partition("?")[0].partition("#")[0])
    except Resolver404:
        return home
    return home if found.url_name in {"start", "sign_out", "demo_sign_in", "set_language"} else page
