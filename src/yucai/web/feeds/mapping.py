"""The statements of a store as the table that a feed brings: mapped, each row fit for the records or refused."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import msgspec
import polars as pl
from django.utils.timezone import localdate

from yucai.errors import Fault
from yucai.evidence import (
    ActivityNames,
    Attempt,
    LearnerNumbers,
    OccasionFrom,
    Place,
    StatementProfile,
    StatementResponses,
    TableProfile,
    TableReading,
    read_statement_profile,
    refuse_rows,
    responses_from_statements,
    table_of_statements,
)
from yucai.texts import Text
from yucai.web.accounts.ages import unconsented
from yucai.web.accounts.models import Person
from yucai.web.evidence.models import EvidenceRecord, Item
from yucai.web.feeds.models import EvidenceFeed, FeedDeclaration
from yucai.web.records.following import follow, place_of
from yucai.web.records.models import RecordStore, StatementRow

__all__ = ["Mapped", "learners_of", "map_feed", "profile_of"]

CHUNK: Final = 10_000
KEY: Final = ["learner", "item", "occasion"]
MOST: Final = {  # characters that the records hold
    "learner": Person._meta.get_field("code").max_length,
    "item": Item._meta.get_field("code").max_length,
    "occasion": EvidenceRecord._meta.get_field("occasion").max_length,
}
TOO_LONG: Final = Text(
    "“{column}” has {n} character{n:|s}, and the records hold {most}. Let the profile write it shorter.",
    "“{column}”有 {n} 个字符，记录库最多容纳 {most} 个。请在映射方案中改写得短一些。",
)
NOT_TEXT: Final = Text(
    "“{column}” holds a zero byte, which is no character. Correct it in the learning tool.",
    "“{column}”含有零字节，不是有效字符。请在学习工具中更正。",
)
ELSEWHERE: Final = Text(
    "“{source}” gave a score of the same learner, item and term already; that one stays.",
    "“{source}”已给出同一学习者、题目、学期的得分，以该得分为准。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """All statements of a feed's store, mapped. ``seen`` is where the feed stood before, ``to`` the last of them."""

    feed: EvidenceFeed
    declaration: FeedDeclaration
    reading: TableReading
    found: StatementResponses
    names: ActivityNames
    seen: int
    to: int


@dataclass(slots=True)
class _Walk:
    """What going through a store notes."""

    on_way: Callable[[float], None] | None
    total: int
    voided: set[str] = field(default_factory=set)
    to: int = 0
    n: int = 0

    def tell(self) -> None:
        """Say how far it is."""
        if self.on_way is not None:
            self.on_way(min(1.0, self.n / max(1, self.total)))


def profile_of(declaration: FeedDeclaration) -> StatementProfile:
    """Return the profile of a declaration, with what it says otherwise than the profile."""
    profile = read_statement_profile(declaration.profile_text, name=declaration.profile_code)
    if declaration.attempt:
        profile = replace(profile, attempt=Attempt(declaration.attempt))
    if declaration.occasion:
        profile = replace(profile, occasion_from=OccasionFrom(declaration.occasion))
    return profile


def learners_of(feed: EvidenceFeed, declaration: FeedDeclaration) -> LearnerNumbers:
    """Return whose statements are whose; a number that is not on record is nobody's.

    Nor are those of people under 14 for whom no guardian's consent is in force: they give no evidence until it is.
    """
    known = Person.objects.filter(space=feed.space_id).exclude(unconsented(localdate()))
    return LearnerNumbers(
        home_pages=frozenset(declaration.home_pages),
        mail_domains=frozenset(domain.lower() for domain in declaration.mail_domains),
        crosswalk=dict(feed.actors.values_list("key", "person__code")),
        known=frozenset(known.values_list("code", flat=True)),
    )


def map_feed(
    feed: EvidenceFeed, declaration: FeedDeclaration, *, at: datetime, on_way: Callable[[float], None] | None = None
) -> Mapped:
    """Map all statements of a feed's store anew; nothing is written.

    ``on_way(share)`` is told how much is mapped, and may raise to end it. Call it outside a transaction: on SQLite it
    is known only there whether somebody is still writing.
    """
    seen, profile = place_of(feed.store, feed.follower), profile_of(declaration)
    walk = _Walk(on_way=on_way, total=StatementRow.objects.filter(store=feed.store).count() if on_way else 0)
    names = ActivityNames(profile)
    found = responses_from_statements(
        _statements(feed.store, walk, names),
        profile,
        learners=learners_of(feed, declaration),
        voided=walk.voided,
        highest=declaration.highest,
        zone=declaration.tzinfo,
    )
    reading = table_of_statements(found, file=feed.name, sha256=_digest(found, walk.to, at), at=at)
    reading = refuse_rows(reading, _wrong(reading.table, reading.profile, feed))
    return Mapped(
        feed=feed, declaration=declaration, reading=reading, found=found, names=names, seen=seen, to=max(seen, walk.to)
    )


def _statements(store: RecordStore, walk: _Walk, names: ActivityNames) -> Iterator[Mapping[str, Any]]:
    more = True
    while more:
        walk.tell()
        before, more = walk.to, False
        for n, one in enumerate(follow(store, after=before, most=CHUNK), start=1):
            walk.to, walk.n, more = one.seq, walk.n + 1, n == CHUNK
            if one.voided:
                walk.voided.add(one.id)
            statement = msgspec.json.decode(one.body)
            names.note(statement)
            yield statement


def _digest(found: StatementResponses, to: int, at: datetime) -> str:
    """Return what names this mapping. Not its content alone: what is as it once was is no old file sent again."""
    hashed = hashlib.sha256(found.responses.table.hash_rows(seed=0).to_numpy().tobytes())
    hashed.update(f"{to} {at.isoformat()}".encode())
    return hashed.hexdigest()


def _wrong(table: pl.DataFrame, kind: TableProfile, feed: EvidenceFeed) -> dict[Place, list[Fault]]:
    """Return which rows cannot be recorded, each with all that is wrong with it."""
    wrong: dict[Place, list[Fault]] = defaultdict(list)
    titles = {column.name: column.title for column in kind.columns}
    for name, most in MOST.items():
        value = pl.col(name)
        long = table.filter(value.str.len_chars() > most)
        for sheet, row, text in long.select("source_sheet", "source_row", name).iter_rows():
            facts = {"column": titles[name], "n": len(text), "most": most}
            wrong[sheet, row].append(Fault(code="value-too-long", says=TOO_LONG, facts=facts))
        for sheet, row in (
            table.filter(value.str.contains("\0", literal=True)).select("source_sheet", "source_row").iter_rows()
        ):
            wrong[sheet, row].append(Fault(code="zero-byte", says=NOT_TEXT, facts={"column": titles[name]}))
    for sheet, row, source in _elsewhere(table.filter(~_among(table, wrong)), feed):
        wrong[sheet, row].append(Fault(code="already-recorded", says=ELSEWHERE, facts={"source": source}))
    return dict(wrong)


def _among(table: pl.DataFrame, wrong: Mapping[Place, object]) -> pl.Series:
    places = zip(table["source_sheet"].to_list(), table["source_row"].to_list(), strict=True)
    return pl.Series([place in wrong for place in places] if wrong else [False] * table.height, dtype=pl.Boolean)


def _elsewhere(table: pl.DataFrame, feed: EvidenceFeed) -> Iterator[tuple[str, int, Text]]:
    """Yield the rows of which another source gave a score already, and that source."""
    items = Item.objects.filter(space=feed.space_id).values_list("pk", "code")
    wanted = set(table["item"].unique())
    shared = [pk for pk, code in items if code in wanted]
    rows = []
    for start in range(0, len(shared), 500):
        others = EvidenceRecord.objects.current().filter(item__in=shared[start : start + 500], rater="")
        others = others.exclude(came_with__source__code=feed.code)
        names = ("person__code", "item__code", "occasion", "came_with__source__name_en", "came_with__source__name_zh")
        rows += list(others.values_list(*names))
    if not rows:
        return
    known = pl.DataFrame(rows, schema=dict.fromkeys([*KEY, "en", "zh"], pl.String), orient="row")
    coming = table.select(pl.col(KEY).fill_null(""), "source_sheet", "source_row")
    twice = coming.join(known, on=KEY, how="inner", maintain_order="left")
    for sheet, row, en, zh in twice.select("source_sheet", "source_row", "en", "zh").iter_rows():
        yield sheet, row, Text(en, zh)
