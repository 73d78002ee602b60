"""Research exports: what went to whom, until when, and who is in it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from yucai.web.accounts.models import Account, Person, Space

__all__ = ["ResearchExport", "ResearchExportPerson"]


class ResearchExport(models.Model):
    """One export without names: for whom and what, on which conditions, and the sheet that went with it.

    The key of its pseudonyms lies in a file of its own outside the database, as long as the export may be used.
    """

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="research_exports")
    code = models.CharField(max_length=32, unique=True)
    recipient = models.CharField(max_length=200)
    purpose = models.TextField()
    conditions = models.TextField()
    reference = models.CharField(max_length=200)  # of the signed agreement
    until = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="research_exports")
    rows = models.PositiveIntegerField()
    people = models.PositiveIntegerField()
    sheet = models.TextField()  # JSON
    ended_at = models.DateTimeField(null=True)  # the files and the key were destroyed
    ended_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.code


class ResearchExportPerson(models.Model):
    """That somebody is in an export: so that it is known whom to tell when they withdraw or are erased."""

    export = models.ForeignKey(ResearchExport, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")

    class Meta:
        """A person is in an export once."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["export", "person"], name="research_export_person_once")
        ]

    def __str__(self) -> str:
        return f"one of {self.export_id}"
