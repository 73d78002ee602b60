"""EM where some items speak of several qualities: the same engine, with a site for all that is said of a block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine import kernel_items
from yucai.measurement.engine.backbone import scaled, with_unit_variances
from yucai.measurement.engine.directions import (
    Directed,
    DirectedState,
    Moments,
    beginning,
    moments_of,
    see,
    shares_of,
)
from yucai.measurement.engine.records import Records
from yucai.measurement.engine.search import mixed, nodes_of
from yucai.measurement.engine.state import State, is_sound, with_numbers

__all__ = ["DirectedFit", "fit_directed"]

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DirectedFit:
    """Where the search ended."""

    state: DirectedState
    nodes: Array
    log_likelihood: float
    trace: tuple[float, ...]
    n_steps: int
    converged: bool


def fit_directed(
    records: Records,
    directed: Directed,
    *,
    apart: Flags | None = None,
    start: DirectedState | None = None,
    told: Callable[[float], None] | None = None,
) -> DirectedFit:
    """Return the likeliest items, severities and backbone; ``apart`` (D,) are testlets, unrelated to all else.

    The spreads of severities stay as they are in ``start``. The log-likelihood is without the severities' law.
    """
    alone = np.zeros(records.n_qualities, dtype=bool) if apart is None else apart
    state, n_steps = start or beginning(records, directed, alone), 0
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
        state=state, nodes=search.nodes, log_likelihood=search.trace[-1] - search.log_prior(state), trace=trace,
        n_steps=n_steps, converged=converged,
    )  # fmt: skip


class _Search:
    """One search on one grid."""

    def __init__(
        self, records: Records, directed: Directed, apart: Flags, nodes: Array, told: Callable[[float], None] | None
    ) -> None:
        self.records, self.directed, self.apart, self.nodes, self.told = records, directed, apart, nodes, told
        self.shares = shares_of(records, directed, len(nodes))
        self.held = directed.rated  # severities and their spread are counted in units of these
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
            height = said.height + self.log_prior(state)
            if height < best - 1e-8 * abs(best) and (leapt or self.stride > 0.1):
                self.stride = self.stride if leapt else self.stride / 2
                state = plain if leapt else good
                leapt, xs, gs, best = False, [], [], best if leapt else -np.inf
                continue
            self.trace.append(height)
            good, plain = state, self.move(state, said)
            before, after = state.flat(), plain.flat()
            change, gain, best = float(np.max(np.abs(after - before))), height - best, height
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
        alone = self.directed.blocks.size.tolist() == [self.records.n_qualities]  # one block: then a sweep is exact
        n_sweeps = 4 if self.n_steps == 0 else 1 if alone else 2
        self.n_steps += 1
        whole: Moments | None = None
        spreads = []
        for share in self.shares:
            found = see(share, state, self.nodes, n_sweeps=n_sweeps)
            said = moments_of(share, found, state)
            whole = said if whole is None else whole + said
            spreads.append(np.sqrt(np.einsum("ndd->nd", found.covariance))[:, ~self.apart])
        assert whole is not None
        self.wanted = float(np.quantile(np.concatenate(spreads), 0.01))
        return whole

    def log_prior(self, state: DirectedState) -> float:
        """Return the logarithm of the severities' law, constants left out."""
        numbers, of = state.state.numbers, self.directed.rater_quality
        return -0.5 * float(((numbers.severity / numbers.severity_sd[of]) ** 2).sum()) if len(of) else 0.0

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
                np.zeros(len(self.records.cell_item)), items.family,
                items.n_categories, own_slopes, own_intercepts, self.nodes, said.counts, nothing, nothing,
                np.ones(len(items.family), dtype=bool), 2,
            )  # fmt: skip
            simple = with_numbers(simple, slopes=own_slopes, intercepts=own_intercepts)
        if len(self.directed.rater_quality):
            simple = self.judged(simple, said)
        covariance, moved, stretch = self.spread(simple.backbone.covariance[0], said)
        severity, severity_sd = simple.numbers.severity, simple.numbers.severity_sd
        simple = replace(simple, backbone=replace(simple.backbone, covariance=covariance[None]))
        simple = with_numbers(scaled(simple, self.records, moved, stretch), severity=severity, severity_sd=severity_sd)
        direction = np.einsum("wl,wld->wd", slopes, self.directed.basis)
        there = np.arange(intercepts.shape[1]) < self.directed.n_categories[:, None] - 1
        covariance = _with_testlets_scaled(covariance, self.directed, self.apart, stretch)
        simple = replace(simple, backbone=replace(simple.backbone, covariance=covariance[None]))
        return DirectedState(
            state=simple,
            slopes=slopes * _own_stretch(self.directed, self.apart, stretch),
            intercepts=intercepts + (direction @ moved)[:, None] * there,
        )

    def judged(self, state: State, said: Moments) -> State:
        """Return the state after a step of the severities."""
        numbers = state.numbers
        held = 1.0 / numbers.severity_sd[self.directed.rater_quality] ** 2
        step = (said.judged[:, 0] - held * numbers.severity) / (said.judged[:, 1] + held)
        return with_numbers(state, severity=numbers.severity + self.stride * np.clip(step, -1.0, 1.0))

    def spread(self, start: Array, said: Moments) -> tuple[Array, Array, Array]:
        """Return the likeliest covariance in new units, and how far each zero moved and each unit stretched.

        Qualities that severities are counted in keep mean 0 and variance 1.
        """
        covariance, moved, stretch = _spread(said, self.apart, self.held)
        if not self.held.any():
            return covariance, moved, stretch
        covariance = with_unit_variances(covariance * np.outer(stretch, stretch), start, self.held)
        return covariance / np.outer(stretch, stretch), moved, stretch

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


def _spread(said: Moments, apart: Flags, held: Flags) -> tuple[Array, Array, Array]:
    """Return the likeliest covariance in new units, and how far each quality's zero moved and its unit stretched."""
    moved = np.where(apart | held, 0.0, said.first / said.n)
    spread = said.second / said.n - np.outer(moved, said.first / said.n) - np.outer(said.first / said.n, moved)
    spread += np.outer(moved, moved)
    related = ~(apart[:, None] | apart[None, :])
    spread = np.where(related | np.eye(len(apart), dtype=bool), spread, 0.0)
    stretch = np.where(apart | held, 1.0, np.sqrt(np.diag(spread)))
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
