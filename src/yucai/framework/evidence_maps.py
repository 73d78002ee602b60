"""Which evidence speaks of which quality: one declaration, used by import, measurement and every page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from yucai.texts import Text

__all__ = ["EvidenceKind", "EvidenceMap", "EvidenceRule", "ItemModel", "Strength"]


class ItemModel(StrEnum):
    """How a score on an item depends on the quality behind it."""

    BINARY = "binary"  # right or wrong: two-parameter logistic
    GRADED = "graded"  # ordered levels reached: Samejima's graded response
    PARTIAL_CREDIT = "partial-credit"  # steps taken: Muraki's generalised partial credit; the model for ratings
    GUESSING = "guessing"  # right or wrong, and who does not know may guess: three-parameter logistic
    NOMINAL = "nominal"  # options without an order, the right one highest: Bock's nominal categories


class EvidenceKind(StrEnum):
    """What sort of thing was done or shown."""

    EXAM = "exam"
    ASSIGNMENT = "assignment"
    RATING = "rating"
    TEST = "test"
    SURVEY = "survey"
    AWARD = "award"
    BEHAVIOUR = "behaviour"


class Strength(StrEnum):
    """How much evidence of this kind can bear: the easier it is to fake, the weaker it is."""

    STRONG = "strong"
    MODERATE = "moderate"
    WEAK = "weak"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRule:
    """Items whose code matches ``item`` (``*`` stands for any text) are evidence of one quality.

    ``bands`` are lower bounds, as shares of the highest score, of the second and further categories; a share below
    the first is category 0. Without bands the score itself, a whole number from 0, is the category. A ``reversed``
    item says less of the quality the higher its score. ``edges`` cut counts and times, which have no highest score, at
    these values themselves. ``reliability`` (above 0, below 1) declares how much of the differences in an item the
    quality explains: it then counts for that much, whatever the answers would make of it. ``also`` are further
    qualities that the same item speaks of. Items of one ``testlet`` (questions on the same passage) share something
    that is no quality. Items with a ``common_slope`` share one slope with all others of their quality that have it: for
    right or wrong the model of Rasch (1960), for partial credit that of Masters (1982), with raters that of Linacre
    (1989).
    """

    item: str
    quality: str
    model: ItemModel
    kind: EvidenceKind
    strength: Strength
    reason: Text
    bands: tuple[float, ...] = ()
    reversed: bool = False
    also: tuple[str, ...] = ()
    testlet: str = ""
    edges: tuple[float, ...] = ()
    reliability: float | None = None
    common_slope: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceMap:
    """The rules of one source of evidence, against one framework. The first rule that matches an item holds."""

    code: str
    version: str
    framework: str
    name: Text
    rules: tuple[EvidenceRule, ...]

    def rule_for(self, item: str) -> EvidenceRule | None:
        """Return the rule that an item falls under, or None: then the item is kept but not measured."""
        return next((rule for rule in self.rules if fnmatchcase(item, rule.item)), None)
