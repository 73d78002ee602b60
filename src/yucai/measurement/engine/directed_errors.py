"""How sure the numbers are where items speak of several qualities, from the outer product of the units' scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import linalg

from yucai.measurement.engine import kernel_directions, kernel_items
from yucai.measurement.engine.directed_search import DirectedFit
from yucai.measurement.engine.directions import Directed, Share, in_blocks, see, shares_of
from yucai.measurement.engine.records import Records

__all__ = ["DirectedErrors", "Places", "errors_of", "scores_of"]

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
SWEEPS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DirectedErrors:
    """Standard errors: numbers (J, P) of items with one quality as the engine packs them, slopes (W, L), intercepts
    (W, K), severity (raters,) compared with the average rater of the quality, correlations (D, D), and of the variances
    of testlets (D,), 0 elsewhere. ``information`` of all numbers is without the severities' law, which begin in it at
    ``raters_from``.
    """

    numbers: Array
    slopes: Array
    intercepts: Array
    severity: Array
    correlations: Array
    variances: Array
    information: Array
    raters_from: int


def errors_of(records: Records, directed: Directed, found: DirectedFit, *, apart: Flags) -> DirectedErrors:
    """Return the standard errors of what a search found."""
    place = Places(records, directed, apart)
    information = np.zeros((place.n, place.n))
    for share in shares_of(records, directed, len(found.nodes)):
        scores = scores_of(share, found, place)
        information += scores.T @ scores
    whole = information + 1e-9 * np.eye(place.n)
    raters = np.arange(place.raters, place.backbone)
    whole[raters, raters] += 1.0 / found.state.state.numbers.severity_sd[directed.rater_quality] ** 2
    return place.spoken(_inverse(whole), information)


class Places:
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
        self.raters = int(self.begin[-1])
        self.backbone = self.raters + len(directed.rater_quality)
        self.testlets = np.flatnonzero(apart)
        self.n = self.backbone + int(kept.sum()) + len(self.testlets)

    def spoken(self, covariance: Array, information: Array) -> DirectedErrors:
        """Return the roots of a covariance's diagonal, each in its place."""
        root = np.sqrt(np.maximum(np.diag(covariance), 0.0))
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
            numbers=numbers, slopes=slopes, intercepts=intercepts, severity=self._apart(covariance),
            correlations=correlations + correlations.T, variances=variances, information=information,
            raters_from=self.raters,
        )  # fmt: skip

    def _apart(self, covariance: Array) -> Array:
        """Severities are compared with the average rater: what all share moves no learner."""
        own = covariance[self.raters : self.backbone, self.raters : self.backbone]
        of = self.directed.rater_quality
        apart = np.eye(len(of)) - (of[:, None] == of[None, :]) / np.bincount(of)[of][:, None]
        return np.asarray(np.sqrt(np.maximum(np.diag(apart @ own @ apart.T), 0.0)))


def scores_of(share: Share, found: DirectedFit, place: Places) -> Array:
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
            records.pointer, records.row, records.quality, row_item, np.full_like(row_item, -1),
            place.n_numbers, place.simple[:-1], after.weights, by_number, by_severity, place.raters, scores,
        )  # fmt: skip
    blocks = directed.blocks
    if len(blocks.size):
        kernel_directions.score_directed(
            directed.pointer, directed.item, directed.category, state.severity(directed), directed.rater,
            in_blocks(directed.basis, blocks), state.slopes, directed.n_slopes, directed.family,
            directed.n_categories, state.intercepts, blocks.size, blocks.nodes, blocks.n_nodes, blocks.of_item,
            after.law, after.centre, after.root, place.begin[:-1], place.raters, scores,
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
