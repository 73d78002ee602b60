"""Where units stand after their answers: means, covariances, and the ends of intervals from the exact margins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine.parts import Part, see
from yucai.measurement.engine.rated import Seen, line_of
from yucai.measurement.engine.search import Expected, expect, nodes_of, span_of, table_of
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
    d = part.records.n_qualities
    n_sweeps = 1 if d == 1 else SWEEPS
    found: Expected | Seen
    if part.records.n_raters:
        line = line_of(part.records, state, nodes)
        found = see(part, state, line, nodes, n_sweeps=n_sweeps, telling=True, whole=True, weighing=True)
        added = _by_severities(part, found, severity_error)
    else:
        found = expect(part, state, table_of(part.records, state, nodes), nodes, n_sweeps=n_sweeps)
        added = np.zeros_like(found.covariance)
    sd = np.sqrt(found.variance)
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


def _by_severities(part: Part, found: Seen, errors: Array) -> Array:
    """Return what the raters add to each unit's covariance, (n, D, D).

    A severity moves the mean of its quality by the posterior covariance of the place with the derivative of the
    log-likelihood, and other qualities by their regression on that one.
    """
    assert part.sight is not None
    pairs = part.sight.pairs
    unit = np.repeat(np.arange(part.records.n_units), np.diff(pairs.pairs))
    along = found.covariance[unit, :, pairs.quality]
    own = along[np.arange(len(unit)), pairs.quality]
    along *= (found.told[:, 3] * np.append(errors, 0.0)[pairs.rater] / own)[:, None]
    added = np.zeros_like(found.covariance)
    for u in range(along.shape[1]):
        for v in range(along.shape[1]):
            added[:, u, v] = np.bincount(unit, along[:, u] * along[:, v], minlength=len(added))
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
