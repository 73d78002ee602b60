"""How sure the numbers are: cross-products of the units' scores, with what is not known of the backbone beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import linalg

from yucai.measurement.engine import kernel_items
from yucai.measurement.engine.records import Records
from yucai.measurement.engine.search import Fit, Part, Plan, expect, shift_of, table_of
from yucai.measurement.engine.state import State

__all__ = ["Uncertainty", "UnitScores", "uncertainty_of", "unit_scores"]

Array = npt.NDArray[np.float64]
MOST_UNITS: Final = 100_000  # whose scores are formed; the rest is told from their share
MOST_AT_ONCE: Final = 30_000_000  # doubles of scores in memory
MOST_JOINT_RATERS: Final = 1500  # beyond, each is taken for itself


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Uncertainty:
    """Standard errors. numbers (J, P) in the order in which items pack them, 0 where there is none; severity (raters,)
    compared with the average of the quality's raters; correlations (D, D); regression (P, D).
    """

    numbers: Array
    severity: Array
    information: Array  # of all numbers, priors of the items added and those of the severities not
    raters_from: int  # where the severities begin in it
    alone: Array  # (raters,) information on each severity taken for itself; empty where they stand in the whole
    correlations: Array
    regression: Array


def uncertainty_of(found: Fit, parts: Sequence[Part], plan: Plan) -> Uncertainty:
    """Return the standard errors of what a search found (outer product of scores; priors added)."""
    records = parts[0].records
    layout = _Layout(records, found.state)
    table = table_of(records, found.state, found.nodes)
    slopes = _score_tables(records, found.state, found.nodes, layout)
    n_all = sum(part.records.n_units for part in parts)
    information, alone, seen = np.zeros((layout.n, layout.n)), np.zeros(0 if layout.joint else records.n_raters), 0
    for part in parts:
        if seen >= MOST_UNITS:
            break
        scores, of_raters = _scores(part, found.state, found.nodes, table, slopes, layout)
        information += scores.T @ scores
        alone += of_raters
        seen += len(scores)
    information *= n_all / seen
    diagonal = np.diag_indices(layout.n)
    information[diagonal] += layout.held_items(plan) + 1e-9
    whole = information.copy()
    whole[diagonal] += layout.held_raters(found.state)
    return layout.spoken(_inverse(whole), information, alone * (n_all / seen), layout.held_severities(found.state))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitScores:
    """Derivatives of each unit's log-likelihood by all numbers, scores (n, P): item j's own begin at ``place`` (J,)
    and are ``n_numbers`` (J,); then come severities (if they are not too many), regression and correlations.
    """

    scores: Array
    place: npt.NDArray[np.int64]
    n_numbers: npt.NDArray[np.int64]
    raters_from: int
    backbone_from: int


def unit_scores(part: Part, state: State, nodes: Array) -> UnitScores:
    """Return the scores of a part's units at a state."""
    layout = _Layout(part.records, state)
    table = table_of(part.records, state, nodes)
    slopes = _score_tables(part.records, state, nodes, layout)
    scores, _of_raters = _scores(part, state, nodes, table, slopes, layout)
    return UnitScores(
        scores=scores, place=layout.place, n_numbers=layout.n_numbers, raters_from=layout.raters,
        backbone_from=layout.backbone,
    )  # fmt: skip


class _Layout:
    """Where each number stands in a row of scores: items, severities, regression, covariances."""

    def __init__(self, records: Records, state: State) -> None:
        self.records = records
        nominal = records.items.family == kernel_items.NOMINAL
        guessing = records.items.family == kernel_items.GUESSING
        k = records.items.n_categories
        self.n_numbers = np.where(nominal, 2 * (k - 1), np.where(guessing, 3, k))
        self.place = np.concatenate([[0], np.cumsum(self.n_numbers)[:-1]])
        self.raters = int(self.n_numbers.sum())
        self.joint = records.n_raters <= MOST_JOINT_RATERS
        self.backbone = self.raters + (records.n_raters if self.joint else 0)
        self.p, d = state.backbone.regression.shape
        self.below = np.tril_indices(d, -1)
        self.d, self.n = d, self.backbone + self.p * d + len(self.below[0])

    def held_items(self, plan: Plan) -> Array:
        """Return what the priors of items add to the diagonal."""
        added = np.zeros(self.n)
        for j, n in enumerate(self.n_numbers):
            added[self.place[j] : self.place[j] + n] = plan.prior_precision[j, :n]
        return added

    def held_raters(self, state: State) -> Array:
        """Return what the priors of severities add to the diagonal."""
        added = np.zeros(self.n)
        if self.joint:
            added[self.raters : self.backbone] = self.held_severities(state)
        return added

    def held_severities(self, state: State) -> Array:
        """Return the precision of each severity's prior, (raters,)."""
        spread: Array = state.numbers.severity_sd[self.records.rater_quality]
        return 1.0 / spread**2

    def spoken(self, covariance: Array, information: Array, alone: Array, held: Array) -> Uncertainty:
        """Return the roots of a covariance's diagonal, each in its place."""
        root = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        numbers = np.zeros((len(self.n_numbers), int(self.n_numbers.max())))
        for j, n in enumerate(self.n_numbers):
            numbers[j, :n] = root[self.place[j] : self.place[j] + n]
        correlations = np.zeros((self.d, self.d))
        correlations[self.below] = root[self.backbone + self.p * self.d :]
        return Uncertainty(
            numbers=numbers,
            severity=self._apart(covariance) if self.joint else 1.0 / np.sqrt(alone + held),
            information=information,
            raters_from=self.raters,
            alone=alone,
            correlations=correlations + correlations.T,
            regression=root[self.backbone : self.backbone + self.p * self.d].reshape(self.p, self.d),
        )

    def _apart(self, covariance: Array) -> Array:
        """Severities are compared with the average rater: what all share moves no learner."""
        own = covariance[self.raters : self.backbone, self.raters : self.backbone]
        found = np.zeros(len(own))
        of = self.records.rater_quality
        for d in np.unique(of):
            here = np.flatnonzero(of == d)
            apart = np.eye(len(here)) - 1.0 / len(here)
            found[here] = np.sqrt(np.maximum(np.diag(apart @ own[np.ix_(here, here)] @ apart), 0.0))
        return found


def _score_tables(records: Records, state: State, nodes: Array, layout: _Layout) -> tuple[Array, Array]:
    by_number = np.zeros((records.n_rows, int(layout.n_numbers.max()), len(nodes)))
    by_severity = np.zeros((records.n_rows, len(nodes)))
    kernel_items.tabulate_scores(
        records.cell_item, shift_of(records, state), records.first, records.items.family, records.items.n_categories,
        state.numbers.slopes, state.numbers.intercepts, nodes, by_number, by_severity,
    )  # fmt: skip
    return by_number, by_severity


def _scores(
    part: Part, state: State, nodes: Array, table: Array, slopes: tuple[Array, Array], layout: _Layout
) -> tuple[Array, Array]:
    """Return the scores of a part's units (n, numbers), and, of very many raters, the sums of squares of theirs."""
    records = part.records
    after = expect(part, state, table, nodes, n_sweeps=1 if layout.d == 1 else 3)
    sizes = records.items.n_categories[records.cell_item]
    row_item, row_rater = np.repeat(records.cell_item, sizes), np.repeat(records.cell_rater, sizes)
    in_whole = row_rater if layout.joint else np.full_like(row_rater, -1)
    scores = np.zeros((records.n_units, layout.n))
    kernel_items.score_units(
        records.pointer, records.row, records.quality, row_item, in_whole, layout.n_numbers, layout.place,
        after.weights, *slopes, layout.raters, scores,
    )  # fmt: skip
    _add_backbone(scores, part, state, after.mean, after.covariance, layout)
    if layout.joint:
        return scores, np.zeros(0)
    return scores, _squares(records, after.weights, slopes[1], row_rater)


def _squares(records: Records, weights: Array, by_severity: Array, row_rater: npt.NDArray[np.int64]) -> Array:
    """Return for each rater the sum over units of the squared derivative by the severity, (raters,)."""
    of_answer = np.empty(len(records.row))
    kernel_items.score_answers(records.pointer, records.row, records.quality, weights, by_severity, of_answer)
    rater = row_rater[records.row]
    judged = rater >= 0
    unit = np.repeat(np.arange(records.n_units), np.diff(records.pointer))
    pairs, place = np.unique(unit[judged] * records.n_raters + rater[judged], return_inverse=True)
    of_pair = np.bincount(place, of_answer[judged])
    return np.asarray(np.bincount(pairs % records.n_raters, of_pair**2, minlength=records.n_raters), dtype=np.float64)


def _add_backbone(scores: Array, part: Part, state: State, mean: Array, covariance: Array, layout: _Layout) -> None:
    precision = np.linalg.inv(state.backbone.covariance)[part.group]
    mu = state.backbone.mean + part.covariates @ state.backbone.regression
    pull = np.einsum("nde,ne->nd", precision, mean - mu)
    at = layout.backbone
    for p in range(layout.p):
        scores[:, at + p * layout.d : at + (p + 1) * layout.d] = part.covariates[:, p, None] * pull
    spread = np.einsum("nab,nbc,ncd->nad", precision, covariance, precision, optimize=True)
    by = spread + pull[:, :, None] * pull[:, None, :] - precision
    first = (part.group == 0)[:, None]  # correlations are those of the first group
    scores[:, at + layout.p * layout.d :] = by[:, layout.below[0], layout.below[1]] * first


def _inverse(information: Array) -> Array:
    try:
        return np.asarray(linalg.cho_solve(linalg.cho_factor(information), np.eye(len(information))))
    except linalg.LinAlgError:  # fewer units than numbers: the least-norm answer
        return np.asarray(np.linalg.pinv(information, hermitian=True), dtype=np.float64)
