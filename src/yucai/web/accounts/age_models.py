"""What the law asks for before data of people under 18 are used: a guardian's consent, an approval of reading."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yucai.web.accounts.models import Account, Group, Person, Space
from yucai.web.accounts.purposes import Purpose

__all__ = ["GuardianConsent", "MinorApproval"]


class GuardianConsent(models.Model):
    """That a guardian of somebody under 14 consented: who, how that was shown, where the paper is, since when."""

    class Shown(models.TextChoices):
        """How the guardian showed who they are and what they want."""

        PAPER = "paper", _("signed on paper")
        IN_PERSON = "in-person", _("in person at the office")
        SERVICE = "service", _("through the school's identity service")

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="guardian_consents")
    guardian = models.CharField(max_length=100)
    shown = models.CharField(max_length=20, choices=Shown.choices)
    reference = models.CharField(max_length=200)
    given_on = models.DateField()
    recorded_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    withdrawn_on = models.DateField(null=True)
    withdrawn_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """One consent is in force at a time; that it was withdrawn has its day and who wrote it down."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(withdrawn_on__isnull=True), name="one_guardian_consent_in_force"
            ),
            models.CheckConstraint(
                name="guardian_consent_withdrawn_whole",
                condition=Q(withdrawn_on__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_on__isnull=False, withdrawn_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"guardian's consent {self.pk}"  # never who


class MinorApproval(models.Model):
    """That an account, or everybody of a role, may read of people under 18: whose, for what, until when."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="minor_approvals")
    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="minor_approvals")
    role = models.CharField(max_length=20, blank=True, choices=Account.Role.choices)
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="minor_approvals")  # null: all
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    reason = models.CharField(max_length=300)
    until = models.DateField()
    approved_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """It is for one account or one role; nobody approves for themself; its end has who and when."""

        constraints: ClassVar = [
            models.CheckConstraint(
                name="minor_approval_for_somebody",
                condition=Q(account__isnull=True) & ~Q(role="") | Q(account__isnull=False, role=""),
            ),
            models.CheckConstraint(
                name="minor_approval_not_for_oneself",
                condition=Q(account__isnull=True) | ~Q(account=models.F("approved_by")),
            ),
            models.CheckConstraint(
                name="minor_approval_ended_whole",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"approval {self.pk}"
