"""Where lecturers stand: intervals, chances and groups that cannot be told apart, and no ranks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy
from numpy.random import Generator

from yucai.governance.teaching.ratings import FactorEffects
from yucai.texts import Text

__all__ = [
    "LEAST_RELIABILITY",
    "NEVER_ALONE",
    "TeachingPlace",
    "TeachingStanding",
    "TeachingStandings",
    "teaching_standings",
]

Array = npt.NDArray[np.float64]

LEAST_RELIABILITY: Final = 0.5  # the interval of an average lecturer is then 0.7 times as wide as without any rating
NEVER_ALONE: Final = Text(
    "These figures may not be the only ground of any decision about a lecturer, and they are no order of merit.",
    "这些数字不得作为对教师作出任何决定的唯一依据，也不是排名。",
)


class TeachingPlace(StrEnum):
    """Which of four groups a lecturer belongs to."""

    ABOVE = "above"
    NOT_TOLD_APART = "not-told-apart"
    BELOW = "below"
    UNKNOWN = "unknown"

    @property
    def says(self) -> Text:
        """The group in words."""
        return PLACES[self]


PLACES: Final = {
    TeachingPlace.ABOVE: Text("above the average of all, with the whole interval", "区间整体高于全体平均"),
    TeachingPlace.NOT_TOLD_APART: Text("cannot be told from the average", "与全体平均无法区分"),
    TeachingPlace.BELOW: Text("below the average of all, with the whole interval", "区间整体低于全体平均"),
    TeachingPlace.UNKNOWN: Text("too few ratings to say", "评分太少，不作判断"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TeachingStanding:
    """One lecturer: the raw mean only beside the shrunken one, with interval, chances and group.

    ``in_top`` and ``in_bottom`` are the chances to belong to the highest and to the lowest group of the given share.
    """

    name: str
    n_ratings: int
    raw_mean: float
    mean: float
    std_error: float
    low: float
    high: float
    reliability: float
    in_top: float
    in_bottom: float
    place: TeachingPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class TeachingStandings:
    """All lecturers by name. There is no method that orders them by their means, and no rank.

    ``pairs_apart`` is the share of pairs of whom it can be said who is above; ``wrong_expected`` how many of those
    named above or below are expected to stand on the other side.
    """

    standings: tuple[TeachingStanding, ...]
    average: float
    level: float
    share: float
    least_reliability: float
    pairs_apart: float
    wrong_expected: float
    caution: Text = NEVER_ALONE

    def __iter__(self) -> Iterator[TeachingStanding]:
        return iter(self.standings)

    def within(self, place: TeachingPlace) -> tuple[TeachingStanding, ...]:
        """Return the lecturers of one group, by name."""
        return tuple(one for one in self.standings if one.place is place)


def teaching_standings(
    effects: FactorEffects,
    *,
    rng: Generator,
    level: float = 0.9,
    share: float = 0.1,
    least_reliability: float = LEAST_RELIABILITY,
    n_draws: int = 2000,
) -> TeachingStandings:
    """Return intervals, chances and groups for the effects of a fit that kept their covariance (``joint``).

    Somebody is above or below if the whole interval is: since effects are drawn towards the average, no further
    correction for many comparisons is due (Gelman, Hill and Yajima 2012). Chances come from draws of all effects
    together. Raises ValueError where the covariance was not kept.
    """
    if effects.covariance is None:
        raise ValueError(f"fit_ratings(..., joint={effects.factor!r}) keeps the covariance that standings need.")
    z = float(scipy.stats.norm.ppf(0.5 + level / 2))
    top, bottom = _chances(effects.effects, effects.covariance, share=share, rng=rng, n_draws=n_draws)
    places = _places(effects, z=z, least_reliability=least_reliability)
    named = [place in {TeachingPlace.ABOVE, TeachingPlace.BELOW} for place in places]
    wrong = scipy.stats.norm.cdf(-np.abs(effects.effects) / np.maximum(effects.std_errors, 1e-300))
    rows = zip(
        effects.names, effects.n_ratings, effects.raw_means, effects.means, effects.std_errors, effects.reliability,
        top, bottom, places, strict=True,
    )  # fmt: skip
    return TeachingStandings(
        standings=tuple(
            TeachingStanding(
                name=name, n_ratings=int(n), raw_mean=float(raw), mean=float(mean), std_error=float(error),
                low=float(mean - z * error), high=float(mean + z * error), reliability=float(reliability),
                in_top=float(first), in_bottom=float(last), place=place,
            )
            for name, n, raw, mean, error, reliability, first, last, place in rows
        ),
        average=effects.centre,
        level=level,
        share=share,
        least_reliability=least_reliability,
        pairs_apart=_pairs_apart(effects.effects, effects.covariance, z=z),
        wrong_expected=float(wrong[named].sum()),
    )  # fmt: skip


def _places(effects: FactorEffects, *, z: float, least_reliability: float) -> list[TeachingPlace]:
    return [
        TeachingPlace.UNKNOWN
        if reliability < least_reliability
        else TeachingPlace.ABOVE
        if effect > z * error
        else TeachingPlace.BELOW
        if effect < -z * error
        else TeachingPlace.NOT_TOLD_APART
        for effect, error, reliability in zip(effects.effects, effects.std_errors, effects.reliability, strict=True)
    ]


def _chances(means: Array, covariance: Array, *, share: float, rng: Generator, n_draws: int) -> tuple[Array, Array]:
    """Return the share of draws in which each belongs to the highest and to the lowest group."""
    size = len(means)
    many = max(1, round(share * size))
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    order = np.argsort(means + rng.standard_normal((n_draws, size)) @ root.T, axis=1)
    top = np.bincount(order[:, size - many :].ravel(), minlength=size) / n_draws
    bottom = np.bincount(order[:, :many].ravel(), minlength=size) / n_draws
    return top, bottom


def _pairs_apart(means: Array, covariance: Array, *, z: float) -> float:
    """Return the share of pairs whose difference has an interval without 0."""
    if len(means) < 2 or not covariance.any():
        return 0.0
    spread = np.diag(covariance)[:, None] + np.diag(covariance)[None, :] - 2 * covariance
    apart = np.abs(means[:, None] - means[None, :]) > z * np.sqrt(np.maximum(spread, 0))
    upper = np.triu_indices(len(means), 1)
    return float(apart[upper].mean())
