"""What an account has besides a password: codes from a phone, passkeys, and recovery codes."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from yucai.web.accounts.models import Account

__all__ = ["CodeGenerator", "Passkey", "RecoveryCode"]


class CodeGenerator(models.Model):
    """The secret that an account shares with an application on a phone, sealed with the key of the workspace."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="code_generator")
    secret = models.TextField()
    begun_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)  # until then it asks nobody for a code
    last_step = models.BigIntegerField(default=-1)  # the newest step of 30 seconds whose code was taken

    def __str__(self) -> str:
        return f"of {self.account_id}"


class RecoveryCode(models.Model):
    """One of the codes that stand in for a lost phone, each once; only its keyed hash is kept."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """A code belongs to an account once."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["account", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return f"of {self.account_id}"


class Passkey(models.Model):
    """The public half of a key whose other half never leaves a device (WebAuthn)."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="passkeys")
    credential = models.CharField(max_length=1400, unique=True)  # base64url of at most 1023 bytes
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField()
    name = models.CharField(max_length=100)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
