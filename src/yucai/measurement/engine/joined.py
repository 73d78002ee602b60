"""Which qualities are integrated over together where items speak of several, and the nodes for that.

Qualities that items join, directly or by way of others, form one block as long as there are at most three; then all
answers on them are one site, and nothing is approximated but the integral. Where more hang together, each largest set
of qualities that one item speaks of is a block, and answers on one quality stay a site of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["MOST_AT_ONCE", "Blocks", "blocks_of"]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
MOST_JOINED: Final = 3  # qualities of a block that holds everything said of them
MOST_AT_ONCE: Final = 4  # qualities of one item: beyond that the nodes are too many
PER_QUALITY: Final = {1: 21, 2: 9, 3: 7, 4: 7}  # nodes
LIGHTEST: Final = 1e-8  # share of the normal law below which a node is left out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blocks:
    """B blocks: size (B,), their qualities ``dims`` (B, X), padded; nodes (B, M, X) of which ``n_nodes`` (B,) count,
    with ``log_weights`` (B, M) for integrals of f exp(u^2 / 2) over a standard normal law.

    ``of_item`` (W,) is each item's block; ``takes`` (D,) the block that also holds all answers on that quality alone,
    -1 where these are a site of their own.
    """

    size: Index
    dims: Index
    nodes: Array
    log_weights: Array
    n_nodes: Index
    of_item: Index
    takes: Index


def blocks_of(basis: Sequence[Array], n_qualities: int, answered: npt.NDArray[np.bool_]) -> Blocks:
    """Return the blocks for items with these directions (L_j, D); items without answers join nothing."""
    spoken = [frozenset(map(int, np.flatnonzero((one != 0).any(axis=0)))) for one in basis]
    met = {one for one, there in zip(spoken, answered, strict=True) if there}
    sets: list[frozenset[int]] = []
    takes = np.full(n_qualities, -1)
    for component in _components(met):
        if len(component) <= MOST_JOINED:
            takes[sorted(component)] = len(sets)
            sets.append(component)
        else:
            inside = [one for one in met if one <= component]
            sets += sorted((one for one in inside if not any(one < other for other in inside)), key=sorted)
    of_item = np.array([next((b for b, held in enumerate(sets) if one <= held), 0) for one in spoken])
    width = max((len(one) for one in sets), default=1)
    rules = [_nodes(len(one)) for one in sets]
    most = max((len(weights) for _nodes_, weights in rules), default=1)
    blocks = Blocks(
        size=np.array([len(one) for one in sets], dtype=np.int64), dims=np.zeros((len(sets), width), dtype=np.int64),
        nodes=np.zeros((len(sets), most, width)), log_weights=np.zeros((len(sets), most)),
        n_nodes=np.array([len(weights) for _nodes_, weights in rules], dtype=np.int64),
        of_item=of_item.astype(np.int64), takes=takes.astype(np.int64),
    )  # fmt: skip
    for b, (one, (nodes, weights)) in enumerate(zip(sets, rules, strict=True)):
        blocks.dims[b, : len(one)] = sorted(one)
        blocks.nodes[b, : len(nodes), : len(one)] = nodes
        blocks.log_weights[b, : len(nodes)] = weights
    return blocks


def _components(sets: Iterable[frozenset[int]]) -> list[frozenset[int]]:
    """Return the sets joined wherever they share something, in order."""
    found: list[frozenset[int]] = []
    for one in sets:
        apart = [other for other in found if not other & one]
        found = [*apart, one.union(*(other for other in found if other & one))]
    return sorted(found, key=sorted)


@cache
def _nodes(size: int) -> tuple[Array, Array]:
    """Return the nodes (M, size) of Gauss-Hermite quadrature that weigh something, and their log-weights."""
    at, weight = np.polynomial.hermite_e.hermegauss(PER_QUALITY[size])
    nodes = np.array(list(product(at, repeat=size)))
    log_weights = np.log(np.array(list(product(weight, repeat=size)))).sum(axis=1)
    kept = np.exp(log_weights) > LIGHTEST * (2 * np.pi) ** (size / 2)
    return nodes[kept], (log_weights + 0.5 * (nodes**2).sum(axis=1))[kept]
