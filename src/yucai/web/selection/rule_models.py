"""Rules for entry and exit as an institution keeps them, their runs on records, and what a run says of each person.

A run is a simulation: nothing here is a decision, and nothing reads it but the pages of the rule.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from yucai.texts import Text
from yucai.web.accounts.models import Account, Group, Person, Space

__all__ = ["SelectionEntry", "SelectionRule", "SelectionRun"]


class SelectionRule(models.Model):
    """One version of a rule. A change is a new version; what a run rested on stays as it was."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="selection_rules")
    code = models.SlugField(max_length=50)
    version = models.PositiveSmallIntegerField(default=1)
    title_en = models.CharField(max_length=300)
    title_zh = models.CharField(max_length=300)
    text = models.TextField()  # the file of the rule, from which everything else is read
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        """A version of a rule is there once."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["space", "code", "version"], name="selection_rule_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"

    @property
    def title(self) -> Text:
        """What the rule is called."""
        return Text(self.title_en, self.title_zh)


class SelectionRun(models.Model):
    """A rule run on the records of some people as of a day. ``at`` is None until it is worked out."""

    rule = models.ForeignKey(SelectionRule, on_delete=models.PROTECT, related_name="runs")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="selection_runs")  # None: all
    as_of = models.DateField()
    known = models.BooleanField(default=False)  # only what was on record by the day, and not all that lay before it
    asked_at = models.DateTimeField()
    by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(null=True)
    inputs = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    people = models.PositiveIntegerField(default=0)
    lines = models.JSONField(default=list)  # of each named group: group, n, k, exact, spared, en, zh
    notes = models.JSONField(default=list)  # [[en, zh], ...]
    tried = models.PositiveIntegerField(default=0)  # small changes, to see whose outcome hangs on one
    seconds = models.FloatField(default=0)
    compared_at = models.DateTimeField(null=True)
    compared_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    compared_file = models.CharField(max_length=120, blank=True)
    compared = models.JSONField(default=list)  # [[en, zh], ...]: how the list and the rule agree
    strangers = models.PositiveIntegerField(default=0)  # numbers of the list of nobody whom the rule looked at

    class Meta:
        """What is worked out says from what."""

        constraints: ClassVar = [
            models.CheckConstraint(
                name="selection_run_whole",
                condition=models.Q(at__isnull=True, digest="") | models.Q(at__isnull=False) & ~models.Q(digest=""),
            )
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.rule_id}"


class SelectionEntry(models.Model):
    """What a run says of one person. Until it is worked out there are only those with a flag, entered by hand."""

    class Outcome(models.TextChoices):
        """What the rule says; the words of the page hang on whether it is about entry or exit."""

        PROPOSED = "proposed", _("proposed")
        EXEMPT = "exempt", _("exempt")
        EDGE = "edge", _("at the line")
        UNKNOWN = "unknown", _("cannot tell")
        NOT_PROPOSED = "not-proposed", _("not proposed")

    run = models.ForeignKey(SelectionRun, on_delete=models.CASCADE, related_name="entries")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="selection_entries")
    flagged = models.BooleanField(default=False)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, default=Outcome.UNKNOWN)
    group = models.CharField(max_length=200, blank=True)
    measure = models.FloatField(null=True)
    place = models.PositiveIntegerField(null=True)
    ahead = models.PositiveIntegerField(default=0)
    tied = models.PositiveIntegerField(default=0)
    by_place = models.BooleanField(null=True)
    reasons = models.JSONField(default=list)  # each of these: [[en, zh], ...]
    change = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    missing = models.JSONField(default=list)
    evidence = models.JSONField(default=list)
    unverified = models.JSONField(default=list)
    edge = models.JSONField(default=list)  # how the outcome hangs on little
    edge_share = models.FloatField(null=True)
    on_list = models.BooleanField(null=True)  # of the real list that the run was held against
    difference = models.JSONField(default=list)  # [en, zh]: why the list says otherwise

    class Meta:
        """Everybody stands in a run once."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "person"], name="selection_entry_once")]
        indexes: ClassVar = [models.Index(fields=["run", "outcome"], name="selection_entry_by_outcome")]

    def __str__(self) -> str:
        return f"{self.outcome} of {self.person_id}"
