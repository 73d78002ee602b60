"""What next steps are drawn from, and what is said of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from yucai.measurement import Profile
from yucai.texts import Text

__all__ = ["EvidenceWay", "Place", "StepWords", "WayKind", "places_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one learner stands on one quality, in SDs of all profiles, 0 their average; ``enough`` to be shown."""

    quality: str
    mean: float
    std_error: float
    lower90: float
    upper90: float
    n_evidence: int
    enough: bool

    @property
    def printed(self) -> tuple[float, float]:
        """Both ends of the interval as they are printed, to one decimal: words must not contradict the numbers."""
        return round(self.lower90, 1), round(self.upper90, 1)


def places_of(profile: Profile) -> tuple[Place, ...]:
    """Return the places of a profile, one for each of its qualities, in SDs of all units."""
    errors = np.sqrt(np.diagonal(profile.covariance))
    return tuple(
        Place(
            quality=quality,
            mean=float(profile.mean[k] / profile.spread[k]),
            std_error=float(errors[k] / profile.spread[k]),
            lower90=float(profile.lower90[k] / profile.spread[k]),
            upper90=float(profile.upper90[k] / profile.spread[k]),
            n_evidence=int(profile.n_evidence[k]),
            enough=bool(profile.enough[k]),
        )
        for k, quality in enumerate(profile.qualities)
    )


class WayKind(StrEnum):
    """How evidence of a quality can come, what is soonest known first."""

    TEST = "test"
    RATING = "rating"
    OWN_WORK = "own-work"

    @property
    def order(self) -> int:
        """Its place among the others."""
        return WAY_ORDER.index(self)


WAY_ORDER: Final = tuple(WayKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceWay:
    """One way that is open to the learner now. ``name`` is what it is called; ``reference`` tells it from others."""

    kind: WayKind
    name: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWords:
    """What is said of a step: what to do, why, by which rule, what would change it, and how sure it is."""

    title: Text
    do: Text
    reason: Text
    rule: Text
    change: Text
    sure: Text
