"""The files of the lake, one line each."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from yucai.web.accounts.models import Space

__all__ = ["LakeFile"]


class LakeFileQuerySet(models.QuerySet["LakeFile"]):
    """Words for reading the manifest: responses and statements are never asked for together."""

    def of_responses(self, space: Space) -> LakeFileQuerySet:
        """The files of the responses of a space, in the order of their records."""
        return self.filter(space=space, store__isnull=True).order_by("first_record")

    def of_statements(self, store: int) -> LakeFileQuerySet:
        """The files of the statements of the record store of this number, in the order of storing."""
        return self.filter(store_id=store).order_by("first_record")


class LakeFile(models.Model):
    """The manifest: which Parquet files make up the lake. What is not listed here is not read.

    ``store`` is the record store whose statements a file holds; without one it holds responses of the space.
    """

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="lake_files")
    store = models.ForeignKey("web.RecordStore", null=True, on_delete=models.PROTECT, related_name="lake_files")
    path = models.CharField(max_length=300, unique=True)
    period = models.CharField(max_length=40)
    rows = models.PositiveIntegerField()
    first_record = models.BigIntegerField()
    last_record = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    schema_version = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    objects = LakeFileQuerySet.as_manager()

    class Meta:
        """A file holds something, and its first row comes first."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(rows__gte=1) & models.Q(first_record__lte=models.F("last_record")),
                name="lake_file_holds_something",
            )
        ]

    def __str__(self) -> str:
        return self.path
