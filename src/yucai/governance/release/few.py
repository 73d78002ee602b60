"""What a set of equations says of a few people alone, whatever has to be added and subtracted to find it."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from math import comb
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

__all__ = ["NOTHING", "told_of_few"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
NOTHING: Final = 1e-7
MOST_CIRCUITS: Final = 3_000  # of one part; beyond that each row is taken as it comes, and the part as a whole


def told_of_few(rows: Any, size: Floats, *, fewest: int) -> Floats:
    r"""Return the sums over fewer than ``fewest`` people that follow from the rows, (sums, atoms); largest part 1.

    Every such sum is a combination :math:`y^T R` of the rows that is nought on all atoms of ``fewest`` people or more.
    The empty groups that somebody could be in stand for nobody. These combinations are a space; its sums with least
    support (circuits) are found part by part, by setting all but one degree of freedom to nought. In a part with too
    many of them the space itself is given: better too much hidden than too little.
    """
    small = np.flatnonzero((size > 0) & (size < fewest))
    left = _without(sparse.csr_matrix(rows), np.flatnonzero(size >= fewest).tolist())
    if not len(small) or not left.shape[0]:
        return np.zeros((0, len(size)))
    found = []
    for part in (piece for mixed in _parts(left[:, small]) for piece in _parts(_reduced(mixed))):
        held = np.flatnonzero(np.abs(part).max(axis=0) > NOTHING)
        for sum_ in _circuits(part, held):
            people = size[small[np.abs(sum_) > NOTHING]].sum()
            if people < fewest or comb(len(held), len(part) - 1) > MOST_CIRCUITS:
                found.append(sum_ / np.abs(sum_).max())
    out = np.zeros((len(found), len(size)))
    if found:
        out[:, small] = np.array(found)
    return out


def _without(matrix: Any, columns: list[int]) -> Any:
    """Return rows that span what the rows say with nought in these columns: each is solved for and put in elsewhere.

    Sparse elimination, the shortest row first, so that a table with its margins stays thin.
    """
    rows: dict[int, dict[int, float]] = {}
    users: dict[int, set[int]] = defaultdict(set)
    for number in range(matrix.shape[0]):
        row = slice(matrix.indptr[number], matrix.indptr[number + 1])
        rows[number] = dict(zip(matrix.indices[row].tolist(), matrix.data[row].tolist(), strict=True))
        for column in rows[number]:
            users[column].add(number)
    for column in sorted(columns, key=lambda one: (len(users[one]), one)):
        if not users[column]:
            continue
        pivot = min(users[column], key=lambda number: (len(rows[number]), number))
        base = rows.pop(pivot)
        for other in base:
            users[other].discard(pivot)
        for number in sorted(users[column]):
            _take_away(rows[number], base, rows[number][column] / base[column], users, number)
    kept = [row for row in rows.values() if row]
    told = [(number, column, value) for number, row in enumerate(kept) for column, value in row.items()]
    where = ([one[0] for one in told], [one[1] for one in told])
    return sparse.csr_matrix(([one[2] for one in told], where), shape=(len(kept), matrix.shape[1]))


def _take_away(
    row: dict[int, float], base: dict[int, float], times: float, users: dict[int, set[int]], number: int
) -> None:
    for column, value in base.items():
        left = row.get(column, 0.0) - times * value
        if abs(left) <= NOTHING:
            row.pop(column, None)
            users[column].discard(number)
        else:
            row[column] = left
            users[column].add(number)


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


def _parts(space: Any) -> list[Floats]:
    """Return the rows, dense, in groups that share no column."""
    from scipy.sparse import csgraph  # late: slow to load

    thin = sparse.csr_matrix(space)
    if not thin.shape[0]:
        return []
    linked = abs(thin) @ abs(thin).T
    count, label = csgraph.connected_components(linked, directed=False)
    return [np.asarray(thin[np.flatnonzero(label == number)].todense()) for number in range(count)]


def _circuits(part: Floats, held: Index) -> list[Floats]:
    """Return the combinations of the rows of a part that are nought in as many columns as there is freedom for."""
    from scipy import linalg  # late: slow to load

    freedom = len(part) - 1
    if freedom == 0 or comb(len(held), freedom) > MOST_CIRCUITS:
        return list(part)
    found = []
    for columns in combinations(held, freedom):
        mixed = linalg.null_space(part[:, list(columns)].T)
        if mixed.shape[1] == 1:
            found.append(mixed[:, 0] @ part)
    return found
