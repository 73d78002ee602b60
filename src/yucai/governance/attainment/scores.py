"""Direct evidence: what each student scored in each part of the assessment; and indirect: what students say.

A score is a number. Absent, deferred, withdrawn, exempt, misconduct and "nothing on record" are states and never zero.
The two kinds of evidence are kept apart; only a combination with a name brings them together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from yucai.errors import Fault
from yucai.evidence import (
    STATE_NAMES,
    TitledSheet,
    load_profile,
    lost_digits,
    plain,
    read_grade,
    read_number,
    read_titled,
)
from yucai.governance.attainment.maps import CourseMap
from yucai.texts import Text

__all__ = [
    "NOT_ON_RECORD",
    "STATE_WORDS",
    "Combination",
    "ScoresReading",
    "StudentScores",
    "Survey",
    "check_scores",
    "check_survey",
    "read_scores",
]

NOT_ON_RECORD: Final = "none"
STATES: Final = ("absent", "deferred", "withdrawn", "exempt", "misconduct")
STATE_WORDS: Final = {
    **{name: STATE_NAMES[name] for name in STATES},
    NOT_ON_RECORD: Text("nothing on record", "无记录"),
}
ABOVE: Final = Text(
    "{student}: {score} in “{part}” lies outside 0 to {most}. Correct the score or the full marks.",
    "{student} 的“{part}”得分 {score} 不在 0 到 {most} 之间。请改正得分或满分。",
)
UNKNOWN_PART: Final = Text(
    "{student} has a score in “{part}”, and the map has no such part.",
    "{student} 有“{part}”的得分，但课程目标表中没有该考核环节。",
)
TWICE: Final = Text("{student} stands twice. Keep one row.", "{student} 出现两次。请保留一行。")
STRANGER: Final = Text(
    "{student} (row {row}) does not belong to this class. Take the row out, or add the student to the class first.",
    "{student}（第 {row} 行）不属于本班。请删去该行，或先把学生加入班级。",
)
NO_SCORE: Final = Text(
    "row {row}, “{part}”: “{value}” is neither a number nor a state such as 缺考. Correct it.",
    "第 {row} 行“{part}”：“{value}”既不是数字，也不是缺考等状态。请改正。",
)
LOST: Final = Text(
    "row {row}: the number {value} was stored as a figure and has lost digits. Format the column as text.",
    "第 {row} 行：学号 {value} 被存为数值，末位已丢失。请把该列设为文本格式。",
)
NO_PART: Final = Text(
    "No column is called like a part of the assessment. The file has: {found}. The map has: {parts}.",
    "没有任何一列与考核环节同名。文件中有：{found}。课程目标表中有：{parts}。",
)
NO_NUMBER: Final = Text("There is no column with the students' numbers (学号).", "文件中没有“学号”列。")
PART_LEFT: Final = Text(
    "The file has no column for “{part}”; nothing is recorded there.", "文件中没有“{part}”列，该环节按无记录处理。"
)
STUDENTS_LEFT: Final = Text(
    "{n} {n:student|students} of the class {n:is|are} not in the file: {listed}.",
    "文件中缺少本班 {n} 名学生：{listed}。",
)
SURVEY_LEVELS: Final = Text(
    "The answers on objective “{objective}” are no counts of the levels 1 to {levels}. Give {levels} whole numbers.",
    "课程目标“{objective}”的问卷结果不是 1 至 {levels} 级的人数。请填写 {levels} 个整数。",
)
SURVEY_MORE: Final = Text(
    "{n} answers on objective “{objective}”, but only {asked} were asked.",
    "课程目标“{objective}”有 {n} 份回答，但只发放 {asked} 份。",
)
MOST_LISTED: Final = 5
MAXIMUM: Final = ("满分", "full marks", "总分", "maximum")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentScores:
    """What one student has: a score for some parts, a state for others. A part in neither is not on record."""

    student: str
    scores: Mapping[str, float]
    states: Mapping[str, str] = field(default_factory=dict)

    def state_of(self, part: str) -> str:
        """Return why there is no score in a part; nothing where there is one."""
        return "" if part in self.scores else self.states.get(part, NOT_ON_RECORD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Indirect evidence: for each objective, how many students chose each level, the lowest first.

    Answers without names. ``asked`` is how many were asked, so that the share that answered can be said.
    """

    asked: int
    answers: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """Under which name direct and indirect evidence are brought together, and how much each counts."""

    name: str
    direct: float
    indirect: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoresReading:
    """The scores in a file; with any of ``faults`` they cannot be used. ``notices`` say what is not in it."""

    scores: tuple[StudentScores, ...]
    faults: tuple[Fault, ...]
    notices: tuple[Fault, ...]


def check_scores(course: CourseMap, scores: Iterable[StudentScores]) -> tuple[Fault, ...]:
    """Return every score that does not fit the map: above the full marks, below 0, of a part that is not there."""
    most = {one.code: one.full_marks for one in course.parts}
    faults, seen = [], set[str]()
    for one in scores:
        if one.student in seen:
            faults.append(Fault(code="twice", says=TWICE, facts={"student": one.student}))
        seen.add(one.student)
        for part, score in one.scores.items():
            if part not in most:
                faults.append(
                    Fault(code="unknown-part", says=UNKNOWN_PART, facts={"student": one.student, "part": part})
                )
            elif not 0 <= score <= most[part]:
                facts = {"student": one.student, "part": part, "score": f"{score:g}", "most": f"{most[part]:g}"}
                faults.append(Fault(code="above", says=ABOVE, facts=facts))
    return tuple(faults)


def check_survey(course: CourseMap, survey: Survey, *, levels: int = 5) -> tuple[Fault, ...]:
    """Return what is wrong with the answers of a survey."""
    faults = []
    for objective, counts in survey.answers.items():
        known = any(one.code == objective for one in course.objectives)
        if not known or len(counts) != levels or min(counts, default=-1) < 0:
            facts: dict[str, object] = {"objective": objective, "levels": levels}
            faults.append(Fault(code="levels", says=SURVEY_LEVELS, where=objective, facts=facts))
        elif sum(counts) > survey.asked:
            facts = {"objective": objective, "n": sum(counts), "asked": survey.asked}
            faults.append(Fault(code="more", says=SURVEY_MORE, where=objective, facts=facts))
    return tuple(faults)


def read_scores(path: Path, course: CourseMap, *, students: Collection[str]) -> ScoresReading:
    """Return the scores of a class from a file with one row a student and one column a part of the assessment.

    ``students`` are the numbers of the class. A row of full marks is passed over. Raises as ``read_titled``.
    """
    numbers = load_profile("class-list").column("learner").synonyms
    parts = {plain(one.code): one.code for one in course.parts}
    _digest, sheets = read_titled(path, known=frozenset({*numbers, *parts}))
    sheet = max(sheets, key=lambda one: sum(plain(title) in parts for title in one.header))
    titles = [plain(title) for title in sheet.header]
    number = next((place for place, title in enumerate(titles) if title in numbers), None)
    places = {parts[title]: place for place, title in enumerate(titles) if title in parts}
    if number is None or not places:
        facts = {"found": ", ".join(filter(None, sheet.header))[:300] or "-", "parts": ", ".join(parts.values())}
        says = NO_NUMBER if number is None else NO_PART
        return ScoresReading(scores=(), faults=(Fault(code="no-column", says=says, facts=facts),), notices=())
    faults: list[Fault] = []
    scores = tuple(_rows(sheet, number, places, students, faults))
    faults += check_scores(course, scores)
    return ScoresReading(scores=scores, faults=tuple(faults), notices=tuple(_left(course, places, scores, students)))


def _rows(
    sheet: TitledSheet, number: int, places: Mapping[str, int], students: Collection[str], faults: list[Fault]
) -> Iterator[StudentScores]:
    known = set(students)
    for row, cells in enumerate(sheet.columns.select(pl.all()).rows(), start=sheet.first_row):
        student = cells[number].strip().lstrip("'")
        if not any(cells) or plain(student) in MAXIMUM or not student:
            continue
        if lost_digits(student):
            faults.append(Fault(code="lost", says=LOST, facts={"row": row, "value": student}))
        elif student not in known:
            faults.append(Fault(code="stranger", says=STRANGER, facts={"student": student, "row": row}))
        else:
            yield _student(student, {part: cells[place] for part, place in places.items()}, row, faults)


def _student(student: str, cells: Mapping[str, str], row: int, faults: list[Fault]) -> StudentScores:
    scores, states = {}, {}
    for part, text in cells.items():
        grade, number = read_grade(text), read_number(text)
        if grade is not None and grade.state is not None:
            states[part] = grade.state
        elif number is not None and number.unit in {"", "分"}:
            scores[part] = number.value
        elif text.strip() and plain(text) not in {"-", "/", "—", "--"}:
            faults.append(Fault(code="no-score", says=NO_SCORE, facts={"row": row, "part": part, "value": text}))
    return StudentScores(student=student, scores=scores, states=states)


def _left(
    course: CourseMap, places: Mapping[str, int], scores: Iterable[StudentScores], students: Collection[str]
) -> Iterator[Fault]:
    for one in course.parts:
        if one.code not in places:
            yield Fault(code="part-left", says=PART_LEFT, facts={"part": one.code})
    gone = sorted(set(students) - {one.student for one in scores})
    if gone:
        listed = ", ".join(gone[:MOST_LISTED]) + (" …" if len(gone) > MOST_LISTED else "")
        yield Fault(code="students-left", says=STUDENTS_LEFT, facts={"n": len(gone), "listed": listed})
