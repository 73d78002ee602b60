"""The list of who needs a talk, as it was worked out at a moment: a run, and what it says of each person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from yucai.texts import Text
from yucai.web.accounts.models import Account, Group, Person, Space

__all__ = ["ListCheck", "PriorityEntry", "PriorityRun", "pairs_of", "texts_of"]


def texts_of(rows: list[list[str]]) -> tuple[Text, ...]:
    """Return sentences as they are kept: English, Chinese."""
    return tuple(Text(en, zh) for en, zh in rows)


def pairs_of(texts: Iterable[Text]) -> list[list[str]]:
    """Return sentences in the form in which they are kept."""
    return [[text.en, text.zh] for text in texts]


class PriorityRun(models.Model):
    """The list of the people of one group, or of all classes, as of a day. A new run takes the place of the old one."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="priority_runs")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="priority_runs")
    as_of = models.DateField()
    scope = models.CharField(max_length=20)  # number of the group, or "all": one list of a scope and a day
    at = models.DateTimeField()
    by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    rules_version = models.CharField(max_length=20)
    last_record = models.BigIntegerField()  # what came in later is not in it
    people = models.PositiveIntegerField()  # looked at
    clear = models.PositiveIntegerField()  # of whom something is known and nothing stands out
    not_counted = models.JSONField(default=list)  # [[en, zh], ...]
    doubts = models.JSONField(default=list)  # [[en, zh], ...]: what looks wrong in the work it was counted from
    seconds = models.FloatField()

    class Meta:
        """One list of a scope and a day is there at a time."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["space", "scope", "as_of"], name="one_priority_run_of_a_day"),
        ]

    def __str__(self) -> str:
        return f"priority list of {self.scope} in {self.space_id} on {self.as_of}"


class PriorityEntry(models.Model):
    """What the list says of one person who needs a talk, or of whom too little is known to say anything."""

    class Band(models.TextChoices):
        """How soon. There is no order inside a band."""

        TALK = "talk-soon", _("talk within a fortnight")
        WATCH = "keep-in-view", _("keep in view")
        UNKNOWN = "unknown", _("too little is known")

    run = models.ForeignKey(PriorityRun, on_delete=models.CASCADE, related_name="entries")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="priority_entries")
    band = models.CharField(max_length=12, choices=Band.choices)
    reasons = models.JSONField(default=list)  # [[en, zh], ...]: sentences that can be said aloud; why nothing is said
    against = models.JSONField(default=list)  # [[en, zh], ...]: what speaks against them
    counts = models.JSONField(default=list)  # [[en, zh], ...]: what was counted
    step_en = models.CharField(max_length=500, blank=True)
    step_zh = models.CharField(max_length=500, blank=True)
    since = models.DateTimeField()  # listed without a break since then

    class Meta:
        """Everybody stands in a list once."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "person"], name="priority_entry_once")]
        indexes: ClassVar = [models.Index(fields=["run", "band"], name="priority_entry_by_band")]

    def __str__(self) -> str:
        return f"{self.band} of {self.person_id}"

    @property
    def step(self) -> Text:
        """The suggested next step."""
        return Text(self.step_en, self.step_zh)


class ListCheck(models.Model):
    """One comparison of a model with the written rules on an institution's own past, and whether the model joins.

    The newest counts. A model that drifts goes off: when, and why, is written here and never taken back; only a new
    comparison can let one join again.
    """

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="list_checks")
    at = models.DateTimeField()
    by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    rules_version = models.CharField(max_length=20)
    day = models.PositiveSmallIntegerField()  # after the start of each presentation, as of which its list was
    event = models.CharField(max_length=200)  # how it ended with those whom a list should find
    cases = models.PositiveIntegerField()
    events = models.PositiveIntegerField()
    tests = models.BooleanField()  # whether the past held enough to compare anything
    joins = models.BooleanField()
    says = models.JSONField(default=list)  # [[en, zh], ...]: precision, lead time, calibration, verdict
    model = models.TextField(blank=True)  # what was admitted; empty: none was
    seconds = models.FloatField()
    off_at = models.DateTimeField(null=True)
    off_says = models.JSONField(default=list)  # [[en, zh], ...]

    class Meta:
        """A model joins where one was admitted; what went off says why."""

        constraints: ClassVar = [
            models.CheckConstraint(
                name="list_check_whole",
                condition=(models.Q(joins=True) & ~models.Q(model="") | models.Q(joins=False, model=""))
                & (models.Q(off_at__isnull=True) | models.Q(joins=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"check of the list of {self.space_id}"
