"""Criterion levels: what learners at a place can do, how surely a learner is on a level, and where gaps are."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import scipy

from yucai.errors import Fault, FaultyInputError
from yucai.measurement.chances import chances_of
from yucai.measurement.margins import bend_of, chance_below
from yucai.measurement.profiles import Profiles, UnknownQualityError
from yucai.measurement.scales import ItemParameters, QualityScale
from yucai.texts import Text

__all__ = [
    "SURE",
    "Classification",
    "CriterionLevel",
    "Gaps",
    "chance_of_reaching",
    "classify",
    "construct_map",
    "gaps_to",
    "place_of_reaching",
]

Array = npt.NDArray[np.float64]
SURE: Final = 0.8  # how likely a level or a gap must be to be shown
FARTHEST: Final = 12.0  # SDs from the middle at which a threshold is looked for

NO_LEVELS = Text(
    "{quality}: one level tells nobody apart. Give at least two.", "{quality}：只有一个等级无法区分。请至少给出两个。"
)
NOT_RISING = Text(
    "{quality}: the level “{name}” begins at {begins:g}, not above the level before it ({before:g}). Sort them.",
    "{quality}：等级“{name}”的起点 {begins:g} 不高于前一等级（{before:g}）。请按顺序排列。",
)
FIRST_BEGINS = Text(
    "{quality}: the lowest level “{name}” begins at {begins:g}; whoever is below has no level. Leave it out.",
    "{quality}：最低等级“{name}”从 {begins:g} 开始，低于它的人将没有等级。请不要为最低等级设起点。",
)
NO_CATEGORY = Text(
    "{item} has the categories {known}; one cannot reach {category}. Choose one above the lowest.",
    "{item} 的得分档为 {known}，无法取“达到 {category}”。请选择最低档以上的一档。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionLevel:
    """A stretch of a scale, and what learners there can do. ``begins`` is minus infinity for the lowest level."""

    name: Text
    descriptor: Text
    begins: float = float("-inf")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Classification:
    """N units on L levels of one quality: ``probability`` (N, L), ``level`` (N,) the likeliest, and ``sure`` (N,).

    ``accuracy`` is the share of learners with enough evidence whose likeliest level is expected to be the true one.
    """

    quality: str
    levels: tuple[CriterionLevel, ...]
    units: pl.DataFrame
    probability: Array
    level: npt.NDArray[np.int64]
    sure: npt.NDArray[np.bool_]
    accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gaps:
    """How likely each of N units stands below a target on each of T qualities, (N, T), and whether to ``show`` it.

    ``distance`` (N, T) is target less mean, in SDs of all units. A gap is shown where there is enough evidence and its
    probability is above 0.8.
    """

    qualities: tuple[str, ...]
    targets: Array
    units: pl.DataFrame
    probability: Array
    distance: Array
    show: npt.NDArray[np.bool_]


def classify(profiles: Profiles, quality: str, levels: Sequence[CriterionLevel]) -> Classification:
    """Return how likely each learner is on each level of a quality.

    Probabilities are those of the posterior margin, so that they say how often such learners are on such levels.
    ``sure`` needs enough evidence and 0.8. Raises UnknownQualityError; FaultyInputError: levels that do not rise.
    """
    k = _place(profiles, quality)
    faults = list(_faults(quality, levels))
    if faults:
        raise FaultyInputError("levels", faults)
    mean, error, bend = profiles.mean[:, k], profiles.std_error[:, k], bend_of(profiles)[:, k]
    below = [np.zeros(len(mean))]
    below += [chance_below(level.begins, mean, error, bend) for level in levels[1:]]
    probability = np.diff(np.column_stack([*below, np.ones(len(mean))]), axis=1)
    highest = probability.max(axis=1)
    enough = profiles.enough[:, k]
    return Classification(
        quality=quality,
        levels=tuple(levels),
        units=profiles.units,
        probability=probability,
        level=probability.argmax(axis=1).astype(np.int64),
        sure=enough & (highest >= SURE),
        accuracy=float(highest[enough].mean()) if enough.any() else float("nan"),
    )


def gaps_to(profiles: Profiles, targets: Mapping[str, float]) -> Gaps:
    """Return how likely learners stand below targets, quality by quality. Raises UnknownQualityError."""
    at = [_place(profiles, quality) for quality in targets]
    target = np.array(list(targets.values()), dtype=np.float64)
    probability = chance_below(target, profiles.mean[:, at], profiles.std_error[:, at], bend_of(profiles)[:, at])
    return Gaps(
        qualities=tuple(targets),
        targets=target,
        units=profiles.units,
        probability=probability,
        distance=target - profiles.mean[:, at],
        show=profiles.enough[:, at] & (probability > SURE),
    )


def chance_of_reaching(item: ItemParameters, category: int, place: Array | float) -> Array:
    """Return how likely a learner at a place reaches a category or a higher one, seen by an average rater.

    Raises FaultyInputError: a category that the item does not have, or its lowest.
    """
    k = _step(item, category)
    return np.asarray(chances_of(item, place)[..., k:].sum(axis=-1))


def place_of_reaching(item: ItemParameters, category: int, *, probability: float = 0.5) -> float:
    """Return the place from which a category or a higher one is reached with a probability (Thurstone threshold).

    With 2/3 it is the bookmark of standard setting. NaN for an item of no or falling slope, farther than 12 SDs, below
    the floor of an item that can be guessed, and for options without an order, except the right one.
    Raises FaultyInputError: a category that the item does not have, or its lowest.
    """
    ordered = len(item.slopes) < 2 or _step(item, category) == len(item.slopes)

    def above(x: float) -> float:
        return float(chance_of_reaching(item, category, x)) - probability

    if not ordered or item.slope <= 0 or above(-FARTHEST) > 0 or above(FARTHEST) < 0:
        return float("nan")
    return float(scipy.optimize.brentq(above, -FARTHEST, FARTHEST, xtol=1e-10))


def construct_map(scale: QualityScale, *, probability: float = 0.5) -> pl.DataFrame:
    """Return what lies where on a scale: one row an item and category (item, kind, category, place), lowest first.

    The place is where the category or a higher one is reached with the probability; rows without a place come last.
    """
    rows = [
        (item.item, item.kind, category, place_of_reaching(item, category, probability=probability))
        for item in scale.items
        for category in item.categories[1:]
    ]
    schema = {"item": pl.String, "kind": pl.String, "category": pl.Int64, "place": pl.Float64}
    table = pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col("place").fill_nan(None))
    return table.sort("place", "item", "category", nulls_last=True)


def _step(item: ItemParameters, category: int) -> int:
    if category not in item.categories[1:]:
        facts = {"item": item.item, "category": category, "known": ", ".join(map(str, item.categories))}
        raise FaultyInputError("category", [Fault(code="no-category", says=NO_CATEGORY, facts=facts)])
    return item.categories.index(category)


def _place(profiles: Profiles, quality: str) -> int:
    if quality not in profiles.qualities:
        raise UnknownQualityError(quality=quality, known=", ".join(profiles.qualities))
    return profiles.qualities.index(quality)


def _faults(quality: str, levels: Sequence[CriterionLevel]) -> Iterator[Fault]:
    if len(levels) < 2:
        yield Fault(code="no-levels", says=NO_LEVELS, facts={"quality": quality})
    if levels and np.isfinite(levels[0].begins):
        facts: dict[str, object] = {"quality": quality, "name": levels[0].name, "begins": levels[0].begins}
        yield Fault(code="first-begins", says=FIRST_BEGINS, facts=facts)
    for before, level in itertools.pairwise(levels):
        if not (np.isfinite(level.begins) and level.begins > before.begins):
            facts = {"quality": quality, "name": level.name, "begins": level.begins, "before": before.begins}
            yield Fault(code="not-rising", says=NOT_RISING, facts=facts)
