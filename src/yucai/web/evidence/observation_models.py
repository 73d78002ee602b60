"""Observations: a plan, its children as pseudonyms only, its turns, what was handed in, and what was done with it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yucai.web.accounts.models import Account, Space

__all__ = [
    "ObservationChild",
    "ObservationEvent",
    "ObservationPlan",
    "ObservationRow",
    "ObservationSession",
    "ObservationTurn",
]


class ObservationPlan(models.Model):
    """Who is watched when, by whom, in which way, until when the records are kept. Never changed once it is open."""

    class Mode(models.TextChoices):
        """The ways of sampling of the library."""

        TIMED_EVENT = "timed-event", _("timed events: beginning and end of each behaviour")
        EVENT = "event", _("events: the moment at which each behaviour begins")
        PARTIAL_INTERVAL = "partial-interval", _("partial intervals: seen at any moment of the interval")
        WHOLE_INTERVAL = "whole-interval", _("whole intervals: it filled the interval")
        MOMENTARY = "momentary", _("moments: seen at the end of the interval")

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="observation_plans")
    name = models.CharField(max_length=100)
    scheme = models.CharField(max_length=100)
    scheme_version = models.CharField(max_length=50)
    mode = models.CharField(max_length=20, choices=Mode.choices)
    seconds = models.PositiveIntegerField()  # that one child is watched in one turn
    interval_s = models.PositiveIntegerField(null=True)
    second_share = models.FloatField()  # of the turns that a second observer watches too
    seed = models.BigIntegerField()
    delete_on = models.DateField()
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="observation_plans_opened")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="observation_plans_closed")

    class Meta:
        """A name names one plan in a space; intervals belong to the ways that need them; closing has who and when."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["space", "name"], name="observation_plan_once_in_a_space"),
            models.CheckConstraint(
                name="observation_plan_closed_whole",
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="observation_interval_where_needed",
                condition=Q(mode__in=["event", "timed-event"], interval_s__isnull=True)
                | Q(mode__in=["partial-interval", "whole-interval", "momentary"], interval_s__gt=0),
            ),
            models.CheckConstraint(
                name="observation_plan_shares", condition=Q(second_share__gte=0, second_share__lte=1, seconds__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"observation plan {self.pk}"


class ObservationChild(models.Model):
    """A child as a pseudonym with the number of the consent form. There is no name and no link to a person."""

    plan = models.ForeignKey(ObservationPlan, on_delete=models.CASCADE, related_name="children")
    pseudonym = models.CharField(max_length=20)
    consent = models.CharField(max_length=30, blank=True)  # empty once the records were deleted
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        """A pseudonym stands once in a plan; a consent that was withdrawn has no number any more."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "pseudonym"], name="observation_child_once"),
            models.CheckConstraint(
                name="observation_withdrawn_whole", condition=Q(withdrawn_at__isnull=True) | Q(consent="")
            ),
        ]

    def __str__(self) -> str:
        return self.pseudonym


class ObservationTurn(models.Model):
    """That one observer watches one child from a moment on; a second turn of one number is taken for agreement."""

    plan = models.ForeignKey(ObservationPlan, on_delete=models.CASCADE, related_name="turns")
    number = models.PositiveIntegerField()
    child = models.ForeignKey(ObservationChild, on_delete=models.PROTECT, related_name="turns")
    starts = models.DateTimeField()
    seconds = models.PositiveIntegerField()
    setting = models.CharField(max_length=50)
    observer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="observation_turns")
    second = models.BooleanField(default=False)

    class Meta:
        """A number has one first turn and at most one second."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "number", "second"], name="observation_turn_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["observer", "starts"], name="observation_my_turns")]

    def __str__(self) -> str:
        return f"turn {self.number} of observation plan {self.plan_id}"


class ObservationSession(models.Model):
    """One record as a device handed it in; never changed. The device made its number."""

    uuid = models.UUIDField(unique=True)
    turn = models.ForeignKey(ObservationTurn, on_delete=models.PROTECT, related_name="sessions")
    child = models.CharField(max_length=20)
    observer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="observation_sessions")
    setting = models.CharField(max_length=50)
    mode = models.CharField(max_length=20)
    interval_s = models.PositiveIntegerField(null=True)
    starts = models.DateTimeField()
    exposure_s = models.FloatField()
    received_at = models.DateTimeField()
    digest = models.CharField(max_length=64)  # of what the device sent: the same again is no change, another is refused

    class Meta:
        """Without observed time nothing can be counted."""

        constraints: ClassVar = [
            models.CheckConstraint(name="observation_session_lasted", condition=Q(exposure_s__gt=0)),
        ]

    def __str__(self) -> str:
        return f"observation session {self.pk}"


class ObservationRow(models.Model):
    """One thing seen in a session, in the columns of the library's ``OBSERVATIONS``."""

    session = models.ForeignKey(ObservationSession, on_delete=models.CASCADE, related_name="rows")
    code = models.CharField(max_length=50)
    onset_s = models.FloatField()
    offset_s = models.FloatField(null=True)
    actor = models.CharField(max_length=20, null=True)
    target = models.CharField(max_length=20, null=True)
    antecedent = models.CharField(max_length=50, null=True)
    consequence = models.CharField(max_length=50, null=True)
    modifiers = models.CharField(max_length=200, null=True)
    materials = models.CharField(max_length=100, null=True)
    density = models.FloatField(null=True)
    adult_distance_m = models.FloatField(null=True)
    comment = models.CharField(max_length=200, null=True)

    class Meta:
        """Nothing ends before it begins."""

        constraints: ClassVar = [
            models.CheckConstraint(
                name="observation_row_in_order",
                condition=Q(onset_s__gte=0) & (Q(offset_s__isnull=True) | Q(offset_s__gte=F("onset_s"))),
            ),
        ]

    def __str__(self) -> str:
        return f"row {self.pk} of observation session {self.session_id}"


class ObservationEvent(models.Model):
    """What was done with a plan and its records, by whom and when; written with the deed, never changed."""

    class Kind(models.TextChoices):
        """The deeds that are written down."""

        OPENED = "opened", _("opened")
        HANDED_IN = "handed-in", _("record handed in")
        EXPORTED = "exported", _("exported")
        DELETED = "deleted", _("records deleted")
        WITHDRAWN = "withdrawn", _("consent withdrawn, records deleted")
        CLOSED = "closed", _("closed")

    plan = models.ForeignKey(ObservationPlan, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="observation_events")
    count = models.PositiveIntegerField(default=1)  # turns, records

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M}"
