"""How mixed something is: effective numbers of kinds, and how far apart the kinds lie. Formulas of arrays."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text

__all__ = ["cosine_distances", "hill_number", "rao_stirling"]

Floats = npt.NDArray[np.float64]
WHAT: Final = Text("diversity", "多样性")
NO_COUNTS: Final = Text(
    "the counts are {value}; give one count from 0 up for each kind, at least one of them above 0.",
    "计数为 {value}；每类须给出不小于 0 的计数，且至少一类大于 0。",
)
NO_DISTANCES: Final = Text(
    "distances must be a square table of {n} kinds, equal in both directions, 0 on its diagonal and never below 0.",
    "距离须为 {n} 类的对称方阵，对角线为 0，且不为负。",
)


def hill_number(counts: npt.ArrayLike, order: float) -> float:
    r"""Return the effective number of kinds: that many equally common kinds would be as diverse.

    .. math:: {}^qD = (\sum_i p_i^q)^{1/(1-q)}, \quad {}^1D = \exp(-\sum_i p_i \ln p_i)

    Order 0 counts kinds, 1 is the exponential of Shannon's entropy, 2 the inverse of Simpson's index, infinity the
    inverse of the largest share (Hill 1973; Jost 2006).

    >>> hill_number([5, 5, 5, 5], 1), hill_number([4, 3, 2, 1], 0)
    (4.0, 4.0)
    """
    p = _shares(counts)
    p = p[p > 0]
    if order == 1:
        return float(np.round(np.exp(-np.sum(p * np.log(p))), 12))
    if np.isinf(order):
        return float(1 / p.max())
    return float(np.sum(p**order) ** (1 / (1 - order)))


def rao_stirling(counts: npt.ArrayLike, distances: npt.ArrayLike, *, alpha: float = 1.0, beta: float = 1.0) -> float:
    r"""Return how mixed kinds are, weighed by how far apart they lie.

    .. math:: \Delta = \sum_{i \ne j} d_{ij}^\alpha (p_i p_j)^\beta        (Rao 1982; Stirling 2007)

    The sum runs over ordered pairs, so each pair counts twice; some papers halve it. With alpha = beta = 1 it is the
    expected distance of two items drawn with replacement.

    >>> rao_stirling([1, 1], [[0, 1], [1, 0]])
    0.5
    """
    p, d = _shares(counts), np.asarray(distances, dtype=np.float64)
    if d.shape != (len(p), len(p)) or not np.allclose(d, d.T) or np.any(np.diag(d) != 0) or np.any(d < 0):
        raise FaultyInputError(WHAT, [Fault(code="distances", says=NO_DISTANCES, facts={"n": len(p)})])
    apart = ~np.eye(len(p), dtype=np.bool_)
    return float(np.sum(d[apart] ** alpha * np.outer(p, p)[apart] ** beta))


def cosine_distances(profiles: npt.ArrayLike) -> Floats:
    """Return one minus the cosine of each two rows: 0 where two units do alike, 1 where they have nothing in common.

    A row of zeros has no direction: it lies at distance 1 from all others.

    >>> cosine_distances([[1, 0], [0, 1], [2, 0]]).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    rows = np.asarray(profiles, dtype=np.float64)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)
    found: Floats = np.clip(1 - unit @ unit.T, 0, 1)
    found[np.abs(found) < 1e-12] = 0
    np.fill_diagonal(found, 0)
    return found


def _shares(counts: npt.ArrayLike) -> Floats:
    found = np.asarray(counts, dtype=np.float64)
    if found.ndim != 1 or not found.size or np.any(found < 0) or not np.isfinite(found).all() or found.sum() <= 0:
        fault = Fault(code="counts", says=NO_COUNTS, facts={"value": np.array2string(found, threshold=6)})
        raise FaultyInputError(WHAT, [fault])
    return np.asarray(found / found.sum(), dtype=np.float64)
