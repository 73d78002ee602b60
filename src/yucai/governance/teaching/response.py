"""Who did not answer: how far the mean of a course can lie from that of its answers, without and with assumptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text

__all__ = ["NOT_CURED", "ResponseBounds", "response_bounds"]

ROUNDING: Final = 1e-9

NOT_CURED: Final = Text(
    "Weighting by what is known of those who answered does not remove this: who answers differs also in what nobody "
    "recorded. The bounds hold without any assumption.",
    "按已知特征加权并不能消除这种偏差：作答者在未被记录的方面也不同。此处的上下限不依赖任何假设。",
)
SCALE: Final = Text(
    "the scale goes from {low} to {high}. Its low end must lie below its high end.",
    "量表为 {low} 至 {high}。下端必须小于上端。",
)
MEAN: Final = Text(
    "the mean {mean} lies outside the scale {low} to {high}. Give the mean of the answers on this scale.",
    "均值 {mean} 超出量表 {low} 至 {high}。请给出该量表上的作答均值。",
)
MORE: Final = Text(
    "{answered} answered, but {invited} were asked. Count each person once, and everybody who was asked.",
    "有 {answered} 人作答，但只邀请了 {invited} 人。请每人只计一次，并计入所有受邀者。",
)
NOBODY: Final = Text("nobody answered. There is no mean.", "无人作答，没有均值。")
SHIFTS: Final = Text(
    "the difference {shift} is below 0. Give how far others may differ, without a sign.",
    "差异 {shift} 小于 0。请给出差异的大小，不带符号。",
)
SURVEY: Final = Text("the answers of a course", "课程评教作答")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseBounds:
    """What is known of the mean of everybody who was asked.

    ``low`` and ``high`` hold whatever the others think (Manski 1989). ``within`` holds if the mean of the others lies
    at most so far from that of the answers. ``others_to_turn`` is what the others would have to say on average for the
    whole to come to the average of all courses; None where the scale does not let them.
    """

    answered: int
    invited: int
    rate: float
    mean: float
    low: float
    high: float
    within: tuple[tuple[float, float, float], ...]  # difference, low, high
    others_to_turn: float | None

    @property
    def can_turn(self) -> bool:
        """Whether those who did not answer could bring the mean to the other side of the average."""
        return self.others_to_turn is not None


def response_bounds(
    *,
    answered: int,
    invited: int,
    mean: float,
    scale: tuple[float, float],
    average: float | None = None,
    differences: Iterable[float] = (0.25, 0.5, 1.0),
) -> ResponseBounds:
    """Return the bounds of the mean of all who were asked. Raises FaultyInputError with every fault.

    >>> found = response_bounds(answered=10, invited=40, mean=4.6, scale=(1, 5), average=3.8)
    >>> found.rate, round(found.low, 2), round(found.high, 2), round(found.others_to_turn, 2)
    (0.25, 1.9, 4.9, 3.53)
    """
    shifts = tuple(differences)
    low, high = scale
    _check(answered=answered, invited=invited, mean=mean, scale=scale, differences=shifts)
    rate = answered / invited
    silent = 1 - rate
    turning = None
    if average is not None and silent > 0:
        wanted = (average - rate * mean) / silent
        turning = min(max(wanted, low), high) if low - ROUNDING <= wanted <= high + ROUNDING else None
    return ResponseBounds(
        answered=answered,
        invited=invited,
        rate=rate,
        mean=mean,
        low=rate * mean + silent * low,
        high=rate * mean + silent * high,
        within=tuple(
            (shift, rate * mean + silent * max(low, mean - shift), rate * mean + silent * min(high, mean + shift))
            for shift in shifts
        ),
        others_to_turn=turning,
    )


def _check(
    *, answered: int, invited: int, mean: float, scale: tuple[float, float], differences: tuple[float, ...]
) -> None:
    low, high = scale
    ends = {"low": f"{low:g}", "high": f"{high:g}"}
    faults = []
    if not low < high:
        faults.append(Fault(code="scale", says=SCALE, facts=ends))
    elif not low <= mean <= high:
        faults.append(Fault(code="mean", says=MEAN, facts={"mean": f"{mean:g}", **ends}))
    if answered < 1:
        faults.append(Fault(code="nobody", says=NOBODY))
    if answered > invited:
        faults.append(Fault(code="more", says=MORE, facts={"answered": answered, "invited": invited}))
    faults += [Fault(code="shift", says=SHIFTS, facts={"shift": f"{one:g}"}) for one in differences if not one >= 0]
    if faults:
        raise FaultyInputError(SURVEY, faults)
