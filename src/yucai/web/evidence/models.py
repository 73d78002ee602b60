"""Where evidence came from, what was done, and every record with its source."""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from yucai.evidence import AwardLevel, Proof, WorkKind
from yucai.texts import Text
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.accounts.purposes import ALL_PURPOSES
from yucai.web.jobs.models import Job

__all__ = [
    "OWN_WORKS",
    "DataSource",
    "EvidenceRecord",
    "Import",
    "Item",
    "LearnedTitle",
    "OwnWork",
    "PersonChange",
    "TableFile",
    "Upload",
    "WorkTakenBack",
]

OWN_WORKS: Final = "own-works"  # code of the data set of the works that students put in


class DataSource(models.Model):
    """One stream of evidence, with what the law asks to know about it."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="sources")
    code = models.SlugField(max_length=100)
    name_en = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200)
    purpose = models.CharField(max_length=300)
    legal_basis = models.CharField(max_length=300)
    owner = models.CharField(max_length=200)
    grade = models.CharField(max_length=1, blank=True)  # 1 to 4 of JY/T 0661; empty: never asked, the desk asks
    retention_months = models.PositiveSmallIntegerField(default=0)  # 0: never asked
    licence = models.CharField(max_length=100, blank=True)
    read_for = models.CharField(max_length=200, default=",".join(ALL_PURPOSES))  # purposes it may be read for
    consent_code = models.SlugField(max_length=50, blank=True)  # the text whose consent is its true basis; empty: none

    class Meta:
        """One code names one source in a space."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["space", "code"], name="source_once_in_a_space")]

    def __str__(self) -> str:
        return self.code

    @property
    def purpose_said(self) -> Text:
        """What it is for, in the language of who reads it where it was written in both, as “中文 / English”."""
        parts = self.purpose.split(" / ")
        chinese = [any("\u4e00" <= letter <= "\u9fff" for letter in part) for part in parts]
        if sorted(chinese) != [False, True]:
            return Text(self.purpose, self.purpose)
        return Text(parts[chinese.index(False)], parts[chinese.index(True)])

    @property
    def name(self) -> Text:
        """The name to show, in both languages."""
        return Text(self.name_en, self.name_zh)


class Import(models.Model):
    """One file, or one table, taken in whole; a corrected file is a new version that replaces the one before."""

    source = models.ForeignKey(DataSource, on_delete=models.PROTECT, related_name="imports")
    file_name = models.CharField(max_length=300)
    digest = models.CharField(max_length=64)
    profile = models.CharField(max_length=100, blank=True)  # the kind of table; empty: a plain table of responses
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    kept = models.PositiveIntegerField()
    refused = models.PositiveIntegerField(default=0)
    version = models.PositiveSmallIntegerField(default=1)
    replaces = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="replacements")
    supplements = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="supplemented_by")
    current = models.BooleanField(default=True)  # neither replaced nor undone
    made = models.JSONField(default=dict)  # {"items": [...], "groups": [...]}: what undoing takes back
    brought = models.JSONField(default=list)  # [[sheet, row], ...]: the refused rows of what it supplements
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=150, blank=True)

    class Meta:
        """The same file counts once; what is undone says when and by whom, and counts no more."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "profile", "digest"], condition=models.Q(current=True), name="same_file_once"
            ),
            models.UniqueConstraint(
                fields=["replaces"], condition=models.Q(undone_at__isnull=True), name="one_correction_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(undone_at__isnull=True, undone_by="")
                | (models.Q(undone_at__isnull=False, current=False) & ~models.Q(undone_by="")),
                name="undone_when_and_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


class Item(models.Model):
    """Something that can be done and scored: an exam, a task, a criterion of a rubric, a question."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="items")
    code = models.CharField(max_length=200)
    name_en = models.CharField(max_length=300)
    name_zh = models.CharField(max_length=300)
    kind = models.CharField(max_length=30)
    occasion = models.CharField(max_length=50, blank=True)
    due_day = models.IntegerField(null=True, help_text=_("day after the start of the presentation"))
    weight = models.FloatField(null=True, help_text=_("per cent of the final mark"))

    class Meta:
        """One code names one item in a space."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["space", "code"], name="item_once_in_a_space")]

    def __str__(self) -> str:
        return self.code

    @property
    def name(self) -> Text:
        """The name to show, in both languages."""
        return Text(self.name_en, self.name_zh)


class RecordQuerySet(models.QuerySet["EvidenceRecord"]):
    """Words for reading records."""

    def current(self) -> RecordQuerySet:
        """Those that no corrected file has replaced: what portraits, lake and measurement see."""
        return self.filter(replaced_by__isnull=True)


class EvidenceRecord(models.Model):
    """One response: a score of a person on an item, by a rater or none, with its source.

    A correction does not change it: the import of the corrected file replaces it by a new one.
    """

    id = models.BigAutoField(primary_key=True)
    came_with = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="records")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="evidence")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="evidence")
    rater = models.CharField(max_length=100, blank=True)
    occasion = models.CharField(max_length=50, blank=True)
    score = models.FloatField()
    max_score = models.FloatField()
    at = models.DateTimeField(null=True)
    source_file = models.CharField(max_length=300, blank=True)
    source_sheet = models.CharField(max_length=200, blank=True)
    source_row = models.PositiveIntegerField(null=True)
    replaced_by = models.ForeignKey(
        Import, null=True, on_delete=models.PROTECT, related_name="replaced_records", db_index=False
    )

    objects = RecordQuerySet.as_manager()

    class Meta:
        """Of what is current the same person, item, rater and occasion once; a score lies on its scale."""

        # Only of what was replaced: nearly all is current, and a database without statistics would look there first.
        indexes: ClassVar = [
            models.Index(
                fields=["replaced_by"], condition=models.Q(replaced_by__isnull=False), name="records_that_were_replaced"
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "item", "rater", "occasion"],
                condition=models.Q(replaced_by__isnull=True),
                name="response_once",
            ),
            models.CheckConstraint(
                condition=models.Q(score__gte=0) & models.Q(score__lte=models.F("max_score")), name="score_on_its_scale"
            ),
        ]

    def __str__(self) -> str:
        return f"record {self.pk}"


class OwnWork(models.Model):
    """One work that a student put in, with its AI statement and what became of it.

    Nothing of it is changed once it is handed in but its state, once; a correction is a new work that names this one.
    """

    class State(models.TextChoices):
        """What became of a work."""

        WAITING = "waiting", _("waiting to be verified")
        VERIFIED = "verified", _("verified")
        RETURNED = "returned", _("returned")
        WITHDRAWN = "withdrawn", _("withdrawn by the student")

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="works")
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in WorkKind])
    title = models.CharField(max_length=200)
    done_on = models.DateField()
    part = models.TextField()
    team_size = models.PositiveSmallIntegerField()
    quality = models.CharField(max_length=100)
    level = models.CharField(max_length=20, blank=True, choices=[(level.value, level.value) for level in AwardLevel])
    link = models.CharField(max_length=500, blank=True)
    proof = models.CharField(max_length=20, choices=[(proof.value, proof.value) for proof in Proof])
    ai_used = models.BooleanField()
    ai_machine_did = models.TextField(blank=True)
    ai_i_did = models.TextField(blank=True)
    ai_checked_how = models.TextField(blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_name = models.CharField(max_length=120, blank=True)
    file_type = models.CharField(max_length=10, blank=True)
    file_bytes = models.PositiveIntegerField(default=0)
    added_at = models.DateTimeField()
    replaces = models.OneToOneField("self", null=True, on_delete=models.CASCADE, related_name="replaced_by")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="works_decided")
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    score = models.PositiveSmallIntegerField(null=True)  # of the rating: 0 for the first anchor to 4 for the fifth

    class Meta:
        """State, decider, time and reason go together, and so do the parts of a file and of an AI statement."""

        indexes: ClassVar = [models.Index(fields=["state", "added_at"])]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="work_decided_whole",
                condition=models.Q(state="waiting", decided_by__isnull=True, decided_at__isnull=True, reason="")
                | models.Q(state__in=["verified", "returned"], decided_by__isnull=False, decided_at__isnull=False)
                & ~models.Q(reason="")
                | models.Q(state="withdrawn", decided_by__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="work_rated_when_verified",
                condition=models.Q(score__isnull=True) | models.Q(state="verified", score__lte=4),
            ),
            models.CheckConstraint(
                name="work_ai_statement_whole",
                condition=models.Q(ai_used=False, ai_machine_did="", ai_i_did="", ai_checked_how="")
                | models.Q(ai_used=True)
                & ~models.Q(ai_machine_did="")
                & ~models.Q(ai_i_did="")
                & ~models.Q(ai_checked_how=""),
            ),
            models.CheckConstraint(
                name="work_file_whole",
                condition=models.Q(file_sha256="", file_name="", file_type="", file_bytes=0)
                | models.Q(file_bytes__gt=0)
                & ~models.Q(file_sha256="")
                & ~models.Q(file_name="")
                & ~models.Q(file_type=""),
            ),
            models.CheckConstraint(
                name="work_award_has_level",
                condition=models.Q(kind="award") & ~models.Q(level="") | ~models.Q(kind="award") & models.Q(level=""),
            ),
            models.CheckConstraint(
                name="work_proof_is_there",
                condition=~models.Q(proof="outside-record", link="") & ~models.Q(proof="document", file_sha256=""),
            ),
            models.CheckConstraint(name="work_team_of_somebody", condition=models.Q(team_size__gte=1)),
        ]

    def __str__(self) -> str:
        return f"own work {self.pk}"  # never the title

    @property
    def source(self) -> str:
        """How the rating of this work names where it came from."""
        return f"own-work-{self.pk}"

    @property
    def verified(self) -> bool:
        """Whether it was verified and that was not taken back."""
        back = {taken.what for taken in self.taken_back.all()}
        return self.state == OwnWork.State.VERIFIED and WorkTakenBack.What.DECISION not in back

    @property
    def standing_score(self) -> int | None:
        """Its rating, as far as that was not taken back."""
        return None if self.taken_back.all() else self.score


class WorkTakenBack(models.Model):
    """That who decided on a work took that back, or its rating alone. The decision itself stays as it was written."""

    class What(models.TextChoices):
        """What was taken back."""

        RATING = "rating", _("the rating")
        DECISION = "decision", _("the verification, with its rating")

    work = models.ForeignKey(OwnWork, on_delete=models.CASCADE, related_name="taken_back")
    what = models.CharField(max_length=10, choices=What.choices)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="works_taken_back")
    at = models.DateTimeField()
    reason = models.TextField()
    correction = models.ForeignKey(Import, null=True, on_delete=models.PROTECT, related_name="+")  # of the evidence

    class Meta:
        """The same thing is taken back once, and never without a reason."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["work", "what"], name="work_taken_back_once"),
            models.CheckConstraint(name="work_taken_back_with_reason", condition=~models.Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.what} of own work {self.work_id} taken back"


class TableFile(models.Model):
    """The table that an import brought, as a Parquet file of the workspace: all columns, each row with its place."""

    came_with = models.OneToOneField(Import, on_delete=models.PROTECT, related_name="table")
    path = models.CharField(max_length=300, unique=True)
    rows = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    refused_path = models.CharField(max_length=300, blank=True)  # the refused rows, kept beside; undoing removes them

    def __str__(self) -> str:
        return self.path


class PersonChange(models.Model):
    """What an import said of a person that was not known before: the old value stays beside the new one."""

    class Field(models.TextChoices):
        """What can change; ``person`` stands for the person as a whole: made by the import."""

        PERSON = "person", _("new person")
        NAME = "name", _("name")
        PROGRAMME = "programme", _("programme")
        COHORT = "cohort", _("entry year")
        CLASS = "class", _("class")

    came_with = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="person_changes")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="changes")
    field = models.CharField(max_length=20, choices=Field.choices)
    before = models.CharField(max_length=300, blank=True)
    after = models.CharField(max_length=300, blank=True)

    class Meta:
        """An import changes one thing of a person once."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["came_with", "person", "field"], name="one_change_of_a_kind")
        ]

    def __str__(self) -> str:
        return f"{self.field} of {self.person_id}"


class LearnedTitle(models.Model):
    """What a title in the files of one institution means, as somebody said once."""

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="learned_titles")
    profile = models.CharField(max_length=100)
    title = models.CharField(max_length=300)
    column = models.CharField(max_length=100)

    class Meta:
        """A title means one thing in a kind of table."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["space", "profile", "title"], name="title_learned_once")
        ]

    def __str__(self) -> str:
        return self.title


class Upload(models.Model):
    """A file on the desk: kept in the workspace until it is taken in or thrown away, with what was chosen for it."""

    class State(models.TextChoices):
        """Where the file stands."""

        OPEN = "open", _("on the desk")
        DONE = "done", _("taken in")
        THROWN = "thrown", _("thrown away")

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="uploads")
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="uploads")
    at = models.DateTimeField()
    file_name = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    profile = models.CharField(max_length=100, blank=True)
    source_code = models.SlugField(max_length=100, blank=True, allow_unicode=True)
    facts = models.JSONField(default=dict)  # of SourceFacts
    chosen = models.JSONField(default=dict)  # our column -> title
    answers = models.JSONField(default=dict)  # "sheet|row" -> number that a human said yes to, or "" for no
    names = models.JSONField(default=dict)  # "sheet|row" -> "number" or "out", where number and name disagree
    agreed = models.JSONField(default=list)  # what a human said yes to: tokens of questions, as they were shown
    also_named = models.JSONField(default=list)  # under which other names the same bytes were dropped
    highest = models.FloatField(null=True)  # the highest score of items of which the file says none
    only_table = models.BooleanField(default=False)  # whether such items are kept as a table and not measured
    corrects = models.ForeignKey(Import, null=True, on_delete=models.SET_NULL, related_name="+")
    corrects_asked = models.BooleanField(default=False)  # whether somebody chose; else the desk proposes
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    became = models.ForeignKey(Import, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """The same file lies on the desk of an institution once."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["space", "sha256"], condition=models.Q(state="open"), name="upload_open_once"
            )
        ]

    def __str__(self) -> str:
        return self.file_name
