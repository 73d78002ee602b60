"""Rubrics and items: what raters judge by, and what learners answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from yucai.framework.frameworks import UnknownCodeError
from yucai.texts import Text

__all__ = [
    "Anchor",
    "Criterion",
    "Item",
    "ItemForm",
    "ItemOption",
    "ItemPack",
    "ItemStatus",
    "Rubric",
    "ScorePoint",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What a rater sees at one level, rank 1 lowest; a rating of that level is a score of ``rank - 1``."""

    code: str
    rank: int
    observed: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One thing that raters look at, with five anchors in rising order. ``code`` is the item that ratings name."""

    code: str
    quality: str
    name: Text
    look_at: Text
    anchors: tuple[Anchor, ...]

    @property
    def max_score(self) -> int:
        """The highest score of a rating: one less than the number of anchors."""
        return len(self.anchors) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """Criteria with observable anchors, against one framework."""

    code: str
    version: str
    name: Text
    framework: str
    source: str
    licence: str
    criteria: tuple[Criterion, ...]

    def criterion(self, code: str) -> Criterion:
        """Return the criterion of a code. Raises UnknownCodeError."""
        for criterion in self.criteria:
            if criterion.code == code:
                return criterion
        raise UnknownCodeError(framework=self.code, code=code, known=", ".join(c.code for c in self.criteria))


class ItemForm(StrEnum):
    """How an item is answered."""

    SELF_REPORT = "self-report"  # how far a statement is true of me, on the scale of the pack
    CHOICE = "choice"  # one option is right
    TASK = "task"  # a short piece of work, scored by a guide


class ItemStatus(StrEnum):
    """How far the items of a pack were tried: nobody may be judged by untested ones."""

    UNTESTED = "untested"
    PILOTED = "piloted"
    CALIBRATED = "calibrated"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemOption:
    """One answer to choose."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePoint:
    """What an answer to a task must show for a score; scores are whole numbers from 0."""

    score: int
    shows: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question, statement or task that speaks of one quality.

    A ``choice`` has ``options``, a ``key`` among them and the ``reason`` why the key is right; a ``task`` has a
    ``guide``; a ``self-report`` is answered on the scale of its pack, and where it is ``reversed``, agreeing says less
    of the quality. ``max_score`` is in points: 4 for a self-report on five steps, 1 for a choice, the highest of the
    guide for a task.
    """

    code: str
    quality: str
    form: ItemForm
    prompt: Text
    licence: str
    max_score: int
    reversed: bool = False
    options: tuple[ItemOption, ...] = ()
    key: str | None = None
    reason: Text | None = None
    guide: tuple[ScorePoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPack:
    """Items against one framework. What learners say of themselves and what they can show are never summed.

    ``scale`` are the steps of agreement, lowest first, scored from 0.
    """

    code: str
    version: str
    name: Text
    framework: str
    source: str
    licence: str
    status: ItemStatus
    note: Text
    scale: tuple[Text, ...]
    items: tuple[Item, ...]

    @property
    def self_report(self) -> tuple[Item, ...]:
        """What learners say of themselves, in order."""
        return tuple(item for item in self.items if item.form is ItemForm.SELF_REPORT)

    @property
    def performance(self) -> tuple[Item, ...]:
        """What learners show that they can do, in order."""
        return tuple(item for item in self.items if item.form is not ItemForm.SELF_REPORT)

    def item(self, code: str) -> Item:
        """Return the item of a code. Raises UnknownCodeError."""
        for item in self.items:
            if item.code == code:
                return item
        raise UnknownCodeError(framework=self.code, code=code, known=", ".join(i.code for i in self.items))
