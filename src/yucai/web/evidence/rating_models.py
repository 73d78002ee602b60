"""Rating rounds: the plan as it was opened, one seat for each rater and work, one mark for each criterion."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from yucai.web.accounts.models import Account, Group, Space

__all__ = ["RatingMark", "RatingRoundRecord", "RatingSeatRecord"]


class RatingRoundRecord(models.Model):
    """One round of ratings of a group's works. Its plan is never changed."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="rating_rounds")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="rating_rounds")
    name = models.CharField(max_length=100)
    rubric = models.CharField(max_length=100)
    rubric_version = models.CharField(max_length=50)
    occasion = models.CharField(max_length=50)
    plan = models.TextField()  # the JSON of the library's plan file
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="rating_rounds_opened")
    reason = models.TextField(blank=True)  # why it was opened although severities cannot be separated
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="rating_rounds_closed")

    class Meta:
        """A name names one round in a space; who closed it and when go together."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["space", "name"], name="rating_round_once_in_a_space"),
            models.CheckConstraint(
                name="rating_round_closed_whole",
                condition=models.Q(closed_at__isnull=True, closed_by__isnull=True)
                | models.Q(closed_at__isnull=False, closed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"rating round {self.pk}"

    @property
    def source(self) -> str:
        """How the ratings of this round name where they came from."""
        return f"rating-round-{self.pk}"


class RatingSeatRecord(models.Model):
    """That one account rates one work of a round: a draft until it is handed in, then never changed."""

    round = models.ForeignKey(RatingRoundRecord, on_delete=models.CASCADE, related_name="seats")
    rater = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="rating_seats")
    work = models.CharField(max_length=20)
    remark = models.TextField(blank=True)
    conflict = models.BooleanField(default=False)
    conflict_reason = models.TextField(blank=True)
    saved_at = models.DateTimeField(null=True)
    handed_in_at = models.DateTimeField(null=True)

    class Meta:
        """A rater rates a work once; a conflict of interest has its reason."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["round", "rater", "work"], name="rating_seat_once"),
            models.CheckConstraint(
                name="rating_seat_conflict_whole",
                condition=models.Q(conflict=False, conflict_reason="")
                | models.Q(conflict=True) & ~models.Q(conflict_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"seat {self.pk} of rating round {self.round_id}"


class RatingMark(models.Model):
    """The level of one criterion, or that it was not seen and is left open."""

    seat = models.ForeignKey(RatingSeatRecord, on_delete=models.CASCADE, related_name="marks")
    criterion = models.CharField(max_length=200)
    level = models.PositiveSmallIntegerField(null=True)  # 1 for the first anchor; null is left open

    class Meta:
        """A criterion is marked once on a seat, with one of five levels."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["seat", "criterion"], name="rating_mark_once"),
            models.CheckConstraint(
                name="rating_mark_is_a_level",
                condition=models.Q(level__isnull=True) | models.Q(level__gte=1, level__lte=5),
            ),
        ]

    def __str__(self) -> str:
        return f"mark {self.pk} of seat {self.seat_id}"
