"""What running a store leaves: who did what to it, who read whom, what was refused, and how much came on which day."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from yucai.texts import Text
from yucai.web.accounts.models import Account
from yucai.web.accounts.purposes import Purpose
from yucai.web.records.models import RecordCredential, RecordStore

__all__ = ["RecordDay", "RecordEvent", "RefusedCount", "RefusedRequest", "StatementReading"]


class RecordEvent(models.Model):
    """That something was done to a store, by whom and when; never changed. It names no learner.

    A tool is told by its credential: its name may be that of somebody who is erased later.
    """

    class Kind(models.TextChoices):
        """What was done."""

        MADE = "made", _("store made")
        CHANGED = "changed", _("settings changed")
        CLOSED = "closed", _("store closed")
        OPENED = "opened", _("store opened again")
        CREDENTIAL = "credential", _("credential made")
        REVOKED = "revoked", _("credential revoked")
        PUT_AGAIN = "put-again", _("refused delivery put in again")
        DISMISSED = "dismissed", _("refused delivery dismissed")
        TAKEN_AGAIN = "taken-again", _("follower put back")
        EXPORTED = "exported", _("statements downloaded")
        TIDIED = "tidied", _("what was too old removed")

    store = models.ForeignKey(RecordStore, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="+"
    )  # null: by itself, or command
    credential = models.ForeignKey(RecordCredential, null=True, on_delete=models.SET_NULL, related_name="+")
    detail_en = models.CharField(max_length=500, blank=True)
    detail_zh = models.CharField(max_length=500, blank=True)

    class Meta:
        """Read by store, the latest first."""

        indexes: ClassVar = [models.Index(fields=["store", "-at"], name="record_event_latest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.store_id}"

    @property
    def detail(self) -> Text:
        """What it was about."""
        return Text(self.detail_en, self.detail_zh)


class StatementReading(models.Model):
    """That somebody read statements of an actor who is nobody on record; of who is, the audit trail tells.

    The actor stands as the number by which its statements are found, never as a name.
    """

    at = models.DateTimeField(db_index=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(RecordStore, on_delete=models.CASCADE, related_name="+")
    actor = models.BigIntegerField()
    page = models.CharField(max_length=50)
    purpose = models.CharField(max_length=20, choices=Purpose.choices)

    def __str__(self) -> str:
        return f"{self.page} at {self.at:%Y-%m-%d %H:%M}"


class RecordDay(models.Model):
    """How many statements of one credential were stored on one day and are still here, and how many bytes they have.

    Kept up by a follower of the store, so that no page counts all statements.
    """

    store = models.ForeignKey(RecordStore, on_delete=models.CASCADE, related_name="days")
    day = models.IntegerField()  # days of the calendar of UTC since 2020-01-01
    authority = models.BigIntegerField()
    statements = models.BigIntegerField()
    bytes = models.BigIntegerField()

    class Meta:
        """A credential has one count for a day."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "day", "authority"], name="record_day_counted_once")
        ]

    def __str__(self) -> str:
        return f"day {self.day} of {self.store_id}"


class RefusedRequest(models.Model):
    """What a tool sent and was refused, kept for some days so that it can be put in again. Bounded for each credential.

    ``body`` is empty where it was too long to keep, and from when it was settled on.
    """

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", _("waits")
        DONE = "done", _("put in")
        DISMISSED = "dismissed", _("dismissed")

    store = models.ForeignKey(RecordStore, on_delete=models.CASCADE, related_name="refused")
    credential = models.ForeignKey(RecordCredential, on_delete=models.CASCADE, related_name="refused")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)  # the same request, sent again and again
    method = models.CharField(max_length=10)
    resource = models.CharField(max_length=50)
    version = models.CharField(max_length=10)
    pairs = models.JSONField(default=list)  # the parameters
    content_type = models.CharField(max_length=255, blank=True)
    body = models.BinaryField(blank=True)
    size_bytes = models.BigIntegerField()
    digest = models.BinaryField(max_length=16)
    statements = models.PositiveIntegerField(default=0)  # in it; 0 where nobody can tell
    status = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=100)
    reason_en = models.TextField()
    reason_zh = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    claimed_at = models.DateTimeField(null=True)  # somebody is putting it in again
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """The same request waits once; what is settled says when."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["credential", "digest"], condition=models.Q(state="waiting"), name="refused_waits_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state="waiting", settled_at__isnull=True, settled_by__isnull=True)
                | (~models.Q(state="waiting") & models.Q(settled_at__isnull=False)),
                name="refused_settled_when",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["store", "-last_at"], name="refused_latest")]

    def __str__(self) -> str:
        return f"refused {self.pk}"

    @property
    def reason(self) -> Text:
        """Why it was refused, as the tool was told."""
        return Text(self.reason_en, self.reason_zh)


class RefusedCount(models.Model):
    """How many requests of a credential were refused on a day, for one reason."""

    credential = models.ForeignKey(RecordCredential, on_delete=models.CASCADE, related_name="refused_counts")
    day = models.DateField()  # of the office
    status = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=100)
    requests = models.BigIntegerField(default=0)
    statements = models.BigIntegerField(default=0)

    class Meta:
        """One count for a reason and a day."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["credential", "day", "status", "code"], name="refused_counted_once")
        ]

    def __str__(self) -> str:
        return f"{self.requests} refused"
