"""Rated answers: who judged whom, the line on which items' curves lie, and the E-step that reads them from it.

What a unit's answers say is gathered by pairs of unit and rater; items' curves are worked out once, not once a rater,
and the M-step of the items sees the answers as if all of them had been given on that line, unrated.

Rated items that speak of several qualities go another way, answer by answer: see ``directions``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine import kernel_items, kernel_pairs, kernels
from yucai.measurement.engine.records import Items, Records
from yucai.measurement.engine.state import State

__all__ = [
    "Line",
    "Pairs",
    "Seen",
    "Severities",
    "Sight",
    "first_rows",
    "line_of",
    "look",
    "pairs_of",
    "rated_table",
    "sight_of",
]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
FINE: Final = 0.3  # how far the steepest logits may move between two places: interpolation then errs by some 1e-8
MOST_PHASES: Final = 12
MOST_CHUNKS: Final = 16
MOST_AT_ONCE: Final = 16_000_000  # doubles of counts side by side


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """Units' answers by who judged them. ``pairs`` (N+1,) lists each unit's pairs; of a pair ``rater`` (nobody: the
    number of raters), ``quality``, and by ``pointer`` (P+1,) its answers' ``row`` (L,) among the items' categories.
    """

    pairs: Index
    rater: Index
    quality: Index
    pointer: Index
    row: Index

    @property
    def most(self) -> int:
        """The largest number of pairs that a unit has."""
        return int(np.diff(self.pairs).max(initial=1))


def first_rows(items: Items) -> Index:
    """Return where each item's categories begin when they stand one after the other, (J,)."""
    return np.concatenate([[0], np.cumsum(items.n_categories)[:-1]]).astype(np.int64)


def pairs_of(records: Records) -> Pairs:
    """Return the answers of the records by pairs; within a pair they are in the order of the items."""
    sizes = records.items.n_categories[records.cell_item]
    of_row = np.repeat(np.arange(len(sizes)), sizes)
    cell = of_row[records.row]
    item, rater = records.cell_item[cell], records.cell_rater[cell]
    row = first_rows(records.items)[item] + records.row - records.first[cell]
    quality = records.items.quality[item]
    unit = np.repeat(np.arange(records.n_units), np.diff(records.pointer))
    judge = np.where(rater >= 0, rater, records.n_raters + quality)
    by_judge = kernels.order_of(judge, _starts(judge, records.n_raters + records.n_qualities))
    order = by_judge[kernels.order_of(unit[by_judge], records.pointer)]
    unit, judge = unit[order], judge[order]
    begins = np.flatnonzero(np.r_[True, (np.diff(unit) != 0) | (np.diff(judge) != 0)]) if len(unit) else unit
    return Pairs(
        pairs=_starts(unit[begins], records.n_units),
        rater=np.minimum(judge[begins], records.n_raters),
        quality=quality[order][begins],
        pointer=np.r_[begins, len(unit)].astype(np.int64),
        row=row[order],
    )


def _starts(of: Index, n: int) -> Index:
    return np.concatenate([[0], np.cumsum(np.bincount(of, minlength=n))]).astype(np.int64)


@dataclass(slots=True, kw_only=True, eq=False)
class Sight:
    """Where some units are looked for: their pairs, and the nodes between which each unit's weight was last found.

    ``reach`` (pairs,): how far a unit's place moves with the pair's severity, ``skew`` (pairs,): the expected third
    derivative by the severity, as was last told.
    """

    pairs: Pairs
    low: Index
    high: Index
    n_nodes: int
    reach: Array
    skew: Array

    def unknown(self, known: Severities) -> tuple[Array, Array]:
        """Return what not knowing severities adds to what each pair's rater sees, and to the places; (pairs,) both."""
        pairs = self.pairs
        wider, whole = np.zeros(len(pairs.rater)), np.zeros(len(pairs.rater))
        kernel_pairs.unknown(
            pairs.pairs,
            pairs.rater,
            pairs.quality,
            self.reach,
            np.append(known.variance, 0.0),
            known.covariance,
            wider,
            whole,
        )
        return wider, whole


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Severities:
    """How far severities are known: variance (L,), and covariance (L, L), empty where each is taken for itself."""

    variance: Array
    covariance: Array

    def moved_by(self, pull: Array) -> Array:
        """Return how far a pull on the severities moves them, (L,)."""
        return np.asarray(self.covariance @ pull if self.covariance.size else self.variance * pull)


def sight_of(records: Records, nodes: Array, before: Sight | None) -> Sight:
    """Return where to look for the units at these nodes: everywhere, unless a step before said more."""
    if before is not None and before.n_nodes == len(nodes):
        return before
    n = records.n_units
    pairs = before.pairs if before is not None else pairs_of(records)
    return Sight(
        pairs=pairs,
        low=np.zeros(n, dtype=np.int64),
        high=np.full(n, len(nodes), dtype=np.int64),
        n_nodes=len(nodes),
        reach=np.zeros(len(pairs.rater)) if before is None else before.reach,
        skew=np.zeros(len(pairs.rater)) if before is None else before.skew,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """The even line ``places`` (M,) of places with the severity taken off; every ``n_phases``-th may be a node.

    The first node lies ``margin`` nodes behind its beginning. ``curves`` (rows, M): log-probabilities of the items'
    categories. Of each rater, nobody last, ``base``, ``phase``, ``ahead`` and ``weights`` say which eight places make
    its curves, as ``kernel_pairs.place_shifts`` has it.
    """

    places: Array
    n_phases: int
    margin: int
    curves: Array
    base: Index
    phase: Index
    ahead: Index
    weights: Array


def line_of(records: Records, state: State, nodes: Array) -> Line:
    """Return the line for a state, fine enough for its steepest item."""
    items, numbers = records.items, state.numbers
    step = float(nodes[1] - nodes[0])
    steep = np.abs(numbers.slopes).max(axis=1) * np.where(
        items.family == kernel_items.PARTIAL_CREDIT, np.maximum(1.0, (items.n_categories - 1) / 2.0), 1.0
    )
    n_phases = int(np.clip(np.ceil(float(steep.max(initial=0.0)) * step / FINE), 1, MOST_PHASES))
    shift = np.append(numbers.severity, 0.0)
    margin = int(np.ceil(max(float(shift.max()), 0.0) / step)) + kernel_pairs.N_POINTS
    beyond = int(np.ceil(max(float(-shift.min()), 0.0) / step)) + kernel_pairs.N_POINTS
    places = nodes[0] + (np.arange((margin + len(nodes) + beyond) * n_phases) / n_phases - margin) * step
    rows = np.empty((int(items.n_categories.sum()), len(places)))
    j_n = len(items.family)
    kernel_items.tabulate(
        first_rows(items), np.arange(j_n), np.zeros(j_n), items.family, items.n_categories, numbers.slopes,
        numbers.intercepts, places, rows,
    )  # fmt: skip
    n, points = len(shift), kernel_pairs.N_POINTS
    base, phase, ahead = np.empty(n, np.int64), np.empty((n, points), np.int64), np.empty((n, points), np.int64)
    weights = np.empty((n, 4, points))
    kernel_pairs.place_shifts(shift, step / n_phases, n_phases, base, phase, ahead, weights)
    return Line(
        places=places, n_phases=n_phases, margin=margin, curves=rows, base=base, phase=phase, ahead=ahead,
        weights=weights,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """Places of units after their answers: mean, variance (n, D), height (n,), sums of covariances (G, D, D).

    Where asked for: counts (rows, M) on the line; told (pairs, 5), the slope, expected curvature and own curvature of
    the unit's log-likelihood by the pair's severity, what moves the mean of its quality, expected third derivative;
    covariance (n, D, D); weights (n, D, Q). Empty otherwise.
    """

    mean: Array
    variance: Array
    height: Array
    covariance_sum: Array
    counts: Array
    told: Array
    covariance: Array
    weights: Array


def look(
    sight: Sight, line: Line, nodes: Array, *, precision: Array, group: Index, pull: Array, tau: Array, nu: Array,
    n_sweeps: int, counting: bool = False, telling: bool = False, whole: bool = False, weighing: bool = False,
    wider: Array | None = None, moves: Array | None = None,
) -> Seen:  # fmt: skip
    """Run the E-step of units by their pairs; sites and windows are renewed. Arguments as ``kernel_pairs`` has them."""
    pairs = sight.pairs
    n, d, none = *tau.shape, np.zeros(len(pairs.rater))
    size = line.curves.size
    n_chunks = int(np.clip(MOST_AT_ONCE // max(size, 1), 2, MOST_CHUNKS))
    starts = np.linspace(0, n, n_chunks + 1).astype(np.int64)
    mean, variance, height = np.zeros((n, d)), np.empty((n, d)), np.empty(n)
    sums = np.zeros((n_chunks, len(precision), d, d))
    counts = np.zeros((n_chunks, *line.curves.shape)) if counting else np.zeros((0, 0, 0))
    told = np.empty((len(pairs.rater), 5)) if telling else np.empty((0, 5))
    covariance = np.empty((n if whole else 0, d, d))
    weights = np.empty((n, d, len(nodes)) if weighing else (0, 0, 0))
    kernel_pairs.expect_pairs(
        pairs.pairs, pairs.rater, pairs.quality, pairs.pointer, pairs.row, line.curves, line.n_phases, line.margin,
        line.base, line.phase, line.ahead, line.weights, nodes, precision, group, pull, tau, nu, n_sweeps, sight.low,
        sight.high, pairs.most, starts, none if wider is None else wider, none if moves is None else moves, mean,
        variance, height, sums, counts, told, covariance, weights,
    )  # fmt: skip
    return Seen(
        mean=mean, variance=variance, height=height, covariance_sum=sums.sum(axis=0),
        counts=counts.sum(axis=0) if counting else np.zeros((0, 0)), told=told, covariance=covariance,
        weights=weights,
    )  # fmt: skip


def rated_table(records: Records, line: Line, n_nodes: int) -> Array:
    """Return log-probabilities (T, Q) of every row at every node, from items' curves on their line."""
    table = np.empty((records.n_rows, n_nodes))
    rater = np.where(records.cell_rater >= 0, records.cell_rater, records.n_raters)
    kernel_pairs.seen_by(
        records.first, records.cell_item, rater, records.items.n_categories, first_rows(records.items), line.curves,
        line.n_phases, line.margin, line.base, line.phase, line.ahead, line.weights, table,
    )  # fmt: skip
    return table
