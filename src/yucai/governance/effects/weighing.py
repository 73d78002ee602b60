"""Weights on a simplex, many problems at once: the solver of synthetic control and synthetic difference-in-differences.

The published estimates come from Frank and Wolfe's steps from even weights, pruned once after 100 steps
(Arkhangelsky et al. 2021, and the program they published). The steps are followed here as written, so that the
published figures come out; what other starts would give is computed beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
COMPACT_EVERY: Final = 250


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

    def part(self, keep: npt.NDArray[np.int64]) -> Problems:
        """Return some of the problems."""
        return replace(
            self, gram=self.gram if self.gram.ndim == 2 else self.gram[keep], linear=self.linear[keep],
            constant=self.constant[keep], ridge=self.ridge[keep], allowed=self.allowed[keep],
            decrease=self.decrease[keep], n_rows=self.n_rows[keep],
        )  # fmt: skip


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
    weights, open_ones = start.copy(), np.arange(len(start))
    here, left = problems, start.copy()
    last = np.full(len(start), np.inf)
    for done in range(0, most, COMPACT_EVERY):
        left, last, ended = _steps(here, left, last, min(COMPACT_EVERY, most - done))
        weights[open_ones] = left
        keep = np.flatnonzero(~ended)
        if not len(keep):
            break
        open_ones, left, last, here = open_ones[keep], left[keep], last[keep], here.part(keep)
    return weights


def _steps(p: Problems, x: Array, last: Array, n_steps: int) -> tuple[Array, Array, Mask]:
    """Take up to so many steps; return weights, heights and which problems have ended. An ended problem stays."""
    shared, each = p.gram.ndim == 2, np.arange(len(x))
    x, ended = x.copy(), np.zeros(len(x), dtype=np.bool_)
    gx = x @ p.gram if shared else np.einsum("bi,bij->bj", x, p.gram)
    barred = np.where(p.allowed, 0.0, np.inf)
    diagonal = np.diagonal(p.gram, axis1=-2, axis2=-1)
    for _ in range(n_steps):
        half = gx - p.linear + p.ridge[:, None] * x
        i = (half + barred).argmin(axis=1)
        squares, bent = (x * x).sum(axis=1), (x * gx).sum(axis=1)
        slope = half[each, i] - (half * x).sum(axis=1)
        own = diagonal[i] if shared else diagonal[each, i]
        curve = own - 2.0 * gx[each, i] + bent + p.ridge * (1.0 - 2.0 * x[each, i] + squares)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where(curve > 0.0, np.clip(-slope / curve, 0.0, 1.0), 0.0)
        step[ended] = 0.0
        gx += step[:, None] * ((p.gram[i] if shared else p.gram[each, i]) - gx)
        x *= 1.0 - step[:, None]
        x[each, i] += step
        height = (
            p.ridge * (x * x).sum(axis=1) + (x * gx).sum(axis=1) - 2.0 * (p.linear * x).sum(axis=1) + p.constant
        ) / p.n_rows
        ended |= last - height < p.decrease**2
        last = height
        if ended.all():
            break
    return x, last, ended


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
