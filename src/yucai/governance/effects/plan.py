"""What is fixed before any result is seen: the panel of a policy, and the plan by which it is judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text

__all__ = ["Array", "ControlGroup", "Estimator", "EvaluationPlan", "PolicyPanel", "VintageBreak"]

Array = npt.NDArray[np.float64]


class Estimator(StrEnum):
    """The ways in which an effect is estimated."""

    CALLAWAY_SANTANNA = "callaway-santanna"
    IMPUTATION = "imputation"
    SYNTHETIC_DID = "synthetic-did"
    SYNTHETIC_CONTROL = "synthetic-control"

    @property
    def says(self) -> Text:
        """Its name in both languages."""
        return ESTIMATORS[self]

    @property
    def synthetic(self) -> bool:
        """Whether it weighs donors so that they resemble the treated before the policy."""
        return self in {Estimator.SYNTHETIC_DID, Estimator.SYNTHETIC_CONTROL}


ESTIMATORS: Final = {
    Estimator.CALLAWAY_SANTANNA: Text(
        "difference-in-differences (Callaway–Sant'Anna)", "双重差分（Callaway–Sant'Anna）"
    ),
    Estimator.IMPUTATION: Text("imputation", "插补估计"),
    Estimator.SYNTHETIC_DID: Text("synthetic difference-in-differences", "合成双重差分"),
    Estimator.SYNTHETIC_CONTROL: Text("synthetic control (outcomes only)", "合成控制（仅用结果变量）"),
}


class ControlGroup(StrEnum):
    """With whom the treated are compared."""

    NEVER = "never-treated"
    NOT_YET = "not-yet-treated"

    @property
    def says(self) -> Text:
        """Its name in both languages."""
        return GROUPS[self]


GROUPS: Final = {
    ControlGroup.NEVER: Text("never treated", "从未实施"),
    ControlGroup.NOT_YET: Text("not yet treated", "尚未实施"),
}


NO_PANEL: Final = Text(
    "The outcome needs one finite number for each unit and year. Read the table with read_panel, which names what is "
    "missing.",
    "结果变量须为每个单位每年一个有限数值。请用 read_panel 读取数据表，它会指明缺失之处。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VintageBreak:
    """That a series was revised so that its values up to ``before`` cannot be compared with those after it."""

    before: int
    why: Text


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PolicyPanel:
    """A balanced panel: units in the order of their codes, years without a gap, who was treated from which year on.

    ``outcome`` is units x periods, read-only and without a missing value. ``first_treated`` holds a year or None for
    each unit. ``names`` are what the units are called; where nothing was given, their codes.
    """

    units: tuple[str, ...]
    names: tuple[str, ...]
    periods: tuple[int, ...]
    outcome: Array
    first_treated: tuple[int | None, ...]
    outcome_name: str = "outcome"

    def __post_init__(self) -> None:
        """Refuse a panel with something that is no number: ranks among such would find anything."""
        shape = (len(self.units), len(self.periods))
        if self.outcome.shape != shape or not np.isfinite(self.outcome).all():
            raise FaultyInputError(Text("panel", "面板数据"), [Fault(code="not-a-panel", says=NO_PANEL)])

    @property
    def treated(self) -> tuple[int, ...]:
        """The places of the treated units."""
        return tuple(n for n, first in enumerate(self.first_treated) if first is not None)

    @property
    def donors(self) -> tuple[int, ...]:
        """The places of the units that were never treated."""
        return tuple(n for n, first in enumerate(self.first_treated) if first is None)

    @property
    def cohorts(self) -> tuple[int, ...]:
        """The years in which somebody was treated first, in order."""
        return tuple(sorted({first for first in self.first_treated if first is not None}))


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationPlan:
    """How a policy will be judged, fixed before the result.

    ``horizon`` is the last event time that counts (0 is the first year of the policy); None takes all years.
    ``anticipation`` is how many years ahead of the policy units may already have answered to it. ``control_groups``
    are those that Callaway-Sant'Anna is run with, the first being the one that counts. ``primary`` is the estimator
    whose result the verdict looks at; None lets the rule choose (synthetic difference-in-differences with one or two
    treated units, else Callaway-Sant'Anna). ``placebo_years`` are by how many years the policy is moved to before its
    start for the placebo in time, beside the one that is always asked. ``neighbours`` are pairs of units for the
    spill-over ring; a plan without any says in ``no_neighbours`` why none could be touched. ``smallest_effect`` is the
    smallest effect that would matter, in units of the outcome. ``draws`` is how many assignments are drawn where there
    are too many to take all.
    """

    estimators: tuple[Estimator, ...] = tuple(Estimator)
    control_groups: tuple[ControlGroup, ...] = (ControlGroup.NEVER, ControlGroup.NOT_YET)
    primary: Estimator | None = None
    horizon: int | None = None
    anticipation: int = 0
    alpha: float = 0.05
    power: float = 0.80
    placebo_years: tuple[int, ...] = (2,)
    neighbours: tuple[tuple[str, str], ...] = field(default=())
    no_neighbours: Text | None = None
    smallest_effect: float | None = None
    seed: int = 20261128
    draws: int = 999

    def __post_init__(self) -> None:
        """Refuse a plan that cannot be followed, naming all that is wrong with it."""
        faults = [Fault(code=code, says=says) for code, wrong, says in _faults_of_plan(self) if wrong]
        if faults:
            raise FaultyInputError(Text("plan of the evaluation", "评估方案"), faults)


def _faults_of_plan(plan: EvaluationPlan) -> list[tuple[str, bool, Text]]:
    return [
        ("no-estimator", not plan.estimators, Text("Name at least one estimator.", "请至少指定一种估计方法。")),
        (
            "no-control-group",
            not plan.control_groups,
            Text("Name at least one control group.", "请至少指定一种对照组。"),
        ),
        (
            "primary-not-wanted",
            plan.primary is not None and plan.primary not in plan.estimators,
            Text("The primary estimator must be among the estimators.", "主要估计方法须在所列估计方法之中。"),
        ),
        (
            "horizon",
            plan.horizon is not None and plan.horizon < 0,
            Text("The horizon is 0 (the first year of the policy) or more.", "观察期须为 0（政策首年）或以上。"),
        ),
        (
            "anticipation",
            plan.anticipation < 0,
            Text("The years of anticipation are 0 or more.", "预期年数须为 0 或以上。"),
        ),
        (
            "alpha",
            not 0.0 < plan.alpha < 0.5,
            Text("The level alpha lies between 0 and 0.5, such as 0.05.", "显著性水平须在 0 与 0.5 之间，例如 0.05。"),
        ),
        (
            "power",
            not 0.5 <= plan.power < 1.0,
            Text("The power lies between 0.5 and 1, such as 0.8.", "检验功效须在 0.5 与 1 之间，例如 0.8。"),
        ),
        (
            "placebo-years",
            any(years < 1 for years in plan.placebo_years),
            Text("A placebo in time moves the policy by 1 year or more.", "时间安慰剂须把政策提前 1 年或以上。"),
        ),
        (
            "neighbours",
            bool(plan.neighbours) and plan.no_neighbours is not None,
            Text(
                "Name the neighbours, or say why there are none to look at; not both.",
                "请列出相邻单位，或说明为何无须检查相邻单位；两者只写其一。",
            ),
        ),
        (
            "smallest-effect",
            plan.smallest_effect is not None and plan.smallest_effect <= 0,
            Text("The smallest effect of interest is above 0.", "有意义的最小效应须大于 0。"),
        ),
        (
            "draws",
            not 99 <= plan.draws <= 99_999,
            Text("Draw between 99 and 99,999 assignments.", "随机分配次数须在 99 至 99,999 之间。"),
        ),
    ]
