"""What somebody brought along from an earlier office and what no table of this one can hold as its own."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from yucai.web.accounts.models import Person

__all__ = ["CarriedRow"]


class CarriedRow(models.Model):
    """One row of an earlier office's export: who looked there, how a work was decided there, which values it gave.

    Shown and handed on as it came, and never measured: nobody here vouches for it.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="carried")
    table = models.CharField(max_length=30)
    position = models.PositiveIntegerField()
    row = models.TextField()  # the row's JSON as it came

    class Meta:
        """Rows keep their order."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "table", "position"], name="carried_row_once")
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.position}"  # never what it says
