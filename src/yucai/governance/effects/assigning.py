"""Randomisation inference: who else might have been treated, and how unusual the real assignment looks among them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb, floor
from typing import Final

import numpy as np

from yucai.governance.effects.comparing import Labels
from yucai.governance.effects.plan import Array

__all__ = [
    "MOST_COUNTED",
    "Assignments",
    "assignments_of",
    "chance_to_find",
    "count_assignments",
    "detectable",
    "rank_p",
    "rejecting",
    "smallest_rank_p",
]

MOST_COUNTED: Final = 5_000
ROUNDING: Final = 1e-12  # of the largest outcome: less is no difference
TIE: Final = 1e-9  # of the size of the real estimate: sums in another order are not another estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignments:
    """Rows of labels; the first row is the real one. ``exact`` says that the rows are all there are."""

    rows: Labels
    exact: bool


def count_assignments(labels: Labels) -> int:
    """Return in how many ways the same numbers of units could have been treated in the same years.

    >>> count_assignments(np.array([0, 1, 2, 2]))
    12
    """
    sizes, left, ways = np.bincount(labels), len(labels), 1
    for size in sizes.tolist():
        ways *= comb(left, size)
        left -= size
    return ways


def assignments_of(labels: Labels, *, draws: int, seed: int, most: int = MOST_COUNTED) -> Assignments:
    """Return all assignments with the same numbers of units in each cohort, or ``draws`` drawn ones and the real one.

    All are taken where there are no more than ``most``.
    """
    if count_assignments(labels) <= most:
        rows = _all(labels)
        others = rows[(rows != labels[None, :]).any(axis=1)]
        return Assignments(rows=np.vstack([labels[None, :], others]), exact=True)
    chance = np.random.default_rng(seed)
    drawn = chance.permuted(np.tile(labels, (draws, 1)), axis=1)
    return Assignments(rows=np.vstack([labels[None, :], drawn]), exact=False)


def _all(labels: Labels) -> Labels:
    """Return every row of labels, cohort after cohort chosen from those that are left."""
    sizes, n = np.bincount(labels).tolist(), len(labels)
    never = len(sizes) - 1
    rows, free = np.full((1, n), never, dtype=np.int64), np.arange(n)[None, :]
    for cohort, size in enumerate(sizes[:-1]):
        chosen = np.array(list(combinations(range(free.shape[1]), size)), dtype=np.int64)
        left = np.array([sorted(set(range(free.shape[1])) - set(one)) for one in chosen.tolist()], dtype=np.int64)
        rows = np.repeat(rows, len(chosen), axis=0)
        np.put_along_axis(rows, free[:, chosen].reshape(len(rows), size), cohort, axis=1)
        free = free[:, left].reshape(len(rows), left.shape[1])
    return rows


def rank_p(values: Array, of: Array | None = None) -> float:
    """Return the share of assignments at least as extreme as the real one, which is the first (two-sided).

    Beside the outcomes ``of`` which they are made, values no larger than errors of rounding count as 0.

    >>> rank_p(np.array([3.0, -1.0, 2.0, -3.0]))
    0.5
    """
    sizes = np.abs(values)
    if of is not None:
        sizes = np.where(sizes <= ROUNDING * float(np.abs(of).max()), 0.0, sizes)
    # Written so that a value that is no number counts against a finding, not for it.
    return float(np.mean(~(sizes < sizes[0] * (1.0 - TIE))))


def smallest_rank_p(labels: Labels, n_assignments: int) -> float:
    """Return the smallest p-value there can be; with half of the units treated each assignment has a mirror image."""
    sizes = np.bincount(labels)
    mirrored = len(sizes) == 2 and sizes[0] == sizes[1]
    return (2.0 if mirrored else 1.0) / n_assignments


def rejecting(alpha: float, n: int) -> int:
    """Return how many of n assignments, the real one included, may be as extreme for p to be at most ``alpha``.

    >>> rejecting(0.29, 100), rejecting(0.05, 20), rejecting(0.05, 19)
    (29, 1, 0)
    """
    return floor(alpha * n + ROUNDING * n)


def detectable(placebos: Array, *, alpha: float, power: float) -> float | None:
    """Return the smallest effect that a rank among placebos would find with the power asked for, or None.

    An effect is found when it, moved by a placebo, ranks among the ``alpha`` most extreme; the worse of the two
    signs counts.
    """
    needed = rejecting(alpha, len(placebos) + 1)
    if needed < 1:
        return None
    critical = float(np.sort(np.abs(placebos))[::-1][needed - 1])
    low, high = np.quantile(placebos, [1.0 - power, power])
    return critical + max(float(-low), float(high), 0.0)


def chance_to_find(size: float, placebos: Array, *, alpha: float, shares: Array | None = None) -> float | None:
    """Return how often a rank among placebos would find something of that size and sign, or None if it never could.

    What is to be found is moved by each placebo, taken around their mean, and must then be larger than all but so many
    as p may hold at the level. ``shares`` say how much of it each placebo holds itself, where it looks at units that
    were treated: this makes it harder to find. Where no placebo differs from another there is nothing to judge by.

    >>> round(chance_to_find(3.0, np.linspace(-2.0, 2.0, 99), alpha=0.05), 2)  # those above -1.08
    0.77
    """
    needed = rejecting(alpha, len(placebos) + 1)
    if needed < 1 or len(placebos) < 2:
        return None
    around = placebos - placebos.mean()
    if float(np.abs(around).max()) <= ROUNDING * max(float(np.abs(placebos).max()), abs(size)):
        return None
    beside = around if shares is None else around + size * shares
    critical = float(np.sort(np.abs(beside))[::-1][needed - 1])
    return float(np.mean(np.abs(size + around) > critical * (1.0 + TIE)))
