"""Tokens with which a program asks in the name of an account; of each only a keyed hash is kept."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yucai.web.accounts.models import Account
from yucai.web.accounts.sign_in_models import SignIn

__all__ = ["ApiToken"]


class ApiToken(models.Model):
    """A token of an account: what it is for, until when, and what it may do at most."""

    class Why(models.TextChoices):
        """Why it ended before its last day."""

        OWNER = "by-owner", _("revoked by its owner")
        OFFICE = "by-office", _("ended by the office")
        PASSWORD = "password", _("the password was changed")
        FACTOR = "factor", _("the second factor was changed")
        INACTIVE = "inactive", _("the account was switched off")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.CharField(max_length=300)  # names with a space between
    way = models.CharField(max_length=20, choices=SignIn.Way.choices)  # how the owner was signed in when it was made
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_on = models.DateField(null=True, blank=True)  # the last day; no more is kept of its uses than the trail has
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_why = models.CharField(max_length=20, blank=True, choices=Why.choices)

    class Meta:
        """It ends after it was made; when it was revoked and why are said together."""

        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="api_token_ends_later"),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_why="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_why="")),
                name="api_token_revoked_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"token {self.pk} of {self.account_id}"

    @property
    def scope_list(self) -> tuple[str, ...]:
        """What it may do at most."""
        return tuple(self.scopes.split())
