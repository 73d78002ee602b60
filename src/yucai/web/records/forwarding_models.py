"""Forwardings: which statements of a store go on to which other store, how that goes, and what was not taken there."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from yucai.texts import Text
from yucai.web.accounts.models import Account
from yucai.web.records.models import RecordCredential, RecordStore

__all__ = ["Forwarding", "Undeliverable"]


class Forwarding(models.Model):
    """That what a store holds goes on to another store. Its cursor is that of the follower ``forward:<number>``."""

    class SpokenVersion(models.TextChoices):
        """The version of xAPI that the other store is addressed in."""

        V1 = "1.0.3", "xAPI 1.0.3"
        V2 = "2.0.0", "xAPI 2.0.0"

    store = models.ForeignKey(RecordStore, on_delete=models.PROTECT, related_name="forwardings")
    address = models.TextField()  # of the other store, without “statements”
    version = models.CharField(max_length=10, choices=SpokenVersion.choices)
    key = models.CharField(max_length=200)
    secret = models.BinaryField()  # encrypted, see secrets.py
    verb = models.TextField(blank=True)  # IRI; empty: every verb
    activity = models.TextField(blank=True)  # IRI; empty: every activity
    credential = models.ForeignKey(RecordCredential, null=True, on_delete=models.PROTECT, related_name="+")
    is_on = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    n_taken = models.BigIntegerField(default=0)  # statements the other store has acknowledged
    n_tries = models.PositiveIntegerField(default=0)  # in a row that did not succeed
    next_at = models.DateTimeField(null=True)  # no try before
    last_success_at = models.DateTimeField(null=True)
    last_error_at = models.DateTimeField(null=True)
    last_error_en = models.TextField(blank=True)
    last_error_zh = models.TextField(blank=True)
    lease_until = models.DateTimeField(null=True)  # somebody is sending until then

    class Meta:
        """Another store is addressed in one of two versions; a fault has its time."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(version__in=["1.0.3", "2.0.0"]), name="forwarding_speaks_a_version"
            ),
            models.CheckConstraint(
                condition=models.Q(last_error_at__isnull=False) | models.Q(last_error_en=""),
                name="forwarding_error_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.store} to {self.address}"

    @property
    def follower(self) -> str:
        """The name under which the store knows how far this forwarding is."""
        return f"forward:{self.pk}"

    @property
    def last_error(self) -> Text:
        """What went wrong last, in both languages; empty where nothing did."""
        return Text(self.last_error_en, self.last_error_zh)


class Undeliverable(models.Model):
    """A statement that the other store did not take, and what it answered."""

    forwarding = models.ForeignKey(Forwarding, on_delete=models.CASCADE, related_name="undeliverable")
    seq = models.BigIntegerField()
    statement = models.UUIDField()
    status = models.PositiveSmallIntegerField()  # of the answer; 0: the connection broke off
    answer = models.TextField(blank=True)  # the beginning of it
    at = models.DateTimeField()

    class Meta:
        """A statement is kept aside once, and in order."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["forwarding", "seq"], name="undeliverable_once_in_a_forwarding")
        ]

    def __str__(self) -> str:
        return str(self.statement)
