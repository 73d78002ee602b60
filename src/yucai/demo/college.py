"""A simulated honours college whose truth is known: for demonstrations, for tests, for trying methods out.

Everything here is invented by a seeded generator; no real person, firm or place is meant. 240 students of four entry
years live through their terms with exams, rated works, surveys, contests and AI-literacy tests. Their true places on
every quality, the raters' true severities and the problems planted on purpose are kept beside the data.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from yucai.demo import surroundings
from yucai.demo.people import invent_names
from yucai.demo.planted import PROBLEMS, PlantedProblem, check_problems, describe_problem
from yucai.demo.schoolyears import (
    MISLEADING_EXAM,
    draw_awards,
    draw_exams,
    draw_ratings,
    draw_surveys,
    draw_tests,
    name_items,
)
from yucai.demo.spaces import SpaceFacts
from yucai.demo.trial import simulate_trial
from yucai.demo.truth import COHORTS, SEVERE_RATER, Truth, draw_truth
from yucai.demo.works import simulate_works
from yucai.evidence import RESPONSES, Responses
from yucai.texts import Text

__all__ = ["College", "simulate_college"]

SEED: Final = 20260901
PER_COHORT: Final = 60
FILE: Final = "simulated"
QUIET_YEAR: Final = "2025-2026"
QUIET: Final = "2024010018"
TWINS: Final = ("2023010012", "2023010042")
TWINS_NAME: Final = ("王子涵", "Wang Zihan")

SPACE: Final = SpaceFacts(
    code="demo-college",
    name=Text("Demonstration Honours College (simulated)", "示范荣誉学院（模拟）"),
    simulated=True,
    attribution=Text(
        "Simulated data: every person, mark and firm is invented by Yucai's generator.",
        "模拟数据：所有人员、成绩与企业均由育才的生成程序虚构。",
    ),
    licence="Apache-2.0",
    evidence_map="evidence-demo-college",
    period="school-year",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class College:
    """The college as an office would hold it, and the truth behind it. Every table is simulated."""

    space: SpaceFacts
    people: pl.DataFrame  # learner, name_zh, name_en, cohort, class, programme, talent_type, county, mentor
    raters: pl.DataFrame  # rater, name_zh, name_en, from_industry
    fields: pl.DataFrame  # field, name_en, name_zh: what mentors, labs, firms and projects have in common
    counties: pl.DataFrame  # county, name_en, name_zh
    mentors: pl.DataFrame  # mentor, name_zh, name_en, home, firm, field, places
    labs: pl.DataFrame  # lab, name_en, name_zh, field, places
    firms: pl.DataFrame  # firm, name_en, name_zh, county, field
    projects: pl.DataFrame  # project, name_en, name_zh, field, lab, firm, mentor, firm_mentor, members
    rules: pl.DataFrame  # rule, text_en, text_zh, only_county
    items: pl.DataFrame  # item, name_en, name_zh, kind, occasion
    responses: Responses
    works: pl.DataFrame  # learner, kind, level, proof, quality, titles, team_size, ai_used, state, score, done_on
    trial: pl.DataFrame  # learner, item, occasion, option, score: who chose what in the trial of a question bank
    truth: Truth
    planted: tuple[PlantedProblem, ...]


def simulate_college(*, seed: int = SEED, without: Collection[str] = ()) -> College:
    """Return the college of a seed; the same seed gives the same college, to the last bit.

    ``without`` names planted problems to leave out; all that does not hang on them stays as it was. Raises
    UnknownProblemError.
    """
    check_problems(without)
    planted = [code for code in PROBLEMS if code not in without]
    rng = np.random.default_rng(seed)
    people = _people(rng, twins="same-name" in planted)
    raters = _raters(rng)
    truth = draw_truth(people, raters, rng, severe="severe-rater" in planted)
    misleading = MISLEADING_EXAM if "misleading-exam" in planted else None
    rows = pl.concat(
        [
            draw_exams(people, truth, rng, misleading=misleading),
            draw_ratings(people, truth, rng),
            draw_surveys(people, truth, rng),
            draw_tests(people, truth, rng),
            draw_awards(people, truth, rng),
        ]
    )
    silent = (pl.col("learner") == QUIET) & pl.col("occasion").str.starts_with(QUIET_YEAR)
    rows = rows.filter(~silent) if "gone-quiet" in planted else rows
    table = rows.with_row_index("source_row", offset=2).with_columns(
        pl.col("source_row").cast(pl.Int64), source_file=pl.lit(FILE)
    )
    mentors = surroundings.mentors(rng)
    return College(
        space=SPACE,
        people=people.with_columns(mentor=_shared_out(mentors["mentor"], people.height)),
        raters=raters,
        fields=surroundings.fields(),
        counties=surroundings.counties(),
        mentors=mentors,
        labs=surroundings.labs(),
        firms=surroundings.firms(),
        projects=surroundings.projects(people["learner"], mentors, rng),
        rules=surroundings.rules(unfair="unfair-rule" in planted),
        items=name_items(table),
        responses=Responses.from_table(RESPONSES.check(table)),
        works=simulate_works(people, truth, without=QUIET),
        trial=simulate_trial(people, truth, without=QUIET),
        truth=truth,
        planted=tuple(_described(planted)),
    )


def _people(rng: np.random.Generator, *, twins: bool) -> pl.DataFrame:
    names = invent_names(len(COHORTS) * PER_COHORT, rng=rng)
    programmes = ("数理科学 Mathematical science", "智能工程 Intelligent engineering", "生命与材料 Life and materials")
    types = ("scientist", "engineer", "technology-leader", "entrepreneur", "green-talent")
    rows = []
    for c, cohort in enumerate(COHORTS):
        for i in range(PER_COHORT):
            learner = f"{cohort}01{i + 1:04d}"
            name = TWINS_NAME if twins and learner in TWINS else names[c * PER_COHORT + i]
            rows.append(
                (learner, *name, str(cohort), f"{cohort}-{i // 30 + 1}",
                 str(rng.choice(programmes)), str(rng.choice(types)), f"county-{rng.integers(1, 4)}")
            )  # fmt: skip
    columns = ["learner", "name_zh", "name_en", "cohort", "class", "programme", "talent_type", "county"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def _raters(rng: np.random.Generator) -> pl.DataFrame:
    names = invent_names(20, rng=rng)
    rows = [(f"R{i + 1:02d}", zh, en, i >= 14) for i, (zh, en) in enumerate(names)]
    return pl.DataFrame(rows, schema=["rater", "name_zh", "name_en", "from_industry"], orient="row")


def _shared_out(mentors: pl.Series, n: int) -> pl.Series:
    return mentors[[i % len(mentors) for i in range(n)]]


def _described(planted: Collection[str]) -> Iterator[PlantedProblem]:
    who = {
        "severe-rater": (SEVERE_RATER,),
        "misleading-exam": (MISLEADING_EXAM,),
        "gone-quiet": (QUIET,),
        "unfair-rule": (surroundings.UNFAIR_RULE,),
        "same-name": TWINS,
    }
    return (describe_problem(code, *who[code]) for code in planted)
