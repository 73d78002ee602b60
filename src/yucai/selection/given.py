"""What a rule is given about people: marks of courses, evidence with its proof, flags; nothing else can come in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from math import isfinite
from typing import Final

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import AwardLevel
from yucai.texts import Text

__all__ = ["Candidate", "CourseMark", "MarkState", "SelectionRecords", "ShownEvidence"]

RECORDS: Final = Text("records of a rule", "规则所用记录")
TWICE: Final = Text("“{learner}” is there twice. Keep one.", "“{learner}”出现两次，请保留一个。")
OFF: Final = Text(
    "“{learner}”, {course}: a mark of {mark} lies outside 0 to 100. Correct it.",
    "“{learner}”，{course}：成绩 {mark} 不在 0 到 100 之间，请改正。",
)
NO_CREDITS: Final = Text(
    "“{learner}”, {course}: {credits} credits are none. Credits are a number from 0 to 100.",
    "“{learner}”，{course}：学分 {credits} 无效，应为 0 到 100 的数。",
)
MOST_MARK: Final = 100.0


class MarkState(StrEnum):
    """Why a course has no mark."""

    ABSENT = "absent"
    DEFERRED = "deferred"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseMark:
    """One attempt of one learner at one course: the first is attempt 1.

    ``mark`` is of 100; ``level`` the step of a five-level grade from 0; ``passed`` is all that a pass-or-fail course
    says. Where all are None, ``state`` says why.
    """

    course: str
    name: Text
    term: str
    attempt: int = 1
    mark: float | None = None
    level: int | None = None
    passed: bool | None = None
    grade_point: float | None = None
    credits: float | None = None
    state: MarkState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEvidence:
    """Something a learner did and can show. ``verified`` is whether a named person confirmed it by the day."""

    title: Text
    kind: Text
    term: str
    verified: bool
    level: AwardLevel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One person as a rule sees them. There is no place for anything else, least of all for a protected trait."""

    learner: str
    cohort: str = ""
    programme: str = ""
    classroom: str = ""
    marks: tuple[CourseMark, ...] = ()
    evidence: tuple[ShownEvidence, ...] = ()
    flagged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionRecords:
    """All people that a rule looks at on a day, with what counts of each by then.

    Raises FaultyInputError with every fault: somebody twice, a mark or credits outside their scale.
    """

    as_of: date
    people: tuple[Candidate, ...]
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        """Put people and marks in an order that hangs on nothing but themselves, and take their digest."""
        if faults := [*_faults(self.people)]:
            raise FaultyInputError(RECORDS, faults)
        object.__setattr__(self, "people", tuple(_ordered(one) for one in sorted(self.people, key=_number)))
        told = json.dumps([f"{self.as_of}", [asdict(one) for one in self.people]], sort_keys=True, ensure_ascii=False)
        object.__setattr__(self, "digest", hashlib.sha256(told.encode()).hexdigest())


def _number(one: Candidate) -> str:
    return one.learner


def _ordered(one: Candidate) -> Candidate:
    marks = tuple(sorted(one.marks, key=lambda mark: (mark.course, mark.term, mark.attempt, repr(mark))))
    evidence = tuple(sorted(one.evidence, key=lambda piece: (piece.term, piece.title.zh, repr(piece))))
    return Candidate(
        learner=one.learner, cohort=one.cohort, programme=one.programme, classroom=one.classroom,
        marks=marks, evidence=evidence, flagged=one.flagged,
    )  # fmt: skip


def _faults(people: Iterable[Candidate]) -> Iterable[Fault]:
    seen = set[str]()
    for one in people:
        if one.learner in seen:
            yield Fault(code="twice", says=TWICE, facts={"learner": one.learner})
        seen.add(one.learner)
        for mark in one.marks:
            told = {"learner": one.learner, "course": mark.course, "mark": mark.mark, "credits": mark.credits}
            if mark.mark is not None and not (isfinite(mark.mark) and 0 <= mark.mark <= MOST_MARK):
                yield Fault(code="mark", says=OFF, facts=told)
            if mark.credits is not None and not (isfinite(mark.credits) and 0 <= mark.credits <= MOST_MARK):
                yield Fault(code="credits", says=NO_CREDITS, facts=told)
