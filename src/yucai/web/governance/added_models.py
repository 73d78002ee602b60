"""Value added as it was worked out: of which scores, and what was found of each group. No score of anybody is here."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from yucai.web.accounts.models import Account, Group, Space

__all__ = ["AddedGroup", "AddedRun"]


class AddedRun(models.Model):
    """A score now set against earlier ones, for the groups of one kind."""

    class Kind(models.TextChoices):
        """What the groups are."""

        CLASS = "class", _("classes")
        PRESENTATION = "presentation", _("course sections")
        COHORT = "cohort", _("entry years")
        PROGRAMME = "programme", _("programmes")

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="added_runs")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    now = models.JSONField()  # {"item": number, "occasion": ..., "name": [en, zh]}
    prior = models.JSONField()  # one or two of the same
    lowest = models.FloatField()  # of the range of reliabilities
    highest = models.FloatField()
    at = models.DateTimeField()
    by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    result = models.JSONField(default=dict)  # see added_working

    class Meta:
        """A reliability lies between 0 and 1."""

        constraints: ClassVar = [
            models.CheckConstraint(
                name="added_run_range",
                condition=models.Q(lowest__gt=0, highest__lte=1, lowest__lte=models.F("highest")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.space_id}, {self.at:%Y-%m-%d}"


class AddedGroup(models.Model):
    """A group in a run: how many of it were compared, and what was found."""

    run = models.ForeignKey(AddedRun, on_delete=models.CASCADE, related_name="groups")
    group = models.ForeignKey(Group, null=True, on_delete=models.SET_NULL, related_name="added")
    code = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200)
    people = models.PositiveIntegerField()
    figure = models.JSONField(default=dict)  # see added_working; no place in an order

    class Meta:
        """A group stands in a run once."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "code"], name="added_group_once")]

    def __str__(self) -> str:
        return self.code
