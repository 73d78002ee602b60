"""Who an account is at the identity service of the school."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from yucai.web.accounts.models import Account
from yucai.web.accounts.sign_in_models import SignIn

__all__ = ["ServiceIdentity", "ServiceLogOut", "ServiceSession"]


class ServiceIdentity(models.Model):
    """That an account is a subject of an identity service, bound at the first sign-in by the claim the office named.

    From then on the subject counts: an account name that the service gives to somebody else opens nothing here.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="service_identities")
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=255)
    bound_at = models.DateTimeField()

    class Meta:
        """One subject is one account, and one account one subject, of a service."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="service_subject_once"),
            models.UniqueConstraint(fields=["issuer", "account"], name="service_account_once"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} at {self.issuer}"


class ServiceSession(models.Model):
    """By which session of the identity service somebody came in: when the service ends that one, this one ends too."""

    sign_in = models.OneToOneField(SignIn, on_delete=models.CASCADE, related_name="service_session")
    digest = models.CharField(max_length=64, db_index=True)  # keyed hash of the number that the service gave it

    def __str__(self) -> str:
        return f"of sign-in {self.sign_in_id}"


class ServiceLogOut(models.Model):
    """A log-out of the identity service that was taken, so that the same one is taken once; kept for an hour."""

    digest = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"at {self.at:%Y-%m-%d %H:%M}"
