"""Feeds: which store gives evidence by which declaration, whose statements are whose, and what is only weak."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

from yucai.texts import Text
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.evidence.models import Import
from yucai.web.jobs.models import Job
from yucai.web.records.models import RecordStore
from yucai.web.records.telling import actor_words

__all__ = ["ActorDeclaration", "EvidenceFeed", "FeedDeclaration", "WeakCount"]


class EvidenceFeed(models.Model):
    """A record store as a source of evidence: what the law asks of it, and how far its statements are taken in.

    ``code`` is that of the source which its imports have. Nothing is taken in by itself before somebody took in once.
    """

    class State(models.TextChoices):
        """Whether what comes is taken in without being asked."""

        DRAFT = "draft", _("declared, nothing taken in yet")
        FOLLOWING = "following", _("takes in by itself what comes")
        STOPPED = "stopped", _("takes in only when asked")

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="feeds")
    store = models.ForeignKey(RecordStore, on_delete=models.PROTECT, related_name="feeds")
    code = models.SlugField(max_length=100)
    name = models.CharField(max_length=200)
    facts = models.JSONField(default=dict)  # of SourceFacts
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")  # null: the command line
    at = models.DateTimeField()
    in_force = models.ForeignKey("FeedDeclaration", null=True, on_delete=models.PROTECT, related_name="+")
    last_import = models.ForeignKey(Import, null=True, on_delete=models.PROTECT, related_name="+")
    looked_at = models.DateTimeField(null=True)  # when its statements were last mapped to be taken in
    waiting = models.BooleanField(default=False)  # what came was not taken in: somebody has to say something first
    said_en = models.TextField(blank=True)  # what came of the last time
    said_zh = models.TextField(blank=True)
    next_look = models.DateTimeField(null=True)  # not by itself before
    tries = models.PositiveSmallIntegerField(default=0)  # begun by itself since the last that ended
    asked = models.JSONField(default=dict)  # what somebody wants of the work that is under way
    look = models.JSONField(default=dict)  # what a worker found would change, of a store too big to map for a page
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        """One code names one feed in a space; what follows has been taken in once."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["space", "code"], name="feed_once_in_a_space"),
            models.CheckConstraint(
                condition=models.Q(state="draft") | models.Q(in_force__isnull=False, looked_at__isnull=False),
                name="feed_taken_in_once",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def follower(self) -> str:
        """The name of its place in the store."""
        return f"evidence:{self.pk}"

    @property
    def said(self) -> Text:
        """What came of the last time."""
        return Text(self.said_en, self.said_zh)


class FeedDeclaration(models.Model):
    """How the statements of a feed are mapped: profile, learners, highest scores. A change is a new declaration."""

    feed = models.ForeignKey(EvidenceFeed, on_delete=models.CASCADE, related_name="declarations")
    number = models.PositiveIntegerField()
    profile_code = models.CharField(max_length=100)
    profile_version = models.CharField(max_length=50)
    profile_text = models.TextField()  # TOML as it was declared: a newer program changes nothing by itself
    own_profile = models.BooleanField()  # the school's own, none of those that ship
    home_pages = models.JSONField(default=list)
    mail_domains = models.JSONField(default=list)
    highest = models.JSONField(default=dict)  # item -> highest score, "*" for all others
    attempt = models.CharField(max_length=10, blank=True)  # empty: as the profile says
    occasion = models.CharField(max_length=20, blank=True)  # empty: as the profile says
    zone = models.CharField(max_length=50)
    by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """Declarations of a feed are numbered."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["feed", "number"], name="feed_declaration_numbered")]

    def __str__(self) -> str:
        return f"declaration {self.number} of {self.feed_id}"

    @property
    def tzinfo(self) -> tzinfo:
        """Where the school's days begin and end."""
        return ZoneInfo(self.zone)


class ActorDeclaration(models.Model):
    """That an actor of the statements is a person on record, as somebody of the office said."""

    feed = models.ForeignKey(EvidenceFeed, on_delete=models.CASCADE, related_name="actors")
    key = models.CharField(max_length=1000)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """An actor is one person."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["feed", "key"], name="actor_declared_once")]

    def __str__(self) -> str:
        return f"actor of {self.feed_id}"  # never who

    @property
    def said(self) -> str:
        """The key as people write it."""
        return actor_words(self.key)


class WeakCount(models.Model):
    """How often somebody did something that is no score: weak evidence, counted anew each time the feed is mapped."""

    feed = models.ForeignKey(EvidenceFeed, on_delete=models.CASCADE, related_name="weak_counts")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="weak_counts")
    verb = models.CharField(max_length=500)
    times = models.PositiveBigIntegerField()
    last_at = models.DateTimeField(null=True)

    class Meta:
        """One count for one verb."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["feed", "person", "verb"], name="weak_counted_once")]

    def __str__(self) -> str:
        return f"{self.times} times"
