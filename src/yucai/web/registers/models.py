"""What an office answers for: purposes of data sets, methods switched on and off, processors, notices."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from yucai.texts import Text
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.purposes import ALL_PURPOSES
from yucai.web.evidence.models import DataSource

__all__ = ["ImpactRecord", "MethodSwitch", "Notice", "NoticeSeen", "Processor", "PurposeEntry"]

YEARS_KEPT = 3


class Notice(models.Model):
    """One version of what an institution tells everybody whose data it holds. Never changed: a new one is added."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="notices")
    version = models.PositiveSmallIntegerField()
    body_en = models.TextField()
    body_zh = models.TextField()
    news_en = models.TextField(blank=True)  # what is new in this version
    news_zh = models.TextField(blank=True)
    since = models.DateTimeField()
    made_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        """A version is there once in a space."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["space", "version"], name="notice_once")]

    def __str__(self) -> str:
        return f"notice {self.version} of {self.space_id}"

    @property
    def body(self) -> Text:
        """What it says, in both languages."""
        return Text(self.body_en, self.body_zh)

    @property
    def news(self) -> Text:
        """What is new in it, in both languages."""
        return Text(self.news_en, self.news_zh)


class NoticeSeen(models.Model):
    """That somebody said to have read a version of a notice. It is no consent."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="notices_seen")
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="seen")
    at = models.DateTimeField()

    class Meta:
        """Said once."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["account", "notice"], name="notice_seen_once")]

    def __str__(self) -> str:
        return f"{self.notice_id} read by {self.account_id}"


class PurposeEntry(models.Model):
    """That the purposes a data set may be read for were changed, and the notice that told of a new one."""

    source = models.ForeignKey(DataSource, on_delete=models.PROTECT, related_name="purpose_entries")
    before = models.CharField(max_length=200)
    after = models.CharField(max_length=200)
    at = models.DateTimeField()
    by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    notice = models.ForeignKey(Notice, null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.after} for {self.source_id}"

    @property
    def before_words(self) -> str:
        """What it could be read for before, in words."""
        return _labelled(self.before)

    @property
    def after_words(self) -> str:
        """What it can be read for since, in words."""
        return _labelled(self.after)


def _labelled(purposes: str) -> str:
    said = purposes.split(",")
    return _(", ").join(str(purpose.label) for purpose in ALL_PURPOSES if purpose.value in said)


class ImpactRecord(models.Model):
    """What was weighed before a method was switched on, and who signed it. Kept three years, never changed.

    Without a signer it is the provisional record with which an institution begins, and carries a method until a day.
    """

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="impact_records")
    method = models.SlugField(max_length=50)
    purpose = models.TextField()
    necessity = models.TextField()
    risks = models.TextField()
    measures = models.TextField()
    at = models.DateTimeField()
    signed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    provisional_until = models.DateTimeField(null=True)
    demonstration = models.BooleanField(default=False)

    class Meta:
        """Signed, or provisional until a day; every part is there."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(signed_by__isnull=False, provisional_until__isnull=True)
                | Q(signed_by__isnull=True, provisional_until__isnull=False),
                name="impact_signed_or_provisional",
            ),
            models.CheckConstraint(
                condition=~Q(purpose="") & ~Q(necessity="") & ~Q(risks="") & ~Q(measures=""), name="impact_whole"
            ),
        ]

    def __str__(self) -> str:
        return f"assessment of {self.method}"

    @property
    def kept_until(self) -> datetime:
        """The day until which it is kept at least."""
        try:
            return self.at.replace(year=self.at.year + YEARS_KEPT)
        except ValueError:  # the 29th of February
            return self.at.replace(year=self.at.year + YEARS_KEPT, month=3, day=1)


class MethodSwitch(models.Model):
    """That a method was switched on or off in a space; the last one counts."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="method_switches")
    method = models.SlugField(max_length=50)
    on = models.BooleanField()
    owner = models.CharField(max_length=200)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    impact = models.ForeignKey(ImpactRecord, null=True, on_delete=models.PROTECT, related_name="switches")

    class Meta:
        """On only with a record of the assessment; off only with a reason."""

        indexes: ClassVar = [models.Index(fields=["space", "method"], name="switch_of_method")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(on=True, impact__isnull=False) | Q(on=False) & ~Q(reason=""), name="switched_with_a_record"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {'on' if self.on else 'off'} in {self.space_id}"


class Processor(models.Model):
    """Somebody outside who handles data for an institution, from when until when."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="processors")
    name = models.CharField(max_length=200)
    what_for = models.CharField(max_length=300)
    data_sets = models.CharField(max_length=300)
    contract = models.CharField(max_length=200)
    sub_processors = models.CharField(max_length=300, blank=True)  # empty: it has none
    on_leaving = models.CharField(max_length=300)  # how its copies are deleted, and how that is proved
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        """It ends after it began; the contract is named."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("since")), name="processor_ends_later"
            ),
            models.CheckConstraint(condition=~Q(contract="") & ~Q(on_leaving=""), name="processor_has_contract"),
        ]

    def __str__(self) -> str:
        return self.name
