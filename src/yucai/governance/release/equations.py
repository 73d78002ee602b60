"""What a table says when it leaves, written as equations over the smallest groups of people, with what left before."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from yucai.governance.release.attack import System
from yucai.governance.release.policy import ReleasePolicy
from yucai.governance.release.tables import TOTAL, AxisKind, Measure, Table

__all__ = ["Past", "amount_system", "cell_counts", "count_system", "margins", "measure_system", "people_of"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
OUTSIDE: Final = -1
MOVED: Final = 0.1  # of the range: a value that moved less is taken for the same, as all do in a new calibration


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A table that left before, and which of its cells (and of its measures' cells) were shown."""

    table: Table
    shown: Flags
    measured: dict[str, Flags]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Atoms:
    """Smallest groups: where each stands in the new table and in each earlier one (OUTSIDE: nowhere), and its size."""

    here: Index
    there: tuple[Index, ...]
    size: Floats


def margins(table: Table) -> Any:
    """Return which base cells each cell holds, (cells, base cells), sparse."""
    held = sparse.csr_matrix(np.ones((1, 1)))
    for axis in table.axes:
        held = sparse.kron(held, sparse.csr_matrix(axis.membership()), format="csr")
    return held


def cell_counts(table: Table) -> Floats:
    """Return the people in each cell."""
    return np.asarray(margins(table) @ table.counts.ravel().astype(float))


def people_of(table: Table, measure: Measure) -> tuple[tuple[Hashable, ...], Index]:
    """Return the people of a table who have a value, and the base cell of each."""
    there = [number for number, person in enumerate(table.people) if person in measure.values]
    return tuple(table.people[number] for number in there), table.base[there]


def count_system(table: Table, past: Sequence[Past], *, policy: ReleasePolicy) -> System:
    """Return the equations of the counts of a table beside those of earlier tables over the same people."""
    atoms = _with_empty(
        table, past, _atoms(table.people, table.base, [(one.table.people, one.table.base) for one in past])
    )
    if not past:
        atoms = _Atoms(here=np.arange(table.counts.size), there=(), size=table.counts.ravel().astype(float))
    rows, low, high, owner = _told(table, atoms.here, atoms.size)
    before = [
        _kept(_told(one.table, there, atoms.size), one.shown) for one, there in zip(past, atoms.there, strict=True)
    ]
    needs, width = _needs(table, atoms.here, policy)
    for one, there in zip(past, atoms.there, strict=True):
        more, wide = _needs(one.table, there, policy)
        needs, width = [*needs, *more], [*width, *wide]
    few = np.flatnonzero((atoms.size > 0) & (atoms.size < policy.min_cell)) if past else np.zeros(0, dtype=np.int64)
    needs += [np.array([atom]) for atom in few]
    width += [float(policy.min_cell)] * len(few)
    return _system(atoms.size, np.full(len(atoms.size), np.inf), (rows, low, high, owner), before, (needs, width))


def measure_system(table: Table, measure: Measure, past: Sequence[Past], *, policy: ReleasePolicy) -> System:
    """Return the equations of a measure: each figure of a cell counts as the sum of its people's values.

    A figure of a group and the same figure of a group with a few more people tell of those few, whatever the figure
    is; so means and quartiles alike are taken for sums. Sizes are known; values lie in a range of length 1. Whose
    value has changed is somebody else: a sum before and after then tells of the few whose values changed.
    """
    earlier = [one for one in past if any(other.code == measure.code for other in one.table.measures)]
    columns = [
        (one.table, next(other for other in one.table.measures if other.code == measure.code)) for one in earlier
    ]
    atoms = _atoms_of_values([(table, measure), *columns])
    truth = atoms.size / 2
    rows = margins(table) @ _placed(atoms.here, table.counts.size)
    value = np.asarray(rows @ truth)
    owner = np.arange(rows.shape[0])
    before = []
    for one, there in zip(earlier, atoms.there, strict=True):
        other = margins(one.table) @ _placed(there, one.table.counts.size)
        told = np.asarray(other @ truth)
        before.append(_kept((other, told, told, np.arange(other.shape[0])), one.measured[measure.code]))
    few = np.flatnonzero(atoms.size < policy.min_cell)
    needs = [np.array([atom]) for atom in few], [policy.open_share * atoms.size[atom] for atom in few]
    return replace(_system(truth, atoms.size, (rows, value, value, owner), before, needs), whole=False)


def amount_system(table: Table, *, policy: ReleasePolicy) -> System:
    r"""Return the equations of the sums of amounts, with a need for every cell that the p% rule calls dominated.

    A cell is dominated where :math:`T - x_1 - x_2 < p/100\, x_1`: whoever paid :math:`x_2` comes too close to
    :math:`x_1`. What is missing must stay open on both sides.
    """
    assert table.amounts is not None
    held, sums = margins(table), table.amounts.sums.ravel().astype(float)
    total, (first, second) = np.asarray(held @ sums), _two_largest(table)
    missing = policy.p_percent / 100 * first - (total - first - second)
    found = list(np.flatnonzero((missing > 0) & (first > 0)))
    needs = [held[number].indices for number in found], [2 * float(missing[number]) for number in found]
    value = (held, total, total, np.arange(held.shape[0]))
    return replace(_system(sums, np.full(len(sums), np.inf), value, [], needs), whole=False)


def _two_largest(table: Table) -> tuple[Floats, Floats]:
    assert table.amounts is not None
    both = np.stack([table.amounts.largest.ravel(), table.amounts.second.ravel()])
    held = margins(table)
    tops = [np.sort(both[:, held[number].indices].ravel())[-2:] for number in range(held.shape[0])]
    return np.array([top[1] for top in tops]), np.array([top[0] for top in tops])


def _system(truth: Floats, ceiling: Floats, told: Any, before: list[Any], needs: Any) -> System:
    rows, low, high, owner = told
    past = [one[0] for one in before]
    return System(
        truth=truth,
        ceiling=ceiling,
        rows=sparse.csr_matrix(rows),
        low=low,
        high=high,
        owner=owner,
        past=sparse.vstack(past, format="csr") if past else sparse.csr_matrix((0, len(truth))),
        past_low=np.concatenate([one[1] for one in before]) if before else np.zeros(0),
        past_high=np.concatenate([one[2] for one in before]) if before else np.zeros(0),
        **_without_repeats(needs, len(truth)),
    )


def _without_repeats(needs: Any, atoms: int) -> dict[str, Any]:
    widest: dict[tuple[int, ...], float] = {}
    for columns, width in zip(*needs, strict=True):
        if len(columns):
            key = tuple(sorted(int(column) for column in columns))
            widest[key] = max(width, widest.get(key, 0.0))
    sizes = np.array([len(key) for key in widest], dtype=np.int64)
    columns = np.array([column for key in widest for column in key], dtype=np.int64)
    found = sparse.csr_matrix(
        (np.ones(len(columns)), columns, np.concatenate([[0], np.cumsum(sizes)])), shape=(len(widest), atoms)
    )
    return {"needs": found, "width": np.array(list(widest.values()))}


def _told(table: Table, where: Index, size: Floats) -> tuple[Any, Floats, Floats, Index]:
    """Return the rows that the cells of a table say, with the lowest and highest value that each leaves."""
    rows = sparse.csr_matrix(margins(table) @ _placed(where, table.counts.size))
    value = np.asarray(rows @ size)
    owner = np.arange(rows.shape[0])
    if table.percentages is None:
        return rows, value, value, owner
    over = [axis.code for axis in table.axes].index(table.percentages.over)
    numbers = np.array(np.unravel_index(owner, table.shape))
    whole = numbers.copy()
    whole[over] = table.axes[over].nodes.index(TOTAL)
    of = np.ravel_multi_index(tuple(whole), table.shape)
    part = numbers[over] != whole[over]
    base = np.where(value[of] > 0, value[of], 1.0)
    half = 0.5 * 10.0**-table.percentages.decimals
    rounded = np.round(100 * value / base, table.percentages.decimals)
    least = rows - sparse.diags(np.where(part, (rounded - half) / 100, 0.0)) @ rows[of]
    most = rows - sparse.diags(np.where(part, (rounded + half) / 100, 0.0)) @ rows[of]
    return (
        sparse.vstack([least, most], format="csr"),
        np.concatenate([np.where(part, 0.0, value), np.where(part, -np.inf, value)]),
        np.concatenate([np.where(part, np.inf, value), np.where(part, 0.0, value)]),
        np.concatenate([owner, owner]),
    )


def _kept(told: tuple[Any, Floats, Floats, Index], shown: Flags) -> tuple[Any, Floats, Floats]:
    rows, low, high, owner = told
    keep = shown[owner]
    return sparse.csr_matrix(rows)[keep], low[keep], high[keep]


def _placed(where: Index, cells: int) -> Any:
    """Return which base cell each atom stands in, (base cells, atoms), sparse; atoms outside stand in none."""
    inside = np.flatnonzero(where >= 0)
    return sparse.csr_matrix((np.ones(len(inside)), (where[inside], inside)), shape=(cells, len(where)))


def _needs(table: Table, where: Index, policy: ReleasePolicy) -> tuple[list[Index], list[float]]:
    """Return which groups of atoms must stay open: small cells, and nearly nobody or everybody on a sensitive axis."""
    found = list(_sensitive(table, policy))
    order = np.argsort(where, kind="stable")
    start = np.searchsorted(where[order], np.arange(table.counts.size + 1))
    atoms = [order[start[cell] : start[cell + 1]] for cell in range(table.counts.size)]
    needs = [np.concatenate([atoms[cell] for cell in cells]) for cells in found]
    return needs, [float(policy.min_cell)] * len(needs)


def _sensitive(table: Table, policy: ReleasePolicy) -> Iterator[Index]:
    """Give the base cells of every group that must stay open."""
    held, size = margins(table), cell_counts(table)
    for cell in np.flatnonzero((size > 0) & (size < policy.min_cell)):
        yield held[cell].indices
    for number, axis in enumerate(table.axes):
        if axis.kind is AxisKind.SENSITIVE:
            yield from _told_of_all(table, number, policy)


def _told_of_all(table: Table, number: int, policy: ReleasePolicy) -> Iterator[Index]:
    """Give what nearly nobody or nearly everybody of a group is: the few, or the few others."""
    held, size = margins(table), cell_counts(table)
    numbers = np.array(np.unravel_index(np.arange(len(size)), table.shape))
    axis = table.axes[number]
    leaves = np.arange(len(axis.leaves))
    for cell in range(len(size)):
        if axis.nodes[numbers[number, cell]] == TOTAL:
            continue
        others = np.repeat(numbers[:, [cell]], len(leaves), axis=1)
        others[number] = leaves
        group = np.ravel_multi_index(tuple(others), table.shape)
        whole = size[group].sum()
        if whole == 0:
            continue
        mine = held[cell].indices
        if size[cell] < policy.min_cell or whole < policy.min_spread:
            yield mine
        if whole - size[cell] < policy.min_cell and len(leaves) > 1:
            rest = np.setdiff1d(np.concatenate([held[one].indices for one in group]), mine)
            if len(rest):
                yield rest


def _atoms(people: Sequence[Hashable], base: Index, past: Sequence[tuple[Sequence[Hashable], Index]]) -> _Atoms:
    """Divide everybody by where they stand, now and before."""
    place: dict[Hashable, list[int]] = {}
    for number, (who, where) in enumerate([(people, base), *past]):
        for person, cell in zip(who, where, strict=True):
            place.setdefault(person, [OUTSIDE] * (len(past) + 1))[number] = int(cell)
    sizes: dict[tuple[int, ...], int] = {}
    for found in place.values():
        sizes[tuple(found)] = sizes.get(tuple(found), 0) + 1
    return _from(sizes, len(past))


def _atoms_of_values(told: Sequence[tuple[Table, Measure]]) -> _Atoms:
    """Divide everybody by where they stand, as somebody else where their value has moved by more than MOVED."""
    everything = np.array([value for _, measure in told for value in measure.values.values()])
    (low, high), here = (told[0][1].low, told[0][1].high), []
    whole = (
        high - low if low is not None and high is not None else float(np.ptp(everything)) if len(everything) else 0.0
    )
    seen: dict[Hashable, list[float]] = {}
    for table, measure in told:
        people, base = people_of(table, measure)
        versions = [_version(seen.setdefault(person, []), measure.values[person], MOVED * whole) for person in people]
        here.append(([*zip(people, versions, strict=True)], base))
    return _atoms(*here[0], here[1:])


def _version(known: list[float], value: float, near: float) -> int:
    """Return which of the values a person had this is, noting it where it is new."""
    for number, other in enumerate(known):
        if abs(value - other) <= near:
            return number
    known.append(value)
    return len(known) - 1


def _from(sizes: dict[tuple[int, ...], int], past: int) -> _Atoms:
    keys = np.array(sorted(sizes), dtype=np.int64).reshape(-1, past + 1)
    return _Atoms(
        here=keys[:, 0],
        there=tuple(keys[:, number + 1] for number in range(past)),
        size=np.array([float(sizes[tuple(int(one) for one in key)]) for key in keys]),
    )


def _with_empty(table: Table, past: Sequence[Past], atoms: _Atoms) -> _Atoms:
    """Add the groups that nobody is in but that a reader must think possible.

    Who is in which group may be known; what is told of them is not. So somebody of a known group could be in any
    entry of an axis that tells something, the same in every table; and somebody in a group that stands empty would be
    there in every table of the same axes, since that one filter lies within another is no secret.
    """
    if not past:
        return atoms
    tables = [table, *(one.table for one in past)]
    sizes = {
        tuple(int(one) for one in key): int(size)
        for *key, size in zip(atoms.here, *atoms.there, atoms.size, strict=True)
    }
    told = {axis.code: axis.leaves for one in tables for axis in one.axes if axis.kind is not AxisKind.GROUP}
    for key in list(sizes):
        for leaves in product(*told.values()):
            moved = tuple(
                _moved(one, cell, dict(zip(told, leaves, strict=True))) for one, cell in zip(tables, key, strict=True)
            )
            if None not in moved:
                sizes.setdefault(moved, 0)  # type: ignore[arg-type]
    for number, one in enumerate(tables):
        there = {key[number] for key in sizes}
        for cell in range(one.counts.size):
            if cell not in there:
                same = [_axes(other) == _axes(one) for other in tables]
                sizes.setdefault(tuple(cell if it else OUTSIDE for it in same), 0)
    return _from(sizes, len(past))


def _axes(table: Table) -> list[tuple[str, tuple[str, ...]]]:
    return [(axis.code, axis.leaves) for axis in table.axes]


def _moved(table: Table, cell: int, told: dict[str, str]) -> int | None:
    """Return the base cell of somebody of whom something else is told; None where the table has no such entry."""
    if cell == OUTSIDE or not table.subject:
        return cell
    numbers = list(np.unravel_index(cell, table.counts.shape))
    for number, axis in enumerate(table.axes):
        if axis.code in told and axis.kind is not AxisKind.GROUP:
            if told[axis.code] not in axis.leaves:
                return None
            numbers[number] = np.intp(axis.leaves.index(told[axis.code]))
    return int(np.ravel_multi_index(tuple(numbers), table.counts.shape))
