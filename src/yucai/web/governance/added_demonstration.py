"""Value added in the demonstration: an entrance test and a final exam that are simulated for it and on no record."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from yucai.texts import Text
from yucai.web.accounts.models import Group, Space
from yucai.web.governance.added_models import AddedRun
from yucai.web.governance.added_scores import Scored, ScoresTaken
from yucai.web.governance.added_working import AddedWanted, keep_added

__all__ = ["fill_value_added", "simulated_scores"]

SEED: Final = 20260630
BEFORE: Final = Text("Entrance test in physics (simulated)", "物理入学测验（模拟）")
NOW: Final = Text("University physics, final exam (simulated)", "大学物理期末考试（模拟）")
RANGE: Final = (0.6, 0.9)
RELIABILITY: Final = 0.75  # of the simulated entrance test
WITHIN: Final = 8.0  # SD of people inside a class, in points
BEGAN_HIGH: Final = "2023-1"  # planted: the best came to it, and it adds nothing
ADDS: Final = {"2022-2": 7.0, "2024-1": -7.0}  # planted: one that adds, one that falls short


def fill_value_added(space: Space, *, at: datetime) -> AddedRun:
    """Keep value added of the classes of a space, as if a test and an exam of theirs were on record.

    Planted: a class with the highest mean whose people came in high; one that adds, and one that falls short.
    """
    groups = list(Group.objects.filter(space=space, kind=Group.Kind.CLASS).order_by("code").prefetch_related("people"))
    table = simulated_scores({one.code: one.people.count() for one in groups})
    taken = ScoresTaken(
        table=table,
        names={one.code: one.name for one in groups},
        rows={one.code: one.pk for one in groups},
        left_out={"no-earlier": 0, "no-group": 0, "small-group": 0},
    )
    before, now = (Scored(item=0, occasion="", name=name) for name in (BEFORE, NOW))
    wanted = AddedWanted(kind=AddedRun.Kind.CLASS, now=now, prior=(before,), lowest=RANGE[0], highest=RANGE[1])
    return keep_added(space=space, wanted=wanted, taken=taken, by=None, at=at)


def simulated_scores(sizes: dict[str, int]) -> pl.DataFrame:
    """Return a score before and one now for each person of some classes, in per cent."""
    rng = np.random.default_rng(SEED)
    codes = np.repeat(list(sizes), list(sizes.values()))
    came = {code: rng.normal(0, 3) + 14 * (code == BEGAN_HIGH) for code in sizes}
    added = {code: ADDS.get(code, 0.0) + rng.normal(0, 1) for code in sizes}
    true = 58 + np.array([came[code] for code in codes]) + rng.normal(0, WITHIN, len(codes))
    error = np.sqrt((1 - RELIABILITY) / RELIABILITY * true.var())
    now = 14 + 0.8 * true + np.array([0.0 if code == BEGAN_HIGH else added[code] for code in codes])
    scores = {"score 0": now + rng.normal(0, 5, len(codes)), "score 1": true + rng.normal(0, error, len(codes))}
    return pl.DataFrame({"group": codes, **{name: np.clip(column, 0, 100) for name, column in scores.items()}})
