"""Observed information where raters judged: as ``information`` has it, from items' curves on the line of severities.

Functions of single answers may be carried along: their covariance with the scores and with themselves is found in the
same way, by what they expect given the places less what is lost by not seeing these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine import kernel_information, kernel_items, kernel_pairs_information
from yucai.measurement.engine.backbone_information import known_of_backbone
from yucai.measurement.engine.layout import Layout
from yucai.measurement.engine.parts import Part, see
from yucai.measurement.engine.rated import Line, Seen, first_rows, line_of
from yucai.measurement.engine.state import State

__all__ = ["More", "add_known_of_items", "rated_information"]

Array = npt.NDArray[np.float64]
MOST_AT_ONCE: Final = 16_000_000  # doubles of sums side by side
MOST_CHUNKS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class More:
    """F functions of each answer at each place of the line, written for its item (``of_items``) or its rater.

    ``values`` (rows, F, M). Given the place their expectation must be zero.
    """

    values: Array
    of_items: bool


def rated_information(
    state: State, nodes: Array, parts: Sequence[Part], layout: Layout, *, n_sweeps: int, more: More | None = None,
    line: Line | None = None,
) -> tuple[Array, Array, list[Array]]:  # fmt: skip
    """Return the information (n, n) on all numbers, that on each rater taken for itself, and all parts' means.

    The second is empty where severities stand in the first. With ``more`` the first is (n + m, n + m): m sums over the
    units of further functions, their covariances with each other left out.
    """
    records, items = layout.records, layout.records.items
    line = line or line_of(records, state, nodes)
    n_more = 0 if more is None else more.values.shape[1] * (len(items.family) if more.of_items else records.n_raters)
    n = layout.n + n_more
    n_chunks = int(np.clip(MOST_AT_ONCE // n**2, 1, MOST_CHUNKS))
    lost, whole = np.zeros((n_chunks, n, n)), np.zeros((n, n))
    counts, told = np.zeros((len(line.curves), len(line.places))), np.zeros((3, records.n_raters + 1))
    means = []
    for part in parts:
        after = see(part, state, line, nodes, n_sweeps=n_sweeps, counting=True, telling=True, whole=True, weighing=True)
        _lose(part, state, line, nodes, after, layout, more, lost)
        whole[: layout.n, : layout.n] += known_of_backbone(part, state, after, layout)
        counts += after.counts
        assert part.sight is not None
        told += [
            np.bincount(part.sight.pairs.rater, after.told[:, k], minlength=records.n_raters + 1) for k in range(3)
        ]
        means.append(after.mean)
    add_known_of_items(whole, layout, state, line.places, counts)
    if layout.joint:
        at = np.arange(layout.raters, layout.backbone)
        whole[at, at] += told[1, : records.n_raters]
    gone = lost.sum(axis=0)
    gone[layout.n :, layout.backbone : layout.n] += gone[layout.backbone : layout.n, layout.n :].T
    whole -= np.tril(gone) + np.tril(gone, -1).T
    return whole, np.zeros(0) if layout.joint else told[2, : records.n_raters], means


def _lose(
    part: Part, state: State, line: Line, nodes: Array, after: Seen, layout: Layout, more: More | None, lost: Array
) -> None:
    records, items, sight = part.records, part.records.items, part.sight
    assert sight is not None
    own, j_n = first_rows(items), len(items.family)
    by_number = np.zeros((len(line.curves), int(layout.n_numbers.max()), len(line.places)))
    by_severity = np.zeros((len(line.curves), len(line.places)))
    kernel_items.tabulate_scores(
        np.arange(j_n), np.zeros(j_n), own, items.family, items.n_categories, state.numbers.slopes,
        state.numbers.intercepts, line.places, by_number, by_severity,
    )  # fmt: skip
    values = np.zeros((len(by_number), 0, len(line.places))) if more is None else more.values
    chance = np.exp(line.curves)
    further, with_numbers, with_severity = (
        np.add.reduceat(chance.reshape(chance.shape[0], *[1] * (one.ndim - 2), -1) * one, own, axis=0)
        for one in (values**2, by_number[:, :, None] * values[:, None], by_severity[:, None] * values)
    )
    pairs = sight.pairs
    mu = state.backbone.mean + part.covariates @ state.backbone.regression
    kernel_pairs_information.lose_pairs(
        pairs.pairs, pairs.rater, pairs.quality, pairs.pointer, pairs.row,
        np.repeat(np.arange(j_n), items.n_categories), line.curves, by_number, layout.n_numbers, layout.place,
        line.n_phases, line.margin, line.base, line.phase, line.ahead, line.weights, sight.low, sight.high, nodes,
        after.weights, after.mean, after.covariance, np.linalg.inv(state.backbone.covariance), part.group,
        np.ascontiguousarray(mu), layout.covariates(part), layout.raters, layout.backbone, layout.share_group,
        layout.share_a, layout.share_b, layout.joint, layout.n, np.ascontiguousarray(values), further,
        more is not None and more.of_items, with_numbers, with_severity,
        np.linspace(0, records.n_units, len(lost) + 1).astype(np.int64), lost,
    )  # fmt: skip


def add_known_of_items(whole: Array, layout: Layout, state: State, places: Array, counts: Array) -> None:
    """Add the curvature of the answers by the numbers of items; counts (rows, M) of their categories at the places."""
    items = layout.records.items
    most, j_n = int(items.n_categories.max()), len(items.family)
    bent = np.zeros((j_n, 2 * most + 1, 2 * most + 1))
    kernel_information.curve(
        np.arange(j_n), np.zeros(j_n), first_rows(items), items.family, items.n_categories, state.numbers.slopes,
        state.numbers.intercepts, places, counts, bent,
    )  # fmt: skip
    for j, (n, at) in enumerate(zip(layout.n_numbers, layout.place, strict=True)):
        whole[at : at + n, at : at + n] += (bent[j, :n, :n] + bent[j, :n, :n].T) / 2
