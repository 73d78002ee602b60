"""What somebody who teaches wrote to a learner: kept after reading, sent by a person, withdrawn with a reason."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from yucai.web.accounts.models import Account, Group, Person

__all__ = ["StudentComment"]


class StudentComment(models.Model):
    """One comment. ``draft`` is what the rule proposed, ``said`` what the author kept; once sent it never changes."""

    class Language(models.TextChoices):
        """The language it is written in: the choice of the author."""

        ZH = "zh", "中文"
        EN = "en", "English"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="comments")
    group = models.ForeignKey(Group, null=True, on_delete=models.SET_NULL, related_name="comments")
    occasion = models.CharField(max_length=50, blank=True)
    language = models.CharField(max_length=2, choices=Language.choices)
    draft = models.TextField(blank=True)  # empty: written without one
    said = models.TextField()
    rules_version = models.CharField(max_length=20, blank=True)
    computed_at = models.DateTimeField(null=True)  # of the calibration that the draft rests on
    author = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="comments_written")
    kept_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)

    class Meta:
        """What was sent is withdrawn by somebody and with a reason; an author keeps one at a time for a person."""

        indexes: ClassVar = [models.Index(fields=["person", "sent_at"], name="comment_of_person")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="comment_withdrawn_whole",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, reason="")
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False, sent_at__isnull=False) & ~Q(reason=""),
            ),
            models.UniqueConstraint(
                fields=["person", "author"], condition=Q(sent_at__isnull=True), name="one_comment_kept_at_a_time"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"comment {self.pk}"

    @property
    def as_drafted(self) -> bool:
        """Whether the author changed nothing of the draft."""
        return bool(self.draft) and self.said.split() == self.draft.split()
