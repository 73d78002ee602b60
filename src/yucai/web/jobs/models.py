"""A piece of work, who asked for it, how far it is, and until when its worker holds it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from yucai.texts import Text
from yucai.web.accounts.models import Account, Space

__all__ = ["Job"]


class Job(models.Model):
    """A unit of background work. A worker holds it by a lease; a lease that runs out returns it to the queue."""

    class State(models.TextChoices):
        """Where the work stands."""

        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    kind = models.CharField(max_length=50)
    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="jobs")
    owner = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="jobs")
    state = models.CharField(max_length=20, choices=State.choices, default=State.QUEUED, db_index=True)
    progress = models.FloatField(default=0.0)
    message_en = models.CharField(max_length=500, blank=True)
    message_zh = models.CharField(max_length=500, blank=True)
    cancel_asked = models.BooleanField(default=False)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    checkpoint = models.JSONField(default=dict)  # what was reached, for the worker that goes on after a fall
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """A running job has a lease, and one job of a kind is open in a space at a time."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(state="running") | models.Q(lease_until__isnull=False), name="running_job_is_leased"
            ),
            models.UniqueConstraint(
                fields=["kind", "space"],
                condition=models.Q(state__in=["queued", "running"]),
                name="one_open_job_of_a_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def message(self) -> Text:
        """What it is doing, or how it ended."""
        return Text(self.message_en, self.message_zh)

    def is_without_worker(self, *, at: datetime) -> bool:
        """Whether its worker does not answer any more; another takes it up."""
        return self.state == self.State.RUNNING and self.lease_until is not None and self.lease_until < at

    @property
    def is_open(self) -> bool:
        """Whether it still waits or runs."""
        return self.state in (self.State.QUEUED, self.State.RUNNING)
