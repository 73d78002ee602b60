"""The same search over units in many partitions: a question goes out to each, sums come back and are added in order.

A partition is a folder with the records of some of the units. A question is an object that is called with the folder,
can be pickled, and may be put twice: each round reads what the round before has left and writes its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from yucai.measurement.engine.layout import Layout
from yucai.measurement.engine.records import Items, Records
from yucai.measurement.engine.search import (
    MUCH_TOLD,
    NARROW_SHARE,
    SMALLEST_CHANGE,
    Fit,
    Part,
    Plan,
    Search,
    Statistics,
    climbed,
    parts_of,
    spacing_for,
    span_of,
    statistics_of,
    table_of,
)
from yucai.measurement.engine.state import State
from yucai.measurement.engine.uncertainty import Uncertainty, are_few, errors_from, first_units, information_of

__all__ = [
    "Information",
    "Look",
    "Narrowest",
    "Run",
    "errors_over",
    "fit_over",
    "keep_records",
    "kept_records",
    "much_of",
    "write_arrays",
]

Array = npt.NDArray[np.float64]
Run = Callable[[Callable[[Path], Any], Sequence[Path]], Iterable[Any]]
RECORDS: Final = "records.npz"
OF_ITEMS: Final = "items_"


def keep_records(records: Records, folder: Path) -> None:
    """Write the records of a partition into its folder."""
    own = {field.name: getattr(records, field.name) for field in fields(records) if field.name != "items"}
    items = {OF_ITEMS + field.name: getattr(records.items, field.name) for field in fields(records.items)}
    write_arrays(folder / RECORDS, {**own, **items})


def kept_records(folder: Path) -> Records:
    """Return the records of a partition."""
    with np.load(folder / RECORDS) as file:
        items = Items(**{field.name: file[OF_ITEMS + field.name] for field in fields(Items)})
        own: dict[str, Any] = {field.name: file[field.name] for field in fields(Records) if field.name != "items"}
    numbers = {name: int(one) for name, one in own.items() if one.ndim == 0}
    return Records(items=items, **{**own, **numbers})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """One E-step: called with the folder of a partition it returns its statistics, and leaves its sites behind."""

    state: State
    nodes: Array
    n_sweeps: int
    round: int
    fresh: bool  # sites begin anew

    def __call__(self, folder: Path) -> Statistics:
        """Return what a partition says to the M-step."""
        parts = _parts(folder, len(self.nodes))
        if not self.fresh:
            with np.load(_sites(folder, self.round - 1)) as before:
                for part, tau, nu in zip(parts, _cut(before["tau"], parts), _cut(before["nu"], parts), strict=True):
                    part.tau[:], part.nu[:] = tau, nu
        table = table_of(parts[0].records, self.state, self.nodes)
        with _AloneAtWork():
            said = [statistics_of(part, self.state, table, self.nodes, n_sweeps=self.n_sweeps) for part in parts]
        write_arrays(_sites(folder, self.round), {
            "tau": np.concatenate([part.tau for part in parts]), "nu": np.concatenate([part.nu for part in parts]),
            "variance": np.concatenate([variance for _one, variance in said]),
        })  # fmt: skip
        _sites(folder, self.round - 2).unlink(missing_ok=True)
        return _summed([one for one, _variance in said])


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowest:
    """Called with the folder of a partition it returns its so many least variances of places after a round."""

    most: int
    round: int

    def __call__(self, folder: Path) -> Array:
        """Return the least variances, in order."""
        with np.load(_sites(folder, self.round)) as file:
            variance = file["variance"].ravel()
        most = min(self.most, len(variance))
        return np.asarray(np.sort(np.partition(variance, most - 1)[:most]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Information:
    """Called with the folder of a partition it returns what its units tell of all numbers; adds over partitions."""

    found: Fit
    plan: Plan
    exact: bool

    def __call__(self, folder: Path) -> Array:
        """Return the information of a partition."""
        parts = _parts(folder, len(self.found.nodes))
        layout = Layout(parts[0].records, self.found.state, self.plan)
        with _AloneAtWork():
            return information_of(self.found, parts, layout, exact=self.exact)[0]


class _AloneAtWork:
    """One thread: it is the partitions that are looked at side by side."""

    def __enter__(self) -> None:
        self.before = numba.get_num_threads()
        numba.set_num_threads(1)

    def __exit__(self, *_: object) -> None:
        numba.set_num_threads(self.before)


class _SearchOver(Search):
    """The search, where units are not at hand."""

    def __init__(self, over: _Over, plan: Plan, nodes: Array, told: Callable[[float], None] | None) -> None:
        super().__init__([over.nobody], plan, nodes, SMALLEST_CHANGE, told)
        self.over = over
        self.began = over.round

    def gather(self, state: State) -> Statistics:
        """Ask every partition, and add up in their order."""
        d = self.records.n_qualities
        fresh = self.over.round == self.began
        self.n_steps += 1
        self.over.round += 1
        look = Look(
            state=state, nodes=self.nodes, n_sweeps=1 if d == 1 else 3 if fresh else 2, round=self.over.round,
            fresh=fresh,
        )  # fmt: skip
        return _summed(list(self.over.run(look, self.over.folders)))

    def narrowest(self) -> float:
        """Return the standard deviation that one place in a hundred falls short of."""
        n = sum(self.over.sizes) * self.records.n_qualities
        rank = NARROW_SHARE * (n - 1)
        ask = Narrowest(most=int(rank) + 2, round=self.over.round)
        least = np.sqrt(np.sort(np.concatenate(list(self.over.run(ask, self.over.folders)))))
        low, high = least[int(rank)], least[min(int(rank) + 1, len(least) - 1)]
        return float(low + (rank - int(rank)) * (high - low))


class _Over:
    """Where the units are, and how many rounds they were asked."""

    def __init__(self, folders: Sequence[Path], sizes: Sequence[int], frame: Records, run: Run) -> None:
        self.folders, self.sizes, self.run, self.round = folders, sizes, run, 0
        nothing = np.zeros((0, frame.n_qualities))
        self.nobody = Part(
            records=frame, covariates=np.zeros((0, 0)), group=np.zeros(0, dtype=np.int64), tau=nothing, nu=nothing
        )


def fit_over(
    folders: Sequence[Path],
    *,
    sizes: Sequence[int],
    frame: Records,
    much_told: float,
    plan: Plan,
    start: State,
    run: Run,
    told: Callable[[float], None] | None = None,
) -> Fit:
    """Return what ``search.fit`` finds, the units of ``sizes`` being in folders; nobody rated, all are alike.

    frame: records of no unit over all cells; much_told: the share ``MUCH_TOLD`` of what ``told_of`` says of all units.
    """
    over = _Over(folders, sizes, frame, run)
    nobody = over.nobody
    return climbed(
        lambda nodes: _SearchOver(over, plan, nodes, told), spacing_for(much_told),
        lambda state: span_of(state, nobody.covariates, nobody.group), start,
    )  # fmt: skip


def errors_over(
    found: Fit, folders: Sequence[Path], *, sizes: Sequence[int], frame: Records, plan: Plan, exact: bool, run: Run
) -> Uncertainty:
    """Return what ``uncertainty_of`` says, the units being in folders."""
    layout = Layout(frame, found.state, plan)
    told = first_units(folders, sizes)
    ask = Information(found=found, plan=plan, exact=exact or are_few(layout, sum(sizes)))
    information = np.zeros((layout.n, layout.n))
    for one in run(ask, told):
        information += one
    share = sum(sizes) / sum(sizes[: len(told)])
    return errors_from(found, layout, plan, information * share, np.zeros(0))


def much_of(counts: npt.NDArray[np.int64]) -> float:
    """Return the share ``MUCH_TOLD`` of whole numbers of which ``counts`` says how often each was met."""
    reached = np.cumsum(counts)
    rank = MUCH_TOLD * (reached[-1] - 1)
    low, high = np.searchsorted(reached, [int(rank), int(rank) + 1], side="right")
    return float(low + (rank - int(rank)) * (min(high, len(counts) - 1) - low))


def _parts(folder: Path, n_nodes: int) -> tuple[Part, ...]:
    records = kept_records(folder)
    n = records.n_units
    return parts_of(records, covariates=np.zeros((n, 0)), group=np.zeros(n, dtype=np.int64), n_nodes=n_nodes)


def _cut(whole: Array, parts: Sequence[Part]) -> list[Array]:
    return np.split(whole, np.cumsum([part.records.n_units for part in parts])[:-1])


def _summed(said: Sequence[Statistics]) -> Statistics:
    whole = said[0]
    for one in said[1:]:
        whole = whole + one
    return whole


def _sites(folder: Path, number: int) -> Path:
    return folder / f"sites-{number}.npz"


def write_arrays(file: Path, arrays: dict[str, Any]) -> None:
    """Write arrays, whole or not at all."""
    with (beside := file.with_suffix(f".{os.getpid()}")).open("wb") as out:
        np.savez(out, **arrays)
    beside.replace(file)
