"""Items that speak of several qualities: their records, numbers, E-step and statistics.

An item's line is eta = a'x with a = sum_l s_l b_l: slopes s along fixed directions b. An item that loads on several
qualities has one direction for each; an item of a testlet has the one direction "quality and testlet alike", whose
testlet is a quality of its own, unrelated to all others, with a variance that is estimated (Wainer, Bradlow and Wang
2007; Rijmen 2010).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine import kernel_directions, kernels
from yucai.measurement.engine.kernel_directions import N_NODES
from yucai.measurement.engine.records import Items, Records, records_of, units_of
from yucai.measurement.engine.search import start_of, table_of
from yucai.measurement.engine.state import Backbone, Numbers, State

__all__ = ["Along", "Directed", "DirectedState", "Moments", "Share", "beginning", "directed_of", "see", "shares_of"]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
MOST_WEIGHTS: Final = 8_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Directed:
    """W items with R answers of N units. basis (W, L, D), n_slopes (W,) of them are meant; family, n_categories (W,).

    ``pointer`` (N+1,) lists each unit's answers, ``item``, ``category`` (R,) what they are; ``item_pointer`` (W+1,) and
    ``of_item`` (R,) list each item's answers.
    """

    family: Index
    n_categories: Index
    basis: Array
    n_slopes: Index
    pointer: Index
    item: Index
    category: Index
    item_pointer: Index
    of_item: Index


def directed_of(
    *,
    family: npt.NDArray[Any],
    n_categories: npt.NDArray[Any],
    basis: Sequence[Array],
    unit: npt.NDArray[Any],
    item: npt.NDArray[Any],
    category: npt.NDArray[Any],
    n_units: int,
) -> Directed:
    """Return the records of R answers; ``basis`` has an (L, D) for each item. The order of answers does not matter."""
    width, w_n = max(len(one) for one in basis), len(basis)
    padded = np.zeros((w_n, width, basis[0].shape[1]))
    for j, one in enumerate(basis):
        padded[j, : len(one)] = one
    order = np.lexsort((category, item, unit))
    unit, item, category = (np.ascontiguousarray(x[order], dtype=np.int64) for x in (unit, item, category))
    return Directed(
        family=np.asarray(family, dtype=np.int64), n_categories=np.asarray(n_categories, dtype=np.int64), basis=padded,
        n_slopes=np.array([len(one) for one in basis], dtype=np.int64), pointer=_starts(unit, n_units), item=item,
        category=category, item_pointer=_starts(item, w_n), of_item=np.argsort(item, kind="stable"),
    )  # fmt: skip


def _starts(of: Index, n: int) -> Index:
    return np.concatenate([[0], np.cumsum(np.bincount(of, minlength=n))]).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DirectedState:
    """What is estimated: ``state`` of items with one quality and of the backbone; slopes (W, L), intercepts (W, K)."""

    state: State
    slopes: Array
    intercepts: Array

    def direction(self, directed: Directed) -> Array:
        """Return each item's direction, (W, D)."""
        return np.asarray(np.einsum("wl,wld->wd", self.slopes, directed.basis))

    def flat(self) -> Array:
        """Return one row in which a search may move freely."""
        return np.concatenate([self.state.flat(), self.slopes.ravel(), self.intercepts.ravel()])

    def with_flat(self, flat: Array) -> DirectedState:
        """Return the state that such a row stands for."""
        at = len(flat) - self.slopes.size - self.intercepts.size
        middle = at + self.slopes.size
        return DirectedState(
            state=self.state.with_flat(flat[:at]), slopes=flat[at:middle].reshape(self.slopes.shape).copy(),
            intercepts=flat[middle:].reshape(self.intercepts.shape).copy(),
        )  # fmt: skip


def empty_records(n_units: int, n_qualities: int) -> Records:
    """Return the records of no item at all, for where every item speaks of several qualities."""
    none = np.zeros(0, dtype=np.int64)
    one = records_of(
        Items(family=np.zeros(1, np.int64), quality=np.zeros(1, np.int64), n_categories=np.full(1, 2)),
        unit=none, item=none, category=none, n_units=n_units,
    )  # fmt: skip
    return replace(one, items=Items(family=none, quality=none, n_categories=none), n_qualities=n_qualities)


def beginning(records: Records, directed: Directed, apart: npt.NDArray[np.bool_]) -> DirectedState:
    """Return where the search begins; ``apart`` (D,) are the qualities unrelated to all others."""
    d = records.n_qualities
    covariance = np.where(apart[:, None] | apart[None, :], 0.0, 0.5)
    covariance[np.diag_indices(d)] = np.where(apart, 0.3, 1.0)
    if len(records.items.family):
        state = start_of(records, n_groups=1, n_covariates=0)
        state = replace(state, backbone=replace(state.backbone, covariance=covariance[None]))
    else:
        nothing = np.zeros((0, 1))
        state = State(
            numbers=Numbers(
                slopes=nothing, intercepts=np.zeros((0, 2)), severity=np.zeros(0), severity_sd=np.zeros(d)
            ),
            backbone=Backbone(mean=np.zeros(d), regression=np.zeros((0, d)), covariance=covariance[None]),
        )  # fmt: skip
    there = np.arange(directed.basis.shape[1]) < directed.n_slopes[:, None]
    return DirectedState(state=state, slopes=there / directed.n_slopes[:, None], intercepts=_first_intercepts(directed))


def _first_intercepts(directed: Directed) -> Array:
    intercepts = np.zeros((len(directed.family), max(2, int(directed.n_categories.max()) - 1)))
    for j, k in enumerate(directed.n_categories):
        own = directed.of_item[directed.item_pointer[j] : directed.item_pointer[j + 1]]
        counts = np.bincount(directed.category[own], minlength=k) + 0.5
        if directed.family[j] == 1:
            intercepts[j, : k - 1] = np.log(counts[1:] / counts[:-1])
        else:
            above = np.cumsum(counts[::-1])[::-1][1:] / counts.sum()
            intercepts[j, : k - 1] = 1.2 * np.log(above / (1.0 - above))
    return intercepts


@dataclass(slots=True, kw_only=True, eq=False)
class Share:
    """Some of the units, and their sites, which the sweeps renew."""

    records: Records
    directed: Directed
    tau: Array
    nu: Array
    d_tau: Array
    d_nu: Array


def shares_of(records: Records, directed: Directed, n_nodes: int) -> tuple[Share, ...]:
    """Return the units in shares whose weights fit into the memory set aside for them, in order."""
    d = records.n_qualities
    most = max(kernels.BLOCK, MOST_WEIGHTS // (d * n_nodes))
    shares = []
    for begin in range(0, records.n_units, most):
        end = min(begin + most, records.n_units)
        low, high = int(directed.pointer[begin]), int(directed.pointer[end])
        item = directed.item[low:high]
        own = replace(
            directed, pointer=directed.pointer[begin : end + 1] - low, item=item, category=directed.category[low:high],
            item_pointer=_starts(item, len(directed.family)), of_item=np.argsort(item, kind="stable"),
        )  # fmt: skip
        shares.append(
            Share(
                records=units_of(records, begin, end), directed=own, tau=np.ones((end - begin, d)),
                nu=np.zeros((end - begin, d)), d_tau=np.zeros(high - low), d_nu=np.zeros(high - low),
            )
        )  # fmt: skip
    return tuple(shares)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Along:
    """A share after its answers: weights (n, D, Q), mean (n, D), covariance (n, D, D), height (n,), and of each answer
    on an item with several qualities what ``kernel_directions.expect_directed`` tells.
    """

    weights: Array
    mean: Array
    covariance: Array
    height: Array
    lines: Array
    where: Array
    base: Array
    lean: Array
    rest: Array

    @property
    def of_answers(self) -> tuple[Array, Array, Array, Array, Array]:
        """What is told of each answer, in the order that the kernels take."""
        return self.lines, self.where, self.base, self.lean, self.rest


def see(share: Share, state: DirectedState, nodes: Array, *, n_sweeps: int) -> Along:
    """Run the E-step of a share and renew its sites."""
    records, directed = share.records, share.directed
    n, d = share.tau.shape
    r_n, l_n = len(directed.item), directed.basis.shape[1]
    backbone = state.state.backbone
    precision = np.linalg.inv(backbone.covariance[0])
    pull = np.tile(precision @ backbone.mean, (n, 1))
    table = table_of(records, state.state, nodes) if len(records.items.family) else np.zeros((0, len(nodes)))
    found = Along(
        weights=np.zeros((n, d, len(nodes))), mean=np.empty((n, d)), covariance=np.empty((n, d, d)),
        height=np.empty(n), lines=np.empty((r_n, N_NODES)), where=np.empty((r_n, 2)), base=np.zeros((r_n, l_n)),
        lean=np.zeros((r_n, l_n)), rest=np.zeros((r_n, l_n, l_n)),
    )  # fmt: skip
    kernel_directions.expect_directed(
        records.pointer, records.row, records.quality, table, nodes, directed.pointer, directed.item,
        directed.category, state.direction(directed), directed.basis, directed.n_slopes, directed.family,
        directed.n_categories, state.intercepts, precision, pull, share.tau, share.nu, share.d_tau, share.d_nu,
        n_sweeps, found.weights, found.mean, found.covariance, found.height, *found.of_answers,
    )  # fmt: skip
    log_det = float(np.linalg.slogdet(backbone.covariance[0])[1])
    height = found.height - 0.5 * log_det - 0.5 * float(backbone.mean @ precision @ backbone.mean)
    return replace(found, height=height)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """What the M-step needs of a share: counts (T, Q), gradient (W, P), information (W, P, P), sums of m (D,) and of
    V + m m' (D, D), n, height.
    """

    counts: Array
    gradient: Array
    information: Array
    first: Array
    second: Array
    n: int
    height: float

    def __add__(self, other: Moments) -> Moments:
        """Return what both shares say together."""
        return Moments(
            counts=self.counts + other.counts, gradient=self.gradient + other.gradient,
            information=self.information + other.information, first=self.first + other.first,
            second=self.second + other.second, n=self.n + other.n, height=self.height + other.height,
        )  # fmt: skip


def moments_of(share: Share, found: Along, intercepts: Array) -> Moments:
    """Return what a share says to the M-step."""
    records, directed = share.records, share.directed
    counts = np.zeros((records.n_rows, found.weights.shape[2]))
    kernels.count(records.row_pointer, records.unit, records.quality, found.weights, counts)
    w_n, p_n = len(directed.family), directed.basis.shape[1] + int(directed.n_categories.max()) - 1
    gradient, information = np.zeros((w_n, p_n)), np.zeros((w_n, p_n, p_n))
    kernel_directions.gather_directed(
        directed.item_pointer, directed.of_item, directed.category, directed.n_slopes, directed.family,
        directed.n_categories, intercepts, *found.of_answers, gradient, information,
    )  # fmt: skip
    return Moments(
        counts=counts, gradient=gradient, information=information, first=found.mean.sum(axis=0),
        second=found.covariance.sum(axis=0) + found.mean.T @ found.mean, n=records.n_units,
        height=float(found.height.sum()),
    )  # fmt: skip
