"""How far raters differ in severity, as far as their ratings tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy

__all__ = ["SPREAD_MODE", "Information", "Strength", "likeliest_spread", "posterior_variance", "strength_of"]

Array = npt.NDArray[np.float64]
SPREAD_MODE: Final = 1.0  # of the prior of the severities' spread
SMALLEST_SPREAD, LARGEST_SPREAD = 0.01, 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Information:
    """Cross-products of the units' scores, with the items' weak priors and without that of the severities.

    ``items`` is (I, I) over slopes and intercepts, ``across`` (I, L), ``raters`` (L, L); with very many raters
    ``raters`` is (L,), its diagonal, and ``across`` is left empty.
    """

    items: Array
    across: Array
    raters: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """Information on severities (L,) along ``axes`` (L, L) in which they are told apart; None: along their own."""

    along: Array
    axes: Array | None


def strength_of(information: Information) -> Strength:
    """Return the information on the severities once the items are free to follow."""
    if information.raters.ndim == 1:
        return Strength(along=information.raters, axes=None)
    follow = scipy.linalg.solve(information.items, information.across, assume_a="sym")
    alone = information.raters - information.across.T @ follow
    strength, axes = np.linalg.eigh((alone + alone.T) / 2)
    return Strength(along=np.maximum(strength, 0.0), axes=axes)


def likeliest_spread(known: Strength, severity: Array, spread: float) -> float:
    r"""Return the severities' most likely standard deviation, severities integrated out (Laplace).

    With J the information on the severities once the items are free to follow, and b = (J + I / s_0^2) rho, highest is

    .. math:: \tfrac12 b'(J + s^{-2} I)^{-1} b - \tfrac12 \log |I + s^2 J| + \log s - s^2 / 2

    The last two terms are a Rayleigh prior with its mode at 1: it keeps s from zero, where no rater would be said to
    differ for certain (after Chung et al. 2013), and does little else from ten raters on.
    """
    strength, axes = known.along, known.axes
    pull = (strength + 1 / spread**2) * (severity if axes is None else axes.T @ severity)

    def depth(log_spread: float) -> float:
        s = np.exp(log_spread)
        gain = 0.5 * np.sum(pull**2 / (strength + s**-2)) - 0.5 * np.sum(np.log1p(s**2 * strength))
        return float(-(gain + log_spread - 0.5 * (s / SPREAD_MODE) ** 2))

    bounds = np.log(SMALLEST_SPREAD), np.log(LARGEST_SPREAD)
    return float(
        np.exp(scipy.optimize.minimize_scalar(depth, bounds=bounds, method="bounded", options={"xatol": 1e-6}).x)
    )


def posterior_variance(known: Strength, spread: float) -> float:
    """Return the sum of the severities' posterior variances, all else free, under a spread."""
    return float((1.0 / (known.along + spread**-2)).sum())
