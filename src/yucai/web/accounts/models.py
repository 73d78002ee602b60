"""Spaces, people, groups and accounts."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from yucai.texts import Text

__all__ = ["Account", "Charge", "Group", "Membership", "Person", "ProtectedTrait", "Space"]


class Space(models.Model):
    """One institution whose people and evidence are held apart from every other's."""

    class Period(models.TextChoices):
        """The stretch of time that one profile covers."""

        OCCASION = "occasion", _("term or presentation")
        SCHOOL_YEAR = "school-year", _("school year")

    code = models.SlugField(unique=True)
    name_en = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200)
    simulated = models.BooleanField()
    attribution_en = models.TextField(blank=True)
    attribution_zh = models.TextField(blank=True)
    licence = models.CharField(max_length=100, blank=True)
    framework = models.CharField(max_length=100, default="nine-qualities")
    evidence_map = models.CharField(max_length=100)
    period = models.CharField(max_length=20, choices=Period.choices, default=Period.OCCASION)
    minors_expected = models.BooleanField(default=False)  # whose age nobody asked counts as under 18
    request_days = models.PositiveSmallIntegerField(default=10)  # working days in which a request is answered
    request_days_source = models.CharField(max_length=300, blank=True)  # who decided that; empty: as it ships

    def __str__(self) -> str:
        return self.code

    @property
    def name(self) -> Text:
        """Its name in both languages."""
        return Text(self.name_en, self.name_zh)

    @property
    def attribution(self) -> Text:
        """Whose data these are, in both languages."""
        return Text(self.attribution_en, self.attribution_zh)


class Person(models.Model):
    """A learner, known in a space by a number."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="people")
    code = models.CharField(max_length=100)
    name_en = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200)
    cohort = models.CharField(max_length=50, blank=True)
    programme = models.CharField(max_length=200, blank=True)
    talent_type = models.CharField(max_length=100, blank=True)
    born = models.DateField(null=True)  # asked, never guessed; null: not asked

    class Meta:
        """One number names one person in a space."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["space", "code"], name="person_once_in_a_space")]

    def __str__(self) -> str:
        return self.code

    @property
    def name(self) -> Text:
        """The name to show, in both languages."""
        return Text(self.name_en, self.name_zh)


class Group(models.Model):
    """People seen together: an entry cohort, a class, a course presentation, the mentees of one mentor."""

    class Kind(models.TextChoices):
        """What holds the group together."""

        COHORT = "cohort", _("entry cohort")
        CLASS = "class", _("class")
        PRESENTATION = "presentation", _("course presentation")
        MENTEES = "mentees", _("mentees")

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="groups")
    code = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    name_en = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200)
    occasion = models.CharField(max_length=50, blank=True)
    starts = models.DateField(null=True)  # of a presentation: the day from which due days are counted
    people = models.ManyToManyField(Person, through="Membership", related_name="groups")

    class Meta:
        """One code names one group in a space."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["space", "code"], name="group_once_in_a_space")]

    def __str__(self) -> str:
        return self.code

    @property
    def name(self) -> Text:
        """The name to show, in both languages."""
        return Text(self.name_en, self.name_zh)


class Membership(models.Model):
    """That a person belongs to a group, and how it ended (for a course: the final result)."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    outcome = models.CharField(max_length=50, blank=True)
    joined = models.DateField(null=True)  # work due before is not expected; null: not on record
    left = models.DateField(null=True)  # work due after is not expected; null: still there, or not on record

    class Meta:
        """A person belongs to a group once."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["group", "person"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.group_id}"


class Account(AbstractUser):
    """Someone who signs in, in one role, to named spaces."""

    class Role(models.TextChoices):
        """What somebody is in the office; with the relation it decides what they may see."""

        DIRECTOR = "director", _("Honours-college director")
        TEACHER = "teacher", _("Teacher")
        STUDENT = "student", _("Student")
        MENTOR = "mentor", _("Mentor from industry")
        RESEARCHER = "researcher", _("Institutional research officer")
        BUREAU = "bureau", _("Regional bureau officer")
        OFFICER = "officer", _("Data protection officer")

    role = models.CharField(max_length=20, choices=Role.choices)
    name_en = models.CharField(max_length=200, blank=True)
    name_zh = models.CharField(max_length=200, blank=True)
    spaces = models.ManyToManyField(Space, related_name="accounts")
    person = models.OneToOneField(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="account")
    demo = models.BooleanField(default=False)  # opened from the start page without a password; demo workspaces only

    REQUIRED_FIELDS: ClassVar[list[str]] = ["role"]

    @property
    def name(self) -> Text:
        """The name to show, in both languages."""
        return Text(self.name_en or self.username, self.name_zh or self.username)

    asks = False  # for a page: then what it is let into is read once, for as long as the page takes

    def is_let_into(self, space: int) -> bool:
        """Return whether this account is let into a space (number)."""
        return space in self._let_into if self.asks else self.spaces.filter(pk=space).exists()

    @cached_property
    def _let_into(self) -> frozenset[int]:
        return frozenset(self.spaces.values_list("pk", flat=True))


class Charge(models.Model):
    """That an account is in charge of a group: my class, my course, my mentees."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="charges")
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="charges")

    class Meta:
        """An account is in charge of a group once."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["account", "group"], name="charge_once")]

    def __str__(self) -> str:
        return f"{self.account_id} for {self.group_id}"


class ProtectedTrait(models.Model):
    """A protected trait, kept apart: for fairness audits in the aggregate only, never on a page, never in a model."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    occasion = models.CharField(max_length=50, blank=True)
    trait = models.CharField(max_length=50)
    value = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.trait  # never the value
