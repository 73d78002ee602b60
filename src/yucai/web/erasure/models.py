"""Erasures: who asked, who confirmed, how far it is, and the sealed certificate that names nobody."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yucai.web.accounts.models import Account, Space
from yucai.web.evidence.models import DataSource

__all__ = ["PersonErasure"]


class PersonErasure(models.Model):
    """The erasure of one person, or of what a data set may keep no longer. Two accounts: one asks, one confirms.

    ``person`` is the number of a row, by which alone the audit trail knows people; it leads nowhere once the row is
    gone. ``subject`` holds, sealed, what a worker must know to go on after a fall; it is emptied at the end.
    ``told`` is the JSON of the certificate, which ``seal`` holds together with the certificate before.
    """

    class State(models.TextChoices):
        """Where it stands."""

        ASKED = "asked", _("waits for a second person")
        WITHDRAWN = "withdrawn", _("not carried out")
        RUNNING = "running", _("being carried out")
        DONE = "done", _("done, certificate sealed")

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="erasures")
    code = models.CharField(max_length=32, unique=True)
    person = models.BigIntegerField(null=True)
    source = models.ForeignKey(DataSource, null=True, on_delete=models.PROTECT, related_name="erasures")
    before = models.DateTimeField(null=True)  # of a data set: what came in before this
    reason = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    asked_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="erasures_asked")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="erasures_decided")
    decided_at = models.DateTimeField(null=True)
    backups_until = models.DateField(null=True)  # so long backups of before still hold what was erased
    done_at = models.DateTimeField(null=True)
    subject = models.TextField(blank=True)
    texts = models.TextField(blank=True)  # sealed: further texts that stand for nobody else, one a line
    told = models.TextField(blank=True)
    seal = models.CharField(max_length=64, blank=True)

    class Meta:
        """It is about one thing; who decided is known, and is another than who asked; what is done is sealed."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, source__isnull=True)
                | Q(person__isnull=True, source__isnull=False, before__isnull=False),
                name="erasure_of_one_thing",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["running", "done"])
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(decided_by=F("asked_by"))),
                name="erasure_by_two",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | (Q(done_at__isnull=False, subject="", texts="") & ~Q(seal="")),
                name="erasure_sealed_when_done",
            ),
            models.UniqueConstraint(
                fields=["person"], condition=Q(state__in=["asked", "running"]), name="erasure_of_a_person_once"
            ),
            models.UniqueConstraint(
                fields=["source"], condition=Q(state__in=["asked", "running"]), name="erasure_of_a_source_once"
            ),
        ]

    def __str__(self) -> str:
        return self.code
