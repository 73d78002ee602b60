"""What the tests of ratings are made of: works, plans, filled sheets, and any college that hypothesis thinks of."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl
from hypothesis import strategies as st
from openpyxl import load_workbook

from yucai.evidence import (
    ConflictReason,
    RatedWork,
    RatingConflict,
    Responses,
    plan_ratings,
    write_rating_sheet,
)
from yucai.framework import load_rubric

RUBRIC = load_rubric("rubric-nine-qualities")
CODES = [criterion.code for criterion in RUBRIC.criteria]
HEADER_ROW = 3


def works(n, prefix="W"):
    return [RatedWork(code=f"{prefix}{k:02d}", title=f"Title {k}", learners=(f"L{k:02d}",)) for k in range(n)]


def conflict(rater, learner, reason=ConflictReason.SUPERVISES):
    return RatingConflict(rater=rater, learner=learner, reason=reason)


def a_plan(n_works=6, raters=("An", "Bai", "Chen"), *, seed=1, given=None, **more):
    return plan_ratings(
        works(n_works) if given is None else given, raters, RUBRIC,
        code="projects", occasion="2026-1", rng=np.random.default_rng(seed), **more,
    )  # fmt: skip


def a_sheet(folder, plan, rater="An", **more):
    file = folder / f"{rater}.xlsx"
    write_rating_sheet(plan, RUBRIC, rater, file=file, **more)
    return file


class Opened:
    """A sheet opened as a person would: cells by work and column."""

    def __init__(self, file):
        self.file, self.book = file, load_workbook(file)
        self.sheet = self.book.worksheets[0]

    def place(self, column):
        titles = [str(cell.value).splitlines() for cell in self.sheet[HEADER_ROW]]
        return next(n for n, words in enumerate(titles, start=1) if column in words)

    def row(self, work):
        return next(row for row in range(4, self.sheet.max_row + 1) if self.sheet.cell(row, 1).value == work)

    def put(self, work, column, value):
        self.sheet.cell(self.row(work), self.place(column)).value = value

    def save(self):
        self.book.save(self.file)
        return self.file


def levels_of(responses):
    """Learner and criterion to level."""
    return {(x, item): int(s) + 1 for x, item, s in responses.table.select("learner", "item", "score").iter_rows()}


def ratings(plan, rater, levels):
    """Responses of one rater: work and criterion to level."""
    rows = [
        (learner, item, level - 1.0, 4.0, rater, plan.occasion)
        for (work, item), level in levels.items()
        for learner in plan.work(work).learners
    ]
    schema = ["learner", "item", "score", "max_score", "rater", "occasion"]
    kinds = [pl.String, pl.String, pl.Float64, pl.Float64, pl.String, pl.String]
    return Responses.from_table(pl.DataFrame(rows, schema=dict(zip(schema, kinds, strict=True)), orient="row"))


@st.composite
def colleges(draw):
    """Numbers of works and raters, who may not judge whom, and how many works each takes."""
    n_works, n_raters = draw(st.integers(1, 9)), draw(st.integers(1, 6))
    pairs = st.tuples(st.integers(0, n_raters - 1), st.integers(0, n_works - 1))
    return {
        "n_works": n_works,
        "n_raters": n_raters,
        "each": draw(st.integers(1, n_raters)),
        "common": draw(st.integers(0, min(2, n_works))),
        "apart": draw(st.sets(pairs, max_size=8)),
        "capacity": draw(st.lists(st.none() | st.integers(0, n_works), min_size=n_raters, max_size=n_raters)),
        "seed": draw(st.integers(0, 2**32)),
    }


def sets_by_walking(plan):
    """The sets of raters that shared works link, found by walking from rater to rater."""
    seats = {(seat.rater, seat.work) for seat in plan.seats}
    shared = {(a, b) for a, b in combinations(plan.raters, 2) if any((a, w.code) in seats and (b, w.code) in seats for w in plan.works)}  # fmt: skip  # noqa: E501
    found, left = [], list(plan.raters)
    while left:
        reached, border = set(), [left[0]]
        while border:
            rater = border.pop()
            reached.add(rater)
            border += [r for r in left if r not in reached and {(rater, r), (r, rater)} & shared]
        found.append(frozenset(reached))
        left = [rater for rater in left if rater not in reached]
    return set(found)
