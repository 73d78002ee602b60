"""Practice for the tests: simulated from known numbers, stored, and a second opinion that adds up every path."""

import csv
import itertools

import numpy as np
import polars as pl

from tests.unit.measurement.making import DATA
from yucai.measurement.tracing import Attempts


def stored():
    """Attempts of 300 learners at three skills, which other programs traced too."""
    with (DATA / "practice.csv").open(encoding="utf-8") as file:
        rows = [
            (line["learner"], line["skill"], float(t), answer == "1")
            for line in csv.DictReader(file)
            for t, answer in enumerate(line["answers"])
        ]
    table = pl.DataFrame(rows, schema=["learner", "skill", "order", "right"], orient="row")
    apart = {"fractions": 0.0, "graphs": 100.0, "units": 200.0}  # one skill after the other
    return Attempts.from_table(table.with_columns(order=pl.col("order") + pl.col("skill").replace_strict(apart)))


def simulated(
    rng, *, n_learners, n_trials, start, learn, forget=0.0, guess=0.2, slip=0.1, n_skills=1, n_items=1, spread=0.0
):
    """Attempts drawn from the model; guess and slip may be of items (n_items,), which come in a random order."""
    guess, slip = np.broadcast_to(guess, n_items), np.broadcast_to(slip, n_items)
    lead = spread * rng.normal(size=(n_learners, 1))
    mastered = rng.random((n_learners, n_skills)) < 1 / (1 + np.exp(-np.log(start / (1 - start)) - lead))
    parts = []
    for t in range(n_trials):
        item = rng.integers(n_items, size=mastered.shape)
        right = rng.random(mastered.shape) < np.where(mastered, 1 - slip[item], guess[item])
        i, s = (place.ravel() for place in np.indices(mastered.shape))
        parts.append(
            pl.DataFrame(
                {"i": i, "s": s, "order": (t * n_skills + s).astype(float), "right": right.ravel(), "j": item.ravel()}
            )
        )
        mastered = np.where(mastered, rng.random(mastered.shape) >= forget, rng.random(mastered.shape) < learn)
    return Attempts.from_table(
        pl.concat(parts).with_columns(
            learner=pl.format("L{}", pl.col("i").cast(pl.String).str.zfill(5)),
            skill=pl.format("skill-{}", "s"),
            item=pl.format("item-{}", "j") if n_items > 1 else pl.lit(None, dtype=pl.String),
        )
    )


def by_paths(right, start, learn, forget, guess, slip):
    """Return the likelihoods given not mastered and mastered at first, and mastery at each answer, over all paths."""
    n = len(right)
    ends, mastered, whole = np.zeros(2), np.zeros(n), 0.0
    for path in itertools.product((0, 1), repeat=n):
        p = 1.0
        for t in range(n):
            if t:
                stay = (1 - learn, learn) if path[t - 1] == 0 else (forget, 1 - forget)
                p *= stay[path[t]]
            chance = 1 - slip[t] if path[t] else guess[t]
            p *= chance if right[t] else 1 - chance
        ends[path[0]] += p
        weighed = p * (start if path[0] else 1 - start)
        whole += weighed
        mastered += weighed * np.array(path)
    return ends, mastered / whole, whole


def log_likelihood(attempts, numbers):
    """Return the log-likelihood of a skill's attempts by a filter of its own (start, learn, forget, guess, slip)."""
    start, learn, forget, guess, slip = numbers
    total = 0.0
    for _learner, part in attempts.table.group_by("learner"):
        m = start
        for right in part.sort("order")["right"]:
            p1, p0 = (1 - slip, guess) if right else (slip, 1 - guess)
            seen = m * p1 + (1 - m) * p0
            total += np.log(seen)
            m = m * p1 / seen
            m = m * (1 - forget) + (1 - m) * learn
    return total
