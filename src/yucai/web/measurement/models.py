"""Calibration runs and the profiles they gave."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from yucai.web.accounts.models import Person, Space

__all__ = ["CalibrationRun", "ProfileRow"]


class CalibrationRun(models.Model):
    """One calibration of a space's evidence; the newest that is current feeds the pages."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="calibrations")
    at = models.DateTimeField()
    file = models.CharField(max_length=300)
    evidence_map = models.CharField(max_length=100)
    evidence_map_version = models.CharField(max_length=50)
    last_record = models.BigIntegerField()
    responses = models.PositiveIntegerField()
    units = models.PositiveIntegerField()
    converged = models.BooleanField()
    notices = models.JSONField(default=list)  # [{"en": ..., "zh": ...}]
    seconds = models.FloatField()
    current = models.BooleanField(default=False)
    erased_people = models.PositiveIntegerField(default=0)  # of whom it was computed too, and who were erased since

    class Meta:
        """A space has one current calibration."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["space"], condition=models.Q(current=True), name="one_current_calibration")
        ]

    def __str__(self) -> str:
        return f"calibration {self.pk} of {self.space_id}"


class ProfileRow(models.Model):
    """Where one person stands on one quality in one period, and how surely."""

    run = models.ForeignKey(CalibrationRun, on_delete=models.CASCADE, related_name="profiles")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="profiles")
    occasion = models.CharField(max_length=50, blank=True)
    quality = models.CharField(max_length=100)
    mean = models.FloatField()
    std_error = models.FloatField()
    lower90 = models.FloatField()
    upper90 = models.FloatField()
    n_evidence = models.PositiveIntegerField()
    enough = models.BooleanField()

    class Meta:
        """One row for a person, period and quality in a run."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "person", "occasion", "quality"], name="profile_once")
        ]
        indexes: ClassVar = [models.Index(fields=["run", "occasion", "quality"])]

    def __str__(self) -> str:
        return f"{self.quality} of {self.person_id}"

    @property
    def printed(self) -> tuple[float, float]:
        """Both ends of the interval as they are printed, to one decimal: words must not contradict the numbers."""
        return round(self.lower90, 1), round(self.upper90, 1)

    @property
    def clear_strength(self) -> bool:
        """Whether there is enough evidence, and the whole interval, as printed, lies above the average."""
        return self.enough and self.printed[0] > 0
