"""How surely the numbers are known: the observed information, by differences of the exact derivatives."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from yucai.measurement.tracing.search import Found, Layout
from yucai.measurement.tracing.state import (
    LEAST_CHANCE,
    LOWEST,
    MOST_GUESS,
    NODES,
    Expected,
    Numbers,
    Prior,
    expect,
)

__all__ = ["covariances_of", "score_of"]

Array = npt.NDArray[np.float64]
STRIDE: Final = 1e-4  # in logits
LEAST_INFORMATION: Final = 1e-4  # share of the largest that the smallest direction must have to count as known
EDGE: Final = 1.5  # a number within this factor of a bound lies at it


def score_of(numbers: Numbers, found: Expected, prior: Prior, layout: Layout) -> Array:
    """Return the derivatives of log-likelihood and log-prior by the logit of each number; of the spread by itself.

    By Fisher's identity the derivative of a chance p is what was expected of it: successes - p tries.
    """
    right1, wrong1, right0, wrong0 = found.items.T
    k = prior.weight
    if layout.by_learner:
        away = found.began - found.there * expit(numbers.level[:, None] + numbers.spread * NODES)
        start = away.sum(axis=1)
    else:
        start = found.began[:, 0] - found.there[:, 0] * expit(numbers.level)
    parts = [start, found.moves[:, 0] - found.moves[:, 1] * numbers.learn]
    if layout.forgetting:
        parts.append(found.moves[:, 2] - found.moves[:, 3] * numbers.forget)
    parts.append(right0 + k * prior.guess - (right0 + wrong0 + k) * numbers.guess)
    parts.append(wrong1 + k * prior.slip - (right1 + wrong1 + k) * numbers.slip)
    if layout.by_learner:
        parts.append(np.array([(away * NODES).sum()]))
    return np.concatenate(parts)


def covariances_of(layout: Layout, found: Found, prior: Prior) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return the covariance (G, P, P) of the numbers of each search, in logits, and which are known (numbers,).

    The numbers of different searches move at once, as they have nothing to do with each other. Numbers at a bound, and
    directions in which the likelihood is all but level, are not known; their rows are zero.
    """
    row = _in_logits(layout, layout.row(found.numbers))
    places, n = layout.places, len(row)
    run, every = found.run, np.ones(layout.n_skills, dtype=bool)
    width = places.shape[1]
    information = np.zeros((len(places), width, width))
    here = np.append(score_of(found.numbers, found.expected, prior, layout), 0.0)[places]
    for p in range(width):
        there = np.append(row, 0.0)
        there[places[:, p]] += STRIDE
        numbers = _numbers(layout, there[:-1])
        score = score_of(numbers, expect(run, numbers, prior, every), prior, layout)
        information[:, :, p] = (here - np.append(score, 0.0)[places]) / STRIDE
    information = (information + information.transpose(0, 2, 1)) / 2.0
    inside = np.append(_inside(layout, layout.row(found.numbers)), False)
    known = np.zeros(n + 1, dtype=bool)
    covariance = np.zeros_like(information)
    for g, of in enumerate(places):
        free = np.flatnonzero(inside[of])
        part, told = _inverted(information[g][np.ix_(free, free)])
        covariance[g][np.ix_(free, free)] = part
        known[of[free]] = told
    return covariance, known[:-1]


def _inverted(information: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return the inverse, and which numbers it tells: all where no direction is level, none of those in one that is."""
    if not len(information):
        return information, np.zeros(0, dtype=bool)
    scale = 1.0 / np.sqrt(np.maximum(np.diag(information), 1e-12))
    values, vectors = np.linalg.eigh(information * np.outer(scale, scale))
    sound = values > LEAST_INFORMATION * max(values[-1], 1e-12)
    blurred = (vectors[:, ~sound] ** 2).sum(axis=1) > 0.02
    inverse = (vectors[:, sound] / values[sound]) @ vectors[:, sound].T * np.outer(scale, scale)
    told = ~blurred & (np.diag(information) > 0)
    return inverse * np.outer(told, told), told


def _in_logits(layout: Layout, row: Array) -> Array:
    made = row.copy()
    chances = slice(layout.n_skills if layout.by_learner else 0, len(row) - layout.by_learner)
    made[chances] = logit(np.clip(row[chances], LEAST_CHANCE, 1.0 - LEAST_CHANCE))
    return made


def _numbers(layout: Layout, row: Array) -> Numbers:
    made = row.copy()
    chances = slice(layout.n_skills if layout.by_learner else 0, len(row) - layout.by_learner)
    made[chances] = expit(row[chances])
    return layout.numbers(made)


def _inside(layout: Layout, row: Array) -> npt.NDArray[np.bool_]:
    low, high = layout.low, layout.high
    away = np.minimum(row - low, high - row)
    edge = np.where(low >= LOWEST, (EDGE - 1.0) * LOWEST, 100.0 * LEAST_CHANCE)
    edge = np.where((high == MOST_GUESS) & (row > 0.25), 1e-3, edge)
    inside: npt.NDArray[np.bool_] = away > edge
    return inside
