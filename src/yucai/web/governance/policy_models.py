"""Policy cards of an institution: draft, seal, opening of the data, gate, acceptance, result; and later vintages."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from yucai.texts import Text
from yucai.web.accounts.models import Account, Space
from yucai.web.jobs.models import Job

__all__ = ["PolicyRecord", "PolicyUpload", "PolicyVintage"]


class PolicyRecord(models.Model):
    """One card and what came of it. From the seal on nothing of it is changed, only the next step is added.

    ``card`` is its file; ``seal``, ``opening``, ``gate``, ``acceptance``, ``evaluation`` and ``evaluated`` are the
    parts of the bundle as they lie in it. What stands beside them is written from them and held against them: a page
    shows what the bytes say. ``noted`` is the place in the audit trail at which the result was written down. A card
    that came as a bundle has ``taken_at``, and ``reproduced`` says whether its result came out the same here.
    """

    class Grade(models.TextChoices):
        """The verdict, by the fixed rules."""

        NOT_TESTABLE = "not-testable", _("not testable")
        INCONCLUSIVE = "inconclusive", _("inconclusive")
        SUGGESTIVE = "suggestive", _("suggestive")
        SUPPORTED = "supported", _("supported")

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="policies")
    slug = models.SlugField(max_length=36, unique=True)  # of its address: the code, and a number where that is taken
    code = models.CharField(max_length=50)
    title_en = models.CharField(max_length=300)
    title_zh = models.CharField(max_length=300)
    simulated = models.BooleanField(default=False)
    card = models.TextField()
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    replaces = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")
    mark = models.CharField(max_length=64, blank=True)
    seal = models.TextField(blank=True)
    sealed_at = models.DateTimeField(null=True)
    data = models.BinaryField(null=True)
    data_name = models.CharField(max_length=200, blank=True)
    opening = models.TextField(blank=True)
    opened_at = models.DateTimeField(null=True)
    gate = models.TextField(blank=True)
    acceptance = models.TextField(blank=True)
    accepted_at = models.DateTimeField(null=True)
    evaluation = models.TextField(blank=True)
    evaluated = models.TextField(blank=True)
    evaluated_at = models.DateTimeField(null=True)
    grade = models.CharField(max_length=20, choices=Grade.choices, blank=True)
    estimate = models.FloatField(null=True)
    lower = models.FloatField(null=True)
    upper = models.FloatField(null=True)
    p_value = models.FloatField(null=True)
    noted = models.BigIntegerField(null=True)
    taken_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    reproduced = models.BooleanField(null=True)

    class Meta:
        """The steps come one after the other, and a result has its grade."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["space", "mark"], condition=~models.Q(mark=""), name="policy_seal_once_in_space"
            ),
            models.CheckConstraint(
                name="policy_steps_in_order",
                condition=(
                    models.Q(sealed_at__isnull=True, mark="") | models.Q(sealed_at__isnull=False) & ~models.Q(mark="")
                )
                & (models.Q(opened_at__isnull=True) | models.Q(opened_at__gte=models.F("sealed_at")))
                & (models.Q(accepted_at__isnull=True) | models.Q(accepted_at__gte=models.F("opened_at")))
                & (models.Q(evaluated_at__isnull=True) | models.Q(evaluated_at__gte=models.F("accepted_at"))),
            ),
            models.CheckConstraint(
                name="policy_result_has_grade",
                condition=models.Q(evaluated_at__isnull=True, grade="")
                | (models.Q(evaluated_at__isnull=False) & ~models.Q(grade="")),
            ),
        ]  # fmt: skip
        indexes: ClassVar = [models.Index(fields=["space", "sealed_at"], name="policy_by_seal")]

    def __str__(self) -> str:
        return self.slug

    @property
    def title(self) -> Text:
        """Its title in both languages."""
        return Text(self.title_en, self.title_zh)


class PolicyVintage(models.Model):
    """What the plan of a card gave on a later vintage of its data. It can weaken the result of the card, no more.

    ``evaluation`` and ``note`` are kept as they came out; ``noted`` is the place in the audit trail. Those made before
    these were kept have neither: they count as a look, and their ``grade`` can weaken.
    """

    policy = models.ForeignKey(PolicyRecord, on_delete=models.CASCADE, related_name="vintages")
    name = models.CharField(max_length=100)
    data_sha256 = models.CharField(max_length=64)
    data = models.BinaryField(null=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    says = models.JSONField()  # [[en, zh], ...]
    moved = models.JSONField()  # [[key, first, second], ...]
    grade = models.CharField(max_length=20)
    evaluation = models.TextField(blank=True)
    note = models.TextField(blank=True)
    noted = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.name} of {self.policy_id}"


class PolicyUpload(models.Model):
    """A file that is being looked at in the background; nothing of what it says was shown to anybody yet.

    Its content is thrown away when the work is done, called off or refused; what was wrong with it stays, in ``says``,
    until the next file comes.
    """

    class What(models.TextChoices):
        """What the file is."""

        FIGURES = "open", _("the figures of a card")
        LATER = "later", _("later figures")
        BUNDLE = "bundle", _("a bundle")

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="+")
    policy = models.ForeignKey(PolicyRecord, null=True, on_delete=models.CASCADE, related_name="uploads")
    what = models.CharField(max_length=10, choices=What.choices)
    job = models.OneToOneField(Job, null=True, on_delete=models.SET_NULL, related_name="policy_upload")
    name = models.CharField(max_length=200)
    vintage = models.CharField(max_length=100, blank=True)
    mark = models.CharField(max_length=64, blank=True)
    content = models.BinaryField(null=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    says = models.JSONField(default=list)  # [[en, zh], ...]: the faults of a file that was refused

    class Meta:
        """One file of a card is looked at at a time."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["policy"], condition=models.Q(content__isnull=False), name="one_policy_file_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.name}"

    @property
    def faults(self) -> tuple[Text, ...]:
        """What was wrong with it."""
        return tuple(Text(en, zh) for en, zh in self.says)
