"""Weights on a simplex, many problems at once: the solver of synthetic control and synthetic difference-in-differences.

The published estimates come from Frank and Wolfe's steps from even weights, pruned once after 100 steps
(Arkhangelsky et al. 2021, and the program they published). The steps are followed here as written, so that the
published figures come out; what other starts would give is computed beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.governance.effects.plan import Array

__all__ = [
    "Mask",
    "Problems",
    "best_weights",
    "even_weights",
    "pruned_weights",
    "published_weights",
    "settled_weights",
    "single_weights",
]

Mask = npt.NDArray[np.bool_]

STEPS_BEFORE_PRUNING: Final = 100
MOST_STEPS: Final = 10_000
PRUNE_BELOW: Final = 4.0  # a weight up to a quarter of the largest is set to 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Problems:
    r"""Problems :math:`\min_x (x'Gx - 2c'x + b + \eta x'x) / N` on the simplex over ``allowed``.

    ``gram`` is n x n for all or problems x n x n. A problem ends when a step brings less than ``decrease`` squared.
    """

    gram: Array
    linear: Array
    constant: Array
    ridge: Array
    allowed: Mask
    decrease: Array
    n_rows: Array


def even_weights(problems: Problems) -> Array:
    """Return the same weight for all that may have one."""
    return np.asarray(problems.allowed / problems.allowed.sum(axis=1, keepdims=True), dtype=np.float64)


def single_weights(problems: Problems) -> Array:
    """Return all weight on the one that fits best alone."""
    gram = problems.gram
    own = np.diagonal(gram, axis1=-2, axis2=-1)
    height = np.where(problems.allowed, own - 2.0 * problems.linear, np.inf)
    weights = np.zeros(problems.linear.shape)
    weights[np.arange(len(weights)), height.argmin(axis=1)] = 1.0
    return weights


def settled_weights(problems: Problems, start: Array, *, most: int = MOST_STEPS) -> Array:
    """Return the weights that Frank and Wolfe's steps lead to from a start."""
    from yucai.governance.effects.kernels import descend  # loads the compiler, which takes a second

    weights = np.ascontiguousarray(start, dtype=np.float64).copy()
    grams = problems.gram if problems.gram.ndim == 3 else problems.gram[None]
    descend(
        np.ascontiguousarray(grams), np.ascontiguousarray(problems.linear), problems.constant, problems.ridge,
        problems.allowed, problems.decrease, problems.n_rows, weights, most,
    )  # fmt: skip
    return weights


def pruned_weights(weights: Array) -> Array:
    """Return weights without those up to a quarter of the largest."""
    kept = np.where(weights <= weights.max(axis=1, keepdims=True) / PRUNE_BELOW, 0.0, weights)
    return np.asarray(kept / kept.sum(axis=1, keepdims=True), dtype=np.float64)


def published_weights(problems: Problems) -> Array:
    """Return the weights by the published recipe: even start, 100 steps, pruning, then steps to the end."""
    first = settled_weights(problems, even_weights(problems), most=STEPS_BEFORE_PRUNING)
    return settled_weights(problems, pruned_weights(first))


def best_weights(design: Array, aim: Array, ridge: float) -> Array:
    """Return the weights of the one lowest point for rows x donors, by an active set; no start, no steps."""
    from scipy.optimize import nnls

    n = design.shape[1]
    heavy = 1e4 * max(float(np.abs(design).max()), float(np.abs(aim).max()), 1.0)
    stacked = np.vstack([design, np.sqrt(ridge) * np.eye(n), np.full((1, n), heavy)])
    found, _ = nnls(stacked, np.concatenate([aim, np.zeros(n), [heavy]]), maxiter=50 * n)
    return np.asarray(found / found.sum(), dtype=np.float64)
