"""What the responses tell of items and raters: standard errors, and how far raters differ in severity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import linalg, optimize, sparse

from yucai.measurement.coding import CodedQuality
from yucai.measurement.parameters import INTERCEPT_PRIOR_SD, SLOPE_PRIOR, Block, Design, Parameters, curves_of
from yucai.measurement.quadrature import Grid

__all__ = ["SPREAD_MODE", "Information", "in_chunks", "information_of", "likeliest_spread", "std_errors"]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

MOST_JOINT: Final = 1500  # raters; beyond, each is taken for itself
SPREAD_MODE: Final = 1.0  # of the prior of the severities' spread
SMALLEST_SPREAD, LARGEST_SPREAD = 0.01, 3.0
CHUNK: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Information:
    """Cross-products of the units' scores, with the items' weak priors and without that of the severities.

    ``items`` is (I, I) over slopes and intercepts, ``across`` (I, L), ``raters`` (L, L); with very many raters
    ``raters`` is (L,), its diagonal, and ``across`` is left empty.
    """

    items: Array
    across: Array
    raters: Array


def information_of(
    coded: CodedQuality, design: Design, parameters: Parameters, weights: Array, grid: Grid
) -> Information:
    """Return the information that the responses hold (outer product of the units' scores, priors added)."""
    scores = _unit_scores(coded, design, parameters, weights, grid)
    n = scores.shape[1] - design.n_raters
    of_items, of_raters = scores[:, :n], scores[:, n:]
    items = (of_items.T @ of_items).toarray()
    steps = (~np.isnan(parameters.intercepts)).sum(axis=1)
    few = design.few
    held = [
        np.where(few, 1 / SLOPE_PRIOR[1] ** 2, 0.0),
        np.repeat(np.where(few, 1 / INTERCEPT_PRIOR_SD**2, 0.0), steps),
    ]
    items[np.diag_indices(n)] += np.concatenate(held) + 1e-9
    if design.n_raters > MOST_JOINT:
        squares = np.asarray(of_raters.multiply(of_raters).sum(axis=0)).ravel()
        return Information(items=items, across=np.zeros((n, 0)), raters=squares)
    return Information(
        items=items, across=(of_items.T @ of_raters).toarray(), raters=(of_raters.T @ of_raters).toarray()
    )


def std_errors(information: Information, spread: float) -> Array:
    """Return the standard errors of slopes, intercepts and severities, in the order of ``Parameters.flat``.

    Severities are compared with the average of the raters: what all raters share cannot be told from the intercepts
    and moves no learner.
    """
    n = len(information.items)
    if not information.raters.size:
        return _root_diagonal(_inverse(information.items))
    held = 1 / spread**2
    if information.raters.ndim == 1:
        return np.concatenate([_root_diagonal(_inverse(information.items)), 1 / np.sqrt(information.raters + held)])
    raters = information.raters + held * np.eye(len(information.raters))
    covariance = _inverse(np.block([[information.items, information.across], [information.across.T, raters]]))
    apart = np.eye(len(raters)) - 1 / len(raters)
    return np.concatenate([_root_diagonal(covariance[:n, :n]), _root_diagonal(apart @ covariance[n:, n:] @ apart)])


def likeliest_spread(information: Information, severity: Array, spread: float) -> float:
    r"""Return the severities' most likely standard deviation, severities integrated out (Laplace).

    With J the information on the severities once the items are free to follow, and b = (J + I / s_0^2) rho, highest is

    .. math:: \tfrac12 b'(J + s^{-2} I)^{-1} b - \tfrac12 \log |I + s^2 J| + \log s - s^2 / 2

    The last two terms are a Rayleigh prior with its mode at 1: it keeps s from zero, where no rater would be said to
    differ for certain (after Chung et al. 2013), and does little else from ten raters on.
    """
    if information.raters.ndim == 1:
        strength, pull = information.raters, (information.raters + 1 / spread**2) * severity
    else:
        follow = linalg.solve(information.items, information.across, assume_a="sym")
        alone = information.raters - information.across.T @ follow
        strength, axes = np.linalg.eigh((alone + alone.T) / 2)
        strength = np.maximum(strength, 0.0)
        pull = (strength + 1 / spread**2) * (axes.T @ severity)

    def depth(log_spread: float) -> float:
        s = np.exp(log_spread)
        gain = 0.5 * np.sum(pull**2 / (strength + s**-2)) - 0.5 * np.sum(np.log1p(s**2 * strength))
        return float(-(gain + log_spread - 0.5 * (s / SPREAD_MODE) ** 2))

    bounds = np.log(SMALLEST_SPREAD), np.log(LARGEST_SPREAD)
    return float(np.exp(optimize.minimize_scalar(depth, bounds=bounds, method="bounded", options={"xatol": 1e-6}).x))


def _inverse(information: Array) -> Array:
    try:
        return np.asarray(linalg.cho_solve(linalg.cho_factor(information), np.eye(len(information))))
    except linalg.LinAlgError:  # fewer units than parameters: the least-norm answer
        return np.asarray(np.linalg.pinv(information, hermitian=True), dtype=np.float64)


def _root_diagonal(covariance: Array) -> Array:
    return np.sqrt(np.maximum(np.diag(covariance), 0.0))


def _unit_scores(
    coded: CodedQuality, design: Design, parameters: Parameters, weights: Array, grid: Grid
) -> sparse.csr_matrix:
    """Return the derivatives of each unit's log-likelihood by every number of ``Parameters.flat``, (N, P)."""
    steps = (~np.isnan(parameters.intercepts)).sum(axis=1)
    first_step = design.n_items + np.concatenate([[0], np.cumsum(steps)[:-1]])
    first_rater = design.n_items + int(steps.sum())
    rows, columns, values = [], [], []
    for block, chosen, cell, category in in_chunks(design):
        curves = curves_of(block, parameters, grid.nodes)
        for r, c, k in zip(chosen, cell, category, strict=True):
            w, item, unit = weights[coded.unit[r]], block.item[c], coded.unit[r]
            by_item = np.einsum("rq,rqp->rp", w, curves.score[c, k], optimize=True)
            at = np.column_stack([item, first_step[item][:, None] + np.arange(block.n_categories - 1)])
            judged = block.rater[c] >= 0
            by_rater = -np.einsum("rq,rq->r", w[judged], curves.by_place[c, k][judged])
            rows += [np.repeat(unit, at.shape[1]), unit[judged]]
            columns += [at.ravel(), first_rater + block.rater[c][judged]]
            values += [by_item.ravel(), by_rater]
    shape = (coded.units.height, first_rater + design.n_raters)
    where = (np.concatenate(rows), np.concatenate(columns))
    return sparse.csr_matrix((np.concatenate(values), where), shape=shape)


def in_chunks(design: Design) -> list[tuple[Block, list[Index], list[Index], list[Index]]]:
    """Return for each block its responses in chunks: their places, their cells in the block, their categories."""
    block_of = np.full(design.n_entries, -1)
    for b, block in enumerate(design.blocks):
        block_of[(block.first[:, None] + np.arange(block.n_categories)).ravel()] = b
    found = []
    for b, block in enumerate(design.blocks):
        mine = np.flatnonzero(block_of[design.entry] == b)
        cell = np.searchsorted(block.first, design.entry[mine], side="right") - 1
        category = design.entry[mine] - block.first[cell]
        n_chunks = max(1, len(mine) // CHUNK)
        places, cells, categories = (np.array_split(part, n_chunks) for part in (mine, cell, category))
        found.append((block, places, cells, categories))
    return found
