"""Course evaluations as they are kept: who was rated and how, by raters of whom nobody can say who they were."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from yucai.web.accounts.models import Account, Space
from yucai.web.evidence.models import DataSource

__all__ = ["TaughtCourse", "TaughtLecturer", "TeachingRating", "TeachingSurvey"]


class TeachingSurvey(models.Model):
    """One table of course evaluations, taken in whole, and what was worked out of all of it."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="teaching_surveys")
    source = models.ForeignKey(DataSource, on_delete=models.PROTECT, related_name="teaching_surveys")
    name = models.CharField(max_length=200)
    low = models.FloatField()  # ends of the scale
    high = models.FloatField()
    file_name = models.CharField(max_length=300)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    raters = models.PositiveIntegerField()
    worked_at = models.DateTimeField(null=True)  # null: nothing was worked out yet
    result = models.JSONField(default=dict)  # variance components and the like; see teaching_working
    groups = models.JSONField(default=dict)  # whether groups are rated differently; whose group was which is not kept

    class Meta:
        """The same file is taken in once."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["space", "digest"], name="teaching_survey_once"),
            models.CheckConstraint(name="teaching_scale", condition=models.Q(low__lt=models.F("high"))),
        ]

    def __str__(self) -> str:
        return self.name


class TaughtLecturer(models.Model):
    """A lecturer in one survey: the name as the file has it, the account if there is one, and what was worked out."""

    survey = models.ForeignKey(TeachingSurvey, on_delete=models.CASCADE, related_name="lecturers")
    code = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    account = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="taught")
    raters = models.PositiveIntegerField()
    figure = models.JSONField(default=dict)  # see teaching_working; no place in an order

    class Meta:
        """A number names one lecturer in a survey."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["survey", "code"], name="taught_lecturer_once")]

    def __str__(self) -> str:
        return self.code


class TaughtCourse(models.Model):
    """A course as one lecturer taught it, and how many were asked to rate it; null where the file does not say."""

    lecturer = models.ForeignKey(TaughtLecturer, on_delete=models.CASCADE, related_name="courses")
    code = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    invited = models.PositiveIntegerField(null=True)

    class Meta:
        """A lecturer teaches a course once in a survey."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["lecturer", "code"], name="taught_course_once")]

    def __str__(self) -> str:
        return self.code


class TeachingRating(models.Model):
    """One score. ``rater`` is a number drawn by lot for this survey alone; whose it is was never written down."""

    course = models.ForeignKey(TaughtCourse, on_delete=models.CASCADE, related_name="ratings")
    rater = models.PositiveIntegerField()
    score = models.FloatField()

    class Meta:
        """A rater rates a course once."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["course", "rater"], name="teaching_rating_once")]

    def __str__(self) -> str:
        return "rating"  # never the score
