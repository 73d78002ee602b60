"""Answers drawn from the model in the very design of the data, calibrated anew: what chance alone would show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine import kernel_fit, kernel_products, kernels
from yucai.measurement.engine.records import Records
from yucai.measurement.engine.search import fit, shift_of
from yucai.measurement.fit.ground import Ground, held_numbers, of_records, plan_for, usual_scores, with_answers

__all__ = ["covariance_of_sums", "drawn_places", "redrawn", "replicates", "spread_of_sums"]

Array = npt.NDArray[np.float64]
MOST_REDRAWN: Final = 10_000  # units drawn anew, at least, for the spread of a sum
MOST_AT_ONCE: Final = 16_000_000  # doubles of sums side by side
MOST_CHUNKS: Final = 8
PER_NUMBER: Final = 40  # and at least so many for each number estimated
Moments = Callable[[Ground], Array]


def replicates(ground: Ground, n: int, *, rng: np.random.Generator) -> Iterator[Ground]:
    """Yield n grounds of answers drawn from the model; calibrated anew where the numbers came from these answers."""
    plan = plan_for(ground)
    for _ in range(n):
        records = redrawn(ground, drawn_places(ground, rng=rng), rng=rng)
        if ground.fitted:
            state = fit(records, plan=plan, start=ground.state).state
            yield of_records(ground.coded, ground.units, records, state, fitted=True)
        else:
            yield with_answers(ground, records)


def drawn_places(ground: Ground, *, rng: np.random.Generator) -> Array:
    """Return places (n, D) drawn from the model's population, each unit's own where populations differ."""
    backbone, part = ground.state.backbone, ground.part
    factor = np.linalg.cholesky(backbone.covariance)
    away = rng.standard_normal((part.records.n_units, factor.shape[1]))
    middle = backbone.mean + part.covariates @ backbone.regression
    return np.asarray(middle + np.einsum("nde,ne->nd", factor[part.group], away))


def redrawn(ground: Ground, places: Array, *, rng: np.random.Generator) -> Records:
    """Return the records with every answer drawn anew at the units' places (n, D)."""
    records, numbers = ground.records, ground.state.numbers
    rows = np.empty_like(records.row)
    kernel_fit.draw(
        records.pointer, records.row, ground.row_cell, records.first, records.cell_item,
        shift_of(records, ground.state), records.items.family, records.items.n_categories, numbers.slopes,
        numbers.intercepts, records.quality, np.ascontiguousarray(places), rng.random(len(rows)), rows,
    )  # fmt: skip
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=records.n_rows))]).astype(np.int64)
    unit = np.repeat(np.arange(records.n_units), np.diff(records.pointer))
    return replace(records, row=rows, row_pointer=starts, unit=unit[kernels.order_of(rows, starts)])


def spread_of_sums(ground: Ground, moments: Moments, *, rng: np.random.Generator, least: int = MOST_REDRAWN) -> Array:
    """Return the standard deviation under the model of each moment's sum over the units, (M,); see covariance_of_sums.

    ``moments`` gives (n, M) for a ground, with mean zero under the model; at least so many units are drawn anew.
    """
    own, shared, whole = _gathered(
        ground, moments, usual_scores(ground), rng=rng, least=least, squared=lambda m: (m**2).sum(axis=0)
    )
    if len(whole):
        own = own - (shared * np.linalg.solve(whole, shared)).sum(axis=0)
    return np.asarray(np.sqrt(np.maximum(own, 0.0)))


def covariance_of_sums(ground: Ground, moments: Moments, scores: Moments, *, rng: np.random.Generator) -> Array:
    r"""Return the covariance under the model of the moments' sums over the units, (M, M).

    The numbers of the items were chosen so that the units' ``scores`` s_i add up to zero, which takes from a sum of
    moments m_i what it shares with them (Newey 1985):

    .. math:: \operatorname{Var} \sum_i m_i = n \left( E[m m'] - E[m s'] (E[s s'] + P / n)^{-1} E[s m'] \right)

    with P the precision of the priors. The expectations are over answers drawn from the model in the same design, many
    more than there are numbers, so that nothing is fitted to chance. Where the numbers come from elsewhere, the second
    term is not there.
    """
    own, shared, whole = _gathered(
        ground, moments, scores, rng=rng, least=MOST_REDRAWN, squared=lambda m: m.T @ m
    )  # fmt: skip
    return np.asarray(own - shared.T @ np.linalg.solve(whole, shared)) if len(whole) else own


def _products(left: Array, right: Array) -> Array:
    """Return left' right, (P, M), of rows that are many and columns that are not."""
    size = left.shape[1] * right.shape[1]
    n_chunks = int(np.clip(MOST_AT_ONCE // max(size, 1), 1, MOST_CHUNKS))
    sums = np.zeros((n_chunks, left.shape[1], right.shape[1]))
    starts = np.linspace(0, len(left), n_chunks + 1).astype(np.int64)
    kernel_products.products(np.ascontiguousarray(left), np.ascontiguousarray(right), starts, sums)
    return np.asarray(sums.sum(axis=0))


def _gathered(
    ground: Ground, moments: Moments, scores: Moments, *, rng: np.random.Generator, least: int,
    squared: Callable[[Array], Array],
) -> tuple[Array, Array, Array]:  # fmt: skip
    """Return the sums over as many units as there are, of squared moments, shared with scores, and of the scores."""
    n = ground.records.n_units
    held = held_numbers(ground) if ground.fitted else np.zeros(0)
    n_sets = -(-max(least, PER_NUMBER * len(held)) // n)
    own, shared, whole = np.zeros(0), np.zeros((0, 0)), np.zeros((0, 0))
    for b in range(n_sets):
        records = redrawn(ground, drawn_places(ground, rng=rng), rng=rng)
        drawn = with_answers(ground, records)
        m = moments(drawn)
        s = scores(drawn) if ground.fitted else np.zeros((n, 0))
        parts = squared(m), _products(s, m), _products(s, s)
        own, shared, whole = parts if b == 0 else (own + parts[0], shared + parts[1], whole + parts[2])
    own, shared, whole = own / n_sets, shared / n_sets, whole / n_sets
    if len(held):
        at = np.arange(len(held))
        whole[at, at] += held
        whole[np.diag_indices(len(whole))] += 1e-9 * float(np.diag(whole).max())
    return own, shared, whole
