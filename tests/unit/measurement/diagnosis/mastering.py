"""Answers for diagnosis: the stored table, simulated ones, and the likelihood by brute force, pattern by pattern."""

import csv
import itertools

import numpy as np
import polars as pl

from tests.unit.measurement.making import DATA
from yucai.evidence import Responses

Q = np.array([
    [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1],
    [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1], [1, 1, 0], [0, 1, 1],
])  # fmt: skip
CONCEPTS = ("A", "B", "C", "D", "E")


def q_of(matrix=Q):
    """The Q-matrix as a diagnosis takes it."""
    return {f"i{j:02d}": [CONCEPTS[k] for k in np.flatnonzero(row)] for j, row in enumerate(matrix)}


def responses_of(table):
    """Responses of a table (N, J) of 0, 1 and -1, which is not there."""
    unit, item = np.nonzero(table >= 0)
    return Responses.from_table(
        pl.DataFrame({
            "learner": [f"u{i:04d}" for i in unit], "item": [f"i{j:02d}" for j in item],
            "score": table[unit, item].astype(float), "max_score": np.ones(len(unit)),
        })
    )  # fmt: skip


def stored():
    """600 simulated learners on 12 items, a twentieth of the answers missing (made for this test)."""
    with (DATA / "diagnosis.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return np.array(rows, dtype=int)


def likelihood(table, matrix, chance, shares):
    """Log-likelihood and posteriors by loops; ``chance(j, mastered)`` is that of a right answer, shares by pattern."""
    patterns = [tuple(reversed(bits)) for bits in itertools.product((0, 1), repeat=matrix.shape[1])]
    total, posteriors = 0.0, []
    for row in table:
        joint = []
        for pattern, share in zip(patterns, shares, strict=True):
            p = share
            for j, answer in enumerate(row):
                if answer >= 0:
                    right = chance(j, pattern)
                    p *= right if answer else 1 - right
            joint.append(p)
        total += np.log(sum(joint))
        posteriors.append(np.array(joint) / sum(joint))
    return total, np.array(posteriors)


def simulated(*, n, matrix, rng, effects=None, guess=(0.1, 0.25), slip=(0.05, 0.2), missing=0.0):
    """Return a table and the patterns mastered; DINA unless ``effects(j, mastered)`` gives the chance."""
    k = matrix.shape[1]
    place = rng.normal(size=(n, 1))
    mastered = (0.7 * place + rng.normal(0, 0.7, (n, k)) > rng.normal(0, 0.3, k)).astype(int)
    full = (mastered @ matrix.T) == matrix.sum(axis=1)
    low, high = rng.uniform(*guess, len(matrix)), 1 - rng.uniform(*slip, len(matrix))
    chance = np.where(full, high, low)
    if effects is not None:
        chance = np.array([[effects(j, m) for j in range(len(matrix))] for m in mastered])
    table = (rng.random(chance.shape) < chance).astype(int)
    table[rng.random(table.shape) < missing] = -1
    return table, mastered, low, 1 - high
