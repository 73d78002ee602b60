"""Whether loadings, correlations and testlets can be told from the answers at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["Undetermined", "undetermined_of"]

Array = npt.NDArray[np.float64]
MOST_PARTNERS: Final = 60  # of one item that are looked at; more say nothing new
SEED: Final = 20261127  # the rank is the same at almost every point, so one point is enough
SMALL: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Undetermined:
    """Items whose loadings, and qualities whose correlations or variances, no amount of answers would tell."""

    items: tuple[int, ...]
    qualities: tuple[int, ...]


def undetermined_of(
    basis: Sequence[Array], apart: npt.NDArray[np.bool_], together: npt.NDArray[np.bool_]
) -> Undetermined | None:
    r"""Return what cannot be told, or None.

    basis: each item's directions (L_j, D); apart (D,): testlets; together (J, J): pairs of items that somebody
    answered both of. What pairs of items say are the products a_j' \Phi a_k; the numbers can be told (locally) when the
    derivatives of all pairs by all free numbers have full rank (Bollen 1989; Reckase 2009).
    """
    rng = np.random.default_rng(SEED)
    j_n, d = len(basis), len(apart)
    phi = np.where(apart[:, None] | apart[None, :], 0.0, 0.3) + np.diag(np.where(apart, 0.5, 0.7))
    slopes = [rng.uniform(0.6, 1.6, len(one)) for one in basis]
    direction = np.array([s @ one for s, one in zip(slopes, basis, strict=True)])
    place = np.concatenate([[0], np.cumsum([len(one) for one in basis])]).astype(int)
    rows, columns = np.tril_indices(d, -1)
    related = ~apart[rows] & ~apart[columns]
    free = [*zip(rows[related], columns[related], strict=True), *((t, t) for t in np.flatnonzero(apart))]
    n = place[-1] + len(free)
    squares = np.zeros((n, n))
    for j in range(j_n):
        partners = np.flatnonzero(together[j] & (np.arange(j_n) != j))
        if len(partners) > MOST_PARTNERS:
            partners = np.sort(rng.choice(partners, MOST_PARTNERS, replace=False))
        by = np.zeros((len(partners), n))
        by[:, place[j] : place[j + 1]] = direction[partners] @ phi @ basis[j].T
        for row, k in enumerate(map(int, partners)):
            by[row, place[k] : place[k + 1]] = basis[k] @ phi @ direction[j]
        for at, (u, v) in enumerate(free, start=place[-1]):
            both = direction[j, u] * direction[partners, v]
            by[:, at] = both if u == v else both + direction[j, v] * direction[partners, u]
        squares += by.T @ by
    values, vectors = np.linalg.eigh(squares)
    loose = (np.abs(vectors[:, values < SMALL * values[-1]]) > 1e-4).any(axis=1)
    if not loose.any():
        return None
    items = [j for j in range(j_n) if loose[place[j] : place[j + 1]].any()]
    pairs = [pair for pair, open_ in zip(free, loose[place[-1] :], strict=True) if open_]
    said = {int(u) for pair in pairs for u in pair} or {int(u) for j in items for u in np.flatnonzero(direction[j])}
    return Undetermined(items=tuple(items), qualities=tuple(sorted(said)))
