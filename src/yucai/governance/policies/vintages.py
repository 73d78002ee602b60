"""The same plan on two vintages of the same figures: what in the data was revised, and what moved with it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose
from typing import Final

from yucai.governance.effects import Evaluation
from yucai.governance.policies.cards import PolicyCard
from yucai.governance.policies.evaluating import evaluate_data, panel_of_card
from yucai.texts import Text

__all__ = ["MovedEstimate", "RevisedCell", "VintageCheck", "check_vintage"]

SAME_DATA: Final = Text("Both files hold the same figures.", "两份文件的数据相同。")
REVISED: Final = Text(
    "{n} of {all} figures were revised, of {units} unit{units:|s}; the largest by {most}.",
    "{all} 个数值中有 {n} 个被修订，涉及 {units} 个单位；最大修订幅度 {most}。",
)
ONLY_IN: Final = Text("{n} figure{n:|s} stand{n:s|} in one of the files alone.", "有 {n} 个数值只见于其中一份文件。")
GRADE_MOVED: Final = Text("The verdict moves from “{first}” to “{second}”.", "结论由“{first}”变为“{second}”。")
GRADE_STAYS: Final = Text("The verdict stays “{first}”.", "结论仍为“{first}”。")


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisedCell:
    """A figure that is another in the second vintage."""

    unit: str
    period: int
    first: float
    second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedEstimate:
    """What an estimator gave on each vintage; None where it gave nothing."""

    key: str
    first: float | None
    second: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VintageCheck:
    """Both evaluations, the figures that were revised, and how the estimates moved."""

    first: Evaluation
    second: Evaluation
    revised: tuple[RevisedCell, ...]
    unmatched: int
    moved: tuple[MovedEstimate, ...]

    @property
    def says(self) -> tuple[Text, ...]:
        """The whole in sentences."""
        return _said(self)


def check_vintage(card: PolicyCard, first: bytes, second: bytes) -> VintageCheck:
    """Return what the plan of a card gives on two vintages of its data. Raises FaultyInputError for either file."""
    cells_first, cells_second = _cells(card, first), _cells(card, second)
    both = sorted(cells_first.keys() & cells_second.keys())
    revised = tuple(
        RevisedCell(unit=unit, period=period, first=one, second=other)
        for unit, period in both
        if not isclose(one := cells_first[unit, period], other := cells_second[unit, period], rel_tol=1e-12)
    )
    evaluated = evaluate_data(card, first), evaluate_data(card, second)
    by_key = [{one.key: one.estimate for one in evaluation.estimates} for evaluation in evaluated]
    keys = [*by_key[0], *(key for key in by_key[1] if key not in by_key[0])]
    return VintageCheck(
        first=evaluated[0],
        second=evaluated[1],
        revised=revised,
        unmatched=len(cells_first.keys() ^ cells_second.keys()),
        moved=tuple(MovedEstimate(key=key, first=by_key[0].get(key), second=by_key[1].get(key)) for key in keys),
    )


def _cells(card: PolicyCard, data: bytes) -> dict[tuple[str, int], float]:
    panel = panel_of_card(card, data)
    return {
        (unit, period): float(panel.outcome[row, column])
        for row, unit in enumerate(panel.units)
        for column, period in enumerate(panel.periods)
    }


def _said(check: VintageCheck) -> tuple[Text, ...]:
    said = []
    panel = check.first.panel
    if not check.revised and not check.unmatched:
        said.append(SAME_DATA)
    if check.revised:
        most = max(check.revised, key=lambda one: abs(one.second - one.first))
        facts = {"n": len(check.revised), "all": len(panel.units) * len(panel.periods)}
        units = len({one.unit for one in check.revised})
        said.append(REVISED.filled(**facts, units=units, most=f"{most.second - most.first:+.4g}"))
    if check.unmatched:
        said.append(ONLY_IN.filled(n=check.unmatched))
    first, second = check.first.verdict.grade, check.second.verdict.grade
    says = GRADE_STAYS if first == second else GRADE_MOVED
    return (*said, says.filled(first=first.says, second=second.says))
