"""A case: that somebody was on the list, and what people then decided, each with a reason. Written on, never over."""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yucai.texts import Text
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.matching.priority_models import PriorityEntry

__all__ = ["OPEN_STATES", "CaseDecision", "SupportCase"]


class SupportCase(models.Model):
    """One alert about one person, as the list said it then, and how far people are with it.

    Its state says what people did. Nothing else reads it: no grade, no place, no list of members depends on it.
    """

    class State(models.TextChoices):
        """How far it is."""

        ALERT = "alert", _("noticed")
        TALK = "talk", _("talked")
        ACTION = "action", _("help agreed")
        OUTCOME = "outcome", _("outcome written down")
        CLOSED = "closed", _("closed")
        DISMISSED = "dismissed", _("set aside")
        WITHDRAWN = "withdrawn", _("opened by mistake")

    class Helped(models.TextChoices):
        """Whether it helped."""

        YES = "yes", _("yes")
        NO = "no", _("no")
        CANNOT_TELL = "cannot-tell", _("cannot tell")

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="support_cases")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="support_cases")
    as_of = models.DateField()  # of the list it came from
    band = models.CharField(max_length=12, choices=PriorityEntry.Band.choices)
    rules_version = models.CharField(max_length=20)
    reasons = models.JSONField(default=list)
    against = models.JSONField(default=list)
    counts = models.JSONField(default=list)
    step_en = models.CharField(max_length=500, blank=True)
    step_zh = models.CharField(max_length=500, blank=True)
    opened_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.ALERT)
    ended_at = models.DateTimeField(null=True)
    helped = models.CharField(max_length=12, blank=True, choices=Helped.choices)

    class Meta:
        """One case of a person is open at a time; what is over says when, and what is closed whether it helped."""

        indexes: ClassVar = [models.Index(fields=["space", "state"], name="support_case_by_state")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(state__in=["alert", "talk", "action", "outcome"]),
                name="one_open_support_case",
            ),
            models.CheckConstraint(
                name="support_case_whole",
                condition=Q(state__in=["alert", "talk", "action", "outcome"], ended_at__isnull=True, helped="")
                | Q(state__in=["dismissed", "withdrawn"], ended_at__isnull=False, helped="")
                | Q(state="closed", ended_at__isnull=False) & ~Q(helped=""),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"support case {self.pk}"

    @property
    def step(self) -> Text:
        """What the list suggested."""
        return Text(self.step_en, self.step_zh)

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.state in OPEN_STATES


OPEN_STATES: Final = (
    SupportCase.State.ALERT, SupportCase.State.TALK, SupportCase.State.ACTION, SupportCase.State.OUTCOME,
)  # fmt: skip


class CaseDecision(models.Model):
    """What a named person decided in a case, when, why, and how long they had looked. Never changed."""

    class Kind(models.TextChoices):
        """What was decided."""

        OPENED = "opened", _("case opened")
        DISMISSED = "dismissed", _("set aside")
        TALK = "talk", _("talk")
        ACTION = "action", _("help agreed")
        OUTCOME = "outcome", _("outcome")
        HELPED = "helped", _("did it help?")
        WITHDRAWN = "withdrawn", _("opened by mistake")

    case = models.ForeignKey(SupportCase, on_delete=models.CASCADE, related_name="decisions")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="case_decisions")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)
    seconds = models.PositiveIntegerField(null=True)  # from opening the page to deciding; null: one click on the list
    followed = models.BooleanField(null=True)  # whether it did what the list proposed; null: it was no answer to it
    day = models.DateField(null=True)  # of a talk; until when, of help
    who = models.CharField(max_length=200, blank=True)  # who talked; who helps
    said = models.TextField(blank=True)  # of a talk: the note; of help: what is done

    class Meta:
        """Nothing is decided without a reason and without having looked; a talk and help say what, who and when."""

        indexes: ClassVar = [models.Index(fields=["by", "at"], name="case_decision_by_whom")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="case_decision_with_reason",
                condition=Q(kind__in=["opened", "withdrawn"]) | ~Q(reason="") & Q(seconds__isnull=False),
            ),
            models.CheckConstraint(
                name="case_decision_whole",
                condition=Q(kind__in=["talk", "action"], day__isnull=False) & ~Q(who="") & ~Q(said="")
                | ~Q(kind__in=["talk", "action"]) & Q(day__isnull=True, who="", said=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.case_id}"
