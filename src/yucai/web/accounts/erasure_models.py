"""What outlasts an erasure, what forbids one, and the traits that a school protects besides those that ship."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from yucai.texts import Text
from yucai.web.accounts.models import Account, Person, Space

__all__ = ["AddedTrait", "LegalHold", "PersonTombstone"]


class PersonTombstone(models.Model):
    """A keyed hash of the number of somebody who was erased, so that no file brings them back."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="tombstones")
    erasure = models.ForeignKey("web.PersonErasure", on_delete=models.PROTECT, related_name="tombstones")
    seal = models.CharField(max_length=64)
    lifted_at = models.DateTimeField(null=True)  # from then on the number may come in again
    lifted_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """One hash stands once for an erasure; found by space and hash."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["erasure", "seal"], name="person_tombstone_once")]
        indexes: ClassVar = [models.Index(fields=["space", "seal"], name="person_tombstone_found")]

    def __str__(self) -> str:
        return f"tombstone of {self.erasure_id}"


class LegalHold(models.Model):
    """That nothing of a person, or of a data set, may be erased: as a court, an audit or an appeal asks."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="legal_holds")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="legal_holds")
    source = models.ForeignKey("web.DataSource", null=True, on_delete=models.PROTECT, related_name="legal_holds")
    reason = models.TextField()
    placed_at = models.DateTimeField()
    placed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    review_on = models.DateField()  # then somebody looks whether it is still needed; it ends only when it is lifted
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """A hold is on one thing, once at a time; only a lifted one has somebody who lifted it."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, source__isnull=True)
                | Q(person__isnull=True, source__isnull=False)
                | Q(lifted_at__isnull=False, person__isnull=True, source__isnull=True),  # the person was erased later
                name="legal_hold_on_one_thing",
            ),
            models.UniqueConstraint(
                fields=["person"], condition=Q(lifted_at__isnull=True), name="legal_hold_on_a_person_once"
            ),
            models.UniqueConstraint(
                fields=["source"], condition=Q(lifted_at__isnull=True), name="legal_hold_on_a_source_once"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="legal_hold_has_a_reason"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=False) | Q(lifted_by__isnull=True), name="legal_hold_lifted_whole"
            ),
        ]

    def __str__(self) -> str:
        return f"legal hold {self.pk}"


class AddedTrait(models.Model):
    """A trait that a school protects besides those that ship: columns called so are dropped and enter no rule."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="added_traits")
    name_en = models.CharField(max_length=100)
    name_zh = models.CharField(max_length=100)
    titles = models.JSONField(default=list)  # further titles by which columns of it are known
    reason = models.TextField()
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """A name stands for one trait at a time."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["space", "name_zh"], condition=Q(ended_at__isnull=True), name="added_trait_once"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=False) | Q(ended_by__isnull=True), name="added_trait_ended_whole"
            ),
        ]

    def __str__(self) -> str:
        return self.name_en

    @property
    def name(self) -> Text:
        """The name to show, in both languages."""
        return Text(self.name_en, self.name_zh)
