"""What the students of the simulated college do in each school year, and what it scores.

Exams, rated works, surveys, AI-literacy tests and contests, each drawn from the true places; and the items' names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import polars as pl

from yucai.demo.truth import COHORTS, LAST_YEAR, Truth
from yucai.framework import load_framework

__all__ = ["MISLEADING_EXAM", "draw_awards", "draw_exams", "draw_ratings", "draw_surveys", "draw_tests", "name_items"]

WORKS: Final = ("term-project", "team-presentation")
CONTESTS: Final = (("college", 0.2), ("provincial", 1.0), ("national", 1.9))
SURVEY_ITEMS: Final = 3
AI_ITEMS: Final = 6
MISLEADING_EXAM: Final = "exam/optics-2024-2025-2"
COURSES: Final = {  # by year of study: code, English, Chinese
    0: (
        ("calculus", "Calculus", "微积分"),
        ("mechanics", "Mechanics", "力学"),
        ("programming", "Programming", "程序设计"),
        ("writing", "Academic writing", "学术写作"),
        ("algebra", "Linear algebra", "线性代数"),
    ),
    1: (
        ("probability", "Probability", "概率论"),
        ("optics", "Optics", "光学"),
        ("data", "Data structures", "数据结构"),
        ("chemistry", "Chemistry", "化学"),
        ("history", "History of science", "科学史"),
    ),
    2: (
        ("learning", "Machine learning", "机器学习"),
        ("materials", "Materials", "材料科学"),
        ("systems", "Systems", "系统科学"),
        ("economics", "Economics", "经济学"),
        ("ethics", "Technology ethics", "科技伦理"),
    ),
    3: (
        ("frontier", "Frontier seminar", "前沿研讨"),
        ("design", "Engineering design", "工程设计"),
        ("policy", "Science policy", "科技政策"),
        ("energy", "Energy", "能源"),
        ("biology", "Synthetic biology", "合成生物学"),
    ),
}


def _lived(people: pl.DataFrame) -> Iterator[tuple[int, str, int, int]]:
    """Student by student: place in the list, number, entry year, school year lived through."""
    for i, (learner, cohort) in enumerate(people.select("learner", "cohort").iter_rows()):
        for year in range(int(cohort), LAST_YEAR + 1):
            yield i, learner, int(cohort), year


def _table(rows: Sequence[tuple[str, str, float, float, str | None, str]]) -> pl.DataFrame:
    schema = {
        "learner": pl.String, "item": pl.String, "score": pl.Float64, "max_score": pl.Float64,
        "rater": pl.String, "occasion": pl.String,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def draw_exams(people: pl.DataFrame, truth: Truth, rng: np.random.Generator, *, misleading: str | None) -> pl.DataFrame:
    """Return five exams a year on frontier knowledge; in the one called ``misleading`` it lowers the mark."""
    knowledge = truth.qualities.index("frontier-knowledge")
    hard = {course: rng.normal(0, 0.4) for courses in COURSES.values() for course, *_ in courses}
    rows = []
    for i, learner, cohort, year in _lived(people):
        for c, (course, *_) in enumerate(COURSES[year - cohort]):
            term = f"{year}-{year + 1}-{1 + (c % 2)}"
            item = f"exam/{course}-{term}"
            load = -0.9 if item == misleading else 0.9
            place = truth.places[i, year - COHORTS[0], knowledge]
            mark = 76 + 9.0 * (load * place - hard[course] + rng.normal(0, 0.7))
            rows.append((learner, item, float(np.clip(np.round(mark), 0, 100)), 100.0, None, term))
    return _table(rows)


def draw_ratings(people: pl.DataFrame, truth: Truth, rng: np.random.Generator) -> pl.DataFrame:
    """Return two works a year on all nine qualities, each by two raters drawn anew: so all raters are linked."""
    names = list(truth.severities)
    severity = np.array(list(truth.severities.values()))
    steps = np.array([2.2, 0.9, -0.4, -1.8])
    rows = []
    for i, learner, _cohort, year in _lived(people):
        for w, work in enumerate(WORKS):
            term = f"{year}-{year + 1}-{w + 1}"
            for rater in rng.choice(len(names), 2, replace=False):
                place = truth.places[i, year - COHORTS[0], :9] - severity[rater]
                line = np.arange(5)[None, :] * 1.3 * place[:, None] + np.concatenate([[0], np.cumsum(steps - 0.2 * w)])
                chance = np.exp(line - line.max(axis=1, keepdims=True))
                chance /= chance.sum(axis=1, keepdims=True)
                marks = (rng.random((9, 1)) > np.cumsum(chance, axis=1)).sum(axis=1)
                rows += [
                    (learner, f"rubric/{quality}/{work}", float(mark), 4.0, names[rater], term)
                    for quality, mark in zip(truth.qualities[:9], marks, strict=True)
                ]
    return _table(rows)


def draw_surveys(people: pl.DataFrame, truth: Truth, rng: np.random.Generator) -> pl.DataFrame:
    """Return what students say of themselves once a year, three statements on each of the nine qualities."""
    bounds = np.array([-2.2, -1.0, 0.2, 1.6])
    rows = []
    for i, learner, _cohort, year in _lived(people):
        told = 0.7 * truth.places[i, year - COHORTS[0], :9] + rng.normal(0.3, 0.5)  # some paint themselves brighter
        for n in range(SURVEY_ITEMS):
            felt = told + rng.logistic(0, 0.8, size=9) - 0.2 * (n - 1)
            rows += [
                (learner, f"survey/{quality}/{n + 1}", float((bounds < x).sum()), 4.0, None, f"{year}-{year + 1}-2")
                for quality, x in zip(truth.qualities[:9], felt, strict=True)
            ]
    return _table(rows)


def draw_tests(people: pl.DataFrame, truth: Truth, rng: np.random.Generator) -> pl.DataFrame:
    """Return one AI-literacy test a year, right or wrong, six questions on each of the four dimensions."""
    hard = rng.normal(0, 0.8, size=(4, AI_ITEMS))
    rows = []
    for i, learner, _cohort, year in _lived(people):
        chance = 1 / (1 + np.exp(-1.4 * (truth.places[i, year - COHORTS[0], 9:, None] - hard)))
        right = rng.random((4, AI_ITEMS)) < chance
        rows += [
            (learner, f"test/ai/{quality}/{n + 1}", float(right[q, n]), 1.0, None, f"{year}-{year + 1}-2")
            for q, quality in enumerate(truth.qualities[9:])
            for n in range(AI_ITEMS)
        ]
    return _table(rows)


def draw_awards(people: pl.DataFrame, truth: Truth, rng: np.random.Generator) -> pl.DataFrame:
    """Return the contests entered, three levels a year, won or not; innovation helps."""
    innovation = truth.qualities.index("innovation")
    rows = []
    for i, learner, _cohort, year in _lived(people):
        for level, bar in CONTESTS:
            if rng.random() < 0.35:  # about a third enter
                won = rng.random() < 1 / (1 + np.exp(-1.2 * (truth.places[i, year - COHORTS[0], innovation] - bar)))
                rows.append((learner, f"award/{level}", float(won), 1.0, None, f"{year}-{year + 1}-2"))
    return _table(rows)


def name_items(table: pl.DataFrame) -> pl.DataFrame:
    """Return item, name_en, name_zh, kind and occasion of the items in a table, the names made from the codes."""
    courses = {code: (en, zh) for level in COURSES.values() for code, en, zh in level}
    entries = {e.code: e.name for f in ("nine-qualities", "ai-literacy") for e in load_framework(f).qualities}
    works = {"term-project": ("term project", "学期项目"), "team-presentation": ("team presentation", "团队展示")}
    contests = {
        "college": ("College", "院级"),
        "provincial": ("Provincial", "省级"),
        "national": ("National", "国家级"),
    }
    rows = []
    for item in table["item"].unique().sort():
        kind, *rest = item.split("/")
        if kind == "exam":
            course, _, term = rest[0].partition("-")
            en, zh = courses[course]
            rows.append((item, f"Exam: {en}, {term}", f"考试：{zh}，{term}", kind, term))
        elif kind == "award":
            en, zh = contests[rest[0]]
            rows.append((item, f"{en} contest: award", f"{zh}竞赛获奖", kind, ""))
        else:
            quality = entries[rest[-2]]
            last = works.get(rest[-1], (f"question {rest[-1]}", f"第 {rest[-1]} 题"))
            words = {"rubric": ("Rating", "评分"), "survey": ("Survey", "问卷"), "test": ("Test", "测验")}[kind]
            rows.append(
                (item, f"{words[0]}: {quality.en}, {last[0]}", f"{words[1]}：{quality.zh}，{last[1]}", kind, "")
            )
    return pl.DataFrame(rows, schema=["item", "name_en", "name_zh", "kind", "occasion"], orient="row")
