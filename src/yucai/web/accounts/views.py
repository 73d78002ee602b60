"""Start page, signing in and out, and the home of each role."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from yucai.web.accounts.models import Account

__all__ = ["demo_sign_in", "start"]

SEES = {
    Account.Role.DIRECTOR: _("all cohorts and portraits of both institutions; what a kindergarten's observations say"),
    Account.Role.TEACHER: _(
        "own classes and a course, with every assessment; turns of watching in a kindergarten, on a phone"
    ),
    Account.Role.STUDENT: _("the student's own portrait, and who looked at it (simulated)"),
    Account.Role.MENTOR: _("the people mentored, and nobody else"),
    Account.Role.RESEARCHER: _("both institutions, calibrations and their notices"),
    Account.Role.BUREAU: _("aggregates only; small groups stay hidden"),
}


@login_not_required
def start(request: HttpRequest) -> HttpResponse:
    """What Yucai is, the demo accounts in a demonstration, and the sign-in form."""
    if request.user.is_authenticated and request.method != "POST":
        return redirect("home")
    form = AuthenticationForm(request, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        login(request, form.get_user())
        return redirect(_wanted(request.GET.get("next", "")))
    demo = settings.WORKSPACE.demo
    found = Account.objects.filter(demo=True).order_by("pk") if demo else []
    accounts = [(account, SEES[Account.Role(account.role)]) for account in found]
    if demo:
        form.fields["username"].widget.attrs.pop("autofocus", None)  # the eye goes to the accounts above
    wanted = request.GET.get("next", "")
    return render(request, "start.html", {"form": form, "accounts": accounts, "demo": demo, "next": wanted})


@login_not_required
@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponseRedirect:
    """Sign in as one of the accounts of the start page; only a demonstration has them."""
    accounts = Account.objects.filter(demo=True) if settings.WORKSPACE.demo else Account.objects.none()
    account = get_object_or_404(accounts, username=request.POST.get("username", ""))
    login(request, account, backend="django.contrib.auth.backends.ModelBackend")
    return redirect(_wanted(request.POST.get("next", "")))


def _wanted(page: str) -> str:
    """Return the recording page for whom it sent here to sign in, and for all others the home of their role."""
    return page if page == reverse("observe") else reverse("home")
