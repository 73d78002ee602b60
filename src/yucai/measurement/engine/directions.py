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
from yucai.measurement.engine.joined import Blocks, blocks_of
from yucai.measurement.engine.records import NOBODY, Items, Records, records_of, units_of
from yucai.measurement.engine.search import start_of, table_of
from yucai.measurement.engine.state import Backbone, Numbers, State

__all__ = [
    "Along",
    "Directed",
    "DirectedState",
    "Moments",
    "Share",
    "beginning",
    "directed_of",
    "empty_records",
    "in_blocks",
    "moments_of",
    "see",
    "shares_of",
]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
MOST_WEIGHTS: Final = 8_000_000
FIRST_SPREAD: Final = 0.5  # of severities


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Directed:
    """W items with R answers of N units, all rated items among them.

    basis (W, L, D), n_slopes (W,) of them are meant; family, n_categories (W,).

    ``pointer`` (N+1,) lists each unit's answers; ``unit``, ``item``, ``category``, ``rater`` (R,) whose they are, on
    what, which and by whom, -1 for nobody. ``item_pointer`` (W+1,) and ``of_item`` (R,) list each item's answers.
    ``rater_quality`` (raters,) is the quality that each severity is about, ``blocks`` what is integrated over together.
    """

    family: Index
    n_categories: Index
    basis: Array
    n_slopes: Index
    blocks: Blocks
    pointer: Index
    unit: Index
    item: Index
    category: Index
    rater: Index
    item_pointer: Index
    of_item: Index
    rater_quality: Index

    @property
    def rated(self) -> npt.NDArray[np.bool_]:
        """Which qualities the rated items among these speak of, (D,)."""
        told = np.zeros(self.basis.shape[2], dtype=bool)
        told[(self.basis[self.item[self.rater >= 0]] != 0).any(axis=(0, 1))] = True
        return told


def directed_of(
    *,
    family: npt.NDArray[Any],
    n_categories: npt.NDArray[Any],
    basis: Sequence[Array],
    unit: npt.NDArray[Any],
    item: npt.NDArray[Any],
    category: npt.NDArray[Any],
    n_units: int,
    rater: npt.NDArray[Any] | None = None,
    rater_quality: npt.NDArray[Any] | None = None,
) -> Directed:
    """Return the records of R answers; ``basis`` has an (L, D) for each item. The order of answers does not matter."""
    width, w_n = max(len(one) for one in basis), len(basis)
    padded = np.zeros((w_n, width, basis[0].shape[1]))
    for j, one in enumerate(basis):
        padded[j, : len(one)] = one
    judge = np.full(len(unit), NOBODY) if rater is None else rater
    order = np.lexsort((category, judge, item, unit))
    unit, item, category, judge = (
        np.ascontiguousarray(x[order], dtype=np.int64) for x in (unit, item, category, judge)
    )
    answered = np.bincount(item, minlength=w_n) > 0
    return Directed(
        family=np.asarray(family, dtype=np.int64), n_categories=np.asarray(n_categories, dtype=np.int64), basis=padded,
        n_slopes=np.array([len(one) for one in basis], dtype=np.int64),
        blocks=blocks_of(basis, padded.shape[2], answered), pointer=_starts(unit, n_units), unit=unit, item=item,
        category=category, rater=judge, item_pointer=_starts(item, w_n), of_item=np.argsort(item, kind="stable"),
        rater_quality=np.zeros(0, np.int64) if rater_quality is None else np.asarray(rater_quality, dtype=np.int64),
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

    def severity(self, directed: Directed) -> Array:
        """Return the severity of whoever gave each answer, (R,)."""
        numbers = self.state.numbers.severity
        if not len(numbers):
            return np.zeros(len(directed.item))
        return np.where(directed.rater >= 0, numbers[directed.rater], 0.0)

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
    spread = np.zeros(d)
    spread[directed.rater_quality] = FIRST_SPREAD
    numbers = Numbers(
        slopes=np.zeros((0, 1)), intercepts=np.zeros((0, 2)), severity=np.zeros(len(directed.rater_quality)),
        severity_sd=spread,
    )  # fmt: skip
    if len(records.items.family):
        first = start_of(records, n_groups=1, n_covariates=0).numbers
        numbers = replace(numbers, slopes=first.slopes, intercepts=first.intercepts)
    state = State(
        numbers=numbers,
        backbone=Backbone(mean=np.zeros(d), regression=np.zeros((0, d)), covariance=covariance[None]),
    )
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
    """Some of the units, and their sites, which the sweeps renew: tau, nu (n, D) of answers on one quality, ``site``
    (n, B, X, X) and ``site_nu`` (n, B, X) of what is integrated over together.
    """

    records: Records
    directed: Directed
    tau: Array
    nu: Array
    site: Array
    site_nu: Array


def shares_of(records: Records, directed: Directed, n_nodes: int) -> tuple[Share, ...]:
    """Return the units in shares whose weights fit into the memory set aside for them, in order."""
    d, (b_n, m_n, width) = records.n_qualities, directed.blocks.nodes.shape
    most = max(kernels.BLOCK, MOST_WEIGHTS // (d * n_nodes + b_n * m_n))
    shares = []
    for begin in range(0, records.n_units, most):
        end = min(begin + most, records.n_units)
        n, answers = end - begin, slice(int(directed.pointer[begin]), int(directed.pointer[end]))
        item = directed.item[answers]
        own = replace(
            directed, pointer=directed.pointer[begin : end + 1] - answers.start, unit=directed.unit[answers] - begin,
            item=item, category=directed.category[answers], rater=directed.rater[answers],
            item_pointer=_starts(item, len(directed.family)), of_item=np.argsort(item, kind="stable"),
        )  # fmt: skip
        shares.append(
            Share(
                records=units_of(records, begin, end), directed=own, tau=np.ones((n, d)), nu=np.zeros((n, d)),
                site=np.zeros((n, b_n, width, width)), site_nu=np.zeros((n, b_n, width)),
            )
        )  # fmt: skip
    return tuple(shares)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Along:
    """A share after its answers: weights (n, D, Q), mean (n, D), covariance (n, D, D), height (n,), and of each block
    the ``law`` (n, B, M) of its places at ``centre`` (n, B, X) + ``root`` (n, B, X, X) u, u being the block's nodes.
    """

    weights: Array
    mean: Array
    covariance: Array
    height: Array
    law: Array
    centre: Array
    root: Array


def see(share: Share, state: DirectedState, nodes: Array, *, n_sweeps: int, severity: Array | None = None) -> Along:
    """Run the E-step of a share and renew its sites; ``severity`` (R,) is that of each answer, else the state's."""
    records, directed, blocks = share.records, share.directed, share.directed.blocks
    n, d = share.tau.shape
    b_n, m_n, width = blocks.nodes.shape
    backbone = state.state.backbone
    precision = np.linalg.inv(backbone.covariance[0])
    pull = np.tile(precision @ backbone.mean, (n, 1))
    table = table_of(records, state.state, nodes) if len(records.items.family) else np.zeros((0, len(nodes)))
    found = Along(
        weights=np.zeros((n, d, len(nodes))), mean=np.empty((n, d)), covariance=np.empty((n, d, d)),
        height=np.empty(n), law=np.zeros((n, b_n, m_n)), centre=np.zeros((n, b_n, width)),
        root=np.zeros((n, b_n, width, width)),
    )  # fmt: skip
    judged = state.severity(directed) if severity is None else severity
    shift = judged * state.slopes.sum(axis=1)[directed.item]
    kernel_directions.expect_directed(
        records.pointer, records.row, records.quality, table, nodes, directed.pointer, directed.item,
        directed.category, shift, in_blocks(state.direction(directed)[:, None], blocks)[:, 0], directed.family,
        directed.n_categories, state.intercepts, blocks.size, blocks.dims, blocks.nodes, blocks.log_weights,
        blocks.n_nodes, blocks.of_item, blocks.takes, precision, pull, share.tau, share.nu, share.site, share.site_nu,
        n_sweeps, found.weights, found.mean, found.covariance, found.height, found.law, found.centre, found.root,
    )  # fmt: skip
    log_det = float(np.linalg.slogdet(backbone.covariance[0])[1])
    height = found.height - 0.5 * log_det - 0.5 * float(backbone.mean @ precision @ backbone.mean)
    return replace(found, height=height)


def in_blocks(basis: Array, blocks: Blocks) -> Array:
    """Return directions (W, L, D) over the qualities of each item's block, (W, L, X)."""
    if not len(blocks.size):
        return np.zeros((*basis.shape[:2], blocks.dims.shape[1]))
    own = blocks.dims[blocks.of_item]
    there = np.arange(own.shape[1]) < blocks.size[blocks.of_item][:, None]
    return np.ascontiguousarray(np.take_along_axis(basis, own[:, None, :], axis=2) * there[:, None, :])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """What the M-step needs of a share: counts (T, Q), gradient (W, P), information (W, P, P), of each severity by the
    answers on items of several qualities the derivative and the information ``judged`` (raters, 2), sums of m (D,) and
    of V + m m' (D, D), n, height.
    """

    counts: Array
    gradient: Array
    information: Array
    judged: Array
    first: Array
    second: Array
    n: int
    height: float

    def __add__(self, other: Moments) -> Moments:
        """Return what both shares say together."""
        return Moments(
            counts=self.counts + other.counts, gradient=self.gradient + other.gradient,
            information=self.information + other.information, judged=self.judged + other.judged,
            first=self.first + other.first, second=self.second + other.second, n=self.n + other.n,
            height=self.height + other.height,
        )  # fmt: skip


def moments_of(share: Share, found: Along, state: DirectedState) -> Moments:
    """Return what a share says to the M-step."""
    records, directed, blocks = share.records, share.directed, share.directed.blocks
    counts = np.zeros((records.n_rows, found.weights.shape[2]))
    kernels.count(records.row_pointer, records.unit, records.quality, found.weights, counts)
    w_n, p_n = len(directed.family), directed.basis.shape[1] + int(directed.n_categories.max()) - 1
    gradient, information = np.zeros((w_n, p_n)), np.zeros((w_n, p_n, p_n))
    told = np.zeros((len(directed.item), 2))
    if len(blocks.size):
        kernel_directions.gather_directed(
            directed.item_pointer, directed.of_item, directed.unit, directed.category, state.severity(directed),
            in_blocks(directed.basis, blocks), state.slopes, directed.n_slopes, directed.family,
            directed.n_categories, state.intercepts, blocks.size, blocks.nodes, blocks.n_nodes, blocks.of_item,
            found.law, found.centre, found.root, gradient, information, told,
        )  # fmt: skip
    return Moments(
        counts=counts, gradient=gradient, information=information,
        judged=_of_raters(directed, state.slopes.sum(axis=1), told), first=found.mean.sum(axis=0),
        second=found.covariance.sum(axis=0) + found.mean.T @ found.mean, n=records.n_units,
        height=float(found.height.sum()),
    )  # fmt: skip


def _of_raters(directed: Directed, steepness: Array, told: Array) -> Array:
    """Return what the derivatives by lines and the information on these (R, 2) say of severities, (raters, 2)."""
    here = directed.rater >= 0
    by = steepness[directed.item[here]]
    n, rater = len(directed.rater_quality), directed.rater[here]
    moved, known = -by * told[here, 0], by**2 * told[here, 1]
    return np.stack([np.bincount(rater, moved, minlength=n), np.bincount(rater, known, minlength=n)], axis=1)
