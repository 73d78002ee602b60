r"""Marginal maximum likelihood for one quality: Bock and Aitkin's (1981) EM with quadrature on an equal grid.

A unit's place x has the standard normal as its prior; what is estimated are items and raters. A rater's severity has
a normal prior whose spread is estimated too, which keeps raters who only give extreme marks finite. Items with few
responses have weak priors, stated in ``CONVENTION``. Steps are accelerated by SQUAREM (Varadhan and Roland 2008) and
a leap that would lower the likelihood is taken back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from yucai.framework import ItemModel
from yucai.measurement.coding import CodedQuality
from yucai.measurement.information import information_of, likeliest_spread, std_errors
from yucai.measurement.parameters import (
    INTERCEPT_PRIOR_SD,
    SLOPE_PRIOR,
    Block,
    Design,
    Parameters,
    curves_of,
    design_of,
    start_parameters,
    table_of,
)
from yucai.measurement.quadrature import Grid, grid_of, membership_of, moments, posterior

__all__ = ["STEEPEST", "Estimate", "estimate"]

Array = npt.NDArray[np.float64]

NODES: Final = (61, 121, 241)
MOST_STEPS: Final = 300
MOST_SPREADS: Final = 12
SAME_SPREAD: Final = 0.005  # change of its logarithm at which the severities' spread has settled
SMALLEST_CHANGE: Final = 1e-5  # of any parameter in one step ...
SMALLEST_GAIN: Final = 1e-9  # ... or of the likelihood, as a share of itself, over a whole cycle
LONGEST_MOVE: Final = 1.0
STEEPEST: Final = 5.0  # beyond this a slope says "the same answer twice over", not "a sharper item"
FARTHEST_MOVE: Final = 30.0  # where each move is tried before it is made
MOST_HALVINGS: Final = 12
LEAST_GAP: Final = 1e-3  # between neighbouring graded intercepts


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What the search found for one quality, and how it went."""

    parameters: Parameters
    std_errors: Array  # (P,) of the numbers of ``Parameters.flat``
    log_likelihood: float
    trace: tuple[float, ...]  # log-likelihood plus log-prior at the beginning of each cycle of the first search
    n_steps: int
    converged: bool
    n_nodes: int


def estimate(coded: CodedQuality, *, told: Callable[[float], None] | None = None) -> Estimate:
    """Return the maximum-likelihood estimate for coded responses; the grid is refined until it is fine enough.

    The spacing must not exceed the standard deviation of all but the sharpest hundredth of the posteriors: then the
    error of the sum is far below the error of estimation.
    """
    design = design_of(coded)
    whole = _Whole(coded, design, membership_of(coded, design), told)
    parameters = start_parameters(coded)
    for n_nodes in NODES:
        grid = grid_of(n_nodes)
        parameters = whole.settle(parameters, grid)
        weights, log_likelihood = posterior(whole.membership, table_of(design, parameters, grid.nodes), grid)
        if grid.spacing <= np.quantile(moments(weights, grid)[1], 0.01):
            break
    information = information_of(coded, design, parameters, weights, grid)
    return Estimate(
        parameters=parameters,
        std_errors=std_errors(information, parameters.severity_sd),
        log_likelihood=float(log_likelihood.sum()),
        trace=whole.trace,
        n_steps=whole.n_steps,
        converged=whole.converged,
        n_nodes=len(grid.nodes),
    )


class _Whole:
    """The searches for one quality: items and severities for a given spread, then the spread, until both stay."""

    def __init__(
        self,
        coded: CodedQuality,
        design: Design,
        membership: sparse.csr_matrix,
        told: Callable[[float], None] | None,
    ) -> None:
        self.coded, self.design, self.membership, self.told = coded, design, membership, told
        self.trace: tuple[float, ...] = ()
        self.n_steps, self.converged = 0, False

    def settle(self, parameters: Parameters, grid: Grid) -> Parameters:
        """Return items, severities and their spread at the top, on one grid.

        Each time the spread turns back the stride is halved: with few ratings it would swing to and fro for ever.
        """
        stride, last = 1.0, 0.0
        for _ in range(MOST_SPREADS):
            parameters = self._search(parameters, grid)
            if not self.design.n_raters:
                return parameters
            weights, _unused = posterior(self.membership, table_of(self.design, parameters, grid.nodes), grid)
            information = information_of(self.coded, self.design, parameters, weights, grid)
            spread = likeliest_spread(information, parameters.severity, parameters.severity_sd)
            move = float(np.log(spread / parameters.severity_sd))
            stride, last = (stride / 2 if move * last < 0 else stride), move
            parameters = replace(parameters, severity_sd=parameters.severity_sd * float(np.exp(stride * move)))
            if abs(move) < SAME_SPREAD:
                return parameters
        self.converged = False
        return parameters

    def _search(self, parameters: Parameters, grid: Grid) -> Parameters:
        search = _Search(self.design, self.membership, grid, self.told)
        parameters, self.converged = search.run(parameters)
        self.n_steps += search.n_steps
        self.trace = self.trace or tuple(search.trace)
        return parameters


class _Search:
    """One EM search on one grid."""

    def __init__(
        self, design: Design, membership: sparse.csr_matrix, grid: Grid, told: Callable[[float], None] | None
    ) -> None:
        self.design, self.membership, self.grid, self.told = design, membership, grid, told
        self.crossed = membership.T.tocsr()
        self.trace: list[float] = []
        self.n_steps = 0
        self.careful = False  # from the first cycle on that ended lower than it began

    def run(self, parameters: Parameters) -> tuple[Parameters, bool]:
        """Return the parameters at the top, and whether the search got there."""
        began, last = None, parameters
        while self.n_steps < MOST_STEPS:
            first, value = self.step(parameters)
            if self.trace and value < self.trace[-1] - SMALLEST_GAIN * abs(value):
                if self.careful:  # what is left is rounding
                    return last, True
                parameters, self.careful = last, True
                continue
            second, _ = self.step(first)
            r = first.flat() - parameters.flat()
            v = second.flat() - first.flat() - r
            change = float(np.max(np.abs(r), initial=0.0))
            began = began or change
            if self.told is not None:
                self.told(_share_done(change, began))
            self.trace.append(value)
            if change < SMALLEST_CHANGE or self._flat():
                return second, True
            last, parameters = parameters, self._leap(parameters, second, r, v, value)
        return last, False

    def _flat(self) -> bool:
        return len(self.trace) > 3 and self.trace[-1] - self.trace[-3] < SMALLEST_GAIN * abs(self.trace[-1])

    def _leap(self, start: Parameters, second: Parameters, r: Array, v: Array, value: float) -> Parameters:
        """SQUAREM: go on in the direction of two steps; fall back to the second when that is not higher."""
        length = -np.sqrt(float(r @ r) / max(float(v @ v), 1e-300))
        if length > -1.0:
            return second
        moved = start.flat() - 2 * length * r + length**2 * v
        if not np.all(np.isfinite(moved)):
            return second
        far = _in_order(start.with_flat(moved), self.design)
        return far if self.value(far) >= value else second

    def value(self, parameters: Parameters) -> float:
        """Return log-likelihood plus log-prior."""
        _, log_likelihood = posterior(self.membership, table_of(self.design, parameters, self.grid.nodes), self.grid)
        return float(log_likelihood.sum()) + _log_prior(parameters, self.design)

    def step(self, parameters: Parameters) -> tuple[Parameters, float]:
        """Return the parameters after one EM step, and the height before it."""
        self.n_steps += 1
        table = table_of(self.design, parameters, self.grid.nodes)
        weights, log_likelihood = posterior(self.membership, table, self.grid)
        counts = self.crossed @ weights  # (entries, Q): expected number in each category at each node
        value = float(log_likelihood.sum()) + _log_prior(parameters, self.design)
        maximised = _maximised_with_care if self.careful else _maximised
        return maximised(parameters, self.design, counts, self.grid.nodes), value


def _share_done(change: float, began: float) -> float:
    if began <= SMALLEST_CHANGE:
        return 1.0
    done = np.log(began / max(change, SMALLEST_CHANGE)) / np.log(began / SMALLEST_CHANGE)
    return float(np.clip(done, 0.0, 1.0))


def _log_prior(parameters: Parameters, design: Design) -> float:
    few = design.few
    mean, sd = SLOPE_PRIOR
    total = -0.5 * float((((parameters.slope[few] - mean) / sd) ** 2).sum())
    total -= 0.5 * float(np.nansum((parameters.intercepts[few] / INTERCEPT_PRIOR_SD) ** 2))
    if len(parameters.severity):
        total -= 0.5 * float(((parameters.severity / parameters.severity_sd) ** 2).sum())
    return total


def _maximised(parameters: Parameters, design: Design, counts: Array, nodes: Array) -> Parameters:
    """Return the parameters after Fisher-scoring steps on the expected counts."""
    for _ in range(2):
        parameters = _item_step(parameters, design, counts, nodes)
    if len(parameters.severity):
        parameters = _rater_step(parameters, design, counts, nodes)
    return parameters


def _maximised_with_care(start: Parameters, design: Design, counts: Array, nodes: Array) -> Parameters:
    """Return the same, but every item and every rater goes only so far that its expected height does not fall."""
    for _ in range(2):
        move = _bounded_move(start.slope, *_item_slopes(start, design, counts, nodes), FARTHEST_MOVE)

        def way(share: Array, start: Parameters = start, move: Array = move) -> Parameters:
            return _moved(start, share[:, None] * move)

        start = _no_lower(way, lambda tried: _item_heights(tried, design, counts, nodes), design.n_items)
    if not len(start.severity):
        return start
    severity = _rater_step(start, design, counts, nodes).severity - start.severity
    return _no_lower(
        lambda share: replace(start, severity=start.severity + share * severity),
        lambda tried: _rater_heights(tried, design, counts, nodes),
        design.n_raters,
    )


def _no_lower(way: Callable[[Array], Parameters], heights: Callable[[Parameters], Array], n: int) -> Parameters:
    """Return the end of the way; a part of it that ends lower than it began is halved, and in the end not gone."""
    before, share = heights(way(np.zeros(n))), np.ones(n)
    for _ in range(MOST_HALVINGS):
        fell = heights(way(share)) < before
        if not fell.any():
            break
        share[fell] /= 2
    else:
        share[fell] = 0.0
    return way(share)


def _item_heights(parameters: Parameters, design: Design, counts: Array, nodes: Array) -> Array:
    """Return each item's expected log-likelihood plus log-prior, (J,)."""
    (mean, sd), there = SLOPE_PRIOR, ~np.isnan(parameters.intercepts)
    prior = ((parameters.slope - mean) / sd) ** 2 + np.nansum((parameters.intercepts / INTERCEPT_PRIOR_SD) ** 2, axis=1)
    heights: Array = np.where(design.few, -0.5 * prior, 0.0)
    heights[(_in_order(parameters, design).intercepts != parameters.intercepts).any(axis=1, where=there)] = -np.inf
    for block in design.blocks:
        seen, log_p = _block_counts(block, counts), curves_of(block, parameters, nodes).log_p
        np.add.at(heights, block.item, np.einsum("ckq,ckq->c", seen, log_p))
    return heights


def _rater_heights(parameters: Parameters, design: Design, counts: Array, nodes: Array) -> Array:
    """Return each rater's expected log-likelihood plus log-prior, (L,)."""
    heights: Array = -0.5 * (parameters.severity / parameters.severity_sd) ** 2
    for block in design.blocks:
        judged = block.rater >= 0
        seen, log_p = _block_counts(block, counts), curves_of(block, parameters, nodes).log_p
        np.add.at(heights, block.rater[judged], np.einsum("ckq,ckq->c", seen, log_p)[judged])
    return heights


def _block_counts(block: Block, counts: Array) -> Array:
    rows = block.first[:, None] + np.arange(block.n_categories)
    seen: Array = counts[rows]  # (C, K, Q)
    return seen


def _item_step(parameters: Parameters, design: Design, counts: Array, nodes: Array) -> Parameters:
    gradient, information = _item_slopes(parameters, design, counts, nodes)
    move = _bounded_move(parameters.slope, gradient, information, LONGEST_MOVE)
    return _in_order(_moved(parameters, move), design)


def _moved(parameters: Parameters, move: Array) -> Parameters:
    return replace(parameters, slope=parameters.slope + move[:, 0], intercepts=parameters.intercepts + move[:, 1:])


def _item_slopes(parameters: Parameters, design: Design, counts: Array, nodes: Array) -> tuple[Array, Array]:
    """Return the derivatives of the expected heights by slope and intercepts (J, M), and their information."""
    most = parameters.intercepts.shape[1] + 1
    gradient = np.zeros((design.n_items, most))
    information = np.zeros((design.n_items, most, most))
    for block in design.blocks:
        curves, seen = curves_of(block, parameters, nodes), _block_counts(block, counts)
        p = np.exp(curves.log_p) * seen.sum(axis=1, keepdims=True)
        size = block.n_categories
        np.add.at(gradient[:, :size], block.item, np.einsum("ckq,ckqp->cp", seen, curves.score, optimize=True))
        weighted = curves.score * p[..., None]
        part = np.matmul(weighted.reshape(len(p), -1, size).transpose(0, 2, 1), curves.score.reshape(len(p), -1, size))
        np.add.at(information[:, :size, :size], block.item, part)
    absent = np.concatenate([np.zeros((design.n_items, 1), bool), np.isnan(parameters.intercepts)], axis=1)
    information[absent[:, :, None] | absent[:, None, :]] = 0.0
    diagonal = np.einsum("jpp->jp", information)
    diagonal += np.where(absent, 1.0, 1e-6)
    _add_item_priors(gradient, diagonal, parameters, design)
    return gradient, information


def _bounded_move(slope: Array, gradient: Array, information: Array, longest: float) -> Array:
    """Return the Fisher-scoring step; where the slope's part is cut short, the intercepts go with what is left of it.

    An item at the bound of its slope would else be moved as if the slope were free, away from the top.
    """
    move = np.asarray(np.linalg.solve(information, gradient[..., None])[..., 0], dtype=np.float64)
    by_slope = np.clip(slope + np.clip(move[:, 0], -longest, longest), -STEEPEST, STEEPEST) - slope
    cut = np.abs(by_slope - move[:, 0]) > 1e-12
    if cut.any():
        left = gradient[cut, 1:] - information[cut, 1:, 0] * by_slope[cut, None]
        move[cut, 0], move[cut, 1:] = by_slope[cut], np.linalg.solve(information[cut, 1:, 1:], left[..., None])[..., 0]
    return np.clip(move, -longest, longest)


def _add_item_priors(gradient: Array, diagonal: Array, parameters: Parameters, design: Design) -> None:
    """Add the weak priors of items with few responses, in place, to freshly made sums."""
    few = design.few
    mean, sd = SLOPE_PRIOR
    gradient[few, 0] -= (parameters.slope[few] - mean) / sd**2
    diagonal[few, 0] += 1 / sd**2
    gradient[few, 1:] -= np.nan_to_num(parameters.intercepts[few]) / INTERCEPT_PRIOR_SD**2
    diagonal[few, 1:] += 1 / INTERCEPT_PRIOR_SD**2


def _rater_step(parameters: Parameters, design: Design, counts: Array, nodes: Array) -> Parameters:
    gradient, information = np.zeros(design.n_raters), np.zeros(design.n_raters)
    for block in design.blocks:
        judged = block.rater >= 0
        if not judged.any():
            continue
        curves, seen = curves_of(block, parameters, nodes), _block_counts(block, counts)
        p = np.exp(curves.log_p) * seen.sum(axis=1, keepdims=True)
        np.add.at(gradient, block.rater[judged], -np.einsum("ckq,ckq->c", seen, curves.by_place)[judged])
        np.add.at(information, block.rater[judged], np.einsum("ckq,ckq->c", p, curves.by_place**2)[judged])
    precision = 1 / parameters.severity_sd**2
    move = (gradient - precision * parameters.severity) / (information + precision)
    return replace(parameters, severity=parameters.severity + np.clip(move, -LONGEST_MOVE, LONGEST_MOVE))


def _in_order(parameters: Parameters, design: Design) -> Parameters:
    """Graded intercepts fall from step to step and slopes stay in bounds; a move that broke this is mended."""
    slope = np.clip(parameters.slope, -STEEPEST, STEEPEST)
    intercepts = parameters.intercepts.copy()
    for block in design.blocks:
        if block.model is not ItemModel.GRADED:
            continue
        steps = intercepts[block.item, : block.n_categories - 1]
        for k in range(1, steps.shape[1]):
            steps[:, k] = np.minimum(steps[:, k], steps[:, k - 1] - LEAST_GAP)
        intercepts[block.item, : block.n_categories - 1] = steps
    return replace(parameters, slope=slope, intercepts=intercepts)
