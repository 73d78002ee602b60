"""What left in the aggregate, and the rules by which it may."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from yucai.web.accounts.models import Account, Person, Space

__all__ = ["ReleaseRule", "ReleasedPerson", "ReleasedTable"]


class ReleaseRule(models.Model):
    """One value of a rule of release: from which day it holds in a space, and who decided it. Never changed."""

    class Rule(models.TextChoices):
        """What a space may set itself; the other rules are the library's."""

        MIN_CELL = "min_cell", _("people behind a number, at least")
        MIN_SPREAD = "min_spread", _("people behind a spread, at least")

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="release_rules")
    rule = models.CharField(max_length=20, choices=Rule.choices)
    starts = models.DateField()
    value = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=300)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """A rule protects nobody below three people, and names its source."""

        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(value__gte=3), name="release_rule_protects"),
            models.CheckConstraint(condition=~models.Q(source=""), name="release_rule_has_source"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.value} from {self.starts}"


class ReleasedTable(models.Model):
    """One table that left, to whom and when, and which of its cells were shown: later ones are set against it."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="released_tables")
    audience = models.CharField(max_length=50)
    code = models.CharField(max_length=200)
    at = models.DateTimeField()
    mark = models.UUIDField(default=uuid4, unique=True)
    definition = models.JSONField()  # axes, measures, rules, and the numbers of the cells that were shown

    class Meta:
        """Read by audience, in the order in which they left."""

        indexes: ClassVar = [models.Index(fields=["space", "audience"], name="released_to")]

    def __str__(self) -> str:
        return f"{self.code} to {self.audience}"


class ReleasedPerson(models.Model):
    """In which base cell of a released table somebody stood, with what values.

    Who is erased stays as somebody unknown: without them the sums that left would not add up to what is set against.
    """

    id = models.BigAutoField(primary_key=True)
    table = models.ForeignKey(ReleasedTable, on_delete=models.CASCADE, related_name="people")
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    base = models.PositiveIntegerField()
    values = models.JSONField()  # of each measure in turn; null where they have none

    def __str__(self) -> str:
        return f"one of {self.table_id}"
