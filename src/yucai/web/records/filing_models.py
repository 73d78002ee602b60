"""How far a file of statements has been taken into a store, so that a fall in the middle costs nothing."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from yucai.web.records.models import RecordStore

__all__ = ["StatementFile"]


class StatementFile(models.Model):
    """One file on its way into one store, known by its content and by whose authority it comes in under."""

    store = models.ForeignKey(RecordStore, on_delete=models.CASCADE, related_name="+")
    sha256 = models.CharField(max_length=64)
    as_key = models.CharField(max_length=64, blank=True)  # of a credential; empty: each statement keeps its own
    n_done = models.BigIntegerField(default=0)  # places of the file that are done
    n_new = models.BigIntegerField(default=0)
    n_known = models.BigIntegerField(default=0)
    n_refused = models.BigIntegerField(default=0)
    refused_list = models.TextField()  # the file that names refused lines
    refused_bytes = models.BigIntegerField(default=0)  # of that list that belong to what is done
    began_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """A file goes into a store once at a time."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "sha256", "as_key"], name="statement_file_once_in_a_store")
        ]

    def __str__(self) -> str:
        return self.sha256[:12]
