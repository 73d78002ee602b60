"""Questions with their options, as a file of a question bank brought them, and the option behind a score."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Exists, OuterRef

from yucai.evidence import BankQuestion, QuestionOption
from yucai.texts import Text
from yucai.web.accounts.models import Space
from yucai.web.evidence.models import EvidenceRecord, Import, Item

__all__ = ["ChosenOption", "Question"]


class QuestionQuerySet(models.QuerySet["Question"]):
    """Words for reading questions."""

    def current(self, space: Space) -> QuestionQuerySet:
        """The newest version of each question of a space whose file is neither corrected nor undone."""
        later = Question.objects.filter(item=OuterRef("item"), came_with__current=True, pk__gt=OuterRef("pk"))
        return self.filter(~Exists(later), item__space=space, came_with__current=True)


class Question(models.Model):
    """One version of a question. It is never changed: a corrected file brings another version."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="questions")
    came_with = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="questions")
    stem_en = models.TextField()
    stem_zh = models.TextField()
    options = models.JSONField()  # [[letter, English, Chinese], ...]
    key = models.CharField(max_length=1)
    area = models.CharField(max_length=100, blank=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        """A file brings one version of a question."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["came_with", "item"], name="question_once_in_a_file"),
        ]

    def __str__(self) -> str:
        return f"question {self.pk}"

    @property
    def text(self) -> BankQuestion:
        """The question as the library knows it."""
        return BankQuestion(
            item=self.item.code,
            stem=Text(self.stem_en, self.stem_zh),
            options=tuple(QuestionOption(letter=letter, text=Text(en, zh)) for letter, en, zh in self.options),
            key=self.key,
            area=self.area,
        )


class ChosenOption(models.Model):
    """Which option of which version of a question is behind a score."""

    record = models.OneToOneField(EvidenceRecord, on_delete=models.CASCADE, related_name="chosen")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="chosen")
    option = models.CharField(max_length=1)

    def __str__(self) -> str:
        return f"option of record {self.record_id}"
