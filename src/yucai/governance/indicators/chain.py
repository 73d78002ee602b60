"""The chain of cultivation: found, selected, raised, launched, alumni, and where people leave it.

A person stands at the furthest step on record. The steps are nested, so how many reached each step and how many stopped
there are margins of one table: it passes the gate of releases whole, and what is hidden cannot be worked out again.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Final

from yucai.governance.release import TOTAL, Axis, AxisKind, Released, Table, tabulate
from yucai.texts import Text

__all__ = ["STEPS", "ChainStep", "Step", "chain_axis", "chain_steps", "chain_table", "furthest_step"]


class Step(StrEnum):
    """One step of the chain, in order."""

    FOUND = "found"
    SELECTED = "selected"
    RAISED = "raised"
    LAUNCHED = "launched"
    ALUMNI = "alumni"


STEPS: Final[Mapping[Step, Text]] = {
    Step.FOUND: Text("found", "发现"),
    Step.SELECTED: Text("selected", "选拔"),
    Step.RAISED: Text("raised", "培育"),
    Step.LAUNCHED: Text("launched", "成才出口"),
    Step.ALUMNI: Text("alumni", "校友"),
}
NAME: Final = Text("the chain of cultivation", "培养链条")
AXIS: Final = "step"
STANDS: Final = Text("stands at: {what}", "止于：{what}")
REACHED: Final = Text("reached: {what}", "达到：{what}")


def furthest_step(events: Mapping[Step, date | None], *, on: date) -> Step | None:
    """Return the furthest step that a person had reached by a day without leaving one out; None: not even found.

    A later step without the ones before it does not count: the record is broken there, and a chain is not guessed.

    >>> furthest_step({Step.FOUND: date(2023, 9, 1), Step.RAISED: date(2024, 1, 1)}, on=date(2026, 1, 1)).value
    'found'
    """
    reached: Step | None = None
    for step in Step:
        day = events.get(step)
        if day is None or day > on:
            return reached
        reached = step
    return reached


def chain_axis(steps: Sequence[Step] = tuple(Step)) -> Axis:
    """Return steps as an axis. Its leaves are where people stand; the entries above them are “reached this step”.

    >>> chain_axis().parents["launched"], chain_axis().parents["from-launched"], chain_axis().parents["alumni"]
    ('from-launched', 'from-raised', 'from-launched')
    """
    middle = steps[1:-1]
    parents = {step.value: reached(step) for step in middle}
    parents |= {reached(upper): reached(lower) for lower, upper in pairwise(middle)}
    if middle:
        parents[steps[-1].value] = reached(middle[-1])
    names = {step.value: STANDS.filled(what=STEPS[step]) for step in steps[:-1]}
    names |= {reached(step): REACHED.filled(what=STEPS[step]) for step in middle}
    names[steps[-1].value] = REACHED.filled(what=STEPS[steps[-1]])
    return Axis(
        code=AXIS,
        name=Text("step", "环节"),
        leaves=tuple(step.value for step in steps),
        kind=AxisKind.COUNTED,
        parents=parents,
        names=names,
    )


def reached(step: Step) -> str:
    """Return the entry of the axis that stands for everybody who reached a step."""
    return f"from-{step.value}"


def chain_table(
    people: Sequence[Hashable], steps: Sequence[Step], *, over: Axis, values: Sequence[str], code: str,
    known: Sequence[Step] = tuple(Step),
) -> Table:  # fmt: skip
    """Return the chain of people who each stand at a step, beside an axis such as their talent type.

    ``known`` are the steps that the records tell of at all; nobody may stand at another.
    """
    axes = (over, chain_axis(known))
    columns = {over.code: values, AXIS: [step.value for step in steps]}
    return tabulate(people, columns, code=code, name=NAME, axes=axes)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainStep:
    """One step of one group: how many reached it, how many stand there and went no further, and their share.

    None is hidden; the share is None wherever one of its two numbers is.
    """

    step: Step
    reached: int | None
    stopped: int | None
    share_on: float | None  # of those who reached it, who reached the next


def chain_steps(released: Released, group: str = TOTAL) -> tuple[ChainStep, ...]:
    """Return the steps of a group from a table that has leave to go. What is hidden there is hidden here."""
    known = [Step(leaf) for leaf in released.axes[1].leaves]
    counts = {cell.place: cell.count for cell in released.cells}
    reach = [counts[group, _entry(step, known)] for step in known]
    found = []
    for place, step in enumerate(known):
        last = place == len(known) - 1
        after = None if last else reach[place + 1]
        here = reach[place]
        share = after / here if after is not None and here else None
        stopped = None if last else counts[group, step.value]
        found.append(ChainStep(step=step, reached=here, stopped=stopped, share_on=share))
    return tuple(found)


def _entry(step: Step, known: Sequence[Step]) -> str:
    if step is known[0]:
        return TOTAL
    return step.value if step is known[-1] else reached(step)
