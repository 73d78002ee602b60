"""The same plan on two vintages of the same figures: what in the data was revised, and what moved with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isclose
from typing import Any, Final

from yucai.governance.effects import Evaluation
from yucai.governance.policies.cards import PolicyCard
from yucai.governance.policies.evaluating import Report, evaluate_data, panel_of_card
from yucai.governance.policies.summing import grade_name, stand_after, summarise_result
from yucai.governance.policies.writing import hash_of
from yucai.texts import Text

__all__ = ["ComparedVintage", "MovedEstimate", "RevisedCell", "VintageCheck", "check_vintage", "vintage_doubt"]

SAME_DATA: Final = Text("Both files hold the same figures.", "两份文件的数据相同。")
REVISED: Final = Text(
    "{n} of {all} figures were revised, of {units} unit{units:|s}; the largest by {most}.",
    "{all} 个数值中有 {n} 个被修订，涉及 {units} 个单位；最大修订幅度 {most}。",
)
ONLY_IN: Final = Text("{n} figure{n:|s} stand{n:s|} in one of the files alone.", "有 {n} 个数值只见于其中一份文件。")
GRADE_MOVED: Final = Text("The verdict moves from “{first}” to “{second}”.", "结论由“{first}”变为“{second}”。")
GRADE_STAYS: Final = Text("The verdict stays “{first}”.", "结论仍为“{first}”。")
NOT_TAKEN: Final = Text(
    "Later figures can weaken the verdict of a card and never better it: “{stands}” stands.",
    "后来的数据只能使本卡结论变弱，不能使其变强：结论仍为“{stands}”。",
)
WEAKENED: Final = Text(
    "Later figures weaken the verdict of the card: “{stands}” stands.", "后来的数据使本卡结论变弱：现为“{stands}”。"
)
OTHER_CARD: Final = Text(
    "A comparison with later figures belongs to another result.", "与后来数据的比对对应的是另一结果。"
)
OTHER_FIGURES: Final = Text(
    "What a comparison with later figures gave is not what was written down then.",
    "与后来数据比对的结果与当时记录的不同。",
)
READING: Final = Text("reading the data", "读取数据")
SEALED: Final = Text("working the effect out on the sealed figures", "用封存的数据估计政策效果")
LATER: Final = Text("working the effect out on the later figures", "用后来的数据估计政策效果")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedVintage:
    """That the plan of a card was run on later figures after its result: whose, on which bytes, and what came out.

    ``result`` is the hash of the note of the card's own result, so that it stands behind it in the chain.
    """

    mark: str
    result: str
    name: str
    data: str
    evaluation: bytes
    at: datetime
    by: str

    def as_json(self) -> dict[str, Any]:
        """Return the note as a plain mapping; what came out is named by its hash."""
        return {
            "mark": self.mark,
            "result": self.result,
            "name": self.name,
            "data": self.data,
            "evaluation": hash_of(self.evaluation),
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "by": self.by,
        }


def vintage_doubt(note: str, evaluation: str, *, mark: str, evaluated: str) -> Text | None:
    """Return why what is kept of a comparison is not believed; None where it fits the result of its card."""
    try:
        told: dict[str, Any] = json.loads(note)
        if told["mark"] != mark or told["result"] != hash_of(evaluated.encode()):
            return OTHER_CARD
        return None if told["evaluation"] == hash_of(evaluation.encode()) else OTHER_FIGURES
    except (ValueError, KeyError, TypeError):
        return OTHER_FIGURES


def check_vintage(card: PolicyCard, first: bytes, second: bytes, *, report: Report | None = None) -> VintageCheck:
    """Return what the plan of a card gives on two vintages of its data. Raises FaultyInputError for either file."""
    tell = report or (lambda done, text: None)
    tell(0.02, READING)
    cells_first, cells_second = _cells(card, first), _cells(card, second)
    both = sorted(cells_first.keys() & cells_second.keys())
    revised = tuple(
        RevisedCell(unit=unit, period=period, first=one, second=other)
        for unit, period in both
        if not isclose(one := cells_first[unit, period], other := cells_second[unit, period], rel_tol=1e-12)
    )
    tell(0.1, SEALED)
    on_first = evaluate_data(card, first)
    tell(0.5, LATER)
    evaluated = on_first, evaluate_data(card, second)
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
    said.append(says.filled(first=first.says, second=second.says))
    sealed, later = (summarise_result(one.as_json()) for one in (check.first, check.second))
    stands = stand_after(sealed, [later])
    if stands.weakened or first != second:
        said.append((WEAKENED if stands.weakened else NOT_TAKEN).filled(stands=grade_name(stands.grade)))
    return tuple(said)
