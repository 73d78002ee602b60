"""The tables of the audit trail. The database itself refuses to change what is in them (see migration 0019)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from yucai.web.accounts.models import Account, Person, Space

__all__ = ["AuditEntry", "AuditPerson", "AuditStump"]


class AuditEntry(models.Model):
    """One event of the trail, with the link that binds it to all before it.

    It outlives what it names: accounts, spaces and people are numbers here that nothing in the database holds to.
    """

    position = models.BigIntegerField(primary_key=True)  # 1, 2, 3 ... without a gap
    at = models.DateTimeField()
    written_at = models.DateTimeField()
    act = models.CharField(max_length=50)
    account = models.ForeignKey(
        Account, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    space = models.ForeignKey(
        Space, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    target = models.CharField(max_length=200)
    purpose = models.CharField(max_length=20)
    reason = models.CharField(max_length=50)
    refused = models.BooleanField()
    detail = models.TextField()  # JSON without personal values
    link = models.BinaryField(max_length=32)

    class Meta:
        """What an account did is found without looking through all."""

        indexes: ClassVar = [models.Index(fields=["account", "position"], name="audit_by_account")]

    def __str__(self) -> str:
        return f"{self.position}: {self.act}"


class AuditPerson(models.Model):
    """That an event is about a person: a part of the event, and the way from a person to it."""

    pk = models.CompositePrimaryKey("entry_id", "person_id")
    entry = models.ForeignKey(
        AuditEntry, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="people"
    )
    person = models.ForeignKey(
        Person, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="audit_entries"
    )

    class Meta:
        """Events about a person are found without looking through all."""

        indexes: ClassVar = [models.Index(fields=["person", "entry"], name="audit_by_person")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.entry_id}"


class AuditStump(models.Model):
    """The sealed end of a part that was let go: events up to this one may be gone, all later ones must be there."""

    position = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    link = models.BinaryField(max_length=32)
    seal = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"up to {self.position}"
