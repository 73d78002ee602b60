"""Announcements: what an office makes public for a stated time, and the lines that name people, as they are shown."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yucai.texts import Text
from yucai.web.accounts.models import Account, Person, Space

__all__ = ["AnnouncedLine", "Announcement", "AnnouncingRule"]


class AnnouncingRule(models.Model):
    """How a space announces: for how many working days unless somebody says otherwise, and whether with an index."""

    space = models.OneToOneField(Space, on_delete=models.CASCADE, related_name="announcing")
    days = models.PositiveSmallIntegerField(default=5)
    source = models.CharField(max_length=300, blank=True)  # who decided on the days; empty: as it ships
    contact = models.CharField(max_length=300, blank=True)
    index_on = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"announcing of {self.space_id}"


class Announcement(models.Model):
    """One announcement. Public under ``key`` only when a second account approved it, and only on its days.

    ``ended_at`` is the first moment at which it was seen to be over: from then on it is over whatever a clock says.
    ``digest`` is the SHA-256 of what was approved, and ``n_lines`` how many lines that had; both outlive the lines.
    """

    class State(models.TextChoices):
        """How far it is. Whether it runs now, its days say."""

        DRAFT = "draft", _("draft")
        ASKED = "asked", _("waits for a second person")
        APPROVED = "approved", _("approved")
        DOWN = "down", _("taken down")

    class Names(models.TextChoices):
        """How people are named."""

        MASKED = "masked", _("masked, such as 张*三 or Z***")
        WHOLE = "whole", _("whole, since the written rule asks for it; who is under 18 stays masked")

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="announcements")
    key = models.CharField(max_length=43, unique=True)
    title_zh = models.CharField(max_length=120, blank=True)
    title_en = models.CharField(max_length=120, blank=True)
    decided_zh = models.TextField(blank=True)
    decided_en = models.TextField(blank=True)
    reference = models.CharField(max_length=300)
    from_day = models.DateField()
    until_day = models.DateField()
    object_until = models.DateField()
    contact = models.CharField(max_length=300)
    names = models.CharField(max_length=10, choices=Names.choices, default=Names.MASKED)
    names_rule = models.CharField(max_length=300, blank=True)
    outcomes = models.JSONField(default=list)  # pairs of the word in Chinese and in English
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    made_by = models.JSONField(default=list)  # accounts that had a hand in it: none of them approves
    asked_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(null=True)
    returned = models.TextField(blank=True)  # why a second person gave it back
    approved_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    n_lines = models.PositiveIntegerField(null=True)
    down_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    down_at = models.DateTimeField(null=True)
    down_why = models.TextField(blank=True)
    corrected_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    lines_deleted_at = models.DateTimeField(null=True)

    class Meta:
        """It ends after it begins; two accounts; whole names only by a written rule; a title."""

        indexes: ClassVar = [models.Index(fields=["space", "state", "until_day"], name="announcement_by_state")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="announcement_days", condition=Q(until_day__gte=F("from_day"), object_until__gte=F("until_day"))
            ),
            models.CheckConstraint(name="announcement_titled", condition=~Q(title_zh="", title_en="")),
            models.CheckConstraint(
                name="announcement_whole_names_by_rule", condition=Q(names="masked") | ~Q(names_rule="")
            ),
            models.CheckConstraint(
                name="announcement_by_two",
                condition=Q(approved_at__isnull=True, approved_by__isnull=True) & ~Q(state="approved")
                | Q(approved_at__isnull=False, approved_by__isnull=False, asked_by__isnull=False, n_lines__isnull=False)
                & ~Q(digest="") & ~Q(approved_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="announcement_down_whole",
                condition=Q(state="down", down_at__isnull=False, down_by__isnull=False) & ~Q(down_why="")
                | ~Q(state="down") & Q(down_at__isnull=True, down_by__isnull=True, down_why=""),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"announcement {self.pk}"

    @property
    def title(self) -> Text:
        """Its title; what is said in one language only stands for both."""
        return Text(self.title_en or self.title_zh, self.title_zh or self.title_en)

    @property
    def decided(self) -> Text:
        """What was decided."""
        return Text(self.decided_en or self.decided_zh, self.decided_zh or self.decided_en)

    @property
    def words(self) -> tuple[Text, ...]:
        """The closed list of outcomes."""
        return tuple(Text(en or zh, zh or en) for zh, en in self.outcomes)


class AnnouncedLine(models.Model):
    """One person of an announcement. What is shown is name, number and outcome; there is no place for a reason."""

    announcement = models.ForeignKey(Announcement, on_delete=models.CASCADE, related_name="lines")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="announced")
    outcome = models.PositiveSmallIntegerField()  # its place in the closed list
    name = models.CharField(max_length=200, blank=True)  # as shown; empty until it is handed over
    number = models.CharField(max_length=40, blank=True)
    corrected_at = models.DateTimeField(null=True)

    class Meta:
        """Somebody stands in an announcement once."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["announcement", "person"], name="announced_once")]

    def __str__(self) -> str:
        return f"line {self.pk}"  # never who
