"""Workbooks that go out and come back: the map of a course, and the empty sheet for the scores of a class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from yucai.evidence import CellKind, WorkbookColumn, WorkbookTable, load_profile, write_workbook, write_xlsx
from yucai.governance import CourseMap
from yucai.texts import Text
from yucai.web.accounts.models import Person

__all__ = ["map_sheet", "scores_sheet"]

NUMBER, NAME = Text("Student number", "学号"), Text("Name", "姓名")
MAXIMUM, SHEET = Text("full marks", "满分"), Text("Scores", "成绩")


def map_sheet(course: CourseMap) -> bytes:
    """Return the map of a course as a list that is read back as the same map."""
    profile = load_profile("objective-map")
    schema = {
        name: pl.Float64 if name in {"weight", "full_marks", "support_weight", "expected"} else pl.String
        for name in (one.name for one in profile.columns)
    }
    table = pl.DataFrame(list(_rows(course)), schema=schema)
    with TemporaryDirectory() as folder:
        place = Path(folder) / "map.xlsx"
        write_xlsx(place, table, profile)
        return place.read_bytes()


def _rows(course: CourseMap) -> Iterator[dict[str, object]]:
    """Yield a row for each way of assessing, then one for each support."""
    for objective in course.objectives:
        told = {"course": course.course, "course_name": course.name, "objective": objective.code,
                "says": objective.says, "expected": objective.expected}  # fmt: skip
        for one in course.weights_of(objective.code):
            part = course.part(one.part)
            name = part.code.removesuffix(f"/{objective.code}")
            yield {**told, "assessed_by": name, "weight": one.weight, "full_marks": part.full_marks,
                   "source": part.source}  # fmt: skip
        for support in course.supports:
            if support.objective == objective.code:
                yield {**told, "requirement": support.indicator, "strength": support.strength,
                       "support_weight": support.weight}  # fmt: skip


def scores_sheet(course: CourseMap, people: Sequence[Person], *, language: str, at: datetime) -> bytes:
    """Return an empty sheet for the scores of a class: a row a student, a column a part, the full marks on top."""
    columns = [WorkbookColumn(title=NUMBER.in_language("zh")), WorkbookColumn(title=NAME.in_language("zh"))]
    columns += [WorkbookColumn(title=part.code, kind=CellKind.DECIMAL, places=1) for part in course.parts]
    rows: list[list[object]] = [[MAXIMUM.in_language("zh"), "", *(part.full_marks for part in course.parts)]]
    rows += [[one.code, one.name.in_language(language), *("" for _part in course.parts)] for one in people]
    return write_workbook([WorkbookTable(name=SHEET.in_language(language), columns=columns, rows=rows)], at=at)
