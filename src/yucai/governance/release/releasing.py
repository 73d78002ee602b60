"""The one gate: a table goes in, and what may leave of it comes out, with a ledger that remembers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from yucai.errors import Fault, FaultyInputError
from yucai.governance.release.attack import System, unsafe
from yucai.governance.release.choosing import Block, choose, impossible
from yucai.governance.release.equations import (
    Past,
    amount_system,
    cell_counts,
    count_system,
    margins,
    measure_system,
    people_of,
)
from yucai.governance.release.few import NOTHING, told_of_few
from yucai.governance.release.figures import figures_of
from yucai.governance.release.policy import ReleasePolicy
from yucai.governance.release.results import EXTREME, FEW, SPREAD, Released, ReleasedCell, Verdict
from yucai.governance.release.tables import TOTAL, AxisKind, Measure, Statistic, Table
from yucai.texts import Text

__all__ = ["Ledger", "LedgerEntry", "Release", "disclosures", "entry_of", "release_table"]

Flags = npt.NDArray[np.bool_]
HELD = Text(
    "As of {day}. Fewer than {n} people have changed since, or the change would tell of fewer; the newer numbers are "
    "held back until it is more.",
    "截至 {day}。此后变动不足 {n} 人，或该变动会透露不足 {n} 人的情况；待变动更多后再更新数字。",
)
NAMELESS = Text(
    "the table does not know its people, so it cannot be set against what left before. Make it with tabulate.",
    "该表不含人员，无法与先前发布的内容比对。请用 tabulate 生成。",
)
MOST_ROUNDS: Final = 50
EXTREMES: Final = (Statistic.LOWEST, Statistic.HIGHEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One table that left: its people (kept inside, never shown), what of it was shown, and what was handed over."""

    table: Table
    shown: tuple[int, ...]
    measured: tuple[tuple[str, tuple[int, ...]], ...]
    released: Released
    policy: ReleasePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Everything that left, oldest first; a later table is set against all of it. A release gives a new ledger."""

    entries: tuple[LedgerEntry, ...] = ()

    def standing(self, code: str) -> LedgerEntry | None:
        """Return what left last under a definition."""
        return next((entry for entry in reversed(self.entries) if entry.table.code == code), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The answer of the gate: what may leave, and the ledger that knows of it."""

    released: Released
    ledger: Ledger


def release_table(table: Table, *, policy: ReleasePolicy, at: datetime, ledger: Ledger | None = None) -> Release:
    """Return what may leave of a table.

    Hidden are counts of too few people, on a sensitive axis also none or all of a group, dominated sums, figures of
    too few people and of single persons; and whatever would let one of these be worked out, from this table or with
    what the ledger says left before. The same people under the same definition and rules get the same answer again.
    Where a newer table would show less than the standing one because too few people changed, the standing one is
    given, and says so; not one that left under milder rules. Raises FaultyInputError when a ledger is given and the
    table does not know its people.
    """
    before = ledger if ledger is not None else Ledger()
    if ledger is not None and table.counts.any() and not table.people:
        raise FaultyInputError(table.name, [Fault(code="no-people", says=NAMELESS)])
    standing = before.standing(table.code)
    if standing is not None and _same_rules(standing.policy, policy) and _same(standing.table, table):
        return Release(released=standing.released, ledger=before)
    if standing is not None and _as_strict(standing.policy, policy) and _tells_of_few(table, standing, before, policy):
        return _held(standing, before, policy)
    hidden, measured = _hidden(table, before, policy)
    if standing is not None and _as_strict(standing.policy, policy) and _shows_less(hidden, measured, standing):
        return _held(standing, before, policy)
    shown = np.flatnonzero(~hidden).tolist()
    figures = {code: np.flatnonzero(~found).tolist() for code, found in measured.items()}
    entry = entry_of(table, shown=shown, measured=figures, policy=policy, at=at)
    return Release(released=entry.released, ledger=Ledger(entries=(*before.entries, entry)))


def _held(standing: LedgerEntry, ledger: Ledger, policy: ReleasePolicy) -> Release:
    said = HELD.filled(day=standing.released.as_of.date(), n=policy.min_cell)
    return Release(released=replace(standing.released, held=said), ledger=ledger)


def _tells_of_few(table: Table, standing: LedgerEntry, ledger: Ledger, policy: ReleasePolicy) -> bool:
    """Whether the cells that stand, shown of the newer table, would tell of a few who changed.

    A quick look: a page that is asked for again and again must not seek a pattern again and again.
    """
    if [axis.nodes for axis in standing.table.axes] != [axis.nodes for axis in table.axes]:
        return False
    hidden = np.ones(int(np.prod(table.shape)), dtype=np.bool_)
    hidden[list(standing.shown)] = False
    if (_first(table, policy) & ~hidden).any():
        return True
    for system in _count_systems(table, ledger, policy):
        told = told_of_few(_rows(system, hidden), system.truth, fewest=policy.min_cell)
        if ((told >= -NOTHING).all(axis=1) | (told <= NOTHING).all(axis=1)).any() and table.percentages is None:
            return True
    known = dict(standing.measured)
    for measure in table.measures:
        hidden = np.ones(len(hidden), dtype=np.bool_)
        hidden[list(known.get(measure.code, ()))] = False
        past = [one for one in _past(table, ledger) if measure.code in one.measured]
        system = measure_system(table, measure, past, policy=policy)
        told = _told(system, hidden, policy)
        if not _follows(told, _told(system, np.ones_like(hidden), policy)).all():
            return True
    return False


def entry_of(
    table: Table, *, shown: Sequence[int], measured: Mapping[str, Sequence[int]], policy: ReleasePolicy, at: datetime
) -> LedgerEntry:
    """Return the entry of a table of which these cells were shown, and of its measures these; to read a kept ledger.

    It decides nothing: only what ``release_table`` once gave may be kept and put together again.
    """
    hidden = np.ones(int(np.prod(table.shape)), dtype=np.bool_)
    hidden[list(shown)] = False
    figures = {code: np.ones(len(hidden), dtype=np.bool_) for code in measured}
    for code, cells in measured.items():
        figures[code][list(cells)] = False
    return LedgerEntry(
        table=table,
        shown=tuple(shown),
        measured=tuple((code, tuple(cells)) for code, cells in measured.items()),
        released=_released(table, hidden, figures, policy=policy, at=at),
        policy=policy,
    )


def disclosures(
    table: Table, shown: Sequence[int], *, policy: ReleasePolicy, ledger: Ledger | None = None
) -> tuple[int, ...]:
    """Return which needs of a table an attacker could narrow too far if these cells were shown; empty: safe.

    The numbers count the needs of the table's equations, most of them small cells; ``release_table`` asks the same.
    """
    flags = np.zeros(int(np.prod(table.shape)), dtype=np.bool_)
    flags[list(shown)] = True
    found: list[int] = []
    for system in _count_systems(table, ledger if ledger is not None else Ledger(), policy):
        found += [int(need) for need in unsafe(replace(system, whole=False), flags)[0]]
    return tuple(found)


def _hidden(table: Table, ledger: Ledger, policy: ReleasePolicy) -> tuple[Flags, dict[str, Flags]]:
    size = cell_counts(table)
    hidden = _first(table, policy)
    systems = _count_systems(table, ledger, policy)
    if table.amounts is not None:
        systems.append(amount_system(table, policy=policy))
        hidden |= _dominated(table, systems[-1])
    systems = [_attainable(system, len(size)) for system in systems]
    cost = 1 + np.log1p(size)
    hidden = choose(systems, hidden=hidden, cost=cost, block=_block(table))
    measured = {}
    for measure in table.measures:
        past = [one for one in _past(table, ledger) if measure.code in one.measured]
        system = _attainable(measure_system(table, measure, past, policy=policy), len(size))
        first = _nothing_to_show(table, measure, policy)
        measured[measure.code] = _open_of_few(system, first, cost, policy)
    return hidden, measured


def _open_of_few(system: System, hidden: Flags, cost: Any, policy: ReleasePolicy) -> Flags:
    """Hide until no sum over a few people follows from what is shown, not even one that mixes several small groups."""
    size, found, lost = system.ceiling, hidden, _told(system, np.ones_like(hidden), policy)
    for _ in range(MOST_ROUNDS):
        found = choose([system], hidden=found, cost=cost)
        told = _told(system, found, policy)
        told = told[~_follows(told, lost)]
        if not len(told):
            return found
        width = policy.open_share * (np.abs(told) @ size)
        needs = sparse.vstack([system.needs, sparse.csr_matrix(told)], format="csr")
        system = replace(system, needs=needs, width=np.concatenate([system.width, width]))
    return np.ones_like(hidden)


def _told(system: System, hidden: Flags, policy: ReleasePolicy) -> Any:
    return told_of_few(_rows(system, hidden), system.ceiling, fewest=policy.min_cell)


def _rows(system: System, hidden: Flags) -> Any:
    return sparse.vstack([sparse.csr_matrix(system.rows)[~hidden[system.owner]], system.past], format="csr")


def _follows(told: Any, lost: Any) -> Flags:
    """Whether each sum was told by what left before: hiding cannot take it back."""
    if not len(lost) or not len(told):
        return np.zeros(len(told), dtype=np.bool_)
    mixed = np.linalg.lstsq(lost.T, told.T, rcond=None)[0]
    return np.asarray(np.abs(lost.T @ mixed - told.T).max(axis=0) < NOTHING)


def _count_systems(table: Table, ledger: Ledger, policy: ReleasePolicy) -> list[System]:
    """Return the equations of the counts, once for each subject that shares people with the table."""
    past = _past(table, ledger)
    found = []
    for subject in _subjects([table.subject, *(one.table.subject for one in past)]) or [set()]:
        if not table.subject or subject & set(table.subject):
            beside = [one for one in past if subject.issuperset(one.table.subject)]
            found.append(count_system(table, beside, policy=policy))
    return found


def _subjects(told: Sequence[tuple[str, ...]]) -> list[set[str]]:
    """Return the questions that hang together, as a table tells of two of them at once."""
    found: list[set[str]] = []
    for one in told:
        if one:
            found = [
                set(one).union(*(other for other in found if not other.isdisjoint(one))),
                *(other for other in found if other.isdisjoint(one)),
            ]
    return sorted(found, key=min)


def _past(table: Table, ledger: Ledger) -> list[Past]:
    """Return what left before over people linked with the table's, or under the same definition.

    Two tables without a common person still tell of each other where a third holds people of both: all, less one
    part, less the other part.
    """
    linked, near = set(table.people), [entry.table.code == table.code for entry in ledger.entries]
    grown = True
    while grown:
        grown = False
        for number, entry in enumerate(ledger.entries):
            if near[number] or not linked.isdisjoint(entry.table.people):
                grown = grown or not linked.issuperset(entry.table.people)
                near[number] = True
                linked |= set(entry.table.people)
    kept = []
    for entry, is_near in zip(ledger.entries, near, strict=True):
        if not is_near:
            continue
        shown = np.zeros(int(np.prod(entry.table.shape)), dtype=np.bool_)
        shown[list(entry.shown)] = True
        measured = {}
        for code, cells in entry.measured:
            measured[code] = np.zeros(len(shown), dtype=np.bool_)
            measured[code][list(cells)] = True
        kept.append(Past(table=entry.table, shown=shown, measured=measured))
    return kept


def _attainable(system: System, cells: int) -> System:
    """Leave out the needs that what left before has closed already: hiding cannot open them again."""
    lost = impossible(system, cells)
    if not lost.any():
        return system
    return replace(system, needs=sparse.csr_matrix(system.needs)[~lost], width=system.width[~lost])


def _first(table: Table, policy: ReleasePolicy) -> Flags:
    """Return the cells that must be hidden for what they are."""
    size = cell_counts(table)
    hidden = (size > 0) & (size < policy.min_cell)
    numbers = np.array(np.unravel_index(np.arange(len(size)), table.shape))
    for number, axis in enumerate(table.axes):
        if axis.kind is not AxisKind.SENSITIVE:
            continue
        leaves = np.arange(len(axis.leaves))
        for cell in range(len(size)):
            if axis.nodes[numbers[number, cell]] == TOTAL:
                continue
            others = np.repeat(numbers[:, [cell]], len(leaves), axis=1)
            others[number] = leaves
            whole = size[np.ravel_multi_index(tuple(others), table.shape)].sum()
            few = size[cell] < policy.min_cell or whole < policy.min_spread
            nearly_all = whole - size[cell] < policy.min_cell and len(leaves) > 1
            hidden[cell] |= whole > 0 and (few or nearly_all)
    return np.asarray(hidden, dtype=np.bool_)


def _dominated(table: Table, system: System) -> Flags:
    """Return the cells that are needs of the sums of amounts."""
    held, found = margins(table), {tuple(sorted(row.indices)) for row in system.needs}
    return np.array([tuple(sorted(held[cell].indices)) in found for cell in range(held.shape[0])])


def _block(table: Table) -> Block | None:
    if len(table.axes) < 2:
        return None
    leaves = [np.arange(len(axis.leaves)) for axis in table.axes]
    cells = np.ravel_multi_index(tuple(np.meshgrid(*leaves, indexing="ij")), table.shape)
    families = []
    for axis in table.axes:
        above = [axis.parents.get(leaf, TOTAL) for leaf in axis.leaves]
        families.append(np.array([above.index(one) for one in above]))
    return Block(cells=np.asarray(cells, dtype=np.int64), families=tuple(families))


def _values(table: Table, measure: Measure) -> list[Any]:
    people, base = people_of(table, measure)
    values = np.array([measure.values[person] for person in people], dtype=float)
    held = margins(table).tocsr()
    return [values[np.isin(base, held[cell].indices)] for cell in range(held.shape[0])]


def _nothing_to_show(table: Table, measure: Measure, policy: ReleasePolicy) -> Flags:
    """Return the cells of which no figure of a measure may be shown for what they are."""
    found = [figures_of(values, measure, policy=policy) for values in _values(table, measure)]
    return np.array([all(value is None for value in one.values()) for one in found])


def _same(standing: Table, table: Table) -> bool:
    """Whether nothing changed: the same people in the same cells, the same amounts and the same values."""
    return (
        dict(zip(standing.people, standing.base.tolist(), strict=True))
        == dict(zip(table.people, table.base.tolist(), strict=True))
        and [axis.leaves for axis in standing.axes] == [axis.leaves for axis in table.axes]
        and [(one.code, one.values) for one in standing.measures] == [(one.code, one.values) for one in table.measures]
    )


def _same_rules(one: ReleasePolicy, other: ReleasePolicy) -> bool:
    return replace(one, sources=()) == replace(other, sources=())


def _as_strict(standing: ReleasePolicy, policy: ReleasePolicy) -> bool:
    return standing.min_cell >= policy.min_cell and standing.min_spread >= policy.min_spread


def _shows_less(hidden: Flags, measured: dict[str, Flags], standing: LedgerEntry) -> bool:
    less = int((~hidden).sum()) < len(standing.shown)
    return less or any(
        int((~measured[code]).sum()) < len(cells) for code, cells in standing.measured if code in measured
    )


def _released(
    table: Table, hidden: Flags, measured: dict[str, Flags], *, policy: ReleasePolicy, at: datetime
) -> Released:
    size = cell_counts(table)
    sums = margins(table) @ table.amounts.sums.ravel() if table.amounts is not None else None
    values = {measure.code: _values(table, measure) for measure in table.measures}
    cells = []
    for cell, count in enumerate(size):
        figures: dict[tuple[str, Statistic], float | None] = {}
        reasons = [FEW.filled(n=policy.min_cell)] if hidden[cell] else []
        for measure in table.measures:
            found = figures_of(values[measure.code][cell], measure, policy=policy)
            for what, value in found.items():
                figures[measure.code, what] = None if measured[measure.code][cell] else value
                if figures[measure.code, what] is None:
                    reasons.append(_why(what, policy))
        part = table.percentages is not None and not hidden[cell]
        per_cent = _per_cent(table, cell, size) if part else None
        cells.append(
            ReleasedCell(
                place=table.place(cell),
                verdict=Verdict.HIDDEN if hidden[cell] else Verdict.SHOWN,
                count=None if hidden[cell] or per_cent is not None else int(count),
                per_cent=per_cent,
                amount=float(sums[cell]) if sums is not None and not hidden[cell] else None,
                figures=MappingProxyType(figures),
                reasons=tuple(dict.fromkeys(reasons)),
            )
        )
    return Released(
        code=table.code,
        name=table.name,
        axes=table.axes,
        cells=tuple(cells),
        as_of=at,
        min_cell=policy.min_cell,
        percentages=table.percentages,
        measures=tuple((measure.code, measure.name) for measure in table.measures),
        unit=table.amounts.unit if table.amounts is not None else None,
    )


def _why(what: Statistic, policy: ReleasePolicy) -> Text:
    if what in EXTREMES:
        return EXTREME
    return FEW.filled(n=policy.min_cell) if what is Statistic.MEAN else SPREAD.filled(n=policy.min_spread)


def _per_cent(table: Table, cell: int, size: Any) -> float | None:
    assert table.percentages is not None
    number = [axis.code for axis in table.axes].index(table.percentages.over)
    place = list(table.place(cell))
    if place[number] == TOTAL:
        return None
    place[number] = TOTAL
    whole = size[table.cell(place)]
    return float(np.round(100 * size[cell] / whole, table.percentages.decimals)) if whole else None
