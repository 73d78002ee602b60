r"""Patterns of mastery and their likelihood: EM over the 2^K patterns, in plain NumPy (two matrix products a step).

An item that needs K_j concepts sorts the patterns into groups with one chance of a right answer each: 2^K_j groups
under G-DINA (de la Torre 2011), two under DINA (all that it needs, or not; Junker and Sijtsma 2001).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["Answers", "ClassFit", "fit_classes", "patterns_of", "posterior_of", "scores_of"]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
MOST_STEPS: Final = 5000
SMALLEST_CHANGE: Final = 1e-7
LEAST: Final = 1e-6  # a chance is never nearer to 0 or 1
LEAST_SHARE: Final = 1e-10
BLOCK: Final = 8192


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """Answers of N units on J items: ``right`` and ``seen`` (N, J), 1 or 0; right is 0 where not seen."""

    right: Array
    seen: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClassFit:
    """Where the search ended: each item's chances by group, shares of the patterns (C,), posterior (N, C)."""

    groups: tuple[Index, ...]
    chances: tuple[Array, ...]
    shares: Array
    posterior: Array
    log_likelihood: float
    trace: tuple[float, ...]
    converged: bool

    @property
    def by_pattern(self) -> Array:
        """Chances of a right answer, (J, C)."""
        return np.stack([one[group] for one, group in zip(self.chances, self.groups, strict=True)])


def patterns_of(n_concepts: int) -> npt.NDArray[np.bool_]:
    """Return all patterns of mastery (2^K, K); pattern c masters concept k where bit k of c is set."""
    return np.asarray((np.arange(2**n_concepts)[:, None] >> np.arange(n_concepts)) & 1, dtype=bool)


def posterior_of(answers: Answers, by_pattern: Array, shares: Array) -> tuple[Array, Array]:
    """Return the posterior of each unit's pattern (N, C) and each unit's log-likelihood (N,)."""
    bounded = np.clip(by_pattern, LEAST, 1.0 - LEAST)
    yes, no = np.log(bounded), np.log1p(-bounded)
    posterior, heights = np.empty((len(answers.right), len(shares))), np.empty(len(answers.right))
    for begin in range(0, len(heights), BLOCK):
        here = slice(begin, begin + BLOCK)
        log_p = answers.right[here] @ (yes - no) + answers.seen[here] @ no + np.log(np.maximum(shares, LEAST_SHARE))
        top = log_p.max(axis=1, keepdims=True)
        weight = np.exp(log_p - top)
        total = weight.sum(axis=1, keepdims=True)
        posterior[here], heights[here] = weight / total, (top + np.log(total))[:, 0]
    return posterior, heights


def fit_classes(
    answers: Answers,
    needed: npt.NDArray[np.bool_],
    groups: Sequence[Index],
    *,
    told: Callable[[float], None] | None = None,
) -> ClassFit:
    """Return the likeliest chances and shares of patterns, all patterns allowed; ``needed`` (J, K) is the Q-matrix."""
    mastered = patterns_of(needed.shape[1])
    share_of_needed = (mastered @ needed.T) / needed.sum(axis=1)
    chances = [0.15 + 0.7 * np.bincount(g, share_of_needed[:, j]) / np.bincount(g) for j, g in enumerate(groups)]
    shares = np.full(len(mastered), 1.0 / len(mastered))
    trace: list[float] = []
    converged = False
    while len(trace) < MOST_STEPS:
        by_pattern = np.stack([one[group] for one, group in zip(chances, groups, strict=True)])
        posterior, heights = posterior_of(answers, by_pattern, shares)
        trace.append(float(heights.sum()))
        if converged:
            break
        n, r = posterior.T @ answers.seen, posterior.T @ answers.right
        found = [_likelier(g, n[:, j], r[:, j], chances[j]) for j, g in enumerate(groups)]
        now = posterior.mean(axis=0)
        change = max(
            float(np.max(np.abs(now - shares))),
            max(float(np.max(np.abs(a - b))) for a, b in zip(found, chances, strict=True)),
        )
        chances, shares, converged = found, now, change < SMALLEST_CHANGE
        if told is not None:
            told(float(np.clip(np.log(max(change, 1e-12)) / np.log(SMALLEST_CHANGE), 0.0, 0.99)))
    return ClassFit(
        groups=tuple(groups), chances=tuple(chances), shares=shares, posterior=posterior, log_likelihood=trace[-1],
        trace=tuple(trace), converged=converged,
    )  # fmt: skip


def _likelier(group: Index, n: Array, r: Array, before: Array) -> Array:
    of_group = np.bincount(group, n)
    there = of_group > 1e-9
    found = np.where(there, np.bincount(group, r) / np.where(there, of_group, 1.0), before)
    return np.asarray(np.clip(found, LEAST, 1.0 - LEAST))


def scores_of(answers: Answers, fit: ClassFit) -> Array:
    """Return each unit's derivatives by every chance, item by item and group by group, then by shares, (N, numbers).

    Shares are taken against the largest one; derivatives by numbers at a bound are 0.
    """
    columns = []
    for j, (group, chances) in enumerate(zip(fit.groups, fit.chances, strict=True)):
        own = np.stack([fit.posterior[:, group == g].sum(axis=1) for g in range(len(chances))], axis=1)
        away = answers.right[:, j, None] - answers.seen[:, j, None] * chances
        inside = (chances > 2 * LEAST) & (chances < 1 - 2 * LEAST)
        columns.append(np.where(inside, own * away / (chances * (1 - chances)), 0.0))
    largest = int(np.argmax(fit.shares))
    there = fit.shares > 1e-6
    by_share = np.where(there, fit.posterior / np.where(there, fit.shares, 1.0), 0.0)
    by_share = np.where(there, by_share - by_share[:, [largest]], 0.0)
    return np.concatenate([*columns, np.delete(by_share, largest, axis=1)], axis=1)
