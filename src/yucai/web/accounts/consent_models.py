"""Texts of consent, and who consented to which of them, when, and how."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yucai.texts import Text
from yucai.web.accounts.models import Account, Person, Space

__all__ = ["Consent", "ConsentText"]


class ConsentText(models.Model):
    """One version of what people are asked to consent to. Never changed: a new wording is a new version."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="consent_texts")
    code = models.SlugField(max_length=50)
    version = models.PositiveSmallIntegerField()
    title_en = models.CharField(max_length=200)
    title_zh = models.CharField(max_length=200)
    body_en = models.TextField()
    body_zh = models.TextField()
    what_for_en = models.CharField(max_length=300)
    what_for_zh = models.CharField(max_length=300)
    remains_en = models.TextField()  # what a withdrawal does not undo, and why
    remains_zh = models.TextField()
    since = models.DateTimeField()
    asks_again = models.BooleanField(default=True)  # a consent to an earlier version counts no more
    made_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        """A version of a text is there once in a space."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["space", "code", "version"], name="consent_text_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"

    @property
    def title(self) -> Text:
        """What it is called, in both languages."""
        return Text(self.title_en, self.title_zh)

    @property
    def body(self) -> Text:
        """What is asked, in both languages."""
        return Text(self.body_en, self.body_zh)

    @property
    def what_for(self) -> Text:
        """What the data are used for, in both languages."""
        return Text(self.what_for_en, self.what_for_zh)

    @property
    def remains(self) -> Text:
        """What stays after a withdrawal and why, in both languages."""
        return Text(self.remains_en, self.remains_zh)


class Consent(models.Model):
    """That a person consented to a version of a text, from when, how it was given, and until when it held."""

    class Way(models.TextChoices):
        """How a consent was given."""

        OWN = "own", _("given by the person")
        FORM = "form", _("recorded by the office from a signed form")
        GUARDIAN = "guardian", _("recorded by the office from a guardian's signed form")

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="consents")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="consents")
    way = models.CharField(max_length=10, choices=Way.choices)
    reference = models.CharField(max_length=200, blank=True)  # where the signed form lies
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        """To a text a person has at most one consent that goes on; a form is named; it ends after it began."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "text"], condition=Q(ended_at__isnull=True), name="one_consent_goes_on"
            ),
            models.CheckConstraint(
                condition=Q(way="own", reference="") | ~Q(way="own") & ~Q(reference=""), name="consent_form_named"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=models.F("given_at")), name="consent_ends_later"
            ),
        ]

    def __str__(self) -> str:
        return f"consent of {self.person_id} to {self.text_id}"
