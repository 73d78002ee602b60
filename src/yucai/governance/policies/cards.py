"""The policy card: what a policy is, what it should change, and how that will be looked at, before anybody looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from yucai.governance.effects import ControlGroup, Estimator, VintageBreak
from yucai.texts import Text

__all__ = [
    "FORMAT",
    "CompetingPolicy",
    "DataSpec",
    "EffectScale",
    "EvaluationDesign",
    "PolicyCard",
    "PolicyDirection",
    "PolicyOutcome",
    "PolicyUnit",
]

FORMAT: Final = 1  # of the file of a card; a later format is another number


class PolicyDirection(StrEnum):
    """Which way the outcome should go, by what the policy wants."""

    UP = "up"
    DOWN = "down"
    EITHER = "either"


class EffectScale(StrEnum):
    """On which scale an effect is told: as it is counted, or in per cent of each unit's own mean before the policy."""

    LEVEL = "level"
    INDEX = "index"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyUnit:
    """One unit that the policy reached: its first period under it, and how much of it (1: all of it)."""

    name: str
    first_period: int
    dose: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CompetingPolicy:
    """Something else that may have moved the outcome in the same units; no unit named means everywhere."""

    what: Text
    units: tuple[str, ...] = ()
    first_period: int | None = None
    last_period: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyOutcome:
    """What is looked at: its name, how it is counted, in which unit of measure, which way it should go."""

    name: Text
    definition: Text
    measured_in: Text
    direction: PolicyDirection = PolicyDirection.UP


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSpec:
    """Which figures: their name, source and vintage, the columns, and the periods that count.

    ``breaks`` says where they were revised so that what was before cannot be compared with what came after.
    """

    name: Text
    source: Text
    vintage: str
    unit_column: str
    period_column: str
    outcome_column: str
    first_period: int
    last_period: int
    breaks: tuple[VintageBreak, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationDesign:
    """How the effect will be worked out: every choice that could be made after the figures is made here.

    The verdict is read from the ``primary`` estimator (None: by rule, from the number of units); the others stand
    beside it. ``leave_out`` names units that are no fair comparison, ``neighbours`` pairs of units between which the
    policy may spill over; where there are none, ``no_neighbours`` says why nobody else could be touched.
    ``smallest_effect`` is the smallest one that would matter, on the ``scale``.
    """

    estimators: tuple[Estimator, ...]
    primary: Estimator | None = None
    control_groups: tuple[ControlGroup, ...] = (ControlGroup.NEVER,)
    scale: EffectScale = EffectScale.LEVEL
    leave_out: tuple[str, ...] = ()
    neighbours: tuple[tuple[str, str], ...] = ()
    no_neighbours: Text | None = None
    placebo_years: tuple[int, ...] = (2,)
    level: float = 0.05
    smallest_effect: float | None = None
    draws: int = 999
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCard:
    """A policy and the plan to look at what it did.

    ``anticipation`` counts the periods before the first one in which units may already have acted on the news;
    ``horizon`` the periods, the first included, over which an effect is asked for. ``to_check`` lists facts that
    somebody of the office still has to look up. ``replaces`` names the seal of the card that this one takes the place
    of: a sealed card is never changed.
    """

    code: str
    title: Text
    text: Text
    issuer: Text
    document: str
    in_force: date
    units: tuple[PolicyUnit, ...]
    outcome: PolicyOutcome
    horizon: int
    data: DataSpec
    plan: EvaluationDesign
    announced: date | None = None
    anticipation: int = 0
    competing: tuple[CompetingPolicy, ...] = ()
    to_check: tuple[Text, ...] = ()
    simulated: bool = False
    replaces: str = ""
