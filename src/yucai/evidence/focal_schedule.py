"""Whom to watch when: a schedule drawn before the first day, from a seed that is kept with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import numpy as np

from yucai.errors import Fault, FaultyInputError
from yucai.evidence.observation import Observations
from yucai.texts import Text

__all__ = ["FocalSchedule", "FocalSlot", "ObserverTurn", "assign_observers", "draw_schedule"]

NOBODY: Final = Text("no children are named. Name at least one, by pseudonym.", "没有幼儿。请至少列出一名（化名）。")
AGAIN: Final = Text("the child {value} stands twice. Name everybody once.", "幼儿 {value} 重复。每人只列一次。")
NO_TIMES: Final = Text("no times are given. Give at least one.", "没有观察时间。请至少给出一个。")
ZONE: Final = Text("the time {value} has no time zone. Give it one.", "时间 {value} 没有时区。请补上。")
CLASH: Final = Text(
    "the times {value} and {next} are closer than the {seconds} s that one child is watched. Move one.",
    "时间 {value} 与 {next} 的间隔小于每名幼儿的观察时长 {seconds} 秒。请调整。",
)
LENGTH: Final = Text("a child is watched for {value} s; it must be above 0.", "观察时长为 {value} 秒；须大于 0。")
NO_OBSERVER: Final = Text("no observer is named. Name at least one.", "没有观察者。请至少指定一名。")
OBSERVER_AGAIN: Final = Text(
    "the observer {value} stands twice. Name everybody once.", "观察者 {value} 重复。每人只列一次。"
)
SHARE: Final = Text(
    "a second observer for {value} of the turns cannot be: give a share from 0 to 1.",
    "由第二名观察者同看的比例 {value} 不可用：请给出 0 到 1 之间的数。",
)
ALONE: Final = Text(
    "a second observer is wanted, but only one observer is named. Name another, or set the share to 0.",
    "需要第二名观察者，但只指定了一名。请再指定一名，或将比例设为 0。",
)


@dataclass(frozen=True, slots=True)
class FocalSlot:
    """One child to watch: from when, for how long, in which setting."""

    child: str
    starts: datetime
    seconds: float
    setting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObserverTurn:
    """Who watches one slot of a schedule; ``second`` marks the record that is taken beside the first for agreement."""

    number: int  # of the slot, from 1
    slot: FocalSlot
    observer: str
    second: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FocalSchedule:
    """Who is watched when, and the seed from which anybody can draw the same schedule again."""

    seed: int
    slots: tuple[FocalSlot, ...]

    def missed(self, observations: Observations) -> tuple[FocalSlot, ...]:
        """Return the slots for which no session of that child begins within the slot: what a gap may hide."""
        began: dict[str, list[datetime]] = {}
        for session in observations.sessions:
            began.setdefault(session.child, []).append(session.starts)
        return tuple(
            slot
            for slot in self.slots
            if not any(
                slot.starts <= start < slot.starts + timedelta(seconds=slot.seconds)
                for start in began.get(slot.child, ())
            )
        )


def draw_schedule(
    children: Sequence[str], times: Sequence[tuple[datetime, str]], *, seconds: float, seed: int
) -> FocalSchedule:
    """Return a focal schedule: at each time, in its setting, one child is watched.

    In every setting each child has its turn before anybody has a second one, in an order drawn from the seed; among
    those whose turn may come, whoever was watched least so far goes first. So no observer chooses whom to watch.
    Raises FaultyInputError (all faults at once).
    """
    ordered = sorted(times, key=lambda moment: moment[0].timestamp())
    if faults := list(_faults(children, ordered, seconds)):
        raise FaultyInputError("focal schedule", faults)
    rng = np.random.default_rng(seed)
    total = dict.fromkeys(children, 0)
    here: dict[str, dict[str, int]] = {}
    slots = []
    for starts, setting in ordered:
        counts = here.setdefault(setting, dict.fromkeys(children, 0))
        lot = dict(zip(children, rng.random(len(children)), strict=True))
        child = min(children, key=lambda name: (counts[name], total[name], lot[name]))
        counts[child] += 1
        total[child] += 1
        slots.append(FocalSlot(child, starts, seconds, setting))
    return FocalSchedule(seed=seed, slots=tuple(slots))


def assign_observers(
    schedule: FocalSchedule, observers: Sequence[str], *, second_share: float, rng: np.random.Generator
) -> tuple[ObserverTurn, ...]:
    """Return who watches which slot: loads differ by one turn at most, and nobody chooses whom to watch.

    A share of the slots, drawn at random, is watched by a second observer too. First records come before second
    ones. Raises FaultyInputError (all faults at once).
    """
    if faults := list(_observer_faults(observers, second_share)):
        raise FaultyInputError("observers", faults)
    firsts, seconds = dict.fromkeys(observers, 0), dict.fromkeys(observers, 0)
    turns = [
        ObserverTurn(number=n, slot=slot, observer=_least_busy(firsts, rng=rng))
        for n, slot in enumerate(schedule.slots, start=1)
    ]
    n_second = round(second_share * len(turns))
    for place in sorted(rng.choice(len(turns), n_second, replace=False).tolist()):
        turn = turns[place]
        beside = _least_busy(seconds, rng=rng, but=turn.observer)
        turns.append(ObserverTurn(number=turn.number, slot=turn.slot, observer=beside, second=True))
    return tuple(turns)


def _least_busy(counts: dict[str, int], *, rng: np.random.Generator, but: str = "") -> str:
    """Return who has had the fewest turns so far, by lot among equals, and count this turn."""
    lot = dict(zip(counts, rng.random(len(counts)), strict=True))
    chosen = min((name for name in counts if name != but), key=lambda name: (counts[name], lot[name]))
    counts[chosen] += 1
    return chosen


def _observer_faults(observers: Sequence[str], second_share: float) -> Iterator[Fault]:
    if not observers:
        yield Fault(code="no-observer", says=NO_OBSERVER, where="observers")
    for name in sorted({name for name in observers if list(observers).count(name) > 1}):
        yield Fault(code="duplicate", says=OBSERVER_AGAIN, where="observers", facts={"value": name})
    if not 0 <= second_share <= 1:
        yield Fault(code="share", says=SHARE, where="second_share", facts={"value": second_share})
    elif second_share > 0 and len(observers) == 1:
        yield Fault(code="alone", says=ALONE, where="second_share")


def _faults(children: Sequence[str], times: Sequence[tuple[datetime, str]], seconds: float) -> Iterator[Fault]:
    if not children:
        yield Fault(code="nobody", says=NOBODY)
    for name in sorted({name for name in children if list(children).count(name) > 1}):
        yield Fault(code="duplicate", says=AGAIN, facts={"value": name})
    if not times:
        yield Fault(code="no-times", says=NO_TIMES)
    if not seconds > 0:
        yield Fault(code="length", says=LENGTH, facts={"value": seconds})
    for starts, _setting in times:
        if starts.utcoffset() is None:
            yield Fault(code="no-zone", says=ZONE, facts={"value": starts})
    for (earlier, _), (later, _) in pairwise(times):
        if later.timestamp() - earlier.timestamp() < seconds:
            facts = {"value": earlier, "next": later, "seconds": f"{seconds:g}"}
            yield Fault(code="clash", says=CLASH, facts=facts)
