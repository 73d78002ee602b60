"""How somebody signs in: the account becomes an empty shell, which the trail and what others wrote may point to."""

from __future__ import annotations

import secrets

from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import transaction

from yucai.web.accounts.factor_models import CodeGenerator, Passkey, RecoveryCode
from yucai.web.accounts.models import Account, Charge
from yucai.web.accounts.saved_models import SavedView
from yucai.web.accounts.service_models import ServiceIdentity
from yucai.web.accounts.sign_in_models import OneTimeLink, SignIn
from yucai.web.accounts.token_models import ApiToken
from yucai.web.erasure.holding import Task
from yucai.web.erasure.subjects import Subject
from yucai.web.registers.models import NoticeSeen

__all__ = [
    "count_account", "count_sign_ins", "count_views", "forget_account", "forget_sign_ins", "forget_views",
]  # fmt: skip

OF_ACCOUNT = (
    CodeGenerator, RecoveryCode, Passkey, OneTimeLink, ServiceIdentity, SignIn, ApiToken, Charge, NoticeSeen,
)  # fmt: skip


def count_sign_ins(subject: Subject) -> int:
    """Return how many sign-ins, sessions, factors, links and tokens the account has."""
    if subject.account is None:
        return 0
    rows = sum(model._default_manager.filter(account=subject.account).count() for model in OF_ACCOUNT)
    return rows + len(_sessions(subject.account))


def _sessions(account: int) -> list[str]:
    """Return the keys of the sessions of an account; whose a session is stands inside it, signed."""
    return [one.pk for one in Session.objects.iterator() if one.get_decoded().get("_auth_user_id") == str(account)]


@transaction.atomic
def forget_sign_ins(subject: Subject, task: Task) -> int:
    """Sign the account out everywhere and take away every way in; from here on nobody comes in by it."""
    n = count_sign_ins(subject)
    if subject.account is not None:
        Account.objects.filter(pk=subject.account).update(is_active=False)
        Session.objects.filter(pk__in=_sessions(subject.account)).delete()
        for model in OF_ACCOUNT:
            model._default_manager.filter(account=subject.account).delete()
    return n


def count_views(subject: Subject) -> int:
    """Return how many views the account saved."""
    return SavedView.objects.filter(account=subject.account or 0).count()


@transaction.atomic
def forget_views(subject: Subject, task: Task) -> int:
    """Delete the views that the account saved."""
    n = count_views(subject)
    SavedView.objects.filter(account=subject.account or 0).delete()
    return n


def count_account(subject: Subject) -> int:
    """Return whether the account still says whose it is."""
    return Account.objects.filter(pk=subject.account or 0, person=subject.person).count()


@transaction.atomic
def forget_account(subject: Subject, task: Task) -> int:
    """Empty the account: no name, no address, no password, no space, no person. Only its number and role are left."""
    n = count_account(subject)
    for account in Account.objects.filter(pk=subject.account or 0, person=subject.person):
        account.username = f"erased-{secrets.token_hex(8)}"
        account.name_en = account.name_zh = account.first_name = account.last_name = account.email = ""
        account.password, account.last_login, account.person = make_password(None), None, None
        account.is_active = account.is_staff = account.is_superuser = account.demo = False
        account.save()
        account.spaces.clear()
        account.groups.clear()
        account.user_permissions.clear()
    return n
