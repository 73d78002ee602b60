"""How sure a ratio is when children differ: whole children are drawn again, with all that was seen of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["RatioInterval", "ratio_interval"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RatioInterval:
    """A ratio of two sums over children, with 90 % and 95 % intervals (NaN where nothing can be said)."""

    value: float
    interval90: tuple[float, float]
    interval95: tuple[float, float]


def ratio_interval(
    above: Array, below: Array, *, rng: np.random.Generator, n_resamples: int = 2000, highest: float = np.inf
) -> RatioInterval:
    """Return the ratio sum(above) / sum(below) over children, with studentised bootstrap intervals.

    Children are drawn with replacement; each draw is set off against its own linearised standard error
    (Davison and Hinkley 1997, 5.2), so that the interval is as long to each side as the draws say. It is cut
    at 0 and at
    ``highest``. With fewer than two children, or none who differs from the ratio, the intervals are NaN.
    """
    n, total = len(above), float(below.sum())
    if total <= 0:
        return RatioInterval(np.nan, (np.nan, np.nan), (np.nan, np.nan))
    value = float(above.sum()) / total
    error = float(_linearised(above, below, np.ones((1, n)))[1][0]) if n > 1 else 0.0
    if error <= 0:
        return RatioInterval(value, (np.nan, np.nan), (np.nan, np.nan))
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=n_resamples).astype(float)
    ratios, errors = _linearised(above, below, drawn)
    sound = np.isfinite(ratios) & (errors > 1e-9 * error)
    away = (ratios[sound] - value) / errors[sound]
    ends = []
    for share in (0.05, 0.025):
        low, high = np.quantile(away, [share, 1 - share])
        ends.append((max(0.0, value - float(high) * error), min(highest, value - float(low) * error)))
    return RatioInterval(value, ends[0], ends[1])


def _linearised(above: Array, below: Array, drawn: Array) -> tuple[Array, Array]:
    """Return the ratio and its linearised standard error for each row of counts of children drawn."""
    n = drawn.shape[1]
    total = drawn @ below
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = (drawn @ above) / total
        left = np.square(above[None, :] - ratios[:, None] * below[None, :])
        errors = np.sqrt(n / (n - 1) * np.einsum("rn,rn->r", drawn, left)) / total
    return ratios, errors
