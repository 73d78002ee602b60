"""What a learner said of suggested next steps, and that somebody refuses suggestions of their own."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from yucai.texts import Text
from yucai.web.accounts.models import Account, Person

__all__ = ["StepMark", "StepsRefusal"]


class StepMark(models.Model):
    """What a person said of one suggestion, as it read then. Never changed: the latest of a suggestion counts."""

    class State(models.TextChoices):
        """What became of a suggestion."""

        DOING = "doing", _("I am doing it")
        DONE = "done", _("done")
        NOT_FOR_ME = "not-for-me", _("not for me")
        OPEN = "open", _("open again")

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="step_marks")
    key = models.CharField(max_length=150)
    rules_version = models.CharField(max_length=20)
    title_en = models.CharField(max_length=300)
    title_zh = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=State.choices)
    said = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        """The latest of a person is looked up."""

        indexes: ClassVar = [models.Index(fields=["person", "key"], name="step_mark_of_person")]

    def __str__(self) -> str:
        return f"{self.state} of {self.person_id}"

    @property
    def title(self) -> Text:
        """What the suggestion was called, in both languages."""
        return Text(self.title_en, self.title_zh)


class StepsRefusal(models.Model):
    """That a person refuses suggestions of their own, from when until when. Nothing else depends on it."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="steps_refused")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        """One refusal goes on at a time; it ends after it began."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(until__isnull=True), name="one_refusal_of_steps_goes_on"
            ),
            models.CheckConstraint(
                condition=models.Q(until__isnull=True) | models.Q(until__gte=models.F("since")),
                name="refusal_of_steps_ends_later",
            ),
        ]

    def __str__(self) -> str:
        return f"refusal of {self.person_id}"
