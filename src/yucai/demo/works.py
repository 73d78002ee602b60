"""Simulated works of students' own: invented titles, drawn apart from all other evidence of the college."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from yucai.demo.truth import Truth

__all__ = ["simulate_works"]

STREAM: Final = 7  # its own stream beside the college's seed: nothing else changes when works do
STEPS: Final = np.array([-1.6, -0.5, 0.6, 1.7])
TOPICS: Final = (  # kind, level, proof, quality, English, Chinese
    ("open-source", "", "outside-record", "innovation", "Parser for timetables", "课表解析工具"),
    ("paper", "", "outside-record", "innovation", "Note on a folding wing", "折叠机翼短文"),
    ("paper", "", "outside-record", "scientific-spirit", "Repeating a known measurement", "一项经典测量的重复实验"),
    ("award", "provincial", "document", "practical-literacy", "Provincial robot contest", "省级机器人竞赛"),
    ("project", "", "document", "practical-literacy", "Water tester for a village", "乡村水质检测仪"),
    ("project", "", "document", "communication-cooperation", "Science club for a school", "中学科学社团"),
)


def simulate_works(people: pl.DataFrame, truth: Truth, *, without: str) -> pl.DataFrame:
    """Return own works in every state, most of them verified and rated after the student's true place.

    ``people`` has learner and class; nobody of the number ``without`` has any. A score of -1 stands for "not rated".
    """
    rng = np.random.default_rng([STREAM, people.height])
    two_classes = pl.col("class").is_in(["2023-1", "2024-1"]) & (pl.col("learner") != without)
    own_classes = people.with_row_index("i").filter(two_classes).gather_every(2)
    last_year = truth.years.index("2025-2026")
    rows = []
    for n, (i, learner) in enumerate(own_classes.select("i", "learner").iter_rows()):
        kind, level, proof, quality, en, zh = TOPICS[n % len(TOPICS)]
        place = truth.places[i, last_year, truth.qualities.index(quality)]
        score = int((place + rng.logistic(0, 0.5) > STEPS).sum())
        state = "returned" if n % 12 == 9 else "waiting" if n % 12 == 5 else "verified"
        rows.append((learner, kind, level, proof, quality, en, zh, int(rng.integers(1, 5)), n % 3 == 0, state, score))
    # Of the demo student, and of one whom the demo teacher does not know.
    paper = ("document", "practical-literacy", "Air sensor for a classroom", "教室空气传感器")
    contest = ("document", "innovation", "College design contest", "院级设计竞赛")
    harvest = ("own-word", "home-country-feeling", "Help at a harvest", "助农服务")
    debate = ("document", "innovation", "College debate", "院级辩论赛")
    rows += [
        ("2023010001", "project", "", *paper, 3, True, "waiting", -1),
        ("2023010001", "award", "college", *contest, 2, False, "returned", -1),
        ("2023010001", "project", "", *harvest, 1, False, "verified", -1),
        ("2025010044", "award", "college", *debate, 4, False, "waiting", -1),
    ]
    columns = ["learner", "kind", "level", "proof", "quality", "title_en", "title_zh", "team_size", "ai_used", "state",
               "score"]  # fmt: skip
    days = [f"{2025 + (n % 2)}-{(10, 4)[n % 2]:02d}-{1 + int(rng.integers(28)):02d}" for n in range(len(rows))]
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(done_on=pl.Series(days).str.to_date())
