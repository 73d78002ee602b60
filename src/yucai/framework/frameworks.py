"""Frameworks: what is spoken of, with names, definitions and levels in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from yucai.errors import YucaiError
from yucai.texts import Text

__all__ = ["Crosswalk", "CrosswalkLink", "Entry", "Framework", "Level", "TalentType", "TalentTypes", "UnknownCodeError"]


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
    """A layer, a quality or a dimension. ``levels`` are five for what is measured and none for a layer."""

    code: str
    kind: str  # "layer", "quality" or "dimension"
    name: Text
    definition: Text
    parent: str | None = None
    levels: tuple[Level, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """A list of entries under one code and version."""

    code: str
    version: str
    name: Text
    source: str
    licence: str
    entries: tuple[Entry, ...]

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
    """That an entry of ours speaks of the same as an entry of another framework, nearly or in part."""

    ours: str
    theirs: str
    relation: str  # "exact", "close", "broader", "narrower" or "related" (SKOS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crosswalk:
    """From one framework to another, by codes only; the other's titles are named, its text is not copied."""

    code: str
    version: str
    name: Text
    framework: str
    target: str
    source: str
    titles: Mapping[str, str]
    links: tuple[CrosswalkLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TalentType:
    """One kind of talent, with weights over the qualities that add up to 1."""

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
    proposal: bool
    note: Text
    types: tuple[TalentType, ...]

    def of(self, code: str) -> TalentType:
        """Return the type of a code. Raises UnknownCodeError."""
        for kind in self.types:
            if kind.code == code:
                return kind
        raise UnknownCodeError(framework=self.code, code=code, known=", ".join(t.code for t in self.types))
