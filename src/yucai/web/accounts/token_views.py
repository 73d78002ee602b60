"""One's own tokens for programs: made, shown once, and revoked."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from yucai.errors import FaultyInputError
from yucai.texts import Text
from yucai.web.accounts.factor_views import is_fresh, sign_in_row
from yucai.web.accounts.models import Account
from yucai.web.accounts.requests import asking
from yucai.web.accounts.token_forms import TokenForm
from yucai.web.accounts.token_models import ApiToken
from yucai.web.accounts.tokens import (
    SCOPES,
    make_token,
    may_have_tokens,
    most_days,
    offered_scopes,
    open_tokens,
    revoke_token,
)

__all__ = ["api_token_revoke", "api_tokens"]

MOST_OVER = 10  # tokens that are over and still listed


@require_http_methods(["GET", "HEAD", "POST"])
def api_tokens(request: HttpRequest) -> HttpResponse:
    """One's tokens, and a form for a new one to who showed the password a short time ago."""
    account, at = asking(request), timezone.now()
    if not may_have_tokens(account):
        raise PermissionDenied
    fresh, way = is_fresh(request, at=at), sign_in_row(request).way
    form = TokenForm(request.POST or None, offered=offered_scopes(account), most=most_days(way))
    if request.method == "POST":
        if not fresh:
            return redirect(f"{reverse('account_prove')}?for=token" if account.has_usable_password() else "api_tokens")
        if form.is_valid():
            try:
                made = make_token(account=account, wanted=form.wanted(), way=way, at=at)
            except FaultyInputError as refused:
                form.add_faults(refused.faults)
            else:
                page = request.build_absolute_uri(reverse("api"))
                facts = {"token": made.token, "value": made.value, "may": _may(made.token), "address": f"{page}me"}
                return render(request, "api_token_made.html", facts)
    facts = {"form": form, "fresh": fresh, **_listed(account, at=at)}
    return render(request, "api_tokens.html", facts)


def _may(token: ApiToken) -> list[Text]:
    return [SCOPES[name] for name in token.scope_list if name in SCOPES]


def _listed(account: Account, *, at: datetime) -> dict[str, object]:
    """Return the open tokens with what each may do, and the last ones that are over."""
    shown = open_tokens(account, at=at)
    over = ApiToken.objects.filter(account=account).exclude(pk__in=[one.pk for one in shown]).order_by("-pk")
    return {"tokens": [(one, _may(one)) for one in shown], "over": over[:MOST_OVER]}


@require_POST
def api_token_revoke(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Revoke a token; that needs no password, for it only takes away."""
    if revoke_token(account=asking(request), pk=pk, at=timezone.now()):
        messages.success(request, _("The token is revoked. It opens nothing from now on."))
    return redirect("api_tokens")
