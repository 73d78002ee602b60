"""The attacker: whatever is shown is an equation, and whatever is hidden is narrowed as far as the equations go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

__all__ = ["System", "bounds", "is_safe", "not_yet_safe", "solved", "unsafe"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
CLOSE: Final = 1e-6
MOST_NODES: Final = 2_000  # of one search in whole numbers ...
MOST_WHOLE: Final = 200  # ... which is only tried with so few unknowns; what is not found counts as not there
MOST_ROUNDS: Final = 40
FEW: Final = 8
GOLDEN: Final = 0.6180339887498949  # its multiples mix signs evenly, and the same on every run


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    r"""What could be written down about unknown numbers :math:`x`, one for each smallest group of people (an atom).

    A cell that is shown says :math:`low \le r x \le high` by each row ``r`` that it owns; what left before says the
    same for good (``past``). Everybody knows :math:`0 \le x \le ceiling`. Of each need ``s`` the range of :math:`s x`
    that remains must be at least ``width`` wide. ``whole``: x are numbers of people; tables in fractions prove
    nothing.
    """

    truth: Floats
    ceiling: Floats
    rows: Any  # sparse, (rows, atoms)
    low: Floats
    high: Floats
    owner: Index
    past: Any
    past_low: Floats
    past_high: Floats
    needs: Any
    width: Floats
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Room:
    """Where x may move to from the truth: ``matrix`` times the move stays within low and high; columns are atoms."""

    atoms: Index
    matrix: Any
    low: Floats
    high: Floats
    least: Floats
    most: Floats
    part: Index  # which columns hang together


def bounds(system: System, shown: Flags) -> tuple[Floats, Floats]:
    """Return how far an attacker can narrow each need: the lowest and highest value that agrees with all that is shown.

    Linear programming, so that a fraction of a person is allowed for; see Fischetti and Salazar (2001), section 2.
    """
    room, needs = _room(system, shown), sparse.csr_matrix(system.needs)
    truth = np.asarray(needs @ system.truth)
    moved = [
        [_one(room, needs[number], sign, np.inf, whole=False, most_whole=0)[0] for sign in (-1, 1)]
        for number in range(len(truth))
    ]
    found = np.array(moved).reshape(-1, 2)
    return truth - found[:, 0], truth + found[:, 1]


def unsafe(system: System, shown: Flags, hints: Any = None) -> tuple[Index, Floats, Floats]:
    """Return the needs that an attacker can narrow too far, and how far each can be moved down and up from the truth.

    A need is safe once two tables are found that agree with all that is shown and lie far enough apart. Each
    solution is tried on all needs, so that few programs are solved; of whole numbers only whole tables count.
    ``hints`` are moves that may work, (atoms, moves); each is believed only as far as it agrees with all that is shown.
    """
    reach = np.zeros((2, system.needs.shape[0]))
    for _ in _attacked(system, shown, reach, hints):
        pass
    return np.flatnonzero(reach.sum(axis=0) < system.width - CLOSE), reach[0], reach[1]


def is_safe(system: System, shown: Flags, hints: Any = None) -> bool:
    """Return whether no need can be narrowed too far; the first of which it is not soon plain ends the search."""
    reach = np.zeros((2, system.needs.shape[0]))
    attacked = _attacked(system, shown, reach, hints, most_whole=0)
    return all(reach[:, number].sum() >= system.width[number] - CLOSE for number in attacked)


def _attacked(system: System, shown: Flags, reach: Floats, hints: Any, most_whole: int = MOST_WHOLE) -> Iterator[int]:
    """Attack all needs at once, then those left one by one; give each of these once it is known how far it moves."""
    room = _room(system, shown)
    needs = sparse.csr_matrix(system.needs)[:, room.atoms]
    if hints is not None:
        _tried(room, needs, hints, reach)
    _together(system, room, needs, reach)
    for number in np.flatnonzero(reach.sum(axis=0) < system.width - CLOSE):
        for side, sign in ((1, 1), (0, -1)):
            missing = float(system.width[number] - reach[1 - side, number])
            if missing <= reach[side, number] + CLOSE:
                break
            _, move = _one(room, needs[number], sign, missing, whole=system.whole, most_whole=most_whole)
            if move is not None:
                _note(needs, move, reach)
        yield int(number)


def not_yet_safe(system: System, shown: Flags) -> Index:
    """Return the needs that some quick mixed moves did not prove safe; the others are."""
    room = _room(system, shown)
    needs = sparse.csr_matrix(system.needs)[:, room.atoms]
    reach = np.zeros((2, needs.shape[0]))
    _together(system, room, needs, reach)
    return np.flatnonzero(reach.sum(axis=0) < system.width - CLOSE)


def solved(
    cost: Floats,
    matrix: Any,
    low: Floats,
    high: Floats,
    least: Floats,
    most: Floats,
    *,
    whole: Index | None = None,
) -> Floats | None:
    """Return the cheapest x within all limits, or None where there is none; the same answer on every run."""
    if not len(cost):
        return np.zeros(0)
    from scipy import optimize  # a fifth of a second that no other command should wait for

    limits = optimize.LinearConstraint(matrix, low, high) if matrix.shape[0] else ()
    told = optimize.milp(
        cost,
        constraints=limits,
        bounds=optimize.Bounds(least, most),
        integrality=whole,
        options={"node_limit": MOST_NODES},
    )
    return None if told.x is None else np.asarray(told.x, dtype=np.float64)


def _room(system: System, shown: Flags) -> _Room:
    keep = shown[system.owner] if len(system.owner) else np.zeros(0, dtype=np.bool_)
    matrix = sparse.vstack([sparse.csr_matrix(system.rows)[keep], system.past], format="csr")
    low = np.concatenate([system.low[keep], system.past_low])
    high = np.concatenate([system.high[keep], system.past_high])
    size = np.diff(matrix.indptr)
    alone = (size == 1) & (low == high)
    free = np.ones(len(system.truth), dtype=np.bool_)
    free[matrix[alone].indices] = False
    value = np.asarray(matrix @ system.truth)
    atoms = np.flatnonzero(free)
    matrix = matrix[:, atoms]
    used = np.diff(matrix.indptr) > 0
    matrix, slack_low, slack_high = matrix[used], (low - value)[used], (high - value)[used]
    return _Room(
        atoms=atoms,
        matrix=matrix,
        low=np.minimum(slack_low, 0.0),
        high=np.maximum(slack_high, 0.0),
        least=-system.truth[atoms],
        most=system.ceiling[atoms] - system.truth[atoms],
        part=_parts(matrix),
    )


def _parts(matrix: Any) -> Index:
    """Return the number of the part that each column belongs to; columns in one row hang together."""
    from scipy.sparse import csgraph  # late: slow to load

    rows, columns = matrix.shape
    graph = sparse.bmat([[None, matrix], [matrix.T, None]], format="csr") if rows and columns else None
    if graph is None:
        return np.arange(columns)
    _, label = csgraph.connected_components(graph, directed=False)
    return np.asarray(label[rows:], dtype=np.int64)


def _together(system: System, room: _Room, needs: Any, reach: Floats) -> None:
    """Move many needs at once, some up and some down in ever new mixtures, as long as a round proves enough."""
    if not len(room.atoms):
        return
    for turn in range(1, MOST_ROUNDS + 1):
        open_ = np.flatnonzero(reach.sum(axis=0) < system.width - CLOSE)
        if len(open_) < FEW:
            return
        cap = float(system.width[open_].max())
        mixed = np.where(np.modf(open_ * turn * GOLDEN + turn / 7)[0] < 0.5, 1.0, -1.0)
        least, most = np.maximum(room.least, -cap), np.minimum(room.most, cap)
        program = (-np.asarray(mixed @ needs[open_]), room.matrix, room.low, room.high, least, most)
        found = solved(*program)
        if found is not None:
            _note(needs, _whole_part(room, found) if system.whole else found, reach)
        left = int((reach.sum(axis=0) < system.width - CLOSE).sum())
        if turn > 3 and left > 0.95 * len(open_):
            return


def _one(
    room: _Room, need: Any, sign: int, enough: float, *, whole: bool, most_whole: int
) -> tuple[float, Floats | None]:
    """Return how far one need can be moved in a direction, up to enough, and the move; infinite: nothing holds it."""
    vector = np.asarray(need.todense()).ravel()
    vector = vector[room.atoms] if len(vector) != len(room.atoms) else vector
    columns = np.flatnonzero(np.isin(room.part, np.unique(room.part[vector != 0])))
    move = np.zeros(len(room.atoms))
    if not len(columns):
        return 0.0, move
    matrix, part = room.matrix[:, columns], vector[columns]
    used = np.diff(sparse.csr_matrix(matrix).indptr) > 0
    cap = enough if np.isfinite(enough) else 1e9
    limits = (
        sparse.vstack([matrix[used], sparse.csr_matrix(sign * part)], format="csr"),
        np.append(room.low[used], -np.inf),
        np.append(room.high[used], cap),
        room.least[columns],
        room.most[columns],
    )
    found = solved(-sign * part, *limits)
    if found is not None and whole and not _is_whole(found):
        far_enough = len(columns) <= most_whole and float(sign * (part @ found)) >= enough - CLOSE
        found = solved(-sign * part, *limits, whole=np.ones(len(columns), dtype=np.int64)) if far_enough else None
        found = found if found is None else np.round(found)
    if found is None:
        return 0.0, None
    move[columns] = found
    far = float(sign * (part @ found))
    return (np.inf if far >= 1e9 - 1 else far), move


def _tried(room: _Room, needs: Any, hints: Any, reach: Floats) -> None:
    """Note how far each hint moves the needs, of those hints that agree with all that is shown."""
    inside = sparse.csc_matrix(hints[room.atoms])
    told = np.asarray((room.matrix @ inside).todense())
    fits = ((told >= room.low[:, None] - CLOSE) & (told <= room.high[:, None] + CLOSE)).all(axis=0)
    fits &= np.diff(sparse.csc_matrix(hints).indptr) == np.diff(inside.indptr)  # nothing that is known may move
    dense = np.asarray(inside.todense())
    fits &= ((dense >= room.least[:, None] - CLOSE) & (dense <= room.most[:, None] + CLOSE)).all(axis=0)
    if fits.any():
        moved = np.asarray((needs @ inside[:, np.flatnonzero(fits)]).todense())
        reach[1] = np.maximum(reach[1], moved.max(axis=1))
        reach[0] = np.maximum(reach[0], -moved.min(axis=1))


def _note(needs: Any, move: Floats, reach: Floats) -> None:
    moved = np.asarray(needs @ move)
    reach[1] = np.maximum(reach[1], moved)
    reach[0] = np.maximum(reach[0], -moved)


def _whole_part(room: _Room, move: Floats) -> Floats:
    """Return what of a move is in whole numbers by itself: pieces that no row ties to a fraction."""
    if _is_whole(move):
        return np.round(move)
    moved = np.flatnonzero(np.abs(move) > CLOSE)
    piece = _parts(room.matrix[:, moved])
    broken = np.unique(piece[np.abs(move[moved] - np.round(move[moved])) > CLOSE])
    kept = np.zeros(len(move))
    sound = ~np.isin(piece, broken)
    kept[moved[sound]] = np.round(move[moved[sound]])
    return kept


def _is_whole(x: Floats) -> bool:
    return bool(np.abs(x - np.round(x)).max(initial=0.0) < CLOSE)
