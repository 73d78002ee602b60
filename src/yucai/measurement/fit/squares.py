"""Infit and outfit of items and raters: how far answers lie from what was expected of them, in squares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from yucai.measurement.fit.ground import Answers, Ground, answers_of, averaged
from yucai.measurement.fit.resampling import spread_of_sums

__all__ = ["MeanSquares", "mean_squares", "normal_of_mean_square", "two_sided"]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Whose = Callable[[Answers], Index]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeanSquares:
    """Of each of M things: infit and outfit with their standard errors, all (M,); NaN where there is no answer."""

    infit: Array
    infit_error: Array
    outfit: Array
    outfit_error: Array


def mean_squares(ground: Ground, whose: Whose, n: int, *, rng: np.random.Generator) -> MeanSquares:
    r"""Return the mean squares of the answers that belong to each of n things.

    ``whose`` says for each answer to which, -1: to none. With w what is known of a unit's place, and E, V mean and
    variance of the answer k there, the averages are

    .. math:: u = \sum_q w_q \frac{(k - E_q)^2}{V_q}, \quad a = \sum_q w_q (k - E_q)^2, \quad v = \sum_q w_q V_q

        \text{outfit} = \sum u / n, \qquad \text{infit} = \sum a / \sum v      (Wright and Masters 1982, averaged)

    whose expectation is one under the model, since the answer has its part in w.
    """
    square, above, below = _squares_of(ground)
    of = whose(answers_of(ground))
    mine = of >= 0
    counts = np.bincount(of[mine], minlength=n).astype(np.float64)
    denominator = np.bincount(of[mine], below[mine], minlength=n)

    def moments(drawn: Ground) -> Array:
        square, above, below = _squares_of(drawn)
        answers = answers_of(drawn)
        of = whose(answers)
        return np.concatenate([_by_unit(square - 1.0, answers, of, n), _by_unit(above - below, answers, of, n)], axis=1)

    spread = spread_of_sums(ground, moments, rng=rng)
    with np.errstate(invalid="ignore", divide="ignore"):
        return MeanSquares(
            infit=np.bincount(of[mine], above[mine], minlength=n) / denominator,
            infit_error=spread[n:] / denominator,
            outfit=np.bincount(of[mine], square[mine], minlength=n) / counts,
            outfit_error=spread[:n] / counts,
        )


def _squares_of(ground: Ground) -> tuple[Array, Array, Array]:
    """Return for each answer its squared distance over the variance, its squared distance, and the variance, (L,)."""
    away = (ground.category[:, None] - ground.expected) ** 2
    return (
        averaged(ground, away / np.maximum(ground.variance, 1e-12)),
        averaged(ground, away),
        averaged(ground, ground.variance),
    )


def _by_unit(values: Array, answers: Answers, of: Index, n: int) -> Array:
    """Return the sum of each unit's values for each of n things, (units, n)."""
    here, n_units = of >= 0, int(answers.n_units)
    found = np.bincount(answers.unit[here] * n + of[here], values[here], minlength=n_units * n)
    return np.asarray(found, dtype=np.float64).reshape(n_units, n)


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
