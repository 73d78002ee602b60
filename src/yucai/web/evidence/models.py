"""Where evidence came from, what was done, and every record with its source."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from yucai.texts import Text
from yucai.web.accounts.models import Person, Space

__all__ = ["DataSource", "EvidenceRecord", "Import", "Item", "LakeFile"]


class DataSource(models.Model):
    """One stream of evidence, with what the law asks to know about it."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="sources")
    code = models.SlugField(max_length=100)
    name_en = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200)
    purpose = models.CharField(max_length=300)
    legal_basis = models.CharField(max_length=300)
    owner = models.CharField(max_length=200)
    licence = models.CharField(max_length=100, blank=True)

    class Meta:
        """One code names one source in a space."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["space", "code"], name="source_once_in_a_space")]

    def __str__(self) -> str:
        return self.code

    @property
    def name(self) -> Text:
        """The name to show, in both languages."""
        return Text(self.name_en, self.name_zh)


class Import(models.Model):
    """One file, or one table, taken in whole."""

    source = models.ForeignKey(DataSource, on_delete=models.PROTECT, related_name="imports")
    file_name = models.CharField(max_length=300)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    kept = models.PositiveIntegerField()
    refused = models.PositiveIntegerField(default=0)

    class Meta:
        """The same file goes in once."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "digest"], name="same_file_once")]

    def __str__(self) -> str:
        return self.file_name


class Item(models.Model):
    """Something that can be done and scored: an exam, a task, a criterion of a rubric, a question."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="items")
    code = models.CharField(max_length=200)
    name_en = models.CharField(max_length=300)
    name_zh = models.CharField(max_length=300)
    kind = models.CharField(max_length=30)
    occasion = models.CharField(max_length=50, blank=True)
    due_day = models.IntegerField(null=True, help_text=_("day after the start of the presentation"))
    weight = models.FloatField(null=True, help_text=_("per cent of the final mark"))

    class Meta:
        """One code names one item in a space."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["space", "code"], name="item_once_in_a_space")]

    def __str__(self) -> str:
        return self.code

    @property
    def name(self) -> Text:
        """The name to show, in both languages."""
        return Text(self.name_en, self.name_zh)


class EvidenceRecord(models.Model):
    """One response: a score of a person on an item, by a rater or none, with its source. Never changed."""

    id = models.BigAutoField(primary_key=True)
    came_with = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="records")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="evidence")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="evidence")
    rater = models.CharField(max_length=100, blank=True)
    occasion = models.CharField(max_length=50, blank=True)
    score = models.FloatField()
    max_score = models.FloatField()
    at = models.DateTimeField(null=True)
    source_file = models.CharField(max_length=300, blank=True)
    source_sheet = models.CharField(max_length=200, blank=True)
    source_row = models.PositiveIntegerField(null=True)

    class Meta:
        """The same person, item, rater and occasion once; a score lies on its scale."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "item", "rater", "occasion"], name="response_once"),
            models.CheckConstraint(
                condition=models.Q(score__gte=0) & models.Q(score__lte=models.F("max_score")), name="score_on_its_scale"
            ),
        ]

    def __str__(self) -> str:
        return f"record {self.pk}"


class LakeFile(models.Model):
    """The manifest: which Parquet files make up the lake. What is not listed here is not read."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="lake_files")
    path = models.CharField(max_length=300, unique=True)
    rows = models.PositiveIntegerField()
    first_record = models.BigIntegerField()
    last_record = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    schema_version = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.path
