"""What a set of equations says of a few people alone, whatever has to be added and subtracted to find it."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse
from scipy.sparse import csgraph

__all__ = ["NOTHING", "told_of_few"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
NOTHING: Final = 1e-7
MOST_CIRCUITS: Final = 3_000  # of one part; beyond that each row is taken as it comes, and the part as a whole


def told_of_few(rows: Any, size: Floats, *, fewest: int) -> Floats:
    r"""Return the sums over fewer than ``fewest`` people that follow from the rows, (sums, atoms); largest part 1.

    Every such sum is a combination :math:`y^T R` of the rows that is nought on all atoms of ``fewest`` people or more.
    These combinations are a space; its sums with least support (circuits) are found part by part, by setting all but
    one degree of freedom to nought. In a part with too many of them the space itself is given: better too much
    hidden than too little.
    """
    small = np.flatnonzero((size > 0) & (size < fewest))
    dense = np.asarray(sparse.csr_matrix(rows).todense())
    if not len(small) or not len(dense):
        return np.zeros((0, len(size)))
    large = np.setdiff1d(np.flatnonzero(size > 0), small)
    free = linalg.null_space(dense[:, large].T) if len(large) else np.eye(len(dense))
    space = _reduced(free.T @ dense[:, small])
    found = []
    for part in _parts(space):
        held = np.flatnonzero(np.abs(part).max(axis=0) > NOTHING)
        for sum_ in _circuits(part, held):
            people = size[small[np.abs(sum_) > NOTHING]].sum()
            if people < fewest or comb(len(held), len(part) - 1) > MOST_CIRCUITS:
                found.append(sum_ / np.abs(sum_).max())
    out = np.zeros((len(found), len(size)))
    if found:
        out[:, small] = np.array(found)
    return out


def _reduced(matrix: Floats) -> Floats:
    """Return the rows in reduced echelon form, without those that are nought."""
    left, pivot = matrix.copy(), 0
    for column in range(left.shape[1]):
        if pivot == len(left):
            break
        best = pivot + int(np.argmax(np.abs(left[pivot:, column])))
        if abs(left[best, column]) <= NOTHING:
            continue
        left[[pivot, best]] = left[[best, pivot]]
        left[pivot] /= left[pivot, column]
        others = np.arange(len(left)) != pivot
        left[others] -= np.outer(left[others, column], left[pivot])
        pivot += 1
    left = left[:pivot]
    left[np.abs(left) <= NOTHING] = 0.0
    return left


def _parts(space: Floats) -> list[Floats]:
    """Return the rows in groups that share no column."""
    if not len(space):
        return []
    linked = sparse.csr_matrix(np.abs(space) > 0, dtype=float)
    _, label = csgraph.connected_components(linked @ linked.T, directed=False)
    return [space[label == number] for number in range(int(label.max()) + 1)]


def _circuits(part: Floats, held: Index) -> list[Floats]:
    """Return the combinations of the rows of a part that are nought in as many columns as there is freedom for."""
    freedom = len(part) - 1
    if freedom == 0 or comb(len(held), freedom) > MOST_CIRCUITS:
        return list(part)
    found = []
    for columns in combinations(held, freedom):
        mixed = linalg.null_space(part[:, list(columns)].T)
        if mixed.shape[1] == 1:
            found.append(mixed[:, 0] @ part)
    return found
