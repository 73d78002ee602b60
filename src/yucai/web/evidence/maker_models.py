"""The tables of who made a work together: works that files brought, and the people named as makers of any work."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from yucai.evidence import WorkKind
from yucai.web.accounts.models import Person
from yucai.web.evidence.models import Import, OwnWork

__all__ = ["ImportedWork", "WorkMaker"]


class ImportedWork(models.Model):
    """One work of an imported table of projects, awards or papers. It counts while its import is current."""

    came_with = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="works")
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in WorkKind])
    title = models.CharField(max_length=300)
    done_on = models.DateField(null=True)  # null: the table gives no day, so it belongs to no year
    size = models.PositiveSmallIntegerField()  # all whom the row names, told or not; an erasure does not change it
    whole = models.BooleanField()  # whether all who made it were told when it came

    class Meta:
        """A work is made by somebody."""

        constraints: ClassVar = [
            models.CheckConstraint(name="imported_work_of_somebody", condition=models.Q(size__gte=1))
        ]

    def __str__(self) -> str:
        return f"imported work {self.pk}"  # never the title


class WorkMaker(models.Model):
    """That somebody is named as having made a work, and what they say to that.

    Of an own work only the others are named: whose it is stands in the work itself.
    """

    class State(models.TextChoices):
        """What the person says."""

        NAMED = "named", _("named, nothing said to it yet")
        AGREED = "agreed", _("says: I took part")
        DECLINED = "declined", _("says: I took no part")

    own = models.ForeignKey(OwnWork, null=True, on_delete=models.CASCADE, related_name="makers")
    imported = models.ForeignKey(ImportedWork, null=True, on_delete=models.CASCADE, related_name="makers")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="made")
    state = models.CharField(max_length=10, choices=State.choices, default=State.NAMED)
    named_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        """A maker is named once, of one work, and an answer has its time."""

        constraints: ClassVar = [
            models.CheckConstraint(
                name="maker_of_one_work",
                condition=models.Q(own__isnull=False, imported__isnull=True)
                | models.Q(own__isnull=True, imported__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["own", "person"], condition=models.Q(own__isnull=False), name="maker_once_of_an_own_work"
            ),
            models.UniqueConstraint(
                fields=["imported", "person"], condition=models.Q(imported__isnull=False), name="maker_once_of_a_row"
            ),
            models.CheckConstraint(
                name="maker_answer_has_its_time",
                condition=models.Q(state="named", answered_at__isnull=True)
                | models.Q(state__in=["agreed", "declined"], answered_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"maker {self.pk}"
