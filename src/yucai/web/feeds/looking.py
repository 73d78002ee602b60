"""What taking a feed in would change: counted, in sentences, before anything is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import polars as pl

from yucai.errors import Fault
from yucai.evidence import SourceFacts
from yucai.texts import Text
from yucai.web.evidence.foreseeing import Foreseen, ScoreNews, Wish, foresee
from yucai.web.evidence.models import Import
from yucai.web.feeds.mapping import Mapped
from yucai.web.feeds.models import EvidenceFeed

__all__ = ["Ask", "Look", "ScoreLine", "UnknownSeen", "current_import", "look_at", "wish_of"]

KIND: Final = "responses"
MOST_LINES: Final = 20
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
    """Return what of a feed counts now: its newest version that was not undone."""
    mine = Import.objects.filter(source__space=feed.space_id, source__code=feed.code, profile=KIND, current=True)
    return mine.order_by("-pk").first()


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
    key, now, was = ("learner", "item", "occasion"), ("score", "max_score"), ("score_before", "max_score_before")
    none = pl.lit(None, pl.Float64)
    parts = (
        scores.changed.select(*key, *now, *was),
        scores.removed.select(
            *key, *(none.alias(name) for name in now), score_before="score", max_score_before="max_score"
        ),
        scores.new.select(*key, *now, *(none.alias(name) for name in was)),
    )
    rows = pl.concat([part.head(MOST_LINES) for part in parts], how="vertical_relaxed").head(MOST_LINES)
    return tuple(
        ScoreLine(
            learner=learner, item=_name(mapped, item), occasion=occasion or "", before=_points(before, most_before),
            after=_points(score, most),
        )
        for learner, item, occasion, score, most, before, most_before in rows.iter_rows()
    )  # fmt: skip


def _name(mapped: Mapped, item: str) -> Said:
    said = mapped.names.name_of(item) or Text(item, item)
    return said.en, said.zh


def _points(score: float | None, most: float | None) -> str:
    return "" if score is None or most is None else f"{score:g} / {most:g}"
