"""Links with which somebody outside looks after one group, and nothing else."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from yucai.web.accounts.models import Account, Group

__all__ = ["OutsideLink"]


class OutsideLink(models.Model):
    """That one person outside may open one group until a day, by a link; the link has an account of its own."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="outside_link")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="outside_links")
    nonce = models.CharField(
        max_length=64
    )  # binds the signed link to this row, and to no row that gets its number later
    made_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Who took it back and when are said together; it ends after it began."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="outside_link_revoked_by_somebody",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("made_at")), name="outside_link_ends_later"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} for {self.group_id}"
