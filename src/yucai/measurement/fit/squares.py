"""Infit and outfit of items and raters: how far answers lie from what was expected of them, in squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy

from yucai.measurement.engine.rated import Line, first_rows, line_of
from yucai.measurement.engine.rated_information import More, rated_information
from yucai.measurement.engine.threads import threads_for
from yucai.measurement.fit.ground import Answers, Ground, afresh, answers_of, averaged, held_numbers, layout_of, sweeps
from yucai.measurement.fit.resampling import spread_of_sums

__all__ = ["MeanSquares", "mean_squares_of_items", "mean_squares_of_raters", "normal_of_mean_square", "two_sided"]

REDRAWN: Final = 4_000  # units drawn anew, at least: errors of infit are then known to 2 %, of outfit to 5 %
Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeanSquares:
    """Of each of M things: infit and outfit with their standard errors, all (M,); NaN where there is no answer."""

    infit: Array
    infit_error: Array
    outfit: Array
    outfit_error: Array


def mean_squares_of_items(ground: Ground, *, rng: np.random.Generator) -> MeanSquares:
    """Return the mean squares of the answers on each item; see ``_mean_squares``.

    What the fit of the items leaves of these sums is little, so that their spread is found from answers drawn anew.
    """
    n = len(ground.records.items.family)

    def moments(drawn: Ground) -> Array:
        square, above, below = _squares_of(drawn)
        answers = answers_of(drawn)
        return np.stack([_by_unit(square - 1.0, answers, n), _by_unit(above - below, answers, n)], axis=2).reshape(
            answers.n_units, -1
        )

    spread = spread_of_sums(ground, moments, rng=rng, least=REDRAWN)
    return _mean_squares(ground, answers_of(ground).item, n, spread.reshape(n, 2))


def mean_squares_of_raters(ground: Ground) -> MeanSquares:
    """Return the mean squares of each rater's answers; see ``_mean_squares``."""
    return _mean_squares(ground, answers_of(ground).rater, ground.records.n_raters, _spread_by_raters(ground))


def _mean_squares(ground: Ground, of: Index, n: int, spread: Array) -> MeanSquares:
    r"""Return the mean squares of the answers that belong to each of n things, (n, 2) their sums' standard deviations.

    ``of`` says for each answer to which, -1: to none. With w what is known of a unit's place, and E, V mean and
    variance of the answer k there, the averages are

    .. math:: u = \sum_q w_q \frac{(k - E_q)^2}{V_q}, \quad a = \sum_q w_q (k - E_q)^2, \quad v = \sum_q w_q V_q

        \text{outfit} = \sum u / n, \qquad \text{infit} = \sum a / \sum v      (Wright and Masters 1982, averaged)

    whose expectation is one under the model, since the answer has its part in w.
    """
    square, above, below = _squares_of(ground)
    mine = of >= 0
    counts = np.bincount(of[mine], minlength=n).astype(np.float64)
    denominator = np.bincount(of[mine], below[mine], minlength=n)
    with np.errstate(invalid="ignore", divide="ignore"):
        return MeanSquares(
            infit=np.bincount(of[mine], above[mine], minlength=n) / denominator,
            infit_error=spread[:, 1] / denominator,
            outfit=np.bincount(of[mine], square[mine], minlength=n) / counts,
            outfit_error=spread[:, 0] / counts,
        )


def _by_unit(values: Array, answers: Answers, n: int) -> Array:
    """Return the sum of each unit's values on each of n items, (units, n)."""
    found = np.bincount(answers.unit * n + answers.item, values, minlength=answers.n_units * n)
    return np.asarray(found, dtype=np.float64).reshape(answers.n_units, n)


def _spread_by_raters(ground: Ground) -> Array:
    r"""Return the standard deviation under the model of the sums of u - 1 and of a - v of each rater, (raters, 2).

    Both are what is expected, given a unit's answers, of a function m of one answer and the place whose expectation
    given the place is zero. Hence, with s the scores of all numbers of items, severities and the population,

    .. math:: \operatorname{Var} \sum_i \bar m_i = A - B' (I + P)^{-1} B, \quad
        A = \sum_i E[m^2 | x] - \operatorname{Var}[m | y], \quad
        B = \sum_i E[m s | x] - \operatorname{Cov}[m, s | y]

    as for the information I (Louis 1982); P is the precision of the priors. The second term is what the fitted numbers
    take from the sums (Newey 1985), little of a rater's; it is not there where the numbers come from elsewhere.
    """
    part, state = afresh(ground.part), ground.state
    records, items = part.records, part.records.items
    layout, line = layout_of(ground), line_of(records, state, ground.nodes)
    more = More(values=_squares_on(line, first_rows(items), items.n_categories), of_items=False)
    with threads_for(records):
        whole, _alone, _means = rated_information(
            state, ground.nodes, [part], layout, n_sweeps=sweeps(records), more=more, line=line
        )
    own, shared = np.diag(whole)[layout.n :].copy(), whole[: layout.n, layout.n :][layout.free]
    if ground.fitted:
        known = whole[: layout.n, : layout.n][np.ix_(layout.free, layout.free)] + np.diag(held_numbers(ground))
        known[np.diag_indices(len(known))] += 1e-9 * float(np.diag(known).max())
        own -= (shared * np.linalg.solve(known, shared)).sum(axis=0)
    return np.asarray(np.sqrt(np.maximum(own, 0.0))).reshape(-1, 2)


def _squares_on(line: Line, first: Index, n_categories: Index) -> Array:
    """Return (k - E)^2 / V - 1 and (k - E)^2 - V of each item's categories at the places of a line, (rows, 2, M)."""
    chance = np.exp(line.curves)
    category = (np.arange(len(chance)) - np.repeat(first, n_categories)).astype(np.float64)[:, None]
    away = category - np.repeat(np.add.reduceat(chance * category, first, axis=0), n_categories, axis=0)
    variance = np.repeat(np.add.reduceat(chance * away**2, first, axis=0), n_categories, axis=0)
    return np.stack([away**2 / np.maximum(variance, 1e-12) - 1.0, away**2 - variance], axis=1)


def _squares_of(ground: Ground) -> tuple[Array, Array, Array]:
    """Return for each answer its squared distance over the variance, its squared distance, and the variance, (L,)."""
    away = (ground.category[:, None] - ground.expected) ** 2
    return (
        averaged(ground, away / np.maximum(ground.variance, 1e-12)),
        averaged(ground, away),
        averaged(ground, ground.variance),
    )


def normal_of_mean_square(mean_square: Array, error: Array) -> Array:
    r"""Return a mean square as a standard normal number (Wilson and Hilferty 1931).

    .. math:: z = (m^{1/3} - 1)\,\frac{3}{s} + \frac{s}{3}

    >>> round(float(normal_of_mean_square(np.array([1.0]), np.array([0.3]))[0]), 3)
    0.1
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((np.cbrt(mean_square) - 1.0) * 3.0 / error + error / 3.0)


def two_sided(z: Array) -> Array:
    """Return how often a standard normal number lies at least so far from zero."""
    return np.asarray(2.0 * scipy.stats.norm.sf(np.abs(z)))
