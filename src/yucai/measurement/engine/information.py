r"""Observed information: the curvature of the expected answers less what is lost by not seeing the places.

.. math:: I = -E[\partial^2 \log p(y, x)] - \mathrm{Var}[\partial \log p(y, x) \mid y]            (Louis 1982)

Within a quality the variance is taken under the margin that expectation propagation found; between qualities functions
of two places go together as in a normal law with the same covariance (Mehler). With one quality this is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine import kernel_information, kernel_items, kernels
from yucai.measurement.engine.layout import Layout
from yucai.measurement.engine.search import Expected, Fit, Part, expect, shift_of, table_of
from yucai.measurement.engine.state import State

__all__ = ["chunks_for", "observed_information", "score_tables"]

Array = npt.NDArray[np.float64]
SWEEPS: Final = 8
MOST_AT_ONCE: Final = 32_000_000  # doubles of sums side by side
MOST_CHUNKS: Final = 16


def observed_information(found: Fit, parts: Sequence[Part], layout: Layout) -> tuple[Array, Array]:
    """Return the information (n, n) on all numbers without any prior, and that on each rater taken for itself.

    The second is empty where severities stand in the first.
    """
    records, state, nodes = layout.records, found.state, found.nodes
    table = table_of(records, state, nodes)
    by = score_tables(layout, state, nodes)
    n_alone = 0 if layout.joint else records.n_raters
    lost = np.zeros((chunks_for(layout), layout.n, layout.n))
    lost_alone = np.zeros((len(lost), n_alone))
    counts = np.zeros_like(table)
    known = np.zeros((layout.n, layout.n))
    for part in parts:
        after = expect(part, state, table, nodes, n_sweeps=1 if layout.d == 1 else SWEEPS)
        own = part.records
        kernels.count(own.row_pointer, own.unit, own.quality, after.weights, counts)
        _lose(part, state, nodes, after, by, layout, lost, lost_alone)
        known += _known_of_backbone(part, state, after, layout)
    alone = _add_known_of_cells(known, layout, state, nodes, counts)
    gone = lost.sum(axis=0)
    gone = np.tril(gone) + np.tril(gone, -1).T
    return known - gone, alone - lost_alone.sum(axis=0)


def chunks_for(layout: Layout) -> int:
    """Return in how many chunks units are taken, each with sums of its own that are then added in order."""
    alone = 0 if layout.joint else layout.records.n_raters
    return int(np.clip(MOST_AT_ONCE // (layout.n**2 + alone), 1, MOST_CHUNKS))


def score_tables(layout: Layout, state: State, nodes: Array) -> tuple[Array, Array]:
    """Return the derivatives of each row's log-probability by its item's numbers (T, P, Q), and by the severity."""
    records = layout.records
    by_number = np.zeros((records.n_rows, int(layout.n_numbers.max()), len(nodes)))
    by_severity = np.zeros((records.n_rows, len(nodes)))
    kernel_items.tabulate_scores(
        records.cell_item, shift_of(records, state), records.first, records.items.family, records.items.n_categories,
        state.numbers.slopes, state.numbers.intercepts, nodes, by_number, by_severity,
    )  # fmt: skip
    return by_number, by_severity


def _lose(
    part: Part, state: State, nodes: Array, after: Expected, by: tuple[Array, Array], layout: Layout, lost: Array,
    lost_alone: Array,
) -> None:  # fmt: skip
    own = part.records
    row_item, row_rater = layout.row_places()
    starts = np.linspace(0, own.n_units, len(lost) + 1).astype(np.int64)
    mu = state.backbone.mean + part.covariates @ state.backbone.regression
    kernel_information.lose(
        own.pointer, own.row, own.quality, row_item, row_rater, layout.n_numbers, layout.place, nodes,
        after.weights, *by, after.mean, after.covariance, np.linalg.inv(state.backbone.covariance),
        part.group, np.ascontiguousarray(mu), layout.covariates(part), layout.backbone, layout.share_group,
        layout.share_a, layout.share_b, layout.n, starts, lost, lost_alone,
    )  # fmt: skip


def _add_known_of_cells(known: Array, layout: Layout, state: State, nodes: Array, counts: Array) -> Array:
    """Add the curvature of the answers by the numbers of items and severities; return that of raters for themselves."""
    records = layout.records
    most = int(records.items.n_categories.max())
    bent = np.zeros((len(records.cell_item), 2 * most + 1, 2 * most + 1))
    kernel_information.curve(
        records.cell_item, shift_of(records, state), records.first, records.items.family, records.items.n_categories,
        state.numbers.slopes, state.numbers.intercepts, nodes, counts, bent,
    )  # fmt: skip
    alone = np.zeros(0 if layout.joint else records.n_raters)
    for c, (j, r) in enumerate(zip(records.cell_item, records.cell_rater, strict=True)):
        n, at = int(layout.n_numbers[j]), int(layout.place[j])
        mine = (bent[c, : n + 1, : n + 1] + bent[c, : n + 1, : n + 1].T) / 2
        known[at : at + n, at : at + n] += mine[:n, :n]
        if r < 0:
            continue
        if not layout.joint:
            alone[r] += mine[n, n]
            continue
        by = layout.raters + int(r)
        known[at : at + n, by] += mine[:n, n]
        known[by, at : at + n] += mine[n, :n]
        known[by, by] += mine[n, n]
    return alone


def _known_of_backbone(part: Part, state: State, after: Expected, layout: Layout) -> Array:
    """Return minus the second derivatives of the places' expected log-density by regression and covariances."""
    known = np.zeros((layout.n, layout.n))
    precision = np.linalg.inv(state.backbone.covariance)
    away = after.mean - state.backbone.mean - part.covariates @ state.backbone.regression
    x = layout.covariates(part)
    at = slice(layout.backbone, layout.shares)
    for g, own in enumerate(precision):
        here = part.group == g
        known[at, at] += np.kron(x[here].T @ x[here], own)
        mine = np.flatnonzero(layout.share_group == g)
        a, b = layout.share_a[mine], layout.share_b[mine]
        unit = np.zeros((len(mine), layout.d, layout.d))
        unit[np.arange(len(mine)), a, b] = unit[np.arange(len(mine)), b, a] = 1.0
        bent = own @ unit @ own
        spread = after.covariance_sum[g] + away[here].T @ away[here]
        once = np.einsum("cij,eji->ce", bent, unit)
        twice = np.einsum("cij,eji->ce", bent @ spread, own @ unit)
        places = layout.shares + mine
        known[np.ix_(places, places)] += (twice + twice.T) / 2 - 0.5 * here.sum() * once
        pulled = np.einsum("pe,cef->cpf", x[here].T @ away[here], bent).reshape(len(mine), -1)
        known[places, at] += pulled
        known[at, places] += pulled.T
    return known
