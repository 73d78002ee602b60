"""What is wrong with a map of a course or of a programme: everything at once, each with what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator
from typing import Final, TypeVar

from yucai.errors import Fault
from yucai.governance.attainment.maps import CourseMap, ProgrammeMap
from yucai.texts import Text

__all__ = ["check_course_map", "check_programme_map", "courses_without_map"]

Code = TypeVar("Code", bound=Hashable)
CLOSE: Final = 0.0005  # weights as they are printed (0.333) may miss 1 by this much for each of them
NO_OBJECTIVE: Final = Text(
    "The course has no objective. Give at least one, with how it is assessed.",
    "课程没有课程目标。请至少给出一个课程目标及其考核方式。",
)
TWICE: Final = Text("{what} “{code}” stands twice. Keep one.", "{what}“{code}”出现两次。请保留一个。")
EXPECTED: Final = Text(
    "The expected value of objective “{objective}” is {value}; it lies above 0 and is at most 1 (0.65, or 65%).",
    "课程目标“{objective}”的期望值为 {value}；应大于 0 且不超过 1（如 0.65 或 65%）。",
)
UNASSESSED: Final = Text(
    "Nobody assesses objective “{objective}”. Say which part of the assessment counts for it, or drop it.",
    "课程目标“{objective}”没有任何考核环节。请指明对应的考核环节，或删去该目标。",
)
UNSUMMED: Final = Text(
    "The weights of the parts for objective “{objective}” sum to {sum}, not to 1: {listed}. Correct them.",
    "课程目标“{objective}”各考核环节的权重之和为 {sum}，不等于 1：{listed}。请改正。",
)
NO_WEIGHT: Final = Text(
    "The weight of “{part}” for objective “{objective}” is {weight}; it must be above 0.",
    "“{part}”对课程目标“{objective}”的权重为 {weight}；应大于 0。",
)
NO_MARKS: Final = Text(
    "The full marks of “{part}” are {marks}; they must be above 0.", "“{part}”的满分为 {marks}；应大于 0。"
)
IDLE: Final = Text(
    "The part “{part}” counts for no objective. Say for which, or drop it.",
    "考核环节“{part}”不支撑任何课程目标。请指明，或删去。",
)
UNKNOWN: Final = Text(
    "“{code}” is named, but the map has no such {what}. It has: {known}.",
    "提到了“{code}”，但表中没有这个{what}。现有：{known}。",
)
STRENGTH: Final = Text(
    "The support of {indicator} by “{by}” says neither H, M, L nor a weight above 0. Say one of them.",
    "“{by}”对指标点 {indicator} 的支撑既不是 H、M、L，也不是大于 0 的权重。请填写其一。",
)
UNSUPPORTED: Final = Text(
    "No course supports indicator point {indicator}. Name at least one.",
    "没有课程支撑指标点 {indicator}。请至少指定一门课程。",
)
MIXED: Final = Text(
    "Of the courses that support indicator point {indicator}, some say H, M, L and some a weight. Use one of them.",
    "支撑指标点 {indicator} 的课程有的填 H、M、L，有的填权重。请统一。",
)
UNSUMMED_COURSES: Final = Text(
    "The weights of the courses for indicator point {indicator} sum to {sum}, not to 1: {listed}. Correct them.",
    "指标点 {indicator} 各支撑课程的权重之和为 {sum}，不等于 1：{listed}。请改正。",
)
WITHOUT_MAP: Final = Text(
    "The course {course} supports indicator points, and no map of its objectives is on record. Add its map.",
    "课程 {course} 支撑指标点，但尚无其课程目标对应表。请补充。",
)
OBJECTIVE: Final = Text("course objective", "课程目标")
PART: Final = Text("part of the assessment", "考核环节")
INDICATOR: Final = Text("indicator point", "指标点")


def check_course_map(course: CourseMap) -> tuple[Fault, ...]:
    """Return everything that is wrong with the map of a course; nothing where it is sound."""
    faults = list(_names(course))
    if not course.objectives:
        faults.append(Fault(code="no-objective", says=NO_OBJECTIVE))
    for objective in course.objectives:
        if not 0 < objective.expected <= 1:
            facts = {"objective": objective.code, "value": f"{objective.expected:g}"}
            faults.append(Fault(code="expected", says=EXPECTED, facts=facts))
        faults += _weights(course, objective.code)
    counted = {one.part for one in course.weights}
    for part in course.parts:
        if not part.full_marks > 0:
            faults.append(
                Fault(code="no-marks", says=NO_MARKS, facts={"part": part.code, "marks": f"{part.full_marks:g}"})
            )
        if part.code not in counted:
            faults.append(Fault(code="idle", says=IDLE, facts={"part": part.code}))
    return (*faults, *_supports(course))


def _names(course: CourseMap) -> Iterator[Fault]:
    """Yield codes that stand twice, and names that the map does not have."""
    objectives, parts = [one.code for one in course.objectives], [one.code for one in course.parts]
    for what, codes in ((OBJECTIVE, objectives), (PART, parts)):
        yield from _twice(what, codes)
    pairs = [(OBJECTIVE, one.objective, objectives) for one in course.weights]
    pairs += [(OBJECTIVE, one.objective, objectives) for one in course.supports]
    pairs += [(PART, one.part, parts) for one in course.weights]
    for what, code, known in dict.fromkeys((what, code, tuple(known)) for what, code, known in pairs):
        if code not in known:
            yield Fault(
                code="unknown", says=UNKNOWN, facts={"code": code, "what": what, "known": ", ".join(known) or "-"}
            )
    for objective, part in _repeated((one.objective, one.part) for one in course.weights):
        yield Fault(code="twice", says=TWICE, facts={"what": PART, "code": f"{objective} / {part}"})


def _twice(what: Text, codes: Iterable[str]) -> Iterator[Fault]:
    for code in _repeated(codes):
        yield Fault(code="twice", says=TWICE, facts={"what": what, "code": code})


def _repeated(codes: Iterable[Code]) -> list[Code]:
    return [code for code, n in Counter(codes).items() if n > 1]


def _weights(course: CourseMap, objective: str) -> Iterator[Fault]:
    weights = course.weights_of(objective)
    if not weights:
        yield Fault(code="unassessed", says=UNASSESSED, facts={"objective": objective})
        return
    wrong = [one for one in weights if not one.weight > 0]
    for one in wrong:
        facts = {"part": one.part, "objective": objective, "weight": f"{one.weight:g}"}
        yield Fault(code="no-weight", says=NO_WEIGHT, facts=facts)
    total = sum(one.weight for one in weights)
    if not wrong and not _is_one(total, len(weights)):
        listed = ", ".join(f"{one.part} {one.weight:g}" for one in weights)
        facts = {"objective": objective, "sum": f"{total:g}", "listed": listed}
        yield Fault(code="unsummed", says=UNSUMMED, facts=facts)


def _is_one(total: float, terms: int) -> bool:
    return abs(total - 1) <= CLOSE * terms + 1e-9


def _supports(course: CourseMap) -> Iterator[Fault]:
    for one in course.supports:
        if not _says_how_much(one.strength, one.weight):
            yield Fault(code="strength", says=STRENGTH, facts={"indicator": one.indicator, "by": one.objective})
    for objective, indicator in _repeated((one.objective, one.indicator) for one in course.supports):
        yield Fault(code="twice", says=TWICE, facts={"what": INDICATOR, "code": f"{objective} / {indicator}"})


def _says_how_much(strength: str, weight: float | None) -> bool:
    return strength in ("H", "M", "L") if weight is None else weight > 0 and strength in ("", "H", "M", "L")


def check_programme_map(programme: ProgrammeMap, *, mapped: Collection[str] | None = None) -> tuple[Fault, ...]:
    """Return everything that is wrong with the map of a programme; nothing where it is sound.

    ``mapped`` are the courses whose own maps are on record; without it nothing is said of courses that lack one.
    """
    codes = [one.code for one in programme.indicators]
    faults = list(_twice(INDICATOR, codes))
    for one in programme.supports:
        if one.indicator not in codes:
            facts = {"code": one.indicator, "what": INDICATOR, "known": ", ".join(codes) or "-"}
            faults.append(Fault(code="unknown", says=UNKNOWN, facts=facts))
        if not _says_how_much(one.strength, one.weight):
            faults.append(Fault(code="strength", says=STRENGTH, facts={"indicator": one.indicator, "by": one.course}))
    for course, indicator in _repeated((one.course, one.indicator) for one in programme.supports):
        faults.append(Fault(code="twice", says=TWICE, facts={"what": INDICATOR, "code": f"{course} / {indicator}"}))
    for code in dict.fromkeys(codes):
        faults += _courses(programme, code)
    return (*faults, *(courses_without_map(programme, mapped) if mapped is not None else ()))


def _courses(programme: ProgrammeMap, indicator: str) -> Iterator[Fault]:
    supports = programme.supports_of(indicator)
    weights = [one.weight for one in supports if one.weight is not None]
    if not supports:
        yield Fault(code="unsupported", says=UNSUPPORTED, facts={"indicator": indicator})
    elif weights and len(weights) < len(supports):
        yield Fault(code="mixed", says=MIXED, facts={"indicator": indicator})
    elif weights and not _is_one(sum(weights), len(weights)):
        listed = ", ".join(f"{one.course} {one.weight:g}" for one in supports)
        facts = {"indicator": indicator, "sum": f"{sum(weights):g}", "listed": listed}
        yield Fault(code="unsummed", says=UNSUMMED_COURSES, facts=facts)


def courses_without_map(programme: ProgrammeMap, mapped: Collection[str]) -> tuple[Fault, ...]:
    """Return the courses that support an indicator point and have no map of their own."""
    missing = [one for one in programme.courses if one not in mapped]
    named = [f"{one} {programme.names.get(one, '')}".strip() for one in missing]
    return tuple(Fault(code="without-map", says=WITHOUT_MAP, facts={"course": name}) for name in named)
