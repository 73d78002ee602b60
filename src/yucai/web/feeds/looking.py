"""What taking a feed in would change: counted, in sentences, before anything is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

import polars as pl
from django.utils.timezone import localtime

from yucai.errors import Fault
from yucai.evidence import SourceFacts
from yucai.texts import Text
from yucai.web.evidence.foreseeing import Foreseen, ScoreNews, Wish, foresee
from yucai.web.evidence.models import Import
from yucai.web.feeds.mapping import Mapped
from yucai.web.feeds.models import EvidenceFeed
from yucai.web.records.telling import actor_words

__all__ = ["Ask", "Look", "ScoreLine", "UnknownSeen", "current_import", "look_at", "wish_of"]

KIND: Final = "responses"
MOST_LINES: Final = 20
MOST_SCORES: Final = 10
MOST_UNKNOWN: Final = 50
Said = tuple[str, str]  # in English and Chinese


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Something that has to be said yes to."""

    token: str
    says: Said
    tick: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreLine:
    """A score that is new, changed (with what it was) or gone."""

    learner: str
    item: Said
    occasion: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownSeen:
    """An actor who is nobody on record. ``number`` is what would be the number by what was declared, "" where none."""

    key: str
    statements: int
    number: str

    @property
    def said(self) -> str:
        """The key as people write it."""
        return actor_words(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What taking a feed in now would change; plain values, so that it can be kept."""

    declaration: int
    to: int
    statements: int
    responses: int
    weak: int
    new: int
    changed: int
    gone: int
    same: int
    refused: int
    refused_lines: tuple[Said, ...]
    notices: tuple[Said, ...]
    faults: tuple[Said, ...]
    asks: tuple[Ask, ...]
    items: int
    unmeasured: tuple[str, ...]  # items that no rule of the evidence map covers
    n_unmeasured: int
    unknown: tuple[UnknownSeen, ...]
    n_unknown: int
    lines: tuple[ScoreLine, ...]  # the first that are new, changed or gone

    @property
    def differs(self) -> bool:
        """Whether any score would be new, changed or gone."""
        return bool(self.new or self.changed or self.gone)

    @property
    def all_refused(self) -> bool:
        """Whether there are scores and none of them can be recorded."""
        return bool(self.refused) and not self.responses

    def kept(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        held: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return held

    @classmethod
    def from_kept(cls, kept: Mapping[str, Any]) -> Look:
        """Return what was kept."""
        parts: dict[str, Any] = {name: _tuples(value) for name, value in kept.items()}
        parts["asks"] = tuple(Ask(**{k: _tuples(v) for k, v in one.items()}) for one in kept["asks"])
        parts["unknown"] = tuple(UnknownSeen(**one) for one in kept["unknown"])
        parts["lines"] = tuple(ScoreLine(**{k: _tuples(v) for k, v in one.items()}) for one in kept["lines"])
        return cls(**parts)


def _tuples(value: Any) -> Any:
    return tuple(_tuples(one) for one in value) if isinstance(value, list) else value


def current_import(feed: EvidenceFeed) -> Import | None:
    """Return what of a feed counts now: its last version, without what was undone, or what has corrected it since."""
    entry = EvidenceFeed.objects.select_related("last_import").get(pk=feed.pk).last_import  # as it is now
    while entry is not None and entry.undone_at is not None:
        entry = entry.replaces
    while entry is not None and (later := entry.replacements.filter(undone_at=None).first()) is not None:
        entry = later
    return entry


def wish_of(feed: EvidenceFeed, *, agreed: frozenset[str] = frozenset()) -> Wish:
    """Return what is wanted of a feed's table: a new version of what counts now."""
    current = current_import(feed)
    return Wish(
        source=feed.code,
        profile=KIND,
        facts=SourceFacts(**feed.facts),
        corrects=current.pk if current is not None else None,
        agreed=agreed,
    )


def look_at(mapped: Mapped) -> Look:
    """Return what taking in what was mapped would change; nothing is written."""
    foreseen = foresee(mapped.reading, wish_of(mapped.feed), space=mapped.feed.space)
    return replace(_counted(mapped, foreseen), lines=_lines(mapped, foreseen.scores))


def _counted(mapped: Mapped, foreseen: Foreseen) -> Look:
    scores, report, found = foreseen.scores, foreseen.settled.reading.report, mapped.found
    unknown = sorted(found.unknown_actors, key=lambda one: (-one.n_statements, one.key))
    return Look(
        declaration=mapped.declaration.number,
        to=mapped.to,
        statements=found.n_statements,
        responses=mapped.reading.table.height,
        weak=len(found.events),
        new=scores.new.height if scores else 0,
        changed=scores.changed.height if scores else 0,
        gone=scores.removed.height if scores else 0,
        same=scores.same if scores else 0,
        refused=report.refused_count,
        refused_lines=tuple(
            _said_row(row.reasons("en"), row.reasons("zh"), row.cells) for row in report.refused[:MOST_LINES]
        ),
        notices=tuple(_said(fault) for fault in (*found.notices, *foreseen.notices)),
        faults=tuple(_said(fault) for fault in foreseen.faults),
        asks=tuple(
            Ask(token=one.token, says=_said(one.fault), tick=(one.tick("en"), one.tick("zh")))
            for one in foreseen.questions
        ),
        items=mapped.reading.table["item"].n_unique(),
        unmeasured=tuple(str(fault.facts["item"]) for fault in foreseen.unmeasured[:MOST_LINES]),
        n_unmeasured=len(foreseen.unmeasured),
        unknown=tuple(_unknown(one.key, one.n_statements, mapped) for one in unknown[:MOST_UNKNOWN]),
        n_unknown=len(unknown),
        lines=(),
    )


def _said(fault: Fault) -> Said:
    return fault.in_language("en"), fault.in_language("zh")


def _said_row(en: str, zh: str, cells: Mapping[str, str]) -> Said:
    of = f"{cells.get('learner', '')} · {cells.get('item', '')[:80]}"
    return f"{of}: {en}", f"{of}：{zh}"


def _unknown(key: str, statements: int, mapped: Mapped) -> UnknownSeen:
    """Return an actor as it is shown; where only the number is not on record, with that."""
    kind, _, rest = key.partition(":")
    number = ""
    if kind == "account":
        home, name = json.loads(rest)
        number = name if home in mapped.declaration.home_pages else ""
    elif kind == "mbox":
        name, _, domain = rest.removeprefix("mailto:").rpartition("@")
        number = name if domain.lower() in mapped.declaration.mail_domains else ""
    return UnknownSeen(key=key, statements=statements, number=number)


def _lines(mapped: Mapped, scores: ScoreNews | None) -> tuple[ScoreLine, ...]:
    """Return the first scores that would change: those that change or go first, for they are what to look at."""
    if scores is None:
        return ()
    now, was = ["score", "max_score", "at"], ["score_before", "max_score_before", "at_before"]
    key = ["learner", "item", "occasion"]
    nothing_now = [pl.lit(None, scores.new.schema[name]).alias(name) for name in now]
    nothing_before = [pl.lit(None, scores.new.schema[name]).alias(f"{name}_before") for name in now]
    parts = (
        scores.changed.select(*key, *now, *was),
        scores.removed.select(*key, *nothing_now, *(pl.col(name).alias(f"{name}_before") for name in now)),
        scores.new.select(*key, *now, *nothing_before),
    )
    rows = pl.concat([part.head(MOST_SCORES) for part in parts], how="vertical_relaxed").head(MOST_SCORES)
    return tuple(_line(mapped, row) for row in rows.iter_rows(named=True))


def _line(mapped: Mapped, row: Mapping[str, Any]) -> ScoreLine:
    before, after = _points(row["score_before"], row["max_score_before"]), _points(row["score"], row["max_score"])
    if before == after:  # another attempt counts, with as many points
        before, after = _of_day(before, row["at_before"]), _of_day(after, row["at"])
    return ScoreLine(
        learner=row["learner"],
        item=_name(mapped, row["item"]),
        occasion=row["occasion"] or "",
        before=before,
        after=after,
    )


def _of_day(points: str, at: datetime | None) -> str:
    return f"{points} ({localtime(at):%Y-%m-%d})" if at is not None else points


def _name(mapped: Mapped, item: str) -> Said:
    said = mapped.names.name_of(item) or Text(item, item)
    return said.en, said.zh


def _points(score: float | None, most: float | None) -> str:
    return "" if score is None or most is None else f"{score:g} / {most:g}"
