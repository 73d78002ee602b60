"""Requests of people about what is on record of them: correction, objection, appeal."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yucai.texts import Text
from yucai.web.accounts.models import Account, Person, Space

__all__ = ["ReviewCase"]


class ReviewCase(models.Model):
    """One request about one result, named as it stood when the request was opened; written on, never written over."""

    class Kind(models.TextChoices):
        """What is asked for."""

        CORRECTION = "correction", _("correction")
        OBJECTION = "objection", _("objection")
        APPEAL = "appeal", _("appeal")

    class State(models.TextChoices):
        """How far it is."""

        OPEN = "open", _("waits to be taken in hand")
        IN_HAND = "in-hand", _("in hand")
        DECIDED = "decided", _("decided")

    class Outcome(models.TextChoices):
        """What was decided, and with it what happened to the result."""

        CORRECTED = "corrected", _("the result was corrected")
        SET_ASIDE = "set-aside", _("evidence was set aside")
        UPHELD = "upheld", _("the result stands")

    class About(models.TextChoices):
        """What kind of result it is about."""

        QUALITY = "quality", _("value of a portrait")
        WORK = "work", _("decision on an own work")
        RECORD = "record", _("score or rating")
        ANNOUNCED = "announced", _("line of an announcement")
        SUPPORT = "support", _("case of a talk")
        COMMENT = "comment", _("comment of a teacher")

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="review_cases")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="review_cases")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    about = models.CharField(max_length=10, choices=About.choices)
    key = models.CharField(max_length=160)  # quality|period, number of a work, record, line, case or comment
    named_en = models.CharField(max_length=400)
    named_zh = models.CharField(max_length=400)
    said = models.TextField()
    made_by = models.JSONField(default=list)  # accounts whose decision it is: none of them handles it
    appeals = models.OneToOneField("self", null=True, on_delete=models.CASCADE, related_name="appealed_by")
    opened_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    due_on = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    handler = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="review_cases_handled")
    taken_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, blank=True, choices=Outcome.choices)
    reason = models.TextField(blank=True)
    effect_en = models.TextField(blank=True)
    effect_zh = models.TextField(blank=True)

    class Meta:
        """State, handler, times, outcome, reason and effect go together; who asks does not handle; one at a time."""

        indexes: ClassVar = [models.Index(fields=["space", "state", "due_on"], name="review_case_by_state")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="review_case_whole",
                condition=Q(state="open", handler__isnull=True, taken_at__isnull=True, decided_at__isnull=True,
                            outcome="", reason="", effect_en="", effect_zh="")
                | Q(state="in-hand", handler__isnull=False, taken_at__isnull=False, decided_at__isnull=True,
                    outcome="", reason="", effect_en="", effect_zh="")
                | Q(state="decided", handler__isnull=False, taken_at__isnull=False, decided_at__isnull=False)
                & ~Q(outcome="") & ~Q(reason="") & ~Q(effect_en="") & ~Q(effect_zh=""),
            ),
            models.CheckConstraint(
                name="review_case_handled_by_another", condition=Q(handler__isnull=True) | ~Q(handler=F("opened_by"))
            ),
            models.CheckConstraint(
                name="review_case_appeal_of_a_case",
                condition=Q(kind="appeal", appeals__isnull=False) | ~Q(kind="appeal") & Q(appeals__isnull=True),
            ),
            models.CheckConstraint(
                name="review_case_in_order",
                condition=(Q(taken_at__isnull=True) | Q(taken_at__gte=F("opened_at")))
                & (Q(decided_at__isnull=True) | Q(decided_at__gte=F("taken_at"))),
            ),
            models.UniqueConstraint(
                fields=["person", "about", "key"], condition=~Q(state="decided"), name="review_case_one_at_a_time"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"review case {self.pk}"

    @property
    def named(self) -> Text:
        """The result as it stood when the request was opened."""
        return Text(self.named_en, self.named_zh)

    @property
    def effect(self) -> Text:
        """What the decision did to the published result."""
        return Text(self.effect_en, self.effect_zh)
