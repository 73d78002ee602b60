"""The loop of improvement: what was to be done about an objective, and what came of it the year after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from math import hypot

from yucai.errors import Fault
from yucai.governance.attainment.computing import share_interval
from yucai.governance.attainment.results import CourseAttainment, Interval, ObjectiveAttainment, StudentsLeftOut
from yucai.texts import Text

__all__ = [
    "ActionOutcome",
    "Change",
    "Improvement",
    "check_improvement",
    "compare_years",
    "difference",
    "follow_up",
    "pool_classes",
]

EMPTY = Text("Say {what}.", "请写明{what}。")
PAST = Text(
    "“By when” is {day}; it lies after the day on which it is written, {today}.",
    "完成日期为 {day}；应晚于填写日期 {today}。",
)
WORDS = {"what": Text("what is going to be done", "改进措施"), "who": Text("who does it", "责任人")}


class Change(StrEnum):
    """What the difference between two years says."""

    BETTER = "better"
    WORSE = "worse"
    UNSURE = "unsure"
    UNKNOWN = "unknown"

    @property
    def says(self) -> Text:
        """The change in words."""
        return {
            Change.BETTER: Text("higher than the year before", "高于上一年"),
            Change.WORSE: Text("lower than the year before", "低于上一年"),
            Change.UNSURE: Text("cannot tell", "尚不能判断"),
            Change.UNKNOWN: Text("cannot be compared", "无法比较"),
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """What somebody is going to do about an objective, until when."""

    objective: str
    what: str
    who: str
    by: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionOutcome:
    """An action of last year and the difference since. That one followed the other does not prove that it worked."""

    action: Improvement
    before: float | None
    after: float | None
    difference: Interval | None
    change: Change


def check_improvement(action: Improvement, *, today: date) -> tuple[Fault, ...]:
    """Return what is missing in an action: what, who, by when."""
    faults = [
        Fault(code="empty", says=EMPTY, where=name, facts={"what": WORDS[name]})
        for name in WORDS
        if not getattr(action, name).strip()
    ]
    if action.by <= today:
        facts = {"day": action.by.isoformat(), "today": today.isoformat()}
        faults.append(Fault(code="past", says=PAST, where="by", facts=facts))
    return tuple(faults)


def difference(before: Interval, after: Interval) -> Interval:
    """Return how much more the second figure is than the first, with an interval, for two groups of other people.

    From the two intervals alone (MOVER; Newcombe 1998, method 10, for shares; Zou and Donner 2008 for any figure).

    >>> found = difference(Interval(value=0.6, low=0.4904, high=0.7003), Interval(value=0.8, low=0.6918, high=0.8769))
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.2, 0.052, 0.334)
    """
    value = after.value - before.value
    return Interval(
        value=value,
        low=value - hypot(after.value - after.low, before.high - before.value),
        high=value + hypot(after.high - after.value, before.value - before.low),
    )


def compare_years(before: CourseAttainment, after: CourseAttainment) -> Mapping[str, tuple[Interval | None, Change]]:
    """Return, for each objective of the later year, the difference from the earlier one and what it says.

    Objectives go together by their codes. Only direct evidence is compared.
    """
    earlier = {one.objective: one for one in before.objectives}
    found: dict[str, tuple[Interval | None, Change]] = {}
    for one in after.objectives:
        old = earlier.get(one.objective)
        if old is None or old.interval is None or one.interval is None:
            found[one.objective] = (None, Change.UNKNOWN)
            continue
        change = difference(old.interval, one.interval)
        found[one.objective] = (change, _says(change))
    return found


def _says(change: Interval) -> Change:
    if change.low > 0:
        return Change.BETTER
    return Change.WORSE if change.high < 0 else Change.UNSURE


def pool_classes(results: Sequence[CourseAttainment]) -> CourseAttainment:
    """Return several classes of one course and map as one: each student counts alike.

    Means go by the number of students, intervals together by MOVER; the share of students who reach the expected
    value is exact. What cannot be told from the classes alone (quartiles, weights) is left out. Raises ValueError for
    classes that rest on other maps.
    """
    if len({(one.course, one.map) for one in results}) != 1:
        raise ValueError("classes of one course under one map go together")
    if len(results) == 1:
        return results[0]
    objectives = [_pooled([one.objective(told.objective) for one in results]) for told in results[0].objectives]
    return replace(
        results[0], students=sum(one.students for one in results), objectives=tuple(objectives), combination=""
    )


def _pooled(classes: Sequence[ObjectiveAttainment]) -> ObjectiveAttainment:
    known = [one for one in classes if one.value is not None]
    n, n_reached = sum(one.n for one in known), sum(one.n_reached for one in known)
    value = sum(one.n / n * (one.value or 0) for one in known) if n else None
    interval = None
    whole = [(one.n / n, one.interval) for one in known if one.interval is not None]
    if value is not None and len(whole) == len(known):
        low = hypot(*(share * (one.value - one.low) for share, one in whole))
        high = hypot(*(share * (one.high - one.value) for share, one in whole))
        interval = Interval(value=value, low=value - low, high=value + high)
    left = Counter({one.state: 0 for told in classes for one in told.left_out})
    for told in classes:
        left.update({one.state: one.n for one in told.left_out})
    return replace(
        classes[0],
        n=n,
        n_reached=n_reached,
        value=value,
        interval=interval,
        share=share_interval(n_reached, n),
        left_out=tuple(StudentsLeftOut(state=state, n=number) for state, number in sorted(left.items())),
        bins=tuple(map(sum, zip(*(one.bins for one in classes), strict=True))),
        quartiles=None,
        parts=(),
        sensitivity=None,
        survey=None,
        combined=None,
    )


def follow_up(
    actions: Sequence[Improvement], before: CourseAttainment, after: CourseAttainment
) -> tuple[ActionOutcome, ...]:
    """Return each action of the earlier year with the difference that came after it."""
    changes = compare_years(before, after)
    old = {one.objective: one.value for one in before.objectives}
    new = {one.objective: one.value for one in after.objectives}
    found = []
    for action in actions:
        change, says = changes.get(action.objective, (None, Change.UNKNOWN))
        found.append(
            ActionOutcome(
                action=action,
                before=old.get(action.objective),
                after=new.get(action.objective),
                difference=change,
                change=says,
            )
        )
    return tuple(found)
