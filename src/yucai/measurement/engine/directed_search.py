"""EM where some items speak of several qualities: the same engine, with a site along each such item's direction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import linalg

from yucai.measurement.engine import kernel_directions, kernel_items
from yucai.measurement.engine.backbone import scaled
from yucai.measurement.engine.directions import (
    Directed,
    DirectedState,
    Moments,
    Share,
    beginning,
    moments_of,
    see,
    shares_of,
)
from yucai.measurement.engine.records import Records
from yucai.measurement.engine.search import mixed, nodes_of
from yucai.measurement.engine.state import is_sound, with_numbers

__all__ = ["DirectedErrors", "DirectedFit", "errors_of", "fit_directed"]

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
SPACING: Final = 0.15
MOST_STEPS: Final = 500
SMALLEST_CHANGE: Final = 2e-5
SMALLEST_GAIN: Final = 1e-10
MEMORY: Final = 5
STEEPEST: Final = 5.0
GAP: Final = 1e-3
LEAST_OWN: Final = 1e-3
SWEEPS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DirectedFit:
    """Where the search ended."""

    state: DirectedState
    nodes: Array
    log_likelihood: float
    trace: tuple[float, ...]
    n_steps: int
    converged: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DirectedErrors:
    """Standard errors: numbers (J, P) of items with one quality as the engine packs them, slopes (W, L), intercepts
    (W, K), correlations (D, D), and of the variances of testlets (D,), 0 elsewhere.
    """

    numbers: Array
    slopes: Array
    intercepts: Array
    correlations: Array
    variances: Array


def fit_directed(
    records: Records, directed: Directed, *, apart: Flags | None = None, told: Callable[[float], None] | None = None
) -> DirectedFit:
    """Return the likeliest items and backbone; ``apart`` (D,) are testlets, unrelated to all else, variances free."""
    alone = np.zeros(records.n_qualities, dtype=bool) if apart is None else apart
    state, n_steps = beginning(records, directed, alone), 0
    trace: tuple[float, ...] = ()
    spacing = SPACING
    while True:
        search = _Search(records, directed, alone, nodes_of(spacing), told)
        state, converged = search.run(state)
        n_steps, trace = n_steps + search.n_steps, trace or tuple(search.trace)
        if search.nodes[1] - search.nodes[0] <= 1.02 * search.wanted or spacing <= 0.06:
            break
        spacing = max(min(0.9 * search.wanted, 0.8 * spacing), 0.06)
    return DirectedFit(
        state=state, nodes=search.nodes, log_likelihood=search.trace[-1], trace=trace, n_steps=n_steps,
        converged=converged,
    )  # fmt: skip


class _Search:
    """One search on one grid."""

    def __init__(
        self, records: Records, directed: Directed, apart: Flags, nodes: Array, told: Callable[[float], None] | None
    ) -> None:
        self.records, self.directed, self.apart, self.nodes, self.told = records, directed, apart, nodes, told
        self.shares = shares_of(records, directed, len(nodes))
        self.trace: list[float] = []
        self.n_steps, self.wanted, self.stride = 0, 0.0, 1.0

    def run(self, state: DirectedState) -> tuple[DirectedState, bool]:
        """Return the state at the top, and whether the search got there. A step that ends lower is halved."""
        xs: list[Array] = []
        gs: list[Array] = []
        plain, good, leapt = state, state, False
        best, began = -np.inf, 0.0
        while self.n_steps < MOST_STEPS:
            said = self.gather(state)
            if said.height < best - 1e-8 * abs(best) and (leapt or self.stride > 0.1):
                self.stride = self.stride if leapt else self.stride / 2
                state = plain if leapt else good
                leapt, xs, gs, best = False, [], [], best if leapt else -np.inf
                continue
            self.trace.append(said.height)
            good, plain = state, self.move(state, said)
            before, after = state.flat(), plain.flat()
            change, gain, best = float(np.max(np.abs(after - before))), said.height - best, said.height
            began = began or change
            if self.told is not None:
                self.told(float(np.clip(np.log(began / max(change, 1e-9)) / np.log(1e5), 0.0, 0.99)))
            if change < SMALLEST_CHANGE or (not leapt and 0 <= gain < SMALLEST_GAIN * abs(best)):
                return plain, True
            xs, gs = [*xs, before][-MEMORY:], [*gs, after][-MEMORY:]
            far = mixed(xs, gs)
            state, leapt = plain, False
            if far is not None:
                tried = plain.with_flat(far)
                if self.sound(tried):
                    state, leapt = tried, True
        return plain, False

    def gather(self, state: DirectedState) -> Moments:
        """Run the E-step of every share, in order, and add up."""
        n_sweeps = 4 if self.n_steps == 0 else 2
        self.n_steps += 1
        whole: Moments | None = None
        spreads = []
        for share in self.shares:
            found = see(share, state, self.nodes, n_sweeps=n_sweeps)
            said = moments_of(share, found, state.intercepts)
            whole = said if whole is None else whole + said
            spreads.append(np.sqrt(np.einsum("ndd->nd", found.covariance))[:, ~self.apart])
        assert whole is not None
        self.wanted = float(np.quantile(np.concatenate(spreads), 0.01))
        return whole

    def move(self, state: DirectedState, said: Moments) -> DirectedState:
        """Return the state after one M-step."""
        slopes, intercepts = self.turned(state, said)
        simple = state.state
        if len(self.records.items.family):
            own_slopes, own_intercepts = simple.numbers.slopes.copy(), simple.numbers.intercepts.copy()
            items, width = self.records.items, 2 * int(self.records.items.n_categories.max()) + 2
            nothing = np.zeros((len(items.family), width))
            kernel_items.improve(
                self.records.item_cells, self.records.item_pointer, self.records.first,
                np.zeros(len(self.records.cell_item)), items.family, items.n_categories, own_slopes, own_intercepts,
                self.nodes, said.counts, nothing, nothing, np.ones(len(items.family), dtype=bool), 2,
            )  # fmt: skip
            simple = with_numbers(simple, slopes=own_slopes, intercepts=own_intercepts)
        covariance, moved, stretch = _spread(said, self.apart)
        simple = replace(simple, backbone=replace(simple.backbone, covariance=covariance[None]))
        simple = scaled(simple, self.records, moved, stretch)
        direction = np.einsum("wl,wld->wd", slopes, self.directed.basis)
        shift = (direction @ moved)[:, None] * (
            np.arange(intercepts.shape[1]) < self.directed.n_categories[:, None] - 1
        )
        covariance = _with_testlets_scaled(covariance, self.directed, self.apart, stretch)
        simple = replace(simple, backbone=replace(simple.backbone, covariance=covariance[None]))
        return DirectedState(
            state=simple,
            slopes=slopes * _own_stretch(self.directed, self.apart, stretch),
            intercepts=intercepts + shift,
        )

    def turned(self, state: DirectedState, said: Moments) -> tuple[Array, Array]:
        """Return slopes and intercepts of items with several qualities after one step of scoring."""
        directed = self.directed
        slopes, intercepts = state.slopes.copy(), state.intercepts.copy()
        for j, (l_n, k_n) in enumerate(zip(directed.n_slopes, directed.n_categories, strict=True)):
            p = int(l_n + k_n - 1)
            h = said.information[j, :p, :p] + 1e-6 * np.eye(p)
            step = np.linalg.solve(h, said.gradient[j, :p])
            step *= self.stride / max(1.0, float(np.abs(step).max()))
            slopes[j, :l_n] = np.clip(slopes[j, :l_n] + step[:l_n], -STEEPEST, STEEPEST)
            intercepts[j, : k_n - 1] += step[l_n:]
            if directed.family[j] == kernel_items.GRADED:
                for m in range(1, k_n - 1):
                    intercepts[j, m] = min(intercepts[j, m], intercepts[j, m - 1] - GAP)
        return slopes, intercepts

    def sound(self, tried: DirectedState) -> bool:
        """Return whether a state that was leapt to makes sense."""
        flat = tried.flat()
        if not np.all(np.isfinite(flat)) or np.abs(tried.slopes).max(initial=0.0) > STEEPEST:
            return False
        k = np.arange(tried.intercepts.shape[1] - 1)
        falls = tried.intercepts[:, 1:] < tried.intercepts[:, :-1]
        there = (k[None, :] < (self.directed.n_categories - 2)[:, None]) & (
            self.directed.family == kernel_items.GRADED
        )[:, None]
        in_order = bool(np.all(falls | ~there))
        return in_order and (not len(self.records.items.family) or is_sound(tried.state, self.records.items))


def _spread(said: Moments, apart: Flags) -> tuple[Array, Array, Array]:
    """Return the likeliest covariance in new units, and how far each quality's zero moved and its unit stretched."""
    moved = np.where(apart, 0.0, said.first / said.n)
    spread = said.second / said.n - np.outer(moved, said.first / said.n) - np.outer(said.first / said.n, moved)
    spread += np.outer(moved, moved)
    related = ~(apart[:, None] | apart[None, :])
    spread = np.where(related | np.eye(len(apart), dtype=bool), spread, 0.0)
    stretch = np.where(apart, 1.0, np.sqrt(np.diag(spread)))
    spread = spread / np.outer(stretch, stretch)
    sd = np.sqrt(np.diag(spread))
    values, vectors = np.linalg.eigh(spread / np.outer(sd, sd))
    if values[0] < LEAST_OWN:
        mended = (vectors * np.maximum(values, LEAST_OWN)) @ vectors.T
        root = np.sqrt(np.diag(mended)) / sd
        spread = mended / np.outer(root, root)
    return np.asarray(spread), moved, stretch


def _own_stretch(directed: Directed, apart: Flags, stretch: Array) -> Array:
    """Return by how much each slope grows when its quality's unit does, (W, L)."""
    first = np.argmax(np.where(apart, 0.0, directed.basis) != 0.0, axis=2)
    return np.asarray(stretch[first])


def _with_testlets_scaled(covariance: Array, directed: Directed, apart: Flags, stretch: Array) -> Array:
    """Testlets are counted in units of the quality that their items speak of; when that unit stretches, so do they."""
    by = np.ones(len(apart))
    for one in directed.basis.reshape(-1, len(apart)):
        if (one[apart] != 0).any():
            by[apart & (one != 0)] = stretch[np.argmax(np.where(apart, 0.0, one) != 0)]
    return np.asarray(covariance / np.outer(by, by))


def errors_of(records: Records, directed: Directed, found: DirectedFit, *, apart: Flags) -> DirectedErrors:
    """Return the standard errors of what a search found, from the outer product of the units' scores."""
    place = _Places(records, directed, apart)
    information = np.zeros((place.n, place.n))
    for share in shares_of(records, directed, len(found.nodes)):
        scores = scores_of(share, found, place)
        information += scores.T @ scores
    covariance = _inverse(information + 1e-9 * np.eye(place.n))
    return place.spoken(np.sqrt(np.maximum(np.diag(covariance), 0.0)))


class _Places:
    """Where each number stands in a row of scores: items with one quality, with several, correlations, testlets."""

    def __init__(self, records: Records, directed: Directed, apart: Flags) -> None:
        self.directed, self.apart, self.d = directed, apart, records.n_qualities
        self.n_numbers = np.array(records.items.n_categories, dtype=np.int64)
        self.simple = np.concatenate([[0], np.cumsum(self.n_numbers)]).astype(np.int64)
        sizes = directed.n_slopes + directed.n_categories - 1
        self.begin = (self.simple[-1] + np.concatenate([[0], np.cumsum(sizes)])).astype(np.int64)
        rows, columns = np.tril_indices(self.d, -1)
        kept = ~apart[rows] & ~apart[columns]
        self.below = rows[kept], columns[kept]
        self.backbone = int(self.begin[-1])
        self.testlets = np.flatnonzero(apart)
        self.n = self.backbone + int(kept.sum()) + len(self.testlets)

    def spoken(self, root: Array) -> DirectedErrors:
        """Return the roots, each in its place."""
        numbers = np.zeros((len(self.n_numbers), int(self.n_numbers.max(initial=1))))
        for j, n in enumerate(self.n_numbers):
            numbers[j, :n] = root[self.simple[j] : self.simple[j] + n]
        slopes = np.zeros(self.directed.basis.shape[:2])
        intercepts = np.zeros((len(slopes), max(2, int(self.directed.n_categories.max()) - 1)))
        for j, (l_n, k_n) in enumerate(zip(self.directed.n_slopes, self.directed.n_categories, strict=True)):
            slopes[j, :l_n] = root[self.begin[j] : self.begin[j] + l_n]
            intercepts[j, : k_n - 1] = root[self.begin[j] + l_n : self.begin[j] + l_n + k_n - 1]
        correlations, variances = np.zeros((self.d, self.d)), np.zeros(self.d)
        n = len(self.below[0])
        correlations[self.below] = root[self.backbone : self.backbone + n]
        variances[self.testlets] = root[self.backbone + n :]
        return DirectedErrors(
            numbers=numbers, slopes=slopes, intercepts=intercepts, correlations=correlations + correlations.T,
            variances=variances,
        )  # fmt: skip


def scores_of(share: Share, found: DirectedFit, place: _Places) -> Array:
    """Return the derivatives of each unit's log-evidence by every number, (n, numbers)."""
    records, directed, state = share.records, share.directed, found.state
    after = see(share, state, found.nodes, n_sweeps=SWEEPS)
    scores = np.zeros((records.n_units, place.n))
    if len(records.items.family):
        most = int(records.items.n_categories.max())
        by_number = np.zeros((records.n_rows, 2 * most + 2, len(found.nodes)))
        by_severity = np.zeros((records.n_rows, len(found.nodes)))
        kernel_items.tabulate_scores(
            records.cell_item, np.zeros(len(records.cell_item)), records.first, records.items.family,
            records.items.n_categories, state.state.numbers.slopes, state.state.numbers.intercepts, found.nodes,
            by_number, by_severity,
        )  # fmt: skip
        row_item = np.repeat(records.cell_item, records.items.n_categories[records.cell_item])
        kernel_items.score_units(
            records.pointer, records.row, records.quality, row_item, np.full_like(row_item, -1), place.n_numbers,
            place.simple[:-1], after.weights, by_number, by_severity, 0, scores,
        )  # fmt: skip
    kernel_directions.score_directed(
        directed.pointer, directed.item, directed.category, directed.n_slopes, directed.family, directed.n_categories,
        state.intercepts, *after.of_answers, place.begin[:-1], scores,
    )  # fmt: skip
    precision = np.linalg.inv(state.state.backbone.covariance[0])
    pull = (after.mean - state.state.backbone.mean) @ precision
    by = np.einsum("ab,nbc,cd->nad", precision, after.covariance, precision, optimize=True)
    by += pull[:, :, None] * pull[:, None, :] - precision
    n = len(place.below[0])
    scores[:, place.backbone : place.backbone + n] = by[:, place.below[0], place.below[1]]
    scores[:, place.backbone + n :] = 0.5 * by[:, place.testlets, place.testlets]
    return scores


def _inverse(information: Array) -> Array:
    try:
        return np.asarray(linalg.cho_solve(linalg.cho_factor(information), np.eye(len(information))))
    except linalg.LinAlgError:  # fewer units than numbers: the least-norm answer
        return np.asarray(np.linalg.pinv(information, hermitian=True), dtype=np.float64)
