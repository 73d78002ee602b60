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
from yucai.measurement.engine.backbone_information import known_of_backbone
from yucai.measurement.engine.layout import Layout
from yucai.measurement.engine.rated_information import add_known_of_items, rated_information
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
    if records.n_raters:
        n_sweeps = 1 if layout.d == 1 else SWEEPS
        whole, alone, _means = rated_information(state, nodes, parts, layout, n_sweeps=n_sweeps)
        return whole, alone
    table = table_of(records, state, nodes)
    by = score_tables(layout, state, nodes)
    lost = np.zeros((chunks_for(layout), layout.n, layout.n))
    counts = np.zeros_like(table)
    known = np.zeros((layout.n, layout.n))
    for part in parts:
        after = expect(part, state, table, nodes, n_sweeps=1 if layout.d == 1 else SWEEPS)
        own = part.records
        kernels.count(own.row_pointer, own.unit, own.quality, after.weights, counts)
        _lose(part, state, nodes, after, by, layout, lost)
        known += known_of_backbone(part, state, after, layout)
    add_known_of_items(known, layout, state, nodes, counts)
    gone = lost.sum(axis=0)
    return known - np.tril(gone) - np.tril(gone, -1).T, np.zeros(0)


def chunks_for(layout: Layout) -> int:
    """Return in how many chunks units are taken, each with sums of its own that are then added in order."""
    return int(np.clip(MOST_AT_ONCE // layout.n**2, 1, MOST_CHUNKS))


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
    part: Part, state: State, nodes: Array, after: Expected, by: tuple[Array, Array], layout: Layout, lost: Array
) -> None:
    own = part.records
    row_item = np.repeat(own.cell_item, own.items.n_categories[own.cell_item])
    starts = np.linspace(0, own.n_units, len(lost) + 1).astype(np.int64)
    mu = state.backbone.mean + part.covariates @ state.backbone.regression
    kernel_information.lose(
        own.pointer, own.row, own.quality, row_item, layout.n_numbers, layout.place, nodes,
        after.weights, by[0], after.mean, after.covariance, np.linalg.inv(state.backbone.covariance),
        part.group, np.ascontiguousarray(mu), layout.covariates(part), layout.backbone, layout.share_group,
        layout.share_a, layout.share_b, starts, lost,
    )  # fmt: skip
