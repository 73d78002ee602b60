"""How sure the numbers are: the inverse of the observed information, or of the cross-products of the units' scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine import kernel_items, kernel_products
from yucai.measurement.engine.information import chunks_for, observed_information, score_tables
from yucai.measurement.engine.layout import Layout
from yucai.measurement.engine.records import Records
from yucai.measurement.engine.search import Expected, Fit, Part, Plan, expect, table_of
from yucai.measurement.engine.state import State
from yucai.measurement.engine.threads import threads_for

__all__ = [
    "Uncertainty",
    "UnitScores",
    "are_few",
    "errors_from",
    "first_units",
    "information_of",
    "uncertainty_of",
    "unit_scores",
]

Array = npt.NDArray[np.float64]
One = TypeVar("One")
MOST_UNITS: Final = 100_000  # whose scores are formed; the rest is told from their share
ENOUGH_UNITS: Final = 100  # a number, for cross-products to stand for the information: errors are then 0.5 % too wide


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Uncertainty:
    """Standard errors. numbers (J, P) in the order in which items pack them, 0 where there is none; severity (raters,)
    compared with the average of the quality's raters; mean (D,), regression (P, D), covariance (G, D, D), and the
    correlations (D, D) of the first group.
    """

    numbers: Array
    severity: Array
    information: Array  # of all numbers, priors of the items added and those of the severities not
    raters_from: int  # where the severities begin in it
    alone: Array  # (raters,) information on each severity taken for itself; empty where they stand in the whole
    mean: Array
    regression: Array
    covariance: Array
    correlations: Array
    of_means: Array  # (P+1, D, P+1, D): covariances of mean and regression

    def group_mean(self, n_covariates: int, group: int) -> Array:
        """Return the standard errors of a group's mean, (D,); groups' columns follow after the covariates."""
        chosen = [0] if group == 0 else [0, n_covariates + group]
        d = np.arange(self.of_means.shape[1])
        variance = sum(self.of_means[p, d, q, d] for p in chosen for q in chosen)
        return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def uncertainty_of(
    found: Fit, parts: Sequence[Part], plan: Plan, *, exact: bool = False, of_fixed: Array | None = None
) -> Uncertainty:
    """Return the standard errors of what a search found, priors added.

    With n units and p numbers the inverse of n cross-products is n / (n - p - 1) times too large on average, as that
    of a Wishart matrix; so they are taken from 100 units a number on, and the observed information before that and
    where ``exact`` asks for it. What is not known of items that keep their numbers (``of_fixed`` (J, P), their
    errors) is carried on as if these were independent (delta method).
    """
    layout = Layout(parts[0].records, found.state, plan)
    n_all = sum(part.records.n_units for part in parts)
    told = first_units(parts, [part.records.n_units for part in parts])
    exact = exact or are_few(layout, n_all)
    information, alone = information_of(found, told, layout, exact=exact)
    share = n_all / sum(part.records.n_units for part in told)
    return errors_from(found, layout, plan, information * share, alone * share, of_fixed=of_fixed)


def are_few(layout: Layout, n_units: int) -> bool:
    """Return whether cross-products of so few units would not stand for the information."""
    return n_units < ENOUGH_UNITS * int((layout.free & (layout.same == np.arange(layout.n))).sum())


def information_of(found: Fit, parts: Sequence[Part], layout: Layout, *, exact: bool) -> tuple[Array, Array]:
    """Return what parts tell of all numbers, and of raters taken for themselves; both add over parts."""
    with threads_for(layout.records):
        if exact or layout.records.n_raters:
            return observed_information(found, parts, layout)
        return _cross_products(found, parts, layout), np.zeros(0)


def errors_from(
    found: Fit, layout: Layout, plan: Plan, information: Array, alone: Array, *, of_fixed: Array | None = None
) -> Uncertainty:
    """Return the standard errors that follow from the information of all units; see ``uncertainty_of``."""
    information = information.copy()
    diagonal = np.diag_indices(layout.n)
    held, seen = layout.held_items(plan), layout.seen_by_average(found.state, plan)
    information[diagonal] += held + 1e-9
    for by, own in seen:
        information[:, own] += (held * by / len(own))[:, None]
        information[own] += held * by / len(own)
        information[np.ix_(own, own)] += float((held * by**2).sum()) / len(own) ** 2
    across = np.where(layout.free[:, None], information, 0.0)[:, : layout.raters]
    information = layout.fastened(information)
    whole = information.copy()
    whole[diagonal] += layout.held_raters(found.state)
    covariance = _inverse_of_tied(whole, layout)
    if of_fixed is not None:
        moved = covariance @ (across * layout.of_items(of_fixed))
        covariance = covariance + moved @ moved.T
    covariance = np.where(np.outer(layout.free, layout.free), covariance, 0.0)
    for by, own in seen:
        covariance += np.outer(by, covariance[own].mean(axis=0))
        covariance += np.outer(covariance[:, own].mean(axis=1), by)
    first = found.state.backbone.covariance[0]
    return _spoken(layout, covariance, information, alone, layout.held_severities(found.state), first)


def first_units(parts: Sequence[One], sizes: Sequence[int]) -> list[One]:
    """Return as many of the first parts, of so many units each, as are needed to tell."""
    enough = int(np.searchsorted(np.cumsum(sizes), MOST_UNITS)) + 1
    return list(parts[:enough])


def _cross_products(found: Fit, parts: Sequence[Part], layout: Layout) -> Array:
    """Return the sum of the outer products of the units' scores."""
    table = table_of(layout.records, found.state, found.nodes)
    by = score_tables(layout, found.state, found.nodes)
    sums = np.zeros((chunks_for(layout), layout.n, layout.n))
    for part in parts:
        records, after = part.records, _after(part, found.state, found.nodes, table, layout)
        starts = np.linspace(0, records.n_units, len(sums) + 1).astype(np.int64)
        kernel_items.cross(
            *_about_rows(records, layout), after.weights, *by, layout.raters,
            _of_backbone(part, found.state, after, layout), starts, sums,
        )  # fmt: skip
    whole = sums.sum(axis=0)
    return np.asarray(np.tril(whole) + np.tril(whole, -1).T)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitScores:
    """Derivatives of each unit's log-likelihood by all that is free, (n, P).

    Item j's own begin at ``place`` (J,) and are ``n_numbers`` (J,); from ``raters_from`` on come severities (if they
    are not too many), from ``backbone_from`` on regression, correlations and the covariances of further groups.
    """

    scores: Array
    place: npt.NDArray[np.int64]
    n_numbers: npt.NDArray[np.int64]
    raters_from: int
    backbone_from: int


def unit_scores(
    part: Part, state: State, nodes: Array, layout: Layout, *, table: Array | None = None,
    by: tuple[Array, Array] | None = None,
) -> UnitScores:  # fmt: skip
    """Return the scores of a part's units at a state, by what is free in the layout.

    ``table`` of log-probabilities and ``score_tables``, where they are there already, are not worked out again.
    """
    logs = table_of(part.records, state, nodes) if table is None else table
    after = _after(part, state, nodes, logs, layout)
    scores = np.zeros((part.records.n_units, layout.n))
    kernel_items.score_units(
        *_about_rows(part.records, layout), after.weights,
        *(score_tables(layout, state, nodes) if by is None else by), layout.raters, scores,
    )  # fmt: skip
    scores[:, layout.backbone :] = _of_backbone(part, state, after, layout)
    return UnitScores(
        scores=scores[:, layout.free], place=layout.place, n_numbers=layout.n_numbers, raters_from=layout.raters,
        backbone_from=layout.backbone,
    )  # fmt: skip


def _spoken(
    layout: Layout, covariance: Array, information: Array, alone: Array, held: Array, first: Array
) -> Uncertainty:
    """Return the roots of a covariance's diagonal, each in its place."""
    covariance = np.where(np.outer(layout.free, layout.free), covariance, 0.0)
    root = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    numbers = np.zeros((len(layout.n_numbers), int(layout.n_numbers.max())))
    for j, n in enumerate(layout.n_numbers):
        numbers[j, :n] = root[layout.place[j] : layout.place[j] + n]
    at = slice(layout.backbone, layout.shares)
    regression = root[at].reshape(layout.p, layout.d)
    shares = np.zeros((int(layout.share_group.max()) + 1, layout.d, layout.d))
    shares[layout.share_group, layout.share_a, layout.share_b] = root[layout.shares :]
    shares[layout.share_group, layout.share_b, layout.share_a] = root[layout.shares :]
    return Uncertainty(
        numbers=numbers,
        severity=_apart(layout, covariance) if layout.joint else 1.0 / np.sqrt(alone + held),
        information=information,
        raters_from=layout.raters,
        alone=alone,
        mean=regression[0],
        regression=regression[1:],
        covariance=shares,
        correlations=_of_correlations(layout, covariance, first),
        of_means=covariance[at, at].reshape(layout.p, layout.d, layout.p, layout.d),
    )


def _of_correlations(layout: Layout, covariance: Array, first: Array) -> Array:
    """Return the errors of the first group's correlations, (D, D), from those of its covariances (delta method)."""
    mine = np.flatnonzero(layout.share_group == 0)
    a, b = layout.share_a[mine], layout.share_b[mine]
    own = covariance[np.ix_(layout.shares + mine, layout.shares + mine)]
    sd = np.sqrt(np.diag(first))
    r = first / np.outer(sd, sd)
    errors = np.zeros_like(first)
    for u, v in zip(*np.tril_indices(layout.d, -1), strict=True):
        by = np.where((a == u) & (b == v), 1.0 / (sd[u] * sd[v]), 0.0)
        for w in (u, v):
            by = by - np.where((a == w) & (b == w), 0.5 * r[u, v] / first[w, w], 0.0)
        errors[u, v] = errors[v, u] = np.sqrt(max(float(by @ own @ by), 0.0))
    return errors


def _apart(layout: Layout, covariance: Array) -> Array:
    """Severities are compared with the average rater: what all share moves no learner."""
    own = covariance[layout.raters : layout.backbone, layout.raters : layout.backbone]
    found = np.zeros(len(own))
    of = layout.records.rater_quality
    for d in np.unique(of):
        here = np.flatnonzero(of == d)
        apart = np.eye(len(here)) - 1.0 / len(here)
        found[here] = np.sqrt(np.maximum(np.diag(apart @ own[np.ix_(here, here)] @ apart), 0.0))
    return found


def _after(part: Part, state: State, nodes: Array, table: Array, layout: Layout) -> Expected:
    return expect(part, state, table, nodes, n_sweeps=1 if layout.d == 1 else 3)


def _about_rows(records: Records, layout: Layout) -> tuple[npt.NDArray[np.int64], ...]:
    """Return what the kernels want to know of answers and rows; very many raters are left out."""
    sizes = records.items.n_categories[records.cell_item]
    row_item, row_rater = np.repeat(records.cell_item, sizes), np.repeat(records.cell_rater, sizes)
    in_whole = row_rater if layout.joint else np.full_like(row_rater, -1)
    return records.pointer, records.row, records.quality, row_item, in_whole, layout.n_numbers, layout.place


def _of_backbone(part: Part, state: State, after: Expected, layout: Layout) -> Array:
    """Return the scores of a part's units by mean and regression, and by covariances, (n, B)."""
    precision = np.linalg.inv(state.backbone.covariance)[part.group]
    mu = state.backbone.mean + part.covariates @ state.backbone.regression
    pull = np.einsum("nde,ne->nd", precision, after.mean - mu)
    x = layout.covariates(part)
    spread = np.einsum("nab,nbc,ncd->nad", precision, after.covariance, precision, optimize=True)
    by = spread + pull[:, :, None] * pull[:, None, :] - precision
    mine = part.group[:, None] == layout.share_group[None, :]
    half = np.where(layout.share_a == layout.share_b, 0.5, 1.0)
    of_shares = by[:, layout.share_a, layout.share_b] * half * mine
    return np.concatenate([(x[:, :, None] * pull[:, None, :]).reshape(len(x), -1), of_shares], axis=1)


def _inverse_of_tied(information: Array, layout: Layout) -> Array:
    """Return the inverse over numbers of which some may move only together; these then have one error."""
    same = layout.same
    own = same == np.arange(layout.n)
    if own.all():
        return _inverse(information)
    of = (np.cumsum(own) - 1)[same]
    together = np.zeros((int(own.sum()), layout.n))
    np.add.at(together, of, information)
    merged = np.zeros((len(together), len(together)))
    np.add.at(merged.T, of, together.T)
    return np.asarray(_inverse(merged)[np.ix_(of, of)])


def _inverse(information: Array) -> Array:
    found = np.empty_like(information)
    if kernel_products.invert(np.ascontiguousarray(information), found):
        return found
    values, vectors = np.linalg.eigh(information)  # flat in some direction: what is not known there is left wide
    return np.asarray((vectors / np.maximum(values, 1e-8 * values[-1])) @ vectors.T)
