"""Where groups stand in value added, over a range of reliabilities of the earlier scores: intervals, and no ranks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy

from yucai.governance.teaching.ratings import FactorEffects
from yucai.governance.teaching.standings import LEAST_RELIABILITY
from yucai.governance.teaching.value_added import ValueAdded
from yucai.texts import Text

__all__ = ["NOT_CAUSED", "AddedAt", "AddedPlace", "GroupAdded", "GroupsAdded", "groups_added"]

Array = npt.NDArray[np.float64]

NOT_CAUSED: Final = Text(
    "This cannot tell what a group did from what its people met elsewhere: tutoring, other courses, who chose which "
    "group. It says how far scores lie from what earlier scores let one expect, and nothing of why. It may not be the "
    "only ground of any decision about a teacher or a school, and it is no order of merit.",
    "这里无法区分“组内所为”与其成员在别处的经历：课外辅导、其他课程、谁选了哪个组。它只说明成绩与按先前成绩应有的水平相差多少，"
    "不说明原因；不得作为对教师或学校作出任何决定的唯一依据，也不是排名。",
)


class AddedPlace(StrEnum):
    """Which of five kinds a group belongs to."""

    ABOVE = "above"
    HANGS = "hangs"
    NOT_TOLD_APART = "not-told-apart"
    BELOW = "below"
    UNKNOWN = "unknown"

    @property
    def says(self) -> Text:
        """The kind in words."""
        return PLACES[self]


PLACES: Final = {
    AddedPlace.ABOVE: Text(
        "above what was expected, with the whole interval, at every reliability", "在各信度下区间都整体高于应有水平"
    ),
    AddedPlace.HANGS: Text("hangs on how reliable the earlier scores are", "结论取决于先前成绩的信度"),
    AddedPlace.NOT_TOLD_APART: Text("cannot be told from what was expected", "与应有水平无法区分"),
    AddedPlace.BELOW: Text(
        "below what was expected, with the whole interval, at every reliability", "在各信度下区间都整体低于应有水平"
    ),
    AddedPlace.UNKNOWN: Text("too little is known to say", "所知太少，不作判断"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupAdded:
    """One group: its effect as if earlier scores were without error, and the ends over the whole range.

    ``effect`` is in points of the score. ``lowest`` and ``highest`` are the ends of the effect over the range,
    ``low`` and ``high`` those of its intervals: the lowest of all lower ends, the highest of all upper ones.
    """

    name: str
    n: int
    raw_mean: float
    effect: float
    lowest: float
    highest: float
    low: float
    high: float
    reliability: float
    place: AddedPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedAt:
    """What the model says if earlier scores are as reliable as this: slopes, spread, how many stand above and below.

    ``slopes`` are points of the score for one point of each earlier score; ``sd`` is that of groups.
    """

    reliability: Mapping[str, float]
    slopes: tuple[float, ...]
    sd: float
    n_above: int
    n_below: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsAdded:
    """All groups by name. ``pairs_apart`` is the share of pairs that can be told apart at every reliability.

    ``at`` begins with earlier scores as if without error, and goes on with the range.
    """

    groups: tuple[GroupAdded, ...]
    at: tuple[AddedAt, ...]
    level: float
    pairs_apart: float
    caution: Text = NOT_CAUSED

    def __iter__(self) -> Iterator[GroupAdded]:
        return iter(self.groups)

    def within(self, place: AddedPlace) -> tuple[GroupAdded, ...]:
        """Return the groups of one kind, by name."""
        return tuple(one for one in self.groups if one.place is place)


def groups_added(found: ValueAdded, *, level: float = 0.9, least_reliability: float = LEAST_RELIABILITY) -> GroupsAdded:
    """Return where groups stand in value added.

    The range begins with the highest reliability that was asked for; where none was, earlier scores are taken as
    without error. A group is above or below if the whole interval is, at every reliability of the range; if it is at
    some and not at others, that hangs on a number nobody knows.
    """
    over = [one.schools for one in found.corrected] or [found.schools]
    z = float(scipy.stats.norm.ppf(0.5 + level / 2))
    effects, errors = (np.stack([getattr(one, what) for one in over]) for what in ("effects", "std_errors"))
    sides = np.sign(effects) * (np.abs(effects) > z * errors)
    known = np.max([one.reliability for one in over], axis=0)  # too little only where it is so over the whole range
    first = found.schools
    return GroupsAdded(
        groups=tuple(
            GroupAdded(
                name=name, n=int(first.n_ratings[k]), raw_mean=float(first.raw_means[k]),
                effect=float(first.effects[k]), lowest=float(effects[:, k].min()), highest=float(effects[:, k].max()),
                low=float((effects - z * errors)[:, k].min()), high=float((effects + z * errors)[:, k].max()),
                reliability=float(known[k]), place=_place(sides[:, k], known[k], least=least_reliability),
            )
            for k, name in enumerate(first.names)
        ),
        at=tuple(_at(found, z=z)),
        level=level,
        pairs_apart=_pairs_apart(over, z=z),
    )  # fmt: skip


def _at(found: ValueAdded, *, z: float) -> Iterator[AddedAt]:
    prior = [one.name for one in found.plain.coefficients[1:]]
    told = [(dict.fromkeys(prior, 1.0), found.plain), *((one.reliability, one.fit) for one in found.corrected)]
    for reliability, fit in told:
        schools = fit.effects[0]
        outside = np.abs(schools.effects) > z * schools.std_errors
        yield AddedAt(
            reliability=reliability, slopes=tuple(one.estimate for one in fit.coefficients[1:]), sd=schools.sd,
            n_above=int((outside & (schools.effects > 0)).sum()), n_below=int((outside & (schools.effects < 0)).sum()),
        )  # fmt: skip


def _place(sides: Array, known: float, *, least: float) -> AddedPlace:
    if known < least:
        return AddedPlace.UNKNOWN
    if (sides > 0).all():
        return AddedPlace.ABOVE
    if (sides < 0).all():
        return AddedPlace.BELOW
    return AddedPlace.HANGS if sides.any() else AddedPlace.NOT_TOLD_APART


def _pairs_apart(over: list[FactorEffects], *, z: float) -> float:
    """Return the share of pairs whose difference has an interval without 0, on the same side, at every reliability."""
    size = len(over[0].effects)
    always = {1: np.ones((size, size), dtype=np.bool_), -1: np.ones((size, size), dtype=np.bool_)}
    for one in over:
        if one.covariance is None:
            raise ValueError("value_added keeps the covariance that pairs of groups need.")
        apart = one.effects[:, None] - one.effects[None, :]
        variance = np.diag(one.covariance)[:, None] + np.diag(one.covariance)[None, :] - 2 * one.covariance
        told = np.abs(apart) > z * np.sqrt(np.maximum(variance, 0))
        for side in always:
            always[side] &= told & (side * apart > 0)
    upper = np.triu_indices(size, 1)
    return float((always[1] | always[-1])[upper].mean())
