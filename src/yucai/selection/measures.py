"""From marks to the measure of a rule: what counts, what is missing, and how far the missing could move it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from math import inf
from typing import Final

from yucai.selection.given import Candidate, CourseMark, MarkState, SelectionRecords
from yucai.selection.rule_sets import Attempts, CourseSet, Points, RuleSet, Terms, Weighting
from yucai.texts import Text

__all__ = [
    "Counted",
    "Course",
    "Span",
    "count_marks",
    "grade_point",
    "last_term",
    "last_year",
    "measure_of",
    "span_of",
    "term_ends",
    "term_is_over",
    "terms_counted",
    "tie_break_span",
]

FULL: Final = 100.0
STEPS: Final = ((90, 4.0), (85, 3.7), (82, 3.3), (78, 3.0), (75, 2.7), (72, 2.3), (68, 2.0), (64, 1.5), (60, 1.0))
PASS: Final = 60
MOST_POINTS: Final = {Points.MARK: 100.0, Points.LINEAR_5: 5.0, Points.STEPS_4: 4.0, Points.FILE: 5.0}
AUTUMN, SPRING = (1, 31), (7, 31)  # the days on which the two terms of a school year are over
DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Span:
    """Between which ends a number lies: both are the same where nothing is missing."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One course that counts for somebody. ``value`` None: the mark is missing, and could be anything."""

    code: str
    name: Text
    term: str
    place: int  # of its set
    weight: float
    value: float | None
    mark: float | None
    failed: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What counts of one person: courses of the measure, credits earned by the day, and what does not count."""

    person: Candidate
    courses: tuple[Course, ...]
    credits: Span
    failed: Span
    unread: tuple[Text, ...]  # courses whose grade the rule turns into no number
    empty_sets: tuple[int, ...]

    @property
    def missing(self) -> tuple[Course, ...]:
        """The courses whose mark is missing."""
        return tuple(one for one in self.courses if one.value is None)


def grade_point(mark: float, points: Points) -> float:
    """Return the grade point of a mark of 100 by one of the tables in use.

    >>> [grade_point(mark, Points.LINEAR_5) for mark in (59, 60, 87)], grade_point(87, Points.STEPS_4)
    ([0.0, 1.0, 3.7], 3.7)
    """
    if points is Points.LINEAR_5:
        return round((mark - 50) / 10, DIGITS) if mark >= PASS else 0.0
    if points is Points.STEPS_4:
        return next((point for least, point in STEPS if mark >= least), 0.0)
    return mark


def last_year(day: date) -> str:
    """Return the last school year that is over on a day.

    >>> last_year(date(2026, 8, 4)), last_year(date(2026, 3, 1))
    ('2025-2026', '2024-2025')
    """
    ended = day.year if (day.month, day.day) >= SPRING else day.year - 1
    return f"{ended - 1}-{ended}"


def last_term(day: date) -> str:
    """Return the last term that is over on a day.

    >>> last_term(date(2026, 8, 4)), last_term(date(2026, 3, 1)), last_term(date(2026, 1, 5))
    ('2025-2026-2', '2025-2026-1', '2024-2025-2')
    """
    if (day.month, day.day) >= SPRING:
        return f"{day.year - 1}-{day.year}-2"
    if (day.month, day.day) >= AUTUMN:
        return f"{day.year - 1}-{day.year}-1"
    return f"{day.year - 2}-{day.year - 1}-2"


def term_is_over(term: str, day: date) -> bool | None:
    """Return whether a term, or a school year, is over on a day; None for what is named otherwise.

    >>> [term_is_over(term, date(2026, 3, 1)) for term in ("2025-2026-1", "2025-2026-2", "2025-2026", "BBB-2013J")]
    [True, False, False, None]
    """
    parts = term.split("-")
    if not (len(parts) in (2, 3) and all(part.isascii() and part.isdigit() for part in parts)):
        return None
    return term <= (last_year(day) if len(parts) == 2 else last_term(day))


def term_ends(term: str) -> date:
    """Return the first day on which a term, or a school year, is over.

    >>> term_ends("2025-2026-1"), term_ends("2025-2026")
    (datetime.date(2026, 1, 31), datetime.date(2026, 7, 31))
    """
    second = int(term.split("-")[1])
    return date(second, *(AUTUMN if term.endswith("-1") and term.count("-") > 1 else SPRING))


def terms_counted(rules: RuleSet, day: date) -> tuple[str, ...]:
    """Return how the terms that count begin; an empty tuple means all of them up to the day."""
    if rules.terms == (Terms.LAST_YEAR,):
        return (last_year(day),)
    if rules.terms == (Terms.LAST_TERM,):
        return (last_term(day),)
    return () if rules.terms == (Terms.ALL,) else rules.terms


def in_terms(term: str, wanted: Sequence[str]) -> bool:
    """Return whether a term is one of those that count, or lies in a school year that does."""
    return not wanted or any(term == one or term.startswith(f"{one}-") for one in wanted)


def count_marks(rules: RuleSet, records: SelectionRecords) -> tuple[Counted, ...]:
    """Return what counts of each person. What most of those who study together have and one has not, is missing."""
    wanted = terms_counted(rules, records.as_of)
    mine = {one.learner: _chosen(rules, one, wanted) for one in records.people}
    together = defaultdict[tuple[str, ...], list[str]](list)
    for one in records.people:
        together[_peers(one)].append(one.learner)
    expected = {key: _expected([mine[learner] for learner in some]) for key, some in together.items()}
    return tuple(_counted(rules, one, mine[one.learner], expected[_peers(one)]) for one in records.people)


def _peers(one: Candidate) -> tuple[str, ...]:
    """Return with whom somebody takes courses: the class, else entry year and programme."""
    return (one.cohort, one.classroom) if one.classroom else (one.cohort, one.programme, "")


def _chosen(rules: RuleSet, one: Candidate, wanted: Sequence[str]) -> dict[tuple[str, str], tuple[int, CourseMark]]:
    """Return the attempt that counts of each course of the measure, by course and term, with the place of its set."""
    found: dict[str, tuple[int, CourseMark]] = {}
    for mark in one.marks:
        if not in_terms(mark.term, wanted) or (place := _set_of(rules.sets, mark)) is None:
            continue
        held = found.get(mark.course)
        if held is None or _counts_before(rules, mark, held[1]):
            found[mark.course] = (place, mark)
    return {(code, mark.term): (place, mark) for code, (place, mark) in found.items()}


def _set_of(sets: Sequence[CourseSet], mark: CourseMark) -> int | None:
    """Return the place of the first set that names a course; without sets every course counts."""
    if not sets:
        return 0
    told = (mark.course, mark.name.zh, mark.name.en)
    hits = (place for place, one in enumerate(sets) if any(fnmatchcase(t, p) for t in told for p in one.courses))
    return next(hits, None)


def _counts_before(rules: RuleSet, mark: CourseMark, held: CourseMark) -> bool:
    if rules.attempts is Attempts.FIRST:
        return (mark.attempt, mark.term) < (held.attempt, held.term)
    return _best(rules, mark) > _best(rules, held)


def _best(rules: RuleSet, mark: CourseMark) -> float:
    return -1.0 if (found := _mark(rules, mark)) is None else found


def _mark(rules: RuleSet, mark: CourseMark) -> float | None:
    """Return the mark of 100, also of a level by the table of the rule."""
    if mark.mark is not None:
        return mark.mark
    if mark.level is not None and 0 <= mark.level < len(rules.levels):
        return rules.levels[mark.level]
    return None


def _value(rules: RuleSet, mark: CourseMark) -> float | None:
    if rules.points is Points.FILE:
        return mark.grade_point
    found = _mark(rules, mark)
    return None if found is None else grade_point(found, rules.points)


Expected = Mapping[tuple[str, str], tuple[int, Text, float | None]]


def _expected(of_people: Sequence[Mapping[tuple[str, str], tuple[int, CourseMark]]]) -> Expected:
    """Return the courses that more than half of some people have, each with its usual credits."""
    having = Counter(key for one in of_people for key in one)
    found = {}
    for key, n in having.items():
        if 2 * n > len(of_people):
            told = [one[key] for one in of_people if key in one]
            usual = Counter(mark.credits for _place, mark in told).most_common()
            credit = sorted((value for value, times in usual if times == usual[0][1]), key=repr)[0]
            found[key] = (told[0][0], told[0][1].name, credit)
    return found


def _counted(
    rules: RuleSet, one: Candidate, mine: Mapping[tuple[str, str], tuple[int, CourseMark]], expected: Expected
) -> Counted:
    courses, unread = [], []
    for place, mark in mine.values():
        value = _value(rules, mark)
        if value is None and mark.state is None and (mark.passed is not None or rules.points is not Points.FILE):
            unread.append(mark.name)
            continue
        courses.append(_course(rules, place, mark, value))
    had = {code for code, _term in mine}
    for (code, term), (place, name, credit) in expected.items():
        if code not in had:
            gap = CourseMark(course=code, name=name, term=term, credits=credit, state=MarkState.OTHER)
            courses.append(_course(rules, place, gap, None))
    courses.sort(key=lambda course: (course.term, course.code))
    missing = sum(course.failed is None for course in courses)
    failed = sum(_failed(rules, mark) is True for _place, mark in mine.values())
    there = {course.place for course in courses}
    return Counted(
        person=one,
        courses=tuple(courses),
        credits=_credits(rules, one),
        failed=Span(failed, failed + missing),
        unread=tuple(unread),
        empty_sets=tuple(place for place in range(max(1, len(rules.sets))) if place not in there),
    )


def _course(rules: RuleSet, place: int, mark: CourseMark, value: float | None) -> Course:
    weight = 1.0 if rules.weighting is Weighting.EQUAL or mark.credits is None else mark.credits
    return Course(
        code=mark.course, name=mark.name, term=mark.term, place=place, weight=weight, value=value,
        mark=_mark(rules, mark), failed=_failed(rules, mark),
    )  # fmt: skip


def _failed(rules: RuleSet, mark: CourseMark) -> bool | None:
    found = _mark(rules, mark)
    if found is not None:
        return found < rules.pass_mark
    return None if mark.passed is None else not mark.passed


def _credits(rules: RuleSet, one: Candidate) -> Span:
    """Return the credits earned by the day: each course once, passed in any attempt. Unknown credits could be any."""
    passed: dict[str, float | None] = {}
    for mark in one.marks:
        if _failed(rules, mark) is False:
            passed[mark.course] = mark.credits if mark.credits is not None else passed.get(mark.course)
    known = sum(value for value in passed.values() if value is not None)
    return Span(known, inf if None in passed.values() or not one.marks else known)


def measure_of(counted: Counted, rules: RuleSet, values: Sequence[float | None], weights: Sequence[float]) -> Span:
    """Return the measure of one person with these values and weights of the courses, in their order.

    The mean of each set by weight, and the mean of the sets by theirs. A missing value is taken as nothing at one end
    and as the most at the other; without any mark the measure could be anything.
    """
    if not counted.courses or all(value is None for value in values):
        return Span(-inf, inf)
    ends = []
    for instead in (0.0, MOST_POINTS[rules.points]):
        sums = defaultdict[int, list[float]](lambda: [0.0, 0.0])
        for course, value, weight in zip(counted.courses, values, weights, strict=True):
            told = sums[course.place]
            told[0] += weight * (instead if value is None else value)
            told[1] += weight
        ends.append(round(_over_sets(sums, rules, instead), DIGITS))
    return Span(*ends)


def _over_sets(sums: Mapping[int, Sequence[float]], rules: RuleSet, instead: float) -> float:
    """Return the mean of the means of sets; a set of which nothing counts stands at the end in question."""
    if not rules.sets:
        total, weight = sums[0]
        return total / weight if weight else instead
    means = []
    for place, one in enumerate(rules.sets):
        total, weight = sums.get(place, (0.0, 0.0))
        means.append((one.weight, total / weight if weight else instead))
    return sum(weight * mean for weight, mean in means) / sum(weight for weight, _mean in means)


def span_of(counted: Counted, rules: RuleSet) -> Span:
    """Return the measure of one person as records have it."""
    values = [course.value for course in counted.courses]
    return measure_of(counted, rules, values, [course.weight for course in counted.courses])


def tie_break_span(counted: Counted, rule: str) -> Span:
    """Return what breaks a tie, the more the better."""
    if rule == "credits":
        return counted.credits
    if rule == "failed":
        return Span(-counted.failed.high, -counted.failed.low)
    pattern = rule.partition(":")[2] or "*"
    marks = [one.mark for one in counted.courses if _named(one, pattern)]
    if not marks:
        return Span(0.0, FULL)
    return Span(*(_mean(FULL * end if mark is None else mark for mark in marks) for end in (0, 1)))


def _named(one: Course, pattern: str) -> bool:
    return any(fnmatchcase(told, pattern) for told in (one.code, one.name.zh, one.name.en))


def _mean(values: Iterable[float]) -> float:
    told = list(values)
    return round(sum(told) / len(told), DIGITS)
