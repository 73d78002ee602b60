"""Which cells to hide besides those that must be: the cheapest pattern on small tables, a quick one on large ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from yucai.governance.release.attack import CLOSE, System, is_safe, not_yet_safe, solved, unsafe

__all__ = ["Block", "choose", "impossible"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
MOST_UNKNOWNS: Final = 1_500  # of one exact program
MOST_TRIALS: Final = 80  # cells that are tried one by one whether they can be shown after all ...
MOST_ATOMS: Final = 600
MOST_TRIED: Final = 8_000  # ... and fewer where each trial costs more: atoms times trials


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The innermost cells of a table: ``cells`` (shape of the leaves) numbers them.

    ``families`` says of each axis which leaves lie side by side under one entry.
    """

    cells: Index
    families: tuple[Index, ...]


def impossible(system: System, cells: int) -> Flags:
    """Return the needs that are open no longer even when nothing more is shown: what left before has closed them.

    Fractions of a person are allowed for: what is not open then is not open at all, while tables in whole numbers may
    only not have been found, and a need that is dropped for that would be protected no more.
    """
    if not system.past.shape[0]:
        return np.zeros(system.needs.shape[0], dtype=np.bool_)
    found = np.zeros(system.needs.shape[0], dtype=np.bool_)
    found[unsafe(replace(system, whole=False), np.zeros(cells, dtype=np.bool_))[0]] = True
    return found


def choose(systems: Sequence[System], *, hidden: Flags, cost: Floats, block: Block | None = None) -> Flags:
    """Return which cells to hide, those given among them, so that no need of any system can be narrowed too far.

    Small tables: the pattern of least cost by an integer program (Kelly 1992; Fischetti and Salazar 2001). Larger
    ones: hypercubes (Repsilber 1994), then for each need that is still open the cheapest move by linear programming;
    at the end every cell that need not be hidden is shown again. Whatever chose, the attacker of ``unsafe`` has the
    last word. The same table gives the same pattern.
    """
    if all(not len(not_yet_safe(system, ~hidden)) for system in systems):
        return hidden
    exact = _cheapest(systems, hidden, cost)
    start = exact if exact is not None else hidden.copy()
    hints: list[Any] = [None] * len(systems)
    if exact is None and block is not None:
        hints[0] = _hypercubes(systems[0], start, cost, block)
    found = _repaired(systems, start, cost, hints)
    return found if exact is not None else _shown_again(systems, found, hidden, cost, hints)


def _repaired(systems: Sequence[System], hidden: Flags, cost: Floats, hints: Sequence[Any]) -> Flags:
    """Hide more until the attacker finds nothing, or all is hidden; each round hides at least one cell."""
    found, again = hidden.copy(), True
    while again and not found.all():
        again = False
        for system, hint in zip(systems, hints, strict=True):
            bad, down, _ = unsafe(system, ~found, hint)
            if not len(bad):
                continue
            again, before = True, found.copy()
            for need in bad:
                wanted = float(system.width[need] - min(down[need], system.width[need]))
                for cell in _cheapest_move(system, int(need), wanted, found, cost):
                    found[cell] = True
            if (found == before).all():
                _hide_nearest(system, int(bad[0]), found, cost)
    return found


def _cheapest_move(system: System, need: int, wanted: float, hidden: Flags, cost: Floats) -> Index:
    """Return the cells that must be hidden as well for a need to be moved up by as much as is wanted.

    The program of Kelly, Golden and Assad (1992): the cost of a cell times how far the move would change it.
    """
    shown = ~hidden
    keep = shown[system.owner]
    rows, owner = system.rows[keep], system.owner[keep]
    cells, column = np.unique(owner, return_inverse=True)
    n, m = len(system.truth), len(cells)
    slack = sparse.csr_matrix((np.ones(len(owner)), (np.arange(len(owner)), column)), shape=(len(owner), m))
    value, past = rows @ system.truth, system.past @ system.truth
    matrix = (
        sparse.bmat(
            [
                [rows, -slack],
                [rows, slack],
                [system.past, None],
                [system.needs[need], None],
            ],
            format="csr",
        )
        if m
        else sparse.vstack([system.past, system.needs[need]], format="csr")
    )
    free = np.full(len(owner), np.inf)
    low = np.concatenate(
        [-free, np.minimum(system.low[keep] - value, 0), np.minimum(system.past_low - past, 0), [wanted]]
    )
    high = np.concatenate(
        [np.maximum(system.high[keep] - value, 0), free, np.maximum(system.past_high - past, 0), [np.inf]]
    )
    most = np.minimum(system.ceiling - system.truth, 1e7)
    found = solved(
        np.concatenate([np.zeros(n), cost[cells]]),
        matrix,
        low,
        high,
        np.concatenate([-system.truth, np.zeros(m)]),
        np.concatenate([most, np.full(m, np.inf)]),
    )
    return cells if found is None else cells[found[n:] > CLOSE]


def _hide_nearest(system: System, need: int, hidden: Flags, cost: Floats) -> None:
    """Hide the cheapest shown cell that speaks of anybody in a need, else the cheapest of all."""
    columns = system.needs[need].indices
    touching = np.unique(system.owner[np.unique(system.rows[:, columns].nonzero()[0])])
    near = [cell for cell in touching if not hidden[cell]] or list(np.flatnonzero(~hidden))
    if near:
        hidden[min(near, key=lambda cell: (cost[cell], cell))] = True


def _shown_again(systems: Sequence[System], found: Flags, primary: Flags, cost: Floats, hints: Sequence[Any]) -> Flags:
    """Show every cell again that need not be hidden, the dearest first."""
    extra = sorted(np.flatnonzero(found & ~primary), key=lambda cell: (-cost[cell], cell))
    kept = found.copy()
    atoms = max(len(system.truth) for system in systems)
    for cell in extra[: min(MOST_TRIALS, MOST_TRIED // atoms if atoms < MOST_ATOMS else 0)]:
        kept[cell] = False
        if not all(is_safe(system, ~kept, hint) for system, hint in zip(systems, hints, strict=True)):
            kept[cell] = True
    return kept


def _hypercubes(system: System, hidden: Flags, cost: Floats, block: Block) -> Any:
    """Protect every small innermost cell by the cheapest block of cells around it that all margins keep.

    Returns the moves that show it, (atoms, moves), or None.
    """
    shape = block.cells.shape
    if len(system.truth) != block.cells.size or 1 in shape:
        return None
    value = system.truth.reshape(shape)
    single = np.flatnonzero(np.diff(system.needs.indptr) == 1)
    single = np.intersect1d(single, not_yet_safe(system, ~hidden))
    order = sorted(single, key=lambda need: (-value.ravel()[system.needs[need].indices[0]], need))
    moves: list[tuple[Index, Floats]] = []
    for need in order:
        corner = np.unravel_index(system.needs[need].indices[0], shape)
        place = tuple(int(one) for one in corner)
        moves += _one_hypercube(value, hidden, cost, block, place, float(system.width[need]))
    if not moves:
        return None
    columns = np.repeat(np.arange(len(moves)), [len(atoms) for atoms, _ in moves])
    told = np.concatenate([change for _, change in moves]), (np.concatenate([atoms for atoms, _ in moves]), columns)
    return sparse.csr_matrix(told, shape=(value.size, len(moves)))


def _one_hypercube(
    value: Floats, hidden: Flags, cost: Floats, block: Block, corner: tuple[int, ...], width: float
) -> list[tuple[Index, Floats]]:
    """Hide the cheapest block around a corner that leaves it a range of the width; return the moves up and down."""
    axes = [
        np.array([leaf for leaf in np.flatnonzero(family == family[at]) if leaf != at], dtype=np.int64)
        for family, at in zip(block.families, corner, strict=True)
    ]
    if any(not len(axis) for axis in axes):
        return []
    price = np.where(hidden[block.cells], 0.0, cost[block.cells])
    total = np.zeros([len(axis) for axis in axes])
    room = [np.full(total.shape, np.inf), np.full(total.shape, np.inf)]
    for mask in range(2 ** len(axes)):
        picked = [axis if mask >> d & 1 else np.array([corner[d]]) for d, axis in enumerate(axes)]
        grid, odd = np.ix_(*picked), mask.bit_count() % 2
        total = total + price[grid]
        room[odd] = np.minimum(room[odd], value[grid])
    fits = room[0] + room[1] >= width
    if not fits.any():
        return []
    best = np.unravel_index(int(np.argmin(np.where(fits, total, np.inf))), total.shape)
    places = [
        tuple(int(axis[best[d]]) if mask >> d & 1 else corner[d] for d, axis in enumerate(axes))
        for mask in range(2 ** len(axes))
    ]
    for place in places:
        hidden[block.cells[place]] = True
    atoms = np.array([np.ravel_multi_index(place, value.shape) for place in places], dtype=np.int64)
    sign = np.array([1.0 - 2.0 * (mask.bit_count() % 2) for mask in range(len(places))])
    moves = [(atoms, sign * float(room[1][best])), (atoms, -sign * float(room[0][best]))]
    return [move for move in moves if move[1].any()]


def _cheapest(systems: Sequence[System], hidden: Flags, cost: Floats) -> Flags | None:
    """Return the pattern of least cost by one integer program, or None where it would be too large or was not found."""
    unknowns = sum(2 * system.needs.shape[0] * len(system.truth) for system in systems) + len(cost)
    if unknowns > MOST_UNKNOWNS:
        return None
    parts = [_both_ways(system, need, hidden) for system in systems for need in range(system.needs.shape[0])]
    n = len(cost)
    matrix = sparse.bmat(
        [[part[0], *[part[1] if other is part else None for other in parts]] for part in parts], format="csr"
    )
    found = solved(
        np.concatenate([cost, *[np.zeros(part[1].shape[1]) for part in parts]]),
        matrix,
        np.concatenate([part[2] for part in parts]),
        np.concatenate([part[3] for part in parts]),
        np.concatenate([hidden.astype(float), *[part[4] for part in parts]]),
        np.concatenate([np.ones(n), *[part[5] for part in parts]]),
        whole=np.concatenate([np.ones(n), *[np.zeros(part[1].shape[1]) for part in parts]]).astype(np.int64),
    )
    return None if found is None else found[:n] > 0.5


def _both_ways(system: System, need: int, hidden: Flags) -> tuple[Any, ...]:
    """Return the limits of one need: a move up and a move down that only hidden cells notice, far enough apart."""
    n, width = len(system.truth), float(system.width[need])
    reach = 2 * width
    least, most = np.maximum(-system.truth, -reach), np.minimum(system.ceiling - system.truth, reach)
    value, past = system.rows @ system.truth, system.past @ system.truth
    loose = sparse.csr_matrix(
        (np.full(len(system.owner), 4 * reach), (np.arange(len(system.owner)), system.owner)),
        shape=(len(system.owner), len(hidden)),
    )
    none, vector = sparse.csr_matrix((system.past.shape[0], len(hidden))), system.needs[need]
    left, right, low, high = [], [], [], []
    for sign in (0, 1):
        both = [[system.rows, None], [None, system.rows]][sign]
        left += [loose, -loose]
        right += [_beside(both, n), _beside(both, n)]
        low += [np.minimum(system.low - value, 0), np.full(len(value), -np.inf)]
        high += [np.full(len(value), np.inf), np.maximum(system.high - value, 0)]
        left.append(none)
        right.append(_beside([[system.past, None], [None, system.past]][sign], n))
        low.append(np.minimum(system.past_low - past, 0))
        high.append(np.maximum(system.past_high - past, 0))
    left.append(sparse.csr_matrix((1, len(hidden))))
    right.append(sparse.hstack([vector, -vector], format="csr"))
    low.append(np.array([width]))
    high.append(np.array([np.inf]))
    return (
        sparse.vstack(left, format="csr"),
        sparse.vstack(right, format="csr"),
        np.concatenate(low),
        np.concatenate(high),
        np.concatenate([least, least]),
        np.concatenate([most, most]),
    )


def _beside(pair: list[Any], columns: int) -> Any:
    rows = next(one for one in pair if one is not None).shape[0]
    return sparse.hstack([one if one is not None else sparse.csr_matrix((rows, columns)) for one in pair], format="csr")
