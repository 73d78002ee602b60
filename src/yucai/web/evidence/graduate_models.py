"""The table of graduates: where somebody was, so many years after graduation, as a list of the office says."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from yucai.evidence import FOLLOW_UPS, DestinationKind
from yucai.web.accounts.models import Person
from yucai.web.evidence.models import Import

__all__ = ["GraduateRecord"]


class GraduateRecord(models.Model):
    """Where one graduate was at one time. It counts while its import is current; purpose and ground are its source's.

    No employer and no post is kept: the chain counts kinds of destinations and industries.
    """

    came_with = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="graduates")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="graduations")
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in DestinationKind])
    industry = models.CharField(max_length=100, blank=True)
    graduated_on = models.DateField(null=True)  # null: not on record, so the chain cannot place it
    after = models.PositiveSmallIntegerField(default=0)  # years after graduation

    class Meta:
        """A list says once where somebody was at a time; followed up at fixed times alone."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["came_with", "person", "after"], name="graduate_once_in_a_list"),
            models.CheckConstraint(name="graduate_followed_up", condition=models.Q(after__in=FOLLOW_UPS)),
        ]

    def __str__(self) -> str:
        return f"graduate record {self.pk}"
