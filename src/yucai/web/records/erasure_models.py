"""What remembers a removal or a release: holds, marks, tombstones, the sealed record of each erasure, exports."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from yucai.web.accounts.models import Account, Space
from yucai.web.records.models import RecordStore

__all__ = ["RecordErasure", "RecordExport", "RecordForgetting", "RecordHold", "RecordTombstone", "StatementMark"]


class RecordHold(models.Model):
    """That nothing may be removed from a store, as a court, an audit or an appeal asks; until it is lifted."""

    store = models.ForeignKey(RecordStore, on_delete=models.PROTECT, related_name="holds")
    reason = models.TextField()
    placed_at = models.DateTimeField()
    placed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """A store has one hold at a time; only a lifted one has somebody who lifted it."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["store"], condition=models.Q(lifted_at__isnull=True), name="record_hold_once_in_force"
            ),
            models.CheckConstraint(
                condition=models.Q(lifted_at__isnull=False) | models.Q(lifted_by__isnull=True),
                name="record_hold_lifted_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"hold on {self.store_id}"


class RecordForgetting(models.Model):
    """A number that rises whenever something was forgotten in a store, so that every process looks anew."""

    store = models.OneToOneField(RecordStore, primary_key=True, on_delete=models.CASCADE, related_name="+")
    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.store_id} at {self.number}"


class RecordErasure(models.Model):
    """The erasure of one person: who asked when and why, and, when it is done, what was found and removed.

    ``told`` is the JSON that ``seal`` holds together with the seal of the erasure before; it names nobody.
    """

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="record_erasures")
    code = models.CharField(max_length=32, unique=True)
    reason = models.TextField()
    by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    begun_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)  # from then on new statements about the person are taken again
    lifted_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    told = models.TextField(blank=True)
    seal = models.CharField(max_length=64, blank=True)

    class Meta:
        """What is done is sealed."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(done_at__isnull=True) | ~models.Q(seal=""), name="record_erasure_sealed_when_done"
            )
        ]

    def __str__(self) -> str:
        return self.code


class RecordTombstone(models.Model):
    """A keyed hash of what was erased from a store: of an identifier of the person, or of the id of a statement."""

    class Kind(models.TextChoices):
        """What the hash is of."""

        AGENT = "agent", "agent"
        STATEMENT = "statement", "statement"

    erasure = models.ForeignKey(RecordErasure, on_delete=models.PROTECT, related_name="tombstones")
    store = models.ForeignKey(RecordStore, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    seal = models.BinaryField(max_length=16)
    seq = models.BigIntegerField(null=True)  # under which the statement was kept

    class Meta:
        """Each once in an erasure; found by store and hash."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "seal", "erasure"], name="record_tombstone_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.erasure_id}"


class StatementMark(models.Model):
    """What has to be known of a statement that is no longer what was sent, or not voided by what is here."""

    class Kind(models.TextChoices):
        """What happened."""

        REWRITTEN = "rewritten", "a person in it was replaced by a pseudonym"
        VOIDER_GONE = "voider-gone", "the statement that voided it was removed"

    pk = models.CompositePrimaryKey("seq", "kind")
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    erasure = models.ForeignKey(RecordErasure, null=True, on_delete=models.PROTECT, related_name="marks")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.seq}"


class RecordExport(models.Model):
    """That pseudonymised statements were handed out: what, to whom and for what, by which rules, in which files."""

    store = models.ForeignKey(RecordStore, on_delete=models.PROTECT, related_name="exports")
    code = models.CharField(max_length=32, unique=True)
    recipient = models.TextField()
    purpose = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    statements = models.BigIntegerField()
    people = models.BigIntegerField()
    sheet = models.TextField()  # the data sheet as JSON

    def __str__(self) -> str:
        return self.code
