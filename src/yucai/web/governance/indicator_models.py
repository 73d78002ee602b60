"""Indicators of an institution: who answers for each and its target, and every value that was filled in or worked out.

Rows are added, never changed, but for one thing: the second signature, which is set once.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from yucai.governance import WhyEmpty
from yucai.web.accounts.models import Account, Space

__all__ = ["IndicatorEntry", "IndicatorPlan"]


class IndicatorPlan(models.Model):
    """Who fills an indicator in, who audits it, and what is aimed at in a year; the newest row of a year counts."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="indicator_plans")
    indicator = models.CharField(max_length=60)
    year = models.PositiveSmallIntegerField()
    target = models.FloatField(null=True)
    recorder = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="indicators_to_fill")
    auditor = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="indicators_to_audit")
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """Recorder and auditor are two people."""

        indexes: ClassVar = [models.Index(fields=["space", "year", "indicator"], name="indicator_plan_by_year")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="indicator_two_people",
                condition=models.Q(recorder__isnull=True)
                | models.Q(auditor__isnull=True)
                | ~models.Q(recorder=models.F("auditor")),
            ),
        ]

    def __str__(self) -> str:
        return f"plan of {self.indicator} in {self.year}"


class IndicatorEntry(models.Model):
    """One version of one indicator in one year: the figures behind it, the value, where they come from, and who signed.

    Filling in is the first signature, ``by``. The second locks the version; a correction is a new one beside it.
    """

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="indicator_entries")
    indicator = models.CharField(max_length=60)
    definition = models.CharField(max_length=20)  # the version of the definition
    year = models.PositiveSmallIntegerField()
    version = models.PositiveSmallIntegerField()
    counts = models.JSONField(default=dict)  # figure -> number; what is not in it is not recorded
    on_record = models.JSONField(default=list)  # which of these figures the records gave
    value = models.FloatField(null=True)
    why = models.CharField(max_length=20, blank=True, choices=[(why.value, why.value) for why in WhyEmpty])
    source = models.CharField(max_length=300)
    as_of = models.DateField()
    reason = models.CharField(max_length=500, blank=True)  # why the version before is corrected
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="indicators_filled")
    at = models.DateTimeField()
    signed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="indicators_signed")
    signed_at = models.DateTimeField(null=True)

    class Meta:
        """A version once; a value or why there is none; the second signature is another person's, with its time."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["space", "indicator", "year", "version"], name="indicator_version_once"),
            models.CheckConstraint(
                name="indicator_value_or_why",
                condition=models.Q(value__isnull=False, why="") | models.Q(value__isnull=True) & ~models.Q(why=""),
            ),
            models.CheckConstraint(
                name="indicator_signed_by_another",
                condition=models.Q(signed_by__isnull=True, signed_at__isnull=True)
                | models.Q(signed_by__isnull=False, signed_at__isnull=False) & ~models.Q(signed_by=models.F("by")),
            ),
            models.CheckConstraint(
                name="indicator_correction_has_reason", condition=models.Q(version=1) | ~models.Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} in {self.year}, version {self.version}"
