"""The accounts of an institution, for who runs them: open one, give a link, sign out everywhere, switch off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import FaultyInputError, YucaiError
from yucai.web.accounts.access import may_run_accounts, run_accounts, visible_spaces
from yucai.web.accounts.actions import (
    LINK_HOURS,
    NewLink,
    add_account,
    end_everywhere,
    make_link,
    switch_off,
    switch_on,
)
from yucai.web.accounts.factors import remove_factors
from yucai.web.accounts.forms import AccountForm
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.office_tables import accounts_table
from yucai.web.accounts.requests import asking
from yucai.web.accounts.sessions import open_at
from yucai.web.accounts.tables import answer_tables

__all__ = [
    "account_add",
    "account_end",
    "account_factors",
    "account_link",
    "account_off",
    "account_on",
    "accounts",
    "spaces_run",
]


def spaces_run(account: Account) -> list[Space]:
    """Return the spaces whose accounts an account runs. Raises PermissionDenied where there is none."""
    found = [space for space in visible_spaces(account) if may_run_accounts(account, space)]
    if not found:
        raise PermissionDenied
    return found


@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """Every account that this one runs."""
    by = asking(request)
    spaces = spaces_run(by)
    rows = run_accounts(by).annotate(
        signed_in=Count("sign_ins", filter=open_at(timezone.now(), of="sign_ins__"), distinct=True),
        factors=Count("code_generator", filter=Q(code_generator__confirmed_at__isnull=False), distinct=True)
        + Count("passkeys", distinct=True),
    )
    rows = rows.order_by("-is_active", "role", "username")
    simulated = any(one.simulated for one in spaces)
    facts = {"rows": rows, "simulated": simulated, "several": ("accounts-off", "accounts-on")}
    return answer_tables(request, "accounts.html", facts, [accounts_table(rows)], at=timezone.now(), spaces=spaces)


@require_http_methods(["GET", "HEAD", "POST"])
def account_add(request: HttpRequest) -> HttpResponse:
    """Open an account; its owner sets the password with the link that comes of it."""
    by = asking(request)
    spaces = spaces_run(by)
    form = AccountForm(request.POST or None, spaces=spaces)
    if request.method == "POST" and form.is_valid():
        space = form.spaces[form.cleaned_data["space"]]
        try:
            return _link_shown(request, add_account(wanted=form.wanted(), space=space, by=by, at=timezone.now()))
        except FaultyInputError as problem:
            form.add_faults(problem.faults)
    return render(request, "account_add.html", {"form": form, "several": len(spaces) > 1})


@require_POST
def account_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a link with which the owner of an account sets a new password."""
    return _link_shown(request, make_link(account=_run(request, pk), by=asking(request), at=timezone.now()))


def _link_shown(request: HttpRequest, made: NewLink) -> HttpResponse:
    address = request.build_absolute_uri(reverse("set_password", args=[made.token]))
    return render(request, "link_made.html", {"link": made.link, "address": address, "hours": LINK_HOURS})


@require_POST
def account_off(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Switch an account off."""
    return _done(request, pk, switch_off, _("The account is switched off, and signed out everywhere."))


@require_POST
def account_on(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Switch an account on again."""
    return _done(request, pk, switch_on, _("The account is switched on again."))


@require_POST
def account_factors(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Remove the second factor of whoever lost it."""
    by = asking(request)
    remove_factors(account=_run(request, pk), by=by, at=timezone.now())
    messages.success(request, _("The second factor is removed, and the account is signed out everywhere."))
    return redirect("accounts")


@require_POST
def account_end(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Sign an account out everywhere."""
    n = end_everywhere(account=_run(request, pk), by=asking(request), at=timezone.now())
    messages.success(request, ngettext("Signed out in %(n)d place.", "Signed out in %(n)d places.", n) % {"n": n})
    return redirect("accounts")


def _run(request: HttpRequest, pk: int) -> Account:
    """Return an account that who asks runs; one that does not exist is refused alike."""
    found = run_accounts(asking(request)).filter(pk=pk).first()
    if found is None:
        raise PermissionDenied
    return found


def _done(request: HttpRequest, pk: int, act: Callable[..., Any], told: str) -> HttpResponseRedirect:
    try:
        act(account=_run(request, pk), by=asking(request), at=timezone.now())
    except PermissionDenied:
        raise
    except YucaiError as problem:
        messages.error(request, problem.in_language(translation.get_language() or "en"))
    else:
        messages.success(request, told)
    return redirect("accounts")
