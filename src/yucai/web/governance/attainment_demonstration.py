"""Attainment in the demonstration: three courses of the simulated college over two school years.

Final exams are those that the college has on record; homework, labs and reports are drawn here and belong to nobody.
Two things can be found. In data structures the lab was below expectation and an action was written down: the year
after it is higher. In optics an action was written down too, and nobody can tell that it helped.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

import numpy as np
from django.db import transaction
from numpy.random import Generator

from yucai.governance import (
    AssessmentPart,
    Combination,
    CourseMap,
    CourseSupport,
    Improvement,
    IndicatorPoint,
    IndicatorSupport,
    Objective,
    PartWeight,
    ProgrammeMap,
    StudentScores,
    Survey,
)
from yucai.web.accounts.models import Account, Group, Space
from yucai.web.governance.attainment_actions import (
    add_action,
    check_version,
    hand_in,
    open_course,
    put_scores,
    put_survey,
    take_records,
    write_analysis,
)
from yucai.web.governance.attainment_counting import work_out
from yucai.web.governance.attainment_maps import put_course_map, put_programme_map
from yucai.web.governance.attainment_models import AttainmentMap, AttainmentRun

__all__ = ["fill_attainment"]

SOURCE: Final = "模拟成绩 (simulated)"
WHO: Final = "赵老师（模拟）"
EARLIER, LATER = "2023-1", "2024-1"  # classes of the demo teacher
NAMES: Final = {"DS201": "数据结构", "PH202": "光学", "MA203": "概率论"}
EXAMS: Final = {"DS201": "exam/data-{term}", "PH202": "exam/optics-{term}", "MA203": "exam/probability-{term}"}
TERMS: Final = {"DS201": "1", "PH202": "2", "MA203": "1"}
OBJECTIVES: Final = {
    "DS201": (("目标1", "掌握线性表、树和图的基本概念与运算"), ("目标2", "能为实际问题选择并实现数据结构"),
              ("目标3", "能测试程序并撰写实验报告")),
    "PH202": (("目标1", "掌握几何光学与波动光学的基本规律"), ("目标2", "能设计光学实验并分析误差")),
    "MA203": (("目标1", "掌握随机变量及其分布"), ("目标2", "能用概率模型描述工程问题")),
}  # fmt: skip
WEIGHTS: Final = {
    "DS201": {"目标1": {"期末考试": 0.6, "平时作业": 0.4}, "目标2": {"期末考试": 0.4, "上机实验": 0.6},
              "目标3": {"上机实验": 0.5, "实验报告": 0.5}},
    "PH202": {"目标1": {"期末考试": 0.7, "平时作业": 0.3}, "目标2": {"实验报告": 1.0}},
    "MA203": {"目标1": {"期末考试": 0.7, "平时作业": 0.3}, "目标2": {"期末考试": 0.5, "实验报告": 0.5}},
}  # fmt: skip
SUPPORTS: Final = {
    "DS201": (("目标1", "1.2", "H"), ("目标2", "3.1", "H"), ("目标3", "4.1", "M")),
    "PH202": (("目标1", "1.1", "H"), ("目标2", "4.1", "H")),
    "MA203": (("目标1", "1.1", "M"), ("目标2", "2.1", "H")),
}  # fmt: skip
INDICATORS: Final = (
    IndicatorPoint(code="1.1", says="数学与自然科学知识"), IndicatorPoint(code="1.2", says="专业基础知识"),
    IndicatorPoint(code="2.1", says="问题建模与分析"), IndicatorPoint(code="3.1", says="方案设计"),
    IndicatorPoint(code="4.1", says="实验研究"),
)  # fmt: skip
FULL: Final = {"期末考试": 100.0, "平时作业": 100.0, "上机实验": 100.0, "实验报告": 50.0}
# How well the parts that are drawn went: course, class -> part -> mean share of the full marks.
WENT: Final = {
    ("DS201", EARLIER): {"平时作业": 0.82, "上机实验": 0.58, "实验报告": 0.88},
    ("DS201", LATER): {"平时作业": 0.83, "上机实验": 0.78, "实验报告": 0.86},
    ("PH202", EARLIER): {"平时作业": 0.80, "实验报告": 0.64},
    ("PH202", LATER): {"平时作业": 0.79, "实验报告": 0.65},
    ("MA203", LATER): {"平时作业": 0.78, "实验报告": 0.76},
}
ACTIONS: Final = {
    ("DS201", EARLIER, "目标2"): "每周增加一次上机练习，课上讲评典型错误（模拟）",
    ("PH202", EARLIER, "目标2"): "重写实验讲义中误差分析一章（模拟）",
    ("PH202", LATER, "目标2"): "改为两人一组、现场答辩（模拟）",
}
USUAL: Final = "增加课堂小测与答疑（模拟）"
RULE: Final = Combination(name="学院 2024 年办法：成绩 0.8，问卷 0.2（模拟）", direct=0.8, indirect=0.2)


@transaction.atomic
def fill_attainment(space: Space, *, at: datetime) -> None:
    """Record the maps, and each course as the classes of the demo teacher took it; the last one waits to be checked."""
    teacher = Account.objects.get(username="teacher")
    director = Account.objects.get(username="director")
    rng = np.random.default_rng(2053)
    put_programme_map(space=space, programme=_programme(), file_name="支撑矩阵（模拟）.xlsx", by=director, at=at)
    maps = {
        code: put_course_map(space=space, course=_map(code), file_name="课程目标（模拟）.xlsx", by=teacher, at=at)
        for code in NAMES
    }
    for (code, label), went in WENT.items():
        group = Group.objects.get(space=space, code=label)
        year = 2024 if label == EARLIER else 2025
        run = _filled(maps[code], group, f"{year}-{year + 1}-{TERMS[code]}", went, by=teacher, at=at, rng=rng)
        _ended(run, code, label, teacher=teacher, director=director, year=year, at=at)


def _filled(
    map: AttainmentMap, group: Group, term: str, went: dict[str, float], *, by: Account, at: datetime, rng: Generator
) -> AttainmentRun:  # fmt: skip
    run = open_course(map=map, group=group, term=term, by=by, at=at)
    students = list(group.people.order_by("code").values_list("code", flat=True))
    ease = rng.normal(0, 0.07, len(students))
    scores = []
    for place, student in enumerate(students):
        drawn = {part: float(np.clip(share + ease[place] + rng.normal(0, 0.06), 0, 1)) for part, share in went.items()}
        marks = {part: round(share * FULL[part]) * 1.0 for part, share in drawn.items()}
        states = {"实验报告": "deferred"} if place == 3 else {}
        scores.append(
            StudentScores(student=student, scores={p: m for p, m in marks.items() if p not in states}, states=states)
        )
    put_scores(run=run, scores=scores, source=SOURCE, by=by, at=at)
    take_records(run=run, by=by, at=at)
    return run


def _ended(
    run: AttainmentRun, code: str, label: str, *, teacher: Account, director: Account, year: int, at: datetime
) -> None:
    """Write survey, analysis and action, hand in and, except the last one, lock; as long ago as the year was."""
    asked = run.scores.count()
    answers = {one: (0, 1, asked // 5, asked // 2, asked // 5) for one, _says in OBJECTIVES[code]}
    combined = RULE if label == LATER and code == "DS201" else None
    put_survey(run=run, survey=Survey(asked=asked, answers=answers), combination=combined, by=teacher, at=at)
    then = datetime(year + 1, 7, 5, 2, tzinfo=UTC)
    result = work_out(run).result
    below = [one.objective for one in result.objectives if one.asks_action] if result is not None else []
    for objective in below:
        what = ACTIONS.get((code, label, objective), USUAL)
        wanted = Improvement(objective=objective, what=what, who=WHO, by=date(year + 2, 1, 10))
        add_action(run=run, action=wanted, by=teacher, at=then)
    if below:
        write_analysis(run=run, said="实验部分失分较多，见改进措施。（模拟）", by=teacher, at=at)
    version = hand_in(run=run, by=teacher, at=then)
    if code != "MA203":
        check_version(version=version, lock=True, remark="", by=director, at=then)


def _map(code: str) -> CourseMap:
    weights = WEIGHTS[code]
    parts = dict.fromkeys(part for told in weights.values() for part in told)
    return CourseMap(
        course=code,
        name=NAMES[code],
        objectives=tuple(Objective(code=one, says=says, expected=0.7) for one, says in OBJECTIVES[code]),
        parts=tuple(
            AssessmentPart(code=part, full_marks=FULL[part], source=EXAMS[code] if part == "期末考试" else "")
            for part in parts
        ),
        weights=tuple(
            PartWeight(objective=one, part=part, weight=weight)
            for one, told in weights.items()
            for part, weight in told.items()
        ),
        supports=tuple(
            IndicatorSupport(objective=one, indicator=point, strength=strength)
            for one, point, strength in SUPPORTS[code]
        ),
    )


def _programme() -> ProgrammeMap:
    """The supports of the three courses, and a fourth course that has no map yet: the page says so."""
    told = {(code, point): strength for code, rows in SUPPORTS.items() for _one, point, strength in rows}
    told["ED401", "3.1"] = "H"
    told["ED401", "2.1"] = "L"
    return ProgrammeMap(
        programme="拔尖基地培养方案 2023 版（模拟）",
        indicators=INDICATORS,
        supports=tuple(
            CourseSupport(course=code, indicator=point, strength=strength) for (code, point), strength in told.items()
        ),
        names={**NAMES, "ED401": "工程设计"},
    )
