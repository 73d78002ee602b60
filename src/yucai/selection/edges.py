"""The borderline set: whose outcome hangs on one course, on the weights, or on how finely marks are told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np

from yucai.selection.given import SelectionRecords
from yucai.selection.judging import Case, cases_of, judge
from yucai.selection.measures import Counted, Course, Span, count_marks, grade_point, measure_of
from yucai.selection.proposals import Outcome, Proposal
from yucai.selection.rule_sets import MOVED_BY_WEIGHTS, Points, RuleSet
from yucai.texts import Text

__all__ = ["DRAWS", "Borderline", "Perturbation", "borderline_of"]

DRAWS: Final = 100
HALF_MARK: Final = 0.5
TOP: Final = 100.0
SAYS: Final = {
    "course": Text(
        "one course left out: another outcome in {hits} of {n} cases", "去掉一门课程：{n} 种情形中有 {hits} 种结果不同"
    ),
    "weights": Text(
        "weights moved by 10 %: another outcome in {hits} of {n}", "权重变动 10%：{n} 种情形中有 {hits} 种结果不同"
    ),
    "marks": Text(
        "marks moved within their rounding: another outcome in {hits} of {n}",
        "成绩在取整误差内变动：{n} 次中有 {hits} 次结果不同",
    ),
    "marks-error": Text(
        "marks moved by rounding and an error of {error} points: another outcome in {hits} of {n}",
        "成绩按取整误差和 {error} 分的测量误差变动：{n} 次中有 {hits} 次结果不同",
    ),
}


class Perturbation(StrEnum):
    """What is changed a little to see whose outcome changes with it."""

    COURSE = "course"
    WEIGHTS = "weights"
    MARKS = "marks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Borderline:
    """Somebody whose outcome changes: in how many of how many cases of each kind, and with which courses left out.

    ``share`` is the largest share over the kinds.
    """

    learner: str
    hits: Mapping[Perturbation, int]
    tried: Mapping[Perturbation, int]
    courses: tuple[Text, ...]
    mark_error: float

    @property
    def share(self) -> float:
        """The largest share of cases of one kind in which the outcome is another."""
        return max(self.hits[kind] / n for kind, n in self.tried.items() if n)

    @property
    def says(self) -> tuple[Text, ...]:
        """In words, for each kind of change that gives another outcome."""
        return tuple(self._said(kind, n) for kind, n in self.tried.items() if self.hits[kind])

    def _said(self, kind: Perturbation, n: int) -> Text:
        error = kind is Perturbation.MARKS and self.mark_error > 0
        words = SAYS["marks-error" if error else kind.value]
        return words.filled(hits=self.hits[kind], n=n, error=f"{self.mark_error:g}")


@dataclass(frozen=True, slots=True)
class _Tweak:
    """One small change: a course left out, factors of weights by course or set, marks moved by so much."""

    kind: Perturbation
    without: str = ""
    factors: Mapping[str, float] | None = None
    rules: RuleSet | None = None
    moved: Mapping[str, Sequence[float]] | None = None


def borderline_of(proposal: Proposal, records: SelectionRecords, *, draws: int = DRAWS) -> tuple[Borderline, ...]:
    """Return whose outcome changes where one course is left out, a weight is moved by 10 %, or marks are moved.

    Marks are moved within their rounding (half a point to both sides) and, where the rule names an error of marks, by
    a normal error of that size beside. The draws follow from the digest of rule and records: the same proposal has
    the same borderline. Failed courses, credits and flags stay as they are; grade points of a file are not moved.
    """
    rules = proposal.rules
    counted = count_marks(rules, records)
    base = {entry.learner: entry.outcome for entry in proposal.entries}
    exempt = _exempt(proposal, records)
    cases = cases_of(rules, counted, exempt)
    hits: dict[Perturbation, Counter[str]] = {kind: Counter() for kind in Perturbation}
    tried: Counter[Perturbation] = Counter()
    courses: dict[str, list[Text]] = {}
    names = {course.code: course.name for one in counted for course in one.courses}
    for tweak in _tweaks(rules, counted, seed=int(proposal.digest[:16], 16), draws=draws):
        told = _outcomes(rules, cases, tweak)
        tried[tweak.kind] += 1
        for learner, outcome in told.items():
            if outcome is not base[learner]:
                hits[tweak.kind][learner] += 1
                if tweak.without:
                    courses.setdefault(learner, []).append(names[tweak.without])
    found = sorted(set().union(*hits.values()))
    rows = (
        Borderline(
            learner=learner, hits={kind: hits[kind][learner] for kind in Perturbation},
            tried={kind: tried[kind] for kind in Perturbation}, courses=tuple(courses.get(learner, ())),
            mark_error=rules.mark_error,
        )
        for learner in found
    )  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (-row.share, row.learner)))


def _exempt(proposal: Proposal, records: SelectionRecords) -> frozenset[str]:
    from yucai.selection.proposing import exempting

    return frozenset(one.learner for one in records.people if exempting(proposal.rules, one, records))


def _tweaks(rules: RuleSet, counted: Sequence[Counted], *, seed: int, draws: int) -> Iterator[_Tweak]:
    codes = sorted({course.code for one in counted for course in one.courses})
    if len(codes) > 1:
        yield from (_Tweak(Perturbation.COURSE, without=code) for code in codes)
    factors = (1 - MOVED_BY_WEIGHTS, 1 + MOVED_BY_WEIGHTS)
    if len(rules.sets) > 1:
        for place, one in enumerate(rules.sets):
            for factor in factors:
                moved = replace(one, weight=one.weight * factor)
                sets = (*rules.sets[:place], moved, *rules.sets[place + 1 :])
                yield _Tweak(Perturbation.WEIGHTS, rules=replace(rules, sets=sets))
    elif len(codes) > 1:
        yield from (_Tweak(Perturbation.WEIGHTS, factors={code: factor}) for code in codes for factor in factors)
    if rules.points is not Points.FILE:
        rng = np.random.default_rng(seed)
        for _draw in range(draws):
            yield _Tweak(Perturbation.MARKS, moved={one.person.learner: _moves(rules, one, rng) for one in counted})


def _moves(rules: RuleSet, one: Counted, rng: np.random.Generator) -> list[float]:
    """Return by how much each mark of somebody is moved in one draw."""
    n = len(one.courses)
    moved = rng.uniform(-HALF_MARK, HALF_MARK, n)
    if rules.mark_error:
        moved = moved + rng.normal(0.0, rules.mark_error, n)
    return [float(value) for value in moved]


def _outcomes(rules: RuleSet, cases: Sequence[Case], tweak: _Tweak) -> Mapping[str, Outcome]:
    asked = tweak.rules or rules
    spans = {case.learner: _span(asked, case, tweak) for case in cases}
    judged = judge(asked, cases, spans)
    return {learner: one.outcome for learner, one in judged.people.items()}


def _span(rules: RuleSet, case: Case, tweak: _Tweak) -> Span:
    counted = case.counted
    courses: tuple[Course, ...] = counted.courses
    if tweak.without:
        courses = tuple(course for course in courses if course.code != tweak.without)
        counted = replace(counted, courses=courses)
    factor: Callable[[str], float] = lambda code: (tweak.factors or {}).get(code, 1.0)  # noqa: E731
    weights = [course.weight * factor(course.code) for course in courses]
    values = [course.value for course in courses]
    if tweak.moved is not None:
        values = [_moved(rules, c, by) for c, by in zip(courses, tweak.moved[case.learner], strict=True)]
    return measure_of(counted, rules, values, weights)


def _moved(rules: RuleSet, course: Course, by: float) -> float | None:
    if course.value is None or course.mark is None:
        return course.value
    return grade_point(min(TOP, max(0.0, course.mark + by)), rules.points)
