"""Stores, their credentials, statements with what finds them again, attachments, documents, activities and names."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from yucai.web.accounts.models import Account, Space

__all__ = [
    "ActivityDefinition",
    "AgentName",
    "AttachmentContent",
    "RecordCredential",
    "RecordCursor",
    "RecordDocument",
    "RecordStore",
    "StatementActivity",
    "StatementAgent",
    "StatementAttachment",
    "StatementRefRow",
    "StatementRow",
]


class RecordStore(models.Model):
    """One record store of a space, reached under its code."""

    class SpokenVersion(models.TextChoices):
        """A version of xAPI that is answered with where a request names none."""

        V1 = "1.0.3", "xAPI 1.0.3"
        V2 = "2.0.0", "xAPI 2.0.0"

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="record_stores")
    code = models.SlugField(unique=True)
    default_version = models.CharField(max_length=10, choices=SpokenVersion.choices, default=SpokenVersion.V2)
    most_bytes = models.PositiveIntegerField(default=160_000_000)  # of a whole request
    most_statements = models.PositiveIntegerField(default=10_000)  # in one request
    most_on_page = models.PositiveIntegerField(default=500)  # statements in one answer
    keep_months = models.PositiveSmallIntegerField(null=True)  # statements; null: kept
    keep_documents_months = models.PositiveSmallIntegerField(null=True)  # since they were last written; null: kept
    tidied_at = models.DateTimeField(null=True)  # when what is too old was last looked for
    closed_at = models.DateTimeField(null=True)  # since then nothing is taken; what is there is still given
    closed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """A store speaks one of two versions; only a closed one has somebody who closed it."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(default_version__in=["1.0.3", "2.0.0"]), name="record_store_speaks_a_version"
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at__isnull=False) | models.Q(closed_by__isnull=True),
                name="record_store_closed_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class RecordCredential(models.Model):
    """Key and hash of the secret with which a learning tool speaks to a store, and what it may do there."""

    store = models.ForeignKey(RecordStore, on_delete=models.PROTECT, related_name="credentials")
    key = models.CharField(max_length=64, unique=True)
    secret_hash = models.BinaryField(max_length=32)
    scopes = models.CharField(max_length=200)  # names of the standard, with a space between
    authority = models.TextField()  # JSON of the agent that statements of this credential carry
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    last_used_at = models.DateTimeField(null=True)  # to the minute: no request waits for it

    class Meta:
        """Only what was revoked has somebody who revoked it; the command line acts for nobody."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(revoked_at__isnull=False) | models.Q(revoked_by__isnull=True),
                name="record_credential_revoked_whole",
            )
        ]

    def __str__(self) -> str:
        return self.key


class NumberGivenField(models.BigAutoField):  # type: ignore[type-arg]
    """A number that we give ourselves, see ``keys.Sequence``: SQLite need not write down the greatest one each time."""

    def db_type_suffix(self, connection: Any) -> str | None:
        """Return what PostgreSQL is told, and for SQLite nothing."""
        return None if connection.vendor == "sqlite" else super().db_type_suffix(connection)


class StatementRow(models.Model):
    """One statement as it is given back, and the keys by which it is found.

    ``seq`` holds the time of storing, so that its order is that of ``stored``; see ``keys.Sequence``. Keys are numbers
    of 64 bits made from store and text.
    """

    seq = NumberGivenField(primary_key=True)
    store = models.ForeignKey(RecordStore, on_delete=models.PROTECT, related_name="+", db_index=False)
    id = models.UUIDField()
    digest = models.BinaryField(max_length=16)
    actor = models.BigIntegerField()
    verb = models.BigIntegerField()
    object = models.BigIntegerField()
    authority = models.BigIntegerField()
    registration = models.UUIDField(null=True)
    target = models.UUIDField(null=True)  # the statement this one has as its object
    voiding = models.BooleanField()
    voided = models.BooleanField()
    timestamp = models.DateTimeField()
    body = models.BinaryField()

    class Meta:
        """An id names one statement in a store; every filter has its index in the order of storing."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "id"], name="statement_once_in_a_store"),
            models.CheckConstraint(
                condition=models.Q(voiding=False) | models.Q(voided=False), name="statement_voiding_is_not_voided"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["store", "seq"], name="statement_in_order"),
            models.Index(fields=["actor", "seq"], name="statement_by_actor"),
            models.Index(fields=["verb", "seq"], name="statement_by_verb"),
            models.Index(fields=["object", "seq"], name="statement_by_object"),
            models.Index(fields=["authority", "seq"], name="statement_by_authority"),
            models.Index(
                fields=["registration", "seq"],
                name="statement_by_registration",
                condition=models.Q(registration__isnull=False),
            ),
            models.Index(
                fields=["target", "store"], name="statement_by_target", condition=models.Q(target__isnull=False)
            ),
            models.Index(
                fields=["store", "seq"], name="statement_with_target", condition=models.Q(target__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class StatementActivity(models.Model):
    """An activity that a statement names elsewhere than as its object."""

    pk = models.CompositePrimaryKey("activity", "seq")
    activity = models.BigIntegerField()
    seq = models.BigIntegerField()

    def __str__(self) -> str:
        return f"activity of {self.seq}"


class StatementAgent(models.Model):
    """An agent or group that a statement names elsewhere than as its actor or authority."""

    pk = models.CompositePrimaryKey("agent", "seq")
    agent = models.BigIntegerField()
    seq = models.BigIntegerField()
    direct = models.BooleanField()  # seen by the narrow filter: as the object, or as a member of actor or object

    def __str__(self) -> str:
        return f"agent of {self.seq}"


class StatementRefRow(models.Model):
    """That a statement refers to another, at once or through others; complete, in whatever order they came."""

    pk = models.CompositePrimaryKey("source", "target")
    source = models.BigIntegerField()
    target = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"{self.source} to {self.target}"


class AttachmentContent(models.Model):
    """The bytes of an attachment, once in a store."""

    store = models.ForeignKey(RecordStore, on_delete=models.PROTECT, related_name="+")
    sha2 = models.CharField(max_length=128)
    content_type = models.CharField(max_length=255)
    size_bytes = models.BigIntegerField()
    content = models.BinaryField()

    class Meta:
        """One hash names one content in a store."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["store", "sha2"], name="attachment_once_in_a_store")]

    def __str__(self) -> str:
        return self.sha2[:12]


class StatementAttachment(models.Model):
    """That a statement speaks of an attachment."""

    pk = models.CompositePrimaryKey("seq", "sha2")
    seq = models.BigIntegerField()
    sha2 = models.CharField(max_length=128, db_index=True)

    def __str__(self) -> str:
        return f"attachment of {self.seq}"


class RecordCursor(models.Model):
    """How far somebody has followed a store: the lake, the evidence, another store that gets what comes."""

    store = models.ForeignKey(RecordStore, on_delete=models.CASCADE, related_name="cursors")
    follower = models.CharField(max_length=100)
    seq = models.BigIntegerField(default=0)  # the last statement that is done
    moved_at = models.DateTimeField(null=True)

    class Meta:
        """A follower stands in one place."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["store", "follower"], name="record_cursor_once")]

    def __str__(self) -> str:
        return f"{self.follower} at {self.seq}"


class RecordDocument(models.Model):
    """A state or profile document. Activity and agent are kept as hashes of 128 bits, empty where there is none."""

    class Kind(models.TextChoices):
        """Which resource keeps it."""

        STATE = "state", "state"
        AGENT_PROFILE = "agent-profile", "agent profile"
        ACTIVITY_PROFILE = "activity-profile", "activity profile"

    store = models.ForeignKey(RecordStore, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    activity = models.CharField(max_length=32, blank=True)
    agent = models.CharField(max_length=32, blank=True)
    registration = models.CharField(max_length=36, blank=True)
    name = models.TextField()
    name_key = models.CharField(max_length=32)
    content = models.BinaryField()
    content_type = models.CharField(max_length=255)
    etag = models.CharField(max_length=42)
    updated = models.DateTimeField()

    class Meta:
        """One document under one name in one place."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["store", "kind", "activity", "agent", "registration", "name_key"],
                name="document_once_in_a_store",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class ActivityDefinition(models.Model):
    """What credentials that may define have said of an activity, merged."""

    store = models.ForeignKey(RecordStore, on_delete=models.PROTECT, related_name="+", db_index=False)
    activity = models.BigIntegerField()
    iri = models.TextField()
    definition = models.TextField()  # JSON

    class Meta:
        """One definition for one activity in a store."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["activity", "store"], name="activity_defined_once")]

    def __str__(self) -> str:
        return f"activity {self.pk}"


class AgentName(models.Model):
    """A name by which an agent was called."""

    store = models.ForeignKey(RecordStore, on_delete=models.PROTECT, related_name="+", db_index=False)
    agent = models.BigIntegerField()
    name = models.TextField()
    name_key = models.CharField(max_length=32)

    class Meta:
        """Each name of an agent once."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agent", "store", "name_key"], name="agent_called_once")
        ]

    def __str__(self) -> str:
        return f"name {self.pk}"
