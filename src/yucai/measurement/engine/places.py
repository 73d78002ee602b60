"""Where units stand after their answers: means, covariances, and the ends of intervals from the exact margins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine import kernel_items, kernels
from yucai.measurement.engine.search import Part, expect, nodes_of, shift_of, span_of, table_of
from yucai.measurement.engine.state import State
from yucai.measurement.engine.threads import threads_for

__all__ = ["Places", "places_of"]

Array = npt.NDArray[np.float64]
SPACING: Final = 0.05
NORMAL_90: Final = 1.6448536269514722
SWEEPS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """mean, lower90 and upper90 (n, D), covariance (n, D, D), each unit's log-evidence (n,)."""

    mean: Array
    covariance: Array
    lower90: Array
    upper90: Array
    height: Array


def places_of(part: Part, state: State, *, severity_error: Array) -> Places:
    """Return the places of a part's units, widened for what is not known of the raters' severities (delta method).

    Ends are the 5 % and 95 % points of each quality's margin; where a quality has no answer of its own, those of the
    normal law that the other qualities leave. severity_error (raters,).
    """
    with threads_for(part.records):
        return _places(part, state, severity_error)


def _places(part: Part, state: State, severity_error: Array) -> Places:
    low, high = span_of(state, part.covariates, part.group)
    nodes = nodes_of(SPACING, low=low, high=high)
    table = table_of(part.records, state, nodes)
    d = part.records.n_qualities
    found = expect(part, state, table, nodes, n_sweeps=1 if d == 1 else SWEEPS)
    sd = np.sqrt(found.variance)
    added = _by_severities(part, state, nodes, found.weights, found.mean, found.covariance, severity_error)
    covariance = found.covariance + added
    wider = np.sqrt(np.einsum("ndd->nd", covariance)) / sd
    ends = []
    for share, reach in ((0.05, -NORMAL_90), (0.95, NORMAL_90)):
        end = found.mean + reach * sd
        for u in range(d):
            own = part.tau[:, u] > 0
            end[own, u] = _quantile(found.weights[own, u], nodes, share)
        ends.append(found.mean + (end - found.mean) * wider)
    return Places(mean=found.mean, covariance=covariance, lower90=ends[0], upper90=ends[1], height=found.height)


def _by_severities(
    part: Part, state: State, nodes: Array, weights: Array, mean: Array, covariance: Array, errors: Array
) -> Array:
    """Return what the raters add to each unit's covariance, (n, D, D)."""
    records, n = part.records, part.records.n_units
    d = records.n_qualities
    added = np.zeros((n, d, d))
    if not records.n_raters:
        return added
    most = int(records.items.n_categories.max())
    by_number = np.zeros((records.n_rows, 2 * most, len(nodes)))
    by_severity = np.zeros((records.n_rows, len(nodes)))
    kernel_items.tabulate_scores(
        records.cell_item, shift_of(records, state), records.first, records.items.family, records.items.n_categories,
        state.numbers.slopes, state.numbers.intercepts, nodes, by_number, by_severity,
    )  # fmt: skip
    sizes = records.items.n_categories[records.cell_item]
    row_rater = np.repeat(records.cell_rater, sizes)
    kernels.widen(
        records.pointer, records.row, records.quality, row_rater, by_severity, nodes, weights, mean, covariance,
        errors**2, added,
    )  # fmt: skip
    return added


def _quantile(weights: Array, nodes: Array, share: float) -> Array:
    """Return the point below which a share of each margin lies, each node's weight spread evenly over its cell."""
    reached = np.cumsum(weights, axis=1)
    q = np.minimum((reached < share).sum(axis=1), len(nodes) - 1)
    rows = np.arange(len(weights))
    before = np.where(q > 0, reached[rows, np.maximum(q - 1, 0)], 0.0)
    inside = (share - before) / np.maximum(weights[rows, q], 1e-300)
    point: Array = nodes[q] + (inside - 0.5) * (nodes[1] - nodes[0])
    return point
