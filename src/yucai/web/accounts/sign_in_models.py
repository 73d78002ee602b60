"""Who is signed in where, failed tries, and links that open once."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.signals import user_logged_in
from django.db import models
from django.db.models import Q
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from yucai.web.accounts.models import Account

__all__ = ["SESSION_ENTRY", "OneTimeLink", "SignIn", "TryCount"]

SESSION_ENTRY = "sign_in"  # where a browser's session names the row of its sign-in


class SignIn(models.Model):
    """That an account is, or was, signed in with one browser. No session lives without one."""

    class Way(models.TextChoices):
        """How somebody showed who they are."""

        PASSWORD = "password", _("password")
        TWO_FACTORS = "two-factors", _("password and second factor")
        PASSKEY = "passkey", _("passkey")
        SERVICE = "service", _("identity service of the school")
        LINK = "link", _("link for somebody outside")
        DEMO = "demo", _("start page of the demonstration")
        OTHER = "other", _("in another way")

    class Why(models.TextChoices):
        """Why it ended."""

        SIGNED_OUT = "signed-out", _("signed out")
        AGAIN = "again", _("signed in anew with the same browser")
        IDLE = "idle", _("nothing was done for too long")
        LONGEST = "longest", _("the longest time was over")
        ENDED_BY_OWNER = "by-owner", _("ended from another browser")
        ENDED_BY_OFFICE = "by-office", _("ended by the office")
        PASSWORD = "password", _("the password was changed")
        FACTOR = "factor", _("the second factor was changed")
        LINK_ELSEWHERE = "link-elsewhere", _("the link was opened in another browser")
        SERVICE = "service", _("ended by the identity service of the school")
        INACTIVE = "inactive", _("the account was switched off")
        CLOCK = "clock", _("the clock of the server was set back")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="sign_ins")
    way = models.CharField(max_length=20, choices=Way.choices)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    address = models.CharField(max_length=45, blank=True)
    browser = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField(max_length=20, choices=Why.choices, blank=True)

    class Meta:
        """When it ended and why are said together; open ones are found by account."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_why="") | (Q(ended_at__isnull=False) & ~Q(ended_why="")),
                name="sign_in_ended_with_reason",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["account", "ended_at"], name="sign_in_open_by_account")]

    def __str__(self) -> str:
        return f"{self.account_id} since {self.began_at:%Y-%m-%d %H:%M}"


class TryCount(models.Model):
    """How often signing in failed for one account name, one address or one known browser; names none of them."""

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(db_index=True)
    wait_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.failures} failed"


class OneTimeLink(models.Model):
    """A link with which the owner of an account sets a password, once and for a short time; only its hash is kept."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="one_time_links")
    digest = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")  # None: a command
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """A link is used or withdrawn, not both."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(withdrawn_at__isnull=True), name="one_time_link_ends_once"
            )
        ]

    def __str__(self) -> str:
        return f"for {self.account_id} until {self.expires_at:%Y-%m-%d %H:%M}"


@receiver(user_logged_in, dispatch_uid="yucai-lists-every-sign-in")
def list_sign_in(sender: Any, request: HttpRequest, user: Account, **_: Any) -> None:
    """Write down every sign-in, by whatever way it came: a session that is in no list could not be ended."""
    at = timezone.now()
    SignIn.objects.filter(pk=request.session.get(SESSION_ENTRY, 0), ended_at=None).update(
        ended_at=at, ended_why=SignIn.Why.AGAIN
    )
    opened = SignIn.objects.create(account=user, way=SignIn.Way.OTHER, began_at=at, seen_at=at)
    request.session[SESSION_ENTRY] = opened.pk
