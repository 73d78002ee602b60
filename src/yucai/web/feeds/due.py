"""Feeds that take in by themselves: when one is due, and what its worker does.

A feed is due some time after statements came, and looks at each once: its place in the store moves with what was taken
in, and also where somebody has to say something first. What ends unexpectedly is tried again, later each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q

from yucai.errors import YucaiError
from yucai.texts import Text
from yucai.web.accounts.models import Account
from yucai.web.feeds.looking import look_at
from yucai.web.feeds.models import EvidenceFeed, FeedDeclaration
from yucai.web.feeds.taking import Report, TakenMeanwhileError, map_telling, set_aside, take_feed, take_mapped
from yucai.web.jobs.actions import JobCancelledError, ask_for
from yucai.web.jobs.models import Job
from yucai.web.records.following import place_of
from yucai.web.records.keys import stored_of
from yucai.web.records.models import RecordStore, StatementRow

__all__ = ["BIG_STORE", "ask_due", "ask_look", "ask_taking", "is_big", "run_feed", "run_look", "run_taking"]

QUIET: Final = timedelta(minutes=2)  # nothing came for so long: a lesson has ended
LONGEST: Final = timedelta(minutes=15)  # what waits so long is taken in although more comes
PAUSE: Final = timedelta(minutes=10)  # between two looks of a feed by itself
LONGEST_PAUSE: Final = timedelta(days=1)
BIG_STORE: Final = 20_000  # more statements than this are mapped by the worker, not while a page waits
BY_ITSELF: Final = "feed"
NO_MORE: Final = Text("It does not take in by itself any more.", "已不再自动入库。")
LOOKED: Final = Text("Looked at {n} statement{n:|s}.", "已查看 {n} 条陈述。")


def ask_due(*, at: datetime) -> list[Job]:
    """Ask for the work of every feed that is due; a feed whose work is open is asked for once."""
    return [job for feed in _due(at) if (job := _asked(feed, at=at)) is not None]


def ask_taking(
    *, feed: EvidenceFeed, agreed: frozenset[str], declaration: FeedDeclaration, by: Account, at: datetime
) -> Job:
    """Let the worker take a feed in as somebody wants it."""
    with transaction.atomic():
        feed = EvidenceFeed.objects.select_for_update().get(pk=feed.pk)
        job = ask_for(f"feed-take:{feed.pk}", space=feed.space, owner=by, at=at)
        feed.asked = {"agreed": sorted(agreed), "declaration": declaration.pk, "by": by.username}
        feed.job = job
        feed.save(update_fields=["asked", "job"])
    return job


def ask_look(*, feed: EvidenceFeed, by: Account, at: datetime) -> Job:
    """Let the worker find out what taking a feed in would change."""
    with transaction.atomic():
        job = ask_for(f"feed-look:{feed.pk}", space=feed.space, owner=by, at=at)
        EvidenceFeed.objects.filter(pk=feed.pk).update(job=job)
    return job


def is_big(store: RecordStore) -> bool:
    """Whether a store holds too many statements to map them while a page waits."""
    rows = StatementRow.objects.filter(store=store).order_by("seq").values_list("seq", flat=True)
    return bool(rows[BIG_STORE : BIG_STORE + 1])


def run_feed(job: Job, report: Report, *, at: datetime) -> Text:
    """Take a feed in by itself, by the declaration in force; return what came of it."""
    feed = _feed_of(job)
    if feed.state != EvidenceFeed.State.FOLLOWING or feed.in_force is None:
        return NO_MORE
    mapped = map_telling(feed, feed.in_force, at=at, report=report)
    try:
        return take_mapped(mapped, by=BY_ITSELF, at=at).said
    except (JobCancelledError, TakenMeanwhileError):
        raise
    except YucaiError as problem:
        return set_aside(mapped, problem, at=at)


def run_taking(job: Job, report: Report, *, at: datetime) -> Text:
    """Take a feed in as somebody wanted it; return what came of it."""
    feed = _feed_of(job)
    if "declaration" not in feed.asked:  # a worker fell just after it was done
        return feed.said
    declaration = feed.declarations.get(pk=feed.asked["declaration"])
    agreed, by = frozenset(feed.asked["agreed"]), feed.asked["by"]
    taken = take_feed(feed=feed, by=by, at=at, agreed=agreed, declaration=declaration, report=report)
    EvidenceFeed.objects.filter(pk=feed.pk).update(asked={})
    return taken.said


def run_look(job: Job, report: Report, *, at: datetime) -> Text:
    """Find out what taking a feed in by its newest declaration would change, and keep that for its page."""
    feed = _feed_of(job)
    declaration = feed.declarations.order_by("-number").first()
    if declaration is None:
        return NO_MORE
    look = look_at(map_telling(feed, declaration, at=at, report=report))
    EvidenceFeed.objects.filter(pk=feed.pk).update(look=look.kept())
    return LOOKED.filled(n=look.statements)


def _feed_of(job: Job) -> EvidenceFeed:
    return EvidenceFeed.objects.select_related("space", "store", "in_force").get(pk=job.kind.partition(":")[2])


def _due(at: datetime) -> Iterator[EvidenceFeed]:
    following = EvidenceFeed.objects.filter(state=EvidenceFeed.State.FOLLOWING).select_related("space", "store")
    following = following.filter(Q(next_look=None) | Q(next_look__lte=at))
    following = following.filter(Q(last_import=None) | Q(last_import__undone_at=None))  # undone: somebody looks first
    for feed in following.order_by("pk"):
        if feed.asked.get("again") or _has_waited(feed, at):
            yield feed


def _has_waited(feed: EvidenceFeed, at: datetime) -> bool:
    """Whether statements that a feed has not looked at came some time ago."""
    new = StatementRow.objects.filter(store=feed.store, seq__gt=place_of(feed.store, feed.follower))
    seqs = new.order_by("seq").values_list("seq", flat=True)
    first = seqs.first()
    if first is None:
        return False
    last = seqs.last()
    return stored_of(first) <= at - LONGEST or (last is not None and stored_of(last) <= at - QUIET)


@transaction.atomic
def _asked(feed: EvidenceFeed, *, at: datetime) -> Job | None:
    """Ask for the work of a due feed, and say not before when it may be asked for again: each time it failed, later."""
    pause = min(PAUSE * 2 ** min(feed.tries, 10), LONGEST_PAUSE)
    mine = EvidenceFeed.objects.filter(pk=feed.pk, next_look=feed.next_look, tries=feed.tries)
    if not mine.update(next_look=at + pause, tries=F("tries") + 1):
        return None  # another worker asked at the same moment
    job = ask_for(f"feed:{feed.pk}", space=feed.space, owner=None, at=at)
    EvidenceFeed.objects.filter(pk=feed.pk).update(job=job)
    return job
