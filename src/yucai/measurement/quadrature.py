"""Sums over the scale in place of integrals: an equal grid, and what each unit's responses say at its nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import logsumexp

from yucai.measurement.coding import CodedQuality
from yucai.measurement.parameters import Design

__all__ = ["Grid", "grid_of", "membership_of", "moments", "posterior", "quantile"]

Array = npt.NDArray[np.float64]

FARTHEST: Final = 6.0  # standard deviations from the mean to the last node
LOWEST: Final = -60.0  # weights below exp(-60) of the highest are held: denormal numbers would slow every product


@dataclass(frozen=True, slots=True)
class Grid:
    """Equally spaced nodes (Q,) and the logarithm of the standard normal's weight at each."""

    nodes: Array
    log_weights: Array

    @property
    def spacing(self) -> float:
        """The distance between neighbouring nodes."""
        return float(self.nodes[1] - self.nodes[0])


def grid_of(n_nodes: int) -> Grid:
    """Return a grid of ``n_nodes`` nodes over +-6 standard deviations.

    Equal spacing h errs by about 2 exp(-2 pi^2 s^2 / h^2) of a posterior with SD s: 5e-9 at h = s.
    """
    nodes = np.linspace(-FARTHEST, FARTHEST, n_nodes)
    log_weights = -0.5 * nodes**2
    return Grid(nodes, log_weights - logsumexp(log_weights))


def membership_of(coded: CodedQuality, design: Design) -> sparse.csr_matrix:
    """Return the (N, entries) matrix that counts which categories of which cells a unit has."""
    ones = np.ones(len(coded.unit))
    return sparse.csr_matrix((ones, (coded.unit, design.entry)), shape=(coded.units.height, design.n_entries))


def posterior(membership: sparse.csr_matrix, table: Array, grid: Grid) -> tuple[Array, Array]:
    """Return each unit's posterior weights over the nodes (N, Q), and its log-likelihood (N,)."""
    joint = membership @ table
    joint += grid.log_weights
    top = joint.max(axis=1, keepdims=True)
    joint -= top
    np.maximum(joint, LOWEST, out=joint)
    np.exp(joint, out=joint)
    total = joint.sum(axis=1, keepdims=True)
    joint /= total
    return joint, (top + np.log(total)).ravel()


def moments(weights: Array, grid: Grid) -> tuple[Array, Array]:
    """Return the mean and the standard deviation of each posterior, both (N,)."""
    mean = weights @ grid.nodes
    return mean, np.sqrt(np.maximum(weights @ grid.nodes**2 - mean**2, 1e-12))


def quantile(weights: Array, grid: Grid, share: float) -> Array:
    """Return the point below which a share of each posterior lies, each node's weight spread evenly over its cell."""
    reached = np.cumsum(weights, axis=1)
    q = np.minimum((reached < share).sum(axis=1), len(grid.nodes) - 1)
    rows = np.arange(len(weights))
    before = np.where(q > 0, reached[rows, np.maximum(q - 1, 0)], 0.0)
    inside = (share - before) / np.maximum(weights[rows, q], 1e-300)
    point: Array = grid.nodes[q] + (inside - 0.5) * grid.spacing
    return point
