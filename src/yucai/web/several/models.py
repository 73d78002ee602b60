"""Acts on several rows at once: what was done to which, what was left and why, and what was taken back."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from yucai.texts import Text
from yucai.web.accounts.models import Account

__all__ = ["SeveralAct", "SeveralMember"]


class SeveralAct(models.Model):
    """One press of somebody that did one thing to several rows. Rows stand as numbers; the trail has a note of each."""

    kind = models.CharField(max_length=30)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        """The acts of an account are listed; nothing is taken back before it was done."""

        indexes: ClassVar = [models.Index(fields=["by", "at"], name="several_by_account")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(undone_at__isnull=True) | models.Q(undone_at__gte=models.F("at")),
                name="several_undone_later",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class SeveralMember(models.Model):
    """One row of an act: done, or left for a reason; and whether that was taken back, or why not."""

    class Back(models.TextChoices):
        """What became of it when the act was taken back."""

        NOT_YET = "", ""
        UNDONE = "undone", "undone"
        LEFT = "left", "left"

    act = models.ForeignKey(SeveralAct, on_delete=models.CASCADE, related_name="members")
    number = models.BigIntegerField()  # of an account, a link, a work
    done = models.BooleanField()
    position = models.BigIntegerField(null=True)  # of its note in the trail
    back = models.CharField(max_length=10, blank=True, choices=Back.choices)
    why_en = models.TextField(blank=True)  # it was left, or could not be taken back
    why_zh = models.TextField(blank=True)

    class Meta:
        """A row is in an act once; only what was done is taken back; what is left has a reason."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["act", "number"], name="several_row_once"),
            models.CheckConstraint(
                condition=models.Q(done=True, position__isnull=False)
                | models.Q(done=False, position__isnull=True, back="") & ~models.Q(why_en=""),
                name="several_row_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.act_id}"

    @property
    def why(self) -> Text:
        """Why it was left, or could not be taken back."""
        return Text(self.why_en, self.why_zh)
