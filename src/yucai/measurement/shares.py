"""Intervals of shares."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

__all__ = ["wilson_interval"]

Floats = NDArray[np.float64]


def wilson_interval(hits: Floats, cases: Floats, *, level: float = 0.95) -> tuple[Floats, Floats]:
    r"""Return both ends of the interval of a share.

    .. math:: \frac{p + z^2 / 2n \pm z \sqrt{p (1 - p) / n + z^2 / 4 n^2}}{1 + z^2 / n}        (Wilson 1927, JASA 22)

    >>> low, high = wilson_interval(np.array([8.0]), np.array([10.0]))
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.49, 0.943)
    """
    z = float(scipy.special.ndtri((1.0 + level) / 2.0))
    p = hits / cases
    middle = p + z**2 / (2 * cases)
    half = z * np.sqrt(p * (1 - p) / cases + z**2 / (4 * cases**2))
    scale = 1 + z**2 / cases
    return np.clip((middle - half) / scale, 0.0, 1.0), np.clip((middle + half) / scale, 0.0, 1.0)
