"""Adaptive tests: bank and plan as they were opened, a sitting for each person, each answer once, and who did what."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from yucai.web.accounts.models import Account, Group, Person, Space
from yucai.web.evidence.models import EvidenceRecord, Import
from yucai.web.evidence.question_models import Question
from yucai.web.measurement.models import CalibrationRun

__all__ = ["AdaptiveAnswer", "AdaptiveEvent", "AdaptiveSitting", "AdaptiveTestRecord"]


class AdaptiveTestRecord(models.Model):
    """One adaptive test of a group. Bank, plan and versions of the questions are never changed once it is open."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="adaptive_tests")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="adaptive_tests")
    name = models.CharField(max_length=100)
    occasion = models.CharField(max_length=50)
    calibration = models.ForeignKey(CalibrationRun, on_delete=models.PROTECT, related_name="adaptive_tests")
    test = models.TextField()  # the JSON of the library: bank and plan
    fingerprint = models.CharField(max_length=16)
    questions = models.JSONField()  # item -> number of the version of its question
    fresh_only = models.BooleanField()  # nobody is asked what they answered before, in whatever term
    seed = models.BigIntegerField()
    came_with = models.OneToOneField(Import, on_delete=models.PROTECT, related_name="adaptive_test")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="adaptive_tests_opened")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="adaptive_tests_closed")

    class Meta:
        """A name names one test in a space; who closed it and when go together."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["space", "name"], name="adaptive_test_once_in_a_space"),
            models.CheckConstraint(
                name="adaptive_test_closed_whole",
                condition=models.Q(closed_at__isnull=True, closed_by__isnull=True)
                | models.Q(closed_at__isnull=False, closed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"adaptive test {self.pk}"


class AdaptiveSitting(models.Model):
    """One person's test: what waits for an answer and what was answered, as the library keeps a session.

    ``kept`` saves working the answers through at every step; from the answers and the seed it can be made anew.
    """

    test = models.ForeignKey(AdaptiveTestRecord, on_delete=models.PROTECT, related_name="sittings")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="adaptive_sittings")
    kept = models.TextField(blank=True)
    kept_away = models.JSONField(default=list)  # items that this person is not asked: answered before
    n_answers = models.PositiveSmallIntegerField(default=0)
    asked = models.CharField(max_length=200, blank=True)
    began_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    why_ended = models.CharField(max_length=10, blank=True)

    class Meta:
        """A person sits a test once; an end has its reason; a question waits only while it goes on."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["test", "person"], name="adaptive_sitting_once"),
            models.CheckConstraint(
                name="adaptive_sitting_whole",
                condition=models.Q(began_at__isnull=True, ended_at__isnull=True, n_answers=0, asked="", why_ended="")
                | (models.Q(began_at__isnull=False, ended_at__isnull=True, why_ended="") & ~models.Q(asked=""))
                | (models.Q(began_at__isnull=False, ended_at__isnull=False, asked="") & ~models.Q(why_ended="")),
            ),
        ]

    def __str__(self) -> str:
        return f"sitting {self.pk} of adaptive test {self.test_id}"


class AdaptiveAnswer(models.Model):
    """One answer: the first one counts, and none is changed. ``record`` is the evidence it became."""

    sitting = models.ForeignKey(AdaptiveSitting, on_delete=models.CASCADE, related_name="answers")
    number = models.PositiveSmallIntegerField()  # 1 for the first question of the sitting
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="adaptive_answers")
    option = models.CharField(max_length=1)
    level = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    record = models.OneToOneField(
        EvidenceRecord, null=True, on_delete=models.SET_NULL, related_name="adaptive_answer"
    )  # null: the same response was recorded from elsewhere, or the answers were taken back

    class Meta:
        """A sitting has one answer of a number, and asks a question once."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sitting", "number"], name="adaptive_answer_once"),
            models.UniqueConstraint(fields=["sitting", "question"], name="adaptive_question_once"),
        ]

    def __str__(self) -> str:
        return f"answer {self.number} of sitting {self.sitting_id}"


class AdaptiveEvent(models.Model):
    """What was done with a test, by whom and when; written with the deed, never changed."""

    class Kind(models.TextChoices):
        """What can be done with a test."""

        OPENED = "opened"
        BEGUN = "begun"
        ANSWERED = "answered"
        ENDED = "ended"
        CLOSED = "closed"

    test = models.ForeignKey(AdaptiveTestRecord, on_delete=models.PROTECT, related_name="events")
    sitting = models.ForeignKey(AdaptiveSitting, null=True, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="adaptive_events")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M}"
