"""Attainment in the database: maps by version, a course as a class took it, scores, results that are locked."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yucai.governance import CourseMap, ProgrammeMap, map_from_json, programme_from_json
from yucai.web.accounts.models import Account, Group, Person, Space

__all__ = [
    "AttainmentAction",
    "AttainmentMap",
    "AttainmentProgramme",
    "AttainmentRun",
    "AttainmentScores",
    "AttainmentTicket",
    "AttainmentVersion",
]


class AttainmentMap(models.Model):
    """One version of the map of a course. A change is a new version; what was worked out names the one it rests on."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="attainment_maps")
    course = models.CharField(max_length=50)
    name = models.CharField(max_length=200, blank=True)
    number = models.PositiveIntegerField()
    content = models.TextField()  # as map_to_json writes it
    digest = models.CharField(max_length=64)
    file_name = models.CharField(max_length=255, blank=True)
    by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """A version of a course is there once."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["space", "course", "number"], name="attainment_map_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.course} v{self.number}"

    @property
    def map(self) -> CourseMap:
        """The map itself."""
        return map_from_json(self.content)


class AttainmentProgramme(models.Model):
    """One version of the map of a programme: which course supports which indicator point."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="attainment_programmes")
    programme = models.CharField(max_length=200)
    number = models.PositiveIntegerField()
    content = models.TextField()
    digest = models.CharField(max_length=64)
    file_name = models.CharField(max_length=255, blank=True)
    by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """A version of a programme is there once."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["space", "programme", "number"], name="attainment_programme_once"),
        ]

    def __str__(self) -> str:
        return f"{self.programme} v{self.number}"

    @property
    def map(self) -> ProgrammeMap:
        """The map itself."""
        return programme_from_json(self.content)


class AttainmentRun(models.Model):
    """One course as one class took it in one term: what is filled in, on the way to a result."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="attainment_runs")
    map = models.ForeignKey(AttainmentMap, on_delete=models.PROTECT, related_name="runs")
    course = models.CharField(max_length=50)
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="attainment_runs")
    term = models.CharField(max_length=50)
    opened_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    opened_at = models.DateTimeField()
    scores_from = models.CharField(max_length=255, blank=True)  # file, or the records
    scores_at = models.DateTimeField(null=True)
    survey = models.JSONField(null=True)  # {"asked": n, "answers": {objective: [counts]}}; no names
    combination = models.JSONField(null=True)  # {"name": ..., "direct": ..., "indirect": ...}
    analysis = models.TextField(blank=True)
    filled_in_by = models.JSONField(default=list)  # accounts that entered scores, survey or analysis, ever

    class Meta:
        """A class takes a course in a term once."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group", "course", "term"], name="attainment_run_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["space", "course", "term"], name="attainment_run_by_course")]

    def __str__(self) -> str:
        return f"{self.course} {self.term}"


class AttainmentScores(models.Model):
    """What one student scored in the parts of a course's assessment, and where a state stands instead."""

    run = models.ForeignKey(AttainmentRun, on_delete=models.CASCADE, related_name="scores")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="attainment_scores")
    scores = models.JSONField(default=dict)  # {part: score}
    states = models.JSONField(default=dict)  # {part: state}

    class Meta:
        """A student stands in a course once."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "person"], name="attainment_scores_once")]

    def __str__(self) -> str:
        return f"scores of {self.person_id} in {self.run_id}"


class AttainmentTicket(models.Model):
    """That a locked result is to be corrected, and why. The version that follows names the one it corrects."""

    run = models.ForeignKey(AttainmentRun, on_delete=models.CASCADE, related_name="tickets")
    corrects = models.PositiveIntegerField()  # number of the version
    reason = models.TextField()
    opened_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        """One ticket of a course is open at a time."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["run"], condition=Q(closed_at__isnull=True), name="attainment_one_open_ticket"
            ),
        ]

    def __str__(self) -> str:
        return f"correction of {self.run_id} v{self.corrects}"


class AttainmentVersion(models.Model):
    """A result as it was handed in. It holds no student. Two people stand behind it once it is locked."""

    class State(models.TextChoices):
        """How far it is."""

        HANDED_IN = "handed-in", _("handed in, to be checked")
        LOCKED = "locked", _("checked and locked")
        RETURNED = "returned", _("returned")

    run = models.ForeignKey(AttainmentRun, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.TextField()  # as attainment_to_json writes it
    analysis = models.TextField(blank=True)
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.HANDED_IN)
    entered_by = models.JSONField(default=list)  # the accounts that entered what is in it: none of them may check it
    filled_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    filled_at = models.DateTimeField()
    checked_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    checked_at = models.DateTimeField(null=True)
    remark = models.TextField(blank=True)  # of who checked
    ticket = models.OneToOneField(AttainmentTicket, null=True, on_delete=models.PROTECT, related_name="version")

    class Meta:
        """Nobody checks what they filled in; what is checked says when."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "number"], name="attainment_version_once"),
            models.CheckConstraint(
                name="attainment_two_people",
                condition=Q(checked_by__isnull=True) | Q(filled_by__isnull=True) | ~Q(checked_by=F("filled_by")),
            ),
            models.CheckConstraint(
                name="attainment_version_whole",
                condition=Q(state="handed-in", checked_at__isnull=True)
                | Q(state__in=["locked", "returned"], checked_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} v{self.number}"


class AttainmentAction(models.Model):
    """What somebody is going to do about an objective, and until when."""

    run = models.ForeignKey(AttainmentRun, on_delete=models.CASCADE, related_name="actions")
    objective = models.CharField(max_length=100)
    what = models.TextField()
    who = models.CharField(max_length=200)
    by = models.DateField()
    written_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"action on {self.objective} of {self.run_id}"
