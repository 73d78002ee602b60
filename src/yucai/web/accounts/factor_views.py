"""The second step of signing in, and setting a second factor: codes from a phone, recovery codes, passkeys."""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, Final

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from yucai.errors import YucaiError
from yucai.web.accounts.factor_models import CodeGenerator, Passkey, RecoveryCode
from yucai.web.accounts.factors import (
    WrongCodeError,
    begin_generator,
    confirm_generator,
    has_factor,
    remove_factors,
    remove_passkey,
    renew_codes,
    take_code,
)
from yucai.web.accounts.forms import CodeForm, ProveForm
from yucai.web.accounts.models import Account
from yucai.web.accounts.passkeys import PasskeyError, account_of_passkey, add_passkey, ask_for_passkey, offer_passkey
from yucai.web.accounts.requests import asking
from yucai.web.accounts.sign_in_models import SESSION_ENTRY, SignIn
from yucai.web.accounts.signing import (
    MustWaitError,
    WrongPasswordError,
    buckets_for,
    check_password,
    note_failure,
    remember_browser,
    sign_in,
)
from yucai.web.accounts.tries import count_try, forgive_try

__all__ = [
    "account_prove", "factors_off", "generator_add", "half_way", "host_is_named", "is_fresh", "passkey_add",
    "passkey_ask", "passkey_enter", "passkey_offer", "passkey_remove", "recovery_renew", "second_step", "shown_factors",
    "sign_in_row",
]  # fmt: skip

HALF: Final = "half_way"  # who showed a password in this browser and still owes a second factor
HALF_LASTS: Final = timedelta(minutes=10)
PROVED: Final = "proved_at"  # when somebody showed the password once more in this browser
PROOF_LASTS: Final = timedelta(minutes=10)
PROVED_FOR: Final = {"generator": "generator_add", "token": "api_tokens"}
TOO_MANY: Final = 429


def half_way(request: HttpRequest, account: Account, *, wanted: str, at: datetime) -> HttpResponseRedirect:
    """Go on to the second step; until it is done nobody is signed in."""
    request.session.cycle_key()
    request.session[HALF] = {
        "account": account.pk, "at": at.timestamp(), "next": wanted, "hash": account.get_session_auth_hash(),
    }  # fmt: skip
    return redirect("second_step")


def _who(request: HttpRequest, *, at: datetime) -> Account | None:
    """Return who owes a second factor here: shortly after the password, and while that password still holds."""
    half: dict[str, Any] = request.session.get(HALF, {})
    if not half or not 0 <= at.timestamp() - half["at"] < HALF_LASTS.total_seconds():
        return None
    account = Account.objects.filter(pk=half["account"], is_active=True).first()
    return account if account is not None and account.get_session_auth_hash() == half["hash"] else None


@login_not_required
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Ask for the second factor of who knew the password."""
    at = timezone.now()
    account = _who(request, at=at)
    if account is None:
        request.session.pop(HALF, None)
        return redirect("start")
    form, waits = CodeForm(request.POST or None), 0
    if request.method == "POST" and form.is_valid():
        buckets = buckets_for(request, account.username, what="factor")
        waits = count_try(buckets, at=at)
        try:
            if waits:
                raise MustWaitError(seconds=waits)
            take_code(account=account, code=form.cleaned_data["code"], at=at)
        except (MustWaitError, WrongCodeError) as problem:
            if not waits:
                note_failure(account.username, way="factor", at=at)
            form.add_error("code", problem.in_language(_language()))
        else:
            forgive_try(buckets, at=at)
            return _entered(request, account, way=SignIn.Way.TWO_FACTORS, at=at)
    facts = {
        "form": form,
        "passkeys": Passkey.objects.filter(account=account).exists(),
        "host_is_named": host_is_named(request),
    }
    answer = render(request, "second_step.html", facts, status=TOO_MANY if waits else 200)
    if waits:
        answer["Retry-After"] = str(waits)
    return answer


def _entered(request: HttpRequest, account: Account, *, way: SignIn.Way, at: datetime) -> HttpResponseRedirect:
    wanted = request.session.pop(HALF, {}).get("next", "") or reverse("home")
    sign_in(request, account, way=way, at=at)
    answer = redirect(wanted)
    remember_browser(request, answer, account)
    return answer


def shown_factors(request: HttpRequest, account: Account, *, at: datetime) -> dict[str, object]:
    """Return what the page of an account says about its second factor."""
    return {
        "generator": CodeGenerator.objects.filter(account=account, confirmed_at__isnull=False).exists(),
        "passkeys": Passkey.objects.filter(account=account).order_by("pk"),
        "codes_left": RecoveryCode.objects.filter(account=account, used_at=None).count(),
        "host_is_named": host_is_named(request),
        "is_fresh": is_fresh(request, at=at),
    }


def host_is_named(request: HttpRequest) -> bool:
    """Return whether the pages are reached under a name: a passkey belongs to a name, never to an address."""
    try:
        ip_address(request.get_host().rsplit(":", 1)[0].strip("[]"))
    except ValueError:
        return True
    return False


def sign_in_row(request: HttpRequest) -> SignIn:
    """Return the row of the sign-in with which somebody asks."""
    return SignIn.objects.get(pk=request.session[SESSION_ENTRY])


def is_fresh(request: HttpRequest, *, at: datetime) -> bool:
    """Return whether somebody showed who they are a short time ago: a machine left alone gets no factor of others."""
    shown = request.session.get(PROVED, sign_in_row(request).began_at.timestamp())
    return 0 <= at.timestamp() - float(shown) < PROOF_LASTS.total_seconds()


def _language() -> str:
    return translation.get_language() or "en"


def _own(request: HttpRequest) -> Account:
    """Return the account that asks. Raises PermissionDenied for one without a password: it needs no factor of ours."""
    account = asking(request)
    if not account.has_usable_password():
        raise PermissionDenied
    return account


@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def generator_add(request: HttpRequest) -> HttpResponse:
    """Show the secret for an application on a phone, and take its first code."""
    account, at = _own(request), timezone.now()
    if not is_fresh(request, at=at):
        return redirect(f"{reverse('account_prove')}?for=generator")
    secret, address = begin_generator(account=account, at=at)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        buckets = buckets_for(request, account.username, what="factor")
        waits = count_try(buckets, at=at)
        try:
            if waits:
                raise MustWaitError(seconds=waits)
            codes = confirm_generator(account=account, code=form.cleaned_data["code"], row=sign_in_row(request), at=at)
        except (MustWaitError, WrongCodeError) as problem:
            form.add_error("code", problem.in_language(_language()))
        else:
            forgive_try(buckets, at=at)
            return _codes_shown(request, codes)
    picture = segno.make(address, error="m").svg_data_uri(scale=5, border=3)
    secret = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return render(request, "generator_add.html", {"form": form, "picture": picture, "secret": secret})


def _codes_shown(request: HttpRequest, codes: tuple[str, ...]) -> HttpResponse:
    """Show recovery codes, once; where there are none to show, the page of the account."""
    if not codes:
        messages.success(request, _("The second factor is set. Everywhere else you are signed out."))
        return redirect("account")
    return render(request, "recovery_codes.html", {"codes": codes, "first": True})


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def recovery_renew(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes, for who shows the password again."""

    def renew(account: Account, at: datetime) -> HttpResponse:
        return render(request, "recovery_codes.html", {"codes": renew_codes(account=account, at=at)})

    return _proved(request, "recovery_renew.html", renew)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def factors_off(request: HttpRequest) -> HttpResponse:
    """Remove one's second factor, for who shows the password again."""

    def remove(account: Account, at: datetime) -> HttpResponse:
        remove_factors(account=account, by=account, at=at, keep=request.session[SESSION_ENTRY])
        messages.success(request, _("The second factor is removed. From now on the password alone opens this account."))
        return redirect("account")

    return _proved(request, "factors_off.html", remove)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def account_prove(request: HttpRequest) -> HttpResponse:
    """Ask for the password once more before a factor is set or removed, or a token made."""

    def go_on(account: Account, at: datetime) -> HttpResponse:
        request.session[PROVED] = at.timestamp()
        return redirect(PROVED_FOR.get(request.GET.get("for", ""), "account"))

    return _asked_again(request, "account_prove.html", go_on)


def _proved(request: HttpRequest, page: str, act: Any) -> HttpResponse:
    """Do something with a second factor after the password was typed again."""
    if not has_factor(_own(request)):
        raise PermissionDenied
    return _asked_again(request, page, act)


def _asked_again(request: HttpRequest, page: str, act: Any) -> HttpResponse:
    account, at = _own(request), timezone.now()
    form = ProveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            check_password(request, username=account.username, password=form.cleaned_data["old"], at=at)
        except MustWaitError as problem:
            form.add_error("old", problem.in_language(_language()))
        except WrongPasswordError:
            form.add_error("old", _("This is not your password. Capital letters count."))
        else:
            done: HttpResponse = act(account, at)
            return done
    return render(request, page, {"form": form})


@require_POST
def passkey_offer(request: HttpRequest) -> HttpResponse:
    """What a browser needs to have a key made, for who showed the password a short time ago."""
    account = _own(request)
    if not is_fresh(request, at=timezone.now()):
        raise PermissionDenied
    return HttpResponse(offer_passkey(request, account), content_type="application/json")


@require_POST
def passkey_add(request: HttpRequest) -> HttpResponse:
    """Keep a new key."""
    account, at = _own(request), timezone.now()
    try:
        codes = add_passkey(
            request, account, answer=request.POST.get("answer", ""), name=request.POST.get("name", ""),
            row=sign_in_row(request), at=at,
        )  # fmt: skip
    except PasskeyError as problem:
        messages.error(request, problem.in_language(_language()))
        return redirect("account")
    return _codes_shown(request, codes)


@require_POST
def passkey_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove one key, for who showed the password a short time ago."""
    account, at = _own(request), timezone.now()
    if not is_fresh(request, at=at):
        return redirect("account_prove")
    remove_passkey(account=account, pk=pk, at=at)
    messages.success(request, _("The passkey is removed."))
    return redirect("account")


@login_not_required
@require_POST
def passkey_ask(request: HttpRequest) -> HttpResponse:
    """What a browser needs to have a key shown."""
    return HttpResponse(ask_for_passkey(request), content_type="application/json")


@login_not_required
@require_POST
def passkey_enter(request: HttpRequest) -> HttpResponse:
    """Sign in who shows a key; it is possession and knowledge, or body, at once."""
    at = timezone.now()
    try:
        account = account_of_passkey(request, answer=request.POST.get("answer", ""), at=at)
    except YucaiError as problem:
        messages.error(request, problem.in_language(_language()))
        return redirect("start")
    return _entered(request, account, way=SignIn.Way.PASSKEY, at=at)
