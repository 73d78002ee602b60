"""The course evaluation of the demonstration: simulated ratings of lecturers nobody is, with findings to discover."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.random import Generator

from yucai.web.accounts.models import Space
from yucai.web.governance.teaching_models import TeachingSurvey
from yucai.web.governance.teaching_taking import SurveyWanted, keep_survey
from yucai.web.governance.teaching_working import work_survey_out

__all__ = ["evaluation_file", "fill_teaching"]

SEED: Final = 20260120
STUDENTS: Final = 240
SDS: Final = (0.35, 0.4, 0.15, 0.85)  # students, lecturers, courses, chance
MEAN: Final = 3.9
SCALE: Final = (1, 5)
LOWER: Final = 0.4  # planted: how much lower men rate women than women do
TITLES: Final = ("评价人编号", "教师工号", "教师姓名", "课程号", "课程名称", "学年学期", "评教得分", "应评人数",
          "评价人组别", "教师组别")  # fmt: skip
SURNAMES: Final = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张"
COURSES: Final = (
    "高等数学", "线性代数", "概率统计", "大学物理", "程序设计", "数据结构", "机器学习", "电路基础", "信号与系统",
    "有机化学", "分子生物学", "材料导论", "科学史", "学术写作", "工程伦理", "创新实践",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taught:
    """A course as it was rated: how many were asked, how many answered, and how it was taught."""

    number: str
    name: str
    lecturer: int
    asked: int
    answered: int
    effect: float


def fill_teaching(space: Space, *, at: datetime) -> TeachingSurvey:
    """Take a simulated survey of a space in as an office would, and work it out.

    Planted: a lecturer of six delighted raters, whose raw mean is the best and whose interval says little; a course
    that one in five answered; and men who rate women lower than women do.
    """
    wanted = SurveyWanted(
        name="2025-2026 学年第一学期评教（模拟） Course evaluation, autumn 2025 (simulated)",
        low=SCALE[0],
        high=SCALE[1],
        owner="教学质量评价中心（模拟） Office of teaching quality (simulated)",
        file_name="评教-模拟.csv",
    )
    rng = np.random.default_rng(SEED)
    survey = keep_survey(space=space, content=evaluation_file(rng), wanted=wanted, by=None, at=at, rng=rng)
    return work_survey_out(survey=survey, by=None, at=at, rng=rng)


def evaluation_file(rng: Generator) -> bytes:
    """Return the table as the system of an academic office would export it. Teacher Zhao is the demo teacher."""
    of_students = rng.normal(0, SDS[0], STUDENTS)
    of_lecturers = rng.normal(0, SDS[1], len(SURNAMES))
    of_lecturers[0] = 0.45
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(TITLES)
    for taught in _taught(rng, of_lecturers):
        for student in rng.choice(STUDENTS, taught.answered, replace=False):
            score = MEAN + of_students[student] + taught.effect + rng.normal(0, SDS[3])
            score -= LOWER * (_group(student) == "男" and _group(taught.lecturer) == "女")
            sheet.writerow(_row(taught, int(student), score))
    few = _Taught(number="K99", name="昆曲鉴赏", lecturer=len(SURNAMES), asked=30, answered=6, effect=0.0)
    delighted = (5, 5, 5, 5, 4, 4)  # planted: six raters, hardly one of whom found anything amiss
    for student, score in zip(rng.choice(STUDENTS, 6, replace=False), delighted, strict=True):
        sheet.writerow(_row(few, int(student), score))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _group(number: int) -> str:
    """Return to which of two groups a student or a lecturer belongs: every second one to each."""
    return "女" if number % 2 else "男"


def _taught(rng: Generator, of_lecturers: np.ndarray) -> Iterator[_Taught]:
    for n, lecturer in enumerate([*range(len(of_lecturers)), *range(0, len(of_lecturers), 3)]):
        asked = int(rng.integers(28, 62))
        answered = round(asked * rng.uniform(0.55, 0.92))
        if n == 5:  # planted: one in five answered
            asked, answered = 60, 12
        effect = of_lecturers[lecturer] + rng.normal(0, SDS[2])
        name = f"{COURSES[n % len(COURSES)]}（{n // len(COURSES) + 1} 班）"
        yield _Taught(
            number=f"K{n + 1:02}", name=name, lecturer=lecturer, asked=asked, answered=answered, effect=effect
        )


def _row(taught: _Taught, student: int, score: float) -> tuple[object, ...]:
    lecturer = taught.lecturer
    code = "teacher" if lecturer == 0 else f"J{lecturer + 1:03}"
    name = f"{SURNAMES[lecturer]}老师" if lecturer < len(SURNAMES) else "柳老师"
    whole = int(np.clip(round(score), *SCALE))
    return (f"P{student + 1:03}", code, name, taught.number, taught.name, "2025-2026-1", whole, taught.asked,
            _group(student), _group(lecturer))  # fmt: skip
