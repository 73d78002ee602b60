"""Maps of courses and programmes from the tables that colleges use, each in its own layout.

Three layouts are told apart by their titles, and a workbook may hold several: a list with one support or one way of
assessing a row; objectives down with the parts of the assessment across; courses down with indicator points across.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from yucai.errors import Fault
from yucai.evidence import ColumnsMissingError, TableReading, plain, read_number, read_strength, read_table
from yucai.governance.attainment.map_checks import check_course_map, check_programme_map
from yucai.governance.attainment.maps import (
    AssessmentPart,
    CourseMap,
    CourseSupport,
    IndicatorPoint,
    IndicatorSupport,
    Objective,
    PartWeight,
    ProgrammeMap,
)
from yucai.texts import Text

__all__ = ["MapReading", "ProgrammeReading", "read_course_maps", "read_programme_map"]

LIST, MATRIX, COURSES = "objective-map", "objective-matrix", "course-support"
USUAL_EXPECTED: Final = 0.65
USUAL_MARKS: Final = 100.0
OBJECTIVE: Final = re.compile(
    r"(?:课程|教学)?(目标|CO|objective)?\s*[-]?\s*(\d{1,2})\s*(?:[:：.、，,\s]\s*(.*))?", re.I | re.S
)
INDICATOR: Final = re.compile(r"(\d{1,2})\s*[.．-]\s*(\d{1,2})(?:\s*[(（]\s*([HMLhml高中低强弱])\s*[)）])?")
LIKE_LIST: Final = re.compile(r"[\d\s.．\-、,，;；/()（）HMLhml高中低强弱]+")
NO_COURSE: Final = Text(
    "The file does not say which course it is about. Add a column “课程号”, or say the course beside the file.",
    "文件未说明属于哪门课程。请增加“课程号”列，或在上传时填写课程。",
)
NO_EXPECTED: Final = Text(
    "objective “{objective}” of {course} states no expected value; {value} was taken. Write it into the file if "
    "another holds.",
    "{course} 的课程目标“{objective}”未写期望值，按 {value} 计。如有不同请写入文件。",
)
MARKS_TAKEN: Final = Text(
    "“{part}” of {course} states no full marks; 100 was taken.", "{course} 的“{part}”未写满分，按 100 分计。"
)
ROW: Final = Text("Row {row}: {what}", "第 {row} 行：{what}")
NOT_WEIGHT: Final = Text(
    "“{value}” in {title}, row {row}, is no weight. Write 0.3 or 30%, or leave the cell empty.",
    "第 {row} 行“{title}”中的“{value}”不是权重。请写 0.3 或 30%，或留空。",
)
NOT_SUPPORT: Final = Text(
    "“{value}” in {title}, row {row}, is neither H, M, L nor a weight. Correct it or leave the cell empty.",
    "第 {row} 行“{title}”中的“{value}”既不是 H、M、L，也不是权重。请改正或留空。",
)
OTHER_EXPECTED: Final = Text(
    "objective “{objective}” of {course} has more than one expected value: {listed}. Keep one.",
    "{course} 的课程目标“{objective}”有不止一个期望值：{listed}。请保留一个。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MapReading:
    """The maps of courses in a file; with any of ``faults`` none of them can be used. ``notices`` tell of choices."""

    maps: tuple[CourseMap, ...]
    faults: tuple[Fault, ...]
    notices: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeReading:
    """The map of a programme in a file; with any of ``faults`` it cannot be used."""

    map: ProgrammeMap
    faults: tuple[Fault, ...]
    notices: tuple[Fault, ...]


@dataclass(slots=True)
class _Course:
    """What the rows of one course say, on the way to its map."""

    name: str = ""
    says: dict[str, str] = field(default_factory=dict)
    expected: dict[str, dict[float, None]] = field(default_factory=dict)
    assessed: dict[tuple[str, str], tuple[float | None, float | None, str]] = field(default_factory=dict)
    supports: dict[tuple[str, str], tuple[str, float | None]] = field(default_factory=dict)


def read_course_maps(path: Path, *, course: str = "", name: str = "", protected: Sequence[Any] = ()) -> MapReading:
    """Return the course maps in a file of any layout, with everything that is wrong with them.

    ``course`` and ``name`` say which course it is about where the file does not. Raises as ``read_table``.
    """
    readings = _readings(path, (LIST, MATRIX), protected)
    faults = list(_refused(readings))
    found: dict[str, _Course] = {}
    for reading in readings:
        rows = _list_rows(reading) if reading.profile.code == LIST else _matrix_rows(reading, faults)
        for row in rows:
            code = row.get("course") or course
            if not code:
                faults += [] if any(one.code == "no-course" for one in faults) else [_fault("no-course", NO_COURSE)]
                continue
            one = found.setdefault(code, _Course())
            one.name = one.name or row.get("course_name") or (name if code == course else "")
            _take(one, row)
    notices: list[Fault] = [one for reading in readings for one in reading.report.notices if one.code != "other-sheet"]
    maps = tuple(_made(code, one, faults, notices) for code, one in found.items())
    for made in maps:
        where = made.name or made.course if len(maps) > 1 else ""
        faults += [_at(fault, where) for fault in check_course_map(made)]
    return MapReading(maps=maps, faults=tuple(faults), notices=tuple(notices))


def read_programme_map(path: Path, *, programme: str, protected: Sequence[Any] = ()) -> ProgrammeReading:
    """Return the map of a programme: courses by indicator points, or the supports of a list of course objectives.

    Raises as ``read_table``.
    """
    readings = _readings(path, (COURSES, LIST), protected)
    faults = list(_refused(readings))
    names: dict[str, str] = {}
    says: dict[str, str] = {}
    supports: dict[tuple[str, str], tuple[str, float | None]] = {}
    for reading in readings:
        by_matrix = reading.profile.code == COURSES
        for title in reading.item_columns.values() if by_matrix else ():  # also a column that nobody filled
            code, _strength, told = indicator_codes(title)[0]
            says[code] = says.get(code) or told
        for code, name, indicator, told, given in (_cells if by_matrix else _listed)(reading, faults):
            names[code] = names.get(code) or name
            says[indicator] = says.get(indicator) or told
            supports[code, indicator] = _stronger(supports.get((code, indicator)), given)
    made = ProgrammeMap(
        programme=programme,
        indicators=tuple(IndicatorPoint(code=code, says=says[code]) for code in sorted(says, key=_in_order)),
        supports=tuple(
            CourseSupport(course=code, indicator=indicator, strength=strength, weight=weight)
            for (code, indicator), (strength, weight) in supports.items()
        ),
        names=names,
    )
    notices = tuple(one for reading in readings for one in reading.report.notices if one.code != "other-sheet")
    return ProgrammeReading(map=made, faults=(*faults, *check_programme_map(made)), notices=notices)


def _readings(path: Path, kinds: Sequence[str], protected: Sequence[Any]) -> list[TableReading]:
    """Return the file as each of these kinds of table that fits a sheet of it; a sheet is read once."""
    readings: list[TableReading] = []
    missing: ColumnsMissingError | None = None
    for kind in kinds:
        taken = {sheet for one in readings for sheet in one.report.sheets}
        try:
            reading = read_table(path, kind, protected=protected)
        except ColumnsMissingError as problem:
            missing = missing or problem
            continue
        free = [sheet for sheet in reading.report.sheets if sheet not in taken]
        if taken and free and free != list(reading.report.sheets):
            reading = read_table(path, kind, sheets=free, protected=protected)
        if free or not taken:
            readings.append(reading)
    if not readings and missing is not None:
        raise missing
    return readings


def _refused(readings: Iterable[TableReading]) -> Iterator[Fault]:
    """Yield what is wrong with rows that were not understood, each with its place."""
    for reading in readings:
        for cells in reading.report.refused:
            for fault in cells.faults:
                what = Text(fault.in_language("en"), fault.in_language("zh"))
                yield Fault(code=fault.code, says=ROW, where=cells.sheet, facts={"row": cells.row, "what": what})


def _fault(code: str, says: Text, **facts: object) -> Fault:
    return Fault(code=code, says=says, facts=facts)


def _at(fault: Fault, where: str) -> Fault:
    return Fault(code=fault.code, says=fault.says, where=where, facts=fault.facts)


def objective_code(cell: str) -> tuple[str, str]:
    """Return what an objective is called, the same for all spellings, and what the cell says of it besides.

    >>> objective_code("课程目标 1：掌握线性表"), objective_code("目标1"), objective_code("CO2"), objective_code("3")
    (('目标1', '掌握线性表'), ('目标1', ''), ('CO2', ''), ('目标3', ''))
    """
    found = OBJECTIVE.fullmatch(cell.strip())
    if not found:
        return cell.strip(), ""
    word = {"co": "CO", "objective": "CO"}.get((found[1] or "").lower(), "目标")
    return f"{word}{int(found[2])}", (found[3] or "").strip()


def indicator_codes(cell: str) -> list[tuple[str, str, str]]:
    """Return the indicator points in a cell: code, H, M or L in brackets behind it, and the words of a single one.

    >>> indicator_codes("1.2、3-1(H)"), indicator_codes("指标点 3.2 能够设计系统")
    ([('1.2', '', ''), ('3.1', 'H', '')], [('3.2', '', '能够设计系统')])
    """
    found = list(INDICATOR.finditer(cell))
    if not found:
        return [(cell.strip(), "", "")] if cell.strip() else []
    if len(found) > 1 and LIKE_LIST.fullmatch(cell):
        return [(f"{int(one[1])}.{int(one[2])}", read_strength(one[3] or "") or "", "") for one in found]
    one = found[0]
    words = cell[one.end() :].strip(" :：.、，,")
    return [(f"{int(one[1])}.{int(one[2])}", read_strength(one[3] or "") or "", words)]


def _in_order(code: str) -> tuple[tuple[int, int | str], ...]:
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in code.split("."))


def _list_rows(reading: TableReading) -> Iterator[dict[str, Any]]:
    yield from reading.table.iter_rows(named=True)


def _matrix_rows(reading: TableReading, faults: list[Fault]) -> Iterator[dict[str, Any]]:
    """Yield, for every weight in the matrix, the row of a list that says the same."""
    rows = reading.table.to_dicts()
    weights = _Weights(rows, reading.item_columns, faults)
    for row in rows:
        yield {name: row[name] for name in ("course", "course_name", "objective", "says", "expected")}
        for title, part in reading.item_columns.items():
            weight = weights.of(row, title)
            if weight is not None:
                yield {**row, "assessed_by": part, "weight": weight, "full_marks": reading.highest.get(title)}


class _Weights:
    """Weights in the cells of a matrix. One number above 1 without a sign makes all of them per cent."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], faults: list[Fault]) -> None:
        numbers = [read_number(row[title]) for row in rows for title in columns if row[title]]
        self.times = 0.01 if any(one and not one.unit and one.value > 1 for one in numbers) else 1.0
        self.faults = faults

    def of(self, row: Mapping[str, Any], title: str) -> float | None:
        text = row[title]
        if not text or plain(text) in {"-", "/", "0", "—", "无"}:
            return None
        number = read_number(text)
        if number is None:
            facts = {"value": text, "title": title, "row": row["source_row"]}
            self.faults.append(_fault("not-weight", NOT_WEIGHT, **facts))
            return None
        return number.value if number.unit else number.value * self.times


def _take(course: _Course, row: Mapping[str, Any]) -> None:
    """Take over what a row says of its objective."""
    objective, words = objective_code(row["objective"])
    course.says[objective] = course.says.get(objective) or row.get("says") or words
    expected = course.expected.setdefault(objective, {})
    if row.get("expected") is not None:
        expected[row["expected"]] = None
    part = (row.get("assessed_by") or "").strip()
    if part:
        told = (row.get("weight"), row.get("full_marks"), row.get("source") or "")
        course.assessed.setdefault((objective, part), told)
    weight = row.get("support_weight")
    if weight is None and not part:
        weight = row.get("weight")
    for indicator, strength, _words in indicator_codes(row.get("requirement") or ""):
        given = (strength or row.get("strength") or "", weight)
        course.supports[objective, indicator] = _stronger(course.supports.get((objective, indicator)), given)


def _stronger(before: tuple[str, float | None] | None, now: tuple[str, float | None]) -> tuple[str, float | None]:
    """Return what is said of a support where rows repeat it: what is filled in, and of two strengths the stronger."""
    if before is None:
        return now
    strength = min((one for one in (before[0], now[0]) if one), key="HML".index, default="")
    return strength, before[1] if before[1] is not None else now[1]


def _made(code: str, course: _Course, faults: list[Fault], notices: list[Fault]) -> CourseMap:
    name = course.name or code
    parts, weights = _parts(name, course, notices)
    return CourseMap(
        course=code,
        name=course.name,
        objectives=tuple(
            Objective(code=one, says=says, expected=_expected(name, one, course.expected[one], faults, notices))
            for one, says in course.says.items()
        ),
        parts=parts,
        weights=weights,
        supports=tuple(
            IndicatorSupport(objective=objective, indicator=indicator, strength=strength, weight=weight)
            for (objective, indicator), (strength, weight) in course.supports.items()
        ),
    )


def _expected(
    course: str, objective: str, told: Mapping[float, None], faults: list[Fault], notices: list[Fault]
) -> float:
    if len(told) > 1:
        listed = ", ".join(f"{one:g}" for one in told)
        faults.append(_fault("other-expected", OTHER_EXPECTED, objective=objective, course=course, listed=listed))
    if not told:
        facts = {"objective": objective, "course": course, "value": USUAL_EXPECTED}
        notices.append(_fault("no-expected", NO_EXPECTED, **facts))
    return next(iter(told), USUAL_EXPECTED)


def _parts(
    course: str, told: _Course, notices: list[Fault]
) -> tuple[tuple[AssessmentPart, ...], tuple[PartWeight, ...]]:
    """Return the parts that are scored singly.

    A part with the same full marks for several objectives is one score; with other marks for each ("final exam, 30 of
    it for objective 1") there is one score for each objective.
    """
    marks: dict[str, set[float | None]] = {}
    for (_objective, part), (_weight, full, _source) in told.assessed.items():
        marks.setdefault(part, set()).add(full)
    parts: dict[str, AssessmentPart] = {}
    weights = []
    for (objective, part), (weight, full, source) in told.assessed.items():
        code = part if len(marks[part]) == 1 else f"{part}/{objective}"
        if full is None and code not in parts:
            notices.append(_fault("marks-taken", MARKS_TAKEN, part=code, course=course))
        parts.setdefault(
            code, AssessmentPart(code=code, full_marks=USUAL_MARKS if full is None else full, source=source)
        )
        weights.append(PartWeight(objective=objective, part=code, weight=weight or 0.0))
    return tuple(parts.values()), tuple(weights)


Cell = tuple[str, str, str, str, tuple[str, float | None]]


def _cells(reading: TableReading, faults: list[Fault]) -> Iterator[Cell]:
    """Yield course, its name, indicator point, what that says, and the support, of every filled cell of a matrix."""
    rows = reading.table.to_dicts()
    weights = _Weights(rows, reading.item_columns, [])
    for row in rows:
        for title, item in reading.item_columns.items():
            text = row[title]
            code, _strength, words = indicator_codes(item)[0]
            course = row["course"] or row["course_name"]
            if not text or plain(text) in {"-", "/", "—", "无"}:
                continue
            strength = read_strength(text) or ""
            weight = None if strength else weights.of(row, title)
            if not strength and weight is None:
                facts = {"value": text, "title": title, "row": row["source_row"]}
                faults.append(_fault("not-support", NOT_SUPPORT, **facts))
                continue
            yield course, row["course_name"] or "", code, words, (strength, weight)


def _listed(reading: TableReading, _faults: list[Fault]) -> Iterator[Cell]:
    """Yield the supports of a list of course objectives, course by course; of two strengths the stronger counts."""
    for row in reading.table.iter_rows(named=True):
        course = row["course"] or row["course_name"] or ""
        for code, strength, words in indicator_codes(row["requirement"] or ""):
            given = (strength or row["strength"] or "", row["support_weight"])
            yield course, row["course_name"] or "", code, words, given
