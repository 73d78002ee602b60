"""One's own account: where one is signed in, and the password."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.web.accounts.access import may_run_accounts, visible_spaces
from yucai.web.accounts.actions import change_password
from yucai.web.accounts.factor_views import shown_factors
from yucai.web.accounts.forms import ChangePasswordForm
from yucai.web.accounts.requests import asking
from yucai.web.accounts.sessions import end_sign_in, end_sign_ins, open_sign_ins
from yucai.web.accounts.sign_in_models import SESSION_ENTRY, SignIn
from yucai.web.accounts.signing import MustWaitError, WrongPasswordError, check_password

__all__ = ["account_page", "end_one", "end_others", "new_password"]


@require_safe
def account_page(request: HttpRequest) -> HttpResponse:
    """Where the account is signed in, and what opens it."""
    account, at = asking(request), timezone.now()
    facts = {
        "sign_ins": open_sign_ins(account, at=at),
        "this": request.session.get(SESSION_ENTRY),
        **shown_factors(request, account, at=at),
        "runs": any(may_run_accounts(account, space) for space in visible_spaces(account)),
    }
    return render(request, "account.html", facts)


@require_POST
def end_one(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """End one of one's own sign-ins; this one is ended by signing out."""
    account = asking(request)
    row = SignIn.objects.filter(pk=pk, account=account).first()
    if row is None:
        raise PermissionDenied
    if end_sign_in(row, by=account, why=SignIn.Why.ENDED_BY_OWNER, at=timezone.now()):
        messages.success(request, _("Signed out there."))
    return redirect("account")


@require_POST
def end_others(request: HttpRequest) -> HttpResponseRedirect:
    """End all of one's own sign-ins but this one."""
    account = asking(request)
    rows, this = SignIn.objects.filter(account=account), request.session[SESSION_ENTRY]
    n = end_sign_ins(rows, by=account, why=SignIn.Why.ENDED_BY_OWNER, at=timezone.now(), besides=[this])
    messages.success(request, ngettext("Signed out in %(n)d place.", "Signed out in %(n)d places.", n) % {"n": n})
    return redirect("account")


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def new_password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; whoever has none yet, or comes by another way, gets one from the office."""
    account, at = asking(request), timezone.now()
    if not account.has_usable_password():
        raise PermissionDenied
    form = ChangePasswordForm(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            check_password(request, username=account.username, password=said["old"], at=at)
        except MustWaitError as problem:
            form.add_error("old", problem.in_language(translation.get_language() or "en"))
        except WrongPasswordError:
            form.add_error("old", _("This is not your password. Capital letters count."))
        else:
            change_password(account=account, password=said["first"], keep=request.session[SESSION_ENTRY], at=at)
            update_session_auth_hash(request, account)
            messages.success(request, _("The password is changed. Everywhere else you are signed out."))
            return redirect("account")
    return render(request, "password_change.html", {"form": form})
