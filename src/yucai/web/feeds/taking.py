"""Taking a feed in: what its store says now, as a new version of what it said before, all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl
from django.db import transaction

from yucai.errors import YucaiError
from yucai.texts import Text
from yucai.web.accounts.models import Person
from yucai.web.bulk import insert_rows
from yucai.web.evidence.actions import held
from yucai.web.evidence.models import DataSource, Import, Item
from yucai.web.evidence.settling import Wish
from yucai.web.evidence.taking import AllRefusedError, NothingToTakeError, Seen, look_ahead, take_table
from yucai.web.feeds.actions import newest_declaration
from yucai.web.feeds.looking import current_import, wish_of
from yucai.web.feeds.mapping import Mapped, map_feed
from yucai.web.feeds.models import EvidenceFeed, FeedDeclaration, WeakCount
from yucai.web.records.following import move_cursor

__all__ = [
    "AllScoresRefusedError",
    "FeedTaken",
    "TakenMeanwhileError",
    "map_telling",
    "set_aside",
    "take_feed",
    "take_mapped",
]

BATCH: Final = 500
MOST_VERB: Final = 500
MAPPING: Final = Text("Mapping the statements", "正在映射陈述")
TAKING: Final = Text("Taking in what differs", "正在入库有变化的部分")
TOOK: Final = Text(
    "{statements} statement{statements:|s}: {new} score{new:|s} new, {changed} changed, {gone} gone; {weak} weak "
    "event{weak:|s} counted.",
    "{statements} 条陈述：新增得分 {new} 个，改动 {changed} 个，撤去 {gone} 个；弱证据 {weak} 条。",
)
UNCHANGED: Final = Text(
    "{statements} statement{statements:|s}: no score changed; {weak} weak event{weak:|s} counted.",
    "{statements} 条陈述：得分没有变化；弱证据 {weak} 条。",
)
REFUSED: Final = Text(" {n} score{n:|s} {n:was|were} refused.", "拒收 {n} 个得分。")
WAITS: Final = Text("Not taken in: {why}", "未入库：{why}")

Report = Callable[[float, Text], None]


class TakenMeanwhileError(YucaiError):
    """Somebody else took the feed in at the same time."""

    says = Text(
        "“{feed}” was taken in by somebody else meanwhile. Look again at what would change.",
        "其间已有人将“{feed}”入库。请重新查看将有的变化。",
    )
    exit_code = 75


class AllScoresRefusedError(YucaiError):
    """No score of a feed can be recorded."""

    says = Text(
        "No score of “{feed}” can go in: all {n} are refused (first: {why}) Change the mapping, or the other source.",
        "“{feed}”中没有得分可以入库：{n} 个全部被拒收（首个：{why}）。请修改映射方案或另一来源。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedTaken:
    """What taking a feed in did; ``entry`` is None where no score changed."""

    entry: Import | None
    statements: int
    weak: int
    new: int
    changed: int
    gone: int
    refused: int

    @property
    def said(self) -> Text:
        """What it came to, in one or two sentences."""
        says = UNCHANGED if self.entry is None else TOOK
        facts = {"statements": self.statements, "weak": self.weak, "new": self.new, "changed": self.changed,
                 "gone": self.gone}  # fmt: skip
        refused = REFUSED if self.refused else Text("", "")
        return Text(
            *(says.in_language(one, **facts) + refused.in_language(one, n=self.refused) for one in ("en", "zh"))
        )


def take_feed(
    *,
    feed: EvidenceFeed,
    by: str,
    at: datetime,
    agreed: frozenset[str] = frozenset(),
    declaration: FeedDeclaration | None = None,
    report: Report | None = None,
) -> FeedTaken:
    """Map the statements of a feed and take in what differs; the declaration is then the one in force.

    Without a declaration the newest is taken. ``report`` may raise to call it off. Raises what ``take_table`` raises
    but for what says nothing new, and TakenMeanwhileError.
    """
    mapped = map_telling(feed, declaration or newest_declaration(feed), at=at, report=report)
    return take_mapped(mapped, by=by, at=at, agreed=agreed)


def map_telling(
    feed: EvidenceFeed, declaration: FeedDeclaration, *, at: datetime, report: Report | None = None
) -> Mapped:
    """Map the statements of a feed, telling how far it is as a part of taking it in."""
    if report is None:
        return map_feed(feed, declaration, at=at)
    mapped = map_feed(feed, declaration, at=at, on_way=lambda share: report(0.05 + 0.55 * share, MAPPING))
    report(0.6, TAKING)
    return mapped


def take_mapped(mapped: Mapped, *, by: str, at: datetime, agreed: frozenset[str] = frozenset()) -> FeedTaken:
    """Take in what was mapped: scores, weak counts and the place in the store, all or nothing.

    What changes is found out first: while the space is held, nobody else can write on SQLite.
    """
    wish = wish_of(mapped.feed, agreed=agreed)
    seen = look_ahead(mapped.reading, wish, space=mapped.feed.space)
    return _take(mapped, seen, wish, by=by, at=at)


@transaction.atomic
def _take(mapped: Mapped, seen: Seen, wish: Wish, *, by: str, at: datetime) -> FeedTaken:
    held(mapped.feed.space)
    feed = EvidenceFeed.objects.select_for_update().select_related("space", "store").get(pk=mapped.feed.pk)
    if not move_cursor(feed.store, feed.follower, seen=mapped.seen, to=mapped.to):
        raise TakenMeanwhileError(feed=feed.name)
    if wish.corrects != wish_of(feed).corrects:
        raise TakenMeanwhileError(feed=feed.name)
    entry = _taken(mapped, feed, seen, wish, by=by, at=at)
    weak = _count_weak(mapped, feed)
    taken = FeedTaken(
        entry=entry,
        statements=mapped.found.n_statements,
        weak=weak,
        refused=mapped.reading.report.refused_count,
        **_counts(entry),
    )
    if feed.state == EvidenceFeed.State.DRAFT:
        feed.state = EvidenceFeed.State.FOLLOWING
    feed.last_import = entry or current_import(feed)
    feed.in_force, feed.looked_at, feed.waiting, feed.tries = mapped.declaration, at, False, 0
    feed.said_en, feed.said_zh = taken.said.en, taken.said.zh
    feed.look, feed.asked = {}, _without_again(feed)
    feed.save()
    return taken


@transaction.atomic
def set_aside(mapped: Mapped, problem: YucaiError, *, at: datetime) -> Text:
    """Write down why what came was not taken in by itself; it is not looked at again before more comes."""
    feed = EvidenceFeed.objects.select_for_update().select_related("store").get(pk=mapped.feed.pk)
    if not move_cursor(feed.store, feed.follower, seen=mapped.seen, to=mapped.to):
        raise TakenMeanwhileError(feed=feed.name)
    why = [WAITS.in_language(language, why=problem.in_language(language)) for language in ("en", "zh")]
    feed.said_en, feed.said_zh = why
    feed.waiting, feed.looked_at, feed.tries, feed.asked = True, at, 0, _without_again(feed)
    feed.save(update_fields=["said_en", "said_zh", "waiting", "looked_at", "tries", "asked"])
    return Text(*why)


def _without_again(feed: EvidenceFeed) -> dict[str, object]:
    """Return what is asked of a feed now that it was looked at."""
    return {name: said for name, said in feed.asked.items() if name != "again"}


def _taken(mapped: Mapped, feed: EvidenceFeed, seen: Seen, wish: Wish, *, by: str, at: datetime) -> Import | None:
    """Take the scores in; None where they say nothing new."""
    reading = mapped.reading
    if wish.corrects is None and not reading.report.read_count:  # clicks alone: there is no score to take in
        return None
    try:
        entry = take_table(reading, wish, space=feed.space, by=by, at=at, seen=seen)
    except NothingToTakeError:
        return None
    except AllRefusedError:
        first = reading.report.refused[0].faults[0]
        why = Text(first.in_language("en"), first.in_language("zh"))
        raise AllScoresRefusedError(feed=feed.name, n=reading.report.refused_count, why=why) from None
    if entry.version == 1:
        DataSource.objects.filter(pk=entry.source_id).update(name_en=feed.name, name_zh=feed.name)
    _name_items(mapped, entry)
    return entry


def _counts(entry: Import | None) -> dict[str, int]:
    """Return how many scores an import made new, changed and took back."""
    if entry is None:
        return {"new": 0, "changed": 0, "gone": 0}
    came, replaced = entry.records.count(), entry.replaced_records.count()
    key = ("person_id", "item_id", "rater", "occasion")
    again = set(entry.records.values_list(*key)) & set(entry.replaced_records.values_list(*key)) if replaced else set()
    return {"new": came - len(again), "changed": len(again), "gone": replaced - len(again)}


def _name_items(mapped: Mapped, entry: Import) -> None:
    """Call the items that this import made as their statements call them."""
    made = entry.made.get("items", [])
    for start in range(0, len(made), BATCH):
        items = []
        for item in Item.objects.filter(space=mapped.feed.space_id, code__in=made[start : start + BATCH]):
            if (name := mapped.names.name_of(item.code)) is not None:
                item.name_en, item.name_zh = name.en[:300], name.zh[:300]
                items.append(item)
        Item.objects.bulk_update(items, ["name_en", "name_zh"], batch_size=200)


def _count_weak(mapped: Mapped, feed: EvidenceFeed) -> int:
    """Count anew what is no score, by person and verb; return how many events there are."""
    events = mapped.found.events.table
    WeakCount.objects.filter(feed=feed).delete()
    if events.height:
        people = dict(Person.objects.filter(space=feed.space_id).values_list("code", "pk"))
        counted = events.group_by("learner", pl.col("verb").str.slice(0, MOST_VERB)).agg(
            pl.col("times").sum(), pl.col("at").max()
        )
        rows = (
            (feed.pk, people[learner], verb, times, at)
            for learner, verb, times, at in counted.sort("learner", "verb").iter_rows()
            if learner in people
        )
        insert_rows(WeakCount, ["feed", "person", "verb", "times", "last_at"], rows)
    return events.height
