"""What a class holds and what not, idea by idea: qualities beside their middle, tasks and topics beside expectation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.evidence import Responses
from yucai.frames import Contract, column
from yucai.framework import EvidenceKind
from yucai.measurement.calibration import Calibration
from yucai.measurement.chances import chances_of, marks_of
from yucai.measurement.moderation import false_discovery_rates
from yucai.measurement.scales import NORMAL_90, QualityScale
from yucai.measurement.scoring import on_scale
from yucai.texts import Text

__all__ = ["CLASS_IDEAS", "FALSE_ALARMS", "ClassIdea", "ClassIdeas", "IdeaKind", "ThinIdea", "class_ideas"]

Array = npt.NDArray[np.float64]
FEWEST_PEOPLE: Final = 10  # of the class; fewer are no class
LEAST_OTHERS: Final = 0.25  # share of the answers that others gave; with less, the class is compared with itself
FALSE_ALARMS: Final = 0.05  # of the ideas that are named as behind, at most this share by chance
ASKED: Final = frozenset({EvidenceKind.EXAM.value, EvidenceKind.ASSIGNMENT.value, EvidenceKind.TEST.value})
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(21)
WEIGHTS = WEIGHTS / WEIGHTS.sum()

CLASS_IDEAS: Final = Contract(
    "ideas of a class",
    (
        column("kind", "text", "quality, topic or task", "素养、主题或任务"),
        column("idea", "text", "which", "代码"),
        column("quality", "text", "quality it speaks of", "所属素养"),
        column("n_people", "whole", "people of the class with evidence", "有证据的人数"),
        column("n_answers", "whole", "answers of theirs", "作答数"),
        column("seen", "number", "mean place, or share of the highest mark", "平均位置或得分率"),
        column("expected", "number", "what is compared with", "对照值"),
        column("gap", "number", "seen less expected", "差值"),
        column("gap_low", "number", "lower end of its 90 % interval", "90% 区间下限"),
        column("gap_high", "number", "upper end of its 90 % interval", "90% 区间上限"),
        column("false_discovery_rate", "number", "share of false alarms up to here", "错误发现率"),
        column("behind", "flag", "surely behind", "明确落后"),
    ),
)  # fmt: skip
FEW: Final = Text(
    "{n} {n:person|people} of the class {n:has|have} evidence of it; at least {least} are needed",
    "全班仅 {n} 人有相关证据，至少需要 {least} 人",
)
ALONE: Final = Text(
    "hardly anybody outside the class has answered, so there is nothing to compare with", "班外几乎无人作答，无从比较"
)


class IdeaKind(StrEnum):
    """What an idea is: a quality, questions of one topic, or one exam, test or assignment."""

    QUALITY = "quality"
    TOPIC = "topic"
    TASK = "task"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassIdea:
    """One idea with what was seen of the class and what is compared with.

    Of a quality both are places in SDs of all profiles; of a topic or task shares of the highest mark, ``expected``
    being what others reach who stand where the class stands. ``false_discovery_rate`` is over all ideas of the class.
    """

    kind: IdeaKind
    code: str
    quality: str
    n_people: int
    n_answers: int
    seen: float
    expected: float
    std_error: float
    p_value: float
    false_discovery_rate: float = 1.0

    @property
    def gap(self) -> float:
        """What was seen less what is compared with; below 0 the class is behind."""
        return self.seen - self.expected

    @property
    def gap90(self) -> tuple[float, float]:
        """The 90 % interval of the gap."""
        reach = NORMAL_90 * self.std_error
        return self.gap - reach, self.gap + reach

    @property
    def behind(self) -> bool:
        """Whether the class is surely behind: the interval ends below 0, and false alarms over all ideas are held."""
        return self.gap90[1] < 0 and self.false_discovery_rate <= FALSE_ALARMS


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinIdea:
    """An idea of which too little is known to say anything, and why."""

    kind: IdeaKind
    code: str
    quality: str
    why: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassIdeas:
    """All ideas of a class, what it is surest behind on first; and those of which too little is known."""

    ideas: tuple[ClassIdea, ...]
    thin: tuple[ThinIdea, ...]

    @property
    def behind(self) -> tuple[ClassIdea, ...]:
        """The ideas on which the class is surely behind, surest first."""
        return tuple(idea for idea in self.ideas if idea.behind)

    def to_table(self) -> pl.DataFrame:
        """Return one row an idea, in the columns of ``CLASS_IDEAS``."""
        rows = [
            (str(i.kind), i.code, i.quality, i.n_people, i.n_answers, i.seen, i.expected, i.gap, *i.gap90,
             i.false_discovery_rate, i.behind)
            for i in self.ideas
        ]  # fmt: skip
        return CLASS_IDEAS.of_rows(rows)


def class_ideas(
    calibration: Calibration, responses: Responses, places: pl.DataFrame, *, topics: Mapping[str, str] | None = None
) -> ClassIdeas:
    r"""Return what a class holds and what not, in one period.

    ``responses`` are those of the class, ``places`` its learner, occasion, quality, mean, std_error and enough, as
    ``Profiles.to_table`` gives them; ``topics`` says which topic an item asks about, others are ideas of their own.

    - A *quality* is compared with 0, the middle of all profiles. The mean place of the n people with enough evidence
      has the standard error :math:`\sqrt{\sum s_i^2} / n`: it is about these people and no others.
    - A *topic* or *task* (exams, tests, assignments; ratings are part of the quality) is compared with what the
      calibration expects of who stands where the class stands, the place taken as normal. Since the class has its part
      :math:`1 - \lambda` in the item's calibration, the difference D to it is :math:`\lambda` times that to the others,
      and the gap is :math:`D / \lambda` with the variance :math:`V / \lambda` (V of D, items as known).

    The same answers helped to find the places, which makes gaps of tasks smaller than they are. Items that mislead, and
    options without an order, are no ideas. P-values are one-sided; false discoveries are held over all ideas
    (Benjamini and Hochberg 1995).
    """
    found: list[ClassIdea | ThinIdea] = list(_of_qualities(places))
    for scale in calibration.scales:
        found += _of_items(scale, responses, places.filter(pl.col("quality") == scale.quality), topics or {})
    told = [idea for idea in found if isinstance(idea, ClassIdea)]
    rates = false_discovery_rates([idea.p_value for idea in told]) if told else []
    held = [_with_rate(idea, float(rate)) for idea, rate in zip(told, rates, strict=True)]
    return ClassIdeas(
        ideas=tuple(sorted(held, key=lambda idea: (idea.p_value, idea.gap / idea.std_error))),
        thin=tuple(idea for idea in found if isinstance(idea, ThinIdea)),
    )


def _with_rate(idea: ClassIdea, rate: float) -> ClassIdea:
    return ClassIdea(
        kind=idea.kind, code=idea.code, quality=idea.quality, n_people=idea.n_people, n_answers=idea.n_answers,
        seen=idea.seen, expected=idea.expected, std_error=idea.std_error, p_value=idea.p_value,
        false_discovery_rate=rate,
    )  # fmt: skip


def _below(z: float) -> float:
    """Return the chance of a standard normal below z."""
    return NormalDist().cdf(z)


def _of_qualities(places: pl.DataFrame) -> Iterator[ClassIdea | ThinIdea]:
    for (quality,), here in places.group_by("quality", maintain_order=True):
        known = here.filter(pl.col("enough"))
        n, code = known.height, str(quality)
        if n < FEWEST_PEOPLE:
            yield ThinIdea(
                kind=IdeaKind.QUALITY, code=code, quality=code, why=FEW.filled(n=n, least=FEWEST_PEOPLE)
            )  # fmt: skip
            continue
        mean, error = float(known["mean"].mean()), float(np.sqrt((known["std_error"].to_numpy() ** 2).sum()) / n)  # type: ignore[arg-type]
        yield ClassIdea(
            kind=IdeaKind.QUALITY, code=code, quality=code, n_people=n, n_answers=0, seen=mean, expected=0.0,
            std_error=error, p_value=_below(mean / error),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The answers of a class on items of one scale: what was reached, expected at the nodes, and how it varies."""

    unit: npt.NDArray[np.intp]
    item: npt.NDArray[np.intp]
    seen: Array  # (R,)
    expected: Array  # (R, nodes)
    variance: Array  # (R, nodes)


def _of_items(
    scale: QualityScale, responses: Responses, places: pl.DataFrame, topics: Mapping[str, str]
) -> Iterator[ClassIdea | ThinIdea]:
    items = tuple(i for i in scale.items if i.kind in ASKED and not i.misleading and len(i.slopes) < 2)
    if not items or places.is_empty():
        return
    plain = QualityScale(quality=scale.quality, items=items, raters=(), severity_sd=0.0, n_units=scale.n_units,
                         n_responses=0)  # fmt: skip
    asked = _asked(plain, responses, places)
    ideas: dict[tuple[IdeaKind, str], list[int]] = {}
    for j, item in enumerate(items):
        if (asked.item == j).any():
            topic = topics.get(item.item)
            key = (IdeaKind.TASK, item.item) if topic is None else (IdeaKind.TOPIC, topic)
            ideas.setdefault(key, []).append(j)
    n_all = np.array([item.n_responses for item in items], dtype=np.float64)
    for (kind, code), members in ideas.items():
        yield _compared(kind, code, scale.quality, asked, members, n_all)


def _asked(scale: QualityScale, responses: Responses, places: pl.DataFrame) -> _Asked:
    coded = on_scale(responses, scale, places.select("learner", "occasion"))
    mean, spread = (places[name].to_numpy() for name in ("mean", "std_error"))
    n = len(coded.unit)
    seen, expected, variance = np.zeros(n), np.zeros((n, len(NODES))), np.zeros((n, len(NODES)))
    for j, item in enumerate(scale.items):
        here = np.flatnonzero(coded.item == j)
        unit, marks = coded.unit[here], marks_of(item)
        chances = chances_of(item, mean[unit, None] + spread[unit, None] * NODES[None, :])
        seen[here], expected[here] = marks[coded.category[here]], chances @ marks
        variance[here] = np.maximum(chances @ marks**2 - expected[here] ** 2, 0.0)
    return _Asked(unit=coded.unit, item=coded.item, seen=seen, expected=expected, variance=variance)


def _compared(
    kind: IdeaKind, code: str, quality: str, asked: _Asked, members: list[int], n_all: Array
) -> ClassIdea | ThinIdea:
    here = np.flatnonzero(np.isin(asked.item, members))
    units, unit = np.unique(asked.unit[here], return_inverse=True)
    if len(units) < FEWEST_PEOPLE:
        why = FEW.filled(n=len(units), least=FEWEST_PEOPLE)
        return ThinIdea(kind=kind, code=code, quality=quality, why=why)
    mine = np.bincount(asked.item[here], minlength=len(n_all))
    others = float(np.mean(1.0 - np.minimum(mine / np.maximum(n_all, 1.0), 1.0)[asked.item[here]]))
    if others < LEAST_OTHERS:
        return ThinIdea(kind=kind, code=code, quality=quality, why=ALONE)
    whole = np.zeros((len(units), len(NODES)))
    np.add.at(whole, unit, asked.expected[here])  # one place stands behind all answers of a person
    centre = whole @ WEIGHTS
    spread = float(((whole - centre[:, None]) ** 2 @ WEIGHTS).sum() + (asked.variance[here] @ WEIGHTS).sum())
    n = len(here)
    seen = float(asked.seen[here].mean())
    gap = (seen - float(centre.sum()) / n) / others
    error = float(np.sqrt(max(spread, 1e-12) / others)) / n
    return ClassIdea(
        kind=kind, code=code, quality=quality, n_people=len(units), n_answers=n, seen=seen, expected=seen - gap,
        std_error=error, p_value=_below(gap / error),
    )  # fmt: skip
