"""Frameworks: what is spoken of, with names, definitions and levels in both languages."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from yucai.errors import YucaiError
from yucai.texts import Text

__all__ = [
    "RELATIONS",
    "Crosswalk",
    "CrosswalkLink",
    "Entry",
    "Framework",
    "Level",
    "TalentType",
    "TalentTypes",
    "UnknownCodeError",
]

RELATIONS: Final = ("exact", "close", "broader", "narrower", "related")


class UnknownCodeError(YucaiError):
    """A code that the framework does not hold."""

    says = Text(
        "“{framework}” has no “{code}”. It holds: {known}.",
        "“{framework}”中没有“{code}”。可用的代码：{known}。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One of five levels of a quality, 1 lowest."""

    rank: int
    name: Text
    descriptor: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A layer, a quality or a dimension.

    ``levels`` are five for what is measured and none for a layer; what came from a CASE file of others may have none.
    """

    code: str
    kind: str  # "layer", "quality" or "dimension"
    name: Text
    definition: Text
    parent: str | None = None
    levels: tuple[Level, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """A list of entries under one code and version; ``date`` is the day of that version, where it is known."""

    code: str
    version: str
    name: Text
    source: str
    licence: str
    entries: tuple[Entry, ...]
    date: datetime.date | None = None

    @property
    def qualities(self) -> tuple[Entry, ...]:
        """What is measured: the entries that are no layer, in order."""
        return tuple(entry for entry in self.entries if entry.kind != "layer")

    @property
    def layers(self) -> tuple[Entry, ...]:
        """The entries that only gather others."""
        return tuple(entry for entry in self.entries if entry.kind == "layer")

    def entry(self, code: str) -> Entry:
        """Return the entry of a code. Raises UnknownCodeError."""
        for entry in self.entries:
            if entry.code == code:
                return entry
        raise UnknownCodeError(framework=self.code, code=code, known=", ".join(e.code for e in self.entries))


@dataclass(frozen=True, slots=True, kw_only=True)
class CrosswalkLink:
    """How an entry of another framework stands to an entry of ours, and why we think so.

    ``relation`` is one of SKOS's five, read from ours to theirs: ``exact`` and ``close`` (they mean the same, or
    nearly), ``broader`` (theirs holds more than ours), ``narrower`` (theirs is a part of ours), ``related`` (they
    overlap).
    """

    ours: str
    theirs: str
    relation: str
    reason: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Crosswalk:
    """From one framework to another, by codes only; the other's titles are named, its text is not copied.

    ``titles`` are by the other's codes; ``licence`` is that of our links and reasons.
    """

    code: str
    version: str
    name: Text
    framework: str
    target: str
    source: str
    licence: str
    titles: Mapping[str, Text]
    links: tuple[CrosswalkLink, ...]

    def links_of(self, ours: str) -> tuple[CrosswalkLink, ...]:
        """Return the links of one of our codes, in order; none where nothing of theirs corresponds."""
        return tuple(link for link in self.links if link.ours == ours)


@dataclass(frozen=True, slots=True, kw_only=True)
class TalentType:
    """One kind of talent, with weights over the qualities that add up to 1; what is not named weighs nothing."""

    code: str
    name: Text
    definition: Text
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class TalentTypes:
    """The kinds of talent a school speaks of. ``proposal`` says that the weights are for the school to edit."""

    code: str
    version: str
    name: Text
    framework: str
    source: str
    licence: str
    proposal: bool
    note: Text
    types: tuple[TalentType, ...]

    def of(self, code: str) -> TalentType:
        """Return the type of a code. Raises UnknownCodeError."""
        for kind in self.types:
            if kind.code == code:
                return kind
        raise UnknownCodeError(framework=self.code, code=code, known=", ".join(t.code for t in self.types))
