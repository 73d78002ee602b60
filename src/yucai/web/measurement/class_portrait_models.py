"""The portraits of a class as one file: who asked, how, whom it holds, and until when it lies here."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from yucai.web.accounts.models import Account, Group

__all__ = ["ClassPortraits"]


class ClassPortraits(models.Model):
    """One file of portraits that somebody asked for. It lies in the workspace for a day, for that account alone.

    ``people`` are the numbers of whom it holds, ``left_out`` how many of the class it leaves out because of their age.
    """

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="class_portraits")
    asked_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="class_portraits")
    asked_at = models.DateTimeField()
    language = models.CharField(max_length=10)
    occasion = models.CharField(max_length=50, blank=True)
    chart = models.CharField(max_length=10)
    talent_type = models.CharField(max_length=100, blank=True)
    people = models.JSONField(default=list)
    left_out = models.PositiveIntegerField(default=0)
    file = models.CharField(max_length=100, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    made_at = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)

    class Meta:
        """A file that was made has a name and a size."""

        constraints: ClassVar = [
            models.CheckConstraint(
                name="class_portraits_made_whole",
                condition=models.Q(made_at__isnull=True, file="", size_bytes=0)
                | models.Q(made_at__isnull=False) & ~models.Q(file="") & models.Q(size_bytes__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"class portraits {self.pk}"

    @property
    def job_kind(self) -> str:
        """How the job that makes it is called: by its own number and that of its group."""
        return f"portraits:{self.pk}-{self.group_id}"
